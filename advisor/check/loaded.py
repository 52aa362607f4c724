"""Which class of transformers something loaded is, and what that class has in a release."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from advisor.catalogue.release import Release, described_releases, members_of
from advisor.catalogue.release_members import Members, ReleaseMembers
from advisor.check.case import TRANSFORMERS, Case
from advisor.check.identity import identity_of
from advisor.scan.usage import WRAPPED, Call, Load

AUTOMATIC = "Auto"
KINDS = ("model", "processor", "image_processor", "tokenizer", "composition")


class Receiver(NamedTuple):
    """What a call is on: its members in the judged release, and how its class came to them.

    `load` is what was loaded, `path` the attributes from there to it. `level` is that of what can
    be said of it: "warning" where only the words of an id tell its class, else "".
    """

    members: Members
    load: str
    path: tuple[str, ...]
    level: str = ""

    @property
    def name(self) -> str:
        """The name of its class."""
        return self.members.home.rpartition(":")[2]


def class_of(case: Case, load: Load) -> tuple[str, str] | None:
    """Return the class that a load gives, and the level of what can be said of it.

    Of an auto class, that is the class it has for the model type of the checkpoint; of a function
    that is not followed, the class of the checkpoint, though it may give a processor beside it.
    """
    name = load.class_name
    if load.package == WRAPPED:
        return _in_function(case, load)
    if load.package != TRANSFORMERS or load.kind not in KINDS or name is None:
        return None
    if not name.startswith(AUTOMATIC):
        return name, ""
    remote = load.arguments.get("trust_remote_code")
    ids = {value.text for value in load.checkpoint}
    identity = identity_of(case.rulebase, ids.pop()) if len(ids) == 1 else None
    if remote or not identity or not identity.model_type or load.kind == "image_processor":
        return None
    classes = case.release.classes_for(name, identity.model_type)
    return (classes[0], "warning" if identity.by_words else "") if classes else None


def _in_function(case: Case, load: Load) -> tuple[str, str] | None:
    """The class that a function of the project has to give for a catalogued checkpoint."""
    ids = {value.text for value in load.checkpoint}
    identity = identity_of(case.rulebase, ids.pop()) if len(ids) == 1 else None
    checkpoint = identity and identity.checkpoint
    if not checkpoint or checkpoint.loader != TRANSFORMERS or not checkpoint.model_class:
        return None
    return checkpoint.model_class, "warning"


def receiver_of(case: Case, call: Call) -> Receiver | None:
    """Return what a call is on, as far as attributes whose class is known lead there."""
    known, members = class_of(case, call.receiver), case.release.members
    if known is None or members is None:
        return None
    at = members.of(known[0])
    for step in call.of:
        at = part_of(members, at, step) if at else None
    return Receiver(at, known[0], call.of, known[1]) if at else None


def part_of(release: ReleaseMembers, at: Members, name: str) -> Members | None:
    """Return the members of an attribute whose class is known, which an auto class leaves open."""
    part = at.class_of(name)
    if part is None or not at.has(name) or part.startswith(AUTOMATIC):
        return None
    return release.near(part, at)


class Lifetime(NamedTuple):
    """A member that a release lacks: the releases before it that had it last, or after it first."""

    last: str | None
    first: str | None
    text: str


@lru_cache(maxsize=4096)
def lifetime(version: str, load: str, path: tuple[str, ...], name: str) -> Lifetime | None:
    """Return when a class that a path leads to had a member; None where no release has it there."""
    described = described_releases()
    before = [one for one in described if _number(one) < _number(version)]
    after = [one for one in described if _number(one) > _number(version)]
    for one in reversed(before):
        if text := _text(one, load, path, name):
            return Lifetime(one, None, text[0])
    for one in after:
        if text := _text(one, load, path, name):
            return Lifetime(None, one, text[0])
    return None


def earlier(release: Release, load: str, path: tuple[str, ...], name: str) -> Iterator[str]:
    """Yield what a member was in described releases before this one, the newest first."""
    for one in reversed(described_releases()):
        if _number(one) < _number(release.version) and (text := _text(one, load, path, name)):
            yield text[0]


def members_in(version: str, load: str, path: tuple[str, ...]) -> Members | None:
    """Return the members of the class that a path leads to in another release."""
    release = members_of(version)
    at = release.of(load) if release else None
    for step in path:
        at = part_of(release, at, step) if release and at else None
    return at


def _text(version: str, load: str, path: tuple[str, ...], name: str) -> tuple[str] | None:
    at = members_in(version, load, path)
    return (at.texts.get(name, ""),) if at and at.has(name) else None


def _number(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))
