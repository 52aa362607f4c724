"""Every reason and every change of an answer: exact, minimal, and each other's hitting sets."""

from itertools import chain, combinations

import pytest
from dense_rules import dense_facts
from hypothesis import given
from hypothesis import strategies as st
from random_rules import Plain, compiled, engine_for, facts, given_answers, profile_of

from advisor.decide.reasons import counts
from advisor.engine.profile import Answer
from advisor.errors import AdvisorError, ContradictionError
from advisor.explanation import prime as prime_module
from advisor.explanation.explain import explain
from advisor.explanation.prime import MOST, hitting, minimal, unions
from advisor.model import TASK

SETS = st.lists(st.integers(1, 63), max_size=6).map(minimal)


def subsets(things):
    return chain.from_iterable(combinations(things, size) for size in range(len(things) + 1))


def least(sets):
    """Return the sets that hold no other one."""
    return {one for one in sets if not any(other < one for other in sets)}


def hit_by_enumeration(sets, members):
    return least({frozenset(c) for c in subsets(members) if all(one & set(c) for one in sets)})


@st.composite
def explained(draw):
    """Draw a rule base with answers, and everything that explains the decision."""
    drawn = draw(st.one_of(dense_facts, dense_facts, facts()))
    answers = draw(given_answers(drawn, task=True, together=False))
    try:
        found = explain(compiled(drawn), profile_of(answers), all=True)
    except ContradictionError:
        answers = {TASK: answers[TASK]}
        try:
            found = explain(compiled(drawn), profile_of(answers), all=True)
        except ContradictionError:
            answers = {}
            found = explain(compiled(drawn), {}, all=True)
    return drawn, found


class Enumerated:
    """One decision among all complete profiles of its task."""

    def __init__(self, drawn, found):
        self.plain = Plain(drawn)
        self.profile = found.decision.profile
        self.winner = found.decision.family or "none"
        self.wholes = self.plain.completions({TASK: list(self.profile[TASK].options)})
        self.questions = [
            id for id, answer in self.profile.items() if id != TASK and counts(answer)
        ]

    def differing(self, whole):
        return frozenset(id for id in self.questions if whole[id] != self.profile[id].options)

    def changes(self):
        """Return the minimal sets of questions by which profiles of each other winner differ."""
        found = {}
        for whole in self.wholes:
            winner = self.plain.winner(whole)
            if winner != self.winner:
                found.setdefault(winner, set()).add(self.differing(whole))
        return {winner: least(sets) for winner, sets in found.items()}

    def forces(self, held):
        return all(
            self.plain.winner(whole) == self.winner
            for whole in self.wholes
            if not self.differing(whole) & held
        )

    def reasons(self):
        return least({frozenset(c) for c in subsets(self.questions) if self.forces(set(c))})


def questions_of(reasons):
    return {frozenset(one.question for one in reason) for reason in reasons}


@given(explained())
def test_reasons_are_all_minimal_sets_that_force_the_outcome(case):
    drawn, found = case
    reasons = questions_of(found.all.reasons)
    assert reasons == Enumerated(drawn, found).reasons()
    assert len(reasons) == len(found.all.reasons)


@given(explained())
def test_changes_are_all_minimal_sets_that_lead_to_each_other_outcome(case):
    drawn, found = case
    enumerated = Enumerated(drawn, found)
    told = {}
    for change in found.all.changes:
        wrong = frozenset(change.answers) & frozenset(enumerated.questions)
        assert wrong not in told.setdefault(change.family, set())
        told[change.family].add(wrong)
    assert told == enumerated.changes()


@given(explained())
def test_reasons_and_changes_are_each_others_minimal_hitting_sets(case):
    drawn, found = case
    enumerated = Enumerated(drawn, found)
    reasons = questions_of(found.all.reasons)
    changes = least(set().union(*enumerated.changes().values()))
    assert reasons == hit_by_enumeration(changes, enumerated.questions)
    assert changes == hit_by_enumeration(reasons, enumerated.questions)


