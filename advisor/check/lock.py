"""advisor.lock: what was decided for each choice, so that later runs can say what changed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from advisor.check.case import Case
from advisor.check.choices import Judged
from advisor.check.problem import Problem
from advisor.decide.selection import select
from advisor.errors import BrokenFileError
from advisor.model import TASK

FILE = "advisor.lock"
VERSION = 1
RULE = "choice-changed"


class Entry(NamedTuple):
    """One locked choice for one of its tasks.

    `recommended` is the family that the rules give, `best` its first
    checkpoint; `family` and `verdict` are those of the checkpoint chosen. `task` is None for a
    checkpoint nobody knows, and in locks of before tasks were kept, which hold the first one.
    """

    name: str
    task: str | None
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
    entries = (entry for one in judged for entry in _entries(case, one))
    return Lock(case.rulebase.digest, tuple(entries))


def _entries(case: Case, judged: Judged) -> Iterator[Entry]:
    choice = judged.choice
    head = (choice.checkpoint, choice.revision, choice.needs)
    if not judged.judgements:
        yield Entry(choice.name, None, *head, None, None, None, None)
    for one in judged.judgements:
        picks = select(case.rulebase, one.decision).picks
        best = picks[0].checkpoint.id if picks else None
        (task,) = one.decision.profile[TASK].options
        family = one.checkpoint.family
        yield Entry(choice.name, task, *head, family, one.verdict, one.decision.family, best)


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
    before = {(entry.name, entry.task): entry for entry in locked.entries}
    fix = "look at what changed, then run `advisor check --lock`"
    for one in judged:
        entries = list(_entries(case, one))
        for entry in entries:
            old = before.get((entry.name, entry.task))
            if old is None and entry == entries[0]:
                old = before.get((entry.name, None))
            what = _difference(old, entry) if old else ["it is not in the lock"]
            if not what:
                continue
            why = _why(case, old, entry, locked)
            task = f" for {entry.task}" if len(entries) > 1 else ""
            message = f"`{entry.name}`{task} is not what {FILE} holds: {'; '.join(what)}"
            found = case.problem(RULE, message, one.choice.place, checkpoint=entry.checkpoint)
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


def _why(case: Case, old: Entry | None, new: Entry, locked: Lock) -> str:
    reasons = []
    if old and old.needs != new.needs:
        reasons.append("its needs changed")
    if locked.rule_base != case.rulebase.digest:
        reasons.append(f"the rules changed ({locked.rule_base} is now {case.rulebase.digest})")
    return " and ".join(reasons)
