"""`advisor rules docs RULE`: what a rule says, where it decides, and what rests on it."""

import pytest

pytestmark = pytest.mark.usefixtures("small_rules")


def test_a_rule_is_printed_with_a_profile_that_it_decides(advisor, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    page = advisor("rules", "docs", "few-pairs-only").out
    assert page.splitlines()[:3] == advisor("show", "few-pairs-only").out.splitlines()[:3]
    (line,) = [line for line in page.splitlines() if "advisor recommend --task" in line]
    (change,) = [line for line in page.splitlines() if "For example here" in line]
    told = advisor("rules", "docs", "few-pairs-only", "--format", "json").json
    with_rule = advisor(*line.split()[1:], "--format", "json").json
    assert with_rule["family"] == told["witness"]["with"] != told["witness"]["without"]
    assert (
        f"here: {told['witness']['with']}, and without it {told['witness']['without']}." in change
    )
    assert (told["id"], told["pivotal"] > 0) == ("few-pairs-only", True)
    assert list(tmp_path.iterdir()) == []


def test_a_derived_rule_says_why_it_decides_nothing_alone(advisor):
    page = " ".join(advisor("rules", "docs", "matcher-gives-no-text").out.split())
    assert "In none of them another family would be the answer without it: `matcher` is" in page
    assert "a decisive reason" in page


def test_a_rule_that_is_not_known_is_named(advisor):
    result = advisor("rules", "docs", "few-pairs-onli")
    assert result.code == 2
    assert "did you mean `few-pairs-only`?" in result.err


def test_where_the_search_takes_too_long_what_it_says_is_a_command_away(advisor, monkeypatch):
    monkeypatch.setattr("advisor.audit.describe_command.PATIENCE_SECONDS", 0)
    result = advisor("rules", "docs", "few-pairs-only")
    assert result.code == 2
    assert "where `few-pairs-only` decides was not found: the budget of 0 seconds" in result.err
    assert "advisor show few-pairs-only" in result.err
