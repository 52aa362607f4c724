"""What words are read as: tasks, answers, spans, numbers, names, what is negated or concluded."""

import random
import unicodedata

import pytest
from sentences import limit_of, misspelt, sentences

from advisor.engine.bounds import SIZE
from advisor.need.lexicon import lexicon_of
from advisor.need.numerals import as_value
from advisor.need.reading import read
from advisor.tokens import form_of, pattern_of, tokens_of


def answers(reading):
    return {one.question: one.answer for one in (*reading.answers, *reading.concluded)}


TRAINED, TEXTS = {"training": ["fine-tune"]}, {"examples": ["texts"]}
PHOTOS = {"domain": ["everyday"], "reading": ["no-text"]}
SHOP = PHOTOS | {"collection": 2_000_000, "use": ["commercial"]}


def given(rulebase, text):
    """Options by question, with the number where one was given."""
    return {
        question: list(answer.options) if answer.value is None else answer.value
        for question, answer in answers(read(rulebase, text)).items()
    }


SPOKEN_LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "zh")


# -- tasks -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "tasks"),
    [
        ("find photos by description", ["image-search"]),
        ("find products that look like the one in a photo", ["similar-images"]),
        ("describe photos in detail", ["detailed-captioning"]),
        ("describe photos for blind people", ["alt-text"]),
        ("how many cars are in the image?", ["counting"]),
        ("read text from images", ["ocr-line", "ocr-page"]),
        ("get the text out of scanned pages", ["ocr-page"]),
        ("extract the total from invoices as JSON", ["field-extraction"]),
        ("which bar of the chart is highest? answer questions", ["chart-reading"]),
        ('the user types "red bicycle" and sees matching photos', ["image-search"]),
        ('answer "what is the due date?" on scanned invoices', ["document-vqa"]),
    ],
)
def test_a_larger_set_of_concepts_is_more_specific(rulebase, text, tasks):
    assert [one.task for one in read(rulebase, text).tasks] == tasks


@pytest.mark.parametrize(
    ("text", "task"),
    [
        ("Fotos nach Beschreibung suchen", "image-search"),
        ("Bilder für Blinde beschreiben", "alt-text"),
        ("Beträge aus Rechnungen auslesen", "field-extraction"),
        ("retrouver des photos par une phrase", "image-search"),
        ("compter les voitures sur une photo", "counting"),
        ("supprimer les images en double", "deduplication"),
        ("describir fotos de productos", "captioning"),
        ("leer facturas y extraer los importes", "field-extraction"),
        ("clasificar imágenes sin entrenar", "zero-shot-classification"),
        ("descrivere le immagini per non vedenti", "alt-text"),
        ("trovare prodotti simili a una foto", "similar-images"),
        ("contare le persone in una foto", "counting"),
        ("procurar fotos por descrição", "image-search"),
        ("remover fotos duplicadas", "deduplication"),
        ("extrair campos de notas fiscais", "field-extraction"),
        ("用文字搜索图片", "image-search"),
        ("识别手写公式", "math-ocr"),
        ("图片去重", "deduplication"),
    ],
)
def test_tasks_are_read_in_seven_languages(rulebase, text, task):
    assert read(rulebase, text).tasks[0].task == task


def test_what_is_done_already_or_comes_besides_is_not_the_wish(rulebase):
    done = read(rulebase, "caption photos; search already works well")
    assert [one.task for one in done.touched] == ["captioning"]
    besides = read(rulebase, "caption photos, and later on also count people")
    assert [one.task for one in besides.touched] == ["captioning"]


def test_words_in_quotation_marks_are_an_example(rulebase):
    reading = read(rulebase, 'find photos by typing "count the dogs and describe them"')
    assert [one.task for one in reading.touched] == ["image-search"]


def test_a_named_checkpoint_says_its_tasks_where_nothing_else_does(rulebase):
    reading = read(rulebase, "fine-tune TrOCR on Khmer")
    assert {"ocr-line", "handwriting"} <= {one.task for one in reading.tasks}
    assert [name for name, _ in reading.names] == ["TrOCR"]
    assert not reading.sure


def test_the_words_of_a_name_mean_nothing_by_themselves(rulebase):
    reading = read(rulebase, "search photos, not with BLIP-2 or PaliGemma 2")
    assert [one.task for one in reading.touched] == ["image-search"]


