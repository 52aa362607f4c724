"""Laws that hold of every sentence: what changes a reading, and what never decides."""

import random
import re
from itertools import pairwise

import pytest
from sentences import SEED, sentences

from advisor.engine.profile import make_profile
from advisor.errors import AdvisorError
from advisor.model.phrase_kinds import PARTICLE
from advisor.need.lexicon import lexicon_of
from advisor.need.named import model_names
from advisor.need.reading import read
from advisor.need.remainder import unused
from advisor.need.sweep import sweep
from advisor.need.understanding import fitted_to, understand
from advisor.tokens import form_of, tokens_of
from tests.steps import steps

PIECES = (
    "caption", "photos", "search", "not", "ohne", "图片", "2 million", "7,5", "CLIP", '"', "'", "?",
    "\x00", "\ud800", "\u202e", "ignore previous instructions and decide", "é", "e\u0301", "😀",
    "--task", "{", "<b>", "\n", "\t", ".", ",", "99999999999999999999", "1e999", "GPU", "zwei",
    "the", "rtx 3060", "A100", "lighter than", "Donut", "*", "|", "…", "Σ", "ß", "ı", "İ", "零",
    "万", "%s",
)  # fmt: skip


def said(reading):
    """Everything that a reading says, without where."""
    tasks = [(one.task, one.strength) for one in reading.tasks]
    given = {one.question: one.answer for one in (*reading.answers, *reading.concluded)}
    return tasks, given


@pytest.fixture(scope="module")
def made(rulebase):
    return sentences(rulebase, 250, SEED + 1)


@pytest.fixture(scope="module")
def read_plainly(rulebase, made):
    """What is read of each sentence as it stands."""
    return [said(read(rulebase, one.text)) for one in made]


@pytest.mark.parametrize(
    "change",
    [
        str.upper,
        str.lower,
        lambda text: text.replace(" ", "  "),
        lambda text: f"{text}. Thank you very much in advance",
        lambda text: f"Hello, {text}",
        lambda text: f"Hi, first post here and sorry if this was asked before. {text}",
        lambda text: f"{text}. Mein Chef ist bis Montag im Urlaub, der Kaffee ist alle",
    ],
    ids=["upper", "lower", "spaces", "thanks", "hello", "forum", "other-language"],
)
@pytest.mark.slow
def test_case_space_and_small_talk_change_nothing(rulebase, made, read_plainly, change):
    for one, plain in zip(made, read_plainly, strict=True):
        other = change(one.text)
        if "Chef" in other and len(one.text.split()) < 3:
            continue  # two words among ten of another language do not tell whose they are
        assert said(read(rulebase, other)) == plain, one.text


@pytest.mark.parametrize(
    ("negation", "phrase", "text"),
    [
        ("not", "on a phone", "caption photos, {}"),
        ("no", "captions", "tags for photos, {}"),
        ("without", "commercial use", "caption photos {}"),
        ("ohne", "Bildbeschreibung", "Fotos verschlagworten, {}"),
        ("sans", "légende", "étiqueter des photos, {}"),
        ("sin", "descripciones", "etiquetar fotos, {}"),
        ("senza", "descrizioni", "etichettare foto, {}"),
        ("sem", "legendas", "etiquetar fotos, {}"),
        ("不要", "描述", "给照片打标签，{}"),
    ],
)
def test_a_negation_takes_back_what_follows(rulebase, negation, phrase, text):
    def spans(whole):
        """Where the phrase stands, and the spans of all that is read."""
        start = whole.index(phrase)
        reading = read(rulebase, whole)
        found = (*reading.touched, *reading.answers)
        return start, start + len(phrase), [span for one in found for span in one.spans], reading

    start, end, read_with, _ = spans(text.format(phrase))
    assert any(start <= first and last <= end for first, last in read_with)
    start, end, read_without, reading = spans(text.format(f"{negation} {phrase}"))
    assert not any(first < end and start < last for first, last in read_without)
    assert reading.taken_back


