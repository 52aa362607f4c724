"""The state of an interview: the answers so far, the next question, and going back.

Nothing here prompts or prints, so a terminal, a form or a script can drive it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from advisor.engine.decision import Decision, Engine, contradiction
from advisor.engine.diagram import EMPTY
from advisor.engine.profile import UNKNOWN, Answer, Profile, read_answer
from advisor.engine.space import Space
from advisor.engine.task_diagram import Axis
from advisor.errors import ContradictionError
from advisor.interview.plan import Open, Residual, next_question, open_of, settled
from advisor.model import TASK, Option, Question

FAMILY, CHECKPOINT = STOPS = ("family", "checkpoint")
"""Stops: an interview ends when no answer can change the family, or the first checkpoint."""


class Ask(NamedTuple):
    """One question to ask now, and the options still possible."""

    question: Question
    options: tuple[Option, ...]


class AskedAnswer(NamedTuple):
    """An answer to a question that was asked; None for "I don't know"."""

    question: str
    answer: Answer | None


class Session:
    """An interview in progress; `to` is the stop it goes to, one of `STOPS`."""

    def __init__(self, engine: Engine, given: Profile | None = None, to: str = CHECKPOINT) -> None:
        self.engine = engine
        self.to = to
        self.given: Profile = dict(given or {})
        self.steps: list[AskedAnswer] = []
        self._opened: dict[Any, Open] = {}
        self._refuse_clashes()

    @property
    def profile(self) -> Profile:
        """All answers so far, in declared order."""
        answers = dict(self.given)
        answers.update({step.question: step.answer for step in self.steps if step.answer})
        return {id: answers[id] for id in self.engine.encoding.questions if id in answers}

    @property
    def race(self) -> tuple[str, ...]:
        """The names of families that can still win, "none" included."""
        return self.engine.possible(self._space.outcomes)

    def decide(self) -> Decision:
        """Return the decision for the answers so far; "assumed" if other answers can change it."""
        return self.engine.decide(self.profile)

    @property
    def _space(self) -> Space:
        return self.engine.space(settled(self.engine, self.profile))

    @property
    def unknown(self) -> list[str]:
        """The ids of the questions answered by "I don't know"."""
        return [step.question for step in self.steps if step.answer is None]

    @property
    def _task(self) -> Answer | None:
        """The answer with the only task that is given or still possible; None if several are."""
        answer = self.profile.get(TASK)
        if answer is not None and len(answer.options) == 1:
            return answer
        space = self._space
        tasks = space.reachable(space.root).choices[self.engine.encoding.index[TASK]]
        if len(tasks) != 1:
            return None
        options = self.engine.options(self.engine.encoding.index[TASK], *tasks)
        return self.profile.get(TASK, Answer(options, None, "implied"))

    @property
    def _open(self) -> Open | None:
        """What is left to ask about the checkpoint; None without a single task or that stop."""
        task = self._task if self.to == CHECKPOINT else None
        return task and self._opened_by({**self.profile, TASK: task}, self.unknown)

    def _opened_by(self, profile: Profile, unknown: Sequence[str]) -> Open:
        key = tuple((id, *answer) for id, answer in profile.items()), tuple(unknown)
        if key not in self._opened:
            self._opened[key] = open_of(self.engine, profile, unknown)
        return self._opened[key]

    @property
    def most(self) -> int | None:
        """The most questions left, never more than announced at first; None if it is unknown.

        "I don't know", or answers outside the compiled plan, may leave more questions. These are
        then not asked, and get defaults.
        """
        left, task = self._open, self._task
        if left is None or task is None:
            return None
        first = self._opened_by({**self.given, TASK: task}, ())
        return min(left.most, first.most - sum(step.question != TASK for step in self.steps))

    def next(self) -> Ask | None:
        """Return the question that is expected to leave the fewest others, or None at the end.

        The task comes first if it matters. The interview ends when no question can change the first
        checkpoint, or for the stop "family" the winner. If the user does not know the task, only
        the winner counts.
        """
        if left := self._open:
            level = left.level if left.most and self.most else None
            return None if level is None else self._ask_axis(left, level)
        index = self.engine.encoding.index
        task = index[TASK]
        closed = {index[id] for id in [*self.given, *(step.question for step in self.steps)]}
        if self.to == CHECKPOINT and task not in closed:
            return self._ask(task)
        residual = Residual.of_space(self._space, self.engine.ranking.winner, closed=closed)
        if residual.decided(residual.root):
            return None
        split = None if task in closed else residual.split(residual.root, task)
        split = split or next_question(residual, residual.root)
        return None if split is None else self._ask(split.question)

    def _ask_axis(self, left: Open, level: int) -> Ask:
        """Return the question of a diagram level with its possible options.

        If parts of a band of numbers differ in their results, they replace what the option covers.
        """
        axis, after = left.diagram.axes[level], left.residual.cofactors(left.residual.root, level)
        question = self.engine.rulebase.question(axis.question)
        possible: list[Option] = []
        for option in question.options:
            places = [
                place
                for place in left.kept[level]
                if after[place] != EMPTY and axis.values[place].options == (option.id,)
            ]
            covers = {}
            if len({after[place] for place in places}) > 1:
                for place in places:
                    if axis.values[place].least is not None:
                        typed = axis.typed(place)
                        if typed == option.id and option.up_to is not None:
                            typed = f"{option.up_to:g}"  # the part that the band is taken for
                        covers[typed] = [_words(axis, place, option, question)]
            if places:
                possible.append(option._replace(covers=covers or option.covers))
        return Ask(question, tuple(possible))

    def _ask(self, place: int) -> Ask:
        """Return the question at an index of the encoding with the options still possible."""
        space = self._space
        left = space.reachable(space.root).choices[place]
        ids = {self.engine.options(place, choice)[0] for choice in left}
        question = self.engine.rulebase.questions[place]
        return Ask(question, tuple(o for o in question.options if o.id in ids))

    def ask_again(self, question: str) -> Ask:
        """Remove an answer, given or asked; return its question with all options now possible."""
        self.given.pop(question, None)
        self.steps = [step for step in self.steps if step.question != question]
        if (left := self._open) and question in left.diagram.levels:
            return self._ask_axis(left, left.diagram.levels[question])
        return self._ask(self.engine.encoding.index[question])

    def answer(self, question: str, given: Any) -> None:
        """Record an answer or UNKNOWN. Raises ContradictionError for one that others exclude."""
        entry = self.engine.rulebase.question(question)
        answer = None if given == UNKNOWN else read_answer(entry, given, "asked")
        self.steps.append(AskedAnswer(question, answer))
        try:
            self._refuse_clashes()
        except ContradictionError:
            self.steps.pop()
            raise

    def _refuse_clashes(self) -> None:
        """Raise ContradictionError if the answers exclude each other."""
        if not self.engine.admits(self.profile):
            raise contradiction(self.engine, self.profile)

    def back(self) -> str | None:
        """Remove the last answer that was asked for; return its question, or None without one."""
        return self.steps.pop().question if self.steps else None


def _words(axis: Axis, place: int, option: Option, question: Question) -> str:
    """Return the part of a band at `place` of an axis as a range: `4 to 8 GB`, `8 GB or more`."""
    least, above = axis.values[place].least or 0.0, axis.values[place - 1] if place else None
    most = option.up_to
    if above is not None and above.options == axis.values[place].options:
        most = above.least
    unit = question.unit or ""
    return f"{least:.3g} {unit} or more" if most is None else f"{least:.3g} to {most:.3g} {unit}"