# -- answers -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("caption photos on a laptop without a GPU", {"device": ["cpu"]}),
        ("300 photos a day to caption", {"collection": 300}),
        ("go live with 2M images per day and caption them", {"collection": 2_000_000}),
        ("I have 300 photos to caption", {"collection": 300}),
        ("caption photos on my rtx 3060", {"device": ["gpu"], "memory-gb": 12}),
        ("caption photos in French and German", {"language": ["fr", "de"]}),
        ("caption photos with 6 GB of VRAM", {"device": ["gpu"], "memory-gb": 6}),
        ("caption photos, we sell it", {"use": ["commercial"]}),
        ("Fotos beschreiben ohne Training", {"training": ["ready-made"], "language": ["de"]}),
        ("classer des images sur un téléphone", {"device": ["phone"], "language": ["fr"]}),
        ("legendas de fotos em português", {"language": ["pt"]}),
        ("describir fotos en portugués", {"language": ["pt"]}),
        ("legendas de fotos em francês", {"language": ["fr"]}),
        ("describir fotos en inglés", {"language": ["en"]}),
        ("describir fotos en japonés", {"language": ["ja"]}),
        ("describir fotos en frances y portugues", {"language": ["fr", "pt"]}),
        ("caption photos of France", {}),
        ("légender des photos de France", {"language": ["fr"]}),
        ("top 3 similar images in my folder", {}),
        ("the top 5 of 300 photos that look like this", {"collection": 300} | PHOTOS),
        ("search 10K images with texts", {"collection": 10_000}),
        ("a score for 5M image-text pairs", {"collection": 5_000_000}),
        ("search images with captions in 6 languages", {"language": ["multilingual"]} | TEXTS),
        ("fine-tune a search on 10K images with captions", {"pairs": 10_000} | TRAINED | TEXTS),
        (
            "plant classes, 50 photos each",
            {"pairs": 50, "examples": ["labels"], "domain": ["specialist"]} | TRAINED,
        ),
        ("describe this mobile screen image", {}),
        ("describe photos on my mobile", {"device": ["phone"]}),
        ("caption photos on a macbook m2 16gb", {"device": ["mps"], "memory-gb": 10.6}),
        ("caption photos on a gpu with 24 GB", {"device": ["gpu"], "memory-gb": 24}),
        ("image search for our shop, ~2M imgs/day", SHOP),
    ],
)
def test_answers_are_read(rulebase, text, said):
    assert given(rulebase, text) == said


def test_something_lighter_than_a_checkpoint_has_fewer_parameters(rulebase):
    size = limit_of(read(rulebase, "something lighter than Donut for receipts"), SIZE)
    donut = rulebase.checkpoint("naver-clova-ix/donut-base").parameters_millions
    assert donut - 5 < size < donut


def test_conclusions_are_told_apart_and_can_be_left_out(rulebase):
    text = "read handwritten lines, 5,000 images with their text"
    reading = read(rulebase, text)
    assert {one.implication for one in reading.concluded} >= {"examples-counted"}
    assert all(one.because for one in reading.concluded)
    assert read(rulebase, text, literally=True).concluded == ()
    assert answers(reading)["training"].options == ("fine-tune",)


def test_a_handwritten_letter_is_a_page_unless_lines_are_read(rulebase):
    for text in ("OCR of handwritten French letters", "handwriting, whole pages"):
        assert ("reading", ("page",)) in {
            (answer.question, answer.answer.options) for answer in read(rulebase, text).concluded
        }
    assert not read(rulebase, "OCR of handwritten letters, line by line").concluded


def test_of_two_options_of_one_question_none_is_read(rulebase):
    assert "device" not in given(rulebase, "caption photos in the browser or on a phone")


# -- numbers -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "number",
    ["2M", "2,000,000", "2.000.000", "2 000 000", "2 million", "2 Mio", "zwei Millionen",
     "deux millions", "dos millones", "due milioni", "dois milhões", "2000k", "two million"],
)  # fmt: skip
def test_all_spellings_of_a_number_give_one_value(rulebase, number):
    assert given(rulebase, f"search {number} fotos")["collection"] == 2_000_000


