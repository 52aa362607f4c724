"""Whether processors fit the model they are used for, and get their images and texts in order."""

from __future__ import annotations

import re
from collections.abc import Iterator

from advisor.check.case import TRANSFORMERS, Case, rule
from advisor.check.finding import Edit, Finding
from advisor.check.identity import Identity, identity_of
from advisor.check.loaded import Receiver, received
from advisor.scan.usage import Argument, Call, Load, Usage

IMAGES, TEXT = "images", "text"
PROCESSOR, IMAGE_PROCESSOR, TOKENIZER = "processor", "image_processor", "tokenizer"
SIZED = ("size", "crop_size")
"""What sets the size of the images that a processor makes, when it is loaded, called or later."""
ANY_SIZE = "interpolate_pos_encoding"
"""With this argument a model takes images of another size."""
CALLED = "__call__"
WHAT = {TEXT: "a text", IMAGES: "an image"}
ORDER = "text-before-images"
WORD = re.compile(r"[a-z]+")
PATH = re.compile(r"(?i)https?://\S+\Z|\S+\.(?:png|jpe?g|webp|gif|bmp|tiff?)\Z")
"""A text that stands for a picture."""
KEY = re.compile(r"\[[\"'](\w+)[\"']\]\Z")
"""What an entry is called, at the end: `batch["prompt"]`."""
ENDS = re.compile(r"\s*(?:,|\)\Z)")
"""What follows an argument of a call that is in no parentheses of its own."""
LONGEST = 80
"""Longer arguments are not written anew."""


def _pairs(case: Case, *kinds: str) -> Iterator[tuple[Usage, Load, str]]:
    """Yield the processors of some kinds that are loaded from one checkpoint, with their usage."""
    for usage in case.scan.usages:
        for load in usage.processors if usage.model else ():
            id = load.checkpoint[0].text if len(load.checkpoint) == 1 else None
            if id and load.package == TRANSFORMERS and load.kind in kinds:
                yield usage, load, id


def _processors(case: Case) -> Iterator[tuple[Usage, Load, Identity, Identity]]:
    """Yield what prepares images, with what it is loaded from, and the model it is used for.

    An image processor alone is so where what it gives visibly goes into the model.
    """
    for usage, load, id in _pairs(case, PROCESSOR, IMAGE_PROCESSOR):
        source, model = identity_of(case.rulebase, id), case.identity(usage)
        whole = load.kind == PROCESSOR
        composed = usage.model is not None and usage.model.kind == "composition"
        if source and model and (not composed if whole else load in usage.joined):
            yield usage, load, source, model


@rule("processor-does-not-match", each=_processors, citing=("processor",))
def processor_class(
    case: Case, _: Usage, load: Load, source: Identity, model: Identity
) -> Iterator[Finding]:
    """A processor class of another architecture."""
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
    """A processor, or an image processor, loaded from an unlike checkpoint.

    Its size is right where code sets the size of the images, or where the model takes any.
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
    if why and other.id != model.id:
        yield _finding(load, f"{other.id}, {why}", model.id)


def _finding(load: Load, why: str, id: str) -> Finding:
    """Say it where the processor is loaded, and where its id is written, if that is elsewhere."""
    here, written = load.place, load.checkpoint[0].place
    inside = written.path == here.path and here.line <= written.line <= here.end_line
    return Finding(
        f"the {load.kind.replace('_', ' ')} is loaded from {why}",
        written if inside else here,
        places=() if inside else (written,),
        fix=f"load the part from {id}",
    )


@rule("text-before-images", each=received, of_release=True)
def text_before_images(case: Case, _: Usage, call: Call, at: Receiver) -> Iterator[Finding]:
    """A text goes to a processor first, where images come first; or the other way round."""
    given = call.arguments.get("0") if call.name == CALLED else None
    signature = at.members.signature(CALLED)
    if given is None or signature is None or signature.either or IMAGES not in signature.keywords:
        return
    first = signature.positional[0] if signature.positional else ""
    kind = kind_of(case, given)
    if not kind or {first, kind} != {IMAGES, TEXT} or kind not in signature.keywords:
        return
    other = IMAGES if kind == TEXT else TEXT
    second = call.arguments.get("1")
    named = {kind: given, **({other: second} if second else {})}
    written = {name: case.stands_at(argument.place) for name, argument in named.items()}
    free = other not in call.arguments and kind not in call.arguments and "2" not in call.arguments
    short = all(len(text) <= LONGEST for text in written.values())
    fits = short and free and all(_takes_name(case, call, argument) for argument in named.values())
    pairs = ((named[name].place, name, text) for name, text in written.items() if fits)
    edits = tuple(Edit(place, f"{name}={text}", text) for place, name, text in pairs)
    takes = f"the first parameter of `{at.name}` is `{other}` in {case.transformers}"
    message = f"{takes}, and this call passes {WHAT[kind]} first"
    fix = "use keyword arguments: " + ", ".join(f"`{name}=`" for name in named)
    yield Finding(message, call.place, fix, edits, at.level)


def _takes_name(case: Case, call: Call, given: Argument) -> bool:
    """True where a name can be written before an argument: nothing encloses it but the call."""
    text = case.stands_at(given.place)
    behind = case.stands_at(given.place.ending(0).to(call.place))
    whole = bool(text) and not text.startswith("*") and ":=" not in text
    return whole and bool(ENDS.match(behind))


def kind_of(case: Case, given: Argument) -> str | None:
    """What an argument is: a text by what it says or how it is called, images by their name."""
    named = re.split(r"[\[(]", given.source.lstrip("[("))[0]
    words = set(WORD.findall(" ".join((named, *KEY.findall(given.source))).lower()))
    if words & set(case.knowledge("texts", ORDER)) or says_words(given):
        return TEXT
    named_so = words & set(case.knowledge("images", ORDER))
    return IMAGES if named_so and not given.texts else None


def says_words(given: Argument) -> bool:
    """True for an argument with texts that are no paths of images."""
    return any(not PATH.match(text.strip()) for text in given.texts if text.strip())
