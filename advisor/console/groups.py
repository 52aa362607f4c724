"""Groups of commands: each command lives in a module that is imported when it is invoked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Any, NamedTuple

import typer
from typer.core import TyperGroup

Arguments = tuple[str, ...]


class Command(NamedTuple):
    """Where a command lives (its module has a function `command`), and what it does in a line."""

    module: str
    help: str


class Commands(TyperGroup):
    """A group that knows its commands by name and imports one only to run or describe it.

    The modules that `table` names have a function `command`.
    """

    table: Mapping[str, Command] = MappingProxyType({})
    arguments: Arguments = ()

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - the parser's signature
        """Return the names in the order of the table."""
        return list(self.table)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        """Import and return one command; None where there is no such name."""
        entry = self.table.get(cmd_name)
        if entry is None:
            return None
        module = import_module(entry.module)
        return as_command(module.command(self.arguments), cmd_name)

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002
        """Write the table without importing any command."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.help) for name, entry in self.table.items()])


def as_command(made: Callable[..., Any] | TyperGroup, name: str) -> Any:
    """Return a function as a command of the parser; a group is one already."""
    if isinstance(made, TyperGroup):
        return made
    single = _typer()
    single.command(name, no_args_is_help=False)(made)
    return typer.main.get_command(single)


def _typer(**options: Any) -> typer.Typer:
    return typer.Typer(
        name="advisor",
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
        **options,
    )


def group(table: Mapping[str, Command], help: str, arguments: Arguments) -> Commands:
    """Return a group of subcommands, each in a module of its own."""
    app = _typer(help=help, cls=Commands)
    app.callback()(lambda: None)
    made: Commands = typer.main.get_command(app)  # type: ignore[assignment]
    made.table, made.arguments = table, arguments
    return made
