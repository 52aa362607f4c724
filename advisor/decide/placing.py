"""The picks of a case in places: rules aimed at them first, then evidence, then the usual start."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from advisor.decide.ranking import Locked, first_place, in_places, lock
from advisor.model import LOADERS

if TYPE_CHECKING:
    from advisor.decide.precedence import Precedence, Precedences
    from advisor.decide.selection import Pick
    from advisor.model import Checkpoint

MADE_FOR = {
    "as-is": ("fine-tuned", "contrastive"),
    "fine-tune": ("pre-trained",),
    "compose": ("pre-trained",),
}
"""For each use, the stages of training that checkpoints made for it are at."""
OPENNESS = {"permitted": 0, "restricted": 1, None: 2, "not-permitted": 3}
UNKNOWN_SIZE = 1e9


KEPT_LOCKS = 64
"""So many orders are remembered for one task and language."""


class Placing:
    """Puts picks for one case in order: all of them at once, or some of them again.

    `among` are all checkpoints that were considered, fit or not: who stands before whom is settled
    among them, so that it hangs on no limit of memory and on no licence. `allowed` are the ways of
    use, best first; `order` is quality, small or open; `task` the task.
    """

    def __init__(
        self,
        precedences: Precedences,
        among: Sequence[Checkpoint],
        order: str,
        allowed: Sequence[str],
        task: str,
    ) -> None:
        self._precedences = precedences
        self._among = among
        self._order = order
        self._allowed = list(allowed)
        self._task = task

    @cached_property
    def locked(self) -> Locked:
        """Who stands before whom, and by what."""
        known = self._precedences.locks
        key = frozenset([checkpoint.id for checkpoint in self._among])
        if key not in known:
            if len(known) >= KEPT_LOCKS:
                known.pop(next(iter(known)))
            compared = self._precedences.compare(self._among)
            known[key] = lock([checkpoint.id for checkpoint in self._among], compared)
        locked: Locked = known[key]
        return locked

    @cached_property
    def _first(self) -> dict[str, int]:
        """The place of the first yardstick that measured each."""
        return {one.id: self._precedences.first_measured(one.id) for one in self._among}

    @cached_property
    def _measured(self) -> frozenset[str]:
        """What any yardstick measured."""
        last = len(self._precedences.gauges)
        return frozenset(id for id, first in self._first.items() if first < last)

    def placed(self, picks: Sequence[Pick]) -> tuple[Pick, ...]:
        """Return some of the picks in order, with their places among each other.

        What comes first by use, by the order asked for, by rules or by what is left to learn does
        so whatever was measured; only among others does evidence count.
        """
        by_id = {pick.checkpoint.id: pick for pick in picks}
        found: list[Pick] = []
        for layer in sorted({self._layer(pick) for pick in picks}):
            some = {id: one for id, one in by_id.items() if self._layer(one) == layer}
            ahead = len(found)
            found += [some[id]._replace(place=ahead + at) for at, id in self._places(some)]
        return tuple(found)

    def first(self, picks: Sequence[Pick]) -> Pick:
        """Return the first of some of the picks, as `placed` would, without the others."""
        layer = min(map(self._layer, picks))
        some = {one.checkpoint.id: one for one in picks if self._layer(one) == layer}
        return some[first_place(some, *self._ground(some))]

    def _places(self, picks: Mapping[str, Pick]) -> list[tuple[int, str]]:
        return in_places(picks, *self._ground(picks))

    def _ground(self, picks: Mapping[str, Pick]) -> tuple[Any, ...]:
        """Return what picks are ordered by: evidence, what was measured, keys and freedom."""
        keys = {id: self._key(pick) for id, pick in picks.items()}
        freedom = {id: OPENNESS[pick.checkpoint.commercial_use] for id, pick in picks.items()}
        return self.locked, self._measured, keys.__getitem__, freedom.__getitem__

    def explained(self, picks: Sequence[Pick]) -> tuple[Pick, ...]:
        """Return picks in their order, each with its reasons.

        Why it stands before the next of another series, and why another stands before it. Evidence
        against the order, where a rule or a doubt made it, is no reason.
        """
        ids = [pick.checkpoint.id for pick in picks]
        ahead = self.locked.first_before(ids)
        return tuple(
            pick._replace(
                before_next=_before_next(pick, picks[number:], self.locked),
                behind=self.locked.direct(ahead[id], id) if id in ahead else None,
            )
            for number, (id, pick) in enumerate(zip(ids, picks, strict=True), start=1)
        )

    def _layer(self, pick: Pick) -> tuple[Any, ...]:
        """Return what comes before all evidence."""
        effects = [rule.effect for rule in pick.fired]
        small = pick.memory_gb is None, pick.memory_gb or 0.0
        free = OPENNESS[pick.checkpoint.commercial_use], pick.checkpoint.gated is True
        return (
            self._allowed.index(pick.use),
            {"small": small, "open": free}.get(self._order, ()),
            "avoid" in effects,
            "prefer" not in effects,
            pick.to_learn,
        )

    def _key(self, pick: Pick) -> tuple[Any, ...]:
        """Return what orders those that nothing tells apart; it makes none of them better."""
        one = pick.checkpoint
        cheaper = self._precedences.ends_at_tie
        size = one.parameters_millions or (UNKNOWN_SIZE if cheaper else 0.0)
        return (
            OPENNESS[one.commercial_use],
            one.gated is True,
            self._first[one.id],
            (size, one.image_size or 0) if cheaper else (),
            self._task not in one.typical,
            one.stage not in MADE_FOR[pick.use],
            LOADERS.index(one.loader),
            -size,
            -(one.released or 0),
        )


def next_of_another_series(pick: Pick, after: Sequence[Pick]) -> Pick | None:
    """Return the first of the picks behind one that is not of its series."""
    series = pick.checkpoint.series
    others = (one for one in after if series is None or one.checkpoint.series != series)
    return next(others, None)


def _before_next(pick: Pick, after: Sequence[Pick], locked: Locked) -> Precedence | None:
    """Return why a pick stands before the next of another series."""
    other = next_of_another_series(pick, after)
    return locked.precedence(pick.checkpoint.id, other.checkpoint.id) if other else None
