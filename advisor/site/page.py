"""The page as one HTML file: usual answers, tables and style inside, and nothing requested."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from string import Template

from advisor import __version__
from advisor.decide.advice import UNBOUND
from advisor.decide.memory import memory_gb, training_memory
from advisor.decide.recommendation import recommend
from advisor.decide.shared_page import pictured
from advisor.draw import html as drawn
from advisor.draw.blocks import Item, Items, Page, Pairs
from advisor.engine.decision import Engine
from advisor.foreign import visible
from advisor.model import TASK, Checkpoint, Task
from advisor.rulebase.base import RuleBase
from advisor.site.tables import page_tables

FOLDER = Path(__file__).parent
SCRIPTS = FOLDER / "walker.js", FOLDER / "page.js"
STYLES = drawn.STYLE, FOLDER / "page.css"
MOST_LANGUAGES = 12
"""So many languages of a checkpoint are named."""
MARK = '<meta name="generator" content="advisor site">'
"""Stands in every page that was written here."""
POLICY = (
    "default-src 'none'; script-src '{script}'; style-src '{style}'; img-src data:; "
    "base-uri 'none'; form-action 'none'"
)
"""What the page may load: what stands in it."""

TEMPLATE = Template("""<!doctype html>
<html lang="en">
<head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="$policy">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
$mark
<title>advisor: which vision-language model?</title><link rel="icon" href="data:,">
<style>$style</style></head>
<body><main>
<header><h1>Which vision-language model?</h1>
<p>Which kind of model fits your task, which checkpoint, and why. Your answers do not leave this page.</p>
$overlays
</header>
<noscript><p class="warn">This page asks its questions with a script. The usual answer for each task is below.</p></noscript>
<div id="start">
<p><label for="task">Task</label><select id="task"><option value="">Choose a task</option>$options</select></p>
<p><label for="need">Or your need in a sentence, as a command</label>
<input type="search" id="need" autocomplete="off" placeholder="search my photos by German text"></p>
</div>
<pre id="need-command" tabindex="0" hidden aria-live="polite"></pre>
<div id="app">
<section id="ask" class="box" aria-label="The next question" hidden></section>
<section id="answer" class="box" aria-label="The answer" aria-live="polite" hidden></section>
</div>
<section id="usual"><h2>The usual answer for each task</h2>
$usual
</section>
<footer><p>$footer</p></footer>
</main>
$checkpoints
<script type="application/json" id="data">$data</script>
<script>$script</script>
</body>
</html>
""")  # noqa: E501


def static_page(rulebase: RuleBase, priority: Sequence[str] = ()) -> str:
    """Return the page that answers by some rules, with some criteria first.

    The same rules give the same page: it holds no day but those of the facts.
    """
    engine = Engine.known(rulebase, tuple(priority))
    style = "".join(file.read_text(encoding="utf-8") for file in STYLES).replace("@root", "body")
    script = "\n".join(file.read_text(encoding="utf-8").strip() for file in SCRIPTS)
    tables = page_tables(engine)
    data = json.dumps(tables, ensure_ascii=False, separators=(",", ":"))
    ends = {leaf[2] for task in tables["tasks"].values() for leaf in task["leaves"]} - {""}
    return TEMPLATE.substitute(
        policy=POLICY.format(script=_hashed(script), style=_hashed(style)),
        mark=MARK,
        style=style,
        overlays="".join(
            f'<p class="warn">overlay: {escape(change)}</p>' for change in rulebase.overlays
        ),
        options="".join(
            f'<option value="{escape(task.id)}">{escape(task.name)}</option>'
            for task in rulebase.tasks
        ),
        usual="\n".join(_usual(engine, task) for task in rulebase.tasks),
        footer=_footer(rulebase, priority),
        checkpoints="\n".join(_card(rulebase.forms[id]) for id in sorted(ends)),
        data=data.replace("<", "\\u003c"),
        script=script,
    )


def _usual(engine: Engine, task: Task) -> str:
    """Return the answer to a task alone, as a part that opens and closes."""
    answer = recommend(engine.rulebase, {TASK: task.id}, engine=engine)
    body = drawn.body([*pictured(answer, answer.to_page(screen=UNBOUND))])
    shown = body.replace("<h1>", "<h3>").replace("</h1>", "</h3>")
    description = f'<p class="quiet">{escape(task.description)}</p>'
    named = f'<details id="usual {escape(task.id)}"><summary>{escape(task.name)}</summary>'
    return f"{named}{description}{shown}</details>"


def _card(checkpoint: Checkpoint) -> str:
    """Return what is known of a checkpoint, for the script to show where it comes first."""
    page: Page = [Pairs(tuple(_facts(checkpoint)))]
    if checkpoint.pitfalls:
        page.append(Items(tuple(Item("!", pitfall) for pitfall in checkpoint.pitfalls)))
    return f'<template id="checkpoint {escape(checkpoint.id)}">{drawn.body(page)}</template>'


def _facts(model: Checkpoint) -> Iterator[tuple[str, str]]:
    memory, training = memory_gb(model), training_memory(model)
    yield "Memory", f"about {memory:g} GB to run" if memory else "not verified"
    if training and training.lora_gb:
        yield "Training", f"about {training.lora_gb:g} GB with LoRA"
    commercial = (
        f"commercial use {model.commercial_use}" if model.commercial_use else "not verified"
    )
    yield "License", f"{model.licence}, {commercial}" if model.licence else "not verified"
    if model.parameters_millions:
        yield "Size", f"{model.parameters_millions:g} million parameters"
    if model.languages:
        more = len(model.languages) - MOST_LANGUAGES
        rest = f" and {more} more" if more > 0 else ""
        yield "Languages", ", ".join(model.languages[:MOST_LANGUAGES]) + rest
    if model.model_class:
        yield "Class", f"{model.loader}, {model.model_class}"


def _hashed(text: str) -> str:
    """Return what a Content-Security-Policy calls an inline script or style of this text."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _footer(rulebase: RuleBase, priority: Sequence[str]) -> str:
    dates = rulebase.source_dates.values()
    parts = [f"Rules <code>{escape(rulebase.digest)}</code>"]
    folders = visible(", ".join(rulebase.folders))
    parts += [f"with overlays {escape(folders)}"] if folders else []
    parts += [f"criteria first: {escape(', '.join(priority))}"] if priority else []
    if dates:
        oldest, newest = min(dates), max(dates)
        parts.append(f"facts read {newest if newest == oldest else f'{oldest} to {newest}'}")
    parts.append(f"advisor {__version__}")
    return (
        f"{' · '.join(parts)}. The answers of <code>advisor recommend</code> with the same flags."
    )
