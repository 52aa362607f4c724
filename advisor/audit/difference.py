"""Which complete profiles get another answer from one rule base than from another, exactly.

The answers of both are laid over each other on the questions and options that both know. A
question that only one of them asks is left open there, so it is filled as it would be for a user
who does not answer it.
"""

from __future__ import annotations

import copy
from typing import NamedTuple

from advisor.audit.diagram import Axis, Diagram
from advisor.audit.inventory import EntryChanges, entry_changes
from advisor.audit.patterns import Cover, cover
from advisor.engine.decision import Engine
from advisor.engine.encoding import Encoding
from advisor.engine.space import Space
from advisor.errors import AdvisorError
from advisor.model import NONE, NOT_APPLICABLE, TASK
from advisor.rulebase.base import RuleBase

Answers = tuple[str, str]
"""What the old rule base answers, and what the new one does."""

Common = dict[str, list[str]]
"""Question -> options that both rule bases know."""


class Move(NamedTuple):
    """Profiles that one rule base answers with `old` and the other with `new`."""

    old: str
    new: str
    cover: Cover
    tasks: dict[str, int]


class TaskChange(NamedTuple):
    """How many profiles of a task were compared, and of how many the answer changes."""

    task: str
    compared: int
    changed: int


class Side(NamedTuple):
    """What one rule base has that the other has not.

    Of its `profiles` over the common questions, `beyond` have an option that the other does not
    know, and `alone` are admitted by it and not by the other.
    """

    rule_base: str
    questions: tuple[str, ...]
    options: dict[str, list[str]]
    profiles: int
    beyond: int
    alone: Cover


class Difference(NamedTuple):
    """What changes from an old to a new rule base. `compared` profiles are common to both."""

    compared: int
    changed: int
    moves: tuple[Move, ...]
    tasks: tuple[TaskChange, ...]
    old: Side
    new: Side
    entries: tuple[EntryChanges, ...]

    @property
    def lost(self) -> int:
        """How many profiles the old rule base answers and the new one does not know."""
        return self.old.beyond + self.old.alone.profiles

    @property
    def gained(self) -> int:
        """How many profiles only the new rule base knows."""
        return self.new.beyond + self.new.alone.profiles

    @property
    def keeps_answers(self) -> bool:
        """True where every profile of the old rule base gets the same answer from the new one."""
        return not self.changed and not self.lost


def difference(old: RuleBase, new: RuleBase, most: int | None = None) -> Difference:
    """Compare two rule bases; at most `most` patterns for each kind of change.

    Raises AdvisorError where they have no complete profile in common.
    """
    common = _common(old, new)
    before, after = _View(old, common), _View(new, common)
    diagram = Diagram(before.axes)
    laid = diagram.combine(before.read(diagram), after.read(diagram), lambda one, two: (one, two))
    both = diagram.relabel(laid, lambda pair: None if None in pair else pair)
    counts: dict[Answers, int] = diagram.counts(both)
    if not counts:
        raise AdvisorError(
            "the two rule bases have no complete profile in common",
            hint="compare two states of the same rules",
            kind="nothing-in-common",
        )
    moved = sorted((pair for pair in counts if pair[0] != pair[1]), key=lambda p: (-counts[p], p))
    tasks = _by_task(diagram, both, before.encoding)
    admitted = [
        diagram.relabel(laid, lambda pair: None if pair[0] is None else pair[1] is None),
        diagram.relabel(laid, lambda pair: None if pair[1] is None else pair[0] is None),
    ]
    alone = [cover(diagram, function, True, before.encoding, most) for function in admitted]
    return Difference(
        sum(counts.values()),
        sum(counts[pair] for pair in moved),
        tuple(
            Move(
                *pair,
                cover(diagram, both, pair, before.encoding, most),
                {task: found[pair] for task, found in tasks.items() if pair in found},
            )
            for pair in moved
        ),
        tuple(
            TaskChange(task, sum(found.values()), sum(found.get(pair, 0) for pair in moved))
            for task, found in tasks.items()
        ),
        before.side(diagram.total(admitted[0]), alone[0]),
        after.side(diagram.total(admitted[1]), alone[1]),
        entry_changes(old, new),
    )


def _common(old: RuleBase, new: RuleBase) -> Common:
    """Return the questions that both ask with the options that both know, in the old order."""
    known = _options(new)
    return {
        question: [option for option in options if option in known[question]]
        for question, options in _options(old).items()
        if question in known
    }


def _options(rulebase: RuleBase) -> dict[str, list[str]]:
    return {
        question.id: [option.id for option in question.options]
        + ([NOT_APPLICABLE] if question.ask_if else [])
        for question in rulebase.questions
    }


class _View:
    """One rule base, seen on the questions and options that it shares with another."""

    def __init__(self, rulebase: RuleBase, common: Common) -> None:
        engine = Engine(_ordered(rulebase, common))
        self.digest = rulebase.digest
        self.common = common
        self.encoding = engine.encoding
        self.ranking = engine.ranking
        self.space: Space = engine.space({})
        self.axes = self._axes(common)

    def read(self, diagram: Diagram) -> int:
        """Return who wins each common profile."""
        names = [*self.encoding.families, NONE]
        return diagram.read(self.space, lambda o: names[self.ranking.winner(o)], self.axes)

    def side(self, admitted: int, alone: Cover) -> Side:
        """Return what this rule base has alone; it admits so many of the common profiles."""
        asked = dict(zip(self.encoding.questions, self.encoding.options, strict=True))
        own = {
            question: [option for option in asked[question] if option not in options]
            for question, options in self.common.items()
        }
        everything = Diagram(self._axes({question: asked[question] for question in self.common}))
        profiles = everything.total(everything.read(self.space, lambda _: True))
        return Side(
            self.digest,
            tuple(question for question in asked if question not in self.common),
            {question: options for question, options in own.items() if options},
            profiles,
            profiles - admitted,
            alone,
        )

    def _axes(self, options: Common) -> list[Axis]:
        places = self.encoding.option_index
        return [
            Axis(place, tuple((places[place][option],) for option in options[question]))
            for place, question in enumerate(self.encoding.questions)
            if question in options
        ]


def _ordered(rulebase: RuleBase, common: Common) -> RuleBase:
    """Return a rule base that takes the common questions in the common order.

    Its other questions keep theirs among themselves, which is all that filling them depends on.
    """
    shared = iter([rulebase.question(id) for id in common])
    ordered = copy.copy(rulebase)
    ordered.questions = tuple(
        next(shared) if question.id in common else question for question in rulebase.questions
    )
    return ordered


def _by_task(diagram: Diagram, both: int, encoding: Encoding) -> dict[str, dict[Answers, int]]:
    """Return for each common task how many of its profiles get which pair of answers."""
    level = next(
        level
        for level, axis in enumerate(diagram.axes)
        if encoding.questions[axis.question] == TASK
    )
    question, choices = diagram.axes[level]
    found = {}
    for place, (option,) in enumerate(choices):
        cube = diagram.everything
        cube[level] = {place}
        found[encoding.options[question][option]] = diagram.counts(both, cube)
    return found
