"""Groups of commands: each command lives in a module that is imported when it is invoked."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from typer.core import TyperGroup

from advisor.console.command_line import CommandLine
from advisor.console.commands import SETTINGS, as_command, command_at


class Command(NamedTuple):
    """Where a command lives, as `module:function`, and what it does in a line."""

    home: str
    help: str


class Group(NamedTuple):
    """Commands under one name, and what they have in common in a line."""

    commands: Mapping[str, Command]
    help: str


class Commands(TyperGroup):
    """A group that knows its commands by name and imports one only to run or describe it."""

    table: Mapping[str, Command | Group] = MappingProxyType({})
    line = CommandLine()

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - the parser's signature
        """Return the names in the order of the table."""
        return list(self.table)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        """Import and return one command; None where there is no such name."""
        entry = self.table.get(cmd_name)
        if isinstance(entry, Group):
            made = Commands(
                name=cmd_name,
                help=entry.help,
                rich_markup_mode=None,
                context_settings=dict(SETTINGS),
            )
            made.table, made.line = entry.commands, self.line
            return made
        if entry is None:
            return None
        return as_command(command_at(entry.home), cmd_name, self.line.overlays)

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002
        """Write the table without importing any command."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.help) for name, entry in self.table.items()])
