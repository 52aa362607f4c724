"""The context in which an audit proves its claims, and the defects by which a claim fails.

A complete profile has one option of every question, `not-applicable` included, and breaks no
`never`, no implied answer and no `ask_if`. Of a question with `many` it has one option, too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from math import inf
from types import MappingProxyType
from typing import Any, NamedTuple

from advisor.decide.outlook import diagram_for
from advisor.engine.decision import Engine
from advisor.engine.diagram import Allowed, Choice
from advisor.engine.space import Space
from advisor.engine.task_diagram import TaskDiagram
from advisor.errors import TooMuchOpenError
from advisor.model import TASK, Condition, Rule
from advisor.rulebase.base import RuleBase

CompleteAnswers = dict[str, str]
"""A complete profile: question -> the one option."""

Holds = Callable[[int], bool]
"""A condition on an outcome: bits of excluded families, and of families by criterion and sign."""


class Budget:
    """Seconds for all proofs together.

    `clock` returns seconds since any moment; it is passed in, so that nothing here reads the time.
    """

    def __init__(self, seconds: float, clock: Callable[[], float]) -> None:
        self.seconds = seconds
        self._clock = clock
        self._end = clock() + seconds

    def check(self) -> None:
        """Raise TooMuchOpenError if the time is used up."""
        if self._clock() > self._end:
            limit = f"the time limit of {self.seconds:g} seconds is reached"
            hint = "pass a longer --budget, or simplify a rule"
            raise TooMuchOpenError(f"{limit}, so nothing is verified", hint=hint)


UNBOUNDED = Budget(inf, lambda: 0.0)
"""No time limit, for questions about single profiles."""


class Answered(NamedTuple):
    """The number of complete profiles, in total and by family, `none` last.

    Of those with `none`, `declared_none` have a declared alternative.
    """

    profiles: int
    by_family: dict[str, int]
    declared_none: int


class ProofContext:
    """A rule base encoded for proofs, under its declared order of criteria and one budget."""

    def __init__(self, rulebase: RuleBase, budget: Budget) -> None:
        self.rulebase = rulebase
        self.budget = budget
        self.engine = engine = Engine(rulebase)
        self.encoding = engine.encoding
        self.ranking = engine.ranking
        self.names = self.encoding.winners
        self.bits: dict[str, dict[int, int]] = {}
        """Rule id -> index of a family -> mask of the rule's conjunction for it."""
        for place, (origin, family, _) in enumerate(self.encoding.conjunctions):
            if isinstance(origin, Rule):
                self.bits.setdefault(origin.id, {})[family] = 1 << place
        self.written = tuple(rule for rule in rulebase.rules if not rule.derived)

    @cached_property
    def everything(self) -> Space:
        """All complete profiles. Raises TooMuchOpenError if the budget ends."""
        return self.space()

    @cached_property
    def admissible(self) -> Space:
        """All complete profiles, without the effects of rules. Raises as `everything` does."""
        return self.space(only=self.encoding.forbid)

    @cached_property
    def tasks(self) -> list[str]:
        """The tasks that some profile has."""
        question = self.encoding.index[TASK]
        reached = self.everything.reachable(self.everything.root).choices[question]
        tasks = enumerate(self.encoding.options[question])
        return [task for place, task in tasks if (place,) in reached]

    def diagram(self, task: str) -> TaskDiagram:
        """Return the decision diagram of a task. Raises TooMuchOpenError if the budget ends."""
        self.budget.check()
        return diagram_for(self.engine, task, {})

    @cached_property
    def answered(self) -> Answered:
        """The counts over all complete profiles."""
        won = dict.fromkeys(self.names, 0)
        for outcome, number in self.everything.counts(self.everything.root).items():
            won[self.names[self.ranking.winner(outcome)]] += number
        none = len(self.encoding.families)
        undeclared = self.everything.counts(self.not_sent_elsewhere)
        silent = sum(n for outcome, n in undeclared.items() if self.ranking.winner(outcome) == none)
        return Answered(sum(won.values()), won, won[self.names[none]] - silent)

    @cached_property
    def not_sent_elsewhere(self) -> int:
        """The node of `everything` for the profiles without a declared alternative."""
        tasks = list(self.rulebase.elsewhere)
        sent: list[Condition] = [{TASK: tasks}] if tasks else []
        node = self.everything.root
        for when in (*sent, *(detour.when for detour in self.rulebase.detours)):
            index = self.encoding.index  # none may be a thing that an option covers among others
            if all(set(ids) <= set(self.encoding.options[index[q]]) for q, ids in when.items()):
                node = self.everything.without(node, self.everything.allowing(when))
        return node

    def space(self, when: Condition = MappingProxyType({}), only: int | None = None) -> Space:
        """Return the complete profiles in which a condition holds.

        `only` is a mask of the conjunctions to follow. Raises TooMuchOpenError if the budget ends,
        or if there are too many profiles to follow.
        """
        self.budget.check()
        choices = self.engine.choices({})
        for id, options in when.items():
            of_option = self.encoding.option_index[question := self.encoding.index[id]]
            choices[question] = tuple(sorted({(of_option[option],) for option in options}))
        return self.engine.space_within(choices, only)

    def mask(self, rule: Rule) -> int:
        """Return the mask of a rule's conjunctions; 0 if the rule is only about checkpoints."""
        return sum(self.bits.get(rule.id, {}).values())

    def witness(self, space: Space, node: int, holds: Holds) -> CompleteAnswers:
        """Return the most typical profile of a node whose outcome holds; there has to be one."""
        self.budget.check()
        nearest = space.nearest(node, lambda _, choice: choice[0], holds)
        assert nearest  # only what was counted is looked for
        rows = zip(self.encoding.questions, self.encoding.options, nearest[1], strict=True)
        return {id: options[choice[0]] for id, options, choice in rows}

    def example(self, space: Space, node: int, holds: Holds) -> CompleteAnswers:
        """Return a part of the witness with which the outcome of a node always holds.

        None of these answers can be left out.
        """
        return self.fewest(
            self.witness(space, node, holds),
            lambda allowed: all(map(holds, space.reachable(node, allowed).labels)),
        )

    def fewest(self, answers: CompleteAnswers, sure: Callable[[Allowed], bool]) -> CompleteAnswers:
        """Return answers without those, tried from the last, that `sure` does not need."""
        given = dict(answers)
        for id in reversed(answers):
            self.budget.check()
            fewer = {other: option for other, option in given.items() if other != id}
            if sure(self.allowed(fewer)):
                given = fewer
        return given

    def allowed(self, answers: CompleteAnswers) -> dict[int, tuple[Choice, ...]]:
        """Return answers as choices to keep: index of the question -> its only choice."""
        index = self.encoding.index
        places = self.encoding.option_index
        return {index[id]: ((places[index[id]][option],),) for id, option in answers.items()}

    def fired(self, answers: CompleteAnswers) -> int:
        """Return the mask of the conjunctions that fire on a complete profile."""
        chosen = self.allowed(answers)
        return self.encoding.fired([chosen[place][0] for place in range(len(chosen))])

    def rules(self, fired: int) -> list[Rule]:
        """Return the rules about families among conjunctions that fired."""
        return [rule for rule in self.rulebase.rules if fired & self.mask(rule)]

    def winner(self, fired: int) -> int:
        """Return the index of the family that wins if these conjunctions fire; the last is none."""
        return self.ranking.winner(self.encoding.outcome(fired))


