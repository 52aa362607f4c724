"""The rules of the check, one module per noun, and the findings of a case.

What an id means, its level, reason and knowledge stand in rules/checks/*.yaml.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from types import ModuleType

from advisor.check.case import CHOSEN, DECLARED, Case, Detector
from advisor.check.finding import LEVELS, Finding
from advisor.check.judged_files import JudgedFiles, together
from advisor.check.rules import (
    architecture,
    choices,
    handling,
    membership,
    parameters,
    removal,
    suppression,
)
from advisor.phrasing import count
from advisor.scan.usage import Scan


def _detectors(*modules: ModuleType) -> tuple[Detector, ...]:
    values = [value for module in modules for value in vars(module).values()]
    return tuple(value for value in values if isinstance(value, Detector))


DETECTORS = _detectors(choices, architecture, handling, removal, membership, parameters)
"""In the order in which findings of one level about a single checkpoint are shown."""
TOGETHER = frozenset(
    id for detector in DETECTORS if detector.together or detector.of_release for id in detector.ids
)
"""Rules that report a name once per file."""
AFTERWARDS = _detectors(suppression)
"""Detectors that judge the suppression; their findings cannot be suppressed."""


def findings(case: Case, detectors: tuple[Detector, ...] = DETECTORS) -> list[Finding]:
    """Return the findings of some detectors; of those at one place with one message, the first.

    Each file is checked against the release that its project requires. Detectors of a release skip
    code that is ready for another version, and reduce other files to a note unless `all_models`.
    """
    distinct: dict[tuple[object, ...], Finding] = {}
    guarded: dict[str, set[int]] = defaultdict(set)
    for stretch in case.scan.guarded:
        guarded[stretch.path].update(range(stretch.line, stretch.end_line + 1))
    pinned = {path for files in case.judged for path in files.paths}
    unpinned = case.of_files(lambda path: path not in pinned, case.judged_by)
    parts: list[tuple[Case, JudgedFiles | None, Case | None]] = [(unpinned, None, None)]
    for files in together(case.judged):
        has = files.paths.__contains__
        above = case.of_files(has, files.newest) if files.newest else None
        parts.append((case.of_files(has, files.release), files, above))
    for detector in (each for each in detectors if each.can_judge(case)):
        reported: Iterator[Finding] = chain.from_iterable(_of_part(detector, *it) for it in parts)
        if detector.each in (CHOSEN, DECLARED):  # a choice is judged by all code at once
            reported = detector.findings(case)
        if detector.of_release:
            reported = (finding for finding in reported if not _is_guarded(finding, guarded))
            reported = reported if case.all_models else _limited(case.scan, reported)
        for finding in reported:
            same = finding.rule, finding.place, finding.checkpoint, finding.choice, finding.message
            distinct.setdefault(same, finding)
    return list(distinct.values())


def _is_guarded(finding: Finding, guarded: Mapping[str, set[int]]) -> bool:
    """True if the place of a finding, or all its other places, are lines behind version tests."""
    here, *others = (
        place is not None and place.line in guarded.get(place.path, ())
        for place in (finding.place, *finding.places)
    )
    return here or (bool(others) and all(others))


def _limited(scan: Scan, findings: Iterable[Finding]) -> Iterator[Finding]:
    """Yield the findings in files with vision-language models, and one note for each other file."""
    seeing = {*(usage.place.path for usage in scan.usages), *scan.seeing}
    seeing.update(call.place.path for usage in scan.usages for call in usage.calls)
    beside: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        if finding.place is None or finding.place.path in seeing:
            yield finding
        else:
            beside[finding.place.path].append(finding)
    for group in beside.values():
        first, *others = group
        worst = min((finding.level for finding in group), key=LEVELS.index)
        what = count(len(group), "use") + " of models outside vision and language"
        message = f"{what} would be reported as {worst}. `--all-models` lists each use"
        places = tuple(other.place for other in others if other.place)
        yield first._replace(message=message, level="note", fix=None, edits=(), places=places)


def _of_part(
    detector: Detector, case: Case, files: JudgedFiles | None, above: Case | None
) -> Iterator[Finding]:
    """Yield the findings in files of one pin; what is missing only in `above` is a note."""
    here = [files.within(finding) if files else finding for finding in detector.findings(case)]
    if files is None or not detector.of_release:
        yield from here
        return
    for (
        finding
    ) in here:  # of a commit, or of what is older than any described release, nothing is sure
        if files.pin.is_commit and finding.level != "note":
            yield finding._replace(level="note", edits=(), upgrade=files.release.version)
        else:
            yield finding._replace(level="note") if files.below else finding
    places, newest = {(finding.rule, finding.place) for finding in here}, files.newest
    for finding in detector.findings(above) if above else ():
        if newest and finding.level != "note" and (finding.rule, finding.place) not in places:
            yield finding._replace(level="note", edits=(), upgrade=newest.version)
