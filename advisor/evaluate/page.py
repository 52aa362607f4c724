"""An evaluation as JSON, as a page, and as findings for JUnit: the verdict first."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any, NamedTuple

from advisor.draw.blocks import Code, Heading, Headline, Item, Items, Page, Table
from advisor.draw.findings import FindingRow, FindingsReport
from advisor.draw.formats import SCHEMA_VERSION
from advisor.evaluate.certainty import Comparison, MetricResult
from advisor.evaluate.measuring import IN_WORDS
from advisor.evaluate.metrics import METRIC_KINDS, MetricKind
from advisor.evaluate.options import ANSWERED, BASELINE, FAIL_UNDER, GateCheck
from advisor.evaluate.responses import BASELINE_NAMED, BASELINE_WORDS, FITTED, EvaluationRun, Timing
from advisor.evaluate.scores import CandidateScores, Scores
from advisor.evaluate.verdict import GUESSING_WINS, NOBODY, RECOMMENDED, TIE, Verdict, checkpoint_of
from advisor.phrasing import count, joined

TITLES = {
    RECOMMENDED: "the recommended candidate",
    TIE: "a tie",
    GUESSING_WINS: "no candidate is significantly better than the baseline",
    NOBODY: "no candidate finished, so there is no comparison",
}
GATE_TEXTS = {
    FAIL_UNDER: "the metric must reach the threshold",
    BASELINE: "no metric may be significantly worse than in the earlier evaluation",
    ANSWERED: "a candidate must be significantly better than the baseline",
}
OF_A_CANDIDATE = ("family", "revision", "device", "dtype", "scored_by", "parameters_millions")
"""Fields of Candidate that the JSON has under the same name."""
SCORED_NOTES = {
    "likelihood": "`{}` generates text. Labels are ranked by likelihood, so predictions may"
    " differ from its free-form output",
    IN_WORDS: "`{}` returns text. A text that matches no label counts as wrong",
}


class Evaluation(NamedTuple):
    """The data of a report: a run, its scores, the verdict, and the result of each gate."""

    run: EvaluationRun
    scores: Scores
    verdict: Verdict
    checks: tuple[GateCheck, ...]


def as_json(evaluation: Evaluation) -> dict[str, Any]:
    """Return the JSON document of `advisor evaluate --format json`; only `timings` has times."""
    run, scores, verdict, checks = evaluation
    data, guessing = scores.data, scores.guessing
    document: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "rule_base": str(run.settings.get("rule_base") or ""),
        "data": {
            "name": data.name,
            "task": data.task,
            "images": scores.images,
            "items": len(scores.items),
            "classes": data.classes,
            "left_out": [image._asdict() for image in scores.left_out],
            "digest": data.digest,
        },
        "results": [_result(candidate, data.classes) for candidate in scores.candidates],
        "failed": [{"candidate": each.name, "why": each.failed} for each in scores.failed],
        "comparisons": [_compared(comparison) for comparison in scores.comparisons],
        "guessing": guessing
        and {**guessing._asdict(), "comparisons": list(map(_compared, guessing.comparisons))},
        "baselines": {
            kind: {"words": words, "metrics": metrics}
            for kind, (words, metrics) in scores.baselines.items()
        },
        "verdict": {**verdict._asdict(), "tie": verdict.outcome == TIE},
        "checks": [check._asdict() for check in checks],
        "settings": dict(run.settings),
        "timings": [
            {"candidate": each.name, **each.timing._asdict()} for each in scores.candidates
        ],
    }
    return {name: _defined(value) for name, value in document.items()}


def _defined(value: Any) -> Any:
    """Return a value with null in place of each NaN and infinity, which JSON lacks."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {name: _defined(member) for name, member in value.items()}
    return [_defined(member) for member in value] if isinstance(value, (list, tuple)) else value


