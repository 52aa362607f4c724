"""What the audit says of checkpoints, held against judging every complete profile rule by rule."""

from collections import Counter, defaultdict
from itertools import product

import pytest
from choice_reference import Case, judged

from advisor.audit.claim import Budget, ProofContext
from advisor.audit.effects import first_places
from advisor.audit.proofs import every_profile_ends
from advisor.decide.first_checkpoints import FirstCheckpoints
from advisor.decide.outlook import diagram_for
from advisor.decide.selection import ORDERS, select
from advisor.decide.task_diagrams import axes_of, build
from advisor.engine.decision import Engine
from advisor.engine.diagram import Diagram
from advisor.engine.profile import Answer
from advisor.errors import TooMuchOpenError
from advisor.model import NONE, TASK

UNDECIDED = ("teachable", "nothing")


def context_of(rulebase, clock=lambda: 0.0):
    return ProofContext(rulebase, Budget(1, clock))


def cases(engine, task, axes):
    """Yield every complete profile that some axes tell apart."""
    typical = {
        question.id: Answer((question.options[0].id,), None, "flag")
        for question in engine.rulebase.questions
    } | {TASK: Answer((task,), None, "flag")}
    for values in product(*(axis.values for axis in axes)):
        answers = {axis.question: value.answer for axis, value in zip(axes, values, strict=True)}
        said = {id: answer for id, answer in answers.items() if answer.options}
        if engine.admits({TASK: typical[TASK], **said}):
            yield typical | answers


@pytest.fixture(scope="module")
def ends(small):
    """Every complete profile of each task, with what judging it rule by rule leads to."""
    context = context_of(small)
    return {
        task.id: [
            (whole, judged(small, whole))
            for whole in cases(context.engine, task.id, context.diagram(task.id).axes)
        ]
        for task in small.tasks
    }


@pytest.mark.slow
def test_each_case_is_counted_by_what_it_ends_in(small, ends):
    _, found = every_profile_ends(context_of(small))
    assert found
    for task, judgements in ends.items():
        counted = Counter(kind for _, (kind, family, *_) in judgements if family != NONE)
        assert found.get(task, {}) == counted


@pytest.mark.slow
def test_a_case_without_a_checkpoint_has_a_closest_but_for_those_that_are_named(small, ends):
    context = context_of(small)
    bare = Counter()
    for task, judgements in ends.items():
        for whole, (kind, family, *_) in judgements:
            if kind in UNDECIDED and family != NONE:
                found = select(small, context.engine.decide(whole))
                bare[task] += not (found.closest or found.unverified)
    defects = every_profile_ends(context)[0].defects
    assert {one.about for one in defects} == {task for task, number in bare.items() if number}
    for one in defects:
        assert f"in {bare[one.about]:,} answer combinations" in one.message


@pytest.mark.slow
def test_what_comes_first_in_no_profile_and_what_stands_before_it(small):
    context = context_of(small)
    claim, behind = first_places(context)
    first = set()
    before = defaultdict(Counter)
    for task in small.tasks:
        space = context.engine.space({TASK: Answer((task.id,), None, "flag")})
        axes = axes_of(context.engine, task.id, space, {})
        for whole in cases(context.engine, task.id, axes):
            for order in ORDERS:
                _, _, id, _, source = judged(small, whole, order=order)
                first.add(id)
                if order == "quality" and source:
                    for one, _ in Case(small, whole, source, order, False).sorted_out():
                        before[one.id][id] += 1
    offered = {one.id for one in small.checkpoints.values() if one.offered}
    assert {one.checkpoint for one in behind} == offered - first
    for one in behind:
        assert one.cases == before[one.checkpoint].total()
        if one.cases:
            assert one.by == max(before[one.checkpoint].values())
            assert one.by == before[one.checkpoint][one.before]
    assert {one.about for one in claim.defects} == {
        one.checkpoint for one in behind if not one.cases
    }


def test_a_checkpoint_behind_its_better_is_named_with_it_and_in_front_once_that_is_gone(small):
    """Of two that are alike in all but their id and their figures, one comes first everywhere."""
    (one, *_) = [c for c in small.checkpoints.values() if c.offered and c.tasks]
    rulebase = small.with_parts({})
    rulebase.catalogue(one.family).append(one._replace(id="someone/its-twin"))
    _, behind = first_places(context_of(rulebase))
    twin = next(found for found in behind if found.checkpoint == "someone/its-twin")
    assert twin.cases
    assert twin.before


def test_a_proof_that_the_budget_ends_is_none(small):
    ticks = iter([0.0, 0.0])
    with pytest.raises(TooMuchOpenError, match="nothing is verified"):
        first_places(context_of(small, lambda: next(ticks, 9.0)))


@pytest.mark.parametrize(
    "task", ["captioning", pytest.param("image-search", marks=pytest.mark.slow), "handwriting"]
)
def test_no_order_depends_on_where_a_checkpoint_stands_in_its_file(rulebase, task):
    turned = rulebase.with_parts({})
    for family in turned.families:
        turned.catalogue(family.id).reverse()
    ids = [[one.id for one in base.checkpoints.values()] for base in (rulebase, turned)]
    assert ids[0] != ids[1]
    assert (
        diagram_for(Engine(rulebase), task, {}).to_json() == build(Engine(turned), task).to_json()
    )


class Counted(FirstCheckpoints):
    """Counts how many states of complete answers are looked at."""

    looked = 0

    def first(self, state, order=None):
        self.looked += 1
        return super().first(state, order)


def test_what_an_answer_only_takes_away_is_not_followed_where_it_is_never_chosen(engine):
    given = {TASK: Answer(("vqa",), None, "flag")}
    counted = Counted(
        engine.rulebase, "vqa", "unified-vlp", axes_of(engine, "vqa", engine.space(given), {})
    )
    store = Diagram([[(place,) for place in range(len(axis.values))] for axis in counted.axes])
    root = counted.build(store)
    assert len(store.labels(root)) > 20
    assert counted.looked < 25_000
