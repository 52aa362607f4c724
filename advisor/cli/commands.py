"""The commands by name. Each lives in a module of its own that is imported when it is invoked."""

from __future__ import annotations

from typing import Any

import typer

from advisor import __version__
from advisor.console.groups import Command, Commands

COMMANDS = {
    "ask": Command("advisor.interview.command", "Answer a few questions, get a recommendation."),
    "recommend": Command(
        "advisor.decide.command", "Recommend a family and checkpoints for a task."
    ),
    "explain": Command(
        "advisor.explanation.command", "Say why, why not, and what would change the answer."
    ),
    "compare": Command(
        "advisor.catalogue.compare_command", "Set families or checkpoints side by side."
    ),
    "show": Command(
        "advisor.catalogue.show_command",
        "Show a family, task, question, rule, source or checkpoint.",
    ),
    "list": Command("advisor.catalogue.list_command", "List what advisor knows, by kind."),
    "check": Command(
        "advisor.check.command", "Check choices of checkpoints and the code that loads them."
    ),
    "init": Command(
        "advisor.check.init_command", "Write a first advisor.yaml from what the code uses."
    ),
    "try": Command("advisor.trial.command", "Load checkpoints and run them on a picture."),
    "compose": Command(
        "advisor.trial.compose_command", "Join an encoder and a decoder, and fine-tune them."
    ),
    "catalogue": Command("advisor.catalogue.command", "Hold the catalogue against the world."),
    "rules": Command("advisor.audit.command", "Check, test and describe the rule base."),
}

HELP = """Which kind of vision-language model fits your task, which checkpoint, and why.

Without a command, advisor asks. `advisor recommend --task captioning` answers at once.
"""
EPILOGUE = "Exit codes: 0 yes or answered, 1 no or nothing fits, 2 could not run, 3 undetermined."


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
    made.table, made.arguments = COMMANDS, tuple(arguments)  # type: ignore[attr-defined]
    return made


def _root(
    ctx: typer.Context,
    version: bool = typer.Option(False, "--version", help="Print the version and exit."),
) -> int:
    if version:
        typer.echo(f"advisor {__version__}")
        raise typer.Exit
    if ctx.invoked_subcommand is None:
        from advisor.console.options import rules_of
        from advisor.interview.command import ask

        return ask(answers={}, rulebase=rules_of())
    return 0
