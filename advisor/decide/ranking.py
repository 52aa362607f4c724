"""Checkpoints in ranking order: the strongest evidence first, the unmeasured beside their series.

Evidence that would close a cycle with stronger evidence is dropped, and kept to be reported. The
order is finer than the evidence: a place holds all that nothing tells apart from each other, and
within it the usual, the freer and the cheaper come first without being better.
"""

from __future__ import annotations

from bisect import insort
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import chain, combinations, pairwise, permutations
from math import inf
from typing import Any

from advisor.decide.precedence import Compared, Locked, Precedences
from advisor.decide.requirements import MULTILINGUAL
from advisor.model import LOADERS, Checkpoint, NamedTuple

NEARLY_ALL = 0.8
"""The share of the ids below the leader that another has to rank above to be as good: ties are not
transitive, and a walk from tie to tie would end far below."""


def lock(ids: Iterable[str], compared: Compared) -> Locked:
    """Return the order of `ids` by the evidence, taken from the strongest on, without cycles."""
    inside = frozenset(ids)
    pairs = {edge[3:5]: edge for edge in compared.told if inside.issuperset(edge[3:5])}
    behind, refused = _closed(inside, pairs)
    dropped = [pairs.pop(pair) for pair in refused]
    ties: dict[str, set[str]] = {}
    for id, other in compared.tied:
        ties.setdefault(id, set()).add(other)
        ties.setdefault(other, set()).add(id)
    return Locked(behind, pairs, tuple(dropped), ties, compared.by)


def _closed(
    ids: Iterable[str], pairs: Iterable[tuple[str, str]]
) -> tuple[dict[str, frozenset[str]], list[tuple[str, str]]]:
    """Return for each id all that rank below it by pairs (above, below), and the pairs left out.

    Pairs are taken in order; one that would close a cycle with those before it is left out.
    """
    bits = {id: 1 << place for place, id in enumerate(ids)}
    reached, refused = dict(bits), []
    for pair in pairs:
        above, below = pair
        if reached[below] & bits[above]:
            refused.append(pair)
        elif not reached[above] & bits[below]:
            more = reached[below]
            for id, own in reached.items():
                if own & bits[above]:
                    reached[id] = own | more
    behind = {
        id: frozenset([other for other, bit in bits.items() if own & bit and other != id])
        for id, own in reached.items()
    }
    return behind, refused


def in_line(
    ids: Collection[str],
    locked: Locked,
    measured: Collection[str],
    key: Callable[[str], Any],
    freedom: Callable[[str], Any],
) -> list[str]:
    """Return `ids` in ranking order: none before an id that ranks above it.

    Of the ids that may come next, the one that ranks above most of the `measured` leads. Of it and
    those that tie with it and rank above nearly as many, the freest by `freedom` comes next, the
    first of them by `key`. If no measured id is left to rank above, the freest lead.
    """
    inside, scored = set(ids), set(measured)
    within = {id: locked.behind[id] & inside for id in inside}
    over = dict.fromkeys(inside, 0) | Counter(chain.from_iterable(within.values()))
    counted = {id: len(locked.behind[id] & scored) for id in inside}
    line = {id: number for number, id in enumerate(sorted(ids, key=key))}
    able = sorted((id for id in inside if not over[id]), key=line.__getitem__)
    listed: list[str] = []
    while able:
        may, reach = able, counted
        if not any(counted[id] for id in may):
            freest = min(map(freedom, may))
            may = [id for id in may if freedom(id) == freest]
            reach = {id: len(locked.behind[id]) for id in may}
        leader = max(may, key=reach.__getitem__)
        alike = {leader, *locked.ties.get(leader, ())}
        enough = reach[leader] * NEARLY_ALL
        chosen = min((id for id in may if id in alike and reach[id] >= enough), key=freedom)
        listed.append(chosen)
        able.remove(chosen)
        for id in within[chosen]:
            over[id] -= 1
            if not over[id]:
                insort(able, id, key=line.__getitem__)
    return listed


