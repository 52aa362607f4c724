"""Where reading a sentence turns: each limit with a case on either side of it."""

from collections import Counter

import pytest

from advisor.cli.program import program
from advisor.engine.decision import Engine
from advisor.errors import UsageError
from advisor.need.amounts import LEAST_TAUGHT, NEAR
from advisor.need.lexicon import TELLING, _first_by_far, lexicon_of
from advisor.need.numerals import FARTHEST, LARGEST
from advisor.need.reading import read
from advisor.need.sweep import CORRECTED_WORDS, NEGATED_WORDS
from advisor.need.understanding import MOST_NAMED, understand


def options(rulebase, text, question):
    answers = {one.question: one.answer for one in read(rulebase, text).answers}
    if question not in answers:
        return None
    return answers[question].value or list(answers[question].options)


FAR = "very " * FARTHEST


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("三张图片写说明", None),  # one sign alone is no number
        ("十张图片写说明", None),
        ("二十张图片写说明", 20),
        ("三百万张图片写说明", 3_000_000),
        ("describe 0 photos", None),
        ("describe 1 photos", 1),
        ("describe 0.5 photos", None),
        (f"describe {LARGEST:.0f} photos", LARGEST),
        (f"describe {LARGEST + 1:.0f} photos", None),
        ("describe 500 big old photos", 500),
        (f"describe 500 {FAR}photos", None),
        (f"describe photos {'a ' * NEAR}500", 500),  # what is counted may stand before, but not far
        (f"describe photos {'a ' * (NEAR + 1)}500", None),
        ("describe photos. 500", None),
    ],
)
def test_a_number_counts_what_is_near(rulebase, text, number):
    assert options(rulebase, text, "collection") == number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        (f"captions with {LEAST_TAUGHT - 1} examples", None),
        (f"captions with {LEAST_TAUGHT} examples", LEAST_TAUGHT),
        ("fine-tune on 2 captioned photos", 2),  # who trains says so
        ("sort photos, 3 classes, 4 labeled photos each", 12),
        ("captions 40 blind users", None),  # a number before another noun is not the captions'
        ("captions 40 for training", 40),
        ("5 stages, 120 labeled photos for each, classify", 600),
        ("5 estadios, 120 fotos etiquetadas para cada uno, clasificar", 600),
        ("which of 14 findings, classify x-rays, 50 labeled images for each", 700),
    ],
)
def test_examples_are_as_many_as_train(rulebase, text, number):
    assert options(rulebase, text, "pairs") == number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("read receipts, ~300/day", 300),
        ("read receipts, 10 / h", 240),
        ("手書きメモを文字起こし、1日に80枚", 80),  # the 1 is that of the day
        ("Bilder beschreiben, 300 Fotos/Tag", 300),
        ("descrizioni per le foto, 900/giorno", 900),
        ("read receipts, 300-day archive", None),
        ("caption photos, roughly 700", 700),
        ("caption photos, 700 or so", 700),
        ("descrizioni di foto, circa 700", 700),
        ("légender des photos, environ 600", 600),
        ("caption photos, 700", None),
        ("caption photos from circa 1890", None),
        ("caption photos, roughly 700 euros", None),
    ],
)
def test_a_rate_and_a_rough_number_count_the_images(rulebase, text, number):
    assert options(rulebase, text, "collection") == number


@pytest.mark.parametrize(
    ("between", "taken_back"), [(NEGATED_WORDS - 1, True), (NEGATED_WORDS, False)]
)
def test_a_negation_reaches_four_words(rulebase, between, taken_back):
    text = f"describe photos not {'qwertz ' * between}German"
    assert (options(rulebase, text, "language") is None) == taken_back


@pytest.mark.parametrize(
    ("word", "read_as"),
    [("captoin", "caption"), ("pohto", "photo"), ("phto", None), ("xqphotoz", None)],
)
def test_a_slip_in_five_letters_or_more_is_corrected(rulebase, word, read_as):
    assert lexicon_of(rulebase).correction(word, "en") == read_as


@pytest.mark.parametrize(
    ("place", "corrected"), [(CORRECTED_WORDS, True), (CORRECTED_WORDS + 1, False)]
)
def test_slips_are_corrected_in_the_first_words_of_a_text(rulebase, place, corrected):
    reading = read(rulebase, f"{'the ' * (place - 1)}captoin")
    assert [word for _, word in reading.corrected] == (["caption"] if corrected else [])


@pytest.mark.parametrize(
    ("counts", "language"),
    [
        ({}, ""),
        ({"de": TELLING - 1}, ""),
        ({"de": TELLING}, "de"),
        ({"de": TELLING, "fr": TELLING - 1}, "de"),
        ({"de": TELLING, "fr": TELLING}, ""),
        ({"de": TELLING + 1, "fr": TELLING}, "de"),
    ],
)
def test_a_language_is_told_by_two_words_and_more_than_of_any_other(counts, language):
    assert _first_by_far(Counter(counts)) == language


@pytest.mark.parametrize(
    ("more", "refused"), [(0, True), (MOST_NAMED - 1, True), (MOST_NAMED, False)]
)
def test_a_misspelt_command_has_few_words_behind_it(rulebase, more, refused):
    program()  # which has the names of commands
    text = " ".join(["recomend", *["captioning", "photos", "German"][:more]])
    if refused:
        with pytest.raises(UsageError, match="Did you mean `recommend`"):
            understand(Engine(rulebase), text)
    else:
        assert understand(Engine(rulebase), text).tasks[0].task == "captioning"
