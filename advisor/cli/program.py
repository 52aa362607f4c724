"""The program: its commands by name, each imported only when it is invoked or described."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import typer
from typer.core import TyperGroup

from advisor import __version__
from advisor.console import HOMES, SETTINGS


class Command(NamedTuple):
    """The function of a command, as `module:function`, and its one-line help."""

    home: str
    help: str


class Group(NamedTuple):
    """Commands under one name, and their one-line help."""

    commands: Mapping[str, Command]
    help: str


COMPLETING = "_ADVISOR_COMPLETE"
"""The environment variable that a shell sets to request completions."""
EARLIER = {"labelled-data": "labeled-data"}
"""Earlier names of help topics, accepted for good."""
SENTENCES = "recommend"
"""The command that runs if the first word is no command: the words are a need."""


class Commands(TyperGroup):
    """A group that knows its commands by name and imports one only to run or describe it."""

    table: Mapping[str, Command | Group] = MappingProxyType({})
    overlays: Sequence[Path] = ()

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - the parser's signature
        """Return the names in the order of the table."""
        return list(self.table)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        """Import and return the command or group of that name; None if there is none."""
        entry = self.table.get(cmd_name)
        if isinstance(entry, Group):
            made = Commands(
                name=cmd_name, help=entry.help, rich_markup_mode=None, context_settings=SETTINGS
            )
            made.table, made.overlays = entry.commands, self.overlays
            return made
        if entry is None:
            return None
        from advisor.console.commands import as_command, command_at

        often = OFTEN.get(entry.home, ())
        return as_command(command_at(entry.home), cmd_name, list(self.overlays), often)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return name, command and other words of a line; without a command it is `recommend`.

        A line that clearly means another command is that one, and the change is printed.
        """
        if SENTENCES in self.table and args[0] not in self.table and not args[0].startswith("-"):
            from advisor.cli.takes import may_be_no_need

            meant: Sequence[str] = ()
            if may_be_no_need(args):
                from advisor.cli.meant_line import in_other_words, say_taken

                if meant := in_other_words(args, self.overlays):
                    say_taken(meant)
            name, *rest = meant or (SENTENCES, *args)
            return name, self.get_command(ctx, name), rest
        return super().resolve_command(ctx, args)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the purpose, usage and commands of advisor on one screen."""
        if self.table is not COMMANDS:
            super().format_help(ctx, formatter)
            return
        from advisor.draw.typesetting import flowed

        formatter.write("\n".join(flowed(HELP, formatter.width)))
        for title, names in SECTIONS.items():
            formatter.write(f"{title}:\n")
            with formatter.indentation():
                formatter.write_dl(
                    [(name, help or self.table[name].help) for name, help in names.items()]
                )
        formatter.write("\n".join(flowed(EPILOGUE, formatter.width)))

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002
        """Write the table of a group without importing any command."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.help) for name, entry in self.table.items()])


def _commands(module: str, **helps: str) -> dict[str, Command]:
    """Return name -> command for functions of a module in `advisor`; `try_` becomes `try`."""
    return {
        name.removesuffix("_"): Command(f"advisor.{module}:{name}", help)
        for name, help in helps.items()
    }


CONVERTS = "Convert the weights of unified VLP (2020) to a checkpoint folder."
CONVERT = {"vlp": Command("advisor.trial.training_command:convert", CONVERTS)}
TRAIN = _commands(
    "trial.training_command",
    vlp="Pre-train unified VLP (2020), or fine-tune it for captioning or VQA.",
)
TRAINS_OTHERS = (
    "For other models, `advisor code TASK --training fine-tune` writes a program that trains."
)
SKILLS = _commands("agents.command", add="Copy the skill for coding agents into a project.")
RULES = _commands(
    "audit.command",
    check="Validate the rule files and report each problem at file:line:column.",
    test_="Run the examples of all rules and all scenarios.",
    audit="Verify the rule base over all combinations of answers.",
    coverage="Report the rules, tasks and families that no scenario covers.",
    diff="Compare the answers of two rule bases.",
    schema="Print the JSON Schema of a kind of rule file.",
)
COMMANDS: dict[str, Command | Group] = {
    **_commands("interview.command", ask="Answer questions and get a recommendation."),
    **_commands("need.command", recommend="Recommend a model family and checkpoints."),
    **_commands("need.code_command", code="Generate Python code for a recommendation."),
    **_commands(
        "explanation.command", explain="Explain a recommendation and what would change it."
    ),
    **_commands(
        "catalogue.command",
        compare="Compare families or checkpoints side by side.",
        show="Show a checkpoint, family, task, question, rule or source.",
        list_="List tasks, checkpoints, questions or rules.",
    ),
    **_commands(
        "check.command",
        check="Check your models and the code that loads them.",
        init="Create advisor.yaml from your code.",
    ),
    **_commands("trial.command", try_="Run checkpoints on an image."),
    **_commands("evaluate.command", evaluate="Evaluate models on your labeled images."),
    **_commands(
        "trial.training_command",
        compose="Combine a pretrained encoder and decoder, and fine-tune them.",
    ),
    **_commands("site.command", site="Write a static web page that recommends in a browser."),
    **_commands("cli.help_command", help_="Show help for a command or topic."),
    **_commands("agents.command", mcp="Serve recommendations to agents over MCP."),
    "skills": Group(SKILLS, "Install the skill for coding agents."),
    "train": Group(TRAIN, f"Train the unified VLP network (2020). {TRAINS_OTHERS}"),
    "convert": Group(CONVERT, "Convert published weights to a loadable folder."),
    "rules": Group(RULES, "Check, test and compare rule bases."),
}

