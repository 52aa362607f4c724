"""Where reading a sentence turns: each limit with a case on either side of it."""

from collections import Counter

import pytest
from sentences import EACH, meaning, meanings

from advisor.cli.program import program
from advisor.engine.bounds import TIME
from advisor.engine.decision import Engine
from advisor.errors import UsageError
from advisor.need.amounts import LEAST_TAUGHT
from advisor.need.lexicon import TELLING, _first_by_far, lexicon_of
from advisor.need.numerals import FARTHEST, LARGEST
from advisor.need.reading import read
from advisor.need.sweep import CORRECTED_WORDS, NEGATED_WORDS
from advisor.need.understanding import MOST_NAMED, understand

FAR = "very " * FARTHEST


MEANT = {
    "a number counts what is near": (
        {"collection": EACH},
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
        ("describe photos a 500", None),  # what is counted stands behind
        ("describe photos. 500", None),
    ),
    "examples are as many as train": (
        {"pairs": EACH},
        (f"captions with {LEAST_TAUGHT - 1} examples", None),
        (f"captions with {LEAST_TAUGHT} examples", LEAST_TAUGHT),
        ("fine-tune on 2 captioned photos", 2),  # who trains says so
        ("sort photos, 3 classes, 4 labeled photos each", 12),
        ("captions 40 blind users", None),  # a number before another noun is not the captions'
        ("5 stages, 120 labeled photos for each, classify", 600),
        ("5 estadios, 120 fotos etiquetadas para cada uno, clasificar", 600),
        ("which of 14 findings, classify x-rays, 50 labeled images for each", 700),
    ),
    "a rate counts the images": (
        {"collection": EACH},
        ("read receipts, ~300/day", 300),
        ("read receipts, 10 / h", 240),
        ("手書きメモを文字起こし、1日に80枚", 80),  # the 1 is that of the day
        ("Bilder beschreiben, 300 Fotos/Tag", 300),
        ("descrizioni per le foto, 900/giorno", 900),
        ("read receipts, 300-day archive", None),
        ("caption photos, roughly 700", None),
        ("caption photos from circa 1890", None),
        ("caption photos, roughly 700 euros", None),
    ),
    "limits of a sentence turn on what they are said of": (
        {"limits": EACH},
        ("tag photos, 50ms/image", {TIME: "50ms/item"}),
        ("answer questions about photos, it mustn't take longer than 3 s", {TIME: "3s/item"}),
        ("Fotos beschreiben, das darf nicht länger als 3 Sekunden dauern", {TIME: "3s/item"}),
        ("légender des photos, cela ne doit pas prendre plus de 3 secondes", {TIME: "3s/item"}),
        ("describir fotos, no puede tardar más de 3 segundos", {TIME: "3s/item"}),
        ("descrivere foto, non deve impiegare più di 3 secondi", {TIME: "3s/item"}),
        ("descrever fotos, não pode demorar mais de 3 segundos", {TIME: "3s/item"}),
        ("描述照片，耗时不能超过3秒", {TIME: "3s/item"}),
        ("レシートの読み取り、1枚あたり2秒以内", {TIME: "2s/item"}),
        ("answer within 2 seconds, questions about a photo", {TIME: "2s/item"}),
        ("answer questions about clips of 30 seconds at most", {}),
        ("train a classifier, must take less than 3 hours", {TIME: "3h"}),  # that is all of it
        ("describe clips no longer than 30 s", {}),  # the length of a clip
        ("caption 5 million photos a month", {TIME: "720h"}),
        ("légender 9 000 images par semaine", {TIME: "168h"}),
        ("tag 500 photos/week", {TIME: "168h"}),
        ("classify plants in less than 512 MB of RAM", {}),  # memory, by that word
        ("caption photos, under 8 GB", {}),
    ),
    "an idiom is no task and what decides between two is read": (
        {"first": EACH},
        ("is this model any good for captioning photos?", "captioning"),
        ("is this caption any good?", "image-text-matching"),
        ("which captioner fits in 6 GB?", "captioning"),
        ("whether the caption fits the image?", "image-text-matching"),
        ("est-ce que BLIP est bon pour légender des photos ?", "captioning"),
        ("write ad copy for an image", "captioning"),
        ("find copies of photos", "deduplication"),
        ("is this the same shoe in both pictures? yes/no", "similar-images"),
        ("sind auf den beiden Bildern dieselben Schuhe? ja/nein", "similar-images"),
        ("est-ce la même chaussure sur les deux photos ?", "similar-images"),
        ("两张照片是不是同一双鞋", "similar-images"),
        ("do both pictures show the same number of dogs", "visual-reasoning"),
        ("what changed between two images of the same room", "visual-reasoning"),
        ("识别身份证上的姓名和号码", "field-extraction"),
        ("recognize the name and date on ID cards", "field-extraction"),
        ("识别驾驶证上的姓名和出生日期", "field-extraction"),
        ("识别文档类型", "document-classification"),
        ("count cars and draw a box round each one", "object-detection"),
        ("compter les voitures et encadrer chacune", "object-detection"),
        ("Äpfel zählen und mit Rahmen markieren", "object-detection"),
        ("count the boxes on a shelf", "counting"),
        ("count the products in a box", "counting"),
        ("a quiz bot for chest x-rays", "vqa"),
        (f"I have {LEAST_TAUGHT - 1} photos in total, sort mushrooms", "supervised-classification"),
        (f"I have {LEAST_TAUGHT} photos in total, sort mushrooms", "zero-shot-classification"),
        ("wir haben nur 8 Fotos, Pilze nach Sorte sortieren", "supervised-classification"),
        ("总共只有9张照片，给蘑菇分类", "supervised-classification"),
    ),
    "a word of another language or sense answers nothing": (
        {},
        ("sort swatches by stitch, free tier", {"domain": None}),  # no animal
        ("welches Tier ist auf dem Foto", {"domain": "organisms"}),
        ("caption photos at low labor cost", {"use": None}),  # no laboratory
        ("Fotos im Labor beschreiben", {"use": "research"}),
        ("caption photos of our bank holiday", {"use": None}),
        ("caption photos for a bank", {"use": "commercial"}),
        ("classify plants in less than 512 MB of RAM", {"memory-gb": 0.512}),
    ),
}
"""What sentences mean on either side of a limit."""


@pytest.mark.parametrize(("text", "meant"), meanings(MEANT))
def test_a_sentence_means_what_stands_on_its_side(rulebase, text, meant):
    assert meaning(rulebase, text, meant) == meant


@pytest.mark.parametrize(
    ("between", "taken_back"), [(NEGATED_WORDS - 1, True), (NEGATED_WORDS, False)]
)
def test_a_negation_reaches_four_words(rulebase, between, taken_back):
    text = f"describe photos not {'qwertz ' * between}German"
    meant = meaning(rulebase, text, ["language"])
    assert meant == {"language": None if taken_back else "de"}


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
