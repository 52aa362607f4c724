"""What answers require of a checkpoint, in which ways it may then be used, and what it lacks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from advisor.decide.memory import memory_gb
from advisor.engine.decision import applicable
from advisor.engine.profile import Answer, Profile
from advisor.model import TASK, Checkpoint, Option, Question
from advisor.rulebase.base import RuleBase

PLURAL = ("languages", "parameters")
UNITS = {"_gb": " GB", "_millions": " million"}
LEARNT = ("languages",)
"""Fields that training changes: they are no requirement on what training starts from, unless an
answer keeps them."""
NO_LANGUAGE = ["zxx"]
"""ISO 639's code for what is in no natural language, such as formulae: it fits every language."""
MULTILINGUAL = "multilingual"
"""Said of weights that know more languages than are named; it satisfies none of them."""


class Gap(NamedTuple):
    """A requirement that a field of a checkpoint does not meet, or is not known to, in words.

    `distance` is how far off a number is, as a share of what is wanted; all else counts as one.
    """

    question: str
    field: str
    text: str
    distance: float = 1.0


class Demand(NamedTuple):
    """One thing that an answer requires: the field of a checkpoint, and what it has to be.

    `wanted` is words as `one_of`, and as `unsure` those that may do, or the bounds `at_most` and
    `at_least`; `label` is the answer in words. `learnt`: training teaches it, so it is asked only
    of what is used as it is. `dtype` is the precision in which weights are loaded then, None where
    that is the file's.
    """

    question: str
    field: str
    wanted: Mapping[str, Any]
    label: str
    learnt: bool
    dtype: str | None = None

    def of(self, checkpoint: Checkpoint) -> Any:
        """Return what a checkpoint has in the field."""
        if self.field == "memory_gb":
            return memory_gb(checkpoint, self.dtype)
        return getattr(checkpoint, self.field)

    def gap(self, said: str, distance: float = 1.0) -> Gap:
        """Return the gap of a checkpoint whose field is as is said."""
        name = words(self.field)[0]
        text = f"{name} {'are' if name in PLURAL else 'is'} {said}"
        return Gap(self.question, self.field, text, distance)


class Suitability(NamedTuple):
    """One checkpoint against the answers: its use, what it lacks, and what nobody verified.

    `use` is None where it cannot be used for the task at all.
    """

    checkpoint: Checkpoint
    use: str | None
    lacks: tuple[Gap, ...]
    unknown: tuple[Gap, ...]

    @property
    def texts(self) -> tuple[str, ...]:
        """What it lacks, in words."""
        return tuple(gap.text for gap in self.lacks)

    @property
    def distance(self) -> float:
        """How far it is from what is asked; what nobody verified is no nearer than a lack."""
        return sum(gap.distance for gap in (*self.lacks, *self.unknown))


def judge_checkpoint(rulebase: RuleBase, checkpoint: Checkpoint, profile: Profile) -> Suitability:
    """Return how one checkpoint stands against a complete profile with one task."""
    use = usable(checkpoint, profile[TASK].options[0], uses(rulebase, profile))
    lacks, unknown = gaps(checkpoint, demands(rulebase, profile), use or "as-is")
    return Suitability(checkpoint, use, lacks, unknown)


def uses(rulebase: RuleBase, profile: Profile) -> list[str]:
    """Return the ways of use that all answers allow, in the order of the last that names any."""
    asked = [question for question in rulebase.questions if applicable(profile[question.id])]
    named = [list(option.uses) for option in chosen(asked, profile) if option.uses]
    allowed = named[0] if named else ["as-is"]
    for more in named[1:]:
        allowed = [use for use in more if use in allowed]
    return allowed


def usable(checkpoint: Checkpoint, task: str, allowed: list[str]) -> str | None:
    """Return the first of the allowed uses that a checkpoint offers for a task."""
    offers = {"as-is": checkpoint.tasks, "fine-tune": checkpoint.fine_tune, "compose": []}
    return next((use for use in allowed if task in offers[use]), None)


