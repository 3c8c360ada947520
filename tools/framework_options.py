#!/usr/bin/env python3
"""framework_options.py - a framework's own options and choices, from its sources, as a table.

usage: framework_options.py FRAMEWORK CHECKOUT[=COMMIT@DATE]... > data/frameworks/options/FRAMEWORK.tsv

Reads the source text of argument parsers, dataclasses and configuration files; runs none of it. A row for each option:

    option  kind  choices  default

kind: flag (present or not), value, list (one value or more), bool (a key that is true or false). choices: separated by
"|", where the source closes the set. What the source computes is "?". Lines with # say what was read. Facts alone: names,
choices, defaults. tests/test_frameworks.c holds every exported argument against these tables.
"""
import ast
import os
import re
import sys


class Sources:
    """The Python files of a checkout, and where each class is."""

    def __init__(self, root, only=None):
        self.root, self.trees, self.classes = root, {}, {}
        for folder, _, names in sorted(os.walk(root)):
            for name in sorted(names):
                path = os.path.relpath(os.path.join(folder, name), root)
                if name.endswith(".py") and (only is None or any(path.startswith(o) for o in only)):
                    self.add(path)

    def add(self, path):
        try:
            with open(os.path.join(self.root, path), encoding="utf-8") as file:
                tree = ast.parse(file.read())
        except (SyntaxError, UnicodeDecodeError):
            return
        self.trees[path] = tree
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                self.classes.setdefault(node.name, []).append((path, node))

    def find(self, name, near=""):
        found = self.classes.get(name, [])
        return next((c for c in found if c[0] == near), found[0] if found else None)


def text_of(node):
    """A constant as text; "?" for what is computed; "" for None."""
    if node is None or (isinstance(node, ast.Constant) and node.value is None):
        return ""
    try:
        value = ast.literal_eval(node)
    except (ValueError, SyntaxError, TypeError):
        if isinstance(node, ast.Attribute):
            return node.attr
        if isinstance(node, ast.BinOp):
            try:
                return str(eval(compile(ast.Expression(node), "", "eval"), {"__builtins__": {}}))
            except Exception:
                return "?"
        return "?"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple, set)):
        return " ".join(str(v) for v in value)
    return str(value)


def clean(text):
    return re.sub(r"\s+", " ", text)[:8000]


def words_of(node):
    if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        return [text_of(e) for e in node.elts]
    return []


# ---- argparse -----------------------------------------------------------------------------------


def argparse_rows(tree):
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        names = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
        names = [n for n in names if n.startswith("--")]
        if node.func.attr == "add_parser_argument_choices_value" and len(node.args) == 3:
            yield from ((n, "choice", text_of(node.args[2]), "") for n in names)
        if node.func.attr not in ("add_argument", "add_argument_extended") or not names:
            continue
        given = {k.arg: k.value for k in node.keywords}
        action = text_of(given.get("action"))
        kind = "flag" if action.startswith("store_") and action != "store_const" else "value"
        if "nargs" in given and text_of(given["nargs"]) in ("+", "*"):
            kind = "list"
        choices = "|".join(words_of(given.get("choices")))
        yield from ((n, kind, choices, text_of(given.get("default"))) for n in names)


def factory_rows(sources, tree):
    """Dataclasses that become arguments: ArgumentGroupFactory(Class, exclude=[...])."""
    lists = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and isinstance(node.value, ast.List):
            lists.setdefault(node.targets[0].id, words_of(node.value))
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or getattr(node.func, "id", "") != "ArgumentGroupFactory":
            continue
        exclude = next((k.value for k in node.keywords if k.arg == "exclude"), None)
        excluded = lists.get(exclude.id, []) if isinstance(exclude, ast.Name) else words_of(exclude) if exclude else []
        for name, annotation, default, meta in fields_of(sources, node.args[0].id):
            if name in excluded:
                continue
            kind, choices = kind_of(sources, annotation)
            names = ["--" + name.replace("_", "-")]
            if kind == "bool":
                kind = "flag"
                if text_of(default) == "true":
                    names = ["--no-" + name.replace("_", "-"), "--disable-" + name.replace("_", "-")]
            if meta:
                names = words_of(meta.get("arg_names")) or names
                kind = "list" if text_of(meta.get("nargs")) in ("+", "*") else kind
                choices = "|".join(words_of(meta.get("choices"))) or choices
                action = text_of(meta.get("action"))
                kind = "flag" if action.startswith("store_") else kind
            for n in names:
                yield n, kind, choices, text_of(default)


