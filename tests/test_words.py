"""No text that users see has a word that the writing rules list."""

from pathlib import Path

import pytest
import words


def test_all_texts_are_collected_and_none_has_a_word_that_is_nearly_always_wrong():
    shown = [*words.every()]
    assert [f"{one.place}: {word}" for one in shown if (word := one.wrong)] == []
    texts = {one.text for one in shown}
    assert "What do you want to do with your images?" in texts
    assert any("checks the code" in text or "Check " in text for text in texts)
    for spoken in ("prompt for the model", "minimum similarity"):
        assert spoken in texts  # of `--help` and of printed programs
    assert any("Gemma Prohibited Use Policy" in text for text in texts)
    places = {one.place.partition("/")[0].partition(" ")[0] for one in shown}
    assert {"advisor", "rules", "docs", "README.md", "action.yml"} <= places
    files = {Path(one.place).name for one in shown}
    assert {".pre-commit-hooks.yaml", "SKILL.md", "families.md"} <= files
    assert any("demo/checkpoints" in one.place for one in shown)


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
        ("What training data do you have?", None),
        ("The class is no longer there.", None),
    ],
)
def test_a_word_is_found_and_a_question_is_not(text, word):
    assert words.Shown("here", text).wrong == word
