"""The HTML report of an evaluation, and its predictions as CSV."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from typing import Any

from advisor.draw.blocks import Filled, Headline, Shared
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
"""Hue (degrees) of each candidate; every mark also shows its number."""
MOST_CLASSES, WORST_CLASSES = 20, 10
"""Maximum rows of a confusion matrix: the classes with the most errors. Number of classes
whose metrics are shown, those with the lowest F1; the others are folded."""
WORST, OPEN = 60, 3
"""Maximum number of examples, and the number of those not folded."""
SIDE = 96
"""Maximum pixels of a thumbnail's side."""
LONGEST = 400
"""Maximum characters of a text."""

Thumbnails = Callable[[str], bytes]
"""Returns the encoded image of an id; raises OSError if it cannot be read."""


def report_of(
    run: EvaluationRun, scores: Scores, verdict: Verdict, gates: Gates, thumbnails: Thumbnails
) -> Report:
    """Return the report of a run; images are read only when the HTML file is drawn."""
    evaluation = Evaluation(run, scores, verdict, gates.checks(scores, verdict))
    return Report(
        json=partial(page.as_json, evaluation),
        page=partial(page.as_page, evaluation),
        findings=partial(page.as_findings, evaluation),
        drawings={"csv": partial(as_csv, scores)},
        shared=partial(html_page, evaluation, thumbnails),
    )


def html_page(evaluation: Evaluation, thumbnails: Thumbnails) -> list[Shared]:
    """Return the blocks of the HTML file: the verdict, then the metrics, charts and examples."""
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
    return [
        Headline(f"{scores.data.task} on {scores.data.name}", page.of_how_many(evaluation)),
        Filled("answer", {"name": answer.name, "title": answer.notes[0]}),
        page.reasons(evaluation),
        Filled("bars", {"rows": bars, "kind": kind}),
        *page.results(evaluation),
        Filled("classes", {"tables": classes}),
        Filled("matrices", {"tables": matrices}),
        Filled("examples", examples),
        *page.costs_and_notes(evaluation),
    ]


def _named(number: int, name: str) -> dict[str, Any]:
    """Return the fields of every mark of a candidate: its number, its hue and its name."""
    return {"number": number + 1, "hue": HUES[number % len(HUES)], "name": name}


def _bars(scores: Scores, kind: MetricKind, settings: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the bars of each candidate, in percent: the metric with its interval, and the time."""
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


def _classes(scores: Scores, model: CandidateScores) -> dict[str, Any]:
    """Return the table of metrics by class, the lowest F1 first."""
    pairs = zip(scores.data.classes, model.measured.by_class, strict=True)
    rows = [
        (label, [str(each.items), *("" if n is None else f"{n:.2f}" for n in each[1:])])
        for label, each in sorted(pairs, key=lambda pair: pair[1].f1 or 0.0)
    ]
    columns = ("images", "precision", "recall", "F1")
    return {"name": model.name, "columns": columns, "rows": rows, "most": WORST_CLASSES, "note": ""}


def _confusion(scores: Scores, model: CandidateScores) -> dict[str, Any]:
    """Return the confusion matrix; rows are true classes, columns predicted ones.

    A prediction that ties over n classes counts 1/n for each.
    """
    classes, size = scores.data.classes, len(scores.data.classes)
    number = {name: place for place, name in enumerate(classes)}
    table = np.zeros((size, size + 1))  # no class in the last column
    for item, picked in zip(scores.items, model.measured.picked, strict=True):
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
    figures = {"name": model.name, "columns": list(columns), "rows": rows}
    return figures | {"most": len(rows), "note": note}


def worst_places(scores: Scores, verdict: Verdict) -> list[int]:
    """Return the indexes of the items with the lowest worth for one candidate, the worst first.

    That is the recommended candidate, or else the first. Items with the best possible worth are
    left out. Equal items are ordered by the mean worth over all candidates, the lowest first.
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
    """Yield a card for each of the worst items, with the output of every candidate."""

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
    """Return the output of a candidate for an item, or why it has none; for a search, the rank."""
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
"""Beginnings of a cell that a spreadsheet takes for a formula (OWASP, "CSV Injection")."""

COLUMNS = ("candidate", "image", "question", "true", "predicted", "probability", "rank")


def queries(scores: Scores) -> list[tuple[LabelledImage, str]]:
    """Return each item with an empty text, or in a search with each text that searches for it."""
    if any(candidate.measured.ranks for candidate in scores.candidates):
        return [(item, text) for item in scores.items for text in item.references]
    return [(item, "") for item in scores.items]


def true_of(item: LabelledImage) -> list[str]:
    """Return the ground truth of an item as texts: its fields, else its labels, else its texts."""
    fields = [] if item.fields is None else [json.dumps(item.fields, ensure_ascii=False)]
    return list(dict.fromkeys(fields or item.labels or item.references))


def as_csv(scores: Scores) -> str:
    """Return the predictions as CSV; texts that a spreadsheet would run are quoted.

    A row has the candidate, the image, the question, the ground truth, the prediction (in a search,
    the image ranked first) with its probability, the rank at which a text found its image (the
    middle of a tie), and the item's worth by the metric `worth_of`. Several labels or references
    are on separate lines.
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
            runs = (text and text.startswith(RUN_BY_SPREADSHEETS) for text in texts)
            cells = (f"'{text}" if run else text for text, run in zip(texts, runs, strict=True))
            sure = measured.sure[place] if measured.sure else None
            worth = candidate.worth[place] if candidate.worth else None
            table.writerow((*cells, sure, rank, worth))
    return file.getvalue()
