"""Whether pictures and texts are prepared the way the checkpoint was trained with."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.check.case import TRANSFORMERS, Case
from advisor.check.identity import Identity
from advisor.check.problem import Edit, Problem
from advisor.scan.usage import Load, Usage

RULE = "processor-does-not-match"


def problems(case: Case, usage: Usage) -> Iterator[Problem]:
    """A processor class of another architecture, or one loaded from an unlike checkpoint."""
    model = case.identity(usage)
    if model is None or (usage.model and usage.model.kind == "composition"):
        return
    for load in usage.processors:
        if load.package != TRANSFORMERS or load.kind != "processor":
            continue
        id = load.checkpoint[0].text if len(load.checkpoint) == 1 else None
        if id != model.id and (other := case.identities.of(id)):
            yield from _of_another(case, load, model, other)
        elif id == model.id:
            yield from _class(case, load, model)


def _class(case: Case, load: Load, model: Identity) -> Iterator[Problem]:
    release, right, name = case.release, model.processor, load.class_name
    if name is None or right is None or name.startswith("Auto") or load.class_place is None:
        return
    folders = release.classes.get(name), release.classes.get(right)
    if None in folders or folders[0] == folders[1]:
        return
    edits: tuple[Edit, ...] = ()
    if model.sure and load.class_written == name:
        imports = case.import_edits(load.class_place.path, name, right)
        edits = () if imports is None else (Edit(load.class_place, right), *imports)
    message = f"{model.id} comes with `{right}`; `{name}` prepares for another kind of model"
    yield case.problem(
        RULE,
        message,
        load.class_place,
        checkpoint=model.id,
        sources=model.sources.get("processor"),
        fix=f"use `{right}`",
        edits=edits,
    )


def _of_another(case: Case, load: Load, model: Identity, other: Identity) -> Iterator[Problem]:
    ours, theirs = model.checkpoint, other.checkpoint
    if model.processor and other.processor and model.processor != other.processor:
        why = f"it is a `{other.processor}`, and {model.id} needs a `{model.processor}`"
    elif ours and theirs and _differ(ours.image_size, theirs.image_size):
        sizes = f"{theirs.image_size} pixels, and {ours.id} takes {ours.image_size}"
        why = f"it makes pictures of {sizes}"
    else:
        return
    message = f"the processor is loaded from {other.id}: {why}"
    place = load.checkpoint[0].place
    yield case.problem(
        RULE,
        message,
        place,
        checkpoint=model.id,
        sources=model.sources.get("image_size") or model.sources.get("processor"),
        fix=f"load it from {model.id}",
    )


def _differ(one: int | None, other: int | None) -> bool:
    return one is not None and other is not None and one != other