class Defect(NamedTuple):
    """One defect: its level, and how it is fixed. docs/rules.md says what each kind means.

    `about` is the id concerned, `place` where it is defined, as file:line. `example` has answers
    that suffice to get the defect; None if it concerns no profile.
    """

    kind: str
    level: str
    about: str
    place: str
    message: str
    fix: str
    example: CompleteAnswers | None = None


class Claim(NamedTuple):
    """A claim about the rule base: `text` says what was found; errors and warnings refute it."""

    id: str
    text: str
    defects: Sequence[Defect] = ()

    @property
    def holds(self) -> bool:
        """False if a defect is an error or a warning."""
        return all(defect.level == "note" for defect in self.defects)


def defect(
    context: ProofContext,
    kind: str,
    about: str,
    place: str | None = None,
    example: CompleteAnswers | None = None,
    **values: Any,
) -> Defect:
    """Return a defect of the entry `about`; `values` are those that the message names."""
    level, (entry, message, fix) = next(
        (level, kinds[kind]) for level, kinds in KINDS.items() if kind in kinds
    )
    where = context.rulebase.place(entry, about) if place is None else place
    return Defect(kind, level, about, where, message.format(about=about, **values), fix, example)


KINDS = {
    "error": {
        "no-profile": (
            "",
            "the rules admit no combination of answers, so there is nothing to verify",
            "loosen `never`, `implies` or `ask_if`",
        ),
        "gap": (
            "task",
            "{profiles:,} answer combinations have no family, and their tasks declare no "
            "alternative{opened}",
            "add the task to a family, or declare an alternative under `elsewhere`",
        ),
        "family-cannot-win": (
            "family",
            "`{about}` is never recommended in {profiles:,} answer combinations",
            "write a rule that prefers the family, or remove the family",
        ),
        "dead-rule": (
            "rule",
            "the rule `{about}` fires in {none}",
            "correct the conditions of the rule, or the `never` or `implies` that exclude them",
        ),
        "implied-rule": (
            "rule",
            "the rule `{about}` changes nothing: {others} cover all {fires:,} answer combinations "
            "where it fires",
            "narrow the rule, or move its reason into the rules that cover it",
        ),
        "impossible-option": (
            "question",
            "no answer combination has {question}: {about}",
            "loosen the `never`, `implies` or `ask_if` that excludes the option, or remove the "
            "option",
        ),
    },
    "warning": {
        "never-pivotal": (
            "rule",
            "the rule `{about}` fires in {fires:,} answer combinations and changes the result of "
            "none",
            "set `supporting: true` if the rule states a true reason",
        ),
        "aimed-at-none": (
            "rule",
            "the rule `{about}` targets {aim}, and the catalog has no such checkpoint",
            "correct the fields that the rule targets, or remove the rule",
        ),
        "undeclared-tie": (
            "family",
            "{equals} tie in {profiles:,} answer combinations",
            "write a rule, or declare the tie with its reason under `ties` in criteria.yaml",
        ),
        "idle-tie": (
            "tie",
            "`{about}` declares a tie between {between} that never occurs",
            "remove the entry from `ties`",
        ),
        "idle-never": (
            "never",
            "the `never` entry `{about}` has no effect, because other entries already exclude its "
            "answers",
            "remove it",
        ),
        "idle-question": (
            "question",
            "the answer to `{about}` changes neither the family nor a checkpoint",
            "write a rule or requirement that uses the question, or remove the question",
        ),
    },
    "note": {
        "no-closest": (
            "task",
            "{family} has no checkpoint for `{about}` in {cases:,} answer combinations, and no "
            "near match",
            "add a checkpoint of the family for the task, or declare under `cannot` that the "
            "family has none",
        ),
        "idle-checkpoint": (
            "checkpoint",
            "the checkpoint `{about}` is never recommended: {why}",
            "check the tasks and fields of the checkpoint",
        ),
    },
}
"""The kinds of defects by level: kind of entry, message and fix."""
LEVELS = tuple(KINDS)
