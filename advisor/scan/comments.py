"""Comments that tell the check to be silent: `# advisor: ignore[rule-id] reason`."""

from __future__ import annotations

import ast
import bisect
import re
from collections.abc import Iterator
from typing import NamedTuple

from advisor.scan.source import Parsed
from advisor.scan.usage import Ignore, Location

MARK = b"advisor:"
_COMMENT = re.compile(
    r"#\s*advisor:\s*ignore\b(?:\[(?P<rules>[\w\s,.-]*)\])?[ \t]*(?P<reason>(?:(?!\s#\s)[^\n])*)"
)
_STRING = re.compile(
    r"(?s)('''|\"\"\").*?(?:\1|\Z)|'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\"|(?P<comment>#[^\n]*)"
)


class _Span(NamedTuple):
    first: int
    last: int


def ignores_in_python(parsed: Parsed) -> list[Ignore]:
    """Return the comments of a Python file or notebook, each with the statement it covers."""
    lines = parsed.lines.text
    text = "\n".join(lines)
    starts = [0, *(line_feed.end() for line_feed in re.finditer("\n", text))]
    spans = sorted(_spans(parsed.tree))
    ignores = []
    for comment in _STRING.finditer(text):
        if comment["comment"] is None or (match := _COMMENT.match(comment["comment"])) is None:
            continue
        line = bisect.bisect_right(starts, comment.start())
        column = comment.start() - starts[line - 1]
        end = column + len(match[0].rstrip())
        span = _covered(spans, line, alone=not lines[line - 1][:column].strip())
        first, last = (parsed.lines.spot(number, 0).line for number in span)
        ignores.append(_ignore(parsed.between((line, column), (line, end)), match, first, last))
    return ignores


def ignores_in_text(text: str, name: str) -> list[Ignore]:
    """Return the comments of a YAML or TOML file: each covers its line, or the next one."""
    lines = text.split("\n")
    ignores = []
    for number, line in enumerate(lines, 1):
        match = _COMMENT.search(line)
        if match is None:
            continue
        covered = number
        if not line[: match.start()].strip():
            following = (at for at in range(number, len(lines)) if lines[at].strip())
            covered = next((at + 1 for at in following if lines[at].lstrip()[0] != "#"), number)
        end = match.start() + len(match[0].rstrip()) + 1
        place = Location(name, number, match.start() + 1, number, end)
        ignores.append(_ignore(place, match, covered, covered))
    return ignores


def _ignore(place: Location, match: re.Match[str], first: int, last: int) -> Ignore:
    rules = tuple(rule.strip() for rule in (match["rules"] or "").split(",") if rule.strip())
    return Ignore(place, rules, match["reason"].strip(), first, last)


def _covered(spans: list[_Span], line: int, *, alone: bool) -> _Span:
    around = [span for span in spans if span.first <= line <= span.last]
    if around:
        return max(around)
    if alone:
        return next((span for span in spans if span.first > line), _Span(line, line))
    return _Span(line, line)


def _spans(tree: ast.Module) -> Iterator[_Span]:
    """The lines of each statement; of one with a body, those of its head."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.stmt):
            continue
        body = getattr(node, "body", None) or getattr(node, "cases", None)
        first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
        last = node.end_lineno or node.lineno
        if body:
            inner = body[0]
            start = getattr(inner, "lineno", node.lineno + 1)
            last = max(node.lineno, start - 1)
        yield _Span(first, last)
