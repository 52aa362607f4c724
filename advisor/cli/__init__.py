"""The only door to the terminal: parse, call, render, exit.

Where the command `advisor` started the process, an interrupt that comes before anything runs ends
it in one line; `main` takes signals in its own way from then on.
"""

import os
import signal
import sys


def _interrupted(_number: int, _frame: object) -> None:
    os.write(2, b"\nadvisor: interrupted\n")
    os._exit(130)


if (
    os.path.basename(sys.argv[0]).removesuffix(".exe") in ("advisor", "-m")  # noqa: PTH119
    and signal.getsignal(signal.SIGINT) is signal.default_int_handler
):
    signal.signal(signal.SIGINT, _interrupted)
