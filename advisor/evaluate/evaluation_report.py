"""An evaluation in every format; as one HTML file to look at, filled into `evaluation.html`."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from advisor.draw.blocks import Code, Item, Items, Page, Pairs, shown
from advisor.draw.formats import Report
from advisor.draw.html import body, document, filled
from advisor.evaluate.gates import Gates
from advisor.evaluate.labelled import LabelledImage
from advisor.evaluate.metrics import METRIC_KINDS, MetricKind
from advisor.evaluate.page import (
    as_findings,
    as_json,
    as_page,
    comparisons,
    costs,
    figures,
    headline,
    known,
    learning_curve,
    of_how_many,
    per_thousand,
    provenance,
    reasons,
)
from advisor.evaluate.predictions import as_csv, queries, true_of
from advisor.evaluate.responses import EvaluationRun
from advisor.evaluate.scores import CandidateScores, Scores
from advisor.evaluate.verdict import Verdict
from advisor.trial.failures import ImageError
from advisor.trial.images import open_encoded

HERE = Path(__file__).parent
HUES = (212, 152, 28, 268, 340, 60, 190, 100)
"""One color for each candidate; every mark has its number besides."""
MOST_CLASSES, WORST_CLASSES = 20, 10
"""A confusion matrix has so many rows at most: the classes that are mistaken most. So many classes
have their figures shown, those with the lowest F1; the others are folded."""
WORST, BEST, OPEN = 60, 20, 3
"""Examples of each kind, and how many of them are not folded."""
SIDE, QUALITY = 96, 80
"""Thumbnails are JPEG of at most so many pixels wide and high."""
LONGEST = 400
"""Texts are cut after so many signs."""

Thumbnails = Callable[[str], bytes]
"""Returns the encoded image of an id; OSError where it cannot be read."""


def report_of(
    run: EvaluationRun, scores: Scores, verdict: Verdict, gates: Gates, thumbnails: Thumbnails
) -> Report:
    """Return the report of a run; images are asked for when the HTML file is drawn."""
    return Report(
        json=partial(as_json, run, scores, verdict, gates),
        page=partial(as_page, run, scores, verdict, gates),
        findings=partial(as_findings, scores, verdict, gates),
        screen=partial(as_page, run, scores, verdict, gates, whole=False),
        drawings={
            "html": partial(as_html, run, scores, verdict, gates, thumbnails),
            "csv": partial(as_csv, scores),
        },
    )


def as_html(
    run: EvaluationRun, scores: Scores, verdict: Verdict, gates: Gates, thumbnails: Thumbnails
) -> str:
    """Return one HTML file that needs nothing else: the verdict first, then what it rests on."""
    order = [METRIC_KINDS[id] for id in verdict.priority if id in METRIC_KINDS]
    kind = next(iter([*order, *scores.metrics]), None)
    ranked = sorted(scores.candidates, key=lambda candidate: candidate.name != verdict.recommended)
    facts: Page = [Pairs(tuple(provenance(run, scores)))]
    if command := run.settings.get("command"):
        facts.append(Code(str(command), "console"))
    title = f"{scores.data.task} on {scores.data.name}"
    content = filled(
        HERE / "evaluation.html",
        title=title,
        facts=of_how_many(run, scores),
        recommended=verdict.recommended or "none of them",
        answer=headline(scores, verdict).notes[0],
        reasons=_blocks(Items(tuple(reasons(scores, verdict, gates)))),
        bars=_bars(scores, kind, run.settings) if kind else [],
        kind=kind,
        figures=_blocks(figures(scores)) if kind else "",
        curve=_blocks(learning_curve(scores)),
        pairs=_blocks(comparisons(scores, verdict)),
        costs=_blocks(costs(scores, run.settings)),
        classes=[_classes(scores, one) for one in ranked if one.measured.by_class],
        matrices=[_confusion(scores, one) for one in ranked if one.measured.picked],
        examples=list(_examples(scores, verdict, thumbnails)),
        all_examples=len(queries(scores)),
        worth_of=METRIC_KINDS[scores.worth_of].name if scores.worth_of else "",
        open=OPEN,
        known=_blocks(Items(tuple(Item("!", one) for one in known(scores)))),
        provenance=_blocks(*facts),
    )
    style = (HERE / "evaluation.css").read_text(encoding="utf-8")
    script = (HERE / "evaluation.js").read_text(encoding="utf-8")
    return document(f"advisor: {title}", content, style, script)


def _blocks(*page: Any) -> str:
    """Return blocks as HTML, all of their text visible; empty where there are none."""
    from markupsafe import Markup

    return Markup(body([shown(block, {}) for block in page if block is not None]))


def hue(number: int) -> int:
    """Return the color of a candidate by its place."""
    return HUES[number % len(HUES)]


def _bars(scores: Scores, kind: MetricKind, settings: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the candidates with bars, in percent: the metric with its interval, and the time.

    `best` are those which no other beats in both.
    """
    several = [one for one in scores.candidates if math.isfinite(one.metrics[kind.id].value)]
    speeds = [one.timing.images_per_second for one in several]
    times = [1000 / speed if speed else None for speed in speeds]
    longest = max(filter(None, times), default=0.0)
    most = max((end for one in several for end in one.metrics[kind.id].interval), default=1.0)
    most = 1.0 if kind.share and most <= 1 else most or 1.0
    worth = [kind.gain(one.metrics[kind.id].value) for one in several]
    paid = [-math.inf if time is None else -time for time in times]
    rows = []
    for number, (one, time) in enumerate(zip(several, times, strict=True)):
        result, own = one.metrics[kind.id], (worth[number], paid[number])
        beaten = any(
            q >= own[0] and t >= own[1] and (q, t) != own for q, t in zip(worth, paid, strict=True)
        )
        low, high = (100 * max(0.0, end) / most for end in result.interval)
        rows.append(
            {
                "number": number + 1,
                "hue": hue(number),
                "name": one.name,
                "best": bool(longest) and len(several) > 1 and not beaten,
                "share": f"{100 * max(0.0, result.value) / most:.1f}%",
                "low": f"{low:.1f}%",
                "high": f"{high:.1f}%",
                "value": kind.written(result.value),
                "slow": f"{100 * (time or 0) / (longest or 1):.1f}%",
                "time": "" if not longest else f"{time:.3g} ms" if time else "none",
                "price": per_thousand(one.timing, settings),
            }
        )
    return rows


