"""A map of decisions as an SVG picture: self-contained, readable at the width of a page.

Questions and answers are an outline from top to bottom; each path ends at the right in its
family, how common it is, and an arrow to what to try next.
"""

from __future__ import annotations

import textwrap
from html import escape
from typing import NamedTuple

from advisor.audit.decision_map import (
    DecisionMap,
    answer_name,
    extent,
    options_text,
    rest_of,
    title,
    try_next,
)
from advisor.audit.family_colours import colour_of, tint_of
from advisor.interview.policy import Leaf, Policy
from advisor.phrasing import share

MARGIN = 32
STEP = 34
"""How far a question stands to the right of the one before it."""
LINE = 19
PADDING = 9
ENDS = 576
"""Where the answers stand, in pixels from the left."""
PILL = 208
NEXT = ENDS + PILL + 70
WIDTH = NEXT + PILL + MARGIN
BAR = 3
WIDE = 6.9
"""So many pixels the average character of the text takes, at 14 pixels."""

BOLD = 1.2
"""So much wider is bold text."""

STYLE = """\
text { font-family: system-ui, -apple-system, "Segoe UI", "DejaVu Sans", Helvetica, Arial,
  sans-serif; font-size: 14px; fill: #1f2328; }
.title { font-size: 22px; font-weight: 600; }
.quiet { fill: #59636e; font-size: 12.5px; }
.ask { font-weight: 600; }
.end { fill: #ffffff; font-weight: 600; font-size: 13px; }
.line { stroke: #afb8c1; stroke-width: 1.5; fill: none; }
.leader { stroke: #d0d7de; stroke-width: 1.5; stroke-dasharray: 1 5; stroke-linecap: round; }
.next { stroke: #59636e; stroke-width: 1.5; stroke-dasharray: 5 4; fill: none; }"""


TIP = """\
<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7"
  orient="auto"><path d="M0,0 L8,4 L0,8 Z" fill="#59636e"/></marker></defs>"""


class _Cursor(NamedTuple):
    """Where the next thing is drawn."""

    x: float
    y: float


def svg(map: DecisionMap) -> str:
    """Return the picture as one SVG document."""
    drawing = _Drawing(map)
    bottom = drawing.node(map.tree, _Cursor(MARGIN, 118))
    height = bottom + 46
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:g}" '
        f'width="{WIDTH}" height="{height:g}" role="img" aria-labelledby="title">',
        f'<title id="title">{escape(title(map))}</title>',
        f"<style>{STYLE}</style>",
        TIP,
        f'<rect width="{WIDTH}" height="{height:g}" rx="10" fill="#ffffff"/>',
        _text(MARGIN, 46, title(map), "title"),
        _text(MARGIN, 70, extent(map), "quiet"),
        _text(ENDS, 100, "leads to", "quiet"),
        _text(NEXT, 100, "if it disappoints, try next", "quiet"),
    ]
    tail = [_text(MARGIN, height - 20, "advisor rules graph", "quiet"), "</svg>"]
    return "\n".join([*head, *drawing.parts, *tail]) + "\n"


