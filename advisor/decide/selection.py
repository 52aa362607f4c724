"""The checkpoints for a case: those that fit, best first, and why others do not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, partial
from itertools import groupby
from types import MappingProxyType
from typing import Any

from advisor.decide.memory import TrainingMemory, training_memory
from advisor.decide.precedence import ENGLISH, Locked, Precedence, Precedences, Published
from advisor.decide.ranking import NOTHING, OPENNESS, Lineup, line_of
from advisor.decide.requirements import AS_IS, VERIFIED, Gap, Requirements, Suitability
from advisor.engine.bounds import BOUNDED
from advisor.engine.decision import Decision
from advisor.engine.profile import Profile, holds
from advisor.model import Checkpoint, NamedTuple, Rule
from advisor.rulebase.base import RuleBase

ORDERS = ("quality", "small", "open")
SORTS = dict(zip(("quality", "memory", "permissive"), ORDERS, strict=True))
"""What people type for an order."""


def sort_flag(order: str) -> str:
    """Return the flag that asks for an order."""
    return "--sort " + next(word for word, meant in SORTS.items() if meant == order)


NO_LOADER = Gap("", "loader", "advisor cannot load this checkpoint")


class Pick(NamedTuple):
    """One checkpoint for a case: how to use it, and the rules aimed at it that `fired`.

    `figures` are what was published of it on the task's yardsticks, `unknown` what matters and
    nobody verified; `to_learn` says that training has to teach it something asked for, as a
    language. `place` counts from 1, shared by all that nothing tells apart, and `placed_by` is a
    figure, the series and size of what has none, or nothing; `before_next` is why it stands before
    the next of another series, None where nothing says that it should, `behind` another pick that
    evidence puts right before it. `beyond_gb` is the most memory that the first place is for,
    where nobody said how much there is, and this one may need more. `poor` are languages asked for
    in which it was measured and stands at the bottom, `counted` those that its maker only counts.
    """

    checkpoint: Checkpoint
    use: str
    memory_gb: float | None
    fired: tuple[Rule, ...]
    figures: tuple[Published, ...] = ()
    unknown: tuple[Gap, ...] = ()
    to_learn: bool = False
    place: int = 0
    placed_by: str = NOTHING
    before_next: Precedence | None = None
    behind: str | None = None
    beyond_gb: float | None = None
    training: TrainingMemory | None = None
    poor: tuple[Gap, ...] = ()
    counted: tuple[Gap, ...] = ()

    @property
    def loads(self) -> bool:
        """True where advisor, and the programs it prints, can load it."""
        return self.checkpoint.loads_safely

    @property
    def aimed_at(self) -> tuple[bool, bool]:
        """Whether a rule speaks against it, or none for it."""
        effects = [rule.effect for rule in self.fired]
        return "avoid" in effects, "prefer" not in effects

    @property
    def needs_gb(self) -> float | None:
        """The least memory for its use: to run it or, where it has to be trained, with LoRA."""
        return self.training.lora_gb if self.training else self.memory_gb

    @property
    def group(self) -> tuple[bool, bool, bool]:
        """Whether it stands behind others whatever its quality; the first that tells decides.

        Not verified or measured as poor, not to be loaded, too large for the step of memory that
        comes first.
        """
        return bool(self.unknown or self.poor), not self.loads, self.beyond_gb is not None

    def within(self, limit_gb: float) -> bool:
        """True where it is known to fit a limit of memory."""
        return self.needs_gb is not None and self.needs_gb <= limit_gb

    @property
    def model_page(self) -> str:
        """The address of the checkpoint's page, on the Hub where it has one there."""
        return self.checkpoint.page