def _classes(scores: Scores, one: CandidateScores) -> dict[str, Any]:
    """Return the figures of each class, the worst first."""
    order = sorted(
        zip(scores.data.classes, one.measured.by_class, strict=True),
        key=lambda pair: pair[1].f1 or 0.0,
    )
    rows = [
        (label, str(of.items), *("" if v is None else f"{v:.2f}" for v in of[1:]))
        for label, of in order
    ]
    return {"name": one.name, "shown": rows[:WORST_CLASSES], "folded": rows[WORST_CLASSES:]}


def _confusion(scores: Scores, one: CandidateScores) -> dict[str, Any]:
    """Return how often each class was taken for which; rows are what is true.

    Of classes that tie each counts in part.
    """
    classes = scores.data.classes
    number = {name: place for place, name in enumerate(classes)}
    counts: dict[tuple[int, int], float] = {}
    wrong = [0.0] * len(classes)
    for item, picked in zip(scores.items, one.measured.picked, strict=True):
        true = number[item.labels[0]]
        for label in picked or (-1,):
            part = 1 / max(1, len(picked))
            counts[true, label] = counts.get((true, label), 0) + part
            if label != true:
                wrong[true] += part
                wrong[label] += part if label >= 0 else 0
    most = sorted(sorted(range(len(classes)), key=lambda n: -wrong[n])[:MOST_CLASSES])
    rest = len(classes) - len(most)
    columns = [*most, *([-2] if rest else []), *([-1] if any(p == -1 for _, p in counts) else [])]
    names = {-1: "(nothing)", -2: "(another)", **dict(enumerate(classes))}
    rows = []
    for true in most:
        row = {said: times for (of, said), times in counts.items() if of == true}
        row[-2] = sum(times for said, times in row.items() if said >= 0 and said not in most)
        total = sum(row.values()) or 1
        cells = []
        for column in columns:
            times = row.get(column, 0)
            kind, share = "right" if true == column else "wrong", f"{times / total:.2f}"
            written = f"{times:.2f}".rstrip("0").rstrip(".") if times else "·"
            cells.append({"kind": kind, "share": share, "times": written})
        rows.append({"name": names[true], "cells": cells})
    note = f"The {len(most)} classes that are mistaken most, of {len(classes)}." if rest else ""
    columns_named = [names[label] for label in columns]
    return {"name": one.name, "note": note, "columns": columns_named, "rows": rows}


class ShownExample(NamedTuple):
    """An item to show: which, of what kind (worst or best), and its text where texts search."""

    place: int
    kind: str
    item: LabelledImage
    query: str = ""