@pytest.mark.parametrize("number", ["200万", "二百万", "两百万"])
def test_chinese_numerals(rulebase, number):
    assert given(rulebase, f"搜索{number}张图片")["collection"] == 2_000_000


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("5000", 5000), ("1,500", 1500), ("7,5", 7.5), ("0.125", 0.125), ("1.234,56", 1234.56),
        ("1,234.5", 1234.5), ("1'000'000", 1e6), ("1\u202f000", 1000), ("12,34", 12.34),
    ],
)  # fmt: skip
def test_separators_group_or_point(raw, value):
    assert as_value(raw) == value


def test_digits_of_a_name_count_nothing(rulebase):
    assert given(rulebase, "captions with GPT-2 and ViT-B/32 images") == {
        "parts": ["own-parts"],
        "training": ["fine-tune"],
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("8gb vram, caption photos", {"memory-gb": 8, "device": ["gpu"]}),
        ("caption photos on a card of 8 GB", {"device": ["gpu"], "memory-gb": 8}),
        ("200 GB of photos to caption", {}),
        ("3 Go de scans à légender", {"domain": ["documents"], "language": ["fr"]}),
        ("caption 12 000 photos", {"collection": 12_000}),
        ("describe photos; go live, ~2M", {"collection": 2_000_000}),
        ("on the go 300 photos a day to describe", {"collection": 300}),
        ("légender des photos, 8 Go", {"memory-gb": 8, "language": ["fr"]}),
    ],
)
def test_a_unit_counts_itself_and_what_is_stored_is_no_memory(rulebase, text, said):
    assert given(rulebase, text) == said


@pytest.mark.parametrize(
    "text",
    ["zero training", "training is not possible", "no time for training", "ohne Training"],
)
def test_who_cannot_train_needs_what_works_as_it_is(rulebase, text):
    assert given(rulebase, f"classify photos, {text}")["training"] == ["ready-made"]


def test_several_thousand_is_no_exact_number(rulebase):
    answer = answers(read(rulebase, "search thousands of photos"))["collection"]
    assert (answer.options, answer.value) == (("thousands",), None)


# -- spans -------------------------------------------------------------------------------------

SPOKEN = [
    "search 2 million product photos by German text, on a CPU, commercially",
    "Rechnungen auslesen, 500 annotierte Belege, ohne GPU",
    "décrire des photos pour les aveugles en français",
    "给手机相册里的照片写中文描述",
    "😀 caption photos 😀 in Spanish on a phone",
]


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("text", SPOKEN)
def test_each_span_is_a_slice_and_cutting_it_removes_the_answer(rulebase, text, form):
    text = unicodedata.normalize(form, text)
    reading = read(rulebase, text, literally=True)
    assert reading.tasks
    assert reading.answers
    for one in reading.answers:
        rest = text
        for start, end in sorted(one.spans, reverse=True):
            assert 0 <= start < end <= len(text)
            rest = f"{rest[:start]} {rest[end:]}"
        assert one.question not in answers(read(rulebase, rest, literally=True))


def test_every_word_is_in_a_span_or_told_to_be_missed(rulebase):
    text = "caption photos of qwertz zebras"
    reading = read(rulebase, text)
    assert reading.words(reading.not_understood) == ("qwertz", "zebras")


# -- words made for the purpose ----------------------------------------------------------------


def back(rulebase, made):
    """How many tasks and answers of sentences are read back, and how many there are."""
    hit = total = 0
    for one in made:
        reading = read(rulebase, one.text)
        said = answers(reading)
        total += 1 + len(one.answers)
        hit += one.task in [task.task for task in reading.tasks]
        for question, option in one.answers.items():
            answer = said.get(question)
            hit += answer is not None and option in (*answer.options, answer.value)
    return hit, total


def test_sentences_made_of_its_words_are_read_back(rulebase):
    hit, total = back(rulebase, sentences(rulebase, 200))
    assert hit / total >= 0.98


def test_with_a_slip_of_the_finger_each_they_still_are(rulebase):
    source = random.Random(7)
    made = [misspelt(one, source) for one in sentences(rulebase, 200)]
    hit, total = back(rulebase, made)
    assert hit / total >= 0.9


# -- tokens ------------------------------------------------------------------------------------


def test_tokens_are_slices_and_ideographs_stand_alone():
    text = "2,000,000 Réceipts—图片 text-to-image GPT-2 A100"
    tokens = tokens_of(text)
    assert [text[one.start : one.end] for one in tokens][:4] == ["2,000,000", "Réceipts", "—", "图"]
    assert form_of("Réceipts") == form_of("receipt")
    assert pattern_of("text-to-image") == ("text", "to", "image")
    assert pattern_of("*bilder") == ("*bilder",)
    assert pattern_of("classif*") == ("classif*",)


