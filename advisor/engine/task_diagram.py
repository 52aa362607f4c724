"""The whole choice for one task: from the answers to the family, the checkpoint and its use.

It is one decision diagram. A level is a question, a child one of its values, and a leaf what an
answer ends in. Answers that cannot be true together lead nowhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Hashable, Sequence
from functools import cached_property
from math import ceil, inf, lcm, nextafter
from typing import Any

from advisor.engine.diagram import EMPTY, Choice, Diagram
from advisor.engine.profile import Answer, Profile
from advisor.model import NOT_APPLICABLE, NamedTuple, Question
from advisor.phrasing import exact

MOST_DIGITS = 6
"""Behind the decimal point of a number that stands for an interval."""


class AxisValue(NamedTuple):
    """One answer: options, kinds that they cover (`named`), or the numbers from `least` on.

    There is one option, but where several hold at once; none in the answer that nobody gave. An
    interval ends where the next greater one begins; an option without a number is no bound at all.
    """

    options: tuple[str, ...]
    named: tuple[str, ...] = ()
    least: float | None = None

    @property
    def answer(self) -> Answer:
        """The answer that a complete profile has; of an interval, its least number."""
        return Answer(self.options, self.least, "asked", self.named)


UNSAID = AxisValue(())
"""The answer that nobody gave, where nothing is assumed in its place."""


class Axis(NamedTuple):
    """A question with its values; the typical one first, intervals from the greatest down.

    Of a question with `many`, several options hold at once, and are a value of their own.
    """

    question: str
    values: tuple[AxisValue, ...]
    many: bool = False

    def places(self, answer: Answer) -> list[int]:
        """Return the places of the values that an answer leaves possible, the assumed one first.

        A number is in one interval; a band leaves those within it, and is taken for its greatest.
        Empty where the answer is none that is told apart here.
        """
        if answer.value is not None and any(value.least is not None for value in self.values):
            return [
                place
                for place, value in enumerate(self.values)
                if value.least is not None
                if value.least <= answer.value and value.options == answer.options
            ][:1]
        exact = set(answer.options), set(answer.named)
        values = [(set(value.options), set(value.named)) for value in self.values]
        matching = [place for place, value in enumerate(values) if value == exact]
        if matching or answer.named or self.many:
            return matching
        one_of = {(option,) for option in answer.options}
        return [
            place
            for place, value in enumerate(self.values)
            if value.options in one_of and not value.named
        ]

    def place_of(self, other: AxisValue) -> int:
        """Return the place of the value that another is, or lies in."""
        return next(
            place
            for place, value in enumerate(self.values)
            if value[:2] == other[:2]
            and (value.least is None) == (other.least is None)
            and (value.least or 0) <= (other.least or 0)
        )

    @property
    def weights(self) -> list[int]:
        """What each value weighs: those of a band of numbers together as much as another band."""
        bands = Counter(value.options for value in self.values)
        whole = lcm(*bands.values()) if any(value.least is not None for value in self.values) else 1
        return [whole // bands[value.options] if whole > 1 else 1 for value in self.values]

    def typed(self, place: int) -> str:
        """Return what is typed for a value: an option, a kind, or a round number of the interval.

        The interval that a band is taken for is called by the band.
        """
        value = self.values[place]
        if value.least is None:
            return value.answer.said[0]
        above = self.values[place - 1] if place else UNSAID
        end = above.least
        if end is not None and above.options != value.options:
            return value.options[0]
        number = value.least
        for digits in range(MOST_DIGITS):
            number = ceil(value.least * 10**digits) / 10**digits
            if value.least <= number < (inf if end is None else end):
                break
        return exact(number)


def axis_of(
    question: Question,
    *,
    cuts: Collection[float] = (),
    kinds: bool = True,
    open_: bool = False,
    only: Answer | None = None,
) -> Axis:
    """Return the values of a question.

    `cuts` are the numbers from which an answer may be another one, in the question's unit; `kinds`
    tells covered kinds apart; with `open_` nothing is assumed where nobody answers; `only` is the
    one answer to follow, where it is given.
    """
    if only is not None:
        declared = [option.id for option in question.options]
        options = tuple(sorted(only.options, key=declared.index))
        return Axis(question.id, (AxisValue(options, only.named),), question.many)
    values = [UNSAID] if open_ else []
    for option in question.options:
        if not cuts or option.up_to is None:
            values.append(AxisValue((option.id,)))
            values += [AxisValue((option.id,), (name,)) for name in option.covers] if kinds else []
    if cuts:
        values += intervals(question, cuts)
    if question.ask_if:
        values.append(AxisValue((NOT_APPLICABLE,)))
    return Axis(question.id, tuple(values), question.many)


def intervals(question: Question, cuts: Collection[float]) -> list[AxisValue]:
    """Return the intervals between cuts and the borders of the options, the greatest first."""
    bands = sorted((inf if o.up_to is None else o.up_to, o.id) for o in question.options)
    borders = {nextafter(up_to, inf) for up_to, _ in bands if up_to < inf}
    return [
        AxisValue((next(id for up_to, id in bands if least <= up_to),), least=least)
        for least in sorted({0.0, *cuts, *borders}, reverse=True)
    ]


PICKED, COMPOSED, TEACHABLE, NOTHING = ("picked", "compose", "teachable", "nothing")


class Leaf(NamedTuple):
    """What complete answers end in.

    `family` is the one that fits, `none` where none does; `kind` says what there is of it: a
    checkpoint that is picked, one to be composed, none but for what training could teach, or
    nothing. `checkpoint` is what comes first, `use` how it is used, `source` the family that has
    it, which is the next one where the first has none.
    """

    kind: str
    family: str
    checkpoint: str = ""
    use: str = ""
    source: str = ""

    @property
    def choice(self) -> tuple[str, str]:
        """The family and the first checkpoint: what people take home."""
        return self.family, self.checkpoint

    @property
    def is_next(self) -> bool:
        """True where the checkpoint is another family's, since the first has none."""
        return self.source not in ("", self.family)


