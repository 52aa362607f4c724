"""An interview as a value: what was answered, what to ask next, how to go back.

Nothing here prompts or prints; a terminal, a form or a script can drive it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

from advisor.decide.selection import select
from advisor.engine.decision import Decision, Engine
from advisor.engine.profile import UNKNOWN, Answer, Profile, contradiction, read_answer
from advisor.engine.space import Space
from advisor.errors import ContradictionError, UsageError
from advisor.interview.exchange import Agreement, Ask, AskedAnswer
from advisor.interview.finalists import Finalists, Left
from advisor.interview.strategy import OverBudgetError, Residual, fewest_questions
from advisor.model import NONE, NOT_APPLICABLE, TASK

FAMILY, CHECKPOINT, RANKING = STOPS = ("family", "checkpoint", "ranking")
"""When an interview is over: when nothing can change the winning family any more, which checkpoint
comes first, or the verdict of any family."""

MOST_ASKED = 700
"""So often at most `select` is asked before a question; of more cases, the commonest lead to it."""


def settled(engine: Engine, profile: Profile) -> Profile:
    """Return answers with those to questions that nobody is asked, as they hold without a flag."""
    whole = dict(profile)
    for question in engine.rulebase.questions:
        if question.flag_only and question.id not in profile:
            usual = (question.options[0].id, *([NOT_APPLICABLE] if question.ask_if else []))
            answer = Answer(usual, None, "assumed")
            if engine.admits({**whole, question.id: answer}):  # it may make no sense here
                whole[question.id] = answer
    return whole


class Session:
    """An interview in progress; `to` is the stop it goes to, one of `STOPS`."""

    def __init__(self, engine: Engine, given: Profile | None = None, to: str = CHECKPOINT) -> None:
        self.engine = engine
        self.to = to
        self.given: Profile = dict(given or {})
        self.steps: list[AskedAnswer] = []
        self._finalists: dict[Any, Finalists | None] = {}
        self._asks: dict[Any, Ask | None] = {}
        self._refuse_clashes()

    @property
    def profile(self) -> Profile:
        """All answers so far, in declared order."""
        answers = dict(self.given)
        answers.update({step.question: step.answer for step in self.steps if step.answer})
        return {id: answers[id] for id in self.engine.encoding.questions if id in answers}

    @property
    def race(self) -> tuple[str, ...]:
        """The families (or none) that can still win."""
        return self.engine.names(self._space.possible(self.engine.ranking))

    @property
    def agreement(self) -> Agreement:
        """The answer that most complete profiles end in, counted exactly.

        An empty one where too much is open to count.
        """
        if self._about_checkpoint:
            left = self._left()
            if left is None or not left.whole:
                return Agreement("", 1, 1, assumed=False)
            counts = left.residual.counts(left.node)
        else:
            wins = self._space.wins(self.engine.ranking)
            counts = {self.engine.names(1 << winner)[0]: n for winner, n in enumerate(wins)}
        decision = self.decide()
        assumed = decision.family or NONE
        if self._about_checkpoint:
            picks = select(self.engine.rulebase, decision).picks
            assumed = picks[0].checkpoint.id if picks else assumed
        answer = max(counts, key=counts.__getitem__)
        return Agreement(answer, counts[answer], sum(counts.values()), answer == assumed)

    def decide(self) -> Decision:
        """Return the decision for the answers so far; "assumed" where an open one may change it."""
        return self.engine.decide(self.profile)

    @property
    def _space(self) -> Space:
        return self.engine.space(settled(self.engine, self.profile))

    @property
    def _closed(self) -> set[int]:
        """The questions not to be asked: answered ones, and those that nobody can answer."""
        index = self.engine.encoding.index
        return {index[id] for id in [*self.given, *(step.question for step in self.steps)]}

    @property
    def _task(self) -> Answer | None:
        """The one task that is meant, said or following from what was; None where it is open."""
        said = self.profile.get(TASK)
        if said is not None and len(said.options) == 1:
            return said
        space = self._space
        found = space.reachable(space.root).choices[self.engine.encoding.index[TASK]]
        if len(found) != 1:
            return None
        options = self.engine.options(self.engine.encoding.index[TASK], *found)
        return self.profile.get(TASK, Answer(options, None, "implied"))

    @property
    def _about_checkpoint(self) -> bool:
        """True where the task is known, and the first checkpoint is what is to be settled."""
        return self.to == CHECKPOINT and self._task is not None

    def _left(self) -> Left | None:
        """Return all that decides which checkpoint comes first, after the answers so far.

        Exact numbers and several options at once change what is required: each has its own. Where
        too much is open, it is that of all answers so far; None where even that is too much.
        """
        index, choices = self.engine.encoding.index, self.engine.choices(self.profile)
        said = {index[id]: choices[index[id]] for id in self.profile if id != TASK}
        for base in (self._base, {**self.profile, **self._base}):
            key = tuple((id, answer.options, *answer.said) for id, answer in base.items())
            if key not in self._finalists:
                self._finalists[key] = Finalists(self.engine, settled(self.engine, base))
            if finalists := self._finalists[key]:
                try:
                    left = finalists.residual(MOST_ASKED, said)
                except OverBudgetError:
                    self._finalists[key] = None
                    continue
                left.residual.closed = frozenset(self._closed)
                return left
        return None

    @property
    def _base(self) -> Profile:
        held = {
            step.question: step.answer
            for step in self.steps
            if step.answer and (step.answer.is_exact or len(step.answer.options) > 1)
        }
        return {**self.given, **held, TASK: self._task or self.profile[TASK]}

    def next(self) -> Ask | None:
        """Return the question after which the fewest are expected.

        The task comes first wherever it matters. None where nothing that may be asked can change
        what the stop is about: the first checkpoint, with "family" the winner alone, with "ranking"
        the verdicts of all families. Where nobody can name the task, the winner is all there is.
        Who goes back is asked the same again.
        """
        said = tuple(self.given.items()), tuple(self.steps)
        if said not in self._asks:
            self._asks[said] = self._next()
        return self._asks[said]

    def _next(self) -> Ask | None:
        if self._about_checkpoint:
            left = self._left()
            while left and left.stuck and not left.whole:  # nothing is settled before all is known
                left = self._left()
            if left is None:
                return self._telling()
            return self._choose(left.residual, left.node, CHECKPOINT)
        label: Callable[[int], Hashable] = self.engine.ranking.winner
        if self.to == RANKING:
            label = self.engine.verdicts
        residual = Residual(self._space, label, closed=self._closed)
        return self._choose(residual, residual.root, RANKING if self.to == RANKING else FAMILY)

    def _telling(self) -> Ask | None:
        """Return a question that alone changes what comes first, where too much is open."""
        profile = {**self.profile, **self._base}
        finalists = Finalists(self.engine, settled(self.engine, profile))
        if (question := finalists.telling(self._closed)) is not None:
            return self._ask(question, CHECKPOINT)
        residual = Residual(self._space, self.engine.ranking.winner, closed=self._closed)
        return self._choose(residual, residual.root, CHECKPOINT)  # the family, and no more

    def _choose(self, residual: Residual, node: int, about: str) -> Ask | None:
        task = self.engine.encoding.index[TASK]
        if self.to == CHECKPOINT and self._task is None and task not in residual.closed:
            return self._ask(task, about)
        if residual.decided(node):
            return None
        split = None if task in residual.closed else residual.split(node, task)
        split = split or fewest_questions(residual, node)
        return None if split is None else self._ask(split.question, about)

    def _ask(self, place: int, about: str) -> Ask:
        engine = self.engine
        names = {
            engine.options(place, choice)[0]: engine.names(winners)
            for choice, winners in self._space.winners_after(engine.ranking, place).items()
        }
        question = engine.rulebase.questions[place]
        options = tuple(option for option in question.options if option.id in names)
        return Ask(question, options, names, about)

    @property
    def too_much_open(self) -> bool:
        """True where no question can be proved the best one: the checkpoint is far from settled."""
        return self._about_checkpoint and self._left() is None

    @property
    def finalists(self) -> int:
        """How many checkpoints may still come first; 0 where that is not what is asked about."""
        if not self._about_checkpoint:
            return 0
        left = self._left()
        labels = left.residual.labels(left.node) if left and left.whole else ()
        return sum("/" in label for label in labels)

    def ask_again(self, question: str) -> Ask:
        """Take one answer back, given or asked; return its question with all that it may be now."""
        self.given.pop(question, None)
        self.steps = [step for step in self.steps if step.question != question]
        return self._ask(self.engine.encoding.index[question], self.to)

    def answer(self, question: str, given: Any) -> None:
        """Record an answer, or UNKNOWN; one that clashes raises and is forgotten."""
        asked = self.engine.rulebase.question(question)
        answer = None if given == UNKNOWN else read_answer(asked, given, "asked")
        self.steps.append(AskedAnswer(question, answer))
        try:
            self._refuse_clashes()
        except ContradictionError:
            self.steps.pop()
            raise

    def _refuse_clashes(self) -> None:
        """Raise ContradictionError where the answers cannot all be true."""
        if not self.engine.admits(self.profile):
            raise contradiction(self.profile, self.engine.rulebase, self.engine.admits)

    def give(self, answers: Profile) -> None:
        """Take answers given besides the interview; they count over what was asked."""
        self.given.update(answers)
        self.steps = [step for step in self.steps if step.question not in answers]
        self._refuse_clashes()

    def back(self) -> str | None:
        """Take the last answer back; return its question, None where there was none."""
        return self.steps.pop().question if self.steps else None

    def to_json(self) -> dict[str, Any]:
        """Return what is needed to resume this interview."""
        return {
            "rule_base": self.engine.rulebase.digest,
            "given": {id: list(answer) for id, answer in self.given.items()},
            "steps": [[step.question, step.answer and list(step.answer)] for step in self.steps],
        }

    @classmethod
    def from_json(cls, engine: Engine, kept: dict[str, Any], to: str = CHECKPOINT) -> Session:
        """Return a kept interview; UsageError where it is damaged.

        Of one with other rules the answers are left out that these do not know or admit.
        """
        known = kept.get("rule_base") == engine.rulebase.digest
        session = cls(engine, {}, to)
        try:
            given = {str(id): _answer(row) for id, row in kept["given"].items()}
            steps = [
                AskedAnswer(str(id), None if row is None else _answer(row))
                for id, row in kept["steps"]
            ]
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise UsageError(DAMAGED, hint="start a new one") from error
        for one in (*map(AskedAnswer, given, given.values()), *steps):
            if not session._take(one, asked=one in steps) and known:
                raise UsageError(DAMAGED, hint="start a new one")
        return session

    def _take(self, one: AskedAnswer, *, asked: bool) -> bool:
        """Take one kept answer; False where these rules do not know or admit it."""
        encoding = self.engine.encoding
        if one.question not in encoding.index:
            return False
        options = encoding.option_index[encoding.index[one.question]]
        if one.answer and not set(one.answer.options) <= set(options):
            return False
        before = dict(self.given), list(self.steps)
        if asked:
            self.steps.append(one)
        elif one.answer:
            self.given[one.question] = one.answer
        try:
            self._refuse_clashes()
        except ContradictionError:
            self.given, self.steps = before
            return False
        return True


DAMAGED = "the kept interview is damaged"


def _answer(row: list[Any]) -> Answer:
    options, value, origin, *more = row
    if not isinstance(options, (list, tuple)) or not options:
        raise ValueError("no options")
    if not all(isinstance(option, str) for option in options) or len({*options}) < len(options):
        raise ValueError("no names of options")
    if not (value is None or isinstance(value, (int, float))) or not isinstance(origin, str):
        raise ValueError("no answer")
    named = tuple(more[0]) if more else ()
    if len(more) > 1 or not all(isinstance(name, str) for name in named):
        raise ValueError("no names")
    return Answer(tuple(options), value, origin, named)
