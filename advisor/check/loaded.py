"""The transformers class of a loaded object, and the members of that class in a release."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache

from advisor.catalogue.release import described_releases, members_of, version_number
from advisor.catalogue.release_members import Members, ReleaseMembers
from advisor.check.case import TRANSFORMERS, Case
from advisor.check.identity import identity_of
from advisor.model import NamedTuple
from advisor.scan.usage import SUPPOSED, Call, Load, Usage

AUTOMATIC = "Auto"
TOKENIZER = "tokenizer"
OF_TEXTS = ("Tokenizer", "TokenizerFast")
"""Endings of the names of tokenizer classes."""
ANY_TOKENIZER = ("PreTrainedTokenizer", "PreTrainedTokenizerFast")
"""Base classes of tokenizers; each has one of them."""
CACHE, CACHE_FIELD = "DynamicCache", "past_key_values"
"""The class of a model's cache and its name in the output; other cache classes have its members."""
CONFIG, CHECKPOINT = "config", "pretrained_model_name_or_path"
OF_ARCHITECTURE = re.compile(r"(.+?)(?:For[A-Z]\w*|Model)\Z")
SETTINGS = "Arguments"
"""Ending of classes whose parameters are their attributes, too."""
KINDS = ("model", SUPPOSED, "processor", "image_processor", "tokenizer", "composition")


class Receiver(NamedTuple):
    """What a call is on: the members of its class in the target release.

    `load` is the class of the loaded object, `path` the attributes that lead from there to it.
    """

    members: Members
    load: str
    path: tuple[str, ...]

    @property
    def name(self) -> str:
        """The name of its class; `tokenizer` if that is unknown, and may have more members."""
        return self.members.home.rpartition(":")[2]

    @property
    def of_texts(self) -> bool:
        """True for a tokenizer; some attributes of tokenizers are made when they are read."""
        return self.name == TOKENIZER or self.name.endswith(OF_TEXTS)


def class_of(case: Case, load: Load, usage: Usage | None = None) -> str | None:
    """Return the class of the object that a load gives; None if it is not known.

    An auto class picks it by the model type of the checkpoint, else by that of the model's class in
    the usage. A tokenizer whose class is not described is a `tokenizer`.
    """
    name = load.class_name
    if load.package != TRANSFORMERS or load.kind not in KINDS or name is None:
        return None
    if load.kind == TOKENIZER:
        return None if "trust_remote_code" in load.arguments else _tokenizer_of(case, load, name)
    if not name.startswith(AUTOMATIC):
        return name
    if "trust_remote_code" in load.arguments or load.kind == "image_processor":
        return None
    identity = identity_of(case.rulebase, only_id(load))
    model_type = identity.model_type if identity else _type_beside(case, load, usage)
    classes = case.release.classes_for(name, model_type) if model_type else ()
    return classes[0] if classes else None


def only_id(load: Load) -> str | None:
    """Return the id of the only checkpoint that may be loaded; None if it is not known."""
    ids = {value.text for value in load.checkpoint}
    return ids.pop() if len(ids) == 1 else None


def _tokenizer_of(case: Case, load: Load, name: str) -> str:
    """The described class of a tokenizer (for an auto class, that of a known id) or `tokenizer`."""
    if name.startswith(AUTOMATIC):
        identity = identity_of(case.rulebase, only_id(load))
        model_type = identity.model_type if identity else None
        given = case.release.classes_for(name, model_type) if model_type else ()
        name = given[0] if len(given) == 1 and given[0].endswith(OF_TEXTS) else name
    described = case.release.members.of(name) and not name.startswith(AUTOMATIC)
    return name if described else TOKENIZER


def _type_beside(case: Case, load: Load, usage: Usage | None) -> str | None:
    """The model type of the model's class, if the code loads both from the same; else None."""
    model = usage.model if usage else None
    name = model.class_name if model and model is not load else None
    if not name or model is None or name.startswith(AUTOMATIC):
        return None
    given = ((it.get("0") or it.get(CHECKPOINT)) for it in (model.arguments, load.arguments))
    ours, theirs = (argument and argument.source for argument in given)
    types = list(case.release.types_of(name)) if ours == theirs else []
    return types[0] if len(types) == 1 else None


def receiver_of(case: Case, call: Call, usage: Usage | None = None) -> Receiver | None:
    """Return what a call is on; None if the class of the load or of an attribute is not known."""
    loaded, members = class_of(case, call.receiver, usage), case.release.members
    if loaded is None:
        return None
    if call.of[-1:] == (CACHE_FIELD,) and call.receiver.kind == "model":
        inside = members.of(CACHE)
        return Receiver(inside, CACHE, ()) if inside else None
    at = _along(members, loaded, call.of)
    if at and at.home == TOKENIZER and call.of:  # of a processor whose checkpoint may tell it
        at = _of(members, _tokenizer_of(case, call.receiver, f"{AUTOMATIC}Tokenizer"))
    return Receiver(at, loaded, call.of) if at else None