class TaskDiagram(Diagram):
    """The decision diagram of a task; its levels are `axes`, its labels leaves, `root` its top."""

    def __init__(
        self, task: str, axes: Sequence[Axis], training: Sequence[tuple[int, int]] = ()
    ) -> None:
        super().__init__([[(place,) for place in range(len(axis.values))] for axis in axes])
        self.task = task
        self.axes = tuple(axes)
        self.training = tuple(training)
        """The answers that allow training, by level and place."""
        self.root = EMPTY

    @cached_property
    def levels(self) -> dict[str, int]:
        """The level of each question."""
        return {axis.question: level for level, axis in enumerate(self.axes)}

    def kept(self, profile: Profile) -> list[list[int]]:
        """Return for each level the places that a profile leaves, the assumed one first.

        Without an answer that is all of them; an answer that is not told apart here leaves none.
        """
        return [
            axis.places(profile[axis.question])
            if axis.question in profile
            else list(range(len(axis.values)))
            for axis in self.axes
        ]

    def allowed(self, levels: Sequence[Sequence[int]]) -> dict[int, list[Choice]]:
        """Return the places that are left of each level as choices, where some are gone."""
        return {
            level: [(place,) for place in places]
            for level, places in enumerate(levels)
            if len(places) < len(self.axes[level].values)
        }

    def leaves(self, profile: Profile) -> frozenset[Leaf]:
        """Return every leaf that a profile leaves possible."""
        return self.reachable(self.root, self.allowed(self.kept(profile))).labels

    def ends(self) -> frozenset[Leaf]:
        """Return every leaf that there is."""
        return self.labels(self.root)

    def assumed(self, levels: Sequence[Sequence[int]]) -> tuple[list[int], Leaf] | None:
        """Return the typical complete profile within what is kept, and its leaf.

        Questions are filled in order, each with its first value that leaves an admissible profile.
        """
        first = self.first(self.root, self.allowed(levels))
        return None if first is None else ([place for (place,) in first[0]], first[1])

    def levels_in(self, axes: Sequence[Axis]) -> dict[int, tuple[int, list[int]]]:
        """Return for each level which it is among other axes, and which value each of theirs is.

        They ask all that is asked here, and tell no fewer values apart.
        """
        other = {axis.question: level for level, axis in enumerate(axes)}
        return {
            level: (
                other[axis.question],
                [axis.place_of(value) for value in axes[other[axis.question]].values],
            )
            for level, axis in enumerate(self.axes)
        }

    def answers(self, level: int) -> list[int]:
        """Return the places of the answers that somebody can give to a question."""
        values = enumerate(self.axes[level].values)
        return [place for place, value in values if value.options not in ((), (NOT_APPLICABLE,))]

    def fewest(self, path: Sequence[int], accept: Callable[[Leaf], bool]) -> dict[int, int] | None:
        """Return the fewest answers to give otherwise to end in an accepted leaf; None for none.

        What follows from another answer is no answer of its own: that a question makes sense no
        more, or that one which now does is answered as is typical.
        """

        def cost(level: int, choice: Choice) -> int:
            values, (place,) = self.axes[level].values, choice
            if place == path[level] or values[place].options in ((), (NOT_APPLICABLE,)):
                return 0
            return int(place > 0 or values[path[level]].options != (NOT_APPLICABLE,))

        nearest = self.nearest(self.root, cost, accept)
        if nearest is None:
            return None
        return {
            level: choice[0] for level, choice in enumerate(nearest[1]) if cost(level, choice) > 0
        }

    def to_json(self) -> dict[str, Any]:
        """Return the diagram as lists: leaves first, then children before parents, the root last.

        A node is its level and the number of each child, -1 where an answer cannot be.
        """
        numbers: dict[int, int] = {EMPTY: -1}
        leaves: list[list[str]] = []
        inner: list[int] = []
        seen: set[int] = {EMPTY}

        def visit(node: int) -> None:
            if node not in seen:
                seen.add(node)
                for child in self.children[node]:
                    visit(child)
                if self.children[node]:
                    inner.append(node)
                else:
                    numbers[node] = len(leaves)
                    leaves.append(list(self.label[node]))

        visit(self.root)
        nodes: list[list[int]] = []
        for node in inner:
            numbers[node] = len(leaves) + len(nodes)
            nodes.append([self.level[node], *[numbers[child] for child in self.children[node]]])
        questions = [
            [axis.question, [list(value) for value in axis.values], axis.many] for axis in self.axes
        ]
        return {
            "task": self.task,
            "questions": questions,
            "training": [list(row) for row in self.training],
            "leaves": leaves,
            "nodes": nodes,
        }

    @classmethod
    def from_json(cls, table: dict[str, Any], label: Callable[..., Hashable] = Leaf) -> TaskDiagram:
        """Return the diagram of a table; what stands for a leaf there makes a `label`."""
        axes = [
            Axis(id, tuple([AxisValue(tuple(o), tuple(n), least) for o, n, least in values]), many)
            for id, values, many in table["questions"]
        ]
        made = cls(table["task"], axes, [(level, place) for level, place in table["training"]])
        numbers = [made.terminal(label(*leaf)) for leaf in table["leaves"]]
        for level, *children in table["nodes"]:
            numbers.append(
                made.node(level, tuple([numbers[at] if at >= 0 else EMPTY for at in children]))
            )
        made.root = numbers[-1] if numbers else EMPTY
        return made
