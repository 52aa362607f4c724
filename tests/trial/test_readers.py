"""Readers of lines and formulae in classes of their own, against the bare transformers calls."""

from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from advisor.trial import OpenedImage, Request, load_runner  # noqa: E402
from advisor.trial.runtime import UnsupportedError  # noqa: E402

RECOGNISERS = ("pp_ocrv6_small_rec", "pp_ocrv5_server_rec")


@pytest.fixture
def reader(tmp_path: Path):
    from more_networks import build

    return lambda kind: build(kind, tmp_path / kind)


@pytest.mark.slow
@pytest.mark.parametrize("kind", RECOGNISERS)
def test_a_recogniser_says_a_line_and_how_sure_it_is(reader, image: OpenedImage, kind: str) -> None:
    folder = reader(kind)
    answer = load_runner(folder, "ocr-line", device="cpu").run(image).answers[0]
    images = transformers.AutoImageProcessor.from_pretrained(folder)
    network = transformers.AutoModelForTextRecognition.from_pretrained(folder).eval()
    with torch.no_grad():
        outputs = network(**images(images=image.pixels, return_tensors="pt"))
    expected = images.post_process_text_recognition(outputs)[0]
    assert answer.text == expected["text"]
    assert answer.probability == (pytest.approx(expected["score"]) if answer.text else None)


def test_a_formula_reader_writes_what_its_processor_tidies(reader, image: OpenedImage) -> None:
    folder = reader("pp_formulanet")
    runner = load_runner(folder, "math-ocr", device="cpu", max_new_tokens=4)
    network = transformers.PPFormulaNetForConditionalGeneration.from_pretrained(folder).eval()
    processor = transformers.AutoProcessor.from_pretrained(folder)
    pixels = processor(images=image.pixels, return_tensors="pt").pixel_values
    with torch.no_grad():
        ids = network.generate(pixel_values=pixels, max_new_tokens=4, do_sample=False, num_beams=1)
    assert runner.run(image).answers[0].text == processor.post_process(ids)[0].strip()


def test_readers_do_nothing_else(reader) -> None:
    for kind in ("pp_formulanet", RECOGNISERS[0]):
        with pytest.raises(UnsupportedError):
            load_runner(reader(kind), "captioning", device="cpu")


def test_a_chat_model_judges_each_text_by_the_share_of_yes(reader, image: OpenedImage) -> None:
    folder = reader("qwen3_vl")
    texts = ("a red circle", "a dog")
    runner = load_runner(folder, "image-text-matching", device="cpu")
    answers = {a.text: a.probability for a in runner.run(image, Request(texts=texts)).answers}
    assert set(answers) == set(texts)
    assert all(0 < probability < 1 for probability in answers.values())
    alone = runner.run(image, Request(texts=texts[:1])).answers[0]
    assert alone.probability == pytest.approx(answers[texts[0]], abs=1e-6)
