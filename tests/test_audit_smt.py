"""The audit of the shipped rules, held against z3: both have to answer every claim alike.

The formulas are written from what the rules say, not from how the engine encodes them.
"""

from itertools import combinations

import pytest
import z3

from advisor.audit.claim import UNBOUNDED, ProofContext
from advisor.audit.effects import effect_of
from advisor.audit.proofs import equals_of
from advisor.model import NONE, NOT_APPLICABLE


class Formulas:
    """A rule base in propositional logic: one variable for each option of each question."""

    def __init__(self, rulebase):
        self.rulebase = rulebase
        self.ranks = {family.id: family.tie_break_order for family in rulebase.families}
        self.criteria = [criterion.id for criterion in rulebase.criteria]
        self.holds = {}
        self.covered = {}  # what an option covers may hold wherever the option does
        self.solver = z3.Solver()
        for question in rulebase.questions:
            options = [option.id for option in question.options]
            options += [NOT_APPLICABLE] if question.ask_if else []
            variables = [z3.Bool(f"{question.id}={option}") for option in options]
            self.holds |= {(question.id, o): v for o, v in zip(options, variables, strict=True)}
            self.covered |= {
                (question.id, name): self.holds[question.id, option.id]
                for option in question.options
                for name in option.covers
            }
            self.solver.add(z3.Or(variables))
            self.solver.add([z3.Not(z3.And(pair)) for pair in combinations(variables, 2)])
            if question.ask_if:
                self.solver.add(self.when(question.ask_if) != variables[-1])
        for task in rulebase.tasks:
            for question, implied in task.implies.items():
                of_task = self.holds["task", task.id]
                self.solver.add(z3.Implies(of_task, self.when({question: implied})))
        for never in rulebase.never:
            if never.why == "never":
                self.solver.add(z3.Not(self.when(never.when)))

    def when(self, condition):
        known = self.holds | self.covered
        return z3.And([z3.Or([known[q, o] for o in options]) for q, options in condition.items()])

    def are_options(self, condition):
        """Whether it speaks of options alone: of what one covers among others nothing is said."""
        return all((q, o) in self.holds for q, options in condition.items() for o in options)

    def said(self, effect, family, left_out=None, criterion=None):
        return z3.Or(
            [
                self.when(rule.when)
                for rule in self.rulebase.rules
                if rule.effect == effect
                and family in rule.candidates
                and rule.id != left_out
                and criterion in (None, rule.criterion)
            ]
        )

    def excluded(self, family, left_out=None):
        return self.said("exclude", family, left_out)

    def sign(self, family, criterion, left_out=None):
        plus = self.said("prefer", family, left_out, criterion)
        minus = self.said("avoid", family, left_out, criterion)
        return z3.If(plus, 1, 0) - z3.If(minus, 1, 0)

    def equal(self, one, other, left_out=None):
        return z3.And(
            [self.sign(one, c, left_out) == self.sign(other, c, left_out) for c in self.criteria]
        )

    def beats(self, one, other, left_out=None):
        better = z3.BoolVal(self.ranks[one] < self.ranks[other])
        for criterion in reversed(self.criteria):
            mine = self.sign(one, criterion, left_out)
            theirs = self.sign(other, criterion, left_out)
            better = z3.Or(mine > theirs, z3.And(mine == theirs, better))
        return better

    def wins(self, family, left_out=None):
        if family == NONE:
            return z3.And([self.excluded(one, left_out) for one in self.ranks])
        others = [
            z3.Or(self.excluded(other, left_out), self.beats(family, other, left_out))
            for other in self.ranks
            if other != family
        ]
        return z3.And(z3.Not(self.excluded(family, left_out)), *others)

    def can(self, *formulas):
        self.solver.push()
        self.solver.add(*formulas)
        found = self.solver.check()
        self.solver.pop()
        assert found in (z3.sat, z3.unsat)
        return found == z3.sat


@pytest.fixture(scope="module")
def formulas(rulebase):
    return Formulas(rulebase)


@pytest.fixture(scope="module")
def context(rulebase):
    return ProofContext(rulebase, UNBOUNDED)


def test_z3_finds_no_profile_without_an_answer_but_of_tasks_declared_none(formulas, context):
    base = context.rulebase
    sent = [formulas.when(one.when) for one in base.detours if formulas.are_options(one.when)]
    declared = z3.Or(formulas.when({"task": list(base.elsewhere)}), *sent)
    none = formulas.wins(NONE)
    found = context.answered
    open_gap = found.by_family[NONE] > found.declared_none
    assert formulas.can(none, z3.Not(declared)) == open_gap
    assert not open_gap
    assert formulas.can(none, declared) == (found.declared_none > 0)


def test_z3_agrees_on_which_families_can_win(formulas, context):
    found = context.answered
    for family in context.names:
        assert formulas.can(formulas.wins(family)) == (found.by_family[family] > 0)


@pytest.mark.slow
def test_z3_agrees_on_which_rules_can_fire_and_decide(formulas, context):
    for rule in context.written:
        effect = effect_of(context, rule)
        assert formulas.can(formulas.when(rule.when)) == (effect.fires > 0), rule.id
        if effect.pivotal is None:
            continue
        differs = z3.Or(
            [z3.Xor(formulas.wins(one), formulas.wins(one, rule.id)) for one in context.names]
        )
        pivotal = formulas.can(formulas.when(rule.when), differs)
        assert pivotal == (effect.pivotal > 0), rule.id


@pytest.mark.slow
def test_z3_agrees_on_every_witness(formulas, context):
    for rule in context.written:
        witness = effect_of(context, rule).witness
        if witness is None:
            continue
        given = formulas.when({id: [option] for id, option in witness["given"].items()})
        assert formulas.can(given, formulas.wins(witness["with"]))
        same = z3.And([formulas.wins(one) == formulas.wins(one, rule.id) for one in context.names])
        assert not formulas.can(given, same), rule.id
        whole = formulas.when({id: [option] for id, option in witness["profile"].items()})
        assert formulas.can(whole, formulas.wins(witness["without"], rule.id)), rule.id


def test_z3_agrees_on_which_rules_are_implied(formulas, context):
    for rule in context.written:
        implied = effect_of(context, rule).implied_by
        for family in rule.candidates:
            if "/" in family:
                continue
            criterion = None if rule.effect == "exclude" else rule.criterion
            already = formulas.said(rule.effect, family, rule.id, criterion)
            out = formulas.said("exclude", family, rule.id)
            adds = formulas.can(formulas.when(rule.when), z3.Not(already), z3.Not(out))
            assert adds == (family not in implied), (rule.id, family)


def test_z3_agrees_on_which_families_rank_alone_parts(formulas, context):
    space = context.space()
    equals = {equals_of(context, outcome) for outcome in space.outcomes}
    for one, other in combinations(context.names[:-1], 2):
        tied = z3.And(
            z3.Or(formulas.wins(one), formulas.wins(other)),
            z3.Not(formulas.excluded(one)),
            z3.Not(formulas.excluded(other)),
            formulas.equal(one, other),
        )
        places = {context.names.index(one), context.names.index(other)}
        assert formulas.can(tied) == any(places <= set(group) for group in equals)


def test_z3_agrees_that_every_option_is_in_some_profile(formulas, context):
    space = context.space(only=context.encoding.forbid)
    choices = space.reachable(space.root).choices
    for place, id in enumerate(context.encoding.questions):
        for index, option in enumerate(context.encoding.options[place]):
            possible = (index,) in choices[place]
            assert formulas.can(formulas.holds[id, option]) == possible, (id, option)
