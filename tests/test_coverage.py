"""Coverage by scenarios: counted as plain enumeration counts it, and named at its place."""

import json
from textwrap import dedent

import pytest
from choice_reference import judged
from hypothesis import given
from hypothesis import strategies as st
from random_rules import Plain, compiled, facts, given_answers, holds, without

from advisor.audit.scenarios import answer_scenario, coverage
from advisor.cli.main import run
from advisor.engine.decision import Engine
from advisor.engine.profile import Answer
from advisor.model import NONE, TASK
from advisor.rulebase.store import load_rules

# -- the shipped rules ------------------------------------------------------------------------


def test_some_scenarios_end_in_none(rulebase):
    ending = [one.id for one in rulebase.scenarios if one.outcome == NONE]
    assert len(ending) >= len(rulebase.elsewhere)


@pytest.mark.slow
def test_a_scenario_fails_without_any_rule_that_can_change_an_answer(rulebase):
    shipped = coverage(rulebase)
    assert shipped.complete
    scenarios = {one.id: one for one in rulebase.scenarios}
    noticed = set()
    for one in shipped.rules:
        engine = Engine(without(rulebase, one.rule))
        for id in one.pivotal:
            family, _ = answer_scenario(engine, scenarios[id])
            if family not in scenarios[id].families:
                noticed.add(one.rule.id)
    about_families = {
        one.rule.id
        for one in shipped.rules
        if not one.rule.supporting and not any("/" in id for id in one.rule.candidates)
    }
    assert about_families - noticed == set()


def test_leaves_that_scenarios_end_in_are_counted_as_judging_them_rule_by_rule_does(small):
    engine = Engine(small)
    ends = set()
    for scenario in small.scenarios:
        for decision in answer_scenario(engine, scenario)[1]:
            (task,) = decision.profile[TASK].options
            open_ = {
                id: Answer((), None, "assumed") for id in small.left_open - decision.given.keys()
            }
            ends.add((task, judged(small, decision.profile | open_)))
    leaves = coverage(small).leaves
    assert sum(reached for reached, _ in leaves.values()) == len(ends)
    assert all(reached <= number for reached, number in leaves.values())


# -- counting ---------------------------------------------------------------------------------


@given(st.data())
def test_pivotal_and_firing_are_what_enumeration_says(data):
    drawn = data.draw(facts())
    profile = data.draw(given_answers(drawn, task=True, together=False))
    whole = Plain(drawn).typical(profile)
    drawn["scenario"] = [{"id": "drawn", "profile": profile, "family": "none"}]
    covered = coverage(compiled(drawn)).rules
    assert {one.rule.id for one in covered} == {rule["id"] for rule in drawn["rule"]}
    for one in covered:
        kept = [rule for rule in drawn["rule"] if rule["id"] != one.rule.id]
        fires = whole is not None and holds(one.rule.when, whole)
        assert bool(one.fires) == fires
        if fires:
            winner, _ = Plain(drawn).decide(whole)
            other, _ = Plain({**drawn, "rule": kept}).decide(whole)
            assert bool(one.pivotal) == (winner != other)
        else:
            assert not one.pivotal
            assert not one.decisive


SOURCES = """\
sources:
  - {id: note, title: A note, kind: article, read: "2026-11"}
"""


def rule(id, when, effect, criterion="scale", more=""):
    """Return a rule as it stands in a file."""
    example = "{given: {task: answer}, fires: %s}"
    return (
        f"  - {{id: {id}, criterion: {criterion}, when: {when}, {effect}, because: So., "
        f"sources: [note], {more}examples: [{example % 'true'}, {example % 'false'}]}}\n"
    )


@pytest.fixture
def house(tmp_path, small_rules):
    """Lay rules and scenarios of the house over the small ones, and return the folder."""

    def lay(rules, scenarios, more=None):
        files = {
            "decisions/house.yaml": "rules:\n" + "".join(rules),
            "scenarios/house.yaml": "scenarios:\n" + dedent(scenarios),
            "sources.yaml": SOURCES,
            **(more or {}),
        }
        for name, text in files.items():
            (tmp_path / "house" / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "house" / name).write_text(text, encoding="utf-8")
        return tmp_path / "house"

    return lay


def covered(folder):
    return {one.rule.id: one for one in coverage(load_rules(overlays=(folder,))).rules}


EVEN = "{task: [read-pages], training: [ready-made], device: [gpu]}"
"""A case in which the small rules leave two families equal, so that rank decides."""


def test_a_rule_that_only_weighs_up_another_is_covered(house):
    """Both speak on one criterion, so none is decisive; without the first, another wins."""
    known = covered(
        house(
            [
                rule("for-one", EVEN, "prefer: writer"),
                rule("for-the-other", EVEN, "prefer: reader"),
            ],
            f"""\
              - {{id: ours, profile: {EVEN}, family: writer}}
            """,
        )
    )
    one = known["for-one"]
    assert (one.decisive, one.covered) == ((), True)
    assert "ours" in one.pivotal
    assert not known["for-the-other"].covered


