"""What the judged release of transformers no longer has, or calls by another name.

Each kind of name has two rules: `removed-` for what is gone, another for what still works.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from advisor.check.case import TRANSFORMERS, Case, rule
from advisor.check.finding import Edit, Finding
from advisor.check.identity import Identity
from advisor.model.library import NameChange
from advisor.scan.usage import Argument, Location, Usage


@rule("removed-class", "renamed-class", of_release=True)
def changed_class(case: Case) -> Iterator[Finding]:
    """A class that the release does not have, or whose old name is another one for the new."""
    classes = ((case.release.removed(name), name, place) for name, place in _class_names(case))
    renames = cache(case.renames)
    for change, name, place in classes:
        instead = change and change.instead
        if change and (instead or change.id not in case.knowledge("unsure", "removed-class")):
            alias = f"`{name}` is an alias of `{instead}` since transformers {change.since}"
            works = change.kind == "redirected" or case.release.has_class(name)
            certain = instead and (works or change.kind == "renamed")
            edits = renames(place.path, name, instead or "").get(place, ()) if certain else ()
            missing = f"{case.transformers} has no `{name}`"
            yield _finding(change, place, missing, alias if works else "", edits=edits)


def _class_names(case: Case) -> Iterator[tuple[str, Location]]:
    """Names imported from transformers, and those written where something is loaded."""
    for name in case.scan.names:
        if name.optional or name.module.partition(".")[0] != TRANSFORMERS:
            continue
        if f"/{TRANSFORMERS}/" not in f"/{name.place.path}":  # the library, or a copy of it
            yield name.name, name.place
    optional = {(one.place.path, one.name) for one in case.scan.names if one.optional}
    reached = {one.place for one in case.scan.names if not one.imported}
    for usage in case.scan.usages:
        for load in usage.loads:
            place, loaded = load.class_name_place, load.class_name
            told = place in reached or (load.place.path, loaded) in optional
            if load.package == TRANSFORMERS and place and loaded and not told:
                yield loaded, place


REMOVED = "removed-argument"
ENVIRONMENT = "environ"
"""The module of names that are variables of the environment."""


@rule("removed-argument", "renamed-argument", each=Case.usages, of_release=True)
def changed_argument(case: Case, usage: Usage) -> Iterator[Finding]:
    """An argument that the release does not take, or that has another name by now."""
    for load in usage.loads:
        for name, argument in load.arguments.items() if load.package == TRANSFORMERS else ():
            change = case.release.removed(name, "argument")
            if change is None:
                continue
            place = argument.written
            missing = f"{case.transformers} has no argument `{name}` here"
            new, now = change.instead, ""
            edits: tuple[Edit, ...] = ()
            fix, leave = None, "leave it out"
            same = change.id in case.knowledge("same_value", REMOVED)
            asks_by_true = change.id in case.knowledge("asks_by_true", REMOVED)
            if change.id in case.knowledge("without_effect", REMOVED).get(load.kind, ()):
                now, fix = f"`{name}` does nothing for a {load.kind.replace('_', ' ')}", leave
            elif asks_by_true and argument.value is not True:
                now, fix = f"`{name}` does nothing any more", leave
            else:
                if new and change.kind != "removed":
                    now = f"`{name}` is called `{new}` since transformers {change.since}"
                if (given := (new or "").partition("=")[0]) in load.arguments:
                    fix = f"{leave}, as `{given}` is given"
                elif argument.value is False and change.kind == "removed" and not same:
                    fix = leave  # unless the new name says the same
            if new and argument.name_place and not fix:
                edits = (Edit(place, new, name),) if same else _by_true(case, argument, new)
            yield _finding(change, argument, missing, now, fix, edits)


def _by_true(case: Case, argument: Argument, new: str) -> tuple[Edit, ...]:
    """Put an argument with its value in the place of one that is true."""
    name, _, value = new.partition("=")
    if argument.value is not True or not value or argument.name_place is None:
        return ()
    end = argument.place
    whole = argument.name_place._replace(end_line=end.end_line, end_column=end.end_column)
    return (Edit(whole, f"{name}={value}", case.stands_at(whole)),)


@rule("removed-pipeline", "redirected-pipeline", each=Case.usages, of_release=True)
def changed_pipeline(case: Case, usage: Usage) -> Iterator[Finding]:
    """A pipeline that the release does not have, or whose name gives another one by now."""
    if usage.model is None or usage.model.kind != "pipeline" or not usage.task:
        return
    change, pipeline = case.release.removed(usage.task, "pipeline"), f"pipeline `{usage.task}`"
    if change is not None:
        fix = _without_pipeline(case, usage, change)
        other = f"{pipeline} is now `{change.instead}`, with other inputs and outputs"
        now = other if change.kind != "removed" else ""
        yield _finding(change, usage.place, f"{case.transformers} has no {pipeline}", now, fix)


@rule("feature-extractor-of-images", each=Case.known, of_release=True)
def feature_extractor_of_images(case: Case, usage: Usage, identity: Identity) -> Iterator[Finding]:
    """An auto class that gives extractors of sounds alone by now, for a checkpoint of pictures."""
    hears = identity.model_type in case.knowledge("hearing")
    for load in usage.loads if not hears else ():
        old, new = case.knowledge("extractor")
        ids = {value.text for value in load.checkpoint}
        if load.class_name == old and load.class_place and ids == {identity.id}:
            message = f"`{old}` loads nothing for {identity.id} in {case.transformers}"
            edits = case.replace_class(load.class_place, old, new)
            yield Finding(message, load.class_place, f"use `{new}`", edits)


@rule("removed-variable", of_release=True)
def removed_variable(case: Case) -> Iterator[Finding]:
    """A variable of the environment that is set, and read no more."""
    variables = [name for name in case.scan.names if name.module == ENVIRONMENT]
    instead = set(case.knowledge("read_instead"))
    ready = {variable.place.path for variable in variables if variable.name in instead}
    for variable in variables:
        change = case.release.removed(variable.name, "environment")
        if change is not None and variable.place.path not in ready:
            message = f"{case.transformers} does not read `{variable.name}`"
            fix = f"set `{change.instead}`" if change.instead else None
            yield Finding(message, variable.place, fix=fix, change=change)


def _without_pipeline(case: Case, usage: Usage, change: NameChange) -> str | None:
    """Return what to do in place of a pipeline, which the release does with this checkpoint."""
    identity, release = case.identity(usage), case.release
    model_type = identity.model_type if identity else None
    loaded = release.loads_with_pipeline(change.instead or "", model_type or "")
    name = (identity.model_class if identity else None) or next(iter(loaded), None)
    if name and release.has_class(name):
        members = release.members.of(name)
        writes = members is not None and members.has("generate")
        return f"load `{name}` and call {'generate' if writes else 'it'}"
    if model_type and release.knows(model_type) and not loaded:
        return "load the class of the checkpoint and call it"
    return None


def _finding(
    change: NameChange,
    at: Location | Argument,
    missing: str,
    now: str,
    fix: str | None = None,
    edits: tuple[Edit, ...] = (),
) -> Finding:
    """Return what is to be said of a change: what is missing, or what is so `now` if it works."""
    place, others = (at.written, at.named_at) if isinstance(at, Argument) else (at, ())
    works = "redirected" if change.of == "pipeline" else "renamed"
    rule = f"{works if now else 'removed'}-{change.of}"
    return Finding(
        now or missing, place, fix=fix, edits=edits, rule=rule, places=others, change=change
    )
