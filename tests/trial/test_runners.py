"""Every runner on a tiny network of the real class, against the bare transformers calls."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from commands import ran

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from advisor.trial import OpenedImage, Request, load_runner, open_image, write_vectors  # noqa: E402
from advisor.trial.runtime import (  # noqa: E402
    BrokenCheckpointError,
    MissingInputError,
    UnsupportedError,
)

LABELS = ("a red circle", "a dog", "blue square")
SOFTMAX = ["clip", "metaclip_2", "altclip", "chinese_clip", "align"]
SIGMOID = ["siglip", "siglip2"]
Tiny = Callable[[str], Path]


def bare(folder: Path, name: str) -> tuple[Any, Any]:
    """The network and the processor as a hand-written script would load them."""
    network = getattr(transformers, name).from_pretrained(folder, dtype=torch.float32).eval()
    return network, transformers.AutoProcessor.from_pretrained(folder)


def written(network: Any, count: int, beams: int = 1, **inputs: Any) -> list[int]:
    with torch.no_grad():
        ids = network.generate(**inputs, max_new_tokens=count, do_sample=False, num_beams=beams)
    return ids[0].tolist()


@pytest.mark.parametrize("kind", SOFTMAX)
def test_labels_compete_by_softmax(tiny: Tiny, image: OpenedImage, kind: str) -> None:
    runner = load_runner(tiny(kind), "zero-shot-classification", device="cpu")
    answers = runner.run(image, Request(texts=LABELS)).answers
    network, processor = bare(tiny(kind), runner.class_name)
    inputs = processor(images=image.pixels, text=list(LABELS), return_tensors="pt", padding=True)
    with torch.no_grad():
        expected = network(**inputs).logits_per_image.softmax(dim=-1)[0].tolist()
    assert {a.text: a.probability for a in answers} == pytest.approx(
        dict(zip(LABELS, expected, strict=True)), abs=1e-5
    )
    assert sum(answer.probability for answer in answers) == pytest.approx(1)
    assert [a.probability for a in answers] == sorted(
        (a.probability for a in answers), reverse=True
    )


@pytest.mark.parametrize("kind", SIGMOID)
def test_labels_are_judged_one_by_one_by_sigmoid(tiny: Tiny, image: OpenedImage, kind: str) -> None:
    runner = load_runner(tiny(kind), "zero-shot-classification", device="cpu")
    answers = runner.run(image, Request(texts=LABELS)).answers
    network, processor = bare(tiny(kind), runner.class_name)
    words = processor.tokenizer(
        list(LABELS), padding="max_length", max_length=40, truncation=True, return_tensors="pt"
    )
    pixels = processor.image_processor(images=image.pixels, return_tensors="pt")
    with torch.no_grad():
        logits = network(input_ids=words["input_ids"], **pixels).logits_per_image
    expected = dict(zip(LABELS, logits.sigmoid()[0].tolist(), strict=True))
    assert {a.text: a.probability for a in answers} == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("kind", SOFTMAX + SIGMOID)
def test_vectors_and_similarities_are_those_of_the_network(
    tiny: Tiny, image: OpenedImage, kind: str
) -> None:
    other = OpenedImage(pixels=image.pixels.rotate(90, expand=True), name="other.png")
    vector = load_runner(tiny(kind), "embeddings", device="cpu").run(image).answers[0].vector
    compared = load_runner(tiny(kind), "similar-images", device="cpu")
    answer = compared.run(image, Request(others=(other,))).answers[0]
    network, processor = bare(tiny(kind), compared.class_name)
    with torch.no_grad():
        features = [
            network.get_image_features(
                **processor.image_processor(images=each.pixels, return_tensors="pt")
            ).pooler_output[0]
            for each in (image, other)
        ]
    one, two = (each / each.norm() for each in features)
    assert vector == pytest.approx(one.tolist(), abs=1e-5)
    assert answer.similarity == pytest.approx(float(one @ two), abs=1e-5)
    assert answer.text == "other.png"


def test_vectors_are_written_with_their_names(
    tiny: Tiny, image: OpenedImage, tmp_path: Path
) -> None:
    import numpy

    vector = load_runner(tiny("clip"), "embeddings", device="cpu").run(image).answers[0].vector
    target, beside = write_vectors(tmp_path / "vectors", ["image"], [vector])
    assert target.name == "vectors.npy"
    assert numpy.load(target)[0].tolist() == pytest.approx(vector)
    assert json.loads(beside.read_text()) == ["image"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["vectors.npy", "vectors.npy.json"]


def test_a_search_ranks_the_images_by_the_text(tiny: Tiny, image: OpenedImage) -> None:
    others = tuple(
        OpenedImage(pixels=image.pixels.rotate(angle), name=f"{angle}.png") for angle in (90, 180)
    )
    runner = load_runner(tiny("clip"), "image-search", device="cpu")
    answers = runner.run(image, Request(query="a red circle", others=others)).answers
    assert {a.text for a in answers} == {"image", "90.png", "180.png"}
    assert [a.similarity for a in answers] == sorted((a.similarity for a in answers), reverse=True)
    network, processor = bare(tiny("clip"), "CLIPModel")
    inputs = processor(text=["a red circle"], images=others[0].pixels, return_tensors="pt")
    with torch.no_grad():
        outputs = network(**inputs)
    expected = float((outputs.image_embeds @ outputs.text_embeds.T)[0, 0])
    assert next(a.similarity for a in answers if a.text == "90.png") == pytest.approx(
        expected, abs=1e-5
    )


def test_matching_gives_cosines_that_do_not_depend_on_the_other_texts(
    tiny: Tiny, image: OpenedImage
) -> None:
    runner = load_runner(tiny("clip"), "image-text-matching", device="cpu")
    alone = runner.run(image, Request(texts=LABELS[:1])).answers[0]
    among = runner.run(image, Request(texts=LABELS)).answers
    assert alone.probability is None
    assert next(a.similarity for a in among if a.text == alone.text) == pytest.approx(
        alone.similarity, abs=1e-5
    )


def test_a_text_beyond_the_limit_is_cut_and_said(tiny: Tiny, image: OpenedImage) -> None:
    runner = load_runner(tiny("clip"), "zero-shot-classification", device="cpu")
    reply = runner.run(image, Request(texts=("cat " * 60, "a dog")))
    assert len(reply.answers) == 2
    assert "tokens. Only the first 40 were used" in reply.warnings[0]


def test_the_template_wraps_each_label(tiny: Tiny, image: OpenedImage) -> None:
    runner = load_runner(tiny("clip"), "zero-shot-classification", device="cpu")
    wrapped = runner.run(image, Request(texts=("cat", "dog"), template="a photo of a {}"))
    spelled = runner.run(image, Request(texts=("a photo of a cat", "a photo of a dog")))
    assert [a.text for a in wrapped.answers] == [a.text[13:] for a in spelled.answers]
    assert [a.probability for a in wrapped.answers] == [a.probability for a in spelled.answers]


@pytest.mark.parametrize("kind", ["captioner", "gpt2_captioner"])
def test_an_encoder_decoder_writes_a_caption(tiny: Tiny, image: OpenedImage, kind: str) -> None:
    runner = load_runner(tiny(kind), "captioning", device="cpu", max_new_tokens=7)
    reply = runner.run(image)
    network = transformers.VisionEncoderDecoderModel.from_pretrained(tiny(kind)).eval()
    images = transformers.AutoImageProcessor.from_pretrained(tiny(kind))
    words = transformers.AutoTokenizer.from_pretrained(tiny(kind))
    pixels = images(images=image.pixels, return_tensors="pt")["pixel_values"]
    expected = words.decode(written(network, 7, pixel_values=pixels), skip_special_tokens=True)
    assert reply.answers[0].text == expected.strip()
    assert reply.answers[0].probability is None
    assert "cut after 7 tokens" in reply.warnings[0]


def test_a_line_reader_reads_a_line(tiny: Tiny) -> None:
    from PIL import Image

    assert load_runner(tiny("trocr"), "ocr-line", device="cpu").new_tokens == 256
    assert load_runner(tiny("trocr"), "handwriting", device="cpu").new_tokens == 4096  # pages too
    runner = load_runner(tiny("trocr"), "ocr-line", device="cpu", max_new_tokens=5)
    line = open_image(Image.effect_noise((400, 40), 90).convert("RGB"))
    network, processor = bare(tiny("trocr"), "VisionEncoderDecoderModel")
    pixels = processor(images=line.pixels, return_tensors="pt")["pixel_values"]
    expected = processor.tokenizer.decode(
        written(network, 5, pixel_values=pixels), skip_special_tokens=True
    )
    assert runner.run(line).answers[0].text == expected.strip()


def test_a_document_reader_uses_its_own_prompt_and_gives_fields(
    tiny: Tiny, image: OpenedImage, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner: Any = load_runner(tiny("donut"), "field-extraction", device="cpu", max_new_tokens=5)
    assert runner.task_prompt == "<s_cord-v2>"
    network, processor = bare(tiny("donut"), "VisionEncoderDecoderModel")
    pixels = processor.image_processor(images=image.pixels, return_tensors="pt")["pixel_values"]
    prompt = processor.tokenizer("<s_cord-v2>", add_special_tokens=False, return_tensors="pt")
    ids = written(
        network, 5, pixel_values=pixels, decoder_input_ids=prompt["input_ids"], bad_words_ids=[[3]]
    )
    text = processor.tokenizer.decode(ids).replace("<s_cord-v2>", "").replace("</s>", "").strip()
    answer = runner.run(image).answers[0]
    assert answer.fields == processor.token2json(text)
    assert json.loads(answer.text) == answer.fields

    spelled = "<s_cord-v2><s_total>red circle</s_total></s>"
    ids = processor.tokenizer(spelled, add_special_tokens=False)["input_ids"]
    monkeypatch.setattr(runner, "generate", lambda *_: [ids])
    assert runner.run(image).answers[0].fields == {"total": "red circle"}


def test_a_document_answerer_sets_the_question_into_the_prompt(
    tiny: Tiny, image: OpenedImage, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner: Any = load_runner(tiny("donut"), "document-vqa", device="cpu", max_new_tokens=5)
    prompt = runner.prompt(Request(question="what is red ?"))
    assert prompt == "<s_cord-v2><s_question>what is red ?</s_question><s_answer>"
    spelled = f"{prompt}a cat</s_answer></s>"
    ids = runner.tokenizer(spelled, add_special_tokens=False)["input_ids"]
    monkeypatch.setattr(runner, "generate", lambda *_: [ids])
    assert runner.run(image, Request(question="what is red ?")).answers[0].text == "a cat"
    with pytest.raises(MissingInputError, match="question"):
        runner.run(image)


def test_a_page_reader_of_papers_writes_markup(tiny: Tiny, image: OpenedImage) -> None:
    runner: Any = load_runner(tiny("nougat"), "ocr-page", device="cpu", max_new_tokens=5)
    reply = runner.run(image)
    network, processor = bare(tiny("nougat"), "VisionEncoderDecoderModel")
    pixels = processor.image_processor(images=image.pixels, return_tensors="pt")["pixel_values"]
    unknown = processor.tokenizer.unk_token_id
    ids = written(network, 5, pixel_values=pixels, bad_words_ids=[[unknown]])
    expected = processor.tokenizer.decode(ids, skip_special_tokens=True).strip()
    assert reply.answers[0].text == expected


def test_a_captioner_cannot_extract_fields(tiny: Tiny) -> None:
    with pytest.raises(UnsupportedError, match="does not support `field-extraction`"):
        load_runner(tiny("captioner"), "field-extraction", device="cpu")


def test_blip_captions_with_and_without_a_beginning(tiny: Tiny, image: OpenedImage) -> None:
    runner = load_runner(tiny("blip_captioner"), "captioning", device="cpu", max_new_tokens=6)
    network, processor = bare(tiny("blip_captioner"), "BlipForConditionalGeneration")
    for prompt in (None, "a photo of"):
        words = {} if prompt is None else {"text": prompt}
        inputs = processor(images=image.pixels, **words, return_tensors="pt")
        expected = processor.decode(written(network, 6, **inputs), skip_special_tokens=True)
        assert runner.run(image, Request(prompt=prompt)).answers[0].text == expected.strip()


def test_blip_answers_a_question_the_same_each_time(tiny: Tiny, image: OpenedImage) -> None:
    runner = load_runner(tiny("blip_answerer"), "vqa", device="cpu", max_new_tokens=4)
    network, processor = bare(tiny("blip_answerer"), "BlipForQuestionAnswering")
    question = "what is in the picture ?"
    inputs = processor(images=image.pixels, text=question, return_tensors="pt")
    expected = processor.decode(written(network, 4, **inputs), skip_special_tokens=True).strip()
    request = Request(question=question)
    assert [runner.run(image, request).answers[0].text for _ in range(2)] == [expected] * 2


@pytest.mark.parametrize("kind", ["blip_matcher", "blip_2_matcher"])
def test_matching_heads_judge_each_text(tiny: Tiny, image: OpenedImage, kind: str) -> None:
    runner = load_runner(tiny(kind), "image-text-matching", device="cpu")
    answers = runner.run(image, Request(texts=LABELS)).answers
    network, processor = bare(tiny(kind), runner.class_name)
    for answer in answers:
        inputs = processor(images=image.pixels, text=answer.text, return_tensors="pt")
        with torch.no_grad():
            if kind == "blip_matcher":
                scores = network(**inputs).itm_score
            else:
                scores = network(**inputs, use_image_text_matching_head=True).logits_per_image
        assert answer.probability == pytest.approx(float(scores.softmax(-1)[0, 1]), abs=1e-5)


PROMPTED = [
    ("blip_2", "captioning", None, None),
    ("blip_2", "vqa", "what is red ?", "Question: what is red ? Answer:"),
    ("instructblip", "captioning", None, "A short image description."),
    ("instructblip", "vqa", "what is red ?", "what is red ?"),
    ("paligemma", "captioning", None, "<image>caption en"),
    ("paligemma", "vqa", "what is red ?", "<image>answer en what is red ?"),
    ("kosmos_2", "vqa", "what is red ?", "<grounding> Question: what is red ? Answer:"),
    ("kosmos_2", "captioning", None, "<grounding>An image of"),
    ("florence2", "captioning", None, "<CAPTION>"),
    ("florence2", "ocr-page", None, "<OCR>"),
    ("florence2", "detailed-captioning", None, "<MORE_DETAILED_CAPTION>"),
]


@pytest.mark.parametrize(("kind", "task", "question", "prompt"), PROMPTED)
def test_prompted_networks_get_the_prompt_of_their_authors(
    tiny: Tiny, image: OpenedImage, kind: str, task: str, question: str | None, prompt: str | None
) -> None:
    runner: Any = load_runner(tiny(kind), task, device="cpu", max_new_tokens=6)
    request = Request(question=question)
    assert runner.prompt(request) == prompt
    answer = runner.run(image, request).answers[0].text
    network, processor = bare(tiny(kind), runner.class_name)
    words = {} if prompt is None else {"text": prompt}
    inputs = processor(images=image.pixels, **words, return_tensors="pt")
    ids = written(network, 6, 3 if kind == "florence2" else 1, **inputs)
    length = inputs["input_ids"].shape[1] if "input_ids" in inputs else 0
    if length and ids[:length] == inputs["input_ids"][0].tolist():
        ids = ids[length:]
    text = processor.tokenizer.decode(ids, skip_special_tokens=True)
    if kind == "kosmos_2":
        text = processor.post_process_generation(text)[0]
    assert answer == text.strip()


def test_git_captions_and_continues_a_question(tiny: Tiny, image: OpenedImage) -> None:
    network, processor = bare(tiny("git"), "GitForCausalLM")
    pixels = processor(images=image.pixels, return_tensors="pt")["pixel_values"]
    runner = load_runner(tiny("git"), "captioning", device="cpu", max_new_tokens=6)
    expected = processor.tokenizer.decode(
        written(network, 6, pixel_values=pixels), skip_special_tokens=True
    )
    assert runner.run(image).answers[0].text == expected.strip()
    asked = processor.tokenizer("what is red ?", add_special_tokens=False)["input_ids"]
    ids = [processor.tokenizer.cls_token_id, *asked]
    all_ids = written(network, 6, pixel_values=pixels, input_ids=torch.tensor([ids]))
    answerer = load_runner(tiny("git"), "vqa", device="cpu", max_new_tokens=6)
    assert answerer.run(image, Request(question="what is red ?")).answers[0].text == (
        processor.tokenizer.decode(all_ids[len(ids) :], skip_special_tokens=True).strip()
    )


def test_vilt_picks_from_its_list_and_matches(tiny: Tiny, image: OpenedImage) -> None:
    runner = load_runner(tiny("vilt_answerer"), "vqa", device="cpu")
    answers = runner.run(image, Request(question="what is red ?")).answers
    network, processor = bare(tiny("vilt_answerer"), "ViltForQuestionAnswering")
    inputs = processor(images=image.pixels, text="what is red ?", return_tensors="pt")
    with torch.no_grad():
        expected = network(**inputs).logits[0].sigmoid().tolist()
    names = network.config.id2label
    assert {a.text: a.probability for a in answers} == pytest.approx(
        {names[place]: value for place, value in enumerate(expected)}, abs=1e-5
    )
    matcher = load_runner(tiny("vilt_matcher"), "image-text-matching", device="cpu")
    network, processor = bare(tiny("vilt_matcher"), "ViltForImageAndTextRetrieval")
    matched = matcher.run(image, Request(texts=LABELS)).answers
    assert {answer.text for answer in matched} == set(LABELS)
    for answer in matched:
        inputs = processor(images=image.pixels, text=answer.text, return_tensors="pt")
        with torch.no_grad():
            expected_match = float(network(**inputs).logits[0, 0])
        assert answer.similarity == pytest.approx(expected_match, abs=1e-5)


CHATS = {
    "llava": ("LlavaForConditionalGeneration", "<image>"),
    "smolvlm": ("SmolVLMForConditionalGeneration", "<image>"),
    "qwen2_vl": ("Qwen2VLForConditionalGeneration", "<|vision_start|><|image_pad|><|vision_end|>"),
    "qwen2_5_vl": (
        "Qwen2_5_VLForConditionalGeneration", "<|vision_start|><|image_pad|><|vision_end|>",
    ),
}  # fmt: skip
NEEDS = {"smolvlm": ("torchvision", "num2words"), "llava": ()}


@pytest.mark.parametrize("kind", CHATS)
def test_a_chat_model_is_asked_through_its_template(
    tiny: Tiny, image: OpenedImage, kind: str
) -> None:
    for library in NEEDS.get(kind, ("torchvision",)):
        pytest.importorskip(library)
    class_name, mark = CHATS[kind]
    runner = load_runner(tiny(kind), "vqa", device="cpu", max_new_tokens=6)
    assert runner.class_name == class_name
    answer = runner.run(image, Request(question="what is red ?")).answers[0].text
    network, processor = bare(tiny(kind), class_name)
    text = f"user : {mark} what is red ? answer : "
    inputs = processor(images=[image.pixels], text=[text], return_tensors="pt")
    ids = written(network, 6, **inputs)[inputs["input_ids"].shape[1] :]
    assert answer == processor.tokenizer.decode(ids, skip_special_tokens=True).strip()


def test_a_chat_model_is_given_the_labels_in_its_instruction(
    tiny: Tiny, image: OpenedImage
) -> None:
    runner = load_runner(tiny("llava"), "content-moderation", device="cpu", max_new_tokens=6)
    answers = runner.run(image, Request(texts=LABELS, template="a photo of {}")).answers
    question = f"Which of these fits this picture: {'; '.join(f'a photo of {x}' for x in LABELS)}? "
    asked = load_runner(tiny("llava"), "vqa", device="cpu", max_new_tokens=6).run(
        image, Request(question=f"{question}Answer with one of them and nothing else.")
    )
    assert [answer.text for answer in answers] == [answer.text for answer in asked.answers]
    with pytest.raises(MissingInputError, match="needs a list of labels"):
        runner.run(image, Request())


@pytest.mark.parametrize("kind", ["llava", "instructblip"])
def test_a_question_is_put_only_where_questions_are_answered(tiny: Tiny, kind: str) -> None:
    asked = Request(question="what is red ?", texts=LABELS)
    captioner = load_runner(tiny(kind), "captioning", device="cpu")
    assert captioner.prompt(asked) == captioner.prompt(Request())
    assert load_runner(tiny(kind), "vqa", device="cpu").prompt(asked) == "what is red ?"


@pytest.mark.parametrize("kind", ["clip", "blip_captioner", "git"])
def test_a_checkpoint_without_its_words_is_incomplete(
    tiny: Tiny, kind: str, tmp_path: Path
) -> None:
    import shutil

    folder = tmp_path / "wordless"
    shutil.copytree(tiny(kind), folder)
    for name in ("tokenizer.json", "vocab.json", "vocab.txt", "merges.txt"):
        (folder / name).unlink(missing_ok=True)
    task = "zero-shot-classification" if kind == "clip" else "captioning"
    with pytest.raises(BrokenCheckpointError) as caught:
        load_runner(folder, task, device="cpu")
    assert caught.value.kind == "incomplete-checkpoint"


def test_answers_that_are_no_numbers_are_an_error(
    tiny: Tiny, image: OpenedImage, tmp_path: Path
) -> None:
    network, processor = bare(tiny("clip"), "CLIPModel")
    with torch.no_grad():
        network.visual_projection.weight.fill_(float("nan"))
    network.save_pretrained(tmp_path)
    processor.save_pretrained(tmp_path)
    runner = load_runner(tmp_path, "zero-shot-classification", device="cpu")
    with pytest.raises(BrokenCheckpointError, match="returned NaN scores"):
        runner.run(image, Request(texts=LABELS))


def test_a_numbered_cpu_is_the_cpu(tiny: Tiny) -> None:
    placement = load_runner(tiny("clip"), "embeddings", device="cpu:0").placement
    assert (placement.device, placement.dtype) == ("cpu", "float32")


WITHOUT = (
    "import importlib.abc, importlib.util, sys\n"
    "missing, folder = sys.argv[1:]\n"
    "class Missing(importlib.abc.MetaPathFinder):\n"
    "    def find_spec(self, name, path, target=None):\n"
    "        if name.partition('.')[0] == missing:\n"
    "            raise ModuleNotFoundError(f'No module named {name!r}', name=name)\n"
    "sys.meta_path.insert(0, Missing())\n"
    "find = importlib.util.find_spec\n"
    "def find_spec(name, package=None):\n"
    "    return None if name.partition('.')[0] == missing else find(name, package)\n"
    "importlib.util.find_spec = find_spec\n"
    "from pathlib import Path\n"
    "from advisor.trial import load_runner, loading\n"
    "from advisor.errors import MissingExtraError\n"
    "loading._passed = lambda *_: Path(folder)\n"  # it counts as tried, as in this process
    "try:\n"
    "    load_runner(folder, 'vqa', device='cpu')\n"
    "except MissingExtraError as error:\n"
    "    assert error.exit_code == 2\n"
    "    print(error.message, '|', error.hint)\n"
)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "missing"),
    [
        ("qwen2_vl", "torchvision"),
        pytest.param("smolvlm", "num2words", marks=pytest.mark.long),
    ],
)
def test_a_library_that_only_some_checkpoints_need_is_named_with_the_command(
    tiny: Tiny, kind: str, missing: str
) -> None:
    pytest.importorskip("torchvision")
    pytest.importorskip("num2words")
    done = ran([sys.executable, "-c", WITHOUT, missing, str(tiny(kind))], check=True)
    said = done.stdout.strip()
    assert f"needs a library that is not installed: {missing}" in said, done
    assert said.endswith(f"| pip install {missing}")


def test_a_chat_model_without_template_is_refused(tiny: Tiny, tmp_path: Path) -> None:
    import shutil

    folder = tmp_path / "base"
    shutil.copytree(tiny("llava"), folder)
    (folder / "chat_template.jinja").unlink()
    with pytest.raises(UnsupportedError, match="no chat template") as refused:
        load_runner(folder, "vqa", device="cpu")
    assert "add a runner for `llava` under `uses` in rules/programs" in str(refused.value.hint)


def test_bfloat16_runs_and_says_nearly_the_same(tiny: Tiny, image: OpenedImage) -> None:
    half = load_runner(tiny("clip"), "zero-shot-classification", device="cpu", dtype="bfloat16")
    whole = load_runner(tiny("clip"), "zero-shot-classification", device="cpu")
    assert next(half.network.parameters()).dtype is torch.bfloat16
    left = half.run(image, Request(texts=LABELS)).answers
    right = {a.text: a.probability for a in whole.run(image, Request(texts=LABELS)).answers}
    assert {a.text: a.probability for a in left} == pytest.approx(right, abs=0.1)


@pytest.mark.parametrize(
    ("kind", "task", "words"),
    [
        ("clip", "zero-shot-classification", "needs a list of labels"),
        ("blip_answerer", "vqa", "question"),
        ("clip", "similar-images", "works on several images and needs a folder of images"),
        ("blip_2", "vqa", "question"),
    ],
)
def test_what_a_task_needs_is_asked_for(
    tiny: Tiny, image: OpenedImage, kind: str, task: str, words: str
) -> None:
    runner = load_runner(tiny(kind), task, device="cpu")
    with pytest.raises(MissingInputError, match=words) as caught:
        runner.run(image)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("kind", "task"), [("clip", "captioning"), ("blip_captioner", "ocr-page"), ("git", "no-such")]
)
def test_a_task_the_type_cannot_do_is_refused_with_what_it_can(
    tiny: Tiny, kind: str, task: str
) -> None:
    with pytest.raises(UnsupportedError, match=task) as caught:
        load_runner(tiny(kind), task, device="cpu")
    assert "the model supports" in caught.value.hint
