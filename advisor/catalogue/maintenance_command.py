"""`advisor catalogue refresh`, `add` and `drift`: the catalogue against the Hub and libraries."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from advisor.console.commands import RULES, Options, rules_of
from advisor.console.flags import split
from advisor.console.options import Offline, complete_checkpoint, day_or_today, option
from advisor.console.output import Shown
from advisor.console.streams import say
from advisor.draw.formats import Report
from advisor.errors import check_name
from advisor.rulebase.base import RuleBase

Write = Annotated[bool, option("--write", "Write the outcome into the rules, or into --rules DIR.")]
Today = Annotated[str, option("--today DATE", "The day to write down, YYYY-MM-DD.")]


class Writing(NamedTuple):
    """The rules to work on, and whether the outcome is written into them, as of which day."""

    rulebase: RuleBase
    overlays: list[Path]
    write: bool
    today: str

    @property
    def folder(self) -> Path | None:
        """The folder to write to; None where nothing is written."""
        from advisor.catalogue.updates import folder_to_write

        return folder_to_write(self.rulebase, self.overlays) if self.write else None


def read_writing(
    write: Write = False, today: Today = "", rules: list[Path] = RULES.default
) -> Writing:
    """Read the rules that are named; an overlay to write to need not be there yet."""
    rulebase = rules_of([folder for folder in rules if any(folder.glob("**/*.yaml")) or not write])
    return Writing(rulebase, rules, write, day_or_today(today, month=True))


Written = Annotated[Writing, Options(read_writing)]


AskedAbout = Annotated[
    list[str],
    typer.Argument(
        metavar="[ID]...",
        help="Checkpoints to ask about; all of the catalogue if left out.",
        autocompletion=complete_checkpoint,
    ),
]
OnlyFields = Annotated[list[str], option("--only FIELD", "Only these fields, e.g. licence,gated.")]
After = Annotated[str, option("--after ID", "Begin after this checkpoint.")]


def refresh(
    *,
    ids: AskedAbout = [],  # noqa: B006
    writing: Written,
    only: OnlyFields = [],  # noqa: B006
    after: After = "",
    offline: Offline = False,
    shown: Shown,
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
    from advisor.catalogue.maintenance_page import refresh_json, refresh_page
    from advisor.catalogue.refresh import FIELDS, ask_hub, to_ask_about
    from advisor.catalogue.updates import write_refresh

    for field in (fields := tuple(split(only))):
        check_name("field", field, FIELDS, "fields")
    rulebase, folder = writing.rulebase, writing.folder
    done = ask_hub(rulebase, to_ask_about(rulebase, ids, after), fields, offline=offline)
    if folder:
        done = write_refresh(rulebase, done, folder, writing.today)
    rest = _rest(done.left, [row.id for row in done.rows], ids, fields, writing)
    shown.emit(
        Report(lambda: refresh_json(done, rulebase.digest, rest), lambda: refresh_page(done, rest))
    )
    return done.exit_code


def _rest(
    left: tuple[str, ...], done: list[str], ids: list[str], fields: tuple[str, ...], by: Writing
) -> str | None:
    """The command that asks about what is left."""
    if not left:
        return None
    words = ["advisor catalogue refresh"]
    words += left if ids else ["--after", done[-1]] if done else []
    words += ["--only", ",".join(fields)] if fields else []
    words += ["--write"] if by.write else []
    words += [word for folder in by.overlays for word in ("--rules", folder.as_posix())]
    return " ".join(words)


NewId = Annotated[str, typer.Argument(metavar="ORG/NAME", help="A checkpoint on the Hub.")]
FamilyName = Annotated[
    str,
    option("--family FAMILY", "Needed where no catalogued checkpoint is of the same model type."),
]


def add(*, id: NewId, family: FamilyName = "", writing: Written, offline: Offline = False) -> int:
    """Begin the entry of a checkpoint with what the Hub says of it; nothing is guessed.

    Its facts come from the Hub's API and from config.json, no weights are downloaded. What a person
    has to find out is marked TODO. Printed, or with --write added to the rules, which must not have
    it yet.

    \b
    Examples:
      advisor catalogue add microsoft/git-base-coco
      advisor catalogue add my-lab/my-captioner --family unified-vlp
      advisor catalogue add my-lab/my-captioner --write --rules our-rules
    """
    from advisor.catalogue.skeleton import ask_for_skeleton
    from advisor.catalogue.updates import write_files

    rulebase, folder, month = writing.rulebase, writing.folder, writing.today[:7]
    files = ask_for_skeleton(rulebase, id, family, folder, month, offline=offline)
    if folder:
        for file in write_files({folder / name: text for name, text in files.items()}, folder):
            say(f"written: {file}")
    else:
        for name, text in files.items():
            say(f"# {name}", *text.splitlines())
    return 0


ReleaseName = Annotated[
    str,
    option(
        "--transformers VERSION",
        "A described release such as 5 or 4.57, or `installed`. Without it the installed one; the "
        "newest described where there is none.",
    ),
]
Since = Annotated[str, option("--since VERSION", "Say too what was removed or renamed since then.")]


def drift(
    *, transformers: ReleaseName = "", since: Since = "", rulebase: RuleBase, shown: Shown
) -> int:
    """Hold every entry that transformers loads against one of its releases.

    Class and processor exist, the model type is loaded as that class, the pipeline takes it.
    Nothing is imported: the files of the installed package are parsed, and descriptions of some
    releases come with advisor. Exit 1 where an entry differs.

    \b
    Examples:
      advisor catalogue drift
      advisor catalogue drift --transformers 4.57
      advisor catalogue drift --transformers 5 --since 4.57 --format json
    """
    from advisor.catalogue import drift as of
    from advisor.catalogue.maintenance_page import drift_json, drift_page
    from advisor.catalogue.release import release

    held = release(rulebase, transformers)
    changes = of.compare(release(rulebase, since), held) if since else None
    result = of.drift(rulebase, held)
    shown.emit(
        Report(
            lambda: drift_json(result, changes, rulebase.digest),
            lambda: drift_page(result, changes),
        )
    )
    return 0 if result.passed else 1
