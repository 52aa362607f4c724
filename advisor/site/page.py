"""The web page as one HTML file with all answers, tables and styles; it makes no requests."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from advisor import __version__
from advisor.decide.advice import UNBOUND
from advisor.decide.command_lines import quoted, rules_flags
from advisor.decide.first_checkpoints import FirstCheckpoints
from advisor.decide.memory import memory_gb, training_memory
from advisor.decide.outlook import diagram_for
from advisor.decide.recommendation import recommend
from advisor.decide.recommendation_json import some
from advisor.decide.shared_page import pictured
from advisor.decide.task_diagrams import axes_of, coarser
from advisor.draw import html as drawn
from advisor.draw.blocks import Item, Items, Page, Pairs
from advisor.engine.decision import Engine
from advisor.engine.profile import Answer
from advisor.engine.task_diagram import TaskDiagram
from advisor.foreign import visible
from advisor.model import TASK, Checkpoint, Detour, Elsewhere, Question, Rule, Task
from advisor.phrasing import first_named
from advisor.rulebase.base import RuleBase

FOLDER = Path(__file__).parent
SCRIPTS = FOLDER / "walker.js", FOLDER / "page.js"
STYLES = drawn.STYLE, FOLDER / "page.css"
SHOWN = 4
"""Number of checkpoints that the page names, including the first."""
MOST_LANGUAGES = 12
"""At most this many languages of a checkpoint are named."""
MARK = '<meta name="generator" content="advisor site">'
"""Marks each page of `advisor site`, so that a later run may overwrite it."""
POLICY = (
    "default-src 'none'; script-src '{script}'; style-src '{style}'; img-src data:; "
    "base-uri 'none'; form-action 'none'"
)
"""The Content-Security-Policy: only the inline script and style with these hashes may run."""

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
    """Return the HTML page for a rule base, with the criteria in `priority` compared first.

    The same rules give the same page: it contains no dates except those of the facts.
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
    """Return the answer for a task with default answers, as a `<details>` element."""
    answer = recommend(engine.rulebase, {TASK: task.id}, engine=engine)
    body = drawn.body([*pictured(answer, answer.to_page(screen=UNBOUND))])
    shown = body.replace("<h1>", "<h3>").replace("</h1>", "</h3>")
    description = f'<p class="quiet">{escape(task.description)}</p>'
    named = f'<details id="usual {escape(task.id)}"><summary>{escape(task.name)}</summary>'
    return f"{named}{description}{shown}</details>"


def _card(model: Checkpoint) -> str:
    """Return a `<template>` with the facts of a checkpoint, shown by the script if it is first."""
    memory, training, allowed = memory_gb(model), training_memory(model), model.commercial_use
    commercial = f"commercial use {allowed}" if allowed else "not verified"
    lora, millions = training and training.lora_gb, model.parameters_millions
    facts = {
        "Memory": f"about {memory:g} GB to run" if memory else "not verified",
        "Training": f"about {lora:g} GB with LoRA" if lora else "",
        "License": f"{model.licence}, {commercial}" if model.licence else "not verified",
        "Size": f"{millions:g} million parameters" if millions else "",
        "Languages": first_named(model.languages or (), MOST_LANGUAGES),
        "Class": f"{model.loader}, {model.model_class}" if model.model_class else "",
    }
    pitfalls = tuple(Item("!", pitfall) for pitfall in model.pitfalls)
    page: Page = [Pairs(tuple((name, fact) for name, fact in facts.items() if fact))]
    page += [Items(pitfalls)] if pitfalls else []
    return f'<template id="checkpoint {escape(model.id)}">{drawn.body(page)}</template>'


