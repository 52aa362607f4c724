"""Exact to the checkpoint: a leaf is what its answers lead to, and every change is named.

`ADVISOR_LONG=1` draws as many profiles as the proof asks for; each run draws some. What is unequal
is told with its answers; `ADVISOR_SEED` draws others.
"""

import copy
import os
import random
from itertools import islice
from math import prod

import pytest
from choice_reference import judged

from advisor.decide.bounded_rules import bounded
from advisor.decide.outlook import diagram_for, outlook
from advisor.decide.recommendation import advise, recommend
from advisor.decide.selection import Picking
from advisor.decide.task_diagrams import build
from advisor.engine.decision import Engine
from advisor.engine.profile import Answer, bound_answer, make_profile, read_answer
from advisor.engine.task_diagram import Leaf, TaskDiagram
from advisor.errors import ContradictionError, UsageError
from advisor.model import NOT_APPLICABLE, TASK
from advisor.rulebase.store import load_rules

LONG = bool(os.environ.get("ADVISOR_LONG"))
SEED = int(os.environ.get("ADVISOR_SEED", "28"))
OVERLAY = "examples/overlay"


def drawn(short, long):
    return long if LONG else short


@pytest.fixture(scope="module")
def engine():
    return Engine.known(load_rules())


@pytest.fixture(scope="module")
def diagrams(engine):
    return [diagram_for(engine, task.id, {}) for task in engine.rulebase.tasks]


def sample(diagram, draw):
    """Return a random path through a diagram, each complete profile as likely, and its leaf."""
    path = [draw.randrange(len(axis.values)) for axis in diagram.axes]
    node = diagram.root
    while children := diagram.children[node]:
        level = diagram.level[node]
        ways = [
            diagram.total(child)
            * prod(diagram.ways[level + 1 : diagram.level[child]])
            // prod(diagram.ways[: diagram.level[child]])
            for child in children
        ]
        (path[level],) = draw.choices(range(len(children)), ways)
        node = children[path[level]]
    return path, diagram.label[node]


def profile_of(engine, diagram, path):
    """Return the complete profile of a path; what bears on nothing is answered as is typical."""
    profile = {
        question.id: Answer((question.options[0].id,), None, "flag")
        for question in engine.rulebase.questions
    }
    profile[TASK] = Answer((diagram.task,), None, "flag")
    for place, axis in zip(path, diagram.axes, strict=True):
        profile[axis.question] = axis.values[place].answer
    return profile


def differences(engine, diagrams, number, priority=(), **how):
    """Yield the profiles of which a leaf says something else than judging them rule by rule."""
    draw = random.Random(SEED)
    for _ in range(number):
        diagram = draw.choice(diagrams)
        path, leaf = sample(diagram, draw)
        profile = profile_of(engine, diagram, path)
        direct = judged(engine.rulebase, profile, priority, **how)
        if tuple(leaf) != direct:
            yield diagram.task, {id: one.said for id, one in profile.items()}, leaf, direct


def test_a_leaf_is_what_judging_rule_by_rule_leads_to(engine, diagrams):
    assert [*differences(engine, diagrams, drawn(30, 100_000))] == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("priority", "task"), [(("task-fit",), "captioning"), (("scale", "hardware"), "image-search")]
)
def test_so_it_is_under_another_priority(priority, task):
    engine = Engine(load_rules(), priority)
    diagrams = [diagram_for(engine, task, {}) for task in (ids() if LONG else [task])]
    assert [*differences(engine, diagrams, drawn(100, 3000), engine.priority)] == []


def ids():
    return (task.id for task in load_rules().tasks)


