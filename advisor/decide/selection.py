"""The checkpoints for a case: those that fit, best first, and why others do not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, partial
from itertools import groupby
from types import MappingProxyType
from typing import Any

from advisor.decide.memory import TrainingMemory, training_memory
from advisor.decide.precedence import ENGLISH, Locked, Precedence, Precedences, Published
from advisor.decide.ranking import NOTHING, OPENNESS, Lineup, line_of
from advisor.decide.requirements import HOURS, VERIFIED, Gap, Requirements, Suitability, overtime
from advisor.engine.bounds import BOUNDED
from advisor.engine.decision import Decision
from advisor.engine.profile import Profile, holds
from advisor.model import AS_IS, Checkpoint, NamedTuple, Rule
from advisor.rulebase.base import RuleBase

ORDERS = ("quality", "small", "open")
SORTS = dict(zip(("quality", "memory", "permissive"), ORDERS, strict=True))
"""The orders by the names that users type."""


class Picking(NamedTuple):
    """How checkpoints are picked: their `order`, and whether nothing unverified is."""

    order: str = ORDERS[0]
    verified_only: bool = False

    @property
    def name(self) -> str:
        """The name of tables that are made for it."""
        return f"{self.order}{'-verified' * self.verified_only}"


USUAL = Picking()


def sort_flag(order: str) -> str:
    """Return the flag that asks for an order."""
    return "--sort " + next(word for word, meant in SORTS.items() if meant == order)


NO_LOADER = Gap("", "loader", "advisor cannot load this checkpoint")


class Pick(NamedTuple):
    """One checkpoint for a case: how to use it, and the rules about it that `fired`.

    `figures` are its published results on the task's yardsticks, `unknown` its unverified
    requirements; `to_learn`: training has to teach it something required, as a language. `place`
    counts from 1, shared by picks that nothing tells apart, and `placed_by` is `figure`, `series`
    (and size) or `nothing`. `before_next` is why it ranks above the next of another series, None
    without evidence; `behind` the id of a pick that evidence ranks directly above it. `beyond_gb`
    is the memory that the first place is for, if memory was not given and this pick may need more.
    `poor` are required languages with poor results, `counted` those that its maker only counts.
    `late` is the gap of one that takes longer than a bound on time allows.
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
    late: tuple[Gap, ...] = ()

    @property
    def loads(self) -> bool:
        """True if advisor, and the programs it prints, can load it."""
        return self.checkpoint.loads_safely

    @property
    def aimed_at(self) -> tuple[bool, bool]:
        """Whether a rule discourages it, and whether no rule prefers it."""
        effects = [rule.effect for rule in self.fired]
        return "avoid" in effects, "prefer" not in effects

    @property
    def needs_gb(self) -> float | None:
        """The least GB for its use: to run it or train it with LoRA; None if unknown."""
        return self.training.lora_gb if self.training else self.memory_gb

    @property
    def overtime(self) -> float:
        """How late it is; see `overtime`."""
        return overtime(self.late, self.unknown)

    @property
    def group(self) -> tuple[bool, float, bool, bool]:
        """Reasons that rank it below others whatever its quality; the first that differs counts.

        Unverified or with poor results; its time beyond a bound; cannot be loaded; may need more
        memory than the first place is for.
        """
        doubtful, too_large = bool(self.unknown or self.poor), self.beyond_gb is not None
        return doubtful, self.overtime, not self.loads, too_large

    @property
    def rank(self) -> tuple[Any, ...]:
        """All that ranks it besides quality and the order that was asked for."""
        return self.group, self.use, self.aimed_at, self.to_learn

    def within(self, limit_gb: float) -> bool:
        """True if it is known to fit a memory limit."""
        return self.needs_gb is not None and self.needs_gb <= limit_gb

    @property
    def model_page(self) -> str:
        """The address of the checkpoint's page, on the Hub if it has one there."""
        return self.checkpoint.page