MADE_FOR = {
    "as-is": ("fine-tuned", "contrastive"),
    "fine-tune": ("pre-trained",),
    "compose": ("pre-trained",),
}
"""For each use, the stages of training of checkpoints made for it."""
OPENNESS = {"permitted": 0, "restricted": 1, None: 2, "not-permitted": 3}
UNKNOWN_SIZE = 1e9
CLEARLY_LARGER = 1.5
"""A model of a series so many times larger is better: in 2,841 of 2,936 comparisons of figures."""
FIGURE, SERIES, NOTHING = "figure", "series", "nothing"


class Lineup(NamedTuple):
    """Checkpoints in order, best first: the number of each (from 0), and the evidence.

    `by` is what each is placed by: `figure`, a result on a yardstick of the task; `series`, its
    series and size, beside others that have one; `nothing`, and then it comes behind all others.
    `compared` is all evidence, for other ways of use; None if read from a file.
    """

    number: dict[str, int]
    locked: Locked
    by: dict[str, str]
    compared: Compared | None

    def to_json(self) -> dict[str, Any]:
        """Return the order for a file: the ids in order, and everything else by their numbers."""
        place, locked = self.number, self.locked
        edges = (*locked.told.values(), *locked.dropped)
        return {
            "ids": [*place],
            "by": [self.by[id] for id in place],
            "edges": [[*edge[:3], place[edge[3]], place[edge[4]], edge[5]] for edge in edges],
            "behind": [[place[other] for other in locked.behind[id]] for id in place],
            "ties": [[place[other] for other in locked.ties.get(id, ())] for id in place],
        }

    @classmethod
    def from_json(cls, table: Mapping[str, Any], by: Precedences) -> Lineup:
        """Return an order from a file; `by` compared its checkpoints."""
        ids: list[str] = table["ids"]
        edges = [(*row[:3], ids[row[3]], ids[row[4]], row[5]) for row in table["edges"]]
        behind, ties = (
            {id: frozenset([ids[at] for at in row]) for id, row in zip(ids, rows, strict=True)}
            for rows in (table["behind"], table["ties"])
        )
        pairs = {(edge[3], edge[4]): edge for edge in edges if edge[4] in behind[edge[3]]}
        dropped = tuple(edge for edge in edges if edge[4] not in behind[edge[3]])
        locked = Locked(behind, pairs, dropped, {id: tied for id, tied in ties.items() if tied}, by)
        number = {id: place for place, id in enumerate(ids)}
        return cls(number, locked, dict(zip(ids, table["by"], strict=True)), None)


