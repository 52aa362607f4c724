"""Which release of transformers judges which files: what the project above each asks for."""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import NamedTuple

from advisor.catalogue.release import Release, described_releases, release, version_number
from advisor.check.finding import Edit, Finding
from advisor.rulebase.base import RuleBase
from advisor.scan.pin import Pins
from advisor.scan.version_range import Number, Pin, same_release

CLASS = re.compile(r"\b[A-Z]\w+")


class JudgedFiles(NamedTuple):
    """Files with one pin, and the releases that it means for them.

    `release` judges: the newest described one that the pin allows. `lowest` is the oldest one,
    which a fix has to work with as well. `newest` is a described one above all that are allowed,
    None where there is none. `below` is true where the pin is older than any described release,
    `unknown` where it is a commit, which may be older than the release that judges. `asked` is the
    release that the pin names where that is not described, "" where it is.
    """

    pin: Pin
    release: Release
    lowest: Release
    newest: Release | None = None
    below: bool = False
    unknown: bool = False
    asked: str = ""
    paths: frozenset[str] = frozenset()

    def within(self, finding: Finding) -> Finding:
        """Return a finding with those of its edits that hold for all that the pin allows."""
        held = all(map(self._holds, finding.edits))
        return finding if held else finding._replace(edits=())

    @property
    def floor(self) -> Number:
        """The number from which on the pin allows releases; above all where it says nothing."""
        return (sys.maxsize,) if self.pin.range.is_open else self.pin.range.begins

    def _holds(self, edit: Edit) -> bool:
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
    """Yield files whose pins mean the same for them as one, however many places ask for it."""
    alike: dict[tuple[object, ...], list[JudgedFiles]] = defaultdict(list)
    for files in judged:
        floor, versions = files.floor, [files.release, files.lowest, files.newest or files.release]
        alike[floor, files.below, files.unknown, *(each.version for each in versions)].append(files)
    for first, *others in alike.values():
        yield first._replace(paths=first.paths.union(*(other.paths for other in others)))


def judged_by_pin(rulebase: RuleBase, pin: Pin, paths: Iterable[str] = ()) -> JudgedFiles:
    """Return files with a pin and the releases it means; none is left without one.

    Where the pin allows no described release, the nearest one below it judges, of the same minor
    if one is described. An upper end above all of them is no release that anybody asks for.
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
        release=_read(rulebase, allowed[-1]),
        lowest=_read(rulebase, allowed[0]),
        newest=_read(rulebase, described[-1]) if described[-1] != allowed[-1] else None,
        below=below,
        unknown=pin.is_commit,
        asked="" if is_described or bound else ".".join(map(str, wanted)),
        paths=frozenset(paths),
    )


@cache
def _read(rulebase: RuleBase, version: str) -> Release:
    return release(rulebase, version)


def by_pin(
    rulebase: RuleBase, pins: Pins, own: Mapping[str, Pin], paths: Iterable[str]
) -> Iterator[JudgedFiles]:
    """Yield files by their pins: their `own`, else that of the nearest folder that has one."""
    grouped: dict[Pin, list[str]] = defaultdict(list)
    for path in paths:
        if pin := own.get(path) or pins.of_file(path):
            grouped[pin].append(path)
    for pin in sorted(grouped):
        yield judged_by_pin(rulebase, pin, grouped[pin])
