"""What the page says of the first checkpoint is said once, and what is missing is named."""

import re
from types import SimpleNamespace

import pytest
from commands import in_this_process

from advisor import recommend
from advisor.decide.advice import UNBOUND
from advisor.decide.page import as_page
from advisor.decide.shared_page import pictured
from advisor.decide.shortlist import ahead_of_first
from advisor.draw.blocks import Note, Notes, Table
from advisor.errors import ContradictionError
from advisor.rulebase.store import load_rules

SATELLITE = {"task": "image-search", "domain": "satellite", "language": "en"}
MANGA = {"task": "ocr-line", "domain": "drawn", "language": "ja", "reading": "scene-words"}
RANKED = re.compile(r"(~?[\d.]+) on ")


def test_one_figure_of_the_first_stands_on_a_page(rulebase):
    compared = 0
    for task in rulebase.tasks[::2]:
        for more in ({}, {"device": "cpu"}):
            try:
                page = recommend(rulebase, {"task": task.id, **more}).to_page()
            except ContradictionError:
                continue
            notes = [note for block in page if isinstance(block, Notes) for note in block.rows]
            ranking = next((note.text for note in notes if note.label == "Ranking"), "")
            table = next((block for block in page if isinstance(block, Table)), None)
            if (figure := RANKED.match(ranking.removeprefix("has "))) and table and table.bars:
                compared += 1
                cell = table.rows[0][table.columns.index(table.bars[0])]
                assert re.match(r"~?[\d.]+", cell)[0] == figure[1], (task.id, more)
    assert compared > 5


@pytest.mark.parametrize(
    ("answers", "checkpoint", "reason"),
    [
        (SATELLITE, "chendelong/RemoteCLIP", "RemoteCLIP is trained on satellite images"),
        (MANGA, "kha-white/manga-ocr-base", "manga-ocr recognizes a whole speech bubble"),
    ],
)
def test_what_is_best_and_a_pickle_is_named_with_that_reason(
    rulebase, capsys, monkeypatch, answers, checkpoint, reason
):
    (advice,) = recommend(rulebase, answers).advice
    (note,) = [note for note in ahead_of_first(advice) if note.label == "Left out"]
    assert note.text.startswith(f"{checkpoint} has only pickle weights, which can run code. ")
    assert reason in note.text
    flags = [part for id, option in answers.items() for part in (f"--{id}", option)]
    page = in_this_process(capsys, monkeypatch, 300)("explain", *flags, "--why-not", checkpoint).out
    assert "this checkpoint has only pickle weights, which can run code, so advisor" in page
    assert "which advisor does not run" not in page


def test_what_is_too_slow_for_a_device_is_not_called_too_large(rulebase):
    (advice,) = recommend(
        rulebase, {"task": "image-search", "language": "de", "device": "cpu"}
    ).advice
    (note,) = [note for note in ahead_of_first(advice) if note.label == "Upgrade"]
    assert "but is slow for these needs" in note.text


def test_where_the_task_is_a_guess_nothing_of_the_answer_is_certain(capsys, monkeypatch):
    run = in_this_process(capsys, monkeypatch, 80)
    done = run("recommend", "hi, need a model for pictures", "--format", "json")
    assert (done.code, done.json["outcome"]) == (3, "undetermined")
    assert set(done.json["certainty"].values()) == {"undetermined"}


def test_the_best_family_of_a_task_is_the_one_that_it_is_answered_with(
    rulebase, capsys, monkeypatch
):
    listing = in_this_process(capsys, monkeypatch, 200)("list", "tasks").out
    best = dict(line.split()[:2] for line in listing.splitlines() if line[:4].strip())
    for task in rulebase.tasks:
        (advice,) = recommend(rulebase, {"task": task.id}).advice
        assert best[task.id] == (advice.decision.family or "none")


def test_a_page_to_pass_on_has_the_sentences_of_the_terminal_and_none_cut_at_a_word():
    screen = (Notes((Note("Long", "word " * 40), Note("Two", "It is so. " + "More of it " * 20))),)
    (block,) = pictured(SimpleNamespace(advice=()), screen)
    assert [note.text for note in block.rows] == ["word " * 40, "It is so."]


@pytest.mark.parametrize("task", [task.id for task in load_rules().tasks])
def test_that_no_checkpoint_can_be_trained_is_said_where_training_was_allowed(task):
    """Of every task: an answer that no checkpoint can follow is not ignored in silence."""
    answer = recommend(task=task, training="fine-tune")
    text = " ".join(str(block) for block in as_page(answer, screen=UNBOUND))
    (advice,) = answer.advice
    picks = advice.selection.picks
    trainable = any(pick.use == "fine-tune" for pick in picks)
    unheeded = bool(picks) and not trainable and advice.decision.family is not None
    assert ("`--training fine-tune` adds none" in text) == unheeded
    assert "adds none" not in " ".join(map(str, as_page(recommend(task=task), screen=UNBOUND)))
