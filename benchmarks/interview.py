"""How many questions the interview asks after the task until the first checkpoint is settled.

For every task of the shipped rules: `plan` is the interview that is compiled into the wheel, of
which it is proved that none is expected to ask fewer; `live` asks without it, as a checkout, an
overlay or an answer that the plan does not know does; `gain` chooses by information gain alone.
Numbers are expectations over all complete profiles, exact and not sampled: options weigh the same,
the parts of a band of numbers together as much as another band. Questions that nobody is asked
(`flag_only`) are as they are without their flag. `most` is the longest interview, `first ms` the
processor time of its first question without a plan.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from fractions import Fraction
from functools import cache

from optimum import information_gain

from advisor.engine import Engine
from advisor.engine.profile import Answer
from advisor.interview.plan import open_of, plan_of
from advisor.interview.strategy import Residual, Split, next_question
from advisor.model import TASK
from advisor.rulebase.store import load_rules

ALLOWED = 1.05


def main() -> int:
    """Print the table; 1 where asking without a plan costs over 5 % more on average."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("tasks", nargs="*", help="these tasks alone")
    given = parser.parse_args()
    engine = Engine(load_rules())
    tasks = [task.id for task in engine.rulebase.tasks if not given.tasks or task.id in given.tasks]
    columns = f"{'plan':>8}{'states':>8}{'most':>6}{'live':>8}{'gain':>8}{'first ms':>10}"
    print(f"{'task':<28}{columns}")
    rows = [_measured(engine, task) for task in tasks]
    asking = [row for row in rows if row[0]] or rows
    means = [float(sum(row[n] for row in asking) / len(asking)) for n in range(3)]
    name = f"the {len(asking)} that ask anything"
    print(f"{name:<28}{means[0]:>8.2f}{'':>8}{'':>6}{means[1]:>8.2f}{means[2]:>8.2f}")
    print(f"first question: median {statistics.median([row[3] for row in rows]):.0f} ms")
    return 0 if means[1] <= ALLOWED * means[0] else 1


def _measured(engine: Engine, task: str) -> tuple[Fraction, Fraction, Fraction, float]:
    told = {TASK: Answer((task,), None, "asked")}
    residual = open_of(engine, told).residual
    started = time.process_time()
    next_question(residual, residual.root)
    first = 1000 * (time.process_time() - started)
    plan = plan_of(open_of(engine, told).residual)
    live, gain = (expected(residual, way) for way in (next_question, information_gain))
    most = plan.states[-1].most if plan.states else 0
    print(
        f"{task:<28}{float(plan.cost):>8.2f}"
        f"{len(plan.states):>8}{most:>6}{float(live):>8.2f}{float(gain):>8.2f}{first:>10.0f}",
        flush=True,
    )
    return plan.cost, live, gain, first


def expected(residual: Residual, strategy: Callable[[Residual, int], Split | None]) -> Fraction:
    """Return how many questions a strategy is expected to ask."""

    @cache
    def cost(node: int) -> Fraction:
        split = None if residual.decided(node) else strategy(residual, node)
        if split is None:
            return Fraction(0)
        weights = [part.weight * residual.total(part.node) for part in split.parts]
        after = [
            weight * cost(part.node) for weight, part in zip(weights, split.parts, strict=True)
        ]
        return 1 + sum(after, Fraction(0)) / sum(weights)

    return cost(residual.root)


if __name__ == "__main__":
    sys.exit(main())
