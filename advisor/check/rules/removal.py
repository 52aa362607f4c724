"""What the judged release of transformers no longer has, or calls by another name."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.catalogue.release import Release
from advisor.check.case import TRANSFORMERS, Case
from advisor.check.problem import Edit, Problem
from advisor.model import NameChange
from advisor.scan.usage import Load, Location, Usage

CLASS = "removed-class"
PIPELINE = "removed-pipeline"
REDIRECTED = "redirected-pipeline"
ARGUMENT = "renamed-argument"
GONE = "removed-argument"
OLD = "renamed-class"


def problems_of_names(case: Case) -> Iterator[Problem]:
    """Names imported from transformers that it no longer has."""
    for name in case.scan.names:
        inside = TRANSFORMERS in name.place.path.split("/")[:-1]  # the library, or a copy of it
        if name.module.partition(".")[0] == TRANSFORMERS and not name.optional and not inside:
            yield from _class(case, name.name, name.place)


def problems(case: Case, usage: Usage) -> Iterator[Problem]:
    """Classes, pipelines and arguments of the loads of a usage."""
    for load in usage.loads:
        if load.package == TRANSFORMERS:
            yield from _loads(case, load)
    if usage.model and usage.model.kind == "pipeline" and usage.task:
        yield from _pipeline(case, usage, usage.task)


def _loads(case: Case, load: Load) -> Iterator[Problem]:
    written = load.class_written or ""
    if load.class_name and load.class_place and written == load.class_name:
        yield from _class(case, load.class_name, load.class_place)
    for name, argument in load.arguments.items():
        change = case.release.removed(name, "argument")
        place = argument.name_place
        if change is None or place is None:
            continue
        if change.kind == "removed":
            message = f"transformers {case.release.version} has no argument `{name}` here"
            yield _problem(case, GONE, message, place, change, ())
            continue
        message = f"`{name}` is called `{change.instead}` since transformers {change.since}"
        simple = change.instead is not None and change.instead.endswith(name.rpartition("_")[2])
        edits = (Edit(place, change.instead),) if simple and change.instead else ()
        yield _problem(case, ARGUMENT, message, place, change, edits)


def _class(case: Case, name: str, place: Location) -> Iterator[Problem]:
    change = case.release.removed(name)
    if change is None:
        return
    instead = change.instead
    known = instead is not None and case.release.has_class(instead)
    edits = case.rename_edits(place, name, instead) if known and instead else ()
    if not known and change.id in case.knowledge(CLASS, "unsure"):
        return
    if change.kind == "redirected" or case.release.has_class(name):
        message = f"`{name}` is only another name of `{instead}` in transformers {change.since}"
        yield _problem(case, OLD, message, place, change, edits)
        return
    message = f"transformers {case.release.version} has no `{name}`"
    shown = change if known else change._replace(instead=None)
    certain = edits if change.kind == "renamed" else ()
    yield _problem(case, CLASS, message, place, shown, certain)


def _pipeline(case: Case, usage: Usage, task: str) -> Iterator[Problem]:
    change = case.release.removed(task, "pipeline")
    if change is None:
        return
    place = usage.place
    identity = case.identity(usage)
    by_class = identity.model_class if identity else None
    fix = f"load `{by_class}` and call generate" if by_class else None
    if change.kind == "removed":
        message = f"transformers {case.release.version} has no pipeline `{task}`"
        yield _problem(case, PIPELINE, message, place, change, (), fix)
    else:
        message = f"pipeline `{task}` is now `{change.instead}`, with other inputs and outputs"
        yield _problem(case, REDIRECTED, message, place, change, (), fix)


def became(release: Release, task: str) -> str:
    """Return the pipeline that the name of a task gives in a release."""
    change = release.removed(task, "pipeline")
    if change is None or change.kind != "redirected":
        return task
    return change.instead or task


def _problem(
    case: Case,
    rule: str,
    message: str,
    place: Location,
    change: NameChange,
    edits: tuple[Edit, ...],
    fix: str | None = None,
) -> Problem:
    fix = fix or (f"use `{change.instead}`" if change.instead else None)
    found = case.problem(rule, message, place, sources=change.sources, fix=fix, edits=edits)
    return found._replace(because=change.because)
