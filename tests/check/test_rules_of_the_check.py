"""Every rule of the check does what its page shows: the bad example is found, the good is not."""

import re
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest

from advisor.check import rules
from advisor.rulebase.store import load_rules

CHECKS = load_rules().checks
MARK = "# bad"


@pytest.mark.parametrize("rule", CHECKS.values(), ids=list(CHECKS))
def test_the_bad_example_is_found_where_it_says_and_the_good_one_is_not(check, rule):
    file, bad, good, beside, options = rule.example
    lines = [number for number, line in enumerate(bad.splitlines(), 1) if MARK in line]
    result = check({**beside, file: bad}, *options, "--today", "2026-11-24")
    assert result.code in (0, 1, 3), result.out
    places = [
        (one["path"], one["line"]) for one in result.json["findings"] if one["rule"] == rule.id
    ]
    assert places == [(file, line) for line in lines or [1]], result.json["findings"]
    assert all(one["level"] for one in result.json["findings"])
    result = check({file: good}, *options, "--today", "2026-11-24")
    assert rule.id not in [one["rule"] for one in result.json["findings"]], result.out


def test_every_finding_names_a_rule_that_has_a_page(check, advisor):
    for rule in CHECKS:
        page = advisor("check", "--explain", rule)
        assert page.code == 0
        assert page.out.startswith(f"{rule} (")


def test_every_rule_has_a_function_and_every_function_a_rule():
    detected = {id for detector in rules.DETECTORS + rules.AFTERWARDS for id in detector.ids}
    assert detected == set(CHECKS)


def test_every_id_can_be_searched_for_and_all_that_a_rule_knows_is_asked_for():
    inner = (import_module(f"{rules.__name__}.{one.name}") for one in iter_modules(rules.__path__))
    text = "".join(Path(module.__file__).read_text("utf-8") for module in (rules, *inner))
    assert [id for id in CHECKS if f'"{id}"' not in text] == []
    known = {name for rule in CHECKS.values() for name in rule.knowledge} - {"since"}  # of all
    assert known == set(re.findall(r'case\.knowledge\("(\w+)"', text))


def test_every_module_of_rules_is_registered():
    modules = {f"{rules.__name__}.{one.name}" for one in iter_modules(rules.__path__)}
    found = {detector.find.__module__ for detector in rules.DETECTORS + rules.AFTERWARDS}
    assert found == {rules.__name__, *modules}
