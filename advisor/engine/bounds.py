"""Bounds on every checkpoint of an answer: its size, its time and its name.

They stand among the answers of a profile under names of their own, and answer no question.
"""

from __future__ import annotations

from typing import Any

from advisor.engine.numbers import as_number
from advisor.errors import UsageError
from advisor.model import NamedTuple
from advisor.phrasing import exact

SIZE, TIME, WITHOUT = "max-parameters", "within", "without"
"""The names of the bounds, as flags and in profiles."""
ANY = "any"
"""The value of a bound that is lifted."""
EACH = ("/item", "/image", "/page", " each", " per image", " per item", " per page")
"""The endings of a time that is for one item; the first is the printed one."""
MILLION, HOUR = 1e6, 3600
SCALES = ((1e9, "B"), (1e6, "M"))
HOURS = {
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 1.0),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 1 / 60),
    **dict.fromkeys(("d", "day", "days"), 24.0),
    **dict.fromkeys(("s", "sec", "second", "seconds"), 1 / HOUR),
    **dict.fromkeys(("ms", "millisecond", "milliseconds"), 1 / HOUR / 1000),
}
"""The units of time that may follow a number, each in hours."""


class Bound(NamedTuple):
    """A kind of bound: the `field` of checkpoints that it limits, and its flag.

    `takes` stands for its value in help; `wrong` and `hint` are the error for an invalid value.
    """

    id: str
    field: str
    takes: str
    help: str
    wrong: str
    hint: str


BOUNDS = {
    SIZE: Bound(
        SIZE,
        "parameters_millions",
        "NUMBER",
        "Maximum number of parameters, such as 500M or 1B. Larger checkpoints are ruled out.",
        "is not a number of parameters",
        "pass a number, such as `--max-parameters 1B`",
    ),
    TIME: Bound(
        TIME,
        "hours",
        "TIME",
        "Maximum time for all items (8h, 30min) or for one (50ms/item). Slower checkpoints are "
        "ruled out.",
        "is not a valid duration",
        "pass hours, such as `--within 8h`, or the time of one item, such as `--within 50ms/item`",
    ),
    WITHOUT: Bound(
        WITHOUT,
        "name",
        "NAMES",
        "Makers, their country, series or checkpoints to rule out, such as China or Qwen,gemma-3.",
        "is not a name",
        "pass names, separated by commas, such as `--without Qwen`",
    ),
}
BOUNDED = {bound.field: bound.id for bound in BOUNDS.values()}
"""The bounds by their fields, which nothing else requires."""


def bound_name(name: str) -> str | None:
    """Return the id of a bound written in any case, with `-` or `_`; None for another name."""
    id = str(name).lower().replace("_", "-")
    return id if id in BOUNDS else None


def read_bound(id: str, given: Any) -> str:
    """Return a bound as `bound_text` has it, `any` or names. Raises UsageError if it is invalid."""
    values = given if isinstance(given, (list, tuple)) else [given]
    text = ", ".join(map(str, values)).strip()
    if text.lower() == ANY:
        return ANY
    if id == WITHOUT and (names := [name.strip() for name in text.split(",") if name.strip()]):
        return ",".join(dict.fromkeys(names))
    number, bound = _number(id, text), BOUNDS[id]
    if number is None or number <= 0:
        raise UsageError(f"`{text}` {bound.wrong}", hint=bound.hint, kind="bad-number")
    return bound_text(id, number, each=_is_each(text))


def bound_value(id: str, text: str) -> tuple[float, bool] | None:
    """Return million parameters or hours, and whether for each item; None for `any` or names."""
    number = _number(id, text)
    return None if number is None else (number, _is_each(text))


def _is_each(text: str) -> bool:
    return text.lower().endswith(EACH)


def _number(id: str, text: str) -> float | None:
    """Return the millions of parameters or the hours in a text; None without a number of these."""
    if id == SIZE:
        count = as_number(text, {"parameters": 1.0, "params": 1.0})
        return None if count is None else count / MILLION
    ending = next((each for each in EACH if text.lower().endswith(each)), "")
    return as_number(text[: len(text) - len(ending)], HOURS)


def bound_text(id: str, number: float, *, each: bool = False) -> str:
    """Return a bound, given in the unit of its field, as it is typed; for `each` item or all."""
    if id == SIZE:
        count = round(number * MILLION)
        for scale, sign in SCALES:
            if count >= scale and round(float(f"{count / scale:.6g}") * scale) == count:
                return f"{count / scale:.6g}{sign}"
        return str(count)
    text = f"{exact(float(number))}h" if number >= 1 else duration(number).replace(" ", "")
    return f"{text}{EACH[0]}" if each else text


def duration(hours: float, digits: int = 6) -> str:
    """Return hours as text in the largest unit of which there is one: 48 h, 30 min, 2 s, 50 ms."""
    units = ((1.0, "h"), (1 / 60, "min"), (1 / HOUR, "s"), (1 / HOUR / 1000, "ms"))
    size, unit = next((row for row in units if hours >= row[0] * 0.9999), units[-1])
    return f"{float(f'{hours / size:.{digits}g}'):.6g} {unit}"
