"""The fewest questions, held against plain enumeration; and the checkpoint that comes first."""

from fractions import Fraction

import pytest
from fewest_questions import Optimum
from hypothesis import given
from hypothesis import strategies as st
from interview import expected
from optimum import file_order, floor, gini, information_gain
from random_rules import NOT_APPLICABLE, Plain, engine_for, facts

from advisor.decide.outlook import outlook
from advisor.decide.selection import select
from advisor.engine.decision import Engine
from advisor.engine.diagram import EMPTY
from advisor.engine.profile import Answer, make_profile
from advisor.interview.plan import (
    Lookahead,
    OverBudgetError,
    Residual,
    compiled,
    next_question,
    open_of,
    plan_of,
    purest,
    read_plan,
    settled,
)
from advisor.interview.session import STOPS, UNKNOWN, Session


@pytest.fixture(scope="module")
def engine(small):
    return Engine(small)


def residual_of(engine, **more):
    return Residual.of_space(engine.space({}), engine.ranking.winner, **more)


class Enumerated:
    """Strategies over a list of complete profiles, with nothing merged and nothing remembered."""

    def __init__(self, plain):
        self.plain = plain
        self.known = {}

    def asks(self, wholes):
        """The questions that may be asked and make a difference, with what each answer leaves."""
        for id in self.plain.questions:
            parts = {}
            for whole in wholes:
                parts.setdefault(whole[id], []).append(whole)
            if (NOT_APPLICABLE,) in parts or len({self.rest(id, p) for p in parts.values()}) < 2:
                continue
            yield id, list(parts.values())

    def rest(self, id, wholes):
        """What a set of profiles says about everything but one question."""
        return frozenset(
            (tuple((q, o) for q, o in whole.items() if q != id), self.plain.winner(whole))
            for whole in wholes
        )

    def cost(self, wholes):
        """The least total of questions over all profiles."""
        key = tuple(tuple(whole.values()) for whole in wholes)
        if key not in self.known:
            if len({self.plain.winner(whole) for whole in wholes}) == 1:
                return 0
            costs = [cost for _, cost in self.costs(wholes)]
            self.known[key] = len(wholes) + min(costs) if costs else 0
        return self.known[key]

    def costs(self, wholes):
        """Each question that may be asked, with the least total of those after it."""
        return [(id, sum(map(self.cost, parts))) for id, parts in self.asks(wholes)]

    def asked_in_any_case(self, id, wholes):
        """How many profiles get another winner by another answer to one question alone."""
        alike = {}
        for whole in wholes:
            rest = tuple((q, o) for q, o in whole.items() if q != id)
            alike.setdefault(rest, []).append(self.plain.winner(whole))
        return sum(len(winners) for winners in alike.values() if len(set(winners)) > 1)


# -- the optimum -------------------------------------------------------------------------------


@given(facts(rules=5))
def test_the_optimum_is_the_one_that_enumeration_finds(of):
    engine, plain = engine_for(of), Plain(of)
    wholes = plain.completions({})
    if len(wholes) > 200:
        return
    residual, enumerated = residual_of(engine), Enumerated(plain)
    optimum = Optimum(residual)
    cost = Fraction(optimum.cost(residual.root), residual.total(residual.root))
    assert cost == Fraction(enumerated.cost(wholes), len(wholes))
    if best := optimum.best(residual.root):
        costs = dict(enumerated.costs(wholes))
        assert engine.encoding.questions[best.question] == min(costs, key=costs.__getitem__)


@given(facts(rules=5))
def test_what_has_to_be_asked_is_counted_over_complete_profiles(of):
    engine, plain = engine_for(of), Plain(of)
    wholes = plain.completions({})
    residual = residual_of(engine)
    counted = dict(
        zip(engine.encoding.questions, Optimum(residual).sensitivity(residual.root), strict=True)
    )
    for id in plain.questions:
        assert counted[id] == Enumerated(plain).asked_in_any_case(id, wholes)


