"""What answers require of a checkpoint, in which ways it may then be used, and what it lacks."""

from __future__ import annotations

from collections.abc import Iterable
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


class Demand(NamedTuple):
    """One thing that an answer requires: the field of a checkpoint, and what it has to be.

    `learnt`: training teaches it, so it is asked only of what is used as it is. `dtype` is the
    precision in which weights are loaded then, None where that is the file's.
    """

    question: str
    answer: Answer
    option: Option
    field: str
    wanted: Any
    learnt: bool
    dtype: str | None = None


class Gap(NamedTuple):
    """A requirement that a field of a checkpoint does not meet, or is not known to, in words.

    `distance` is how far off a number is, as a share of what is wanted; all else counts as one.
    """

    question: str
    field: str
    text: str
    distance: float = 1.0


class Suitability(NamedTuple):
    """One checkpoint against the answers: its use, what it lacks, and what nobody verified.

    `use` is None where it cannot be used for the task at all.
    """

    use: str | None
    lacks: tuple[Gap, ...]
    unknown: tuple[Gap, ...]


def judge_checkpoint(rulebase: RuleBase, checkpoint: Checkpoint, profile: Profile) -> Suitability:
    """Return how one checkpoint stands against a complete profile with one task."""
    use = usable(checkpoint, profile[TASK].options[0], uses(rulebase, profile))
    lacks, unknown = gaps(checkpoint, demands(rulebase, profile), use or "as-is")
    return Suitability(use, lacks, unknown)


def uses(rulebase: RuleBase, profile: Profile) -> list[str]:
    """Return the ways of use that all answers allow, in the order of the last that names any."""
    asked = [question for question in rulebase.questions if applicable(profile[question.id])]
    named = [list(option.uses) for option in _chosen(asked, profile) if option.uses]
    allowed = named[0] if named else ["as-is"]
    for more in named[1:]:
        allowed = [use for use in more if use in allowed]
    return allowed


def training_instead(rulebase: RuleBase, profile: Profile) -> dict[str, str]:
    """Return the assumed answer that alone rules training out, and the one that allows it.

    Empty where training is allowed already, or where somebody said that it is not.
    """
    if any(use != "as-is" for use in uses(rulebase, profile)):
        return {}
    for question in rulebase.questions:
        answer = profile[question.id]
        if answer.origin != "assumed" or not applicable(answer):
            continue
        for option in question.options:
            instead = {**profile, question.id: Answer((option.id,), None, "assumed")}
            if "fine-tune" in option.uses and "fine-tune" in uses(rulebase, instead):
                return {question.id: option.id}
    return {}


def usable(checkpoint: Checkpoint, task: str, allowed: list[str]) -> str | None:
    """Return the first of the allowed uses that a checkpoint offers for a task."""
    offers = {"as-is": checkpoint.tasks, "fine-tune": checkpoint.fine_tune, "compose": []}
    return next((use for use in allowed if task in offers[use]), None)


def demands(rulebase: RuleBase, profile: Profile) -> tuple[Demand, ...]:
    """Return all that the answers of a complete profile require of a checkpoint."""
    unlearnt = {field for o in _chosen(rulebase.keeping, profile) for field in o.keeps}
    dtype = loaded_in(rulebase, profile)
    return tuple(
        Demand(
            question=question.id,
            answer=profile[question.id],
            option=option,
            field=field,
            wanted=wanted,
            learnt=field in LEARNT and field not in unlearnt,
            dtype=dtype,
        )
        for question in rulebase.demanding
        for option in _chosen([question], profile)
        for field, wanted in option.requires.items()
    )


def loaded_in(rulebase: RuleBase, profile: Profile) -> str | None:
    """Return the precision in which answers have weights loaded; None for the file's own."""
    return next((o.dtype for o in _chosen(rulebase.keeping, profile) if o.dtype), None)


def languages_asked(demanded: Iterable[Demand]) -> tuple[str, ...] | None:
    """Return the languages that are asked for by name; None where no language matters."""
    wanted = [demand.wanted for demand in demanded if demand.field == "languages"]
    if not wanted:
        return None
    named = (one.get("one_of", []) if isinstance(one, dict) else one for one in wanted)
    return tuple(language for languages in named for language in languages)


def ordered_by(rulebase: RuleBase, profile: Profile) -> str | None:
    """Return the order of checkpoints that answers ask for; None where they ask for none."""
    return next((o.order for o in _chosen(rulebase.ordering, profile) if o.order), None)


