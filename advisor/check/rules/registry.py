"""Every rule of the check, in one list, and what they all find."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from advisor.check.case import Case
from advisor.check.code.usage import Usage
from advisor.check.problem import Problem
from advisor.check.rules import (
    access,
    activation,
    architecture,
    composition,
    length,
    page,
    processor,
    prompt,
    release,
    spelling,
    stage,
    task,
    terms,
    trust,
)

OF_USAGE: tuple[Callable[[Case, Usage], Iterator[Problem]], ...] = (
    access.problems,
    activation.problems,
    architecture.problems,
    composition.problems,
    length.problems,
    page.problems,
    processor.problems,
    prompt.problems,
    release.problems,
    spelling.problems,
    stage.problems,
    task.problems,
    terms.problems,
    trust.problems,
)


def problems(case: Case) -> Iterator[Problem]:
    """Every problem of everything scanned, in no particular order."""
    yield from release.problems_of_names(case)
    for usage in case.scan.usages:
        for rule in OF_USAGE:
            yield from rule(case, usage)
