"""Who beats whom: quality on the same benchmark, memory, openness; unknown beats nothing."""

from hypothesis import given
from hypothesis import strategies as st

from advisor import recommend
from advisor.decide.ranking import (
    AXES,
    FREEDOM,
    GATING,
    Objectives,
    Yardstick,
    alternatives,
    beaten,
    better_on,
    depths,
)
from advisor.decide.selection import ORDERS

values = st.sampled_from([1.0, 2.0, 3.0])
standings = st.builds(
    Objectives,
    figures=st.dictionaries(st.sampled_from("abc"), values, max_size=3),
    memory_gb=st.one_of(st.none(), values),
    freedom=st.one_of(st.none(), st.sampled_from(sorted(FREEDOM.values()))),
    gated=st.sampled_from([True, False, None]),
)
GOOD = Objectives({"a": 2.0}, 2.0, 0, gated=False)


@given(standings)
def test_nothing_beats_itself(one):
    assert better_on(one, one) == ()


@given(standings, standings)
def test_two_never_beat_each_other(one, other):
    assert not (better_on(one, other) and better_on(other, one))


@given(standings, standings, standings)
def test_what_beats_a_winner_beats_whom_that_one_beats(one, two, three):
    if better_on(one, two) and better_on(two, three):
        assert better_on(one, three)


@given(st.lists(standings, min_size=1, max_size=8))
def test_the_front_is_never_empty_and_each_loser_is_beaten_by_one_of_it(many):
    named = [(str(n), one) for n, one in enumerate(many)]
    losses = beaten(named)
    front = {id for id, _ in named} - set(losses)
    assert front
    assert all({loss.by for loss in losses[id]} & front for id in losses)
    behind = depths(losses)
    assert all(behind[id] > behind.get(loss.by, 0) for id in losses for loss in losses[id])


@given(standings, standings)
def test_whoever_beats_is_no_worse_on_any_axis_and_known_on_all(one, other):
    axes = better_on(one, other)
    if axes:
        assert set(axes) <= set(AXES)
        assert one.memory_gb <= other.memory_gb
        assert one.freedom <= other.freedom
        assert GATING[one.gated] <= GATING[other.gated]
        assert other.figures
        assert all(one.figures[id] >= value for id, value in other.figures.items())


def test_figures_of_different_benchmarks_are_never_compared():
    assert better_on(GOOD, Objectives({"b": 1.0}, 3.0, 2, gated=True)) == ()
    assert better_on(GOOD, Objectives({"a": 1.0}, 3.0, 2, gated=True)) == AXES


def test_what_nobody_verified_neither_beats_nor_is_beaten():
    for worse in (
        Objectives({}, 3.0, 1, gated=True),
        Objectives({"a": 1.0}, None, 1, gated=True),
        Objectives({"a": 1.0}, 3.0, None, gated=True),
    ):
        assert better_on(GOOD, worse) == ()
        assert better_on(worse, GOOD) == ()


def test_unknown_gating_does_not_count_as_open():
    unknown = GOOD._replace(gated=None)
    better = unknown._replace(figures={"a": 3.0})
    assert better_on(better, GOOD) == ()
    assert better_on(better, unknown) == ("quality",)


# -- the shipped catalogue ---------------------------------------------------------------------


def test_every_benchmark_was_measured_and_belongs_to_a_task(rulebase):
    measured = {
        (m.benchmark, m.metric) for one in rulebase.checkpoints.values() for m in one.measurements
    }
    for benchmark in rulebase.benchmarks:
        assert (benchmark.benchmark, benchmark.metric) in measured, benchmark.id
        assert set(benchmark.tasks) <= {task.id for task in rulebase.tasks}


def test_a_benchmark_on_which_less_is_better_ranks_so(rulebase):
    lower = [benchmark for benchmark in rulebase.benchmarks if benchmark.better == "lower"]
    assert lower
    yardstick = Yardstick(rulebase, lower[0].tasks[0])
    found = [
        (yardstick.objectives(one, None).figures[lower[0].id], measured.value)
        for one in rulebase.checkpoints.values()
        for measured in one.measurements
        if (measured.benchmark, measured.metric) == (lower[0].benchmark, lower[0].metric)
    ]
    assert len(found) > 1
    assert [figure for figure, _ in found] == [-value for _, value in found]


def test_no_pick_stands_above_one_that_beats_it(rulebase):
    for task in rulebase.tasks:
        picks = recommend(rulebase, {"task": task.id}).advice[0].selection.picks
        place = {pick.checkpoint.id: number for number, pick in enumerate(picks)}
        for pick in picks:
            assert all(place[loss.by] < place[pick.checkpoint.id] for loss in pick.beaten)


def test_every_pick_has_something_to_try_next_that_is_better_as_said(rulebase):
    seen = set()
    for task in rulebase.tasks:
        for order in ORDERS:
            advice = recommend(rulebase, {"task": task.id}, order=order).advice[0]
            picks = {pick.checkpoint.id: pick for pick in advice.selection.picks}
            for id, pick in picks.items():
                following = alternatives(pick, advice.selection)
                left = len(picks) - 1 + len(advice.selection.unverified + advice.selection.rejected)
                assert bool(following) == bool(left)
                seen |= {one.wish for one in following}
                for one in following:
                    assert one.checkpoint != id
                    if one.wish == "smaller":
                        assert picks[one.checkpoint].memory_gb < pick.memory_gb
                    if one.wish == "freer":
                        theirs = picks[one.checkpoint].objectives.freedom
                        here = pick.objectives.freedom
                        gated = pick.checkpoint.gated and not picks[one.checkpoint].checkpoint.gated
                        assert theirs is not None
                        assert here is None or theirs < here or (gated and theirs == here)
                    if one.wish == "better":
                        shared = set(pick.objectives.figures) & set(
                            picks[one.checkpoint].objectives.figures
                        )
                        assert any(
                            picks[one.checkpoint].objectives.figures[b] > pick.objectives.figures[b]
                            for b in shared
                        )
    assert {"better", "smaller", "freer"} <= seen
