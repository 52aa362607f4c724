"""The target transformers release of each file: what the project around the file requires."""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from advisor.catalogue.release import Release, described_releases, release, version_number
from advisor.check.finding import Edit, Finding
from advisor.rulebase.base import RuleBase
from advisor.scan.pin import Pins
from advisor.scan.version_range import Number, Pin, same_release

CLASS = re.compile(r"\b[A-Z]\w+")


class JudgedFiles(NamedTuple):
    """Files with one pin, and the releases that the pin stands for.

    `release` is the target: the newest described one that the pin allows. `lowest` is the oldest
    one, with which fixes have to work as well. `newest` is a described one above all that are
    allowed, else None. `below` is true if the pin is older than every described release. `asked` is
    the release that the pin names if that is not described, else "".
    """

    pin: Pin
    release: Release
    lowest: Release
    newest: Release | None = None
    below: bool = False
    asked: str = ""
    paths: frozenset[str] = frozenset()

    def within(self, finding: Finding) -> Finding:
        """Return a finding; without edits, unless all work in each release the pin allows."""
        return finding if all(map(self._holds, finding.edits)) else finding._replace(edits=())

    @property
    def floor(self) -> Number:
        """The lowest number that the pin allows; above all numbers if the pin is open."""
        return (sys.maxsize,) if self.pin.range.is_open else self.pin.range.begins

    def _holds(self, edit: Edit) -> bool:
        """True if an edit works from the floor of the pin on."""
        floor = self.floor
        if floor >= version_number(self.release.version):
            return True
        old = edit.old.rpartition(".")[2]
        for of in ("class", "argument"):
            if change := self.release.removed(old, of):
                renamed = change.kind == "renamed" and self.lowest.has_class(change.instead or "")
                renamed = renamed and of == "class" and not self.below
                return renamed or version_number(change.since) <= floor
        classes = set() if "import" in edit.text else set(CLASS.findall(edit.text))
        return bool(classes) and all(map(self.lowest.has_class, classes))


def together(judged: Iterable[JudgedFiles]) -> Iterator[JudgedFiles]:
    """Yield files whose pins have the same effect as one, with the first of these pins."""
    alike: dict[tuple[object, ...], list[JudgedFiles]] = defaultdict(list)
    for files in judged:
        releases = files.release, files.lowest, files.newest or files.release
        versions = (each.version for each in releases)
        alike[files.floor, files.below, files.pin.is_commit, *versions].append(files)
    for first, *others in alike.values():
        yield first._replace(paths=first.paths.union(*(other.paths for other in others)))


def judged_by_pin(rulebase: RuleBase, pin: Pin, paths: Iterable[str] = ()) -> JudgedFiles:
    """Return the files of a pin, with the releases that the pin stands for.

    If the pin allows no described release, the target is the newest of an allowed minor release,
    else the newest up to its highest number, else the oldest. An open pin stands for the newest
    alone. `asked` is "" for an upper bound above all described releases if the pin allows one of
    these.
    """
    described = described_releases()
    allowed = [version for version in described if pin.range.allows(version_number(version))]
    near = [version for version in described if pin.range.reaches(version_number(version)[:2])]
    under = [version for version in described if version_number(version) <= pin.range.ends]
    below = not (allowed or near or under)
    allowed = allowed or near[-1:] or under[-1:] or described[:1]
    if pin.range.is_open:  # nothing is promised of older ones
        allowed = described[-1:]
    wanted, numbers = pin.range.asked, [version_number(version) for version in described]
    bound = wanted > numbers[-1] and any(map(pin.range.allows, numbers))
    is_described = any(same_release(wanted, number) for number in numbers)
    return JudgedFiles(
        pin=pin,
        release=release(rulebase, allowed[-1]),
        lowest=release(rulebase, allowed[0]),
        newest=release(rulebase, described[-1]) if described[-1] != allowed[-1] else None,
        below=below,
        asked="" if is_described or bound else ".".join(map(str, wanted)),
        paths=frozenset(paths),
    )


def by_pin(
    rulebase: RuleBase, pins: Pins, own: Mapping[str, Pin], paths: Iterable[str]
) -> Iterator[JudgedFiles]:
    """Yield the files that have a pin, grouped by it: their `own`, else the nearest folder's."""
    grouped: dict[Pin, list[str]] = defaultdict(list)
    for path in paths:
        if pin := own.get(path) or pins.of_file(path):
            grouped[pin].append(path)
    for pin in sorted(grouped):
        yield judged_by_pin(rulebase, pin, grouped[pin])
