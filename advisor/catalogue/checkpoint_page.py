"""Pages of one checkpoint, of its whole entry, of its config.json, and of several checkpoints."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from advisor.catalogue.filters import Matches
from advisor.catalogue.knowledge import Measurement, entry_json, measurements, shown_name
from advisor.catalogue.uncatalogued import UncataloguedCheckpoint
from advisor.decide.memory import loaded_dtype, memory_gb
from advisor.decide.precedence import Precedences
from advisor.decide.programs import snippet
from advisor.draw.blocks import Code, Heading, Item, Items, Page, Pairs, Table, Text
from advisor.model import NONE, Checkpoint
from advisor.phrasing import count
from advisor.rulebase.base import RuleBase

GATED = {None: "not verified", True: "yes, after you accept a form", False: "no"}
LICENCE_NOTES = ("language_model_licence", "restriction", "intended_use")
WEIGHTS = {
    "safetensors": "safetensors",
    "pickle": "only a pickle file, which advisor does not load",
    "onnx": "only ONNX, which transformers does not load",
}
SHOWN_RELATIVES = 6
NAMED = 3


def value_text(value: Any, form: str = "{}") -> str:
    """Return a field's value as text, "not verified" for None; `form` adds the unit: "{} GB"."""
    if value is None:
        return "not verified"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return ", ".join(value) or "none"
    if isinstance(value, Mapping) and "benchmark" in value:
        return f"{value['benchmark']}, {value['metric']}: {value['value']:g}"
    if isinstance(value, Mapping):
        return "; ".join(f"{key}: {text or 'none'}" for key, text in value.items()) or "none"
    return form.format(f"{value:g}" if isinstance(value, float) else value)


def known(*facts: tuple[str, str | None]) -> Pairs:
    """Return facts by name, without those whose value is None or empty."""
    return Pairs(tuple((name, value) for name, value in facts if value))


def listed(heading: str, items: Iterable[Item]) -> Page:
    """Return a list under a heading."""
    return [Heading(heading), Items(tuple(items))]


def checkpoint_page(checkpoint: Checkpoint, rulebase: RuleBase) -> Page:
    """Return the page of a checkpoint: license, capabilities, usage, published results, sources."""
    active = checkpoint.active_parameters_millions
    dtype = loaded_dtype(checkpoint) + ("" if checkpoint.dtype else " (assumed)")
    family = f"family {checkpoint.family}"
    if checkpoint.family == NONE:
        family = "not part of the three families"
    elif checkpoint.network:
        family = f"{checkpoint.network}, listed under the {family}"
    page: Page = [
        Heading(checkpoint.id, 1),
        Text(f"{checkpoint.label}, {family}"),
        Heading("License and access"),
        known(
            ("license", value_text(checkpoint.licence)),
            ("commercial use", value_text(checkpoint.commercial_use)),
            *_notes(checkpoint, LICENCE_NOTES),
            ("gated", GATED[checkpoint.gated]),
        ),
        Heading("Capabilities"),
        known(
            ("tasks", ", ".join(checkpoint.tasks) or "none before fine-tuning"),
            ("fine-tune for", ", ".join(checkpoint.fine_tune) or "not known"),
            ("default for", ", ".join(checkpoint.typical)),
            ("languages", value_text(checkpoint.languages)),
            ("languages (count only)", ", ".join(checkpoint.languages_inferred or ())),
            ("languages (weak)", ", ".join(checkpoint.languages_poor or ())),
            ("parameters", value_text(checkpoint.parameters_millions, "{} million")),
            ("active parameters", value_text(active, "{} million") if active else ""),
            ("memory", value_text(memory_gb(checkpoint), f"{{}} GB in {dtype}, estimated")),
            ("text context", value_text(checkpoint.text_context, "{} tokens")),
            ("image size", value_text(checkpoint.image_size, "{} pixels")),
            ("released", value_text(checkpoint.released)),
            *_notes(checkpoint, [name for name in checkpoint.notes if name not in LICENCE_NOTES]),
        ),
        Heading("Usage"),
        known(
            ("home", checkpoint.home),
            ("loads with", checkpoint.loader),
            ("weights", WEIGHTS.get(checkpoint.weights or "")),
            ("class", value_text(checkpoint.model_class)),
            ("processor", value_text(checkpoint.processor)),
            ("model type", value_text(checkpoint.model_type)),
            ("pipeline", checkpoint.pipeline or "none known"),
            ("revision", value_text(checkpoint.revision)),
            ("last modified", checkpoint.last_modified),
            ("smaller files", _published(checkpoint)),
            ("prompts", value_text(checkpoint.prompts) if checkpoint.prompts else None),
            (
                "thinking",
                ", ".join(filter(None, (checkpoint.thinking, checkpoint.thinking_switch))),
            ),
            ("text case", checkpoint.text_case),
            ("pages", checkpoint.pages),
        ),
    ]
    if checkpoint.pitfalls:
        page.append(Items(tuple(Item("!", text) for text in checkpoint.pitfalls)))
    if code := snippet(checkpoint, None, rulebase):
        page.append(Code(code, "python"))
    if measured := measurements(rulebase).get(checkpoint.id):
        figures = tuple((m.kind, m.metric, f"{m.value:g}", m.source) for m in measured)
        page.append(Heading("Published results"))
        page.append(Table(("benchmark", "metric", "value", "source"), figures))
        notes = dict.fromkeys(f"{score.source}: {score.note}" for score in measured if score.note)
        page += [Text(note, "quiet") for note in notes]
    return [*page, *_sources(checkpoint, rulebase)]


