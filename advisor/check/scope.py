"""What is about vision and language, and what a release lacks beside that, in short."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from advisor.check.case import Case
from advisor.check.finding import LEVELS, Finding
from advisor.phrasing import count
from advisor.scan.vocabulary import vocabulary_of

_SEES = re.compile(
    r"pixel_values|\b(?:CLIP|BLIP)|(?i:\bmulti-?modal|\bvision)|\bPIL\b"
    r"|image_(?:embeds?|features|processor|tokens?)\b"
)
"""Words of code that looks at pictures, whatever it loads."""


def in_scope(case: Case, findings: Iterable[Finding]) -> Iterator[Finding]:
    """Yield what is found in code about vision and language, and one line a file of the rest."""
    beside: dict[str, list[Finding]] = defaultdict(list)
    sees: dict[str, bool] = {}
    for one in findings:
        path = one.place.path if one.place else ""
        if path not in sees:
            sees[path] = not path or _sees(case, path)
        if sees[path]:
            yield one
        else:
            beside[path].append(one)
    for found in beside.values():
        first, *others = found
        worst = min((one.level for one in found), key=LEVELS.index)
        what = count(len(found), "use") + " of other models"
        message = f"{what} would be reported as {worst}; `--all-models` shows each"
        places = tuple(one.place for one in others if one.place)
        yield first._replace(message=message, level="note", fix=None, edits=(), places=places)


def _sees(case: Case, path: str) -> bool:
    if any(usage.place.path == path for usage in case.scan.usages):
        return True
    names = vocabulary_of(case.rulebase)
    here = (name for name in case.scan.names if name.place.path == path)
    return any(names.is_class(name.name) for name in here) or bool(_SEES.search(case.source(path)))