def line_of(
    checkpoints: Iterable[Checkpoint],
    precedences: Precedences,
    use: str,
    other: Lineup | None = None,
) -> Lineup:
    """Return the ranking of checkpoints for the task of `precedences` and a way of use.

    `other` is that of another way of use, which has the same evidence. A checkpoint that is neither
    measured nor ranked above a measured one comes right behind the last that evidence or its series
    ranks above it, and there behind all that are larger or newer. A quantized form moves no other:
    it comes right behind its checkpoint if the two tie, else as late as evidence lets it.
    """
    every = {model.id: model for model in sorted(checkpoints, key=lambda checkpoint: checkpoint.id)}
    unrounded = {id: checkpoint for id, checkpoint in every.items() if not checkpoint.is_rounded}
    last = len(precedences.gauges)
    first = {id: precedences.first_measured(id) for id in every}
    measured = {id for id in unrounded if first[id] < last}
    compared = (other and other.compared) or precedences.compare(every.values())
    locked = lock(unrounded, compared)
    later = _with_costlier(unrounded, locked) if precedences.ends_at_tie else locked.behind

    def key(id: str) -> tuple[Any, ...]:
        """Return the sort key of ids that nothing tells apart; it makes none of them better."""
        checkpoint = unrounded[id]
        cheaper = precedences.ends_at_tie
        size = checkpoint.parameters_millions or (UNKNOWN_SIZE if cheaper else 0.0)
        return (
            OPENNESS[checkpoint.commercial_use],
            checkpoint.gated is True,
            first[id],
            (size, checkpoint.image_size or 0) if cheaper else (),
            precedences.task not in checkpoint.typical,
            checkpoint.stage not in MADE_FOR[use],
            LOADERS.index(checkpoint.loader),
            -size,
            -(checkpoint.released or 0),
            checkpoint.succeeds is None,
            id,
        )

    def freedom(id: str) -> int:
        return OPENNESS[unrounded[id].commercial_use]

    rivals = [id for id in measured if precedences.speaks(unrounded[id])]

    def in_order(ids: Iterable[str]) -> list[str]:
        """Return ids in order; the leader is found among those that support the language."""
        return in_line(list(ids), locked._replace(behind=later), rivals, key, freedom)

    listed = in_order(id for id in unrounded if id in measured or locked.behind[id] & measured)
    apart: list[str] = []
    for id in in_order(id for id in unrounded if id not in listed):
        place = _beside(unrounded[id], [unrounded[before] for before in listed], locked)
        if place is None:
            apart.append(id)
        else:
            listed.insert(place, id)
    by = dict.fromkeys(listed, SERIES) | dict.fromkeys(measured, FIGURE)
    by |= dict.fromkeys(apart, NOTHING)
    rounded = {id: checkpoint for id, checkpoint in every.items() if checkpoint.is_rounded}
    if rounded:
        places = {id: number for number, id in enumerate([*listed, *apart])}
        close = {id for id, form in rounded.items() if _ties_with_stored(form, precedences)}
        forms = sorted(rounded, key=lambda form: (_bits(form), places[every[form].hub_id]))
        behind: dict[str, list[str]] = {id: [] for id in places}
        for id in forms:
            behind[every[id].hub_id] += [id] if id in close else []
        line = [placed for id in places for placed in (id, *behind[id])]
        locked, later = _with_rounded(line, forms, every, compared, locked)
        unplaced = [id for id in rounded if by[every[id].hub_id] == NOTHING]
        by |= {id: FIGURE if first[id] < last else SERIES for id in rounded}
        by |= dict.fromkeys(unplaced, NOTHING)
        listed = _inserted(listed, [form for form in forms if by[form] != NOTHING], later)
        apart = _inserted(apart, [form for form in forms if by[form] == NOTHING], later)
    number = {id: number for number, id in enumerate([*listed, *apart])}
    return Lineup(number, locked, by, compared)


def _with_costlier(models: Mapping[str, Checkpoint], locked: Locked) -> dict[str, frozenset[str]]:
    """Return the ids after each; in a series that ties also those with larger images."""
    costlier = []
    for id, other in permutations(models, 2):
        small, large = models[id], models[other]
        if small.series != large.series or other not in locked.ties.get(id, ()):
            continue
        larger = (small.parameters_millions or inf) <= (large.parameters_millions or 0.0)
        if larger and 0 < (small.image_size or 0) < (large.image_size or 0):
            costlier.append((id, other))
    return _closed(models, [*locked.told, *costlier])[0]  # where evidence does not say otherwise


def _ties_with_stored(form: Checkpoint, precedences: Precedences) -> bool:
    """True if the worst published loss of a form is small and within the noise.

    The noise is that of the first yardstick that measured both, else of the task's first. Without a
    loss that holds for a yardstick of the task, any small loss ties. A form that was measured
    without its checkpoint, on own data, ties with nothing.
    """
    first, gauges = precedences.first_measured(form.id), precedences.gauges
    if form.loses_much:
        return False
    if first < len(gauges):
        both = [table for table in gauges[first].tables if {form.id, form.hub_id} <= table.keys()]
        return bool(both) and not gauges[first].apart(both[0][form.hub_id], both[0][form.id])
    return not precedences.has_losses or form.losses[form.precision] < gauges[0].noise


