"""The graph of complete profiles: weights, parts of the rules, and bounds on its size."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_rules import Plain, engine_for, facts, given_answers, profile_of, wins_of

from advisor.engine.space import Space
from advisor.model import NONE


class TooLargeError(Exception):
    """What the tests raise where a graph is to grow no further."""


@given(facts(), st.data())
def test_weights_count_the_profiles_of_each_outcome(of, data):
    answers = data.draw(given_answers(of))
    plain, engine = Plain(of), engine_for(of)
    space = Space(engine.encoding, engine.choices(profile_of(answers)))
    names = [*engine.encoding.families, NONE]
    counted = dict.fromkeys(names, 0)
    for outcome, number in space.counts(space.root).items():
        counted[names[engine.ranking.winner(outcome)]] += number
    won = [plain.winner(whole) for whole in plain.completions(answers)]
    assert counted == {name: won.count(name) for name in names}


@given(facts())
def test_without_any_rule_every_profile_is_left(of):
    engine = engine_for(of)
    space = Space(engine.encoding, engine.choices({}), only=engine.encoding.forbid)
    assert space.total(space.root) == len(Plain(of).completions({}))
    assert set(space.outcomes) <= {0}


@given(facts(), st.data())
def test_a_rule_left_out_of_the_graph_is_a_rule_not_written(of, data):
    written = data.draw(st.sampled_from(of["rule"]))
    engine, plain = engine_for(of), Plain(of | {"rule": [r for r in of["rule"] if r != written]})
    own = sum(
        1 << place
        for place, conjunction in enumerate(engine.encoding.conjunctions)
        if conjunction.origin.id == written["id"]
    )
    only = engine.encoding.everything & ~own
    counts = wins_of(engine, Space(engine.encoding, engine.choices({}), only=only))
    won = [plain.winner(whole) for whole in plain.completions({})]
    assert counts == [won.count(name) for name in [*engine.encoding.families, NONE]]


def test_a_graph_asks_for_room_before_it_grows(engine):
    asked = []
    whole = Space(engine.encoding, engine.choices({}), spend=asked.append)
    assert 0 < len(whole) <= sum(asked)

    def refuse(edges):
        raise TooLargeError(edges)

    with pytest.raises(TooLargeError):
        Space(engine.encoding, engine.choices({}), spend=refuse)


def test_nothing_can_be_asked_of_an_empty_space(engine):
    space = Space(engine.encoding, [() for _ in engine.encoding.questions])
    assert not space
    assert space.total(space.root) == 0
    assert not space.reachable(space.root).labels
    assert space.first(space.root) is None
