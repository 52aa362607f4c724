"""The rules of the check, a module for each noun: a function finds what an id stands for.

What an id means, its level, reason and knowledge stand in rules/checks/*.yaml.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from advisor.check.case import Case
from advisor.check.finding import Finding
from advisor.check.identity import Identity
from advisor.check.judgement import Judgement
from advisor.model import Checkpoint
from advisor.scan.usage import Usage

Find = Callable[[Case], Iterator[Finding]]


class Detector(NamedTuple):
    """The function behind a rule. `needs` are the keys of the knowledge that it judges by.

    `runs` tells whether a case can be judged by it; a waiver of a rule that did not run is not
    idle. One that judges `after_suppression` finds what can be neither ignored nor waived.
    """

    id: str
    find: Find
    needs: tuple[str, ...]
    runs: Callable[[Case], bool]
    after_suppression: bool


def always(case: Case) -> bool:
    """Whatever the case."""
    del case
    return True


def rule(
    id: str,
    needs: tuple[str, ...] = (),
    *,
    runs: Callable[[Case], bool] = always,
    after_suppression: bool = False,
) -> Callable[[Find], Detector]:
    """Declare that a function finds what a rule of rules/checks/ stands for."""
    return lambda find: Detector(id, find, needs, runs, after_suppression)


def each_usage(find: Callable[[Case, Usage], Iterator[Finding]]) -> Find:
    """Let a function judge every place in code that loads a checkpoint."""

    def find_all(case: Case) -> Iterator[Finding]:
        for usage in case.scan.usages:
            yield from find(case, usage)

    return find_all


def each_known(find: Callable[[Case, Usage, Identity], Iterator[Finding]]) -> Find:
    """Let a function judge every load of something known, be it as a sibling of a checkpoint."""

    @each_usage
    def find_known(case: Case, usage: Usage) -> Iterator[Finding]:
        identity = case.identities.of(usage.checkpoint)
        if identity is not None:
            yield from find(case, usage, identity)

    return find_known


def each_catalogued(find: Callable[[Case, Usage, Checkpoint], Iterator[Finding]]) -> Find:
    """Let a function judge every load of a checkpoint in the catalogue."""

    @each_usage
    def find_catalogued(case: Case, usage: Usage) -> Iterator[Finding]:
        checkpoint = case.rulebase.checkpoints.get(usage.checkpoint or "")
        if checkpoint is not None:
            yield from find(case, usage, checkpoint)

    return find_catalogued


def each_judgement(find: Callable[[Case, Judgement], Iterator[Finding]]) -> Find:
    """Let a function judge every checkpoint that was chosen, once for each of its tasks.

    What is said for several tasks of a choice is said once; it stands at the choice, or where the
    function says.
    """

    def find_all(case: Case) -> Iterator[Finding]:
        seen = set()
        for judgement in case.judgements:
            choice, checkpoint = judgement.choice, judgement.checkpoint.id
            for finding in find(case, judgement):
                found = finding._replace(checkpoint=checkpoint)
                if choice is not None:
                    place = finding.place or choice.place
                    found = found._replace(choice=choice.name, place=place)
                if (found.choice, found.message) not in seen:
                    seen.add((found.choice, found.message))
                    yield found

    return find_all
