"""Whether processors get their arguments in the order that the release takes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from advisor.check.case import Case, rule
from advisor.check.finding import Edit, Finding
from advisor.check.loaded import Receiver, received
from advisor.scan.usage import Argument, Call, Usage

ORDER = "text-before-images"
WORD = re.compile(r"[a-z]+")
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
    if not kind or {first, kind} != {IMAGES, TEXT} or kind not in signature.keywords:
        return
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
    yield Finding(message, call.place, fix, edits, at.level)


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
