"""What a check found, on a project or on one checkpoint, and the exit code it stands for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from advisor.catalogue.release import release
from advisor.check.case import Case
from advisor.check.finding import LEVELS, Finding, in_order, joined
from advisor.check.judgement import Judgement
from advisor.check.records import Key, finding_key
from advisor.check.rules import AFTERWARDS, DETECTORS, TOGETHER, findings
from advisor.check.rules.suppression import suppress
from advisor.errors import check_name
from advisor.rulebase.base import RuleBase

FAIL_LEVELS = {
    "error": ("error",),
    "warning": ("error", "warning"),
    "outdated-choice": ("error", "outdated-choice"),
    "never": tuple[str](),
}
"""The levels at which a check fails that is to fail from one on, and rules of a lower one."""


LEFT_OUT = {
    "excluded": "excluded",
    "gitignored": "ignored by git",
    "environments": "in environments",
    "caches": "in caches",
    "links": "behind links",
    "too_large": "too large",
    "out_of_time": "out of time",
    "given_up": "given up",
    "not_parsed": "not parsed",
    "other_language": "in another language",
    "lowered": "rules lowered by an overlay",
}
"""What was not looked at, by the reason in JSON, as the closing line says it."""


class Inspection(NamedTuple):
    """What a check found. `known` were in the baseline, `gone` are in it and no longer found."""

    case: Case
    findings: tuple[Finding, ...]
    fail_on: str = "error"
    known: int = 0
    gone: int = 0

    @property
    def exit_code(self) -> int:
        """2 where a file was given up, 1 where a finding fails the check, 3 where answers lack."""
        if self.case.scan.left_out.get("given_up"):
            return 2
        if any({finding.level, finding.rule} & {*self.failing} for finding in self.findings):
            return 1
        return 3 if any(judgement.undetermined for judgement in self.case.judgements) else 0

    @property
    def failing(self) -> tuple[str, ...]:
        """The levels at which the check fails, and rules of a lower one."""
        return FAIL_LEVELS[self.fail_on]

    @property
    def left_out(self) -> Counter[str]:
        """How much was not looked at, by reason."""
        scan = self.case.scan
        lowered = len(self.case.lowered)
        return Counter(scan.left_out) + Counter(not_parsed=len(scan.notes), lowered=lowered)

    @property
    def counts(self) -> dict[str, int]:
        """How many findings there are of each level."""
        levels = Counter(finding.level for finding in self.findings)
        return {level: levels[level] for level in LEVELS}


def inspect(case: Case, fail_on: str = "error", baseline: Counter[Key] | None = None) -> Inspection:
    """Judge choices and code, and take away what was agreed to and what a baseline knows."""
    not_run = {id for detector in DETECTORS if not detector.can_judge(case) for id in detector.ids}
    suppression = suppress(case, sorted(findings(case), key=in_order), not_run)
    case = replace(case, suppression=suppression)
    unsuppressed = [*joined(suppression.left, _alike), *findings(case, AFTERWARDS)]
    left = Counter(baseline)
    fresh = []
    for finding in unsuppressed:
        key = finding_key(finding)
        if left[key]:
            left[key] -= 1
        else:
            fresh.append(finding)
    return Inspection(
        case=case,
        findings=tuple(sorted(fresh, key=in_order)),
        fail_on=fail_on,
        known=len(unsuppressed) - len(fresh),
        gone=left.total(),
    )


def _alike(finding: Finding) -> object:
    """What findings have in common that are said once a file: what is imported is used as well."""
    if finding.place is None or finding.rule not in TOGETHER:
        return id(finding)
    return finding.rule, finding.message, finding.place.path, finding.upgrade, finding.level


def left_out_shown(left_out: Mapping[str, int]) -> list[str]:
    """Return how much was not looked at, by reason, as the closing line says it."""
    return [f"{number} {words}" for of, words in LEFT_OUT.items() if (number := left_out.get(of))]


def judge(
    judgement: Judgement, rulebase: RuleBase, transformers: str = "", fail_on: str = "error"
) -> Inspection:
    """Look at a single judgement and no code; a class is judged by a release of transformers."""
    needs_release = judgement.model_class or transformers
    judged_by = release(rulebase, transformers) if needs_release else None
    case = Case(rulebase=rulebase, judged_by=judged_by, judgements=(judgement,))
    by_level = sorted(findings(case), key=lambda finding: LEVELS.index(finding.level))
    return Inspection(case, tuple(by_level), fail_on)


def fail_level(level: str) -> str:
    """Return a level from which on a check fails. Raises UsageError for unknown ones."""
    check_name("fail level", level, FAIL_LEVELS, "levels")
    return level
