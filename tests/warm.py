"""A Python that has imported torch and transformers, and forks a process for each program.

Starting Python for a program takes 20 ms; what it then imports takes 2 to 6 s of CPU, each time the
same. Tests of what a program does put `warm.python()` where `sys.executable` would stand: the
program runs in a process of its own, with its own arguments, folder, environment, streams, limits
and signals, and ends as it would have. Tests of how a process starts (what it imports, from where,
what the environment tells the libraries) start Python itself.

`python warm.py serve SOCKET` imports and waits, `python warm.py run SOCKET WORDS` has it run a
program and stands for that: it passes Ctrl-C on and ends with its code, or of the same signal.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import functools
import gc
import glob
import importlib
import json
import os
import runpy
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import traceback
import types
from pathlib import Path
from typing import Any, NoReturn

CLASSES = (
    "AutoConfig", "AutoImageProcessor", "AutoModel", "AutoProcessor", "AutoTokenizer", "CLIPModel",
    "CLIPProcessor", "GenerationConfig", "Trainer", "VisionEncoderDecoderModel",
)  # fmt: skip
"""What most programs ask transformers for, which imports each when it is asked."""
OF_THE_HUB = ("HF_", "HUGGINGFACE_")
"""Variables that one module of huggingface_hub reads, which a program with others reads anew."""
READ_AT_IMPORT = ("TRANSFORMERS_OFFLINE", "XDG_CACHE_HOME", "OMP_NUM_THREADS", "PYTHONPATH")
"""Variables that are looked at once: a program sets none to another value."""
HOLDS = bytes(8)
"""What a worker sends in place of an order: the process stays as long as the connection does."""
KILLED_AFTER = "ADVISOR_TEST_KILLED_AFTER"
"""The variable that names the file of `killed_after`."""
AT_FIRST = dict(os.environ)
"""The environment before any test changed it."""


@functools.cache
def python() -> list[str]:
    """Return the command that stands for Python; all workers of a run share the process behind it.

    It is begun when the first test asks, and ends when no worker holds on to it.
    """
    of_run = os.environ.get("PYTEST_XDIST_TESTRUNUID", f"alone{os.getpid()}")[:16]
    home = Path(tempfile.gettempdir(), f"warm-{of_run}")
    home.mkdir(exist_ok=True)
    at = str(home / "socket")
    holding = socket.socket(socket.AF_UNIX)
    server = None
    with (home / "begun").open("w") as begun:
        fcntl.flock(begun, fcntl.LOCK_EX)
        try:
            holding.connect(at)
        except FileNotFoundError:
            environment = AT_FIRST | {"OMP_NUM_THREADS": os.environ["OMP_NUM_THREADS"]}
            server = subprocess.Popen(
                [sys.executable, "-P", __file__, "serve", at],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env=environment, cwd=home,
            )  # fmt: skip
            assert server.stdout is not None
            assert server.stdout.readline() == b"ready\n"
            holding.connect(at)
        holding.sendall(HOLDS)

    @atexit.register
    def end() -> None:
        holding.close()
        if server is not None:
            server.communicate()  # workers end together
            shutil.rmtree(home)

    return [sys.executable, "-I", "-S", __file__, "run", at]


def killed_after(file: str, command: list[str]) -> None:
    """Run a command of `python` that kills itself at what it opens once a file has something in it.

    `file` is a pattern of `glob`. However slow the machine is, no program ends before it is killed.
    """
    done = subprocess.run(
        command, env={**os.environ, KILLED_AFTER: file}, capture_output=True, text=True
    )
    assert done.returncode == -signal.SIGKILL, done.stdout[-2000:] + done.stderr[-2000:]


# -- the side of a test ----------------------------------------------------------------------------


def run(at: str, words: list[str]) -> int:
    """Have the server run a program here, and return its code; end of the signal that ended it."""
    with socket.socket(socket.AF_UNIX) as server:
        server.connect(at)
        order = {"words": words, "folder": str(Path.cwd()), "environment": dict(os.environ)}
        text = json.dumps(order).encode()
        socket.send_fds(server, [len(text).to_bytes(8, "big")], [0, 1, 2])
        server.sendall(text)
        pid = int.from_bytes(_read(server, 8), "big")
        signal.signal(signal.SIGINT, lambda number, _: os.kill(pid, number))
        status = int.from_bytes(_read(server, 8), "big")
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        if number != signal.SIGKILL:
            signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
    return os.waitstatus_to_exitcode(status)


def _read(stream: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = stream.recv(size - len(data))
        if not piece:
            raise SystemExit("the warm Python has ended")
        data += piece
    return data


# -- the server ------------------------------------------------------------------------------------


def serve(at: str) -> None:
    """Import, then fork for each program until no worker holds on to this process."""
    import torchvision  # noqa: F401
    import transformers

    for name in CLASSES:
        getattr(transformers, name)
    gc.collect()
    gc.freeze()
    woken, waker = socket.socketpair()
    woken.setblocking(False)
    waker.setblocking(False)
    signal.set_wakeup_fd(waker.fileno())
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # that of a terminal is for pytest
    asked = socket.socket(socket.AF_UNIX)
    asked.bind(at)
    asked.listen()
    programs: dict[int, socket.socket] = {}  # by process, whom its test listens to
    workers: list[socket.socket] = []
    os.write(1, b"ready\n")
    ended = False
    while not ended:
        ready, _, _ = select.select([asked, woken, *workers, *programs.values()], [], [], 60)
        ended = not ready and not workers  # whoever began this process was killed at once
        if woken in ready:
            woken.recv(4096)
            _tell_ends(programs)
        if asked in ready:
            test, _ = asked.accept()
            head, streams, _, _ = socket.recv_fds(test, 8, 3)
            if head == HOLDS:
                workers.append(test)
            else:
                others = [asked, woken, waker, *workers, *programs.values()]
                programs[_begun(test, head, streams, others)] = test
        for pid, test in programs.items():
            if test in ready and not test.recv(1):  # whoever asked was killed
                os.kill(pid, signal.SIGKILL)
        for worker in set(workers).intersection(ready):
            workers.remove(worker)
            ended = not workers
    for pid in programs:
        os.kill(pid, signal.SIGKILL)


def _begun(
    test: socket.socket, head: bytes, streams: list[int], others: list[socket.socket]
) -> int:
    """Fork the process that a test asks for, and return its number."""
    order = json.loads(_read(test, int.from_bytes(head, "big")))
    pid = os.fork()
    if not pid:
        for each in (test, *others):
            each.close()
        _become(order, streams)
    for stream in streams:
        os.close(stream)
    test.sendall(pid.to_bytes(8, "big"))
    return pid


def _tell_ends(programs: dict[int, socket.socket]) -> None:
    """Tell tests how their programs ended."""
    for pid in list(programs):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            with programs.pop(pid) as test, contextlib.suppress(OSError):
                test.sendall(status.to_bytes(8, "big"))


def _become(order: dict[str, Any], streams: list[int]) -> NoReturn:
    """Be the process that a test asked for, and run its program."""
    for place, stream in enumerate(streams):
        os.dup2(stream, place)
        os.close(stream)
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.stdin, sys.stdout, sys.stderr = sys.__stdin__, sys.__stdout__, sys.__stderr__ = (
        open(0, encoding="utf-8", closefd=False),  # noqa: SIM115
        open(1, "w", encoding="utf-8", closefd=False),  # noqa: SIM115
        open(2, "w", encoding="utf-8", closefd=False, buffering=1, errors="backslashreplace"),  # noqa: SIM115
    )
    os.chdir(order["folder"])
    own, environment = dict(os.environ), order["environment"]
    changed = [
        name for name in own.keys() | environment.keys() if own.get(name) != environment.get(name)
    ]
    os.environ.clear()
    os.environ.update(environment)
    for name in changed:
        if name.startswith(READ_AT_IMPORT) and name in environment:
            raise SystemExit(f"{name} is read when Python or a library starts: start Python itself")
    if any(name.startswith(OF_THE_HUB) for name in changed):
        importlib.reload(sys.modules["huggingface_hub.constants"])
    if KILLED_AFTER in environment:
        _kill_after(environment[KILLED_AFTER])
    code: Any = None
    try:
        _program(*order["words"])
    except SystemExit as end:
        code = end.code
    except BaseException:
        traceback.print_exc()
        code = 1
    if not isinstance(code, int | None):
        print(code, file=sys.stderr)  # noqa: T201
        code = 1
    threading._shutdown()
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit((code or 0) & 255)  # at a usual end Python would take apart all of torch, 0.3 s


def _kill_after(file: str) -> None:
    """Have this process kill itself at the next file that it opens once one has something in it."""

    def look(event: str, _arguments: tuple[Any, ...]) -> None:
        if event == "open" and any(Path(each).stat().st_size for each in glob.glob(file)):  # noqa: PTH207
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(look)


def _program(first: str, *words: str) -> None:
    """Run `-P -c CODE`, `-m MODULE` or a file, as Python would with these words."""
    sys.orig_argv = [sys.executable, first, *words]
    safe = first == "-P"
    if safe:
        first, *words = words
    main = sys.modules["__main__"] = types.ModuleType("__main__")
    if first in ("-c", "-m"):
        named, *words = words
        place = "" if first == "-c" else str(Path.cwd())
    else:
        place = os.path.dirname(os.path.realpath(first))  # noqa: PTH120
    if not (safe or "PYTHONSAFEPATH" in os.environ):
        sys.path.insert(0, place)
    sys.argv = [first, *words]
    if first == "-c":
        exec(compile(named, "<string>", "exec"), vars(main))
    elif first == "-m":
        runpy.run_module(named, run_name="__main__", alter_sys=True)
    else:
        main.__file__ = first
        exec(compile(Path(first).read_bytes(), first, "exec"), vars(main))


if __name__ == "__main__":
    role, *words = sys.argv[1:]
    if role == "run":
        sys.exit(run(words[0], words[1:]))
    serve(words[0])
