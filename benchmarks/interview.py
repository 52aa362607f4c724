"""How many questions the interview asks after the task until the first checkpoint is settled.

For every task of the shipped rules, beside the fewest that any strategy could ask: expected numbers
over all complete profiles, each as likely as any other, exact and not sampled. The interview is the
shipped one, with its budget; `gain` chooses by information gain alone. Questions that nobody is
asked (`flag_only`) are as they are without their flag. `most` is the longest interview, `first ms`
the processor time of its first question.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from fractions import Fraction

from optimum import Cost, walked

from advisor.engine import Engine
from advisor.engine.profile import Answer, Profile
from advisor.interview.exchange import AskedAnswer
from advisor.interview.finalists import Finalists
from advisor.interview.session import Session, settled
from advisor.interview.strategy import Optimum, Residual, Split, information_gain
from advisor.model import TASK
from advisor.rulebase.store import load_rules


def main() -> int:
    """Print the table; 1 where the interview asks more than 5 % above the optimum on average."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("tasks", nargs="*", help="these tasks alone")
    given = parser.parse_args()
    engine = Engine(load_rules())
    tasks = [task.id for task in engine.rulebase.tasks if not given.tasks or task.id in given.tasks]
    print(f"{'task':<28}{'optimum':>9}{'interview':>11}{'most':>6}{'gain':>8}{'first ms':>10}")
    rows = [_measured(engine, task) for task in tasks]
    means = [float(sum(row[n] for row in rows) / len(rows)) for n in range(3)]
    print(f"{'mean over all tasks':<28}{means[0]:>9.2f}{means[1]:>11.2f}{'':>6}{means[2]:>8.2f}")
    asking = [row for row in rows if row[0]]
    if asking:
        some = [float(sum(row[n] for row in asking) / len(asking)) for n in range(3)]
        name = f"the {len(asking)} that ask anything"
        print(f"{name:<28}{some[0]:>9.2f}{some[1]:>11.2f}{'':>6}{some[2]:>8.2f}")
    print(f"first question: median {statistics.median([row[3] for row in rows]):.0f} ms")
    return 0 if means[1] <= 1.05 * means[0] or not means[0] else 1


def _measured(engine: Engine, task: str) -> tuple[Fraction, Fraction, Fraction, float]:
    told: Profile = {TASK: Answer((task,), None, "asked")}
    residual = Finalists(engine, settled(engine, told)).residual().residual
    total, root = residual.total(residual.root), residual.root
    least = Fraction(Optimum(residual).cost(root), total)
    session = Session(engine, told)
    started = time.process_time()
    session.next()
    first = 1000 * (time.process_time() - started)

    def shipped(node: int, profile: Profile) -> Split | None:
        session.steps = [AskedAnswer(id, one) for id, one in profile.items() if id != TASK]
        ask = session.next()
        return residual.split(node, engine.encoding.index[ask.question.id]) if ask else None

    def gain(node: int, _profile: Profile) -> Split | None:
        return information_gain(residual, node)

    interview, rival = (_walked(engine, residual, told, way) for way in (shipped, gain))
    print(
        f"{task:<28}{float(least):>9.2f}{float(interview.expected):>11.2f}{interview.most:>6}"
        f"{float(rival.expected):>8.2f}{first:>10.0f}",
        flush=True,
    )
    return least, interview.expected, rival.expected, first


def _walked(engine: Engine, residual: Residual, told: Profile, way: object) -> Cost:
    cost = walked(engine, residual, residual.root, told, way)  # type: ignore[arg-type]
    if cost is None:
        raise RuntimeError("the interview has too many states to walk through")
    return cost


if __name__ == "__main__":
    sys.exit(main())
