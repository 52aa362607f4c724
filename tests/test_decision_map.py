"""The interview as a map: what the tree promises, and that every drawing shows it."""

import copy
import json
import random

import pytest
from dense_rules import dense_facts
from hypothesis import given
from hypothesis import strategies as st
from random_rules import Plain, compiled, engine_for, facts

from advisor.audit.decision_map import as_json, as_markdown, decision_map, mermaid, tree
from advisor.decide.recommendation import recommend
from advisor.engine.decision import Engine
from advisor.engine.profile import make_profile
from advisor.errors import ContradictionError, TooMuchOpenError
from advisor.interview.policy import Branch, InterviewEnd, PathStep, paths, policy, pruned
from advisor.interview.session import Session, settled
from advisor.model import NONE, TASK


@pytest.fixture(scope="module")
def engine(small):
    return Engine(small)


@pytest.fixture(scope="module")
def whole(engine):
    return policy(engine)


@pytest.fixture(scope="module")
def map(small):
    return decision_map(small, {}, 5)


# -- the tree ----------------------------------------------------------------------------------


@given(st.one_of(dense_facts, facts()))
def test_paths_hold_every_complete_profile_once_with_its_winner(drawn):
    try:
        found = paths(policy(engine_for(drawn)))
    except ContradictionError:
        return
    plain = Plain(drawn)
    wholes = plain.completions({})
    assert sum(path.leaf.profiles for path in found) == len(wholes)
    for path in found:
        kept_to = [
            whole
            for whole in wholes
            if all(whole[step.question][0] in step.options for step in path.steps)
        ]
        assert len(kept_to) == path.leaf.profiles
        if path.leaf.answer:
            assert {plain.winner(whole) for whole in kept_to} == {path.leaf.answer}


@pytest.mark.slow
@given(st.one_of(dense_facts, facts()), st.data())
def test_a_path_is_what_the_interview_asks(drawn, data):
    engine = engine_for(drawn)
    try:
        node = policy(engine)
    except ContradictionError:
        return
    session = Session(engine, {}, "family")
    while isinstance(node, Branch):
        ask = session.next()
        assert ask is not None
        if ask.question.id != node.question:  # every answer to it goes on in the same way
            session.answer(ask.question.id, ask.options[0].id)
            continue
        asked = {option.id for option in ask.options}
        assert {option for arm in node.arms for option in arm.options} == asked
        arm = data.draw(st.sampled_from(node.arms))
        session.answer(node.question, data.draw(st.sampled_from(sorted(arm.options))))
        node = arm.then
    assert session.next() is None or node.answer == ""
    if node.answer:
        assert session.race == (node.answer,)


@given(st.one_of(dense_facts, facts()))
def test_what_to_try_next_comes_second(drawn):
    engine = engine_for(drawn)
    try:
        found = paths(policy(engine))
    except ContradictionError:
        return
    for path in found:
        counted = sum(profiles for _, profiles in path.leaf.runners_up)
        assert counted <= path.leaf.profiles
        assert path.leaf.answer not in {second.family for second, _ in path.leaf.runners_up}
        second = path.leaf.runner_up
        if path.leaf.answer == NONE:
            assert second is None
        if second:
            assert {one.family for one, _ in path.leaf.runners_up} == {second.family}
            assert counted == path.leaf.profiles


def test_arms_differ_in_what_follows(whole):
    def check(node):
        if isinstance(node, InterviewEnd):
            return
        assert len(node.arms) > 1
        ends = [arm.then.answer for arm in node.arms if isinstance(arm.then, InterviewEnd)]
        assert len(ends) == len(set(ends))
        for arm in node.arms:
            check(arm.then)

    check(whole)


def test_an_interview_of_too_many_ends_is_not_followed_whole(small, engine, whole):
    with pytest.raises(TooMuchOpenError, match="ends in more than 2 ways"):
        policy(engine, most=2)
    with pytest.raises(TooMuchOpenError):
        decision_map(small, {}, 5, ends=2)
    ends = next(most for most in range(3, 1000) if _followed(engine, most))
    assert policy(engine, most=ends) == whole


def _followed(engine, most):
    try:
        return policy(engine, most=most)
    except TooMuchOpenError:
        return None