class Placing(NamedTuple):
    """Puts picks for one case in order. `line` gives that of a way of use.

    `allowed` are the ways of use, best first; `order` is quality, small or open.
    """

    line: Callable[[str], Lineup]
    order: str
    allowed: tuple[str, ...]

    def ordered(self, picks: Sequence[Pick]) -> list[Pick]:
        """Return picks in order, best first.

        What is in doubt, cannot be loaded or takes too much memory stands behind all else; what
        cannot be loaded does so as well where it would come first. Then use, the order asked for,
        rules aimed at picks and what is left to learn come before the line.
        """
        loads_first = bool(picks) and min(pick.group for pick in picks)[1]

        def key(pick: Pick) -> tuple[Any, ...]:
            in_line = self.line(pick.use).number[pick.checkpoint.id]
            return loads_first and pick.group[1], pick.group, self._layer(pick), in_line

        return sorted(picks, key=key)

    def placed(self, picks: Sequence[Pick]) -> tuple[Pick, ...]:
        """Return picks in order, each with its place and with why it stands there.

        Why it stands before the next of another series, and why another stands before it. Evidence
        against the order, where a rule or a doubt made it, is no reason.
        """
        placed: list[Pick] = []

        def by(pick: Pick) -> str:
            return self.line(pick.use).by[pick.checkpoint.id]

        for _, alike in groupby(
            self.ordered(picks), lambda pick: (pick.group, self._layer(pick), by(pick) == NOTHING)
        ):
            some, ahead = list(alike), len(placed)
            places = self.line(some[0].use).locked.places([pick.checkpoint.id for pick in some])
            placed += [
                pick._replace(place=ahead + place, placed_by=by(pick))
                for place, pick in zip(places, some, strict=True)
            ]
        return tuple(self._explained(placed))

    def _explained(self, picks: Sequence[Pick]) -> Iterator[Pick]:
        if not picks:
            return
        locked = self.line(picks[0].use).locked
        ids = [pick.checkpoint.id for pick in picks]
        ahead = locked.first_before(ids)
        for number, (id, pick) in enumerate(zip(ids, picks, strict=True), start=1):
            other = next_of_another_series(pick, picks[number:])
            yield pick._replace(
                before_next=locked.precedence(id, other.checkpoint.id) if other else None,
                behind=ahead.get(id),
            )

    def _layer(self, pick: Pick) -> tuple[Any, ...]:
        """Return what comes before all evidence."""
        return (
            self.allowed.index(pick.use),
            by_order(self.order, pick.checkpoint, pick.memory_gb),
            *pick.aimed_at,
            pick.to_learn,
        )


def by_order(order: str, checkpoint: Checkpoint, memory_gb: float | None) -> tuple[Any, ...]:
    """Return what an order goes by, the least first: memory, or how freely one may use it."""
    small = memory_gb is None, memory_gb or 0.0
    free = OPENNESS[checkpoint.commercial_use], checkpoint.gated is True
    return {"small": small, "open": free}.get(order, ())


def next_of_another_series(pick: Pick, after: Sequence[Pick]) -> Pick | None:
    """Return the first of the picks behind one that is not of its series.

    A form in fewer bits that no result ranks stands where its checkpoint does, so it tells nothing.
    """
    series = pick.checkpoint.series
    others = (later for later in after if series is None or later.checkpoint.series != series)
    return next((each for each in others if each.figures or not each.checkpoint.is_rounded), None)


class Rung(NamedTuple):
    """One step of a ladder: the best that fits `up_to_gb`, of all where that is None."""

    up_to_gb: float | None
    pick: Pick | None