def _with_rounded(
    line: Sequence[str],
    forms: Sequence[str],
    every: Mapping[str, Checkpoint],
    compared: Compared,
    stored: Locked,
) -> tuple[Locked, Mapping[str, frozenset[str]]]:
    """Return the order with quantized forms added, and the ids that come after each.

    Evidence on forms yields to the whole `line` of the `stored` order. If a form is taken because
    its checkpoint is too large, so are larger ones: only own figures rank it above those. Of
    `forms` with equal bits the first is that whose checkpoint is, unless evidence says otherwise.
    """
    own = (0, 0) if compared.by.has_own else ()
    rounded = {id for id, checkpoint in every.items() if checkpoint.is_rounded}
    size = {id: checkpoint.parameters_millions or UNKNOWN_SIZE for id, checkpoint in every.items()}
    of_forms = {
        (edge[3], edge[4]): edge
        for edge in compared.told
        if edge[4] in rounded
        or (edge[3] in rounded and (size[edge[4]] < size[edge[3]] or edge[:2] == own))
    }
    bits = {id: _bits(id) for id in forms}
    alike = [(id, other) for id, other in combinations(forms, 2) if bits[id] == bits[other]]
    alike = [pair for pair in alike if pair[::-1] not in of_forms]
    of_own = [pair for pair, edge in of_forms.items() if edge[:2] == own]
    claims = dict.fromkeys([*pairwise(line), *of_own, *alike, *of_forms])
    later, refused = _closed(every, claims)
    dropped = [of_forms.pop(pair) for pair in refused if pair in of_forms]
    pairs = {**stored.told, **of_forms}
    behind, _ = _closed(every, pairs)
    locked = stored._replace(behind=behind, told=pairs, dropped=(*stored.dropped, *dropped))
    return locked, later


def _inserted(
    listed: Sequence[str], forms: Iterable[str], later: Mapping[str, frozenset[str]]
) -> list[str]:
    """Return a list with quantized forms added, each right before the first id after it."""
    before: dict[str, list[str]] = {}
    for form in sorted(forms, key=lambda form: -len(later[form])):
        after = next((id for id in listed if id in later[form]), "")
        before.setdefault(after, []).append(form)
    line = [placed for id in listed for placed in (*before.get(id, ()), id)]
    return line + before.get("", [])


def _bits(form: str) -> int:
    """Return the sort key of a form id that puts more bits first: -8 for `...:int8`."""
    return -int(form.partition(":int")[2])


def _beside(checkpoint: Checkpoint, listed: Sequence[Checkpoint], locked: Locked) -> int | None:
    """Return the index in `listed` for a checkpoint without figures; None if nothing tells it."""
    ahead = [n for n, other in enumerate(listed) if checkpoint.id in locked.behind[other.id]]
    size = checkpoint.parameters_millions
    if not ahead and size and checkpoint.series:
        sizes = {
            n: other.parameters_millions / size
            for n, other in enumerate(listed)
            if (other.series, other.stage) == (checkpoint.series, checkpoint.stage)
            and other.parameters_millions
        }
        larger = [n for n, times in sizes.items() if times * CLEARLY_LARGER > 1]
        if sizes and not larger:
            return min(sizes)
        nearest = min((sizes[n] for n in larger), default=0.0)
        ahead = [n for n in larger if sizes[n] < nearest * CLEARLY_LARGER]
    if not ahead:
        return None
    many = MULTILINGUAL in (checkpoint.languages or ())  # whose vocabulary is size, not quality
    for place, other in enumerate(listed[max(ahead) + 1 :], start=max(ahead) + 1):
        smaller = (other.parameters_millions or 0.0) * CLEARLY_LARGER <= (size or 0.0)
        alike = many == (MULTILINGUAL in (other.languages or ()))
        if smaller and alike and (other.released or 0) <= (checkpoint.released or 0):
            return place
    return len(listed)
