"""An evaluation in every format: page, JSON, findings, and one HTML file to look at."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from advisor.draw.blocks import Block, Code, Heading, Item, Items, Page, Pairs, Text, shown
from advisor.draw.formats import Report
from advisor.draw.html import body, document
from advisor.evaluate.chart import confusion, quality_by_cost
from advisor.evaluate.gates import Gates
from advisor.evaluate.metric_kinds import METRIC_KINDS
from advisor.evaluate.page import (
    as_findings,
    as_json,
    as_page,
    comparisons,
    costs,
    figures,
    headline,
    known,
    provenance,
    reasons,
)
from advisor.evaluate.recorded import EvaluationRun
from advisor.evaluate.scores import Scores
from advisor.evaluate.shown_examples import examples
from advisor.evaluate.verdict import Verdict

STYLE = Path(__file__).with_name("evaluation.css")
SCRIPT = Path(__file__).with_name("evaluation.js")


def report_of(
    run: EvaluationRun,
    scores: Scores,
    verdict: Verdict,
    gates: Gates,
    thumbnails: Callable[[str], bytes | None],
) -> Report:
    """Return the report of a run.

    `thumbnails` returns the encoded image of an id, or None; it is called for the examples that
    the HTML file shows, when it is drawn.
    """
    return Report(
        json=partial(as_json, run, scores, verdict, gates),
        page=partial(as_page, run, scores, verdict, gates),
        findings=partial(as_findings, scores, verdict, gates),
        screen=partial(as_page, run, scores, verdict, gates, whole=False),
        drawings={"html": partial(as_html, run, scores, verdict, gates, thumbnails)},
    )


def as_html(
    run: EvaluationRun,
    scores: Scores,
    verdict: Verdict,
    gates: Gates,
    thumbnails: Callable[[str], bytes | None],
) -> str:
    """Return one HTML file that needs nothing else: the verdict first, then what it rests on."""
    parts = [_blocks([headline(scores, verdict), Items(tuple(reasons(scores, verdict, gates)))])]
    if scores.candidates:
        parts += _drawings(scores, verdict)
        parts.append(examples(scores, verdict, thumbnails))
        if notes := known(scores):
            listed = Items(tuple(Item("!", one) for one in notes))
            parts.append(_blocks([Heading("To know"), listed]))
    facts: Page = [Heading("How this came about"), Pairs(tuple(provenance(run, scores)))]
    if command := run.settings.get("command"):
        facts.append(Code(str(command), "console"))
    parts.append(_blocks(facts))
    title = f"advisor: {verdict.recommended or 'none'} on {scores.data.name}"
    return document(title, "\n".join(filter(None, parts)), _read(STYLE), _read(SCRIPT))


def _drawings(scores: Scores, verdict: Verdict) -> list[str]:
    order = [METRIC_KINDS[id] for id in verdict.priority if id in METRIC_KINDS]
    kind = (order or list(scores.metrics))[0]
    parts = [_blocks([Heading("Quality and cost")]), quality_by_cost(scores, kind)]
    tables: Page = [Heading("Figures"), figures(scores)]
    if pairs := comparisons(scores, verdict):
        tables += [Heading("Compared in pairs"), pairs]
    if any(one.timing.images_per_second for one in scores.candidates):
        tables += [Heading("Cost"), costs(scores)]
    parts.append(_blocks(tables))
    if matrices := [confusion(scores, one) for one in scores.candidates if one.picked]:
        said = Text("Rows: what is true. Columns: what was picked.", "quiet")
        parts.append(_blocks([Heading("What was taken for what"), said]))
        parts.append(f'<div class="matrices">{"".join(matrices)}</div>')
    return parts


def _blocks(page: Page) -> str:
    """Return blocks as HTML, all of their text visible."""
    visible: list[Block] = [shown(block, {}) for block in page]
    return body(visible)


def _read(file: Path) -> str:
    return file.read_text(encoding="utf-8")