SECTIONS: Mapping[str, Mapping[str, str]] = {
    "Choose": {
        "recommend": "",
        "ask": "Answer questions and get a recommendation, like plain `advisor`.",
        **dict.fromkeys(("explain", "compare", "list", "show"), ""),
    },
    "Run": {
        **dict.fromkeys(("code", "try", "evaluate"), ""),
        "compose, train, convert": "Combine two models; train or convert VLP (2020).",
    },
    "Maintain": {
        **dict.fromkeys(("check", "init"), ""),
        "rules, site": "Test and compare rules, write a static web page.",
        "mcp, skills, help": "Connect coding agents; show help.",
    },
}
"""Title -> names -> help, as `--help` lists the commands; "" is the help in COMMANDS."""

_NEED = ("--task", "--language", "--device", "--memory-gb", "--license-use")
_WRITTEN = ("--json", "--output", "--help")
OFTEN: Mapping[str, tuple[str, ...]] = {
    "advisor.interview.command:ask": (*_NEED, *_WRITTEN),
    "advisor.need.command:recommend": (*_NEED, "--training", "--verbose", *_WRITTEN),
    "advisor.need.code_command:code": (*_NEED, "--training", "--notebook", "--output", "--help"),
    "advisor.explanation.command:explain": (*_NEED, "--why-not", *_WRITTEN),
    "advisor.catalogue.command:list_": ("--task", "--language", "--max-memory-gb", *_WRITTEN),
    "advisor.catalogue.command:show": _WRITTEN,
    "advisor.check.command:check": (
        *("--checkpoint", "--task", "--transformers", "--fix", "--diff", "--fail-on"),
        *("--baseline", "--verbose", *_WRITTEN),
    ),
    "advisor.trial.command:try_": (
        *("--checkpoint", "--task", "--image", "--folder", "--labels", "--question"),
        *("--demo", "--download", "--output", "--help"),
    ),
    "advisor.evaluate.command:evaluate": (
        *("--image-folder", "--task", "--candidate", "--limit", "--fail-under", "--download"),
        *_WRITTEN,
    ),
    "advisor.trial.training_command:compose": (
        *("--encoder", "--decoder", "--checkpoint", "--finetune", "--save", "--epochs"),
        *("--batch-size", "--learning-rate", "--lora", "--download", "--help"),
    ),
    "advisor.trial.training_command:vlp": (
        *("--aim", "--checkpoint", "--images", "--save", "--epochs", "--batch-size"),
        *("--learning-rate", "--mixed-precision", "--patience", "--help"),
    ),
    "advisor.trial.training_command:convert": ("--vocabulary", "--answers", "--output", "--help"),
    "advisor.audit.command:diff": ("--rules", "--all", *_WRITTEN),
}
"""Command -> the options that its help lists, for commands with more than a screen of options."""

HELP = """\
Recommend a vision-language model and a Hugging Face checkpoint for your task.

Usage: advisor COMMAND [OPTIONS]
       advisor "caption photos in French"

"""
EPILOGUE = """\
`advisor help COMMAND` lists the options of a command.
Other options: --version (-V), --install-completion, --show-completion, -h.
"""


def program(overlays: Sequence[Path] = ()) -> Commands:
    """Return the whole program as one command of the parser; this also fills `console.HOMES`.

    `overlays` are the folders of `--rules`: their questions become flags.
    """
    app = typer.Typer(
        name="advisor",
        cls=Commands,
        add_completion=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        invoke_without_command=True,
        context_settings=dict(SETTINGS),
    )
    app.callback()(_root)
    made: Commands = typer.main.get_command(app)  # type: ignore[assignment]
    made.table, made.overlays = COMMANDS, overlays
    if COMPLETING in os.environ:
        from advisor.cli.completion import escape_backslashes

        escape_backslashes()
    HOMES[:] = [entry.home for entry in COMMANDS.values() if isinstance(entry, Command)]
    return made


def _root(
    ctx: typer.Context,
    version: bool = typer.Option(False, "--version", "-V", help="Print the version and exit."),
) -> int:
    if version:
        typer.echo(f"advisor {__version__}")
        raise typer.Exit
    if ctx.invoked_subcommand is None:
        ask = program().get_command(ctx, "ask")
        return int(ask.main([], "advisor", standalone_mode=False) or 0)
    return 0
