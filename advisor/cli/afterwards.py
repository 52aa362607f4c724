"""What a person may do with a recommendation: try it on a picture, keep the answers, or leave."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from advisor.cli.output import note, write_whole
from advisor.cli.prompt import Extra, Prompt
from advisor.errors import AdvisorError, UsageError
from advisor.report.command import exact, quoted

if TYPE_CHECKING:
    from advisor.engine.profile import Profile
    from advisor.recommendation import Recommendation

DONE, TRY, SAVE = "done", "try", "save"
PICTURE = "photo.jpg"


class Trial(NamedTuple):
    """The first checkpoint that can be run as it is, and the task to run it for."""

    checkpoint: str
    task: str

    def command(self, image: str = PICTURE, beside: dict[str, str] | None = None) -> str:
        """Return the command line that runs it."""
        words = ["advisor try --checkpoint", quoted(self.checkpoint), "--task", self.task]
        words += ["--image", quoted(image)]
        for flag, value in (beside or {}).items():
            words += [f"--{flag}", quoted(value)]
        return " ".join(words)


def offer(recommendation: Recommendation, prompt: Prompt, *, color: bool) -> None:
    """Offer what comes next until the person has done with it; leaving is no failure."""
    trial = _trial(recommendation)
    if trial:
        note(f"\nTo try it\n  {trial.command()}")
    note("")
    choices = [Extra("d", "no, done", DONE)]
    choices += [Extra("t", "try it on a picture", TRY)] if trial else []
    choices += [Extra("p", "save the answers", SAVE)]
    try:
        while (chosen := prompt.pick("Anything else?", choices)) != DONE:
            try:
                if chosen == TRY and trial:
                    _try(recommendation, trial, prompt, color=color)
                else:
                    _save(recommendation, prompt)
            except AdvisorError as error:
                note(f"  {error.message}" + (f"\n  hint: {error.hint}" if error.hint else ""))
    except (KeyboardInterrupt, EOFError):
        note("")


def _trial(recommendation: Recommendation) -> Trial | None:
    (advice,) = recommendation.advice
    if advice.task is None:
        return None
    for pick in advice.selection.picks:
        if pick.use == "as-is" and pick.checkpoint.loader == "transformers":
            return Trial(pick.checkpoint.id, advice.task)
    return None


def _try(recommendation: Recommendation, trial: Trial, prompt: Prompt, *, color: bool) -> None:
    """Ask for a picture and what goes with it, and run the checkpoint; nothing is asked in vain."""
    from advisor.cli.try_ import try_
    from advisor.inference.extra import transformers
    from advisor.inference.images import open_image

    transformers()
    image = prompt.file("Which picture? The path of a file:")
    if not image:
        return
    image = str(Path(image).expanduser())
    open_image(image)
    beside = {flag: said for flag, ask in _beside(trial.task) if (said := prompt.type(ask))}
    note(f"\n{trial.command(image, beside)}")
    folder, labels = beside.get("folder", ""), beside.get("labels", "")
    try_(
        image=image,
        task=trial.task,
        checkpoint=[trial.checkpoint],
        labels=[labels] if labels else [],
        question=beside.get("question", ""),
        query=beside.get("query", ""),
        folder=str(Path(folder).expanduser()) if folder else "",
        rules=[Path(folder) for folder in recommendation.rulebase.folders],
        no_color=not color,
    )


def _beside(task: str) -> list[tuple[str, str]]:
    """Return what a task takes beside the picture: the flag of `advisor try`, and how to ask."""
    from advisor.inference.acts import Act, act_of

    labels = ("labels", "Which texts to choose from? With commas between, such as: a cat, a dog")
    question = ("question", "What do you want to know about it?")
    folder = ("folder", "Which other pictures? The path of a folder:")
    query = ("query", "What do you look for?")
    needed = {
        Act.LABEL: [labels],
        Act.MATCH: [labels],
        Act.ANSWER: [question],
        Act.COMPARE: [folder],
        Act.SEARCH: [folder, query],
    }
    act = act_of(task)
    return needed.get(act, []) if act else []


def _save(recommendation: Recommendation, prompt: Prompt) -> None:
    """Write the answers as a profile file, as `--profile` reads it."""
    name = prompt.file("Which file? Enter for profile.yaml:") or "profile.yaml"
    file = Path(name).expanduser()
    if file.exists():
        raise UsageError(f"`{name}` is there already", hint="name another file")
    write_whole(file, profile_text(recommendation.advice[0].decision.given))
    note(f"  kept: advisor recommend --profile {quoted(name)}")


def profile_text(given: Profile) -> str:
    """Return answers as a profile file that gives them again."""
    lines = []
    for id, answer in given.items():
        if answer.value is not None:
            lines.append(f"{id}: {exact(answer.value)}")
        elif len(answer.options) == 1:
            lines.append(f"{id}: {answer.options[0]}")
        else:
            lines.append(f"{id}: [{', '.join(answer.options)}]")
    return "\n".join(lines) + "\n"
