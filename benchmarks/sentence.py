"""What a sentence costs on top of flags: CPU of `recommend "..."` over `recommend --task ...`.

Fresh processes in pairs, one after the other, user and system time of each. On a busy machine CPU
is steadier than the clock; the least of each is what the code costs.

    python benchmarks/sentence.py --advisor "$(command -v advisor)" --runs 20
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
from itertools import pairwise

NO_BYTECODE = "PYTHONDONTWRITEBYTECODE"
"""Set, each process would compile the program anew, which no installed one does."""

SENTENCE = "search 2 million product photos by German text, on a CPU, commercially"
FLAGS = (
    *("--task", "image-search", "--collection", "2000000", "--language", "de"),
    *("--domain", "everyday", "--device", "cpu", "--use", "commercial"),
)


def main() -> int:
    """Measure and print; 1 where the median difference is above the budget."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--advisor", required=True, metavar="PATH")
    parser.add_argument("--runs", type=int, default=20, metavar="N")
    parser.add_argument("--at-most", type=float, metavar="MS")
    given = parser.parse_args()
    start = [given.advisor, "recommend"]
    ways = {"flags": [*start, *FLAGS], "sentence": [*start, SENTENCE]}
    times: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(given.runs + 1):
        for name, words in ways.items():
            took = cpu_ms([*words, "--format", "json"])
            if turn:  # the first round fills caches
                times[name].append(took)
    apart = [after - before for before, after in zip(*times.values(), strict=True)]
    median = statistics.median(apart)
    for name, taken in times.items():
        print(f"{name:<9} median {statistics.median(taken):6.1f} ms  least {min(taken):6.1f} ms")
    least = min(times["sentence"]) - min(times["flags"])
    print(f"sentence over flags: median {median:.1f} ms, least over least {least:.1f} ms")
    return int(given.at_most is not None and median > given.at_most)


def cpu_ms(words: list[str]) -> float:
    """Run a command in a fresh process; return its user and system time in milliseconds."""
    environment = {key: value for key, value in os.environ.items() if key != NO_BYTECODE}
    used = [_children()]
    subprocess.run(
        words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True, env=environment
    )
    used.append(_children())
    return next(after - before for before, after in pairwise(used)) * 1000


def _children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    sys.exit(main())
