"""Files a second that the scanner of `advisor check` takes: `python benchmarks/scan.py PATH`.

Beside it, in turn, `grep -r from_pretrained` over the same kinds of file, so that the figure can be
carried to another machine as a ratio. Both are run several times and the fastest run counts; the
first run of each also fills the cache of the disk. Rates are by processor time, which other work on
the machine disturbs least.
"""

import argparse
import os
import resource
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from advisor.catalogue.settled import settled_names
from advisor.rulebase.store import load_rules
from advisor.scan.scanner import Scan, scan
from advisor.scan.vocabulary import vocabulary_of
from advisor.scan.walk import KINDS

BUDGET = 1_000
"""Python files a second, where few mention a checkpoint."""


def fastest(run: Callable[[], object], runs: int) -> tuple[float, float]:
    """Return processor seconds, children included, and wall seconds of the fastest of some runs."""
    taken = []
    for _ in range(runs):
        wall, before = time.perf_counter(), os.times()
        run()
        after = os.times()
        taken.append((sum(after[:4]) - sum(before[:4]), time.perf_counter() - wall))
    return min(taken)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("path", type=Path, help="the folder to scan")
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    folder, runs = arguments.path.resolve(), arguments.runs
    rulebase = load_rules()
    vocabulary, settled = vocabulary_of(rulebase), settled_names(rulebase, None)
    found: list[Scan] = []
    processor, wall = fastest(
        lambda: found.append(scan([folder], folder, vocabulary, settled=settled)), runs
    )
    files, python = found[0].files, sum(1 for _ in folder.rglob("*.py"))
    print(f"{folder.name}: {files:,} files, {python:,} of them Python")
    print(f"  found      {len(found[0].usages)} usages, {len(found[0].notes)} notes")
    print(f"  advisor    {processor:.2f} s processor, {wall:.2f} s wall")
    print(
        f"             {files / processor:,.0f} files/s, {python / processor:,.0f} Python files/s"
    )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"  memory     {peak:.0f} MB at most")
    if shutil.which("grep"):
        include = [f"--include=*{suffix}" for suffix in KINDS]
        command = ["grep", "-rc", *include, "from_pretrained", str(folder)]
        grep, _ = fastest(lambda: subprocess.run(command, capture_output=True, check=False), runs)
        print(
            f"  grep -r    {grep:.2f} s processor; advisor takes {processor / grep:.1f} times that"
        )
    verdict = "within" if python / processor >= BUDGET else "under"
    print(f"  budget     {BUDGET:,} Python files/s: {verdict}")


if __name__ == "__main__":
    main()
