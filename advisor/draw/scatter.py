"""Points as a picture in SVG: memory or time to the right, the better value above.

The picture has no style of its own: `page.css` gives it the colors of the page. It stays readable
from 300 to 700 pixels wide.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from math import ceil, floor, hypot, log2, log10
from typing import NamedTuple

from advisor.draw.blocks import Dot, Scatter

WIDTH, HEIGHT = 420, 270
LEFT, RIGHT, TOP, BOTTOM = 46, 408, 30, 226
BADGE = 9
"""The radius of a badge with the number of a point."""
TURNS = ((1, 0), (0, -1), (-1, 0), (0, 1), (0.7, -0.7), (-0.7, -0.7), (-0.7, 0.7), (0.7, 0.7))
REACHES = 15, 26, 38, 52
"""Directions from its point in which a badge may be, and distances; the first choice first."""


class _Axis(NamedTuple):
    """Maps a value to a coordinate: `low` to `start`, `high` to `end`, linear or by logarithm."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def at(self, value: float) -> float:
        """Return the coordinate of a value."""
        low, high = self.low, self.high
        if self.log:
            low, high, value = log2(low), log2(high), log2(value)
        return self.start + (self.end - self.start) * (value - low) / (high - low)


def scatter(picture: Scatter) -> str:
    """Return a picture as an HTML figure with its note as caption. One `y` at least is needed."""
    values = [dot.x for dot in picture.dots] + ([picture.limit] if picture.limit else [])
    along = _Axis(min(values) / 1.5, max(values) * 1.5, LEFT, RIGHT, log=True)
    heights = [dot.y for dot in picture.dots if dot.y is not None]
    strip = len(heights) < len(picture.dots)
    least, most = min(heights), max(heights)
    spare = 0.1 * (most - least) or abs(most) * 0.05 or 1
    ends = (least - spare, most + spare)
    low, high = ends if picture.better == "higher" else ends[::-1]
    up = _Axis(low, high, BOTTOM - 26 * strip, TOP)
    points = [
        (along.at(dot.x), BOTTOM - 8 if dot.y is None else up.at(dot.y)) for dot in picture.dots
    ]
    drawn = "".join(
        [
            *_ground(picture, along, up, strip=strip),
            *(_point(dot, x, y) for dot, (x, y) in zip(picture.dots, points, strict=True)),
            *_badges(picture.dots, points),
        ]
    )
    named = (
        f"{dot.label}: {dot.name}, {'no result' if dot.y is None else f'{dot.y:g}'}, {dot.x:.3g}"
        for dot in picture.dots
        if dot.label
    )
    label = f"{picture.y} against {picture.x}. {'. '.join(named)}."
    return (
        f'<figure class="scatter"><svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(label)}">{drawn}</svg>'
        f"<figcaption>{escape(picture.note)}</figcaption></figure>"
    )


def _ticks(axis: _Axis) -> Iterator[float]:
    """Yield at most seven round values of an axis; powers of two if it is logarithmic."""
    low, high = sorted((axis.low, axis.high))
    if axis.log:
        step = ceil((log2(high) - log2(low)) / 6)
        yield from (2.0**power for power in range(ceil(log2(low)), floor(log2(high)) + 1, step))
        return
    rough = (high - low) / 4
    tens = 10 ** floor(log10(rough))
    step = next(tens * part for part in (1, 2, 2.5, 5, 10) if tens * part >= rough)
    yield from (step * n for n in range(ceil(low / step), floor(high / step) + 1))


def _ground(picture: Scatter, along: _Axis, up: _Axis, *, strip: bool) -> Iterator[str]:
    """Yield the background: the band of ties, ticks with values, axis, names, and the limit."""
    if picture.tie:
        ends = [min(max(up.at(end), TOP), up.start) for end in picture.tie]
        yield _line(
            "rect", "tie", x=LEFT, y=min(ends), width=RIGHT - LEFT, height=abs(ends[1] - ends[0])
        )
    for value in _ticks(up):
        yield _line("line", "grid", x1=LEFT, x2=RIGHT, y1=up.at(value), y2=up.at(value))
        yield _text(f"{value:.6g}", LEFT - 6, up.at(value) + 4, "end")
    for value in _ticks(along):
        yield _text(f"{value:.3g}", along.at(value), BOTTOM + 16, "middle")
    yield _line("line", "axis", x1=LEFT, x2=RIGHT, y1=BOTTOM, y2=BOTTOM)
    if strip:
        yield _line("line", "strip", x1=LEFT, x2=RIGHT, y1=BOTTOM - 22, y2=BOTTOM - 22)
        yield _text("none", LEFT - 6, BOTTOM - 4, "end")
    yield _text(f"{picture.y}, {picture.better} is better", 4, 14, "start", "title")
    yield _text(picture.x, (LEFT + RIGHT) / 2, HEIGHT - 8, "middle")
    if picture.limit:
        x = along.at(picture.limit)
        yield _line("line", "limit", x1=x, x2=x, y1=TOP, y2=BOTTOM)


def _point(dot: Dot, x: float, y: float) -> str:
    kind = f"{'named' if dot.label else 'other'}{' beyond' if dot.behind else ''}"
    behind = f": {escape(dot.behind)}" if dot.behind else ""
    shape = _line("circle", kind, cx=x, cy=y, r=4 if dot.label else 3)
    return shape.replace("/>", f"><title>{escape(dot.name)}{behind}</title></circle>")


def _badges(dots: Sequence[Dot], points: Sequence[tuple[float, float]]) -> Iterator[str]:
    """Yield the number of each labeled point, beside it where it hides no point or number."""
    taken = [(*at, 4.0) for at in points]
    for dot, (x, y) in zip(dots, points, strict=True):
        if not dot.label:
            continue
        places = [(x + reach * a, y + reach * b) for reach in REACHES for a, b in TURNS]
        inside = [
            (a, b)
            for a, b in places
            if LEFT + BADGE < a < RIGHT - BADGE and TOP - 4 < b < BOTTOM - 9
        ]
        free = (
            at for at in inside if all(hypot(at[0] - a, at[1] - b) > BADGE + r for a, b, r in taken)
        )
        a, b = next(free, inside[0])
        taken.append((a, b, float(BADGE)))
        yield _line("line", "lead", x1=x, y1=y, x2=a, y2=b)
        yield _line("circle", "badge", cx=a, cy=b, r=BADGE)
        yield _text(dot.label, a, b + 4, "middle", "number")


def _text(words: str, x: float, y: float, anchor: str, kind: str = "") -> str:
    at = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text class="{kind}" {at}>{escape(words)}</text>'


def _line(name: str, kind: str, **numbers: float) -> str:
    """Return an element whose attributes are numbers."""
    given = " ".join(f'{key}="{number:.1f}"' for key, number in numbers.items())
    return f'<{name} class="{kind}" {given}/>'
