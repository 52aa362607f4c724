"""Look-ups in the rule base by kind and id, entries as JSON, and published results."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from advisor.catalogue.filters import Matches
from advisor.catalogue.uncatalogued import as_checkpoint, find_uncatalogued
from advisor.decide.memory import memory_gb
from advisor.decide.programs import snippet
from advisor.draw.formats import document, plain
from advisor.errors import OneModelError, UnknownNameError, check_name, unknown_name
from advisor.model import TASK, Checkpoint, hub_id_of, is_form
from advisor.model.figures import Protocol
from advisor.model.phrase_kinds import BETWEEN
from advisor.naming import as_in_papers, squeezed, words_of
from advisor.rulebase.base import RuleBase

KINDS = {
    "families": ("family", "the three model families"),
    "tasks": ("task", "what you can do with images, and the best family for each task"),
    "questions": ("question", "the questions, which are flags of `advisor recommend`"),
    "criteria": ("criterion", "the criteria that compare families, most important first"),
    "rules": ("rule", "the rules for and against a family"),
    "sources": ("source", "the sources of all facts"),
    "checkpoints": ("checkpoint", "the checkpoints. Filter them with flags"),
}
"""Each kind of entry in the plural -> the singular, and a description."""


LEAST_NAME = 3
"""The least number of letters that may stand for the beginning of a model's name."""

NO_FACTS = ("id", "family", "series", "model_class", "writer", "notes", "sources")
"""Fields of a checkpoint that `advisor show ID --full` does not list."""


def plural(kind: str) -> str:
    """Return the plural of a kind given in singular or plural. Raises UsageError for others."""
    many = {noun: plural for plural, (noun, _) in KINDS.items()}.get(kind, kind)
    check_name("kind", many, KINDS, "kinds")
    return many


def all_of(rulebase: RuleBase, kind: str) -> dict[str, Any]:
    """Return all entries of a kind (in the plural) by id."""
    things = getattr(rulebase, kind)
    return things if isinstance(things, dict) else {thing.id: thing for thing in things}


def kinds_json(rulebase: RuleBase) -> dict[str, Any]:
    """Return the JSON document of `advisor list --format json`: how many there are of each kind."""
    kinds = [
        {"kind": kind, "what": what, "number": len(all_of(rulebase, kind))}
        for kind, (_, what) in KINDS.items()
    ]
    return document(rulebase.digest, kinds=kinds)


def _on_the_hub(rulebase: RuleBase, id: str) -> str:
    """Return the Hub id of a checkpoint: `ID` for a known quantized form such as `ID:int8`."""
    return hub_id_of(id) if is_form(id) and id in rulebase.forms else id


def find(rulebase: RuleBase, id: str, kind: str | None = None) -> tuple[str, Any]:
    """Return the kind in the plural and the entry with this id or alias, of `kind` or of all kinds.

    Raises UsageError with the nearest known id, or for a word that means several tasks.
    """
    kinds = [plural(kind)] if kind else list(KINDS)
    id = _on_the_hub(rulebase, id)
    ids: list[str] = []
    for name in kinds:
        things = all_of(rulebase, name)
        called = ((each, (each.id, *getattr(each, "aliases", ()))) for each in things.values())
        named = {alias: each for each, names in called for alias in names} | things
        key = id.lower() if name == "families" else id
        if key in named:
            return name, named[key]
        ids += named
    if "tasks" in kinds and id in rulebase.words:
        return "tasks", rulebase.meant(id)[0]
    near = {*id.lower().split("/")}  # others of its maker, and its own name under another
    ids = [each for each in ids if "/" not in id or near & {*each.lower().split("/")}]
    noun = KINDS[kinds[0]][0] if kind else "thing"
    if (outside := outside_catalog(rulebase, id)) and not kind:
        model, task = outside
        raise UnknownNameError(
            f"`{model}` is not in the catalog",
            hint=f"`advisor recommend --task {task}` recommends such models",
            kind="unknown-thing",
            of="thing",
            name=id,
        )
    raise unknown_name(noun, id, ids, "`advisor list KIND` prints the known names")