class Placing(NamedTuple):
    """Ranks the picks for one case. `line` returns the ranking for a way of use.

    `allowed` are the ways of use, best first; `order` is quality, small or open.
    """

    line: Callable[[str], Lineup]
    order: str
    allowed: tuple[str, ...]

    def ordered(self, picks: Sequence[Pick]) -> list[Pick]:
        """Return picks in order, best first.

        Picks in doubt, that cannot be loaded or need too much memory come last; if one that cannot
        be loaded would be first, all such come last. Then count: use, sort order, rules, what is
        left to learn, line.
        """

        def rank(pick: Pick) -> tuple[Any, ...]:
            in_line = self.line(pick.use).number[pick.checkpoint.id]
            return pick.group, self._layer(pick), in_line

        ordered = sorted(picks, key=rank)
        if ordered and not ordered[0].loads:
            ordered.sort(key=lambda pick: not pick.loads)
        return ordered

    def placed(self, picks: Sequence[Pick]) -> tuple[Pick, ...]:
        """Return picks in order, each with its place and the evidence for it.

        That is why it ranks above the next of another series, and which pick ranks directly above
        it. Evidence against an order that a rule or a doubt made is left out.
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
        """Return the sort key that counts before all evidence."""
        return (
            self.allowed.index(pick.use),
            by_order(self.order, pick.checkpoint, pick.memory_gb),
            *pick.aimed_at,
            pick.to_learn,
        )


def by_order(order: str, checkpoint: Checkpoint, memory_gb: float | None) -> tuple[Any, ...]:
    """Return the sort key of an order, least first: memory, freedom of use, or () for quality."""
    if order == "small":
        return memory_gb is None, memory_gb or 0.0
    if order == "open":
        return OPENNESS[checkpoint.commercial_use], checkpoint.gated is True
    return ()


def next_of_another_series(pick: Pick, after: Sequence[Pick]) -> Pick | None:
    """Return the first pick in `after` that is of another series; None without one.

    Quantized forms without a figure are skipped: they rank where their checkpoint does.
    """
    series = pick.checkpoint.series
    others = (later for later in after if series is None or later.checkpoint.series != series)
    return next((each for each in others if each.figures or not each.checkpoint.is_rounded), None)


class Rung(NamedTuple):
    """The best pick that fits `up_to_gb` GB of memory, or of all if that is None."""

    up_to_gb: float | None
    pick: Pick | None


class Selection(NamedTuple):
    """The checkpoints of an answer, best first by `order`.

    `picks` meet every requirement; those with an unverified one are marked and come last. If none
    is known to be `in_time`, those of known time that are only too slow are picks too, the least
    late first. `unverified` are no picks: rights or bounded size are unverified, or only verified
    ones were asked for. `rejected` fail a requirement; if there is nothing else, `misused` do the
    task in a way of use that answers rule out. `uses` are the allowed ways. If the family has no
    pick, or none `in_time`, `next_family` is the next in the ranking that has one, and the picks
    are from it; `compose` says that parts can be combined. `provided` are answers (question ->
    option) in place of defaults: no checkpoint works as it is and training was not ruled out, so
    the picks are to be trained. `ladder` has the best for each memory limit, if memory was not
    given; `locked` is the evidence on the order of all checkpoints.
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
    def first(self) -> Pick | None:
        """The first pick; None without one."""
        return self.picks[0] if self.picks else None

    @property
    def fitting(self) -> tuple[Pick, ...]:
        """The picks that are not too slow."""
        return tuple(pick for pick in self.picks if not pick.late)

    @property
    def in_time(self) -> bool:
        """True if the first pick is known to keep the bound on time, or there is no bound."""
        return self.first is not None and not self.first.overtime

    @property
    def closest(self) -> tuple[Suitability, ...]:
        """The rejected checkpoints with the least summed gaps, nearest first, within 1 of it.

        Empty if a pick meets the answers as given. Those with an unverified field that a bound
        limits count only if there are no others, `misused` ones only if none is rejected; none of
        `next_family` counts.
        """
        if self.picks and not (self.provided or self.next_family):
            return ()
        right = [unfit for unfit in self.rejected if unfit.checkpoint.family != self.next_family]
        bounds_known = [
            unfit for unfit in right if {g.field for g in unfit.unknown}.isdisjoint(BOUNDED)
        ]
        nearest = sorted(bounds_known or right or self.misused, key=lambda unfit: unfit.distance)
        return tuple(unfit for unfit in nearest if unfit.distance < nearest[0].distance + 1)


def select(rulebase: RuleBase, decision: Decision, picking: Picking = USUAL) -> Selection:
    """Return the checkpoints for a decision, best first.

    They are of the decided family or, if it has no pick in time and cannot be combined from parts,
    of the next in the ranking that has one; without any, of the first that has a pick.
    """
    if decision.family is None:
        return Selection()

    selected = partial(select_of, rulebase, profile=decision.profile, picking=picking)
    selection = selected(decision.family)
    if selection.in_time:
        return selection
    composable = rulebase.family(decision.family).composable
    if not selection.picks and composable and "compose" in selection.uses:
        return selection._replace(compose=True)
    others = {
        rival.family: selected(rival.family)
        for rival in decision.assessments
        if rival.family != decision.family and rival.verdict in ("allowed", "discouraged")
    }
    able = [family for family in others if others[family].in_time]
    if not able and not selection.picks:
        able = [family for family in others if others[family].picks]
    if not able:
        return selection
    other = others[able[0]]
    return other._replace(
        next_family=able[0],
        unverified=selection.unverified + other.unverified,
        rejected=selection.rejected + _too_slow(selection.picks) + other.rejected,
        misused=selection.misused,
    )


