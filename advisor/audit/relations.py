"""Which relations between checkpoints figures refuse.

That one is the larger of a series, or succeeds another, ranks checkpoints that no yardstick tells
apart. Each such claim is held against every table that has both: one that loses more often than it
wins is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

from advisor.decide.precedence import ENGLISH, Gauge, Precedences, related
from advisor.rulebase.base import RuleBase


class Relation(NamedTuple):
    """A claim that one stands before another, and how often figures say so, or the contrary."""

    kind: str
    before: str
    behind: str
    won: int
    lost: int
    place: str

    @property
    def refused(self) -> str:
        """How figures refuse it; nothing where they do not."""
        if self.lost <= self.won:
            return ""
        number = self.won + self.lost
        return f"{self.before} loses to {self.behind} in {self.lost} of {number} comparisons"


def relations(rulebase: RuleBase) -> list[Relation]:
    """Hold all relations against the figures of every task and language."""
    gauges: dict[tuple[str, str], Gauge] = {}
    for task in rulebase.tasks:
        rows = rulebase.order(task.id)["yardsticks"].values()
        columns = set(chain.from_iterable(row["tables"] for row in rows))
        for language in sorted({one for one in columns if len(one) in (2, 3)} | {ENGLISH}):
            found = Precedences(rulebase, task.id, [language]).gauges
            gauges |= {(one.yardstick, one.name): one for one in found}
    return list(_relations(rulebase, [*gauges.values()]))


def _relations(rulebase: RuleBase, gauges: list[Gauge]) -> Iterator[Relation]:
    for kind, before, behind in related(rulebase.checkpoints):
        votes: dict[tuple[str, int], float] = {}
        for gauge in gauges:
            for number, table in enumerate(gauge.tables):
                if before in table and behind in table:
                    apart = gauge.apart(table[before], table[behind])
                    key = gauge.yardstick, number  # the columns of a table have one vote together
                    votes[key] = votes.get(key, 0) + (apart > 0) - (apart < 0)
        won, lost = (sum(sign * vote > 0 for vote in votes.values()) for sign in (1, -1))
        yield Relation(kind, before, behind, won, lost, rulebase.place("checkpoint", before))
