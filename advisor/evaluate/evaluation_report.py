"""What an evaluation draws in its HTML file alone, and its predictions as CSV."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from typing import Any

from advisor.draw.blocks import Code, Filled, Headline, Shared
from advisor.draw.formats import Report
from advisor.evaluate import page
from advisor.evaluate.metrics import METRIC_KINDS, MetricKind, np
from advisor.evaluate.options import Gates
from advisor.evaluate.page import Evaluation
from advisor.evaluate.responses import EvaluationRun, LabelledImage
from advisor.evaluate.scores import CandidateScores, Scores
from advisor.evaluate.verdict import Verdict
from advisor.trial.images import open_encoded, preview
from advisor.trial.runtime import ImageError

HUES = (212, 152, 28, 268, 340, 60, 190, 100)
"""One color for each candidate; every mark has its number besides."""
MOST_CLASSES, WORST_CLASSES = 20, 10
"""A confusion matrix has so many rows at most: the classes that are mistaken most. So many classes
have their figures shown, those with the lowest F1; the others are folded."""
WORST, OPEN = 60, 3
"""Examples at most, and how many of them are not folded."""
SIDE = 96
"""Thumbnails have at most so many pixels a side."""
LONGEST = 400
"""Texts are cut after so many signs."""

Thumbnails = Callable[[str], bytes]
"""Returns the encoded image of an id; OSError where it cannot be read."""


def report_of(
    run: EvaluationRun, scores: Scores, verdict: Verdict, gates: Gates, thumbnails: Thumbnails
) -> Report:
    """Return the report of a run; images are asked for when the HTML file is drawn."""
    evaluation = Evaluation(run, scores, verdict, gates.checks(scores, verdict))
    return Report(
        json=partial(page.as_json, evaluation),
        page=partial(page.as_page, evaluation),
        findings=partial(page.as_findings, evaluation),
        drawings={"csv": partial(as_csv, scores)},
        shared=partial(html_page, evaluation, thumbnails),
    )


def html_page(evaluation: Evaluation, thumbnails: Thumbnails) -> list[Shared]:
    """Return the page of the HTML file: the verdict first, then what it rests on, with drawings."""
    run, scores, verdict, _ = evaluation
    order = [METRIC_KINDS[id] for id in verdict.priority if id in METRIC_KINDS]
    kind = next(iter([*order, *scores.metrics]), None)
    ranked = sorted(scores.candidates, key=lambda candidate: candidate.name != verdict.recommended)
    bars = _bars(scores, kind, run.settings) if kind else []
    classes = [_classes(scores, each) for each in ranked if each.measured.by_class]
    matrices = [_confusion(scores, each) for each in ranked if each.measured.picked]
    examples = {
        "rows": list(_examples(scores, verdict, thumbnails)),
        "open": OPEN,
        "all": len(queries(scores)),
        "metric": METRIC_KINDS[scores.worth_of].name if scores.worth_of else "",
        "name": ranked[0].name if ranked else "",
    }
    answer = page.headline(scores, verdict)
    before = {
        "Results": page.figures(scores),
        "Accuracy by labeled images per class": page.learning_curve(scores),
    }
    command = run.settings.get("command")
    return [
        Headline(f"{scores.data.task} on {scores.data.name}", page.of_how_many(evaluation)),
        Filled("answer", {"name": answer.name, "title": answer.notes[0]}),
        page.reasons(evaluation),
        Filled("bars", {"rows": bars, "kind": kind}),
        *page.sections(before),
        Filled("classes", {"tables": classes}),
        Filled("matrices", {"tables": matrices}),
        Filled("examples", examples),
        *page.sections({"Cost": page.costs(scores, run.settings), "Notes": page.notes(scores)}),
        *([Code(str(command), "console")] if command else []),
    ]


def _named(number: int, name: str) -> dict[str, Any]:
    """Return what every mark of a candidate has: its number, its color and its name."""
    return {"number": number + 1, "hue": HUES[number % len(HUES)], "name": name}


def _bars(scores: Scores, kind: MetricKind, settings: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the candidates with bars, in percent: the metric with its interval, and the time."""
    candidates = [each for each in scores.candidates if math.isfinite(each.metrics[kind.id].value)]
    speeds = [each.timing.images_per_second for each in candidates]
    times = [1000 / speed if speed else 0.0 for speed in speeds]
    longest = max(times, default=0.0)
    most = max((end for each in candidates for end in each.metrics[kind.id].interval), default=1.0)
    most = 1.0 if kind.share and most <= 1 else most or 1.0
    rows = []
    for number, (each, time) in enumerate(zip(candidates, times, strict=True)):
        result = each.metrics[kind.id]
        share, low, high = (
            f"{100 * max(0.0, end) / most:.1f}%" for end in (result.value, *result.interval)
        )
        row = _named(number, each.name) | {"share": share, "low": low, "high": high}
        row["value"] = kind.written(result.value)
        row["slow"] = f"{100 * time / longest if longest else 0:.1f}%"
        row["time"] = "" if not longest else f"{time:.3g} ms" if time else "none"
        row["price"] = page.per_thousand(each.timing, settings)
        rows.append(row)
    return rows


