"""Trials side by side as one HTML file: the image, a card for each trial, and what it cost."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from pathlib import Path

from advisor.trial.answer import Prediction
from advisor.trial.attempt import TrialResults
from advisor.trial.page import COST_COLUMNS, COST_NOTE, answer_text, cost, figure
from advisor.trial.trial import Trial

HUES = (212, 152, 268, 28, 340, 60)
"""One colour for each family, in the order in which families appear."""

STYLE = Path(__file__).with_name("page.css")


def as_html(results: TrialResults, images: Mapping[str, str]) -> str:
    """Return one HTML file that needs nothing else.

    `images` are `data:` addresses by name: that of the image, and of others in a ranking.
    """
    name = escape(results.image)
    hues = _hues(results)
    parts = [
        _head(results, images),
        "<h2>What each gave</h2>",
        '<div class="cards">',
        *(_card(results, trial, hues, images) for trial in results.trials),
        "</div>",
        _list("Of all of them", results.shared_warnings()),
        _list(
            "Could not",
            tuple(f"{each.who}: {each.task}: {each.why}" for each in results.refusals),
        ),
        _list("Written", results.files),
        _cost(results.trials),
    ]
    style = STYLE.read_text(encoding="utf-8")
    return (
        '<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>advisor try: {name}</title><link rel="icon" href="data:,">'
        f"<style>\n{style}</style></head>\n<body><main>\n" + "\n".join(filter(None, parts))
    ) + "\n</main></body>\n</html>\n"


def _hues(results: TrialResults) -> dict[str | None, int]:
    families = dict.fromkeys(trial.family for trial in results.trials)
    return {family: HUES[place % len(HUES)] for place, family in enumerate(families)}


def _head(results: TrialResults, images: Mapping[str, str]) -> str:
    name = escape(results.image)
    shown = images.get(results.image)
    image = f'<img alt="{name}" src="{escape(shown)}">' if shown else ""
    asked = [("question", results.question), ("query", results.query)]
    if results.trials:
        first = results.trials[0]
        versions = ", ".join(f"{each} {version}" for each, version in first.versions.items())
        asked += [("run on", f"{first.device}, {first.dtype}"), ("with", versions)]
    rows = "".join(f"<dt>{what}</dt><dd>{escape(value)}</dd>" for what, value in asked if value)
    layout = "" if image else ' style="display:block"'
    return f"<header{layout}>{image}<div><h1>{name}</h1><dl>{rows}</dl></div></header>"


def _card(
    results: TrialResults,
    trial: Trial,
    hues: dict[str | None, int],
    images: Mapping[str, str],
) -> str:
    chip = f'<span class="chip">{escape(trial.family)}</span>' if trial.family else ""
    warnings = "".join(
        f'<p class="warn">{escape(warning)}</p>' for warning in results.own_warnings(trial)
    )
    return (
        f'<article class="card" style="--hue:{hues[trial.family]}">{chip}'
        f"<h3>{escape(trial.checkpoint)}</h3>"
        f'<p class="task">{escape(trial.task)} · {escape(trial.class_name)}</p>'
        f"{_answers(results, trial, images)}{warnings}</article>"
    )


def _answers(results: TrialResults, trial: Trial, images: Mapping[str, str]) -> str:
    if len(trial.answers) == 1 and not figure(trial.answers[0]):
        return f'<p class="written">{escape(answer_text(trial.answers[0]))}</p>'
    shown = trial.answers[: results.shown]
    rows = "".join(_ranked(answer, images) for answer in shown)
    left = len(trial.answers) - len(shown)
    more = f'<p class="more">and {left} more</p>' if left else ""
    return f"<ol>{rows}</ol>{more}"


def _ranked(answer: Prediction, images: Mapping[str, str]) -> str:
    shown = images.get(answer.text)
    image = f'<img alt="" src="{escape(shown)}">' if shown else ""
    bar = ""
    if answer.probability is not None:
        bar = f'<span class="bar"><i style="width:{answer.probability:.1%}"></i></span>'
    return (
        f"<li{' class=shown' if shown else ''}>{image}<span>{escape(answer_text(answer))}</span>"
        f'<span class="number">{figure(answer)}</span>{bar}</li>'
    )


def _list(title: str, lines: tuple[str, ...]) -> str:
    if not lines:
        return ""
    rows = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f"<h2>{title}</h2><ul>{rows}</ul>"


def _cost(trials: tuple[Trial, ...]) -> str:
    head = "".join(f"<th>{column}</th>" for column in COST_COLUMNS)
    rows = "".join(
        f"<tr><td>{escape(trial.checkpoint)}, {escape(trial.task)}</td>"
        f"{''.join(f'<td>{cell}</td>' for cell in cost(trial))}</tr>"
        for trial in trials
    )
    return (
        '<h2>What it cost</h2><div class="scroll"><table><thead>'
        f"<tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
        f'<p class="note">{COST_NOTE}</p>'
    )