def test_firing_covers_a_supporting_rule_and_no_other(house):
    vain = ("{task: [answer]}", "prefer: writer", "hardware")
    known = covered(
        house(
            [rule("true-reason", *vain, "supporting: true, "), rule("in-vain", *vain)],
            """\
              - {id: ours, profile: {task: answer, training: ready-made}, family: writer}
            """,
        )
    )
    reason, in_vain = known["true-reason"], known["in-vain"]
    assert "ours" in reason.fires
    assert not reason.decisive
    assert reason.covered
    assert in_vain.fires == reason.fires
    assert not in_vain.covered


def test_a_rule_about_a_checkpoint_counts_where_its_family_wins(house):
    effect = "prefer: acme/matcher-small"
    known = covered(
        house(
            [
                rule("for-weights", "{use: [commercial]}", effect, "hardware"),
                rule("for-idle-weights", "{task: [answer]}", effect, "hardware"),
            ],
            """\
              - {id: labels, profile: {task: label, use: commercial}, family: matcher}
              - {id: question, profile: {task: answer}, family: writer}
            """,
        )
    )
    assert "labels" in known["for-weights"].decisive
    assert not known["for-idle-weights"].decisive


def test_every_task_of_a_scenario_is_covered_and_one_that_cannot_be_covers_nothing(house):
    folder = house(
        [],
        """\
          - {id: both, profile: {task: [answer, describe]}, family: writer}
          - {id: absurd, profile: {task: answer, output: ranking}, family: matcher}
        """,
        {"decisions/house.yaml": "rules: []\n"},
    )
    found = coverage(load_rules(overlays=(folder,)))
    assert "both" in found.tasks["answer"]
    assert "both" in found.tasks["describe"]
    assert "both" in found.families["writer"]
    assert not any("absurd" in found.tasks[task] for task in found.tasks)


# -- the command ------------------------------------------------------------------------------


@pytest.fixture
def uncovered(house, monkeypatch):
    """A rule, a supporting rule and a family that no scenario is about, from the folder above."""
    when = "{task: [label], use: [commercial]}"
    folder = house(
        [
            rule("silent", when, "avoid: writer"),
            rule("in-passing", when, "avoid: writer", more="supporting: true, "),
        ],
        "  - {id: ours, profile: {task: answer}, family: writer}\n",
        {
            "families/idle.yaml": "{id: idle, name: I, aliases: [], tie_break_order: 9, "
            "summary: I., takes: {}, gives: {}, tasks: {}, cannot: {}}\n",
            "tasks.yaml": "tasks: [{id: idling, name: I, description: I., implies: "
            "{output: [text], text-input: [nothing]}}]\n",
        },
    )
    monkeypatch.chdir(folder.parent)
    monkeypatch.setenv("COLUMNS", "200")
    return "house"


def test_what_is_not_covered_is_named_at_its_place(small, uncovered, capsys):
    assert run(["rules", "coverage", "--rules", uncovered]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert (
        "house/decisions/house.yaml:2: `silent` is a rule without effect on any scenario"
    ) in out
    assert (
        "house.yaml:3: `in-passing` is a supporting rule that does not fire in any scenario"
    ) in out
    assert "`idling` is a task without a scenario" in out
    assert "`idle` is a family that no scenario expects" in out
    before = coverage(small)
    supporting = sum(one.rule.supporting for one in before.rules)
    whole = len(before.rules) - supporting
    tasks, families = len(before.tasks), len(before.families)
    assert f"cover {whole} of {whole + 1} deciding rules, " in out
    assert f"{supporting} of {supporting + 1} supporting rules" in out
    assert f"{tasks} of {tasks + 1} tasks and {families} of {families + 1} families" in out


def test_strict_makes_it_a_failure_in_every_format(uncovered, capsys):
    arguments = ["rules", "coverage", "--rules", uncovered]
    assert run(arguments) == 0
    assert "- house/decisions/house.yaml:2: `" in capsys.readouterr().out
    for format in ("markdown", "html", "json"):
        capsys.readouterr()
        assert run([*arguments, "--strict", "--format", format]) == 1, format
    document = json.loads(capsys.readouterr().out)
    known = {one["rule"]: one for one in document["rules"]}
    assert known["few-items-to-judge"]["decisive"]
    assert not known["silent"]["decisive"]
    assert "ours" in document["tasks"]["answer"]
    assert "ours" in document["families"]["writer"]


def test_a_whole_folder_of_rules_can_be_measured(small, small_folder, capsys):
    assert run(["rules", "coverage", str(small_folder), "--strict"]) == 0
    assert f"{len(small.scenarios)} scenarios cover " in capsys.readouterr().out
    assert run(["rules", "coverage", str(small_folder / "nowhere")]) == 2
