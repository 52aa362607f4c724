"""All that a rule of the check works on, and the decorator that makes a function its detector."""

from __future__ import annotations

import contextlib
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from operator import attrgetter
from typing import Any, TypeAlias

from advisor.catalogue.release import Release
from advisor.check.finding import TEXTS_AT_ONCE, Edit, Finding, advice, stretch
from advisor.check.identity import Identity, identity_of
from advisor.check.judged_files import JudgedFiles
from advisor.check.judgement import DeclaredChoice, Judgement
from advisor.check.records import Lock
from advisor.engine.profile import Profile
from advisor.model import Checkpoint, NamedTuple
from advisor.model.library import CheckRule
from advisor.rulebase.base import RuleBase
from advisor.scan.notebook import parse_notebook
from advisor.scan.source import UnreadableError, same_letters
from advisor.scan.usage import Call, Location, Name, Scan, Usage

TRANSFORMERS = "transformers"
USAGES, CHOSEN, DECLARED = map(attrgetter, ("scan.usages", "judgements", "choices"))
"""The parts a rule may check one by one: loads in code, judgements, declared models."""
IMPORT_AND_USE = 2
"""How often a name occurs in a file that imports it for one use."""


class Suppression(NamedTuple):
    """The findings that are left, ignored by a comment, and waived."""

    left: tuple[Finding, ...] = ()
    ignored: tuple[Finding, ...] = ()
    waived: tuple[Finding, ...] = ()


