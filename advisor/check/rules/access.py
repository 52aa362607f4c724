"""Whether a checkpoint can be fetched: by its id, by everybody, again, and without foreign code."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from advisor.check.case import TRANSFORMERS, Case, id_place
from advisor.check.finding import Finding
from advisor.check.identity import Identity, is_size, parts, sizes
from advisor.check.rules import each_catalogued, each_known, each_usage, rule
from advisor.model import Checkpoint
from advisor.scan.usage import Usage

SAME_ID, SAME_WORD = 0.85, 0.75
"""How much of two ids, and of two words in them, is equal where one is a slip of the other."""
LEAST_SIZES = 2
"""Fewer words of size at the end of a name are no sign of a line."""


@rule("gated-checkpoint")
@each_catalogued
def gated_checkpoint(case: Case, usage: Usage, checkpoint: Checkpoint) -> Iterator[Finding]:
    """A checkpoint behind a form."""
    if checkpoint.gated and usage.model and not _is_local(usage):
        message = f"{checkpoint.id} can be downloaded only after accepting its terms"
        yield case.finding(message, id_place(usage), about=checkpoint, citing=("gated",))


@rule("unpinned-revision", needs=("libraries",))
@each_known
def unpinned_revision(case: Case, usage: Usage, identity: Identity) -> Iterator[Finding]:
    """A checkpoint whose weights may change from one run to the next."""
    load = usage.model
    if load is None or load.package not in case.knowledge("libraries") or _is_local(usage):
        return
    if not {"revision", "**", "local_files_only"} & set(load.arguments):
        known = identity.checkpoint.revision if identity.checkpoint else None
        fix = f'pass `revision="{known}"`' if known else "pass `revision=` with a commit"
        message = f"{identity.id} is loaded as it is on the day; no revision is pinned"
        yield case.finding(message, id_place(usage), about=identity, fix=fix)


@rule("trust-remote-code")
@each_known
def trust_remote_code(case: Case, usage: Usage, identity: Identity) -> Iterator[Finding]:
    """Code from the Hub that runs when the checkpoint is loaded."""
    needed = identity.checkpoint is not None and identity.checkpoint.loader != TRANSFORMERS
    has = "needs code of its own to load" if needed else "loads without any code of its own"
    for load in usage.loads:
        remote = load.arguments.get("trust_remote_code")
        if remote and remote.value is True:
            yield case.finding(
                f"{identity.id} {has}; `trust_remote_code=True` runs what stands in its repository",
                remote.name_place or remote.place,
                about=identity,
                level="note" if needed or not identity.sure else None,
                fix="pin `revision=` to code that was read" if needed else "leave the argument out",
            )


@rule("pickled-weights")
@each_usage
def pickled_weights(case: Case, usage: Usage) -> Iterator[Finding]:
    """Weights in a pickle, which is code too."""
    for load in usage.loads:
        safe = load.arguments.get("use_safetensors")
        if safe and safe.value is False:
            yield case.finding(
                "`use_safetensors=False` asks for weights in a pickle, which runs code when read",
                safe.name_place or safe.place,
                about=case.identity(usage),
                fix="leave the argument out, or convert the weights to safetensors",
            )


@rule("suspicious-id")
@each_usage
def suspicious_id(case: Case, usage: Usage) -> Iterator[Finding]:
    """An id one slip away from a catalogued one, or of an owner that has no such model."""
    id, identity = usage.checkpoint, case.identity(usage)
    if id is None or "/" not in id or _is_local(usage) or (identity and identity.sure):
        return
    near = _slip(id, case.identities.ids) or (None if identity else _only_line_of_owner(case, id))
    if near is not None:
        message = f"{id} is not a known checkpoint; {near} is"
        found = case.finding(message, id_place(usage), fix=f"did you mean {near}?")
        yield found._replace(checkpoint=id)


def _is_local(usage: Usage) -> bool:
    return any(value.local for value in usage.alternatives)


def _slip(id: str, known: tuple[str, ...]) -> str | None:
    """Return a catalogued id that differs in spelling, not in size, version or purpose."""
    lowered = {one.lower(): one for one in known}
    for near in difflib.get_close_matches(id.lower(), list(lowered), 3, SAME_ID):
        found = lowered[near]
        owners = id.partition("/")[0].lower(), found.partition("/")[0].lower()
        ours, theirs = set(parts(id)) - set(parts(found)), set(parts(found)) - set(parts(id))
        respelt = "".join(parts(id)) == "".join(parts(found))
        if owners[0] == owners[1] and (respelt or _slips(ours, theirs)):
            return found
    return None


def _slips(ours: set[str], theirs: set[str]) -> bool:
    """True where each differing word is a slip of another one."""
    return len(ours) == len(theirs) > 0 and all(
        not is_size(word) and difflib.get_close_matches(word, theirs, 1, SAME_WORD) for word in ours
    )


def _only_line_of_owner(case: Case, id: str) -> str | None:
    """Return the catalogued id with the same sizes, where the owner has one line and not this."""
    words, size = parts(id), sizes(id)
    known = {one: sizes(one) for one in case.identities.owners.get(id.partition("/")[0], [])}
    lines = {tuple(parts(one)[: -len(end)]) for one, end in known.items() if end}
    if len(lines) != 1 or len(size) < LEAST_SIZES or tuple(words[: -len(size)]) in lines:
        return None
    return next((one for one, end in known.items() if end == size), None)
