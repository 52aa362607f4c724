"""An interview as a value: what was answered, what to ask next, how to go back.

Nothing here prompts or prints; a terminal, a form or a script can drive it.
"""

from __future__ import annotations

from math import log2
from typing import Any, NamedTuple

from advisor.engine.decision import Decision, Engine
from advisor.engine.profile import Answer, Profile, read_answer
from advisor.engine.space import Choice
from advisor.errors import UsageError
from advisor.rulebase.model import NOT_APPLICABLE, TASK, Option, Question

UNKNOWN = "unknown"
"""The answer "don't know": leaves a question open and is never asked again."""


class Ask(NamedTuple):
    """One question to ask now, the options still possible, and who wins where.

    `winners` holds for each option the families (or none) that can still win after it.
    """

    question: Question
    options: tuple[Option, ...]
    winners: dict[str, tuple[str, ...]]
    gain: float


class Step(NamedTuple):
    """One answer in the order given; None where it was "don't know"."""

    question: str
    answer: Answer | None


class Session:
    """An interview in progress."""

    def __init__(self, engine: Engine, given: Profile | None = None) -> None:
        self.engine = engine
        self.given: Profile = dict(given or {})
        self.steps: list[Step] = []
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
        space = self.engine.space(self.profile)
        return self.engine.names(space.possible(self.engine.ranking))

    def next(self) -> Ask | None:
        """Return the question with the greatest gain.

        None where the outcome is decided, or no question can be asked that would help.
        """
        engine = self.engine
        profile = self.profile
        unknown = {step.question for step in self.steps if step.answer is None}
        space = engine.space(profile)
        possible = space.possible(engine.ranking)
        if possible & (possible - 1) == 0:
            return None
        marginals = space.marginals(engine.ranking)
        if TASK not in profile and TASK not in unknown:
            return self._ask(TASK, marginals[engine.encoding.index[TASK]], 1.0)
        best: Ask | None = None
        for place, id in enumerate(engine.encoding.questions):
            table = marginals[place]
            if id in profile or id in unknown or id == TASK or len(table) < 2:
                continue
            if any(NOT_APPLICABLE in engine.options(place, choice) for choice in table):
                continue
            gain = _gain(list(table.values()))
            if gain > 1e-12 and (best is None or gain > best.gain + 1e-12):
                best = self._ask(id, table, gain)
        return best

    def refine(self) -> Ask | None:
        """Return the next question that only checkpoints hang on; None where none is left.

        Such questions have options that require something of a checkpoint.
        """
        engine = self.engine
        profile = self.profile
        unknown = {step.question for step in self.steps if step.answer is None}
        marginals = engine.space(profile).marginals(engine.ranking)
        for place, question in enumerate(engine.rulebase.questions):
            table = marginals[place]
            if question.id in profile or question.id in unknown or len(table) < 2:
                continue
            applies = all(NOT_APPLICABLE not in engine.options(place, choice) for choice in table)
            if applies and any(option.requires for option in question.options):
                return self._ask(question.id, table, 0.0)
        return None

    def _ask(self, id: str, table: dict[Choice, list[int]], gain: float) -> Ask:
        engine = self.engine
        place = engine.encoding.index[id]
        names = {
            engine.options(place, choice)[0]: engine.names(
                sum(1 << family for family, count in enumerate(row) if count)
            )
            for choice, row in table.items()
        }
        question = engine.rulebase.question(id)
        options = tuple(option for option in question.options if option.id in names)
        return Ask(question, options, names, gain)

    def answer(self, question: str, given: Any) -> None:
        """Record an answer, or UNKNOWN; one that clashes raises and is forgotten."""
        if given == UNKNOWN:
            self.steps.append(Step(question, None))
            return
        asked = self.engine.rulebase.question(question)
        answer = read_answer(asked, given, "asked")
        self.steps.append(Step(question, answer))
        try:
            self.engine.space(self.profile)
        except Exception:
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

    def decide(self) -> Decision:
        """Return the decision for the answers so far."""
        return self.engine.decide(self.profile)

    # -- kept between runs -------------------------------------------------------------------

    def to_json(self) -> dict[str, Any]:
        """Return what is needed to resume this interview."""
        return {
            "rule_base": self.engine.rulebase.digest,
            "given": {id: list(answer) for id, answer in self.given.items()},
            "steps": [[step.question, step.answer and list(step.answer)] for step in self.steps],
        }

    @classmethod
    def from_json(cls, engine: Engine, kept: dict[str, Any]) -> Session:
        """Return a kept interview. Raises UsageError where it belongs to other rules."""
        if kept.get("rule_base") != engine.rulebase.digest:
            raise UsageError("the kept interview belongs to other rules", hint="start a new one")
        try:
            session = cls(engine, {id: _answer(row) for id, row in kept["given"].items()})
            session.steps = [Step(id, row and _answer(row)) for id, row in kept["steps"]]
            engine.space(session.profile)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise UsageError("the kept interview is damaged", hint="start a new one") from error
        return session


def _answer(row: list[Any]) -> Answer:
    options, value, origin = row
    return Answer(tuple(options), value, origin)


def _gain(rows: list[list[int]]) -> float:
    """Return by how many bits an answer is expected to narrow down who wins."""
    total = [sum(column) for column in zip(*rows, strict=True)]
    everything = sum(total)
    after = sum(sum(row) / everything * _entropy(row) for row in rows)
    return float(_entropy(total) - after)


def _entropy(counts: list[int]) -> float:
    everything = sum(counts)
    return -sum(c / everything * log2(c / everything) for c in counts if c)
