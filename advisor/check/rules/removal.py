"""What the judged release of transformers no longer has, or calls by another name."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.catalogue.release import Release
from advisor.check.case import TRANSFORMERS, Case
from advisor.check.finding import Edit, Finding
from advisor.check.rules import each_usage, rule
from advisor.model.library import NameChange
from advisor.scan.usage import Location, Usage


@rule("removed-class", needs=("unsure",))
def removed_class(case: Case) -> Iterator[Finding]:
    """A class that the release does not have."""
    for name, place, change, instead in _changed_classes(case):
        if not _is_alias(case, name, change):
            certain = change.kind == "renamed" and instead is not None
            edits = case.rename_edits(place, name, instead) if certain and instead else ()
            message = f"transformers {case.release.version} has no `{name}`"
            yield _finding(case, message, place, change._replace(instead=instead), edits=edits)


@rule("renamed-class")
def renamed_class(case: Case) -> Iterator[Finding]:
    """A class whose old name is only another one for the new."""
    for name, place, change, instead in _changed_classes(case):
        if _is_alias(case, name, change):
            edits = case.rename_edits(place, name, instead) if instead else ()
            message = (
                f"`{name}` is an alias of `{change.instead}` since transformers {change.since}"
            )
            yield _finding(case, message, place, change, edits=edits)


def _is_alias(case: Case, name: str, change: NameChange) -> bool:
    return change.kind == "redirected" or case.release.has_class(name)


def _changed_classes(case: Case) -> Iterator[tuple[str, Location, NameChange, str | None]]:
    """Names of classes in code that changed, each with the class to use instead where it is one."""
    for name, place in _class_names(case):
        change = case.release.removed(name)
        if change is None:
            continue
        known = change.instead is not None and case.release.has_class(change.instead)
        if known or change.id not in case.knowledge("unsure", "removed-class"):
            yield name, place, change, change.instead if known else None


def _class_names(case: Case) -> Iterator[tuple[str, Location]]:
    """Names imported from transformers, and those written where something is loaded."""
    for name in case.scan.names:
        inside = TRANSFORMERS in name.place.path.split("/")[:-1]  # the library, or a copy of it
        if name.module.partition(".")[0] == TRANSFORMERS and not name.optional and not inside:
            yield name.name, name.place
    for usage in case.scan.usages:
        for load in usage.loads:
            direct = load.package == TRANSFORMERS and load.class_written == load.class_name
            if direct and load.class_place and load.class_name:
                yield load.class_name, load.class_place


@rule("removed-argument")
@each_usage
def removed_argument(case: Case, usage: Usage) -> Iterator[Finding]:
    """An argument that the release does not take."""
    for name, place, change in _changed_arguments(case, usage):
        if change.kind == "removed":
            message = f"transformers {case.release.version} has no argument `{name}` here"
            yield _finding(case, message, place, change)


@rule("renamed-argument")
@each_usage
def renamed_argument(case: Case, usage: Usage) -> Iterator[Finding]:
    """An argument that has another name by now."""
    for name, place, change in _changed_arguments(case, usage):
        new = change.instead
        if change.kind != "removed":
            certain = new is not None and new.endswith(name.rpartition("_")[2])
            edits = (Edit(place, new),) if certain and new else ()
            message = f"`{name}` is called `{new}` since transformers {change.since}"
            yield _finding(case, message, place, change, edits=edits)


def _changed_arguments(case: Case, usage: Usage) -> Iterator[tuple[str, Location, NameChange]]:
    for load in usage.loads:
        for name, argument in load.arguments.items() if load.package == TRANSFORMERS else ():
            change = case.release.removed(name, "argument")
            if change is not None and argument.name_place is not None:
                yield name, argument.name_place, change


@rule("removed-pipeline")
@each_usage
def removed_pipeline(case: Case, usage: Usage) -> Iterator[Finding]:
    """A pipeline that the release does not have."""
    change = _changed_pipeline(case, usage)
    if change is not None and change.kind == "removed":
        message = f"transformers {case.release.version} has no pipeline `{usage.task}`"
        yield _finding(case, message, usage.place, change, _class_instead(case, usage))


@rule("redirected-pipeline")
@each_usage
def redirected_pipeline(case: Case, usage: Usage) -> Iterator[Finding]:
    """A pipeline whose name gives another one by now."""
    change = _changed_pipeline(case, usage)
    if change is not None and change.kind != "removed":
        new = f"`{change.instead}`, with other inputs and outputs"
        message = f"pipeline `{usage.task}` is now {new}"
        yield _finding(case, message, usage.place, change, _class_instead(case, usage))


def _changed_pipeline(case: Case, usage: Usage) -> NameChange | None:
    if usage.model is None or usage.model.kind != "pipeline" or not usage.task:
        return None
    return case.release.removed(usage.task, "pipeline")


def _class_instead(case: Case, usage: Usage) -> str | None:
    identity = case.identity(usage)
    name = identity.model_class if identity else None
    return f"load `{name}` and call generate" if name else None


def pipeline_now(release: Release, task: str) -> str:
    """Return the pipeline that the name of a task gives in a release."""
    change = release.removed(task, "pipeline")
    return (change.instead or task) if change and change.kind == "redirected" else task


def _finding(
    case: Case,
    message: str,
    place: Location,
    change: NameChange,
    fix: str | None = None,
    edits: tuple[Edit, ...] = (),
) -> Finding:
    return case.finding(
        message,
        place,
        because=change.because,
        sources=change.sources,
        fix=fix or (f"use `{change.instead}`" if change.instead else None),
        edits=edits,
    )
