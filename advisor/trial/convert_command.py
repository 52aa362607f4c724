"""`advisor convert`: published weights that transformers cannot read, as folders that load."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from advisor.console.options import option
from advisor.console.output import Shown
from advisor.draw.formats import SCHEMA_VERSION, Report
from advisor.errors import UsageError
from advisor.trial.runtime import OWN_NETWORKS, library, quiet, transformers
from advisor.writing import refuse_folder

if TYPE_CHECKING:
    from advisor.draw.blocks import Page

File = Annotated[str, typer.Argument(metavar="FILE", help="The state dict, model.EPOCH.bin.")]
Folder = Annotated[str, typer.Argument(metavar="FOLDER", help="Output folder, new or empty.")]
Vocabulary = Annotated[str, option("--vocabulary FILE", "vocab.txt of BERT-base cased.")]
Answers = Annotated[
    str, option("--answers FILE", "One answer per line. Without it: class numbers.")
]


def vlp(
    *,
    file: File,
    folder: Folder,
    vocabulary: Vocabulary = "",
    answers: Answers = "",
    shown: Shown,
) -> int:
    """Convert the weights of unified VLP (Zhou et al., 2020) to a checkpoint folder.

    advisor unpickles tensors only, infers the sizes from the tensor shapes, and lists the tensors
    that it drops. The folder has safetensors weights, configuration, processor and a model card.

    \b
    Examples:
      advisor convert vlp model.30.bin captioner --vocabulary vocab.txt
      advisor convert vlp model.20.bin answerer --vocabulary vocab.txt --answers answers_vqa.txt
    """
    if not vocabulary:
        raise UsageError(
            "the weights do not include a vocabulary. Add --vocabulary vocab.txt",
            hint="use the vocab.txt of bert-base-cased, which has 28,996 lines",
        )
    target = Path(folder)
    refuse_folder(target)
    shown.refuse_beside(target)
    transformers()
    conversion = library(f"{OWN_NETWORKS}.conversion")
    with quiet():
        done = conversion.convert(file, folder, vocabulary=vocabulary, answers=answers or None)
    shown.emit(_report(done))
    return 0


def _report(done: Any) -> Report:
    """Return what was converted, ready to be drawn."""

    def as_page() -> Page:
        from advisor.draw.blocks import Heading, Item, Items, Pairs

        how = f"import {OWN_NETWORKS}, then from_pretrained; README.md says how"
        facts = (("class", done.class_name), ("parameters", f"{done.parameters:,}"))
        page: Page = [Heading(f"{done.folder} written", 1), Pairs((*facts, ("load with", how)))]
        left = [f"{name}: {why}" for name, why in done.dropped.items()]
        for title, mark, lines in (("Left out", "-", left), ("Know that", "!", done.notes)):
            if lines:
                page += [Heading(title), Items(tuple(Item(mark, line) for line in lines))]
        return page

    values = asdict(done)
    named = {"output": str(values.pop("folder")), "class": values.pop("class_name")}
    return Report(lambda: {"schema_version": SCHEMA_VERSION, **named, **values}, as_page)
