"""What of a sentence counts: what holds no image, what a longer phrase or a name says already."""

import pytest
from sentences import limit_of

from advisor.engine.bounds import SIZE
from advisor.errors import UsageError
from advisor.need.reading import read
from advisor.need.understanding import understand


def options_of(rulebase, text):
    """Names of the options by question, said or concluded."""
    reading = read(rulebase, text)
    return {one.question: one.answer.names for one in (*reading.answers, *reading.concluded)}


def tasks_of(rulebase, text):
    return [one.task for one in read(rulebase, text).tasks]


@pytest.mark.parametrize(
    "text",
    [
        "predict rents from tabular data",
        "predecir el consumo de agua con datos tabulares",
        "Preise von Wohnungen vorhersagen",
        "prédire les ventes",
        "previsione delle vendite",
        "prever a demanda de energia",
        "classify e-mails as urgent or not",
        "summarize contracts",
        "translate manuals from French into German",
        "sort customer reviews by topic",
        "detect fraud in card transactions",
    ],
)
def test_a_verb_alone_makes_no_task_of_what_is_no_image(engine, rulebase, text):
    assert tasks_of(rulebase, text) == []
    answered = understand(engine, text)
    assert answered.exit_code == 3
    checkpoint, page = answered.recommendation.checkpoint, str(answered.to_page())
    assert "No task was understood" in page
    assert checkpoint is None or checkpoint not in page


@pytest.mark.parametrize(
    ("text", "task"),
    [
        ("predict the species from photos", "zero-shot-classification"),
        ("summarize scanned letters", "captioning"),
        ("predict the diagnosis from chest x-rays", "zero-shot-classification"),
        ("forecasts as charts: answer questions about them", "chart-reading"),
        ("find e-mail screenshots by text", "image-search"),
        ("extract the total from receipts to detect fraud", "field-extraction"),
        ("turn speech into images", "speech"),
        ("make music from text", "speech"),
    ],
)
def test_beside_images_it_does(rulebase, text, task):
    assert task in tasks_of(rulebase, text)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("caption photos, no model over 3 billion parameters", 3000),
        ("Fotos beschreiben, kein Modell mit mehr als 4 Milliarden Parametern", 4000),
        ("décrire des photos, pas de modèle de plus de 2 milliards de paramètres", 2000),
        ("describir fotos, sin modelos de más de 3 mil millones de parámetros", 3000),
        ("descrivere foto, nessun modello oltre 2 miliardi di parametri", 2000),
        ("descrever fotos, nenhum modelo com mais de 2 bilhões de parâmetros", 2000),
        ("描述照片，模型不要超过30亿参数", 3000),
        ("caption photos with a model of more than 3 billion parameters", None),
    ],
)
def test_parameters_are_no_images_and_what_none_may_have_more_of_is_a_limit(rulebase, text, size):
    assert limit_of(read(rulebase, text), SIZE) == size
    assert "collection" not in options_of(rulebase, text)


@pytest.mark.parametrize(
    "text",
    [
        "search scanned PDF pages by question, without running OCR",
        "die passende Seite in gescannten Akten per Frage suchen",
        "retrouver la page d'un PDF avec une question",
        "encontrar la página de un PDF con una pregunta",
    ],
)
def test_who_searches_pages_by_a_question_has_them_read(rulebase, text):
    assert tasks_of(rulebase, text) == ["image-search"]
    assert options_of(rulebase, text)["reading"] == ("page",)


@pytest.mark.parametrize(
    ("text", "device"),
    [
        ("caption photos on a MacBook without GPU", "cpu"),
        ("MacBook Air M1, keine GPU, Bilder beschreiben", "cpu"),
        ("caption photos on a Mac Studio with GPU", "mps"),
        ("caption photos, M2 air", "mps"),
    ],
)
def test_a_mac_without_a_gpu_computes_on_its_cpu(rulebase, text, device):
    assert options_of(rulebase, text)["device"] == (device,)
    assert read(rulebase, text).not_understood == ()


def test_a_word_inside_a_longer_phrase_says_nothing_of_its_own(rulebase):
    for text in (
        "extract the total from bank statements",
        "read the statements from my bank",
        "Kontoauszüge der Bank auslesen",
        "lire les relevés de la banque",
        "leer los extractos del banco",
    ):
        assert "use" not in options_of(rulebase, text)
    assert options_of(rulebase, "our bank extracts fields from forms")["use"] == ("commercial",)
    assert options_of(rulebase, "which mushroom is this?")["domain"] == ("organisms",)


