"""The rule base: everything known, with look-ups. Details and catalogue are read on demand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from advisor.errors import UsageError, unknown_name
from advisor.model import (
    Act,
    Benchmark,
    Checkpoint,
    Criterion,
    Elsewhere,
    Family,
    Never,
    Program,
    Question,
    Rule,
    RunnerUse,
    Task,
)
from advisor.model.value import Plan, decode

if TYPE_CHECKING:
    from advisor.model.evidence import ArticleClaim, Example, Scenario, Source, Statement, Tie
    from advisor.model.library import Architecture, CheckRule, NameChange

Thing = TypeVar("Thing")

Part = Callable[[str], dict[str, Any]]
"""Gives one part of a compiled rule base: core, detail, catalogue or proof."""


class RuleBase:
    """Everything known. Built from compiled parts; `load_rules` is the way to get one.

    `overlays` says what overlays change, `folders` which they are.
    """

    def __init__(self, part: Part) -> None:
        self._part = part
        core = part("core")
        self.digest: str = core["digest"]
        self.overlays: tuple[str, ...] = tuple(core["overlays"])
        self.folders: tuple[str, ...] = ()
        self._plan: Plan = core["plan"]
        self.criteria = self._decoded(Criterion, core["criteria"])
        self.questions = self._decoded(Question, core["questions"])
        self.tasks = self._decoded(Task, core["tasks"])
        self.families = self._decoded(Family, core["families"])
        self.rules = self._decoded(Rule, core["rules"])
        self.never = self._decoded(Never, core["never"])
        self._catalogue: dict[str, list[Checkpoint]] = {}

    def question(self, id: str) -> Question:
        """Return a question by id."""
        return self._find("question", id, {q.id: q for q in self.questions})

    def task(self, name: str) -> Task:
        """Return a task by id, alias or word; a word for several tasks is refused."""
        if name in self.words:
            return self.meant(name)[0]
        return self._find("task", name, self.task_names)

    def family(self, name: str) -> Family:
        """Return a family by id or alias."""
        return self._find("family", name, self.family_names)

    @cached_property
    def question_ids(self) -> frozenset[str]:
        """The ids of all questions."""
        return frozenset(question.id for question in self.questions)

    def rule(self, id: str) -> Rule:
        """Return a rule by id, written or derived."""
        return self._find("rule", id, {rule.id: rule for rule in self.rules})

    def criterion(self, id: str) -> Criterion:
        """Return a criterion by id."""
        return self._find("criterion", id, {criterion.id: criterion for criterion in self.criteria})

    def source(self, id: str) -> Source:
        """Return a source by id."""
        return self._find("source", id, self.sources)

    def checkpoint(self, id: str) -> Checkpoint:
        """Return a catalogued checkpoint by id."""
        return self._find("checkpoint", id, self.checkpoints)

    @cached_property
    def task_names(self) -> dict[str, Task]:
        """Every id and alias of a task."""
        names = {alias: task for task in self.tasks for alias in task.aliases}
        return names | {task.id: task for task in self.tasks}

    @cached_property
    def words(self) -> dict[str, list[tuple[Task, Mapping[str, str]]]]:
        """What each word can mean: tasks, each with the answers that go with it."""
        meanings: dict[str, list[tuple[Task, Mapping[str, str]]]] = {}
        for task in self.tasks:
            for word, answers in task.words.items():
                meanings.setdefault(word, []).append((task, answers))
        return meanings

    def meant(self, word: str) -> tuple[Task, Mapping[str, str]]:
        """Return the task and answers that a word means; raises UsageError for one with several."""
        meanings = self.words[word]
        if len(meanings) > 1:
            ways = [
                " ".join(
                    [f"--task {task.id}", *(f"--{id} {answer}" for id, answer in answers.items())]
                )
                for task, answers in meanings
            ]
            raise UsageError(
                f"`{word}` can mean {len(ways)} tasks",
                hint=f"say which: {', or '.join(ways)}",
                kind="ambiguous-task",
            )
        return meanings[0]

    @cached_property
    def family_names(self) -> dict[str, Family]:
        """Every id and alias of a family."""
        names = {alias: family for family in self.families for alias in family.aliases}
        return names | {family.id: family for family in self.families}

    @cached_property
    def sources(self) -> dict[str, Source]:
        """Every source by id."""
        from advisor.model.evidence import Source

        return {one.id: one for one in self._decoded(Source, self._part("detail")["sources"])}

    @cached_property
    def descriptions(self) -> dict[str, dict[str, list[Statement]]]:
        """For each family, the sections of its description."""
        from advisor.model.evidence import Statement

        return {
            family: {
                section: list(self._decoded(Statement, rows)) for section, rows in sections.items()
            }
            for family, sections in self._part("detail")["descriptions"].items()
        }

    @cached_property
    def claims(self) -> dict[str, list[ArticleClaim]]:
        """For each family, what articles say of it and what is true today."""
        from advisor.model.evidence import ArticleClaim

        detail = self._part("detail")["claims"]
        return {family: list(self._decoded(ArticleClaim, rows)) for family, rows in detail.items()}

    @cached_property
    def demanding(self) -> tuple[Question, ...]:
        """The questions whose answers can require something of a checkpoint."""
        return tuple(q for q in self.questions if any(option.requires for option in q.options))

    @cached_property
    def keeping(self) -> tuple[Question, ...]:
        """The questions whose answers change what others require.

        They say what training does not change, or in which precision weights are loaded.
        """
        return tuple(q for q in self.questions if any(o.keeps or o.dtype for o in q.options))

    @cached_property
    def ordering(self) -> tuple[Question, ...]:
        """The questions whose answers say which checkpoints come first."""
        return tuple(q for q in self.questions if any(option.order for option in q.options))

    @cached_property
    def aimed(self) -> dict[str, list[Rule]]:
        """The rules aimed at single checkpoints, by checkpoint."""
        by_checkpoint: dict[str, list[Rule]] = {}
        for rule in self.rules:
            for candidate in rule.candidates:
                if "/" in candidate:
                    by_checkpoint.setdefault(candidate, []).append(rule)
        return by_checkpoint

    def catalogue(self, family: str) -> list[Checkpoint]:
        """Return the checkpoints of one family; reads no others."""
        if family not in self._catalogue:
            rows = self._part("catalogue")["checkpoints"].get(family, [])
            self._catalogue[family] = list(self._decoded(Checkpoint, rows))
        return self._catalogue[family]

    @cached_property
    def checkpoints(self) -> dict[str, Checkpoint]:
        """The whole catalogue, by id, in the order of the files."""
        families = self._part("catalogue")["checkpoints"]
        return {one.id: one for family in families for one in self.catalogue(family)}

    @cached_property
    def benchmarks(self) -> tuple[Benchmark, ...]:
        """The public benchmarks that tell how well tasks are done, the most telling first."""
        return self._decoded(Benchmark, self._part("catalogue").get("benchmarks", ()))

    @cached_property
    def source_dates(self) -> dict[str, str]:
        """For each source the day or month it was read; costs less than `sources`."""
        return dict(self._part("catalogue").get("read", {}))

    @cached_property
    def architectures(self) -> dict[str, Architecture]:
        """The known dimensions of networks, by id."""
        from advisor.model.library import Architecture

        rows = self._part("architectures")["architectures"]
        return {one.id: one for one in self._decoded(Architecture, rows)}

    @cached_property
    def programs(self) -> tuple[Program, ...]:
        """Short programs to run a checkpoint with, the first that fits counts."""
        return self._decoded(Program, self._part("programs")["programs"])

    @cached_property
    def acts(self) -> dict[str, Act]:
        """What a runner of `advisor try` does with an image, by id."""
        return {act.id: act for act in self._decoded(Act, self._part("programs")["acts"])}

    @cached_property
    def uses(self) -> tuple[RunnerUse, ...]:
        """Which runners call which classes; the first that fits counts."""
        return self._decoded(RunnerUse, self._part("programs")["uses"])

    @cached_property
    def changes(self) -> tuple[NameChange, ...]:
        """What releases of transformers removed, renamed or redirected."""
        from advisor.model.library import NameChange

        return self._decoded(NameChange, self._part("drift")["changes"])

    @cached_property
    def checks(self) -> dict[str, CheckRule]:
        """The rules of `advisor check`, by id, in the order of the files."""
        from advisor.model.library import CheckRule

        return {one.id: one for one in self._decoded(CheckRule, self._part("checks")["checks"])}

    @cached_property
    def examples(self) -> tuple[Example, ...]:
        """The examples of all rules."""
        from advisor.model.evidence import Example

        return self._decoded(Example, self._part("proof")["examples"])

    @cached_property
    def scenarios(self) -> tuple[Scenario, ...]:
        """Whole profiles with the outcome they must give."""
        from advisor.model.evidence import Scenario

        return self._decoded(Scenario, self._part("proof")["scenarios"])

    @cached_property
    def ties(self) -> tuple[Tie, ...]:
        """The cases in which only the rank of families may decide."""
        from advisor.model.evidence import Tie

        return self._decoded(Tie, self._part("proof")["ties"])

    def place(self, kind: str, id: str) -> str:
        """Return where an entry stands, as file:line; empty where nobody wrote it."""
        return str(self._part("proof")["places"].get(kind, {}).get(id, ""))

    @cached_property
    def elsewhere(self) -> dict[str, Elsewhere]:
        """For each task that no family does, what to use instead."""
        return {task.id: task.elsewhere for task in self.tasks if task.elsewhere}

    def keys_of(self, declared: type) -> dict[str, str]:
        """Return how files and JSON call the fields of a class that are called otherwise there."""
        keys: dict[str, str] = self._plan[declared.__name__]["keys"]
        return keys

    def _decoded(self, declared: type[Thing], rows: Iterable[list[Any]]) -> tuple[Thing, ...]:
        return tuple(decode(declared, rows, self._plan))

    def _find(self, kind: str, name: str, known: dict[str, Thing]) -> Thing:
        thing = known.get(name)
        if thing is None:
            plural = {"criterion": "criteria", "family": "families"}.get(kind, f"{kind}s")
            raise unknown_name(
                kind, name, list(known), f"`advisor list {plural}` prints the known ones"
            )
        return thing
