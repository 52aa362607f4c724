"""Text laid out in a width of columns: tables, cut lines, and commands that go on below.

Words are never broken, so that an id, a path or an address can be copied.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import ceil

from advisor.draw import blocks as b

WIDTH = 100
USUAL_WIDTH = 80
USUAL_LINES = 24
TONES = {"plain": "", "quiet": "dim", "good": "green", "bad": "red", "warn": "yellow"}
MARKS = {"+": "green", "-": "red", "!": "yellow", ">": "cyan", "": "dim"}
SIGNS = {"": "·", ">": "→"}
SHOWN_SOURCES = 2
EIGHTHS = " ▏▎▍▌▋▊▉"
ASCII = str.maketrans("●○×→├└│─·—“”’█", '*ox>|`|-,-""\'#') | dict.fromkeys(map(ord, EIGHTHS), " ")
ASCII |= {ord("…"): "...", ord("≤"): "<="}
GAP = 2
BAR = 8
"""Width of the longest bar, in columns."""
LEAST = 8
"""Least width of a table's first column if its long cells are on lines of their own."""
LABEL = 8
"""Least width of the labels of notes, so that blocks of notes are aligned."""
SHORT = 10
"""Cells of at most this many characters are not broken into lines."""
_WORDS = re.compile(r"--[a-z-]+ \S+|[\d.]+ GB\S*|\S+")
_BLANKS_AND_WORD = re.compile(r"(\s*)(--[a-z-]+ \S+|\S+)")
_SENTENCE_END = re.compile(r"[.!?](?= |$)")
_CLAUSE_END = re.compile(r"[;,] | \(")
_SENTENCE = re.compile(r"(advisor [a-z]+ )'([^'\\]+)'( .*)?")
"""A command with a quoted sentence behind its name."""
_FLAG = re.compile(r" (?=--[a-z])")

Span = tuple[str, str]
"""Text and its style, such as `bold green`."""


def table_lines(table: b.Table, width: int) -> list[list[str]]:
    """Return the lines of the head and of each row of a table, at most `width` columns wide.

    They are wider only if words are too long for it.
    """
    rows = [table.columns, *(tuple(map(str, row)) for row in table.rows)]
    if table.bars:
        rows = _with_bars(rows, *table.bars, width)
    widths = _widths(rows, table.wide, width)
    return [_row(row, widths) for row in rows]


def _with_bars(
    rows: list[tuple[str, ...]], column: str, shares: Sequence[float], width: int
) -> list[tuple[str, ...]]:
    """Return rows with a column of bars behind `column`, if a line has room for them."""
    taken = sum(max(map(len, cells)) for cells in zip(*rows, strict=True))
    if taken + GAP * len(rows[0]) + BAR > width:
        return rows
    behind = rows[0].index(column) + 1
    drawn = [""]
    for share in shares:
        whole, eighths = divmod(round(share * BAR * len(EIGHTHS)), len(EIGHTHS))
        drawn.append("█" * whole + EIGHTHS[eighths].strip())
    return [(*row[:behind], bar, *row[behind:]) for row, bar in zip(rows, drawn, strict=True)]


def _widths(rows: Sequence[Sequence[str]], wide: int, width: int) -> list[int]:
    """Return the width of each column; `wide` is narrowed first, then the one with most spare."""
    columns = list(zip(*rows, strict=True))
    widths = [max(map(len, column)) for column in columns]
    least = [max(map(_least, column)) for column in columns]
    room = width - GAP * (len(widths) - 1)
    left = room - sum(least[1:])
    if LEAST <= left < least[0]:  # the first cell of a row may stand on a line of its own
        least[0] = left
    while sum(widths) > room:
        spare = [(widths[place] - least[place], place) for place in range(len(widths))]
        if 0 <= wide < len(widths) and widths[wide] > least[wide]:
            place = wide
        else:
            most, place = max(spare)
            if most <= 0:
                break
        widths[place] = max(least[place], widths[place] - (sum(widths) - room))
    return widths


