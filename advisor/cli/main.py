"""The entry point of the process; it turns exceptions into messages and exit codes."""

from __future__ import annotations

import atexit
import codecs
import contextlib
import errno
import gc
import io
import os
import signal
import sys
from itertools import pairwise
from pathlib import Path
from types import NoneType
from typing import Any, NamedTuple

from advisor import files, is_program, writing
from advisor.cli import end_at_once
from advisor.console.streams import LAST, note
from advisor.errors import (
    AdvisorError,
    BrokenFileError,
    UnknownNameError,
    UsageError,
    did_you_mean,
    refused_path,
)
from advisor.writing import ESCAPED, silence_stdout

OK, NO, CANNOT, UNDETERMINED, BUG, INTERRUPTED = 0, 1, 2, 3, 4, 130
SIGNALLED = 128
"""The exit code of a process ended by a signal is this plus the signal's number, as in shells."""
MOST_TYPED = 100_000
"""At most this many characters of stdin are read as a need."""


class CommandLine(NamedTuple):
    """The words after the program's name, read before, or without, the parser."""

    words: tuple[str, ...] = ()

    @property
    def overlays(self) -> list[Path]:
        """The folders of `--rules` in order; questions in them become flags."""
        return [Path(folder) for folder in self.values("--rules")]

    @property
    def wants_json(self) -> bool:
        """True if errors are printed as JSON: --json, --batch, or the last --format is json."""
        formats = ["json"] if "--json" in self.words else self.values("--format", "-f")
        return formats[-1:] == ["json"] or bool(self.values("--batch"))

    def with_stdin(self) -> CommandLine:
        """Return the line with a `-` that stands for a need replaced by the words on stdin."""
        from advisor.cli.takes import NEEDS

        for place, (before, word) in enumerate(pairwise(("", *self.words))):
            if word == "-" and before[:1] != "-" and self.words[0] in (word, *NEEDS):
                need = " ".join(sys.stdin.read(MOST_TYPED).split())
                return CommandLine((*self.words[:place], need, *self.words[place + 1 :]))
        return self

    def values(self, flag: str, short: str = "") -> list[str]:
        """Return the values of an option, not empty: `--flag value`, `--flag=value`, `-fvalue`."""
        values = []
        for word, after in pairwise((*self.words, "")):
            name, joint, value = word.partition("=")
            if name == flag or (short and name == short):
                values.append(value if joint else after)
            elif short and word.startswith(short):
                values.append(word.removeprefix(short))
        return list(filter(None, values))


def main() -> None:
    """Run the command line of this process and exit."""
    gc.set_threshold(100_000, 20, 20)  # a short process makes many values and hardly any cycles
    sys.unraisablehook = _report_unraisable
    try:
        taken = _take_signals()
        code = run(sys.argv[1:])
        if taken:
            signal.signal(signal.SIGINT, end_at_once)
    except KeyboardInterrupt:  # where `run` has not begun, or has done
        end_at_once()
    gc.freeze()  # the end of the process frees all; looking for cycles first takes a third as long
    if writing.abandoned or _can_end_at_once():
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.flush()
        os._exit(code)  # the system frees all at once; Python, one by one, takes 4 ms
    sys.exit(code)


def _can_end_at_once() -> bool:
    """True if the command `advisor` has no exit callback, other thread, tracer or profiler."""
    threads = sys.modules.get("threading")
    alone = threads is None or threads.active_count() == 1
    watched = sys.gettrace() or sys.getprofile()
    return is_program() and alone and not watched and not atexit._ncallbacks()  # noqa: SLF001


def _report_unraisable(lost: Any) -> None:
    """Report an exception that Python cannot raise (in `__del__`), unless it ends the process.

    An interrupt lost in this way has set `writing.stopped` already.
    """
    if not issubclass(lost.exc_type, (KeyboardInterrupt, SystemExit)):
        sys.__unraisablehook__(lost)


def _take_signals() -> bool:
    """Let SIGINT raise KeyboardInterrupt, and SIGTERM and SIGHUP SystemExit, for a clean-up.

    A signal that the parent process ignores stays ignored. Return True if SIGINT is handled.
    """

    def stop(number: int, _frame: object) -> None:
        if writing.waits(number):
            return
        writing.stopped = True
        raise KeyboardInterrupt if number == signal.SIGINT else SystemExit(SIGNALLED + number)

    taken = [signal.SIGINT, signal.SIGTERM]
    if sys.platform != "win32":
        taken.append(signal.SIGHUP)
    for number in taken:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, stop)
    return signal.getsignal(signal.SIGINT) is stop


