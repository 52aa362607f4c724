"""Flags as they were called before, and flags that may stand alone; put right before parsing."""

from __future__ import annotations

import sys
from collections.abc import Callable, Container, Mapping, Sequence
from typing import Any, NamedTuple

from typer.core import TyperCommand


class Spelling(NamedTuple):
    """What the flags of one command were called before, by that name: `was`.

    One that is still an option in `own` keeps its values of the form FORMAT=FILE. `bare` has for a
    flag that may stand alone what it then stands for, and the words that may follow it.
    """

    was: Mapping[str, str] = {}
    own: frozenset[str] = frozenset()
    bare: Mapping[str, tuple[str, Container[str]]] = {}

    def put_right(self, words: Sequence[str]) -> tuple[list[str], list[str]]:
        """Return the words of a command line as they are spelt now, and what to say of it."""
        right: list[str] = []
        said: list[str] = []
        rest = list(words)
        while rest:
            word = rest.pop(0)
            if word == "--":
                return [*right, word, *rest], said
            flag, joint, value = word.partition("=")
            value = value if joint else next(iter(rest), "")
            if flag in self.was and not (flag in self.own and "=" in value):
                said.append(f"`{flag}` is called `{self.was[flag]}` here now")
                flag = self.was[flag]
                word = f"{flag}={value}" if joint else flag
            if flag in self.bare and not joint:
                alone, names = self.bare[flag]
                if value.lower() not in names and not _listed(value, names):
                    word = f"{flag}={alone}"
            right.append(word)
            if not joint and flag in self.was.values() and rest and word == flag:
                right.append(rest.pop(0))
        return right, said


def _listed(value: str, names: Container[str]) -> bool:
    """True for several names with commas between."""
    return bool(value) and all(part.strip().lower() in names for part in value.split(","))


class SpeltCommand(TyperCommand):
    """A command that understands the earlier spellings of its flags, and says so on stderr."""

    spelling = Spelling()
    groups: Callable[[Sequence[str]], Mapping[str, Sequence[Any]]] | None = None
    """Sorts options under titles, for the words of a command line; without it they stand in one."""
    words: Sequence[str] = ()

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the options in groups, those for the task at hand first."""
        grouped = self.groups(self.words) if self.groups else {}
        options = [one for one in self.get_params(ctx) if one.param_type_name == "option"]
        sorted_ = {id(one) for of_group in grouped.values() for one in of_group}
        rest = {"Options": [one for one in options if id(one) not in sorted_]}
        for title, of_group in {**grouped, **rest}.items():
            rows = [row for one in of_group if (row := one.get_help_record(ctx))]
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse a command line; the shell's completion is told nothing."""
        right, said = self.spelling.put_right(args)
        self.words = tuple(right)  # the parser takes them from its list
        if not ctx.resilient_parsing:
            sys.stderr.write("".join(f"advisor: {line}\n" for line in dict.fromkeys(said)))
        return super().parse_args(ctx, right)