def _along(release: ReleaseMembers, load: str, path: tuple[str, ...]) -> Members | None:
    """The members of the class that attributes of the class `load` lead to; None if not known."""
    at = _of(release, load)
    for step in path:
        at = part_of(release, at, step) if at else None
    return at


@lru_cache(maxsize=256)
def _of(release: ReleaseMembers, name: str) -> Members | None:
    """The members of a class; for `tokenizer`, those of all base classes of tokenizers."""
    if name != TOKENIZER:
        return release.of(name)
    bases = [at for base in ANY_TOKENIZER if (at := release.of(base))]
    texts = {member: text for at in bases for member, text in at.texts.items()}
    return Members(TOKENIZER, texts, open=True)


def part_of(release: ReleaseMembers, at: Members, name: str) -> Members | None:
    """Return the members of an attribute's class; None if it is unknown, or an auto class."""
    part = at.class_of(name)
    own = at.home.rpartition(":")[2]
    if name == TOKENIZER and own.endswith("Processor"):
        return _of(release, TOKENIZER)
    if name == CONFIG and part is None and (stem := OF_ARCHITECTURE.match(own)):
        return release.near(f"{stem[1]}Config", at)
    if part is None or not at.has(name) or part.startswith(AUTOMATIC):
        return None
    return release.near(part, at)


class Lifetime(NamedTuple):
    """A member that a release lacks: the last release before it that has it, or the first after it.

    `text` describes the member there, as in `Members`.
    """

    last: str | None
    first: str | None
    text: str


def releases_before(release: str) -> list[str]:
    """Return the described releases before one, the newest first."""
    number = version_number(release)
    return [name for name in reversed(described_releases()) if version_number(name) < number]


@lru_cache(maxsize=4096)
def lifetime(version: str, load: str, path: tuple[str, ...], name: str) -> Lifetime | None:
    """Return when the class at a path has a member; None if no described release has it there."""
    older = releases_before(version)
    for release in (*older, *described_releases()[len(older) :]):
        if (at := members_in(release, load, path)) and at.has(name):
            last, first = (release, None) if release in older else (None, release)
            return Lifetime(last, first, at.texts.get(name, ""))
    return None


def earlier(case: Case, load: str, path: tuple[str, ...]) -> Iterator[tuple[str, Members]]:
    """Yield the described releases before the target, newest first, with the members at a path."""
    versions = releases_before(case.release.version)
    held = ((version, members_in(version, load, path)) for version in versions)
    return ((version, at) for version, at in held if at)


def members_in(version: str, load: str, path: tuple[str, ...]) -> Members | None:
    """Return the members of the class that a path leads to in a release; None if not known."""
    return _along(members_of(version), load, path)


def sure_uses(
    case: Case, *kinds: str, beside: tuple[Usage, ...] = ()
) -> Iterator[tuple[Usage, list[Call]]]:
    """Yield each usage with its uses of some kinds, those whose class is certain.

    A use that may be of several loads is certain if all of them have the same class.
    """
    sure = case.worked_out("sure", _sure)
    for usage in (*case.scan.usages, *beside):
        calls = (call for call in usage.calls if call.kind in kinds)
        yield usage, [it for it in calls if it.certain or (it.place, it.kind, it.name) in sure]


def _sure(case: Case) -> set[tuple[object, ...]]:
    """Return the uses (place, kind, name) that may be of several loads, all of one class."""
    loads: dict[tuple[object, ...], list[Call]] = defaultdict(list)
    for usage in (*case.scan.usages, *case.scan.beside):
        for call in usage.calls:
            if not call.certain:
                loads[call.place, call.kind, call.name].append(call)
    sure = set[tuple[object, ...]]()
    for use, calls in loads.items():
        classes = {(class_of(case, call.receiver), call.of) for call in calls}
        if len(calls) > 1 and len(classes) == 1 and None not in {name for name, _ in classes}:
            sure.add(use)
    return sure


def received(case: Case) -> list[tuple[Usage, Call, Receiver]]:
    """Return the calls whose receiver is known, with usage and receiver."""
    calls = ((usage, call) for usage, calls in sure_uses(case, "call") for call in calls)
    on = ((usage, call, receiver_of(case, call, usage)) for usage, call in calls)
    calls_on: list[tuple[Usage, Call, Receiver]] = case.worked_out(
        "received", lambda _: [(usage, call, at) for usage, call, at in on if at]
    )
    return calls_on
