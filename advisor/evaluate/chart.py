"""Drawings of an evaluation as tables of HTML: quality beside cost, confusion."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from advisor.evaluate.metric_kinds import MetricKind
from advisor.evaluate.scores import CandidateScores, Scores
from advisor.foreign import visible_lines

HUES = (212, 152, 28, 268, 340, 60, 190, 100)
"""One color for each candidate; every mark has its number besides."""
MOST_CLASSES = 20
"""A confusion matrix has so many rows at most: the classes that are mistaken most."""


def text(value: object) -> str:
    """Return foreign text for HTML: what cannot be seen is written out."""
    return escape(visible_lines(str(value)))


def hue(number: int) -> int:
    """Return the color of a candidate by its place."""
    return HUES[number % len(HUES)]


def quality_by_cost(scores: Scores, kind: MetricKind) -> str:
    """Return the candidates with bars: the metric with its interval, and the time for an image.

    Marked are those which no other beats in both. Where nothing was timed, quality stands alone.
    """
    several = [one for one in scores.candidates if math.isfinite(one.metrics[kind.id].value)]
    speeds = [one.timing.images_per_second for one in several]
    times = [1000 / speed if speed else None for speed in speeds]
    longest = max(filter(None, times), default=0.0)
    most = max((end for one in several for end in one.metrics[kind.id].interval), default=1.0)
    most = 1.0 if kind.share and most <= 1 else most or 1.0
    rows = []
    for number, (one, time) in enumerate(zip(several, times, strict=True)):
        found = one.metrics[kind.id]
        low, high = (100 * max(0.0, end) / most for end in found.interval)
        taken = 100 * (time or 0) / (longest or 1)
        lasting = f'<td><span class="share" style="--share:{taken:.1f}%"></span> {time or 0:.3g} ms'
        best = longest and len(several) > 1 and not _beaten(number, several, times, kind)
        rows.append(
            f'<tr style="--hue:{hue(number)}"><th scope="row"><b>{number + 1}</b> {text(one.name)}'
            f"{' <small>◆</small>' if best else ''}</th>"
            f'<td><span class="share" style="--share:{100 * max(0.0, found.value) / most:.1f}%">'
            f'<i style="--low:{low:.1f}%;--high:{high:.1f}%"></i></span>'
            f" {kind.written(found.value)}</td>{lasting + '</td>' if longest else ''}</tr>"
        )
    better = " (lower is better)" if kind.lower else ""
    timed = '<th scope="col">time an image</th>' if longest else ""
    caption = "Thin lines are 95 % intervals. "
    caption += "◆: no other beats it in both quality and time." if "◆" in "".join(rows) else ""
    return (
        f'<table class="bars"><caption>{caption}</caption><thead><tr><th scope="col">candidate</th>'
        f'<th scope="col">{escape(kind.name)}{better}</th>'
        f"{timed}</tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def _beaten(
    number: int,
    several: Sequence[CandidateScores],
    times: Sequence[float | None],
    kind: MetricKind,
) -> bool:
    """True where another candidate is better in quality and in time, or as good in one of them."""
    worth = [kind.gain(one.metrics[kind.id].value) for one in several]
    lasting = [math.inf if time is None else time for time in times]
    own = worth[number], -lasting[number]
    others = zip(worth, (-time for time in lasting), strict=True)
    return any(q >= own[0] and t >= own[1] and (q, t) != own for q, t in others)


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
