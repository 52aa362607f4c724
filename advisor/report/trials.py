"""Trials side by side: as JSON, as a page, and as one HTML file with the picture in it."""

from __future__ import annotations

import base64
from html import escape
from pathlib import Path
from typing import Any

from advisor.inference.answer import Answer
from advisor.inference.trial import Trial
from advisor.report.html import html
from advisor.report.page import Heading, Item, Items, Page, Pairs, Table, Text

SHOWN_ANSWERS = 6
MEDIA = {".png": "image/png", ".gif": "image/gif", ".webp": "image/webp", ".bmp": "image/bmp"}
STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;"
    "color:#1f2328;background:#fff}img{max-width:100%;max-height:24rem}table{border-collapse:"
    "collapse}td,th{border-bottom:1px solid #d0d7de;padding:.3rem .6rem;text-align:left}"
    "small,p{color:#57606a}ul{padding-left:0}"
)


def as_json(image: str, trials: list[Trial], refused: list[tuple[str, str]]) -> dict[str, Any]:
    """Return the JSON document of `advisor try --format json`."""
    return {
        "schema_version": 1,
        "image": image,
        "trials": [trial.as_json() for trial in trials],
        "refused": [{"checkpoint": name, "why": why} for name, why in refused],
    }


def as_page(image: str, trials: list[Trial], refused: list[tuple[str, str]]) -> Page:
    """Return the page: what each gave, then what that cost."""
    page: Page = [Heading(image, 1)]
    for trial in trials:
        page.append(Heading(f"{trial.checkpoint}: {trial.task}"))
        rows = [Item("+", _answer(answer)) for answer in trial.answers[:SHOWN_ANSWERS]]
        if len(trial.answers) > SHOWN_ANSWERS:
            rows.append(Item("", f"and {len(trial.answers) - SHOWN_ANSWERS} more"))
        rows += [Item("!", warning) for warning in trial.warnings]
        page.append(Items(tuple(rows)))
    if refused:
        page.append(Heading("Could not"))
        page.append(Items(tuple(Item("-", f"{name}: {why}") for name, why in refused)))
    if trials:
        page += _cost(trials)
    return page


def _answer(answer: Answer) -> str:
    if answer.probability is not None:
        return f"{answer.probability:6.1%}  {answer.text}"
    if answer.similarity is not None:
        return f"{answer.similarity:6.3f}  {answer.text}"
    if answer.vector is not None:
        return f"{answer.text}  a vector of {len(answer.vector)} numbers"
    return answer.text or "(nothing)"


def _cost(trials: list[Trial]) -> Page:
    rows = tuple(
        (
            trial.checkpoint,
            f"{trial.load_ms:.0f}",
            f"{trial.first_ms:.0f}",
            f"{trial.latency_ms:.0f}",
            "unknown" if trial.memory_mb is None else f"{trial.memory_mb:.0f}",
            f"{trial.estimated_memory_mb:.0f}",
        )
        for trial in trials
    )
    columns = ("checkpoint", "load ms", "first ms", "then ms", "peak MB", "estimated MB")
    first = trials[0]
    versions = ", ".join(f"{name} {version}" for name, version in first.versions.items())
    return [
        Heading("What it cost"),
        Table(columns, rows, wide=0),
        Pairs((("run on", f"{first.device}, {first.dtype}"), ("with", versions))),
        Text("peak memory is that of this process, with all that it had loaded", "quiet"),
    ]


def as_html(image: str, trials: list[Trial], refused: list[tuple[str, str]]) -> str:
    """Return one HTML file that needs nothing else: picture, answers and costs."""
    file = Path(image)
    media = MEDIA.get(file.suffix.lower(), "image/jpeg")
    data = base64.b64encode(file.read_bytes()).decode()
    body = html(as_page(file.name, trials, refused))
    return (
        '<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8">'
        f"<title>advisor try: {escape(file.name)}</title>"
        f'<link rel="icon" href="data:,"><style>{STYLE}</style></head>\n<body>'
        f'<img alt="{escape(file.name)}" src="data:{media};base64,{data}">{body}</body>\n</html>\n'
    )
