"""Every rule of the check, and what they find."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from advisor.check.case import Case
from advisor.check.finding import Finding
from advisor.check.rules import (
    Detector,
    access,
    architecture,
    capability,
    choices,
    inputs,
    limits,
    removal,
    suppression,
)

MODULES = (choices, capability, limits, architecture, inputs, removal, access, suppression)
"""In the order in which findings of one level about a single checkpoint are told."""

DETECTORS = tuple(
    value for module in MODULES for value in vars(module).values() if isinstance(value, Detector)
)


def findings(case: Case, *, after_suppression: bool = False) -> Iterator[Finding]:
    """Every finding of the rules that judge before something is suppressed, or after."""
    for detector in DETECTORS:
        if detector.after_suppression == after_suppression and detector.runs(case):
            yield from detector.find(replace(case, rule=detector.id))


def not_run(case: Case) -> frozenset[str]:
    """Return the ids of the rules by which a case cannot be judged."""
    return frozenset(detector.id for detector in DETECTORS if not detector.runs(case))
