"""No text that users see has a word that the writing rules list."""

import pytest
import words


def test_no_text_has_a_word_that_is_nearly_always_wrong():
    found = [f"{one.place}: {word}" for one in words.every() if (word := one.wrong)]
    assert found == []


def test_few_exceptions_each_with_a_reason():
    assert len(words.EXCEPTIONS) <= 20
    assert all(words.EXCEPTIONS.values())


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("`need` is no text", "is no"),
        ("nobody verified it", "nobody"),
        ("Read it. What is left out is named.", "What"),
        ("Where one is gone, load the class.", "Where"),
        ("CLIP has no text decoder.", None),
        ("there is no folder `x`", None),
        ("What do you have to train on?", None),
        ("The class is no longer there.", None),
    ],
)
def test_a_word_is_found_and_a_question_is_not(text, word):
    assert words.Shown("here", text).wrong == word


def test_texts_of_code_rules_help_and_pages_are_all_collected():
    shown = {one.text for one in words.every()}
    assert "What do you want to do with your images?" in shown
    assert any("checks the code" in text or "Check " in text for text in shown)
    places = {one.place.partition("/")[0].partition(" ")[0] for one in words.every()}
    assert {"advisor", "rules", "docs", "README.md"} <= places
