"""Help: commands by what they are for, flags for the task at hand first, topics by name."""

import re
from itertools import pairwise

import pytest

from advisor.cli.help_command import SUBJECTS
from advisor.cli.program import COMMANDS, SECTIONS, Group
from advisor.draw.formats import FORMATS


def sections(text):
    """The titles of a help page, in their order, with the flags or commands under each."""
    found, title = {}, None
    for line in text.splitlines():
        if re.fullmatch(r"\S[^\n]*:", line):
            title = line[:-1]
            found[title] = []
        elif not line:
            title = None
        elif title and re.match(r"  (?:-|[a-z])", line):
            head = re.split(r"  +", line.strip())[0]
            found[title] += re.findall(r"--[a-z-]+", head) or head.split(", ")
    return found


SCREEN = 24


def every_command():
    """The words of every command, those in groups among them."""
    return [
        [name, *inner]
        for name, entry in COMMANDS.items()
        for inner in ([[one] for one in entry.commands] if isinstance(entry, Group) else [[]])
    ]


def test_commands_stand_by_what_they_are_for_each_once(advisor):
    shown = advisor("--help").out
    assert advisor("-h").out == shown
    listed = sections(shown)
    names = [name for title in listed for name in listed[title]]
    assert sorted(names) == sorted(COMMANDS)
    assert list(listed) == list(SECTIONS)
    assert len(shown.splitlines()) <= SCREEN
    assert "Recommend a vision-language model" in shown.splitlines()[0]
    assert max(map(len, shown.splitlines())) <= 80


@pytest.mark.parametrize("words", [("--task", "captioning"), ("--task=image-to-text",)])
def test_flags_for_the_task_at_hand_come_first(advisor, words):
    listed = sections(advisor("recommend", *words, "--help").out)
    titles = list(listed)
    assert titles.index("Answers for captioning") < titles.index("Set by the task")
    assert "--language" in listed["Answers for captioning"]
    assert "--output-type" in listed["Set by the task"]
    assert "--num-items" in listed["Set by the task"], "captions are written one by one"


def test_without_a_task_all_answers_stand_together_apart_from_options(advisor):
    listed = sections(advisor("help", "recommend").out)
    assert {"--task", "--output-type", "--device"} <= set(listed["Answers"])
    assert {"--format", "--output"} <= set(listed["Options"])
    assert not set(listed["Answers"]) & set(listed["Options"])


@pytest.mark.parametrize(
    ("topic", "says"),
    [
        (("recommend",), "Usage: advisor recommend"),
        (("rules", "audit"), "Usage: advisor rules audit"),
        (("rules",), "Usage: advisor rules"),
        (("exit codes",), "130  interrupted"),
        (("answers",), "2 million"),
        (("sentences",), "lists the words that were not understood"),
        ((), "advisor help TOPIC"),
    ],
)
def test_a_topic_is_a_command_or_a_subject(advisor, topic, says):
    result = advisor("help", *topic)
    assert (result.code, result.err) == (0, "")
    assert says in result.out


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("captioning", "show captioning"),
        ("image captioning", "show captioning"),
        ("clip", "show clip"),
        ("OCR", "show ocr"),
        ("tasks", "list tasks"),
        ("openai/clip-vit-base-patch16", "show openai/clip-vit-base-patch16"),
    ],
)
def test_help_for_a_name_of_the_catalog_is_what_is_shown_of_it(advisor, name, shown):
    assert advisor("help", name).out == advisor(*shown.split()).out


def test_an_unknown_topic_suggests_and_says_what_there_is(advisor):
    result = advisor("help", "recomend")
    assert result.code == 2
    assert "there is no help topic `recomend`. Did you mean `recommend`?" in result.err
    assert all(subject in result.err for subject in SUBJECTS)
    assert "understood as `advisor show memory-gb`" in advisor("help", "memory").err
    assert "understood as `advisor show content-moderation`" in advisor("help", "nudity").err


def test_help_of_all_and_its_subjects_fit_a_terminal(advisor):
    lines = advisor("help").out.splitlines()
    assert len(lines) <= 24
    assert all(len(line) <= 80 for line in lines)
    assert all(len(line) <= 80 for text in SUBJECTS.values() for line in text.splitlines())


def test_the_subject_of_formats_names_those_that_there_are(advisor):
    said = advisor("help", "formats").out
    assert all(re.search(rf"\b{format}\b", said) for format in FORMATS)


def test_commands_that_the_subjects_name_run(advisor):
    for line in re.findall(r"`advisor ([a-z ]+)[`A-Z]", "".join(SUBJECTS.values())):
        words = line.split()
        if words == ["evaluate"]:  # of data
            continue
        assert advisor(*words, *(["device"] if words == ["show"] else [])).code == 0


@pytest.mark.parametrize("words", every_command(), ids=" ".join)
def test_help_of_a_command_fits_a_screen_and_leads_to_all_of_it(advisor, monkeypatch, words):
    monkeypatch.setenv("COLUMNS", "80")
    shown, whole = advisor(*words, "--help").out, advisor("help", *words).out
    assert len(shown.splitlines()) <= SCREEN
    assert all(len(line) <= 80 for line in (*shown.splitlines(), *whole.splitlines()))
    if shown != whole:
        assert f"`advisor help {' '.join(words)}` lists all" in shown
        assert (
            f"advisor {' '.join(words)}" in shown.partition("Common options:")[0].partition("\n")[2]
        )
        flags = {flag for of in sections(shown).values() for flag in of}
        assert flags < {flag for of in sections(whole).values() for flag in of}


def test_every_option_of_every_command_says_what_it_does(advisor):
    for words in every_command():
        rows = advisor("help", *words).out.partition("\nOptions:\n")[2].splitlines()
        assert rows, words
        for row, after in pairwise([*rows, ""]):
            alone = re.fullmatch(r"  (-\w, )?--\S+( \S+)?", row)
            assert not alone or after.startswith(" " * 10), (words, row)


def test_help_of_advisor_has_no_line_wider_than_a_narrow_terminal(advisor, monkeypatch):
    usual = " ".join(advisor("--help").out.split())
    monkeypatch.setenv("COLUMNS", "60")
    narrow = advisor("--help").out
    assert max(map(len, narrow.splitlines())) <= 60
    assert " ".join(narrow.split()) == usual


def test_a_word_beside_help_leaves_it_on_a_screen(advisor):
    assert len(advisor("captioning", "--help").out.splitlines()) <= 24
