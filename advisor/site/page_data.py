"""What the page is given: the rule base as rows, and what Python works out of it beforehand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from advisor.decide.memory import (
    file_dtype,
    loaded_dtype,
    memory_gb,
    training_memory,
)
from advisor.draw.formats import plain
from advisor.foreign import visible
from advisor.model import Checkpoint, Criterion, Detour, Family, Never, Question, Rule, Task
from advisor.model.columns import plan
from advisor.model.library import Act, Program, RunnerUse, TaskGroup
from advisor.model.phrase_kinds import ALIAS, BETWEEN, CONCEPT, MEANS, NEXT
from advisor.model.value import encode
from advisor.rulebase.base import RuleBase
from advisor.site.constants import constants
from advisor.tokens import ANY

DTYPES = ("float32", "bfloat16", "float16")
ROWS: dict[str, type] = {
    "criteria": Criterion,
    "questions": Question,
    "tasks": Task,
    "families": Family,
    "rules": Rule,
    "never": Never,
    "detours": Detour,
    "programs": Program,
    "acts": Act,
    "uses": RunnerUse,
    "groups": TaskGroup,
}
"""What of a rule base the page gets as rows, by the name it has there."""


def page_data(rulebase: RuleBase, priority: Sequence[str] = ()) -> dict[str, Any]:
    """Return all that the page knows, as JSON can hold it.

    Answers there are those of `recommend` under the same rules and `priority`.
    """
    values = {name: _values(rulebase, name) for name in ROWS}
    checkpoints = {family.id: rulebase.catalogue(family.id) for family in rulebase.families}
    catalogued = [one for of_family in checkpoints.values() for one in of_family]
    return {
        "digest": rulebase.digest,
        "overlays": list(rulebase.overlays),
        "folders": [*map(visible, rulebase.folders)],
        "priority": list(priority),
        "layouts": _layouts((*ROWS.values(), Checkpoint)),
        "rows": {name: encode(list(rows)) for name, rows in values.items()},
        "checkpoints": {family: encode(rows) for family, rows in checkpoints.items()},
        "weighed": {one.id: _weighed(one) for one in catalogued},
        "orders": {task.id: rulebase.order(task.id) for task in rulebase.tasks},
        "read": rulebase.source_dates,
        "sources": {id: [one.title, one.url] for id, one in rulebase.sources.items()},
        "search": searched(rulebase),
        "constants": constants(),
    }


def _values(rulebase: RuleBase, name: str) -> Iterable[Any]:
    held = getattr(rulebase, name)
    return held.values() if isinstance(held, Mapping) else held


def _layouts(declared: Iterable[type]) -> dict[str, dict[str, Any]]:
    """Return the fields of classes with their defaults, and which hold values of others."""
    classes = list(declared)
    planned = plan(classes)
    known = {each.__name__: each for each in classes}
    for name in planned:
        known.setdefault(name, _declared(name))
    return {
        name: {
            "fields": row["fields"],
            "nested": row["nested"],
            "defaults": {
                field: plain(default)
                for field, default in vars(known[name])["_field_defaults"].items()
            },
        }
        for name, row in planned.items()
    }


def _declared(name: str) -> type:
    """Return a declared class by its name."""
    from advisor import model
    from advisor.model import library

    found: type = vars(model).get(name) or vars(library)[name]
    return found


def _weighed(checkpoint: Checkpoint) -> dict[str, Any]:
    """Return what a checkpoint takes to run in each precision, and to train."""
    by_file = memory_gb(checkpoint)
    same = loaded_dtype(checkpoint) == file_dtype(checkpoint)
    return {
        "memory_gb": {"": by_file, **{dtype: memory_gb(checkpoint, dtype) for dtype in DTYPES}},
        "training": plain(training_memory(checkpoint)),
        "dtype": "auto" if same else "bfloat16",
    }


def searched(rulebase: RuleBase) -> dict[str, Any]:
    """Return the words that may be typed for tasks: names by task, and the lexicon's by concept.

    A concept has the tasks that it speaks of, and its phrases.
    """
    index = rulebase.words_index
    names: dict[str, dict[str, None]] = {
        task.id: dict.fromkeys((task.id, *task.aliases, *task.words)) for task in rulebase.tasks
    }
    concepts: dict[str, dict[str, dict[str, None]]] = {}
    for row in index["meanings"]:
        task, *speaking = row.split()
        for concept in speaking:
            concepts.setdefault(concept, {"tasks": {}, "phrases": {}})["tasks"][task] = None
    told = (one for shelf in index["phrases"].values() for one in shelf.split(NEXT))
    for phrase, meanings in (one.split(MEANS) for one in told):
        for kind, id in ((one[0], one[1:]) for one in meanings.split(BETWEEN) if one):
            if kind == ALIAS:
                names[id][phrase] = None
            elif kind == CONCEPT and id in concepts:
                concepts[id]["phrases"][phrase.replace(ANY, "")] = None
    return {
        "names": {task: list(words) for task, words in names.items()},
        "concepts": [[*map(list, one.values())] for one in concepts.values()],
    }
