"""Whether the class and the processor in code fit the checkpoint."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.catalogue.release import version_number
from advisor.check.case import CHOSEN, TRANSFORMERS, Case, rule, runs
from advisor.check.finding import Edit, Finding
from advisor.check.identity import Identity, identity_of
from advisor.check.judgement import Judgement
from advisor.check.loaded import only_id
from advisor.scan.usage import Load, Usage
from advisor.scan.version_range import read_range

HEAD = "For"
"""In a class name, the words behind it name the head."""
ARCHITECTURE, LAYERS = "class-does-not-match", "weights-random-or-unused"
RULES = {"refused": ARCHITECTURE, "other": ARCHITECTURE, "unlike": LAYERS, "unfound": LAYERS}
"""The rule for each kind of mismatch that `_mismatch` returns."""
PROCESSOR, IMAGE_PROCESSOR = "processor", "image_processor"
SIZED = ("size", "crop_size")
"""Arguments and attributes that set the size of a processor's images."""
ANY_SIZE = "interpolate_pos_encoding"
"""The argument with which a model takes images of any size."""


def _mismatches(case: Case) -> Iterator[tuple[str, str, Usage, Identity]]:
    """Yield mismatch, loaded class, usage and identity of each class in code that does not fit."""
    for usage, identity in case.known():
        load, name = usage.model, usage.class_name
        if load is None:
            judged = not usage.processors
        else:
            remote = load.arguments.get("trust_remote_code")
            own_code = remote is not None and remote.value is True
            judged = (load.package, load.kind) == (TRANSFORMERS, "model") and not own_code
        if judged and name:
            kind, loads = _mismatch(case, identity, name)
            extended = load and load.extended and (kind != "other" or "config" in load.arguments)
            if kind in RULES and not extended:
                yield kind, loads, usage, identity


@rule(ARCHITECTURE, LAYERS, each=_mismatches, citing=("class",))
def class_in_code(
    case: Case, kind: str, loads: str, usage: Usage, identity: Identity
) -> Iterator[Finding]:
    """Find classes in code of another architecture than the checkpoint, or with other layers."""
    id, native, checkpoint = identity.id, identity.model_class, identity.checkpoint
    level, instead = "" if checkpoint else "warning", ""
    if kind == "refused":
        message = f"`{loads}` cannot load {id}, because it is a {identity.model_type} model"
    elif kind == "other":
        named = f"`{loads}`"
        if usage.model and usage.model.extended:
            named, instead = f"`{usage.model.class_written}` extends {named}, which", " as its base"
        message = f"{id} is a {identity.model_type} model, and {named} is for another architecture"
    elif kind == "unfound":
        message = f"`{loads}` finds no matching weights in {id}, so it is randomly initialized"
        instead = ", and use the part that you need"
    else:  # layers left random are fine where they are new on purpose and trained
        start = checkpoint and checkpoint.stage == "pre-trained" and not checkpoint.tasks
        fresh_start = HEAD not in (native or "") or start
        if fresh_start and (usage.trained or not runs(usage)):
            return
        picked = "" if loads == usage.class_name else f" (picked by `{usage.class_name}`)"
        message = f"{id} was saved with `{native}`, which has other layers than `{loads}`{picked}"
        level = "warning" if usage.trained else ""
    yield Finding(
        message,
        (usage.model and usage.model.class_place) or usage.place,
        rule=RULES[kind],
        level=level,
        fix=f"use `{native}`{instead}" if native else "use a class for the model type of the id",
        edits=_class_edits(case, usage, identity, kind, loads),
    )


@rule(ARCHITECTURE, LAYERS, each=CHOSEN, citing=("class",))
def class_of_choice(case: Case, judgement: Judgement) -> Iterator[Finding]:
    """Find classes named for a declared checkpoint that do not fit it."""
    name, identity = judgement.model_class, identity_of(case.rulebase, judgement.checkpoint.id)
    if not name or not identity or identity.model_class in (None, name):
        return
    id, native = identity.id, identity.model_class
    kind, loads = _mismatch(case, identity, name)
    if not case.release.has_class(name):
        kind = "other"
    picked = "" if loads == name else f" ({name} picks {loads})"
    message = f"{id} needs `{native}`, not `{name}`{picked}"
    if kind == "refused":
        message = f"`{name}` cannot load {id}, because it is a {identity.model_type} model"
    if kind in RULES:
        place = judgement.choice and judgement.choice.class_place
        yield Finding(message, place, fix=f"use `{native}`", rule=RULES[kind])