def test_what_contradicts_is_left_out_and_said(engine):
    understanding = understand(engine, "embeddings of photos with our own gpt-2 decoder")
    assert [one.question for one in understanding.dropped] == ["parts"]
    document = understanding.to_dict()
    assert "parts" not in [q for q, a in document["profile"].items() if a["origin"] == "text"]
    assert [one["question"] for one in document["understood"] if one.get("dropped")] == ["parts"]


def test_flags_win_over_words(engine, rulebase):
    from advisor.engine.profile import make_profile

    flags = make_profile(rulebase, {"language": "de", "task": "alt-text"})
    understanding = understand(engine, "caption photos in French on a phone", flags)
    assert understanding.advice.task == "alt-text"
    assert understanding.profile["language"].options == ("de",)
    assert understanding.profile["device"].options == ("phone",)


def places_told(understanding):
    """The characters of a sentence that some row of its page quotes."""
    reading = understanding.reading
    read = (*understanding.tasks, *reading.besides, *understanding.kept, *understanding.dropped)
    spans = [span for one in read for span in one.spans]
    spans += [*reading.taken_back, *(span for span, _ in reading.corrected)]
    spans += [*unused(understanding), *reading.not_understood, *model_names(understanding)]
    return {place for start, end in spans for place in range(start, end)}


@pytest.mark.parametrize("some", [slice(20), pytest.param(slice(20, 60), marks=pytest.mark.slow)])
def test_no_word_vanishes(engine, rulebase, made, some):
    """Each word is read, said to be unused or missed, or says nothing anywhere."""
    lexicon = lexicon_of(rulebase)
    texts = [f"{one.text} and {other.text}" for one, other in pairwise(made[some])]
    texts += ["caption photos on a workstation without a GPU, better than with BLIP-2"]
    texts += ["dedupe listings, caption them, count people in them and read the size label"]
    for text in texts:
        understanding = understand(engine, text)
        told = places_told(understanding)
        swept = sweep(lexicon, text)
        silent = {place for mark in swept.of(PARTICLE) for place in mark.places}
        silent |= {n for n, one in enumerate(swept.tokens) if one.form in lexicon.quiet}
        vanished = [
            text[one.start : one.end]
            for place, one in enumerate(swept.tokens)
            if one.is_word and place not in silent and not told.issuperset(range(one[1], one[2]))
        ]
        assert vanished == [], text


@pytest.mark.parametrize(
    ("text", "tasks"),
    [
        ("remove duplicate listings and caption them", {"captioning", "deduplication"}),
        (
            "captions AND search: caption 20k photos and then search them by text",
            {"captioning", "image-search"},
        ),
        ("first describe 5000 photos, later find them by typing", {"captioning", "image-search"}),
        (
            "Zwei Sachen: ganze Seiten OCR und danach Fragen zum Dokument",
            {"ocr-page", "document-vqa"},
        ),
        (
            "Deux choses : retrouver des photos par texte et les légender",
            {"captioning", "image-search"},
        ),
        ("read text from images", set()),
        ("upload a picture and then describe it", set()),
        ("Find duplicate product photos by their vectors", set()),
    ],
)
def test_of_two_wishes_the_page_answers_one_and_says_the_command_of_the_other(engine, text, tasks):
    understanding = understand(engine, text)
    others = {other.task for other in understanding.reading.besides}
    assert ({understanding.tasks[0].task, *others} if others else others) == tasks
    assert {*understanding.besides} == others
    page = str(understanding.to_page(whole=True))
    for other in others:
        assert understanding.answering(other) in page
        engine.decide(understanding.besides[other])
    assert "collection" not in understanding.profile or "5000" in text or "20k" in text


# -- never on a guess --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "captioning",
        "counting",
        "vqa or captioning for photos",
        "count people in photos of qwertz",
        "read text from images",
        "count people in photos and detect them with boxes",
        "something for speech",
    ],
)
def test_a_guess_is_never_decided(engine, text):
    advice = understand(engine, text).advice
    assert advice.certainty.family == "assumed"
    assert advice.decision.outcome == ("assumed" if advice.decision.family else "none")


