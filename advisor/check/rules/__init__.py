"""The rules of the check, a module for each noun, and what they find.

What an id means, its level, reason and knowledge stand in rules/checks/*.yaml.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import chain
from types import ModuleType

from advisor.check.case import Case, Detector
from advisor.check.finding import Finding
from advisor.check.judged_files import JudgedFiles
from advisor.check.rules import (
    access,
    architecture,
    capability,
    choices,
    handling,
    imported,
    membership,
    positions,
    regions,
    removal,
    suppression,
)
from advisor.check.scope import in_scope
from advisor.scan.usage import Location


def _detectors(*modules: ModuleType) -> tuple[Detector, ...]:
    values = [value for module in modules for value in vars(module).values()]
    return tuple(value for value in values if isinstance(value, Detector))


DETECTORS = _detectors(
    *(choices, capability, architecture, handling, regions, removal),
    *(imported, membership, positions, access),
)
"""In the order in which findings of one level about a single checkpoint are distinct."""
OF_RELEASE = frozenset(id for one in DETECTORS if one.of_release for id in one.ids)
"""Rules of what a release lacks; one finding a file and name says it."""
AFTERWARDS = _detectors(suppression)
"""These judge what was suppressed; what they find can be neither ignored nor waived."""


def findings(case: Case, detectors: tuple[Detector, ...] = DETECTORS) -> list[Finding]:
    """Return what rules find; what is said of one place, checkpoint and choice is said once."""
    distinct: dict[tuple[object, ...], Finding] = {}
    for detector in detectors:
        for one in _found(case, detector) if detector.runs(case) else ():
            distinct.setdefault((one.rule, one.place, one.checkpoint, one.choice, one.message), one)
    return list(distinct.values())


def _found(case: Case, detector: Detector) -> Iterator[Finding]:
    """Yield what a rule finds, each file judged by the release that its project asks for.

    Nothing is said of what a release lacks where another version of a library was thought of.
    """
    if detector.of_choices or not case.judged:
        found = detector.findings(case)
    else:
        parts = [_of_files(case, detector, files) for files in case.judged]
        found = chain(detector.findings(case.of_others()), *parts)
    if not detector.of_release:
        yield from found
        return
    guarded: dict[str, list[Location]] = defaultdict(list)
    for stretch in case.scan.guarded:
        guarded[stretch.path].append(stretch)
    unguarded = [
        one
        for one in found
        if (at := one.place) is None
        or not any(it.line <= at.line <= it.end_line for it in guarded[at.path])
    ]
    yield from unguarded if case.all_models else in_scope(case, unguarded)


def _of_files(case: Case, detector: Detector, files: JudgedFiles) -> Iterator[Finding]:
    """Yield what a rule finds in files with one pin; what breaks only above it is a note."""
    here = [files.within(one) for one in detector.findings(case.of_files(files, files.release))]
    if not detector.of_release:
        yield from here
        return
    for one in here:  # of what is older than any described release, nothing is sure
        yield one._replace(level="note") if files.below else one
    places = {(one.rule, one.place) for one in here}
    newest = files.newest
    for one in detector.findings(case.of_files(files, newest)) if newest else ():
        if newest and one.level != "note" and (one.rule, one.place) not in places:
            yield one._replace(level="note", edits=(), upgrade=newest.version)
