"""Whether what prepares images and texts was made for the model that gets them."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import NamedTuple

from advisor.check.case import TRANSFORMERS, Case, rule
from advisor.check.finding import Finding
from advisor.check.identity import Identity, identity_of
from advisor.scan.usage import Load, Usage

PROCESSOR, IMAGE_PROCESSOR, TOKENIZER = "processor", "image_processor", "tokenizer"
SIZED = ("size", "crop_size")
"""What sets the size of the images that a processor makes, when it is loaded, called or later."""
ANY_SIZE = "interpolate_pos_encoding"
"""With this argument a model takes images of another size."""


class Pair(NamedTuple):
    """A processor, from where it is loaded, and the model that it is used for."""

    usage: Usage
    load: Load
    source: str


def _pairs(case: Case, *kinds: str) -> Iterator[Pair]:
    """Yield the processors of some kinds that are loaded from one checkpoint, with their models."""
    for usage in case.scan.usages:
        for load in usage.processors if usage.model else ():
            id = load.checkpoint[0].text if len(load.checkpoint) == 1 else None
            if id and load.package == TRANSFORMERS and load.kind in kinds:
                yield Pair(usage, load, id)


def _processors(case: Case) -> Iterator[tuple[Pair, Identity, Identity]]:
    """Yield what prepares images, with what it is loaded from, and the model it is used for.

    An image processor alone is so where what it gives visibly goes into the model.
    """
    for pair in _pairs(case, PROCESSOR, IMAGE_PROCESSOR):
        usage, load, id = pair
        source, model = identity_of(case.rulebase, id), case.identity(usage)
        whole = load.kind == PROCESSOR
        composed = usage.model is not None and usage.model.kind == "composition"
        if source and model and (not composed if whole else load in usage.joined):
            yield pair, source, model


@rule("processor-does-not-match", each=_processors, citing=("processor",))
def processor_class(case: Case, pair: Pair, source: Identity, model: Identity) -> Iterator[Finding]:
    """A processor class of another architecture."""
    load, right = pair.load, model.processor
    name, place = load.class_name, load.class_place
    if source.id != model.id or not (name and right and place) or name.startswith("Auto"):
        return
    if load.kind != PROCESSOR:
        return
    folders = {case.release.classes.get(one) for one in (name, right)}
    if None not in folders and len(folders) > 1:
        message = f"{model.id} comes with `{right}`; `{name}` prepares for another kind of model"
        certain = model.checkpoint and load.class_written == name
        edits = case.replace_class(place, name, right) if certain else ()
        yield Finding(message, place, fix=f"use `{right}`", edits=edits)


@rule("processor-does-not-match", each=_processors, citing=("image_size", "processor"))
def processor_of_another(
    case: Case, pair: Pair, other: Identity, model: Identity
) -> Iterator[Finding]:
    """A processor, or an image processor, loaded from an unlike checkpoint."""
    ours, theirs = (one.checkpoint and one.checkpoint.image_size for one in (model, other))
    why, whole = "", pair.load.kind == PROCESSOR
    if whole and model.processor and other.processor and model.processor != other.processor:
        why = f"it is a `{other.processor}`, and {model.id} needs a `{model.processor}`"
    elif ours and theirs and ours != theirs and not _resized(case, pair, model):
        why = f"it makes images of {theirs} pixels, and {model.id} takes {ours}"
    if why and other.id != model.id:
        yield _finding(pair, f"{other.id}: {why}", model.id)


def _resized(case: Case, pair: Pair, model: Identity) -> bool:
    """True where code sets the size of the images, or the model takes any."""
    calls = [call for call in pair.usage.calls if call.receiver.place == pair.load.place]
    given = {*pair.load.arguments, *(name for call in calls for name in call.arguments)}
    stored = {call.name for call in calls if call.kind == "assign"}
    takes = any(ANY_SIZE in call.arguments for call in pair.usage.calls)
    of_any = model.model_type in case.knowledge("any_size")
    return takes or of_any or not {*given, *stored}.isdisjoint(SIZED)


def _tokenizers(case: Case) -> Iterator[tuple[Pair]]:
    """Yield the tokenizers whose ids visibly go into a model, or that read what it writes."""
    return ((one,) for one in _pairs(case, TOKENIZER) if one.load in one.usage.joined)


@rule("processor-does-not-match", each=_tokenizers)
def tokenizer_of_another(case: Case, pair: Pair) -> Iterator[Finding]:
    """A tokenizer whose vocabulary is surely not the one that the model was trained with."""
    usage, id = pair.usage, pair.usage.checkpoint
    if usage.model and usage.model.kind == "composition":  # its second half knows the texts
        second = usage.model.second_checkpoint
        id = second[0].text if len(second) == 1 else None
    theirs, ours = _vocabularies(case, pair.source), _vocabularies(case, id)
    of_model = [call for call in usage.calls if call.receiver.place == usage.place]
    renewed = {call.name for call in of_model}
    anew = any(call.kind == "assign" and not call.of for call in of_model)
    if not id or not theirs or not ours or theirs & ours:
        return
    if anew or not renewed.isdisjoint(case.knowledge("renewing")):
        return
    has, knows = (" or ".join(sorted(names)) for names in (theirs, ours))
    words = f"its words are those of {has}, and {id} knows those of {knows}"
    yield _finding(pair, f"{pair.source}: {words}", id)


def _vocabularies(case: Case, id: str | None) -> set[str]:
    """The vocabularies that a checkpoint may have; none where that is not known."""
    if id is None:
        return set()
    for name, patterns in case.knowledge("vocabularies_of_ids").items():
        if any(fnmatchcase(id.lower(), pattern) for pattern in patterns):
            return {name}
    identity = identity_of(case.rulebase, id)
    if identity is None or identity.by_words:
        return set()
    types = case.knowledge("vocabularies_of_types")
    return {name for name, known in types.items() if identity.model_type in known}


def _finding(pair: Pair, why: str, id: str) -> Finding:
    """Say it where the processor is loaded, and where its id is written, if that is elsewhere."""
    load, written = pair.load, pair.load.checkpoint[0].place
    what = load.kind.replace("_", " ")
    here = load.place
    inside = written.path == here.path and here.line <= written.line <= here.end_line
    return Finding(
        f"the {what} is loaded from {why}",
        written if inside else here,
        places=() if inside else (written,),
        fix=f"load it from {id}",
    )
