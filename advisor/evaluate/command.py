"""`advisor evaluate`: candidates on the user's labeled images, measured and compared."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from advisor.console.commands import Given, Options
from advisor.console.flags import split
from advisor.console.options import NoInput
from advisor.console.output import Showing, interactive, note, showing
from advisor.errors import AdvisorError, UsageError
from advisor.evaluate.options import Gates, RunOptions
from advisor.phrasing import count
from advisor.rulebase.base import RuleBase
from advisor.trial.command import agreement, loading_options
from advisor.trial.resolution import Loading

if TYPE_CHECKING:
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
"""The exit code if a candidate could not be run."""


def arranged(
    *,
    data: Data,
    given: Given,
    options: Annotated[RunOptions, Options(RunOptions)],
    loading: Annotated[Loading, Options(loading_options)],
    no_input: NoInput = False,
    rulebase: RuleBase,
) -> Any:
    """Return the plan of the evaluation that the options describe; print notes on the data."""
    from advisor.evaluate.arrangement import arrange

    options.prices()
    if options.workers and not options.ray:
        raise UsageError("`--workers` works only with `--ray`", hint="add --ray")
    asks = interactive() and not no_input
    agree = agreement(agreed=options.upload, asks=asks, notice="{}", question="{}: send?")
    made = arrange(rulebase, data, options, given, loading, agree=agree)
    note(*(f"{data}: {line}" for line in made.data.notes))
    left = made.data.left_out
    note(*(f"left out: `{image.id}`: {image.why}" for image in left[:SHOWN_LEFT_OUT]))
    if len(left) > SHOWN_LEFT_OUT:
        note(f"{count(len(left) - SHOWN_LEFT_OUT, 'image')} more left out. See `--json`")
    return made


def evaluate(
    *,
    gates: Annotated[Gates, Options(Gates)],
    made: Annotated[Any, Options(arranged)],
    shown: Shown,
) -> int:
    """Evaluate models on labeled images: a subfolder for each label, or a table such as labels.csv.

    Without --candidate, evaluate the checkpoints that `advisor recommend` ranks first. The
    task is inferred from the data unless --task names it. Run the same command again to resume an
    interrupted run.

    \b
    Examples:
      advisor evaluate examples/shapes --demo
      advisor evaluate photos --candidate openai/clip-vit-base-patch32 --limit 200
      advisor evaluate captions.csv --task captioning --language de -o report.html
      advisor evaluate photos --candidate ./mine --fail-under accuracy=0.9
      advisor evaluate photos --candidate http://localhost:11434/v1#gemma3
    """
    from advisor.evaluate.arrangement import run_folder
    from advisor.evaluate.evaluation_report import report_of
    from advisor.evaluate.metrics import metric_kind
    from advisor.evaluate.run_file import WRITTEN_TO_A_RUN, writing
    from advisor.evaluate.scores import score
    from advisor.evaluate.verdict import verdict

    gates.thresholds()  # what cannot be read is refused before anything runs
    gates.earlier()
    list(map(metric_kind, split(gates.priority)))
    if made.options.folder:  # no answer is written over a run
        shown.refuse_part_of(Path(made.options.folder), *WRITTEN_TO_A_RUN)
    folder, candidates = run_folder(made, made.options.folder), _runnable(made)
    with writing(folder) as file:
        run = run_of(made, candidates, file)
        scores = score(run)
        answer = verdict(scores, made.rulebase, split(gates.priority))
        shown.emit(report_of(run, scores, answer, gates, made.store.read))
    return CANNOT if scores.failed else gates.exit_code(scores, answer)


def _runnable(made: Arrangement) -> tuple[Candidate, ...]:
    """Return the candidates with their settings; raise AdvisorError if none can run.

    The user has to consent before images are sent to a server.
    """
    from advisor.evaluate.endpoint import agree_to_send
    from advisor.evaluate.lineup import line_up

    images = len({image.id for image in made.data.images})
    agree_to_send(made.endpoints.values(), images, made.agree)
    candidates = line_up(made)
    failed = [each for each in candidates if each.failed is not None]
    note(*(f"{each.name}: {each.failed}" for each in failed))
    if len(failed) == len(candidates):
        first = failed[0]
        raise AdvisorError("none of the candidates can run", hint=first.hint, kind=first.kind)
    return candidates


def run_of(made: Arrangement, candidates: tuple[Candidate, ...], file: RunFile) -> EvaluationRun:
    """Run the candidates, in this process or on a Ray cluster, and show progress.

    A resumed run keeps the date of its first start, so that its page stays the same.
    """
    from datetime import date

    from advisor.evaluate.arrangement import settings_of
    from advisor.evaluate.execution import WorkerPool, execute
    from advisor.evaluate.ray_pool import ray_pools
    from advisor.evaluate.responses import EvaluationRun
    from advisor.evaluate.worker import ServedModel, Worker

    settings, options = settings_of(made), made.options
    settings["began"] = (not options.fresh and file.began()) or date.today().isoformat()
    run = EvaluationRun(data=made.data, candidates=candidates, settings=settings, file=file)
    with ray_pools(options.ray, options.workers) if options.ray else nullcontext(Worker) as local:

        def hire(candidate: Candidate, asking: Asking) -> WorkerPool:
            server = made.endpoints.get(candidate.checkpoint)
            return ServedModel(candidate, asking, server) if server else local(candidate, asking)

        how: dict[str, Any] = {"fresh": options.fresh, "tell": note, "progress": _progress()}
        return execute(run, made.store, made.asking, hire, **how)


def _progress() -> Callable[[str, int, int], None]:
    """Return a callback that shows a progress bar for each candidate on a terminal."""
    from advisor.foreign import visible
    from advisor.trial.runtime import library

    tqdm, bars = library("tqdm").tqdm, dict[str, Any]()

    def progress(name: str, done: int, total: int) -> None:
        if name not in bars:
            here = {"initial": done, "total": total, "unit": " images", "disable": None}
            bars[name] = tqdm(desc=visible(name), **here)
        bars[name].update(done - bars[name].n)
        if done >= total:
            bars[name].close()

    return progress