def test_so_it_is_under_an_overlay():
    engine = Engine(load_rules(overlays=(OVERLAY,)))
    tasks = [task.id for task in engine.rulebase.tasks][-3:] if not LONG else [*ids()]
    diagrams = [build(engine, task) for task in tasks]
    assert [*differences(engine, diagrams, drawn(100, 3000))] == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("how", "task"),
    [
        ({"order": "small"}, "similar-images"),
        ({"order": "open"}, "captioning"),
        ({"verified_only": True}, "handwriting"),
    ],
)
def test_so_it_is_in_another_order_or_of_verified_ones_alone(engine, how, task):
    diagrams = [
        diagram_for(engine, task, {}, Picking(**how)) for task in (ids() if LONG else [task])
    ]
    assert [*differences(engine, diagrams, drawn(100, 3000), **how)] == []


@pytest.mark.parametrize(
    ("task", "within"),
    [
        pytest.param("captioning", "2s/item", marks=pytest.mark.slow),
        pytest.param("image-search", "5ms/item", marks=pytest.mark.slow),
        ("ocr-page", "1s/item"),
    ],
)
def test_so_it_is_under_a_bound_on_time(engine, task, within):
    under, _ = bounded(engine, {"within": bound_answer(within, "flag")})
    diagrams = [diagram_for(under, task, {})]
    assert [*differences(under, diagrams, drawn(60, 3000))] == []
    assert "untimely" not in {leaf.kind for leaf in diagrams[0].ends()}


def test_one_leaf_changed_behind_its_back_is_found(engine, diagrams):
    diagram = next(one for one in diagrams if one.task == "captioning")
    table = diagram.to_json()
    known = TaskDiagram.from_json(table)
    assert known.to_json() == table
    assert [*differences(engine, [known], 50)] == []
    table["leaves"] = [[*leaf[:2], "someone/else", *leaf[3:]] for leaf in table["leaves"]]
    assert any(differences(engine, [TaskDiagram.from_json(table)], 50))


def resized(rulebase):
    catalogue = rulebase.catalogue("unified-vlp")
    place = next(n for n, one in enumerate(catalogue) if one.id == "Qwen/Qwen3.5-0.8B")
    catalogue[place] = catalogue[place]._replace(parameters_millions=90_000.0)
    return rulebase


def without_a_rule(rulebase):
    """Leave out the rules that put a family first where the parts are one's own."""
    rulebase.rules = tuple(
        one for one in rulebase.rules if not (one.effect == "prefer" and "parts" in one.when)
    )
    return rulebase


def with_another_figure(rulebase):
    """Let the last of a table be the best by far."""
    order = copy.deepcopy(rulebase.order("image-search"))
    for row in order["yardsticks"].values():
        for tables in row["tables"].values():
            for table in tables:
                for _, _, values in table:
                    if values:
                        values[min(values, key=values.get)] = 1000.0
    return rulebase.with_parts({"orders/image-search": order})


@pytest.mark.parametrize(
    ("changed", "task"),
    [
        (resized, "captioning"),
        (without_a_rule, "captioning"),
        (with_another_figure, "image-search"),
    ],
)
def test_a_diagram_of_other_sizes_rules_or_figures_is_found(engine, changed, task):
    stale = diagram_for(engine, task, {})
    other = changed(engine.rulebase.with_parts({}))
    assert any(differences(Engine(other), [stale], 400))


# -- what would change it -----------------------------------------------------------------------


def answers_to(question):
    """Return every option, and every kind that one covers but where several hold at once."""
    for option in question.options:
        yield option.id
        yield from option.covers if not question.many else ()


def needs(engine):
    """Yield the defaults of all tasks, then random partial profiles without an end."""
    draw = random.Random(SEED)
    yield from ({TASK: task.id} for task in engine.rulebase.tasks)
    while True:
        answers = {TASK: draw.choice(engine.rulebase.tasks).id}
        questions = [one for one in engine.rulebase.questions if one.id != TASK]
        for question in draw.sample(questions, draw.randrange(7)):
            given = draw.choice([*answers_to(question)])
            if question.steps and draw.random() < 0.5:
                given = round(draw.uniform(0.3, 30), 2)
            if question.many and draw.random() < 0.3:
                given = draw.choice([["en", "de"], "cs", ["fr", "ja"]])
            try:
                if engine.admits(make_profile(engine.rulebase, {**answers, question.id: given})):
                    answers[question.id] = given
            except (UsageError, ContradictionError):
                continue
        yield answers


