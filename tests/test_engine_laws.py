"""The laws of the engine, each held against plain enumeration of random rule bases."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_rules import (
    NOT_APPLICABLE,
    Plain,
    engine_for,
    facts,
    given_answers,
    options_of,
    profile_of,
    rule,
    silent_family,
    wins_of,
    write,
)

from advisor.decide.outlook import outlook
from advisor.decide.reasons import sufficient
from advisor.engine.decision import VERDICTS, Engine
from advisor.engine.space import Space
from advisor.errors import ContradictionError
from advisor.model import NONE
from advisor.rulebase.store import load_rules


def summary(decision):
    """Return what of a decision must not depend on the order of anything."""
    return (
        decision.outcome,
        decision.family,
        decision.possible,
        {id: answer.options for id, answer in decision.profile.items()},
        {a.family: (a.verdict, a.lost_on, a.possible_verdicts) for a in decision.assessments},
    )


def held(profile):
    """Return which options hold; of a `many` question their order is that of the user."""
    return {id: set(answer.options) for id, answer in profile.items()}


def every_answer(of):
    """Return all complete profiles that can be, as answers."""
    return [{id: list(options) for id, options in w.items()} for w in Plain(of).completions({})]


# -- one complete profile ---------------------------------------------------------------------


@given(facts())
def test_winner_and_verdicts_are_those_of_plain_comparison(of):
    plain, engine = Plain(of), engine_for(of)
    for whole in plain.completions({}):
        winner, verdicts = plain.decide(whole)
        decision = engine.decide(profile_of(whole))
        assert (decision.family or NONE) == winner
        assert decision.outcome == ("decided" if decision.family else NONE)
        assert {a.family: a.verdict for a in decision.assessments} == verdicts
        assert decision.possible == (winner,)


@pytest.mark.slow
@given(facts(), st.data())
def test_priority_puts_criteria_first(of, data):
    criteria = [criterion["id"] for criterion in of["criterion"]]
    priority = tuple(data.draw(st.lists(st.sampled_from(criteria), unique=True)))
    plain, engine = Plain(of, priority), engine_for(of, priority)
    for whole in plain.completions({}):
        decision = engine.decide(profile_of(whole))
        assert (decision.family or NONE) == plain.winner(whole)


@pytest.mark.slow
@given(facts())
def test_criterion_lost_on_is_the_first_that_differs(of):
    plain, engine = Plain(of), engine_for(of)
    by_id = {family["id"]: family for family in of["family"]}
    for whole in plain.completions({}):
        decision = engine.decide(profile_of(whole))
        for assessment in decision.assessments:
            if assessment.verdict in ("recommended", "excluded"):
                assert assessment.lost_on is None
                continue
            differing = [
                criterion
                for criterion in plain.order
                if plain.sign(criterion, by_id[assessment.family], whole)
                != plain.sign(criterion, by_id[decision.family], whole)
            ]
            assert assessment.lost_on == (differing[0] if differing else "rank")


@pytest.mark.slow
@given(facts())
def test_findings_are_the_rules_that_hold(of):
    plain, engine = Plain(of), engine_for(of)
    for whole in plain.completions({}):
        for assessment in engine.decide(profile_of(whole)).assessments:
            found = {f.rule.id for f in assessment.fired if not f.rule.derived}
            assert found == {
                r["id"]
                for r in of["rule"]
                for effect in ("exclude", "avoid", "prefer")
                if assessment.family in r.get(effect, [])
                and all(set(whole[q]) & set(options) for q, options in r["when"].items())
            }
            if assessment.verdict == "excluded":
                assert any(f.decisive for f in assessment.fired)


# -- many complete profiles -------------------------------------------------------------------


@given(facts(), st.data())
def test_possible_is_the_set_of_winners_over_all_completions(of, data):
    answers = data.draw(given_answers(of))
    plain, engine = Plain(of), engine_for(of)
    if not plain.completions(answers):
        return
    decision = engine.decide(profile_of(answers))
    assert set(decision.possible) == plain.winners(answers)
    for assessment in decision.assessments:
        verdicts = {plain.decide(w)[1][assessment.family] for w in plain.completions(answers)}
        assert set(assessment.possible_verdicts) == verdicts


@given(facts(), st.data())
def test_outcome_says_how_certain_the_answer_is(of, data):
    answers = data.draw(given_answers(of))
    plain, engine = Plain(of), engine_for(of)
    assumed = plain.typical(answers)
    if assumed is None:
        return
    winner, winners = plain.winner(assumed), plain.winners(answers)
    decision = engine.decide(profile_of(answers))
    certain = "decided" if len(winners) == 1 else "assumed"
    assert decision.outcome == (NONE if winner == NONE else certain)
    assert (decision.family or NONE) == winner


@given(facts(), st.data())
def test_assumed_is_the_first_admissible_option_in_declared_order(of, data):
    answers = data.draw(given_answers(of))
    plain = Plain(of)
    completions = plain.completions(answers)
    if not completions:
        return
    decision = engine_for(of).decide(profile_of(answers))
    assert held(decision.profile) == {id: set(o) for id, o in plain.typical(answers).items()}
    for id, answer in decision.profile.items():
        still_open = {frozenset(whole[id]) for whole in completions}
        if answer.origin == "assumed":
            assert len(still_open) > 1
        else:
            assert still_open == {frozenset(answer.options)}


@given(facts(), st.data())
def test_counts_are_those_of_enumeration(of, data):
    answers = data.draw(given_answers(of))
    plain, engine = Plain(of), engine_for(of)
    completions = plain.completions(answers)
    space = Space(engine.encoding, engine.choices(profile_of(answers)))
    names = [*engine.encoding.families, NONE]
    won = [plain.winner(whole) for whole in completions]
    assert bool(space) == bool(completions)
    assert wins_of(engine, space) == [won.count(name) for name in names]


@given(facts(), st.data())
def test_contradiction_is_raised_exactly_where_nothing_can_be(of, data):
    answers = data.draw(given_answers(of))
    engine = engine_for(of)
    if Plain(of).completions(answers):
        assert engine.admits(profile_of(answers))
        engine.decide(profile_of(answers))
        return
    assert not engine.admits(profile_of(answers))
    with pytest.raises(ContradictionError) as caught:
        engine.decide(profile_of(answers))
    named = [id for id in answers if f"`{id}: " in caught.value.message]
    assert named
    clash = {id: answers[id] for id in named}
    assert not Plain(of).completions(clash), "the answers named do clash"
    for id in named:
        rest = {key: value for key, value in clash.items() if key != id}
        assert Plain(of).completions(rest), "each of them is needed for it"


# -- what changes nothing, and what only changes one way --------------------------------------


@given(facts(), st.data())
def test_order_of_answers_changes_nothing(of, data):
    answers = data.draw(given_answers(of))
    engine = engine_for(of)
    if not engine.admits(profile_of(answers)):
        return
    shuffled = {
        id: data.draw(st.permutations(answers[id]))
        for id in data.draw(st.permutations(list(answers)))
    }
    again = engine.decide(profile_of(shuffled))
    first = engine.decide(profile_of(answers))
    assert held(again.profile) == held(first.profile)
    assert (again.outcome, again.family, again.possible) == (
        first.outcome,
        first.family,
        first.possible,
    )


@given(facts(), st.data())
def test_order_of_rules_changes_nothing(of, data):
    answers = data.draw(given_answers(of))
    engine = engine_for(of)
    if not engine.admits(profile_of(answers)):
        return
    shuffled = of | {
        kind: data.draw(st.permutations(of[kind])) for kind in ("rule", "never", "family")
    }
    again = engine_for(shuffled).decide(profile_of(answers))
    assert summary(again) == summary(engine.decide(profile_of(answers)))


@pytest.mark.slow
@given(facts(), st.data())
def test_stating_a_rule_twice_changes_nothing(of, data):
    if not of["rule"]:
        return
    answers = data.draw(given_answers(of))
    engine = engine_for(of)
    if not engine.admits(profile_of(answers)):
        return
    again = [one | {"id": f"{one['id']}-again"} for one in of["rule"]]
    doubled = engine_for(of | {"rule": [*of["rule"], *again]})
    assert summary(doubled.decide(profile_of(answers))) == summary(
        engine.decide(profile_of(answers))
    )


@given(facts(), st.data())
def test_an_open_question_brings_in_nobody_that_no_answer_brings_in(of, data):
    answers = data.draw(given_answers(of))
    engine = engine_for(of)
    if not engine.admits(profile_of(answers)):
        return
    for question in of["question"]:
        if question["id"] in answers:
            continue
        by_answer = set()
        for option in options_of(question, of["task"]):
            told = profile_of(answers | {question["id"]: [option]})
            if engine.admits(told):
                by_answer |= set(engine.decide(told).possible)
        assert set(engine.decide(profile_of(answers)).possible) == by_answer


@pytest.mark.slow
@given(facts(), st.data())
def test_an_exclude_never_improves_the_verdict_of_whom_it_excludes(of, data):
    family = data.draw(st.sampled_from(of["family"]))["id"]
    question = data.draw(st.sampled_from(of["question"]))
    option = data.draw(st.sampled_from(options_of(question, of["task"])))
    criterion = of["criterion"][0]["id"]
    added = rule("added", criterion, {question["id"]: [option]}, "exclude", [family])
    before, after = engine_for(of), engine_for(of | {"rule": [*of["rule"], added]})
    for answers in every_answer(of):
        profile = profile_of(answers)
        was = {a.family: a.verdict for a in before.decide(profile).assessments}[family]
        now = {a.family: a.verdict for a in after.decide(profile).assessments}[family]
        assert VERDICTS.index(now) >= VERDICTS.index(was)
        if option in answers[question["id"]]:
            assert now == "excluded"


@given(facts(), st.data())
def test_exclude_beats_prefer(of, data):
    family = data.draw(st.sampled_from(of["family"]))["id"]
    first = of["criterion"][0]["id"]
    tasks = {"task": [task["id"] for task in of["task"]]}
    both = [
        rule("for", first, tasks, "prefer", [family]),
        rule("out", first, tasks, "exclude", [family]),
    ]
    engine = engine_for(of | {"rule": [*of["rule"], *both]})
    assert not engine.admits({}) or family not in engine.decide({}).possible


@given(facts(), st.data())
def test_a_family_that_declares_nothing_never_wins(of, data):
    silent = silent_family("silent", 0)
    engine = engine_for(of)
    if not engine.admits({}):
        return
    with_silent = engine_for(of | {"family": [silent, *of["family"]]})
    assert "silent" not in with_silent.decide({}).possible
    answers = data.draw(given_answers(of))
    if engine.admits(profile_of(answers)):
        before = engine.decide(profile_of(answers))
        after = with_silent.decide(profile_of(answers))
        assert after.possible == before.possible
        assert after.family == before.family


# -- explanations -----------------------------------------------------------------------------


@given(facts(), st.data())
def test_sufficient_reason_forces_the_outcome_and_nothing_smaller_does(of, data):
    holds_sufficient_reason(of, data.draw(given_answers(of, together=False)))


@given(facts(), st.data())
def test_sufficient_reason_of_answers_that_hold_together_forces_the_outcome(of, data):
    holds_sufficient_reason(of, data.draw(given_answers(of)))


def holds_sufficient_reason(of, answers):
    plain, engine = Plain(of), engine_for(of)
    if not plain.completions(answers):
        return
    decision = engine.decide(profile_of(answers))
    winner = decision.family or NONE
    reason = sufficient(engine, decision).answers
    usable = {
        id: list(answer.options)
        for id, answer in decision.profile.items()
        if answer.origin != "implied"
        and (answer.options != (NOT_APPLICABLE,) or answer.origin != "assumed")
    }
    assert {id: list(answer.options) for id, answer in reason.items()}.items() <= usable.items()
    named = [*reason]
    assert plain.winners({id: usable[id] for id in named}) == {winner}
    for size in range(len(named)):
        for fewer_answers in combinations(usable, size):
            assert plain.winners({id: usable[id] for id in fewer_answers}) != {winner}


@given(facts(), st.data())
def test_changes_are_exactly_the_single_answers_that_lead_to_another_family(of, data):
    answers = data.draw(given_answers(of, task=True))
    plain, engine = Plain(of), engine_for(of)
    if not plain.completions(answers):
        return
    profile = profile_of(answers)
    decision = engine.decide(profile)
    present = plain.winner(plain.typical(answers))
    found = outlook(engine, decision).changes
    for change in found:
        changed = {id: [option] for id, option in change.answers.items()}
        assert plain.winner(plain.typical(answers | changed)) == change.family != present
        assert change.origins == {id: decision.profile[id].origin for id in change.answers}
    single = {(*one.answers.items(),): one.family for one in found if len(one.answers) == 1}
    for changed in plain.changes(1, plain.typical(answers)):
        whole = plain.typical(answers | changed)
        if whole is not None and plain.winner(whole) != present:
            ((id, (option,)),) = changed.items()
            assert single[((id, option),)] == plain.winner(whole)


def test_two_languages_alone_are_no_reason(engine):
    answers = {"task": ["captioning"], "training": ["fine-tune"], "language": ["en", "de"]}
    decision = engine.decide(profile_of(answers | {"domain": ["specialist"]}))
    because = sufficient(engine, decision).answers
    reason = {id: list(answer.options) for id, answer in because.items()}
    assert engine.decide(profile_of(reason)).possible == (decision.family,)


def test_two_languages_leave_the_smallest_change_in_place(engine):
    answers = {"task": ["field-extraction"], "training": ["ready-made"], "language": ["en", "de"]}
    instead = engine.decide(profile_of(answers | {"training": ["fine-tune"]}))
    present = engine.decide(profile_of(answers))
    assert instead.family != present.family
    found = outlook(engine, present).changes
    assert ({"training": "fine-tune"}, instead.family) in [(f.answers, f.family) for f in found]


# -- the same through files -------------------------------------------------------------------


@pytest.mark.slow
@given(of=facts())
def test_rules_read_from_files_decide_the_same(of, tmp_path_factory):
    folder = tmp_path_factory.mktemp("rules")
    write(of, folder)
    read = Engine(load_rules(folder))
    built = engine_for(of)
    for answers in every_answer(of)[:50]:
        assert summary(read.decide(profile_of(answers))) == summary(
            built.decide(profile_of(answers))
        )
