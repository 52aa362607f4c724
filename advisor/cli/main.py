"""Where the process starts, and where exceptions become messages and exit codes."""

from __future__ import annotations

import gc
import os
import sys
from itertools import pairwise
from typing import Any

from advisor.errors import AdvisorError, BrokenFileError

OK, NO, CANNOT, UNDETERMINED, BUG, INTERRUPTED = 0, 1, 2, 3, 4, 130


def main() -> None:
    """Run the command line of this process and exit."""
    gc.set_threshold(100_000, 20, 20)  # a short process makes many values and hardly any cycles
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command line and return its exit code; never raises."""
    error: AdvisorError | None = None
    code = OK
    try:
        code = _run(arguments)
    except AdvisorError as failure:
        error = failure
    except (KeyboardInterrupt, EOFError):
        sys.stderr.write("\n")
        error = AdvisorError("interrupted", kind="interrupted", exit_code=INTERRUPTED)
    except BrokenPipeError:
        code = OK  # whoever read our answer has read enough
    except Exception as failure:  # the last resort: it says that this is our mistake
        error = _bug(failure)
    try:
        if error is not None:
            code = error.exit_code
            _report(error, arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return code


def _bug(failure: Exception) -> AdvisorError:
    if os.environ.get("ADVISOR_DEBUG") == "1":
        import traceback

        traceback.print_exception(failure)
    message = f"a bug in advisor: {type(failure).__name__}: {failure}"
    hint = "run again with ADVISOR_DEBUG=1 for the traceback, and report it"
    return AdvisorError(message, hint=hint, kind="bug", exit_code=BUG)


def _run(arguments: list[str]) -> int:
    import typer

    from advisor.cli.commands import command_line

    try:
        code = command_line(arguments)(args=arguments, prog_name="advisor", standalone_mode=False)
        sys.stdout.flush()
        if code == INTERRUPTED:
            raise KeyboardInterrupt
    except typer.Abort:
        raise KeyboardInterrupt from None
    except SystemExit:
        raise BrokenPipeError from None  # the parser's answer to a reader that has gone away
    except typer.TyperException as error:
        raise _usage(error) from None
    return code if isinstance(code, int) else OK


def _usage(error: Any) -> AdvisorError:
    """A usage error of the parser as one of ours, with the command whose help to read."""
    message = str(error.format_message()).strip().rstrip(".")
    message = message[:1].lower() + message[1:]
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "advisor"
    return AdvisorError(message, hint=f"`{path} --help` shows what can be given", kind="usage")


def _report(error: AdvisorError, arguments: list[str]) -> None:
    """Say what went wrong: as JSON on stdout where JSON was asked for, else on stderr."""
    problems = list(error.problems) if isinstance(error, BrokenFileError) else []
    if _wants_json(arguments):
        import json

        body: dict[str, Any] = {"kind": error.kind, "message": error.message, "hint": error.hint}
        if problems:
            body["problems"] = problems
        sys.stdout.write(json.dumps({"error": body}, ensure_ascii=False) + "\n")
        return
    for problem in problems:
        sys.stderr.write(f"{problem}\n")
    sys.stderr.write(f"advisor: {error.message}\n")
    if error.hint:
        sys.stderr.write(f"  hint: {error.hint}\n")


def _wants_json(arguments: list[str]) -> bool:
    """True where the command line asks for JSON; of several formats the last one counts."""
    if any(word == "--batch" or word.startswith("--batch=") for word in arguments):
        return True
    format = ""
    for word, after in pairwise([*arguments, ""]):
        if word in ("--format", "-f"):
            format = after
        elif word.startswith("--format="):
            format = word.removeprefix("--format=")
        elif word.startswith("-f") and not word.startswith("--"):
            format = word.removeprefix("-f")
    return format == "json"
