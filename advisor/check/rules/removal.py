"""Names that the target release lacks or has renamed: classes, arguments, pipelines, imports.

Each kind but imports has two rules: `removed-` for what is gone, another for what still works.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache

from advisor.catalogue.release import release_table
from advisor.catalogue.release_members import ReleaseMembers
from advisor.catalogue.release_table import block_of
from advisor.check.case import TRANSFORMERS, USAGES, Case, mentions, rule
from advisor.check.finding import Edit, Finding, advice
from advisor.check.loaded import releases_before
from advisor.model.library import NameChange
from advisor.scan.usage import Argument, Load, Location, Name, Usage


@rule("removed-class", "renamed-class", of_release=True)
def changed_class(case: Case) -> Iterator[Finding]:
    """Find classes that the release lacks, or whose name is a deprecated alias in it."""
    renames = cache(case.renames)
    for name, place in _class_names(case):
        change = case.release.removed(name)
        instead = change and change.instead
        if change and (instead or change.id not in case.knowledge("unsure")):
            works = change.kind == "redirected" or case.release.has_class(name)
            certain = instead and (works or change.kind == "renamed")
            edits = renames(place.path, name, instead or "").get(place, ()) if certain else ()
            alias = f"is a deprecated alias of `{instead}` since transformers {change.since}"
            message = f"`{name}` {alias}" if works else f"{case.transformers} has no `{name}`"
            of = _rule_of(change, works=works)
            yield Finding(message, place, edits=edits, rule=of, change=change)


def _required(case: Case) -> Iterator[Name]:
    """Yield the names that the installed library must have, and no copy or checkout of it."""
    folders = case.knowledge("in_repository", "removed-name")
    for name in case.scan.names:
        copied = TRANSFORMERS in name.place.path.split("/")[:-1]
        if not (name.optional or copied or f"{name.module}..".split(".")[1] in folders):
            yield name


def _class_names(case: Case) -> Iterator[tuple[str, Location]]:
    """Names imported from transformers or reached in it, and classes that load, with locations."""
    for name in _required(case):
        if name.module.partition(".")[0] == TRANSFORMERS:
            yield name.name, name.place
    optional = {(name.place.path, name.name) for name in case.scan.names if name.optional}
    reached = {name.place for name in case.scan.names if not name.imported}
    for usage in case.scan.usages:
        for load in usage.loads:
            place, loaded = load.class_name_place, load.class_name
            reported = place in reached or (load.place.path, loaded) in optional
            if load.package == TRANSFORMERS and place and loaded and not reported:
                yield loaded, place


def _changed_arguments(case: Case) -> Iterator[tuple[bool, Load, str, Argument, NameChange]]:
    """Yield the arguments of loads whose names a release changed, each with that change.

    The first item is true if the load is of vision and language.
    """
    usages = (*((True, it) for it in case.scan.usages), *((False, it) for it in case.scan.beside))
    for ours, load in ((ours, load) for ours, usage in usages for load in usage.loads):
        for name, argument in load.arguments.items() if load.package == TRANSFORMERS else ():
            if change := case.release.removed(name, "argument"):
                yield ours, load, name, argument, change


@rule("removed-argument", "renamed-argument", each=_changed_arguments, of_release=True)
def changed_argument(
    case: Case, ours: bool, load: Load, name: str, argument: Argument, change: NameChange
) -> Iterator[Finding]:
    """Find arguments that the release does not accept, has renamed or ignores."""
    new, place, now, fix, leave = change.instead, argument.written, "", None, "remove the argument"
    missing = f"{case.transformers} does not accept the argument `{name}` here"
    same = change.id in case.knowledge("same_value")
    asks_by_true = change.id in case.knowledge("asks_by_true")
    if change.id in case.knowledge("without_effect").get(load.kind, ()):
        now, fix = f"`{name}` has no effect on a {load.kind.replace('_', ' ')}", leave
    elif asks_by_true and argument.value is not True:
        now, fix = f"`{name}` no longer has an effect", leave
    else:
        if new and change.kind != "removed":
            now = f"`{name}` was renamed to `{new}` in transformers {change.since}"
        given = (new or "").partition("=")[0]
        if given in load.arguments and not argument.key_place:  # a branch may set either
            fix = f"{leave}, because `{given}` is set"
        elif argument.value is False and change.kind == "removed" and not same:
            fix = leave  # unless the new name says the same
    whole = argument.value is True and "=" in (new or "")  # with its value
    edits: tuple[Edit, ...] = ()
    if new and argument.name_place and not fix and (same or whole):
        replaced = place if same else place.to(argument.place)
        edits = (Edit(replaced, new, name if same else case.stands_at(replaced)),)
    if ours or not now:
        of, others = _rule_of(change, works=now), argument.named_at
        yield Finding(now or missing, place, fix, edits, rule=of, places=others, change=change)


@rule("removed-pipeline", "redirected-pipeline", each=USAGES, of_release=True)
def changed_pipeline(case: Case, usage: Usage) -> Iterator[Finding]:
    """Find pipelines that the release lacks, or whose name selects another pipeline."""
    if usage.model is None or usage.model.kind != "pipeline" or not usage.task:
        return
    change, pipeline = case.release.removed(usage.task, "pipeline"), f"pipeline `{usage.task}`"
    if change is not None:
        fix, works = _without_pipeline(case, usage, change), change.kind != "removed"
        other = f"{pipeline} now selects `{change.instead}`, which has other inputs and outputs"
        message = other if works else f"{case.transformers} has no {pipeline}"
        yield Finding(message, usage.place, fix, rule=_rule_of(change, works=works), change=change)


def _without_pipeline(case: Case, usage: Usage, change: NameChange) -> str | None:
    """Return the fix for a pipeline that is gone: how to load this checkpoint; None if unknown."""
    identity, release = case.identity(usage), case.release
    model_type = identity.model_type if identity else None
    loaded = release.loads_with_pipeline(change.instead or "", model_type or "")
    name = (identity.model_class if identity else None) or next(iter(loaded), None)
    if name and release.has_class(name):
        members = release.members.of(name)
        writes = members is not None and members.has("generate")
        return f"load `{name}` and call {'generate' if writes else 'it'}"
    if model_type and release.knows(model_type) and not loaded:
        return "load the model with the class of the checkpoint and call the model"
    return None


def _rule_of(change: NameChange, *, works: object) -> str:
    """Return the rule for a name that is gone or, if it `works`, for an old name."""
    still = "redirected" if change.of == "pipeline" else "renamed"
    return f"{still if works else 'removed'}-{change.of}"


_GIT = r"git(?: clone|\+)"
OWN_BUILD = re.compile(rf"{_GIT}(?:(?!{_GIT})[^\n])*?[/:][\w.-]+/transformers\b")
"""A build from a repository may have names that no release has."""
UNREAD = "utils.dummy_"
"""Modules of placeholder classes, which are not described."""


@rule("removed-name", of_release=True)
def removed_name(case: Case) -> Iterator[Finding]:
    """Find names that a module of the release lacks, and modules that the release lacks.

    Also names of huggingface_hub that the version which this release requires lacks.
    """
    members = case.release.members
    for name in _required(case):
        library, _, module = name.module.partition(".")
        if library != TRANSFORMERS and name.imported:
            if change := case.release.removed(f"{library}.{name.name}", "module"):
                needed = f"the version of `{library}` that {case.transformers} needs"
                yield Finding(f"{needed} has no `{name.name}`", name.place, change=change)
            continue
        if library != TRANSFORMERS or module.startswith(UNREAD):
            continue
        if _has(case, members, module, name.name) or case.release.removed(name.name):
            continue
        gone = members.names(module) is None
        last = _last(case, module, name)
        added = not name.imported and not gone  # an attribute that somebody put there
        newer = members.version != case.release.version  # it may have what is new
        if last is None and (added or newer or mentions(case.source(name.place.path), OWN_BUILD)):
            continue
        own = f"`{name.name}` in `{name.module}`" if module else f"`{name.name}`"
        what = f"module `{name.module}`" if gone else own
        until = f". The last release with {what} is {last}" if last else ""
        fix = _elsewhere(members, name.name)
        path = f"{name.module}.{name.name}".split(".")  # a module that is gone, or the name of one
        paths = (*(".".join(path[:n]) for n in range(len(path), 1, -1)), f"{library}.{name.name}")
        changes = [case.release.removed(path, "module") for path in paths if not fix]
        change = next((it for it in changes if it and it.kind == "removed"), None)
        where = "inside" if name.inside else "" if name.imported else "attribute"
        yield Finding(
            f"{case.transformers} has no {what}{until}",
            name.place,
            fix=f"import it from `{fix}`" if fix else change and _advised(members, name, change),
            edits=_moved_import(case, members, name) if fix and name.imported else (),
            because=str(case.knowledge("consequence")[where][0]) if where and not change else "",
            change=change,
        )


def _moved_import(case: Case, members: ReleaseMembers, name: Name) -> tuple[Edit, ...]:
    """Return the edit that imports a statement's names from their present modules, or ().

    Statements of notebooks, with comments inside or that share a line with others are left alone.
    """
    path, place = name.place.path, name.statement
    text = case.source(path)
    end = "\r\n" if "\r\n" in text else "\n"
    if place is None or place.cell is not None or "\r" in text.replace("\r\n", ""):
        return ()
    lines, written = text.split("\n"), case.stands_at(place)
    first, last = lines[place.line - 1], lines[place.end_line - 1]
    indent, behind = first[: place.column - 1], last[place.end_column - 1 :].partition("#")[0]
    if "#" in written or "\\" in written or not indent.strip() == behind.strip() == "":
        return ()
    modules: dict[str, list[str]] = {}
    for each in (it for it in case.scan.names_of(path) if it.statement == place):
        own = f"{each.name} as {each.alias}" if each.alias else each.name
        stays = _has(case, members, each.module.partition(".")[2], each.name)
        home = None if stays else _elsewhere(members, each.name)
        modules.setdefault(home or each.module, []).append(own)
    statements = [f"from {module} import {', '.join(them)}" for module, them in modules.items()]
    return (Edit(place, f"{end}{indent}".join(statements), written),)


def _advised(members: ReleaseMembers, name: Name, change: NameChange) -> str | None:
    """The advice to use the replacement; it tells if that is a module which lacks the name."""
    instead = change.instead or ""
    inside = members.names(instead.removeprefix(f"{TRANSFORMERS}."))
    if inside is None or change.name == f"{name.module}.{name.name}" or name.name in inside:
        return advice(instead)
    return f"`{instead}` replaces the module, but lacks `{name.name}`"


def _has(case: Case, members: ReleaseMembers, module: str, name: str) -> bool:
    """True if a module of the release has a name, or may have it."""
    names = members.names(module)
    if names is None:
        outer, _, inner = module.rpartition(".")  # an object, `logging` say, and no module
        return bool(outer or inner) and inner in (members.names(outer) or ())
    if name in names or "?getattr" in names or name.startswith("__"):
        return True
    at_top = not module or name.endswith("Fast")
    return at_top and (case.release.has_class(name) or case.release.may_lead_on(name))


def _last(case: Case, module: str, name: Name) -> str | None:
    """The last described release before the target whose module has the name, else None."""
    table = release_table()
    mask = table.masks(block_of(module), f"{module}:").get(name.name, 0)
    has = {version for number, version in enumerate(table.versions) if mask >> number & 1}
    return next(
        (version for version in releases_before(case.release.version) if version in has), None
    )


@lru_cache(maxsize=1024)
def _elsewhere(members: ReleaseMembers, name: str) -> str | None:
    """The module with a name in this release: transformers, one shared by models, or None."""
    if members.module_of(name):
        return TRANSFORMERS
    for block in sorted(members.table.blocks, key=lambda it: (not it.startswith("utils"), it)):
        if not block.startswith(("models.", "testing_", "@")) and name in (
            members.names(block) or ()
        ):
            return f"{TRANSFORMERS}.{block}"
    return None