# ---- dataclasses -----------------------------------------------------------------------------------


def fields_of(sources, name, near=""):
    """(name, annotation, default, argparse_meta) of a class and its bases, those first."""
    found = sources.find(name, near)
    rows = {}
    if not found:
        return []
    path, node = found
    for base in node.bases:
        base_name = getattr(base, "id", getattr(base, "attr", ""))
        if base_name and base_name != name:
            for row in fields_of(sources, base_name, path):
                rows[row[0]] = row
    for item in node.body:
        if not isinstance(item, ast.AnnAssign) or not isinstance(item.target, ast.Name):
            continue
        default, meta, value = item.value, None, item.value
        if isinstance(value, ast.Call) and getattr(value.func, "id", getattr(value.func, "attr", "")).lower() == "field":
            given = {k.arg: k.value for k in value.keywords}
            default = given.get("default", value.args[0] if value.args else None)
            factory = given.get("default_factory")
            if isinstance(factory, ast.Lambda):
                default = factory.body
            elif factory is not None and default is None:
                default = factory
            metadata = given.get("metadata")
            if isinstance(metadata, ast.Dict):
                for key, inner in zip(metadata.keys, metadata.values):
                    if text_of(key) == "argparse_meta" and isinstance(inner, ast.Dict):
                        meta = {text_of(k): v for k, v in zip(inner.keys, inner.values)}
            if "init" in given and text_of(given["init"]) == "false":
                continue
        rows[item.target.id] = (item.target.id, item.annotation, default, meta)
    return list(rows.values())


def kind_of(sources, annotation):
    """("bool" | "value" | "list", choices)"""
    source = ast.unparse(annotation) if annotation is not None else ""
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        source = annotation.value
        try:
            annotation = ast.parse(source, mode="eval").body
        except SyntaxError:
            return "value", ""
    choices = []
    for node in ast.walk(annotation) if annotation is not None else []:
        if isinstance(node, ast.Subscript) and ast.unparse(node.value).split(".")[-1] == "Literal":
            inner = node.slice
            choices += words_of(inner) if isinstance(inner, ast.Tuple) else [text_of(inner)]
    bare = re.sub(r"(typing\.)?Optional\[(.*)\]", r"\2", source).replace("| None", "").replace(" ", "")
    if not choices:
        found = sources.find(bare.split(".")[-1])
        if found and any(getattr(b, "attr", getattr(b, "id", "")) in ("Enum", "StrEnum", "IntEnum") for b in found[1].bases):
            members = [i for i in found[1].body if isinstance(i, ast.Assign)]
            numbers = any(getattr(b, "id", getattr(b, "attr", "")) in ("int", "IntEnum") for b in found[1].bases)
            texts = any(getattr(b, "id", "") in ("str", "StrEnum") for b in found[1].bases)
            choices = [text_of(i.value) if numbers or texts else i.targets[0].id for i in members]
    if bare == "bool":
        return "bool", ""
    return ("list" if re.match(r"(typing\.)?(list|List|Sequence)\b", bare) else "value"), "|".join(choices)


def dataclass_rows(sources, name, prefix="", near="", seen=()):
    for field, annotation, default, _ in fields_of(sources, name, near):
        if field.startswith("_"):
            continue
        source = ast.unparse(annotation) if annotation is not None else ""
        inner = re.sub(r"(typing\.)?Optional\[(.*)\]", r"\2", source).strip("'\"").replace("| None", "").strip()
        found = sources.find(inner.split(".")[-1]) if re.fullmatch(r"[A-Za-z_][\w.]*", inner) else None
        kind, choices = kind_of(sources, annotation)
        is_section = found and kind == "value" and not choices and inner not in seen
        if is_section and fields_of(sources, inner.split(".")[-1]):
            yield from dataclass_rows(sources, inner.split(".")[-1], prefix + field + ".", found[0], seen + (inner,))
        else:
            yield prefix + field, kind, choices, text_of(default)


