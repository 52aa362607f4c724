"""An interview as a value: what was answered, what to ask next, how to go back; and its file.

Nothing here prompts or prints; a terminal, a form or a script can drive it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

from advisor.decide.selection import select
from advisor.engine.decision import Decision, Engine
from advisor.engine.diagram import EMPTY
from advisor.engine.profile import UNKNOWN, Answer, Profile, read_answer
from advisor.engine.space import Space
from advisor.errors import AdvisorError, ContradictionError, UsageError
from advisor.files import read_bounded, write_text
from advisor.interview.finalists import Finalists
from advisor.interview.strategy import Residual, fewest_questions
from advisor.model import NONE, NOT_APPLICABLE, TASK, Option, Question
from advisor.rulebase.store import cache_folder

FAMILY, CHECKPOINT, RANKING = STOPS = ("family", "checkpoint", "ranking")
"""When an interview is over: when nothing can change the winning family any more, which checkpoint
comes first, or the verdict of any family."""

MOST_BYTES = 1_000_000
NEARLY_ALL = Fraction(95, 100)
"""From this share of agreement on, stopping early is worth an offer."""


class Ask(NamedTuple):
    """One question to ask now, the options still possible, and who wins where.

    `winners` holds for each option the families (or none) that can still win after it; `about` is
    the stop that the answer matters for, one of `STOPS`.
    """

    question: Question
    options: tuple[Option, ...]
    winners: dict[str, tuple[str, ...]]
    about: str


class Agreement(NamedTuple):
    """The answer that most of what is still possible ends in.

    `agreeing` complete profiles `of` all end in it; `assumed` says that stopping now gives it too.
    """

    answer: str
    agreeing: int
    of: int
    assumed: bool

    @property
    def share(self) -> Fraction:
        """Which part of the complete profiles agrees."""
        return Fraction(self.agreeing, self.of)

    @property
    def worth_an_offer(self) -> bool:
        """True where stopping before the outcome is decided risks little."""
        return self.assumed and NEARLY_ALL <= self.share < 1


def settled(engine: Engine, profile: Profile) -> Profile:
    """Return answers with those to questions that nobody is asked, as they hold without a flag."""
    whole = dict(profile)
    for question in engine.rulebase.questions:
        if question.flag_only and question.id not in profile:
            usual = (question.options[0].id, *([NOT_APPLICABLE] if question.ask_if else []))
            answer = Answer(usual, None, "assumed")
            if engine.admits({**whole, question.id: answer}):
                whole[question.id] = answer
    return whole


class AskedAnswer(NamedTuple):
    """One answer in the order given; None where it was "don't know"."""

    question: str
    answer: Answer | None


class Session:
    """An interview in progress; `to` is the stop it goes to, one of `STOPS`."""

    def __init__(self, engine: Engine, given: Profile | None = None, to: str = CHECKPOINT) -> None:
        self.engine = engine
        self.to = to
        self.given: Profile = dict(given or {})
        self.steps: list[AskedAnswer] = []
        self._finalists: dict[Any, Residual] = {}
        engine.space(self.profile)

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
        """The answer that most complete profiles end in, counted exactly."""
        decision = self.decide()
        assumed = decision.family or NONE
        if self._about_checkpoint:
            counts = self._residual.counts(self._rest)
            picks = select(self.engine.rulebase, decision).picks
            assumed = picks[0].checkpoint.id if picks else assumed
        else:
            wins = self._space.wins(self.engine.ranking)
            counts = {self.engine.names(1 << winner)[0]: n for winner, n in enumerate(wins)}
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
    def _about_checkpoint(self) -> bool:
        """True where the task is known, and the first checkpoint is what is to be settled."""
        task = self.profile.get(TASK)
        return self.to == CHECKPOINT and task is not None and len(task.options) == 1

    @property
    def _residual(self) -> Residual:
        """All that decides which checkpoint comes first, for the task and what was given.

        Exact numbers and several options at once change what is required: each has its own.
        """
        held = {
            step.question: step.answer
            for step in self.steps
            if step.answer and (step.answer.value is not None or len(step.answer.options) > 1)
        }
        base = {TASK: self.profile[TASK], **self.given, **held}
        key = tuple((id, answer.options, answer.value) for id, answer in base.items())
        if key not in self._finalists:
            finalists = Finalists(self.engine, settled(self.engine, base))
            self._finalists[key] = finalists.residual()
        return self._finalists[key]

    @property
    def _rest(self) -> int:
        """What is left of it after the answers so far."""
        residual, index = self._residual, self.engine.encoding.index
        choices = self.engine.choices(self.profile)
        said = {index[id]: choices[index[id]] for id in self.profile if id != TASK}
        return residual.within(residual.root, said)

    def next(self) -> Ask | None:
        """Return the question after which the fewest are expected.

        The task comes first wherever it matters. None where nothing that may be asked can change
        what the stop is about: the first checkpoint, with "family" the winner alone, with "ranking"
        the verdicts of all families. Where nobody can name the task, the winner is all there is.
        """
        if self._about_checkpoint:
            residual = self._residual
            residual.closed = frozenset(self._closed)
            return self._choose(residual, self._rest, CHECKPOINT)
        label: Callable[[int], Hashable] = self.engine.ranking.winner
        if self.to == RANKING:
            label = self.engine.verdicts
        residual = Residual(self._space, label, closed=self._closed)
        return self._choose(residual, residual.root, RANKING if self.to == RANKING else FAMILY)

    def _choose(self, residual: Residual, node: int, about: str) -> Ask | None:
        task = self.engine.encoding.index[TASK]
        first_of_all = self.to == CHECKPOINT and TASK not in self.profile
        if residual.decided(node) and not (first_of_all and task not in residual.closed):
            return None
        if first_of_all and task not in residual.closed:
            return self._ask(task, about)
        split = None if task in residual.closed else residual.split(node, task)
        split = split or fewest_questions(residual, node)
        return None if split is None else self._ask(split.question, about)

    def _ask(self, place: int, about: str) -> Ask:
        engine, space = self.engine, self._space
        after = zip(space.choices[place], space.cofactors(space.root, place), strict=True)
        names = {
            engine.options(place, choice)[0]: engine.names(
                engine.ranking.winners(space.labels(node))
            )
            for choice, node in after
            if node != EMPTY
        }
        question = engine.rulebase.questions[place]
        options = tuple(option for option in question.options if option.id in names)
        return Ask(question, options, names, about)

    def answer(self, question: str, given: Any) -> None:
        """Record an answer, or UNKNOWN; one that clashes raises and is forgotten."""
        asked = self.engine.rulebase.question(question)
        answer = None if given == UNKNOWN else read_answer(asked, given, "asked")
        self.steps.append(AskedAnswer(question, answer))
        try:
            self.engine.space(self.profile)
        except ContradictionError:
            self.steps.pop()
            raise

    def give(self, answers: Profile) -> None:
        """Take answers given besides the interview; they count over what was asked."""
        self.given.update(answers)
        self.steps = [step for step in self.steps if step.question not in answers]
        self.engine.space(self.profile)

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
    def from_json(
        cls, engine: Engine, kept: dict[str, Any], to: str = CHECKPOINT
    ) -> Session:
        """Return a kept interview. Raises UsageError where it belongs to other rules."""
        if kept.get("rule_base") != engine.rulebase.digest:
            raise UsageError("the kept interview belongs to other rules", hint="start a new one")
        try:
            given = {id: _kept_answer(engine, id, row) for id, row in kept["given"].items()}
            session = cls(engine, given, to)
            session.steps = [
                AskedAnswer(id, row and _kept_answer(engine, id, row)) for id, row in kept["steps"]
            ]
            engine.space(session.profile)
        except (KeyError, TypeError, ValueError, AttributeError, AdvisorError) as error:
            raise UsageError("the kept interview is damaged", hint="start a new one") from error
        return session


def _kept_answer(engine: Engine, id: str, row: list[Any]) -> Answer:
    """Return an answer as it was kept. Raises an error where it is none to that question."""
    options, value, origin = row
    known = {option.id for option in engine.rulebase.question(id).options} | {NOT_APPLICABLE}
    number = value is None or type(value) in (int, float)
    if not options or not known.issuperset(options) or not number or type(origin) is not str:
        raise ValueError("no answer")
    return Answer(tuple(options), value, origin)


class SavedInterview:
    """The interview that was left unfinished, in the user's cache folder.

    One with other rules stays there until a new one is begun. Where the disk refuses, an interview
    goes on all the same.
    """

    def __init__(self, digest: str) -> None:
        folder = cache_folder()
        self.file: Path | None = folder / "interview.json" if folder else None
        self.digest = digest

    def exists(self) -> bool:
        """True where an interview with these rules was left."""
        try:
            return bool(self.read().get("rule_base") == self.digest)
        except UsageError:
            return False

    def read(self) -> dict[str, Any]:
        """Return the kept interview. Raises UsageError where there is none."""
        try:
            if self.file is None:
                raise FileNotFoundError
            kept = json.loads(read_bounded(self.file, MOST_BYTES))
        except (OSError, ValueError, RecursionError) as error:
            raise UsageError(
                "there is no interview to go on with",
                hint="`advisor ask` starts one",
                kind="nothing-kept",
            ) from error
        if not isinstance(kept, dict):
            raise UsageError("the kept interview is damaged", hint="`advisor ask` starts a new one")
        return kept

    def write(self, session: Session) -> None:
        """Keep an interview."""
        with suppress(OSError, AdvisorError):
            if self.file:
                self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                write_text(self.file, json.dumps(session.to_json()))

    def forget(self) -> None:
        """Remove the kept interview."""
        with suppress(OSError):
            if self.file:
                self.file.unlink(missing_ok=True)
