"""Words that all texts for people share: counts, lists, shares, and where an answer came from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

ORIGINS = {
    "flag": "given",
    "text": "from the sentence",
    "file": "from the file",
    "asked": "asked",
    "detected": "detected on this machine",
}

NO_FAMILY = "none of the families"


def origin_word(origin: str) -> str:
    """Return `given` for a flag, and so on; implied and assumed are words already."""
    return ORIGINS.get(origin, origin)


def why_unparsed(error: Exception) -> str:
    """Say in words of ours why a text could not be parsed as JSON, or has not the shape it should.

    Python speaks of its own limits where a number or the nesting is endless.
    """
    if isinstance(error, RecursionError):
        return "the data is nested too deeply"
    if isinstance(error, UnicodeDecodeError):
        return "the data is not UTF-8 text"
    if isinstance(error, KeyError):
        return f"the key `{error.args[0]}` is missing"
    if isinstance(error, (TypeError, AttributeError)):
        return "a value has the wrong type"
    if "integer string conversion" in str(error):
        return "a number has thousands of digits"
    return str(error)


def joined(words: Iterable[str], last: str = "and") -> str:
    """Return `a`, `a and b`, or `a, b and c`; with `last="or"` the same with or."""
    *first, final = words
    return f"{', '.join(first)} {last} {final}" if first else final


def first_named(names: Sequence[str], most: int) -> str:
    """Return `a, b, c and 7 more`: at most so many names, and how many others there are."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


def family_text(family: str | None, nobody: str = "none of them") -> str:
    """Return the name of a family, or that none of them is meant."""
    return family if family and family != "none" else nobody


def count(number: int, noun: str) -> str:
    """Return a number with its noun: 1 rule, 2 rules, 3 families."""
    if number == 1:
        return f"1 {noun}"
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number:,} {plural}"


def exact(number: float) -> str:
    """Return a number so that reading it gives the same number."""
    return str(int(number)) if number.is_integer() else repr(number)


def share(part: int, whole: int) -> str:
    """Return a share in percent, never rounded to none or all: 0.8 %, under 0.01 %."""
    percent = 100 * part / whole if whole else 0.0
    if part == 0:
        return "0 %"
    if part == whole:
        return "100 %"
    if percent < 0.01:
        return "under 0.01 %"
    if percent > 99.99:
        return "over 99.99 %"
    return f"{percent:.2f} %" if percent < 1 or percent > 99 else f"{percent:.1f} %"


def aim(candidates: Sequence[str], where: Mapping[str, Any]) -> str:
    """Return what a rule is aimed at: the candidates named, or what is said of their fields."""
    if not where:
        return ", ".join(candidates)
    conditions = []
    for field, wanted in where.items():  # one of some words, or within bounds
        words, last = wanted, " or "
        if isinstance(wanted, Mapping):
            words, last = [f"{bound} {number:g}" for bound, number in wanted.items()], " and "
        conditions.append(f"{field} {last.join(words)}")
    return f"checkpoints with {' and '.join(conditions).replace('_', ' ')}"
