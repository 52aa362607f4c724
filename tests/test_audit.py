"""What an audit counts and claims, held against plain enumeration of random rule bases."""

from collections import Counter
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_rules import Plain, compiled, facts, holds, options_of, rule

from advisor.audit.claim import Budget, ProofContext
from advisor.audit.effects import effect_of
from advisor.audit.proofs import (
    audit,
    every_option_possible,
    every_question_matters,
    no_undeclared_tie,
)
from advisor.engine import decision
from advisor.errors import TooMuchOpenError
from advisor.model import NONE


def context_of(of):
    return ProofContext(compiled(of), unlimited())


def unlimited():
    return Budget(1, lambda: 0.0)


def wholes(of):
    """Return the complete profiles that can be, and a judge of them."""
    plain = Plain(of)
    return plain, plain.completions({})


def answers(whole):
    return {id: options[0] for id, options in whole.items()}


def matching(example, profiles):
    """Return the profiles with the answers of an example, of which there are some."""
    found = [whole for whole in profiles if example.items() <= answers(whole).items()]
    assert found
    return found


def without(of, id):
    return of | {"rule": [one for one in of["rule"] if one["id"] != id]}


def defects(claim, kind):
    return {defect.about for defect in claim.defects if defect.kind == kind}


@given(facts())
def test_profiles_and_answers_are_counted_exactly(of):
    plain, profiles = wholes(of)
    won = Counter(plain.winner(whole) for whole in profiles)
    found = context_of(of).answered
    assert found.profiles == len(profiles)
    assert found.by_family == {family["id"]: won[family["id"]] for family in plain.families} | {
        NONE: won[NONE]
    }
    assert found.declared_none == 0


@given(facts(), st.data())
def test_a_gap_is_every_profile_without_an_answer_of_which_nothing_is_said_instead(of, data):
    declared = data.draw(st.sampled_from([None, *(task["id"] for task in of["task"])]))
    said = {"task": "other", "because": "So.", "sources": ["paper"]}
    for task in of["task"]:
        if task["id"] == declared:
            task["elsewhere"] = said
    asked = data.draw(st.sampled_from(of["question"]))
    option = data.draw(st.sampled_from(options_of(asked, of["task"])))
    detours = data.draw(st.sampled_from([[], [{"id": "detour", "when": {asked["id"]: [option]}}]]))
    of["detour"] = [detour | said for detour in detours]

    def sent_elsewhere(whole):
        return whole["task"][0] == declared or any(holds(one["when"], whole) for one in detours)

    plain, profiles = wholes(of)
    none = [whole for whole in profiles if plain.winner(whole) == NONE]
    gaps = [whole for whole in none if not sent_elsewhere(whole)]
    found = audit(compiled(of), unlimited())
    assert found.answered.declared_none == len(none) - len(gaps)
    reported = [defect for defect in found.defects if defect.kind == "gap"]
    assert bool(reported) == bool(gaps)
    for defect in reported:
        assert defect.message.startswith(f"{len(gaps):,} answer combinations have no family")
        inside = [w for w in matching(defect.example, profiles) if not sent_elsewhere(w)]
        assert inside
        assert all(plain.winner(whole) == NONE for whole in inside)


@given(facts())
def test_each_rule_fires_and_is_pivotal_in_as_many_profiles_as_enumeration_says(of):
    plain, profiles = wholes(of)
    context = context_of(of)
    for written in context.written:
        effect = effect_of(context, written)
        other = Plain(without(of, written.id))
        fires = [whole for whole in profiles if holds(written.when, whole)]
        pivotal = [whole for whole in profiles if plain.winner(whole) != other.winner(whole)]
        assert effect.fires == len(fires)
        assert effect.pivotal == len(pivotal)
        if effect.witness is None:
            assert not pivotal
            continue
        whole = {id: (option,) for id, option in effect.witness["profile"].items()}
        assert whole in pivotal
        assert effect.witness["with"] == plain.winner(whole)
        assert effect.witness["without"] == other.winner(whole)
        for id in effect.witness["given"]:
            assert effect.witness["given"][id] == effect.witness["profile"][id]
        inside = [w for w in profiles if effect.witness["given"].items() <= answers(w).items()]
        assert inside
        assert all(whole in pivotal for whole in inside)


@given(facts(rules=14))
def test_a_rule_is_implied_exactly_where_the_others_say_it_all(of):
    profiles = Plain(of).completions({})
    context = context_of(of)
    by_id = {family["id"]: family for family in of["family"]}
    for written in context.written:
        effect = effect_of(context, written)
        fires = [whole for whole in profiles if holds(written.when, whole)]
        adds = {}
        for family in written.candidates:
            others = {one["id"] for one in of["rule"]} - {written.id}
            adds[family] = not all(says(of, others, written, by_id[family], w) for w in fires)
            if family in effect.implied_by:
                named = effect.implied_by[family]
                assert all(says(of, named, written, by_id[family], whole) for whole in fires)
        expected = {family for family, more in adds.items() if not more} if fires else set()
        assert set(effect.implied_by) == expected
        assert effect.implied == (bool(fires) and expected == set(written.candidates))


def says(of, named, written, family, whole):
    """True where the named rules, and what families declare, say what a rule says of a family."""
    plain = Plain(of | {"rule": [one for one in of["rule"] if one["id"] in named]})
    if plain.excluded(family, whole):
        return True
    if written.effect == "exclude":
        return False
    fit = {"prefer": "best", "avoid": "possible"}[written.effect]
    if written.criterion == plain.fits and family["tasks"][whole["task"][0]]["fit"] == fit:
        return True
    return written.criterion in plain.effects(written.effect, family, whole)


