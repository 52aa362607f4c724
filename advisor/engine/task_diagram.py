"""The decision diagram of one task: from the answers to the family, the checkpoint and its use.

A level is a question, a child one of its values, and a leaf the result. Answers that cannot be true
together lead nowhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from functools import cached_property
from math import ceil, inf, lcm, nextafter
from typing import Any

from advisor.engine.diagram import EMPTY, Choice, Diagram
from advisor.engine.profile import Answer, Profile
from advisor.model import NOT_APPLICABLE, NamedTuple, Question
from advisor.phrasing import exact

MOST_DIGITS = 6
"""The most digits behind the decimal point of a number that stands for an interval."""


class AxisValue(NamedTuple):
    """One value: options, kinds that they cover (`named`), or the numbers from `least` on.

    There is one option; several if they hold at once, none in the value for no answer. An interval
    ends where the next greater one begins; an option without a number sets no limit.
    """

    options: tuple[str, ...]
    named: tuple[str, ...] = ()
    least: float | None = None

    @property
    def answer(self) -> Answer:
        """The answer that a complete profile has; for an interval, its least number."""
        return Answer(self.options, self.least, "asked", self.named)


UNSAID = AxisValue(())
"""The value for no answer, if nothing is assumed in its place."""


class Axis(NamedTuple):
    """A question with its values: the typical one first, intervals from the greatest down.

    Options of a question with `many` that are given together are a value of their own.
    """

    question: str
    values: tuple[AxisValue, ...]
    many: bool = False

    def places(self, answer: Answer) -> list[int]:
        """Return the places of the values that an answer leaves possible, the assumed one first.

        A number is in one interval; a band leaves those within it, and is taken for its greatest.
        Empty if no value stands for the answer.
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
        """Return the place of the value that `other` equals or lies in."""
        return next(
            place
            for place, value in enumerate(self.values)
            if value[:2] == other[:2]
            and (value.least is None) == (other.least is None)
            and (value.least or 0) <= (other.least or 0)
        )

    @property
    def weights(self) -> list[int]:
        """The weight of each value: the intervals of a band together weigh as much as a band."""
        bands = Counter(value.options for value in self.values)
        whole = lcm(*bands.values()) if any(value.least is not None for value in self.values) else 1
        return [whole // bands[value.options] if whole > 1 else 1 for value in self.values]

    def typed(self, place: int) -> str:
        """Return what to type for a value: an option, a kind, or a round number of the interval.

        The greatest interval of a band, except of the highest band, is typed as the band.
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
    """Return a question with its values.

    `cuts` are the numbers, in the question's unit, from which the result may change; with `kinds`
    covered kinds are values; with `open_` nothing is assumed without an answer; `only` is the one
    answer to follow, if it is given.
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
    """Return the intervals between cuts and the limits of the options, the greatest first."""
    bands = sorted((inf if o.up_to is None else o.up_to, o.id) for o in question.options)
    borders = {nextafter(up_to, inf) for up_to, _ in bands if up_to < inf}
    return [
        AxisValue((next(id for up_to, id in bands if least <= up_to),), least=least)
        for least in sorted({0.0, *cuts, *borders}, reverse=True)
    ]


PICKED, COMPOSED, TEACHABLE, NOTHING = ("picked", "compose", "teachable", "nothing")
UNTIMELY = "untimely"
"""The kind of a family's own leaf if its checkpoint is not known to keep a bound on time."""


class Leaf(NamedTuple):
    """The result of complete answers.

    `family` is the one that fits, or `none`; `kind` is `picked` (a checkpoint), `compose` (from
    parts), `teachable` (training could teach all that checkpoints lack) or `nothing`. `checkpoint`
    is the first, `use` how it is used, `source` its family: the next in the ranking if `family` has
    none.
    """

    kind: str
    family: str
    checkpoint: str = ""
    use: str = ""
    source: str = ""

    @property
    def choice(self) -> tuple[str, str]:
        """The family and the first checkpoint."""
        return self.family, self.checkpoint

    @property
    def is_next(self) -> bool:
        """True if the checkpoint is another family's, because `family` has none."""
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
        """The answers that allow training, as (level, place)."""
        self.root = EMPTY

    @cached_property
    def levels(self) -> dict[str, int]:
        """The level of each question."""
        return {axis.question: level for level, axis in enumerate(self.axes)}

    def kept(self, profile: Profile) -> list[list[int]]:
        """Return for each level the places that a profile leaves, the assumed one first.

        Without an answer these are all places; an answer for which there is no value leaves none.
        """
        return [
            axis.places(profile[axis.question])
            if axis.question in profile
            else list(range(len(axis.values)))
            for axis in self.axes
        ]

    def allowed(self, levels: Sequence[Sequence[int]]) -> dict[int, list[Choice]]:
        """Return the places that are left as choices, by level, for levels that lost some."""
        return {
            level: [(place,) for place in places]
            for level, places in enumerate(levels)
            if len(places) < len(self.axes[level].values)
        }

    def leaves(self, profile: Profile) -> frozenset[Leaf]:
        """Return every leaf that a profile leaves possible."""
        return self.reachable(self.root, self.allowed(self.kept(profile))).labels

    def ends(self) -> frozenset[Leaf]:
        """Return all leaves."""
        return self.labels(self.root)

    def assumed(self, levels: Sequence[Sequence[int]]) -> tuple[list[int], Leaf] | None:
        """Return the typical profile within `levels`, as a place for each, and its leaf.

        Questions are filled in order, each with its first value that leaves an admissible profile.
        None if there is no such profile.
        """
        first = self.first(self.root, self.allowed(levels))
        return None if first is None else ([place for (place,) in first[0]], first[1])

    def columns_in(self, axes: Sequence[Axis]) -> list[tuple[int | None, list[int]]]:
        """Return for each of other axes its level here, if any, and the value here of each value.

        The other axes have no fewer values of a question than this diagram.
        """
        levels = [self.levels.get(axis.question) for axis in axes]
        return [
            (
                level,
                [(axis if level is None else self.axes[level]).place_of(v) for v in axis.values],
            )
            for level, axis in zip(levels, axes, strict=True)
        ]

    def answers(self, level: int) -> list[int]:
        """Return the places of the values that users can give as an answer."""
        values = enumerate(self.axes[level].values)
        return [place for place, value in values if value.options not in ((), (NOT_APPLICABLE,))]

    def fewest(self, path: Sequence[int], accept: Callable[[Leaf], bool]) -> dict[int, int] | None:
        """Return the fewest changes (level -> place) that lead to an accepted leaf, or None.

        Consequences of another answer are no changes: that a question no longer applies, or that
        one which now does has its typical answer.
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

        A node is its level and the number of each child, -1 for an answer that is not possible.
        """
        below = self.below(self.root)
        leaves = [node for node in below if node in self.label]
        inner = [node for node in below if node not in self.label]
        numbers = {EMPTY: -1} | {node: number for number, node in enumerate([*leaves, *inner])}
        questions = [
            [axis.question, [list(value) for value in axis.values], axis.many] for axis in self.axes
        ]
        return {
            "task": self.task,
            "questions": questions,
            "training": [list(row) for row in self.training],
            "leaves": [list(self.label[node]) for node in leaves],
            "nodes": [
                [self.level[node], *[numbers[child] for child in self.children[node]]]
                for node in inner
            ],
        }

    @classmethod
    def from_json(cls, table: dict[str, Any]) -> TaskDiagram:
        """Return the diagram of a table."""
        axes = [
            Axis(id, tuple([AxisValue(tuple(o), tuple(n), least) for o, n, least in values]), many)
            for id, values, many in table["questions"]
        ]
        made = cls(table["task"], axes, [(level, place) for level, place in table["training"]])
        numbers = [made.terminal(Leaf(*leaf)) for leaf in table["leaves"]]
        for level, *children in table["nodes"]:
            numbers.append(
                made.node(level, tuple([numbers[at] if at >= 0 else EMPTY for at in children]))
            )
        made.root = numbers[-1] if numbers else EMPTY
        return made
