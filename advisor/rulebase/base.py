"""The rule base: everything known, with look-ups. Details and catalogue are read on demand."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar

from advisor import model
from advisor.errors import UsageError, check_type, unknown_name
from advisor.model.value import Plan, decode

Thing = TypeVar("Thing")

if TYPE_CHECKING:
    from advisor.model import evidence, figures, library, wording

    Listed = cached_property[tuple[Thing, ...]]
    ById = cached_property[dict[str, Thing]]

Part = Callable[[str], dict[str, Any]]
"""Returns a part of a compiled rule base by its name, such as `core`; see `CompiledParts`."""


def _listed(stored: str, declared: str) -> cached_property[Any]:
    """Return a cached property: the rows under `part.key`, decoded as values of `module.Class`.

    Part and module are read on first access.
    """

    def read(self: RuleBase) -> tuple[Any, ...]:
        module, _, name = declared.rpartition(".")
        part, _, key = stored.partition(".")
        home = import_module(f"advisor.model.{module}".rstrip("."))
        return self._decoded(getattr(home, name), self.part(part)[key])

    return cached_property(read)


def _by_id(stored: str, declared: str) -> cached_property[Any]:
    """Return a property as by `_listed`, with the values by id."""
    listed = _listed(stored, declared).func
    return cached_property(lambda rulebase: {each.id: each for each in listed(rulebase)})


def _by_name(things: Iterable[Any]) -> dict[str, Any]:
    """Return things by each of their aliases and ids."""
    named = [(name, each) for each in things for name in (each.id, *getattr(each, "aliases", ()))]
    return dict(named)


class Shelf:
    """Keeps parts that were computed from a rule base, here in memory; `store.Folder` on disk."""

    def __init__(self) -> None:
        self.parts: dict[str, dict[str, Any]] = {}

    def read(self, name: str) -> dict[str, Any] | None:
        """Return a part that was kept; None if it was not."""
        return self.parts.get(name)

    def keep(self, name: str, part: dict[str, Any]) -> None:
        """Keep a part."""
        self.parts[name] = part

    def close(self) -> None:
        """Stop keeping parts on disk; does nothing here."""


class RuleBase:
    """All rules and the catalog. Built from compiled parts; `load_rules` is the way to get one.

    `overlays` has a line for each change of an overlay, `folders` their paths, `warnings` a line
    for each file with keys of earlier releases.
    """

    sources: ById[evidence.Source] = _by_id("detail.sources", "evidence.Source")
    """Every source by id."""
    benchmarks: ById[figures.Benchmark] = _by_id("figures.benchmarks", "figures.Benchmark")
    """The public benchmarks, by id."""
    protocols: ById[figures.Protocol] = _by_id("figures.protocols", "figures.Protocol")
    """Published results with their source and protocol, by id."""
    yardsticks: ById[figures.Yardstick] = _by_id("figures.yardsticks", "figures.Yardstick")
    """The ranking benchmarks, by id."""
    orders: ById[figures.TaskOrder] = _by_id("figures.orders", "figures.TaskOrder")
    """The yardsticks that rank the checkpoints of each task, by task."""
    losses: ById[figures.RoundingLoss] = _by_id("figures.losses", "figures.RoundingLoss")
    """Published losses of quality with weights in 8 or 4 bits, by id."""
    architectures: ById[figures.Architecture] = _by_id(
        "architectures.architectures", "figures.Architecture"
    )
    """The known dimensions of networks, by id."""
    detours: Listed[model.Detour] = _listed("core.elsewhere", "Detour")
    """Alternatives to the families or beside them for certain answers; the first fit counts."""
    groups: Listed[library.TaskGroup] = _listed("detail.groups", "library.TaskGroup")
    """Groups of tasks, under what people want to do: the first choice of an interview."""
    machines: Listed[figures.Machine] = _listed("machines.machines", "figures.Machine")
    """Graphics cards and computers, with the names that people type and the answers they imply."""
    makers: Listed[library.Makers] = _listed("machines.makers", "library.Makers")
    """Makers of models by their country or company, as people type it."""
    speeds: Listed[figures.Speed] = _listed("speeds.speeds", "figures.Speed")
    """How fast kinds of machines compute, the usual one of a kind first."""
    workloads: Listed[figures.Workload] = _listed("speeds.workloads", "figures.Workload")
    """The computation of a network for one image."""
    programs: Listed[library.Program] = _listed("programs.programs", "library.Program")
    """Short programs to run a checkpoint with, the first that fits counts."""
    tools: ById[library.ProgramTool] = _by_id("programs.tools", "library.ProgramTool")
    """Code around programs that process the files of a user, by id."""
    packages: Listed[library.Package] = _listed("programs.packages", "library.Package")
    """Packages that programs need, in tested versions."""
    files: ById[library.ProjectFile] = _by_id("programs.files", "library.ProjectFile")
    """Files that are written beside a program in a folder of its own, by id."""
    runtimes: ById[library.Runtime] = _by_id("programs.runtimes", "library.Runtime")
    """The runtimes that programs run a network with, by id."""
    supported: Listed[library.Supported] = _listed("programs.supported", "library.Supported")
    """The model types that released packages of runtimes support."""
    acts: ById[library.Act] = _by_id("programs.acts", "library.Act")
    """The operations of runners of `advisor try` on an image, by id."""
    uses: Listed[library.RunnerUse] = _listed("programs.uses", "library.RunnerUse")
    """Runners with the classes that they call; the first that fits counts."""
    changes: Listed[library.NameChange] = _listed("drift.changes", "library.NameChange")
    """Names that releases of transformers removed, renamed or redirected."""
    checks: ById[library.CheckRule] = _by_id("checks.checks", "library.CheckRule")
    """The rules of `advisor check`, by id, in the order of the files."""
    concepts: ById[wording.Concept] = _by_id("lexicon.concepts", "wording.Concept")
    """Terms that a sentence may contain, each with its words by language, by id."""
    meanings: ById[wording.Meaning] = _by_id("lexicon.meanings", "wording.Meaning")
    """The concepts that indicate a task, by the id of the task."""
    implications: ById[wording.Implication] = _by_id("lexicon.implications", "wording.Implication")
    """Answers that are inferred from concepts, by id."""
    measures: ById[wording.Measure] = _by_id("lexicon.measures", "wording.Measure")
    """The quantities that numbers in a sentence may state, by id; the first that fits counts."""
    numerals: ById[wording.Numeral] = _by_id("lexicon.numerals", "wording.Numeral")
    """Words that multiply a number, by id."""
    particles: ById[wording.Particle] = _by_id("lexicon.particles", "wording.Particle")
    """Words that change how other words are read, such as negations, by id."""
    examples: Listed[evidence.Example] = _listed("proof.examples", "evidence.Example")
    """The examples of all rules."""
    scenarios: Listed[evidence.Scenario] = _listed("proof.scenarios", "evidence.Scenario")
    """Profiles with the family that they must return."""
    ties: Listed[evidence.Tie] = _listed("proof.ties", "evidence.Tie")
    """The cases in which the tie-break order of families may decide."""

    def __init__(self, part: Part) -> None:
        self.part = part
        """Returns a part as it was compiled."""
        core = part("core")
        self.digest: str = core["digest"]
        self.overlays: tuple[str, ...] = tuple(core["overlays"])
        self.warnings: tuple[str, ...] = tuple(core["warnings"])
        self.folders: tuple[str, ...] = ()
        self.shelf: Shelf | None = None
        """Keeps what other packages compute from these rules, if set."""
        self.base: Callable[[], RuleBase] | None = None
        """Returns the rules without their overlays; None if there are none."""
        self.measurements: Any = None
        """The evaluation that ranks checkpoints here, if one does."""
        self.bounds: Any = None
        """The bounds that every checkpoint has to keep here, if there are any."""
        self.this_machine: Any = None
        """The measured speed of this machine, if answers are given for this machine."""
        self._plan: Plan = core["plan"]
        self.criteria = self._decoded(model.Criterion, core["criteria"])
        self.questions = self._decoded(model.Question, core["questions"])
        self.tasks = self._decoded(model.Task, core["tasks"])
        self.families = self._decoded(model.Family, core["families"])
        self.rules = self._decoded(model.Rule, core["rules"])
        self.never = self._decoded(model.Never, core["never"])

    def question(self, id: str) -> model.Question:
        """Return a question by id, flag or earlier flag; as all look-ups, UsageError if unknown."""
        return self._find("question", id, self.questions)

    def task(self, name: str) -> model.Task:
        """Return a task by id, alias or word. Raises UsageError for a word of several tasks."""
        if name in self.words:
            return self.meant(name)[0]
        return self._find("task", name, self.tasks)

    def family(self, name: str) -> model.Family:
        """Return a family by id or alias."""
        return self._find("family", name, self.families)

    @cached_property
    def remembered(self) -> dict[Any, Any]:
        """A cache for what other packages compute from these rules alone."""
        return {}

    @cached_property
    def compared(self) -> dict[Any, Any]:
        """A cache for what is computed of checkpoints; copies with other questions share it."""
        return {}

    @cached_property
    def question_ids(self) -> frozenset[str]:
        """The ids of all questions."""
        return frozenset(question.id for question in self.questions)

    @cached_property
    def question_names(self) -> frozenset[str]:
        """All ids, flags and earlier flags of questions."""
        return frozenset(_by_name(self.questions))

    def rule(self, id: str) -> model.Rule:
        """Return a rule by id, written or derived."""
        return self._find("rule", id, self.rules)

    def criterion(self, id: str) -> model.Criterion:
        """Return a criterion by id."""
        return self._find("criterion", id, self.criteria)

    def source(self, id: str) -> evidence.Source:
        """Return a source by id."""
        return self._find("source", id, self.sources.values())

    def checkpoint(self, id: str) -> model.Checkpoint:
        """Return a catalogued checkpoint by id, or a form of one by `ID:int8` or `ID:int4`."""
        return self.forms.get(id) or self._find("checkpoint", id, self.checkpoints.values())

    @cached_property
    def task_names(self) -> dict[str, model.Task]:
        """The tasks by id and by each alias."""
        return _by_name(self.tasks)

    @cached_property
    def words(self) -> dict[str, list[tuple[model.Task, Mapping[str, str]]]]:
        """Word -> the tasks that it can mean, each with the answers that it implies."""
        meanings: dict[str, list[tuple[model.Task, Mapping[str, str]]]] = {}
        for task in self.tasks:
            for word, answers in task.words.items():
                meanings.setdefault(word, []).append((task, answers))
        return meanings

    def meant(self, word: str) -> tuple[model.Task, Mapping[str, str]]:
        """Return the task and answers that a word means; raises UsageError if it means several."""
        meanings = self.words[word]
        if len(meanings) > 1:
            ways = [
                " ".join(
                    f"--{self.question(id).typed} {self.question(id).word(answer)}"
                    for id, answer in {"task": task.id, **answers}.items()
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
    def family_names(self) -> dict[str, model.Family]:
        """The families by id and by each alias."""
        return _by_name(self.families)

    @cached_property
    def descriptions(self) -> dict[str, dict[str, list[evidence.Statement]]]:
        """Family id -> section of its description -> statements."""
        from advisor.model.evidence import Statement

        return {
            family: {
                section: list(self._decoded(Statement, rows)) for section, rows in sections.items()
            }
            for family, sections in self.part("detail")["descriptions"].items()
        }

    @cached_property
    def claims(self) -> dict[str, list[evidence.ArticleClaim]]:
        """Family id -> claims of articles on it, each with what is true today."""
        from advisor.model.evidence import ArticleClaim

        detail = self.part("detail")["claims"]
        return {family: list(self._decoded(ArticleClaim, rows)) for family, rows in detail.items()}

    @cached_property
    def demanding(self) -> tuple[model.Question, ...]:
        """The questions whose answers can require something of a checkpoint."""
        return tuple(q for q in self.questions if any(option.requires for option in q.options))

    @cached_property
    def keeping(self) -> tuple[model.Question, ...]:
        """The questions whose answers name fields of a checkpoint that training does not change."""
        return tuple(q for q in self.questions if any(option.keeps for option in q.options))

    @cached_property
    def aiming(self) -> tuple[model.Rule, ...]:
        """The rules aimed at single checkpoints."""
        return tuple(r for r in self.rules if any("/" in candidate for candidate in r.candidates))

    @cached_property
    def left_open(self) -> frozenset[str]:
        """Ids of questions without a default: they have steps, and no rule's condition has them."""
        stepped = (question.id for question in self.questions if question.steps)
        return frozenset(id for id in stepped if all(id not in rule.when for rule in self.rules))

    @cached_property
    def aimed(self) -> dict[str, list[model.Rule]]:
        """The rules aimed at single checkpoints, by checkpoint."""
        by_checkpoint: dict[str, list[model.Rule]] = {}
        for rule in self.rules:
            for candidate in rule.candidates:
                if "/" in candidate:
                    by_checkpoint.setdefault(candidate, []).append(rule)
        return by_checkpoint

    def with_parts(self, parts: Mapping[str, dict[str, Any]]) -> RuleBase:
        """Return a copy of these rules with compiled parts replaced, without shelf and base."""
        own = self.part
        made = RuleBase(lambda name: parts[name] if name in parts else own(name))
        made.folders, made.measurements = self.folders, self.measurements
        made.bounds, made.this_machine = self.bounds, self.this_machine
        return made

    def asking(self, questions: Iterable[model.Question]) -> RuleBase:
        """Return a copy of these rules with other questions, and the same cache of checkpoints."""
        made = self.with_parts({})
        made.questions = tuple(questions)
        made.compared = self.compared
        return made

    def catalogue(self, family: str) -> list[model.Checkpoint]:
        """Return the checkpoints of one family; reads no others."""
        key = model.Family, family
        if key not in self.compared:
            rows = self.part(f"catalogue/{family}")["checkpoints"]
            self.compared[key] = list(self._decoded(model.Checkpoint, rows))
        checkpoints: list[model.Checkpoint] = self.compared[key]
        return checkpoints

    @cached_property
    def checkpoints(self) -> dict[str, model.Checkpoint]:
        """The whole catalogue, by id, in the order of the files."""
        families = self.part("catalogue")["checkpoints"]
        return {each.id: each for family in families for each in self.catalogue(family)}

    def forms_of(self, family: str) -> list[model.Checkpoint]:
        """Return the checkpoints of one family, each followed by its int8 and int4 forms."""
        checkpoints: list[model.Checkpoint] = []
        for checkpoint in self.catalogue(family):
            cached = self.compared.get((model.Checkpoint, checkpoint.id))
            if cached is None or cached[0] is not checkpoint:
                cached = self.compared[model.Checkpoint, checkpoint.id] = checkpoint.forms
            checkpoints += cached
        return checkpoints

    @cached_property
    def forms(self) -> dict[str, model.Checkpoint]:
        """The whole catalog with all forms in fewer bits, by id."""
        families = self.part("catalogue")["checkpoints"]
        return {form.id: form for family in families for form in self.forms_of(family)}

    def order(self, task: str) -> dict[str, Any]:
        """Return the compiled ranking of a task, see `orders.compiled_order`."""
        return self.part(f"orders/{task}")

    @cached_property
    def source_dates(self) -> dict[str, str]:
        """For each source the day or month it was read; costs less than `sources`."""
        return dict(self.part("catalogue")["read"])

    def place(self, kind: str, id: str) -> str:
        """Return where an entry is defined, as file:line; "" for derived rules and unknown ids."""
        return str(self.part("proof")["places"].get(kind, {}).get(id, ""))

    def declared(self, rule: str) -> tuple[str, str]:
        """Return where a derived rule is declared, as file:line, and under which key."""
        place, key = self.part("proof")["derived"][rule]
        return place, key

    @cached_property
    def remarks(self) -> tuple[str, ...]:
        """Problems in the files that do not prevent an answer, as file:line:column and message."""
        return tuple(self.part("proof")["remarks"])

    @cached_property
    def elsewhere(self) -> dict[str, model.Elsewhere]:
        """Task id -> the alternative to use, for tasks that no family does."""
        return {task.id: task.elsewhere for task in self.tasks if task.elsewhere}

    def share_of(self, options: Mapping[str, Collection[str]]) -> model.Share | None:
        """Return the share of a machine's memory that answers leave to a model; None means all."""
        shares = (
            option.share
            for question in self.questions
            for option in question.options
            if option.share and option.id in options.get(question.id, ())
        )
        return next(shares, None)

    def runtime_for(self, options: Mapping[str, str]) -> library.Runtime | None:
        """Return the first runtime whose condition these answers meet; None if there is none."""
        fits = (
            each
            for each in self.runtimes.values()
            if each.when and all(options.get(id) in some for id, some in each.when.items())
        )
        return next(fits, None)

    def uses_of(self, model_type: str | None) -> tuple[library.RunnerUse, ...]:
        """Return the runner uses of a model type; if there are none, those of any type."""
        from advisor.model.library import ANY_TYPE

        own = tuple(use for use in self.uses if model_type in use.loads)
        return own or tuple(use for use in self.uses if ANY_TYPE in use.loads)

    @property
    def clip_tasks(self) -> set[str]:
        """The tasks on the frames of a video clip together, not on each image."""
        return {task for use in self.uses for task in use.clips}

    def thought_limit(self, model_type: str | None) -> int:
        """Return the most tokens that a thinking model may generate, its answer included."""
        return max((use.thought_tokens for use in self.uses_of(model_type)), default=1)

    @cached_property
    def words_index(self) -> dict[str, Any]:
        """The tables of words and of names for reading a sentence, see `rulebase.phrases`."""
        words, names = self.part("words"), self.part("names")
        both = {key: f"{words[key]} {names[key]}" for key in ("starts", "ends")}
        tables = {"phrases": [words["phrases"], names["phrases"]]}
        return {**names, **words, **both, **tables, "says": {**words["says"], **names["says"]}}

    def keys_of(self, declared: type) -> dict[str, str]:
        """Return field -> key for the fields of a class that files and JSON call otherwise."""
        keys: dict[str, str] = self._plan[declared.__name__]["keys"]
        return keys

    def _decoded(self, declared: type[Thing], rows: Iterable[list[Any]]) -> tuple[Thing, ...]:
        return tuple(decode(declared, rows, self._plan))

    def _find(self, kind: str, name: str, things: Collection[Thing]) -> Thing:
        for each in things:
            if each.id == name:  # type: ignore[attr-defined]
                return each
        check_type(kind, name, str, "an id as text")
        by_name: dict[str, Thing] = _by_name(things)
        if name not in by_name:
            plural = {"criterion": "criteria", "family": "families"}.get(kind, f"{kind}s")
            listing = f"`advisor list {plural}` prints the valid names"
            texts = {t.id: " ".join((t.id, t.name, *t.aliases, *t.words)) for t in self.tasks}
            meanings = texts if kind == model.TASK else None
            raise unknown_name(kind, name, list(by_name), listing, meanings)
        return by_name[name]
