"""Which checkpoint comes first, for all that answers leave open at once.

Which it is, only `select` says. What is followed here is what it depends on: the outcome among
families, the rules aimed at checkpoints that may still fire, the ways of use, the order asked for,
and which checkpoints lack something or are not verified. Partial profiles that agree on all of
these are followed once, and `select` is asked once for each way in which they can end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from functools import cache, cached_property
from itertools import product
from math import log2
from typing import Any, NamedTuple

from advisor.decide.precedence import Precedences
from advisor.decide.requirements import LEARNT, Requirements
from advisor.decide.selection import select
from advisor.engine.decision import Decision, Engine
from advisor.engine.diagram import EMPTY, Allowed, Choice
from advisor.engine.profile import Answer, Profile
from advisor.interview.strategy import OverBudgetError, Residual
from advisor.model import NONE, NOT_APPLICABLE, TASK, Checkpoint, Option, Rule

Doubts = tuple[int, int, int]
"""Which checkpoints lack something, of which something is not verified, and which lack what
training teaches, as bits."""

Case = tuple[Any, ...]
"""All that who comes first depends on."""

SPEAKS = {"exclude": 0, "avoid": 1, "prefer": 2}
"""What rules say of checkpoints; how many say it, and which, does not matter."""


UNKNOWN = ""
"""The label of cases that were not followed."""

NO_DOUBTS: Doubts = (0, 0, 0)

MOST_SITUATIONS = 60_000
"""So many partial profiles are followed: about a second."""


class Consequence(NamedTuple):
    """What one answer does: rules that survive it, what it says of use and order, and doubts.

    `doubts` has for each mode those that it raises.
    """

    alive: int
    said: tuple[Any, ...]
    doubts: tuple[Doubts, ...]


class Situation(NamedTuple):
    """What answers so far have done; `doubts` is None for a mode that they rule out."""

    alive: int
    said: tuple[Any, ...]
    doubts: tuple[Doubts | None, ...]


class Left(NamedTuple):
    """What is left to ask at a node; not `whole` where only the commonest cases were followed.

    The label of all others is empty then.
    """

    residual: Residual
    node: int
    whole: bool

    @property
    def stuck(self) -> bool:
        """True where no question that may be asked makes a difference."""
        return self.residual.stuck(self.node)


class Mode(NamedTuple):
    """Answers that change what others require: what training keeps, and the precision loaded."""

    answers: dict[int, Choice]
    traits: dict[int, tuple[Any, ...]]


class Finalists:
    """The checkpoints for one task, as open answers order and sift them.

    `profile` is what is known, one task among it.
    """

    def __init__(self, engine: Engine, profile: Profile) -> None:
        self.engine = engine
        self.given = profile
        self.space = engine.space(profile)
        (self._task,) = profile[TASK].options
        rulebase, index = engine.rulebase, engine.encoding.index
        self.checkpoints: list[Checkpoint] = [
            one
            for family in rulebase.families
            for one in rulebase.catalogue(family.id)
            if one.offered and self._task in (*one.tasks, *one.fine_tune)
        ]
        aimed = {one.id for one in self.checkpoints}
        self.rules = [rule for rule in rulebase.rules if aimed & set(rule.candidates)]
        speaking = {
            question.id
            for question in rulebase.questions
            if any(_said(option) or option.requires for option in question.options)
        }
        self.told = {index[id] for id in speaking}
        self.told |= {index[id] for rule in self.rules for id in rule.when}
        self.told |= self.space.support(self.space.root)
        self.keeping = [index[question.id] for question in rulebase.keeping]
        self.told |= set(self.keeping)
        self._effects: dict[tuple[int, Choice], Consequence] = {}
        self._situations: list[Situation] = []
        self._numbers: dict[Situation, int] = {}
        self._followers: dict[tuple[int, int, Choice], int] = {}
        self._decisions: dict[int, Decision] = {}
        self._families = cache(self._ranked_families)
        self._uses = cache(self._uses_said)
        self._relevant = cache(self._relevant_bits)
        self._spoken = cache(self._spoken_bits)
        self._aims = [self._aimed_bits(rule) for rule in self.rules]
        self._examples: dict[Case, tuple[int, dict[int, Choice]]] = {}
        self._firsts: dict[Case, str] = {}

    def residual(self, most: int | None = None, allowed: Allowed | None = None) -> Left:
        """Return what is left open within some answers, told apart by the checkpoint first.

        Where there is none, by the family, or none of them. `select` is asked `most` times at most:
        of more cases, those in which most profiles end are followed. Raises OverBudgetError where
        too many partial profiles would have to be followed.
        """
        cases = self._cases
        node = cases.within(cases.root, allowed) if allowed else cases.root
        shares = _shares(cases, node)
        unknown = sorted(
            (case for case in shares if case not in self._firsts), key=lambda case: -shares[case]
        )
        for case in unknown[:most]:
            self._first(case)
        residual = Residual(self.space)
        residual.root = residual.read(cases, node, lambda case: self._firsts.get(case, UNKNOWN))
        return Left(residual, residual.root, most is None or len(unknown) <= most)

    @cached_property
    def _cases(self) -> Residual:
        """What is left open, told apart by the cases in which `select` has to be asked."""
        residual = Residual(self.space)
        questions = sorted(self.told)
        known: dict[tuple[int, int, int], int] = {}
        leaves: dict[tuple[int, int], int] = {}
        path: list[Choice] = []

        def grow(node: int, situation: int) -> int:
            depth = len(path)
            key = (depth, node, situation)
            found = known.get(key)
            if found is not None:
                return found
            if depth == len(questions):
                leaf = (node, situation)
                if leaf not in leaves:
                    answers = dict(zip(questions, path, strict=True))
                    case = self._case(node, self._situations[situation], answers)
                    leaves[leaf] = residual.terminal(case)
                return leaves[leaf]
            if len(known) > MOST_SITUATIONS:
                raise OverBudgetError
            question = questions[depth]
            children = []
            for choice, left in zip(
                self.space.choices[question],
                self.space.cofactors(node, question),
                strict=True,
            ):
                if left == EMPTY:
                    children.append(EMPTY)
                    continue
                path.append(choice)
                children.append(grow(left, self._after(situation, question, choice)))
                path.pop()
            known[key] = residual.node(question, tuple(children))
            return known[key]

        residual.root = grow(self.space.root, self._start)
        return residual

    @property
    def _start(self) -> int:
        """The number of what holds before any answer."""
        alive = (1 << len(self.rules)) - 1
        return self._numbered(Situation(alive, (), (NO_DOUBTS,) * len(self.modes)))

    def _numbered(self, situation: Situation) -> int:
        """Return the number of a situation; equal ones have the same."""
        number = self._numbers.setdefault(situation, len(self._situations))
        if number == len(self._situations):
            self._situations.append(situation)
        return number

    @cached_property
    def modes(self) -> list[Mode]:
        """Every way in which answers change what others require, with answers for each."""
        of_question: list[dict[tuple[Any, ...], tuple[int, Choice]]] = []
        for question in self.keeping:
            found: dict[tuple[Any, ...], tuple[int, Choice]] = {}
            for choice in self.space.choices[question]:
                found.setdefault(self._traits(question, choice), (question, choice))
            of_question.append(found)
        return [
            Mode(
                {question: choice for _, (question, choice) in chosen},
                {question: traits for traits, (question, _) in chosen},
            )
            for chosen in product(*[found.items() for found in of_question])
        ]

    def _options(self, question: int, choice: Choice) -> list[Option]:
        chosen = self.engine.options(question, choice)
        of_question = self.engine.rulebase.questions[question].options
        return [option for option in of_question if option.id in chosen]

    def _traits(self, question: int, choice: Choice) -> tuple[Any, ...]:
        """Return what an answer keeps from being trained, and in which precision it loads."""
        options = self._options(question, choice)
        kept = {field for option in options for field in option.keeps}
        return tuple(sorted(kept)), next((one.dtype for one in options if one.dtype), None)

    def _after(self, situation: int, question: int, choice: Choice) -> int:
        """Return the situation after one more answer, both by their numbers."""
        key = (situation, question, choice)
        found = self._followers.get(key)
        if found is None:
            after = self._with(self._situations[situation], question, choice)
            found = self._followers[key] = self._numbered(after)
        return found

    def _with(self, situation: Situation, question: int, choice: Choice) -> Situation:
        """Return a situation with one more answer."""
        effect = self._effect(question, choice)
        alive, said, doubts = situation
        keeps = self._traits(question, choice) if question in self.keeping else None
        left: list[Doubts | None] = []
        for mode, before, more in zip(self.modes, doubts, effect.doubts, strict=True):
            if before is None or (keeps is not None and mode.traits[question] != keeps):
                left.append(None)
            else:
                lacking = before[0] | more[0]
                left.append((lacking, (before[1] | more[1]) & ~lacking, before[2] | more[2]))
        return Situation(alive & effect.alive, said + effect.said, tuple(left))

    def _effect(self, question: int, choice: Choice) -> Consequence:
        key = (question, choice)
        if key not in self._effects:
            id = self.engine.encoding.questions[question]
            options = self._named(id, self.engine.options(question, choice))
            alive = sum(
                1 << place
                for place, rule in enumerate(self.rules)
                if id not in rule.when or not set(rule.when[id]).isdisjoint(options)
            )
            chosen = self._options(question, choice)
            said = tuple(one for option in chosen for one in _said(option))
            if any("languages" in option.requires for option in chosen):
                said = (*said, ("languages", self._measures(question, choice)))
            self._effects[key] = Consequence(alive, said, self._doubts(question, choice, chosen))
        return self._effects[key]

    def _named(self, id: str, options: tuple[str, ...]) -> tuple[str, ...]:
        """Return options with the things they cover that are given."""
        given = self.given.get(id)
        return (*options, *given.named) if given and set(given.options) == set(options) else options

    def _measures(self, question: int, choice: Choice) -> tuple[Any, ...]:
        """Return by what checkpoints are measured after an answer that names languages."""
        rulebase = self.engine.rulebase
        languages = Requirements(rulebase, self._profile({question: choice})).languages
        gauges = Precedences(rulebase, self._task, languages).gauges
        return tuple([(gauge.yardstick, gauge.name, gauge.rest) for gauge in gauges])

    def _doubts(self, question: int, choice: Choice, options: list[Option]) -> tuple[Doubts, ...]:
        """Return for each mode which checkpoints an answer raises doubts about.

        Each checkpoint has two bits: as it is, and after training.
        """
        if not any(option.requires for option in options):
            return (NO_DOUBTS,) * len(self.modes)
        return tuple(self._in_mode({**mode.answers, question: choice}) for mode in self.modes)

    def _in_mode(self, answers: Mapping[int, Choice]) -> Doubts:
        required = Requirements(self.engine.rulebase, self._profile(answers))
        required.__dict__["barred"] = {}  # rules are followed by themselves
        lacking = unknown = apart = 0
        for place, checkpoint in enumerate(self.checkpoints):
            for bit, use in enumerate(("as-is", "fine-tune"), start=2 * place):
                if self._task not in (checkpoint.tasks if use == "as-is" else checkpoint.fine_tune):
                    continue
                lacks, unsure = required.gaps(checkpoint, use)
                lacking |= bool(lacks) << bit
                unknown |= bool(unsure) << bit
                apart |= any(gap.field in LEARNT for gap in lacks) << bit
        return lacking, unknown, apart

    def _case(self, node: int, situation: Situation, answers: dict[int, Choice]) -> Case:
        """Return the case in which everything is answered so; all of one have the same first."""
        (outcome,) = self.space.labels(node)
        families = self._families(outcome)
        uses, order, languages = self._uses(situation.said)
        lacking, unknown, apart = next(one for one in situation.doubts if one is not None)
        if families and self._relevant(families[:1], uses, sure=True) & ~(lacking | unknown):
            families = families[:1]  # the next ones count only where the first has nothing
        relevant = self._relevant(families, uses)
        open_ = relevant & ~lacking
        doubts = lacking & relevant, unknown & open_, apart & relevant
        key: Case = (families, uses, order, languages, doubts, self._spoken(situation.alive, open_))
        self._examples.setdefault(key, (outcome, answers))
        return key

    def _first(self, case: Case) -> str:
        """Return what comes first in a case; `select` is asked once for each."""
        if case not in self._firsts:
            self._firsts[case] = self._chosen(*self._examples[case])
        return self._firsts[case]

    def telling(self, closed: Collection[int]) -> int | None:
        """Return the open question whose answer alone changes most often what comes first.

        Everything else is as it is assumed. None where no single answer changes it.
        """
        spreads: dict[int, float] = {}
        for question in sorted(self.told - set(closed)):
            firsts: Counter[str] = Counter()
            senseless = False
            for choice in self.space.choices[question]:
                whole = self.space.first(self.space.root, {question: (choice,)})
                if whole is not None:
                    firsts[self._followed(dict(enumerate(whole[0])))] += 1
                    options = self.engine.options(question, choice)
                    senseless = senseless or options == (NOT_APPLICABLE,)
            if len(firsts) > 1 and not senseless:
                all = sum(firsts.values())
                spreads[question] = -sum(n / all * log2(n / all) for n in firsts.values())
        return max(spreads, key=lambda question: (spreads[question], -question), default=None)

    def _followed(self, answers: dict[int, Choice]) -> str:
        """Return what comes first for one way of answering everything."""
        node, situation = self.space.root, self._start
        for question in sorted(self.told):
            place = self.space.choices[question].index(answers[question])
            node = self.space.cofactors(node, question)[place]
            situation = self._after(situation, question, answers[question])
        whole = {at: answers[at] for at in self.told}
        return self._first(self._case(node, self._situations[situation], whole))

    def _ranked_families(self, outcome: int) -> tuple[str, ...]:
        """Return the families that are not excluded, best first."""
        order = self.engine.ranking.order(outcome)
        return tuple([self.engine.encoding.families[family] for family in order])

    def _uses_said(self, said: tuple[Any, ...]) -> tuple[tuple[str, ...], str | None, Any]:
        """Return the ways of use that answers allow, the order asked for, and the languages."""
        uses: tuple[str, ...] = ()
        order, languages = None, None
        for what, value in said:
            if what == "uses":
                uses = tuple(use for use in value if use in uses) if uses else value
            elif what == "order":
                order = order or value
            else:
                languages = value
        return uses or ("as-is",), order, languages

    def _relevant_bits(
        self, families: tuple[str, ...], uses: tuple[str, ...], *, sure: bool = False
    ) -> int:
        """Return the bits of doubts that count: of each checkpoint of the families in its use.

        With `sure` only of those that no rule may exclude and that can be loaded.
        """
        bits = 0
        barred = {id for rule in self.engine.rulebase.barring for id in rule.candidates}
        for place, one in enumerate(self.checkpoints):
            unsure = one.id in barred or not one.loads_safely
            if one.family not in families or (sure and unsure):
                continue
            for use in uses:
                if use != "compose" and self._task in (
                    one.tasks if use == "as-is" else one.fine_tune
                ):
                    bits |= 1 << 2 * place + (use != "as-is")
                    break
        return bits

    def _aimed_bits(self, rule: Rule) -> int:
        """Return the bits of the checkpoints that a rule is aimed at, in both uses."""
        aimed = set(rule.candidates)
        places = [place for place, one in enumerate(self.checkpoints) if one.id in aimed]
        return sum(0b11 << 2 * place for place in places)

    def _spoken_bits(self, alive: int, open_: int) -> tuple[int, ...]:
        """Return what rules say of the checkpoints that are left, as bits for each effect."""
        said = [0] * len(SPEAKS)
        for place, (rule, aims) in enumerate(zip(self.rules, self._aims, strict=True)):
            if alive >> place & 1:
                said[SPEAKS[rule.effect]] |= aims & open_
        return tuple(said)

    def _chosen(self, outcome: int, answers: dict[int, Choice]) -> str:
        profile = self._profile(answers)
        if outcome not in self._decisions:
            known = {id: one for id, one in profile.items() if self._is_told(id)}
            self._decisions[outcome] = self.engine.decide(known)
        decision = self._decisions[outcome]._replace(profile=profile, given=profile)
        picks = select(self.engine.rulebase, decision, first_only=True).picks
        return picks[0].checkpoint.id if picks else decision.family or NONE

    def _is_told(self, id: str) -> bool:
        return id == TASK or self.engine.encoding.index[id] in self.told

    def _profile(self, answers: Mapping[int, Choice]) -> Profile:
        """Return a complete profile of the task and some answers, with nothing else said."""
        profile: Profile = {}
        for place, id in enumerate(self.engine.encoding.questions):
            options: tuple[str, ...] = (NOT_APPLICABLE,)
            if id == TASK:
                options = (self._task,)
            elif place in answers:
                options = self.engine.options(place, answers[place])
            given = self.given.get(id)
            kept = given is not None and set(given.options) == set(options)
            profile[id] = given if given and kept else Answer(options, None, "asked")
        return profile


def _said(option: Option) -> list[tuple[str, Any]]:
    """Return what an option says of use and of the order."""
    said: list[tuple[str, Any]] = [("uses", tuple(option.uses))] if option.uses else []
    return said + ([("order", option.order)] if option.order else [])


def _shares(residual: Residual, node: int) -> dict[Any, float]:
    """Return for each label the share of the profiles below a node that have it."""
    shares = {node: 1.0}
    for at in sorted(_below(residual, node), reverse=True):  # made before what is above it
        level = residual.level[at]
        for child, weight in zip(residual.children[at], residual.weights[level], strict=True):
            shares[child] = shares.get(child, 0.0) + shares[at] * weight / residual.ways[level]
    labels = residual.label
    return {labels[at]: share for at, share in shares.items() if at in labels}


def _below(residual: Residual, node: int) -> set[int]:
    """Return a node and all below it that have children."""
    found: set[int] = set()
    ahead = [node]
    while ahead:
        at = ahead.pop()
        if at not in found and residual.children[at]:
            found.add(at)
            ahead += residual.children[at]
    return found
