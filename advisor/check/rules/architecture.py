"""Whether the classes that load a checkpoint, model and processor, are those it was made with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from advisor.check.case import TRANSFORMERS, Case, class_place, passed, runs
from advisor.check.finding import Edit, Finding
from advisor.check.identity import Identity
from advisor.check.judgement import Judgement
from advisor.check.rules import each_judgement, each_known, rule
from advisor.errors import nearest
from advisor.scan.usage import Load, Usage

HEAD = "For"
"""In a class name: what follows says what the layers on top are for."""


class ClassMismatch(NamedTuple):
    """How a class stands to a checkpoint that it does not fit.

    `kind` is refused, other or unlike; `loads` is the class that an auto class picks, else the
    class itself.
    """

    kind: str
    loads: str


@rule("class-does-not-match")
def class_does_not_match(case: Case) -> Iterator[Finding]:
    """A class of another architecture than the checkpoint."""
    yield from _class_in_code(case)
    yield from _class_of_choices(case, "refused", "other")


@each_known
def _class_in_code(case: Case, usage: Usage, identity: Identity) -> Iterator[Finding]:
    mismatch = _mismatch_in_code(case, usage, identity)
    if mismatch is None or mismatch.kind == "unlike":
        return
    id, model_type = identity.id, identity.model_type
    if mismatch.kind == "refused":
        message = f"`{mismatch.loads}` loads no {model_type} model, which {id} is"
    else:
        message = f"{id} is a {model_type} model; `{mismatch.loads}` is for another kind"
    yield case.finding(
        message,
        class_place(usage),
        about=identity,
        citing=("class",),
        level=None if identity.sure else "warning",
        fix=f"use `{identity.model_class or 'the class of its model type'}`",
        edits=_class_edits(case, usage, identity, mismatch),
    )


@rule("weights-random-or-unused", needs=("whole", "incomplete"))
def weights_random_or_unused(case: Case) -> Iterator[Finding]:
    """A class of the same architecture with other layers than the checkpoint has weights for."""
    yield from _layers_in_code(case)
    yield from _class_of_choices(case, "unlike")


@each_known
def _layers_in_code(case: Case, usage: Usage, identity: Identity) -> Iterator[Finding]:
    """Layers left random are fine where they are new on purpose and trained."""
    mismatch = _mismatch_in_code(case, usage, identity)
    if mismatch is None or mismatch.kind != "unlike":
        return
    native, loads, checkpoint = identity.model_class or "", mismatch.loads, identity.checkpoint
    fresh_start = HEAD not in native or (checkpoint and checkpoint.stage == "pre-trained")
    if fresh_start and (usage.trained or runs(usage) is None):
        return
    picked = "" if loads == usage.class_name else f" (picked by `{usage.class_name}`)"
    able = [one.id for one in case.rulebase.checkpoints.values() if one.model_class == loads]
    instead = nearest(identity.id, able) if able else None
    made = f", or a checkpoint made for `{loads}` such as {instead}" if instead else ""
    yield case.finding(
        f"{identity.id} was made with `{native}`, which has other layers than `{loads}`{picked}",
        class_place(usage),
        level="warning" if usage.trained else None,
        about=identity,
        citing=("class",),
        fix=f"use `{native}`{made}",
        edits=_class_edits(case, usage, identity, mismatch),
    )


@rule("class-not-verified")
@each_judgement
def class_not_verified(case: Case, judgement: Judgement) -> Iterator[Finding]:
    """A class named for a checkpoint whose own class nobody verified."""
    name, checkpoint = judgement.model_class, judgement.checkpoint
    if name and checkpoint.model_class is None:
        message = f"the class of {checkpoint.id} is not known, so `{name}` cannot be judged"
        yield case.finding(message, judgement.choice and judgement.choice.class_place)


def _class_of_choices(case: Case, *kinds: str) -> Iterator[Finding]:
    """Classes that were named for chosen checkpoints, with certain kinds of mismatch."""

    @each_judgement
    def find(case: Case, judgement: Judgement) -> Iterator[Finding]:
        checkpoint, name = judgement.checkpoint, judgement.model_class
        id, native = checkpoint.id, checkpoint.model_class
        if not name or native in (None, name):
            return
        known = case.release.has_class(name)
        mismatch = _mismatch(case, Identity(id, checkpoint, ()), name)
        kind, loads = mismatch or ClassMismatch("other" if not known else "none", name)
        picked = "" if loads == name else f" ({name} picks {loads})"
        message = f"{id} is loaded with `{native}`, not `{name}`{picked}"
        if kind == "refused":
            message = f"`{name}` loads no {checkpoint.model_type} model, which {id} is"
        if kind in kinds:
            place = judgement.choice and judgement.choice.class_place
            fix = f"use `{native}`"
            yield case.finding(message, place, about=checkpoint, citing=("class",), fix=fix)

    return find(case)


def _mismatch_in_code(case: Case, usage: Usage, identity: Identity) -> ClassMismatch | None:
    """Return what is wrong with the class of a usage; None where no class is judged."""
    load, name = usage.model, usage.class_name
    if load is None:
        judged = not usage.processors
    else:
        own_code = passed(load, "trust_remote_code") is True
        judged = (load.package, load.kind) == (TRANSFORMERS, "model") and not own_code
    return _mismatch(case, identity, name) if judged and name is not None else None


def _mismatch(case: Case, identity: Identity, name: str) -> ClassMismatch | None:
    """Return what is wrong with a class for a checkpoint; None where nothing is known to be."""
    release, model_type, loads = case.release, identity.model_type, name
    if model_type is None or not identity.classes or not release.has_class(name):
        return None
    if name.startswith("Auto"):
        if name not in release.auto or not release.knows(model_type):
            return None
        given = release.classes_for(name, model_type)
        if not given:
            return ClassMismatch("refused", name)
        loads = given[0]
    folders = {release.classes.get(native) for native in identity.classes}
    if None in folders or loads not in release.classes:
        return None
    if release.classes[loads] not in folders:
        return ClassMismatch("other", loads)
    if identity.sure and _has_other_layers(case, loads, identity.model_class or loads):
        return ClassMismatch("unlike", loads)
    return None


def _has_other_layers(case: Case, loads: str, native: str) -> bool:
    """True where a class of the same architecture has other layers than the native one."""
    whole = case.knowledge("whole", "weights-random-or-unused")
    incomplete = case.knowledge("incomplete", "weights-random-or-unused")
    if loads == native or loads in whole.get(native, []):
        return False
    return HEAD in loads or loads in incomplete.get(native, [])


def _takes_text(usage: Usage) -> bool:
    """True where a text goes in with the image, which any class of an architecture takes."""
    processors = {processor.place for processor in usage.processors}
    return any(
        call.name == "__call__"
        and {"text", "1"} & set(call.arguments)
        and call.receiver.place in processors
        for call in usage.calls
    )


def _class_edits(
    case: Case, usage: Usage, identity: Identity, mismatch: ClassMismatch
) -> tuple[Edit, ...]:
    """Put in the right class, where the code around it goes on to work the same way."""
    load, native = usage.model, identity.model_class
    if load is None or load.class_place is None or native is None or load.class_name is None:
        return ()
    if not identity.sure or not case.release.has_class(native):
        return ()
    same_use = mismatch.kind == "refused" or (HEAD in mismatch.loads) == (HEAD in native)
    if not same_use or (mismatch.kind == "unlike" and not _takes_text(usage)):
        return ()
    written = load.class_written or ""
    if written.rpartition(".")[2] != load.class_name:
        return ()
    if "." in written:
        return (Edit(load.class_place, written.removesuffix(load.class_name) + native),)
    return case.replace_class(load.class_place, load.class_name, native)


@rule("processor-does-not-match")
@each_known
def processor_does_not_match(case: Case, usage: Usage, model: Identity) -> Iterator[Finding]:
    """A processor class of another architecture, or one loaded from an unlike checkpoint."""
    if usage.model and usage.model.kind == "composition":
        return
    for load in usage.processors:
        if load.package != TRANSFORMERS or load.kind != "processor":
            continue
        id = load.checkpoint[0].text if len(load.checkpoint) == 1 else None
        if id == model.id:
            yield from _processor_class(case, load, model)
        elif other := case.identities.of(id):
            yield from _processor_of_another(case, load, model, other)


def _processor_class(case: Case, load: Load, model: Identity) -> Iterator[Finding]:
    right, name = model.processor, load.class_name
    if name is None or right is None or name.startswith("Auto") or load.class_place is None:
        return
    folders = case.release.classes.get(name), case.release.classes.get(right)
    if None in folders or folders[0] == folders[1]:
        return
    certain = model.sure and load.class_written == name
    yield case.finding(
        f"{model.id} comes with `{right}`; `{name}` prepares for another kind of model",
        load.class_place,
        about=model,
        citing=("processor",),
        fix=f"use `{right}`",
        edits=case.replace_class(load.class_place, name, right) if certain else (),
    )


def _processor_of_another(
    case: Case, load: Load, model: Identity, other: Identity
) -> Iterator[Finding]:
    ours = model.checkpoint.image_size if model.checkpoint else None
    theirs = other.checkpoint.image_size if other.checkpoint else None
    if model.processor and other.processor and model.processor != other.processor:
        why = f"it is a `{other.processor}`, and {model.id} needs a `{model.processor}`"
    elif ours and theirs and ours != theirs:
        why = f"it makes images of {theirs} pixels, and {model.id} takes {ours}"
    else:
        return
    yield case.finding(
        f"the processor is loaded from {other.id}: {why}",
        load.checkpoint[0].place,
        about=model,
        citing=("image_size", "processor"),
        fix=f"load it from {model.id}",
    )
