"""A child is a new interpreter within limits, which imports nothing from the working folder."""

import os
import sys
from pathlib import Path

import pytest

from advisor.child import ChildError, LimitExceededError, Limits, environment, run_in_child

LIMITS = Limits(memory_mb=300, cpu_seconds=5, wall_seconds=300)
WORK = """\
import os, sys, time

def add(left, right):
    print("chatter that is not an answer")
    return [left + right, os.getpid()]

def path_and(name):
    return [sys.path, __import__(name).__file__]

def fill(mb):
    return len(bytearray(mb * 2**20))

def spin():
    while True:
        pass

def wait():
    time.sleep(60)

def refuse():
    raise KeyError("a word")

def surrogate():
    return "\\ud800 é"
"""
PLANTED = ("torch", "pyarrow", "numpy", "PIL", "sqlite3", "json", "advisor", "work_folder_only")


@pytest.fixture
def work(tmp_path, monkeypatch):
    """A module of functions that the user put on PYTHONPATH, and a working folder of traps."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/child_work.py").write_text(WORK, encoding="utf-8")
    (tmp_path / "here").mkdir()
    for name in PLANTED:
        trap = f"open({str(tmp_path / 'was-run')!r}, 'w')"
        (tmp_path / f"here/{name}.py").write_text(trap, encoding="utf-8")
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(["", str(tmp_path / "mine"), ""]))
    monkeypatch.syspath_prepend(tmp_path / "mine")
    monkeypatch.delitem(sys.modules, "child_work", raising=False)
    import child_work

    return child_work


def test_a_function_runs_in_another_process_and_what_it_prints_is_no_answer(work):
    total, process = run_in_child(work.add, 20, 22, limits=LIMITS)
    assert total == 42
    assert process != os.getpid()
    assert run_in_child(work.surrogate, limits=LIMITS) == "\ud800 é"


def test_nothing_of_the_working_folder_is_imported(work, tmp_path):
    path, _ = run_in_child(work.path_and, "json", limits=LIMITS, imports=("sqlite3",))
    assert str(tmp_path / "mine") in path
    assert str(tmp_path / "here") not in path
    assert "" not in path
    with pytest.raises(ChildError) as raised:
        run_in_child(work.path_and, "work_folder_only", limits=LIMITS)
    assert raised.value.kind == "ModuleNotFoundError"
    assert not (tmp_path / "was-run").exists()


def test_what_an_error_says_arrives_with_its_name(work):
    with pytest.raises(ChildError, match="a word") as raised:
        run_in_child(work.refuse, limits=LIMITS)
    assert raised.value.kind == "KeyError"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux bounds memory")
def test_memory_is_bounded(work):
    assert run_in_child(work.fill, 200, limits=LIMITS) == 200 * 2**20
    with pytest.raises(LimitExceededError):
        run_in_child(work.fill, 400, limits=LIMITS)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit of CPU time")
def test_cpu_time_is_bounded(work):
    limits = Limits(memory_mb=300, cpu_seconds=1, wall_seconds=300)
    with pytest.raises(LimitExceededError):
        run_in_child(work.spin, limits=limits)


def test_the_wall_clock_is_bounded(work):
    limits = Limits(memory_mb=300, cpu_seconds=60, wall_seconds=2)
    with pytest.raises(LimitExceededError):
        run_in_child(work.wait, limits=limits)


def test_an_interpreter_that_does_not_start_is_no_limit(work, monkeypatch, tmp_path):
    monkeypatch.setenv("PYTHONHOME", str(tmp_path))
    with pytest.raises(ChildError, match="did not start"):
        run_in_child(work.add, 1, 2, limits=LIMITS)


def test_an_environment_keeps_the_folders_that_the_user_named(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(["", "/ours", "", "src"]))
    assert environment()["PYTHONPATH"] == os.pathsep.join(["/ours", str(Path("src").absolute())])
    assert environment()["PYTHONSAFEPATH"] == "1"
    monkeypatch.setenv("PYTHONPATH", os.pathsep)
    assert "PYTHONPATH" not in environment()
