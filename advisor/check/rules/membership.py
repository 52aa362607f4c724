"""Whether loaded objects have, in the target release, the attributes and methods that code uses."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Set
from functools import lru_cache

from advisor.catalogue.release_members import Members, ReleaseMembers
from advisor.check.case import Case, mentions, rule
from advisor.check.finding import TEXTS_AT_ONCE, Edit, Finding, advice
from advisor.check.loaded import (
    AUTOMATIC,
    CONFIG,
    SETTINGS,
    TOKENIZER,
    Lifetime,
    Receiver,
    class_of,
    earlier,
    lifetime,
    members_in,
    part_of,
    receiver_of,
    sure_uses,
)
from advisor.scan.usage import SUPPOSED, Argument, Built, Call, Location, Usage

TENSORS = frozenset(("Tensor", "FloatTensor", "LongTensor"))
BARE = "model"
"""The attribute of a model with a head that is the model without it."""
ASKS = re.compile(r"attr(?<=(?:has|get|set|del)attr)\(([^\n]*)")  # found by its first letters
ASKING = ("isinstance", "hasattr", "getattr", "is_tensor", "is_torch_tensor")
"""Functions that test what a value is or has."""
QUOTED = re.compile(r"[\"'](?=(\w+)[\"'])")


@rule("removed-member", of_release=True)
def removed_member(case: Case) -> Iterator[Finding]:
    """Find members that a class has in another release and lacks in the target."""
    for usage, calls in sure_uses(case, "read", "call", "index", beside=case.scan.beside):
        stored = {(*call.of, call.name) for call in usage.calls if call.kind == "assign"}
        wrapped = any(call.name in case.knowledge("wrappers") for call in usage.calls)
        for call in calls:
            if call.kind == "index":
                at, key = receiver_of(case, call), call.arguments["0"].value
                change = case.release.removed(f"{at.name}[]", "attribute") if at else None
                if at and change and not isinstance(key, str):
                    message = f"`{at.name}` is no longer a tuple in {case.transformers}"
                    yield Finding(message, call.place, change=change)
            elif call.name[:1] != "_" and (*call.of, call.name) not in stored:
                yield from _missing(case, call, usage, wrapped=wrapped)
    for built in case.scan.built:
        yield from _missing_of_class(case, built)


def _missing_of_class(case: Case, made: Built) -> Iterator[Finding]:
    """Find a member, taken from a class or an object made of it, that the target lacks."""
    owner, _, name = made.class_name.partition(".")
    at = case.release.members.of(owner) if name else None
    life = lifetime(case.release.version, owner, (), name) if at and not at.has(name) else None
    if at is None or life is None or name[:1] == "_":
        return
    if name in _asked_names(case.source(made.place.path)) or _is_stored(case, made.place, name):
        return
    distinctive = name in case.knowledge("distinctive").get(owner, ())
    if distinctive and mentions(case.source(made.place.path), f"def {name}("):
        return
    removed = case.release.removed
    change = removed(made.class_name, "attribute") or removed(name, "attribute")
    closed = life.text.startswith("(") or not at.open or owner.endswith(SETTINGS)
    if closed or (distinctive and change):  # some attributes of an open class are made when read
        message = _absence(case, Receiver(at, owner, ()), name, life)
        new = change.instead or "" if change and change.kind == "renamed" else ""
        edits = (Edit(made.place.ending(len(name)), new, name),) if new.isidentifier() else ()
        yield Finding(message, made.place, edits=edits, change=change)


def _missing(case: Case, call: Call, usage: Usage, *, wrapped: bool) -> Iterator[Finding]:
    """Find the member of a use that its receiver lacks; if `wrapped`, a part may have it."""
    at, removed, place = receiver_of(case, call, usage), case.release.removed, call.place
    if at is None:
        inside = f"{CONFIG}.{call.name}" if CONFIG in call.of and call.kind == "read" else ""
        if change := removed(inside, "attribute"):
            message = f"the configuration has no `{call.name}` in {case.transformers}"
            yield Finding(message, place, change=change)
        return
    if call.name in _asked_names(case.source(place.path)):
        return
    if not at.members.has(call.name):
        yield from _lacking(case, call, usage, at, wrapped=wrapped)
        return
    change = removed(f"{at.name}.{call.name}", "attribute")  # it is there, and calls what is not
    if change and change.kind == "removed" and call.kind == "call":
        message = f"`{call.name}` of `{at.name}` raises an error in {case.transformers}"
        yield Finding(message, place, change=change)


def _lacking(
    case: Case, call: Call, usage: Usage, at: Receiver, *, wrapped: bool
) -> Iterator[Finding]:
    """Report a member that a receiver lacks, if another release or a part of it has one."""
    members, why = case.release.members, ""
    nested = case.knowledge("nested").get(at.name)  # a part of a configuration holds it by now
    by_now = nested and case.release.reaches(case.knowledge("nested_since")[0])
    inner = members.near(nested[0], at.members) if by_now else None
    part = nested[1] if inner and inner.has(call.name) else None
    life = lifetime(case.release.version, at.load, at.path, call.name)
    if not (part or life or at.members.open or wrapped):
        part = _part_that_has(members, at.members.home, call.name)
        why = f"The part `{part}` has this attribute or method."
    # An open class may have any attribute, and a tokenizer of any class any member.
    closed = life and at.name != TOKENIZER and (life.text.startswith("(") or not at.members.open)
    if part:
        message = f"`{at.name}` has no `{call.name}` in {case.transformers}"
        edits = _renamed(call, new := f"{part}.{call.name}")
        yield Finding(message, call.place, f"use `{new}`", edits, "", why)
    elif life and (closed or case.release.removed(call.name, "attribute")):
        fix, because, edits = _instead(case, at, call, life)
        if any(it.kind == "assign" and it.of == (*call.of, call.name) for it in usage.calls):
            edits = tuple(edit for edit in edits if edit.text)  # what is left out gets nothing
        if onward := _onward(case, at, call, usage):
            fix, edits = onward, ()
            because = "The attributes moved within the model in this release."
        message = _absence(case, at, call.name, life)
        yield Finding(message, call.place, fix, edits, "", because)


def _renamed(call: Call, new: str) -> tuple[Edit, ...]:
    """Return the edit that replaces the name of a use; "" removes it with its dot."""
    old = call.name if new else f".{call.name}"
    return (Edit(call.name_place.ending(len(old)), new, old),) if call.name_place else ()


def _onward(case: Case, at: Receiver, call: Call, usage: Usage) -> str | None:
    """Return the fix for a part that is gone while code takes something from it, else None.

    Code takes a head, which is on the model itself now, or the bare model, into which the part has
    moved.
    """
    onward = (*call.of, call.name), call.place[:3]
    taken = {further.name for further in usage.calls if (further.of, further.place[:3]) == onward}
    heads = sorted(set(case.knowledge("heads")) & taken)
    if heads and at.members.has(heads[0]):
        return f"use `{heads[0]}` for `{call.name}.{heads[0]}`"
    bare = case.knowledge("bare")[0]
    inner = part_of(case.release.members, at.members, bare) if bare in taken else None
    moved = inner is not None and inner.has(call.name)
    return f"use `{bare}.{call.name}` for `{call.name}.{bare}`" if moved else None


@lru_cache(maxsize=4096)
def _part_that_has(members: ReleaseMembers, home: str, name: str) -> str | None:
    """The first attribute of a class whose own class has the member `name`, else None."""
    module, _, whole = home.partition(":")
    at = members.of(whole, module)
    parts = ((part, part_of(members, at, part)) for part in at.texts) if at else ()
    return next((part for part, inner in parts if inner and inner.has(name)), None)


def _is_stored(case: Case, place: Location, name: str) -> bool:
    """True if a file assigns to an attribute of this name: then its objects have one."""
    stored = rf"\.{name}\s*=(?!=)(?![^\n]*\.{name}\b)"  # unless by its own name
    return mentions(case.source(place.path), re.compile(stored))


@lru_cache(maxsize=TEXTS_AT_ONCE)
def _asked_names(text: str) -> frozenset[str]:
    """Return the quoted names on lines behind `hasattr`, `getattr` and their like."""
    return frozenset(name for call in ASKS.findall(text) for name in QUOTED.findall(call))


def _absence(case: Case, at: Receiver, name: str, life: Lifetime) -> str:
    """The message on a member that is gone, or not there yet."""
    which = "last" if life.last else "first"
    when = f"The {which} release with `{name}` is {life.last or life.first}"
    change = case.release.removed(name, "attribute") if at.of_texts else None
    if change is not None:  # some attributes of tokenizers were made when they were asked for
        when = f"`{name}` was removed in {change.since}"
    return f"`{at.name}` has no `{name}` in {case.transformers}. {when}"


def _instead(
    case: Case, at: Receiver, call: Call, life: Lifetime
) -> tuple[str | None, str, tuple[Edit, ...]]:
    """Return fix, reason and edits for a member that has a replacement; else None, "" and ()."""
    release, name = case.release, call.name
    change = release.removed(name, "attribute")
    if change and (at.of_texts or not change.instead or at.members.has(change.instead)):
        new = change.instead or ""
        edits = _renamed(call, new) if change.kind == "renamed" and new.isidentifier() else ()
        if new == "__call__" and call.kind == "call" and "0" in call.arguments:
            edits = _renamed(call, "")
        return advice(change.instead), change.because, edits
    if life.last is None:
        return None, "", ()
    if part := _part_that_has(release.members, at.members.home, name):
        onward = f"{part}.{name}"
        return f"use `{onward}`", f"`{name}` moved to `{part}`.", _renamed(call, onward)
    before = members_in(life.last, at.load, at.path)
    held = members_in(life.last, at.load, (*at.path, name))
    parts = {key for key, text in held.texts.items() if not text.startswith("(")} if held else set()
    own = parts - before.texts.keys() if before else set()  # what it held stands on its owner
    if own and own <= at.members.texts.keys():
        because = f"The attributes of `{name}` moved to the model itself."
        return f"leave `.{name}` out", because, _renamed(call, "")
    return None, "", ()


@rule("output-as-tensor", of_release=True)
def output_as_tensor(case: Case) -> Iterator[Finding]:
    """Find results of methods, objects in the target release, that code uses as tensors."""
    uses: dict[tuple[object, ...], list[Call]] = defaultdict(list)
    makers: dict[tuple[object, ...], list[Call]] = defaultdict(list)
    for usage, calls in sure_uses(case, "call"):
        for call in usage.calls:
            uses[id(usage), call.of, call.receiver.place].append(call)
        for call in calls:
            makers[id(usage), (*call.of, call.name), call.receiver.place].append(call)
    for key, made in makers.items():
        pairs = list(_by_maker(made, uses.get(key, [])))
        of_ids, alone = case.knowledge("encoded"), all(own for _, own in pairs)
        for call, own in pairs:
            if own and "return_dict" not in call.arguments:
                ids = _as_ids(case, call, own) if call.name in of_ids else None
                yield from ids or _as_tensors(case, call, own, alone=alone)


def _by_maker(made: list[Call], later: list[Call]) -> Iterator[tuple[Call, list[Call]]]:
    """Yield each call with the uses of its result: those up to the next such call.

    Uses that test what it is, or stand before all calls (in a function), may be of any call: the
    last one of each kind and name is given to every call.
    """
    calls = sorted(made, key=lambda call: call.place[:3])
    starts = [call.place[:3] for call in calls]
    own: list[list[Call]] = [[] for _ in calls]
    before: dict[tuple[str, str], Call] = {}
    for use in later:
        place = use.place
        number = bisect_left(starts, (place.path, place.end_line, place.end_column)) - 1
        if number >= 0 and use.name not in ASKING:
            own[number].append(use)
        else:
            before[use.kind, use.name] = use
    for call, uses in zip(calls, own, strict=True):
        yield call, [*before.values(), *uses]


def _as_ids(case: Case, call: Call, later: list[Call]) -> Iterator[Finding]:
    """Find results of `apply_chat_template` that are used as token ids.

    Since the release of `encoded_since` they are a `BatchEncoding`, of which `input_ids` is a part.
    """
    at, by_now = receiver_of(case, call), case.release.reaches(case.knowledge("encoded_since")[0])
    tokenizes = call.arguments.get("tokenize")
    if at is None or not at.of_texts or not by_now:
        return
    if tokenizes is not None and tokenizes.value is not True:
        return
    fields = set(case.knowledge("encoded_fields"))
    if any(_knows(step, fields) or step.name in case.knowledge("unfolding") for step in later):
        return
    for step in later:
        cut = step.kind == "index" and not isinstance(step.arguments["0"].value, str)
        if cut or step.kind == "operate" or step.name in case.knowledge("of_ids"):
            gives = f"`{call.name}` of a tokenizer returns a `BatchEncoding` in {case.transformers}"
            fix, because = "use its `.input_ids`", case.knowledge("encoded_because")[0]
            sources = ("transformers-5-trials", "transformers-5-migration-guide")
            yield Finding(f"{gives}, not token ids", step.place, fix, (), "", because, sources)


def _as_tensors(case: Case, call: Call, later: list[Call], *, alone: bool) -> Iterator[Finding]:
    """Report uses of a method's output object as a tensor; an edit takes it out if `alone`."""
    if (given := _given(case, call)) is None:
        return
    output, at, several = given
    fields = output.texts.keys()
    if _is_stored(case, call.place, call.name) or any(_knows(step, fields) for step in later):
        return
    name, removed = output.home.rpartition(":")[2], case.release.removed
    change = removed(f"{at.name}.{call.name}", "attribute") or removed(call.name, "attribute")
    instead = change and change.instead
    keys = [step.arguments["0"] for step in later if step.kind == "index"]
    first, last = case.knowledge("numbers")  # of the vector; the last if nothing else is requested
    asks = any(argument.startswith("output_") for argument in call.arguments)
    taken = any(key.source == first or (key.source == last and not asks) for key in keys)
    if instead in fields and taken and not any(map(_indexes, keys)):
        return
    edits: tuple[Edit, ...] = ()
    unpacked = any(step.kind == "unpack" for step in later)
    if alone and instead in fields and not (several or keys or unpacked):
        edits = (Edit(call.place.ending(1), f").{instead}", ")"),)
    for step in later:
        only = _indexes(step.arguments["0"]) if step.kind == "index" else step.kind == "operate"
        if only or (step.name not in fields and step.name in case.knowledge("tensor")):
            more = ", a tensor or one tensor per image" if several else ""
            fix = f"use its `.{instead}`{more}" if instead in fields else None
            because, sources = (change.because, change.sources) if change else ("", ())
            message = f"`{call.name}` returns a `{name}` in {case.transformers}, not a tensor"
            yield Finding(message, step.place, fix, edits, "", because, sources)


