"""`advisor catalogue refresh`: what the Hub says of the catalogue's checkpoints today."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from advisor.catalogue.hub_command import ask_hub
from advisor.console.commands import rules_of
from advisor.console.options import Format, NoColor, Offline, Output, Rules, complete_checkpoint
from advisor.console.output import check_format, check_outputs, emit, note
from advisor.console.values import day_or_today, split
from advisor.draw.formats import Report
from advisor.errors import AdvisorError, UsageError, unknown_name
from advisor.files import write_text
from advisor.model import Checkpoint
from advisor.rulebase.base import RuleBase

if TYPE_CHECKING:
    from advisor.catalogue.refresh import Refresh


def command(arguments: tuple[str, ...]) -> Callable[..., int]:
    """Return the command."""
    del arguments
    return refresh


def refresh(
    ids: Annotated[
        list[str],
        typer.Argument(
            metavar="[ID]...",
            help="Checkpoints to ask about; all of the catalogue if left out.",
            autocompletion=complete_checkpoint,
        ),
    ] = [],  # noqa: B006
    write: Annotated[
        bool,
        typer.Option("--write", help="Write what changed into the rules, or into --rules DIR."),
    ] = False,
    fields: Annotated[
        list[str],
        typer.Option("--only", metavar="FIELD", help="Only these fields, e.g. licence,gated."),
    ] = [],  # noqa: B006
    after: Annotated[
        str, typer.Option("--after", metavar="ID", help="Begin after this checkpoint.")
    ] = "",
    offline: Offline = False,
    today: Annotated[
        str, typer.Option("--today", metavar="DATE", help="The day to write down, YYYY-MM-DD.")
    ] = "",
    rules: Rules = [],  # noqa: B006
    format: Format = "terminal",
    output: Output = [],  # noqa: B006
    no_color: NoColor = False,
) -> int:
    """Ask the Hub's API what changed, field by field; nothing is downloaded but that.

    Licence, gating, newest commit, parameters, task tag, languages, a new name. Exit 0: nothing
    changed, 1: something did, 2: some could not be asked about. With --write, what a person has to
    do still counts as changed.

    \b
    Examples:
      advisor catalogue refresh Salesforce/blip-vqa-base
      advisor catalogue refresh --only licence,gated --format json
      advisor catalogue refresh openai/clip-vit-base-patch32 --write
      advisor catalogue refresh --write --rules our-rules
    """
    from advisor.catalogue.refresh import FIELDS
    from advisor.catalogue.refresh_page import as_json, as_page

    check_format(format)
    check_outputs(output)
    only = tuple(split(fields))
    for field in only:
        if field not in FIELDS:
            raise unknown_name("field", field, FIELDS, f"fields: {', '.join(FIELDS)}")
    rulebase = rules_of([folder for folder in rules if folder.exists() or not write])
    wanted = _wanted(rulebase, ids, after)
    target = _target(rulebase, rules) if write else None
    done = ask_hub(rulebase, wanted, only, offline=offline)
    if write:
        done = _write(rulebase, done, target, day_or_today(today, month=True))
    resume = _resume(done, only, ids, write=write, rules=rules)
    report = Report(lambda: as_json(done, rulebase.digest, resume), lambda: as_page(done, resume))
    emit(report, format, output, color=not no_color)
    return done.exit_code


def _wanted(rulebase: RuleBase, ids: list[str], after: str) -> list[Checkpoint]:
    """The checkpoints to ask about, each once."""
    if not ids:
        every = list(rulebase.checkpoints.values())
    else:
        every = [rulebase.checkpoint(id) for id in dict.fromkeys(ids)]
    if after:
        last = rulebase.checkpoint(after)
        if last not in every:
            raise UsageError(f"`{after}` is not among those to ask about", hint="leave out --after")
        every = every[every.index(last) + 1 :]
    return every


def _target(rulebase: RuleBase, rules: list[Path]) -> Path | None:
    """The overlay to write into; None for the shipped rules of a development checkout."""
    from advisor.rulebase.store import PACKAGE, shipped_rules

    if rules:
        return rules[-1]
    if rulebase.folders:
        return Path(rulebase.folders[-1])
    if shipped_rules().is_relative_to(PACKAGE):
        raise UsageError(
            "the rules of an installed advisor are not written to",
            hint="write into a folder of your own: --write --rules our-rules",
        )
    return None


def _write(rulebase: RuleBase, done: Refresh, overlay: Path | None, today: str) -> Refresh:
    """Write what was read into the rules; each file whole or not at all."""
    from advisor.catalogue.updates import written_files
    from advisor.rulebase.store import shipped_rules

    rows = [(rulebase.checkpoint(row.id), row) for row in done.rows]
    files = written_files(shipped_rules(), overlay, rows, today)
    for path, text in files.items():
        _folder(path.parent)
        write_text(path, text)
    if files:
        rules_of([overlay] if overlay else [])  # the whole is checked again, references and all
        note("the rules read well with it; look at the difference before you keep it")
    return done._replace(written=tuple(_shown(path) for path in files))


def _shown(path: Path) -> str:
    """A path as reports name it: relative to the working folder where it lies in it."""
    whole, working = path.resolve(), Path.cwd().resolve()
    inside = whole.is_relative_to(working)
    return (whole.relative_to(working) if inside else path).as_posix()


def _folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise AdvisorError(
            f"`{folder}` cannot be made: {error.strerror or error}",
            hint="name a folder that can be written",
            kind="cannot-write",
        ) from error


def _resume(
    done: Refresh, only: tuple[str, ...], ids: list[str], *, write: bool, rules: list[Path]
) -> str | None:
    """The command that asks about the rest."""
    if not done.left:
        return None
    words = ["advisor catalogue refresh"]
    if ids:
        words += done.left
    elif done.rows:
        words += ["--after", done.rows[-1].id]
    words += ["--only", ",".join(only)] if only else []
    words += ["--write"] if write else []
    words += [word for folder in rules for word in ("--rules", folder.as_posix())]
    return " ".join(words)
