"""An evaluation as JSON, as a page, and as findings for JUnit: the verdict first."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from advisor.draw.blocks import Code, Heading, Headline, Item, Items, Page, Pairs, Table
from advisor.draw.findings import FindingRow, FindingsReport, RuleText
from advisor.draw.formats import SCHEMA_VERSION
from advisor.evaluate.certainty import Comparison, MetricResult
from advisor.evaluate.measuring import IN_WORDS
from advisor.evaluate.metrics import METRIC_KINDS, MetricKind
from advisor.evaluate.options import ANSWERED, BASELINE, FAIL_UNDER, GateCheck
from advisor.evaluate.responses import BASELINE_NAMED, BASELINE_WORDS, FITTED, EvaluationRun, Timing
from advisor.evaluate.scores import CandidateScores, Scores
from advisor.evaluate.verdict import (
    GUESSING_WINS,
    NOBODY,
    RECOMMENDED,
    TIE,
    Verdict,
    checkpoint_of,
    p_written,
)
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
MOST_LEFT_OUT = 20
OF_A_CANDIDATE = ("family", "revision", "device", "dtype", "scored_by", "parameters_millions")
"""Fields of a candidate that JSON has by the same name."""
SCORED_NOTES = {
    "likelihood": "`{}` generates text. Labels are ranked by likelihood, so predictions may"
    " differ from its free-form output",
    IN_WORDS: "`{}` returns text. A text that matches no label counts as wrong",
}
NOTES = {
    "cider-d": "CIDEr-D gives rare words of these references more weight. Intervals keep those "
    "weights. METEOR and SPICE are left out, because both need Java and downloads.",
    "calibration-error": "The interval of a calibration error is approximate, because chance "
    "alone adds to the error.",
    "recall@1": "Each text ranks all images. Intervals resample the texts, not the searched "
    "images.",
    "vqa-accuracy": "Answers are normalized as in the official VQA script.",
    "exact-match": "Answers are normalized as in the official VQA script.",
}


class Evaluation(NamedTuple):
    """What there is to report: a run, its figures, the verdict, and how each gate went."""

    run: EvaluationRun
    scores: Scores
    verdict: Verdict
    checks: tuple[GateCheck, ...]


def as_json(evaluation: Evaluation) -> dict[str, Any]:
    """Return the JSON document of `advisor evaluate --format json`; `timings` alone are timed."""
    run, scores, verdict, checks = evaluation
    data, guessing = scores.data, scores.guessing
    return {
        "schema_version": SCHEMA_VERSION,
        "rule_base": str(run.settings.get("rule_base") or ""),
        "data": {
            "name": data.name,
            "task": data.task,
            "images": scores.images,
            "items": len(scores.items),
            "classes": list(data.classes),
            "left_out": [image._asdict() for image in scores.left_out],
            "digest": data.digest,
        },
        "results": [_result(candidate, data.classes) for candidate in scores.candidates],
        "failed": [{"candidate": each.name, "why": each.failed} for each in scores.failed],
        "comparisons": [_compared(comparison) for comparison in scores.comparisons],
        "guessing": guessing
        and {
            **_guess(guessing.words, guessing.metrics),
            "comparisons": [_compared(comparison) for comparison in guessing.comparisons],
        },
        "baselines": {kind: _guess(*guess) for kind, guess in scores.baselines.items()},
        "verdict": {**verdict._asdict(), "tie": verdict.outcome == TIE},
        "checks": [check._asdict() for check in checks],
        "settings": dict(run.settings),
        "timings": [
            {"candidate": each.name, **each.timing._asdict()} for each in scores.candidates
        ],
    }


def _guess(words: str, metrics: Mapping[str, float]) -> dict[str, Any]:
    return {"words": words, "metrics": {id: _number(value) for id, value in metrics.items()}}


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
        "warnings": list(candidate.warnings),
        "metrics": {id: _figure(result) for id, result in scores.metrics.items()},
        "classes": [
            {"label": label, **figures._asdict()}
            for label, figures in zip(classes, scores.measured.by_class, strict=False)
        ],
        "by_images_per_class": [
            {"images": size, **_figure(result)} for size, result in scores.by_size.items()
        ],
    }


def _figure(result: MetricResult) -> dict[str, Any]:
    """Return a metric as JSON has it; what is undefined is null."""
    low, high = map(_number, result.interval)
    return {"value": _number(result.value), "interval": [low, high], "n": result.n}


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _compared(comparison: Comparison) -> dict[str, Any]:
    gain = METRIC_KINDS[comparison.metric].gain(comparison.difference)
    return {
        **comparison._asdict(),
        "difference": _number(comparison.difference),
        "interval": [_number(end) for end in comparison.interval],
        "smallest": _number(comparison.smallest),
        "reliable": comparison.reliable,
        "ahead": comparison.first if gain > 0 else comparison.second if gain < 0 else None,
    }


def as_page(evaluation: Evaluation, *, whole: bool = True) -> Page:
    """Return the page: which to take and why, figures, pairs, cost, what else is to be known.

    Not `whole`, only the first metric has its interval, and pairs are told in the verdict alone,
    so that it fits a screen.
    """
    scores, settings = evaluation.scores, evaluation.run.settings
    sections = {
        "Results": figures(scores, whole=whole) if scores.candidates else None,
        "Pairwise comparisons": comparisons(scores, evaluation.verdict) if whole else None,
        "Accuracy by labeled images per class": learning_curve(scores) if whole else None,
        "Cost": costs(scores, settings),
        "Notes": known(scores),
        "Method": provenance(evaluation) if whole else None,
    }
    page: Page = [headline(scores, evaluation.verdict), reasons(evaluation)]
    for title, block in sections.items():
        page += [Heading(title), block] if block is not None else []
    if command := settings.get("command"):
        page.append(Code(str(command), "console"))
    return page


def headline(scores: Scores, verdict: Verdict) -> Headline:
    """Return what to take."""
    others = [name for name in verdict.tied if name != verdict.recommended]
    title = f"tied with {joined(others)}" if others else TITLES[verdict.outcome]
    notes = (title, f"{scores.data.task} on {count(scores.images, 'image')}")
    tone = "good" if verdict.recommended else "warn"
    return Headline(verdict.recommended or "none of them", notes, tone)


def reasons(evaluation: Evaluation) -> Items:
    """Return why, what to be careful of, and how each gate went."""
    verdict = evaluation.verdict
    mark = "+" if verdict.recommended else "-"
    rows = [Item("" if number else mark, why) for number, why in enumerate(verdict.because)]
    rows += [Item("!", warning) for warning in verdict.warnings]
    rows += [Item("+" if check.passed else "-", check.message) for check in evaluation.checks]
    return Items(tuple(rows))


def figures(scores: Scores, *, whole: bool = True) -> Table:
    """Return the metrics of candidates, and baselines; `whole`, all with intervals."""
    kinds = scores.metrics
    rows = [
        (each.name, *(_cell(k, each.metrics[k.id], whole=whole or k is kinds[0]) for k in kinds))
        for each in scores.candidates
    ]
    among = {candidate.candidate.baseline for candidate in scores.candidates}
    for baseline, (words, reached) in scores.baselines.items():
        if baseline not in among:
            cells = (kind.written(reached[kind.id]) if kind.id in reached else "" for kind in kinds)
            shown = BASELINE_WORDS.get(baseline, baseline)
            rows.append((f"{BASELINE_NAMED}{shown}{f' ({words})' if whole else ''}", *cells))
    return Table(("candidate", *(kind.name for kind in kinds)), tuple(rows))


def _cell(kind: MetricKind, result: MetricResult, *, whole: bool) -> str:
    if not whole:
        return kind.written(result.value)
    low, high = map(kind.written, result.interval)
    return f"{kind.written(result.value)} ({low} to {high})"


def comparisons(scores: Scores, verdict: Verdict) -> Table | None:
    """Return the pairs on the metric that was compared first, and each with guessing."""
    order = [id for id in verdict.priority if id in METRIC_KINDS] or [k.id for k in scores.metrics]
    against = scores.guessing.comparisons if scores.guessing else ()
    rows = []
    for each in (*scores.comparisons, *against):
        if each.metric not in order[:1]:
            continue
        low, high = (f"{end:+.3f}" for end in each.interval)
        conclusion = "significant difference"
        if not each.reliable:
            enough = each.settled_by is not None and each.settled_by > each.images
            more = f". Detecting one takes about {each.settled_by:,} images" if enough else ""
            conclusion = f"no significant difference on {each.images:,} images{more}"
        difference = f"{each.difference:+.3f} ({low} to {high})"
        pair = f"{each.first} against {each.second}"
        rows.append((pair, difference, p_written(each.adjusted), conclusion))
    if not rows:
        return None
    name = METRIC_KINDS[order[0]].name
    return Table(("pair", f"difference in {name}", "p", "conclusion"), tuple(rows))


def learning_curve(scores: Scores) -> Table | None:
    """Return what fitted baselines reach with so many images of each class."""
    fitted = [candidate for candidate in scores.candidates if candidate.by_size]
    if not fitted:
        return None
    kind = METRIC_KINDS[next(iter(fitted[0].metrics))]
    rows = tuple(
        (model.name, *(_cell(kind, result, whole=True) for result in model.by_size.values()))
        for model in fitted
    )
    return Table(("baseline", *(f"{size} images" for size in fitted[0].by_size)), rows)


def costs(scores: Scores, settings: Mapping[str, Any]) -> Table | None:
    """Return what each candidate cost; with a price in the settings, what 1,000 images would."""
    timed = [candidate for candidate in scores.candidates if candidate.timing.images_per_second]
    if not timed:
        return None
    columns = {
        "candidate": [each.name for each in timed],
        "images per second": [_shown(each.timing.images_per_second, 1) for each in timed],
        "ms per batch": [
            f"{_shown(each.timing.latency_ms)} of {each.timing.batch}" for each in timed
        ],
        "p95 ms": [_shown(each.timing.latency_p95_ms) for each in timed],
        "peak MB": [_shown(each.timing.peak_mb) for each in timed],
        "load ms": [_shown(each.timing.load_ms) for each in timed],
        "tokens per image": [_tokens(each.timing) for each in timed],
        "1,000 images": [per_thousand(each.timing, settings) for each in timed],
    }
    filled = {name: cells for name, cells in columns.items() if any(cells)}
    return Table(tuple(filled), tuple(zip(*filled.values(), strict=True)))


def _tokens(timing: Timing) -> str:
    """Return the tokens that a server read and wrote for an image; empty of what is no server."""
    if timing.prompt_tokens is None or timing.completion_tokens is None or not timing.images:
        return ""
    read, written = timing.prompt_tokens, timing.completion_tokens
    return f"{read / timing.images:,.0f} in, {written / timing.images:,.0f} out"


def per_thousand(timing: Timing, settings: Mapping[str, Any]) -> str:
    """Return what 1,000 images cost, by tokens or by the hour, in two digits at least.

    Empty where no price is known.
    """
    if timing.prompt_tokens is not None and timing.completion_tokens is not None:
        read, written = settings.get("price_per_token") or (0.0, 0.0)
        spent = timing.prompt_tokens * read + timing.completion_tokens * written
        cost = 1000 * spent / timing.images if timing.images else 0.0
    else:
        hour = settings.get("price_per_hour") or 0.0
        cost = 1000 * hour / 3600 / timing.images_per_second if timing.images_per_second else 0.0
    return "" if not cost else f"{cost:,.2f}" if cost >= 1 else f"{cost:.2g}"


def of_how_many(evaluation: Evaluation) -> tuple[str, ...]:
    """Return when the run began, and how much was compared on how much."""
    scores, settings = evaluation.scores, evaluation.run.settings
    parts = [f"begun {settings['began']}"] if "began" in settings else []
    parts += [count(len(scores.candidates), "candidate"), count(scores.images, "image")]
    has_questions = any(item.question for item in scores.items[:1])
    parts += [count(len(scores.items), "question")] if has_questions else []
    parts += [f"{len(scores.data.classes)} classes"] if scores.data.classes else []
    return tuple(parts)


def _shown(value: float | None, digits: int = 0) -> str:
    return "unknown" if value is None else f"{value:,.{digits}f}"


def known(scores: Scores) -> Items | None:
    """Return what has to be known to read the figures: how labels were scored, what metrics are."""
    notes = [
        SCORED_NOTES[candidate.candidate.scored_by].format(candidate.name)
        for scored_by in SCORED_NOTES
        for candidate in scores.candidates
        if candidate.candidate.scored_by == scored_by
    ]
    if lower := [kind.name for kind in scores.metrics if kind.lower]:
        notes.append(f"lower is better: {joined(lower)}")
    notes += dict.fromkeys(NOTES[kind.id] for kind in scores.metrics if kind.id in NOTES)
    notes += scores.data.notes
    warned: dict[str, list[str]] = {}
    for candidate in scores.candidates:
        for warning in candidate.candidate.warnings:
            warned.setdefault(warning, []).append(f"`{candidate.name}`")
    for warning, names in warned.items():
        everybody = 1 < len(names) == len(scores.candidates)
        notes.append(f"{'all candidates' if everybody else joined(names)}: {warning}")
    notes += [f"left out `{image.id}`: {image.why}" for image in scores.left_out[:MOST_LEFT_OUT]]
    more = len(scores.left_out) - MOST_LEFT_OUT
    notes += [f"and {more:,} more images left out"] if more > 0 else []
    return Items(tuple(Item("!", note) for note in notes)) if notes else None


def provenance(evaluation: Evaluation) -> Pairs:
    """Return what these figures rest on, as names with values."""
    scores, settings = evaluation.scores, evaluation.run.settings
    facts = [
        ("data", f"{scores.data.name}, {count(scores.images, 'image')}"),
        ("digest", scores.data.digest),
        ("seed", str(scores.seed)),
        ("rules", str(settings.get("rule_base") or "")),
        *((str(name), str(of)) for name, of in dict(settings.get("versions") or {}).items()),
    ]
    for each in scores.candidates:
        candidate = each.candidate
        parts = (candidate.checkpoint, candidate.revision, candidate.class_name, candidate.dtype)
        facts.append((each.name, ", ".join(filter(None, parts))))
    return Pairs(tuple((name, value) for name, value in facts if value))


def as_findings(evaluation: Evaluation) -> FindingsReport:
    """Return each gate, and whether anybody is to be taken, as what JUnit counts."""
    verdict = evaluation.verdict
    why = "; ".join([TITLES[verdict.outcome], *verdict.because])
    answered = verdict.recommended is not None
    checks = (*evaluation.checks, GateCheck(ANSWERED, verdict.recommended or "", answered, why))
    findings = tuple(  # at no place
        FindingRow(each.gate, "note" if each.passed else "error", "", None, None, each.message)
        for each in checks
    )
    rules = {id: RuleText(id, text) for id, text in GATE_TEXTS.items()}
    return FindingsReport(rules, findings, checked=len(findings))
