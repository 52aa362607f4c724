"""advisor.lock: what was decided for each choice, so that later runs can say what changed."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from advisor.check.case import Case
from advisor.check.declaration import DeclaredChoice
from advisor.decide.selection import select
from advisor.errors import BrokenFileError

FILE = "advisor.lock"
VERSION = 1


class LockedChoice(NamedTuple):
    """One choice for one of its tasks, as it was when the lock was written.

    `recommended` is the family that the rules give, `best` its first checkpoint; `family` and
    `verdict` are those of the checkpoint chosen. `task` is None for a checkpoint nobody knows, and
    in locks of before tasks were kept, which hold the first one.
    """

    name: str
    task: str | None
    checkpoint: str
    revision: str | None
    needs: dict[str, Any]
    family: str | None = None
    verdict: str | None = None
    recommended: str | None = None
    best: str | None = None


class Lock(NamedTuple):
    """Everything locked, and the digest of the rules it was decided with."""

    rule_base: str
    choices: tuple[LockedChoice, ...]


def lock_of(case: Case) -> Lock:
    """Return what holds now."""
    choices = (locked for choice in case.choices for locked in locked_choices(case, choice))
    return Lock(case.rulebase.digest, tuple(choices))


def locked_choices(case: Case, choice: DeclaredChoice) -> list[LockedChoice]:
    """Return what holds now for each task of a choice."""
    bare = LockedChoice(choice.name, None, choice.checkpoint, choice.revision, choice.needs)
    found = []
    for judgement in case.judgements_of(choice):
        picks = select(case.rulebase, judgement.decision).picks
        found.append(
            bare._replace(
                task=judgement.task,
                family=judgement.checkpoint.family,
                verdict=judgement.verdict,
                recommended=judgement.decision.family,
                best=picks[0].checkpoint.id if picks else None,
            )
        )
    return found or [bare]


def as_text(lock: Lock) -> str:
    """Return the file."""
    choices = [locked._asdict() for locked in lock.choices]
    value = {"lock_version": VERSION, "rule_base": lock.rule_base, "choices": choices}
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def read_lock(text: str, name: str) -> Lock:
    """Return a lock; raises BrokenFileError where the text is not one, or of another version."""
    try:
        value = json.loads(text)
        version = value["lock_version"]
        if version == VERSION:
            _, *others = LockedChoice._fields
            choices = tuple(
                LockedChoice(row["name"], *(row.get(field) for field in others))
                for row in value["choices"]
            )
            return Lock(str(value["rule_base"]), choices)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise BrokenFileError(
            f"`{name}` is not a lock file of advisor", hint="`advisor check --lock` writes one"
        ) from error
    raise BrokenFileError(
        f"`{name}` is a lock file of version {version}; this advisor reads version {VERSION}",
        hint="`advisor check --lock` writes it again",
    )