def demands(rulebase: RuleBase, profile: Profile) -> tuple[Demand, ...]:
    """Return all that the answers of a complete profile require of a checkpoint."""
    unlearnt = {field for o in chosen(rulebase.keeping, profile) for field in o.keeps}
    dtype = loaded_in(rulebase, profile)
    return tuple(
        Demand(
            question=question.id,
            field=field,
            wanted=_wanted(required, option, profile[question.id]),
            label=option.label,
            learnt=field in LEARNT and field not in unlearnt,
            dtype=dtype,
        )
        for question in rulebase.demanding
        for option in chosen([question], profile)
        for field, required in option.requires.items()
    )


def _wanted(required: Any, option: Option, answer: Answer) -> dict[str, Any]:
    """Return what an option requires, `answer` as the number given, else the option's largest."""
    if isinstance(required, list):
        return {"one_of": required, "unsure": []}
    if "unsure" in required:
        return {"one_of": [], **required}
    number = option.up_to if answer.value is None else answer.value
    bounds = {key: number if bound == "answer" else bound for key, bound in required.items()}
    return {key: bound for key, bound in bounds.items() if bound is not None}


def loaded_in(rulebase: RuleBase, profile: Profile) -> str | None:
    """Return the precision in which answers have weights loaded; None for the file's own."""
    return next((o.dtype for o in chosen(rulebase.keeping, profile) if o.dtype), None)


def chosen(questions: Iterable[Question], profile: Profile) -> list[Option]:
    """Return the options that answer some questions."""
    return [o for q in questions for o in q.options if o.id in profile[q.id].options]


def languages_asked(demanded: Iterable[Demand]) -> tuple[str, ...] | None:
    """Return the languages that are asked for by name; None where no language matters."""
    wanted = [demand.wanted["one_of"] for demand in demanded if demand.field == "languages"]
    return tuple(language for languages in wanted for language in languages) if wanted else None


def gaps(
    checkpoint: Checkpoint, demanded: tuple[Demand, ...], use: str
) -> tuple[tuple[Gap, ...], tuple[Gap, ...]]:
    """Return what a checkpoint lacks of what is demanded, and what of it nobody verified."""
    lacks: list[Gap] = []
    unknown: list[Gap] = []
    for demand in demanded:
        value, wanted = demand.of(checkpoint), demand.wanted
        if demand.learnt and use != "as-is":
            continue
        if demand.field == "languages" and value == NO_LANGUAGE:
            continue
        if value is None:
            unknown.append(demand.gap("not verified"))
        elif "one_of" not in wanted:
            lacks += _out_of_bounds(value, demand)
        elif set(present := _listed(value)).isdisjoint(wanted["one_of"]):
            if unsure := ", ".join(one for one in present if one in wanted["unsure"]):
                unknown.append(demand.gap(f"{unsure}: whether yours is among them is not verified"))
            else:
                named = " or ".join(wanted["one_of"]) or demand.label
                lacks.append(demand.gap(f"{', '.join(present)}, wanted {named}"))
    return tuple(lacks), tuple(unknown)


def _out_of_bounds(value: float, demand: Demand) -> list[Gap]:
    unit = words(demand.field)[1]
    found = []
    for key, sign in (("at_most", 1), ("at_least", -1)):
        bound = demand.wanted.get(key)
        if bound is not None and sign * value > sign * bound:
            said = f"{value:g}{unit}, wanted {key.replace('_', ' ')} {bound:g}{unit}"
            distance = abs(value - bound) / min(value, bound) if value and bound else 1.0
            found.append(demand.gap(said, distance))
    return found


def words(field: str) -> tuple[str, str]:
    """Return the name of a field in words, and its unit: memory_gb is `memory` in ` GB`."""
    for suffix, unit in UNITS.items():
        if field.endswith(suffix):
            return field.removesuffix(suffix).replace("_", " "), unit
    return field.replace("_", " "), ""


def _listed(value: Any) -> list[str]:
    if isinstance(value, list):
        return value
    return [str(value).lower() if isinstance(value, bool) else str(value)]