def _result(scores: CandidateScores, classes: Sequence[str]) -> dict[str, Any]:
    candidate = scores.candidate
    return {
        "candidate": scores.name,
        "checkpoint": checkpoint_of(candidate),
        "baseline": candidate.baseline or None,
        "vectors_of": candidate.checkpoint if candidate.baseline in FITTED else None,
        "class": candidate.class_name,
        **{name: getattr(candidate, name) for name in OF_A_CANDIDATE},
        "failures": len(scores.failed),
        "ties": scores.ties,
        "warnings": candidate.warnings,
        "metrics": {id: result._asdict() for id, result in scores.metrics.items()},
        "classes": [
            {"label": label, **figures._asdict()}
            for label, figures in zip(classes, scores.measured.by_class, strict=False)
        ],
        "by_images_per_class": [
            {"images": size, **result._asdict()} for size, result in scores.by_size.items()
        ],
    }


def _compared(comparison: Comparison) -> dict[str, Any]:
    gain = METRIC_KINDS[comparison.metric].gain(comparison.difference)
    return {
        **comparison._asdict(),
        "reliable": comparison.reliable,
        "ahead": comparison.first if gain > 0 else comparison.second if gain < 0 else None,
    }


def as_page(evaluation: Evaluation) -> Page:
    """Return the page: the verdict and its reasons, metrics, cost and notes."""
    first = headline(evaluation.scores, evaluation.verdict)
    return [first, reasons(evaluation), *results(evaluation), *costs_and_notes(evaluation)]


def results(evaluation: Evaluation) -> Page:
    """Return the metrics of candidates and baselines."""
    scores = evaluation.scores
    curve = learning_curve(scores)
    return _sections({"Results": figures(scores), "Accuracy by labeled images per class": curve})


def costs_and_notes(evaluation: Evaluation) -> Page:
    """Return the costs, the notes on the results, and the command."""
    scores, settings = evaluation.scores, evaluation.run.settings
    page = _sections({"Cost": costs(scores, settings), "Notes": notes(scores)})
    command = settings.get("command")
    return [*page, Code(str(command), "console")] if command else page


def _sections(titled: Mapping[str, Table | Items | None]) -> Page:
    """Return the tables and items that have rows, each under its heading."""
    there = ((Heading(title), block) for title, block in titled.items() if block and block.rows)
    return list(chain.from_iterable(there))


def headline(scores: Scores, verdict: Verdict) -> Headline:
    """Return the recommended candidate with its title: a tie, or the outcome."""
    others = [name for name in verdict.tied if name != verdict.recommended]
    title = f"tied with {joined(others)}" if others else TITLES[verdict.outcome]
    on = f"{scores.data.task} on {count(scores.images, 'image')}"
    tone = "good" if verdict.recommended else "warn"
    return Headline(verdict.recommended or "no candidate", (title, on), tone)


def reasons(evaluation: Evaluation) -> Items:
    """Return the reasons and warnings of the verdict, and the result of each gate."""
    verdict = evaluation.verdict
    mark = "+" if verdict.recommended else "-"
    rows = [Item("" if number else mark, why) for number, why in enumerate(verdict.because)]
    rows += [Item("!", warning) for warning in verdict.warnings]
    rows += [Item("+" if check.passed else "-", check.message) for check in evaluation.checks]
    return Items(tuple(rows))


def figures(scores: Scores) -> Table:
    """Return the table of metrics of candidates and baselines, the main one with intervals."""
    kinds = scores.metrics
    rows = [
        (each.name, *(_cell(k, each.metrics[k.id], whole=k is kinds[0]) for k in kinds))
        for each in scores.candidates
    ]
    among = {candidate.candidate.baseline for candidate in scores.candidates}
    for baseline, (_, reached) in scores.baselines.items() if kinds else ():
        if baseline not in among:
            cells = (kind.written(reached[kind.id]) if kind.id in reached else "" for kind in kinds)
            rows.append((f"{BASELINE_NAMED}{BASELINE_WORDS.get(baseline, baseline)}", *cells))
    return Table(("candidate", *(kind.name for kind in kinds)), tuple(rows))


def _cell(kind: MetricKind, result: MetricResult, *, whole: bool = True) -> str:
    low, high = map(kind.written, result.interval)
    return (
        f"{kind.written(result.value)} ({low} to {high})" if whole else kind.written(result.value)
    )