def _notes(checkpoint: Checkpoint, names: Sequence[str]) -> list[tuple[str, str | None]]:
    return [(shown_name(name), checkpoint.notes.get(name)) for name in names]


def _published(checkpoint: Checkpoint) -> str:
    """Return the maker's repositories of quantized weights, with their size in GB if known."""
    forms = (
        f"{id} ({form['precision']}, "
        + (f"files of {form['files_gb']} GB)" if "files_gb" in form else "size not known)")
        for id, form in checkpoint.published_forms.items()
    )
    named = ", ".join(forms)
    return named and f"{named}, only for a CUDA GPU"


def _sources(checkpoint: Checkpoint, rulebase: RuleBase) -> Page:
    """Return the sources of each fact, and the dates when the entry and its sources were read."""
    by_sources: dict[tuple[str, ...], list[str]] = {}
    for field, ids in checkpoint.sources.items():
        by_sources.setdefault(tuple(ids), []).append(shown_name(field))
    every = sorted({id for ids in by_sources for id in ids})
    read = sorted(rulebase.source_dates[id] for id in every if id in rulebase.source_dates)
    dates = f"checked {checkpoint.checked}"
    if read:
        span = read[0] if read[0] == read[-1] else f"{read[0]} to {read[-1]}"
        dates += f"; sources read {span}"
    rows = [Item("", ", ".join(fields), sources=ids) for ids, fields in by_sources.items()]
    if not rows:
        return [Text(dates, "quiet")]
    cited = Text(f"sources: {', '.join(every)}", "quiet")
    return [*listed("Sources by fact", rows), Text(dates, "quiet"), cited]


def entry_page(rulebase: RuleBase, checkpoint: Checkpoint) -> Page:
    """Return the page of a whole entry: each field, its value, and its sources in brackets."""
    entry = entry_json(rulebase, checkpoint)
    rows: list[tuple[str, str]] = []
    for field in entry["fields"]:
        name, value, sources = field["field"], field["value"], field["sources"]
        cited = f"[{', '.join(sources)}]" if sources else ""
        if name == "pitfalls":  # a row for each sentence
            rows += [(name, sentence) for sentence in value]
            rows += [("", cited)] if cited else []
        else:
            rows.append((name, f"{value_text(value)}  {cited}".rstrip()))
    page: Page = [Heading(checkpoint.id, 1), Text(f"defined at {entry['place']}", "quiet")]
    page.append(Pairs(tuple(rows)))
    if entry["unverified"]:
        page.append(Text(f"not verified: {', '.join(entry['unverified'])}", "quiet"))
    return page


def uncatalogued_page(checkpoint: UncataloguedCheckpoint) -> Page:
    """Return the page of a checkpoint outside the catalog, described by its config.json."""
    model_type, families = checkpoint.model_type, " or ".join(checkpoint.families)
    image, text = checkpoint.image_size, checkpoint.text_context
    family = "not known, because the catalog has no checkpoint of this type"
    if families:
        family = f"{families}, the family of cataloged checkpoints of this model type"
    facts = known(
        ("found in", checkpoint.place),
        ("model type", model_type or "not set in config.json"),
        ("architectures", ", ".join(checkpoint.architectures) or "not set in config.json"),
        ("family", family),
        ("revision", checkpoint.revision),
        ("saved as", checkpoint.dtype),
        ("image size", f"{image} pixels" if image else None),
        ("text context", f"{text} tokens" if text else None),
    )
    rows = [Item("-", f"not known: {shown_name(', '.join(checkpoint.not_known))}")]
    if checkpoint.own_code:
        rows.append(Item("!", "loading runs Python code from the repository of the checkpoint"))
    page: Page = [
        Heading(checkpoint.id, 1),
        Text("This checkpoint is not in the catalog. The facts are from its config.json.", "warn"),
        facts,
        Items(tuple(rows)),
    ]
    shown = checkpoint.relatives[:SHOWN_RELATIVES]
    if shown:
        heading = "Cataloged checkpoints of the same model type"
        page += listed(heading, (Item("", id) for id in shown))
    if more := len(checkpoint.relatives) - len(shown):
        command = f"advisor list checkpoints --model-type {model_type}"
        page.append(Text(f"and {more} more: {command}", "quiet"))
    return page


