"""Examples of an evaluation: the worst and the best, with what each candidate gave for them."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable
from typing import NamedTuple

from advisor.evaluate.chart import hue, text
from advisor.evaluate.labelled import LabelledImage
from advisor.evaluate.metric_kinds import METRIC_KINDS
from advisor.evaluate.scores import CandidateScores, Scores
from advisor.evaluate.verdict import Verdict
from advisor.phrasing import joined
from advisor.trial.failures import ImageError
from advisor.trial.images import open_encoded

WORST, BEST = 60, 20
SIDE = 96
"""Thumbnails are at most so many pixels wide and high."""
QUALITY = 80
LONGEST = 400
"""Texts are cut after so many signs."""


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
    names = [one.name for one in scores.candidates]
    first = names.index(verdict.recommended) if verdict.recommended else 0
    worth = [[gain(each) for each in one.worth] for one in scores.candidates]
    queries = _queries(scores)
    mean = [sum(some) / len(some) for some in zip(*worth, strict=True)]
    order = sorted(range(len(mean)), key=lambda at: (worth[first][at], mean[at], at))
    flawless = gain(_best(scores))
    worst = [at for at in order if worth[first][at] != flawless][:WORST]
    left = set(order) - set(worst)
    best = sorted(left, key=lambda at: (-worth[first][at], mean[at], at))[:BEST]
    return [
        ShownExample(at, kind, *queries[at])
        for kind, some in (("worst", worst), ("best", best))
        for at in some
    ]


def _best(scores: Scores) -> float:
    """Return what an item is worth that is fully right."""
    return 0.0 if METRIC_KINDS[scores.worth_of].lower else 1.0


def _queries(scores: Scores) -> list[tuple[LabelledImage, str]]:
    """Return the item of each place, and the text that searches, where texts do."""
    if any(one.ranks for one in scores.candidates):
        return [(item, one) for item in scores.items for one in item.references]
    return [(item, "") for item in scores.items]


def examples(
    scores: Scores,
    verdict: Verdict,
    thumbnails: Callable[[str], bytes | None],
) -> str:
    """Return the examples as cards of HTML, with what filters them; empty where there are none."""
    found = shown_examples(scores, verdict)
    if not found:
        return ""
    images: dict[str, str] = {}
    for one in found:
        if one.item.id not in images:
            images[one.item.id] = _thumbnail(one.item.id, thumbnails)
    cards = "".join(_card(scores, one, images[one.item.id]) for one in found)
    numbers = {kind: sum(one.kind == kind for one in found) for kind in ("worst", "best")}
    told = joined([f"the {number} {kind}" for kind, number in numbers.items() if number])
    return (
        "<h2>Examples</h2>"
        f'<p class="quiet">T{told[1:]} of'
        f" {len(_queries(scores))}, by {text(METRIC_KINDS[scores.worth_of].name)} of"
        f" {text(verdict.recommended or scores.candidates[0].name)}.</p>"
        f"{_filters(len(found))}"
        f'<ul class="examples">{cards}</ul>'
    )


def _filters(shown: int) -> str:
    options = (
        ("", "worst and best"),
        ("worst", "the worst"),
        ("best", "the best"),
        ("apart", "where candidates differ"),
        ("all-wrong", "where all are wrong"),
    )
    listed = "".join(f'<option value="{value}">{words}</option>' for value, words in options)
    return (
        '<form class="filters" hidden><label>Show <select name="kind">'
        f"{listed}</select></label>"
        '<label>containing <input name="words" type="search" autocomplete="off"></label>'
        f'<output aria-live="polite">{shown} shown</output></form>'
    )


def _thumbnail(id: str, thumbnails: Callable[[str], bytes | None]) -> str:
    """Return an image as the address of a small JPEG; empty where it cannot be shown."""
    data = thumbnails(id)
    if data is None:
        return ""
    try:
        pixels = open_encoded(data, id).pixels
        pixels.thumbnail((SIDE, SIDE))
        file = io.BytesIO()
        pixels.convert("RGB").save(file, "JPEG", quality=QUALITY)
    except (ImageError, OSError, ValueError):
        return ""
    return f"data:image/jpeg;base64,{base64.b64encode(file.getvalue()).decode()}"


def _card(scores: Scores, one: ShownExample, image: str) -> str:
    item = one.item
    called = "true" if scores.data.classes else "reference"
    asked = one.query or item.question
    question = f'<p class="asked">{_cut(asked)}</p>' if asked else ""
    worth = [c.worth[one.place] for c in scores.candidates]
    kinds = [one.kind, *(["apart"] if len(set(worth)) > 1 else [])]
    kind = METRIC_KINDS[scores.worth_of]
    nothing = 1.0 - _best(scores)
    kinds += ["all-wrong"] if all(kind.gain(v - nothing) <= 0 for v in worth) else []
    picture = f'<img src="{image}" alt="">' if image else '<span class="blank"></span>'
    rows = "".join(
        _row(scores, number, candidate, one) for number, candidate in enumerate(scores.candidates)
    )
    return (
        f'<li class="example" data-kinds="{" ".join(kinds)}">{picture}<div>'
        f'<p class="id">{text(item.id)}</p>{question}'
        f'<p class="truth"><span class="quiet">{called}</span>'
        f" {_truth(item, one)}</p><dl>{rows}</dl></div></li>"
    )


def _truth(item: LabelledImage, one: ShownExample) -> str:
    if one.query:
        return "this image"
    if item.fields is not None:
        return _cut(json.dumps(item.fields, ensure_ascii=False))
    return " <i>or</i> ".join(_cut(each) for each in dict.fromkeys(item.labels or item.references))


def _row(
    scores: Scores,
    number: int,
    candidate: CandidateScores,
    one: ShownExample,
) -> str:
    value = candidate.worth[one.place]
    kind = METRIC_KINDS[scores.worth_of]
    best = _best(scores)
    tone = "good" if value == best else "bad" if kind.gain(value - (1 - best)) <= 0 else "part"
    said = _said(candidate, one)
    if candidate.ranks:
        said = _found(*candidate.ranks[one.place]) + said
    return (
        f'<dt style="--hue:{hue(number)}"><b>{number + 1}</b> {text(candidate.name)}</dt>'
        f'<dd class="{tone}">{said} <small>{value:.2f}</small></dd>'
    )


def _found(ahead: int, tied: int, right: int) -> str:
    """Return at which place a text found its image."""
    if not right:
        return "never found"
    return f"found at place {ahead + 1:,}" + (f" to {ahead + 1 + tied:,}, a tie" if tied else "")


def _said(candidate: CandidateScores, one: ShownExample) -> str:
    """Return what a candidate gave, in HTML."""
    said = candidate.said[one.place] if candidate.said else ""
    if said is None:
        why = candidate.failed.get(one.item.number, "")
        return f"<i>nothing{f': {_cut(why)}' if why else ''}</i>"
    if candidate.ranks:
        return f"; first is {_cut(said)}" if said != one.item.id else ""
    sure = candidate.sure[one.place] if candidate.sure else None
    return (_cut(said) or "<i>an empty text</i>") + (f" {sure:.0%}" if sure is not None else "")


def _cut(words: object) -> str:
    whole = str(words)
    return text(whole if len(whole) <= LONGEST else f"{whole[:LONGEST]} …")
