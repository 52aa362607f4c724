"""`advisor code`: the program for a recommendation, to be saved and run."""

from __future__ import annotations

from typing import Annotated

import typer

from advisor.console.commands import Given
from advisor.console.options import CriteriaFirst, option
from advisor.console.output import Showing, note, showing
from advisor.rulebase.base import RuleBase

FORMATS = ("python", "notebook", "json")
Named = Annotated[str, typer.Argument(help="A checkpoint, instead of the one recommended first.")]
Order = Annotated[str, option("--order ORDER", "Rank checkpoints by quality, small or open.")]
VERIFIED_ONLY = "Take nothing of which a field that matters is not verified."
VerifiedOnly = Annotated[bool, option("--verified-only", VERIFIED_ONLY)]
JOIN = "Join an encoder and a decoder of your choice, and train that."
Join = Annotated[bool, option("--join", JOIN)]
Notebook = Annotated[bool, option("--notebook", "The same as --format notebook.")]


def code(
    *,
    checkpoint: Named = "",
    given: Given,
    first: CriteriaFirst,
    order: Order = "quality",
    verified_only: VerifiedOnly = False,
    join: Join = False,
    notebook: Notebook = False,
    rulebase: RuleBase,
    shown: Annotated[Showing, showing(FORMATS)],
) -> int:
    """Write the program for the first checkpoint: how to run it, or to train it on your files.

    It takes the flags of `recommend`. Where the answer is to fine-tune, or to join parts of your
    own, the program trains on pairs.csv and saves what it has learnt.

    \b
    Examples:
      advisor code --task captioning > caption.py
      advisor code --task ocr-line --training fine-tune --output python=train.py
      advisor code Salesforce/blip-vqa-base --task vqa --notebook > ask.ipynb
    """
    from advisor.decide.recommendation import recommend
    from advisor.decide.written_program import script
    from advisor.draw.formats import Report

    answer = recommend(rulebase, given, priority=first, order=order, verified_only=verified_only)
    written = script(answer, checkpoint, join=join)
    drawings = {"python": lambda: written.python, "notebook": lambda: written.notebook}
    report = Report(lambda: written.to_dict(rulebase.digest), list, drawings=drawings)
    shown = shown._replace(format="notebook") if notebook else shown
    shown.emit(report)
    if written.note:
        note(written.note)
    return 0