# -- the language of a sentence ----------------------------------------------------------------


def test_a_word_that_says_nothing_in_the_language_of_a_sentence_means_nothing(rulebase):
    german = read(rulebase, "Wir wollen also Dubletten in unseren Fotos finden")
    assert [one.task for one in german.tasks] == ["deduplication"]
    spanish = read(rulebase, "Quiero filtrar los pares imagen-texto, son cincuenta millones")
    assert [one.task for one in spanish.tasks] == ["dataset-filtering"]
    english = read(rulebase, "I want to caption the photos, and we also need to find duplicates")
    assert [one.task for one in english.tasks] == ["captioning"]


def test_the_language_that_has_every_word_of_a_text_is_its_own(rulebase):
    lexicon = lexicon_of(rulebase)
    portuguese = ["responder", "perguntas", "sobre", "fotos", "placa", "de", "GB"]
    assert lexicon.language(map(form_of, portuguese)) == "pt"
    assert lexicon.language(["foto", "de"]) == ""  # several have both


def test_a_word_that_joins_others_does_so_where_its_language_has_no_other_use_of_it(rulebase):
    lexicon = lexicon_of(rulebase)
    assert lexicon.is_one("o", "it", "or")
    assert not lexicon.is_one("o", "pt", "or")  # an article
    assert lexicon.is_one("as", "en", "into")
    assert not lexicon.is_one("as", "pt", "into")
    assert lexicon.is_one("mio", "de", "abbreviation")
    assert not lexicon.is_one("mio", "it", "abbreviation")  # my
    assert not lexicon.is_one("e", "", "and")  # e.g.


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("nous avons des photos prises toutes les dix secondes", "secondes"),
        ("ho le foto dei piatti e il nome di chi li ha scattati", "piatti"),
    ],
)
def test_a_word_is_not_corrected_to_one_of_another_language(rulebase, text, word):
    assert word not in [text[start:end] for (start, end), _ in read(rulebase, text).corrected]


# -- words that are right as they are ----------------------------------------------------------


@pytest.mark.parametrize("language", ["", *SPOKEN_LANGUAGES])
def test_no_common_word_is_corrected(rulebase, language):
    """Neither general words nor any word that stands in a phrase of the lexicon."""
    lexicon = lexicon_of(rulebase)
    ours = {word for words in lexicon.index["spelt"].values() for word in words.split()}
    common = rulebase.particles["common"].words.values()
    general = {form_of(word) for words in common for word in words}
    forms = general | lexicon.quiet | {word for word in ours if language == ""}
    assert [form for form in forms if lexicon.correction(form, language)] == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("foto delle lezioni da descrivere", "lezioni"),
        ("descrivere le foto, almeno la causa della morte", "almeno causa morte"),
        ("photos of every lesson for a discord bot, painted by hand", "lesson discord painted"),
        ("Fotos beschreiben: Frauen, ihre Familie, zum Beispiel", "Frauen Familie Beispiel"),
        ("légender la partie droite, elle avait une bonne heure", "partie droite avait heure"),
        ("describir fotos: muchas calles de México, había países", "muchas México había países"),
        ("descrever fotos: o corpo de um homem na escola", "corpo homem escola"),
    ],
)
def test_a_common_word_of_any_language_is_read_as_it_stands(rulebase, text, words):
    corrected = {text[start:end] for (start, end), _ in read(rulebase, text).corrected}
    assert corrected.isdisjoint(words.split())


def test_a_slip_is_still_corrected(rulebase):
    reading = read(rulebase, "captoin photos of recepts in Germna")
    assert [word for _, word in reading.corrected] == ["caption", "receipt", "german"]


def test_a_short_sentence_is_read_in_the_language_of_its_words(rulebase):
    assert given(rulebase, "caption these photos") == {}
    french = {"use": ["research"], "language": ["fr"]}
    assert given(rulebase, "légender des photos pour une thèse") == french


