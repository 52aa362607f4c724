"""The interview: what it asks, when it stops, and what it remembers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_rules import NOT_APPLICABLE, Plain, engine_for, facts, given_answers, profile_of

from advisor.engine.decision import Engine
from advisor.engine.profile import Answer, make_profile
from advisor.errors import ContradictionError, UsageError
from advisor.interview.dialogue import put
from advisor.interview.session import UNKNOWN, Ask, Session
from advisor.model import NONE


@pytest.fixture(scope="module")
def engine(small):
    return Engine(small)


def interview(session, answers):
    """Answer as `answers` say, "don't know" to the rest; return what was asked."""
    asked = []
    while (ask := session.next()) is not None:
        asked.append(ask.question.id)
        session.answer(ask.question.id, answers.get(ask.question.id, UNKNOWN))
    return asked


def test_task_is_asked_first(engine):
    assert Session(engine, {}, "family").next().question.id == "task"


def test_interview_is_over_at_once_where_the_answers_decide(engine, small):
    given = make_profile(small, {"task": "outline"})
    session = Session(engine, given, "family")
    assert session.race == (NONE,)
    assert session.next() is None
    assert session.decide().outcome == NONE


def test_what_was_given_is_never_asked(engine, small):
    given = make_profile(small, {"task": "describe", "training": "fine-tune"})
    session = Session(engine, given, "family")
    assert not {"task", "training"} & set(interview(session, {}))


def test_what_the_task_implies_is_never_asked(engine, small):
    for task in small.tasks:
        session = Session(engine, make_profile(small, {"task": task.id}), "family")
        implied = {id for id, options in task.implies.items() if len(options) == 1}
        assert not implied & set(interview(session, {}))


def test_dont_know_leaves_the_question_open_and_is_never_asked_again(engine, small):
    session = Session(engine, make_profile(small, {"task": "describe"}), "family")
    race = session.race
    first = session.next().question.id
    session.answer(first, UNKNOWN)
    assert session.race == race
    assert first not in session.profile
    rest = interview(session, {})
    assert first not in rest
    assert len(rest) == len(set(rest))
    assert session.decide().outcome == "assumed"


def test_dont_know_the_task_asks_something_else(engine):
    session = Session(engine, {}, "family")
    session.answer("task", UNKNOWN)
    ask = session.next()
    assert ask is not None
    assert ask.question.id != "task"


def test_back_takes_the_last_answer_back(engine):
    session = Session(engine, {}, "family")
    assert session.back() is None
    session.answer("task", "describe")
    second = session.next().question.id
    session.answer(second, UNKNOWN)
    assert session.back() == second
    assert session.next().question.id == second
    assert session.back() == "task"
    assert session.profile == {}
    assert session.next().question.id == "task"


def test_back_never_takes_what_was_given(engine, small):
    session = Session(engine, make_profile(small, {"task": "describe"}), "family")
    assert session.back() is None
    assert session.profile["task"].options == ("describe",)


def test_contradiction_is_raised_and_forgotten(engine):
    session = Session(engine, {}, "family")
    session.answer("task", "describe")
    before = session.profile
    with pytest.raises(ContradictionError):
        session.answer("output", "ranking")
    assert session.profile == before
    session.answer("output", "text")


def test_unknown_option_is_refused_and_forgotten(engine):
    session = Session(engine, {}, "family")
    with pytest.raises(UsageError, match="Did you mean `describe`"):
        session.answer("task", "descrbe")
    assert session.steps == []


def test_contradiction_among_given_answers_is_raised_at_the_start(engine, small):
    given = make_profile(small, {"task": "describe", "output": "ranking"})
    with pytest.raises(ContradictionError):
        Session(engine, given, "family")


def test_answers_carry_the_origin_asked(engine, small):
    session = Session(engine, make_profile(small, {"device": "cpu"}), "family")
    session.answer("task", "answer")
    assert {id: a.origin for id, a in session.profile.items()} == {
        "task": "asked",
        "device": "flag",
    }


def test_number_typed_in_the_interview_is_kept(engine):
    session = Session(engine, {}, "family")
    session.answer("task", "find")
    session.answer("collection", "5k")
    assert session.profile["collection"] == Answer(("thousands",), 5000.0, "asked")


def test_a_given_task_that_is_taken_back_is_asked(engine):
    task = engine.rulebase.tasks[0].id
    session = Session(engine, make_profile(engine.rulebase, {"task": task}))
    session.ask_again("task")
    assert session.next().question.id == "task"


# -- whoever answers --------------------------------------------------------------------------


@given(facts(), st.data())
def test_interview_ends_with_the_family_of_the_whole_profile(of, data):
    engine, plain = engine_for(of), Plain(of)
    whole = data.draw(st.sampled_from(plain.completions({})))
    session = Session(engine, {}, "family")
    told = {}
    while (ask := session.next()) is not None:
        assert len(session.race) > 1, "it stops once the outcome is decided"
        id = ask.question.id
        assert id not in told, "nothing is asked twice"
        still = {w[id] for w in plain.completions(told)}
        assert len(still) > 1, "what follows from other answers is not asked"
        assert (NOT_APPLICABLE,) not in still, "what may make no sense is not asked"
        assert {(option.id,) for option in ask.options} == still
        told[id] = list(whole[id])
        session.answer(id, told[id])
    assert session.race == (plain.winner(whole),)
    assert (session.decide().family or NONE) == plain.winner(whole)


@given(facts(), st.data())
def test_interview_with_open_answers_always_ends(of, data):
    engine = engine_for(of)
    answers = profile_of(data.draw(given_answers(of)))
    if not engine.admits(answers):
        return
    session = Session(engine, answers, "family")
    for _ in range(len(of["question"]) + 1):
        ask = session.next()
        if ask is None:
            break
        assert ask.question.id not in answers
        knows = data.draw(st.booleans())
        session.answer(ask.question.id, ask.options[0].id if knows else UNKNOWN)
    assert session.next() is None


@pytest.fixture(scope="module")
def shipped(rulebase):
    return Engine(rulebase)


@given(st.data())
def test_interview_on_the_shipped_rules_ends_with_the_family_of_the_whole_profile(shipped, data):
    engine = shipped
    profile = {}
    for question in engine.rulebase.questions:
        open_options = [
            option.id
            for option in question.options
            if engine.admits(profile | {question.id: Answer((option.id,), None, "flag")})
        ]
        chosen = data.draw(st.sampled_from(open_options or [NOT_APPLICABLE]))
        profile[question.id] = Answer((chosen,), None, "flag")
    decision = engine.decide(profile)
    session = Session(engine, {}, "family")
    asked = interview(session, {id: answer.options[0] for id, answer in profile.items()})
    assert asked[0] == "task"
    assert len(asked) <= 8
    assert session.race == decision.possible
    assert session.decide().family == decision.family


class FirstChosen:
    """A prompt that takes one option, then the first of what is asked further."""

    def __init__(self, option):
        self.option, self.asked = option, []

    def choose(self, asked):
        self.asked.append(asked)
        return asked.rows[0].value if len(self.asked) > 1 else self.option


def test_an_option_that_covers_others_offers_itself_before_them(rulebase):
    question = rulebase.question("domain")
    for option in (each for each in question.options if each.covers):
        prompt = FirstChosen(option.id)
        assert put(Ask(question, question.options), rulebase, prompt, ()) == option.id
        assert prompt.asked[1].rows[0].text == f"{option.label}, in general"
        assert len(prompt.asked[1].rows) > 1
