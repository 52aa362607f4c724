"""The checkpoints of a family for a case: those that fit, best first, and why others do not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from advisor.decide.front import Beaten, Standing, Yardstick, beaten, depths
from advisor.decide.memory import memory_gb
from advisor.decide.requirements import (
    LEARNT,
    Judged,
    Miss,
    demands,
    judge_checkpoint,
    languages_asked,
    loaded_in,
    missed,
    ordered_by,
    usable,
    uses,
)
from advisor.engine.decision import Decision
from advisor.engine.profile import Profile, holds
from advisor.model import TASK, Checkpoint, Rule
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
    """One checkpoint for a case: how to use it, and what rules say of it.

    `standing` is where it stands on the axes of the task, `beaten` by which picks of the same use
    it is dominated there (the first of them on the front), `unknown` what matters and nobody
    verified; `to_learn` says that training has to teach it something asked for, as a language.
    """

    checkpoint: Checkpoint
    use: str
    memory_gb: float | None
    findings: tuple[Rule, ...]
    standing: Standing = Standing({}, None, None, None)
    beaten: tuple[Beaten, ...] = ()
    unknown: tuple[Miss, ...] = ()
    to_learn: bool = False

    @property
    def on_front(self) -> bool:
        """True where no other pick is at least as good on every axis and better on one."""
        return not self.beaten


class Lack(NamedTuple):
    """One checkpoint that fell out, what it lacks, and what of it nobody verified besides."""

    checkpoint: Checkpoint
    misses: tuple[Miss, ...]
    unknown: tuple[Miss, ...] = ()

    @property
    def lacks(self) -> tuple[str, ...]:
        """What it lacks, in words."""
        return tuple(miss.text for miss in self.misses)

    @property
    def distance(self) -> float:
        """How far it is from what is asked; what nobody verified is no nearer than a lack."""
        return sum(miss.distance for miss in (*self.misses, *self.unknown))


class Selection(NamedTuple):
    """The second half of an answer.

    `picks` meet every requirement; `unverified` may, but nobody checked a field that matters;
    `closest` are those that lack least, given where nothing works as asked; `next_family` is then
    the next family in the ranking that has a pick. `provided` are answers that the picks take in
    place of assumed ones: nothing has the language as it is, but nobody ruled training out; they
    are then starts of the family that wins with it. `uses` are the ways of use that the answers
    allow. `compose`: there is no pick, but one can be joined from an encoder and a decoder.
    `order` is the one they stand in.
    """

    picks: tuple[Pick, ...]
    unverified: tuple[Pick, ...]
    fallen: tuple[Lack, ...]
    next_family: str | None
    provided: dict[str, str]
    uses: tuple[str, ...]
    compose: bool = False
    order: str = ORDERS[0]

    @property
    def closest(self) -> tuple[Lack, ...]:
        """The fallen that came closest, nearest first, where nothing works as asked.

        They lack less than one whole requirement more than the nearest.
        """
        if (self.picks and not self.provided) or not self.fallen:
            return ()
        nearest = sorted(self.fallen, key=lambda lack: lack.distance)
        return tuple(one for one in nearest if one.distance < nearest[0].distance + 1)

    @property
    def front(self) -> tuple[Pick, ...]:
        """The picks that no other beats."""
        return tuple(pick for pick in self.picks if pick.on_front)


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
        return Selection((), (), (), None, {}, ())
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
    allowed: list[str] | None = None,
) -> Selection:
    """Return the checkpoints of one family for a complete profile with one task.

    `allowed` are ways of use, best first; those that the answers allow where it is left out.
    """
    allowed = uses(rulebase, profile) if allowed is None else allowed
    if order == ORDERS[0]:
        order = ordered_by(rulebase, profile) or order
    task = profile[TASK].options[0]
    demanded = demands(rulebase, profile)
    yardstick = Yardstick(rulebase, task, languages_asked(demanded))
    dtype = loaded_in(rulebase, profile)
    taught = tuple(demand for demand in demanded if demand.learnt)
    picks: list[Pick] = []
    unverified: list[Pick] = []
    fallen: list[Lack] = []
    for checkpoint in rulebase.catalogue(family):
        use = usable(checkpoint, task, allowed)
        if use is None or checkpoint.derived:
            continue
        lacks, unknown = missed(checkpoint, demanded, use)
        if lacks:
            fallen.append(Lack(checkpoint, lacks, unknown))
            continue
        findings = _findings(rulebase, checkpoint, profile)
        memory = memory_gb(checkpoint, dtype)
        standing = yardstick.standing(checkpoint, memory)
        to_learn = use != "as-is" and any(missed(checkpoint, taught, "as-is"))
        pick = Pick(checkpoint, use, memory, findings, standing, (), unknown, to_learn)
        (unverified if unknown else picks).append(pick)
    ranked = _ranked(picks, task, order, allowed, yardstick)
    apart = _ranked(unverified, task, order, allowed, yardstick)
    return Selection(ranked, apart, tuple(fallen), None, {}, tuple(allowed), order=order)


def teachable(selection: Selection) -> bool:
    """True where none is known to have what training teaches, in this family or the next.

    Where one has it and lacks something else, training is no way out.
    """
    obstacles = [lack.misses for lack in selection.fallen]
    obstacles += [pick.unknown for pick in selection.unverified]
    if selection.picks or selection.next_family or not obstacles:
        return False
    return all(any(miss.field in LEARNT for miss in misses) for misses in obstacles)


def _findings(rulebase: RuleBase, checkpoint: Checkpoint, profile: Profile) -> tuple[Rule, ...]:
    """The rules aimed at a checkpoint that fire on the completed answers."""
    return tuple(
        rule for rule in rulebase.aimed.get(checkpoint.id, ()) if holds(rule.when, profile)
    )


def _ranked(
    picks: Sequence[Pick], task: str, order: str, allowed: list[str], yardstick: Yardstick
) -> tuple[Pick, ...]:
    """Return picks in order, each with what beats it; only the same use is compared."""
    losses: dict[str, tuple[Beaten, ...]] = {}
    for use in {pick.use for pick in picks}:
        losses |= beaten([(p.checkpoint.id, p.standing) for p in picks if p.use == use])
    behind = depths(losses)
    newest = max((pick.checkpoint.released or 0 for pick in picks), default=0)
    key = _order(task, order, allowed, yardstick, behind, newest)
    ranked = sorted(picks, key=key)
    place = {pick.checkpoint.id: number for number, pick in enumerate(ranked)}

    def first_on_front(loss: Beaten) -> tuple[bool, int]:
        return loss.by in behind, place[loss.by]

    return tuple(
        pick._replace(beaten=tuple(sorted(losses[pick.checkpoint.id], key=first_on_front)))
        if pick.checkpoint.id in losses
        else pick
        for pick in ranked
    )


def _order(
    task: str,
    order: str,
    allowed: list[str],
    yardstick: Yardstick,
    behind: dict[str, int],
    newest: int,
) -> Callable[[Pick], tuple[Any, ...]]:
    benchmarks = [benchmark.id for benchmark in yardstick.benchmarks]

    def quality(pick: Pick) -> tuple[Any, ...]:
        effects = [rule.effect for rule in pick.findings]
        advice = "avoid" in effects, "prefer" not in effects
        depth = behind.get(pick.checkpoint.id, 0)
        typical = task in pick.checkpoint.typical
        age = -(pick.checkpoint.released or 0)
        made_for_it = pick.checkpoint.stage in MADE_FOR[pick.use]
        figures = pick.standing.figures
        measured = [(id not in figures, -figures.get(id, 0.0)) for id in benchmarks]
        usual = (not typical, age if typical else 0)
        own_code = pick.checkpoint.loader not in LOADED_WITHOUT_ITS_CODE
        years = (newest - (pick.checkpoint.released or 0)) // GENERATION
        size = -(pick.checkpoint.parameters_millions or 0.0)
        late = years, size, age
        return *advice, pick.to_learn, depth, *usual, not made_for_it, own_code, *measured, *late

    def key(pick: Pick) -> tuple[Any, ...]:
        use = allowed.index(pick.use)
        small = pick.memory_gb is None, pick.memory_gb or 0.0
        if order == "small":
            return (use, *small, *quality(pick))
        if order == "open":
            freedom = OPENNESS[pick.checkpoint.commercial_use]
            return (use, freedom, pick.checkpoint.gated is True, *quality(pick), *small)
        return (use, *quality(pick))

    return key


__all__ = [
    "ORDERS",
    "Judged",
    "Lack",
    "Miss",
    "Pick",
    "Selection",
    "judge_checkpoint",
    "select",
    "select_of",
    "teachable",
]
