"""How many questions the interview asks after the task until the first checkpoint is settled.

For every task of the shipped rules: `least` is what no interview gets below, proved by branch and
bound; `plan` is the interview that is compiled into the wheel; `live` asks without it, as a
checkout, an overlay or an answer that the plan does not know does; `gain` chooses by information
gain alone.
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
from typing import NamedTuple

from fewest_questions import Optimum
from optimum import information_gain

from advisor.engine import Engine
from advisor.engine.profile import Answer
from advisor.interview.plan import Lookahead, Residual, Split, next_question, open_of, plan_of
from advisor.model import TASK
from advisor.rulebase.store import load_rules

ALLOWED = 1.05


class Row(NamedTuple):
    """What is expected to be asked for a task, and the milliseconds of a first question."""

    least: Fraction
    plan: Fraction
    live: Fraction
    gain: Fraction
    first_ms: float


def main() -> int:
    """Print the table; 1 where a plan asks over 5 % more than the least, or `live` on average."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("tasks", nargs="*", help="these tasks alone")
    given = parser.parse_args()
    engine = Engine(load_rules())
    tasks = [task.id for task in engine.rulebase.tasks if not given.tasks or task.id in given.tasks]
    columns = (
        f"{'least':>8}{'plan':>8}{'states':>8}{'most':>6}{'live':>8}{'gain':>8}{'first ms':>10}"
    )
    print(f"{'task':<28}{columns}")
    rows = [_measured(engine, task) for task in tasks]
    asking = [row for row in rows if row.least] or rows
    least, plan, live, gain = (float(sum(row[n] for row in asking) / len(asking)) for n in range(4))
    name = f"the {len(asking)} that ask anything"
    print(f"{name:<28}{least:>8.2f}{plan:>8.2f}{'':>8}{'':>6}{live:>8.2f}{gain:>8.2f}")
    print(f"first question: median {statistics.median([row.first_ms for row in rows]):.0f} ms")
    within = live <= ALLOWED * least and all(row.plan <= ALLOWED * row.least for row in rows)
    return 0 if within else 1


def _measured(engine: Engine, task: str) -> Row:
    told = {TASK: Answer((task,), None, "asked")}
    residual = open_of(engine, told).residual
    started = time.process_time()
    next_question(residual, residual.root)
    first = 1000 * (time.process_time() - started)
    plan, ahead = plan_of(open_of(engine, told).residual), Lookahead(residual)
    planned = expected(residual, lambda _, node: ahead.best(node))
    live, gain = (expected(residual, way) for way in (next_question, information_gain))
    least = Fraction(Optimum(residual).cost(residual.root), residual.total(residual.root))
    most = plan[-1].most if plan else 0
    print(
        f"{task:<28}{float(least):>8.2f}{float(planned):>8.2f}"
        f"{len(plan):>8}{most:>6}{float(live):>8.2f}{float(gain):>8.2f}{first:>10.0f}",
        flush=True,
    )
    return Row(least, planned, live, gain, first)


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
