"""Which complete profiles get another answer from one rule base than from another, exactly.

The answers of both are laid over each other on the questions and options that both know. A
question that only one of them asks is left open there, so it is filled as it would be for a user
who does not answer it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any, NamedTuple

from advisor.audit.checkpoint_changes import (
    CheckpointDifference,
    TaskChange,
    checkpoint_difference,
)
from advisor.audit.patterns import PatternCover, cover, laid_over
from advisor.engine.decision import Engine
from advisor.engine.diagram import Diagram
from advisor.engine.space import Encoding
from advisor.errors import AdvisorError
from advisor.model import TASK, Rule
from advisor.rulebase.base import RuleBase

AnswerPair = tuple[str, str]
"""What the old rule base answers, and what the new one does."""

MOVES = 5
"""So many changes of the first checkpoint are named, unless all are asked for."""

Options = dict[str, list[str]]
"""Question -> options."""


class EntryChanges(NamedTuple):
    """The entries of one kind that are not the same in two rule bases.

    `reordered` is True where those in both stand in another order, and the order counts.
    """

    kind: str
    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]
    reordered: bool = False


class Move(NamedTuple):
    """Profiles that one rule base answers with `old` and the other with `new`."""

    old: str
    new: str
    cover: PatternCover
    tasks: dict[str, int]


class Side(NamedTuple):
    """What one rule base has that the other has not.

    Of its `profiles` over the common questions, `beyond` have an option that the other does not
    know, and `alone` are admitted by it and not by the other.
    """

    rulebase: RuleBase
    questions: tuple[str, ...]
    options: Options
    profiles: int
    beyond: int
    alone: PatternCover

    @property
    def unshared(self) -> int:
        """How many profiles only this rule base knows."""
        return self.beyond + self.alone.profiles


class RuleBaseDifference(NamedTuple):
    """What changes from an old to a new rule base. `compared` profiles are common to both.

    Of these the family of `changed` is another; `checkpoints` says where what comes first is.
    """

    compared: int
    changed: int
    moves: tuple[Move, ...]
    tasks: tuple[TaskChange, ...]
    old: Side
    new: Side
    entries: tuple[EntryChanges, ...]
    checkpoints: CheckpointDifference

    @property
    def keeps_answers(self) -> bool:
        """True where every profile of the old rule base gets the same answer from the new one."""
        return not (self.changed or self.checkpoints.changed or self.old.unshared)


def difference(old: RuleBase, new: RuleBase, most: int | None = None) -> RuleBaseDifference:
    """Compare two rule bases; at most `most` patterns for each kind of change.

    Raises AdvisorError where they have no complete profile in common.
    """
    known = _options(Encoding(new))
    common = {
        question: [option for option in options if option in known[question]]
        for question, options in _options(Encoding(old)).items()
        if question in known
    }
    before, after = _View(old), _View(new)
    diagram = _diagram(common)
    answers, others = (view.read(diagram, common, view.winner) for view in (before, after))
    laid = diagram.combine(answers, others, lambda one, two: (one, two))
    both = diagram.relabel(laid, lambda pair: None if None in pair else pair)
    counts: dict[AnswerPair, int] = diagram.counts(both)
    if not counts:
        raise AdvisorError(
            "the two rule bases have no complete profile in common",
            hint="compare two states of the same rules",
            kind="nothing-in-common",
        )
    moved = sorted((pair for pair in counts if pair[0] != pair[1]), key=lambda p: (-counts[p], p))
    asked = list(common.items())
    level = list(common).index(TASK)
    tasks: dict[str, dict[AnswerPair, int]] = {
        task: diagram.counts(both, {level: [(place,)]}) for place, task in enumerate(common[TASK])
    }

    def side(view: _View, own: int) -> Side:
        """Return what one of the two has alone; `own` is the place of its answer in a pair."""
        admitted = diagram.relabel(
            laid, lambda pair: None if pair[own] is None else pair[1 - own] is None
        )
        alone = cover(diagram, admitted, True, asked, most)
        return view.side(common, diagram.total(admitted), alone)

    return RuleBaseDifference(
        compared=sum(counts.values()),
        changed=sum(counts[pair] for pair in moved),
        moves=tuple(
            Move(
                *pair,
                cover(diagram, both, pair, asked, most),
                {task: pairs[pair] for task, pairs in tasks.items() if pair in pairs},
            )
            for pair in moved
        ),
        tasks=tuple(
            TaskChange(task, sum(pairs.values()), sum(pairs.get(pair, 0) for pair in moved))
            for task, pairs in tasks.items()
        ),
        old=side(before, 0),
        new=side(after, 1),
        entries=entry_changes(old, new),
        checkpoints=checkpoint_difference(old, new, common, most and MOVES),
    )


class _View:
    """The families of one rule base over the questions and options that are common to another."""

    def __init__(self, rulebase: RuleBase) -> None:
        engine = Engine(rulebase)
        self.rulebase, self.encoding, self.ranking = rulebase, engine.encoding, engine.ranking
        self.space = engine.space({})

    def winner(self, outcome: int) -> str:
        """Return the name of who wins, `none` included."""
        return self.encoding.winners[self.ranking.winner(outcome)]

    def read(self, diagram: Diagram, options: Options, label: Callable[[int], Hashable]) -> int:
        """Return the labels over some questions and options, others filled as open ones are."""
        space, columns = self.space, []
        for id, known in options.items():
            question = self.encoding.index[id]
            index = self.encoding.option_index[question]
            places = [space.choices[question].index((index[option],)) for option in known]
            columns.append((question, places))
        return laid_over(diagram, space, space.root, columns, label)

    def side(self, common: Options, admitted: int, alone: PatternCover) -> Side:
        """Return what this rule base has alone; it admits so many of the common profiles."""
        asked = _options(self.encoding)
        known = {question: asked[question] for question in common}
        own = {
            question: left
            for question, options in known.items()
            if (left := [option for option in options if option not in common[question]])
        }
        everything = _diagram(known)
        profiles = everything.total(self.read(everything, known, lambda _: True))
        return Side(
            rulebase=self.rulebase,
            questions=tuple(question for question in asked if question not in common),
            options=own,
            profiles=profiles,
            beyond=profiles - admitted,
            alone=alone,
        )


def _options(encoding: Encoding) -> Options:
    return dict(zip(encoding.questions, encoding.options, strict=True))


def _diagram(options: Options) -> Diagram:
    return Diagram([[(place,) for place in range(len(known))] for known in options.values()])


ORDERED = ("criterion", "question", "option", "task")
"""Kinds of entries whose order counts."""


def entry_changes(old: RuleBase, new: RuleBase) -> tuple[EntryChanges, ...]:
    """Return what differs, kinds without a difference left out.

    Where an entry stands in a file does not matter. Rules that are derived from what families
    declare count with their family.
    """
    after = _entries(new)
    found = []
    for kind, before in _entries(old).items():
        now = after[kind]
        common = [id for id in before if id in now]
        change = EntryChanges(
            kind=kind,
            added=tuple(id for id in now if id not in before),
            removed=tuple(id for id in before if id not in now),
            changed=tuple(id for id in common if before[id] != now[id]),
            reordered=kind in ORDERED and common != [id for id in now if id in before],
        )
        if any(change[1:]):
            found.append(change)
    return tuple(found)


def _entries(rulebase: RuleBase) -> dict[str, Mapping[str, Any]]:
    """Return all entries by kind and id; options count for themselves."""
    questions = rulebase.questions
    return {
        "criterion": {one.id: one for one in rulebase.criteria},
        "question": {one.id: one._replace(options=()) for one in questions},
        "option": {f"{one.id}: {option.id}": option for one in questions for option in one.options},
        "task": {one.id: one for one in rulebase.tasks},
        "elsewhere": {one.id: one for one in rulebase.detours},
        "family": {
            one.id: (one, rulebase.descriptions[one.id], rulebase.claims[one.id])
            for one in rulebase.families
        },
        "rule": {one.id: _as_written(one) for one in rulebase.rules if not one.derived},
        "never": {one.id: one for one in rulebase.never if one.why == "never"},
        "checkpoint": rulebase.checkpoints,
        "source": rulebase.sources,
    }


def _as_written(rule: Rule) -> Rule:
    """Return a rule without its place, nor the checkpoints that meet what it says of them."""
    return rule._replace(place="", candidates=() if rule.where else rule.candidates)