@given(facts())
def test_weights_and_shares_count_complete_profiles(of):
    engine, plain = engine_for(of), Plain(of)
    residual = residual_of(engine)
    wholes = plain.completions({})
    assert residual.total(residual.root) == len(wholes)
    counted = dict(zip([*engine.encoding.families, "none"], [0] * 9, strict=False))
    for label, weight in residual.counts(residual.root).items():
        counted[engine.encoding.winners[label]] = weight
    for name, count in counted.items():
        assert count == sum(plain.winner(whole) == name for whole in wholes)


@given(facts(), st.data())
def test_answers_in_another_order_lead_to_the_same_node(of, data):
    residual = residual_of(engine_for(of))
    questions = data.draw(st.permutations(range(len(residual.choices))))
    places = {q: data.draw(st.integers(0, len(residual.choices[q]) - 1)) for q in questions}

    def after(order):
        node = residual.root
        for question in order:
            if node != EMPTY:
                node = residual.cofactors(node, question)[places[question]]
        return node

    assert after(questions) == after(sorted(questions))


@given(facts(), st.sampled_from([information_gain, gini, file_order, purest, next_question]))
def test_no_strategy_gets_below_the_optimum_or_its_floor(of, rival):
    residual = residual_of(engine_for(of))

    def cost(node):
        split = None if residual.decided(node) else rival(residual, node)
        if split is None:
            return 0
        after = sum(part.weight * cost(part.node) for part in split.parts)
        return residual.total(node) + after // residual.ways[split.question]

    least = Optimum(residual).cost(residual.root)
    assert floor(residual, residual.root) <= least <= cost(residual.root)


@given(facts())
def test_beyond_the_budget_nothing_is_claimed(of):
    residual = residual_of(engine_for(of))
    if residual.decided(residual.root):
        return
    for claimed in (Optimum, Lookahead):
        with pytest.raises(OverBudgetError):
            claimed(residual, budget=0).cost(residual.root)


def test_a_step_beyond_its_budget_is_the_purest(engine, small):
    space = engine.space(make_profile(small, {"task": "read-pages"}))
    residual = Residual.of_space(space, engine.ranking.winner)
    assert next_question(residual, residual.root, -1) == purest(residual, residual.root)


def test_what_is_closed_is_never_asked(engine, small):
    space = engine.space(make_profile(small, {"task": "describe"}))
    parts = engine.encoding.index["training"]
    residual = Residual.of_space(space, engine.ranking.winner, closed={parts})
    node = residual.root
    while split := next_question(residual, node):
        assert split.question != parts
        node = split.parts[0].node


# -- the checkpoint that comes first -----------------------------------------------------------


def draw_whole(data, engine, answers):
    """Fill a profile at random with options that can still be true."""
    profile = dict(answers)
    for question in engine.rulebase.questions:
        if question.id not in profile:
            options = [option.id for option in question.options]
            able = [
                option
                for option in [*options, *([NOT_APPLICABLE] if question.ask_if else [])]
                if engine.admits(profile | {question.id: Answer((option,), None, "flag")})
            ]
            chosen = data.draw(st.sampled_from(able))
            profile[question.id] = Answer((chosen,), None, "flag")
    return profile


FITTING = ("describe", "label", "read-lines", "find", "answer")


def an_answer(data, ask):
    """Draw an answer to a question, a part of a band where the band holds several."""
    option = data.draw(st.sampled_from(ask.options))
    return data.draw(st.sampled_from([*option.covers])) if option.covers else option.id


@pytest.mark.slow
@given(st.sampled_from(["captioning", "similar-images", "ocr-line", "vqa"]), st.data())
def test_it_ends_where_the_checkpoint_can_no_longer_change(rulebase, task, data):
    engine = Engine.known(rulebase)
    session = Session(engine, make_profile(rulebase, {"task": task}))
    promised = session.most
    while (ask := session.next()) is not None:
        assert session.most <= promised - len(session.steps)
        session.answer(ask.question.id, an_answer(data, ask))
    assert len(session.steps) <= promised
    whole = settled(engine, session.profile)
    assert outlook(engine, engine.decide(whole)).certainty.checkpoint == "decided"


@pytest.mark.slow
@given(st.sampled_from(["captioning", "similar-images", "vqa"]), st.data())
def test_no_more_is_asked_than_was_said_whatever_nobody_knows(rulebase, task, data):
    session = Session(Engine.known(rulebase), make_profile(rulebase, {"task": task}))
    promised = session.most
    while (ask := session.next()) is not None:
        known = data.draw(st.booleans())
        session.answer(ask.question.id, an_answer(data, ask) if known else UNKNOWN)
    assert len(session.steps) <= promised