def outside_catalog(rulebase: RuleBase, name: str) -> tuple[str, str] | None:
    """Return the first alternative outside the catalog whose name begins so, and a task for it.

    Alternatives are models that rules recommend instead of the families or beside them. None if
    there is none, or `name` is shorter than `LEAST_NAME`.
    """
    tasks = [(task.id, task.elsewhere.checkpoints) for task in rulebase.tasks if task.elsewhere]
    tasks += [(id, each.checkpoints) for each in rulebase.detours for id in each.when.get(TASK, ())]
    wanted = squeezed(name.rpartition("/")[2])
    models = ((id, task) for task, ids in tasks for id in ids)
    apart = (row for row in models if row[0] not in rulebase.checkpoints)
    named = (row for row in apart if squeezed(row[0].rpartition("/")[2]).startswith(wanted))
    return next(named, None) if len(wanted) >= LEAST_NAME else None


def checkpoints_called(rulebase: RuleBase, name: str) -> list[Checkpoint]:
    """Return the checkpoints that people call `name`, in any case: BLIP-2. Empty if there are none.

    For other names, the first word must begin the id and the rest must occur in it: blip-base.
    """
    named = {squeezed(word): ids for word, ids in rulebase.words_index["named"].items()}
    ids = named.get(squeezed(name), "").partition(BETWEEN)[0].split()
    called = [rulebase.checkpoints[id] for id in ids if id in rulebase.checkpoints]
    first, *rest = words_of(name) or [""]
    if called or not rest:
        return called
    tails = {id: id.rpartition("/")[2] for id in rulebase.checkpoints}
    words = {id: words_of(f"{tail} {as_in_papers(tail)}") for id, tail in tails.items()}
    return [
        rulebase.checkpoints[id]
        for id, own in words.items()
        if own[:1] == [first] and set(rest) <= set(own)
    ]


def find_comparable(rulebase: RuleBase, ids: list[str], cache: Path) -> tuple[str, list[Any]]:
    """Return the entries to compare and their kind: families or checkpoints.

    A checkpoint outside the catalog may be a folder, or lie in the Hub cache at `cache`. Raises
    UsageError for fewer than two different names, two names of one entry, or both kinds.
    """
    if len(set(ids)) < 2:
        raise OneModelError(
            "`advisor compare` needs two names", hint="advisor compare clip unified-vlp"
        )
    pairs = [_comparable(rulebase, id, cache) for id in ids]
    if len({thing.id for _, thing in pairs}) < len(pairs):
        raise OneModelError(
            f"{' and '.join(ids)} are names of the same entry", hint="pass two different names"
        )
    kinds = {kind for kind, _ in pairs}
    if len(kinds) > 1:
        raise OneModelError(
            "`advisor compare` takes either families or checkpoints, not both",
            hint="pass only families or only checkpoints",
        )
    return kinds.pop(), [thing for _, thing in pairs]


def shown_name(name: str) -> str:
    """Return the name of a field or section as pages show it."""
    return name.replace("_", " ").replace("licence", "license").replace("fine tun", "fine-tun")


def _comparable(rulebase: RuleBase, id: str, cache: Path) -> tuple[str, Any]:
    id = _on_the_hub(rulebase, id)
    if id in rulebase.checkpoints:
        return "checkpoints", rulebase.checkpoints[id]
    if id in rulebase.family_names:
        return "families", rulebase.family(id)
    if uncatalogued := find_uncatalogued(rulebase, id, cache):
        return "checkpoints", as_checkpoint(uncatalogued)
    if "/" in id:
        return find(rulebase, id, "checkpoints")
    named = [*rulebase.family_names, *rulebase.checkpoints]
    raise unknown_name("thing", id, named, "`advisor list checkpoints` lists the checkpoints")


def thing_json(rulebase: RuleBase, kind: str, thing: Any) -> dict[str, Any]:
    """Return the JSON document of one thing."""
    return document(rulebase.digest, kind=KINDS[kind][0], **_details(rulebase, kind, thing))


def _details(rulebase: RuleBase, kind: str, thing: Any) -> dict[str, Any]:
    """Return the fields of an entry, and what other files state or advisor computes about it."""
    details = _fields(rulebase, thing)
    if kind == "families":
        details["description"] = plain(rulebase.descriptions[thing.id])
        details["claims"] = plain(rulebase.claims[thing.id])
    if kind == "rules" and thing.derived:
        details["place"], _ = rulebase.declared(thing.id)
    if kind == "checkpoints":
        details["measurements"] = plain(measurements(rulebase).get(thing.id, []))
        details["memory_gb"] = memory_gb(thing)
        details["snippet"] = snippet(thing, None, rulebase)
    if "kind" in details:
        details["type"] = details.pop("kind")  # a source is of a type: paper, code, results
    return details


