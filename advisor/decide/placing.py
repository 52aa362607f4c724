"""The line of a family's checkpoints for a task, and the picks of a case in it.

The line hangs on no answer but the task, the language and the way of use. So whoever else fits,
two picks stand as they do in it. Rules aimed at picks, and doubts, come before it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

from advisor.decide.ranking import Locked, in_line, lock, shared_places
from advisor.model import LOADERS, Checkpoint

if TYPE_CHECKING:
    from advisor.decide.precedence import Precedences
    from advisor.decide.selection import Pick

MADE_FOR = {
    "as-is": ("fine-tuned", "contrastive"),
    "fine-tune": ("pre-trained",),
    "compose": ("pre-trained",),
}
"""For each use, the stages of training that checkpoints made for it are at."""
OPENNESS = {"permitted": 0, "restricted": 1, None: 2, "not-permitted": 3}
UNKNOWN_SIZE = 1e9
CLEARLY_LARGER = 1.5
"""By so many times the larger of one series is better: in 2,841 of 2,936 comparisons of figures."""
FIGURE, SERIES, NOTHING = "figure", "series", "nothing"


class Lineup(NamedTuple):
    """Checkpoints in order, best first: the number of each, and who stands before whom.

    `by` is what each is placed by: a figure on a yardstick of the task; its series and size, beside
    others that have one; nothing, and then it stands behind all others.
    """

    number: dict[str, int]
    locked: Locked
    by: dict[str, str]


def line_of(checkpoints: Iterable[Checkpoint], precedences: Precedences, use: str) -> Lineup:
    """Return the line of some checkpoints for the task of `precedences` and a way of use.

    What nothing measured, and what stands before nothing measured, comes right behind the last
    that evidence or its series puts before it, and there behind all that are larger or newer.
    """
    known = {one.id: one for one in sorted(checkpoints, key=lambda one: one.id)}
    last = len(precedences.gauges)
    first = {id: precedences.first_measured(id) for id in known}
    measured = {id for id in known if first[id] < last}
    locked = lock(known, precedences.compare(known.values()))

    def key(id: str) -> tuple[Any, ...]:
        """Return what orders those that nothing tells apart; it makes none of them better."""
        one = known[id]
        cheaper = precedences.ends_at_tie
        size = one.parameters_millions or (UNKNOWN_SIZE if cheaper else 0.0)
        return (
            OPENNESS[one.commercial_use],
            one.gated is True,
            first[id],
            (size, one.image_size or 0) if cheaper else (),
            precedences.task not in one.typical,
            one.stage not in MADE_FOR[use],
            LOADERS.index(one.loader),
            -size,
            -(one.released or 0),
            one.succeeds is None,
            id,
        )

    def freedom(id: str) -> int:
        return OPENNESS[known[id].commercial_use]

    def in_order(ids: Iterable[str]) -> list[str]:
        """Return some in line; who leads is counted among those that know the language."""
        rivals = [id for id in measured if precedences.speaks(known[id])]
        return in_line(list(ids), locked, rivals, key, freedom)

    listed = in_order(id for id in known if id in measured or locked.behind[id] & measured)
    apart: list[str] = []
    for id in in_order(id for id in known if id not in listed):
        place = _beside(known[id], [known[one] for one in listed], locked)
        if place is None:
            apart.append(id)
        else:
            listed.insert(place, id)
    by = dict.fromkeys(listed, SERIES) | dict.fromkeys(measured, FIGURE)
    number = {id: number for number, id in enumerate([*listed, *apart])}
    return Lineup(number, locked, by | dict.fromkeys(apart, NOTHING))


def _beside(one: Checkpoint, listed: Sequence[Checkpoint], locked: Locked) -> int | None:
    """Return the place of a checkpoint without figures in a line; None where nothing tells it."""
    ahead = [n for n, other in enumerate(listed) if one.id in locked.behind[other.id]]
    size = one.parameters_millions
    if not ahead and size and one.series:
        sizes = {
            n: other.parameters_millions / size
            for n, other in enumerate(listed)
            if (other.series, other.stage) == (one.series, one.stage) and other.parameters_millions
        }
        larger = [n for n, times in sizes.items() if times * CLEARLY_LARGER > 1]
        if sizes and not larger:
            return min(sizes)
        nearest = min((sizes[n] for n in larger), default=0.0)
        ahead = [n for n in larger if sizes[n] < nearest * CLEARLY_LARGER]
    if not ahead:
        return None
    place = max(ahead) + 1
    while place < len(listed) and not _outgrown(listed[place], one):
        place += 1
    return place


def _outgrown(one: Checkpoint, by: Checkpoint) -> bool:
    """True where one is clearly smaller than the other and no newer."""
    smaller = (one.parameters_millions or 0.0) * CLEARLY_LARGER <= (by.parameters_millions or 0.0)
    return smaller and (one.released or 0) <= (by.released or 0)


class Placing:
    """Puts picks for one case in order. `line` gives that of a way of use.

    `allowed` are the ways of use, best first; `order` is quality, small or open.
    """

    def __init__(self, line: Callable[[str], Lineup], order: str, allowed: Sequence[str]) -> None:
        self.line = line
        self._order = order
        self._allowed = list(allowed)

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
        found: list[Pick] = []
        marked = (
            pick._replace(placed_by=self.line(pick.use).by[pick.checkpoint.id])
            for pick in self.ordered(picks)
        )
        for _, alike in groupby(marked, self._together):
            some = list(alike)
            locked = self.line(some[0].use).locked
            ahead = len(found)
            places = shared_places([pick.checkpoint.id for pick in some], locked)
            found += [
                pick._replace(place=ahead + place) for place, pick in zip(places, some, strict=True)
            ]
        return tuple(self._explained(found))

    def _together(self, pick: Pick) -> tuple[Any, ...]:
        """Return what picks have in common that may share a place."""
        return pick.group, self._layer(pick), pick.placed_by == NOTHING

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
        effects = [rule.effect for rule in pick.fired]
        return (
            self._allowed.index(pick.use),
            by_order(self._order, pick.checkpoint, pick.memory_gb),
            "avoid" in effects,
            "prefer" not in effects,
            pick.to_learn,
        )


def by_order(order: str, checkpoint: Checkpoint, memory_gb: float | None) -> tuple[Any, ...]:
    """Return what an order goes by, the least first: memory, or how freely one may use it."""
    small = memory_gb is None, memory_gb or 0.0
    free = OPENNESS[checkpoint.commercial_use], checkpoint.gated is True
    return {"small": small, "open": free}.get(order, ())


def next_of_another_series(pick: Pick, after: Sequence[Pick]) -> Pick | None:
    """Return the first of the picks behind one that is not of its series."""
    series = pick.checkpoint.series
    others = (one for one in after if series is None or one.checkpoint.series != series)
    return next(others, None)
