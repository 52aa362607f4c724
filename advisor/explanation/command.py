"""`advisor explain`: why, why not, and what would change the answer."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from advisor.console.commands import Given
from advisor.console.options import CriteriaFirst, VerifiedOnly, option
from advisor.console.output import Shown
from advisor.engine.profile import Profile
from advisor.errors import UsageError
from advisor.rulebase.base import RuleBase

if TYPE_CHECKING:
    from advisor.draw.formats import Report

WhyNotOption = Annotated[
    str, option("--why-not FAMILY", "Explain only why this family or checkpoint is not the answer.")
]


Need = Annotated[list[str], typer.Argument(metavar="[NEED]", help="Task or sentence.")]
Everything = Annotated[bool, option("--all", "Print every reason (default).", hidden=True)]


def explain(
    *,
    need: Need = [],  # noqa: B006
    given: Given,
    why_not: WhyNotOption = "",
    first: CriteriaFirst,
    verified_only: VerifiedOnly = False,
    all_: Everything = False,  # noqa: ARG001 - of earlier releases
    rulebase: RuleBase,
    shown: Shown,
) -> int:
    """Explain a recommendation: its reasons, the other families, and what would change it.

    --why-not takes a family or a checkpoint.

    \b
    Examples:
      advisor explain "search photos by German text"
      advisor explain --task captioning --why-not clip
      advisor explain --task vqa --why-not nlpconnect/vit-gpt2-image-captioning
    """
    if need:
        from advisor.need.code_command import read_need

        given = read_need(rulebase, " ".join(need), given, first, "explain")
    if not given:
        hint = "e.g. advisor explain --task captioning"
        raise UsageError("`advisor explain` needs a sentence or --task", hint=hint)
    if "/" in why_not:
        shown.emit(standing_report(rulebase, why_not, given, first, verified_only=verified_only))
        return 0
    from advisor.draw.formats import Report
    from advisor.explanation import explain as explaining
    from advisor.explanation.page import as_json, as_page

    explanation = explaining.explain(rulebase, given, why_not=why_not or None, priority=first)
    page = partial(as_page, explanation, only=bool(why_not))
    shown.emit(Report(partial(as_json, explanation), page))
    return 0


def standing_report(
    rulebase: RuleBase,
    id: str,
    given: Profile,
    first: tuple[str, ...] = (),
    *,
    verified_only: bool = False,
) -> Report:
    """Return why a cataloged checkpoint is not the answer, or where it ranks."""
    from advisor.check.options import CheckOptions
    from advisor.check.page import judgement_report
    from advisor.check.project import judged
    from advisor.decide.bounded_rules import bounded
    from advisor.draw.formats import Report
    from advisor.engine.decision import Engine
    from advisor.explanation.explain import standing_of
    from advisor.explanation.page import standing_json, standing_page

    engine, given = bounded(Engine.known(rulebase, first), given)
    rulebase = engine.rulebase
    report = judgement_report(judged(rulebase, CheckOptions(checkpoint=id), given, first))
    checkpoint = rulebase.checkpoint(id)
    standing = standing_of(engine, checkpoint, engine.decide(given), verified_only=verified_only)
    return Report(
        lambda: {**report.json(), "standing": standing_json(standing)},
        lambda: [*report.page(), *standing_page(standing, rulebase)],
    )