UNWRITTEN = {*writing.FULL, errno.EIO, errno.EBADF, errno.ECONNRESET}
"""Error numbers of a failed write to stdout or stderr; such errors name no file."""


def run(arguments: list[str]) -> int:
    """Run one command line and return its exit code; errors are printed instead of raised."""
    prepare_streams()
    files.forget_what_was_read()
    line = CommandLine(tuple(arguments))
    error: AdvisorError | None = None
    code, as_json = OK, line.wants_json
    try:
        _refuse_invalid_characters(line)
        code = _run(line)
    except AdvisorError as failure:
        _show_cause(failure.__cause__)
        error = failure
    except (KeyboardInterrupt, EOFError) as stop:
        if _stdout_blocks():
            silence_stdout()
            as_json = False
        with contextlib.suppress(OSError):
            sys.stderr.write("\n")
        error = _cut_short(stop) or AdvisorError(
            "interrupted", kind="interrupted", exit_code=INTERRUPTED
        )
    except BrokenPipeError:
        code = OK  # whoever read our answer has read enough
        silence_stdout()
    except Exception as failure:  # the last resort: it says that this is our mistake
        error = _failure(failure)
    try:
        if error is not None:
            code = error.exit_code
            _report(error, as_json=as_json)
        _note_the_last()
        sys.stdout.flush()
    except BrokenPipeError:
        silence_stdout()
    except OSError as failure:
        silence_stdout()
        as_text = error is not None and not as_json
        error = error or _failure(failure)
        code = error.exit_code
        with contextlib.suppress(OSError):
            if not as_text:
                _report(error, as_json=False)  # stdout has just refused
    return code


def _note_the_last() -> None:
    """Print the notes in LAST on stderr and remove them."""
    while LAST:
        note(LAST.pop(0))


def _stdout_blocks() -> bool:
    """True if writing to stdout would block, because its reader does not read."""
    import select

    with contextlib.suppress(OSError, ValueError):  # no stream of the system, or one of Windows
        return not select.select((), (sys.stdout,), (), 0)[1]
    return False


def _refuse_invalid_characters(line: CommandLine) -> None:
    """Raise AdvisorError for a word with a NUL or a lone surrogate: no path can contain them."""
    for word in line.words:
        try:
            whole = b"\0" not in os.fsencode(word)
        except UnicodeEncodeError:
            whole = False
        if not whole:
            message = f"`{word}` has a character that is invalid on a command line"
            raise AdvisorError(message, hint="remove that character", kind="usage")


def _show_cause(failure: BaseException | None) -> None:
    """Print the traceback of an error's cause on stderr if ADVISOR_DEBUG is 1."""
    if os.environ.get("ADVISOR_DEBUG") == "1" and failure is not None:
        import traceback

        with contextlib.suppress(OSError):
            traceback.print_exception(failure)


def _nowhere(reason: str) -> AdvisorError:
    """Return the error for ENOENT without a path: no working folder, or no temporary folder."""
    try:
        Path.cwd()
    except FileNotFoundError:
        message = "the working folder no longer exists"
        return AdvisorError(message, hint="change to a folder that exists", kind="bad-path")
    hint = "free some disk space, or set TMPDIR to a folder that you can write to"  # of tempfile
    return AdvisorError(reason, hint=hint, kind="cannot-write")


def _cut_short(stop: BaseException) -> AdvisorError | None:
    """Return the error for a truncated .pyc file, which Python reports as EOFError; else None.

    Python writes such a file if the disk is full, and cannot read it from then on.
    """
    if "marshal data" not in f"{stop} {stop.__cause__}":
        return None
    home = Path(__file__).resolve().parent.parent
    return AdvisorError(
        "a compiled Python file is truncated, maybe because the disk was full",
        hint=f"run `{sys.executable} -m compileall -qf {home}` to compile advisor again",
        kind="broken-install",
    )


def _failure(failure: Exception) -> AdvisorError:
    """Return the error for an exception that no command handled: of the system, or a bug."""
    if isinstance(failure, OSError):
        reason = failure.strerror or str(failure)
        reason = reason[:1].lower() + reason[1:]
        if failure.filename is not None:
            return refused_path(failure)
        if failure.errno == errno.ENOENT:  # without a path
            return _nowhere(reason)
        if failure.errno in UNWRITTEN:
            return AdvisorError(
                f"the answer cannot be written: {reason}",
                hint="check the target of stdout, or pass `--output FILE`",
                kind="cannot-write",
            )
    _show_cause(failure)
    missing = (getattr(failure, "name", None) or "").partition(".")[0]
    if isinstance(failure, ModuleNotFoundError) and missing not in ("", "advisor"):
        return AdvisorError(
            f"this Python lacks the package `{missing}`, which advisor needs",
            hint="install advisor with pip, which also installs its dependencies",
            kind="broken-install",
        )
    if isinstance(failure, MemoryError):
        hint = "pass fewer or smaller files, or use a machine with more memory"
        return AdvisorError("the command ran out of memory", hint=hint, kind="out-of-memory")
    message = f"a bug in advisor: {type(failure).__name__}: {failure}"
    hint = "run the command with ADVISOR_DEBUG=1 and report the traceback"
    return AdvisorError(message, hint=hint, kind="bug", exit_code=BUG)


