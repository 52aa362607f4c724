"""Every command that writes is among those that are killed (`benchmarks/kills.py`)."""

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import advisor
from advisor.cli.program import COMMANDS, Group
from advisor.console.commands import command_at

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "benchmarks"))
from writers import WRITERS  # noqa: E402

sys.path.remove(str(ROOT / "benchmarks"))
WRITING = {"write_text", "replacing", "creating_folder", "connect"}
"""The functions of `advisor.writing` that put something in place, and that of `sqlite3`."""
OTHERWISE = {
    "console.this_machine": "a file of a line, by the same function, after a timing",
}
READ_ONLY = {
    "help": "text on the screen",
    "mcp": "an answer to each question on stdout",
    "rules schema": "a schema on stdout",
}


def commands():
    """Yield the words of each command, and its function."""
    for name, entry in COMMANDS.items():
        inner = entry.commands if isinstance(entry, Group) else {"": entry}
        for word, command in inner.items():
            yield f"{name} {word}".strip(), command.home


def test_each_command_that_may_write_is_killed():
    killed = [("ask",), *(writer.words for writer in WRITERS.values())]
    for name, _ in commands():
        words = tuple(name.split())
        assert name in READ_ONLY or any(one[: len(words)] == words for one in killed), name


def test_what_reads_only_takes_no_file_to_write():
    for name, home in commands():
        if name in READ_ONLY:
            parameters = inspect.signature(command_at(home)).parameters
            assert not {"output", "save", "write", "out", "folder"} & parameters.keys(), name


@pytest.mark.slow
def test_each_module_that_writes_is_reached_by_a_command_that_is_killed():
    package = Path(advisor.__file__).parent
    found = set()
    for file in package.rglob("*.py"):
        calls = (n for n in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(n, ast.Call))
        if any(isinstance(call.func, ast.Name) and call.func.id in WRITING for call in calls):
            found.add(".".join(file.relative_to(package).with_suffix("").parts))
    reached = {module for writer in WRITERS.values() for module in writer.by}
    assert found - {"writing"} == reached | OTHERWISE.keys()


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["check --lock", pytest.param("convert vlp", marks=pytest.mark.long)]
)
@pytest.mark.parametrize("again", [(), pytest.param(("--again",), marks=pytest.mark.long)])
def test_a_command_that_is_stopped_at_any_change_it_makes_leaves_no_half(name, again):
    if WRITERS[name].heavy:
        pytest.importorskip("torch")
        pytest.importorskip("transformers")
    kills = [sys.executable, ROOT / "benchmarks" / "kills.py", "--steps", *again, name]
    done = subprocess.run(kills, capture_output=True, text=True, timeout=1500)
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    assert " steps in " in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        "check --lock",
        "check --fix",
        "rules cache",
        pytest.param("convert vlp", marks=pytest.mark.long),
    ],
)
def test_a_command_on_a_full_disk_says_so_and_leaves_no_half(name):
    if WRITERS[name].heavy:
        pytest.importorskip("torch")
        pytest.importorskip("transformers")
    full = [sys.executable, ROOT / "benchmarks" / "full_disk.py", name]
    done = subprocess.run(full, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    assert "exit " in done.stdout