class Selection(NamedTuple):
    """The second half of an answer, best first by `order`.

    `picks` meet every requirement, or may: those of which nobody verified a field that matters are
    marked and stand last. `unverified` are no answer: nobody verified that they may be used, or
    only verified ones were asked for. `rejected` do not meet a requirement; where there is nothing
    else, `misused` do the task in a way of use that answers rule out. `uses` are the ways of use
    that the answers allow. Where the family has no pick, `next_family` is the next in the
    ranking that has one, and the picks are its; `compose` says that one can be joined from an
    encoder and a decoder. `provided` are answers that the picks take in place of assumed ones: no
    checkpoint works as it is, and nobody ruled training out, so they are what to train.
    `ladder` has the best for each step of memory, where nobody said how much there is; `locked`
    says who stands before whom, whatever fits.
    """

    picks: tuple[Pick, ...] = ()
    unverified: tuple[Pick, ...] = ()
    rejected: tuple[Suitability, ...] = ()
    misused: tuple[Suitability, ...] = ()
    next_family: str | None = None
    provided: Mapping[str, str] = MappingProxyType({})
    uses: tuple[str, ...] = ()
    compose: bool = False
    order: str = ORDERS[0]
    ladder: tuple[Rung, ...] = ()
    locked: Locked | None = None

    @property
    def closest(self) -> tuple[Suitability, ...]:
        """The rejected checkpoints that lack the least, nearest first.

        There are none where a pick meets the answers as given. All lack less than one whole
        requirement more than the nearest. Those of which a size that
        the answers bound is unknown count where there are no others, and the `misused` where none
        is rejected. Where the next family has a pick, only those of the first family count.
        """
        if self.picks and not (self.provided or self.next_family):
            return ()
        right = [unfit for unfit in self.rejected if unfit.checkpoint.family != self.next_family]
        bounds_known = [
            unfit for unfit in right if {g.field for g in unfit.unknown}.isdisjoint(BOUNDED)
        ]
        nearest = sorted(bounds_known or right or self.misused, key=lambda unfit: unfit.distance)
        return tuple(unfit for unfit in nearest if unfit.distance < nearest[0].distance + 1)


def select(
    rulebase: RuleBase, decision: Decision, order: str = "quality", *, verified_only: bool = False
) -> Selection:
    """Return the checkpoints for a decision, best first by `order`.

    They are of the family that was decided on or, where none of its checkpoints can be used, of the
    next in the ranking that has one. With `verified_only` nothing unverified is picked.
    """
    if decision.family is None:
        return Selection()

    of = partial(
        select_of, rulebase, profile=decision.profile, order=order, verified_only=verified_only
    )
    selection = of(decision.family)
    if selection.picks:
        return selection
    if rulebase.family(decision.family).composable and "compose" in selection.uses:
        return selection._replace(compose=True)
    for rival in decision.assessments:
        if rival.verdict in ("allowed", "discouraged") and (other := of(rival.family)).picks:
            return other._replace(
                next_family=rival.family,
                unverified=selection.unverified + other.unverified,
                rejected=selection.rejected + other.rejected,
                misused=selection.misused,
            )
    return selection


def select_of(
    rulebase: RuleBase,
    family: str,
    profile: Profile,
    order: str,
    allowed: tuple[str, ...] | None = None,
    *,
    verified_only: bool = False,
) -> Selection:
    """Return the checkpoints of one family for a complete profile with one task.

    `allowed` are ways of use, best first; those that the answers allow where it is left out.
    What nobody verified stands below what is verified, what nothing here loads never comes first,
    and where nobody said how much memory there is, what fits the step that comes first does.
    """
    required = Requirements(rulebase, profile)
    allowed = required.uses if allowed is None else allowed
    if order == ORDERS[0]:
        order = required.order or order
    precedences = Precedences.known(rulebase, required.task, required.languages)
    live = {rule.id for rule in rulebase.aiming if holds(rule.when, profile)}
    picks: list[Pick] = []
    unverified: list[Pick] = []
    rejected: list[Suitability] = []
    for checkpoint in rulebase.forms_of(family):
        use = required.use(checkpoint, allowed) if checkpoint.offered else None
        if use is None:
            continue
        lacks, unknown = required.gaps(checkpoint, use)
        if lacks:
            rejected.append(Suitability(checkpoint, use, lacks, unknown))
            continue
        memory = required.takes_gb(checkpoint, AS_IS)
        aimed = rulebase.aimed.get(checkpoint.hub_id, ())
        poor, counted = required.language_marks(checkpoint, use)
        pick = Pick(
            checkpoint=checkpoint,
            use=use,
            memory_gb=memory,
            fired=tuple(rule for rule in aimed if rule.id in live),
            figures=precedences.published(checkpoint.id),
            unknown=unknown,
            poor=poor,
            counted=counted,
            training=training_memory(checkpoint) if use != "as-is" else None,
            to_learn=use != "as-is" and required.gaps(checkpoint, "as-is") != (lacks, unknown),
        )
        barred = unknown if verified_only else [gap for gap in unknown if gap.field in VERIFIED]
        (unverified if barred else picks).append(pick)
    if not any(pick.loads for pick in picks):
        rejected += [Suitability(pick.checkpoint, pick.use, (NO_LOADER,), ()) for pick in picks]
        picks = []

    placing = Placing(cache(partial(line_for, rulebase, family, precedences)), order, allowed)
    steps, first = required.steps, required.first_step
    in_memory = [pick if pick.within(first) else pick._replace(beyond_gb=first) for pick in picks]
    picks = _without_twins(in_memory if steps else picks, steps, placing)
    ranked = placing.placed(picks)
    nothing = not (picks or unverified or rejected)
    misused = [*filter(None, map(required.misused, rulebase.catalogue(family) if nothing else ()))]
    misused.sort(key=lambda unfit: placing.line(str(unfit.use)).number[unfit.checkpoint.id])
    return Selection(
        picks=ranked,
        unverified=placing.placed(unverified),
        rejected=tuple(rejected),
        misused=tuple(misused),
        uses=allowed,
        order=order,
        locked=placing.line(ranked[0].use).locked if ranked else None,
        ladder=_ladder(steps, ranked, placing) if ranked else (),
    )


