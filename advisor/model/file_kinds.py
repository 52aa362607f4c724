"""The kinds of rule files: which lists of which entities each holds, its shape and its schema."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from advisor import model
from advisor.model import evidence, figures, library, wording
from advisor.model.columns import record
from advisor.model.fields import ANSWER, HUB_ID
from advisor.reader.shape import AnyOf, KebabCase, ListOf, MapOf, OneOf, Record, Shape, TextOf

if TYPE_CHECKING:
    from advisor.reader.document import KeyPath
    from advisor.reader.shape import Faults


class Entity(NamedTuple):
    """A kind of thing that rule files define.

    It stands under `key` in the files of kind `file`, and in `part` of the compiled rules, if any.
    """

    declared: type
    file: str
    key: str
    part: str = ""


ENTITIES = {
    "criterion": Entity(model.Criterion, "criteria", "criteria", "core"),
    "tie": Entity(evidence.Tie, "criteria", "ties", "proof"),
    "question": Entity(model.Question, "questions", "questions", "core"),
    "never": Entity(model.Never, "questions", "never", "core"),
    "task": Entity(model.Task, "tasks", "tasks", "core"),
    "detour": Entity(model.Detour, "elsewhere", "elsewhere", "core"),
    "source": Entity(evidence.Source, "sources", "sources", "detail"),
    "family": Entity(model.Family, "family", "families", "core"),
    "rule": Entity(model.Rule, "decisions", "rules", "core"),
    "benchmark": Entity(figures.Benchmark, "benchmarks", "benchmarks", "figures"),
    "protocol": Entity(figures.Protocol, "figures", "protocols", "figures"),
    "yardstick": Entity(figures.Yardstick, "yardsticks", "yardsticks", "figures"),
    "order": Entity(figures.TaskOrder, "yardsticks", "orders", "figures"),
    "loss": Entity(figures.RoundingLoss, "yardsticks", "losses", "figures"),
    "checkpoint": Entity(model.Checkpoint, "checkpoints", "checkpoints"),
    "architecture": Entity(figures.Architecture, "architectures", "architectures", "architectures"),
    "group": Entity(library.TaskGroup, "tasks", "groups", "detail"),
    "machine": Entity(figures.Machine, "machines", "machines", "machines"),
    "makers": Entity(library.Makers, "makers", "makers", "machines"),
    "speed": Entity(figures.Speed, "speeds", "speeds", "speeds"),
    "workload": Entity(figures.Workload, "speeds", "workloads", "speeds"),
    "act": Entity(library.Act, "programs", "acts", "programs"),
    "use": Entity(library.RunnerUse, "programs", "uses", "programs"),
    "part": Entity(library.ProgramPart, "programs", "parts"),
    "tool": Entity(library.ProgramTool, "programs", "tools", "programs"),
    "package": Entity(library.Package, "programs", "packages", "programs"),
    "program": Entity(library.Program, "programs", "programs", "programs"),
    "project file": Entity(library.ProjectFile, "programs", "files", "programs"),
    "runtime": Entity(library.Runtime, "programs", "runtimes", "programs"),
    "supported": Entity(library.Supported, "programs", "supported", "programs"),
    "change": Entity(library.NameChange, "drift", "changes", "drift"),
    "scenario": Entity(evidence.Scenario, "scenarios", "scenarios", "proof"),
    "check": Entity(library.CheckRule, "checks", "checks", "checks"),
    "concept": Entity(wording.Concept, "words", "concepts", "lexicon"),
    "sentence-language": Entity(wording.SentenceLanguage, "words", "languages"),
    "meaning": Entity(wording.Meaning, "words", "meanings", "lexicon"),
    "implication": Entity(wording.Implication, "words", "implications", "lexicon"),
    "measure": Entity(wording.Measure, "words", "measures", "lexicon"),
    "numeral": Entity(wording.Numeral, "words", "numerals", "lexicon"),
    "particle": Entity(wording.Particle, "words", "particles", "lexicon"),
}
"""Everything that rule files define, by the noun that messages use."""

LISTS = {"checkpoints": {"series": "series"}}
"""For the kinds of files that hold lists, what stands under each key."""

for _noun, _entity in ENTITIES.items():
    LISTS.setdefault(_entity.file, {})[_entity.key] = _noun

PROFILE = MapOf(ANSWER)
"""What a file of answers holds."""

MOST_IN_PROJECT = 1_000
"""Nobody declares more choices or patterns than this by hand."""

PROJECT = Record(
    {
        "choices?": ListOf(
            Record(
                {
                    "name": KebabCase(),
                    "checkpoint": TextOf(HUB_ID, "a Hub id such as `org/name`"),
                    "revision?": TextOf(),
                    "class?": TextOf(r"[A-Za-z_][A-Za-z0-9_]*", "a class such as `CLIPModel`"),
                    "needs": AnyOf(MapOf(ANSWER, least=1), TextOf()),
                    "waive?": ListOf(
                        Record(
                            {
                                "rule": KebabCase(),
                                "reason": TextOf(),
                                "until": TextOf(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", "a day"),
                            }
                        )
                    ),
                }
            ),
            most=MOST_IN_PROJECT,
        ),
        "rules?": ListOf(TextOf(), least=1),
        "fail_on?": OneOf("error", "warning", "outdated-choice", "never"),
        "exclude?": ListOf(TextOf(), most=MOST_IN_PROJECT),
        "transformers?": TextOf(r"[0-9]+(\.[0-9]+)*", "a version such as `5.24.0`"),
    }
)
"""What `advisor.yaml` holds."""

KINDS = (
    *("criteria", "questions", "tasks", "elsewhere", "sources", "decisions"),
    *("benchmarks", "yardsticks", "figures"),
    *("family", "family-extension", "checkpoints", "architectures", "machines", "makers"),
    *("speeds", "programs", "drift", "scenarios", "checks", "words", "project", "profile"),
)
"""Every kind of file, in the order in which they are listed."""


@cache
def file_shape(kind: str) -> Shape:
    """Return the shape of a kind of file."""
    special: dict[str, Callable[[], Shape]] = {
        "family": lambda: record(model.Family),
        "family-extension": lambda: _with_id(record(model.Family)),
        "checkpoints": _checkpoints,
        "sources": _sources,
        "project": lambda: PROJECT,
        "profile": lambda: PROFILE,
    }
    if kind in special:
        return special[kind]()
    lists: dict[str, Shape] = {}  # the first counts, others may be left out
    for key, of in LISTS[kind].items():
        least = key in ("criteria", "questions", "tasks", "parts", "programs", "checks")
        optional = bool(lists) or kind in ("programs", "words")
        lists[f"{key}?" if optional else key] = ListOf(record(ENTITIES[of].declared), int(least))
    return Record(lists)


class _Member(Record):
    """A checkpoint; what it does not say itself, its series has to.

    A field of a member without a value says that nobody verified for it what its series has.
    """

    def problems(self, value: Any, path: KeyPath = ()) -> Faults:
        if isinstance(value, dict) and "series" in value:
            value = {key: each for key, each in value.items() if each is not None}
        return super().problems(value, path)

    def schema(self) -> dict[str, Any]:
        schema = super().schema()
        of_member = {
            key: {"anyOf": [each, {"type": "null"}]}
            for key, each in schema["properties"].items()
            if key not in self.required
        }
        alone = {"required": record(model.Checkpoint).required, "properties": schema["properties"]}
        member = {"required": ["series"], "properties": of_member}
        return schema | {
            "properties": dict.fromkeys(schema["properties"], True),
            "anyOf": [member, alone],
        }


def _checkpoints() -> Record:
    """Return the shape of a file of checkpoints, which knows short forms of them."""
    entry = record(model.Checkpoint)
    cited = TextOf(r"[a-z0-9]+([_-][a-z0-9]+)*", "a field of this checkpoint, or a source")
    short = _optional(entry) | {"sources?": MapOf(ListOf(TextOf(), least=1), cited)}
    member = dict(short)
    del short["series?"]
    return Record(
        {
            "series?": ListOf(Record({"id": KebabCase(), **short})),
            "checkpoints": ListOf(_Member({"id": entry.fields["id"], **member})),
        }
    )


def _sources() -> Record:
    """Return the shape of a file of sources, some of which may share what they say in groups."""
    entry = record(evidence.Source)
    group = {
        **_optional(entry),
        "pages?": MapOf(TextOf(), least=1),
        "sources?": ListOf(_with_id(entry), least=1),
    }
    return Record(
        {
            "sources?": ListOf(entry),
            "groups?": ListOf(Record(group, one_of=("pages", "sources"))),
        }
    )


def _with_id(entry: Record) -> Record:
    """Return the shape of an entry of which only the id has to stand."""
    return Record({"id": entry.fields["id"], **_optional(entry)})


def _optional(entry: Record) -> dict[str, Shape]:
    """Return the fields of an entry but its id, each of which may be left out."""
    return {f"{key}?": each for key, each in entry.fields.items() if key != "id"}


def schema(kind: str) -> dict[str, Any]:
    """Return the JSON Schema of a file kind, for an editor to complete and check."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"advisor {kind}",
        **file_shape(kind).schema(),
    }
