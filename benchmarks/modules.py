"""In how many modules a command calls functions: the rooms that a reader walks through.

A module counts where a function of it is called while the command runs, with the compiled rules in
place. What runs as a module or a class body is made is not counted: that is importing, and
`benchmarks/start.py` has its time. Comprehensions count as the function that they stand in.

    python benchmarks/modules.py --at-most 40 recommend --task captioning
"""

from __future__ import annotations

import argparse
import contextlib
import io
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import advisor
from advisor.cli.main import run

PACKAGE = Path(advisor.__file__).parent
OPTIMIZED = 0x1
"""A flag of the code of functions, which bodies of modules and classes do not have."""


def main() -> int:
    """Print the modules of a command; 1 where there are more than allowed."""
    given = arguments()
    run_quietly(given.command)  # compiles the rules where they are not yet
    with calls() as called:
        code = run_quietly(given.command)
    if code not in (0, 1, 3):
        print(f"modules.py: `advisor {' '.join(given.command)}` exited {code}", file=sys.stderr)
        return 2
    for module in sorted(called):
        print(f"{module:<32} {', '.join(sorted(called[module]))}")
    print(f"{len(called)} modules, {sum(map(len, called.values()))} functions")
    return int(given.at_most is not None and len(called) > given.at_most)


def arguments() -> argparse.Namespace:
    """Return the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--at-most", metavar="N", type=int, help="exit 1 where there are more")
    parser.add_argument("command", nargs=argparse.REMAINDER, help="the command of advisor")
    return parser.parse_args()


def run_quietly(command: list[str]) -> int:
    """Run a command in this process, its output thrown away; return its exit code."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        return run(command)


@contextlib.contextmanager
def calls() -> Iterator[dict[str, set[str]]]:
    """Collect the functions of advisor that are called, by module."""
    called: dict[str, set[str]] = {}

    def note(frame: FrameType, event: str, _: Any) -> None:
        code = frame.f_code
        if event != "call" or not code.co_filename.startswith(str(PACKAGE)):
            return
        if not code.co_flags & OPTIMIZED or code.co_name.startswith("<"):
            return
        module = Path(code.co_filename).relative_to(PACKAGE).with_suffix("")
        called.setdefault(".".join(module.parts), set()).add(code.co_qualname)

    sys.setprofile(note)
    try:
        yield called
    finally:
        sys.setprofile(None)


if __name__ == "__main__":
    sys.exit(main())
