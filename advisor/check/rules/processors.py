"""Whether processors fit the model they are used for, and get their images and texts in order."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import NamedTuple

from advisor.check.case import TRANSFORMERS, Case, mentions, rule
from advisor.check.finding import Edit, Finding
from advisor.check.identity import Identity, identity_of
from advisor.check.loaded import Receiver, received, sure_uses
from advisor.scan.usage import Argument, Call, Load, Location, Usage

IMAGES, TEXT = "images", "text"
PROCESSOR, IMAGE_PROCESSOR, TOKENIZER = "processor", "image_processor", "tokenizer"
SIZED = ("size", "crop_size")
"""What sets the size of the images that a processor makes, when it is loaded, called or later."""
ANY_SIZE = "interpolate_pos_encoding"
"""With this argument a model takes images of another size."""
CALLED = "__call__"
ENDINGS = {
    IMAGE_PROCESSOR: re.compile(r"\w*ImageProcessor(?:Fast|Pil)?\Z"),
    TOKENIZER: re.compile(r"\w*Tokenizer(?:Fast)?\Z"),
}
"""What the names of classes end in; feature extractors may be of sounds."""
USES = ("call", "read", "index")
NAME = re.compile(r"\[?(?:\w+\.)*(?:\w+\[[\"'](?=\w+[\"']\]))?(\w+)[\"'\]]*\Z")
"""What an argument is called: `prompts`, `[image]`, `self.texts`, `batch["caption"]`."""
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


@rule("processor-does-not-match", each=lambda case: _pairs(case, TOKENIZER))
def tokenizer_of_another(case: Case, usage: Usage, load: Load, source: str) -> Iterator[Finding]:
    """A tokenizer whose vocabulary is surely not the one that the model was trained with.

    Its ids visibly go into the model, or it reads what that writes.
    """
    id = usage.checkpoint
    if load not in usage.joined:
        return
    if usage.model and usage.model.kind == "composition":  # its second half knows the texts
        second = usage.model.second_checkpoint
        id = second[0].text if len(second) == 1 else None
    theirs, ours = _vocabularies(case, source), _vocabularies(case, id)
    of_model = [call for call in usage.calls if call.receiver.place == usage.place]
    anew = any(call.kind == "assign" and not call.of for call in of_model)
    anew = anew or any(call.name in case.knowledge("renewing") for call in of_model)
    if not id or not theirs or not ours or theirs & ours or anew:
        return
    has, knows = (" or ".join(sorted(names)) for names in (theirs, ours))
    words = f"which has the vocabulary of {has}, but {id} uses the vocabulary of {knows}"
    yield _finding(load, f"{source}, {words}", id)


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
    return {name for name, accepted in types.items() if identity.model_type in accepted}


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


class Half(NamedTuple):
    """The half of a processor that a use is on, and the steps from there, the use included."""

    kind: str
    shown: str
    load: Load
    steps: tuple[str, ...]

    @property
    def other(self) -> str:
        """The other half."""
        return TOKENIZER if self.kind == IMAGE_PROCESSOR else IMAGE_PROCESSOR


@rule("halves-swapped", of_release=True)
def halves_swapped(case: Case) -> Iterator[Finding]:
    """A text goes to an image processor, images to a tokenizer, or the other's result is asked.

    What a wrong call gives is not judged once more.
    """
    wrong = set[Location]()
    halves = [(call, half) for _, call in sure_uses(case, *USES) if (half := _half(case, call))]
    for call, half in halves:
        for finding in _called(case, half, call):
            wrong.add(half.load.place)
            yield finding
    for call, half in halves:
        if half.load.place not in wrong:
            yield from _taken(case, half, call)


def _half(case: Case, call: Call) -> Half | None:
    """The half that a use is on; None for anything else, a whole with the name of one included."""
    load, steps = call.receiver, (*call.of, call.name)
    if load.package != TRANSFORMERS or load.arguments.get("trust_remote_code") is not None:
        return None
    if load.kind in ENDINGS:
        name, members = load.class_name or "", case.release.members
        described = members.of(name)
        whole = described is not None and described.has(IMAGE_PROCESSOR)
        fits = ENDINGS[load.kind].match(name) and not whole
        return Half(load.kind, name, load, steps) if fits else None
    part_alone = len(steps) == 1 and call.kind != "call"
    if load.kind != PROCESSOR or steps[0] not in ENDINGS or part_alone:
        return None
    kind, *rest = steps
    if call.kind != "call" and len(rest) == 1:  # of the part, or of what it gave when called
        rest = [CALLED, *rest]
    return Half(kind, f"{load.class_name or PROCESSOR}.{kind}", load, tuple(rest) or (CALLED,))


def _called(case: Case, half: Half, call: Call) -> Iterator[Finding]:
    """What is given to a half that belongs to the other."""
    if call.kind != "call" or half.steps != (CALLED,):
        return
    mine, foreign = (IMAGES, TEXT) if half.kind == IMAGE_PROCESSOR else (TEXT, IMAGES)
    arguments = call.arguments
    first, named = arguments.get("0") or arguments.get(mine), arguments.get(foreign)
    unseen = {"*", "**"} & arguments.keys()
    if named and not unseen:
        does = "which it does not accept" if first is None else "which it ignores"
        finding = _swapped(half, f"is given `{foreign}`, {does}", named.written)
        yield finding._replace(level="warning" if first else "")
    elif first:
        name = NAME.match(first.source)
        visible = name is not None and name[1].lower() in case.knowledge("called")[foreign]
        if first.texts:
            visible = foreign == TEXT and says_words(first)
        if visible:  # it is written out, or is called exactly so
            yield _swapped(half, f"is given {WHAT[foreign]}", first.place)


def _taken(case: Case, half: Half, call: Call) -> Iterator[Finding]:
    """A member or a field that only the other half has, of which the file stores none itself."""
    name, steps = call.name, half.steps[:-1]
    if call.kind == "index" and isinstance(call.arguments["0"].value, str):
        name = call.arguments["0"].value
    if steps == (CALLED,) and call.kind in ("read", "index"):
        has, verb = case.knowledge("fields"), "gives"
    elif not steps and call.kind in ("read", "call"):
        has, verb = case.knowledge("members"), "has"
    else:
        return
    stored = rf"[\"']{name}[\"']\s*\]\s*=[^=]|\.{name}\s*=[^=]|attr\([^\n]*{name}|\.update\("
    source = case.source(call.place.path)  # which may put it into what was made
    if name in has.get(half.other, ()) and not mentions(source, re.compile(stored)):
        yield _swapped(half, f"{verb} no `{name}`", call.place)


def _swapped(half: Half, message: str, place: Location) -> Finding:
    fix = f"use the {half.other.replace('_', ' ')}. Image processor and tokenizer may be swapped"
    return Finding(f"`{half.shown}` {message}", place, fix=fix)


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
