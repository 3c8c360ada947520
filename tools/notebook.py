#!/usr/bin/env python3
"""notebook.py FILE.ipynb [--check]: runs the cells of a notebook in turn and writes what they print, or compares with it.

What a last expression is worth is printed as a notebook does, frames as text too. No kernel and no package is needed.
"""

import ast
import contextlib
import io
import json
import sys
from pathlib import Path


def run(source, names):
    """Runs a cell; what it printed, and its last expression's value as text."""
    tree = ast.parse(source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(tree, "cell", "exec"), names)
        value = eval(compile(ast.Expression(last.value), "cell", "eval"), names) if last else None
    return printed.getvalue(), None if value is None else str(value)


def outputs_of(printed, value, count):
    outputs = []
    if printed:
        outputs.append({"name": "stdout", "output_type": "stream", "text": printed.splitlines(keepends=True)})
    if value is not None:
        data = {"text/plain": value.splitlines(keepends=True)}
        outputs.append({"data": data, "execution_count": count, "metadata": {}, "output_type": "execute_result"})
    return outputs


def main():
    path, check = Path(sys.argv[1]), "--check" in sys.argv
    notebook = json.loads(path.read_text())
    names, count, stale = {"__name__": "__main__"}, 0, 0
    for cell in notebook["cells"]:
        if cell["cell_type"] != "code":
            continue
        count += 1
        outputs = outputs_of(*run("".join(cell["source"]), names), count)
        if outputs != cell["outputs"]:
            stale += 1
            if check:
                print(f"cell {count}: {json.dumps(outputs)}\nis written as {json.dumps(cell['outputs'])}")
        cell["outputs"], cell["execution_count"] = outputs, count
    if not check:
        path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n")
    print(f"{count} cells, {stale} {'differ' if check else 'written anew'}")
    sys.exit(check and stale > 0)


main()
