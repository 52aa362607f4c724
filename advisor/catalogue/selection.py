"""The checkpoints of a family that meet what the answers require, and why others do not."""

from __future__ import annotations

from typing import Any, NamedTuple

from advisor.catalogue.memory import memory_gb
from advisor.engine.decision import Decision, applicable
from advisor.engine.profile import Answer, Profile
from advisor.rulebase.base import RuleBase
from advisor.rulebase.model import TASK, Checkpoint, Option, Rule

ORDERS = ("quality", "small", "open")
OPENNESS = {"permitted": 0, "restricted": 1, None: 2, "not-permitted": 3}
LEARNT = ("languages",)
"""Fields that training changes: they are no requirement on what training starts from."""


class Pick(NamedTuple):
    """One checkpoint for a case: how to use it, and what rules say of it."""

    checkpoint: Checkpoint
    use: str
    memory_gb: float | None
    findings: tuple[Rule, ...]


class Miss(NamedTuple):
    """A requirement of an answer that a field of a checkpoint does not meet, in words."""

    question: str
    field: str
    text: str


class Judged(NamedTuple):
    """One checkpoint against the answers: its use, what it lacks, and what nobody verified.

    `use` is None where it cannot be used for the task at all.
    """

    use: str | None
    lacks: tuple[Miss, ...]
    unknown: tuple[Miss, ...]


class Lack(NamedTuple):
    """One checkpoint that fell out, and what it lacks, in words."""

    checkpoint: Checkpoint
    lacks: tuple[str, ...]


class Selection(NamedTuple):
    """The second half of an answer.

    `picks` meet every requirement; `unverified` may, but nobody checked a field that matters;
    `closest` are those that lack least, given where there are no picks; `next_family` is then the
    next family in the ranking that has a pick.
    """

    picks: tuple[Pick, ...]
    unverified: tuple[Pick, ...]
    fallen: tuple[Lack, ...]
    next_family: str | None

    @property
    def closest(self) -> tuple[Lack, ...]:
        """The fallen that lack least, where nothing else is left."""
        if self.picks or not self.fallen:
            return ()
        least = min(len(lack.lacks) for lack in self.fallen)
        return tuple(lack for lack in self.fallen if len(lack.lacks) == least)


def select(rulebase: RuleBase, decision: Decision, order: str = "quality") -> Selection:
    """Return the checkpoints for a decision, best first by `order`.

    quality: what rules prefer, what is typical, what was made for such a task rather than for all,
    what was measured in public; small: fewest parameters;
    open: the freest licence. The later two fall back on quality.
    """
    if decision.family is None:
        return Selection((), (), (), None)
    selection = _of_family(rulebase, decision.family, decision.profile, order)
    if selection.picks:
        return selection
    others = [a.family for a in decision.assessments if a.verdict in ("allowed", "discouraged")]
    for family in others:
        if _of_family(rulebase, family, decision.profile, order).picks:
            return selection._replace(next_family=family)
    return selection


def judge_checkpoint(rulebase: RuleBase, checkpoint: Checkpoint, profile: Profile) -> Judged:
    """Return how one checkpoint stands against a complete profile with one task."""
    use = _use(checkpoint, profile[TASK].options[0], _uses(rulebase, profile))
    lacks, unknown = _requirements(rulebase, checkpoint, profile, use or "as-is")
    return Judged(use, lacks, unknown)


def _of_family(rulebase: RuleBase, family: str, profile: Profile, order: str) -> Selection:
    task = profile[TASK].options[0]
    uses = _uses(rulebase, profile)
    picks: list[Pick] = []
    unverified: list[Pick] = []
    fallen: list[Lack] = []
    for checkpoint in rulebase.catalogue(family):
        use = _use(checkpoint, task, uses)
        if use is None or checkpoint.derived:
            continue
        lacks, unknown = _requirements(rulebase, checkpoint, profile, use)
        if lacks:
            fallen.append(Lack(checkpoint, tuple(miss.text for miss in lacks)))
            continue
        findings = _findings(rulebase, checkpoint, profile)
        pick = Pick(checkpoint, use, memory_gb(checkpoint.parameters_millions), findings)
        (unverified if unknown else picks).append(pick)
    key = _order(order, uses)
    return Selection(
        tuple(sorted(picks, key=key)), tuple(sorted(unverified, key=key)), tuple(fallen), None
    )


