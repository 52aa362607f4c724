"""Comments that tell the check to be silent: `# advisor: ignore[rule-id] reason`."""

from __future__ import annotations

import ast
import bisect
import re
from collections.abc import Iterator

from advisor.scan.source import Parsed
from advisor.scan.usage import Ignore

MARK = b"advisor:"
_COMMENT = re.compile(
    r"#\s*advisor:\s*ignore\b(?:\[(?P<rules>[\w\s,.-]*)\])?[ \t]*(?P<reason>(?:(?!\s#\s)[^\n])*)"
)
_STRING = re.compile(
    r"(?s)('''|\"\"\").*?(?:\1|\Z)|'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\"|(?P<comment>#[^\n]*)"
)


def ignores_in_python(parsed: Parsed) -> list[Ignore]:
    """Return the comments of a Python file or notebook, each with the statement it covers."""
    text = "\n".join(parsed.lines)
    starts = [0, *(line_feed.end() for line_feed in re.finditer("\n", text))]
    comments = []
    for comment in _STRING.finditer(text):
        if match := _COMMENT.match(comment["comment"] or ""):
            line = bisect.bisect_right(starts, comment.start())
            comments.append((line, comment.start() - starts[line - 1], match))
    return _ignores(parsed, comments, sorted(_spans(parsed.tree)))


def ignores_in_text(text: str, name: str) -> list[Ignore]:
    """Return the comments of a YAML or TOML file: each covers its line, or the next one."""
    lines = text.split("\n")
    matches = ((number, _COMMENT.search(line)) for number, line in enumerate(lines, 1))
    comments = [(number, match.start(), match) for number, match in matches if match]
    spans = [(n, n) for n, line in enumerate(lines, 1) if line.strip() and line.lstrip()[0] != "#"]
    return _ignores(Parsed(name, ast.Module([], []), lines), comments, spans)


def _ignores(
    parsed: Parsed, comments: list[tuple[int, int, re.Match[str]]], spans: list[tuple[int, int]]
) -> list[Ignore]:
    """Read comments, each given with its line and the characters before it."""
    ignores = []
    for line, column, match in comments:
        place = parsed.between((line, column), (line, column + len(match[0].rstrip())))
        rules = tuple(rule.strip() for rule in (match["rules"] or "").split(",") if rule.strip())
        covered = _covered(spans, line, alone=not parsed.lines[line - 1][:column].strip())
        first, last = (parsed.spot(number, 0).line for number in covered)
        ignores.append(Ignore(place, rules, match["reason"].strip(), first, last))
    return ignores


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