# ---- YAML ---------------------------------------------------------------------------------------------


def yaml_rows(path):
    """Top-level keys of a flat YAML file."""
    with open(path, encoding="utf-8") as file:
        for line in file:
            match = re.match(r"([A-Za-z_]\w*):\s*([^#]*)", line)
            if match:
                value = match.group(2).strip().strip("'\"")
                kind = "bool" if value.lower() in ("true", "false") else "list" if value.startswith("[") else "value"
                yield match.group(1), kind, "", value.lower() if kind == "bool" else value


# ---- the frameworks -------------------------------------------------------------------------------------


def megatron(sources):
    tree = sources.trees["megatron/training/arguments.py"]
    return list(argparse_rows(tree)) + list(factory_rows(sources, tree))


def parsers(sources, paths):
    rows = []
    for path, tree in sources.trees.items():
        if any(path.startswith(p) for p in paths):
            rows += argparse_rows(tree)
    return rows


def merge(rows):
    """One row an option: the first stands, later choices are added."""
    table = {}
    for name, kind, choices, default in rows:
        if name not in table:
            table[name] = [("value" if kind == "choice" else kind), choices, default]
        elif choices:
            old = table[name][1].split("|") if table[name][1] else []
            added = [c for c in choices.split("|") if c not in old]
            if kind == "choice" and not old and name not in ("preset", "model_name"):
                continue
            table[name][1] = "|".join(old + added)
    return table


def deepspeed(sources):
    rows = []
    zero = "deepspeed/runtime/zero/config.py"
    for name, kind, choices, default in dataclass_rows(sources, "DeepSpeedZeroConfig", "zero_optimization.", zero):
        rows.append((name, kind, choices, default))
    for prefix, cls in (("fp16.", "DeepSpeedFP16Config"), ("bf16.", "DeepSpeedBF16Config"),
                        ("activation_checkpointing.", None), ("tensor_parallel.", "TPTrainingConfig")):
        if cls:
            rows += dataclass_rows(sources, cls, prefix)
    text = {}
    for path in ("deepspeed/runtime/constants.py", "deepspeed/runtime/activation_checkpointing/config.py",
                 "deepspeed/runtime/zero/offload_config.py"):
        for node in ast.walk(sources.trees.get(path, ast.parse(""))):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                text[node.targets[0].id] = node.value
    for name, node in text.items():
        value = text_of(node)
        if name.endswith("_DEFAULT") or not re.fullmatch(r"[a-z][a-z0-9_]*", value):
            continue
        default = text.get(name + "_DEFAULT")
        prefix = "activation_checkpointing." if name.startswith("ACT_CHKPT_") else ""
        kind = "bool" if text_of(default) in ("true", "false") else "value"
        rows.append((prefix + value, kind, "", text_of(default)))
    for node in ast.walk(sources.trees["deepspeed/runtime/config.py"]):
        if isinstance(node, ast.Subscript) and getattr(node.value, "id", "") == "config" and isinstance(node.slice, ast.Constant):
            rows.append((str(node.slice.value), "value", "", ""))
    rows += [("optimizer.type", "value", "", ""), ("optimizer.params.lr", "value", "", ""),
             ("scheduler.type", "value", "", "")]
    return rows


def torchtitan(sources):
    """Sections of Trainer.Config, and what an activation checkpoint may be."""
    rows = [("preset", "value", "", "")]
    for prefix, cls in (("training.", "TrainingConfig"), ("parallelism.", "ParallelismConfig"), ("compile.", "CompileConfig"),
                        ("comm.", "CommConfig"), ("debug.", "DebugConfig")):
        rows += dataclass_rows(sources, cls, prefix, "torchtitan/config/configs.py")
    kinds = [c for c, where in sources.classes.items() if c.endswith("AC") and where[0][0].endswith("activation_checkpoint.py")]
    rows.append(("activation_checkpoint", "value", "|".join(sorted(k + ".Config" for k in kinds) + ["None"]), "SelectiveAC.Config"))
    for path, tree in sources.trees.items():
        if re.fullmatch(r"torchtitan/models/\w+/config_registry.py", path):
            for node in tree.body:
                if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                    rows.append(("preset", "choice", node.name, ""))
    rows += [("loss", "value", "|".join(sorted(c + ".Config" for c, w in sources.classes.items()
                                                if "components/loss" in w[0][0] and c.endswith(("Loss", "Wrapper")))), "")]
    return rows