@pytest.mark.slow
@pytest.mark.parametrize("rules", ["small", "rulebase"])
def test_every_path_ends_in_an_answer(request, rules):
    engine = Engine(request.getfixturevalue(rules))
    every = paths(policy(engine))
    assert all(path.leaf.answer for path in every)
    counted = dict.fromkeys([*engine.encoding.families, NONE], 0)
    for path in every:
        counted[path.leaf.answer] += path.leaf.profiles
    assert list(counted.values()) == engine.space(settled(engine, {})).wins(engine.ranking)


def test_a_tree_of_some_paths_has_these_alone(whole):
    some = paths(whole)[:4]
    cut = pruned(whole, some)
    assert {path.steps for path in paths(cut)} == {path.steps for path in some}
    assert cut.profiles == whole.profiles


# -- drawings ----------------------------------------------------------------------------------


def test_all_drawings_show_every_path_and_its_end(map):
    flowchart, outline = mermaid(map), tree(map)
    for path in map.paths:
        end = "none of the families" if path.leaf.answer == NONE else path.leaf.answer
        assert end in flowchart
        assert end in outline
        for step in path.steps:
            first = map.rulebase.question(step.question).ask.split()[0]
            assert first in flowchart
            assert first in outline
    assert outline.count("→") == len(map.paths)
    assert flowchart.count("]):::") == len(map.paths)


def test_words_that_mean_something_to_a_drawing_are_escaped(small):
    hostile = copy.copy(small)
    hostile.questions = tuple(
        question._replace(ask='Which "one" <b>& only</b>?') for question in small.questions
    )
    map = decision_map(hostile, make_profile(small, {"task": "find"}), 3)
    assert "<b>" not in mermaid(map)
    assert '"one"' not in mermaid(map)


def test_the_tree_of_text_fits_a_terminal(map):
    assert max(len(line) for line in tree(map).splitlines()) <= 76


def test_the_same_rules_give_the_same_map(small):
    given = make_profile(small, {"task": "describe"})
    one, other = (decision_map(small, given, 10) for _ in range(2))
    assert (mermaid(one), tree(one)) == (mermaid(other), tree(other))


def test_markdown_holds_the_flowchart_and_a_table(map):
    text = as_markdown(map)
    assert "```mermaid\nflowchart LR\n" in text
    assert "| answers | leads to | share | try next |" in text


@given(st.one_of(dense_facts, facts()))
def test_any_rule_base_can_be_drawn(drawn):
    try:
        map = decision_map(compiled(drawn), {}, 10)
    except ContradictionError:
        return
    assert mermaid(map)
    assert tree(map)
    json.dumps(as_json(map))


# -- the shipped map against the program -------------------------------------------------------


def arrows(engine, path, chosen):
    """Whole cases on a path: each task of it, the other steps and the open answers by chance."""
    steps = {step.question: step.options for step in path.steps}
    for task in steps.pop(TASK, [one.id for one in engine.rulebase.tasks]):
        given = {TASK: task, **{id: chosen.choice(options) for id, options in steps.items()}}
        profile = settled(engine, make_profile(engine.rulebase, given))
        for question in engine.rulebase.questions:
            options = [option.id for option in question.options]
            answer = make_profile(engine.rulebase, {question.id: chosen.choice(options)})
            if question.id not in profile and engine.admits({**profile, **answer}):
                profile |= answer
        yield given, profile


@pytest.mark.slow
@pytest.mark.parametrize("task", [None, "captioning", "field-extraction", "image-search"])
def test_every_arrow_of_the_shipped_maps_is_what_recommend_says(rulebase, task):
    """A path decides, whatever else is answered; what to try next comes second and can do it."""
    engine, chosen = Engine(rulebase), random.Random(7)
    given = make_profile(rulebase, {"task": task} if task else {})
    drawn = decision_map(rulebase, given, 10 if task is None else 40)
    assert drawn.paths
    for path in drawn.paths:
        if not path.leaf.answer:
            continue
        steps = (
            path if task is None else path._replace(steps=(PathStep(TASK, (task,)), *path.steps))
        )
        for _ in range(3):
            for said, whole in arrows(engine, steps, chosen):
                told = recommend(rulebase, said).advice[0].decision
                assert (told.family or NONE) == path.leaf.answer, said
                answer = engine.decide(settled(engine, make_profile(rulebase, said)))
                assert answer.possible == (path.leaf.answer,), said
                decision = engine.decide(whole)
                assert (decision.family or NONE) == path.leaf.answer, said
                if second := path.leaf.runner_up:
                    after = decision.assessments[1]
                    assert (after.family, after.verdict != "excluded") == (second.family, True)
                    assert after.lost_on
