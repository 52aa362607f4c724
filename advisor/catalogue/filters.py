"""Which checkpoints of the catalogue meet given wishes, and in which order to list them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from advisor.decide.memory import memory_gb
from advisor.decide.requirements import MULTILINGUAL, NO_LANGUAGE
from advisor.model import Checkpoint
from advisor.rulebase.base import RuleBase

SORTS = ("id", "size", "memory", "released", "quality")


class Wishes(NamedTuple):
    """What a checkpoint has to be; None and empty wish nothing.

    `fine_tune` asks for starts to train for the task instead of what does it as it is. Several
    languages are all wanted, of several licences, stages and loaders one.
    """

    family: str | None = None
    task: str | None = None
    fine_tune: bool = False
    languages: tuple[str, ...] = ()
    licences: tuple[str, ...] = ()
    commercial_use: str | None = None
    max_memory_gb: float | None = None
    stages: tuple[str, ...] = ()
    loaders: tuple[str, ...] = ()
    model_types: tuple[str, ...] = ()
    gated: bool | None = None


class Matches(NamedTuple):
    """The checkpoints that meet all wishes, and those of which a wanted field is not verified."""

    checkpoints: tuple[Checkpoint, ...]
    unverified: tuple[Checkpoint, ...]


def matches(rulebase: RuleBase, wishes: Wishes, sort: str) -> Matches:
    """Return the checkpoints of the catalogue that meet the wishes, sorted."""
    found = narrow(rulebase.checkpoints.values(), wishes)
    return Matches(
        tuple(ordered(rulebase, found.checkpoints, sort, wishes.task)),
        tuple(ordered(rulebase, found.unverified, sort, wishes.task)),
    )


def narrow(checkpoints: Iterable[Checkpoint], wishes: Wishes) -> Matches:
    """Return the checkpoints that meet all wishes; what nobody verified meets none."""
    found: list[Checkpoint] = []
    unverified: list[Checkpoint] = []
    for checkpoint in checkpoints:
        met = list(_met(checkpoint, wishes))
        if all(met):
            found.append(checkpoint)
        elif False not in met:
            unverified.append(checkpoint)
    return Matches(tuple(found), tuple(unverified))


def _met(checkpoint: Checkpoint, wishes: Wishes) -> Iterable[bool | None]:
    """For each wish whether it is met, None where nobody verified that."""
    if wishes.task:
        yield wishes.task in (checkpoint.fine_tune if wishes.fine_tune else checkpoint.tasks)
    for language in wishes.languages:
        yield _language(checkpoint.languages, language)
    limit = wishes.max_memory_gb
    if limit is not None:
        yield _known(memory_gb(checkpoint), lambda gb: gb <= limit)
    if wishes.gated is not None:
        yield _known(checkpoint.gated, lambda gated: gated == wishes.gated)
    licence = checkpoint.licence and checkpoint.licence.lower()
    for value, wanted in (
        (checkpoint.family, (wishes.family,) if wishes.family else ()),
        (checkpoint.commercial_use, (wishes.commercial_use,) if wishes.commercial_use else ()),
        (licence, wishes.licences),
        (checkpoint.stage, wishes.stages),
        (checkpoint.loader, wishes.loaders),
        (checkpoint.model_type, wishes.model_types),
    ):
        if wanted:
            yield None if value is None else value in wanted


def _known(value: Any, met: Callable[[Any], bool]) -> bool | None:
    return None if value is None else met(value)


def _language(known: Sequence[str] | None, wanted: str) -> bool | None:
    """Multilingual weights may know any language: which, nobody verified."""
    if known is None:
        return None
    if wanted in known or list(known) == NO_LANGUAGE:
        return True
    return None if MULTILINGUAL in known else False


def ordered(
    rulebase: RuleBase, checkpoints: Iterable[Checkpoint], sort: str, task: str | None = None
) -> list[Checkpoint]:
    """Return checkpoints sorted by id, size or memory (least first), released (newest first).

    By quality: the figures on the task's benchmarks, one benchmark after the other, since figures
    of two benchmarks cannot be compared. What is not known comes last; empty keeps the order.
    """
    from advisor.decide.ranking import Yardstick

    yardstick = Yardstick(rulebase, task)
    benchmarks = [benchmark.id for benchmark in yardstick.benchmarks]

    def quality(one: Checkpoint) -> list[tuple[bool, float]]:
        figures = yardstick.objectives(one, None).figures
        return [(id not in figures, -figures.get(id, 0.0)) for id in benchmarks]

    def number(value: float | None) -> tuple[bool, float]:
        return value is None, value or 0.0

    keys: dict[str, Callable[[Checkpoint], Any]] = {
        "id": lambda one: one.id.lower(),
        "size": lambda one: number(one.parameters_millions),
        "memory": lambda one: number(memory_gb(one)),
        "released": lambda one: number(None if one.released is None else -one.released),
        "quality": quality,
    }
    return sorted(checkpoints, key=keys[sort]) if sort else list(checkpoints)
