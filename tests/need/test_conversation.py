"""A sentence in a terminal: its answer, then what was meant and what is still open."""

import os
import re
import sys

import pytest

pexpect = pytest.importorskip("pexpect")
if sys.platform == "win32":
    pytest.skip("pexpect drives terminals of POSIX", allow_module_level=True)

ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\]8;[^\x1b\x07]*(\x1b\\|\x07)")


@pytest.fixture
def person(cache, tmp_path):
    """Says a need in a plain terminal and answers; returns all that was shown.

    `...` leaves open whatever is asked until something else is offered.
    """

    def says(need, *answers):
        running = pexpect.spawn(
            sys.executable,
            ["-m", "advisor", need],
            env={**os.environ, "ADVISOR_PLAIN": "1", "NO_COLOR": "1", "TERM": "xterm"},
            cwd=str(tmp_path),
            dimensions=(60, 120),
            encoding="utf-8",
            timeout=300,
        )
        shown, left = "", list(answers)
        for _ in range(40):
            ended = running.expect(["\r\n> ", pexpect.EOF])
            shown += running.before
            if ended:
                break
            if left[:1] == [...] and "Anything else?" in running.before:
                del left[0]
            running.sendline(left.pop(0) if left and left[0] is not ... else "d")
        running.close(force=True)
        return ESCAPES.sub("", shown)

    return says


def test_a_sentence_is_answered_before_anything_is_asked(person):
    shown = person("caption photos in French")
    assert shown.index("Understood") < shown.index("Ranking") < shown.index("Anything else?")
    assert "Did you mean" not in shown
    assert "Which answer?" not in shown


def test_a_key_writes_the_program_with_the_labels_of_the_sentence(person, tmp_path):
    person("sort photos into cat, dog, rabbit", "p")
    program = (tmp_path / "zero-shot-classification.py").read_text(encoding="utf-8")
    assert "--labels cat,dog,rabbit" in program


@pytest.mark.slow
def test_what_was_meant_is_asked_where_the_rest_is_to_be_settled(person):
    shown = person("read text from photos, in German", "o", "2")
    told = " ".join(shown.split())
    assert all(what in told for what in ("task: ocr-line", "task: ocr-page", "language: de"))
    after = shown[shown.index("Did you mean") :]
    assert re.search(r"--task ocr-page\b", after)
    assert "--task ocr-line" not in after


@pytest.mark.slow
def test_a_sentence_ends_with_what_an_interview_ends_with(person):
    shown = person("caption photos in French", "o", ..., "a", "1", "alt-text", ..., "c")
    assert "change an answer" in shown
    choice = shown[shown.index("Which answer?") :]
    assert "What do you want to do with your images? Image captioning" in choice
    assert "French" in choice
    assert "--task alt-text --language fr" in choice[choice.index("»") :]


@pytest.mark.slow
def test_an_answer_that_was_read_can_be_changed_at_once(person):
    shown = person("caption photos in French", "a", "2", "de", ...)
    choice = shown[shown.index("Which answer?") :]
    assert "--task captioning --language de" in choice


@pytest.mark.slow
def test_something_else_asks_for_the_task(person):
    shown = person("read text from photos, in German", "o", "something else", "s")
    after = shown[shown.index("something else") :]
    assert "What do you want to do" in after
