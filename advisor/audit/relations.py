"""Whether figures bear out what relations claim, and where evidence goes round in a circle.

That one is the larger of a series, or succeeds another, ranks checkpoints that no yardstick tells
apart. Each such claim is held against every table that has both: one that loses more often than it
wins is refused. Evidence that would close a cycle is dropped from an order; each is named.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

from advisor.decide.precedence import ENGLISH, Gauge, Precedences, related
from advisor.decide.ranking import lock
from advisor.model import Checkpoint
from advisor.rulebase.base import RuleBase


class Relation(NamedTuple):
    """A claim that one stands before another, and how often figures say so, or the contrary."""

    kind: str
    before: str
    behind: str
    won: int
    lost: int
    tied: int
    place: str

    @property
    def refused(self) -> bool:
        """True where it loses more often than it wins."""
        return self.lost > self.won


class Cycle(NamedTuple):
    """Evidence that an order leaves out, since stronger evidence says the contrary."""

    task: str
    language: str
    before: str
    behind: str
    by: str


class Orders(NamedTuple):
    """Every claim, the number of orders, and what closes cycles in them."""

    relations: tuple[Relation, ...]
    orders: int
    cycles: tuple[Cycle, ...]

    @property
    def passed(self) -> bool:
        """True where figures bear out every claim; a cycle is named and fails nothing."""
        return not any(one.refused for one in self.relations)

    @property
    def circular(self) -> int:
        """How many orders have a cycle."""
        return len({(one.task, one.language) for one in self.cycles})


def orders(rulebase: RuleBase) -> Orders:
    """Hold all relations against the figures, and make every order of each task and language."""
    gauges: dict[tuple[str, str], Gauge] = {}
    number = 0
    cycles: list[Cycle] = []
    for task in rulebase.tasks:
        for language in _languages(rulebase, task.id):
            precedences = Precedences(rulebase, task.id, [language])
            gauges |= {(one.yardstick, one.name): one for one in precedences.gauges}
            for family in rulebase.families:
                able = _able(rulebase.catalogue(family.id), task.id, language)
                if len(able) > 1:
                    number += 1
                    cycles += _cycles(precedences, able, task.id, language)
    return Orders(tuple(_relations(rulebase, gauges.values())), number, tuple(cycles))


def _languages(rulebase: RuleBase, task: str) -> list[str]:
    """Return the languages in which figures of a task are, and English."""
    rows = rulebase.order(task)["yardsticks"].values()
    columns = {language for row in rows for language in row["tables"] if len(language) in (2, 3)}
    return sorted(columns | {ENGLISH})


def _able(checkpoints: list[Checkpoint], task: str, language: str) -> list[Checkpoint]:
    """Return the checkpoints that may be offered for a task in a language."""
    return [
        one
        for one in checkpoints
        if one.offered and task in (*one.tasks, *one.fine_tune)
        if not one.languages or {language, "multilingual", "zxx"} & set(one.languages)
    ]


def _cycles(
    precedences: Precedences, able: list[Checkpoint], task: str, language: str
) -> Iterator[Cycle]:
    locked = lock([one.id for one in able], precedences.compare(able))
    for told in locked.dropped:
        before, behind = told[3:5]
        yield Cycle(task, language, before, behind, locked.by.precedence(told).yardstick)


def _relations(rulebase: RuleBase, gauges: Collection[Gauge]) -> Iterator[Relation]:
    for kind, before, behind in related(rulebase.checkpoints):
        votes: dict[tuple[str, int], float] = {}
        for gauge in gauges:
            for number, table in enumerate(gauge.tables):
                if before in table and behind in table:
                    apart = gauge.apart(table[before], table[behind])
                    key = gauge.yardstick, number  # the columns of a table have one vote together
                    votes[key] = votes.get(key, 0) + (apart > 0) - (apart < 0)
        won, lost = (sum(sign * vote > 0 for vote in votes.values()) for sign in (1, -1))
        place = rulebase.place("checkpoint", before)
        yield Relation(kind, before, behind, won, lost, len(votes) - won - lost, place)
