"""A result as a page of few kinds of blocks, drawn by terminal, Markdown and HTML alike."""

from __future__ import annotations

from typing import Any, NamedTuple

from advisor.foreign import visible_lines


class Heading(NamedTuple):
    """Opens a part of a page."""

    text: str
    level: int = 2


class Text(NamedTuple):
    """A paragraph. `tone` is plain, quiet, good, bad or warn."""

    text: str
    tone: str = "plain"


class Candidate(NamedTuple):
    """A family with its verdict."""

    name: str
    verdict: str
    text: str


class Item(NamedTuple):
    """One line of a list: `mark` is + for, - against, ! caveat, > leads to, or empty.

    `note` follows in a quiet tone; `sources` are cited after it, in a terminal only the first two.
    """

    mark: str
    text: str
    note: str = ""
    sources: tuple[str, ...] = ()

    def cited(self, most: int | None = None) -> str:
        """Return note and sources as one text; at most `most` sources, and how many more."""
        shown = self.sources if most is None else self.sources[:most]
        more = len(self.sources) - len(shown)
        parts = [self.note, *shown, f"+{more}" if more else ""]
        return ", ".join(part for part in parts if part)


class Items(NamedTuple):
    """A list."""

    rows: tuple[Item, ...]


class Table(NamedTuple):
    """Rows of cells; `wide` is the column that takes what room is left."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    wide: int = 0


class Pairs(NamedTuple):
    """Names and what they stand for, one below the other."""

    rows: tuple[tuple[str, str], ...]


class Code(NamedTuple):
    """Text to copy as it is."""

    text: str
    language: str = ""


Block = Heading | Text | Candidate | Items | Table | Pairs | Code
Page = list[Block]


def shown(value: Any, instead: dict[int, Any]) -> Any:
    """Return a block, or what it is made of, with all of its text visible; `instead` for some."""
    if isinstance(value, str):
        return visible_lines(value).translate(instead)
    if isinstance(value, tuple):
        parts = [shown(part, instead) for part in value]
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    return value
