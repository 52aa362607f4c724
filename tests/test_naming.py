"""Names that people mean: other spellings, typos and shared meanings, never a chance likeness."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.naming import alike, same_name, suggestions
from advisor.rulebase.store import load_rules


@pytest.fixture(scope="module")
def tasks():
    rules = load_rules()
    names = list(rules.task_names)
    meanings = {t.id: " ".join((t.id, t.name, *t.aliases, *t.words)) for t in rules.tasks}
    return names, meanings


@pytest.mark.parametrize(
    ("typed", "known"),
    [
        ("alt text", "alttext"),
        ("Alt_Text", "alttext"),
        ("licence plates", "licence-plate"),
        ("invoice", "invoices"),
        ("batteries", "battery"),
        ("boxes", "box"),
        ("bus", "bus"),
    ],
)
def test_case_spaces_hyphens_and_plurals_do_not_matter(typed, known):
    assert same_name(typed, ["other", known]) == known


@pytest.mark.parametrize(
    ("typed", "known"),
    [
        ("captionning", "captioning"),
        ("recomend", "recommend"),
        ("langauge", "language"),
        ("txt", "text"),
        ("sgv", "svg"),
        ("zero-shot-clasification", "zero-shot-classification"),
    ],
)
def test_one_edit_in_five_letters_is_a_typo(typed, known):
    assert suggestions(typed, ["something", known]) == [known]


@pytest.mark.parametrize(
    ("typed", "known"),
    [
        ("medical-report", "metric-depth"),
        ("plates", "duplicates"),
        ("notes", "invoices"),
        ("charts", "art"),
        ("cat", "cut"),
        ("page", "image"),
    ],
)
def test_a_chance_likeness_is_no_suggestion(typed, known):
    assert suggestions(typed, [known]) == []


@pytest.mark.parametrize(
    ("typed", "task"),
    [
        ("plates", "license-plate-reading"),
        ("similarity search of pictures", "similar-images"),
        ("classification", "zero-shot-classification"),
    ],
)
def test_what_shares_meaning_is_suggested(tasks, typed, task):
    names, meanings = tasks
    wanted = load_rules().task(task).id
    found = {load_rules().task(name).id for name in suggestions(typed, names, meanings)}
    assert wanted in found


def test_medical_report_is_not_depth(tasks):
    assert "metric-depth" not in suggestions("medical-report", *tasks)
    assert "depth-estimation" not in suggestions("medical-report", *tasks)


def test_a_checkpoint_is_found_without_its_owner():
    assert suggestions("blip", ["org/blip", "org/clip"]) == ["org/blip"]


@given(st.text(max_size=40), st.lists(st.text(max_size=20), max_size=8))
def test_suggestions_are_known_names_and_few(name, known):
    found = suggestions(name, known)
    assert len(found) <= 3
    assert set(found) <= set(known)


@given(st.text(alphabet="abcde ", max_size=40))
def test_likeness_needs_a_share_of_the_words(text):
    for id in alike(text, {"one": "aaaa bbbb", "two": "cccc dddd"}):
        assert id in ("one", "two")
