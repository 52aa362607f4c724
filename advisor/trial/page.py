"""Pages of trials side by side, of what was joined, and of what training made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from advisor.draw.blocks import Code, Heading, Item, Items, Page, Pairs, Table, Text
from advisor.draw.version import SCHEMA_VERSION
from advisor.trial.answer import Prediction
from advisor.trial.attempt import TrialResults
from advisor.trial.plans import Refusal
from advisor.trial.trial import Trial

if TYPE_CHECKING:
    from advisor.trial.composition import Composition
    from advisor.trial.finetuning import FineTuning

COST_COLUMNS = ("checkpoint", "load ms", "first ms", "then ms", "peak MB", "estimated MB", "off")
COST_NOTE = (
    "first and then are one image; peak memory is that of this process, with all that it had "
    "loaded before; off is how far the estimate was from it"
)


def as_json(results: TrialResults) -> dict[str, Any]:
    """Return the JSON document of `advisor try --format json`."""
    return {
        "schema_version": SCHEMA_VERSION,
        "image": results.image,
        "trials": [trial.as_json() for trial in results.trials],
        "refused": [refusal._asdict() for refusal in results.refusals],
    }


def as_page(results: TrialResults) -> Page:
    """Return the page: what each gave, what it could not give, then what that cost."""
    page: Page = [Heading(results.image, 1)]
    asked = [("question", results.question), ("query", results.query)]
    if facts := tuple((name, value) for name, value in asked if value):
        page.append(Pairs(facts))
    several = len(results.trials) > 1
    if several:
        page += [Heading("Side by side"), _side_by_side(results)]
    for trial in results.trials:
        if not several or len(trial.answers) > 1 or results.own_warnings(trial):
            page += [Heading(f"{trial.checkpoint}: {trial.task}"), *_answers(results, trial)]
    if results.refusals:
        page.append(Heading("Could not"))
        page.append(Items(tuple(_refused(refusal) for refusal in results.refusals)))
    if shared := results.shared_warnings():
        page.append(Heading("Of all of them"))
        page.append(Items(tuple(Item("!", warning) for warning in shared)))
    if results.files:
        page.append(Heading("Written"))
        page.append(Items(tuple(Item("", line) for line in results.files)))
    return [*page, *_cost(results.trials)] if results.trials else page


def figure(answer: Prediction) -> str:
    """Return what the network says about an answer: a probability, a similarity, or nothing."""
    if answer.probability is not None:
        return f"{answer.probability:.1%}"
    return "" if answer.similarity is None else f"{answer.similarity:.3f}"


def measure(answer: Prediction) -> str:
    """Return what the figure of an answer is."""
    if answer.probability is not None:
        return "probability"
    return "" if answer.similarity is None else "similarity"


def answer_text(answer: Prediction) -> str:
    """Return an answer in words."""
    if answer.vector is not None:
        return f"{answer.text}: a vector of {len(answer.vector)} numbers"
    return answer.text or "(nothing)"


def deviation(trial: Trial) -> str:
    """Return how far the memory estimate was off: `+3 %`, empty where nothing was measured."""
    error = trial.estimate_error
    return "" if error is None else f"{error:+.0%}".replace("%", " %")


def _side_by_side(results: TrialResults) -> Table:
    rows = tuple(
        (
            trial.checkpoint,
            trial.task,
            " ".join(
                part for part in (answer_text(trial.answers[0]), figure(trial.answers[0])) if part
            )
            if trial.answers
            else "(nothing)",
        )
        for trial in results.trials
        for best in (trial.answers[:1],)
    )
    return Table(("checkpoint", "task", "gave"), rows, wide=2)


def _answers(results: TrialResults, trial: Trial) -> Page:
    """Return the answers, as a ranking where there are several, and what to know about them."""
    page: Page = []
    shown = trial.answers[: results.shown]
    if len(shown) == 1 and not figure(shown[0]):
        page.append(Text(answer_text(shown[0])))
    elif shown:
        rows = tuple((figure(answer), answer_text(answer)) for answer in shown)
        page.append(Table((measure(shown[0]), "answer"), rows, wide=1))
    if len(trial.answers) > len(shown):
        page.append(Text(f"and {len(trial.answers) - len(shown)} more", "quiet"))
    if warnings := results.own_warnings(trial):
        page.append(Items(tuple(Item("!", warning) for warning in warnings)))
    return page


def _refused(refusal: Refusal) -> Item:
    return Item("-", f"{refusal.who}: {refusal.task}: {refusal.why}")


def cost(trial: Trial) -> tuple[str, ...]:
    """Return what a trial cost, in the order of COST_COLUMNS without the first."""
    return (
        f"{trial.load_ms:.0f}",
        f"{trial.first_ms:.0f}",
        f"{trial.latency_ms:.0f}",
        "unknown" if trial.memory_mb is None else f"{trial.memory_mb:.0f}",
        f"{trial.estimated_memory_mb:.0f}",
        deviation(trial),
    )


def _cost(trials: tuple[Trial, ...]) -> Page:
    rows = tuple((trial.checkpoint, *cost(trial)) for trial in trials)
    first = trials[0]
    versions = ", ".join(f"{name} {version}" for name, version in first.versions.items())
    return [
        Heading("What it cost"),
        Table(COST_COLUMNS, rows, wide=0),
        Pairs((("run on", f"{first.device}, {first.dtype}"), ("with", versions))),
        Text(COST_NOTE, "quiet"),
    ]


def composition_page(made: Composition, *, trained: bool = False) -> Page:
    """Return the page of a composition: what is new, and that it has to be fine-tuned."""
    facts = (
        ("encoder", made.encoder),
        ("decoder", made.decoder),
        ("folder", str(made.folder)),
        ("parameters", f"{made.parameters:,}, of them {made.new_parameters:,} new"),
        ("tokens", f"start {made.start_token}, end {made.end_token}, pad {made.pad_token}"),
    )
    rows = [Item("!", f"new and random: {weight}") for weight in made.new_weights]
    if trained:
        return [Heading("Joined", 1), Pairs(facts), Items(tuple(rows))]
    rows += [Item("!", warning) for warning in made.warnings]
    return [
        Heading("Joined", 1),
        Pairs(facts),
        Items(tuple(rows)),
        Text("It talks nonsense until it is fine-tuned on images and their texts:", "warn"),
        Code(f"advisor compose --checkpoint {made.folder} --finetune pairs.csv --output FOLDER"),
    ]


def finetuning_page(result: FineTuning) -> Page:
    """Return the page of a training: losses, and held-out texts before and after."""
    held = result.held_out
    facts = (
        ("folder", str(result.folder)),
        ("pairs", f"{result.pairs}, and {held} held out"),
        ("steps", _steps(result)),
        (
            "loss on held-out pairs",
            f"{result.loss_before:.3f} before, {result.loss_after:.3f} after",
        ),
        ("exactly right", f"{result.exact_before} of {held} before, {result.exact_after} after"),
    )
    rows = tuple(
        (sample.image, sample.text, sample.before, sample.after) for sample in result.samples
    )
    return [
        Heading("Fine-tuned", 1),
        Pairs(facts),
        Table(("image", "should say", "before", "after"), rows, wide=2),
        Text("Try it:", "quiet"),
        Code(f"advisor try --checkpoint {result.folder} --task captioning --image IMAGE"),
    ]


def _steps(result: FineTuning) -> str:
    resumed = f", taken up after step {result.resumed_at}" if result.resumed_at else ""
    return f"{result.steps}{resumed}"
