"""Laws of what is picked, over the shipped tasks, languages, uses and steps of memory."""

import os

import pytest

from advisor import recommend
from advisor.engine.decision import Engine
from advisor.errors import ContradictionError

LONG = bool(os.environ.get("ADVISOR_LONG"))
"""All tasks; a quarter of them otherwise."""
LANGUAGES = ("en", "de", "hi", "other-language")


@pytest.fixture(scope="module")
def answers(rulebase):
    """The answers for every task that the families do, in some languages, uses and memories."""
    engine, found = Engine(rulebase), []
    for task in rulebase.tasks[:: 1 if LONG else 4]:
        for language in LANGUAGES:
            for more in ({}, {"use": "commercial"}, {"memory-gb": 2}, {"device": "cpu"}):
                given = {"task": task.id, "language": language, **more}
                try:
                    found.append((given, recommend(rulebase, given, engine=engine)))
                except ContradictionError:
                    continue
    assert len(found) > (300 if LONG else 75)
    return found


def advice(answers):
    return [(given, answer.advice[0]) for given, answer in answers]


@pytest.mark.slow
def test_what_is_verified_stands_before_what_is_not(answers):
    for given, one in advice(answers):
        doubtful = [bool(p.unknown or p.poor) for p in one.selection.picks if p.loads]
        assert doubtful == sorted(doubtful), given


def test_places_never_fall_and_the_first_is_the_first(answers):
    for given, one in advice(answers):
        places = [pick.place for pick in one.selection.picks]
        assert places == sorted(places), given
        assert places[:1] in ([], [1]), given


def test_the_first_can_be_loaded(answers):
    for given, one in advice(answers):
        assert all(pick.loads for pick in one.selection.picks[:1]), given


def test_nothing_is_picked_whose_rights_nobody_verified(answers):
    for given, one in advice(answers):
        if "use" in given:
            uses = {pick.checkpoint.commercial_use for pick in one.selection.picks}
            assert uses <= {"permitted"}, given
            assert all(pick.unknown for pick in one.selection.unverified), given


def test_an_answer_with_a_checkpoint_is_a_yes_and_one_without_is_a_no(answers):
    for given, answer in answers:
        (one,) = answer.advice
        if one.selection.picks:
            assert answer.exit_code == 0, given
        elif one.selection.rejected or one.selection.unverified:
            assert answer.exit_code == (0 if one.selection.compose else 1), given


def test_picks_are_of_one_family_and_it_is_named(answers):
    for given, one in advice(answers):
        families = {pick.checkpoint.family for pick in one.selection.picks}
        if not one.selection.provided:
            assert families <= {one.family}, given
        if one.selection.next_family:
            assert one.selection.next_family != one.decision.family, given
            assert families, given


def test_memory_is_a_limit_or_a_ladder(answers):
    for given, one in advice(answers):
        sizes = {p.checkpoint.id: p.needs_gb for p in one.selection.picks}
        if "memory-gb" in given:
            assert one.selection.ladder == (), given
            assert all(size is None or size <= 2 for size in sizes.values()), given
            continue
        assert bool(one.selection.ladder) == bool(sizes), given
        for up_to_gb, pick in one.selection.ladder:
            if pick and up_to_gb is not None:
                assert pick.needs_gb <= up_to_gb, given
        first = next(iter(one.selection.picks), None)
        if first and first.beyond_gb is None:
            step = 8 if "device" in given else 24
            (rung,) = (rung for rung in one.selection.ladder if rung.up_to_gb == step)
            assert rung.pick.checkpoint.id == first.checkpoint.id, given