def gaps(
    checkpoint: Checkpoint, demanded: tuple[Demand, ...], use: str
) -> tuple[tuple[Gap, ...], tuple[Gap, ...]]:
    """Return what a checkpoint lacks of what is demanded, and what of it nobody verified."""
    lacks: list[Gap] = []
    unknown: list[Gap] = []
    for demand in demanded:
        field = demand.field
        if use != "as-is" and demand.learnt:
            continue
        value = _field(checkpoint, demand)
        if field == "languages" and value == NO_LANGUAGE:
            continue
        if value is None:
            text = f"{_is(words(field)[0])} not verified"
            unknown.append(Gap(demand.question, field, text))
        elif doubt := _doubt(value, demand):
            unknown.append(Gap(demand.question, field, doubt))
        elif reason := _mismatch(value, demand):
            lacks.append(Gap(demand.question, field, reason, _distance(value, demand)))
    return tuple(lacks), tuple(unknown)


def most_allowed(rulebase: RuleBase, profile: Profile, field: str) -> float | None:
    """Return the least upper bound that the answers put on a field; None where there is none."""
    bounds = [
        _bound(demand.wanted["at_most"], demand)
        for demand in demands(rulebase, profile)
        if demand.field == field and isinstance(demand.wanted, dict) and "at_most" in demand.wanted
    ]
    return min((bound for bound in bounds if bound is not None), default=None)


def _chosen(questions: Iterable[Question], profile: Profile) -> list[Option]:
    """The options that answer some questions."""
    return [o for q in questions for o in q.options if o.id in profile[q.id].options]


def words(field: str) -> tuple[str, str]:
    """Return the name of a field in words, and its unit: memory_gb is `memory` in ` GB`."""
    for suffix, unit in UNITS.items():
        if field.endswith(suffix):
            return field.removesuffix(suffix).replace("_", " "), unit
    return field.replace("_", " "), ""


def _is(name: str) -> str:
    return f"{name} {'are' if name in PLURAL else 'is'}"


def _field(checkpoint: Checkpoint, demand: Demand) -> Any:
    if demand.field == "memory_gb":
        return memory_gb(checkpoint, demand.dtype)
    return getattr(checkpoint, demand.field)


def _bound(bound: Any, demand: Demand) -> float | None:
    """The number that a bound stands for: the answer's own, else the largest of its option."""
    if bound == "answer":
        exact = demand.answer.value
        return exact if exact is not None else demand.option.up_to
    return float(bound)


def _doubt(value: Any, demand: Demand) -> str | None:
    """Return in words why a value may or may not do; None where that is clear."""
    wanted = demand.wanted
    if not isinstance(wanted, dict) or "unsure" not in wanted:
        return None
    present = _listed(value)
    unsure = [one for one in present if one in wanted["unsure"]]
    if not unsure or set(present) & set(wanted.get("one_of", [])):
        return None
    name = words(demand.field)[0]
    return f"{_is(name)} {', '.join(unsure)}: whether yours is among them is not verified"


def _mismatch(value: Any, demand: Demand) -> str | None:
    """Return in words what is wanted and what is there; None where that fits."""
    wanted = demand.wanted
    if isinstance(wanted, dict) and "unsure" in wanted:
        wanted = wanted.get("one_of", [])
    name, unit = words(demand.field)
    if isinstance(wanted, list):
        present = _listed(value)
        if not set(wanted).isdisjoint(present):
            return None
        named = " or ".join(wanted) or demand.option.label
        return f"{_is(name)} {', '.join(present)}, wanted {named}"
    for key, text in (("at_most", "at most"), ("at_least", "at least")):
        bound = None if key not in wanted else _bound(wanted[key], demand)
        if bound is not None and ((value > bound) if key == "at_most" else (value < bound)):
            return f"{_is(name)} {value:g}{unit}, wanted {text} {bound:g}{unit}"
    return None


def _distance(value: Any, demand: Demand) -> float:
    """How far a value that does not fit is from one that does; no number is one whole step off."""
    if not isinstance(demand.wanted, dict) or isinstance(value, list):
        return 1.0
    for key in ("at_most", "at_least"):
        bound = _bound(demand.wanted[key], demand) if key in demand.wanted else None
        if bound and value:
            return float(abs(value - bound) / min(value, bound))
    return 1.0


def _listed(value: Any) -> list[str]:
    if isinstance(value, list):
        return value
    return [str(value).lower() if isinstance(value, bool) else str(value)]