def _without_twins(picks: list[Pick], steps: Sequence[float], placing: Placing) -> list[Pick]:
    """Return picks without forms in fewer bits that stand behind another form of theirs.

    The first for a step of memory stays.
    """
    if len({pick.checkpoint.hub_id for pick in picks}) == len(picks):
        return picks
    ordered = placing.ordered(picks)
    ids = {rung.pick.checkpoint.id for rung in _ladder(steps, ordered, placing) if rung.pick}
    seen: set[str] = set()
    for pick in ordered:
        if pick.checkpoint.hub_id not in seen or not pick.checkpoint.is_rounded:
            seen.add(pick.checkpoint.hub_id)
            ids.add(pick.checkpoint.id)
    return [pick for pick in picks if pick.checkpoint.id in ids]


def line_for(rulebase: RuleBase, family: str, precedences: Precedences, use: str) -> Lineup:
    """Return the line of a family for a way of use; languages that compare alike share one.

    The usual one, of use as it is in English, is kept with the rules.
    """
    task, forms = precedences.task, rulebase.forms_of(family)
    able = [form for form in forms if form.offered and task in (*form.tasks, *form.fine_tune)]
    columns = tuple((gauge.yardstick, gauge.name, gauge.rest) for gauge in precedences.gauges)
    alike: dict[Any, Lineup] = rulebase.compared.setdefault((Lineup, task, family, columns), {})
    key = use, frozenset(checkpoint.id for checkpoint in able if precedences.speaks(checkpoint))
    if key not in alike:
        usual, name = (use, precedences.language) == (AS_IS, ENGLISH), f"lines/{task}/{family}"
        shelf = rulebase.shelf if usual and able else None
        if table := shelf and shelf.read(name):
            alike[key] = Lineup.from_json(table, precedences)
        else:
            alike[key] = line_of(able, precedences, use, next(iter(alike.values()), None))
            if shelf:
                shelf.keep(name, alike[key].to_json())
    return alike[key]


def _ladder(steps: Sequence[float], ranked: Sequence[Pick], placing: Placing) -> tuple[Rung, ...]:
    """Return for each step the first of the picks that fit, as when that much memory was said.

    Without a limit it is another only where that needs more memory. Without steps there are none.
    """
    if not steps:
        return ()
    ordered = placing.ordered([pick._replace(beyond_gb=None) for pick in ranked if pick.loads])
    rungs = [Rung(up_to, next((p for p in ordered if p.within(up_to)), None)) for up_to in steps]
    best = next(iter(ordered), None)
    larger = best is not None and not best.within(steps[-1])  # else none is known to be better
    return *rungs, Rung(None, best if larger else rungs[-1].pick)
