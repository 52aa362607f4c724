"""What answers leave undecided, as a function of the open ones, and what may be asked about it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from typing import NamedTuple

from advisor.engine.diagram import EMPTY, Choice, Diagram
from advisor.engine.encoding import Encoding
from advisor.engine.space import Space
from advisor.model import NOT_APPLICABLE


class SplitPart(NamedTuple):
    """The node that some choices of a question lead to, what these weigh, and the first of them."""

    node: int
    weight: int
    choice: Choice


class Split(NamedTuple):
    """A question that may be asked, with what its answers lead to; equal rests stand once."""

    question: int
    parts: tuple[SplitPart, ...]


class Residual(Diagram):
    """A diagram whose nodes are what is left to ask; `root` is what is left at first.

    `closed` are questions never to be asked, such as those that somebody cannot answer. `weights`
    says how much each choice of a question weighs; without it, complete profiles weigh the same.
    """

    def __init__(
        self,
        encoding: Encoding,
        choices: Sequence[Sequence[Choice]],
        *,
        closed: Collection[int] = (),
        weights: Mapping[int, Sequence[int]] | None = None,
    ) -> None:
        super().__init__(choices, weights)
        self.root = EMPTY
        self.closed = frozenset(closed)
        self._senseless: list[int | None] = []
        """For each question, at which place it does not apply."""
        for of_question, options in zip(self.choices, encoding.option_index, strict=True):
            senseless = (options.get(NOT_APPLICABLE, -1),)
            possible = senseless in of_question
            self._senseless.append(of_question.index(senseless) if possible else None)
        self._splits: dict[tuple[int, int], Split | None] = {}

    @classmethod
    def of(
        cls,
        space: Space,
        label: Callable[[int], Hashable],
        *,
        closed: Collection[int] = (),
        weights: Mapping[int, Sequence[int]] | None = None,
    ) -> Residual:
        """Return the complete profiles of a space, told apart by a label of their outcome."""
        residual = cls(space.encoding, space.choices, closed=closed, weights=weights)
        residual.root = residual.read(space, space.root, label)
        return residual

    def decided(self, node: int) -> bool:
        """True where every profile left has the same label."""
        return len(self.labels(node)) == 1

    def splits(self, node: int) -> list[Split]:
        """Return the questions that may be asked and make a difference, in declared order.

        A question that may yet prove not to apply is not asked.
        """
        open_ = sorted(self.support(node) - self.closed)
        return [split for question in open_ if (split := self.split(node, question))]

    def stuck(self, node: int) -> bool:
        """True where no question that may be asked makes a difference."""
        return not any(self.split(node, question) for question in self.support(node) - self.closed)

    def split(self, node: int, question: int) -> Split | None:
        """Return what the answers to one question lead to; None where it is not to be asked."""
        key = (node, question)
        if key not in self._splits:
            self._splits[key] = self._parted(node, question)
        return self._splits[key]

    def _parted(self, node: int, question: int) -> Split | None:
        after = self.cofactors(node, question)
        senseless = self._senseless[question]
        if senseless is not None and after[senseless] != EMPTY:
            return None
        weighed: dict[int, int] = {}
        for left, weight in zip(after, self.weights[question], strict=True):
            if left != EMPTY:
                weighed[left] = weighed.get(left, 0) + weight
        if len(weighed) < 2:
            return None
        choices = self.choices[question]
        return Split(
            question,
            tuple([SplitPart(left, n, choices[after.index(left)]) for left, n in weighed.items()]),
        )
