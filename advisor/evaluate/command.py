"""`advisor evaluate`: candidates on labelled images of one's own, measured and compared."""

from __future__ import annotations

import sys
import time
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from advisor.console.commands import Given, Options
from advisor.console.flags import split
from advisor.console.options import NoInput
from advisor.console.output import Showing, interactive, note, progress_line, showing
from advisor.errors import AdvisorError, UsageError
from advisor.evaluate.options import Gates, PlaceOptions, RunOptions
from advisor.phrasing import count
from advisor.rulebase.base import RuleBase
from advisor.trial.command import agreement, loading_options
from advisor.trial.resolution import Loading

if TYPE_CHECKING:
    from advisor.evaluate.evaluation_set import InferredTask
    from advisor.evaluate.lineup import Arrangement
    from advisor.evaluate.responses import Asking, EvaluationRun
    from advisor.evaluate.run_file import RunFile
    from advisor.trial.candidate import Candidate

Data = Annotated[
    str, typer.Argument(metavar="DATA", help="Labeled images: a folder, table, JSON or .tar.")
]
Shown = Annotated[Showing, showing(("terminal", "json", "markdown", "html", "junit", "csv"))]
SHOWN_LEFT_OUT = 5
CANNOT = 2
"""The exit code where something could not be run."""


def arranged(
    *,
    data: Data,
    given: Given,
    options: Annotated[RunOptions, Options(RunOptions)],
    loading: Annotated[Loading, Options(loading_options)],
    no_input: NoInput = False,
    rulebase: RuleBase,
) -> Any:
    """Return what is to be run on what; the task is confirmed where a person can be asked."""
    from advisor.evaluate.arrangement import arrange

    options.prices()
    asks = interactive() and not no_input
    made = arrange(
        rulebase,
        data,
        options,
        given,
        loading,
        agree=agreement(agreed=options.upload, asks=asks, notice="{}", question="{}: send?"),
        confirm=partial(_confirmed, asks=asks),
    )
    note(*(f"{data}: {line}" for line in made.data.notes))
    left = made.data.left_out
    note(*(f"left out: `{image.id}`: {image.why}" for image in left[:SHOWN_LEFT_OUT]))
    if len(left) > SHOWN_LEFT_OUT:
        note(f"{count(len(left) - SHOWN_LEFT_OUT, 'image')} more left out. `--json` lists all")
    return made


def evaluate(
    *,
    gates: Annotated[Gates, Options(Gates)],
    made: Annotated[Any, Options(arranged)],
    place: Annotated[PlaceOptions, Options(PlaceOptions)],
    shown: Shown,
) -> int:
    """Evaluate models on your labeled images.

    Without --candidate, evaluate the checkpoints that `advisor recommend` ranks first. The
    task is inferred from the data unless --task names it. Run the same command again to resume an
    interrupted run.

    \b
    Examples:
      advisor evaluate examples/shapes --demo
      advisor evaluate photos --candidate openai/clip-vit-base-patch32 --limit 200
      advisor evaluate captions.csv --task captioning --language de --output html=report.html
      advisor evaluate data.jsonl --dry-run
      advisor evaluate photos --candidate ./mine --fail-under accuracy=0.9 --confident
      advisor evaluate photos --candidate http://localhost:11434/v1#gemma3
    """
    from advisor.evaluate.evaluation_report import report_of
    from advisor.evaluate.run_file import writing
    from advisor.evaluate.scores import score
    from advisor.evaluate.verdict import refuse_what_cannot_decide, verdict

    gates.refuse_what_cannot_be_judged()
    refuse_what_cannot_decide(split(gates.priority))
    if made.options.dry_run:
        return _dry_run(made, shown)
    folder, candidates = _folder(made, place, shown), _runnable(made)
    with writing(folder) as file:
        run = run_of(made, candidates, file, place)
        scores = score(run)
        answer = verdict(scores, made.rulebase, split(gates.priority))
        shown.emit(report_of(run, scores, answer, gates, made.store.read))
    return CANNOT if scores.failed else gates.exit_code(scores, answer)


def _dry_run(made: Arrangement, shown: Showing) -> int:
    """Say what an evaluation would run and download."""
    from advisor.draw.formats import Report
    from advisor.evaluate.forecast import as_json, as_page, forecast

    expected = forecast(made)
    shown.emit(Report.of(as_json, as_page, made, expected))
    return CANNOT if all(each.cannot for each in expected) else 0