def checkpoints_page(rulebase: RuleBase, matches: Matches, task: str | None, sort: str) -> Page:
    """Return the table of matches, by quality with results, and the number of unverified ones."""
    page: Page = [Text("no checkpoint matches", "warn")]
    if matches.checkpoints:
        ranked = _by_quality(rulebase, matches, task) if task and sort == "quality" else None
        page = ranked or [_table(matches)]
        page.append(Text(count(len(matches.checkpoints), "checkpoint"), "quiet"))
    if matches.unverified:
        first = ", ".join(checkpoint.id for checkpoint in matches.unverified[:NAMED])
        number = count(len(matches.unverified), "checkpoint")
        text = f"{number} more may match, but a filtered field is not verified: {first}"
        page.append(Text(text if len(matches.unverified) <= NAMED else f"{text} ...", "quiet"))
    return page


def _table(matches: Matches) -> Table:
    def shown(value: Any) -> str:
        return "?" if value is None else value_text(value)

    rows = tuple(
        (c.id, *map(shown, (c.parameters_millions, memory_gb(c), c.released, c.licence)))
        for c in matches.checkpoints
    )
    return Table(("Checkpoint", "Parameters (M)", "Memory (GB)", "Year", "License"), rows)


def _by_quality(rulebase: RuleBase, matches: Matches, task: str) -> Page:
    """Return the table with results, and a note if a checkpoint without one ranks above others."""
    published = Precedences(rulebase, task).published
    rows = tuple(
        (checkpoint.id, f"{figure.value:g}", figure.benchmark, figure.metric)
        if figure
        else (checkpoint.id, "", "not measured", "")
        for checkpoint in matches.checkpoints
        for figure in published(checkpoint.id)[:1] or [None]
    )
    page: Page = [Table(("checkpoint", "result", "benchmark", "metric"), rows)]
    measured = [bool(result) for _, result, *_ in rows]
    if measured != sorted(measured, reverse=True):
        page.append(Text("without a result, checkpoints are ranked by series and size", "quiet"))
    return page


COMPARED: dict[str, Callable[[Checkpoint], Any]] = {
    "family": lambda c: c.family,
    "tasks": lambda c: c.tasks if c.checked else None,
    "class": lambda c: c.model_class,
    "license": lambda c: c.licence,
    "commercial use": lambda c: c.commercial_use,
    "gated": lambda c: GATED[c.gated],
    "languages": lambda c: c.languages,
    "million parameters": lambda c: c.parameters_millions,
    "memory in GB": memory_gb,
    "text context": lambda c: c.text_context,
    "image size": lambda c: c.image_size,
    "released": lambda c: c.released,
}
"""The rows of a comparison. Tasks of an uncatalogued checkpoint, never `checked`, are unknown."""


def compared_checkpoints(rulebase: RuleBase, checkpoints: list[Checkpoint], ids: list[str]) -> Page:
    """Return a table of their fields, and one of results on benchmarks that all of them share."""
    rows = [(name, *(value_text(of(c)) for c in checkpoints)) for name, of in COMPARED.items()]
    page: Page = [Table(("", *ids), tuple(rows), wide=-1)]
    measured = measurements(rulebase)
    shared = [*_shared_rows([measured.get(c.id, []) for c in checkpoints])]
    if not shared:
        return [*page, Text("the checkpoints share no benchmark", "quiet")]
    page.append(Heading("Results on shared benchmarks"))
    page.append(Table(("", *ids), tuple(shared), wide=-1))
    if any(name.endswith(APART) for name, *_ in shared):
        page.append(Text(f"{APART} different sources or modes, so compare with care", "quiet"))
    return page


APART = "*"
"""Marks a benchmark whose results come from different sources or modes."""


def _shared_rows(measured: Sequence[Sequence[Measurement]]) -> Iterator[tuple[str, ...]]:
    """Yield name and values for each benchmark, metric, source and mode that all checkpoints share.

    If they share only the benchmark and metric, its row has their first results and a mark.
    """
    tables: list[dict[tuple[str, str], dict[tuple[str, str], Measurement]]] = []
    for scores in measured:
        tables.append({})
        for score in scores:
            key = score._replace(mode=None).kind, score.metric
            tables[-1].setdefault(key, {}).setdefault((score.source, score.mode or ""), score)
    for key in tables[0]:
        if not all(key in table for table in tables):
            continue
        values = [table[key] for table in tables]
        common = [place for place in values[0] if all(place in other for other in values)]
        for place in common:
            figures = [scores[place] for scores in values]
            name = f"{figures[0].kind}, {figures[0].metric}"
            yield name, *(f"{figure.value:g}" for figure in figures)
        if not common:
            firsts = [next(iter(scores.values())) for scores in values]
            yield f"{', '.join(key)}{APART}", *(f"{first.value:g}" for first in firsts)
