"""A language of sentences in one file of one's own: Dutch, laid over the shipped words."""

from pathlib import Path

import pytest

from advisor.errors import BrokenFileError
from advisor.need.reading import read
from advisor.rulebase.store import load_rules

DUTCH = Path(__file__).parent / "dutch"


@pytest.fixture(scope="module")
def dutch():
    return load_rules(overlays=(DUTCH,))


@pytest.mark.parametrize(
    ("text", "task", "said"),
    [
        (
            "foto's beschrijven in het Duits, zonder videokaart",
            "captioning",
            {"language": ["de"], "device": ["cpu"]},
        ),
        ("facturen uitlezen op mijn telefoon", "field-extraction", {"device": ["phone"]}),
        ("twee miljoen foto's doorzoeken op tekst", "image-search", {"collection": 2_000_000}),
        ("vijftig foto's sorteren", "zero-shot-classification", {"collection": 50}),
        ("beschrijvingen voor duizenden foto's", "captioning", {"collection": ["thousands"]}),
        ("dubbele foto's vinden", "deduplication", {}),
        ("foto's beschrijven, niet in het Frans", "captioning", {}),
        ("afbeeldingen zoeken, het werkt niet in het Engels", "image-search", {"language": ["en"]}),
    ],
)
def test_a_sentence_is_read_by_the_words_of_one_file(dutch, text, task, said):
    reading = read(dutch, text)
    assert [one.task for one in reading.tasks] == [task]
    given = {one.question: one.answer.value or list(one.answer.options) for one in reading.answers}
    assert given.items() >= said.items()
    assert "language" not in given.keys() - said.keys()
    assert reading.not_understood == ()


@pytest.mark.parametrize(
    ("text", "besides"),
    [
        ("foto's beschrijven en doorzoeken op tekst", ["captioning"]),
        ("foto's beschrijven of doorzoeken op tekst", []),
    ],
)
def test_two_tasks_are_joined_by_the_word_of_its_language(dutch, text, besides):
    reading = read(dutch, text)
    assert [one.task for one in reading.tasks] == ["image-search"]
    assert [one.task for one in reading.besides] == besides


@pytest.mark.parametrize(
    "text",
    [
        "foto's sorteren in hond, kat en vis",
        "sorteer foto's als hond, kat of vis",
        "foto's sorteren: hond, kat of vis",
    ],
)
def test_labels_are_listed_by_the_words_of_its_language(dutch, text):
    reading = read(dutch, text)
    assert reading.words(reading.labels) == ("hond", "kat", "vis")
    assert reading.not_understood == ()


@pytest.mark.parametrize(
    "text",
    [
        "sort photos of birds into owl of the snow, eagle and hawk",
        "answer questions about photos: hen of the house, duck, goose",
        "clasificar fotos en perro, gato y pez",
        "trier des photos en chien, chat et poisson",
    ],
)
def test_a_word_of_two_languages_is_that_of_the_sentence(dutch, rulebase, text):
    assert read(dutch, text)._replace(text="") == read(rulebase, text)._replace(text="")


def test_the_words_of_a_language_join_those_that_are_there(dutch, rulebase):
    for text in ("caption photos in German, without a GPU", "Fotos beschreiben ohne Training"):
        assert read(dutch, text)._replace(text="") == read(rulebase, text)._replace(text="")
    shipped, joined = rulebase.concepts["image"].words, dutch.concepts["image"].words
    assert {**joined, "nl": None} == {**shipped, "nl": None}
    assert "afbeelding*" in joined["nl"]
    assert any("nl" in change for change in dutch.overlays)


@pytest.mark.slow
def test_a_language_is_a_file_of_words_in_the_folder_too(tmp_path):
    (tmp_path / "words").mkdir()
    text = (DUTCH / "words.yaml").read_text(encoding="utf-8")
    (tmp_path / "words" / "nl.yaml").write_text(text, encoding="utf-8")
    rules = load_rules(overlays=(tmp_path,))
    assert [one.task for one in read(rules, "dubbele foto's vinden").tasks] == ["deduplication"]


def test_the_language_of_the_documentation_is_read(tmp_path):
    page = (DUTCH.parents[2] / "docs" / "rules.md").read_text(encoding="utf-8")
    block = page.partition("### Add a language")[2].partition("```yaml\n")[2].partition("```")[0]
    (tmp_path / "words.yaml").write_text(block, encoding="utf-8")
    polish = load_rules(overlays=(tmp_path,))
    reading = read(polish, "sortować zdjęcia na pies, kot lub ryba, bez karty graficznej")
    assert [one.task for one in reading.tasks] == ["zero-shot-classification"]
    assert [one.answer.options for one in reading.answers] == [("cpu",)]
    assert reading.words(reading.labels) == ("pies", "kot", "ryba")
    both = read(polish, "chcę opisać i wyszukać moje zdjęcia, ok. 50 tys. zdjęć")
    assert [one.task for one in (*both.tasks, *both.besides)] == ["image-search", "captioning"]
    assert [one.answer.value for one in both.answers] == [50_000]
    assert both.not_understood == ()


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("{id: nl, concepts: {descrbe: [x]}}", "words.yaml:2:25: unknown concept `descrbe`"),
        ("{id: nl, particles: {negatoin: [niet]}}", "unknown particle `negatoin`"),
        ("{id: dutch, concepts: {image: [foto]}}", "`dutch` is not a language"),
    ],
)
def test_a_mistake_in_it_is_said_at_its_place(tmp_path, entry, said):
    (tmp_path / "words.yaml").write_text(f"languages:\n  - {entry}\n", encoding="utf-8")
    with pytest.raises(BrokenFileError) as refused:
        load_rules(overlays=(tmp_path,))
    assert said in " ".join(map(str, refused.value.problems))


@pytest.mark.parametrize(("language", "remarks"), [("pl", 1), ("nl", 0)])
def test_words_for_numbers_that_nobody_reads_are_reported(tmp_path, language, remarks):
    words = f"languages:\n  - {{id: {language}, particles: {{number-word: [dwa]}}}}\n"
    (tmp_path / "words.yaml").write_text(words, encoding="utf-8")
    said = load_rules(overlays=(tmp_path,)).remarks
    assert ["words.yaml:2:" in each and "numbers in `pl`" in each for each in said] == [
        True
    ] * remarks