def _folder(made: Arrangement, place: PlaceOptions, shown: Showing) -> Path:
    """Return the folder of the run, in which no answer of the command may be written over."""
    from advisor.evaluate.arrangement import run_folder
    from advisor.evaluate.run_file import WRITTEN_TO_A_RUN

    if place.folder:
        shown.refuse_part_of(Path(place.folder), *WRITTEN_TO_A_RUN)
    if place.workers and not place.ray:
        raise UsageError("`--workers` works only with `--ray`", hint="add --ray")
    return run_folder(made, place.folder)


def _runnable(made: Arrangement) -> tuple[Candidate, ...]:
    """Return the candidates as they are run; AdvisorError where none can be.

    Before anything goes to a server somebody agrees to it.
    """
    from advisor.evaluate.endpoint import agree_to_send
    from advisor.evaluate.lineup import line_up

    agree_to_send(made.endpoints.values(), made.images, made.agree)
    candidates = line_up(made)
    failed = [each for each in candidates if each.failed is not None]
    note(*(f"{each.name}: {each.failed}" for each in failed))
    if len(failed) == len(candidates):
        same = len({each.hint for each in failed}) == 1
        raise AdvisorError(
            "advisor can run none of the candidates",
            hint=failed[0].hint
            if same
            else f"`advisor recommend --task {made.data.task}` lists other candidates",
            kind=failed[0].kind,
        )
    return candidates


def run_of(
    made: Arrangement, candidates: tuple[Candidate, ...], file: RunFile, place: PlaceOptions
) -> EvaluationRun:
    """Run what was arranged, here or on a cluster, and show how far it is.

    The day on which it was begun first stays that of the run, so that its page stays the same.
    """
    from datetime import date

    from advisor.evaluate.arrangement import settings_of
    from advisor.evaluate.execution import WorkerPool, execute
    from advisor.evaluate.ray_pool import ray_pools
    from advisor.evaluate.responses import EvaluationRun
    from advisor.evaluate.worker import ServedModel, Worker

    settings = settings_of(made)
    settings["began"] = (not place.fresh and file.began()) or date.today().isoformat()
    run = EvaluationRun(data=made.data, candidates=candidates, settings=settings, file=file)
    shown: dict[str, Any] = {"progress": _Progress()} if sys.stderr.isatty() else {}
    with ray_pools(place.ray, place.workers) if place.ray else nullcontext(Worker) as local:

        def hire(candidate: Candidate, asking: Asking) -> WorkerPool:
            server = made.endpoints.get(candidate.checkpoint)
            return ServedModel(candidate, asking, server) if server else local(candidate, asking)

        return execute(run, made.store, made.asking, hire, fresh=place.fresh, tell=note, **shown)


def _confirmed(inferred: InferredTask, asks: bool) -> str:
    """Return which of the tasks that fit is meant: somebody is asked, or told what is taken."""
    from advisor.console.prompt import Extra, prompt_for

    if not asks:
        others = (
            f". Pass --task to choose {' or '.join(inferred.others)} instead"
            if inferred.others
            else ""
        )
        note(f"taken as {inferred.task}: {inferred.because}{others}")
        return inferred.task
    tasks = (inferred.task, *inferred.others)
    choices = [Extra(str(key), task, task) for key, task in enumerate(tasks, start=1)]
    if len(choices) > 1:
        return prompt_for(plain=False).pick("Which task do you want to evaluate?", choices)
    if prompt_for(plain=False).confirm(f"Evaluate as {inferred.task}: {inferred.because}?"):
        return inferred.task
    raise UsageError(
        "the task of the evaluation is not set",
        hint="pass --task TASK. `advisor list tasks` lists the tasks",
    )


class _Progress:
    """How far a candidate is, how fast, and how long it still takes, in one line."""

    def __init__(self) -> None:
        self.name, self.begun, self.before = "", 0.0, 0

    def __call__(self, name: str, done: int, total: int) -> None:
        now = time.monotonic()
        if name != self.name:
            self.name, self.begun, self.before = name, now, done
        seconds = now - self.begun
        line = f"{name}: {done} of {total}"
        if done > self.before and seconds > 0:
            rate = (done - self.before) / seconds
            left = int((total - done) / rate)
            line += f", {rate:.1f} a second, {left // 60}:{left % 60:02} left"
        progress_line(f"{line:<70}", done, total)