def test_texts_are_in_the_language_of_the_need_unless_it_names_one(rulebase):
    own = read(rulebase, "Briefe in Text umwandeln").concluded[-1]
    assert (own.question, own.answer.options) == ("language", ("de",))
    assert own.implication == "language-of-the-need"
    assert not read(rulebase, "Briefe in Text umwandeln", literally=True).concluded
    named = read(rulebase, "englische Briefe in Text umwandeln").concluded
    assert "language-of-the-need" not in {answer.implication for answer in named}
    assert not read(rulebase, "turn letters into text").concluded


@pytest.mark.parametrize(
    "machine",
    [
        "on an old workstation without a GPU",
        "on a workstation, there is no GPU",
        "no dedicated graphics card",
        "on a machine that has neither a GPU nor a fan",
        "we do not have any GPU",
        "a GPU is not available",
        "ohne eigene Grafikkarte",
    ],
)
def test_no_gpu_is_a_cpu(rulebase, machine):
    assert given(rulebase, f"caption photos, {machine}")["device"] == ["cpu"]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("image search that does not work with Chinese queries", "zh"),
        ("caption photos, our tool doesn't support German", "de"),
        ("caption photos; it can't handle German", "de"),
        ("Fotos beschreiben, das klappt nicht auf Spanisch", "es"),
        ("légender des photos, ça ne marche pas en allemand", "de"),
        ("describir fotos, no funciona con chino", "zh"),
        ("descrivere foto, non funziona in tedesco", "de"),
        ("legendar fotos, não funciona em alemão", "de"),
    ],
)
def test_what_does_not_work_with_something_is_wanted_to(rulebase, text, language):
    assert given(rulebase, text)["language"] == [language]
    assert read(rulebase, text).taken_back == ()


def test_what_is_not_wanted_stays_unwanted(rulebase):
    assert given(rulebase, "caption photos, not in German") == {}
    assert given(rulebase, "caption photos, it does not have German") == {}


def test_a_workstation_has_a_card_unless_something_else_is_said(rulebase):
    assert given(rulebase, "caption photos on a workstation")["device"] == ["gpu"]
    assert given(rulebase, "caption photos on a workstation, CPU only")["device"] == ["cpu"]
    assert given(rulebase, "caption photos, no more than 8 GB on the GPU")["device"] == ["gpu"]


@pytest.mark.parametrize(
    "text",
    [
        "auto tag images multiple tags per photo",
        "caption photos in ci",
        "photos in la caption",
    ],
)
def test_english_words_beside_two_of_another_language_are_english(rulebase, text):
    assert "language" not in given(rulebase, text)


def test_colab_is_its_free_card(rulebase):
    read_of = given(rulebase, "OCR de tickets en español en Colab gratis")
    assert (read_of["device"], read_of["memory-gb"]) == (["gpu"], 16)


def test_words_of_a_task_that_is_not_answered_are_told(rulebase):
    reading = read(rulebase, "Find duplicate product photos, and hide nudity")
    assert [one.task for one in reading.tasks] == ["deduplication"]
    assert [(one.task, reading.words(one.spans)) for one in reading.besides] == [
        ("content-moderation", ("nudity",))
    ]
    assert not read(rulebase, "Find duplicate product photos by their vectors").besides


# -- needs of people who do not know the terms --------------------------------------------------


@pytest.mark.parametrize(
    ("text", "task", "said"),
    [
        ("describe chest X-rays", "captioning", {"domain": ["specialist"]}),
        ("radiology report generation", "captioning", {"domain": ["specialist"]}),
        ("classify skin lesions", "zero-shot-classification", {"domain": ["specialist"]}),
        ("find tumours in MRI scans", "object-detection", {"domain": ["specialist"]}),
        (
            "transcribe Kurrent letters",
            "handwriting",
            {"domain": ["specialist"], "language": ["de"]},
        ),
        (
            "Sütterlin handwriting to text",
            "handwriting",
            {"domain": ["specialist"], "language": ["de"]},
        ),
        ("recognise my grandmother in old photos", "face-identity", {}),
        ("which member is coming in?", "face-identity", {}),
        ("put the accession numbers of index cards into Excel", "field-extraction", {}),
        ("has the forest shrunk between two aerial photos?", "visual-reasoning", {}),
        ("compare two images and say what changed", "visual-reasoning", {}),
    ],
)
def test_needs_are_read_in_general_words(rulebase, text, task, said):
    assert read(rulebase, text).tasks[0].task == task
    assert given(rulebase, text).items() >= said.items()
