"""What was joined, and what training made of it, as pages."""

from __future__ import annotations

from advisor.draw.blocks import Code, Heading, Item, Items, Page, Pairs, Table, Text
from advisor.trial.composition import Composition
from advisor.trial.finetuning import FineTuning


def composition_page(made: Composition, *, trained: bool = False) -> Page:
    """Return the page of a composition: what is new, and that it has to be fine-tuned."""
    facts = (
        ("encoder", made.encoder),
        ("decoder", made.decoder),
        ("folder", str(made.folder)),
        ("parameters", f"{made.parameters:,}, of them {made.new_parameters:,} new"),
        ("tokens", f"start {made.start_token}, end {made.end_token}, pad {made.pad_token}"),
    )
    rows = [Item("!", f"new and random: {weight}") for weight in made.new_weights]
    if trained:
        return [Heading("Joined", 1), Pairs(facts), Items(tuple(rows))]
    rows += [Item("!", warning) for warning in made.warnings]
    return [
        Heading("Joined", 1),
        Pairs(facts),
        Items(tuple(rows)),
        Text("It talks nonsense until it is fine-tuned on images and their texts:", "warn"),
        Code(f"advisor compose --checkpoint {made.folder} --finetune pairs.csv --output FOLDER"),
    ]


def finetuning_page(result: FineTuning) -> Page:
    """Return the page of a training: losses, and held-out texts before and after."""
    held = result.held_out
    facts = (
        ("folder", str(result.folder)),
        ("pairs", f"{result.pairs}, and {held} held out"),
        ("steps", _steps(result)),
        (
            "loss on held-out pairs",
            f"{result.loss_before:.3f} before, {result.loss_after:.3f} after",
        ),
        ("exactly right", f"{result.exact_before} of {held} before, {result.exact_after} after"),
    )
    rows = tuple((one.image, one.text, one.before, one.after) for one in result.samples)
    return [
        Heading("Fine-tuned", 1),
        Pairs(facts),
        Table(("image", "should say", "before", "after"), rows, wide=2),
        Text("Try it:", "quiet"),
        Code(f"advisor try --checkpoint {result.folder} --task captioning --image PICTURE"),
    ]


def _steps(result: FineTuning) -> str:
    went_on = f", taken up after step {result.resumed_at}" if result.resumed_at else ""
    return f"{result.steps}{went_on}"
