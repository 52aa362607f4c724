"""Whether arguments stand in the order in which the judged release takes them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from advisor.catalogue.release_members import Signature
from advisor.catalogue.release_members import signature as read_signature
from advisor.check.case import Case, prepares, rule
from advisor.check.finding import Edit, Finding
from advisor.check.loaded import Receiver, alternatives, earlier, is_sure, receiver_of
from advisor.scan.usage import Argument, Call, Usage

ORDER = "text-before-images"
IMAGES, TEXT = "images", "text"
PATH = re.compile(r"(?i)https?://\S+\Z|\S+\.(?:png|jpe?g|webp|gif|bmp|tiff?)\Z")
"""A text that stands for a picture."""
KEY = re.compile(r"\[[\"'](\w+)[\"']\]\Z")
"""What an entry is called, at the end: `batch["prompt"]`."""
LAST_NAME = re.compile(r"(?:^|[\w\])]\.)([A-Za-z_]\w*)\Z|\[[\"'](\w+)[\"']\]\Z")
"""What an expression is called at its end: a name, an attribute or an entry."""
CALL, FORWARD = "__call__", "forward"
ENDS = re.compile(r"\s*(?:,|\)\Z)")
"""What follows an argument of a call that is in no parentheses of its own."""
LONGEST = 80
"""Longer arguments are not written anew."""


@rule("text-before-images", of_release=True)
def text_before_images(case: Case) -> Iterator[Finding]:
    """A text goes to a processor first, where images come first; or the other way round."""
    doubtful = alternatives(case)
    for usage in case.scan.usages:
        calls = (call for call in prepares(usage) if is_sure(call, doubtful))
        yield from _in_wrong_order(case, usage, calls)


def _in_wrong_order(case: Case, usage: Usage, calls: Iterable[Call]) -> Iterator[Finding]:
    for call in calls:
        given, at = call.arguments.get("0"), receiver_of(case, call, usage)
        if given is None or at is None:
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
    fits = free and all(
        len(written[name]) <= LONGEST and _takes_name(case, call, one)
        for name, one in named.items()
    )
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
    words = set(re.findall(r"[a-z]+", " ".join((named, *KEY.findall(given.source))).lower()))
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


@rule("moved-parameter", each=Case.usages, of_release=True)
def moved_parameter(case: Case, usage: Usage) -> Iterator[Finding]:
    """An argument stands where a parameter of its own name once was, and another one is by now."""
    for call in usage.calls:
        followed = call.kind == "call" and call.certain
        at = receiver_of(case, call, usage) if followed and "1" in call.arguments else None
        signature = at.members.signature(_method(at, call)) if at else None
        if at is None or signature is None:
            continue
        for number, now in enumerate(signature.positional):
            given = call.arguments.get(str(number))
            if given is None:
                break
            name = _called(given)
            if name not in signature.positional[number + 1 :] or name.startswith(now):
                continue  # what begins like its old name is a new name of the same
            if before := _before(case, at, call, number, name):
                yield _named(case, at, call, number, before, signature)
                break


def _method(at: Receiver, call: Call) -> str:
    called = call.name == CALL and CALL not in at.members.texts
    return FORWARD if called else call.name


def _called(given: Argument) -> str:
    """What an argument is called where it comes from: `grid` of `batch["grid"]` and of `x.grid`."""
    found = LAST_NAME.search(given.source)
    return (found[1] or found[2]) if found else ""


def _before(case: Case, at: Receiver, call: Call, number: int, name: str) -> Signature | None:
    """What the method took in an earlier release, where the argument stood right."""
    for text in earlier(case.release, at.load, at.path, _method(at, call)):
        before = read_signature(text)
        if before and before.positional[number : number + 1] == (name,):
            return before
    return None


def _named(
    case: Case, at: Receiver, call: Call, number: int, before: Signature, now: Signature
) -> Finding:
    given = range(number, len(before.positional))
    names = [before.positional[one] for one in given if str(one) in call.arguments]
    needed = sorted(now.required - before.keywords - call.arguments.keys())
    fix = "name the arguments: " + ", ".join(f"`{name}=`" for name in names)
    old, new = before.positional[number], now.positional[number]
    return Finding(
        f"`{call.name}` of `{at.name}` takes `{new}` in transformers {case.release.version} where "
        f"`{old}` stands",
        call.arguments[str(number)].place,
        level=at.level,
        fix=fix + ("".join(f", and give `{name}`" for name in needed)),
    )
