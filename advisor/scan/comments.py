"""Comments that tell the check to be silent: `# advisor: ignore[rule-id] reason`."""

from __future__ import annotations

import ast
import bisect
import re
from collections.abc import Iterator

from advisor.scan.source import Parsed
from advisor.scan.usage import Ignore, Location

MARK = b"advisor:"
_COMMENT = re.compile(
    r"#\s*advisor:\s*ignore\b(?:\[(?P<rules>[\w\s,.-]*)\])?[ \t]*(?P<reason>(?:(?!\s#\s)[^\n])*)"
)
_STRING = re.compile(
    r"(?s)('''|\"\"\").*?(?:\1|\Z)|'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\"|(?P<comment>#[^\n]*)"
)


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


def _covered(spans: list[tuple[int, int]], line: int, *, alone: bool) -> tuple[int, int]:
    """The lines of the statement around a line, or of the one below a comment that stands alone."""
    below = bisect.bisect_right(spans, line, key=lambda span: span[0])
    if below and spans[below - 1][1] >= line:
        return spans[below - 1]
    return spans[below] if alone and below < len(spans) else (line, line)


def _spans(tree: ast.Module) -> Iterator[tuple[int, int]]:
    """The lines of each statement; of one with a body, those of its head."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.stmt):
            continue
        first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
        last = node.end_lineno or node.lineno
        if body := getattr(node, "body", None) or getattr(node, "cases", None):
            last = max(node.lineno, getattr(body[0], "lineno", node.lineno + 1) - 1)
        yield first, last
