"""Words that judges of sentences saw misread: each kind in the languages that have it."""

import pytest

from advisor.need.reading import read
from advisor.need.understanding import not_understood


def options_of(rulebase, text):
    """Options by question, said or concluded."""
    reading = read(rulebase, text)
    return {one.question: one.answer for one in (*reading.answers, *reading.concluded)}


def tasks_of(rulebase, text):
    return [one.task for one in read(rulebase, text).tasks]


@pytest.mark.parametrize(
    ("text", "task"),
    [
        ("家具の写真を言葉で検索したい", "image-search"),
        ("商品画像キーワード検索", "image-search"),
        ("看板の文字を読み取りたい", "ocr-line"),
        ("手書きの文字を読みたい", "handwriting"),
        ("商品写真を分類したい", "zero-shot-classification"),
        ("写真の人を数えたい", "counting"),
    ],
)
def test_common_words_of_japanese_are_read_and_are_no_chinese(rulebase, text, task):
    assert tasks_of(rulebase, text) == [task]
    assert options_of(rulebase, text)["language"].options == ("ja",)


@pytest.mark.parametrize("text", ["用中文搜索商品图片", "识别手写公式", "描述漫画图片"])
def test_chinese_is_no_japanese(rulebase, text):
    assert options_of(rulebase, text)["language"].options == ("zh",)


def test_a_sentence_without_spaces_is_no_misspelt_name(rulebase):
    assert "no word of" in str(not_understood(rulebase, "トマトを育てたい"))
    assert "unknown command or task" in str(not_understood(rulebase, "recomend"))


@pytest.mark.parametrize(
    ("text", "use"),
    [
        ("Urlaubsfotos nach Text suchen, kommerziell", "commercial"),
        ("search holiday photos by text, commercially", "commercial"),
        ("chercher des photos de famille par texte, usage commercial", "commercial"),
        ("search my family photos by text", "personal"),
    ],
)
def test_what_is_said_of_the_use_goes_before_whose_photos_they_are(rulebase, text, use):
    assert options_of(rulebase, text)["use"].options == (use,)


@pytest.mark.parametrize(
    "text",
    [
        "sort screws, 50 photos per category",
        "Schrauben sortieren, 50 Fotos pro Kategorie",
        "trier des vis, 50 images par catégorie",
        "clasificar tornillos, 50 imágenes por categoría",
        "classificare viti, 50 immagini per categoria",
        "classificar parafusos, 50 imagens por categoria",
    ],
)
def test_images_per_category_are_examples_of_it(rulebase, text):
    options = options_of(rulebase, text)
    assert (options["pairs"].value, options["examples"].options) == (50, ("labels",))
    assert "collection" not in options


@pytest.mark.parametrize(
    "text",
    [
        "identify beetle species",
        "recognize wild flowers in photos",
        "Vogelarten auf Fotos bestimmen",
        "reconnaître des oiseaux sur des photos",
        "identificar insectos en fotos",
        "riconoscere le piante nelle foto",
        "identificar plantas em fotos",
        "识别鸟类照片",
        "植物の写真を識別したい",
    ],
)
def test_species_are_living_things(rulebase, text):
    assert options_of(rulebase, text)["domain"].names == ("organisms",)


@pytest.mark.parametrize("text", ["describe photos of animals", "find photos of flowers by text"])
def test_everyday_photos_of_living_things_are_no_special_domain(rulebase, text):
    domain = options_of(rulebase, text).get("domain")
    assert domain is None or domain.options == ("everyday",)


@pytest.mark.parametrize(
    ("text", "task"),
    [
        ("read scanned book pages line by line", "ocr-line"),
        ("einzelne Zeilen aus gescannten Seiten lesen", "ocr-line"),
        ("transcrire des documents ligne par ligne", "ocr-line"),
        ("transcrire des registres manuscrits ligne par ligne", "handwriting"),
        ("handschriftliche Formulare erkennen, einzelne Zeilen", "handwriting"),
    ],
)
def test_line_by_line_is_no_page_and_handwriting_no_print(rulebase, text, task):
    assert tasks_of(rulebase, text) == [task]
    assert options_of(rulebase, text)["reading"].options == ("line",)


@pytest.mark.parametrize(
    "text",
    [
        "classify photos into 5 classes without any training data",
        "classify photos into 5 classes, no training",
        "Fotos in 5 Klassen einteilen, ohne Training",
        "classify scans of the chest as pneumonia or normal, no training",
    ],
)
def test_without_training_no_classifier_is_trained(rulebase, text):
    assert tasks_of(rulebase, text) == ["zero-shot-classification"]
    assert options_of(rulebase, text)["training"].options == ("ready-made",)


def test_zero_shot_is_not_from_zero(rulebase):
    said = options_of(rulebase, "caption photos; can it do zero-shot captions?")
    assert said["training"].options == ("ready-made",)


