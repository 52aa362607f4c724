"""The shipped rules: true to their own examples, sound, complete, sourced, out of the code."""

import ast
from itertools import combinations
from pathlib import Path

import pytest

import advisor
from advisor import make_profile, recommend
from advisor.audit.scenarios import answer_scenario, prove
from advisor.engine.decision import Engine
from advisor.errors import UsageError
from advisor.model import NONE
from advisor.model.evidence import Scenario

PACKAGE = Path(advisor.__file__).parent


def test_every_example_and_scenario_comes_true(rulebase):
    proof = prove(rulebase)
    assert (proof.examples, proof.scenarios) == (len(rulebase.examples), len(rulebase.scenarios))
    assert proof.examples
    assert proof.scenarios
    assert proof.failures == ()


def test_every_example_can_be(rulebase, engine):
    impossible = [
        f"{example.place}: {example.rule} {example.given}"
        for example in rulebase.examples
        if not engine.admits(make_profile(rulebase, example.given))
    ]
    assert not impossible


def test_every_task_is_decided_for_every_family(rulebase):
    """Declared with a fit, or with a reason why not: its own, that of an answer it implies, or
    that of the task which nobody does.
    """
    silent = []
    for family in rulebase.families:
        for task in rulebase.tasks:
            implied = {o for options in task.implies.values() for o in options}
            known = {*family.tasks, *family.cannot}
            if task.id not in known and not implied & known and not task.elsewhere:
                silent.append(f"{family.id}: {task.id}")
    assert not silent


def test_every_task_is_done_by_a_family_or_sent_elsewhere(rulebase, engine):
    for task in rulebase.tasks:
        possible = engine.decide(make_profile(rulebase, {"task": task.id})).possible
        assert (possible == (NONE,)) == (task.elsewhere is not None), task.id


def test_every_family_wins_some_task(rulebase, engine):
    profiles = [make_profile(rulebase, {"task": task.id}) for task in rulebase.tasks]
    winners = {engine.decide(profile).family for profile in profiles}
    assert {family.id for family in rulebase.families} <= winners


def test_every_alias_leads_to_its_option(rulebase):
    for question in rulebase.questions:
        for option in question.options:
            for name in (option.id, *option.aliases):
                profile = make_profile(rulebase, {question.id: name})
                assert profile[question.id].options == (option.id,), name


def test_every_answerable_task_ends_in_a_checkpoint(rulebase):
    barren = []
    for task in rulebase.tasks:
        advice = recommend(rulebase, {"task": task.id}).advice[0]
        if advice.decision.family and not advice.selection.picks:
            barren.append(task.id)
    assert not barren


def test_every_checkpoint_does_what_its_family_declares(rulebase):
    families = {family.id: family for family in rulebase.families}
    wrong = [
        f"{checkpoint.id}: {task}"
        for checkpoint in rulebase.checkpoints.values()
        if checkpoint.offered
        for task in (*checkpoint.tasks, *checkpoint.fine_tune)
        if task not in families[checkpoint.family].tasks and task not in rulebase.elsewhere
    ]
    assert not wrong


def literals(path):
    """Return the string literals of a module that are not docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    prose = {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in prose:
            yield node.lineno, node.value


LIBRARIES = {"clip"}
"""Families that a Python package is named after: code that reads imports has to name it."""

MODULES = [
    path for path in sorted(PACKAGE.rglob("*.py")) if path.relative_to(PACKAGE).parts[0] != "rules"
]


def test_knowledge_stays_out_of_the_code(rulebase):
    names = {family.id for family in rulebase.families}
    names |= {task.id for task in rulebase.tasks} | set(rulebase.checkpoints)
    for path in MODULES:
        of_libraries = LIBRARIES if path.relative_to(PACKAGE).parts[0] == "scan" else set()
        found = [f"{path}:{line}: {text}" for line, text in literals(path) if text in names]
        assert [one for one in found if one.rpartition(": ")[2] not in of_libraries] == []


READING = ("ocr-line", "handwriting", "document-classification", "math-ocr", "captioning")


@pytest.mark.parametrize("tasks", list(combinations(READING, 2)), ids=" and ".join)
def test_a_scenario_of_several_tasks_is_judged_by_what_is_recommended(engine, rulebase, tasks):
    scenario = Scenario(
        "both", None, None, {"task": list(tasks)}, None, [], [], [], None, "here.yaml:1"
    )
    together = recommend(rulebase, {"task": list(tasks)}).together
    assert answer_scenario(engine, scenario)[0] == (together.family or NONE)


def test_what_checkpoints_cannot_be_ranked_by_is_refused(rulebase):
    with pytest.raises(UsageError, match="unknown sort order `typo`"):
        recommend(rulebase, {"task": "captioning"}, order="typo")


def test_a_priority_beside_an_engine_of_another_is_refused(engine, rulebase):
    first = (rulebase.criteria[-1].id,)
    with pytest.raises(ValueError, match="`priority`"):
        recommend(rulebase, {"task": "captioning"}, engine=engine, priority=first)
    own = Engine(rulebase, first)
    answer = recommend(rulebase, {"task": "captioning"}, engine=own, priority=first)
    assert answer.priority == first
