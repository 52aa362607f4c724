"""A map of decisions as a Mermaid flowchart and as an SVG image that stands alone.

Mermaid is drawn by GitHub and most wikis. In the SVG, questions and answers are an outline from
top to bottom; each path ends at the right in its family, how common it is, and what to try next.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator
from html import escape
from itertools import count, cycle

from advisor.audit.decision_map import ANSWER, REST, DecisionMap, Node, table
from advisor.draw.blocks import Code, Heading, Text
from advisor.draw.html import body, document
from advisor.draw.markdown import markdown
from advisor.model import NONE

COLOURS = (
    ("#0a58b8", "#ddf0ff"),
    ("#7a3ec8", "#f3eafd"),
    ("#17703a", "#e0f6e6"),
    ("#9a4a00", "#fdeedd"),
    ("#a8215f", "#fde8f1"),
    ("#00696e", "#ddf5f5"),
)
"""A colour for each family, dark enough for white text on it, with a light tint of the same."""
GREY = ("#59636e", "#eff1f3")


def drawings(map: DecisionMap) -> dict[str, Callable[[], str]]:
    """Return the formats in which a map is drawn in a way of its own."""
    return {
        "mermaid": lambda: mermaid(map),
        "svg": lambda: svg(map),
        "markdown": lambda: as_markdown(map),
        "html": lambda: _html(map),
    }


def _html(map: DecisionMap) -> str:
    """Return the image, and below it its paths as a table: the one is wide, the other is not."""
    image = f'<div class="scroll" tabindex="0">{svg(map)}</div>'
    return document(map.title, f"{image}\n{body([table(map)])}")


def _colours(map: DecisionMap) -> dict[str, tuple[str, str]]:
    """Return colour and tint of each family by its place among the families, and of none."""
    families = zip(map.rulebase.families, cycle(COLOURS), strict=False)
    return {**{family.id: colours for family, colours in families}, NONE: GREY, "": GREY}


# -- Mermaid -----------------------------------------------------------------------------------

ESCAPES = str.maketrans({"&": "&amp;", '"': "&quot;", "<": "&lt;"})
LABEL = 30
"""Labels of the flowchart break after about so many characters."""


def mermaid(map: DecisionMap) -> str:
    """Return the flowchart, from left to right."""
    families = {family.id: f"family{place}" for place, family in enumerate(map.rulebase.families)}
    classes = {**families, NONE: "none"}
    lines = [
        "flowchart LR",
        *_flow(map.root, "start", {**classes, "": "none"}, count(1)),
        "  classDef question fill:#f6f8fa,stroke:#8c959f,color:#1f2328",
        "  classDef rest fill:#ffffff,stroke:#d0d7de,color:#59636e,stroke-dasharray:3 3",
    ]
    for family, name in classes.items():
        colour, tint = _colours(map)[family]
        lines += [
            f"  classDef {name} fill:{colour},stroke:{colour},color:#ffffff",
            f"  classDef {name}next fill:{tint},stroke:{colour},color:#1f2328",
        ]
    return "\n".join(lines) + "\n"


def as_markdown(map: DecisionMap) -> str:
    """Return a Markdown page with the flowchart, and the same paths as a table."""
    flowchart = Code(mermaid(map).rstrip(), "mermaid")
    return markdown([Heading(map.title), Text(map.extent), flowchart, table(map)])


def _flow(node: Node, name: str, classes: dict[str, str], numbers: count[int]) -> Iterator[str]:
    if node.kind == ANSWER:
        yield f'  {name}(["{_label(node.text)}<br/>{node.share}"]):::{classes[node.family]}'
        if node.second:
            family, reason = node.second
            then = f"n{next(numbers)}"
            yield f'  {name} -.->|"try next"| {then}(["{_label(family)}<br/>{_label(reason)}"])'
            yield f"  class {then} {classes[family]}next"
        return
    yield f'  {name}["{_label(node.text)}"]:::question'
    for arm in node.arms:
        then = f"n{next(numbers)}"
        if arm.kind == REST:
            yield f'  {name} --> {then}["{arm.text}<br/>{arm.share}"]:::rest'
        else:
            yield f'  {name} -->|"{_label(arm.options)}"| {then}'
            yield from _flow(arm, then, classes, numbers)


def _label(text: str) -> str:
    """Return text as Mermaid takes it inside quotes, broken into lines."""
    lines = textwrap.wrap(text, LABEL, break_on_hyphens=False)
    return "<br/>".join(line.translate(ESCAPES) for line in lines)


# -- SVG ---------------------------------------------------------------------------------------

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


def svg(map: DecisionMap) -> str:
    """Return the image as one SVG document."""
    outline = _Outline(_colours(map), max(path.leaf.profiles for path in map.paths))
    height = outline.draw(map.root, MARGIN, 118) + 46
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:g}" '
        f'width="{WIDTH}" height="{height:g}" role="img" aria-labelledby="title">',
        f'<title id="title">{escape(map.title)}</title>',
        f"<style>{STYLE}</style>",
        TIP,
        f'<rect width="{WIDTH}" height="{height:g}" rx="10" fill="#ffffff"/>',
        _text(MARGIN, 46, map.title, "title"),
        _text(MARGIN, 70, map.extent, "quiet"),
        _text(ENDS, 100, "leads to", "quiet"),
        _text(NEXT, 100, "if it disappoints, try next", "quiet"),
    ]
    tail = [_text(MARGIN, height - 20, "advisor rules graph", "quiet"), "</svg>"]
    return "\n".join([*head, *outline.parts, *tail]) + "\n"


class _Outline:
    """Draws from top to bottom; `parts` are the elements so far, `most` the profiles of a bar."""

    def __init__(self, colours: dict[str, tuple[str, str]], most: int) -> None:
        self.colours = colours
        self.most = most
        self.parts: list[str] = []

    def draw(self, node: Node, x: float, y: float) -> float:
        """Draw a question with all below it, or an answer; return where it stops."""
        if node.kind == ANSWER:
            return self.answer(node, y)
        lines = _wrapped(node.text, (ENDS - x - 30) / BOLD)
        width = max(_width(line) for line in lines) * BOLD + 12 + 2 * PADDING
        height = len(lines) * LINE + 2 * PADDING
        self.parts.append(_rect(x, y, width, height, 'rx="8" fill="#f6f8fa" stroke="#d0d7de"'))
        self.lines(lines, x + PADDING + 2, y + PADDING, "ask")
        spine, right = x + 16, x + STEP
        top = joint = y = y + height
        for arm in node.arms:
            y += 12
            joint = y + LINE / 2
            bend = f"M{spine:g},{joint - 8:g} Q{spine:g},{joint:g} {spine + 8:g},{joint:g}"
            self.parts.append(f'<path class="line" d="{bend} H{right:g}"/>')
            y = self.arm(arm, right + 6, y)
        self.parts.append(f'<path class="line" d="M{spine:g},{top:g} V{joint - 8:g}"/>')
        return y

    def arm(self, node: Node, x: float, y: float) -> float:
        """Draw the options of an arm and what follows; return where it stops."""
        if node.kind == REST:
            self.lines([f"{node.text}: {node.share} of profiles"], x, y, "quiet")
            return y + LINE
        lines = _wrapped(node.options, ENDS - x - 44)
        self.lines(lines, x, y, "")
        below = y + len(lines) * LINE
        if node.kind != ANSWER:
            return self.draw(node, x, below + 6)
        if (start := x + _width(lines[0]) + 10) < ENDS - 12:
            leader = f"M{start:g},{y + LINE / 2:g} H{ENDS - 8}"
            self.parts.append(f'<path class="leader" d="{leader}"/>')
        return max(below, self.answer(node, y))

    def answer(self, node: Node, y: float) -> float:
        """Draw an answer, how common it is, and what to try next; return where it stops."""
        colour, _ = self.colours[node.family]
        y -= 4
        bar = PILL - 76
        filled = round(max(bar * node.profiles / self.most, 2), 1)
        self.parts += [
            _rect(ENDS, y, PILL, 28, f'rx="14" fill="{colour}"'),
            _text(ENDS + PILL / 2, y + 19, node.text, "end", "middle"),
            _rect(ENDS + 14, y + 33, bar, BAR, 'rx="1.5" fill="#eaeef2"'),
            _rect(ENDS + 14, y + 33, filled, BAR, f'rx="1.5" fill="{colour}"'),
            _text(ENDS + PILL - 8, y + 39, node.share, "quiet", "end"),
        ]
        if node.second:
            family, reason = node.second
            colour, tint = self.colours[family]
            arrow = f"M{ENDS + PILL + 4},{y + 14:g} H{NEXT - 6}"
            self.parts += [
                f'<path class="next" marker-end="url(#tip)" d="{arrow}"/>',
                _rect(NEXT, y, PILL, 28, f'rx="14" fill="{tint}" stroke="{colour}"'),
                _text(NEXT + PILL / 2, y + 19, family, "", "middle"),
                _text(NEXT + PILL / 2, y + 42, reason, "quiet", "middle"),
            ]
        return y + 44

    def lines(self, lines: list[str], x: float, y: float, kind: str) -> None:
        """Draw lines of text, the first one below `y`."""
        for place, line in enumerate(lines):
            self.parts.append(_text(x, y + 14 + place * LINE, line, kind))


def _rect(x: float, y: float, width: float, height: float, style: str) -> str:
    return f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" {style}/>'


def _text(x: float, y: float, text: str, kind: str, anchor: str = "") -> str:
    kind = f' class="{kind}"' if kind else ""
    anchor = f' text-anchor="{anchor}"' if anchor else ""
    return f'<text x="{x:g}" y="{y:g}"{kind}{anchor}>{escape(text)}</text>'


def _wrapped(text: str, room: float) -> list[str]:
    return textwrap.wrap(text, max(int(room / WIDE), 16), break_on_hyphens=False)


def _width(text: str) -> float:
    return len(text) * WIDE
