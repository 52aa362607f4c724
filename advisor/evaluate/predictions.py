"""All predictions of an evaluation as a table: a row for each candidate and image or question."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator

from advisor.evaluate.labelled import LabelledImage
from advisor.evaluate.scores import Scores

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
    """Return the predictions as CSV, texts quoted that a spreadsheet would run."""
    file = io.StringIO()
    table = csv.writer(file, lineterminator="\n")
    table.writerow((*COLUMNS, scores.worth_of or "value"))
    for row in predictions(scores):
        runs = [isinstance(cell, str) and cell.startswith(RUN_BY_SPREADSHEETS) for cell in row]
        table.writerow([f"'{c}" if run else c for c, run in zip(row, runs, strict=True)])
    return file.getvalue()


def predictions(scores: Scores) -> Iterator[tuple[str | float | None, ...]]:
    """Yield candidate, image, question, what is true, what was predicted, and how sure that is.

    Then the rank at which a text found its image (the middle of a tie), and what the item is worth
    by the metric `worth_of`. What is predicted of a search is the image that stands first; it is
    None where nothing was given. Several labels, and several references, stand in lines.
    """
    asked = queries(scores)
    for candidate in scores.candidates:
        measured = candidate.measured
        for place, (item, query) in enumerate(asked):
            rank: float | None = None
            if measured.ranks:
                ahead, tied, right = measured.ranks[place]
                rank = ahead + (tied + right + 1) / (right + 1) if right else None
            yield (
                candidate.name,
                item.id,
                query or item.question,
                "\n".join([item.id] if query else true_of(item)),
                measured.said[place] if measured.said else None,
                measured.sure[place] if measured.sure else None,
                rank,
                candidate.worth[place] if candidate.worth else None,
            )
