"""A checkpoint as a page: may I, can I, how; one that is not catalogued, as its config tells."""

from __future__ import annotations

from advisor.catalogue.entry import NOT_VERIFIED, value_text
from advisor.catalogue.uncatalogued import UncataloguedCheckpoint
from advisor.decide.memory import estimate
from advisor.decide.programs import snippet
from advisor.draw.blocks import Code, Heading, Item, Items, Page, Pairs, Table, Text
from advisor.model import Checkpoint, Measurement
from advisor.rulebase.base import RuleBase

GATED = {None: NOT_VERIFIED, True: "yes, behind a form", False: "no"}
LICENCE_NOTES = ("language_model_licence", "intended_use")
SHOWN_RELATIVES = 6


def checkpoint_page(checkpoint: Checkpoint, rulebase: RuleBase) -> Page:
    """Return the page of a checkpoint: may I, can I, how, and how well it was measured to do."""
    page: Page = [
        Heading(checkpoint.id, 1),
        Text(f"{checkpoint.label}, of the family {checkpoint.family}"),
        Heading("May I"),
        Pairs(tuple(_may(checkpoint))),
        Heading("Can I"),
        Pairs(tuple(_can(checkpoint))),
        Heading("How"),
        Pairs(tuple(_how(checkpoint))),
    ]
    if checkpoint.pitfalls:
        page.append(Items(tuple(Item("!", text) for text in checkpoint.pitfalls)))
    if code := snippet(checkpoint, None, rulebase.programs):
        page.append(Code(code, "python"))
    if checkpoint.measurements:
        page += [Heading("Published measurements"), _measured(checkpoint, rulebase)]
        notes = dict.fromkeys(m.note for m in checkpoint.measurements if m.note)
        page += [Text(note, "quiet") for note in notes]
    return [*page, *_sources(checkpoint, rulebase)]


def _noted(checkpoint: Checkpoint, *names: str) -> list[tuple[str, str]]:
    notes = checkpoint.notes
    return [(name.replace("_", " "), notes[name]) for name in names if name in notes]


def _may(checkpoint: Checkpoint) -> list[tuple[str, str]]:
    return [
        ("licence", value_text(checkpoint.licence)),
        ("commercial use", value_text(checkpoint.commercial_use)),
        *_noted(checkpoint, *LICENCE_NOTES),
        ("gated", GATED[checkpoint.gated]),
    ]


def _can(checkpoint: Checkpoint) -> list[tuple[str, str]]:
    others = [name for name in checkpoint.notes if name not in LICENCE_NOTES]
    return [
        ("does", ", ".join(checkpoint.tasks) or "nothing before fine-tuning"),
        ("to fine-tune for", ", ".join(checkpoint.fine_tune) or "not known"),
        *([("usual start for", ", ".join(checkpoint.typical))] if checkpoint.typical else []),
        ("languages", value_text(checkpoint.languages)),
        ("parameters", value_text(checkpoint.parameters_millions, "{} million")),
        *_memory(checkpoint),
        ("text context", value_text(checkpoint.text_context, "{} tokens")),
        ("image size", value_text(checkpoint.image_size, "{} pixels")),
        ("released", value_text(checkpoint.released)),
        *_noted(checkpoint, *others),
    ]


def _memory(checkpoint: Checkpoint) -> list[tuple[str, str]]:
    """The estimate for one picture, what it assumes, and the command that measures it."""
    estimated = estimate(checkpoint)
    if estimated.gb is None:
        return [("memory", f"not known: {'; '.join(estimated.assumptions)}")]
    parts = ", ".join(f"{part.gb:g} {part.name}" for part in estimated.parts)
    return [
        ("memory", f"{estimated.gb:g} GB, estimated: {parts}"),
        ("which assumes", "; ".join(estimated.assumptions)),
        ("to measure it", estimated.command),
    ]


