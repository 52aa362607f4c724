"""Interrupt the command at many moments of its start, and look at how it ends.

`python benchmarks/interrupts.py --times 200 --within 0.15 [--module]`: how many were ended by
Python before our first line, how many had their answer, and how many others did not end in one line
and exit 130, which is the exit code 1 of this program.
"""

from __future__ import annotations

import argparse
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

INTERRUPTED = b"\nadvisor: interrupted\n"
OURS = b"/advisor/"
"""What a traceback quotes where a line of ours has run."""
SCRIPT = Path(sys.executable).with_name("advisor")
WORDS = ("recommend", "--task", "captioning")


def ended(line: list[str], seconds: float) -> tuple[str, bytes]:
    """Interrupt a command after so many seconds; return how it ended, and what it said."""
    running = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    time.sleep(seconds)
    running.send_signal(signal.SIGINT)
    answer, said = running.communicate()
    if said == INTERRUPTED and running.returncode == 130:
        return "one line, 130", said
    if running.returncode == 0 and answer and not said:
        return "answered", said
    if OURS not in said and running.returncode != 130:
        return "before our first line", said
    return f"otherwise, {running.returncode}", said


def main() -> int:
    """Print how many ended in which way."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--within", type=float, default=0.15, metavar="SECONDS")
    parser.add_argument("--module", action="store_true", help="python -m advisor, not the script")
    given = parser.parse_args()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have it ignored
    begun = [sys.executable, "-m", "advisor"] if given.module else [str(SCRIPT)]
    counts: Counter[str] = Counter()
    for _ in range(given.times):
        how, said = ended([*begun, *WORDS], random.uniform(0, given.within))
        counts[how] += 1
        if how.startswith("otherwise"):
            sys.stderr.write(f"{how}: {said.decode(errors='replace')}\n")
    for how, count in counts.most_common():
        sys.stdout.write(f"{count:5} {how}\n")
    return int(any(how.startswith("otherwise") for how in counts))


if __name__ == "__main__":
    sys.exit(main())
