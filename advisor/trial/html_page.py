"""Trials side by side as one HTML file: the image, a card for each trial, and what it cost."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from advisor.trial.answer import Answer
from advisor.trial.page import COST_COLUMNS, COST_NOTE, Comparison, cost, figure, said
from advisor.trial.trial import Trial

HUES = (212, 152, 268, 28, 340, 60)
"""One colour for each family, in the order in which families appear."""

STYLE = """
:root{color-scheme:light dark;--ink:#1c2024;--quiet:#5c6670;--line:#dfe3e8;--card:#fff;
--ground:#f6f7f9;--warn:#8a5a00;--shade:94%;--text:32%}
@media(prefers-color-scheme:dark){:root{--ink:#e8eaed;--quiet:#9aa4ae;--line:#343a41;
--card:#1d2125;--ground:#14171a;--warn:#e0b060;--shade:22%;--text:78%}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
main{max-width:68rem;margin:0 auto;padding:2rem 1.25rem 3rem}
h1{font-size:1.35rem;margin:0 0 .25rem;overflow-wrap:anywhere}
h2{font-size:1rem;margin:2.25rem 0 .75rem}
header{display:grid;grid-template-columns:minmax(8rem,18rem) 1fr;gap:1.5rem;align-items:center}
header img{width:100%;max-height:18rem;object-fit:contain;border:1px solid var(--line);
border-radius:.6rem;background:var(--card)}
dl{display:grid;grid-template-columns:auto 1fr;gap:.15rem 1rem;margin:.75rem 0 0}
dt{color:var(--quiet)}dd{margin:0}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(18rem,1fr));gap:1rem;
align-items:start}
.card{background:var(--card);border:1px solid var(--line);border-radius:.75rem;padding:1rem 1.1rem;
border-top:4px solid hsl(var(--hue) 60% 50%)}
.card h3{font-size:.95rem;margin:.5rem 0 .1rem;overflow-wrap:anywhere}
.chip{display:inline-block;font-size:.75rem;padding:.1rem .55rem;border-radius:1rem;
background:hsl(var(--hue) 60% var(--shade));color:hsl(var(--hue) 55% var(--text))}
.task{color:var(--quiet);font-size:.85rem;margin:0 0 .75rem}
.written{font-size:1.2rem;line-height:1.4;margin:.5rem 0;overflow-wrap:anywhere;
white-space:pre-wrap}
ol{list-style:none;margin:0;padding:0}
ol li{display:grid;grid-template-columns:1fr auto;gap:0 .75rem;padding:.2rem 0;
overflow-wrap:anywhere;align-items:center}
ol li:first-child{font-weight:600}
ol li.shown{grid-template-columns:3.5rem 1fr auto}
ol li img{width:3.5rem;height:3.5rem;object-fit:cover;border-radius:.35rem}
.bar{grid-column:1/-1;height:.3rem;border-radius:.2rem;background:var(--line)}
.bar i{display:block;height:100%;border-radius:.2rem;background:hsl(var(--hue) 60% 50%)}
.number{font-variant-numeric:tabular-nums;color:var(--quiet);font-weight:400}
.warn{color:var(--warn);font-size:.85rem;margin:.6rem 0 0}
.more,.note{color:var(--quiet);font-size:.85rem}
ul{margin:0;padding-left:1.1rem}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.9rem}
th{color:var(--quiet);font-weight:500}
th,td{text-align:right;padding:.4rem .6rem;border-bottom:1px solid var(--line);
font-variant-numeric:tabular-nums;white-space:nowrap}
th:first-child,td:first-child{text-align:left}
@media(max-width:36rem){header{grid-template-columns:1fr}}
"""


def as_html(comparison: Comparison, images: Mapping[str, str]) -> str:
    """Return one HTML file that needs nothing else.

    `images` are `data:` addresses by name: that of the image, and of others in a ranking.
    """
    name = escape(comparison.image)
    hues = _hues(comparison)
    parts = [
        _head(comparison, images),
        "<h2>What each gave</h2>",
        '<div class="cards">',
        *(_card(comparison, trial, hues, images) for trial in comparison.trials),
        "</div>",
        _list("Of all of them", comparison.shared_warnings()),
        _list(
            "Could not",
            tuple(f"{each.who}: {each.task}: {each.why}" for each in comparison.refusals),
        ),
        _list("Written", comparison.written),
        _cost(comparison.trials),
    ]
    return (
        '<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>advisor try: {name}</title><link rel="icon" href="data:,">'
        f"<style>{STYLE}</style></head>\n<body><main>\n" + "\n".join(filter(None, parts))
    ) + "\n</main></body>\n</html>\n"


def _hues(comparison: Comparison) -> dict[str | None, int]:
    families = dict.fromkeys(trial.family for trial in comparison.trials)
    return {family: HUES[place % len(HUES)] for place, family in enumerate(families)}


def _head(comparison: Comparison, images: Mapping[str, str]) -> str:
    name = escape(comparison.image)
    shown = images.get(comparison.image)
    image = f'<img alt="{name}" src="{escape(shown)}">' if shown else ""
    asked = [("question", comparison.question), ("query", comparison.query)]
    if comparison.trials:
        first = comparison.trials[0]
        versions = ", ".join(f"{each} {version}" for each, version in first.versions.items())
        asked += [("run on", f"{first.device}, {first.dtype}"), ("with", versions)]
    rows = "".join(f"<dt>{what}</dt><dd>{escape(value)}</dd>" for what, value in asked if value)
    layout = "" if image else ' style="display:block"'
    return f"<header{layout}>{image}<div><h1>{name}</h1><dl>{rows}</dl></div></header>"


def _card(
    comparison: Comparison,
    trial: Trial,
    hues: dict[str | None, int],
    images: Mapping[str, str],
) -> str:
    chip = f'<span class="chip">{escape(trial.family)}</span>' if trial.family else ""
    warnings = "".join(
        f'<p class="warn">{escape(warning)}</p>' for warning in comparison.own_warnings(trial)
    )
    return (
        f'<article class="card" style="--hue:{hues[trial.family]}">{chip}'
        f"<h3>{escape(trial.checkpoint)}</h3>"
        f'<p class="task">{escape(trial.task)} · {escape(trial.class_name)}</p>'
        f"{_answers(comparison, trial, images)}{warnings}</article>"
    )


def _answers(comparison: Comparison, trial: Trial, images: Mapping[str, str]) -> str:
    if len(trial.answers) == 1 and not figure(trial.answers[0]):
        return f'<p class="written">{escape(said(trial.answers[0]))}</p>'
    shown = trial.answers[: comparison.shown]
    rows = "".join(_ranked(answer, images) for answer in shown)
    left = len(trial.answers) - len(shown)
    more = f'<p class="more">and {left} more</p>' if left else ""
    return f"<ol>{rows}</ol>{more}"


def _ranked(answer: Answer, images: Mapping[str, str]) -> str:
    shown = images.get(answer.text)
    image = f'<img alt="" src="{escape(shown)}">' if shown else ""
    bar = ""
    if answer.probability is not None:
        bar = f'<span class="bar"><i style="width:{answer.probability:.1%}"></i></span>'
    return (
        f"<li{' class=shown' if shown else ''}>{image}<span>{escape(said(answer))}</span>"
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
