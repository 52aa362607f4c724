"""Pages of trials (also as one HTML file), of combined models, and of fine-tuning results."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from advisor.draw.blocks import (
    Code,
    Filled,
    Heading,
    Item,
    Items,
    Page,
    Pairs,
    Shared,
    Table,
    Text,
)
from advisor.draw.formats import SCHEMA_VERSION
from advisor.phrasing import count
from advisor.trial.answer import Prediction
from advisor.trial.attempt import Trial, TrialResults
from advisor.trial.images import open_image, preview

if TYPE_CHECKING:
    from advisor.trial.composition import Composition
    from advisor.trial.training import FineTuning

COST_COLUMNS = ("checkpoint", "load ms", "first ms", "next ms")
SAMPLE_COLUMNS = ("image", "expected text", "output before training", "output after training")
COST_NOTE = "Times are for one image. `advisor evaluate` measures the memory as well."


def as_json(results: TrialResults) -> dict[str, Any]:
    """Return the JSON document of `advisor try --format json`."""
    return {
        "schema_version": SCHEMA_VERSION,
        "image": results.image,
        "trials": [trial.as_json() for trial in results.trials],
        "refused": [
            {"family": each.family, "checkpoint": each.checkpoint or None, "task": each.task}
            | {"why": each.failed}
            for each in results.refusals
        ],
    }


def as_page(results: TrialResults) -> Page:
    """Return the page: the answers of each trial, skipped candidates, warnings and times."""
    page: Page = [Heading(results.image, 1)]
    pairs = (("question", results.question), ("query", results.query))
    if facts := tuple((name, value) for name, value in pairs if value):
        page.append(Pairs(facts))
    several = len(results.trials) > 1
    warnings = [set(trial.warnings) for trial in results.trials]
    shared = set.intersection(*warnings) if several else set()
    if several:
        rows = []
        for trial in results.trials:
            best = [f"{_answer_text(each)} {_figure(each)}".strip() for each in trial.answers[:1]]
            rows.append((trial.checkpoint, trial.task, *(best or ["(no output)"])))
        table = Table(("checkpoint", "task", "output"), tuple(rows), wide=2)
        page += [Heading("Side by side"), table]
    for trial in results.trials:
        own = tuple(Item("!", each) for each in trial.warnings if each not in shared)
        if not several or len(trial.answers) > 1 or own:
            page += [Heading(f"{trial.checkpoint}: {trial.task}"), *_answers(results, trial)]
            page += [Items(own)] if own else []
    for title, mark, lines in (
        ("Skipped", "-", [each.refusal for each in results.refusals]),
        ("Warnings", "!", sorted(shared)),
        ("Written", "", results.files),
    ):
        if lines:
            page += [Heading(title), Items(tuple(Item(mark, line) for line in lines))]
    if results.trials:
        times = []
        for each in results.trials:
            taken = (each.load_ms, each.first_ms, each.latency_ms)
            times.append((each.checkpoint, *(f"{ms:.0f}" for ms in taken)))
        first = results.trials[0]
        versions = [f"{name} {version}" for name, version in first.versions.items()]
        page += [
            Heading("Performance"),
            Table(COST_COLUMNS, tuple(times), wide=0),
            Pairs((("run on", f"{first.device}, {first.dtype}"), ("with", ", ".join(versions)))),
            Text(COST_NOTE, "quiet"),
        ]
    return page


def _figure(answer: Prediction) -> str:
    """Return the score of an answer as text: a probability, a similarity, or nothing."""
    if answer.probability is not None:
        return f"{answer.probability:.1%}"
    return "" if answer.similarity is None else f"{answer.similarity:.3f}"


def _answer_text(answer: Prediction) -> str:
    """Return the text of an answer, with the size of an embedding."""
    if answer.vector is not None:
        return f"{answer.text}: an embedding of {len(answer.vector)} numbers"
    return answer.text or "(no output)"


def _answers(results: TrialResults, trial: Trial) -> Page:
    """Return the answers of a trial: a text, or a table if they have scores or are several."""
    page: Page = []
    shown = trial.answers[: results.shown]
    if len(shown) == 1 and not _figure(shown[0]):
        page.append(Text(_answer_text(shown[0])))
    elif shown:
        rows = tuple((_figure(answer), _answer_text(answer)) for answer in shown)
        kinds = ("probability", "similarity")
        measure = next((kind for kind in kinds if getattr(shown[0], kind) is not None), "")
        page.append(Table((measure, "answer"), rows, wide=1))
    if len(trial.answers) > len(shown):
        page.append(Text(f"and {len(trial.answers) - len(shown)} more", "quiet"))
    return page


def composition_page(made: Composition, *, trained: bool = False) -> Page:
    """Return the page of a combined model: its facts, its new weights, and how to fine-tune it."""
    facts = {
        "encoder": made.encoder,
        "decoder": made.decoder,
        "folder": str(made.folder),
        "parameters": f"{made.parameters:,}, {made.new_parameters:,} of them new",
        "tokens": ", ".join(f"{use} {token}" for use, token in made.tokens.items()),
    }
    lines = [f"randomly initialized: {weight}" for weight in made.new_weights]
    lines += () if trained else made.warnings
    page: Page = [Heading("Combined model", 1), Pairs(tuple(facts.items())), _warned(lines)]
    if not trained:
        train = f"advisor compose --checkpoint {made.folder} --finetune pairs.csv --save FOLDER"
        page += [Text("Until you fine-tune this model, its output is random:", "warn"), Code(train)]
    return page


def finetuning_page(result: FineTuning, flags: str) -> Page:
    """Return the page of a training: losses, and held-out texts before and after.

    `flags` are those of the `advisor try` command that it prints.
    """
    held, settings = result.held_out, result.settings
    resumed = f", resumed after step {result.resumed_at}" if result.resumed_at else ""
    facts = {
        "folder": str(result.folder),
        "pairs": f"{result.pairs} for training, {held} held out for validation",
        "settings": f"{count(settings.epochs or 0, 'epoch')}, batch size {settings.batch_size}, "
        f"learning rate {settings.learning_rate:g}",
        "steps": f"{result.steps}{resumed}; saved: step {result.best_step}, which has the lowest "
        "validation loss",
        "validation loss": f"{result.loss_before:.3f} before, {result.loss_after:.3f} after",
        "exact matches": f"{result.exact_before} of {held} before training, "
        f"{result.exact_after} after",
    }
    rows = tuple((each.image, each.text, each.before, each.after) for each in result.samples)
    return [
        *(composition_page(result.composition, trained=True) if result.composition else []),
        Heading("Fine-tuned model", 1),
        Pairs(tuple(facts.items())),
        Table(SAMPLE_COLUMNS, rows, wide=2),
        *([_warned(result.notes)] if result.notes else []),
        Text("Try the model:", "quiet"),
        Code(f"advisor try --checkpoint {result.folder} {flags} --image IMAGE"),
    ]


def _warned(lines: Sequence[str]) -> Items:
    return Items(tuple(Item("!", line) for line in lines))


def html_page(results: TrialResults) -> list[Shared]:
    """Return the page of the HTML file: the images, then the page of other formats."""
    shown = {results.image: preview(results.opened)} if results.opened and not results.query else {}
    for trial in results.trials:
        if trial.task in results.ranking_tasks:
            best = [answer.text for answer in trial.answers[: results.shown]]
            shown |= {name: preview(open_image(name), 160) for name in best}
    rows = [{"name": Path(path).name, "address": address} for path, address in shown.items()]
    return [Filled("pictures", {"rows": rows}), *as_page(results)]
