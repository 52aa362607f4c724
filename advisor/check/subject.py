"""What is about vision and language, and what a release lacks beside that, in short."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from operator import itemgetter

from advisor.check.case import Case
from advisor.check.finding import LEVELS, Finding
from advisor.phrasing import count
from advisor.scan.usage import Location
from advisor.scan.vocabulary import vocabulary_of


class Subject:
    """Which files of a case are about vision and language, and which stretches are guarded."""

    def __init__(self, case: Case) -> None:
        scan, names = case.scan, vocabulary_of(case.rulebase)
        self._seeing = {
            *(usage.place.path for usage in scan.usages),
            *(call.place.path for usage in scan.usages for call in usage.calls),
            *(name.place.path for name in scan.names if names.is_class(name.name)),
            *scan.seeing,
        }
        self._guarded: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for path, line, end in sorted((it.path, it.line, it.end_line) for it in scan.guarded):
            stretches = self._guarded[path]
            overlaps = bool(stretches) and line <= stretches[-1][1]
            first, last = stretches.pop() if overlaps else (line, end)
            stretches.append((first, max(last, end)))

    def guards(self, finding: Finding) -> bool:
        """True for what is said of code that is ready for another version of a library.

        It stands there itself, or all else does that it comes from.
        """
        comes_from = [self._is_guarded(place) for place in finding.places]
        here = finding.place is not None and self._is_guarded(finding.place)
        return here or (bool(comes_from) and all(comes_from))

    def _is_guarded(self, place: Location) -> bool:
        stretches = self._guarded.get(place.path, ())
        number = bisect_right(stretches, place.line, key=itemgetter(0))
        return number > 0 and place.line <= stretches[number - 1][1]

    def limited(self, findings: Iterable[Finding]) -> Iterator[Finding]:
        """Yield what is found in code about vision and language, and a line a file of the rest."""
        beside: dict[str, list[Finding]] = defaultdict(list)
        for one in findings:
            if one.place is None or one.place.path in self._seeing:
                yield one
            else:
                beside[one.place.path].append(one)
        for found in beside.values():
            first, *others = found
            worst = min((one.level for one in found), key=LEVELS.index)
            what = count(len(found), "use") + " of other models"
            message = f"{what} would be reported as {worst}; `--all-models` shows each"
            places = tuple(one.place for one in others if one.place)
            yield first._replace(message=message, level="note", fix=None, edits=(), places=places)
