"""The requirements of answers on a checkpoint, the allowed ways of use, and the gaps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache, cached_property
from math import ceil, inf, log2
from typing import TYPE_CHECKING, Any

from advisor.decide.memory import LEAST_GB, memory_gb, training_memory
from advisor.engine.bounds import BOUNDS, SIZE, TIME, duration
from advisor.engine.decision import applicable
from advisor.engine.profile import Answer, Profile, holds
from advisor.model import (
    AS_IS,
    COMPOSE,
    FINE_TUNE,
    TASK,
    Checkpoint,
    NamedTuple,
    Option,
    Question,
    Rule,
)
from advisor.rulebase.base import RuleBase

if TYPE_CHECKING:
    from advisor.decide.workload import Timed

PLURAL = ("languages", "parameters")
HOURS = BOUNDS[TIME].field
NAMED = {HOURS: "time"}
"""Fields with another name in texts."""
UNITS = {"_gb": " GB", "_millions": " million"}
LEARNT = ("languages",)
"""Fields that training changes: a checkpoint to be fine-tuned need not meet them, unless an answer
keeps them."""
RIGHTS = ("commercial_use",)
"""Fields that say whether a checkpoint may be used at all."""
VERIFIED = (*RIGHTS, BOUNDS[SIZE].field)
"""Fields that have to be verified: rights, and the size if it is bounded."""
RESTRICTIONS = ("restriction", "intended_use", "language_model_licence")
"""Notes of an entry on restrictions of its use; the first present counts."""
NO_LANGUAGE = ["zxx"]
"""ISO 639's code for no natural language, such as formulae: it fits every language."""
MULTILINGUAL = "multilingual"
"""The language of weights that know more languages than are named; it meets no demand."""


class Gap(NamedTuple):
    """A requirement that a checkpoint fails, or is not known to meet, in words.

    `distance` is how far a number is from its bound, as a share of the smaller of the two; else 1.
    """

    question: str
    field: str
    text: str
    distance: float = 1.0


class Demand(NamedTuple):
    """One requirement of an answer: the field of a checkpoint, and its accepted values.

    `wanted` has words as `one_of`, and as `unsure` those that may do, or the bounds `at_most` and
    `at_least`; `label` is the answer in words. `learnt`: training teaches it, so it is required
    only of use as it is.
    """

    question: str
    field: str
    wanted: Mapping[str, Any]
    label: str
    learnt: bool

    def gap(self, state: str, distance: float = 1.0) -> Gap:
        """Return the gap of a checkpoint whose field is in a state, given in words."""
        name = words(self.field)[0]
        text = f"{name} {'are' if name in PLURAL else 'is'} {state}"
        return Gap(self.question, self.field, text, distance)


class Suitability(NamedTuple):
    """One checkpoint compared with the answers: its use, failed and unverified requirements.

    `use` is None if it cannot be used for the task in an allowed way.
    """

    checkpoint: Checkpoint
    use: str | None
    lacks: tuple[Gap, ...]
    unknown: tuple[Gap, ...]

    @property
    def texts(self) -> tuple[str, ...]:
        """The failed requirements, in words."""
        return tuple(gap.text for gap in self.lacks)

    @property
    def distance(self) -> float:
        """The sum of the distances of all gaps; an unverified field counts like a failed one."""
        return sum(gap.distance for gap in (*self.lacks, *self.unknown))


