"""How certain an answer is, and what would change its family or its first checkpoint.

Both are read off the decision diagram of the task, and exact: an answer that is not named here
changes neither.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from math import inf
from types import MappingProxyType

from advisor.decide.selection import USUAL, Picking
from advisor.engine.bounds import BOUNDS
from advisor.engine.decision import Decision, Engine, contradiction
from advisor.engine.profile import Profile, answer_text, answers_text
from advisor.engine.task_diagram import TEACHABLE, Leaf, TaskDiagram
from advisor.errors import UsageError, check_type
from advisor.model import FINE_TUNE, NOT_APPLICABLE, TASK, NamedTuple
from advisor.rulebase.base import RuleBase

DECIDED, ASSUMED, UNDETERMINED = "decided", "assumed", "undetermined"
FAMILY, CHECKPOINT = STRICT = ("family", "checkpoint")
"""What `strict` may forbid to assume: the family, or the checkpoint and with it the family."""

SHORTEST_RANGE = 3
"""From this many amounts with one result on, they are shown as a range."""


class Certainty(NamedTuple):
    """Whether an unanswered question can change the family, and the first checkpoint.

    Each is `decided` (it cannot), `assumed` (it can), or `undetermined` (it can, against `strict`).
    """

    family: str
    checkpoint: str


class Change(NamedTuple):
    """Answers (question -> typed value) that lead to another family or first checkpoint.

    `family` is `none` and `checkpoint` empty if there is none. `origins` says for each question
    whether its present answer was given, implied or assumed.
    """

    answers: dict[str, str]
    family: str
    checkpoint: str
    origins: dict[str, str]


class Outlook(NamedTuple):
    """How certain a result is and what changes it, by the diagram of the task.

    `leaf` is the result of the default answers. `training` is the answer (question -> option) that
    replaces a default, if only training could teach what every checkpoint lacks; else it is empty.
    """

    certainty: Certainty
    changes: tuple[Change, ...]
    leaf: Leaf | None = None
    training: Mapping[str, str] = MappingProxyType({})


def diagram_for(engine: Engine, task: str, given: Profile, picking: Picking = USUAL) -> TaskDiagram:
    """Return the diagram of a task that has a value for each given answer.

    Diagrams are kept by `picking` and priority. Given answers for which the kept one has no value,
    such as two languages at once, get a diagram built for them.
    """
    setup = "-".join((picking.name, *engine.priority))
    remembered, shelf = engine.rulebase.remembered, engine.rulebase.shelf

    def built(within: Profile | None = None) -> TaskDiagram:
        from advisor.decide.task_diagrams import build

        return build(engine, task, within, picking)

    key = TaskDiagram, task, setup
    if key not in remembered:
        name = f"diagrams/{setup}/{task}"
        table = shelf.read(name) if shelf else None
        remembered[key] = built() if table is None else TaskDiagram.from_json(table)
        if shelf and table is None:
            shelf.keep(name, remembered[key].to_json())
    whole: TaskDiagram = remembered[key]
    own = {
        axis.question: given[axis.question]
        for axis in whole.axes
        if axis.question in given and not axis.places(given[axis.question])
    }
    if not own:
        return whole
    own_key = (*key, tuple((id, answer.options, answer.named) for id, answer in own.items()))
    if own_key not in remembered:
        remembered[own_key] = built(own)
    task_diagram: TaskDiagram = remembered[own_key]
    return task_diagram


class _Settled(NamedTuple):
    """The place of the value at each level, their leaf, and an added answer to allow training."""

    path: list[int]
    leaf: Leaf
    training: dict[int, int]


class _Reading:
    """Reads the diagram of a task for the given answers."""

    def __init__(self, engine: Engine, task: str, given: Profile, picking: Picking) -> None:
        self.engine, self.task, self.given, self.picking = engine, task, given, picking
        self.diagram = diagram = diagram_for(engine, task, given, picking)
        self.open = {n for n, axis in enumerate(diagram.axes) if axis.question not in given}
        self.kept = diagram.kept(given)

    def settled(self, changed: Mapping[int, int]) -> _Settled | None:
        """Return the path of the default answers with `changed` ones (level -> place) put in.

        If only training could teach what is missing, and was only assumed to be impossible, the
        path is that with training. None if the answers cannot all be true.
        """
        allowed = [[changed[n]] if n in changed else places for n, places in enumerate(self.kept)]
        assumed = self.diagram.assumed(allowed)
        if assumed is None:
            return None
        path, leaf = assumed
        first = None
        for level, place in self.diagram.training if leaf.kind == TEACHABLE else ():
            if level in self.open and level not in changed and path[level] != place:
                allowed[level] = [place]
                trained = self.diagram.assumed(allowed)
                if trained and trained[1].use == FINE_TUNE and not trained[1].is_next:
                    first = first or _Settled(*trained, {level: place})
                    if self._alone(level, path, trained[0]):
                        return first._replace(training={level: place})
                allowed[level] = self.kept[level]
        return first or _Settled(path, leaf, {})

    def _alone(self, level: int, path: Sequence[int], other: Sequence[int]) -> bool:
        """True if two paths differ only at `level` and at questions not applicable in `path`."""
        senseless = (NOT_APPLICABLE,)
        return all(
            n == level or place == path[n] or axis.values[path[n]].options == senseless
            for n, (place, axis) in enumerate(zip(other, self.diagram.axes, strict=True))
        )

    def singles(self, path: Sequence[int], leaf: Leaf) -> Iterator[tuple[dict[str, str], Leaf]]:
        """Yield each single answer, and its leaf, that changes the family or checkpoint of `leaf`.

        A question whose only value in the diagram is the given one is read in a diagram where it
        was not given.
        """
        for level, axis in enumerate(self.diagram.axes):
            reading, present = self, path[level]
            if len(axis.values) == 1 and axis.question in self.given:
                rest = {id: answer for id, answer in self.given.items() if id != axis.question}
                reading, present = _Reading(self.engine, self.task, rest, self.picking), -1
            for place in reading.diagram.answers(level):
                settled = reading.settled({level: place}) if place != present else None
                if settled and settled.leaf.choice != leaf.choice:
                    yield reading.typed({level: place}), settled.leaf

    def typed(self, places: Mapping[int, int]) -> dict[str, str]:
        """Return answers (level -> place) as question -> typed value."""
        axes = self.diagram.axes
        return {axes[level].question: axes[level].typed(place) for level, place in places.items()}

    def sets(
        self, path: Sequence[int], leaf: Leaf, reached: Collection[Leaf]
    ) -> Iterator[tuple[dict[str, str], Leaf]]:
        """Yield the fewest answers to each family, or another checkpoint, not among `reached`."""
        ends = self.diagram.ends()
        families = {leaf.family, *(end.family for end in reached)}
        for family in sorted({end.family for end in ends} - families):
            yield from self._set(path, leaf, {end for end in ends if end.family == family})
        if all(end.checkpoint == leaf.checkpoint for end in reached):
            others = {end for end in ends if end.checkpoint != leaf.checkpoint}
            yield from self._set(path, leaf, others)

    def _set(
        self, path: Sequence[int], leaf: Leaf, wanted: Collection[Leaf]
    ) -> Iterator[tuple[dict[str, str], Leaf]]:
        """Yield the fewest answers, two or more, that lead to a wanted leaf by themselves."""
        answers = self.diagram.fewest(path, wanted.__contains__)
        settled = self.settled(answers) if answers and len(answers) > 1 else None
        if answers and settled and settled.leaf.choice != leaf.choice:
            yield self.typed(answers), settled.leaf


def outlook(
    engine: Engine, decision: Decision, picking: Picking = USUAL, strict: str = ""
) -> Outlook:
    """Return how certain a decision is, and the answers that would change it.

    `strict` is empty, `family` or `checkpoint`. Raises ContradictionError if answers contradict.
    """
    given, profile = decision.given, decision.profile
    unsure = UNDETERMINED if strict == CHECKPOINT else ASSUMED
    task = profile[TASK].options[0]
    reading = _Reading(engine, task, given, picking)
    settled = reading.settled({})
    if settled is None:
        raise contradiction(engine, given)
    path, leaf, training = settled
    ends = {leaf, *reading.diagram.leaves(given)}
    task_given = len(given[TASK].options) == 1 if TASK in given else False
    family = len({end.family for end in ends}) == 1
    checkpoint = family and task_given and len({end.checkpoint for end in ends}) == 1
    changes = list(reading.singles(path, leaf))
    changes += reading.sets(path, leaf, {end for _, end in changes})
    return Outlook(
        certainty=Certainty(
            DECIDED if family else UNDETERMINED if strict else ASSUMED,
            DECIDED if checkpoint else unsure,
        ),
        changes=tuple(
            Change(answers, end.family, end.checkpoint, {id: profile[id].origin for id in answers})
            for answers, end in changes
        ),
        leaf=leaf,
        training=reading.typed(training),
    )


def strictness(strict: bool | str) -> str:
    """Return `strict` as empty, `family` or `checkpoint` (True). Raises UsageError for others."""
    if isinstance(strict, bool):
        return CHECKPOINT if strict else ""
    check_type("strict", strict, str, f"True, False, {' or '.join(STRICT)}")
    if strict not in ("", *STRICT):
        raise UsageError(f"unknown value of `strict`: {strict}", hint=f"known: {', '.join(STRICT)}")
    return strict


def strict_words(strict: str) -> list[str]:
    """Return the words of the `--strict` flag; none if `strict` is empty."""
    return ["--strict", *([strict] if strict != CHECKPOINT else [])] if strict else []


def by_end(changes: Iterable[Change]) -> dict[tuple[str, str], list[Change]]:
    """Return changes by the family and checkpoint they lead to, in the order of the changes.

    A change to an amount of 0, below which nothing fits, is left out.
    """
    grouped: dict[tuple[str, str], list[Change]] = {}
    for change in changes:
        if "0" in change.answers.values():
            continue
        grouped.setdefault((change.family, change.checkpoint), []).append(change)
    return grouped


def ways_text(rulebase: RuleBase, some: Sequence[Change], every: Sequence[Change]) -> str:
    """Return in words the answers with one result: `language: de or fr`, `memory-gb: 1 to 1.74`.

    Three or more amounts form a range unless another of `every` change lies between them.
    """
    alone: dict[str, list[str]] = {}
    for change in some:
        if len(change.answers) == 1:
            ((id, value),) = change.answers.items()
            alone.setdefault(id, []).append(value)
    parts = []
    for id, values in alone.items():
        amounts = {
            change.answers[id]: _amount(rulebase, id, change.answers[id])
            for change in every
            if [*change.answers] == [id]
        }
        own = [amount for value in values if (amount := amounts[value]) is not None]
        if len(own) == len(values) >= SHORTEST_RANGE:
            low, high = min(own), max(own)
            between = {value for value, amount in amounts.items() if amount and low < amount < high}
            if between <= {*values}:
                values = [f"{low:g} {'or more' if high == inf else f'to {high:g}'}"]
        parts.append(answer_text(rulebase, id, *values))
    parts += [answers_text(rulebase, change.answers) for change in some if len(change.answers) > 1]
    return " or ".join(parts)


def _amount(rulebase: RuleBase, id: str, value: str) -> float | None:
    """Return the number of an answer, of a band its upper limit (or inf); None for others."""
    if value.replace(".", "", 1).isdecimal():
        return float(value)
    options = () if id in BOUNDS else rulebase.question(id).options
    option = next((each for each in options if each.id == value), None)
    if option is None or not any(each.up_to for each in options):
        return None
    return inf if option.up_to is None else option.up_to