def _fields(rulebase: RuleBase, thing: Any) -> dict[str, Any]:
    """Return the fields of an entry, under the keys that rule files use."""
    fields: dict[str, Any] = plain(thing)
    for field, key in rulebase.keys_of(type(thing)).items():
        fields[key] = fields.pop(field)
    return fields


def things_json(rulebase: RuleBase, kind: str, things: Sequence[Any]) -> dict[str, Any]:
    """Return the JSON document of things of one kind."""
    return document(rulebase.digest, **{kind: [_fields(rulebase, thing) for thing in things]})


def checkpoints_json(rulebase: RuleBase, matches: Matches) -> dict[str, Any]:
    """Return the JSON document of `advisor list checkpoints --format json`."""
    measured = measurements(rulebase)
    listed = [
        {
            **_fields(rulebase, checkpoint),
            "measurements": plain(measured.get(checkpoint.id, [])),
            "memory_gb": memory_gb(checkpoint),
        }
        for checkpoint in matches.checkpoints
    ]
    unverified = [checkpoint.id for checkpoint in matches.unverified]
    return document(rulebase.digest, checkpoints=listed, unverified=unverified)


def compared_json(rulebase: RuleBase, kind: str, compared: list[Any]) -> dict[str, Any]:
    """Return the JSON document of `advisor compare --format json`."""
    return document(
        rulebase.digest, **{kind: [_details(rulebase, kind, thing) for thing in compared]}
    )


def entry_json(rulebase: RuleBase, checkpoint: Checkpoint) -> dict[str, Any]:
    """Return the JSON document of `advisor show ID --full`: a whole entry, in the order of files.

    `place` is its file:line, `unverified` lists the fields without a verified value.
    """
    values = {"class": checkpoint.model_class, **checkpoint._asdict(), **checkpoint.notes}
    named = [key for key in values if key not in NO_FACTS]
    given = [key for key in named if values[key] not in (None, [], (), {})]
    sources = checkpoint.sources
    relations = ("larger_than", "succeeds")
    return document(
        rulebase.digest,
        kind="checkpoint",
        id=checkpoint.id,
        place=rulebase.place("checkpoint", checkpoint.id),
        fields=[
            {"field": key, "value": plain(values[key]), "sources": list(sources.get(key, ()))}
            for key in given
        ],
        unverified=[key for key in named if values.get(key, "") is None and key not in relations],
    )


class Measurement(NamedTuple):
    """One published result of a checkpoint, and how it was measured. `better` is higher or lower.

    Two results are comparable only if all fields but the value and the note are the same.
    """

    benchmark: str
    metric: str
    value: float
    better: str
    version: str | None
    split: str | None
    language: str | None
    mode: str | None
    by: str
    source: str
    note: str | None

    @property
    def kind(self) -> str:
        """The benchmark, with version, split, language (unless English) and mode in parentheses."""
        protocol = [self.version, self.split, self.language if self.language != "en" else None]
        words = [word for word in (*protocol, self.mode) if word]
        return f"{self.benchmark} ({', '.join(words)})" if words else self.benchmark


def measurements(rulebase: RuleBase) -> dict[str, list[Measurement]]:
    """Return the published results by checkpoint id, in the order of the files."""
    by_checkpoint: dict[str, list[Measurement]] = {}
    for protocol in rulebase.protocols.values():
        for table in protocol.tables:
            for checkpoint in table.figures:
                benchmark = rulebase.benchmarks[table.benchmark]
                metric = table.metric or next(iter(benchmark.metrics))
                languages = benchmark.languages
                measurement = Measurement(
                    benchmark=benchmark.name,
                    metric=metric,
                    value=table.figures[checkpoint],
                    better=benchmark.metrics[metric],
                    version=table.version,
                    split=table.split,
                    language=table.language or (languages[0] if len(languages) == 1 else None),
                    mode=table.mode,
                    by=protocol.by,
                    source=protocol.source,
                    note=_note(protocol, checkpoint),
                )
                by_checkpoint.setdefault(checkpoint, []).append(measurement)
    return by_checkpoint


def _note(protocol: Protocol, checkpoint: str) -> str | None:
    on, revision = protocol.measured_on.get(checkpoint), protocol.revisions.get(checkpoint)
    parts = (
        protocol.notes.get(checkpoint),
        f"measured on {on}, which has the same weights" if on else None,
        f"at revision {revision}" if revision else None,
    )
    return "; ".join(part for part in parts if part) or None