def _how(checkpoint: Checkpoint) -> list[tuple[str, str]]:
    rows = [
        ("loads with", checkpoint.loader),
        ("class", value_text(checkpoint.model_class)),
        ("processor", value_text(checkpoint.processor)),
        ("model type", value_text(checkpoint.model_type)),
        ("pipeline", checkpoint.pipeline or "none known"),
        ("revision", value_text(checkpoint.revision)),
    ]
    if checkpoint.last_modified:
        rows.append(("last modified", checkpoint.last_modified))
    if checkpoint.prompt:
        rows.append(("prompt", checkpoint.prompt))
    return rows


def _measured(checkpoint: Checkpoint, rulebase: RuleBase) -> Table:
    tasks = {(b.benchmark, b.metric): ", ".join(b.tasks) for b in rulebase.benchmarks}

    def row(measured: Measurement) -> tuple[str, ...]:
        of_task = tasks.get((measured.benchmark, measured.metric), "")
        figure = f"{measured.value:g}"
        return measured.benchmark, measured.metric, figure, of_task, measured.source

    rows = tuple(row(measured) for measured in checkpoint.measurements)
    return Table(("benchmark", "metric", "value", "tells of", "source"), rows, wide=3)


def _sources(checkpoint: Checkpoint, rulebase: RuleBase) -> Page:
    """Every fact's sources, and when the entry and they were last read."""
    by_sources: dict[tuple[str, ...], list[str]] = {}
    for field, ids in checkpoint.sources.items():
        by_sources.setdefault(tuple(ids), []).append(field.replace("_", " "))
    rows = tuple(Item("", ", ".join(fields), sources=ids) for ids, fields in by_sources.items())
    read = sorted(
        rulebase.source_dates[id] for ids in by_sources for id in ids if id in rulebase.source_dates
    )
    dates = f"checked {checkpoint.checked}"
    if read:
        span = read[0] if read[0] == read[-1] else f"{read[0]} to {read[-1]}"
        dates += f"; its sources were read {span}"
    every = ", ".join(sorted({id for ids in by_sources for id in ids}))
    page: Page = [Heading("Who says so"), Items(rows)] if rows else []
    page.append(Text(dates, "quiet"))
    if every:
        page.append(Text(f"sources: {every}", "quiet"))
    return page


def uncatalogued_page(checkpoint: UncataloguedCheckpoint) -> Page:
    """Return the page of a checkpoint that is not catalogued."""
    facts = [
        ("found in", checkpoint.place),
        ("model type", checkpoint.model_type or "config.json names none"),
        ("architectures", ", ".join(checkpoint.architectures) or "config.json names none"),
        ("family", _family(checkpoint)),
    ]
    facts += [("revision", checkpoint.revision)] if checkpoint.revision else []
    facts += [("saved as", checkpoint.dtype)] if checkpoint.dtype else []
    image, text = checkpoint.image_size, checkpoint.text_context
    facts += [("image size", f"{image} pixels")] if image else []
    facts += [("text context", f"{text} tokens")] if text else []
    page: Page = [
        Heading(checkpoint.id, 1),
        Text("Not in the catalogue; this is what its config.json says.", "warn"),
        Pairs(tuple(facts)),
    ]
    rows = [Item("-", f"not known: {', '.join(checkpoint.not_known)}")]
    if checkpoint.own_code:
        rows.append(
            Item("!", "it wants Python code from beside its weights, which may do anything")
        )
    page.append(Items(tuple(rows)))
    if checkpoint.relatives:
        shown = checkpoint.relatives[:SHOWN_RELATIVES]
        page += [
            Heading("Catalogued checkpoints of the same model type"),
            Items(tuple(Item("", id) for id in shown)),
        ]
        if len(checkpoint.relatives) > len(shown):
            more = f"advisor list checkpoints --model-type {checkpoint.model_type}"
            page.append(Text(f"and {len(checkpoint.relatives) - len(shown)} more: {more}", "quiet"))
    return page


def _family(checkpoint: UncataloguedCheckpoint) -> str:
    if checkpoint.families:
        return f"{' or '.join(checkpoint.families)}, as catalogued checkpoints of this type are"
    return "not known: no catalogued checkpoint is of this type"