def learning_curve(scores: Scores) -> Table | None:
    """Return the accuracy of fitted baselines by images per class; None without any."""
    fitted = [candidate for candidate in scores.candidates if candidate.by_size]
    if not fitted:
        return None
    kind = METRIC_KINDS[next(iter(fitted[0].metrics))]
    rows = tuple(
        (model.name, *(_cell(kind, result) for result in model.by_size.values()))
        for model in fitted
    )
    return Table(("baseline", *(f"{size} images" for size in fitted[0].by_size)), rows)


def costs(scores: Scores, settings: Mapping[str, Any]) -> Table:
    """Return the table of each candidate's speed and memory, and its price if that is known."""
    timed = [candidate for candidate in scores.candidates if candidate.timing.images_per_second]
    columns = {
        "candidate": [each.name for each in timed],
        "images per second": [f"{each.timing.images_per_second:,.1f}" for each in timed],
        "ms per batch": [f"{each.timing.latency_ms:,.0f} of {each.timing.batch}" for each in timed],
        "peak MB": [f"{peak:,.0f}" if peak else "" for peak in (t.timing.peak_mb for t in timed)],
        "1,000 images": [per_thousand(each.timing, settings) for each in timed],
    }
    filled = {name: cells for name, cells in columns.items() if any(cells)}
    return Table(tuple(filled), tuple(zip(*filled.values(), strict=True)))


def per_thousand(timing: Timing, settings: Mapping[str, Any]) -> str:
    """Return the cost of 1,000 images, by tokens or else by the hour, to two digits or more.

    Empty if no price is known.
    """
    cost = 0.0
    if timing.prompt_tokens is not None and timing.completion_tokens is not None:
        read, written = settings.get("price_per_token") or (0.0, 0.0)
        spent = timing.prompt_tokens * read + timing.completion_tokens * written
        cost = 1000 * spent / max(1, timing.images)
    elif timing.images_per_second:
        cost = 1000 * settings.get("price_per_hour", 0.0) / 3600 / timing.images_per_second
    return "" if not cost else f"{cost:,.2f}" if cost >= 1 else f"{cost:.2g}"


def of_how_many(evaluation: Evaluation) -> tuple[str, ...]:
    """Return the start date of the run and its numbers of candidates, images and so on."""
    scores, settings = evaluation.scores, evaluation.run.settings
    parts = [f"begun {settings['began']}"] if "began" in settings else []
    parts += [count(len(scores.candidates), "candidate"), count(scores.images, "image")]
    has_questions = any(item.question for item in scores.items[:1])
    parts += [count(len(scores.items), "question")] if has_questions else []
    parts += [f"{len(scores.data.classes)} classes"] if scores.data.classes else []
    return tuple(parts)


def notes(scores: Scores) -> Items:
    """Return notes on the results: how labels were scored, the data, and model warnings."""
    lines = [
        SCORED_NOTES[each.candidate.scored_by].format(each.name)
        for each in scores.candidates
        if each.candidate.scored_by in SCORED_NOTES
    ]
    lines += scores.data.notes
    warned: dict[str, list[str]] = {}
    for each in scores.candidates:
        for warning in each.candidate.warnings:
            warned.setdefault(warning, []).append(f"`{each.name}`")
    lines += [f"{joined(names)}: {warning}" for warning, names in warned.items()]
    return Items(tuple(Item("!", line) for line in lines))


def as_findings(evaluation: Evaluation) -> FindingsReport:
    """Return each gate, and whether a candidate is recommended, as findings for JUnit."""
    verdict = evaluation.verdict
    why = "; ".join([TITLES[verdict.outcome], *verdict.because])
    answered = verdict.recommended is not None
    checks = (*evaluation.checks, GateCheck(ANSWERED, verdict.recommended or "", answered, why))
    findings = tuple(  # at no place
        FindingRow(each.gate, "note" if each.passed else "error", "", None, None, each.message)
        for each in checks
    )
    rules = {id: (text, "") for id, text in GATE_TEXTS.items()}
    return FindingsReport(rules, findings, checked=len(findings))