@pytest.mark.parametrize(
    "text",
    [
        "describe newspaper photos",
        "Zeitungsfotos beschreiben",
        "légender des photos de presse",
        "describir fotos de prensa",
        "descrivere foto di giornali",
        "descrever fotos de jornais",
        "描述新闻照片",
    ],
)
def test_photos_of_the_press_are_no_documents(rulebase, text):
    assert options_of(rulebase, text)["domain"].options == ("everyday",)


def test_newspapers_stay_documents(rulebase):
    assert options_of(rulebase, "alte Zeitungen lesen")["domain"].options == ("documents",)


@pytest.mark.parametrize(
    ("text", "examples"),
    [
        ("sort screws into 8 classes, 30 photos each", 240),
        ("sort screws into 8 classes, 200 labeled photos per class", 1600),
        ("Schrauben in 8 Klassen sortieren, 30 Fotos pro Klasse", 240),
        ("trier des plats en 12 catégories, 50 images par catégorie", 600),
        ("clasificar tornillos en 8 clases, 30 fotos por clase", 240),
        ("sort screws into 8 classes, 900 labeled photos", 900),
    ],
)
def test_examples_of_each_class_are_counted_for_all(rulebase, text, examples):
    assert options_of(rulebase, text)["pairs"].value == examples


@pytest.mark.parametrize("text", ["describe photos on a 3060", "describe photos on 2x A100"])
def test_the_number_of_a_machine_counts_no_photos(rulebase, text):
    options = options_of(rulebase, text)
    assert "collection" not in options
    assert "memory-gb" in options


@pytest.mark.parametrize(
    "text",
    [
        "read the labels on medicine boxes",
        "Etiketten von Flaschen lesen",
        "lire les étiquettes des bouteilles",
        "leer las etiquetas de los productos",
        "leggere le etichette delle bottiglie",
        "ler as etiquetas dos produtos",
    ],
)
def test_labels_that_are_read_are_words_on_things(rulebase, text):
    assert tasks_of(rulebase, text) == ["ocr-line"]
    assert options_of(rulebase, text)["reading"].options == ("scene-words",)


def test_labels_that_are_given_are_not_read(rulebase):
    assert tasks_of(rulebase, "label product images with tags") == ["zero-shot-classification"]


@pytest.mark.parametrize(
    ("text", "task"),
    [
        ("convert scientific PDF pages with formulas to Markdown", "ocr-page"),
        ("wissenschaftliche PDF-Seiten mit Formeln in Markdown umwandeln", "ocr-page"),
        ("识别中文文档整页内容并输出Markdown", "ocr-page"),
        ("write alt text for the images of our web shop", "alt-text"),
        ("read formulas into LaTeX", "math-ocr"),
    ],
)
def test_what_whole_pages_hold_and_what_a_text_is_for_leave_one_task(rulebase, text, task):
    assert tasks_of(rulebase, text) == [task]


@pytest.mark.parametrize(
    "text",
    [
        "answer questions about two photos side by side",
        "Fragen zu zwei Fotos beantworten",
        "répondre à des questions sur deux photos",
    ],
)
def test_a_question_about_two_photos_takes_both(rulebase, text):
    assert options_of(rulebase, text)["images"].options == ("several",)


@pytest.mark.parametrize(
    "text", ["caption photos for work", "Fotos beschreiben, für die Arbeit", "工作用，描述图片"]
)
def test_work_is_commercial(rulebase, text):
    assert options_of(rulebase, text)["use"].options == ("commercial",)


def test_land_cover_is_one_class_a_tile(rulebase):
    text = "classify satellite tiles by land cover, no training"
    assert options_of(rulebase, text)["labels"].options == ("one-true",)


@pytest.mark.parametrize("text", ["photos of medicine boxes", "photographier des médicaments"])
def test_medicine_is_no_picture_of_a_patient(rulebase, text):
    assert "domain" not in options_of(rulebase, text)


@pytest.mark.parametrize(
    ("text", "task"),
    [
        ("tag photos with keywords", "zero-shot-classification"),
        ("etiquetar fotos con palabras clave", "zero-shot-classification"),
        ("read values from bar charts in PDF reports", "chart-reading"),
        ("describir fotos, tarjeta gráfica de 8 GB", "captioning"),
        ("descrever fotos, placa de vídeo de 8 GB", "captioning"),
        ("légender des photos, carte graphique de 8 Go", "captioning"),
    ],
)
def test_words_of_another_kind_make_no_second_task(rulebase, text, task):
    assert tasks_of(rulebase, text) == [task]


def test_pages_of_each_document_are_no_collection(rulebase):
    assert "collection" not in options_of(rulebase, "300-page manuals to markdown")
    assert options_of(rulebase, "read 300 pages into markdown")["collection"].value == 300


def test_who_is_understood_in_english_alone_wishes_for_another_language(rulebase):
    text = "The search only understands English words, I want German photo search"
    assert options_of(rulebase, text)["language"].options == ("de",)
