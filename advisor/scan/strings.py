"""Putting strings together, where some or all of their parts are known."""

from __future__ import annotations

from itertools import product

from advisor.scan.usage import Location
from advisor.scan.values import Constant, Pieces, Text, Values

_MOST = 16
_LONGEST = 2_000


def joined(groups: list[Values], place: Location, between: str = "") -> Values:
    """Return what the parts, put together, may be: texts, or pieces where a part is unknown."""
    choices = [_parts(group) for group in groups]
    count = 1
    for choice in choices:
        count *= len(choice)
    if count > _MOST:
        choices = [choice if len(choice) == 1 else [((None,), False)] for choice in choices]
    found: dict[Text | Pieces, None] = {}
    for combination in product(*choices):
        parts: list[str | None] = []
        for number, (part, _) in enumerate(combination):
            parts.extend([between, *part] if number and between else part)
        certain = all(sure for _, sure in combination)
        found[_whole(parts, place, certain=certain)] = None
    return tuple(found)


def _parts(values: Values) -> list[tuple[tuple[str | None, ...], bool]]:
    found: list[tuple[tuple[str | None, ...], bool]] = []
    for value in values or (None,):
        if isinstance(value, Text):
            found.append(((value.text,), value.certain))
        elif isinstance(value, Pieces):
            found.append((value.parts, False))
        elif isinstance(value, Constant) and isinstance(value.value, (int, float)):
            found.append(((str(value.value),), True))
        else:
            found.append(((None,), False))
    return found


def _whole(parts: list[str | None], place: Location, *, certain: bool) -> Text | Pieces:
    merged: list[str | None] = []
    for part in parts:
        if part is not None and merged and merged[-1] is not None:
            merged[-1] += part
        elif part is not None or not merged or merged[-1] is not None:
            merged.append(part)
    if None not in merged:
        text = "".join(part for part in merged if part is not None)
        if len(text) <= _LONGEST:
            return Text(text, place, certain)
    return Pieces(tuple(part if part is None else part[:_LONGEST] for part in merged), place)


def known_pieces(values: Values) -> tuple[str, ...]:
    """Return the known parts of texts that are not known whole, and of those that are."""
    found: list[str] = []
    for value in values:
        if isinstance(value, Text):
            found.append(value.text)
        elif isinstance(value, Pieces):
            found.extend(part for part in value.parts if part)
    return tuple(dict.fromkeys(found))
