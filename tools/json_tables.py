#!/usr/bin/env python3
"""json_tables.py SOURCE_DIR [--check]: what programs need of docs/json.md, the table of the fields of every answer.

Writes docs/schemas/COMMAND.json (JSON Schema, draft 2020-12) and python/traincast/answers.pyi. --check compares instead.
"""

import json
import re
import sys
from pathlib import Path

COMMENT = "Made of docs/json.md by tools/json_tables.py."
KEYED = re.compile(r"\*")


def rows(source):
    """(command, path, types, unit, meaning) of each row."""
    for line in (source / "docs/json.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")] if line.startswith("| ") else []
        if len(cells) >= 4 and cells[1].startswith("`"):
            cells += [""] * (5 - len(cells))
            yield cells[0], cells[1].strip("`"), cells[2].split(" or "), cells[3].strip("| "), cells[4].strip("| ")


TYPES = {"text": "string", "number": "number", "bool": "boolean", "null": "null", "object": "object"}


def leaf(types, unit, meaning):
    known = [TYPES[one] for one in types if one in TYPES]
    schema = {"description": meaning + (f" ({unit})" if unit else "")}
    if known and len(known) == len(types):
        schema["type"] = known[0] if len(known) == 1 else known
    return schema


def place(root, path, schema):
    """Puts a leaf at its path; what is above it are objects and lists."""
    node = root
    parts = re.findall(r"\[\]|[^.\[\]]+", path)
    for i, part in enumerate(parts):
        last = i == len(parts) - 1
        inside = i > 0 and parts[i - 1] != "[]"
        if part == "[]":
            node["type"] = ["array", "null"] if inside else "array"
            node = node.setdefault("items", {})
        elif "*" in part:
            node["type"] = "object"
            node = node.setdefault("additionalProperties", {})
        else:
            node["type"] = "object" if node is root or parts[i - 1] == "[]" else ["object", "null"]
            node = node.setdefault("properties", {}).setdefault(part, {})
        if last and "properties" not in node and "items" not in node:
            node.update(schema)


def schema_of(command, table):
    root = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$comment": COMMENT,
        "title": f"traincast {command} --json",
        "type": "object",
        "required": ["traincast", "schema"],
        "properties": {},
    }
    shared = {}
    for owner, path, types, unit, meaning in table:
        if "**" in path or owner not in (command, "any"):
            continue
        if owner == "any" and ("." in path or "[" in path) and path != "assumed[]":
            shared[path] = (types, unit, meaning)
            continue
        place(root, path, leaf(types, unit, meaning))
    # A row of all commands holds wherever a path ends with it: at the top, and in the lists of this command.
    for path, row in shared.items():
        place(root, path, leaf(*row))
    root["additionalProperties"] = True
    return root


def python_type(types):
    words = {"text": "str", "number": "float", "bool": "bool", "null": "None", "object": "Answer"}
    return " | ".join(words.get(one, "Any") for one in types)


def fields_of(owner, table):
    fields = {}
    for command, path, types, unit, meaning in table:
        name = re.match(r"[A-Za-z_]\w*", path)
        if command != owner or "*" in path or not name:
            continue
        rest = path[name.end():]
        if rest.startswith("[]"):
            kind = "list[Answer]" if rest[2:] else f"list[{python_type(types)}]"
        else:
            kind = "Answer" if rest else python_type(types)
        fields.setdefault(name.group(), kind)
    return fields


def stub(commands, table):
    lines = [f'"""Types of the answers. {COMMENT}"""', "", "from typing import Any", "", "from . import Answer", ""]
    for owner, name, base in [("any", "Common", "Answer"), *((c, c.capitalize(), "Common") for c in commands)]:
        fields = fields_of(owner, table)
        lines += ["", f"class {name}({base}):"]
        lines += [f"    {field}: {kind}" for field, kind in fields.items()] or ["    ..."]
        lines.append("")
    return "\n".join(lines)


def main():
    source, check = Path(sys.argv[1]), "--check" in sys.argv
    table = list(rows(source))
    commands = sorted({row[0] for row in table} - {"any", "--version"})
    files = {source / f"docs/schemas/{c}.json": json.dumps(schema_of(c, table), indent=1) + "\n" for c in commands}
    files[source / "python/traincast/answers.pyi"] = stub(commands, table)
    stale = [path for path, text in files.items() if not path.exists() or path.read_text() != text]
    if check:
        for path in stale:
            print(f"{path}: is not what docs/json.md says; run tools/json_tables.py .")
        sys.exit(bool(stale))
    for path in stale:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(files[path])
    print(f"{len(files)} files of {len(table)} rows, {len(stale)} written")


main()
