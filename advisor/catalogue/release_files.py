"""Declarations in the files of a transformers release, read by parsing them without an import."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

TAIL_BYTES = 16_384
"""Bytes read from the end of a module, where `__all__` is; longer than any such list so far."""

_EXPORTS = re.compile(rb"^__all__\s*=\s*\[(.*?)\]", re.MULTILINE | re.DOTALL)
_QUOTED = re.compile(rb"[\"']([A-Za-z_][A-Za-z0-9_]*)[\"']")
_CONFIGURATION = re.compile(r'"([A-Z]\w*Config)"')
_NOT_MODULES = ("convert_", "modular_", "__init__")
_AUTO = (
    *("auto_mappings", "configuration_auto", "modeling_auto", "processing_auto"),
    *("image_processing_auto", "tokenization_auto", "video_processing_auto"),
)
_PART_CLASSES = {
    "AutoConfig": "CONFIG_MAPPING_NAMES",
    "AutoProcessor": "PROCESSOR_MAPPING_NAMES",
    "AutoImageProcessor": "IMAGE_PROCESSOR_MAPPING_NAMES",
    "AutoTokenizer": "TOKENIZER_MAPPING_NAMES",
    "AutoVideoProcessor": "VIDEO_PROCESSOR_MAPPING_NAMES",
}
"""Auto classes that are no models: their mapping is not named in a class of its own."""

_LEGACY_SUFFIXES = ("TokenizerFast", "ImageProcessorFast")

Mapping = dict[str, list[str]]
"""Model type -> class names."""


def describe(package: Path) -> dict[str, Any]:
    """Return the description of the transformers package in a folder, as JSON can hold it.

    Under `classes` the model folder of each public name ("" for those of the library itself), under
    `auto` the classes by auto class and model type, under `pipelines` the auto classes by task,
    under `named` the quoted configuration class names in the source of each pipeline, under
    `aliases` the other names of tasks, under `suffixes` the endings of names that still resolve to
    a name without `Fast`. Raises OSError, SyntaxError, KeyError, AttributeError or ValueError if
    the folder holds no such package.
    """
    init = _parse(package / "__init__.py")
    tasks = dict(_assignments(_parse(package / "pipelines" / "__init__.py").body))
    loader = (package / "utils" / "import_utils.py").read_text(encoding="utf-8")
    return {
        "version": ast.literal_eval(dict(_assignments(init.body))["__version__"]),
        "classes": {**dict.fromkeys(_library_names(init), ""), **_model_names(package / "models")},
        "auto": _auto_classes(package / "models" / "auto"),
        "pipelines": _pipelines(tasks["SUPPORTED_TASKS"]),
        "named": _named_configurations(package / "pipelines"),
        "aliases": ast.literal_eval(tasks.get("TASK_ALIASES", "{}")),
        "suffixes": [end for end in _LEGACY_SUFFIXES if f'name.endswith("{end}")' in loader],
    }


def _parse(file: Path) -> ast.Module:
    return ast.parse(file.read_bytes())


def _assignments(body: list[ast.stmt]) -> Iterator[tuple[str, ast.expr]]:
    """Yield name and value of assignments and `name.update(value)`, also in a branch of an `if`."""
    for statement in body:
        match statement:
            case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                yield from _assignments(statement.orelse)
            case ast.If():
                yield from _assignments(statement.body)
            case (
                ast.Assign(targets=[ast.Name(id=name), *_], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
                | ast.Expr(
                    ast.Call(ast.Attribute(value=ast.Name(id=name), attr="update"), [value, *_])
                )
            ):
                yield name, value


def _library_names(init: ast.Module) -> list[str]:
    """Return the identifiers that `__init__` lists as strings or imports relatively, sorted."""
    names: set[str] = set()
    for node in ast.walk(init):
        if isinstance(node, ast.ImportFrom) and node.level:
            names |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.List):
            names |= {str(item.value) for item in node.elts if isinstance(item, ast.Constant)}
    return sorted(name for name in names if name.isidentifier())


def _model_names(models: Path) -> dict[str, str]:
    """Return the names in `__all__` of the model modules, each with its folder."""
    folders: dict[str, str] = {}
    for file in sorted(models.rglob("*.py")):
        if file.name.startswith(_NOT_MODULES):
            continue
        with file.open("rb") as stream:
            stream.seek(max(0, file.stat().st_size - TAIL_BYTES))
            blocks = _EXPORTS.findall(stream.read())
        exports = [name.decode() for block in blocks for name in _QUOTED.findall(block)]
        folders |= dict.fromkeys(exports, file.parent.name)
    return folders


def _auto_classes(auto: Path) -> dict[str, Mapping]:
    """Return auto class -> model type -> class names, read from the modules of `models/auto`."""
    mappings: dict[str, Mapping] = {}
    of_class: dict[str, str] = dict(_PART_CLASSES)
    for file in (auto / f"{name}.py" for name in _AUTO):
        if not file.is_file():
            continue  # older releases have fewer modules
        tree = _parse(file)
        lazy: dict[str, str] = {}
        for target, value in _assignments(tree.body):
            match value:
                case _ if target.endswith("_MAPPING_NAMES"):
                    mappings.setdefault(target, {}).update(_entries(value, mappings))
                case ast.Call(args=[*_, ast.Name(id=names)]):
                    lazy[target] = names
        of_class |= _model_classes(tree, lazy)
    return {
        name: mappings[mapping]
        for name, mapping in sorted(of_class.items())
        if mapping in mappings and not name.startswith("_")
    }


def _entries(node: ast.AST, mappings: dict[str, Mapping]) -> Mapping:
    """Return the entries of an expression: a dict, pairs, or names of earlier mappings in it."""
    match node:
        case ast.Name(id=name):
            return mappings.get(name, {})
        case ast.Dict():
            return {key: _names(value) for key, value in _items(node)}
        case ast.Tuple(elts=[ast.Constant(value=key), value]):
            return {str(key): _names(value)}
    parts = [_entries(child, mappings) for child in ast.iter_child_nodes(node)]
    return {key: names for part in parts for key, names in part.items()}


def _items(value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    """Yield key and value of a dict literal whose keys are constants; nothing for other nodes."""
    if isinstance(value, ast.Dict):
        for key, item in zip(value.keys, value.values, strict=True):
            if isinstance(key, ast.Constant):
                yield str(key.value), item


def _names(value: ast.expr) -> list[str]:
    """Return the strings in a value; of a dict literal those in its values alone."""
    if isinstance(value, ast.Dict):
        return [name for item in value.values for name in _names(item)]
    return [
        node.value
        for node in ast.walk(value)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]


def _model_classes(tree: ast.Module, lazy: dict[str, str]) -> dict[str, str]:
    """Return auto class -> its mapping's name, else its base's; `lazy` maps variables to names."""
    homes: dict[str, str] = {}
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name.lstrip("_").startswith("Auto"):
            bases = [base.id for base in node.bases if isinstance(base, ast.Name)]
            own = dict(_assignments(node.body)).get("_model_mapping")
            if isinstance(own, ast.Name):
                homes[node.name] = lazy.get(own.id, "")
            elif inherited := [homes[base] for base in bases if base in homes]:
                homes[node.name] = inherited[-1]
    return homes


def _pipelines(tasks: ast.expr) -> Mapping:
    return {
        task: [
            node.id
            for node in ast.walk(dict(_items(entry))["pt"])
            if isinstance(node, ast.Name) and node.id.startswith("Auto")
        ]
        for task, entry in _items(tasks)
    }


def _named_configurations(pipelines: Path) -> Mapping:
    """Return the quoted configuration class names in each pipeline module, by task."""
    configurations: Mapping = {}
    for file in sorted(pipelines.glob("*.py")):
        text = file.read_text(encoding="utf-8")
        if names := sorted(set(_CONFIGURATION.findall(text))):
            configurations[file.stem.replace("_", "-")] = names
    return configurations
