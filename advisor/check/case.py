"""Everything the rules of the check judge from: code, choices, catalogue, a release, answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from advisor.catalogue.release import Release
from advisor.check.finding import Edit, Finding
from advisor.check.identity import Identities, Identity
from advisor.engine.profile import Profile
from advisor.model import Checkpoint
from advisor.rulebase.base import RuleBase
from advisor.scan.usage import Call, Load, Location, Scan, Usage

if TYPE_CHECKING:
    from advisor.check.declaration import DeclaredChoice
    from advisor.check.judgement import Judgement
    from advisor.check.lock import Lock

TRANSFORMERS = "transformers"
IMPORT_AND_USE = 2
"""How often a name stands in a file that imports it for one use."""
NO_CODE = Scan((), (), (), (), 0)


class Suppression(NamedTuple):
    """What is left to say, how many findings were ignored or waived, and by what.

    `ignores` are numbers of comments, each with a rule that it took away, "" where it names none;
    `waivers` are names of choices, each with a rule whose waiver is not idle.
    """

    left: tuple[Finding, ...] = ()
    ignored: int = 0
    waived: int = 0
    ignores: frozenset[tuple[int, str]] = frozenset()
    waivers: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One run of the check, as one rule sees it: `rule` is the id of the rule that judges.

    `source` gives the text of a scanned file, "" where it cannot be read. `declared` are the
    answers that hold for all code. `whole` is true where all code of the project was scanned.
    `lock` is what advisor.lock holds, `suppression` what was taken away before this rule judges.
    Without a release only single checkpoints can be judged, whose class nobody named.
    """

    rulebase: RuleBase
    identities: Identities
    judged_by: Release | None
    scan: Scan = NO_CODE
    source: Callable[[str], str] = str
    declared: Profile = field(default_factory=dict)
    choices: tuple[DeclaredChoice, ...] = ()
    judgements: tuple[Judgement, ...] = ()
    today: str = ""
    whole: bool = True
    lock: Lock | None = None
    suppression: Suppression = Suppression()  # noqa: RUF009 - frozen
    rule: str = ""

    @property
    def release(self) -> Release:
        """The release of transformers to judge by."""
        if self.judged_by is None:
            raise LookupError("nothing that depends on a release can be judged without one")
        return self.judged_by

    def judgements_of(self, choice: DeclaredChoice) -> list[Judgement]:
        """Return one judgement for each task of a choice; none where nobody knows it."""
        return [judgement for judgement in self.judgements if judgement.choice is choice]

    def identity(self, usage: Usage) -> Identity | None:
        """Return what is known of the checkpoint a usage loads."""
        return self.identities.of(usage.checkpoint)

    def knowledge(self, name: str, rule: str | None = None) -> Any:
        """Return a list or mapping of what the rule, or another one, has to know."""
        return self.rulebase.checks[rule or self.rule].knowledge[name]

    def finding(
        self,
        message: str,
        place: Location | None = None,
        *,
        about: Checkpoint | Identity | None = None,
        citing: tuple[str, ...] = (),
        level: str | None = None,
        because: str | None = None,
        sources: Sequence[str] = (),
        fix: str | None = None,
        edits: tuple[Edit, ...] = (),
    ) -> Finding:
        """Return a finding of the rule, with its level, reason and sources where none are given.

        `citing` are fields of the checkpoint it is `about`; the first that has sources lends them.
        """
        entry = self.rulebase.checks[self.rule]
        cited = (about.sources.get(field) for field in citing) if about else ()
        return Finding(
            rule=self.rule,
            level=level or entry.level,
            message=message,
            because=entry.because if because is None else because,
            sources=tuple(sources or next(filter(None, cited), entry.sources)),
            place=place,
            fix=fix,
            checkpoint=about.id if about else None,
            edits=edits,
        )

    def replace_class(self, place: Location, old: str, new: str) -> tuple[Edit, ...]:
        """Return what puts a class in the place of another, and imports it; () if unsure."""
        path, use = place.path, Edit(place, new)
        names = [name for name in self.scan.names if name.place.path == path and name.imported]
        if any(name.name == new for name in names):
            return (use,)
        found = [name for name in names if name.name == old]
        if len(found) != 1 or found[0].module.partition(".")[0] != TRANSFORMERS:
            return ()
        needed = self._stands(path, old) > IMPORT_AND_USE
        return use, Edit(found[0].place, f"{old}, {new}" if needed else new)

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
        if self._stands(path, old) <= len(imports | loads):
            return (Edit(place, new),)
        return (Edit(place, f"{new} as {old}"),) if place in imports else ()

    def _stands(self, path: str, name: str) -> int:
        """Return how often a name stands in a file."""
        return len(re.findall(rf"\b{re.escape(name)}\b", self.source(path)))


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
