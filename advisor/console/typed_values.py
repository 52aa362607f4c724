"""Values that options take: lists with commas, days, criteria."""

from __future__ import annotations

import re
from collections.abc import Iterable

from advisor.engine.profile import has_commas
from advisor.errors import UsageError

_MONTH = re.compile(r"[0-9]{4}-[0-9]{2}\Z")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")


def split(values: Iterable[str] | None) -> list[str]:
    """Return values given repeatedly or with commas as one list; 5,000 is one number."""
    parts = (part for value in values or () for part in _parts(value))
    return [part.strip() for part in parts if part.strip()]


def _parts(value: str) -> list[str]:
    return [value] if has_commas(value) else value.split(",")


def read_day(given: str, *, month: bool = False) -> str:
    """Return a day that the calendar has, as YYYY-MM-DD; with `month` YYYY-MM will do.

    Raises UsageError for anything else.
    """
    import datetime

    whole = f"{given}-01" if month and _MONTH.match(given) else given
    try:
        if not _DAY.match(whole):
            raise ValueError(whole)  # noqa: TRY301 - one message for both
        datetime.date.fromisoformat(whole)
    except ValueError:
        form = "YYYY-MM-DD or YYYY-MM" if month else "YYYY-MM-DD"
        raise UsageError(
            f"`--today {given}` is not a date", hint=f"{form}, e.g. --today 2026-11-24"
        ) from None
    return given


def day_or_today(given: str, *, month: bool = False) -> str:
    """Return the day given, else today's."""
    import datetime

    return read_day(given, month=month) if given else datetime.date.today().isoformat()