def _too_slow(picks: Sequence[Pick]) -> tuple[Suitability, ...]:
    """Return the picks that are too slow, as rejected."""
    return tuple(
        Suitability(pick.checkpoint, pick.use, pick.late, pick.unknown)
        for pick in picks
        if pick.late
    )


def select_of(
    rulebase: RuleBase, family: str, profile: Profile, picking: Picking = USUAL
) -> Selection:
    """Return the checkpoints of one family for a complete profile with one task.

    Unverified ones rank below verified ones, one that cannot be loaded is never first, and if
    memory was not given, one that fits the limit for the first place is.
    """
    required = Requirements(rulebase, profile)
    allowed, order = required.uses, picking.order
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
        barred = (
            unknown if picking.verified_only else [gap for gap in unknown if gap.field in VERIFIED]
        )
        late = {gap.field for gap in lacks} == {HOURS} and required.is_timed(checkpoint)
        if lacks and (barred or not late):
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
            late=lacks,
        )
        (unverified if barred else picks).append(pick)
    if any(pick.loads and not pick.overtime for pick in picks):
        rejected += _too_slow(picks)
        picks = [pick for pick in picks if not pick.late]
    if not any(pick.loads for pick in picks):
        rejected += [Suitability(pick.checkpoint, pick.use, (NO_LOADER,), ()) for pick in picks]
        picks = []

    placing = Placing(cache(partial(line_for, rulebase, family, precedences)), order, allowed)
    steps, first = required.steps, required.first_step
    in_memory = [pick if pick.within(first) else pick._replace(beyond_gb=first) for pick in picks]
    ladder = _ladder(steps, picks, placing) if steps and picks else ()
    ranked = placing.placed(_without_twins(in_memory if steps else picks, ladder, placing))
    by_id = {pick.checkpoint.id: pick._replace(beyond_gb=None) for pick in ranked}
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
        ladder=tuple(
            rung._replace(pick=rung.pick and by_id[rung.pick.checkpoint.id]) for rung in ladder
        ),
    )


def _without_twins(picks: list[Pick], ladder: Iterable[Rung], placing: Placing) -> list[Pick]:
    """Return picks without quantized forms that rank below another form of their checkpoint.

    The best for a memory limit stays.
    """
    if len({pick.checkpoint.hub_id for pick in picks}) == len(picks):
        return picks
    ids = {rung.pick.checkpoint.id for rung in ladder if rung.pick}
    seen: set[str] = set()
    for pick in placing.ordered(picks):
        if pick.checkpoint.hub_id not in seen or not pick.checkpoint.is_rounded:
            seen.add(pick.checkpoint.hub_id)
            ids.add(pick.checkpoint.id)
    return [pick for pick in picks if pick.checkpoint.id in ids]


def line_for(rulebase: RuleBase, family: str, precedences: Precedences, use: str) -> Lineup:
    """Return the ranking of a family for a way of use; languages that compare alike share one.

    That for use as it is in English is kept with the rules.
    """
    task, forms = precedences.task, rulebase.forms_of(family)
    able = [form for form in forms if form.offered and task in (*form.tasks, *form.fine_tune)]
    columns = tuple((gauge.yardstick, gauge.name, gauge.rest) for gauge in precedences.gauges)
    alike: dict[Any, Lineup] = rulebase.compared.setdefault((Lineup, task, family, columns), {})
    key = use, frozenset(checkpoint.id for checkpoint in able if precedences.speaks(checkpoint))
    if key not in alike:
        usual = (use, precedences.languages) == (AS_IS, (ENGLISH,))
        name = f"lines/{task}/{family}"
        shelf = rulebase.shelf if usual and able else None
        if table := shelf and shelf.read(name):
            alike[key] = Lineup.from_json(table, precedences)
        else:
            alike[key] = line_of(able, precedences, use, next(iter(alike.values()), None))
            if shelf:
                shelf.keep(name, alike[key].to_json())
    return alike[key]


def _ladder(steps: Sequence[float], picks: Iterable[Pick], placing: Placing) -> tuple[Rung, ...]:
    """Return the best pick for each limit, as if that memory was given.

    The last rung has no limit: another pick only if the best needs more than the last limit.
    """
    ordered = placing.ordered([pick for pick in picks if pick.loads])
    rungs = [Rung(up_to, next((p for p in ordered if p.within(up_to)), None)) for up_to in steps]
    best = next(iter(ordered), None)
    larger = best is not None and not best.within(steps[-1])  # else none is known to be better
    return *rungs, Rung(None, best if larger else rungs[-1].pick)
