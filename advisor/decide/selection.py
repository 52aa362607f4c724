"""The checkpoints for a case: those that fit, best first, and why others do not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from advisor.decide.memory import memory_gb
from advisor.decide.ranking import Beaten, Objectives, Precedence, Yardstick, beaten, depths
from advisor.decide.requirements import LEARNT, Gap, Requirements, Suitability
from advisor.engine.decision import Decision, Engine, applicable
from advisor.engine.profile import Answer, Profile, holds
from advisor.model import Benchmark, Checkpoint, Rule
from advisor.rulebase.base import RuleBase

ORDERS = ("quality", "small", "open")
GENERATION = 2  # years that count as equally new where nothing was measured
MADE_FOR = {
    "as-is": ("fine-tuned", "contrastive"),
    "fine-tune": ("pre-trained",),
    "compose": ("pre-trained",),
}
"""For each use, the stages of training that checkpoints made for it are at."""
LOADED_WITHOUT_ITS_CODE = ("transformers", "open_clip")
OPENNESS = {"permitted": 0, "restricted": 1, None: 2, "not-permitted": 3}


class Pick(NamedTuple):
    """One checkpoint for a case: how to use it, and the rules aimed at it that `fired`.

    `objectives` is where it stands on the axes of the task, `figures` what was published of it on
    the task's benchmarks, `beaten` by which picks of the same use it is dominated (the first of
    them on the front), `unknown` what matters and nobody verified; `to_learn` says that training
    has to teach it something asked for, as a language. `place` counts from 1, shared by all that
    nothing tells apart; `before_next` is why it stands before the next of another series, None
    where nothing says that it should.
    """

    checkpoint: Checkpoint
    use: str
    memory_gb: float | None
    fired: tuple[Rule, ...]
    objectives: Objectives = Objectives({}, None, None, None)
    figures: tuple[tuple[Benchmark, float], ...] = ()
    beaten: tuple[Beaten, ...] = ()
    unknown: tuple[Gap, ...] = ()
    to_learn: bool = False
    place: int = 0
    before_next: Precedence | None = None

    @property
    def on_front(self) -> bool:
        """True where no other pick is at least as good on every axis and better on one."""
        return not self.beaten

    @property
    def model_page(self) -> str:
        """The address of the checkpoint's page on the Hub."""
        return f"https://huggingface.co/{self.checkpoint.id}"


class Selection(NamedTuple):
    """The second half of an answer, best first by `order`.

    `picks` meet every requirement; `unverified` may, but nobody checked a field that matters;
    `rejected` do not. `uses` are the ways of use that the answers allow. Where there is no pick,
    `next_family` is the next in the ranking that has one, and `compose` says that one can be joined
    from an encoder and a decoder. `provided` are answers that the picks take in place of assumed
    ones: no checkpoint works as it is, and nobody ruled training out, so they are what to train.
    """

    picks: tuple[Pick, ...] = ()
    unverified: tuple[Pick, ...] = ()
    rejected: tuple[Suitability, ...] = ()
    next_family: str | None = None
    provided: Mapping[str, str] = MappingProxyType({})
    uses: tuple[str, ...] = ()
    compose: bool = False
    order: str = ORDERS[0]

    @property
    def closest(self) -> tuple[Suitability, ...]:
        """The rejected that came closest, nearest first, where nothing works as asked.

        They lack less than one whole requirement more than the nearest.
        """
        if (self.picks and not self.provided) or not self.rejected:
            return ()
        nearest = sorted(self.rejected, key=lambda one: one.distance)
        return tuple(one for one in nearest if one.distance < nearest[0].distance + 1)


def select(rulebase: RuleBase, decision: Decision, order: str = "quality") -> Selection:
    """Return the checkpoints for a decision, best first by `order`.

    Those of a use that the answers put first come first. Then, for quality: what rules prefer,
    starts that have nothing asked for to learn, what no other beats, the usual starts for the task
    with the newest first, what was made for such a task rather than for all, what needs no code of
    its own, the figures on the task's benchmarks in their declared order, and the largest of the
    last two years, which nobody measured here but was made to be the better. For small: the least
    memory; for open: the freest licence; both fall back on quality. Where answers ask for an order,
    it takes the place of quality.
    """
    if decision.family is None:
        return Selection()
    selection = select_of(rulebase, decision.family, decision.profile, order)
    if selection.picks:
        return selection
    if rulebase.family(decision.family).composable and "compose" in selection.uses:
        selection = selection._replace(compose=True)
    others = [a.family for a in decision.assessments if a.verdict in ("allowed", "discouraged")]
    for family in others:
        if select_of(rulebase, family, decision.profile, order).picks:
            return selection._replace(next_family=family)
    return selection