def markdown_rows(path, prefix=""):
    """"- name: Optional values are 'a', 'b'. Default is `c`." of a list of parameters."""
    with open(path, encoding="utf-8") as file:
        for line in file:
            match = re.match(r"\s*- \W*([A-Za-z_]\w*)\W*[:\uff1a](.*)", line)
            if not match:
                continue
            text = match.group(2)
            said = re.search(r"[Oo]ption(?:s|al values)? (?:are|include)[^.]*", text)
            choices = re.findall(r"[`'\"]+([\w.+-]+)[`'\"]+", said.group(0)) if said else []
            default = re.search(r"[Dd]efaults? (?:is|to) [`'\"]*([\w./+-]*)", text)
            default = default.group(1) if default else ""
            kind = "bool" if default.lower() in ("true", "false") else "value"
            yield prefix + match.group(1), kind, "", default.lower() if kind == "bool" else default


def transformers_arguments(folder):
    """Transformers' TrainingArguments as the parameters' list of ms-swift has them."""
    return list(markdown_rows(os.path.join(folder, "docs/source_en/Instruction/Command-line-parameters.md")))


def llama_factory(sources):
    rows = []
    for path in ("data_args", "finetuning_args", "model_args", "training_args", "megatron_bridge_args"):
        near = "src/llamafactory/hparams/%s.py" % path
        for name, where in sources[0].classes.items():
            if where[0][0] == near:
                rows += dataclass_rows(sources[0], name, "", near)
    # Transformers' own arguments, as the framework's examples and ms-swift's list have them.
    for folder, _, names in sorted(os.walk(os.path.join(sources[0].root, "examples"))):
        for name in sorted(names):
            if name.endswith(".yaml") and "accelerate" not in folder:
                rows += [(n, k, "", "") for n, k, _, _ in yaml_rows(os.path.join(folder, name))]
    return rows + transformers_arguments(sources[1].root)


def ms_swift(sources):
    rows = transformers_arguments(sources[0].root)
    rows += markdown_rows(os.path.join(sources[0].root, "docs/source_en/Megatron-SWIFT/Command-line-parameters.md"))
    return [("--" + n, k, c, d) for n, k, c, d in rows]


def accelerate(sources):
    """Keys of the configuration are the launcher's arguments, those of FSDP in a section of their own."""
    rows = [("distributed_type", "value", "", ""), ("compute_environment", "value", "", ""), ("main_training_function", "value", "", "")]
    for name, kind, choices, default in argparse_rows(sources.trees["src/accelerate/commands/launch.py"]):
        bare = name.lstrip("-").replace("-", "_")
        rows.append((("fsdp_config." if bare.startswith("fsdp_") else "") + bare, "value", choices, default))
    found = sources.find("DistributedType")
    if found:
        members = "|".join(i.targets[0].id for i in found[1].body if isinstance(i, ast.Assign))
        rows[0] = ("distributed_type", "value", members, "")
    return rows


def maxtext(sources):
    base = os.path.join(sources.root, "src/maxtext/configs")
    models = sorted(n[:-4] for n in os.listdir(os.path.join(base, "models")) if n.endswith(".yml"))
    return list(yaml_rows(os.path.join(base, "base.yml"))) + [("model_name", "choice", "|".join(models), "")]


