"""Every rule of the check, in one list, and what they all find."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from advisor.check.case import Case
from advisor.check.problem import Problem
from advisor.check.rules import (
    access,
    activation,
    architecture,
    capability,
    length,
    line_reader,
    processor,
    prompt,
    removal,
    spelling,
    stage,
    terms,
    trust,
    untrained,
)
from advisor.scan.usage import Usage

OF_USAGE: tuple[Callable[[Case, Usage], Iterator[Problem]], ...] = (
    access.problems,
    activation.problems,
    architecture.problems,
    untrained.problems,
    length.problems,
    line_reader.problems,
    processor.problems,
    prompt.problems,
    removal.problems,
    spelling.problems,
    stage.problems,
    capability.problems,
    terms.problems,
    trust.problems,
)


def problems(case: Case) -> Iterator[Problem]:
    """Every problem of everything scanned, in no particular order."""
    yield from removal.problems_of_names(case)
    for usage in case.scan.usages:
        for rule in OF_USAGE:
            yield from rule(case, usage)
