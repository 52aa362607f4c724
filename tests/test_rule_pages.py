"""Where rules decide, and the pages that say so."""

import re
import shutil

import pytest
from dense_rules import dense_facts
from hypothesis import given
from hypothesis import strategies as st
from random_rules import Plain, compiled, facts, holds, without

from advisor.audit.pivotal import Deciders, facts_of
from advisor.audit.rule_pages import INDEX, MARKER, keep_pages, pages
from advisor.engine.decision import Engine
from advisor.engine.profile import Answer
from advisor.errors import ContradictionError
from advisor.rulebase.store import load_rules


def instances(drawn):
    rulebase = compiled(drawn)
    written = [rule for rule in rulebase.rules if not rule.derived]
    return rulebase, list(Deciders(rulebase).of(written))


@given(st.one_of(dense_facts, facts()))
def test_counts_are_those_of_plain_enumeration(drawn):
    plain = Plain(drawn)
    wholes = plain.completions({})
    if not wholes:
        return
    _, found = instances(drawn)
    for one in found:
        rest = drawn | {"rule": [rule for rule in drawn["rule"] if rule["id"] != one.rule.id]}
        other = Plain(rest)
        assert one.profiles == len(wholes)
        assert one.fires == sum(holds(one.rule.when, whole) for whole in wholes)
        assert one.decides == sum(plain.winner(whole) != other.winner(whole) for whole in wholes)
        assert (one.example is not None) == (0 < one.decides < len(wholes))


@given(st.one_of(dense_facts, facts()))
def test_examples_and_counterexamples_hold_when_decided_again(drawn):
    try:
        rulebase, found = instances(drawn)
    except ContradictionError:
        return
    engine = Engine(rulebase)
    for one in found:
        other = Engine(without(rulebase, one.rule))
        for instance, decides in ((one.example, True), (one.counterexample, False)):
            if instance is None:
                continue
            given = {id: Answer((o,), None, "flag") for id, o in instance.answers.items()}
            decision = engine.decide(given)
            whole = {id: answer.options for id, answer in decision.profile.items()}
            again = other.decide(
                {id: Answer(options, None, "flag") for id, options in whole.items()}
            )
            assert (decision.family or "none") == instance.family
            assert (again.family or "none") == instance.without
            assert (instance.family != instance.without) == decides
            assert instance.fires == holds(one.rule.when, whole)


# -- pages -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def texts(small):
    return pages(facts_of(small, [rule for rule in small.rules if not rule.derived]), small)


def test_every_rule_has_a_page_and_a_line_of_the_index(small, texts):
    for rule in small.rules:
        if rule.derived:
            assert rule.id in texts[f"declared-by-{rule.candidates[0]}.md"]
            continue
        page = texts[f"{rule.id}.md"]
        assert f"[{rule.id}]({rule.id}.md)" in texts[INDEX]
        assert f"# {rule.id}\n" in page
        assert "## Where it decides" in page
        for source in rule.sources:
            known = small.source(source)
            assert known.read in page
            assert known.url is None or known.url in page


def test_every_page_says_that_it_is_written(texts):
    assert all(text.startswith(MARKER) for text in texts.values())


def test_pages_do_not_name_lines_that_other_edits_move(texts):
    assert not any(".yaml:" in text for text in texts.values())


def test_every_link_of_the_index_leads_to_a_page(texts):
    assert set(re.findall(r"\]\(([^)]+)\)", texts[INDEX])) == set(texts) - {INDEX}


def test_nothing_of_a_rule_speaks_from_its_page(small_folder, tmp_path):
    shutil.copytree(small_folder, folder := tmp_path / "rules")
    file = folder / "decisions" / "hardware.yaml"
    because = '"esc \\e[2J bidi \\u202e ##[error]x"'
    file.write_text(file.read_text().replace("It does not fit a phone.", because))
    odd = load_rules(folder)
    (text,) = [
        text
        for text in pages(facts_of(odd, [odd.rule("a-large-member-on-a-phone")]), odd).values()
        if "bidi" in text
    ]
    assert r"x1b[2J" in text
    assert not set("\x1b\u202e") & set(text)
    assert "##[" not in text


def test_only_pages_of_ours_are_left_over(tmp_path):
    same = f"{MARKER}\n\nsame"
    present = {"old.md": f"{MARKER}\n\nold", "mine.md": "# mine", "same.md": same}
    for name, text in present.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    state = keep_pages({"same.md": same, "new.md": "new"}, tmp_path, check=True)
    assert (state.written, state.removed, state.unchanged) == (("new.md",), ("old.md",), 1)
    assert not state.current
