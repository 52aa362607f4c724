"""Which checkpoints another of their family stands before wherever they have all that is asked.

It is told from answers one by one, without their combinations: no answer keeps the other out, or
puts it in doubt, that does not do so to the one, and the order never has the other later. What is
found comes first nowhere; of what is not found, that is open.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import groupby
from math import inf
from typing import Any

from advisor.decide.answer_consequences import Said
from advisor.decide.first_checkpoints import FirstCheckpoints
from advisor.decide.requirements import AS_IS, FINE_TUNE
from advisor.decide.selection import ORDERS, by_order

USES = AS_IS, FINE_TUNE


def outranked(firsts: FirstCheckpoints) -> set[str]:
    """Return the ids of checkpoints that another stands before for all answers, in each order.

    Those that advisor does not load are among them. A set of checkpoints is an integer, with two
    bits for each: used as it is, and trained. `ahead` says for each bit which others are nowhere
    worse off.
    """
    bits = range(2 * len(firsts.checkpoints))
    even = sum(1 << bit for bit in bits[::2])
    ahead = [firsts.loading & even << bit % 2 & ~(1 << bit) for bit in bits]
    worse, saids = _worse_off(firsts)
    for some in worse:
        for bit in bits:
            if not some >> bit & 1:
                ahead[bit] &= ~some
    for rank in _ranks(firsts, saids):
        no_later = 0
        for _, alike in groupby(sorted(bits, key=rank.__getitem__), rank.__getitem__):
            same = list(alike)
            no_later |= sum(1 << bit for bit in same)
            for bit in same:
                ahead[bit] &= no_later
    found = {one.id for one in firsts.checkpoints if not one.loads_safely}
    for place, one in enumerate(firsts.checkpoints):
        others = even
        for shift, use in enumerate(USES):
            offered = firsts.offered[use] >> shift
            mine = offered >> 2 * place & 1
            others &= offered & ahead[2 * place + shift] >> shift if mine else ~offered
        if others:
            found.add(one.id)
    return found


def _worse_off(firsts: FirstCheckpoints) -> tuple[set[int], set[Said]]:
    """Return which checkpoints an answer or a rule puts behind others, each set once.

    With them come the answers that bear on what others require, all that there may be.
    """
    found: set[int] = set()
    saids: set[Said] = {()}
    for of_level in firsts.consequences():
        saids = {one.terms.said for one in of_level}
        for marks in {one.marks for one in of_level}:
            found |= {marks.out, marks.unknown | marks.poor, marks.learning}
    for rule, aims in zip(firsts.rules, firsts.aims, strict=True):
        found.add(firsts.all & ~aims if rule.effect == "prefer" else aims)
    return found, saids


def _ranks(firsts: FirstCheckpoints, saids: Collection[Said]) -> Iterator[list[Any]]:
    """Yield what bits are ordered by, the least first: what fits, each order, each line."""
    for said in saids:
        required = firsts.of_said(said)
        of_bits = [(one, use) for one in firsts.checkpoints for use in USES]
        yield [required.takes_gb(*one) or inf for one in of_bits]
        for order in ORDERS[1:]:
            yield [by_order(order, one, required.memory_gb(one)) for one, _ in of_bits]
    for lines in firsts.lines:
        place = {bit: n for line in lines.values() for n, bit in enumerate(line)}
        yield [place.get(bit, 0) for bit in range(2 * len(firsts.checkpoints))]
