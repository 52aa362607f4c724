"""Trials side by side: what each gave, what it could not give, and what that cost."""

from __future__ import annotations

from typing import Any, NamedTuple

from advisor.draw.blocks import Heading, Item, Items, Page, Pairs, Table, Text
from advisor.draw.version import SCHEMA_VERSION
from advisor.trial.answer import Answer
from advisor.trial.trial import Trial

SHOWN_ANSWERS = 6
COST_COLUMNS = ("checkpoint", "load ms", "first ms", "then ms", "peak MB", "estimated MB", "off")
COST_NOTE = (
    "first and then are one image; peak memory is that of this process, with all that it had "
    "loaded before; off is how far the estimate was from it"
)


class Refusal(NamedTuple):
    """A task that a family or a checkpoint could not do, and why."""

    family: str | None
    checkpoint: str | None
    task: str
    why: str

    @property
    def who(self) -> str:
        """Who could not."""
        return self.checkpoint or self.family or ""


class Comparison(NamedTuple):
    """The trials on one image (or on a folder of them), and what could not be done.

    `question` and `query` are what was asked; `shown` is how many answers of a ranking to show.
    """

    image: str
    trials: tuple[Trial, ...]
    refusals: tuple[Refusal, ...]
    question: str = ""
    query: str = ""
    shown: int = SHOWN_ANSWERS
    written: tuple[str, ...] = ()

    def shared_warnings(self) -> tuple[str, ...]:
        """Return the warnings that hold for every one of several trials."""
        if len(self.trials) < 2:
            return ()
        first, *rest = (trial.warnings for trial in self.trials)
        return tuple(each for each in first if all(each in warnings for warnings in rest))

    def own_warnings(self, trial: Trial) -> tuple[str, ...]:
        """Return the warnings of a trial that do not hold for all."""
        shared = self.shared_warnings()
        return tuple(each for each in trial.warnings if each not in shared)


def as_json(comparison: Comparison) -> dict[str, Any]:
    """Return the JSON document of `advisor try --format json`."""
    return {
        "schema_version": SCHEMA_VERSION,
        "image": comparison.image,
        "trials": [trial.as_json() for trial in comparison.trials],
        "refused": [refusal._asdict() for refusal in comparison.refusals],
    }


def as_page(comparison: Comparison) -> Page:
    """Return the page: what each gave, what it could not give, then what that cost."""
    page: Page = [Heading(comparison.image, 1)]
    asked = [("question", comparison.question), ("query", comparison.query)]
    if said := tuple((name, value) for name, value in asked if value):
        page.append(Pairs(said))
    several = len(comparison.trials) > 1
    if several:
        page += [Heading("Side by side"), _side_by_side(comparison)]
    for trial in comparison.trials:
        if not several or len(trial.answers) > 1 or comparison.own_warnings(trial):
            page += [Heading(f"{trial.checkpoint}: {trial.task}"), *_gave(comparison, trial)]
    if comparison.refusals:
        page.append(Heading("Could not"))
        page.append(Items(tuple(_refused(refusal) for refusal in comparison.refusals)))
    if shared := comparison.shared_warnings():
        page.append(Heading("Of all of them"))
        page.append(Items(tuple(Item("!", warning) for warning in shared)))
    if comparison.written:
        page.append(Heading("Written"))
        page.append(Items(tuple(Item("", line) for line in comparison.written)))
    return [*page, *_cost(comparison.trials)] if comparison.trials else page


def figure(answer: Answer) -> str:
    """Return what the network says about an answer: a probability, a similarity, or nothing."""
    if answer.probability is not None:
        return f"{answer.probability:.1%}"
    return "" if answer.similarity is None else f"{answer.similarity:.3f}"


def measure(answer: Answer) -> str:
    """Return what the figure of an answer is."""
    if answer.probability is not None:
        return "probability"
    return "" if answer.similarity is None else "similarity"


def said(answer: Answer) -> str:
    """Return an answer in words."""
    if answer.vector is not None:
        return f"{answer.text}: a vector of {len(answer.vector)} numbers"
    return answer.text or "(nothing)"


def deviation(trial: Trial) -> str:
    """Return how far the memory estimate was off: `+3 %`, empty where nothing was measured."""
    error = trial.estimate_error
    return "" if error is None else f"{error:+.0%}".replace("%", " %")


def _side_by_side(comparison: Comparison) -> Table:
    rows = tuple(
        (
            trial.checkpoint,
            trial.task,
            " ".join(part for part in (said(trial.answers[0]), figure(trial.answers[0])) if part)
            if trial.answers
            else "(nothing)",
        )
        for trial in comparison.trials
    )
    return Table(("checkpoint", "task", "gave"), rows, wide=2)


def _gave(comparison: Comparison, trial: Trial) -> Page:
    """Return the answers, as a ranking where there are several, and what to know about them."""
    page: Page = []
    shown = trial.answers[: comparison.shown]
    if len(shown) == 1 and not figure(shown[0]):
        page.append(Text(said(shown[0])))
    elif shown:
        rows = tuple((figure(answer), said(answer)) for answer in shown)
        page.append(Table((measure(shown[0]), "answer"), rows, wide=1))
    if len(trial.answers) > len(shown):
        page.append(Text(f"and {len(trial.answers) - len(shown)} more", "quiet"))
    if warnings := comparison.own_warnings(trial):
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
