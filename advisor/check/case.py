"""Everything the rules of the check judge from: code, catalogue, a release, declared answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from advisor.catalogue.release import Release
from advisor.check.identity import Identities, Identity
from advisor.check.problem import Edit, Problem, make_problem
from advisor.engine.profile import Profile
from advisor.rulebase.base import RuleBase
from advisor.scan.usage import Call, Load, Location, Scan, Usage

TRANSFORMERS = "transformers"
IMPORT_AND_USE = 2
"""How often a name stands in a file that imports it for one use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One run of the check.

    `declared` are the answers that hold for all code; `chosen` are those of single checkpoints.
    `source` gives the text of a scanned file, "" where it cannot be read.
    """

    rulebase: RuleBase
    release: Release
    scan: Scan
    identities: Identities
    source: Callable[[str], str]
    declared: Profile = field(default_factory=dict)
    chosen: Mapping[str, Profile] = field(default_factory=dict)

    def identity(self, usage: Usage) -> Identity | None:
        """Return what is known of the checkpoint a usage loads."""
        return self.identities.of(usage.checkpoint)

    def knowledge(self, rule: str, name: str) -> Any:
        """Return a list or mapping of what a rule has to know."""
        return self.rulebase.checks[rule].knowledge[name]

    def problem(
        self,
        rule: str,
        message: str,
        place: Location,
        *,
        level: str | None = None,
        checkpoint: str | None = None,
        sources: Sequence[str] | None = None,
        fix: str | None = None,
        edits: tuple[Edit, ...] = (),
    ) -> Problem:
        """Return a problem of a rule, with its level, reason and sources where none are given."""
        return make_problem(
            self.rulebase,
            rule,
            message,
            place,
            level=level,
            checkpoint=checkpoint,
            sources=sources,
            fix=fix,
            edits=edits,
        )

    def import_edits(self, path: str, old: str, new: str) -> tuple[Edit, ...] | None:
        """Return what makes `new` known in a file that imports `old`; None where that is unsure."""
        names = [name for name in self.scan.names if name.place.path == path and name.imported]
        if any(name.name == new for name in names):
            return ()
        found = [name for name in names if name.name == old]
        if len(found) != 1 or found[0].module.partition(".")[0] != TRANSFORMERS:
            return None
        needed = len(re.findall(rf"\b{re.escape(old)}\b", self.source(path))) > IMPORT_AND_USE
        return (Edit(found[0].place, f"{old}, {new}" if needed else new),)

    def rename_edits(self, place: Location, old: str, new: str) -> tuple[Edit, ...]:
        """Return what renames a class of transformers at one of the places it stands.

        Where the file uses the old name in ways that were not followed, an import keeps it as an
        alias, and nothing else is touched.
        """
        path = place.path
        imports = {
            one.place for one in self.scan.names if one.place.path == path and one.name == old
        }
        loads = {
            load.class_place
            for usage in self.scan.usages
            for load in usage.loads
            if load.class_place and load.class_place.path == path and load.class_written == old
        }
        stands = len(re.findall(rf"\b{re.escape(old)}\b", self.source(path)))
        if stands <= len(imports | loads):
            return (Edit(place, new),)
        return (Edit(place, f"{new} as {old}"),) if place in imports else ()


def class_place(usage: Usage) -> Location:
    """Return where the class of a usage stands, or the usage itself."""
    return (usage.model and usage.model.class_place) or usage.place


def id_place(usage: Usage) -> Location:
    """Return where the id of a usage is written, or the usage itself."""
    values = usage.alternatives
    return values[0].place if len(values) == 1 else usage.place


def of_model(usage: Usage) -> Iterator[Call]:
    """The later uses of the model of a usage."""
    return (call for call in usage.calls if call.receiver is usage.model)


def passed(load: Load, name: str) -> Any:
    """Return the value of an argument; None where it was not passed."""
    argument = load.arguments.get(name)
    return argument.value if argument else None


def writes(usage: Usage) -> Call | None:
    """Return the first call that makes the model write text."""
    for call in usage.calls:
        if call.name == "generate" and call.kind == "call" and _is(call.receiver, usage.model):
            return call
    return None


def runs(usage: Usage) -> Call | None:
    """Return the first call that runs the model or pipeline."""
    for call in usage.calls:
        if call.kind == "call" and _is(call.receiver, usage.model):
            features = call.name.startswith("get_") and call.name.endswith("_features")
            if call.name == "generate" or features or (call.name == "__call__" and not call.of):
                return call
    return None


def _is(load: Load, model: Load | None) -> bool:
    return model is not None and load.place == model.place
