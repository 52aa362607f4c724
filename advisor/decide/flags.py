"""Answers as the flags of a command line, and commands that give them again."""

from __future__ import annotations

import re
from collections.abc import Sequence

from advisor.engine.profile import Profile

_PLAIN = re.compile(r"[A-Za-z0-9@%+=:,./_-]+\Z")


def flags(profile: Profile) -> str:
    """Return the flags that give the same answers."""
    words = []
    for id, answer in profile.items():
        if answer.origin in ("implied", "assumed"):
            continue
        values = [exact(answer.value)] if answer.value is not None else list(answer.options)
        words += [f"--{id} {quoted(value)}" for value in values]
    return " ".join(words)


def command(
    verb: str, profile: Profile, priority: tuple[str, ...] = (), folders: tuple[str, ...] = ()
) -> str:
    """Return the one-line command that gives the same answers under the same rules."""
    words = [f"advisor {verb}", flags(profile)]
    if priority:
        words.append(f"--priority {','.join(priority)}")
    return " ".join([*(word for word in words if word), *rules_flags(folders)])


def rules_flags(folders: Sequence[str]) -> list[str]:
    """Return the flags that lay folders of rules over the shipped ones."""
    return [f"--rules {quoted(folder)}" for folder in folders]


def exact(number: float) -> str:
    """Return a number so that reading it gives the same number."""
    return str(int(number)) if number.is_integer() else repr(number)


def quoted(word: str) -> str:
    """Return a word as a shell takes it."""
    return word if _PLAIN.match(word) else "'" + word.replace("'", "'\"'\"'") + "'"