def select_of(
    rulebase: RuleBase,
    family: str,
    profile: Profile,
    order: str,
    allowed: tuple[str, ...] | None = None,
) -> Selection:
    """Return the checkpoints of one family for a complete profile with one task.

    `allowed` are ways of use, best first; those that the answers allow where it is left out.
    """
    required = Requirements(rulebase, profile)
    allowed = required.uses if allowed is None else allowed
    if order == ORDERS[0]:
        order = required.order or order
    yardstick = Yardstick(rulebase, required.task, required.languages)
    picks: list[Pick] = []
    unverified: list[Pick] = []
    rejected: list[Suitability] = []
    for checkpoint in rulebase.catalogue(family):
        use = required.use(checkpoint, allowed) if checkpoint.offered else None
        if use is None:
            continue
        lacks, unknown = required.gaps(checkpoint, use)
        if lacks:
            rejected.append(Suitability(checkpoint, use, lacks, unknown))
            continue
        memory = memory_gb(checkpoint, required.dtype)
        aimed = rulebase.aimed.get(checkpoint.id, ())
        figures = yardstick.figures(checkpoint)
        pick = Pick(
            checkpoint=checkpoint,
            use=use,
            memory_gb=memory,
            fired=tuple(rule for rule in aimed if holds(rule.when, profile)),
            objectives=yardstick.objectives(checkpoint, memory, figures),
            figures=figures,
            unknown=unknown,
            to_learn=use != "as-is" and required.gaps(checkpoint, "as-is") != (lacks, unknown),
        )
        (unverified if unknown else picks).append(pick)
    return Selection(
        picks=_ranked(picks, order, allowed, yardstick),
        unverified=_ranked(unverified, order, allowed, yardstick),
        rejected=tuple(rejected),
        uses=allowed,
        order=order,
    )


def _ranked(
    picks: Sequence[Pick], order: str, allowed: tuple[str, ...], yardstick: Yardstick
) -> tuple[Pick, ...]:
    """Return picks in order, each with what beats it; only the same use is compared."""
    losses: dict[str, tuple[Beaten, ...]] = {}
    for use in allowed:
        losses |= beaten([(p.checkpoint.id, p.objectives) for p in picks if p.use == use])
    behind = depths(losses)
    newest = max((pick.checkpoint.released or 0 for pick in picks), default=0)

    def key(pick: Pick) -> tuple[Any, ...]:
        one, effects = pick.checkpoint, [rule.effect for rule in pick.fired]
        year, typical = one.released or 0, yardstick.task in one.typical
        small = pick.memory_gb is None, pick.memory_gb or 0.0
        free = OPENNESS[one.commercial_use], one.gated is True
        return (
            allowed.index(pick.use),
            {"small": small, "open": free}.get(order, ()),
            "avoid" in effects,
            "prefer" not in effects,
            pick.to_learn,
            behind.get(one.id, 0),
            not typical,
            -year if typical else 0,
            one.stage not in MADE_FOR[pick.use],
            one.loader not in LOADED_WITHOUT_ITS_CODE,
            yardstick.key(pick.objectives),
            (newest - year) // GENERATION,
            -(one.parameters_millions or 0.0),
            -year,
            small if order == "open" else (),
        )

    keys = {pick.checkpoint.id: key(pick) for pick in picks}
    ranked = sorted(picks, key=lambda pick: keys[pick.checkpoint.id])
    place = {pick.checkpoint.id: number for number, pick in enumerate(ranked)}
    shared = [keys[pick.checkpoint.id] for pick in ranked]

    def first_on_front(loss: Beaten) -> tuple[bool, int]:
        return loss.by in behind, place[loss.by]

    return tuple(
        pick._replace(
            beaten=tuple(sorted(losses.get(pick.checkpoint.id, ()), key=first_on_front)),
            place=shared.index(keys[pick.checkpoint.id]) + 1,
        )
        for pick in ranked
    )


# -- training instead --------------------------------------------------------------------------


def select_or_train(engine: Engine, decision: Decision, order: str) -> Selection:
    """Return the checkpoints for a decision.

    Where no checkpoint has the language and training was merely assumed away, they are those to
    start training from, of the family that then wins.
    """
    rulebase = engine.rulebase
    selection = select(rulebase, decision, order)
    training = _training_instead(rulebase, decision.profile) if _teachable(selection) else {}
    if not training or not engine.admits({**decision.given, **training}):
        return selection
    trained = engine.decide({**decision.given, **training})
    if trained.family is None:
        return selection
    uses = Requirements(rulebase, trained.profile).uses
    ways = tuple(use for use in uses if use != "as-is")
    starts = select_of(rulebase, trained.family, trained.profile, order, ways)
    if not starts.picks:
        return selection
    provided = {id: answer.options[0] for id, answer in training.items()}
    return selection._replace(picks=starts.picks, provided=provided, uses=ways)


def _teachable(selection: Selection) -> bool:
    """True where none is known to have what training teaches, in this family or the next.

    Where one has it and lacks something else, training is no way out.
    """
    obstacles = [one.lacks for one in selection.rejected]
    obstacles += [pick.unknown for pick in selection.unverified]
    if selection.picks or selection.next_family or not obstacles:
        return False
    return all(any(gap.field in LEARNT for gap in obstacle) for obstacle in obstacles)


def _training_instead(rulebase: RuleBase, profile: Profile) -> Profile:
    """Return the answer that allows training, in place of the assumed one that alone rules it out.

    Empty where training is allowed already, or where somebody said that it is not.
    """
    if set(Requirements(rulebase, profile).uses) - {"as-is"}:
        return {}
    for question in rulebase.questions:
        answer = profile[question.id]
        for option in question.options if answer.origin == "assumed" and applicable(answer) else ():
            instead = {question.id: Answer((option.id,), None, "assumed")}
            trained = Requirements(rulebase, {**profile, **instead})
            if "fine-tune" in option.uses and "fine-tune" in trained.uses:
                return instead
    return {}