class Requirements:
    """The requirements on checkpoints, from a complete profile with one task."""

    def __init__(self, rulebase: RuleBase, profile: Profile) -> None:
        self.rulebase = rulebase
        self.profile = profile
        self.task = profile[TASK].options[0]
        self._times: dict[str, Timed | None] = {}

    @cached_property
    def uses(self) -> tuple[str, ...]:
        """The ways of use that all answers allow, in the order of the last answer with any."""
        questions = [q for q in self.rulebase.questions if applicable(self.profile[q.id])]
        named = [tuple(option.uses) for option in self._chosen(questions) if option.uses]
        last = named[-1] if named else (AS_IS,)
        return tuple(use for use in last if all(use in uses for uses in named))

    @cached_property
    def demands(self) -> tuple[Demand, ...]:
        """All requirements of the answers on a checkpoint."""
        unlearnt = {field for o in self._chosen(self.rulebase.keeping) for field in o.keeps}
        return tuple(
            Demand(
                question=question.id,
                field=field,
                wanted=wanted,
                label=option.called(name),
                learnt=field in LEARNT and field not in unlearnt,
            )
            for question in self.rulebase.demanding
            for option in self._chosen([question])
            for name in [n for n in self.profile[question.id].named if n in option.covers]
            or [option.id]
            for field, required in option.requires.items()
            if (wanted := _wanted(required, option, self.profile[question.id], name))
        )

    @cached_property
    def barred(self) -> dict[str, Rule]:
        """The Hub ids that rules exclude for these answers, each with the first such rule."""
        rules: dict[str, Rule] = {}
        for rule in self.rulebase.aiming:
            if rule.effect == "exclude" and holds(rule.when, self.profile):
                rules = dict.fromkeys(rule.candidates, rule) | rules
        return rules

    @cached_property
    def steps(self) -> tuple[float, ...]:
        """The memory limits in GB to answer for if memory was not given; else empty."""
        left_open = (
            q for q in self.rulebase.questions if q.steps and not self.profile[q.id].options
        )
        return next((tuple(question.steps) for question in left_open), ())

    @cached_property
    def first_step(self) -> float:
        """The memory limit in GB for the first place: that of an answer, or the largest."""
        steps = (option.step for option in self._chosen(self.rulebase.questions) if option.step)
        return next(steps, max(self.steps, default=inf))

    @property
    def order(self) -> str | None:
        """The sort order that an answer asks for; None without one."""
        return next((o.order for o in self._chosen(self.rulebase.questions) if o.order), None)

    @property
    def languages(self) -> tuple[str, ...] | None:
        """The languages that answers require; None if no language matters."""
        named = [demand.wanted["one_of"] for demand in self.demands if demand.field == "languages"]
        return tuple(language for languages in named for language in languages) if named else None

    def judge(self, checkpoint: Checkpoint) -> Suitability:
        """Return how a checkpoint meets the answers in the first allowed use that it offers."""
        use = self.use(checkpoint, self.uses)
        return Suitability(checkpoint, use, *self.gaps(checkpoint, use or AS_IS))

    def use(self, checkpoint: Checkpoint, allowed: Sequence[str]) -> str | None:
        """Return the first allowed use that a checkpoint offers for the task; None without one."""
        for use in allowed:
            tasks = checkpoint.tasks if use == AS_IS else checkpoint.fine_tune
            if use != COMPOSE and self.task in tasks:
                return use
        return None

    def misused(self, checkpoint: Checkpoint) -> Suitability | None:
        """Return the gaps of a checkpoint whose use an answer rules out; None for others."""
        use = self.use(checkpoint, (AS_IS, FINE_TUNE)) if checkpoint.offered else None
        ruling = (
            (question.id, option.id)
            for question in self.rulebase.questions
            for option in self._chosen([question])
            if option.uses and use not in option.uses
        )
        if use is None or not (ruled := next(ruling, None)):
            return None
        gap = Gap(ruled[0], "use", f"the mode {use} is ruled out by {ruled[0]}: {ruled[1]}")
        lacks, unknown = self.gaps(checkpoint, use)
        return Suitability(checkpoint, use, (gap, *lacks), unknown)

    def gaps(self, checkpoint: Checkpoint, use: str) -> tuple[tuple[Gap, ...], tuple[Gap, ...]]:
        """Return the requirements that a checkpoint fails in a use, and the unverified ones."""
        lacks: list[Gap] = []
        unknown: list[Gap] = []
        if rule := self.barred.get(checkpoint.hub_id):
            lacks.append(Gap([*rule.when][-1], "rule", f"excluded by the rule `{rule.id}`"))
        for demand in self.demands:
            met = (use != AS_IS and demand.learnt) or self.meets(demand, checkpoint, use)
            if met:
                continue
            wanted, value = demand.wanted, self._value(demand, checkpoint, use)
            if value is None and met is None:
                unknown.append(demand.gap("not verified"))
            elif "one_of" not in wanted:
                limit = demand.field == HOURS and not self.is_timed(checkpoint)
                lacks += _out_of_bounds(LEAST_GB if value is None else value, demand, limit)
            elif met is None:
                unsure = ", ".join(each for each in _listed(value) if each in wanted["unsure"])
                text = f"{unsure}: your language may be included, which is not verified"
                unknown.append(demand.gap(text))
            else:
                named = " or ".join(wanted["one_of"]) or demand.label
                why = restriction(checkpoint) if demand.field in RIGHTS else ""
                lacks.append(demand.gap(f"{', '.join(_listed(value))}{why}, wanted {named}"))
        return tuple(lacks), tuple(unknown)

    def meets(self, demand: Demand, checkpoint: Checkpoint, use: str) -> bool | None:
        """Return whether a checkpoint meets a demand; None if that is not verified."""
        field, wanted, value = demand.field, demand.wanted, self._value(demand, checkpoint, use)
        if value is None:  # nothing fits where there is no room for a single weight
            bare = field == "memory_gb" and wanted.get("at_most", inf) < LEAST_GB
            return False if bare else None
        if "one_of" not in wanted:
            met: bool = wanted.get("at_least", -inf) <= value <= wanted.get("at_most", inf)
            return met
        present = set(_listed(value))
        if present & set(wanted["one_of"]) or (field == "languages" and value == NO_LANGUAGE):
            return True
        return None if present & set(wanted["unsure"]) else False

    def _value(self, demand: Demand, checkpoint: Checkpoint, use: str) -> Any:
        if demand.field == "memory_gb":
            return self.takes_gb(checkpoint, use)
        if demand.field == HOURS:
            time = self._timed(checkpoint)
            return time and time.hours
        return getattr(checkpoint, demand.field)

    def is_timed(self, checkpoint: Checkpoint) -> bool:
        """Return whether the time under a bound is known, not only a lower limit of it."""
        time = self._timed(checkpoint)
        return time is not None and not time.is_limit

    def _timed(self, checkpoint: Checkpoint) -> Timed | None:
        if checkpoint.id not in self._times:
            from advisor.decide.workload import timed

            self._times[checkpoint.id] = timed(self.rulebase, checkpoint, self.profile)
        return self._times[checkpoint.id]

    def language_marks(
        self, checkpoint: Checkpoint, use: str
    ) -> tuple[tuple[Gap, ...], tuple[Gap, ...]]:
        """Return gaps for required languages with poor results, and for those only counted."""
        poor: list[Gap] = []
        counted: list[Gap] = []
        for demand in self.demands if checkpoint.languages else ():
            if demand.field != "languages" or (demand.learnt and use != AS_IS):
                continue
            spoken = set(demand.wanted["one_of"]) & set(checkpoint.languages or ())
            weak = set(checkpoint.languages_poor or ())
            named = ", ".join(sorted(spoken))
            if spoken and spoken <= weak:
                poor.append(demand.gap(f"weak results in {named}"))
            elif spoken and spoken <= weak | set(checkpoint.languages_inferred or ()):
                only = f"stated only as a number, so {named} is not verified"
                counted.append(demand.gap(only))
        return tuple(poor), tuple(counted)

    def takes_gb(self, checkpoint: Checkpoint, use: str) -> float | None:
        """Return the least GB for a use, to run it or train it by LoRA; None if unknown."""
        key = memory_gb, self.task, checkpoint.id, use == AS_IS
        cached: tuple[Checkpoint, float | None] | None = self.rulebase.compared.get(key)
        if cached is None or cached[0] is not checkpoint:
            if use == AS_IS:
                size = memory_gb(checkpoint, self.rulebase.task(self.task))
            else:
                trained = training_memory(checkpoint)
                size = trained and trained.lora_gb
            cached = self.rulebase.compared[key] = checkpoint, size
        return cached[1]

    def _chosen(self, questions: Iterable[Question]) -> list[Option]:
        """Return the options of some questions that the profile has."""
        return [o for q in questions for o in q.options if o.id in self.profile[q.id].options]


