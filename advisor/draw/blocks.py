"""A result as a page of few kinds of blocks, drawn by terminal, Markdown and HTML alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from advisor.foreign import visible, visible_lines
from advisor.model import NamedTuple


class Heading(NamedTuple):
    """Opens a part of a page."""

    text: str
    level: int = 2


class Text(NamedTuple):
    """A paragraph. `tone` is plain, quiet, good, bad or warn."""

    text: str
    tone: str = "plain"


class Link(NamedTuple):
    """A name that leads to an address."""

    text: str
    url: str

    def __str__(self) -> str:
        return self.text


Cell = str | Link
"""A cell of a table: text, or a link."""


class Headline(NamedTuple):
    """The answer itself: the first thing on a page, and in a few words how sure it is.

    `notes` stay whole: a terminal puts them on the line of the name as far as they fit.
    """

    name: Cell
    notes: tuple[str, ...] = ()
    tone: str = "good"


class Note(NamedTuple):
    """One thing to know: a `label`, and text that a terminal cuts to `lines`, see `cut_lines`.

    A note without a label belongs to the note above it.
    """

    label: str
    text: str
    lines: int = 1


class Notes(NamedTuple):
    """Things to know, one below the other."""

    rows: tuple[Note, ...]


class Item(NamedTuple):
    """One line of a list: `mark` is + for, - against, ! caveat, > leads to, or empty.

    `note` follows in a quiet tone; `sources` are cited after it, in a terminal only the first two.
    """

    mark: str
    text: str
    note: str = ""
    sources: tuple[Cell, ...] = ()

    def cited(self, most: int | None = None) -> str:
        """Return note and sources as one text; at most `most` sources, and how many more."""
        shown = self.sources if most is None else self.sources[:most]
        more = len(self.sources) - len(shown)
        parts = [self.note, *map(str, shown), f"+{more}" if more else ""]
        return ", ".join(part for part in parts if part)


class Items(NamedTuple):
    """A list."""

    rows: tuple[Item, ...]


class Table(NamedTuple):
    """Rows of cells; `wide` is the index of the column that takes the width left, or -1.

    Words are never broken: if the first cell leaves no room, the others follow on a line of their
    own. `bars` has a column and for each row the length of the bar behind its cell, from 0 to 1; a
    terminal draws them if the lines have room.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    wide: int = 0
    bars: tuple[str, tuple[float, ...]] | None = None


class Pairs(NamedTuple):
    """Names and their values, one below the other."""

    rows: tuple[tuple[str, str], ...]


class Code(NamedTuple):
    """Text to copy as it is; a command in `console` may be continued on the next line."""

    text: str
    language: str = ""


class Dot(NamedTuple):
    """A point of a picture: a named thing with values `x` and `y`; `y` is None if unknown.

    A point with a `label` is numbered; `behind` says what keeps it behind others, if anything does.
    """

    name: str
    x: float
    y: float | None
    label: str = ""
    behind: str = ""


class Scatter(NamedTuple):
    """Points as a picture, `x` on a logarithmic scale to the right, the `better` of `y` above.

    `limit` is the most of x, `tie` a range of y that is as good as the first; `note` says what the
    signs mean. HTML alone draws it: a table beside it has the same values.
    """

    x: str
    y: str
    better: str
    dots: tuple[Dot, ...]
    limit: float | None
    tie: tuple[float, float] | None
    note: str


class Folded(NamedTuple):
    """Blocks that HTML hides until their `summary` is opened; no other format has them."""

    summary: str
    blocks: tuple[Any, ...]


class Filled(NamedTuple):
    """A macro of `report.html` with its values, all of them text; no other format has it."""

    macro: str
    values: Mapping[str, Any]


Block = Headline | Heading | Text | Notes | Items | Table | Pairs | Code
Shared = Block | Scatter | Folded | Filled
"""The blocks that a page of HTML may hold."""
Page = list[Block]


def shown(value: Any, instead: dict[int, Any], *, lines: bool = False) -> Any:
    """Return a block, or a part of one, with hidden characters of its text made visible.

    `instead` maps code points to other text. Paragraphs and code keep their line breaks; elsewhere
    these are made visible too, so that a name cannot begin a line.
    """
    if isinstance(value, str):
        text = visible_lines(value) if lines else visible(value)
        return text.translate(instead) if instead else text
    if isinstance(value, tuple):
        lines = isinstance(value, (Text, Code))
        parts = [shown(part, instead, lines=lines) for part in value]
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    return value
