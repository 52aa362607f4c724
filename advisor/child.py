"""A child process: a new interpreter, within limits, for work on untrusted input.

It is not forked and shares no memory with this process. It imports only installed modules and those
on the user's PYTHONPATH, never from the working folder. Linux limits its memory, every POSIX system
its CPU time, and the parent its wall-clock time.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from advisor.search_path import import_only_what_is_installed, user_folders

MB = 2**20
_LAST_WORDS_SECONDS = 5
"""How long to read a child's last output if another process keeps its pipe open."""
NO_MEMORY = "allocate memory"
"""Text of errors by C++ libraries that mean the same as MemoryError."""
_BOOT = """\
import sys
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
found = PathFinder.find_spec("advisor", sys.argv[1:])
sys.modules["advisor"] = module_from_spec(found)
found.loader.exec_module(sys.modules["advisor"])
from advisor.child import _serve
_serve()
"""
"""The program of a child: imports this package from its folder without adding to `sys.path`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits of a child: MB (2^20 bytes) beyond its imports, seconds of CPU and of wall clock."""

    memory_mb: float
    cpu_seconds: float
    wall_seconds: float


class LimitExceededError(Exception):
    """A child exceeded its memory or time limit and was ended."""


class ChildError(Exception):
    """The function in a child raised an error, or the child did not start; `kind`: its class."""

    def __init__(self, kind: str, words: str) -> None:
        super().__init__(words)
        self.kind = kind


def environment() -> dict[str, str]:
    """Return the environment for an interpreter that imports nothing from its working folder.

    Empty entries of PYTHONPATH, which mean that folder, are removed; others are made absolute. The
    children of a child inherit this.
    """
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    named = os.pathsep.join(user_folders())
    return {**inherited, **({"PYTHONPATH": named} if named else {}), "PYTHONSAFEPATH": "1"}


@contextlib.contextmanager
def as_a_child(folder: str) -> Iterator[None]:
    """Change to a folder and the environment of a child, for libraries that start processes.

    Folder, environment and import path are restored at the end.
    """
    here, path, environ = os.getcwd(), list(sys.path), environment()  # noqa: PTH109 - as text
    before = {name: os.environ.get(name) for name in ("PYTHONPATH", "PYTHONSAFEPATH")}
    import_only_what_is_installed()
    os.chdir(folder)
    try:
        for name in before:
            os.environ[name] = environ.get(name, "")
        yield
    finally:
        os.chdir(here)
        sys.path[:] = path
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def interpreter() -> list[str]:
    """Return the command of this Python with -I if this process has it, else with -P."""
    return [sys.executable, "-I" if sys.flags.isolated else "-P"]


def run_in_child(
    work: Callable[..., Any],
    *arguments: Any,
    limits: Limits,
    imports: tuple[str, ...] = (),
    on_line: Callable[[str], None] | None = None,
) -> Any:
    """Return the result of a module's function, run in a child within limits.

    Arguments and result are JSON values; `imports` are modules that the function needs, whose
    memory does not count. Its output is dropped, or passed to `on_line` line by line. Raises
    LimitExceededError, and ChildError for exceptions of the function or a failed start.
    """
    order = {
        "module": work.__module__,
        "function": work.__qualname__,
        "arguments": arguments,
        "imports": imports,
        "limits": [limits.memory_mb, limits.cpu_seconds, limits.wall_seconds],
    }
    try:
        with _heard(on_line) as stderr:
            done = subprocess.run(
                [*interpreter(), "-c", _BOOT, str(Path(__file__).parents[1])],
                input=json.dumps(order).encode(),
                stdout=subprocess.PIPE,
                stderr=stderr,
                env={**environment(), "OMP_NUM_THREADS": "1", "RAYON_NUM_THREADS": "1"},
                timeout=limits.wall_seconds,
                check=False,
            )
    except subprocess.TimeoutExpired as error:
        raise LimitExceededError("the child process exceeded its time limit") from error
    if not done.stdout:
        raise ChildError(
            "OSError", f"the Python child process did not start (exit code {done.returncode})"
        )
    try:
        answer = json.loads(done.stdout)
    except ValueError as error:  # a system ends what passes its limits in the middle
        raise LimitExceededError(
            f"the child process ended with exit code {done.returncode}"
        ) from error
    if "error" in answer:
        raise ChildError(*answer["error"])
    return answer["result"]


@contextlib.contextmanager
def _heard(on_line: Callable[[str], None] | None) -> Iterator[int]:
    """Yield a file descriptor for the child's output; a thread passes its lines to `on_line`."""
    if on_line is None:
        yield subprocess.DEVNULL
        return
    reading, writing = os.pipe()

    def listen() -> None:
        with os.fdopen(reading, encoding="utf-8", errors="replace") as lines:
            for line in lines:
                on_line(line)

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    try:
        yield writing
    finally:
        os.close(writing)
        listener.join(_LAST_WORDS_SECONDS)


def _serve() -> None:
    """Run the order on stdin (see `run_in_child`); write `{"result"}` or `{"error"}` as JSON."""
    from importlib import import_module

    answers = os.dup(1)
    os.dup2(2, 1)
    os.write(answers, b" ")
    order = json.load(sys.stdin.buffer)
    memory_mb, cpu_seconds, wall_seconds = order["limits"]
    try:
        work = getattr(import_module(order["module"]), order["function"])
        for module in order["imports"]:
            import_module(module)
        _limit(memory_mb, cpu_seconds, wall_seconds)
        answer = json.dumps({"result": work(*order["arguments"])})
    except Exception as error:
        if isinstance(error, MemoryError) or NO_MEMORY in str(error):
            os._exit(1)
        answer = json.dumps({"error": [type(error).__name__, str(error)]})
    with os.fdopen(answers, "wb") as stream:
        stream.write(answer.encode())


def _limit(memory_mb: float, cpu_seconds: float, wall_seconds: float) -> None:
    """Let the system end this process at its limits, as far as the system supports them.

    Narrower limits that are already set stay. On Windows nothing is limited.
    """
    if sys.platform == "win32":
        return
    import resource
    import signal

    signal.setitimer(signal.ITIMER_REAL, wall_seconds)  # should its parent be gone by then
    used = resource.getrusage(resource.RUSAGE_SELF)
    bounds = [
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime + cpu_seconds) + 1),
    ]
    if sys.platform == "linux":
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        held = pages * resource.getpagesize()
        bounds.append((resource.RLIMIT_AS, held + int(memory_mb * MB)))
    for kind, most in bounds:
        given = [limit for limit in resource.getrlimit(kind) if limit != resource.RLIM_INFINITY]
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(kind, (min([most, *given]),) * 2)