def _classes(scores: Scores, of: CandidateScores) -> dict[str, Any]:
    """Return the figures of each class, the worst first."""
    pairs = zip(scores.data.classes, of.measured.by_class, strict=True)
    rows = [
        (label, [str(each.items), *("" if n is None else f"{n:.2f}" for n in each[1:])])
        for label, each in sorted(pairs, key=lambda pair: pair[1].f1 or 0.0)
    ]
    columns = ("images", "precision", "recall", "F1")
    return {"name": of.name, "columns": columns, "rows": rows, "most": WORST_CLASSES, "note": ""}


def _confusion(scores: Scores, of: CandidateScores) -> dict[str, Any]:
    """Return how often each class was taken for which; rows are what is true.

    Of classes that tie each counts in part.
    """
    classes, size = scores.data.classes, len(scores.data.classes)
    number = {name: place for place, name in enumerate(classes)}
    table = np.zeros((size, size + 1))  # no class in the last column
    for item, picked in zip(scores.items, of.measured.picked, strict=True):
        for label in picked or (size,):
            table[number[item.labels[0]], label] += 1 / max(1, len(picked))
    errors = table[:, :size].sum(axis=0) + table.sum(axis=1) - 2 * table.diagonal()
    most = sorted(np.argsort(-errors, kind="stable")[:MOST_CLASSES].tolist())
    columns, note = {classes[label]: table[most, label] for label in most}, ""
    if size > len(most):
        others = [label for label in range(size) if label not in most]
        columns["(another)"] = table[np.ix_(most, others)].sum(axis=1)
        note = f"The {len(most)} of {size} classes with the most errors."
    if table[:, size].any():
        columns["(nothing)"] = table[most, size]
    rows = []
    for place, label in enumerate(most):
        times = {name: float(column[place]) for name, column in columns.items()}
        total = sum(times.values()) or 1
        cells = []
        for name, part in times.items():
            written = f"{part:.2f}".rstrip("0").rstrip(".") if part else "·"
            kind = "right" if name == classes[label] else "wrong"
            cells.append({"kind": kind, "share": f"{part / total:.2f}", "times": written})
        rows.append((classes[label], cells))
    figures = {"name": of.name, "columns": list(columns), "rows": rows}
    return figures | {"most": len(rows), "note": note}


def worst_places(scores: Scores, verdict: Verdict) -> list[int]:
    """Return the places of the items that the first candidate did worst on, the worst first.

    The first is the one recommended. What it has fully right is none of them. Of equal ones those
    come first that others did worse on, so that what nobody can do leads.
    """
    if not scores.candidates or not scores.worth_of:
        return []
    kind = METRIC_KINDS[scores.worth_of]
    names = [candidate.name for candidate in scores.candidates]
    worth = np.array([list(map(kind.gain, each.worth)) for each in scores.candidates])
    first = worth[names.index(verdict.recommended) if verdict.recommended else 0]
    order = np.lexsort((worth.mean(axis=0), first)).tolist()
    return [place for place in order if first[place] != kind.gain(kind.flawless)][:WORST]