def _given(case: Case, call: Call) -> tuple[Members, Receiver, bool] | None:
    """The output object of a call that returned tensors in an earlier release, else None.

    With the receiver of the call, and whether it may have returned several tensors. The old types
    of feature methods are not always declared: those count as tensors.
    """
    at, release = receiver_of(case, call), case.release.members
    if call.receiver.kind == SUPPOSED and not _is_theirs(case, call.name):
        return None
    signature = at.members.signature(call.name) if at else None
    silent = at and signature and not signature.returns
    bare = part_of(release, at.members, BARE) if at and silent else None
    inner = bare and bare.signature(call.name)  # a head that declares nothing gives what is in it
    returns = (inner or signature).returns if signature else ()
    outputs = [name for name in returns if "Output" in name and not TENSORS & set(returns)]
    if not at or not outputs or not (output := release.near(outputs[0], at.members)):
        return None
    named = case.release.removed(call.name, "attribute") is not None
    before: list[set[str]] = []
    had = (older for _, older in earlier(case, at.load, at.path) if older.has(call.name))
    for text in (older.texts.get(call.name, "") for older in had):
        before.append(set(filter(None, text.rpartition(")")[2].lstrip("~").split("|"))))
        if before[-1] & TENSORS:
            return output, at, False
    undeclared = [types for types in before if not types - {"list"}]
    return (output, at, True) if named and undeclared else None


def _is_theirs(case: Case, name: str) -> bool:
    """True if a model of the project may have a method, and no code beside transformers does."""
    loads = [it for usage in case.scan.usages for it in usage.loads if it.kind == "model"]
    if name in case.scan.defined or any("trust_remote_code" in it.arguments for it in loads):
        return False
    classes = {class_of(case, load) or load.class_name or "" for load in loads}
    held = map(case.release.members.of, classes)
    return any(at.has(name) for at in held if at) or any(it.startswith(AUTOMATIC) for it in classes)


def _knows(use: Call, fields: Set[str]) -> bool:
    """True if a use takes a field out of the output object, or tests what it is."""
    if use.kind == "index":
        return isinstance(use.arguments["0"].value, str)
    return use.name in ASKING or (use.kind == "read" and use.name in fields)


def _indexes(key: Argument) -> bool:
    """True for the index 0, and for slices and axes, which only tensors have."""
    first = key.value == 0 and key.value is not False
    axis = key.value is None or key.value is ...
    return first or axis or ":" in key.source or "," in key.source
