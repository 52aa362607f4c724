"""How many questions each way of choosing asks, against the fewest that any could.

For every task of the shipped rules, or of a folder with overlays, expected questions until the
family is decided are computed exactly, and printed as ratios to the optimum. Each scenario is
played by somebody who knows its answers and no others. Beside them stands what one step costs: the
slowest and the median call of `Session.next` on the way to each of the three stops, in milliseconds
of processor time.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

from optimum import RIVALS, Cost, Measured, TaskMeasure, measure

from advisor.engine import Engine
from advisor.interview.session import STOPS, Session
from advisor.model import TASK
from advisor.rulebase.base import RuleBase
from advisor.rulebase.store import load_rules

LIMIT = Fraction(105, 100)


def main() -> int:
    """Print both tables; 1 where the interview is more than 5 % above the optimum on a task."""
    given = arguments()
    rulebase = load_rules(overlays=tuple(given.rules))
    started = time.process_time()
    measured = measure(rulebase)
    seconds = time.process_time() - started
    print(f"rules {rulebase.digest}; optimum, policies and scenarios in {seconds:.1f} s\n")
    good = ratios(measured)
    others = [one.scenario for one in measured.played if not one.same]
    print(f"{len(measured.played)} scenarios played; another family than recommended: {others}")
    steps(rulebase, given.interviews, given.seed)
    return 0 if good and not others else 1


def ratios(measured: Measured) -> bool:
    """Print ratios to the optimum; False where the interview is too far from it."""
    ways: dict[str, Callable[[TaskMeasure], Cost | None]] = {"interview": lambda one: one.interview}
    for name in RIVALS:
        ways[name] = lambda one, name=name: one.rivals[name]  # type: ignore[misc]
    print(f"{'task':<28}{'optimum':>9}" + "".join(f"{name:>11}" for name in ways))
    good = measured.proved
    for one in measured.tasks:
        if not one.at_least:
            continue
        line = f"{one.task:<28}{float(one.at_least):>9.3f}"
        for name, way in ways.items():
            cost = way(one)
            ratio = cost.expected / one.at_least if cost else None
            line += f"{'not known' if ratio is None else f'{float(ratio):.3f}':>11}"
            good = good and (name != "interview" or (ratio is not None and ratio <= LIMIT))
        print(line if one.proved else f"{line}  (bound, not proved)")
    line = f"{'mean over all tasks':<28}{float(measured.optimum):>9.3f}"
    for way in ways.values():
        mean = measured.mean(way)
        known = mean is not None and measured.optimum
        line += f"{f'{float(mean / measured.optimum):.3f}' if mean and known else '-':>11}"
    print(line)
    unknown = measured.unknown
    bound = "is the optimum" if unknown.proved else "is a lower bound"
    print(f"task unknown: {float(unknown.at_least):.3f} {bound}, `{unknown.first}` first\n")
    return good


def steps(rulebase: RuleBase, interviews: int, seed: int) -> None:
    """Print how long one step takes, over interviews answered at random."""
    draw = random.Random(seed)
    engine = Engine(rulebase)
    print(f"{'stop':<12}{'steps':>7}{'median ms':>11}{'slowest ms':>12}")
    for to in STOPS:
        times = []
        for _ in range(interviews):
            for task in rulebase.tasks:
                session = Session(engine, {}, to)
                session.answer(TASK, task.id)
                while True:
                    started = time.process_time()
                    ask = session.next()
                    times.append(1000 * (time.process_time() - started))
                    if ask is None:
                        break
                    session.answer(ask.question.id, draw.choice(ask.options).id)
        print(f"{to:<12}{len(times):>7}{statistics.median(times):>11.2f}{max(times):>12.1f}")


def arguments() -> argparse.Namespace:
    """Return the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--rules", type=Path, action="append", default=[], help="overlay folders")
    parser.add_argument("--interviews", type=int, default=3, help="random ones for each task")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
