"""What the order of checkpoints rests on, task by task, and how long an order takes.

For each task that gets checkpoints: the first one of the default answer, whether it stands before
any other by a figure (its own, or that of one it stands before), by relations alone or by nothing,
and what is printed of it against the next of another series. Then how many neighbours have a
reason, and the time that an order of all checkpoints of a family takes, over
tasks and languages (CPU time, the best of eight).

    python benchmarks/orders.py
"""

from __future__ import annotations

import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterator

from advisor.decide.precedence import Precedence, Precedences
from advisor.decide.ranking import line_of
from advisor.decide.selection import Selection, select
from advisor.engine.decision import Engine
from advisor.engine.profile import make_profile
from advisor.model import Checkpoint
from advisor.rulebase.base import RuleBase
from advisor.rulebase.store import load_rules

LANGUAGES = ("en", "zh", "de", "fr", "es", "it", "pt", "hi")


def main() -> int:
    """Print all three parts."""
    rulebase = load_rules()
    engine = Engine(rulebase)
    rests: Counter[str] = Counter()
    neighbours: Counter[str] = Counter()
    for task in rulebase.tasks:
        found = select(rulebase, engine.decide(make_profile(rulebase, {"task": task.id})))
        if not found.picks:
            continue
        first = found.picks[0]
        on = rests_on(found)
        rests[on] += 1
        neighbours.update(by(pick.before_next) for pick in found.picks[:-1])
        print(f"{task.id:<26} {first.checkpoint.id:<45} {on}")
        print(f"{'':<26} {reason(first.before_next)}")
    print(f"\n{sum(rests.values())} first picks rest on: {counted(rests)}")
    print(
        f"{sum(neighbours.values())} stand before the next of another series: {counted(neighbours)}"
    )
    took = sorted(times(rulebase), reverse=True)
    name, worst = took[0][1], took[0][0]
    median = statistics.median(one for one, _ in took)
    print(
        f"an order takes {median * 1000:.2f} ms (median), {worst * 1000:.1f} ms at worst ({name})"
    )
    return 0


def rests_on(found: Selection) -> str:
    """Return the strongest kind of evidence by which the first stands before another."""
    first, *others = (pick.checkpoint.id for pick in found.picks)
    said = [found.locked.precedence(first, other) for other in others] if found.locked else []
    kinds = [by(one) for one in said if one]
    if not others:
        return "the only one"
    return min(kinds, default="nothing")


def by(said: Precedence | None) -> str:
    """Return what kind of reason this is."""
    return said.by if said else "nothing"


def reason(said: Precedence | None) -> str:
    """Return a reason in words."""
    if said is None:
        return "nothing ranks it against the next"
    through = f"{said.through}: " if said.through else ""
    if said.by == "relation":
        return f"{through}{said.yardstick} of {said.next}"
    figures = f"{said.value:g} against {said.next_value:g} of {said.next}"
    return f"{through}{said.yardstick} {figures} [{said.source}]"


def counted(kinds: Counter[str]) -> str:
    """Return how many there are of each kind."""
    return ", ".join(f"{kind} {number}" for kind, number in sorted(kinds.items()))


def times(rulebase: RuleBase) -> Iterator[tuple[float, str]]:
    """Yield how long each order takes, and what it is of."""
    for task in rulebase.tasks:
        for language in LANGUAGES:
            for family in rulebase.families:
                able = [
                    one
                    for one in rulebase.catalogue(family.id)
                    if one.offered and task.id in (*one.tasks, *one.fine_tune)
                    if not one.languages or {language, "multilingual"} & {*one.languages}
                ]
                if len(able) > 1:
                    took = min(timed(rulebase, task.id, language, able) for _ in range(8))
                    yield took, f"{len(able)} of {family.id}, {task.id}, {language}"


def timed(rulebase: RuleBase, task: str, language: str, able: list[Checkpoint]) -> float:
    """Return the CPU seconds of one line, from compiled tables to places."""
    begun = time.process_time()
    line_of(able, Precedences(rulebase, task, [language]), "as-is")
    return time.process_time() - begun


if __name__ == "__main__":
    sys.exit(main())
