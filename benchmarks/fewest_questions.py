"""The fewest questions that any interview can be expected to ask, proved by branch and bound."""

from __future__ import annotations

from heapq import heapify, heappop, heappush

from advisor.interview.plan import OverBudgetError, Parts, Residual, Split, merged


class Optimum:
    """The fewest expected questions until a label is settled, by branch and bound over nodes.

    Equal nodes are solved once, and choices that lead to the same node are one. What is asked in
    any case is asked first; another question is dropped as soon as the least that it can cost is
    above the best one found. Without `budget` the search always ends with a proof.
    """

    def __init__(self, residual: Residual, budget: int | None = None) -> None:
        self.residual = residual
        self.budget = budget
        self._least: dict[int, int] = {}
        """A cost that no strategy gets below, by node; where a best question is known, its cost."""
        self._best: dict[int, Split] = {}
        self._sensitivity: dict[int, tuple[int, ...]] = {}
        self._differences: dict[Parts, int] = {}

    def __len__(self) -> int:
        """Return how many nodes were solved."""
        return len(self._best)

    def best(self, node: int) -> Split | None:
        """Return the best question, the first declared of equals. Raises OverBudgetError."""
        self.cost(node)
        return self._best.get(node)

    def cost(self, node: int) -> int:
        """Return the least cost of a node. Raises OverBudgetError."""
        return self._within(node, self.residual.total(node) * self.residual.bottom)

    def _within(self, node: int, limit: int) -> int:
        """Return the least cost of a node, or a bound above `limit` that it does not get below."""
        floor = self._floor(node)
        if node in self._best or floor > limit or not floor:
            return floor
        residual, total = self.residual, self.residual.total(node)
        ahead = [(bound, question, False) for question, bound in self._bounds(node, floor)]
        heapify(ahead)
        least, chosen = limit, None
        while ahead and ahead[0][0] <= least:
            bound, question, followed = heappop(ahead)
            split = residual.split(node, question)
            most = least - int(chosen is not None and question > chosen.question)
            if split is None or bound > most:
                continue
            if not followed:
                bound = max(bound, total + self._after(split))
                heappush(ahead, (bound, question, True))
            elif (cost := self._asking(split, total, most)) > most:
                heappush(ahead, (cost, question, True))
            else:
                least, chosen = cost, split
        if chosen is not None:
            self._best[node] = chosen
        self._least[node] = least if chosen is not None else ahead[0][0]
        return self._least[node]

    def _bounds(self, node: int, floor: int) -> list[tuple[int, int]]:
        """Return the questions worth a try, each with the least that asking it first can cost.

        One that has to be asked in any case costs no more for being the first; of what is declared
        after it, nothing is better.
        """
        residual, total = self.residual, self.residual.total(node)
        sensitivity = self.sensitivity(node)
        most = total + sum(sensitivity)
        bounds: list[tuple[int, int]] = []
        for question in _open_at(residual, node):
            bounds.append((question, max(floor, most - sensitivity[question])))
            if sensitivity[question] == total and residual.split(node, question):
                break
        return bounds

    def _asking(self, split: Split, weight: int, limit: int) -> int:
        """Return the cost of asking a question next, or a bound above the limit."""
        ways = self.residual.ways[split.question]
        floors = [part.weight * self._floor(part.node) for part in split.parts]
        cost, most = ways * weight + sum(floors), ways * limit
        for floor, part in sorted(zip(floors, split.parts, strict=True), reverse=True):
            if cost > most:
                break
            left = (most - cost + floor) // part.weight
            cost += part.weight * self._within(part.node, left) - floor
        return -(-cost // ways)

    def _after(self, split: Split) -> int:
        """Return the least that what comes after a question can cost."""
        floors = [part.weight * self._floor(part.node) for part in split.parts]
        return sum(floors) // self.residual.ways[split.question]

    def _floor(self, node: int) -> int:
        """Return the least that a node can cost: what is solved, or a bound."""
        floor = self._least.get(node)
        if floor is None:
            decided = self.residual.decided(node)
            floor = self._least[node] = 0 if decided else self._followed(node)
        return floor

    def _followed(self, node: int) -> int:
        """Return the least cost if the most sensitive question were paid for only where it must be.

        Knowing more for nothing never costs more, and one question at least is asked. 0 where no
        question may be asked that makes a difference. Raises OverBudgetError.
        """
        residual = self.residual
        if self.budget is not None and len(residual) > self.budget:
            raise OverBudgetError
        sensitivity = self.sensitivity(node)
        for question in sorted(_open_at(residual, node), key=lambda at: -sensitivity[at]):
            if split := residual.split(node, question):
                return max(residual.total(node), sensitivity[question] + self._after(split))
        return 0

    def sensitivity(self, node: int) -> tuple[int, ...]:
        """Return for each question the weight of the profiles for which it has to be asked.

        There another answer to it alone gives another label, so that no other questions settle it.
        This bounds decision trees from below (Buhrman and de Wolf 2002, "Complexity measures and
        decision tree complexity", section 3). Of a closed question it is 0.
        """
        residual = self.residual
        if node not in self._sensitivity:
            level, sums = residual.level[node], [0] * residual.bottom
            if level < residual.bottom:
                parts = merged(residual.children[node], residual.weights[level])
                for child, weight in parts:
                    below = self.sensitivity(child)
                    for at in range(level + 1, residual.bottom):
                        sums[at] += weight * below[at]
                sums[level] = 0 if level in residual.closed else self._differing(parts)
                sums = [of_level // residual.ways[level] for of_level in sums]
            self._sensitivity[node] = tuple(sums)
        return self._sensitivity[node]

    def _differing(self, parts: Parts) -> int:
        """Return the weight of the profiles to which parts give several labels, over all parts."""
        residual = self.residual
        if len(parts) < 2:
            return 0
        if parts not in self._differences:
            level = min([residual.level[node] for node, _ in parts])
            if level == residual.bottom:
                differing = [weight * residual.total(node) for node, weight in parts]
            else:
                weights = [weight for _, weight in parts]
                rows = zip(*[residual.cofactors(node, level) for node, _ in parts], strict=True)
                after: dict[tuple[int, ...], int] = {}
                for row, weight in zip(rows, residual.weights[level], strict=True):
                    after[row] = after.get(row, 0) + weight
                differing = [
                    weight * self._differing(merged(row, weights)) // residual.ways[level]
                    for row, weight in after.items()
                ]
            self._differences[parts] = sum(differing)
        return self._differences[parts]


def _open_at(residual: Residual, node: int) -> list[int]:
    """Return the questions left, in declared order: how many nodes are made hangs on it."""
    return sorted(residual.support(node) - residual.closed)