def shown_examples(scores: Scores, verdict: Verdict) -> list[ShownExample]:
    """Return the worst and the best by what the first candidate reached, no item twice.

    The first is the one recommended. What it has fully right is none of its worst. Of equal ones
    those come first that others did worse on, so that what nobody can do leads the worst, and what
    only one can the best.
    """
    if not scores.candidates or not scores.worth_of:
        return []
    gain = METRIC_KINDS[scores.worth_of].gain
    names = [candidate.name for candidate in scores.candidates]
    first = names.index(verdict.recommended) if verdict.recommended else 0
    worth = [[gain(each) for each in candidate.worth] for candidate in scores.candidates]
    mean = [sum(some) / len(some) for some in zip(*worth, strict=True)]
    order = sorted(range(len(mean)), key=lambda at: (worth[first][at], mean[at], at))
    worst = [at for at in order if worth[first][at] != gain(_flawless(scores))][:WORST]
    left = set(order) - set(worst)
    best = sorted(left, key=lambda at: (-worth[first][at], mean[at], at))[:BEST]
    asked = queries(scores)
    return [ShownExample(at, "worst", *asked[at]) for at in worst] + [
        ShownExample(at, "best", *asked[at]) for at in best
    ]


def _flawless(scores: Scores) -> float:
    """Return what an item is worth that is fully right."""
    return 0.0 if METRIC_KINDS[scores.worth_of].lower else 1.0


def _examples(scores: Scores, verdict: Verdict, thumbnails: Thumbnails) -> Iterator[dict[str, Any]]:
    """Yield each example as a card, with what every candidate gave for it."""
    images: dict[str, str] = {}

    def image(id: str) -> str:
        if id not in images:
            images[id] = _thumbnail(id, thumbnails)
        return images[id]

    best = _flawless(scores) if scores.worth_of else 0.0
    for example in shown_examples(scores, verdict):
        worth = [each.worth[example.place] for each in scores.candidates]
        gain = METRIC_KINDS[scores.worth_of].gain
        bad = [gain(value - (1 - best)) <= 0 for value in worth]
        item = example.item
        kinds = [example.kind, *(["apart"] if len(set(worth)) > 1 else [])]
        yield {
            "kinds": " ".join([*kinds, *(["all-wrong"] if all(bad) else [])]),
            "image": image(item.id),
            "id": item.id,
            "asked": _cut(example.query or item.question),
            "called": "true" if scores.data.classes else "reference",
            "truth": ["this image"] if example.query else [_cut(each) for each in true_of(item)],
            "rows": [
                {
                    "number": number + 1,
                    "hue": hue(number),
                    "name": candidate.name,
                    "tone": "good" if value == best else "bad" if wrong else "part",
                    "worth": f"{value:.2f}",
                    **_said(candidate, example, image),
                }
                for number, (candidate, value, wrong) in enumerate(
                    zip(scores.candidates, worth, bad, strict=True)
                )
            ],
        }


def _said(
    candidate: CandidateScores, one: ShownExample, image: Callable[[str], str]
) -> dict[str, str]:
    """Return what a candidate gave for an item, or why nothing; of a search, what it found."""
    measured = candidate.measured
    said = measured.said[one.place] if measured.said else None
    if measured.ranks:
        ahead, tied, right = measured.ranks[one.place]
        place = f"found at place {ahead + 1:,}" if right else "never found"
        place += f" to {ahead + 1 + tied:,}, a tie" if tied and right else ""
        if said is None or said == one.item.id:
            return {"said": place, "nothing": "", "instead": ""}
        first = f"{place}; {_cut(said)} ranks first"
        return {"said": first, "nothing": "", "instead": image(said)}
    if said is None:
        why = candidate.failed.get(one.item.number, "")
        return {"said": "", "nothing": _cut(f"nothing: {why}" if why else "nothing"), "instead": ""}
    sure = measured.sure[one.place] if measured.sure else None
    told = _cut(said) + ("" if sure is None else f" {sure:.0%}")
    return {"said": told, "nothing": "" if said else "an empty text", "instead": ""}


def _thumbnail(id: str, thumbnails: Thumbnails) -> str:
    """Return an image as the address of a small JPEG; empty where it cannot be shown."""
    try:
        pixels = open_encoded(thumbnails(id), id).pixels
        pixels.thumbnail((SIDE, SIDE))
        file = io.BytesIO()
        pixels.convert("RGB").save(file, "JPEG", quality=QUALITY)
    except (ImageError, OSError, ValueError):
        return ""
    return f"data:image/jpeg;base64,{base64.b64encode(file.getvalue()).decode()}"


def _cut(words: str) -> str:
    return words if len(words) <= LONGEST else f"{words[:LONGEST]} …"