def test_the_name_of_a_file_says_what_it_ends_in(rulebase):
    assert tasks_of(rulebase, "describe holiday/find-dog.mp4") == ["video-captioning"]
    reading = read(rulebase, "segment video-12.tif")
    assert [one.task for one in reading.tasks] == ["segmentation"]
    assert reading.not_understood == ()


@pytest.mark.parametrize(
    "text", ["compare screenshots in CI", "captions in ci", "tag photos, NO GPU"]
)
def test_abbreviations_tell_no_language(rulebase, text):
    assert "language" not in options_of(rulebase, text)


@pytest.mark.parametrize(
    ("text", "begins"),
    [
        (
            "siglip2 so400m or openai clip large for zero-shot labels of photos",
            ["google/siglip2-so400m", "openai/clip-vit-large"],
        ),
        ("caption photos with BLIP large", ["Salesforce/blip-image-captioning-large"]),
        ("search for a large clip in videos", []),
    ],
)
def test_words_beside_a_name_say_which_checkpoint(engine, text, begins):
    named = sorted(model["checkpoint"] for model in understand(engine, text).to_dict()["named"])
    assert [id[: len(begin)] for id, begin in zip(named, begins, strict=True)] == begins


def test_a_name_that_is_a_word_counts_beside_another(rulebase):
    names = {name for name, _ in read(rulebase, "clip or blip2 to search photos by text").names}
    assert {"CLIP", "BLIP-2"} <= names


def test_what_is_seen_in_images_is_counted_apart_from_them(rulebase):
    assert "collection" not in options_of(rulebase, "find 500 nuclei in fluorescence images")
    assert "collection" in options_of(rulebase, "find nuclei in 500 fluorescence images")


@pytest.mark.parametrize(
    ("text", "task"),
    [
        ("blur faces and number plates in evidence photos", "object-detection"),
        ("anonymize number plates", "object-detection"),
        ("pixelate faces", "object-detection"),
        ("Kennzeichen unkenntlich machen", "object-detection"),
        ("floute les visages et les plaques", "object-detection"),
        ("desenfocar caras", "object-detection"),
        ("measure the length of screws in mm", "segmentation"),
        ("Blattfläche in cm2 vermessen", "segmentation"),
    ],
)
def test_what_no_model_does_is_answered_by_what_comes_first_and_says_so(engine, text, task):
    understanding = understand(engine, text)
    assert [each.task for each in understanding.tasks] == [task]
    (inferred,) = (each for each in understanding.kept if each.question == "output")
    assert inferred.answer.options == ("place",)
    assert "pixels" in inferred.because


def test_text_to_translate_is_recognized_first(rulebase, engine):
    understanding = understand(engine, "translate the text in my photos")
    assert [each.task for each in understanding.tasks] == ["ocr-line"]
    assert "translation model" in next(each.because for each in understanding.kept if each.because)
    captions = read(rulebase, "caption images and translate the captions to German")
    assert [each.task for each in captions.tasks] == ["captioning"]
    assert not captions.concluded


def test_words_to_hide_in_a_page_may_be_read_or_found(rulebase):
    tasks = read(rulebase, "redact names in scanned documents").tasks
    assert [each.task for each in tasks] == ["ocr-page", "object-detection"]


def test_slides_and_sound_are_two_tasks(rulebase):
    tasks = read(rulebase, "make show notes from my slides and the episode audio").tasks
    assert [each.task for each in tasks] == ["ocr-page", "speech"]


def test_faces_are_found_by_a_detector_and_told_apart_by_another_model(rulebase):
    assert tasks_of(rulebase, "find faces in photos") == ["object-detection"]
    assert tasks_of(rulebase, "find faces of the same person in photos") == ["face-identity"]


@pytest.mark.parametrize(
    "text",
    [
        "is it allowed to use face recognition in the EU for police work",
        "Darf man Gesichter erkennen",
        "está permitido reconhecer rostos na rua",
    ],
)
def test_a_question_of_law_gets_no_model(engine, text):
    with pytest.raises(UsageError, match="asks what the law allows"):
        understand(engine, text)


@pytest.mark.parametrize("text", ["are we allowed to use CLIP commercially", "count, is it legal"])
def test_a_question_of_a_license_and_a_task_with_a_doubt_are_answered(engine, text):
    assert understand(engine, text).tasks
