"""The commands by name. Each lives in a module of its own that is imported when it is invoked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, NamedTuple

import typer
from typer.core import TyperGroup

from advisor import __version__

Arguments = tuple[str, ...]


class Command(NamedTuple):
    """Where a command lives (its module has a function `command`), and what it does in a line."""

    module: str
    help: str


COMMANDS = {
    "ask": Command("ask", "Answer a few questions, get a recommendation."),
    "recommend": Command("recommend", "Recommend a family and checkpoints for a task."),
    "explain": Command("explain", "Say why, why not, and what would change the answer."),
    "compare": Command("compare", "Set families or checkpoints side by side."),
    "show": Command("show", "Show a family, task, question, rule, source or checkpoint."),
    "list": Command("listing", "List what advisor knows, by kind."),
    "check": Command("check", "Check choices of checkpoints and the code that loads them."),
    "init": Command("init", "Write a first advisor.yaml from what the code uses."),
    "try": Command("try_", "Load checkpoints and run them on a picture."),
    "compose": Command("compose", "Join an encoder and a decoder, and fine-tune them."),
    "catalogue": Command("catalogue", "Hold the catalogue against the world."),
    "rules": Command("rules", "Check, test and describe the rule base."),
}

HELP = """Which kind of vision-language model fits your task, which checkpoint, and why.

Without a command, advisor asks. `advisor recommend --task captioning` answers at once.
"""
EPILOGUE = "Exit codes: 0 yes or answered, 1 no or nothing fits, 2 could not run, 3 undetermined."


class Commands(TyperGroup):
    """A group that knows its commands by name and imports one only to run or describe it.

    Modules of `package` that `table` names have a function `command`.
    """

    package = "advisor.cli"
    table: Mapping[str, Command] = COMMANDS
    arguments: Arguments = ()

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - the parser's signature
        """Return the names in the order of the table."""
        return list(self.table)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        """Import and return one command; None where there is no such name."""
        entry = self.table.get(cmd_name)
        if entry is None:
            return None
        module = import_module(f"{self.package}.{entry.module}")
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


def group(package: str, table: Mapping[str, Command], help: str, arguments: Arguments) -> Commands:
    """Return a group of subcommands, each in a module of `package`."""
    app = _typer(help=help, cls=Commands)
    app.callback()(lambda: None)
    made: Commands = typer.main.get_command(app)  # type: ignore[assignment]
    made.package, made.table, made.arguments = package, table, arguments
    return made


def command_line(arguments: list[str]) -> Any:
    """Return the whole command line as one callable of the parser."""
    app = typer.Typer(
        name="advisor",
        cls=Commands,
        add_completion=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        invoke_without_command=True,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
        help=HELP,
        epilog=EPILOGUE,
    )
    app.callback()(_root)
    made = typer.main.get_command(app)
    made.arguments = tuple(arguments)  # type: ignore[attr-defined]
    return made


def _root(
    ctx: typer.Context,
    version: bool = typer.Option(False, "--version", help="Print the version and exit."),
) -> int:
    if version:
        typer.echo(f"advisor {__version__}")
        raise typer.Exit
    if ctx.invoked_subcommand is None:
        from advisor.cli.ask import ask
        from advisor.cli.options import rules_of

        return ask(answers={}, rulebase=rules_of())
    return 0