def _mismatch(case: Case, identity: Identity, name: str) -> tuple[str, str]:
    """Return what is wrong with a class for a checkpoint, and the class that it loads.

    That is the class itself, or the one that an auto class picks. What is wrong is `refused`,
    `other` (another architecture), `unlike` (the same with other layers), `unfound` (the same, but
    it looks for the weights under other names), or "" if nothing is known to be.
    """
    release, model_type, loads = case.release, identity.model_type, name
    natives = {checkpoint.model_class for checkpoint in identity.known if checkpoint.model_class}
    if model_type is None or not release.has_class(name):
        return "", name
    if not natives:  # of code of its own, whose class is none of transformers
        configurations = release.classes_for("AutoConfig", model_type)
        homes = {"", *(release.classes.get(it, "") for it in configurations)}
        described = configurations and release.types_of(name)
        elsewhere = release.classes.get(name, "") not in homes
        return "other" if described and elsewhere else "", name
    if name.startswith("Auto"):
        if name not in release.auto or not release.knows(model_type):
            return "", name
        given = release.classes_for(name, model_type)
        if not given:
            return "refused", name
        loads = given[0]
    folders = {release.classes.get(native) for native in natives}
    if None in folders or loads not in release.classes:
        return "", loads
    if release.classes[loads] not in folders:
        same = case.knowledge("same_weights").get(model_type, [])
        return "" if release.classes[loads] in same else "other", loads
    native = identity.model_class or loads
    number = version_number(release.version)  # classes that look elsewhere for their weights
    unfound = case.knowledge("unfound", LAYERS).items()
    ranges = (read_range(releases) for releases, names in unfound if loads in names)
    elsewhere = any(bounds is not None and bounds.allows(number) for bounds in ranges)
    if identity.checkpoint and loads not in natives and elsewhere:
        return "unfound", loads
    whole = case.knowledge("whole", LAYERS).get(native, [])
    incomplete = case.knowledge("incomplete", LAYERS).get(native, [])
    other_layers = (HEAD in loads or loads in incomplete) and loads not in (native, *whole)
    return "unlike" if identity.checkpoint and other_layers else "", loads


def _class_edits(
    case: Case, usage: Usage, identity: Identity, kind: str, loads: str
) -> tuple[Edit, ...]:
    """Return the edits that put in the right class if the code around it still works, else ().

    For other layers, that is so if a text goes in with the image, as any class of an architecture
    takes both.
    """
    load, native = usage.model, identity.model_class
    if not (load and load.class_place and load.class_name and native and identity.checkpoint):
        return ()
    alike = kind != "unfound" and (HEAD in loads) == (HEAD in native)  # a part is used otherwise
    same_use = kind == "refused" or alike
    places = {it.place for it in usage.processors}
    prepared = [it for it in usage.calls if it.receiver.place in places and it.kind == "call"]
    called = [it.arguments for it in prepared if it.name == "__call__"]
    sure = kind != "unlike" or any({"text", "1"} & given.keys() for given in called)
    alone = load.class_written == load.class_name
    if not (same_use and sure and case.release.has_class(native) and alone):
        return ()
    return case.replace_class(load.class_place, load.class_name, native)


def _processors(case: Case) -> Iterator[tuple[Usage, Load, Identity, Identity]]:
    """Yield usage and load of each processor of a known model, and what is known of both.

    An image processor counts only if its output surely goes into the model.
    """
    for usage, model in case.known():
        composed = usage.model and usage.model.kind == "composition"
        for load in usage.processors if usage.model else ():
            source = identity_of(case.rulebase, only_id(load))
            used = {PROCESSOR: not composed, IMAGE_PROCESSOR: load in usage.joined}
            if source and load.package == TRANSFORMERS and used.get(load.kind):
                yield usage, load, source, model


@rule("processor-does-not-match", each=_processors, citing=("processor",))
def processor_class(
    case: Case, _: Usage, load: Load, source: Identity, model: Identity
) -> Iterator[Finding]:
    """Find processor classes of another architecture than the model."""
    name, place, right = load.class_name, load.class_place, model.processor
    if load.kind != PROCESSOR or source.id != model.id or not (name and right and place):
        return
    if name.startswith("Auto"):
        return
    folders = {case.release.classes.get(class_name) for class_name in (name, right)}
    if None not in folders and len(folders) > 1:
        message = f"{model.id} needs `{right}`, and `{name}` is for another kind of model"
        certain = model.checkpoint and load.class_written == name
        edits = case.replace_class(place, name, right) if certain else ()
        yield Finding(message, place, fix=f"use `{right}`", edits=edits)


@rule("processor-does-not-match", each=_processors, citing=("image_size", "processor"))
def processor_of_another(
    case: Case, usage: Usage, load: Load, other: Identity, model: Identity
) -> Iterator[Finding]:
    """Find processors loaded from a checkpoint with another processor class or image size.

    Any size is right if code sets the size of the images, or if the model takes any.
    """
    ours, theirs = (it.checkpoint and it.checkpoint.image_size for it in (model, other))
    why, whole = "", load.kind == PROCESSOR
    calls = [call for call in usage.calls if call.receiver.place == load.place]
    named = {*load.arguments, *(name for call in calls for name in call.arguments)}
    named |= {call.name for call in calls if call.kind == "assign"}
    takes = any(ANY_SIZE in call.arguments for call in usage.calls)
    any_size = takes or model.model_type in case.knowledge("any_size") or bool(named & {*SIZED})
    if whole and model.processor and other.processor and model.processor != other.processor:
        why = f"which has a `{other.processor}`, but {model.id} needs a `{model.processor}`"
    elif ours and theirs and ours != theirs and not any_size:
        why = f"which needs images of {theirs} pixels, but {model.id} needs {ours}"
    here, written = load.place, load.checkpoint[0].place  # its id may be written elsewhere
    inside = written.path == here.path and here.line <= written.line <= here.end_line
    if why and other.id != model.id:
        yield Finding(
            f"the {load.kind.replace('_', ' ')} is loaded from {other.id}, {why}",
            written if inside else here,
            places=() if inside else (written,),
            fix=f"load the part from {model.id}",
        )
