"""What decides an answer stands once, in Python: the page is given it, and goes by it."""

import re

import pytest
from browser import SITE, needs_node
from site_profiles import lines

from advisor.decide import alternatives, placing, ranking, reasons
from advisor.engine.decision import Engine
from advisor.interview import session, strategy
from advisor.rulebase.store import load_rules
from advisor.site.constants import DECLARED, constants
from advisor.site.page_data import page_data

ALL = [(module, name) for module, names in DECLARED.items() for name in names]
OTHER = {
    alternatives: {"NOTABLY_SMALLER": 0.1},
    placing: {"OPENNESS": {"permitted": 3, "restricted": 2, None: 1, "not-permitted": 0}},
    ranking: {"NEARLY_ALL": 0.1},
    reasons: {"MAX_SIZE": 1, "MOST_WORK": 1, "LEAST_TRIES": 2},
    session: {"MOST_ASKED": 3},
    strategy: {"BUDGET_NODES": 0},
}


def changed(value):
    """Another value of the same kind."""
    if isinstance(value, dict):
        return {**value, "another": next(iter(value.values()))}
    return value + type(value)(1 if isinstance(value, (int, float)) else "a")


@pytest.mark.parametrize(("module", "name"), ALL, ids=lambda one: getattr(one, "__name__", one))
def test_a_constant_changed_in_python_changes_what_the_page_is_given(monkeypatch, module, name):
    before = constants()
    monkeypatch.setattr(module, name, changed(getattr(module, name)))
    after = constants()
    assert [key for key in after if after[key] != before[key]] == [name.lower()]


def test_the_page_is_given_the_constants(rulebase):
    assert page_data(rulebase)["constants"] == constants()


def test_the_page_declares_no_constant_that_python_has():
    sources = "\n".join(file.read_text(encoding="utf-8") for file in (SITE / "src").glob("*.js"))
    own = set(re.findall(r"\bconst ([A-Z_]+) =", sources))
    assert own  # it has some, and they are found
    assert own.isdisjoint({"LOADERS", *(name for _, name in ALL)})
    for name in constants():
        assert re.search(rf"\b{name}\b", sources.replace("@property", "")), name


@needs_node()
@pytest.mark.slow
@pytest.mark.parametrize("module", OTHER, ids=lambda one: one.__name__)
def test_the_page_goes_by_a_constant_that_was_changed_in_python(monkeypatch, held, module):
    shipped = page_data(load_rules())
    for name, value in OTHER[module].items():
        monkeypatch.setattr(module, name, value)
    engine = Engine(load_rules())
    asked = module in (session, strategy)
    cases = list(lines(engine, 20261126, 30 if asked else 120, asked=asked))
    assert held(page_data(engine.rulebase), cases)["first"] == []
    assert held(shipped, cases)["unequal"] > 0
