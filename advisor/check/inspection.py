"""One run of the check: everything found, and the exit code it stands for."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from advisor.check import baseline as known_findings
from advisor.check.case import Case
from advisor.check.choices import UNUSED, Judged, judge_choices, seeks_unused
from advisor.check.choices import problems as choice_problems
from advisor.check.declared import Project
from advisor.check.lock import RULE as CHANGED
from advisor.check.lock import Lock, changes
from advisor.check.problem import LEVELS, Problem, in_order
from advisor.check.rules.registry import problems as code_problems
from advisor.check.suppression import suppress

FAIL_LEVELS = {"error": ("error",), "warning": ("error", "warning"), "never": ()}
NOT_CHECKED = "file-not-checked"


class Request(NamedTuple):
    """What a run was asked for. `whole` is true where all code of the project is looked at."""

    today: str
    fail_on: str = "error"
    priority: tuple[str, ...] = ()
    whole: bool = True
    baseline: Counter[known_findings.Key] | None = None
    lock: Lock | None = None


class Inspection(NamedTuple):
    """What a run found. `known` were in the baseline, `gone` are in it and no longer found."""

    case: Case
    choices: tuple[Judged, ...]
    problems: tuple[Problem, ...]
    fail_on: str
    ignored: int
    waived: int
    known: int
    gone: int

    @property
    def failing(self) -> tuple[str, ...]:
        """The levels at which the run fails."""
        return FAIL_LEVELS[self.fail_on]

    @property
    def undetermined(self) -> bool:
        """True where open answers decide on some choice."""
        return any(one.undetermined for one in self.choices)

    @property
    def exit_code(self) -> int:
        """1 where a finding fails the run, else 3 where a choice is undetermined, else 0."""
        if any(problem.level in self.failing for problem in self.problems):
            return 1
        return 3 if self.undetermined else 0

    @property
    def counts(self) -> dict[str, int]:
        """How many findings there are of each level."""
        found = Counter(problem.level for problem in self.problems)
        return {level: found[level] for level in LEVELS}


def inspect(case: Case, project: Project, request: Request) -> Inspection:
    """Judge choices and code, and take away what was agreed to."""
    judged = judge_choices(case, project, request.priority)
    found = [*code_problems(case), *choice_problems(case, judged, whole=request.whole)]
    if request.lock is not None:
        found += changes(case, judged, request.lock)
    found = sorted(set(found), key=in_order)
    run = {UNUSED: seeks_unused(case, whole=request.whole), CHANGED: request.lock is not None}
    not_run = frozenset(rule for rule, asked in run.items() if not asked)
    kept = suppress(case, project.choices, found, request.today, not_run=not_run)
    problems = [*kept.problems, *_not_checked(case)]
    compared = known_findings.compare(problems, request.baseline or Counter())
    return Inspection(
        case,
        judged,
        tuple(sorted(compared.fresh, key=in_order)),
        request.fail_on,
        kept.ignored,
        kept.waived,
        compared.known,
        compared.gone,
    )


def _not_checked(case: Case) -> list[Problem]:
    from advisor.scan.usage import Location

    return [
        case.problem(NOT_CHECKED, note.message, Location(note.path, line, 1, line, 1))
        for note in case.scan.notes
        for line in [note.line or 1]
    ]
