"""What two rule bases hold by id: what was added, removed and changed, kind by kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from advisor.rulebase.base import RuleBase


class EntryChanges(NamedTuple):
    """The entries of one kind that are not the same in two rule bases.

    `reordered` is True where those in both stand in another order, and the order counts.
    """

    kind: str
    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]
    reordered: bool = False


def entry_changes(old: RuleBase, new: RuleBase) -> tuple[EntryChanges, ...]:
    """Return what differs, kinds without a difference left out.

    Where an entry stands in a file does not matter. Rules that are derived from what families
    declare count with their family.
    """
    kinds = (
        _changes("criterion", _by_id(old.criteria), _by_id(new.criteria), ordered=True),
        _changes("question", _questions(old), _questions(new), ordered=True),
        _changes("option", _options(old), _options(new), ordered=True),
        _changes("task", _by_id(old.tasks), _by_id(new.tasks), ordered=True),
        _changes("family", _families(old), _families(new)),
        _changes("rule", _rules(old), _rules(new)),
        _changes("never", _never(old), _never(new)),
        _changes("checkpoint", old.checkpoints, new.checkpoints),
        _changes("source", old.sources, new.sources),
    )
    return tuple(one for one in kinds if one.added or one.removed or one.changed or one.reordered)


def _changes(
    kind: str, old: Mapping[str, Any], new: Mapping[str, Any], *, ordered: bool = False
) -> EntryChanges:
    common = [id for id in old if id in new]
    return EntryChanges(
        kind,
        tuple(id for id in new if id not in old),
        tuple(id for id in old if id not in new),
        tuple(id for id in common if old[id] != new[id]),
        ordered and common != [id for id in new if id in old],
    )


def _by_id(things: tuple[Any, ...]) -> dict[str, Any]:
    return {thing.id: thing for thing in things}


def _questions(rulebase: RuleBase) -> dict[str, Any]:
    """Questions without their options, which count for themselves."""
    return {question.id: question._replace(options=()) for question in rulebase.questions}


def _options(rulebase: RuleBase) -> dict[str, Any]:
    return {
        f"{question.id}: {option.id}": option
        for question in rulebase.questions
        for option in question.options
    }


def _families(rulebase: RuleBase) -> dict[str, Any]:
    return {
        family.id: (family, rulebase.descriptions[family.id], rulebase.claims[family.id])
        for family in rulebase.families
    }


def _rules(rulebase: RuleBase) -> dict[str, Any]:
    return {rule.id: rule._replace(place="") for rule in rulebase.rules if not rule.derived}


def _never(rulebase: RuleBase) -> dict[str, Any]:
    return {never.id: never for never in rulebase.never if never.why == "never"}
