"""The engine of the page says what Python says, on the whole document that `recommend` prints."""

import copy
import json
import random
import secrets
import sys

import pytest
import random_rules
from browser import needs_node, node
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from site_profiles import Asking, case, lines

from advisor.engine.decision import Engine
from advisor.rulebase.store import load_rules
from advisor.site.page_data import page_data

pytestmark = needs_node()
OVERLAY = "examples/overlay"
FLIPPED = {"prefer": "avoid", "avoid": "prefer", "exclude": "prefer"}


def seeded(number, engine, *, asked=False):
    """Cases from a fresh seed, which is printed."""
    seed = secrets.randbits(32)
    sys.stdout.write(f"seed {seed}, {number} profiles\n")
    return lines(engine, seed, number, asked=asked)


def equal(found, number):
    assert found["first"] == []
    assert (found["cases"], found["unequal"]) == (number, 0)


def test_the_page_answers_as_recommend_does(engine, held):
    equal(held(page_data(engine.rulebase), seeded(60, engine)), 60)


@pytest.mark.slow
def test_five_thousand_profiles_have_the_same_answer(engine, held):
    equal(held(page_data(engine.rulebase), seeded(5000, engine)), 5000)


@pytest.mark.slow
def test_the_next_question_is_that_of_an_interview(engine, held):
    equal(held(page_data(engine.rulebase), seeded(150, engine, asked=True)), 150)


@pytest.mark.slow
def test_an_overlay_and_other_priorities_are_followed(held):
    rulebase = load_rules(overlays=(OVERLAY,))
    draw = random.Random(secrets.randbits(32))
    ids = [criterion.id for criterion in rulebase.criteria]
    for _ in range(3):
        priority = tuple(draw.sample(ids, draw.randint(1, 3)))
        cases = seeded(300, Engine(rulebase, priority))
        equal(held(page_data(rulebase, priority), cases), 300)


RANDOM = settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.slow
@RANDOM
@given(of=random_rules.facts(), first=st.booleans(), seed=st.integers(0, 2**32))
def test_generated_rules_are_followed(tmp_path_factory, of, first, seed):
    priority = (of["criterion"][-1]["id"],) if first else ()
    engine = random_rules.engine_for(of, priority)
    file = tmp_path_factory.mktemp("random") / "data.json"
    file.write_text(json.dumps(page_data(engine.rulebase, priority)), encoding="utf-8")
    cases = "\n".join(lines(engine, seed, 30, asked=True))
    equal(json.loads(node("tools/equal.js", str(file), stdin=cases)), 30)


def test_a_flipped_effect_of_a_rule_is_seen(engine, held):
    families = {family.id for family in engine.rulebase.families}
    rules = [one for one in engine.rulebase.rules if families & {*one.candidates}]
    fires = {one.rule: one.given for one in engine.rulebase.examples if one.fires}
    rule = random.Random(secrets.randbits(32)).choice([one for one in rules if one.id in fires])
    sys.stdout.write(f"rule {rule.id}\n")
    answers = {
        id: [*map(str, o if isinstance(o, list) else [o])] for id, o in fires[rule.id].items()
    }
    cases = [
        json.dumps(case(engine, {"task": [task.id], **answers})) for task in engine.rulebase.tasks
    ]
    data = page_data(engine.rulebase)
    assert held(data, cases)["unequal"] == 0
    place = data["layouts"]["Rule"]["fields"].index("effect")
    flipped = copy.deepcopy(data)
    row = next(row for row in flipped["rows"]["rules"] if row[0] == rule.id)
    row[place] = FLIPPED[row[place]]
    assert held(flipped, cases)["unequal"] > 0


def test_questions_that_nobody_could_answer_are_not_asked_again(engine, held):
    asking = Asking(engine)
    answers, unknown, cases = {"task": ["math-ocr"]}, [], []
    for _ in range(4):
        cases.append(json.dumps(made := case(engine, answers, asking, unknown)))
        if made["ask"] is None:
            break
        assert made["ask"]["question"] not in unknown
        unknown = [*unknown, made["ask"]["question"]]
    equal(held(page_data(engine.rulebase), cases), len(cases))
