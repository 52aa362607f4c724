"""The text and syntax tree of a file, locations in it, and its `# advisor: ignore` comments."""

from __future__ import annotations

import ast
import bisect
import hashlib
import io
import math
import re
import tokenize
import unicodedata
import warnings
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple, TypeAlias

from advisor.scan.usage import FileNote, Ignore, Location

MARK = b"advisor:"
"""Begins comments that suppress findings: `# advisor: ignore[rule-id] reason`."""
_FIRST_LINES = re.compile(rb"[^\r\n]*(?:\r\n?|\n)?[^\r\n]*(?:\r\n?|\n)?")
"""The two lines in which an encoding may be declared; `tokenize` ends lines at line feeds only."""
_COMMENT = re.compile(
    r"#\s*advisor:\s*ignore\b(?:\[(?P<rules>[\w\s,.-]*)\])?[ \t]*(?P<reason>(?:(?!\s#\s)[^\n])*)"
)
_LONG_NUMBER = re.compile(r"(?i)0[box][\da-f_]{500,}")
_MOST_BITS = 2_000
_PARTS = ("body", "orelse", "finalbody", "handlers", "cases")
_HOLDERS: tuple[type[ast.AST], ...] = (ast.Module, ast.ExceptHandler, ast.match_case)
BLOCKS = {
    kind: tuple(part for part in _PARTS if part in kind._fields)
    for kind in (*_HOLDERS, *ast.stmt.__subclasses__())
}
"""The fields of a node that hold statements, handlers or cases, by its class."""
_BARE = {"arg", "asname", "attr", "conversion", "ctx", "id", "kind", "kwd_attrs", "level", "module"}
_BARE |= {"is_async", "op", "ops", "rest", "simple", "type_comment"}
_FIELDS = {
    kind: tuple(name for name in kind._fields if name not in _BARE)
    for kind in vars(ast).values()
    if isinstance(kind, type) and issubclass(kind, ast.AST)
}
"""The fields of a node that may hold other nodes, by its class."""
_STRING = re.compile(
    r"(?s)('''|\"\"\").*?(?:\1|\Z)|'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\"|(?P<comment>#[^\n]*)"
)
Placed: TypeAlias = ast.expr | ast.stmt | ast.keyword | ast.alias
"""Nodes that have a location."""


class Spot(NamedTuple):
    """Line and column of a character in a file, counted from 1, and its cell in a notebook."""

    line: int
    column: int
    cell: int | None = None
    cell_line: int | None = None


def _as_written(line: int, characters: int) -> Spot:
    return Spot(line, characters + 1)


class Parsed(NamedTuple):
    """A file as a syntax tree, with its text, whose lines end in line feeds.

    `spot(line, characters)` is the place in the file of the character behind so many in a line
    (from 1). `notes` tell what could not be parsed, and `other_language` counts the notebooks or
    cells skipped because they are not Python. `written` is the code of a notebook with its magics.
    """

    name: str
    tree: ast.Module
    text: str
    lines: list[str]
    spot: Callable[[int, int], Spot] = _as_written
    notes: tuple[FileNote, ...] = ()
    other_language: int = 0
    written: str = ""

    def location(self, node: Placed) -> Location:
        """Return the location of a node, in characters; `ast` counts columns in bytes."""
        first, last = node.lineno, node.end_lineno or node.lineno
        start, end = node.col_offset, node.end_col_offset or 0
        if not self.text.isascii():
            start, end = self._characters(first, start), self._characters(last, end)
        return self.between((first, start), (last, end))

    def between(self, start: tuple[int, int], end: tuple[int, int]) -> Location:
        """Return the location between two places, each a line and the characters before it."""
        if self.spot is _as_written:
            return Location(self.name, start[0], start[1] + 1, end[0], end[1] + 1)
        first, last = self.spot(*start), self.spot(*end)
        return Location(self.name, first.line, first.column, last.line, last.column, *first[2:])

    def _characters(self, line: int, column: int) -> int:
        text = self.lines[line - 1] if 0 < line <= len(self.lines) else ""
        return column if text.isascii() else bisect.bisect_right(_bytes_before(text), column) - 1


@lru_cache(maxsize=64)
def _bytes_before(text: str) -> list[int]:
    """The number of bytes before each character of a line, and before its end."""
    return [0, *accumulate(len(character.encode()) for character in text)]


class UnreadableError(Exception):
    """A file cannot be parsed; `note` says why."""

    def __init__(self, name: str, line: int | None, message: str) -> None:
        super().__init__(message)
        self.note = FileNote(name, line, message)


def decode_utf8(data: bytes, name: str) -> str:
    """Return the text of a file that has to be UTF-8. Raises UnreadableError."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UnreadableError(name, line, "is not UTF-8 text") from None


def parse(text: str, name: str) -> ast.Module:
    """Return the tree of a Python text. Raises UnreadableError; nothing is ever run."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except SyntaxError as error:
        reason = re.split(r"\. Did you mean| \(detected at", error.msg)[0]
        message = f"cannot be parsed: {reason[:1].lower()}{reason[1:]}"
        raise UnreadableError(name, error.lineno or 1, message) from None
    except (RecursionError, MemoryError):
        raise UnreadableError(name, None, "is nested too deeply to be parsed") from None
    except ValueError as error:
        raise UnreadableError(name, None, f"cannot be parsed: {error}") from None
    for node in descendants(tree) if _LONG_NUMBER.search(text) else ():
        match node:
            case ast.Constant(int(number)) if number.bit_length() > _MOST_BITS:
                node.value = math.inf  # Python does not write the number out
    return tree


