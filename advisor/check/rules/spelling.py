"""Whether an id that nobody knows looks like a known one."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from advisor.check.case import Case, id_place
from advisor.check.identity import is_size, parts, sizes
from advisor.check.problem import Problem
from advisor.scan.usage import Usage

RULE = "suspicious-id"
SAME_ID, SAME_WORD = 0.85, 0.75
"""How much of two ids, and of two words in them, is equal where one is a slip of the other."""
LEAST_SIZES = 2
"""Fewer words of size at the end of a name are no sign of a line."""


def problems(case: Case, usage: Usage) -> Iterator[Problem]:
    """An id one slip away from a catalogued one, or of an owner that has no such model."""
    id = usage.checkpoint
    if id is None or "/" not in id or any(value.local for value in usage.alternatives):
        return
    identity = case.identities.of(id)
    if identity and identity.sure:
        return
    near = _slip(id, case.identities.ids) or (None if identity else _stranger(case, id))
    if near is None:
        return
    yield case.problem(
        RULE,
        f"{id} is not a known checkpoint; {near} is",
        id_place(usage),
        checkpoint=id,
        fix=f"did you mean {near}?",
    )


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


def _stranger(case: Case, id: str) -> str | None:
    """Return the catalogued id with the same sizes, where the owner has one line and not this."""
    owner = id.partition("/")[0]
    words, size = parts(id), sizes(id)
    known = {one: sizes(one) for one in case.identities.owners.get(owner, [])}
    lines = {tuple(parts(one)[: -len(end)]) for one, end in known.items() if end}
    if len(lines) != 1 or len(size) < LEAST_SIZES or tuple(words[: -len(size)]) in lines:
        return None
    return next((one for one, end in known.items() if end == size), None)