def _uses(rulebase: RuleBase, profile: Profile) -> list[str]:
    """The ways of use that all answers allow, in the order of the last answer that names any."""
    allowed = ["as-is"]
    first = True
    for question in rulebase.questions:
        answer = profile[question.id]
        if not applicable(answer):
            continue
        for option in _options(question.options, answer):
            if option.uses:
                allowed = [use for use in option.uses if first or use in allowed]
                first = False
    return allowed


def _options(options: tuple[Option, ...], answer: Answer) -> list[Option]:
    return [option for option in options if option.id in answer.options]


def _use(checkpoint: Checkpoint, task: str, uses: list[str]) -> str | None:
    offers = {"as-is": checkpoint.tasks, "fine-tune": checkpoint.fine_tune, "compose": []}
    return next((use for use in uses if task in offers[use]), None)


def _requirements(
    rulebase: RuleBase, checkpoint: Checkpoint, profile: Profile, use: str
) -> tuple[tuple[Miss, ...], tuple[Miss, ...]]:
    """Return what a checkpoint lacks, and which fields nobody verified."""
    lacks: list[Miss] = []
    unknown: list[Miss] = []
    for question in rulebase.demanding:
        answer = profile[question.id]
        for option in _options(question.options, answer):
            for field, wanted in option.requires.items():
                if use != "as-is" and field in LEARNT:
                    continue
                value = _field(checkpoint, field)
                if value is None:
                    text = f"{field.replace('_', ' ')} is not verified"
                    unknown.append(Miss(question.id, field, text))
                elif reason := _mismatch(field, value, wanted, answer, option):
                    lacks.append(Miss(question.id, field, reason))
    return tuple(lacks), tuple(unknown)


def _field(checkpoint: Checkpoint, field: str) -> Any:
    if field == "memory_gb":
        return memory_gb(checkpoint.parameters_millions)
    return getattr(checkpoint, field)


def _mismatch(field: str, value: Any, wanted: Any, answer: Answer, option: Option) -> str | None:
    """Return in words what is wanted and what is there; None where that fits."""
    name = field.replace("_", " ")
    if isinstance(wanted, list):
        present = value if isinstance(value, list) else [str(value)]
        if set(wanted) & set(present):
            return None
        return f"{name} is {', '.join(present)}, wanted {' or '.join(wanted)}"
    for key, text in (("at_most", "at most"), ("at_least", "at least")):
        bound = wanted.get(key)
        if bound == "answer":
            bound = answer.value if answer.value is not None else option.up_to
        if bound is None:
            continue
        if (value > bound) if key == "at_most" else (value < bound):
            return f"{name} is {value:g}, wanted {text} {bound:g}"
    return None


def _findings(rulebase: RuleBase, checkpoint: Checkpoint, profile: Profile) -> tuple[Rule, ...]:
    """The rules aimed at a checkpoint that fire on the completed answers."""
    return tuple(
        rule
        for rule in rulebase.rules
        if checkpoint.id in rule.candidates
        and all(set(profile[id].options) & set(options) for id, options in rule.when.items())
    )


def _order(order: str, uses: list[str]) -> Any:
    def quality(pick: Pick) -> tuple[Any, ...]:
        effects = [rule.effect for rule in pick.findings]
        advice = "avoid" in effects, "prefer" not in effects
        made_for_it = pick.checkpoint.stage in ("fine-tuned", "contrastive")
        measured = bool(pick.checkpoint.measurements)
        typical = pick.checkpoint.typical
        return uses.index(pick.use), *advice, not typical, not made_for_it, not measured

    def key(pick: Pick) -> tuple[Any, ...]:
        size = pick.checkpoint.parameters_millions
        if order == "small":
            return (size is None, size or 0, *quality(pick))
        if order == "open":
            return (OPENNESS[pick.checkpoint.commercial_use], *quality(pick))
        return (*quality(pick), size is None, size or 0)

    return key