def parse_python(data: bytes, name: str) -> Parsed:
    """Return a Python file as a tree, read in the encoding it declares (PEP 263).

    Raises UnreadableError, also if the encoding is unknown or the bytes do not follow it.
    """
    if b"\0" in data:
        line = data.count(b"\n", 0, data.index(b"\0")) + 1
        raise UnreadableError(name, line, "has a NUL byte, so it is not Python source code")
    text, _ = decode_python(data, name)
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    return Parsed(name, parse(text, name), text, text.split("\n"))


def decode_python(data: bytes, name: str) -> tuple[str, str]:
    """Return the text of a Python file, with its byte order mark, and its declared encoding.

    Raises UnreadableError if the encoding is unknown or the bytes do not follow it.
    """
    try:
        lines = _first_lines(data).replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        encoding = tokenize.detect_encoding(io.BytesIO(lines).readline)[0].removesuffix("-sig")
        return data.decode(encoding), encoding
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UnreadableError(name, line, f"is not {error.encoding} text") from None
    except (SyntaxError, LookupError, ValueError) as error:
        message = f"cannot be decoded: {getattr(error, 'msg', error)}"
        raise UnreadableError(name, 1, message) from None


def text_of(data: bytes, name: str) -> str:
    """Return the text of a Python file for a search, in the encoding that it declares.

    UTF-7 and `unicode_escape` write letters as other ASCII characters. Raises UnreadableError if
    the bytes do not follow a declared encoding.
    """
    if b"coding" in _first_lines(data):
        return decode_python(data, name)[0].removeprefix("\ufeff")
    return data.decode("utf-8", "replace").removeprefix("\ufeff")


def same_letters(text: str) -> str:
    """Return a text with full-width and similar letters as the ASCII letters Python reads."""
    return text if text.isascii() else unicodedata.normalize("NFKC", text)


def _first_lines(data: bytes) -> bytes:
    match = _FIRST_LINES.match(data)
    return match[0] if match else b""


def digest(data: bytes) -> bytes:
    """Return 16 bytes that tell whether the contents of a file are still the same."""
    return hashlib.blake2b(data, digest_size=16).digest()


def ignores_in_python(parsed: Parsed) -> list[Ignore]:
    """Return the comments of a Python file or notebook, each with the statement it covers."""
    text = parsed.text
    starts = [0, *(line_feed.end() for line_feed in re.finditer("\n", text))]
    comments = []
    for comment in _STRING.finditer(text):
        if match := _COMMENT.match(comment["comment"] or ""):
            line = bisect.bisect_right(starts, comment.start())
            comments.append((line, comment.start() - starts[line - 1], match))
    spans = []  # of each statement; of one with a body, of its head
    for node in statements(parsed.tree) if comments else ():
        first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
        last = node.end_lineno or node.lineno
        if body := getattr(node, "body", None) or getattr(node, "cases", None):
            last = max(node.lineno, getattr(body[0], "lineno", node.lineno + 1) - 1)
        spans.append((first, last))
    return _ignores(parsed, comments, sorted(spans))


def ignores_in_text(text: str, name: str) -> list[Ignore]:
    """Return the comments of a YAML or TOML file: each covers its line, or the next one."""
    lines = text.split("\n")
    matches = ((number, _COMMENT.search(line)) for number, line in enumerate(lines, 1))
    comments = [(number, match.start(), match) for number, match in matches if match]
    spans = [(n, n) for n, line in enumerate(lines, 1) if line.strip() and line.lstrip()[0] != "#"]
    return _ignores(Parsed(name, ast.Module([], []), text, lines), comments, spans)


def _ignores(
    parsed: Parsed, comments: list[tuple[int, int, re.Match[str]]], spans: list[tuple[int, int]]
) -> list[Ignore]:
    """Return comments, each given with its line, the characters before it and its match.

    Each covers the statement around it, or the one below if it has a line of its own.
    """
    ignores = []
    for line, column, match in comments:
        place = parsed.between((line, column), (line, column + len(match[0].rstrip())))
        rules = tuple(rule.strip() for rule in (match["rules"] or "").split(",") if rule.strip())
        covered, alone = (line, line), not parsed.lines[line - 1][:column].strip()
        below = bisect.bisect_right(spans, line, key=lambda span: span[0])
        if below and spans[below - 1][1] >= line:
            covered = spans[below - 1]  # the statement around it
        elif alone and below < len(spans):
            covered = spans[below]
        first, last = (parsed.spot(number, 0).line for number in covered)
        ignores.append(Ignore(place, rules, match["reason"].strip(), first, last))
    return ignores


def descendants(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield a node and all nodes below it, but for operators and contexts, in no order."""
    left: list[object] = [tree]
    while left:
        node = left.pop()
        if type(node) is list:
            left.extend(node)
        elif isinstance(node, ast.AST):
            yield node
            for name in _FIELDS[type(node)]:
                left.append(getattr(node, name, None))  # noqa: PERF401 - a list more each time


def parts(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the child nodes of a node, in order, but for operators and contexts."""
    for name in _FIELDS[type(node)]:
        part = getattr(node, name, None)
        if type(part) is list:
            yield from (child for child in part if isinstance(child, ast.AST))
        elif isinstance(part, ast.AST):
            yield part


def statements(tree: ast.AST) -> Iterator[ast.stmt]:
    """Yield every statement of a tree, those inside others too."""
    left: list[ast.AST] = [tree]
    while left:
        node = left.pop()
        if isinstance(node, ast.stmt):
            yield node
        for part in BLOCKS.get(type(node), ()):
            left.extend(getattr(node, part))
