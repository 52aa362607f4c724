"""An evaluation in every format: page, JSON, findings, and one HTML file to look at."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from advisor.draw.formats import Report
from advisor.evaluate.gates import Gates
from advisor.evaluate.page import as_findings, as_json, as_page
from advisor.evaluate.recorded import EvaluationRun
from advisor.evaluate.scores import Scores
from advisor.evaluate.verdict import Verdict


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
    del thumbnails
    return Report(
        json=partial(as_json, run, scores, verdict, gates),
        page=partial(as_page, run, scores, verdict, gates),
        findings=partial(as_findings, scores, verdict, gates),
        screen=partial(as_page, run, scores, verdict, gates, whole=False),
    )