def overtime(lacks: Iterable[Gap], unknown: Iterable[Gap]) -> float:
    """Return how often a bound on time has to be doubled for a checkpoint; infinite if unknown.

    0 is within the bound. Times are estimates: what differs less is about as late.
    """
    if any(gap.field == HOURS for gap in unknown):
        return inf
    return max((ceil(log2(1 + gap.distance)) for gap in lacks if gap.field == HOURS), default=0)


def restriction(checkpoint: Checkpoint) -> str:
    """Return the noted restriction on the use of a checkpoint, in brackets; empty without one."""
    noted = (checkpoint.notes.get(name) for name in RESTRICTIONS)
    remark = next((note for note in noted if note), "").rstrip(".")
    return f" ({remark})" if remark else ""


def _wanted(required: Any, option: Option, answer: Answer, name: str) -> dict[str, Any]:
    """Return the requirement of an option; `answer` is the given number or its upper limit."""
    if isinstance(required, list):
        return {"one_of": required, "unsure": []}
    if "unsure" in required:
        words = required.get("one_of", [])
        if words == "answer":
            words = [name] if name in option.covers else []
        return {"one_of": words, "unsure": required["unsure"]}
    number = option.up_to if answer.value is None else answer.value
    bounds = {key: number if bound == "answer" else bound for key, bound in required.items()}
    return {key: bound for key, bound in bounds.items() if bound is not None}


def _out_of_bounds(value: float, demand: Demand, is_limit: bool) -> list[Gap]:
    unit = words(demand.field)[1]
    gaps = []
    for key, sign in (("at_most", 1), ("at_least", -1)):
        bound = demand.wanted.get(key)
        if bound is not None and sign * value > sign * bound:
            shown = duration if demand.field == HOURS else f"{{:g}}{unit}".format
            least = "at least " if is_limit else ""
            text = f"{least}{shown(value)}, wanted {key.replace('_', ' ')} {shown(bound)}"
            distance = abs(value - bound) / min(value, bound) if value and bound else 1.0
            gaps.append(demand.gap(text, distance))
    return gaps


@cache
def words(field: str) -> tuple[str, str]:
    """Return the name of a field in words, and its unit: memory_gb is `memory` in ` GB`."""
    field = NAMED.get(field, field)
    for suffix, unit in UNITS.items():
        if field.endswith(suffix):
            return field.removesuffix(suffix).replace("_", " "), unit
    return field.replace("_", " "), ""


def _listed(value: Any) -> list[str]:
    if isinstance(value, list):
        return value
    return [str(value).lower() if isinstance(value, bool) else str(value)]