@given(explained())
def test_deciding_again_with_a_change_gives_its_family(case):
    drawn, found = case
    engine = engine_for(drawn)
    kept = {
        id: answer for id, answer in found.decision.profile.items() if id == TASK or counts(answer)
    }
    for change in found.all.changes:
        new = {id: Answer((option,), None, "flag") for id, option in change.answers.items()}
        assert (engine.decide(kept | new).family or "none") == change.family


@given(explained())
def test_what_follows_could_not_stay(case):
    drawn, found = case
    enumerated = Enumerated(drawn, found)
    for change in found.all.changes:
        for id in change.follows:
            others = {q: [o] for q, o in change.answers.items() if q not in change.follows}
            kept = {
                q: list(enumerated.profile[q].options)
                for q in enumerated.questions
                if q not in change.answers
            }
            fixed = {**kept, **others, TASK: list(enumerated.profile[TASK].options)}
            fixed[id] = list(enumerated.profile[id].options)
            assert not enumerated.plain.completions(fixed)


@given(explained())
def test_a_single_wrong_answer_changes_nothing_unless_it_is_fragile(case):
    drawn, found = case
    enumerated = Enumerated(drawn, found)
    stability = found.all.stability
    assert list(stability.answers) == enumerated.questions
    for whole in enumerated.wholes:
        wrong = enumerated.differing(whole)
        if enumerated.plain.winner(whole) != enumerated.winner:
            assert stability.fewest is not None
            assert len(wrong) >= stability.fewest
            if len(wrong) == 1:
                assert wrong <= set(stability.fragile)
    assert (stability.fewest == 1) == bool(stability.fragile)


@given(explained())
def test_open_questions_are_counted_exactly(case):
    drawn, found = case
    plain = Plain(drawn)
    given = {id: list(answer.options) for id, answer in found.decision.given.items()}
    wholes = plain.completions(given)
    for one in found.all.open:
        rows = {}
        for whole in wholes:
            rows.setdefault(whole[one.question], []).append(plain.winner(whole))
        assert one.profiles == len(wholes)
        assert one.settled == sum(len(row) for row in rows.values() if len(set(row)) == 1)
        assert one.agreeing == sum(max(map(row.count, set(row))) for row in rows.values())
    settled = [one.settled for one in found.all.open]
    assert settled == sorted(settled, reverse=True)


@given(facts(), st.data())
def test_answers_that_hold_at_once_are_explained_too(drawn, data):
    answers = data.draw(given_answers(drawn, task=True))
    try:
        found = explain(compiled(drawn), profile_of(answers), all=True)
    except ContradictionError:
        return
    engine = engine_for(drawn)
    for reason in found.all.reasons:
        kept = {one.question: found.decision.profile[one.question] for one in reason}
        kept[TASK] = found.decision.profile[TASK]
        assert engine.decide(kept).possible == (found.decision.family or "none",)


@pytest.mark.slow
def test_every_task_of_the_shipped_rules_passes_its_own_check(rulebase):
    for task in rulebase.tasks:
        found = explain(rulebase, {TASK: task.id}, all=True)
        assert found.all.task == task.id
        assert found.all.reasons


def test_a_broken_duality_is_a_bug(rulebase, monkeypatch):
    monkeypatch.setattr(prime_module, "_changes", lambda *_: (1,))
    with pytest.raises(RuntimeError, match="do not hit each other"):
        explain(rulebase, {TASK: "captioning"}, all=True)


# -- sets --------------------------------------------------------------------------------------


@given(SETS)
def test_hitting_twice_gives_the_sets_back(sets):
    assert hitting(hitting(sets)) == sets


@given(SETS, SETS)
def test_joined_sets_hold_one_of_each(one, other):
    for bits in unions(one, other):
        assert any(first & bits == first for first in one)
        assert any(second & bits == second for second in other)


def test_too_many_sets_are_refused_and_not_cut():
    many = [sum(1 << place for place in chosen) for chosen in combinations(range(16), 8)]
    assert len(many) > MOST
    with pytest.raises(AdvisorError, match=r"more than 2,000 minimal"):
        minimal(many)
