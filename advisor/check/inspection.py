"""What a check found, on a project or on one checkpoint, and the exit code it stands for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from advisor.catalogue.release import Release, default_release, release
from advisor.check.case import Case
from advisor.check.finding import FAIL_LEVELS, LEVELS, Finding, in_order
from advisor.check.identity import Identities
from advisor.check.judgement import judgement_of
from advisor.check.records import Key, finding_key
from advisor.check.rules import AFTERWARDS, findings, not_run
from advisor.check.rules.suppression import suppress
from advisor.engine.profile import Profile
from advisor.rulebase.base import RuleBase


class Inspection(NamedTuple):
    """What a check found. `known` were in the baseline, `gone` are in it and no longer found."""

    case: Case
    findings: tuple[Finding, ...]
    fail_on: str
    known: int = 0
    gone: int = 0

    @property
    def failing(self) -> tuple[str, ...]:
        """The levels at which the check fails."""
        return FAIL_LEVELS[self.fail_on]

    @property
    def exit_code(self) -> int:
        """1 where a finding fails the check, else 3 where open answers decide, else 0."""
        if any(finding.level in self.failing for finding in self.findings):
            return 1
        return 3 if any(judgement.undetermined for judgement in self.case.judgements) else 0

    @property
    def counts(self) -> dict[str, int]:
        """How many findings there are of each level."""
        levels = Counter(finding.level for finding in self.findings)
        return {level: levels[level] for level in LEVELS}


def inspect(case: Case, fail_on: str = "error", baseline: Counter[Key] | None = None) -> Inspection:
    """Judge choices and code, and take away what was agreed to and what a baseline knows."""
    suppression = suppress(case, sorted(findings(case), key=in_order), not_run(case))
    case = replace(case, suppression=suppression)
    told = [*suppression.left, *findings(case, AFTERWARDS)]
    left = Counter(baseline)
    fresh = []
    for finding in told:
        key = finding_key(finding)
        if left[key]:
            left[key] -= 1
        else:
            fresh.append(finding)
    return Inspection(
        case=case,
        findings=tuple(sorted(fresh, key=in_order)),
        fail_on=fail_on,
        known=len(told) - len(fresh),
        gone=left.total(),
    )


def judge(
    rulebase: RuleBase,
    checkpoint_id: str,
    answers: Mapping[str, Any] | Profile,
    *,
    model_class: str = "",
    transformers: str = "",
    priority: tuple[str, ...] = (),
    strict: bool = False,
) -> Inspection:
    """Judge a catalogued checkpoint for answers with one task, and no code.

    A class is judged by a release of transformers. Raises UsageError for unknown names, and where
    not exactly one task is given.
    """
    judged_by = release_for(rulebase, transformers) if model_class or transformers else None
    judgement = judgement_of(
        rulebase, checkpoint_id, answers, model_class=model_class or None, priority=priority
    )
    case = Case(
        rulebase=rulebase,
        identities=Identities(rulebase),
        judged_by=judged_by,
        judgements=(judgement,),
    )
    found = sorted(findings(case), key=lambda finding: LEVELS.index(finding.level))
    return Inspection(case, tuple(found), fail_on="warning" if strict else "error")


def release_for(rulebase: RuleBase, version: str) -> Release:
    """Return the release to judge by: the one named, else the installed or newest described."""
    return release(rulebase, version) if version else default_release(rulebase)
