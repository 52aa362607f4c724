"""The rules of the check, one module per noun, the findings of a case, and what suppresses them.

What an id means, its level, reason and knowledge stand in rules/checks/*.yaml.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

from advisor.check.case import CHOSEN, DECLARED, Case, Detector, Suppression, rule
from advisor.check.finding import Finding
from advisor.check.judged_files import JudgedFiles, together
from advisor.check.judgement import DeclaredChoice, Waiver
from advisor.check.rules import architecture, choices, handling, membership, parameters, removal
from advisor.draw.findings import LEVELS
from advisor.phrasing import count
from advisor.scan.usage import Location, Scan

DETECTORS = tuple(
    value
    for module in (choices, architecture, handling, removal, membership, parameters)
    for value in vars(module).values()
    if isinstance(value, Detector)
)
"""In the order in which findings of one level about a single checkpoint are shown."""
TOGETHER = frozenset(
    id for detector in DETECTORS if detector.together or detector.of_release for id in detector.ids
)
"""Rules that report a name once per file."""


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
    """Yield findings in files of one pin: notes of a commit, an older release or only `above`."""
    here = [files.within(finding) if files else finding for finding in detector.findings(case)]
    if files is None or not detector.of_release:
        yield from here
        return
    for finding in here:
        if files.pin.is_commit and finding.level != "note":
            yield finding._replace(level="note", edits=(), upgrade=files.release.version)
        else:
            yield finding._replace(level="note") if files.below else finding
    places, newest = {(finding.rule, finding.place) for finding in here}, files.newest
    for finding in detector.findings(above) if above else ():
        if newest and finding.level != "note" and (finding.rule, finding.place) not in places:
            yield finding._replace(level="note", edits=(), upgrade=newest.version)


def suppress(case: Case, findings: list[Finding]) -> Suppression:
    """Sort findings into those left, ignored by a comment, and waived until today or later."""
    today = case.today
    agreed = {(choice.name, entry.rule) for choice, entry in _waivers(case) if entry.until >= today}
    reported = {"", *(finding.rule for finding in findings)}
    lines: dict[tuple[str, str], set[int]] = defaultdict(set)
    for ignore in case.scan.ignores:
        for id in reported.intersection(ignore.rules or ("",)):
            lines[ignore.place.path, id].update(range(ignore.first, ignore.last + 1))
    left, ignored, waived = [], [], []
    for finding in findings:
        at, ids = finding.place, ("", finding.rule)
        if at and any(at.line in lines[at.path, id] for id in ids):
            ignored.append(finding)
        elif (finding.choice, finding.rule) in agreed:
            waived.append(finding)
        else:
            left.append(finding)
    return Suppression(tuple(left), tuple(ignored), tuple(waived))


def _waivers(case: Case) -> Iterator[tuple[DeclaredChoice, Waiver]]:
    return ((choice, waiver) for choice in case.choices for waiver in choice.waivers)


@rule("unused-ignore")
def unused_ignore(case: Case) -> Iterator[Finding]:
    """Find ignore comments that take no finding away."""
    lines: dict[tuple[str, str], set[int]] = defaultdict(set)
    for finding in case.suppression.ignored:
        if at := finding.place:
            lines[at.path, ""].add(at.line)
            lines[at.path, finding.rule].add(at.line)
    for ignore in case.scan.ignores:
        for id in ignore.rules or ("",):
            if lines[ignore.place.path, id].isdisjoint(range(ignore.first, ignore.last + 1)):
                what = f"`{id}`" if id else "any rule"
                message = f"this line has no finding of {what}"
                yield Finding(message, ignore.place, fix="remove the entry")


@rule("unused-waiver", "expired-waiver", each=_waivers)
def idle_waiver(case: Case, choice: DeclaredChoice, waiver: Waiver) -> Iterator[Finding]:
    """Find waivers that have expired, or that match no finding of a rule that ran."""
    waived = {finding.rule for finding in case.suppression.waived if finding.choice == choice.name}
    of_rule = (detector for detector in DETECTORS if waiver.rule in detector.ids)
    if waiver.until < case.today:
        message = f"the suppression of `{waiver.rule}` expired on {waiver.until}"
        yield Finding(message, waiver.place, choice=choice.name, rule="expired-waiver")
    elif waiver.rule not in waived and all(it.can_judge(case) for it in of_rule):
        message = f"the model `{choice.name}` has no finding of `{waiver.rule}`"
        yield Finding(message, waiver.place, choice=choice.name, fix="remove the entry")


@rule("file-not-checked")
def file_not_checked(case: Case) -> Iterator[Finding]:
    """Find files, or parts of files, that could not be read.

    A strict check warns of them, and of folders skipped as environments by their name if git does
    not show that they are outside the project.
    """
    level = "warning" if case.strict else ""
    for note in case.scan.notes:
        line = note.line or 1
        yield Finding(note.message, Location(note.path, line, 1, line, 1), level=level)
    number = case.scan.left_out.get("environments", 0)
    if case.strict and number and not case.scan.vouched:
        what = f"{count(number, 'folder')} with the name of a virtual environment were skipped"
        message = f"{what}, but they may contain code of the project"
        yield Finding(message, level=level)


AFTERWARDS = (unused_ignore, idle_waiver, file_not_checked)
"""Detectors that judge the suppression; their findings cannot be suppressed."""
