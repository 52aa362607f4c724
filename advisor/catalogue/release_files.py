"""What the files of a transformers release declare, read by parsing them; nothing is imported."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

TAIL_BYTES = 16_384
"""`__all__` stands at the end of a module; no list of the releases read is longer."""

_EXPORTS = re.compile(rb"^__all__\s*=\s*\[(.*?)\]", re.MULTILINE | re.DOTALL)
_QUOTED = re.compile(rb"[\"']([A-Za-z_][A-Za-z0-9_]*)[\"']")
_CONFIGURATION = re.compile(r'"([A-Z]\w*Config)"')
_NOT_MODULES = ("convert_", "modular_", "__init__")
_AUTO = (
    "auto_mappings",
    "configuration_auto",
    "modeling_auto",
    "processing_auto",
    "image_processing_auto",
    "tokenization_auto",
    "video_processing_auto",
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

    Under `classes` the public names by model folder ("" for those of the library itself), under
    `auto` the classes by auto class and model type, under `pipelines` the auto classes by task,
    under `named` the configurations that a pipeline treats by name though no auto class of its
    own has them, under `aliases` the tasks that are only other names, under `suffixes` the
    endings of names that still resolve to a name without `Fast`. Raises OSError or SyntaxError
    where that is no package.
    """
    init = _parse(package / "__init__.py")
    tasks = _parse(package / "pipelines" / "__init__.py")
    return {
        "version": _constants(init).get("__version__"),
        "classes": {"": " ".join(_library_names(init)), **_model_names(package / "models")},
        "auto": _auto_classes(package / "models" / "auto"),
        "pipelines": _pipelines(tasks),
        "named": _named_configurations(package / "pipelines"),
        "aliases": _constants(tasks).get("TASK_ALIASES", {}),
        "suffixes": _suffixes(package / "utils" / "import_utils.py"),
    }


def _parse(file: Path) -> ast.Module:
    return ast.parse(file.read_bytes())


def _constants(tree: ast.Module) -> dict[str, Any]:
    """The module's plain constants by name."""
    found = {}
    for name, value in _assignments(tree.body):
        try:
            found[name] = ast.literal_eval(value)
        except ValueError:
            continue
    return found


def _assignments(body: list[ast.stmt]) -> Iterator[tuple[str, ast.expr]]:
    """Assignments of a module, those of `else` behind `if TYPE_CHECKING` among them."""
    for statement in body:
        if isinstance(statement, ast.If):
            checking = isinstance(statement.test, ast.Name) and statement.test.id == "TYPE_CHECKING"
            yield from _assignments(statement.orelse if checking else statement.body)
        elif isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            yield statement.targets[0].id, statement.value
        elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            if statement.value is not None:
                yield statement.target.id, statement.value
        elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
            called = statement.value.func
            match called:
                case ast.Attribute(attr="update", value=ast.Name(id=name)):
                    yield name, statement.value.args[0]


def _library_names(init: ast.Module) -> list[str]:
    """The names that the package's own `__init__` lists, or imports for a type checker."""
    names: set[str] = set()
    for node in ast.walk(init):
        if isinstance(node, ast.ImportFrom) and node.level:
            names |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.List):
            names |= {str(item.value) for item in node.elts if isinstance(item, ast.Constant)}
    return sorted(name for name in names if name.isidentifier())


def _model_names(models: Path) -> dict[str, str]:
    names: dict[str, set[str]] = {}
    for file in sorted(models.rglob("*.py")):
        if file.name.startswith(_NOT_MODULES):
            continue
        names.setdefault(file.parent.name, set()).update(_exports(file))
    return {folder: " ".join(sorted(found)) for folder, found in names.items() if found}


def _exports(file: Path) -> set[str]:
    with file.open("rb") as stream:
        stream.seek(max(0, file.stat().st_size - TAIL_BYTES))
        tail = stream.read()
    return {name.decode() for found in _EXPORTS.findall(tail) for name in _QUOTED.findall(found)}


