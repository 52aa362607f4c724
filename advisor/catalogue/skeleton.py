"""The beginning of a checkpoint's entry: what the Hub says of it, and what is to be found out.

Nothing is guessed: a field that neither the Hub nor a configuration states is a TODO.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from advisor.catalogue.hub_facts import (
    CONFIGURATIONS,
    HubFacts,
    announce,
    facts_of,
    fetch_configurations,
)
from advisor.catalogue.knowledge import KEYS
from advisor.catalogue.rewrite import appended, lines_of
from advisor.catalogue.uncatalogued import (
    UncataloguedCheckpoint,
    as_checkpoint,
    described,
    read_config,
)
from advisor.catalogue.updates import SOURCES, cite, source_id, text_of
from advisor.errors import UsageError
from advisor.hub import is_hub_id
from advisor.rulebase.base import RuleBase

FIND_OUT = {
    "class": "its configuration names none",
    "processor": "the files beside its weights name none",
    "model_type": "there is no config.json that names one",
    "fine_tune": "tasks to fine-tune it for",
    "stage": "pre-trained, fine-tuned, instruction-tuned or contrastive",
    "parameters_millions": "the Hub shows no count; the paper or the card may",
    "dtype": "the precision that its weights are stored in",
    "image_size": "its configuration names none",
    "text_context": "its configuration names none",
    "languages": "its card names none",
    "licence": "its card names none",
    "commercial_use": "permitted, restricted or not-permitted, as its licence and card say",
    "released": "the year in which the weights came out",
    "pitfalls": "what goes wrong when it is used like its relatives",
}
"""What is left to a person where nothing states it, and what there is to know."""

VERIFY = {
    "label": "the name that people know its series by",
    "tasks": "what it does as is; `advisor list tasks` prints the ids",
    "released": "the year of its repository; that of the weights may be earlier",
}
"""What is written down only because an entry needs it, or is to be looked at again."""

DTYPES = ("float32", "bfloat16", "float16")
SIZES = ("image_size", "text_context")
STATED = (
    *("class", "processor", "model_type", "dtype", *SIZES),
    *("parameters_millions", "languages", "licence", "gated", "released", "revision"),
    *("last_modified", "hub_task"),
)
"""What the Hub or a configuration can state."""


def ask_for_skeleton(
    rulebase: RuleBase, id: str, family: str, folder: Path | None, month: str, *, offline: bool
) -> dict[str, str]:
    """Ask the Hub about a checkpoint; return the files that the beginning of its entry goes into.

    They are named as in a rule folder, and hold what those of `folder` do and the entry with the
    source that it cites; without a folder only these. Raises UsageError where it is catalogued
    already, or its family is not known and not named, and AdvisorError where the Hub may not be
    asked or does not answer.
    """
    if not is_hub_id(id) or "/" not in id:
        raise UsageError(f"`{id}` is not a hub id", hint="hub ids read `organisation/name`")
    if id in rulebase.checkpoints:
        raise UsageError(f"`{id}` is catalogued already", hint=f"advisor catalogue refresh {id}")
    named = rulebase.family(family).id if family else ""
    announce("adding", id, offline=offline)
    facts = facts_of(id)
    cached = fetch_configurations(id, facts.revision)
    found = described(rulebase, id, cached, "hub cache", facts.revision) if cached else None
    entry = _entry(_values(id, facts, found, cached), found, month)
    path = f"checkpoints/{named or _family(id, found)}.yaml"
    known, sources = (text_of(folder / name) if folder else "" for name in (path, SOURCES))
    return {
        path: appended(known, path, "checkpoints", entry),
        SOURCES: cite(sources, id, facts.revision, month),
    }


def _family(id: str, found: UncataloguedCheckpoint | None) -> str:
    """The one family of the catalogued checkpoints of its model type."""
    families = found.families if found else ()
    if len(families) == 1:
        return families[0]
    model_type = found.model_type if found else None
    reason = f"no catalogued checkpoint is of the model type `{model_type}`"
    if families:
        reason = f"checkpoints of the model type `{model_type}` belong to {' and '.join(families)}"
    elif not model_type:
        reason = "it has no config.json that names a model type"
    raise UsageError(
        f"it is not known which family `{id}` belongs to: {reason}", hint="name it: --family FAMILY"
    )


def _values(
    id: str, facts: HubFacts, found: UncataloguedCheckpoint | None, folder: Path | None
) -> dict[str, Any]:
    values = facts._asdict() | {
        "id": id,
        "label": id.partition("/")[2],
        "loader": "other",
        "tasks": [],
        "parameters_precision": "published" if facts.parameters_millions else None,
    }
    if found and folder:
        known = as_checkpoint(found)
        values |= {key: getattr(known, key) for key in ("loader", "model_type", *SIZES)}
        values |= {"class": known.model_class, "processor": _processor(id, folder)}
        values |= {"dtype": found.dtype} if found.dtype in DTYPES else {}
    return {key: value for key, value in values.items() if value is not None}


def _processor(id: str, folder: Path) -> str | None:
    """The class of the processor, as the first file beside the weights says that names one."""
    for name in CONFIGURATIONS[1:]:
        if (folder / name).exists():
            named = read_config(folder / name, id).get("processor_class")
            if isinstance(named, str) and named.isidentifier():
                return named
    return None


def _entry(values: dict[str, Any], found: UncataloguedCheckpoint | None, month: str) -> list[str]:
    """Return the lines of an entry: what is stated, and a TODO for all else."""
    cited = [key for key in STATED if key in values]
    values = values | {"sources": {source_id(values["id"]): cited}, "checked": month}
    lines: list[str] = []
    for key in KEYS:
        if key in values:
            comment = f"  # TODO {VERIFY[key]}" if key in VERIFY else ""
            lines += lines_of("    ", key, values[key], comment)
        elif key in FIND_OUT:
            lines.append(f"    # TODO {key}: {FIND_OUT[key]}")
        elif key == "series" and found and found.relatives:
            lines.append(f"    # TODO series: the one of {found.relatives[0]}, if it belongs there")
    lines[0] = "  - " + lines[0].lstrip()
    return [line.rstrip("\n") for line in lines]
