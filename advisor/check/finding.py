"""One report of the check on a declared model or a place in code, and how to fix it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from advisor.model import NamedTuple
from advisor.model.library import NameChange
from advisor.scan.usage import Location

LEVELS = ("error", "warning", "note")


class Edit(NamedTuple):
    """A stretch of a file, its new text, and the text that is there now."""

    place: Location
    text: str
    old: str


class Finding(NamedTuple):
    """The report of a rule. `rule` is a stable id, `fix` the smallest fix in words.

    `place` is None if it is in no file. `edits` make the fix, if it is certain. `choice` is the
    name of the declared model it is about. `upgrade` is a release above all that the project
    allows, if the finding holds only from there. `change` is what a release did to a name: reason,
    sources, replacement. `places` are other locations of the same, and `more` their edits.
    `Detector` fills empty fields from the change, the rule, and the model or usage.
    """

    message: str
    place: Location | None = None
    fix: str | None = None
    edits: tuple[Edit, ...] = ()
    level: str = ""
    because: str = ""
    sources: Sequence[str] = ()
    rule: str = ""
    checkpoint: str | None = None
    choice: str | None = None
    upgrade: str | None = None
    change: NameChange | None = None
    places: tuple[Location, ...] = ()
    more: tuple[tuple[Edit, ...], ...] = ()

    @property
    def fixes(self) -> tuple[tuple[Edit, ...], ...]:
        """The certain fixes: the edits of each are made all, or none of them."""
        return tuple(filter(None, (self.edits, *self.more)))


def joined(findings: Iterable[Finding], alike: Callable[[Finding], object]) -> Iterator[Finding]:
    """Yield one finding for all that are alike: the first, with places and fixes of the others."""
    grouped: dict[object, list[Finding]] = {}
    for finding in findings:
        grouped.setdefault(alike(finding), []).append(finding)
    for first, *others in grouped.values():
        if not others:
            yield first
            continue
        more = tuple(other.edits for other in others if other.edits)
        apart = (place for other in others for place in (other.place, *other.places) if place)
        places = dict.fromkeys((*first.places, *apart))
        here = first.place and first.place[:2]
        starts = {place[:3]: place for place in reversed(places) if place[:2] != here}
        fixes = dict.fromkeys(finding.fix for finding in (first, *others) if finding.fix)
        elsewhere, fix = tuple(reversed(starts.values())), "; ".join(fixes) or None
        yield first._replace(places=elsewhere, more=(*first.more, *more), fix=fix)


def in_order(finding: Finding) -> tuple[str, int, int, int, str, str]:
    """The sort key of findings: path, line, column (none: first), level, rule, message."""
    place = finding.place
    where = (place.path, place.line, place.column) if place else ("", 0, 0)
    return (*where, LEVELS.index(finding.level), finding.rule, finding.message)


def advice(name: str | None) -> str | None:
    """Return the advice to use another name in words; None if there is none."""
    if name == "__call__":
        return "call the object itself"
    return f"use `{name}`" if name else None
