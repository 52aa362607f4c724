"""What the audit proves of the lexicon: no word is dead, no two tasks are always tied."""

import shutil

import pytest

from advisor.audit.wordings import every_word_counts, no_tasks_always_tied
from advisor.rulebase.store import load_rules, shipped_rules

WORDS = """\
concepts:
  - id: speckle
    words: {{en: [speckle, speckled {more}]}}
{says}
meanings:
{meanings}
"""


class Context:
    """As much of what proofs share as those of words need."""

    def __init__(self, rulebase):
        self.rulebase = rulebase


@pytest.fixture
def rules(tmp_path):
    """Rules with a small lexicon in place of the shipped one."""

    def made(more="", says="    says: {device: cpu}", meanings="  - {id: vqa, when: [[speckle]]}"):
        folder = tmp_path / "rules"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(shipped_rules(), folder, ignore=shutil.ignore_patterns("words"))
        (folder / "words").mkdir()
        text = WORDS.format(more=more, says=says, meanings=meanings)
        (folder / "words" / "all.yaml").write_text(text, encoding="utf-8")
        return Context(load_rules(folder))

    return made


def kinds(claim):
    return [defect.kind for defect in claim.defects]


def test_the_shipped_words_all_count(rulebase):
    assert every_word_counts(Context(rulebase)).state == "holds"


def test_the_shipped_tasks_can_all_be_told_apart(rulebase):
    assert no_tasks_always_tied(Context(rulebase)).state == "holds"


@pytest.mark.parametrize(
    ("more", "dead"),
    [("", []), (", speckl*", ["dead-word", "dead-word"]), (", Speckles", ["dead-word"])],
)
def test_a_word_that_another_stands_for_is_dead(rules, more, dead):
    assert kinds(every_word_counts(rules(more=more))) == dead


def test_a_concept_without_a_use_is_idle(rules):
    context = rules(says="", meanings="  []")
    assert kinds(every_word_counts(context)) == ["idle-concept"]


def test_tasks_with_the_same_sets_are_always_tied(rules):
    same = "  - {id: vqa, when: [[speckle]]}\n  - {id: captioning, when: [[speckle]]}"
    assert kinds(no_tasks_always_tied(rules(meanings=same))) == ["tied-tasks"]


def test_a_set_that_stands_twice_is_told(rules):
    twice = "  - {id: vqa, when: [[speckle], [speckle]]}"
    assert kinds(no_tasks_always_tied(rules(meanings=twice))) == ["repeated-meaning"]
