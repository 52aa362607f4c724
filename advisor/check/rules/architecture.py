"""Whether the class that loads a checkpoint is the one it was made with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from advisor.catalogue.release import Release
from advisor.check.case import TRANSFORMERS, Case, class_place, passed, runs
from advisor.check.identity import Identity
from advisor.check.problem import Edit, Problem
from advisor.errors import nearest
from advisor.rulebase.base import RuleBase
from advisor.scan.usage import Usage

OTHER = "class-does-not-match"
UNLIKE = "weights-random-or-unused"
HEAD = "For"
"""In a class name: what follows says what the layers on top are for."""


class Match(NamedTuple):
    """How a class stands to a checkpoint that it does not fit.

    `kind` is refused, other or unlike; `loads` is the class that an auto class picks, else the
    class itself.
    """

    kind: str
    loads: str | None


def problems(case: Case, usage: Usage) -> Iterator[Problem]:
    """A class of another architecture, or one whose layers the checkpoint does not have."""
    identity = case.identity(usage)
    load = usage.model
    if identity is None or usage.class_name is None or (load is None and usage.processors):
        return
    if load and (load.package != TRANSFORMERS or load.kind != "model"):
        return
    if load and passed(load, "trust_remote_code") is True:
        return
    match = compare(case.rulebase, case.release, identity, usage.class_name)
    if match is None:
        return
    if match.kind == "unlike":
        yield from _unlike_problem(case, usage, identity, match)
        return
    name, id = usage.class_name, identity.id
    native = identity.model_class or "the class of its model type"
    if match.kind == "refused":
        message = f"`{name}` loads no {identity.model_type} model, which {id} is"
    else:
        message = f"{id} is a {identity.model_type} model; `{match.loads}` is for another kind"
    yield _problem(case, usage, identity, OTHER, message, f"use `{native}`", match)


def compare(rulebase: RuleBase, release: Release, identity: Identity, name: str) -> Match | None:
    """Return what is wrong with a class for a checkpoint; None where nothing is known to be."""
    model_type = identity.model_type
    if model_type is None or not identity.classes or not release.has_class(name):
        return None
    loads = name
    if name.startswith("Auto"):
        if name not in release.auto or not release.knows(model_type):
            return None
        given = release.classes_for(name, model_type)
        if not given:
            return Match("refused", None)
        loads = given[0]
    folders = {release.classes.get(native) for native in identity.classes}
    if None in folders or loads not in release.classes:
        return None
    if release.classes[loads] not in folders:
        return Match("other", loads)
    if identity.sure and _unlike(rulebase, loads, identity.model_class or loads):
        return Match("unlike", loads)
    return None


def _unlike(rulebase: RuleBase, loads: str, native: str) -> bool:
    """True where a class of the same architecture has other layers than the native one."""
    knowledge = rulebase.checks[UNLIKE].knowledge
    if loads == native or loads in knowledge["whole"].get(native, []):
        return False
    return HEAD in loads or loads in knowledge["incomplete"].get(native, [])


def _unlike_problem(
    case: Case, usage: Usage, identity: Identity, match: Match
) -> Iterator[Problem]:
    """Layers left random are fine where they are new on purpose and trained."""
    native, loads = identity.model_class or "", match.loads or ""
    checkpoint = identity.checkpoint
    fresh_start = HEAD not in native or (checkpoint and checkpoint.stage == "pre-trained")
    if fresh_start and (usage.trained or runs(usage) is None):
        return
    picked = "" if loads == usage.class_name else f" (picked by `{usage.class_name}`)"
    message = (
        f"{identity.id} was made with `{native}`, which has other layers than `{loads}`{picked}"
    )
    able = _able(case, identity, loads)
    fix = f"use `{native}`" + (
        f", or a checkpoint made for `{loads}` such as {able}" if able else ""
    )
    level = "warning" if usage.trained else None
    yield _problem(case, usage, identity, UNLIKE, message, fix, match, level)


def _able(case: Case, identity: Identity, loads: str) -> str | None:
    """Return a checkpoint that was made with a class, the nearest in name."""
    made = [one.id for one in case.rulebase.checkpoints.values() if one.model_class == loads]
    return nearest(identity.id, tuple(made)) if made else None


def _problem(
    case: Case,
    usage: Usage,
    identity: Identity,
    rule: str,
    message: str,
    fix: str,
    match: Match,
    level: str | None = None,
) -> Problem:
    if not identity.sure and level is None:
        level = "warning"
    return case.problem(
        rule,
        message,
        class_place(usage),
        level=level,
        checkpoint=identity.id,
        sources=identity.sources.get("class"),
        fix=fix,
        edits=_edits(case, usage, identity, match),
    )


def _with_text(usage: Usage) -> bool:
    """True where a text goes in beside the picture, which any class of an architecture takes."""
    return any(
        {"text", "1"} & set(call.arguments)
        for call in usage.calls
        if call.name == "__call__"
        and call.receiver.place in {one.place for one in usage.processors}
    )


def _edits(case: Case, usage: Usage, identity: Identity, match: Match) -> tuple[Edit, ...]:
    """Put in the right class, where the code around it goes on to work the same way."""
    load, native = usage.model, identity.model_class
    if load is None or load.class_place is None or native is None or load.class_name is None:
        return ()
    if not identity.sure or not case.release.has_class(native):
        return ()
    same_use = match.loads is None or (HEAD in match.loads) == (HEAD in native)
    if match.kind == "unlike" and not _with_text(usage):
        return ()
    written = load.class_written or ""
    if not same_use or written.rpartition(".")[2] != load.class_name:
        return ()
    if "." in written:
        return (Edit(load.class_place, written.removesuffix(load.class_name) + native),)
    imports = case.import_edits(load.class_place.path, load.class_name, native)
    return () if imports is None else (Edit(load.class_place, native), *imports)
