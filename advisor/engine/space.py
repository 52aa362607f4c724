"""All complete profiles that a set of answers leaves open, asked without listing them.

Questions about all of them ("who can win?", "how often?", "what is the nearest profile where
another wins?") take time in the size of their graph, not in the number of profiles.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from math import prod
from typing import NamedTuple

from advisor.engine.encoding import Encoding, Ranking
from advisor.engine.graph import Choice, Graph, Spend

__all__ = ["Choice", "Reach", "Space"]


class Reach(NamedTuple):
    """What a restriction leaves of a space: the outcomes, and the choices of each question.

    Both are empty where it leaves nothing.
    """

    outcomes: frozenset[int]
    choices: list[set[Choice]]


class Space:
    """The complete profiles within `choices` (for each question, what is still possible).

    `only` are the conjunctions to follow, all of them where it is None; `spend` bounds the size.
    """

    def __init__(
        self,
        encoding: Encoding,
        choices: Sequence[Sequence[Choice]],
        *,
        only: int | None = None,
        spend: Spend | None = None,
    ) -> None:
        graph = Graph(encoding, choices, only, spend)
        self.encoding = encoding
        self.choices = choices
        self.layers = graph.layers
        self.idle = graph.idle
        self.outcomes = graph.outcomes
        self._choice_targets: dict[tuple[int, int], dict[Choice, int]] = {}
        self._live = self._reachability()

    def _reachability(self) -> list[list[bool]]:
        """For each layer's nodes, whether a complete profile lies behind them."""
        live = [[True] * len(self.outcomes)]
        for layer in reversed(self.layers):
            behind = live[-1]
            live.append([any(behind[edge.target] for edge in edges) for edges in layer.edges])
        live.reverse()
        return live

    def __bool__(self) -> bool:
        """True where at least one complete profile is left."""
        return bool(self._live[0]) and self._live[0][0]

    def reach(self, allowed: Mapping[int, Collection[Choice]]) -> Reach:
        """Return what is left of the space within `allowed` (choices to keep, by question)."""
        ahead: list[set[int]] = [{0} if self else set()]
        for layer in self.layers:
            keep = allowed.get(layer.question)
            ahead.append(
                {
                    edge.target
                    for node in ahead[-1]
                    for edge in layer.edges[node]
                    if keep is None or any(choice in keep for choice in edge.choices)
                }
            )
        live = ahead[-1]
        left: list[set[Choice]] = [set(choices) for choices in self.choices]
        for depth in range(len(self.layers) - 1, -1, -1):
            layer = self.layers[depth]
            keep = allowed.get(layer.question)
            found: set[Choice] = set()
            before = set()
            for node in ahead[depth]:
                for edge in layer.edges[node]:
                    if edge.target in live:
                        kept = (
                            edge.choices if keep is None else [c for c in edge.choices if c in keep]
                        )
                        if kept:
                            found.update(kept)
                            before.add(node)
            left[layer.question] = found
            live = before
        for question in self.idle:
            if question in allowed:
                left[question] &= set(allowed[question])
        if not live or not all(left):
            return Reach(frozenset(), [set() for _ in self.choices])
        return Reach(frozenset(self.outcomes[node] for node in ahead[-1]), left)

    def possible(self, ranking: Ranking) -> int:
        """Return the exact set of winners as bits; the bit after the last family is `none`."""
        return ranking.winners(self.outcomes)

    def counts(self, ranking: Ranking) -> list[int]:
        """Return for each family, and `none` last, in how many complete profiles it wins."""
        if not self:
            return [0] * (len(self.encoding.families) + 1)
        return [count * self._idle_ways() for count in self._behind(ranking)[0][0]]

    def weights(self) -> list[int]:
        """Return for each of `outcomes` how many complete profiles have it."""
        if not self:
            return [0] * len(self.outcomes)
        before = [self._idle_ways()]
        for depth, layer in enumerate(self.layers):
            ahead = [0] * len(self._live[depth + 1])
            for node, edges in enumerate(layer.edges):
                for edge in edges:
                    ahead[edge.target] += before[node] * len(edge.choices)
            before = ahead
        return before

    def _idle_ways(self) -> int:
        return prod(len(self.choices[question]) for question in self.idle)

    def marginals(self, ranking: Ranking) -> list[dict[Choice, list[int]]]:
        """Return for each question and choice in how many complete profiles each family wins.

        One pass forwards and one backwards give all of it.
        """
        result: list[dict[Choice, list[int]]] = [{} for _ in self.choices]
        if not self:
            return result
        width = len(self.encoding.families) + 1
        behind = self._behind(ranking)
        idle = self._idle_ways()
        for question in self.idle:
            ways = idle // len(self.choices[question])
            row = [count * ways for count in behind[0][0]]
            result[question] = {choice: list(row) for choice in self.choices[question]}
        before = [idle]
        for depth, layer in enumerate(self.layers):
            table: dict[Choice, list[int]] = {}
            ahead = [0] * len(behind[depth + 1])
            for node, edges in enumerate(layer.edges):
                ways = before[node]
                for edge in edges:
                    ahead[edge.target] += ways * len(edge.choices)
                    won = behind[depth + 1][edge.target]
                    for choice in edge.choices:
                        row = table.setdefault(choice, [0] * width)
                        for place, count in enumerate(won):
                            row[place] += ways * count
            before = ahead
            result[layer.question] = {choice: row for choice, row in table.items() if any(row)}
        return result

    def _behind(self, ranking: Ranking) -> list[list[list[int]]]:
        """For each layer's nodes, how many complete profiles behind them each family wins."""
        width = len(self.encoding.families) + 1
        last = []
        for outcome in self.outcomes:
            row = [0] * width
            row[ranking.winner(outcome)] = 1
            last.append(row)
        behind = [last]
        for layer in reversed(self.layers):
            rows = []
            for edges in layer.edges:
                row = [0] * width
                for edge in edges:
                    for place, count in enumerate(behind[-1][edge.target]):
                        if count:
                            row[place] += count * len(edge.choices)
                rows.append(row)
            behind.append(rows)
        behind.reverse()
        return behind

    def nearest(
        self, cost: Callable[[int, Choice], int], accept: Callable[[int], bool]
    ) -> tuple[int, list[Choice]] | None:
        """Return the least cost of a complete profile with an accepted outcome, and one such.

        `cost(question, choice)` is what a choice costs. None where no outcome is accepted.
        """
        if not self:
            return None
        far = 1 << 30
        best = [[0 if accept(outcome) else far for outcome in self.outcomes]]
        for layer in reversed(self.layers):
            behind = best[-1]
            price = {
                choice: cost(layer.question, choice) for choice in self.choices[layer.question]
            }
            costs = []
            for edges in layer.edges:
                least = far
                for edge in edges:
                    rest = behind[edge.target]
                    if rest < least:
                        least = min(least, rest + min([price[choice] for choice in edge.choices]))
                costs.append(least)
            best.append(costs)
        best.reverse()
        if best[0][0] >= far:
            return None
        profile = [self._cheapest(question, cost) for question in range(len(self.choices))]
        total = sum(cost(question, profile[question]) for question in self.idle)
        node = 0
        for depth, layer in enumerate(self.layers):
            choice, node = min(
                (
                    (choice, edge.target)
                    for edge in layer.edges[node]
                    for choice in edge.choices
                    if best[depth + 1][edge.target] < far
                ),
                key=lambda step, d=depth, q=layer.question: best[d + 1][step[1]] + cost(q, step[0]),  # type: ignore[misc]
            )
            profile[layer.question] = choice
        return best[0][0] + total, profile

    def _cheapest(self, question: int, cost: Callable[[int, Choice], int]) -> Choice:
        return min(self.choices[question], key=lambda choice: cost(question, choice))

    def first(self) -> list[Choice]:
        """Return the typical profile of a space that has one."""
        found = self.typical({})
        if found is None:
            raise ValueError("an empty space has no typical profile")
        return found[0]

    def typical(self, allowed: Mapping[int, Collection[Choice]]) -> tuple[list[Choice], int] | None:
        """Return the typical profile within `allowed` and its outcome; None where there is none.

        `allowed` holds the choices to keep of some questions; the others stay open. Questions are
        filled in order, each with its first choice that leaves an admissible completion.
        """
        if not self:
            return None
        profile: list[Choice] = [choices[0] for choices in self.choices]
        for question in self.idle:
            if question in allowed:
                kept = [c for c in self.choices[question] if c in allowed[question]]
                if not kept:
                    return None
                profile[question] = kept[0]
        outcome = self._fill(0, 0, allowed, profile, set())
        return None if outcome is None else (profile, outcome)

    def _fill(
        self,
        depth: int,
        node: int,
        allowed: Mapping[int, Collection[Choice]],
        profile: list[Choice],
        dead: set[tuple[int, int]],
    ) -> int | None:
        """Fill a profile from a node on; returns the outcome, None where nothing is admissible."""
        if depth == len(self.layers):
            return self.outcomes[node]
        question = self.layers[depth].question
        keep = allowed.get(question)
        for choice, target in self.targets(depth, node).items():
            if (keep is not None and choice not in keep) or (depth + 1, target) in dead:
                continue
            profile[question] = choice
            outcome = self._fill(depth + 1, target, allowed, profile, dead)
            if outcome is not None:
                return outcome
            dead.add((depth + 1, target))
        return None

    def targets(self, depth: int, node: int) -> dict[Choice, int]:
        """Return where each choice leads, in order of typicality; dead ends are left out."""
        known = self._choice_targets.get((depth, node))
        if known is None:
            layer = self.layers[depth]
            found = {
                choice: edge.target
                for edge in layer.edges[node]
                if self._live[depth + 1][edge.target]
                for choice in edge.choices
            }
            ordered = self.choices[layer.question] if len(found) > 1 else found
            known = {choice: found[choice] for choice in ordered if choice in found}
            self._choice_targets[depth, node] = known
        return known

    @property
    def size(self) -> int:
        """Return the number of edges: what the time of every question is proportional to."""
        return sum(len(edges) for layer in self.layers for edges in layer.edges)