def end_of(engine, profile):
    """Return the family and the first checkpoint that people are told."""
    ordered = {id: profile[id] for id in engine.encoding.questions if id in profile}
    advice = advise(engine, ordered)
    picks = advice.selection.picks
    return advice.decision.family or "none", picks[0].checkpoint.id if picks else ""


def instead(engine, profile, answers):
    """Return where a profile ends with other answers; None where they cannot be."""
    read = {id: read_answer(engine.rulebase.question(id), v, "flag") for id, v in answers.items()}
    try:
        return end_of(engine, {**profile, **read})
    except ContradictionError:
        return None


def test_every_single_answer_that_changes_the_answer_is_named_and_no_other(engine):
    for answers in islice(needs(engine), drawn(32, 0), 36 + drawn(2, 2036)):
        profile = make_profile(engine.rulebase, answers)
        now = end_of(engine, profile)
        seen = outlook(engine, engine.decide(profile))
        assert seen.leaf.choice == now, answers
        named = {}
        for change in seen.changes:
            end = change.family, change.checkpoint
            assert instead(engine, profile, change.answers) == end != now, (answers, change)
            if len(change.answers) == 1:
                named |= dict.fromkeys(change.answers.items(), end)
        for question in engine.rulebase.questions:
            if question.id in (TASK, "output"):
                continue
            for option in answers_to(question):
                end = instead(engine, profile, {question.id: option})
                if end not in (None, now):
                    assert named.get((question.id, option)) == end, (answers, question.id, option)


def _first(memory_gb):
    picks = recommend(task="captioning", memory_gb=memory_gb).advice[0].selection.picks
    return picks[0].checkpoint.id


def test_a_band_says_that_its_numbers_differ(engine):
    advice = recommend(task="captioning", memory_gb="up-to-4-gb").advice[0]
    firsts = {
        recommend(task="captioning", memory_gb=number / 10)
        .advice[0]
        .selection.picks[0]
        .checkpoint.id
        for number in range(21, 41)
    }
    assert len(firsts) > 1
    assert advice.certainty.checkpoint == "assumed"
    named = {one.checkpoint for one in advice.changes if set(one.answers) == {"memory-gb"}}
    assert firsts <= {*named, advice.selection.picks[0].checkpoint.id}


def test_nothing_is_certain_that_an_unanswered_question_changes(engine):
    for task in ("similar-images", "deduplication", "supervised-classification", "vqa"):
        advice = recommend(task=task).advice[0]
        assert (advice.certainty.checkpoint, recommend(task=task, strict=True).exit_code) == (
            "assumed",
            3,
        )


def test_strict_leaves_the_answer_as_complete(engine):
    assumed, strict = recommend(task="captioning"), recommend(task="captioning", strict=True)
    before, after = assumed.to_dict(), strict.to_dict()
    assert (before["outcome"], after["outcome"]) == ("assumed", "undetermined")
    assert after["certainty"] == {"family": "undetermined", "checkpoint": "undetermined"}
    assert after["command"] == f"{before['command']} --strict"
    told = {"outcome", "certainty", "command"}
    assert {k: v for k, v in after.items() if k not in told} == {
        k: v for k, v in before.items() if k not in told
    }


def test_strict_about_the_family_alone_lets_the_checkpoint_be_assumed():
    sure = recommend(task="similar-images", strict="family")
    assert sure.exit_code == 0
    assert sure.advice[0].certainty == ("decided", "assumed")
    assert recommend(task="captioning", strict="family").exit_code == 3


def test_a_leaf_names_who_has_the_checkpoint(diagrams):
    leaves = {leaf for diagram in diagrams for leaf in diagram.ends()}
    assert all(isinstance(leaf, Leaf) for leaf in leaves)
    assert any(leaf.is_next for leaf in leaves)
    assert NOT_APPLICABLE not in {leaf.family for leaf in leaves}