class _Drawing:
    """Draws from top to bottom; `parts` are the elements so far."""

    def __init__(self, map: DecisionMap) -> None:
        self.map = map
        self.parts: list[str] = []

    def node(self, node: Policy, at: _Cursor) -> float:
        """Draw a question with all below it, or an end; return where it stops."""
        if isinstance(node, Leaf):
            return self.end(node, at)
        question = self.map.rulebase.question(node.question)
        lines = _wrapped(question.ask, (ENDS - at.x - 30) / BOLD)
        height = len(lines) * LINE + 2 * PADDING
        longest = max(_width(line) * BOLD for line in lines) + 8
        self.parts.append(
            f'<rect x="{at.x:g}" y="{at.y:g}" width="{longest + 2 * PADDING + 4:g}" '
            f'height="{height:g}" rx="8" fill="#f6f8fa" stroke="#d0d7de"/>'
        )
        self.lines(lines, at.x + PADDING + 2, at.y + PADDING, "ask")
        spine = at.x + 16
        top = y = at.y + height
        rest = rest_of(node)
        joint = top
        for arm in node.arms:
            y += 12
            joint = y + LINE / 2
            self.branch(spine, joint, at.x + STEP)
            y = self.arm(options_text(question, arm), arm.then, _Cursor(at.x + STEP + 6, y))
        if rest:
            y += 12
            joint = y + LINE / 2
            self.branch(spine, joint, at.x + STEP)
            text = f"other answers: {share(rest, self.map.profiles)} of profiles"
            self.parts.append(_text(at.x + STEP + 6, y + 14, text, "quiet"))
            y += LINE
        self.parts.append(f'<path class="line" d="M{spine:g},{top:g} V{joint - 8:g}"/>')
        return y

    def arm(self, options: str, then: Policy, at: _Cursor) -> float:
        """Draw the options of an arm and what follows; return where it stops."""
        lines = _wrapped(options, ENDS - at.x - 44)
        self.lines(lines, at.x, at.y, "")
        below = at.y + len(lines) * LINE
        if not isinstance(then, Leaf):
            return self.node(then, _Cursor(at.x, below + 6))
        start = at.x + _width(lines[0]) + 10
        middle = at.y + LINE / 2
        if start < ENDS - 12:
            self.parts.append(f'<path class="leader" d="M{start:g},{middle:g} H{ENDS - 8:g}"/>')
        return max(below, self.end(then, at))

    def end(self, leaf: Leaf, at: _Cursor) -> float:
        """Draw an answer, how common it is, and what to try next."""
        map = self.map
        colour = colour_of(leaf.answer, map.rulebase)
        y = at.y - 4
        part = leaf.profiles / max(path.leaf.profiles for path in map.paths)
        self.parts += [
            f'<rect x="{ENDS}" y="{y:g}" width="{PILL}" height="28" rx="14" fill="{colour}"/>',
            _text(ENDS + PILL / 2, y + 19, answer_name(leaf), "end", "middle"),
            f'<rect x="{ENDS + 14}" y="{y + 33:g}" width="{PILL - 76}" height="{BAR}" rx="1.5" '
            'fill="#eaeef2"/>',
            f'<rect x="{ENDS + 14}" y="{y + 33:g}" width="{max((PILL - 76) * part, 2):.1f}" '
            f'height="{BAR}" rx="1.5" fill="{colour}"/>',
            _text(ENDS + PILL - 8, y + 39, share(leaf.profiles, map.profiles), "quiet", "end"),
        ]
        if after := try_next(leaf, map.rulebase):
            self.after(*after, y)
        return y + 44

    def after(self, family: str, reason: str, y: float) -> None:
        """Draw the arrow to what to try next, and its reason."""
        rulebase = self.map.rulebase
        middle = y + 14
        self.parts += [
            f'<path class="next" marker-end="url(#tip)" d="M{ENDS + PILL + 4},{middle:g} '
            f'H{NEXT - 6}"/>',
            f'<rect x="{NEXT}" y="{y:g}" width="{PILL}" height="28" rx="14" '
            f'fill="{tint_of(family, rulebase)}" stroke="{colour_of(family, rulebase)}"/>',
            _text(NEXT + PILL / 2, y + 19, family, "", "middle"),
            _text(NEXT + PILL / 2, y + 42, reason, "quiet", "middle"),
        ]

    def branch(self, spine: float, y: float, to: float) -> None:
        """Draw the bend from the spine of a question to one of its arms."""
        self.parts.append(
            f'<path class="line" d="M{spine:g},{y - 8:g} Q{spine:g},{y:g} {spine + 8:g},{y:g} '
            f'H{to:g}"/>'
        )

    def lines(self, lines: list[str], x: float, y: float, kind: str) -> None:
        """Draw lines of text, the first one below `y`."""
        for place, line in enumerate(lines):
            self.parts.append(_text(x, y + 14 + place * LINE, line, kind))


def _text(x: float, y: float, text: str, kind: str, anchor: str = "") -> str:
    kind = f' class="{kind}"' if kind else ""
    anchor = f' text-anchor="{anchor}"' if anchor else ""
    return f'<text x="{x:g}" y="{y:g}"{kind}{anchor}>{escape(text)}</text>'


def _wrapped(text: str, room: float) -> list[str]:
    return textwrap.wrap(text, max(int(room / WIDE), 16), break_on_hyphens=False)


def _width(text: str) -> float:
    return len(text) * WIDE