NamePlaces: TypeAlias = dict[tuple[str, str], dict[Location, "Name | None"]]
"""Locations of class names by file and name, with the `Name` of an import; None for a use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One run of the check, as a detector sees it: `rule` is the id of its first rule.

    `judged_by` is the target release; without one, only single checkpoints of no named class can be
    judged. `judged` are the files that a pin gives a target of their own. `source` returns the text
    of a scanned file, "" if it cannot be read. `declared` are the answers for all code. `whole` is
    true if all code of the project was scanned. `lock` holds advisor.lock, `suppression` what was
    suppressed before this rule runs. `lowered` has the shipped levels of rules that overlays
    lowered; with `strict` they apply. With `all_models`, files without vision-language models are
    judged in full. `once` holds results that rules share, by name.
    """

    rulebase: RuleBase
    judged_by: Release | None = None
    judged: tuple[JudgedFiles, ...] = ()
    scan: Scan = Scan()  # noqa: RUF009 - frozen
    source: Callable[[str], str] = str
    declared: Profile = field(default_factory=dict)
    choices: tuple[DeclaredChoice, ...] = ()
    judgements: tuple[Judgement, ...] = ()
    today: str = ""
    whole: bool = True
    lock: Lock | None = None
    suppression: Suppression = Suppression()  # noqa: RUF009 - frozen
    strict: bool = False
    all_models: bool = False
    lowered: Mapping[str, str] = field(default_factory=dict)
    rule: str = ""
    once: dict[str, Any] = field(default_factory=dict, compare=False)

    @property
    def release(self) -> Release:
        """The target release of transformers. Raises LookupError if there is none."""
        if self.judged_by is None:
            raise LookupError("rules that depend on a release need a target version")
        return self.judged_by

    @property
    def transformers(self) -> str:
        """The target release, as messages name it: `transformers 5.0`."""
        return f"{TRANSFORMERS} {self.release.version}"

    def of_files(self, has: Callable[[str], bool], by: Release | None) -> Case:
        """Return the case of the files that `has` is true of, with `by` as the target release."""
        seen = ("usages", "beside", "names", "built", "overrides")
        own: dict[str, Any] = {
            of: tuple(x for x in getattr(self.scan, of) if has(x.place.path)) for of in seen
        }
        scan = self.scan._replace(**own)
        return replace(self, judged_by=by, judged=(), scan=scan, once={})

    def worked_out(self, name: str, work: Callable[[Case], Any]) -> Any:
        """Return `work(self)`, which is computed once per name for all rules of the same code."""
        if name not in self.once:
            self.once[name] = work(self)
        return self.once[name]

    def calls(self) -> Iterator[tuple[Usage, Call]]:
        """Yield the calls of loaded objects, with their usages."""
        uses = ((usage, call) for usage in self.scan.usages for call in usage.calls)
        return ((usage, call) for usage, call in uses if call.kind == "call")

    def known(self) -> Iterator[tuple[Usage, Identity]]:
        """Yield the usages whose checkpoint is in the catalog, or is a sibling of one that is."""
        pairs = ((usage, self.identity(usage)) for usage in self.scan.usages)
        return ((usage, identity) for usage, identity in pairs if identity)

    def catalogued(self) -> Iterator[tuple[Usage, Checkpoint]]:
        """Yield the usages whose checkpoint is in the catalog, with the checkpoint."""
        pairs = ((usage, identity.checkpoint) for usage, identity in self.known())
        return ((usage, checkpoint) for usage, checkpoint in pairs if checkpoint)

    def judgements_of(self, choice: DeclaredChoice) -> list[Judgement]:
        """Return the judgements of a choice, one for each task; empty if it is not catalogued."""
        return [judgement for judgement in self.judgements if judgement.choice is choice]

    def identity(self, usage: Usage) -> Identity | None:
        """Return what is known of the checkpoint that a usage loads; None if nothing is."""
        return identity_of(self.rulebase, usage.checkpoint)

    def knowledge(self, name: str, rule: str | None = None) -> Any:
        """Return an entry of the knowledge of this rule, or of another one."""
        return self.rulebase.checks[rule or self.rule].knowledge[name]

    def replace_class(self, place: Location, old: str, new: str) -> tuple[Edit, ...]:
        """Return the edits that replace a class, and its import; () if they may be wrong."""
        path, use = place.path, Edit(place, new, old)
        names = [name for name in self.scan.names_of(path) if name.imported]
        ours = [name for name in names if name.name == new]
        always = [name for name in ours if not (name.alias or name.optional or name.inside)]
        if any(name.place[1:3] < place[1:3] for name in always):
            return (use,)
        alike = [name for name in names if name.name == old]
        alone = len(alike) == 1 and alike[0].module == TRANSFORMERS and not alike[0].optional
        if not alone or self.times(path, new) > len(ours):
            return ()
        still_used = self.times(path, old) > IMPORT_AND_USE
        added = f"{new}, {old}" if alike[0].alias else f"{old}, {new}" if still_used else new
        return use, Edit(alike[0].place, added, old)

    def places_of_names(self) -> NamePlaces:
        """Return the locations of class names in code."""
        places: NamePlaces = defaultdict(dict)
        for usage in self.scan.usages:
            for load in usage.loads:
                if load.class_place and load.class_written:
                    places[load.class_place.path, load.class_written][load.class_place] = None
                if load.class_name and (at := load.class_name_place):
                    places[at.path, load.class_name][at] = None
        for name in self.scan.names:
            places[name.place.path, name.name][name.place] = name
        return dict(places)

    def renames(self, path: str, old: str, new: str) -> Mapping[Location, tuple[Edit, ...]]:
        """Return the edits that rename a transformers class in a file, by location of a finding.

        The first import has the edits of all uses, which belong together. If the old name may be
        used elsewhere in the file, or by other files (never from a notebook), each import keeps it
        as an alias, and nothing else is changed.
        """
        places: NamePlaces = self.worked_out("names", Case.places_of_names)
        here = places.get((path, old), {})
        names = {at: name for at, name in here.items() if name}
        modules = {at: name.module.partition(".")[2] for at, name in names.items()}
        members = self.release.members
        there = {at for at, it in modules.items() if not it or new in (members.names(it) or ())}
        bare = [at for at, name in names.items() if name.imported and not name.alias]
        edits = {at: (Edit(at, new, old),) for at in there.difference(bare)}
        if not bare or len(there) < len(names):
            return edits
        used = [at for at, name in here.items() if name is None]
        standing = {name: len(places.get((path, name), {})) for name in (old, new)}
        followed = all(self.times(path, name) <= number for name, number in standing.items())
        given = self.worked_out(  # to files that use such a name and do not import it
            "given", lambda _: {name for (_, name), at in places.items() if not any(at.values())}
        )
        passed_on = bare[0].cell is None and (not used or old in given)
        if passed_on or not followed:
            return edits | {at: (Edit(at, f"{new} as {old}", old),) for at in bare}
        return edits | {bare[0]: tuple(Edit(at, new, old) for at in (*bare, *used))}

    def times(self, path: str, name: str) -> int:
        """Return how often a name occurs in the code of a file."""
        word = re.escape(name)  # which begins the pattern, since it is found much faster so
        return len(re.findall(rf"{word}(?<!\w{word})\b", _code(path, self.source(path))))

    def stands_at(self, place: Location) -> str:
        """Return the text at a location of a scanned file."""
        return stretch(place.path, self.source(place.path), place)


@lru_cache(maxsize=4 * TEXTS_AT_ONCE)
def mentions(text: str, *sought: str | re.Pattern[str]) -> bool:
    """True if one of some words or patterns occurs in a text.

    The answer is cached, since many loads of a file ask for it.
    """
    return any(word in text if isinstance(word, str) else word.search(text) for word in sought)