def test_it_ends_where_another_answer_leaves_one_task_that_has_no_checkpoint(rulebase):
    session = Session(Engine.known(rulebase))
    session.answer("task", UNKNOWN)
    session.answer("output", "identity")
    assert session.next() is None


def test_what_the_images_show_is_asked_where_it_matters(rulebase):
    session = Session(Engine.known(rulebase), make_profile(rulebase, {"task": "similar-images"}))
    asked = {}
    while (ask := session.next()) is not None:
        asked[ask.question.id] = [name for option in ask.options for name in option.covers]
        session.answer(ask.question.id, "24" if ask.question.unit else ask.options[0].id)
    assert "medical" in asked["domain"]


def test_a_plan_asks_hardly_more_than_the_optimum(rulebase):
    engine = Engine.known(rulebase)
    residual = open_of(engine, make_profile(rulebase, {"task": "ocr-line"})).residual
    plan = plan_of(residual)
    assert read_plan({"states": [[row.level, row.most, *row.after] for row in plan]}) == plan
    ahead = Lookahead(residual)
    planned = expected(residual, lambda _, node: ahead.best(node))
    least = Fraction(Optimum(residual).cost(residual.root), residual.total(residual.root))
    assert least <= planned <= least * Fraction(105, 100)
    assert plan[-1].most == max(state.most for state in plan)


@pytest.mark.slow
@pytest.mark.long  # in each run, the plan of another task is played
def test_the_task_with_the_largest_diagram_has_a_plan(rulebase):
    table = compiled(rulebase, "image-text-matching")["plans/image-text-matching"]
    plan = read_plan(table)
    assert 5 < plan[-1].most < len(plan)


@given(st.sampled_from(FITTING), st.data())
def test_to_the_checkpoint_nothing_left_open_changes_which_comes_first(engine, task, data):
    session = Session(engine, make_profile(engine.rulebase, {"task": task}), "checkpoint")
    while (ask := session.next()) is not None:
        session.answer(ask.question.id, data.draw(st.sampled_from(ask.options)).id)
    firsts = set()
    for _ in range(4):
        whole = draw_whole(data, engine, session.profile)
        picks = select(engine.rulebase, engine.decide(whole)).picks
        firsts.add(picks[0].checkpoint.id if picks else None)
    assert len(firsts) == 1


# -- nothing absurd ----------------------------------------------------------------------------


@pytest.mark.slow
@given(st.sampled_from(STOPS), st.data())
def test_no_question_is_asked_that_an_answer_has_made_senseless(engine, to, data):
    session = Session(engine, {}, to)
    seen = []
    while (ask := session.next()) is not None:
        question = ask.question
        assert question.id not in seen
        seen.append(question.id)
        space = engine.space(session.profile)
        left = space.reachable(space.root).choices
        place = engine.encoding.index[question.id]
        still = {engine.options(place, choice)[0] for choice in left[place]}
        assert {option.id for option in ask.options} <= still
        assert len(ask.options) > 1
        for other, makes_sense in question.ask_if.items():
            index = engine.encoding.index[other]
            said = {engine.options(index, choice)[0] for choice in left[index]}
            assert said <= set(makes_sense)
        known = data.draw(st.sampled_from([True, True, True, False]))
        said = data.draw(st.sampled_from(ask.options)).id if known else UNKNOWN
        session.answer(question.id, said)


@pytest.mark.parametrize(
    ("told", "senseless"),
    [
        ({"task": "describe", "training": "ready-made"}, "pairs"),
        ({"task": "describe", "device": "phone"}, "training"),
        ({"task": "describe"}, "collection"),
    ],
)
@pytest.mark.parametrize("to", STOPS)
def test_what_makes_no_sense_after_an_answer_is_not_asked(engine, small, told, senseless, to):
    session = Session(engine, make_profile(small, told), to)
    asked = []
    while (ask := session.next()) is not None:
        asked.append(ask.question.id)
        session.answer(ask.question.id, UNKNOWN)
    assert senseless not in asked
