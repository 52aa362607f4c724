"""Whether arguments stand in the order in which the judged release takes them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from advisor.check.case import Case, prepares, rule
from advisor.check.finding import Edit, Finding
from advisor.check.loaded import Receiver, alternatives, is_sure, receiver_of
from advisor.scan.usage import WRAPPED, Argument, Call, Usage

ORDER = "text-before-images"
IMAGES, TEXT = "images", "text"
PATH = re.compile(r"(?i)https?://\S+\Z|\S+\.(?:png|jpe?g|webp|gif|bmp|tiff?)\Z")
"""A text that stands for a picture."""
KEY = re.compile(r"\[[\"'](\w+)[\"']\]\Z")
"""What an entry is called, at the end: `batch["prompt"]`."""
LONGEST = 80
"""Longer arguments are not written anew."""


@rule("text-before-images", of_release=True)
def text_before_images(case: Case) -> Iterator[Finding]:
    """A text goes to a processor first, where images come first; or the other way round."""
    doubtful = alternatives(case)
    for usage in case.scan.usages:
        calls = (call for call in prepares(usage) if is_sure(case, call, doubtful))
        yield from _in_wrong_order(case, usage, calls)


def _in_wrong_order(case: Case, usage: Usage, calls: Iterable[Call]) -> Iterator[Finding]:
    for call in calls:
        given, at = call.arguments.get("0"), receiver_of(case, call, usage)
        if given is None or at is None or call.receiver.package == WRAPPED:
            continue
        signature = at.members.signature("__call__")
        if signature is None or signature.either or IMAGES not in signature.keywords:
            continue
        first = signature.positional[0] if signature.positional else ""
        kind = kind_of(case, given)
        if kind and {first, kind} == {IMAGES, TEXT} and kind in signature.keywords:
            yield _turned(case, call, at, given, kind)


def _turned(case: Case, call: Call, at: Receiver, given: Argument, kind: str) -> Finding:
    other = IMAGES if kind == TEXT else TEXT
    second = call.arguments.get("1")
    named = {kind: given, **({other: second} if second else {})}
    written = {name: case.stands_at(one.place) for name, one in named.items()}
    free = other not in call.arguments and kind not in call.arguments and "2" not in call.arguments
    fits = free and all(text and len(text) <= LONGEST for text in written.values())
    edits = tuple(
        Edit(one.place, f"{name}={written[name]}", written[name])
        for name, one in named.items()
        if fits
    )
    goes = "a text" if kind == TEXT else "an image"
    return Finding(
        f"`{at.name}` takes `{other}` first in transformers {case.release.version}; "
        f"{goes} goes there",
        call.place,
        level=at.level,
        fix="name the arguments: " + ", ".join(f"`{name}=`" for name in named),
        edits=edits,
    )


def kind_of(case: Case, given: Argument) -> str | None:
    """What an argument is: a text by what it says or how it is called, images by their name."""
    named = re.split(r"[\[(]", given.source.lstrip("[("))[0]
    words = set(re.findall(r"[a-z]+", " ".join((named, *KEY.findall(given.source))).lower()))
    if words & set(case.knowledge("texts", ORDER)):
        return TEXT
    values = given.value if isinstance(given.value, tuple) else (given.value,)
    texts = [one for one in values if isinstance(one, str)] or given.pieces
    if any(not PATH.match(text.strip()) for text in texts if text.strip()):
        return TEXT
    if texts or not words & set(case.knowledge("images", ORDER)):
        return None
    return IMAGES
