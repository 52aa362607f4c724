"""A menu as a value: what typing finds, what Enter takes, and what fits on a screen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.console.menu import Asked, Menu, Row

ROWS = [
    Row("group:describe", "describe them", ("describe",)),
    Row("group:find", "find some among many", ("find", "search")),
    Row("captioning", "Image captioning: writes a sentence", ("caption", "alttext"), hidden=True),
    Row("image-search", "Text-to-image search: finds images", ("retrieval",), hidden=True),
    Row("reading", "Reading of lines: licence plates, signs", ("alpr", "htr"), hidden=True),
    Row("unknown", "I don't know", ("d",), extra=True),
]


def typed(text):
    menu = Menu(Asked("What?", ROWS))
    menu.type(text)
    return menu


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("caption", "captioning"),  # an alias
        ("alt text", "captioning"),
        ("ALPR", "reading"),
        ("plate", "reading"),  # the description
        ("retriev", "image-search"),  # the beginning of a name
        ("sentence writes", "captioning"),
        ("know", "unknown"),
        ("search", "group:find"),
        ("captions", "captioning"),
        ("describing", "group:describe"),  # another form of the word
    ],
)
def test_it_finds_by_names_words_and_descriptions(text, value):
    assert typed(text).chosen.value == value


@pytest.mark.parametrize("text", ["german photos", "xyzzy", "dont", "??"])
def test_what_matches_nothing_says_so_and_takes_nothing(text):
    menu = typed(text)
    assert menu.chosen is None
    lines = "\n".join(line for _, line in menu.lines(80, 24))
    if text != "dont":
        assert "no option matches" in lines or text == "??"
    assert 1 <= len(menu.nearest) <= 3
    menu.move(1)
    assert menu.chosen == menu.nearest[0], "what is near may be moved to"


def test_the_nearest_is_what_was_mistyped():
    assert typed("captionning").nearest[0].value == "captioning"
    assert typed("retreival").nearest[0].value == "image-search"


def test_hidden_rows_are_counted_and_found():
    menu = Menu(Asked("What?", ROWS))
    assert [row.value for row in menu.listed] == ["group:describe", "group:find", "unknown"]
    assert "search 3 more options" in menu.lines(80, 24)[-1][1]


def test_going_back_keeps_the_choice():
    assert Menu(Asked("What?", ROWS, marked="group:find")).chosen.value == "group:find"


def test_enter_alone_settles_nothing():
    assert Menu(Asked("What?", ROWS, marked="gone")).chosen is None
    menu = Menu(Asked("What?", ROWS), "unknown")
    assert menu.chosen.value == "unknown"
    assert "Enter: I don't know" in menu.lines(80, 24)[0][1]
    menu.type("xyzzy")
    assert menu.chosen is None
    menu.type("")
    menu.move(1)
    assert menu.chosen.value == "group:describe"
    assert "Enter:" not in menu.lines(80, 24)[0][1]


WORDS = st.text(st.characters(codec="ascii", categories=["L", "Zs"]), min_size=1, max_size=90)


@given(st.lists(WORDS, min_size=1, max_size=40), st.integers(1, 60), st.sampled_from([80, 120]))
def test_every_line_fits_and_what_does_not_is_counted(texts, moves, width):
    rows = [Row(str(number), text) for number, text in enumerate(texts)]
    menu = Menu(Asked("What do you want to do with your images?", rows))
    for _ in range(moves):
        menu.move(1)
    lines = menu.lines(width, 24)
    assert len(lines) <= 24
    assert all(len(line) < width for _, line in lines)
    assert any(style == "marked" for style, _ in lines), "the marked row is on the screen"
    shown = sum(style in ("row", "marked") for style, _ in lines)
    told = any("more options below" in line or "more above" in line for _, line in lines)
    whole = sum(len(menu._block(row, place, width)) for place, row in enumerate(rows))
    assert told == (shown < whole)


@given(st.text(max_size=30), st.lists(st.sampled_from([1, -1, 8]), max_size=6))
def test_whatever_is_typed_the_menu_holds(text, moves):
    menu = typed(text)
    for step in moves:
        menu.move(step)
    menu.lines(80, 24)
    assert menu.chosen is None or menu.chosen in ROWS


def test_a_row_of_that_name_stands_before_one_that_is_also_called_so():
    rows = [
        Row("forms", "Fields of forms", names=("handwritten-forms",)),
        Row("handwriting", "Handwriting recognition"),
    ]
    menu = Menu(Asked("Which?", rows))
    menu.type("handw")
    assert menu.chosen is not None
    assert menu.chosen.value == "handwriting"


def test_a_number_that_answers_stands_before_rows_that_only_mention_it():
    rows = [Row("up-to-16-gb", "8 to 16 GB"), Row("up-to-8-gb", "4 to 8 GB")]
    menu = Menu(Asked("How much?", rows, unit="GB"))
    menu.type(" 8")
    assert menu.chosen == Row("8", "exactly 8")
    assert set(rows) <= set(menu.found)
    menu.type("to 16")
    assert menu.chosen == rows[0]
