"""The smallest set of checkpoints for several tasks, against plain enumeration."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from advisor.catalogue.uncatalogued import UncataloguedCheckpoint, as_checkpoint
from advisor.decide.cover import SHARED_GB, Offer, cover
from advisor.decide.selection import Pick
from advisor.engine.decision import VERDICTS

TASKS = ("read", "write", "find")


def checkpoint(id):
    return as_checkpoint(
        UncataloguedCheckpoint(
            id=id,
            place="folder",
            revision=None,
            model_type="x",
            architectures=(),
            families=("reader",),
            relatives=(),
            image_size=None,
            text_context=None,
            dtype=None,
            own_code=False,
        )
    )


def pick(id, memory_gb, use="as-is"):
    return Pick(checkpoint(id), use, memory_gb, ())


@st.composite
def offers(draw):
    """For each task, picks of a few checkpoints with one memory each."""
    memory = {
        f"org/{letter}": draw(st.sampled_from([None, 1.0, 2.0, 3.0]))
        for letter in "abcdef"[: draw(st.integers(1, 6))]
    }
    found = {}
    for task in TASKS[: draw(st.integers(1, 3))]:
        ids = draw(st.lists(st.sampled_from(sorted(memory)), min_size=1, unique=True))
        verdicts = draw(
            st.lists(st.sampled_from(VERDICTS[:3]), min_size=len(ids), max_size=len(ids))
        )
        found[task] = [
            Offer(pick(id, memory[id]), verdict, place)
            for place, (id, verdict) in enumerate(zip(ids, verdicts, strict=True))
        ]
    return found


def ids(chosen):
    return tuple(pick.checkpoint.id for pick, _ in chosen.members)


def together(sizes):
    """What several take in one process, which holds the interpreter once."""
    return round(sum(sizes) - (len(sizes) - 1) * SHARED_GB, 6)


def plain(offered, limit):
    """All irredundant sets that serve every task, best first, the slow and obvious way."""
    memory = {
        o.pick.checkpoint.id: o.pick.memory_gb for of_task in offered.values() for o in of_task
    }
    for bound in dict.fromkeys((limit, None)):
        for bar in (1, 2):
            able = {
                task: {
                    o.pick.checkpoint.id: (VERDICTS.index(o.verdict), o.place)
                    for o in of_task
                    if VERDICTS.index(o.verdict) <= bar
                }
                for task, of_task in offered.items()
            }
            found = []
            for size in range(1, len(offered) + 1):
                for chosen in combinations(sorted(memory), size):
                    sizes = [memory[id] for id in chosen]
                    if bound is not None and (None in sizes or together(sizes) > bound):
                        continue
                    if not all(set(chosen) & set(ids) for ids in able.values()):
                        continue
                    if any(
                        all((set(chosen) - {one}) & set(ids) for ids in able.values())
                        for one in chosen
                    ):
                        continue
                    best = [
                        min(rank for id, rank in ids.items() if id in chosen)
                        for ids in able.values()
                    ]
                    known = [gb for gb in sizes if gb is not None]
                    rank = (
                        size,
                        sum(verdict > 0 for verdict, _ in best),
                        0,
                        sum(place for _, place in best),
                        (len(known) < size, round(sum(known), 2)),
                    )
                    found.append((rank, chosen))
            if found:
                return sorted(found)
    return []


@given(offers(), st.sampled_from([None, 1.0, 2.0, 4.0]))
def test_the_set_and_the_runner_up_are_those_of_plain_enumeration(offered, limit):
    found = cover(offered, limit)
    wanted = plain(offered, limit)
    got = [tuple(sorted(ids(one))) for one in (found.best, found.runner_up) if one]
    ranks = {chosen: rank for rank, chosen in wanted}
    assert len(got) == min(2, len(wanted))
    assert [ranks[ids] for ids in got] == [rank for rank, _ in wanted[:2]]
    assert len(set(got)) == len(got)


@given(offers(), st.sampled_from([1.0, 2.0, 4.0]))
def test_what_is_within_the_memory_adds_up_to_no_more(offered, limit):
    found = cover(offered, limit)
    if found.best and found.within:
        assert found.best.memory_gb <= limit
        served = {task for _, uses in found.best.members for task in uses}
        assert served == set(offered)


def test_one_checkpoint_for_all_goes_before_the_best_for_each():
    offered = {
        "read": [Offer(pick("org/reader", 1.0), "recommended", 0),
                 Offer(pick("org/both", 3.0), "recommended", 1)],
        "write": [Offer(pick("org/writer", 1.0), "recommended", 0),
                  Offer(pick("org/both", 3.0), "recommended", 1)],
    }  # fmt: skip
    found = cover(offered, None)
    assert ids(found.best) == ("org/both",)
    assert ids(found.runner_up) == ("org/reader", "org/writer")
    assert ids(cover(offered, 2.0).best) == ("org/reader", "org/writer")
    assert cover(offered, 2.0).best.memory_gb == round(2.0 - SHARED_GB, 2)
    assert cover(offered, 2.0).runner_up is None


def test_what_is_not_gated_goes_before_a_better_place():
    gated = pick("org/gated", 1.0)
    gated = gated._replace(checkpoint=gated.checkpoint._replace(gated=True))
    offered = {
        "read": [Offer(gated, "recommended", 0), Offer(pick("org/free", 1.0), "recommended", 1)]
    }
    assert ids(cover(offered, None).best) == ("org/free",)


def test_a_discouraged_family_serves_only_where_no_other_set_fits():
    offered = {
        "read": [Offer(pick("org/reader", 3.0), "recommended", 0),
                 Offer(pick("org/poor", 1.0), "discouraged", 0)],
    }  # fmt: skip
    assert ids(cover(offered, None).best) == ("org/reader",)
    assert ids(cover(offered, 2.0).best) == ("org/poor",)
    too_much = cover(offered, 0.5)
    assert (too_much.within, too_much.fits, ids(too_much.best)) == (False, False, ("org/reader",))


def test_nothing_offered_is_no_set():
    found = cover({"read": []}, None)
    assert (found.best, found.fits) == (None, False)