def megatron_bridge(sources):
    bridge, megatron_lm = sources
    rows = []
    for prefix, cls in (("model.", "TransformerConfig"), ("ddp.", "DistributedDataParallelConfig"),
                        ("optimizer.", "OptimizerConfig"), ("train.", "TrainingConfig")):
        rows += [(prefix + n, k, c, text_of(d)) for n, a, d, _ in fields_of(megatron_lm, cls)
                 for k, c in [kind_of(megatron_lm, a)]]
        rows += [(prefix + n, k, c, text_of(d)) for n, a, d, _ in fields_of(bridge, cls) for k, c in [kind_of(bridge, a)]]
    rows += [("model." + n, k, c, text_of(d)) for n, a, d, _ in fields_of(bridge, "GPTModelProvider")
             for k, c in [kind_of(bridge, a)]]
    rows += [("comm_overlap." + n, "value", "", text_of(d)) for n, _, d, _ in fields_of(bridge, "CommOverlapConfig")]
    precisions, recipes = [], []
    for path, tree in bridge.trees.items():
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and path.endswith("training/mixed_precision.py") and node.name.endswith("_mixed"):
                precisions.append(node.name)
            if isinstance(node, ast.FunctionDef) and "bridge/recipes/" in path and node.name.endswith("_pretrain_config"):
                recipes.append(node.name)
            if isinstance(node, ast.ImportFrom) and "bridge/recipes/" in path and path.endswith("__init__.py"):
                recipes += [a.name for a in node.names if a.name.endswith("_pretrain_config")]
    rows += [("mixed_precision", "value", "|".join(sorted(set(precisions))), ""),
             ("--recipe", "value", "|".join(sorted(set(recipes))), "")]
    return rows


def fsdp2(sources):
    rows = []
    for prefix, cls in (("model.", "ModelArguments"), ("data.", "DataArguments"), ("parallel.", "ParallelArguments"),
                        ("training.", "TrainingArguments"), ("optimization.", "OptimizationArguments")):
        rows += dataclass_rows(sources, cls, "--" + prefix, "mindspeed_llm/fsdp2/utils/arguments.py")
    return rows


FRAMEWORKS = {
    "mindspeed-fsdp2": (["mindspeed_llm/fsdp2/utils"], lambda s: fsdp2(s[0])),
    "llama-factory": (["src/llamafactory"], llama_factory),
    "ms-swift": (["swift/arguments"], ms_swift),
    "fsdp": (["src/accelerate"], lambda s: accelerate(s[0])),
    "maxtext": (["src/maxtext/configs"], lambda s: maxtext(s[0])),
    "megatron-bridge": (["src/megatron/bridge", "megatron"], megatron_bridge),
    "mindspeed-mm": (
        ["megatron", "mindspeed"],
        lambda s: megatron(s[0]) + parsers(s[1], ["mindspeed/arguments.py", "mindspeed/features_manager"])
        + parsers(s[2], ["mindspeed_mm"]),
    ),
    "torchtitan": (["torchtitan"], lambda s: torchtitan(s[0])),
    "megatron-lm": (["megatron"], lambda all_sources: megatron(all_sources[0])),
    "mindspeed-llm": (
        ["megatron", "mindspeed"],
        lambda s: megatron(s[0]) + parsers(s[1], ["mindspeed/arguments.py", "mindspeed/features_manager"])
        + parsers(s[2], ["mindspeed_llm/features_manager", "mindspeed_llm/training"]),
    ),
    "deepspeed": (["deepspeed"], lambda s: deepspeed(s[0])),
}


def main():
    if len(sys.argv) < 3 or sys.argv[1] not in FRAMEWORKS:
        sys.exit("usage: framework_options.py %s CHECKOUT=COMMIT@DATE..." % "|".join(FRAMEWORKS))
    only, read = FRAMEWORKS[sys.argv[1]]
    print("# options of %s, by tools/framework_options.py" % sys.argv[1])
    all_sources = []
    for argument in sys.argv[2:]:
        root, _, commit = argument.partition("=")
        print("# from %s at %s" % (os.path.basename(os.path.normpath(root)), commit or "?"))
        all_sources.append(Sources(root, only))
    print("option\tkind\tchoices\tdefault")
    for name, (kind, choices, default) in sorted(merge(read(all_sources)).items()):
        print("\t".join((name, kind, clean(choices), clean(default))))


if __name__ == "__main__":
    main()
