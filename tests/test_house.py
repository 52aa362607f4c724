"""The house keeps its order: one name a thing, commands that fit a screen, terminals apart."""

import ast
import inspect
from collections import defaultdict
from functools import cache
from importlib import import_module
from pathlib import Path

import house

import advisor
from advisor.cli.program import COMMANDS, Command

PACKAGE = Path(advisor.__file__).parent
ROLES = {"page", "command", "options", "__init__", "__main__"}
TERMINAL = {"typer", "click", "rich", "questionary"}
MOST_LINES, MOST_PARAMETERS = 40, 12


@cache
def modules():
    return {
        path.relative_to(PACKAGE): ast.parse(path.read_text(encoding="utf-8"))
        for path in sorted(PACKAGE.rglob("*.py"))
    }


def several(pairs):
    """Return the names that stand in more than one module, with these modules."""
    places = defaultdict(set)
    for name, path in pairs:
        places[name].add(path.as_posix())
    return {name: sorted(paths) for name, paths in places.items() if len(paths) > 1}


def commands(table=COMMANDS):
    for entry in table.values():
        if isinstance(entry, Command):
            module, _, function = entry.home.partition(":")
            yield getattr(import_module(module), function)
        else:
            yield from commands(entry.commands)


def imported(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name.partition(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


def test_no_package_outgrows_its_budget():
    assert list(house.over_budget()) == []


def test_parameters_and_variables_of_a_vague_name_are_counted(tmp_path):
    file = tmp_path / "module.py"
    file.write_text(
        "def f(one, *, kept: int):\n"
        "    for found in one:\n"
        "        said = [known for known in found]\n"
        "    return said, kept, g(asked=one.told), lambda told: told\n"
    )
    assert house.size_of(file).vague == len(["one", "kept", "found", "said", "known", "told"])


def test_a_public_class_has_its_name_alone():
    classes = (
        (node.name, path)
        for path, tree in modules().items()
        for node in tree.body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )
    assert several(classes) == {}


def test_a_module_has_its_name_alone():
    stems = ((path.stem, path) for path in modules() if path.stem not in ROLES)
    assert several(stems) == {}


def test_every_module_says_what_it_knows():
    assert [str(path) for path, tree in modules().items() if not ast.get_docstring(tree)] == []


def test_a_command_fits_a_screen():
    large = {}
    for function in commands():
        lines = len(inspect.getsource(function).splitlines())
        parameters = len(inspect.signature(function).parameters)
        if lines > MOST_LINES or parameters > MOST_PARAMETERS:
            large[f"{function.__module__}:{function.__name__}"] = (lines, parameters)
    assert large == {}


def test_only_commands_and_drawings_know_the_terminal():
    found = {
        str(path): names
        for path, tree in modules().items()
        if path.parts[0] not in ("cli", "console", "draw")
        and not path.stem.endswith(("command", "options"))
        if (names := TERMINAL & set(imported(tree)))
    }
    assert found == {}


def test_no_test_asks_how_long_something_took():
    """A busy machine would fail it: `steps` are counted instead, and times are for benchmarks."""
    clocks = {"process_time", "perf_counter", "thread_time", "timeit", "default_timer"}
    asked = defaultdict(set)
    for path in Path(__file__).parent.rglob("test_*.py"):
        text = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)) if any(map(text.__contains__, clocks)) else ():
            named = getattr(node, "attr", getattr(node, "id", "")).removesuffix("_ns")
            if named in clocks:
                asked[path.stem].add(named)
    assert not asked
