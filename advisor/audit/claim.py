"""One thing that an audit claims of a rule base, and whether it was proved."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from advisor.audit.budget import NotProvedError
from advisor.audit.defect import Defect

HOLDS, FAILS, NOT_PROVED = "holds", "fails", "not-proved"


class Claim(NamedTuple):
    """`state` is holds, fails (see `defects`) or not-proved; `text` says exactly what was found."""

    id: str
    state: str
    text: str
    defects: tuple[Defect, ...] = ()


def claimed(id: str, text: str, defects: list[Defect]) -> Claim:
    """Return a settled claim: it fails where a defect is more than a note."""
    fails = any(defect.level != "note" for defect in defects)
    return Claim(id, FAILS if fails else HOLDS, text, tuple(defects))


def attempt(id: str, subject: str, prove: Callable[[], Claim]) -> Claim:
    """Return what `prove` claims; where the budget ends first, that nothing of it is proved."""
    try:
        return prove()
    except NotProvedError as reason:
        return Claim(id, NOT_PROVED, f"{subject}: {reason}")
