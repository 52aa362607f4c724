"""Whether processors and pipelines get their arguments, in the order that the release takes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from advisor.catalogue.release_members import Signature
from advisor.check.case import TRANSFORMERS, Case, mentions, rule
from advisor.check.finding import Edit, Finding
from advisor.check.loaded import Receiver, received
from advisor.scan.usage import Argument, Call, Usage

ORDER = "text-before-images"
PIPELINE = "pipeline"
WORD = re.compile(r"[a-z]+")
ROLE = re.compile(r"[\"']role[\"']")
IMAGES, TEXT = "images", "text"
PATH = re.compile(r"(?i)https?://\S+\Z|\S+\.(?:png|jpe?g|webp|gif|bmp|tiff?)\Z")
"""A text that stands for a picture."""
KEY = re.compile(r"\[[\"'](\w+)[\"']\]\Z")
"""What an entry is called, at the end: `batch["prompt"]`."""
CALL = "__call__"
ENDS = re.compile(r"\s*(?:,|\)\Z)")
"""What follows an argument of a call that is in no parentheses of its own."""
LONGEST = 80
"""Longer arguments are not written anew."""


@rule("text-before-images", each=received, of_release=True)
def text_before_images(case: Case, _: Usage, call: Call, at: Receiver) -> Iterator[Finding]:
    """A text goes to a processor first, where images come first; or the other way round."""
    given = call.arguments.get("0") if call.name == CALL else None
    signature = at.members.signature(CALL)
    if given is None or signature is None or signature.either or IMAGES not in signature.keywords:
        return
    first = signature.positional[0] if signature.positional else ""
    kind = kind_of(case, given)
    if kind and {first, kind} == {IMAGES, TEXT} and kind in signature.keywords:
        yield _turned(case, call, at, given, kind)


def _turned(case: Case, call: Call, at: Receiver, given: Argument, kind: str) -> Finding:
    other = IMAGES if kind == TEXT else TEXT
    second = call.arguments.get("1")
    named = {kind: given, **({other: second} if second else {})}
    written = {name: case.stands_at(argument.place) for name, argument in named.items()}
    free = other not in call.arguments and kind not in call.arguments and "2" not in call.arguments
    fits = free and all(
        len(written[name]) <= LONGEST and _takes_name(case, call, argument)
        for name, argument in named.items()
    )
    edits = tuple(
        Edit(argument.place, f"{name}={written[name]}", written[name])
        for name, argument in named.items()
        if fits
    )
    goes = "a text" if kind == TEXT else "an image"
    message = (
        f"the first parameter of `{at.name}` is `{other}` in {case.transformers}, and this "
        f"call passes {goes} first"
    )
    fix = "use keyword arguments: " + ", ".join(f"`{name}=`" for name in named)
    return Finding(message, call.place, fix, edits, at.level)


def _takes_name(case: Case, call: Call, given: Argument) -> bool:
    """True where a name can be written before an argument: nothing encloses it but the call."""
    text = case.stands_at(given.place)
    behind = given.place._replace(
        line=given.place.end_line,
        column=given.place.end_column,
        end_line=call.place.end_line,
        end_column=call.place.end_column,
    )
    whole = bool(text) and not text.startswith("*") and ":=" not in text
    return whole and bool(ENDS.match(case.stands_at(behind)))


def kind_of(case: Case, given: Argument) -> str | None:
    """What an argument is: a text by what it says or how it is called, images by their name."""
    named = re.split(r"[\[(]", given.source.lstrip("[("))[0]
    words = set(WORD.findall(" ".join((named, *KEY.findall(given.source))).lower()))
    if words & set(case.knowledge("texts", ORDER)):
        return TEXT
    if says_words(given):
        return TEXT
    if given.texts or not words & set(case.knowledge("images", ORDER)):
        return None
    return IMAGES


def says_words(given: Argument) -> bool:
    """True for an argument with texts that are no paths of images."""
    return any(not PATH.match(text.strip()) for text in given.texts if text.strip())


@rule("pipeline-call-fails", each=lambda case: case.calls("call"), of_release=True)
def pipeline_call_fails(case: Case, usage: Usage, call: Call) -> Iterator[Finding]:
    """An argument that a pipeline needs and is not given, or images beside a chat."""
    model, task = usage.model, usage.task
    ours = model is not None and (model.package, model.kind) == (TRANSFORMERS, PIPELINE)
    run = call.name == CALL and not call.of and call.certain
    signature = _signature(case, task) if ours and run and task else None
    if signature is None or not task or {"*", "**"} & call.arguments.keys():
        return
    if missing := _missing(case, task, signature, call):
        message = f"the pipeline `{task}` needs the argument `{missing}`"
        yield Finding(message, call.place, fix=f"give it `{missing}=`")
    elif _images_beside_chat(case, signature, call):
        message = f"the pipeline `{task}` does not accept `{IMAGES}` together with a chat"
        fix = 'add the images to the chat: `{"type": "image", "image": image}`'
        yield Finding(f"{message} in {case.transformers}", call.place, fix=fix)


def _signature(case: Case, task: str) -> Signature | None:
    """What the class of a pipeline takes, which is named after its task as its module is."""
    task = case.release.pipeline_aliases.get(task, task)
    name = "".join(word.capitalize() for word in task.split("-")) + "Pipeline"
    at = case.release.members.of(name, f"pipelines.{task.replace('-', '_')}")
    return at.signature("__call__") if at else None


def _missing(case: Case, task: str, signature: Signature, call: Call) -> str | None:
    """The first parameter that has no default and that the call does not give."""
    given = call.arguments
    for number, name in enumerate(signature.positional):
        if name in signature.required and name not in given and str(number) not in given:
            return name
    first = given.get("0") or given.get(IMAGES)
    alone = TEXT not in given and "1" not in given
    if task in case.knowledge("needs_text") and alone and first is not None:
        named = IMAGES in given or kind_of(case, first) == IMAGES
        return TEXT if named and "messages" not in given else None
    return None


def _images_beside_chat(case: Case, signature: Signature, call: Call) -> bool:
    """True where images are given, and a chat as the text."""
    given = call.arguments
    refused = case.release.reaches(case.knowledge("refused_since")[0])
    if signature.positional[:2] != (IMAGES, TEXT) or not refused:
        return False
    text, images = given.get(TEXT) or given.get("1"), given.get(IMAGES) or given.get("0")
    if text is None or images is None or images.value is None or isinstance(text.value, str):
        return False
    words = set(WORD.findall(text.source))
    chats = words & set(case.knowledge("chats"))
    return bool(chats) and mentions(case.source(call.place.path), ROLE)
