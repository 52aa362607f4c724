"""The filters of `advisor list checkpoints`, the checkpoints that pass them, and their order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from advisor.decide.memory import memory_gb
from advisor.decide.precedence import Precedences
from advisor.decide.requirements import MULTILINGUAL, NO_LANGUAGE
from advisor.model import Checkpoint
from advisor.rulebase.base import RuleBase

SORTS = ("id", "size", "memory", "released", "quality")


class Wishes(NamedTuple):
    """A filter of checkpoints. None and empty values filter nothing; empty `ids` admit none.

    `fine_tune` asks for checkpoints to fine-tune for the task instead of those that do it as they
    are. A checkpoint has to support all `languages`, and to have any one of the values that
    `one_of` lists for a field; licenses in lower case. `max_millions` is in millions of parameters.
    """

    task: str | None = None
    fine_tune: bool = False
    languages: Sequence[str] = ()
    max_memory_gb: float | None = None
    max_millions: float | None = None
    ids: Sequence[str] | None = None
    one_of: Mapping[str, Sequence[Any]] = {}


def licence_names(rulebase: RuleBase) -> set[str]:
    """Return the licenses of all checkpoints, in lower case."""
    return {each.licence.lower() for each in rulebase.checkpoints.values() if each.licence}


class Matches(NamedTuple):
    """The checkpoints that pass all filters, and those that fail none but lack a verified field."""

    checkpoints: list[Checkpoint]
    unverified: list[Checkpoint]


def matches(rulebase: RuleBase, wishes: Wishes, sort: str) -> Matches:
    """Return the checkpoints that pass all filters, and those with an unverified field, sorted."""
    matching = Matches([], [])
    for checkpoint in _ordered(rulebase, sort, wishes.task):
        met = set(_met(checkpoint, wishes))
        if met <= {True}:
            matching.checkpoints.append(checkpoint)
        elif False not in met:
            matching.unverified.append(checkpoint)
    return matching


def _met(checkpoint: Checkpoint, wishes: Wishes) -> Iterable[bool | None]:
    """Yield for each filter whether the checkpoint passes it; None if the field is not verified."""
    if wishes.task:
        yield wishes.task in (checkpoint.fine_tune if wishes.fine_tune else checkpoint.tasks)
    for language in wishes.languages:
        languages = checkpoint.languages
        if languages is None:
            yield None
        elif language in languages or list(languages) == NO_LANGUAGE:
            yield True
        else:  # multilingual weights may know any language: which, nobody verified
            yield None if MULTILINGUAL in languages else False
    if wishes.max_memory_gb is not None:
        gb = memory_gb(checkpoint)
        yield None if gb is None else gb <= wishes.max_memory_gb
    if wishes.max_millions is not None:
        size = checkpoint.parameters_millions
        yield None if size is None else size <= wishes.max_millions
    if wishes.ids is not None:
        yield checkpoint.id in wishes.ids
    for field, wanted in wishes.one_of.items():
        value = getattr(checkpoint, field)
        same = value.lower() if field == "licence" and value else value
        yield None if value is None else same in wanted


def _ordered(rulebase: RuleBase, sort: str, task: str | None) -> list[Checkpoint]:
    """Return all checkpoints by id, size or memory (ascending), released (newest first) or quality.

    Quality is the ranking for `task` by results and relations; without a task it keeps the order of
    the files, as an empty `sort` does. Checkpoints without the value come last.
    """
    checkpoints = list(rulebase.checkpoints.values())

    def least_first(value: float | None, sign: int = 1) -> tuple[bool, float]:
        return value is None, sign * (value or 0.0)

    keys: dict[str, Callable[[Checkpoint], Any]] = {
        "id": lambda checkpoint: checkpoint.id.lower(),
        "size": lambda checkpoint: least_first(checkpoint.parameters_millions),
        "memory": lambda checkpoint: least_first(memory_gb(checkpoint)),
        "released": lambda checkpoint: least_first(checkpoint.released, -1),
    }
    if sort == "quality" and task:
        from advisor.decide.ranking import line_of

        able = [model for model in checkpoints if task in (*model.tasks, *model.fine_tune)]
        places = line_of(able, Precedences(rulebase, task), "as-is").number
        return sorted(checkpoints, key=lambda model: places.get(model.id, len(places)))
    return sorted(checkpoints, key=keys.get(sort, lambda _: 0))