def _least(cell: str) -> int:
    """Return the least width of a cell: that of its longest word, or of all of a short cell."""
    return len(cell) if len(cell) <= SHORT else max(map(len, cell.split()), default=0)


def _row(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    """Return the lines of a row; if the first cell is too wide, the others follow below it."""
    cells = [wrapped(cell, size) for cell, size in zip(row, widths, strict=True)]
    lines = []
    if any(len(line) > widths[0] for line in cells[0]) and len(cells) > 1:
        lines, cells[0] = list(cells[0]), [""]
    for place in range(max(map(len, cells))):
        parts = [cell[place] if place < len(cell) else "" for cell in cells]
        padded = (part.ljust(size) for part, size in zip(parts, widths, strict=True))
        lines.append((" " * GAP).join(padded).rstrip())
    return lines


def wrapped(text: str, width: int) -> list[str]:
    """Return text in lines of at most `width`, broken at blanks only; at least one line.

    A flag and its value stay together.
    """
    return segments(_WORDS.findall(text) or [""], " ", width)


def cut_lines(text: str, width: int, most: int) -> list[str]:
    """Return the sentences of a text that fit into `most` lines; the first may take one more.

    If none fits, the lines end with the last clause that fits, or at a word and with `…`.
    """
    lines = wrapped(text, width)
    if len(lines) <= most:
        return lines
    starts = [wrapped(text[: end.end()], width) for end in _SENTENCE_END.finditer(text)]
    if whole := [start for place, start in enumerate(starts) if len(start) <= most + (place == 0)]:
        return whole[-1]
    ends = [wrapped(text[: end.start()], width) for end in _CLAUSE_END.finditer(text)]
    if clauses := [clause for clause in ends if len(clause) <= most]:
        return clauses[-1]
    last = lines[most - 1]
    while last and len(last) + 2 > width:
        last = last.rpartition(" ")[0]
    return [*lines[: most - 1], f"{last} …"]


def segments(parts: Sequence[str], between: str, width: int, indent: str = "") -> list[str]:
    """Return parts joined into as few lines as hold them whole; `indent` is that of later lines."""
    lines = [parts[0]]
    for part in parts[1:]:
        joined = f"{lines[-1]}{between}{part}"
        if len(joined) <= width:
            lines[-1] = joined
        else:
            lines.append(f"{indent}{part}")
    return lines


def command_lines(command: str, width: int) -> list[str]:
    r"""Return a command in lines of at most `width`, each but the last ending in a backslash.

    It is broken before flags, and a sentence between words, so that a shell takes the lines for
    one command; what takes a sentence takes it in parts too.
    """
    if len(command) > width and (sentence := _SENTENCE.fullmatch(command)):
        verb, text, rest = sentence.groups()
        *parts, last = wrapped(text, width - len(verb) - len("'' \\"))
        heads = [verb, *["  "] * len(parts)]
        begun = [f"{head}'{part}' \\" for head, part in zip(heads, parts, strict=False)]
        return begun + _broken_at_flags(f"{heads[-1]}'{last}'{rest or ''}", width)
    return _broken_at_flags(command, width)


def _broken_at_flags(command: str, width: int) -> list[str]:
    *lines, last = segments(_FLAG.split(command), " ", width - 2, "  ")
    return [*(f"{line} \\" for line in lines), last]


def apart(before: b.Block, block: b.Block) -> bool:
    """True if an empty line separates two blocks."""
    if isinstance(block, b.Notes):
        return not isinstance(before, (b.Headline, b.Notes))
    return isinstance(block, (b.Heading, b.Headline)) or isinstance(before, b.Notes)


def height(page: b.Page, width: int) -> int:
    """Return how many lines of a terminal a page takes; one that is too wide takes several."""
    lines = sum(apart(before, block) for before, block in pairwise(page))
    for block in page:
        drawn = "".join(text for text, _ in spans(block, width)).split("\n")
        lines += sum(max(ceil(len(line) / width), 1) for line in drawn)
    return lines


def spans(block: b.Block, width: int) -> Iterator[Span]:
    """Yield the text of a block with its styles, laid out in a width."""
    if isinstance(block, b.Headline):
        yield from _headline(block, width)
    elif isinstance(block, b.Notes):
        yield from _notes(block, width)
    elif isinstance(block, b.Code):
        yield _code(block, width), "cyan"
    elif isinstance(block, b.Table):
        head, *rows = table_lines(block, width - 2)
        yield "\n".join(f"  {line}" for line in head), "dim"
        yield "".join(f"\n  {line}" for row in rows for line in row), ""
    elif isinstance(block, b.Heading):
        yield "\n".join(flowed(block.text, width)), "bold"
    elif isinstance(block, b.Text):
        yield "\n".join(f"  {line}" for line in flowed(block.text, width - 2)), TONES[block.tone]
    elif isinstance(block, b.Items):
        for place, item in enumerate(block.rows):
            yield "\n" if place else "", ""
            yield from _item(item, width)
    else:
        yield from _pairs(block, width)


def flowed(text: str, width: int) -> list[str]:
    """Return the lines of a text, those that are too wide broken at blanks.

    Blanks within a line stay as they are.
    """
    lines = []
    for line in text.split("\n"):
        begun = ""
        for blanks, word in _BLANKS_AND_WORD.findall(line) if len(line) > width else ():
            if begun.strip() and len(begun) + len(blanks) + len(word) > width:
                lines.append(begun)
                begun = word
            else:
                begun += blanks + word
        lines.append(begun or line)
    return lines


def _item(item: b.Item, width: int) -> Iterator[Span]:
    """Yield a list item behind its mark, then its note and sources in a quiet tone."""
    cited = item.cited(SHOWN_SOURCES)
    whole = f"{item.text}  [{cited}]" if cited else item.text
    lines = "\n    ".join(flowed(whole, width - 4))
    letters = len("".join(item.text.split()))
    text = re.match(rf"(?:\s*\S){{{letters}}}", lines)
    end = text.end() if text else 0
    yield "  ", ""
    yield SIGNS.get(item.mark, item.mark), MARKS[item.mark]
    yield f" {lines[:end]}", ""
    yield lines[end:], "dim"


def _pairs(block: b.Pairs, width: int) -> Iterator[Span]:
    most = max((len(name) for name, _ in block.rows), default=0)
    for place, (name, value) in enumerate(block.rows):
        yield "\n" if place else "", ""
        yield f"  {name:<{most}}", "dim"
        lines = flowed(value, max(LEAST, width - most - 2 * GAP))
        yield "  " + f"\n{' ' * (most + 2 * GAP)}".join(lines), ""


def _headline(block: b.Headline, width: int) -> Iterator[Span]:
    yield str(block.name), f"bold {TONES[block.tone]}".strip()
    for line in segments(block.notes, " · ", width) if block.notes else ():
        for part in wrapped(line, width):
            yield f"\n{part}", ""


def _notes(block: b.Notes, width: int) -> Iterator[Span]:
    begun, column = False, max(LABEL, *(len(note.label) for note in block.rows)) + GAP
    for note in block.rows:
        for place, line in enumerate(cut_lines(note.text, width - column, note.lines)):
            yield "\n" if begun else "", ""
            yield f"{'' if place else note.label:<{column}}", "dim"
            yield line, ""
            begun = True


def _code(block: b.Code, width: int) -> str:
    """Return code unbroken; only a console command is broken, where a shell goes on reading."""
    lines = block.text.splitlines()
    if block.language == "console":
        lines = [part for line in lines for part in command_lines(line, width - 2)]
    return "\n".join(f"  {line}" for line in lines)
