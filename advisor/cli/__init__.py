"""The command line: parse, call, render, exit.

If the command `advisor` started the process, an interrupt before the first command runs, or after
the last, ends it with one line. In between, `main` handles signals.
"""

import os
import signal

from advisor import is_program


def end_at_once(_number: int = 0, _frame: object = None) -> None:
    """Print one line and end this process with exit code 130, without clean-up."""
    os.write(2, b"\nadvisor: interrupted\n")
    os._exit(130)


if is_program() and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, end_at_once)
