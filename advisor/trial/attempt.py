"""Trials: one checkpoint run on one image, and all runs of one `advisor try`."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, fields, replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any

from advisor.console.options import Prompt, Template, option
from advisor.console.output import note, progress_line
from advisor.decide.command_lines import act_of, needs_of
from advisor.errors import AdvisorError, UsageError
from advisor.model.library import ANSWER, COMPARE, EMBED, SEARCH
from advisor.rulebase.base import RuleBase
from advisor.trial.answer import Prediction, Request, check_template, write_vectors
from advisor.trial.candidate import Candidate, CheckpointChoice, candidates_for
from advisor.trial.demo import demo_checkpoints
from advisor.trial.folder_answers import FolderAnswers, answer_folder
from advisor.trial.images import OpenedImage, list_images, open_image
from advisor.trial.placement import place
from advisor.trial.resolution import Loading, resolve
from advisor.trial.runner import act_and_use, class_to_load, load_runner, shipped_table
from advisor.trial.runtime import ImageError, library, network_class, transformers, versions

DEFAULT_REPEAT = 3
SHOWN_ANSWERS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """The answers of a checkpoint for an image, and its times in milliseconds (see run_trial)."""

    family: str | None
    checkpoint: str
    class_name: str
    task: str
    answers: tuple[Prediction, ...]
    load_ms: float
    first_ms: float
    latency_ms: float
    device: str
    dtype: str
    warnings: tuple[str, ...]
    versions: dict[str, str]
    revision: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the trial as JSON keys, with times rounded to 0.1 ms."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        for name in ("load_ms", "first_ms", "latency_ms"):
            values[name] = round(values[name], 1)
        values["class"] = values.pop("class_name")
        values["answers"] = [answer.as_json() for answer in self.answers]
        return values | {"warnings": list(self.warnings)}


def run_trial(
    checkpoint: str | Path,
    task: str,
    image: str | Path | OpenedImage,
    request: Request | None = None,
    *,
    family: str | None = None,
    repeat: int = DEFAULT_REPEAT,
    rulebase: RuleBase | None = None,
    **loading: Any,
) -> Trial:
    """Load a checkpoint, run it `1 + repeat` times, and return the last answers with the times.

    `family` is only passed through; `loading` are fields of Loading. The image is opened before
    anything is loaded, so that a broken one costs nothing. `load_ms` excludes imports and
    downloads; `latency_ms` is the median of the runs after the first, or `first_ms` if there are
    none.
    """
    opened = image if isinstance(image, OpenedImage) else open_image(image)
    request, rulebase = request or Request(), rulebase or shipped_table()
    transformers()
    settings = Loading(**loading)
    place(settings.device, settings.dtype)  # refuse before any download
    local = resolve(checkpoint, settings)
    _, use = act_and_use(rulebase, local, task)
    network_class(class_to_load(use, local))  # imported before the clock starts
    begun = time.perf_counter()
    runner = load_runner(local, task, rulebase=rulebase, **loading)
    load_ms = (time.perf_counter() - begun) * 1000
    times = []
    for _ in range(1 + repeat):
        begun = time.perf_counter()
        reply = runner.run(opened, request)
        if runner.placement.on_cuda:
            library("torch").cuda.synchronize()
        times.append((time.perf_counter() - begun) * 1000)
    return Trial(
        family=family,
        checkpoint=local.name,
        class_name=runner.class_name,
        task=task,
        answers=reply.answers,
        load_ms=load_ms,
        first_ms=times[0],
        latency_ms=statistics.median(times[1:] or times),
        device=runner.placement.device,
        dtype=runner.placement.dtype,
        warnings=tuple(dict.fromkeys((*opened.warnings, *runner.warnings, *reply.warnings))),
        versions=versions(),
        revision=local.revision,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageInputs:
    """The image file, the folder of other images, and the texts; a field not passed is empty."""

    image: Annotated[str, option("--image FILE", "Path to the image.")] = ""
    folder: Annotated[str, option("--folder DIR", "Path to a folder of images.")] = ""
    labels: Annotated[
        list[str] | None, option("--labels A,B", "Candidate labels, separated by commas.")
    ] = None
    question: Annotated[str, option("--question TEXT", "Question about the image.")] = ""
    query: Annotated[str, option("--query TEXT", "Text to search the folder for.")] = ""
    prompt: Prompt = ""
    template: Template = "{}"

    @property
    def request(self) -> Request:
        """The request for a runner; its candidate texts are `labels`, split at commas."""
        labels = (label.strip() for value in self.labels or () for label in value.split(","))
        return Request(
            texts=tuple(filter(None, labels)),
            question=self.question or None,
            query=self.query or None,
            prompt=self.prompt or None,
            template=self.template,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialResults:
    """The trials on one image or one folder, and the candidates that could not run.

    `question` is empty if no task answers questions; `shown` is the number of ranked answers to
    show; `opened` is the image; the answers of `ranking_tasks` are image names; `files` has a
    sentence for each file written.
    """

    image: str
    trials: tuple[Trial, ...]
    refusals: tuple[Candidate, ...]
    question: str = ""
    query: str = ""
    shown: int = SHOWN_ANSWERS
    opened: OpenedImage | None = None
    ranking_tasks: frozenset[str] = frozenset()
    files: tuple[str, ...] = ()


def try_out(
    rulebase: RuleBase,
    choice: CheckpointChoice,
    inputs: ImageInputs,
    loading: Loading,
    repeat: int | None = None,
    top: int = SHOWN_ANSWERS,
    vectors: str = "",
) -> TrialResults:
    """Run the chosen candidates on the inputs, and write embeddings to the file `vectors` if set.

    `repeat` runs are timed after the first; None means DEFAULT_REPEAT, or 0 for a folder.
    """
    request = inputs.request
    runs = _candidates(rulebase, choice, request, loading)
    acts = {run.task: act.id for run in runs if (act := act_of(rulebase, run.task))}
    if vectors and [acts.get(run.task) for run in runs] != [EMBED]:
        raise UsageError(
            "`--vectors` works with one checkpoint and a task that returns embeddings",
            hint="add --task embeddings, and one --checkpoint at most",
        )
    whole = _is_of_folder(acts) or acts.keys() <= rulebase.clip_tasks
    image, others = _open_images(inputs, acts, whole=whole)
    request = replace(request, others=others, progress=_progress)
    if choice.demo:  # with what the cards of the demo checkpoints show them with
        demos = demo_checkpoints()
        labels = tuple(label for demo in demos for label in demo.labels)
        question = next((demo.question for demo in demos if demo.question), None)
        texts, question = request.texts or labels, request.question or question
        request = replace(request, texts=texts, question=question)
    if repeat is None:
        repeat = 0 if inputs.folder else DEFAULT_REPEAT
    trials: list[Trial] = []
    refusals: list[Candidate] = []
    for run in runs:
        settings = {"family": run.family, "repeat": repeat, **_loading_of(run, loading)}
        try:
            trials.append(
                run_trial(run.checkpoint, run.task, image, request, rulebase=rulebase, **settings)
            )
        except AdvisorError as error:
            if len(runs) == 1 or error.kind == "extra-not-installed":
                raise
            refusals.append(run.ended_by(error))
    if not trials:
        for each in refusals:
            note(each.refusal)
        first = refusals[0]
        hint = first.hint or None
        if first.kind == "not-downloaded":  # its hint names a single checkpoint
            hint = "pass --download to allow the download"
        raise AdvisorError("advisor could run none of the candidates", hint=hint, kind=first.kind)
    return TrialResults(
        image=inputs.folder if not inputs.image and whole else Path(image.name).name,
        trials=tuple(trials),
        refusals=tuple(refusals),
        question=(request.question or "") if ANSWER in acts.values() else "",
        query=request.query or "",
        shown=top,
        opened=image,
        ranking_tasks=frozenset(task for task, act in acts.items() if act in (SEARCH, COMPARE)),
        files=_written(vectors, trials[0].answers) if vectors else (),
    )


def _written(vectors: str, answers: tuple[Prediction, ...]) -> tuple[str, ...]:
    """Write the vectors of answers and their names; return a sentence about each file."""
    rows = [answer.vector or () for answer in answers]
    target, listing = write_vectors(vectors, [answer.text for answer in answers], rows)
    return (
        f"{target}: float32 array of {len(rows)} x {len(rows[0])}, with rows of unit length",
        f"{listing}: the image file of each row, in order",
    )


def answer_each(
    rulebase: RuleBase, choice: CheckpointChoice, inputs: ImageInputs, loading: Loading, file: Path
) -> FolderAnswers:
    """Answer each image of the folder separately, with one checkpoint, as JSON Lines in `file`.

    Raises UsageError for several checkpoints, for `--image`, and for a task on several images at
    once.
    """
    run, *others = _candidates(rulebase, choice, inputs.request, loading)
    act, task = act_of(rulebase, run.task), run.task
    together = task in rulebase.clip_tasks or (act and act.id in (SEARCH, COMPARE, EMBED))
    if others or inputs.image or together:
        raise UsageError(
            "`--output jsonl=FILE` works with one checkpoint, a folder, and a task on single "
            "images",
            hint="pass --folder, a --task such as captioning, and at most one --checkpoint",
        )
    load_settings = _loading_of(run, loading)
    load = partial(load_runner, run.checkpoint, run.task, rulebase=rulebase, **load_settings)
    decides = ("max_new_tokens", "thinking", "dtype", "seed", "revision")
    settings = {
        **{name: each for name, each in asdict(inputs).items() if name not in ("folder", "image")},
        **{name: load_settings[name] for name in decides},
        "checkpoint": run.checkpoint,
        "task": run.task,
    }
    return answer_folder(load, inputs.folder, inputs.request, file, settings, _progress)


def _candidates(
    rulebase: RuleBase, choice: CheckpointChoice, request: Request, loading: Loading
) -> list[Candidate]:
    """Return the candidates to run; raise UsageError for an invalid label template.

    If no task, checkpoint or demo is chosen, the task is the first that takes all texts passed.
    """
    check_template(request.template)
    if not (choice.task or choice.checkpoints or choice.demo):
        given = {"labels": request.texts, "question": request.question, "query": request.query}
        names = {name for name, value in given.items() if value}
        able = (t.id for t in rulebase.tasks if names and names <= {*needs_of(rulebase, t.id)})
        choice = replace(choice, task=next(able, ""))
    may_download = not loading.offline and loading.agree is not None
    return candidates_for(rulebase, choice, may_download=may_download)


def _loading_of(run: Candidate, loading: Loading) -> dict[str, Any]:
    """Return the fields of Loading for a candidate; announce its run on a terminal."""
    if sys.stderr.isatty():
        note(f"{run.checkpoint}: {run.task} ...")
    return run.loading(loading)._asdict()


def _progress(done: int, total: int) -> None:
    """Show a progress line on a terminal."""
    if sys.stderr.isatty():
        progress_line(f"image {done} of {total}", done, total)


def _is_of_folder(acts: Mapping[str, str]) -> bool:
    """Return whether all tasks search or embed a whole folder, so that no image is special."""
    return {*acts.values()} <= {SEARCH, EMBED}


def _open_images(
    inputs: ImageInputs, acts: Mapping[str, str], *, whole: bool
) -> tuple[OpenedImage, tuple[Path, ...]]:
    """Return the image, or else the first readable one of the folder, and the paths of the folder.

    Without `--image` there are no paths unless a task takes the `whole` folder, searches or embeds.
    """
    paths = list_images(inputs.folder) if inputs.folder else ()
    if inputs.image and paths and whole and not _is_of_folder(acts):
        raise UsageError("a clip is the images of `--folder` alone", hint="leave out --image")
    if inputs.image:
        return open_image(inputs.image), paths
    if not paths or COMPARE in acts.values():
        raise UsageError(
            "no image was passed. Add --image FILE",
            hint="e.g. `advisor try --demo --image photo.jpg`",
        )
    if not inputs.request.query and SEARCH in acts.values():
        raise UsageError(
            "the search in the folder needs a text or an image",
            hint="add --query 'a red bicycle' or --image FILE",
        )
    for path in paths:
        with suppress(ImageError):
            image = open_image(path)
            if not whole:
                every = "add `--output answers.jsonl` to run on each"
                note(f"advisor: {path.name} is the first of {len(paths)} images; {every}")
            return image, paths if whole or {SEARCH, EMBED} & {*acts.values()} else ()
    raise ImageError(
        f"none of the {len(paths)} images in `{inputs.folder}` can be read",
        hint="check that the folder has valid image files",
    )
