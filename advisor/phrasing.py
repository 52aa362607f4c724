"""Phrases that many texts share: counts, lists, percentages, and the origin of an answer."""

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
    """Return the phrase for an answer's origin (`given` for a flag), or the origin itself."""
    return ORIGINS.get(origin, origin)


def why_unparsed(error: Exception) -> str:
    """Return why a text could not be parsed as JSON or lacks the expected structure.

    Python's own messages about a limit or a type are replaced.
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
    """Return `a`, `a and b`, or `a, b and c` for one or more words; `last` replaces "and"."""
    *first, final = words
    return f"{', '.join(first)} {last} {final}" if first else final


def first_named(names: Sequence[str], most: int) -> str:
    """Return `a, b, c and 7 more`: at most `most` names, and the number of others."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


def family_text(family: str | None, nobody: str = "none of them") -> str:
    """Return a family, or `nobody` for None and "none"."""
    return family if family and family != "none" else nobody


def count(number: int, noun: str) -> str:
    """Return a number with its noun: 1 rule, 2 rules, 3 families."""
    if number == 1:
        return f"1 {noun}"
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number:,} {plural}"


def exact(number: float) -> str:
    """Return a number as text that parses to the same number, without `.0`."""
    return str(int(number)) if number.is_integer() else repr(number)


def share(part: int, whole: int) -> str:
    """Return a share in percent; only exact shares are 0 % or 100 %: 0.8 %, under 0.01 %."""
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
    """Return the target of a rule as text: its candidates, or its conditions on checkpoints."""
    if not where:
        return ", ".join(candidates)
    conditions = []
    for field, wanted in where.items():  # one of some words, or within bounds
        words, last = wanted, " or "
        if isinstance(wanted, Mapping):
            words, last = [f"{bound} {number:g}" for bound, number in wanted.items()], " and "
        conditions.append(f"{field} {last.join(words)}")
    return f"checkpoints with {' and '.join(conditions).replace('_', ' ')}"