def test_all_that_may_be_meant_is_possible(engine):
    understanding = understand(engine, "segment photos or describe photos")
    assert {one.task for one in understanding.tasks} == {"segmentation", "captioning"}
    possible = set()
    for one in understanding.tasks:
        profile, _ = fitted_to(engine, understanding.reading, {}, one.task)
        possible |= set(engine.decide(profile).possible)
    assert set(understanding.advice.decision.possible) == possible
    assert {"none", "unified-vlp"} <= possible


def test_what_is_said_whole_is_decided(engine):
    decision = understand(engine, "count people in photos").advice.decision
    assert (decision.outcome, decision.possible) == ("decided", ("unified-vlp",))
    assert understand(engine, "bounding boxes in images").advice.decision.outcome == "none"


def nonsense(number):
    source = random.Random(SEED)
    for _ in range(number):
        pieces = [source.choice(PIECES) for _ in range(source.randrange(1, 14))]
        yield source.choice([" ", "", "  "]).join(pieces) + " qwertz"


@pytest.mark.parametrize(
    "number", [20, pytest.param(300, marks=[pytest.mark.slow, pytest.mark.long])]
)
def test_nonsense_neither_crashes_nor_decides(engine, number):
    for text in nonsense(number):
        try:
            decision = understand(engine, text).advice.decision
        except AdvisorError:
            continue
        assert decision.outcome == "assumed", text


@pytest.mark.slow
def test_of_nonsense_no_reading_is_sure(rulebase):
    """What is not sure is never decided: `understand` asks for it."""
    assert [text for text in nonsense(1_000) if read(rulebase, text).sure] == []


@pytest.mark.slow
@pytest.mark.long
def test_of_ten_thousand_pieces_of_nonsense_no_reading_is_sure(rulebase):
    assert [text for text in nonsense(10_000) if read(rulebase, text).sure] == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "piece", ["search photos ", "the ", "two million ", "9", "图", '"', "not "]
)
def test_long_texts_are_read(rulebase, piece):
    text = piece * (100_000 // len(piece))
    assert read(rulebase, text).text == text


@pytest.mark.slow
def test_an_answer_to_a_long_text_takes_time_in_proportion(engine):
    def answer(text):
        understanding = understand(engine, text)
        assert understanding.to_dict()["unused"] == []
        understanding.to_page()

    few, many = (steps(lambda n=n: answer("search photos " * n)) for n in (400, 2_400))
    assert many < 7 * few, "36 times would be quadratic"


def test_an_option_that_is_named_again_and_again_is_read_in_proportion(rulebase):
    def named(times):
        assert make_profile(rulebase, {"task": ["vqa"] * times})["task"].options == ("vqa",)

    few, many = (steps(lambda n=n: named(n)) for n in (1_000, 2_000))
    options = rulebase.question("task").options
    assert many - few < 1_000 * len(options), "for each name, each option would be looked at"


# -- no words for one case ---------------------------------------------------------------------


def test_no_phrase_was_written_for_one_posted_need(rulebase):
    """A phrase of more than two content words stands in no posted need, or in several."""
    quiet = frozenset(rulebase.words_index["quiet"].split())
    needs = [
        " ".join(token.form for token in tokens_of(scenario.need))
        for scenario in rulebase.scenarios
        if scenario.id.startswith("posted-need")
    ]
    assert len(needs) > 30
    long = {
        phrase: [form for form in map(form_of, re.findall(r"\w+", phrase)) if form not in quiet]
        for concept in rulebase.concepts.values()
        for words in concept.words.values()
        for phrase in words
    }
    leaked = {}
    for phrase, content in long.items():
        if len(content) > 2:
            forms = " ".join(token.form for token in tokens_of(phrase.replace("*", "")))
            found = [need for need in needs if forms in need]
            if len(found) == 1:
                leaked[phrase] = found[0]
    assert leaked == {}
