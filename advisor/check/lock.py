"""advisor.lock: what was decided for each choice, so that later runs can say what changed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from advisor.catalogue.selection import select
from advisor.check.case import Case
from advisor.check.declaration import Judged
from advisor.check.problem import Problem
from advisor.errors import BrokenFileError

FILE = "advisor.lock"
VERSION = 1
RULE = "choice-changed"


class Entry(NamedTuple):
    """One locked choice.

    `recommended` is the family that the rules give, `best` its first
    checkpoint; `family` and `verdict` are those of the checkpoint chosen.
    """

    name: str
    checkpoint: str
    revision: str | None
    needs: dict[str, Any]
    family: str | None
    verdict: str | None
    recommended: str | None
    best: str | None


class Lock(NamedTuple):
    """Everything locked, and the digest of the rules it was decided with."""

    rule_base: str
    entries: tuple[Entry, ...]


def lock_of(case: Case, judged: tuple[Judged, ...]) -> Lock:
    """Return what holds now."""
    return Lock(case.rulebase.digest, tuple(_entry(case, one) for one in judged))


def _entry(case: Case, judged: Judged) -> Entry:
    choice = judged.choice
    head = (choice.name, choice.checkpoint, choice.revision, choice.needs)
    if not judged.judgements:
        return Entry(*head, None, None, None, None)
    first = judged.judgements[0]
    picks = select(case.rulebase, first.decision).picks
    best = picks[0].checkpoint.id if picks else None
    family = first.checkpoint.family
    return Entry(*head, family, first.verdict, first.decision.family, best)


def as_text(lock: Lock) -> str:
    """Return the file."""
    entries = [entry._asdict() for entry in lock.entries]
    value = {"lock_version": VERSION, "rule_base": lock.rule_base, "choices": entries}
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def read_lock(text: str, name: str) -> Lock:
    """Return a lock; raises BrokenFileError where the text is none, or of another version."""
    try:
        value = json.loads(text)
        version = value["lock_version"]
        if version == VERSION:
            fields = Entry._fields
            rows = [(row["name"], *(row.get(f) for f in fields[1:])) for row in value["choices"]]
            entries = tuple(Entry(*row) for row in rows)
            return Lock(str(value["rule_base"]), entries)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise BrokenFileError(
            f"`{name}` is no lock of advisor", hint="`advisor check --lock` writes one"
        ) from error
    raise BrokenFileError(
        f"`{name}` is a lock of version {version}; this advisor reads version {VERSION}",
        hint="`advisor check --lock` writes it again",
    )


def changes(case: Case, judged: tuple[Judged, ...], locked: Lock) -> Iterator[Problem]:
    """What is chosen, or would be, otherwise than when the lock was written, and why."""
    before = {entry.name: entry for entry in locked.entries}
    now = lock_of(case, judged)
    for one, entry in zip(judged, now.entries, strict=True):
        old = before.get(entry.name)
        what = _difference(old, entry) if old else ["it is not in the lock"]
        if not what:
            continue
        why = _why(old, entry, locked, now)
        message = f"`{entry.name}` is not what {FILE} holds: {'; '.join(what)}"
        found = case.problem(RULE, message, one.choice.place, checkpoint=entry.checkpoint)
        fix = "look at what changed, then run `advisor check --lock`"
        yield found._replace(because=why or found.because, fix=fix, choice=entry.name)


def _difference(old: Entry, new: Entry) -> list[str]:
    words = {
        "checkpoint": "the checkpoint was {0} and is {1}",
        "revision": "the revision was {0} and is {1}",
        "verdict": "its family was {0} and is {1}",
        "recommended": "the rules recommended {0} and recommend {1}",
        "best": "the first checkpoint for it was {0} and would be {1}",
    }
    return [
        text.format(getattr(old, field) or "none", getattr(new, field) or "none")
        for field, text in words.items()
        if getattr(old, field) != getattr(new, field) and (field != "best" or old.best)
    ]


def _why(old: Entry | None, new: Entry, locked: Lock, now: Lock) -> str:
    reasons = []
    if old and old.needs != new.needs:
        reasons.append("its needs changed")
    if locked.rule_base != now.rule_base:
        reasons.append(f"the rules changed ({locked.rule_base} is now {now.rule_base})")
    return " and ".join(reasons)