def _run(line: CommandLine) -> int:
    """Return a line's exit code; a refused line with a clear meaning runs as that one."""
    import typer

    from advisor.cli.program import program

    line = line.with_stdin() if "-" in line.words else line
    try:
        code = program(line.overlays)(
            args=list(line.words), prog_name="advisor", standalone_mode=False
        )
        sys.stdout.flush()
        if code == INTERRUPTED:
            raise KeyboardInterrupt
    except typer.Abort as stop:
        raise KeyboardInterrupt from stop.__cause__
    except SystemExit as stop:
        if isinstance(stop.__context__, BrokenPipeError):  # the parser's answer to a gone reader
            raise BrokenPipeError from None
        if not isinstance(stop.code, (int, NoneType)):
            raise RuntimeError(str(stop.code)) from stop  # noqa: TRY004 - nobody gave a wrong type
        return stop.code or OK
    except (UsageError, typer.TyperException) as error:
        from advisor.cli.meant_line import meant_line

        if meant := meant_line(error, line):
            return _run(CommandLine(tuple(meant)))
        if isinstance(error, UnknownNameError):
            from advisor.console.commands import rules_of
            from advisor.need.likely_meaning import explained

            raise explained(rules_of(line.overlays), error) from None
        if isinstance(error, UsageError):
            raise
        raise _usage(error) from None
    return code if isinstance(code, int) else OK


def _usage(error: Any) -> AdvisorError:
    """Return a usage error of the parser as an AdvisorError, with the command's help as a hint."""
    message = str(error.format_message()).strip().rstrip(".")
    message = message[:1].lower() + message[1:]
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "advisor"
    hint = f"run `{path} --help` to list the options"
    if message.startswith("no such command"):
        from advisor.cli.meant_line import near_command

        message += did_you_mean(filter(None, (near_command(error),)))
    elif message == "missing command" and context is not None:
        hint = f"one of {', '.join(context.command.list_commands(context))}; {hint}"
    return AdvisorError(message, hint=hint, kind="usage")


def _report(error: AdvisorError, *, as_json: bool) -> None:
    """Print an error: as JSON on stdout with `as_json`, else as text on stderr."""
    from advisor.foreign import shortened, visible_json

    problems = list(error.problems) if isinstance(error, BrokenFileError) else []
    message = shortened(error.message)
    if as_json:
        import json

        body: dict[str, Any] = {"kind": error.kind, "message": message, "hint": error.hint}
        if problems:
            body["problems"] = problems
        sys.stdout.write(visible_json(json.dumps({"error": body}, ensure_ascii=False)) + "\n")
        return
    lines = [*map(shortened, map(str, problems)), f"advisor: {message}"]
    lines += [f"  hint: {error.hint}"] if error.hint else []
    note(*lines)


def prepare_streams() -> None:
    r"""Replace closed standard streams with the null device, and let stdout print any character.

    Writing to a closed stdout fails, because the answer would be lost. Characters that its encoding
    lacks are escaped as in JSON: `\u00fc`. All streams are set to block, because Python silently
    loses output that a non-blocking pipe has no room for.
    """
    streams = ("stdin", "r", os.O_RDONLY), ("stdout", "w", os.O_RDONLY), ("stderr", "w", os.O_RDWR)
    for name, mode, access in streams:
        if getattr(sys, name) is None:  # the null device is open as long as the process runs
            number = os.open(os.devnull, access)
            setattr(sys, name, open(number, mode, encoding="utf-8"))  # noqa: PTH123, SIM115
        with contextlib.suppress(OSError, ValueError, AttributeError):  # no stream of the system
            os.set_blocking(getattr(sys, name).fileno(), True)
    codecs.register_error(ESCAPED, _escaped)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors=ESCAPED)
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")


def _escaped(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    units = error.object[error.start : error.end].encode("utf-16-be", "surrogatepass")
    pairs = zip(units[::2], units[1::2], strict=True)
    return "".join(f"\\u{high:02x}{low:02x}" for high, low in pairs), error.end
