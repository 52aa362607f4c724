"""The only door to the terminal: parse, call, render, exit.

Where the command `advisor` started the process, an interrupt that comes before anything runs, or
after all is done, ends it in one line; `main` takes signals in its own way between.
"""

import os
import signal

from advisor import is_program


def end_at_once(_number: int = 0, _frame: object = None) -> None:
    """End this process as interrupted, in one line."""
    os.write(2, b"\nadvisor: interrupted\n")
    os._exit(130)


if is_program() and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, end_at_once)