@given(facts())
def test_ties_are_the_profiles_in_which_two_families_stand_equal_in_everything(of):
    plain, profiles = wholes(of)
    tied = [whole for whole in profiles if len(equal_to_the_winner(plain, whole)) > 1]
    claim = no_undeclared_tie(context_of(of))
    assert bool(claim.defects) == bool(tied)
    if tied:
        number = f"{len(tied):,}"
        assert f"decides {number} answer combinations, {number} without a" in claim.text
    for defect in claim.defects:
        assert all(whole in tied for whole in matching(defect.example, profiles))


@given(facts(), st.data())
def test_a_declared_tie_is_no_defect_and_one_that_never_happens_is(of, data):
    plain, profiles = wholes(of)
    tasks = data.draw(
        st.lists(st.sampled_from(of["task"]), min_size=1, unique_by=lambda t: t["id"])
    )
    when = {"task": [task["id"] for task in tasks]}
    names = [family["id"] for family in of["family"]]
    tie = {"id": "meant", "between": names, "when": when, "because": "So.", "sources": ["paper"]}
    tied = [whole for whole in profiles if len(equal_to_the_winner(plain, whole)) > 1]
    declared = [whole for whole in tied if holds(when, whole)]
    claim = no_undeclared_tie(context_of(of | {"tie": [tie]}))
    undeclared = len(tied) - len(declared)
    assert bool(defects(claim, "undeclared-tie")) == bool(undeclared)
    assert defects(claim, "idle-tie") == (set() if declared else {"meant"})
    if undeclared:
        assert f"{undeclared:,} without a declared tie" in claim.text


def equal_to_the_winner(plain, whole):
    left = [family for family in plain.families if not plain.excluded(family, whole)]
    signs = [[plain.sign(criterion, family, whole) for criterion in plain.order] for family in left]
    return [one for one in signs if one == max(signs)]


@given(facts())
def test_options_are_impossible_where_no_profile_has_them_and_never_is_idle_where_it_adds_none(of):
    plain, profiles = wholes(of)
    held = {(id, whole[id][0]) for whole in profiles for id in whole}
    claim = every_option_possible(context_of(of))
    known = {(id, option) for id, options in plain.options.items() for option in options}
    missing = {option for _, option in known - held if option != "not-applicable"}
    assert defects(claim, "impossible-option") == missing
    for never in of["never"]:
        rest = Plain(of | {"never": [one for one in of["never"] if one is not never]})
        idle = len(rest.completions({})) == len(profiles)
        assert (never["id"] in defects(claim, "idle-never")) == idle


@given(facts())
def test_questions_matter_exactly_where_answering_them_otherwise_changes_the_winner(of):
    plain, profiles = wholes(of)
    matter = set()
    for question in plain.questions:
        free = {question}
        for id, other in plain.questions.items():
            if free & set(other.get("ask_if", ())):
                free.add(id)
        by_rest = {}
        for whole in profiles:
            rest = tuple(options for id, options in whole.items() if id not in free)
            by_rest.setdefault(rest, set()).add(plain.winner(whole))
        if any(len(winners) > 1 for winners in by_rest.values()):
            matter.add(question)
    claim = every_question_matters(context_of(of))
    number = len(plain.questions)
    assert f"{len(matter)} of {number} questions can change the family" in claim.text
    assert defects(claim, "idle-question") == set(plain.questions) - matter - {"task"}


@given(facts())
def test_with_no_time_at_all_nothing_is_claimed(of):
    ticks = count()
    with pytest.raises(TooMuchOpenError, match=r"time limit of 0\.5 seconds"):
        audit(compiled(of), Budget(0.5, lambda: float(next(ticks))))


@pytest.mark.parametrize("edges", [10, 400])
def test_a_graph_that_grows_too_large_ends_the_audit(rulebase, edges, monkeypatch):
    monkeypatch.setattr(decision, "MOST_EDGES", edges)
    with pytest.raises(TooMuchOpenError, match="too many combinations to check"):
        audit(rulebase, unlimited())


@given(facts(), st.data())
def test_a_rule_stated_twice_is_implied_by_its_double(of, data):
    written = data.draw(st.sampled_from(of["rule"]))
    context = context_of(of | {"rule": [*of["rule"], written | {"id": "again"}]})
    effect = effect_of(context, context.rulebase.rule("again"))
    assert effect.implied == (effect.fires > 0)
    assert not effect.pivotal


def test_an_audit_of_no_profile_says_so():
    of = {
        "criterion": [{"id": "only", "name": "C", "because": "C."}],
        "question": [{"id": "task", "ask": "T?", "why": "T.", "options_from": "tasks"}],
        "task": [{"id": "one", "name": "T", "description": "T."}],
        "never": [{"id": "nothing", "when": {"task": ["one"]}, "because": "No."}],
        "family": [
            {
                "id": "f",
                "name": "F",
                "tie_break_order": 1,
                "summary": "F.",
                "takes": {},
                "gives": {},
                "tasks": {},
            }
        ],
        "rule": [rule("lonely", "only", {"task": ["one"]}, "prefer", ["f"])],
        "source": [],
        "checkpoint": [],
        "scenario": [],
    }
    found = audit(compiled(of), unlimited())
    assert {"no-profile", "dead-rule", "family-cannot-win"} <= {d.kind for d in found.defects}
