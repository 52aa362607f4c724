"""Drawings of an evaluation as SVG and tables of HTML: quality by cost, recall curve, confusion."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import NamedTuple

from advisor.evaluate.metric_kinds import MetricKind
from advisor.evaluate.metrics.retrieval_metrics import FirstRanks
from advisor.evaluate.scores import CandidateScores, Scores
from advisor.foreign import visible_lines
from advisor.trial.runtime import library

HUES = (212, 152, 28, 268, 340, 60, 190, 100)
"""One colour for each candidate; every mark has its number besides."""
WIDE, HIGH = 420.0, 270.0
_LEFT, _RIGHT, _TOP, _FOOT = 44.0, 406.0, 12.0, 226.0
MOST_CLASSES = 20
"""A confusion matrix has so many rows at most: the classes that are mistaken most."""
LARGEST_K = 100


class _Axis(NamedTuple):
    """Values from `low` to `high` on a line from `start` to `end`."""

    low: float
    high: float
    start: float
    end: float
    logarithmic: bool = False

    def at(self, value: float) -> float:
        """Return where a value stands."""
        low, high, value = (
            map(math.log10, (self.low, self.high, value))
            if self.logarithmic
            else (self.low, self.high, value)
        )
        share = (value - low) / (high - low) if high > low else 0.5
        return self.start + min(max(share, 0), 1) * (self.end - self.start)

    def ticks(self) -> list[float]:
        """Return round values along it."""
        if self.logarithmic:
            first, last = math.floor(math.log10(self.low)), math.ceil(math.log10(self.high))
            several = [m * 10.0**p for p in range(first, last + 1) for m in (1, 2, 5)]
            return [one for one in several if self.low <= one <= self.high]
        step = _round_step((self.high - self.low) / 4)
        first = math.ceil(self.low / step - 1e-9)
        return [n * step for n in range(first, math.floor(self.high / step + 1e-9) + 1)]


def _round_step(rough: float) -> float:
    unit = 10.0 ** math.floor(math.log10(rough)) if rough > 0 else 1.0
    return next(unit * many for many in (1, 2, 5, 10) if unit * many >= rough * 0.999)


def text(value: object) -> str:
    """Return foreign text for HTML: what cannot be seen is written out."""
    return escape(visible_lines(str(value)))


def hue(number: int) -> int:
    """Return the colour of a candidate by its place."""
    return HUES[number % len(HUES)]


def milliseconds(one: CandidateScores) -> float | None:
    """Return how long a candidate takes for an image, over all that it took."""
    speed = one.timing.images_per_second
    return 1000 / speed if speed else None


def quality_by_cost(scores: Scores, kind: MetricKind) -> str:
    """Return the candidates by the metric, with intervals, and by the time for an image.

    A dashed line is the front: those which no other beats in both. Where nothing was timed,
    candidates stand side by side.
    """
    several = [one for one in scores.candidates if math.isfinite(one.metrics[kind.id].value)]
    if not several:
        return ""
    times = [milliseconds(one) for one in several]
    timed = [one for one in times if one is not None]
    across = _time_axis(timed) if len(timed) == len(several) else None
    ends = [end for one in several for end in one.metrics[kind.id].interval]
    up = _Axis(*_bounds(ends, 1.0 if kind.share and not kind.lower else math.inf), _FOOT, _TOP)
    places = [
        across.at(time or 0) if across else _LEFT + 30 + 340 * n / max(len(several), 2)
        for n, time in enumerate(times)
    ]
    said = [_grid_up(up, kind)]
    front = _front(kind, several, places, up) if across else ""
    if across:
        said += [_grid_across(across, "milliseconds an image"), front]
    said += [
        _mark(number, place, up, one, kind)
        for number, (one, place) in enumerate(zip(several, places, strict=True))
    ]
    words = "; ".join(
        f"{n}: {one.name}, {kind.written(one.metrics[kind.id].value)}"
        + (f", {time:.3g} ms" if time else "")
        for n, (one, time) in enumerate(zip(several, times, strict=True), start=1)
    )
    by = f"{kind.name} by milliseconds an image" if across else kind.name
    caption = "Bars are 95 % intervals. " + (
        "Dashed: the front, which no other beats in both quality and time." if front else ""
    )
    return _figure(f"{by}. {words}", "".join(said), several, caption)


def _figure(title: str, inner: str, several: Sequence[CandidateScores], caption: str) -> str:
    legend = "".join(
        f'<li style="--hue:{hue(n)}"><b>{n + 1}</b> {text(one.name)}</li>'
        for n, one in enumerate(several)
    )
    return (
        f'<figure><svg viewBox="0 0 {WIDE:g} {HIGH:g}" role="img" aria-label="{text(title)}">'
        f"{inner}</svg><figcaption>{escape(caption)}</figcaption>"
        f'<ul class="legend">{legend}</ul></figure>'
    )


def _bounds(values: Sequence[float], most: float) -> tuple[float, float]:
    """Return the ends of an axis that holds some values with room around, up to the `most`."""
    known = [one for one in values if math.isfinite(one)] or [0.0, 1.0]
    low, high = min(known), max(known)
    room = max((high - low) * 0.15, 0.01)
    return max(0.0, low - room) if low >= 0 else low - room, min(most, high + room)


def _time_axis(times: Sequence[float]) -> _Axis:
    low, high = min(times), max(times)
    if high / low > 8:
        return _Axis(low / 1.5, high * 1.5, _LEFT + 8, _RIGHT, logarithmic=True)
    return _Axis(0.0, high * 1.15, _LEFT + 8, _RIGHT)


def _grid_up(axis: _Axis, kind: MetricKind) -> str:
    lines = "".join(
        f'<line class="grid" x1="{_LEFT:g}" x2="{_RIGHT:g}" y1="{axis.at(v):.1f}"'
        f' y2="{axis.at(v):.1f}"/><text x="{_LEFT - 5:g}" y="{axis.at(v) + 4:.1f}"'
        f' text-anchor="end">{v:g}</text>'
        for v in _tidy(axis.ticks())
    )
    better = " (less is better)" if kind.lower else ""
    return f'{lines}<text x="{_LEFT:g}" y="{_TOP - 2:g}">{escape(kind.name)}{better}</text>'


def _grid_across(axis: _Axis, name: str) -> str:
    ticks = "".join(
        f'<line class="grid" x1="{axis.at(v):.1f}" x2="{axis.at(v):.1f}" y1="{_FOOT:g}"'
        f' y2="{_FOOT + 4:g}"/><text x="{axis.at(v):.1f}" y="{_FOOT + 17:g}"'
        f' text-anchor="middle">{v:g}</text>'
        for v in _tidy(axis.ticks())
    )
    middle = (_LEFT + _RIGHT) / 2
    return f'{ticks}<text x="{middle:g}" y="{_FOOT + 36:g}" text-anchor="middle">{name}</text>'


def _tidy(values: Sequence[float]) -> list[float]:
    return [float(f"{value:.6g}") for value in values]


def _front(
    kind: MetricKind, several: Sequence[CandidateScores], places: Sequence[float], up: _Axis
) -> str:
    """Return the line through those that no other beats in both, where there are two at least."""
    found: list[tuple[float, float]] = []
    best = -math.inf
    by_time = sorted(zip(places, several, strict=True), key=lambda one: one[0])
    for place, one in by_time:
        value = one.metrics[kind.id].value
        if kind.gain(value) > best:
            best = kind.gain(value)
            found.append((place, up.at(value)))
    if len(found) < 2:
        return ""
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in found)
    return f'<polyline class="front" points="{points}"/>'


def _mark(number: int, x: float, up: _Axis, one: CandidateScores, kind: MetricKind) -> str:
    found = one.metrics[kind.id]
    y, (low, high) = up.at(found.value), (up.at(end) for end in found.interval)
    caps = "".join(
        f'<line class="reach" x1="{x - 5:.1f}" x2="{x + 5:.1f}" y1="{end:.1f}" y2="{end:.1f}"/>'
        for end in (low, high)
    )
    return (
        f'<g style="--hue:{hue(number)}">{caps}<line class="reach" x1="{x:.1f}" x2="{x:.1f}"'
        f' y1="{low:.1f}" y2="{high:.1f}"/><circle cx="{x:.1f}" cy="{y:.1f}" r="7"/>'
        f'<text class="number" x="{x:.1f}" y="{y + 4:.1f}" text-anchor="middle">{number + 1}</text>'
        "</g>"
    )


def recall_curve(scores: Scores) -> str:
    """Return the share of texts whose image is among the first k, by k."""
    several = [one for one in scores.candidates if one.ranks]
    if not several:
        return ""
    np = library("numpy")
    last = min(LARGEST_K, max(2, len(scores.items)))
    across = _Axis(1, last, _LEFT + 8, _RIGHT, logarithmic=True)
    up = _Axis(0, 1, _FOOT, _TOP)
    lines = [_grid_up(up, MetricKind("recall", "recall@k")), _grid_across(across, "k")]
    for number, one in enumerate(several):
        ranks = FirstRanks(*np.array(one.ranks).T)
        points = []
        for k in sorted({round(last ** (n / 40)) for n in range(41)}):
            found = float(ranks.within(k).mean())
            points.append((across.at(k), up.at(found)))
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        x, y = points[len(points) // 2 + number % 3]
        lines.append(
            f'<g style="--hue:{hue(number)}"><polyline class="curve" points="{line}"/>'
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="8"/><text class="number" x="{x:.1f}"'
            f' y="{y + 4:.1f}" text-anchor="middle">{number + 1}</text></g>'
        )
    words = "; ".join(f"{n}: {one.name}" for n, one in enumerate(several, start=1))
    caption = "The share of texts that find their image among the first k."
    return _figure(f"recall by k. {words}", "".join(lines), several, caption)


def confusion(scores: Scores, one: CandidateScores) -> str:
    """Return how often each class was taken for which, as a table; rows are what is true.

    Of classes that tie each counts in part.
    """
    classes = scores.data.classes
    number = {name: place for place, name in enumerate(classes)}
    counts: dict[tuple[int, int], float] = {}
    for item, picked in zip(scores.items, one.picked, strict=True):
        for label in picked or (-1,):
            pair = (number[item.labels[0]], label)
            counts[pair] = counts.get(pair, 0) + 1 / max(1, len(picked))
    shown = _most_mistaken(counts, len(classes))
    rest = len(classes) - len(shown)
    columns = [*shown, *([-2] if rest else []), *([-1] if any(p == -1 for _, p in counts) else [])]
    names = {-1: "(nothing)", -2: "(another)", **dict(enumerate(classes))}
    head = "".join(f'<th scope="col">{text(names[one])}</th>' for one in columns)
    rows = "".join(
        f'<tr><th scope="row">{text(names[true])}</th>'
        + "".join(_confused(true, said, counts, shown) for said in columns)
        + "</tr>"
        for true in shown
    )
    more = f" The {len(shown)} classes that are mistaken most, of {len(classes)}." if rest else ""
    note = f'<p class="note">{more}</p>' if more else ""
    return (
        f'<div class="matrix"><h3>{text(one.name)}</h3>{note}'
        '<div class="scroll" tabindex="0" role="region" aria-label="confusion matrix of'
        f' {text(one.name)}"><table class="confusion"><thead><tr><td></td>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div></div>"
    )


def _most_mistaken(counts: dict[tuple[int, int], float], classes: int) -> list[int]:
    """Return the classes to show, in their order."""
    wrong = [0.0] * classes
    for (true, said), times in counts.items():
        if true != said:
            wrong[true] += times
            if said >= 0:
                wrong[said] += times
    first = sorted(range(classes), key=lambda one: -wrong[one])[:MOST_CLASSES]
    return sorted(first)


def _confused(
    true: int, said: int, counts: dict[tuple[int, int], float], shown: Sequence[int]
) -> str:
    row = {picked: times for (one, picked), times in counts.items() if one == true}
    times = row.get(said, 0)
    if said == -2:
        times = sum(n for picked, n in row.items() if picked >= 0 and picked not in shown)
    share = times / max(1, sum(row.values()))
    kind = "right" if true == said else "wrong"
    shown_times = f"{times:.2f}".rstrip("0").rstrip(".") if times else "·"
    return f'<td class="{kind}" style="--share:{share:.2f}">{shown_times}</td>'