@lru_cache(maxsize=TEXTS_AT_ONCE)
def _code(path: str, text: str) -> str:
    """The code of a file, with plain ASCII letters; of a notebook, that in its cells."""
    if path.lower().endswith(".ipynb"):
        with contextlib.suppress(UnreadableError):
            text = parse_notebook(text.encode("utf-8", "surrogatepass"), path).written
    return same_letters(text)


class Detector(NamedTuple):
    """A function that finds what one or more rules report, in each part (`each`) of a case.

    A finding without `rule` is of the first one, `Case.rule`. If the last item of a part is a
    checkpoint, judgement or choice, the finding is about it; the first field in `citing` that has
    sources supplies them. `runs` tells whether a case has what the rule needs; if not, its waivers
    are not reported as unused. `of_release` is true if it reports what a release of transformers
    lacks. Findings of such a rule, and of one with `together`, are joined in each file.
    """

    ids: tuple[str, ...]
    find: Callable[..., Iterator[Finding]]
    each: Callable[[Case], Iterable[Any]] = lambda _: [()]
    citing: tuple[str, ...] = ()
    runs: Callable[[Case], object] = lambda _: True
    of_release: bool = False
    together: bool = False

    def can_judge(self, case: Case) -> bool:
        """True if the case has what the rule needs, and a target release if it is `of_release`."""
        return bool(self.runs(case)) and (case.judged_by is not None or not self.of_release)

    def findings(self, case: Case) -> Iterator[Finding]:
        """Yield the completed findings in a case; none before the release in the rule's `since`."""
        judged = replace(case, rule=self.ids[0])
        since = case.rulebase.checks[self.ids[0]].knowledge.get("since")
        if since and not case.release.reaches(since[0]):
            return
        for each in self.each(judged):
            part = each if type(each) is tuple else (each,)
            for finding in self.find(judged, *part):
                rule = case.rulebase.checks[finding.rule or judged.rule]
                yield self._completed(judged, finding, rule, *part[-1:])

    def _completed(
        self, case: Case, finding: Finding, rule: CheckRule, about: Any = None
    ) -> Finding:
        """Return a finding with empty fields filled; without edits if their old text differs."""
        choice = about if isinstance(about, DeclaredChoice) else None
        if isinstance(about, Judgement):
            choice, about = about.choice, about.checkpoint
        subject = about if isinstance(about, (Checkpoint, Identity)) else None
        id = subject.id if subject else choice.checkpoint if choice else None
        level = finding.level or (case.strict and case.lowered.get(rule.id)) or rule.level
        there = [edit._replace(old=case.stands_at(edit.place)) for edit in finding.edits]
        pairs = zip(there, finding.edits, strict=True)  # what stands there may be what one replaces
        same = all(edit.old in (now.old, same_letters(now.old)) for now, edit in pairs)
        cited = [subject.sources.get(field) for field in self.citing if subject]
        cited = [finding.sources, finding.change and finding.change.sources, *cited]
        return finding._replace(
            rule=rule.id,
            level=level,
            because=finding.because or (finding.change and finding.change.because) or rule.because,
            sources=tuple(next(filter(None, cited), rule.sources)),
            fix=finding.fix or (advice(finding.change.instead) if finding.change else None),
            change=None,
            place=finding.place or (choice.place if choice else None),
            edits=tuple(there) if same else (),
            checkpoint=finding.checkpoint or id,
            choice=finding.choice or (choice.name if choice else None),
        )


def rule(*ids: str, **how: Any) -> Callable[[Callable[..., Iterator[Finding]]], Detector]:
    """Declare a function as the detector of rules in rules/checks/, with fields of `Detector`."""
    return lambda find: Detector(ids, find, **how)


def id_place(usage: Usage) -> Location:
    """Return the location of the id if only one is possible, else of the usage."""
    values = usage.alternatives
    return values[0].place if len(values) == 1 else usage.place


def uses_of_model(usage: Usage, kind: str) -> Iterator[Call]:
    """Yield the uses of one kind of the model that is loaded."""
    place = usage.model and usage.model.place
    return (call for call in usage.calls if call.kind == kind and call.receiver.place == place)


def writes(usage: Usage) -> Call | None:
    """Return the first call of `generate` on the model, None if there is none."""
    return next((call for call in uses_of_model(usage, "call") if call.name == "generate"), None)


def runs(usage: Usage) -> bool:
    """True if code calls the model or pipeline, its `generate` or a `get_*_features`."""
    calls = [*uses_of_model(usage, "call")]
    features = (it.name.startswith("get_") and it.name.endswith("_features") for it in calls)
    made = (it.name == "generate" or (it.name == "__call__" and not it.of) for it in calls)
    return any((*features, *made))