def _auto_classes(auto: Path) -> dict[str, Mapping]:
    mappings: dict[str, Mapping] = {}
    of_class: dict[str, str] = dict(_PART_CLASSES)
    for name in _AUTO:
        if not (auto / f"{name}.py").is_file():
            continue  # older releases have fewer modules
        tree = _parse(auto / f"{name}.py")
        lazy: dict[str, str] = {}
        for target, value in _assignments(tree.body):
            if target.endswith("_MAPPING_NAMES"):
                _extend(mappings, target, value)
            elif target.endswith("_MAPPING") and isinstance(value, ast.Call):
                lazy[target] = value.args[-1].id if isinstance(value.args[-1], ast.Name) else ""
        of_class |= _model_classes(tree, lazy)
    return {
        name: mappings[mapping]
        for name, mapping in sorted(of_class.items())
        if mapping in mappings and not name.startswith("_")
    }


def _extend(mappings: dict[str, Mapping], target: str, value: ast.expr) -> None:
    """Add to a mapping what is assigned to it, or what it is updated with."""
    mappings.setdefault(target, {}).update(_pairs(mappings, value))


def _pairs(mappings: dict[str, Mapping], value: ast.expr) -> Iterator[tuple[str, list[str]]]:
    """The pairs of an ordered dictionary, however it is written, those of others among them."""
    if isinstance(value, ast.Name):
        yield from mappings.get(value.id, {}).items()
    elif isinstance(value, ast.Call):
        own = value.func.value if isinstance(value.func, ast.Attribute) else None
        arguments = (own, *value.args, *(keyword.value for keyword in value.keywords))
        for argument in arguments:
            if argument is not None:
                yield from _pairs(mappings, argument)
    elif isinstance(value, ast.List):
        for item in value.elts:
            yield from _pair(mappings, item)
    elif isinstance(value, ast.Dict):
        for key, item in zip(value.keys, value.values, strict=True):
            if isinstance(key, ast.Constant):
                yield str(key.value), _names(item)


def _pair(mappings: dict[str, Mapping], item: ast.expr) -> Iterator[tuple[str, list[str]]]:
    if isinstance(item, ast.Starred):
        yield from _pairs(mappings, item.value)
    elif isinstance(item, ast.Tuple) and isinstance(item.elts[0], ast.Constant):
        yield str(item.elts[0].value), _names(item.elts[1])


def _names(value: ast.expr) -> list[str]:
    """The class names in a value, which may depend on what else is installed."""
    if isinstance(value, ast.Dict):
        return [name for item in value.values for name in _names(item)]
    return [
        node.value
        for node in ast.walk(value)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]


def _model_classes(tree: ast.Module, lazy: dict[str, str]) -> dict[str, str]:
    """Auto class -> name of its mapping; a class without one has that of its base."""
    found: dict[str, str] = {}
    for node in tree.body:
        if not isinstance(node, ast.ClassDef) or not node.name.lstrip("_").startswith("Auto"):
            continue
        for base in node.bases:
            if isinstance(base, ast.Name) and base.id in found:
                found[node.name] = found[base.id]
        for name, value in _assignments(node.body):
            if name == "_model_mapping" and isinstance(value, ast.Name):
                found[node.name] = lazy.get(value.id, "")
    return found


def _pipelines(tasks: ast.Module) -> Mapping:
    table = dict(_assignments(tasks.body))["SUPPORTED_TASKS"]
    found: Mapping = {}
    for key, value in zip(table.keys, table.values, strict=True):  # type: ignore[attr-defined]
        entry = {k.value: v for k, v in zip(value.keys, value.values, strict=True)}
        found[key.value] = [
            node.id
            for node in ast.walk(entry["pt"])
            if isinstance(node, ast.Name) and node.id.startswith("Auto")
        ]
    return found


def _named_configurations(pipelines: Path) -> Mapping:
    """Configuration classes written out in the module of a task, by task."""
    found: Mapping = {}
    for file in sorted(pipelines.glob("*.py")):
        text = file.read_text(encoding="utf-8")
        if names := sorted(set(_CONFIGURATION.findall(text))):
            found[file.stem.replace("_", "-")] = names
    return found


def _suffixes(loader: Path) -> list[str]:
    """The endings that the lazy module still understands, where it does."""
    text = loader.read_text(encoding="utf-8")
    return [suffix for suffix in _LEGACY_SUFFIXES if f'name.endswith("{suffix}")' in text]


def main() -> None:
    """Write the description of a release: `python -m advisor.catalogue.release_files PACKAGE`."""
    import json
    import sys

    described = describe(Path(sys.argv[1]))
    sys.stdout.write(json.dumps(described, separators=(",", ":"), sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