def _examples(scores: Scores, verdict: Verdict, thumbnails: Thumbnails) -> Iterator[dict[str, Any]]:
    """Yield each of the worst items as a card, with what every candidate gave for it."""

    @cache
    def image(id: str) -> str:  # as a small `data:` address; empty where it cannot be shown
        try:
            return preview(open_encoded(thumbnails(id), id), SIDE)
        except (ImageError, OSError, ValueError):
            return ""

    places, pairs = worst_places(scores, verdict), queries(scores)
    for place, (item, query) in ((place, pairs[place]) for place in places):
        kind, rows = METRIC_KINDS[scores.worth_of], []
        for number, candidate in enumerate(scores.candidates):
            value = candidate.worth[place]
            wrong = kind.gain(value - (1 - kind.flawless)) <= 0
            tone = "good" if value == kind.flawless else "bad" if wrong else "part"
            row = _named(number, candidate.name) | {"tone": tone, "worth": f"{value:.2f}"}
            rows.append(row | _said(candidate, place, item, image))
        yield {
            "image": image(item.id),
            "id": item.id,
            "asked": _cut(query or item.question),
            "called": "true" if scores.data.classes else "reference",
            "truth": ["this image"] if query else [_cut(each) for each in true_of(item)],
            "rows": rows,
        }


def _said(
    candidate: CandidateScores, place: int, item: LabelledImage, image: Callable[[str], str]
) -> dict[str, str]:
    """Return what a candidate gave for an item, or why nothing; of a search, what it found."""
    measured = candidate.measured
    answer = measured.said[place] if measured.said else None
    words = nothing = instead = ""
    if measured.ranks:
        ahead, tied, right = measured.ranks[place]
        words = f"found at rank {ahead + 1:,}" if right else "never found"
        words += f" to {ahead + 1 + tied:,}, a tie" if tied and right else ""
        if answer is not None and answer != item.id:
            words, instead = f"{words}; {_cut(answer)} ranks first", image(answer)
    elif answer is None:
        why = candidate.failed.get(item.number, "")
        nothing = _cut(f"nothing: {why}" if why else "nothing")
    else:
        sure = measured.sure[place] if measured.sure else None
        words = _cut(answer) + ("" if sure is None else f" {sure:.0%}")
        nothing = "" if answer else "an empty output"
    return {"said": words, "nothing": nothing, "instead": instead}


def _cut(words: str) -> str:
    return words if len(words) <= LONGEST else f"{words[:LONGEST]} …"


RUN_BY_SPREADSHEETS = ("=", "+", "-", "@", "\t", "\r")
"""What a cell begins with that a spreadsheet takes for a formula (OWASP, "CSV Injection")."""

COLUMNS = ("candidate", "image", "question", "true", "predicted", "probability", "rank")


def queries(scores: Scores) -> list[tuple[LabelledImage, str]]:
    """Return the item of each place, and the text that searches, where texts do."""
    if any(candidate.measured.ranks for candidate in scores.candidates):
        return [(item, text) for item in scores.items for text in item.references]
    return [(item, "") for item in scores.items]


def true_of(item: LabelledImage) -> list[str]:
    """Return what is true of an item, in words: its fields, else its labels, else its texts."""
    fields = [] if item.fields is None else [json.dumps(item.fields, ensure_ascii=False)]
    return list(dict.fromkeys(fields or item.labels or item.references))


def as_csv(scores: Scores) -> str:
    """Return the predictions as CSV, texts quoted that a spreadsheet would run.

    A row has the candidate, the image, the question, what is true, what was predicted (of a search,
    the image that stands first) and how sure that is; the rank at which a text found its image (the
    middle of a tie), and what the item is worth by the metric `worth_of`. Several labels, and
    several references, stand in lines.
    """
    file = io.StringIO()
    table = csv.writer(file, lineterminator="\n")
    table.writerow((*COLUMNS, scores.worth_of or "value"))
    pairs = queries(scores)
    for candidate in scores.candidates:
        measured = candidate.measured
        for place, (item, query) in enumerate(pairs):
            rank: float | None = None
            if measured.ranks:
                ahead, tied, right = measured.ranks[place]
                rank = ahead + (tied + right + 1) / (right + 1) if right else None
            true = "\n".join([item.id] if query else true_of(item))
            predicted = measured.said[place] if measured.said else None
            texts = [candidate.name, item.id, query or item.question, true, predicted]
            runs = [text and text.startswith(RUN_BY_SPREADSHEETS) for text in texts]
            table.writerow(
                (
                    *(f"'{text}" if run else text for text, run in zip(texts, runs, strict=True)),
                    measured.sure[place] if measured.sure else None,
                    rank,
                    candidate.worth[place] if candidate.worth else None,
                )
            )
    return file.getvalue()
