"""The rules of the check, a module for each noun, and what they find.

What an id means, its level, reason and knowledge stand in rules/checks/*.yaml.
"""

from __future__ import annotations

from types import ModuleType

from advisor.check.case import Case, Detector
from advisor.check.finding import Finding
from advisor.check.rules import (
    access,
    architecture,
    capability,
    choices,
    handling,
    regions,
    removal,
    suppression,
)


def _detectors(*modules: ModuleType) -> tuple[Detector, ...]:
    values = [value for module in modules for value in vars(module).values()]
    return tuple(value for value in values if isinstance(value, Detector))


DETECTORS = _detectors(choices, capability, architecture, handling, regions, removal, access)
"""In the order in which findings of one level about a single checkpoint are distinct."""
AFTERWARDS = _detectors(suppression)
"""These judge what was suppressed; what they find can be neither ignored nor waived."""


def findings(case: Case, detectors: tuple[Detector, ...] = DETECTORS) -> list[Finding]:
    """Return what rules find; what is said of one place, checkpoint and choice is said once."""
    distinct: dict[tuple[object, ...], Finding] = {}
    for detector in detectors:
        for one in detector.findings(case) if detector.runs(case) else ():
            distinct.setdefault((one.rule, one.place, one.checkpoint, one.choice, one.message), one)
    return list(distinct.values())
