"""The page in a browser says what `recommend` says: family, checkpoints, use and certainty."""

import os
import random
import secrets
import sys
from urllib.parse import urlencode

import pytest
from browser import DESK, View, look, needs_browser

from advisor.decide.outlook import diagram_for
from advisor.decide.recommendation import recommend
from advisor.engine.decision import Engine
from advisor.errors import ContradictionError
from advisor.model import NONE, NOT_APPLICABLE, TASK
from advisor.rulebase.store import load_rules
from advisor.site.page import static_page

pytestmark = [pytest.mark.slow, needs_browser()]
NUMBER = 5000 if os.environ.get("ADVISOR_LONG") else 60
OVERLAY = "examples/overlay"


def profiles(engine, draw, number):
    """Draw answers for a task, each by itself: options, kinds that they cover, numbers."""
    for _ in range(number):
        task = draw.choice(engine.rulebase.tasks).id
        likely = draw.choice((0.05, 0.1, 0.2, 0.5))
        given = {TASK: task}
        for axis in diagram_for(engine, task, {}).axes:
            if draw.random() < likely:
                told_apart = [
                    axis.typed(place)
                    for place, value in enumerate(axis.values)
                    if value.options not in ((), (NOT_APPLICABLE,))
                ]
                options = [option.id for option in engine.rulebase.question(axis.question).options]
                numbers = any(value.least is not None for value in axis.values)
                any_number = [str(round(draw.uniform(0, 60), 2))] if numbers else []
                kinds = [told_apart, told_apart, told_apart, options, any_number]
                given[axis.question] = draw.choice(draw.choice([k for k in kinds if k]))
        yield given


def said(engine, given):
    """What `recommend` says of answers, as the page's answer says it of itself."""
    try:
        answer = recommend(engine.rulebase, given, engine=engine).to_dict()
    except ContradictionError:
        return {}
    first = next(iter(answer["checkpoints"]), {"form_id": "", "use": "", "family": ""})
    known, others = engine.rulebase.checkpoints, answer["checkpoints"]
    forms: dict[str, str] = {}  # the page lists a checkpoint once, in its best form
    for other in others:
        if known[other["id"]].loads_safely:
            forms.setdefault(other["id"], other["form_id"])
    return {
        "family": answer["family"] or NONE,
        "checkpoint": first["form_id"],
        "use": first["use"],
        "next": " ".join([*forms.values()][1:4]),
        "source": first["family"],
        "sure": answer["certainty"]["family"],
        "exact": answer["certainty"]["checkpoint"],
    }


def compared(engine, tmp_path, number):
    """Lead a page through random profiles; return how many had an answer, and those unequal."""
    seed = secrets.randbits(32)
    sys.stdout.write(f"seed {seed}, {number} profiles\n")
    file = tmp_path / "index.html"
    file.write_text(static_page(engine.rulebase, engine.priority), encoding="utf-8")
    every = {urlencode(one): one for one in profiles(engine, random.Random(seed), number)}
    (seen,) = look(file, View(DESK), ready="html[data-shown]", fragments=[*every])
    assert seen.console == []
    wanted = [said(engine, one) for one in every.values()]
    pairs = zip(every, seen.shown, wanted, strict=True)
    return sum(map(bool, wanted)), [one for one in pairs if one[1] != one[2]]


def test_random_profiles_have_the_same_answer(engine, tmp_path):
    answered, unequal = compared(engine, tmp_path, NUMBER)
    assert unequal == []
    assert answered > NUMBER / 4


@pytest.mark.long
def test_an_overlay_and_other_priorities_are_followed(tmp_path):
    rulebase = load_rules(overlays=(OVERLAY,))
    criteria = [criterion.id for criterion in rulebase.criteria]
    priority = tuple(random.Random(secrets.randbits(32)).sample(criteria, 2))
    sys.stdout.write(f"priority {priority}\n")
    answered, unequal = compared(Engine(rulebase, priority), tmp_path, NUMBER // 4)
    assert unequal == []
    assert answered


@pytest.mark.long
def test_a_leaf_that_is_another_one_is_seen(engine, tmp_path, monkeypatch):
    from advisor.site import page

    def changed(task, diagram, whole=page.task_table):
        table = whole(task, diagram)
        return {**table, "leaves": table["leaves"][::-1]}

    monkeypatch.setattr(page, "task_table", changed)
    assert compared(engine, tmp_path, 20)[1]