def _hashed(text: str) -> str:
    """Return the Content-Security-Policy source (SHA-256) of an inline script or style."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _footer(rulebase: RuleBase, priority: Sequence[str]) -> str:
    dates = sorted({*rulebase.source_dates.values()})
    parts = [f"Rules <code>{escape(rulebase.digest)}</code>"]
    folders = visible(", ".join(rulebase.folders))
    parts += [f"with overlays {escape(folders)}"] if folders else []
    parts += [f"criteria first: {escape(', '.join(priority))}"] if priority else []
    parts += [f"facts read {' to '.join(dict.fromkeys((dates[0], dates[-1])))}"] if dates else []
    parts.append(f"advisor {__version__}")
    same = "The answers of <code>advisor recommend</code> with the same flags."
    return f"{' · '.join(parts)}. {same}"


def page_tables(engine: Engine) -> dict[str, Any]:
    """Return the data of the page's script as JSON values.

    The script's answers are those of `recommend` with the engine's rules and priority.
    """
    rulebase = engine.rulebase
    diagrams = {task.id: diagram_for(engine, task.id, {}) for task in rulebase.tasks}
    ids = {axis.question for diagram in diagrams.values() for axis in diagram.axes}
    rules = [rule for rule in rulebase.rules if rule.candidates]
    first = [f"--priority {','.join(map(quoted, engine.priority))}"] if engine.priority else []
    cited = {source for rule in rules for source in rule.sources}
    return {
        "tasks": {
            task.id: {
                **task_table(task, diagrams[task.id]),
                "moot": [  # a question whose answer is left out, unless another has one of some
                    [question.id, other, list(options), list(task.implies.get(other, ()))]
                    for question in rulebase.questions
                    if question.moot
                    for other, options in question.ask_if.items()
                ],
                "following": following(engine, diagrams[task.id]),
            }
            for task in rulebase.tasks
        },
        "questions": {q.id: _question(q) for q in rulebase.questions if q.id in ids},
        "families": {family.id: family.shown for family in rulebase.families},
        "briefs": {id: _brief(checkpoint) for id, checkpoint in rulebase.forms.items()},
        "rules": [
            [_when(rule), rule.effect, list(rule.candidates), rule.because, list(rule.sources)]
            for rule in rules
        ],
        "sources": {
            id: [rulebase.sources[id].title, rulebase.sources[id].url] for id in sorted(cited)
        },
        "detours": [[_when(detour), *_instead(detour)] for detour in rulebase.detours],
        "elsewhere": {task: _instead(other) for task, other in rulebase.elsewhere.items()},
        "flags": " ".join([*first, *map(visible, rules_flags(rulebase.folders))]),
    }


def task_table(task: Task, diagram: TaskDiagram) -> dict[str, Any]:
    """Return the diagram of a task as JSON, with the answers that are rewritten for it (`reads`).

    A value of a question is [options, covered kinds, least number, text to type].
    """
    table = diagram.to_json()
    table["questions"] = [
        [
            axis.question,
            [
                [*value, axis.typed(place) if value.options else ""]
                for place, value in enumerate(axis.values)
            ],
        ]
        for axis in diagram.axes
    ]
    return {
        "reads": [[dict(read.given), dict(read.means)] for read in task.rewrites],
        **{name: table[name] for name in ("questions", "training", "leaves", "nodes")},
    }


def _question(question: Question) -> dict[str, Any]:
    """Return a question with its flag, labels and all names of its options, as JSON."""
    options = question.options
    return {
        **some(question, "ask", "why"),
        "flag": question.typed,
        "was": [question.id, *question.was],
        "words": {option.id: option.word for option in options if option.word},
        **some(question, "unit", "flag_only"),
        "called": {name: o.called(name) for o in options for name in (o.id, *o.covers)},
        "aliases": {name: option.id for option in options for name in option.names},
    }


def _brief(checkpoint: Checkpoint) -> str:
    """Return memory (GB) and license as text, for a checkpoint that is not the first."""
    memory = memory_gb(checkpoint)
    size = f"about {memory:g} GB" if memory else "memory not verified"
    return f"{size}, {checkpoint.licence or 'license not verified'}"


def _when(conditional: Rule | Detour) -> dict[str, list[str]]:
    return {question: list(options) for question, options in conditional.when.items()}


def _instead(alternative: Elsewhere | Detour) -> list[Any]:
    return [alternative.task, alternative.because, list(alternative.checkpoints)]


def following(engine: Engine, diagram: TaskDiagram) -> dict[str, dict[str, Any]]:
    """Return family -> table of the first SHOWN checkpoints, for each family that may be first.

    Levels and values are those of the task's `diagram`, except `numbers`: intervals are cut where a
    later checkpoint changes. A leaf lists indexes of checkpoints in the catalog, in rank order.
    """
    rulebase, task, tables = engine.rulebase, diagram.task, {}
    number = {id: place for place, id in enumerate(rulebase.forms)}
    for family in sorted({leaf.source for leaf in diagram.ends()} - {""}):
        name = f"diagrams/{'-'.join((family, *engine.priority))}/{task}"
        table = rulebase.shelf.read(name) if rulebase.shelf else None
        if table is None:
            axes = axes_of(engine, task, engine.space({TASK: Answer((task,), None, "flag")}), {})
            made, firsts = TaskDiagram(task, axes), FirstCheckpoints(rulebase, task, family, axes)
            made.root = firsts.build(made, firsts.several(SHOWN))
            table = coarser(made).to_json()
            if rulebase.shelf:
                rulebase.shelf.keep(name, table)
        tables[family] = {
            "numbers": {
                str(level): values
                for level, (_, values, _) in enumerate(table["questions"])
                if any(least is not None for _, _, least in values)
            },
            "leaves": [[number[id] for id in leaf] for leaf in table["leaves"]],
            "nodes": table["nodes"],
        }
    return tables
