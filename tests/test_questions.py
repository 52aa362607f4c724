"""How many questions the interview asks, and what is proved of it."""

import sys
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from random_rules import Plain, compiled, engine_for, facts

from advisor.engine.decision import Engine
from advisor.interview.session import Session

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "benchmarks"))
from optimum import measure

sys.path.pop(0)


@pytest.fixture(scope="module")
def measured(rulebase):
    return measure(rulebase)


@pytest.mark.slow
def test_the_optimum_is_proved_for_every_task_and_for_the_task_unknown(measured, rulebase):
    assert [one.task for one in measured.tasks] == [task.id for task in rulebase.tasks]
    assert measured.proved
    assert measured.unknown.proved


@pytest.mark.slow
def test_the_interview_asks_under_two_and_a_half_questions_in_the_mean(measured):
    assert measured.mean(lambda one: one.interview) < Fraction(5, 2)


@pytest.mark.slow
def test_the_interview_is_within_five_percent_of_the_optimum_on_every_task(measured):
    for one in measured.tasks:
        assert one.interview.expected <= one.at_least * Fraction(105, 100), one.task


@pytest.mark.slow
def test_asking_the_task_first_is_optimal_where_it_is_unknown(measured):
    interview = measured.mean(lambda one: one.interview)
    assert measured.unknown.first == "task"
    assert measured.unknown.at_least <= 1 + interview


@pytest.mark.slow
def test_no_rival_gets_below_the_optimum(measured):
    for one in measured.tasks:
        assert all(cost.expected >= one.at_least for cost in one.rivals.values())


@pytest.mark.slow
def test_every_scenario_played_by_who_knows_its_answers_ends_as_recommended(measured, rulebase):
    assert {one.scenario for one in measured.played} == {s.id for s in rulebase.scenarios}
    assert [one for one in measured.played if not one.same] == []
    assert all(1 <= len(one.asked) <= 9 for one in measured.played)


@pytest.mark.slow
def test_beyond_the_budget_a_bound_is_given_and_said_to_be_one(rulebase, measured):
    bounded = measure(rulebase, budget=0)
    assert not bounded.proved
    assert not bounded.unknown.proved
    for bound, exact in zip(bounded.tasks, measured.tasks, strict=True):
        assert bound.at_least <= exact.at_least
        assert bound.interview == exact.interview


@given(facts(rules=6))
def test_measured_is_what_playing_every_profile_gives(of):
    rulebase, plain = compiled(of), Plain(of)
    engine = Engine(rulebase)
    for one in measure(rulebase).tasks:
        wholes = plain.completions({"task": [one.task]})
        if len(wholes) > 150:
            continue
        lengths = [play(engine, whole) for whole in wholes]
        assert one.profiles == len(wholes)
        assert one.interview.expected == Fraction(sum(lengths), len(wholes))
        assert one.interview.most == max(lengths)
        assert one.proved
        assert one.interview.expected == one.at_least


def play(engine, whole):
    """Return how many questions are asked after the task."""
    session = Session(engine, {}, "family")
    session.answer("task", list(whole["task"]))
    while (ask := session.next()) is not None:
        session.answer(ask.question.id, list(whole[ask.question.id]))
    return len(session.steps) - 1


@given(facts())
def test_a_task_that_cannot_be_is_left_out(of):
    engine = engine_for(of)
    tasks = {whole["task"][0] for whole in Plain(of).completions({})}
    assert {one.task for one in measure(engine.rulebase).tasks} == tasks
