"""Rules of one's own at a size that nobody writes by hand, and what every command makes of them.

`python benchmarks/many_questions.py [--questions 200 --checkpoints 2000 --tasks 300]`: writes an
overlay in which every question can decide, runs the commands that reason about answers on it, and
prints the processor time and memory of each, its exit code, and what it says it did not prove; of
the interview the seconds for each question.
Exit 1 where a command breaks off, or ends with another code than it may.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from large_rules import Size, write_overlay

ADVISOR = (sys.executable, "-m", "advisor")
ASK = """
import gc, json, sys, time
import advisor
gc.set_threshold(100_000, 20, 20)  # as the command does
from advisor.interview.session import Session
session = Session(advisor.Engine(advisor.load_rules(overlays=sys.argv[1])))
session.answer("task", "captioning")
spent, before = [], time.process_time()
while (ask := session.next()) and len(spent) < 5:
    session.race
    session.answer(ask.question.id, ask.options[-1].id)
    spent.append(round(time.process_time() - before, 2))
    before = time.process_time()
family = session.decide().family
print(json.dumps({"asked": spent, "family": family}))
"""


class Run(NamedTuple):
    """A command, and the exit codes with which it may end."""

    name: str
    words: tuple[str, ...]
    codes: tuple[int, ...] = (0,)


RUNS = (
    Run("rules check", (*ADVISOR, "rules", "check")),
    Run("recommend", (*ADVISOR, "recommend", "--task", "captioning", "--format", "json")),
    Run("a screen", (*ADVISOR, "recommend", "--task", "captioning")),
    Run("a sentence", (*ADVISOR, "recommend", "describe my photos in German")),
    Run("explain", (*ADVISOR, "explain", "--task", "captioning", "--format", "json")),
    Run("ask", (sys.executable, "-c", ASK)),
    Run("rules audit", (*ADVISOR, "rules", "audit", "--format", "json"), (0, 1, 2)),
    Run("rules test", (*ADVISOR, "rules", "test", "--format", "json"), (0, 1)),
)


def unproved(out: str) -> str:
    """Return what an answer says it did not prove, or did not find the least of."""
    try:
        answer = json.loads(out)
    except ValueError:
        return " ".join(line.strip() for line in out.splitlines() if "not proved" in line)[:100]
    said = [
        f"{key}: {answer[key]}" for key in ("because_smallest", "asked", "proved") if key in answer
    ]
    said += ["error: " + answer["error"]["message"]] if "error" in answer else []
    return ", ".join(said)


def main() -> int:
    """Print a line for each command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--checkpoints", type=int, default=2000)
    parser.add_argument("--tasks", type=int, default=300)
    parser.add_argument("--together", type=int, default=1, help="questions that a rule asks for")
    parser.add_argument("--seconds", type=float, default=300, help="the most a command may take")
    parser.add_argument("commands", nargs="*", help=", ".join(run.name for run in RUNS))
    given = parser.parse_args()
    os.environ.pop("ADVISOR_RULES", None)
    wrong = 0
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "house"
        write_overlay(folder, Size(given.questions, given.checkpoints, given.tasks, given.together))
        for run in RUNS:
            if given.commands and run.name not in given.commands:
                continue
            overlay = [str(folder)] if run.name == "ask" else ["--rules", str(folder)]
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            start = time.monotonic()
            try:
                done = subprocess.run(
                    [*run.words, *overlay],
                    capture_output=True,
                    text=True,
                    check=False,
                    timeout=given.seconds,
                )
            except subprocess.TimeoutExpired:
                print(f"{run.name:16} no answer in {given.seconds:.0f} s", flush=True)
                wrong += 1
                continue
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            wrong += done.returncode not in run.codes
            told = (done.stderr.strip() or " ").splitlines()[-1][:160]
            print(
                f"{run.name:16} exit {done.returncode} {spent:7.2f} s of CPU, "
                f"{time.monotonic() - start:7.2f} s, {after.ru_maxrss // 1000} MB at most so far"
                f"  {unproved(done.stdout)}  {told}",
                flush=True,
            )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
