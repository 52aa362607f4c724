"""`advisor catalogue refresh` and `drift`: the catalogue against the Hub and libraries."""

from __future__ import annotations

from typing import Annotated

import typer

from advisor.console.flags import split
from advisor.console.options import Offline, complete_checkpoint, option
from advisor.console.output import Shown
from advisor.decide.command_lines import rules_flags
from advisor.draw.formats import Report
from advisor.errors import check_name
from advisor.rulebase.base import RuleBase

AskedAbout = Annotated[
    list[str],
    typer.Argument(
        metavar="[ID]...",
        help="Checkpoints to ask about; all of the catalogue if left out.",
        autocompletion=complete_checkpoint,
    ),
]
OnlyFields = Annotated[
    list[str], option("--only FIELD", "Compare only these fields, e.g. licence,gated.")
]
After = Annotated[str, option("--after ID", "Start after this checkpoint.")]


def refresh(
    *,
    ids: AskedAbout = [],  # noqa: B006
    only: OnlyFields = [],  # noqa: B006
    after: After = "",
    offline: Offline = False,
    rulebase: RuleBase,
    shown: Shown,
) -> int:
    """Compare entries with the Hub's API, field by field.

    Licence, gating, newest commit, parameters, task tag, languages, a new name. Exit 0: nothing
    changed, 1: something did, 2: some could not be asked about. Write what changed into the entry
    and cite the page.

    \b
    Examples:
      advisor catalogue refresh Salesforce/blip-vqa-base
      advisor catalogue refresh --only licence,gated --format json
    """
    from advisor.catalogue.maintenance_page import refresh_json, refresh_page
    from advisor.catalogue.refresh import FIELDS, ask_hub, to_ask_about

    for field in (fields := tuple(split(only))):
        check_name("field", field, FIELDS, "fields")
    done = ask_hub(rulebase, to_ask_about(rulebase, ids, after), fields, offline=offline)
    rest = _rest(rulebase, done.left, [row.id for row in done.rows], ids, fields)
    shown.emit(
        Report(lambda: refresh_json(done, rulebase.digest, rest), lambda: refresh_page(done, rest))
    )
    return done.exit_code


def _rest(
    rulebase: RuleBase,
    left: tuple[str, ...],
    done: list[str],
    ids: list[str],
    fields: tuple[str, ...],
) -> str | None:
    """The command that asks about what is left."""
    if not left:
        return None
    words = ["advisor catalogue refresh"]
    words += left if ids else ["--after", done[-1]] if done else []
    words += ["--only", ",".join(fields)] if fields else []
    return " ".join([*words, *rules_flags(rulebase.folders)])


ReleaseName = Annotated[
    str,
    option(
        "--transformers VERSION",
        "transformers release such as 5 or 4.57, or installed. Default: installed, else the newest "
        "described.",
    ),
]
Since = Annotated[
    str, option("--since VERSION", "Also report names removed or renamed since this release.")
]


def drift(
    *, transformers: ReleaseName = "", since: Since = "", rulebase: RuleBase, shown: Shown
) -> int:
    """Check every entry against a transformers release.

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
