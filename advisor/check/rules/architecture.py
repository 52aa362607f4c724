"""Whether the classes that load a checkpoint, model and processor, are those it was made with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from advisor.check.case import TRANSFORMERS, Case, class_place, passed, runs
from advisor.check.finding import Edit, Finding
from advisor.check.identity import Identity
from advisor.check.judgement import Judgement
from advisor.check.rules import each_judgement, each_usage, rule
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
    yield from _class_of_choice(case)


@each_usage
def _class_in_code(case: Case, usage: Usage) -> Iterator[Finding]:
    identity = _judged(case, usage)
    mismatch = _mismatch(case, identity, usage.class_name)
    if identity is None or mismatch is None or mismatch.kind == "unlike":
        return
    if mismatch.kind == "refused":
        message = _refused(usage.class_name, identity)
    else:
        message = (
            f"{identity.id} is a {identity.model_type} model; "
            f"`{mismatch.loads}` is for another kind"
        )
    yield case.finding(
        message,
        class_place(usage),
        level=None if identity.sure else "warning",
        checkpoint=identity.id,
        sources=identity.sources.get("class"),
        fix=f"use `{identity.model_class or 'the class of its model type'}`",
        edits=_class_edits(case, usage, identity, mismatch),
    )


@each_judgement
def _class_of_choice(case: Case, judgement: Judgement) -> Iterator[Finding]:
    name, native = judgement.model_class, judgement.checkpoint.model_class
    if not name or native in (None, name):
        return
    identity = Identity(judgement.checkpoint.id, judgement.checkpoint, ())
    mismatch = _mismatch(case, identity, name)
    if mismatch is not None and mismatch.kind == "refused":
        yield _of_choice(case, judgement, _refused(name, identity))
    elif mismatch.kind == "other" if mismatch else not case.release.has_class(name):
        yield _of_choice(case, judgement, _not_native(judgement, mismatch))


@rule("weights-random-or-unused", needs=("whole", "incomplete"))
def weights_random_or_unused(case: Case) -> Iterator[Finding]:
    """A class of the same architecture with other layers than the checkpoint has weights for."""
    yield from _layers_in_code(case)
    yield from _layers_of_choice(case)


@each_usage
def _layers_in_code(case: Case, usage: Usage) -> Iterator[Finding]:
    """Layers left random are fine where they are new on purpose and trained."""
    identity = _judged(case, usage)
    mismatch = _mismatch(case, identity, usage.class_name)
    if identity is None or mismatch is None or mismatch.kind != "unlike":
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
        checkpoint=identity.id,
        sources=identity.sources.get("class"),
        fix=f"use `{native}`{made}",
        edits=_class_edits(case, usage, identity, mismatch),
    )


@each_judgement
def _layers_of_choice(case: Case, judgement: Judgement) -> Iterator[Finding]:
    name, native = judgement.model_class, judgement.checkpoint.model_class
    if name and native not in (None, name):
        identity = Identity(judgement.checkpoint.id, judgement.checkpoint, ())
        mismatch = _mismatch(case, identity, name)
        if mismatch is not None and mismatch.kind == "unlike":
            yield _of_choice(case, judgement, _not_native(judgement, mismatch))


@rule("class-not-verified")
@each_judgement
def class_not_verified(case: Case, judgement: Judgement) -> Iterator[Finding]:
    """A class named for a checkpoint whose own class nobody verified."""
    name, checkpoint = judgement.model_class, judgement.checkpoint
    if name and checkpoint.model_class is None:
        message = f"the class of {checkpoint.id} is not known, so `{name}` cannot be judged"
        yield case.finding(message, judgement.choice and judgement.choice.class_place)


def _of_choice(case: Case, judgement: Judgement, message: str) -> Finding:
    return case.finding(
        message,
        judgement.choice and judgement.choice.class_place,
        sources=judgement.checkpoint.sources.get("class"),
        fix=f"use `{judgement.checkpoint.model_class}`",
    )


def _refused(name: str | None, identity: Identity) -> str:
    return f"`{name}` loads no {identity.model_type} model, which {identity.id} is"


def _not_native(judgement: Judgement, mismatch: ClassMismatch | None) -> str:
    name, checkpoint = judgement.model_class, judgement.checkpoint
    loads = mismatch.loads if mismatch else name
    picked = "" if loads == name else f" ({name} picks {loads})"
    return f"{checkpoint.id} is loaded with `{checkpoint.model_class}`, not `{name}`{picked}"


def _judged(case: Case, usage: Usage) -> Identity | None:
    """Return what a usage loads with a class of transformers; None where no class is judged."""
    load = usage.model
    if load is None:
        return None if usage.processors else case.identity(usage)
    if (load.package, load.kind) != (TRANSFORMERS, "model"):
        return None
    return None if passed(load, "trust_remote_code") is True else case.identity(usage)


def _mismatch(case: Case, identity: Identity | None, name: str | None) -> ClassMismatch | None:
    """Return what is wrong with a class for a checkpoint; None where nothing is known to be."""
    if identity is None or identity.model_type is None or not identity.classes or name is None:
        return None
    release, model_type, loads = case.release, identity.model_type, name
    if not release.has_class(name):
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
@each_usage
def processor_does_not_match(case: Case, usage: Usage) -> Iterator[Finding]:
    """A processor class of another architecture, or one loaded from an unlike checkpoint."""
    model = case.identity(usage)
    if model is None or (usage.model and usage.model.kind == "composition"):
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
        checkpoint=model.id,
        sources=model.sources.get("processor"),
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
        checkpoint=model.id,
        sources=model.sources.get("image_size") or model.sources.get("processor"),
        fix=f"load it from {model.id}",
    )
