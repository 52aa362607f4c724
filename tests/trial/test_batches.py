"""Runners on several images at once, and labels scored by them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from advisor.trial import OpenedImage, Request, load_runner  # noqa: E402
from advisor.trial.images import open_encoded, open_image  # noqa: E402
from advisor.trial.likelihood import forced_likelihoods, spelled_apart  # noqa: E402
from advisor.trial.runtime import UnsupportedError  # noqa: E402

Tiny = Callable[[str], Path]
LABELS = Request(texts=("a red circle", "a dog", "blue square"))
EXAMPLES = Path(__file__).parents[2] / "examples" / "images"


@pytest.fixture
def several(image: OpenedImage) -> list[OpenedImage]:
    turned = (image.pixels.rotate(angle, expand=True) for angle in (0, 90, 180))
    return [OpenedImage(pixels=pixels, name=str(place)) for place, pixels in enumerate(turned)]


def scores(runner: Any, images: list[OpenedImage], request: Request = LABELS) -> Any:
    with runner.running():
        return torch.tensor(runner.label_scores(images, request), dtype=torch.float64)


@pytest.mark.parametrize(
    ("kind", "task"),
    [("captioner", "captioning"), ("blip_answerer", "vqa"), ("blip_captioner", "captioning")],
)
def test_a_batch_answers_what_each_image_gets_alone(tiny: Tiny, several, kind, task):
    runner = load_runner(tiny(kind), task, device="cpu", max_new_tokens=5)
    questions = ("what is red ?", "a cat ?", "what is blue ?")
    requests = [Request(question=question) for question in questions]
    together = [reply.answers for reply in runner.run_all(several, requests)]
    alone = [runner.run(*each).answers for each in zip(several, requests, strict=True)]
    assert together == alone


@pytest.mark.parametrize(
    "kind",
    ["clip", "metaclip_2", "altclip", "align", "chinese_clip", "vision_text_dual_encoder",
     "siglip", "siglip2"],
)  # fmt: skip
def test_labels_scored_for_a_batch_are_those_of_the_network(tiny: Tiny, several, kind):
    runner: Any = load_runner(tiny(kind), "zero-shot-classification", device="cpu")
    with runner.running():
        inputs = runner.text_inputs(LABELS.texts) | runner.image_inputs(several)
        logits = runner.network(**inputs).logits_per_image
        rows = runner.label_rows(LABELS.texts)
        compared = runner.image_vectors(several) @ rows[:, :-1].T + rows[:, -1]
    assert logits.shape == (3, 3)
    assert torch.allclose(compared, logits, rtol=1e-4, atol=1e-4)
    wanted = logits.sigmoid() if "siglip" in kind else logits.softmax(dim=-1)
    assert torch.allclose(scores(runner, several), wanted.double(), rtol=1e-4, atol=1e-5)
    said = {each.text: each.probability for each in runner.run(several[0], LABELS).answers}
    assert scores(runner, several)[0].tolist() == pytest.approx(
        [said[text] for text in LABELS.texts], abs=1e-5
    )


def test_a_matcher_scores_pairs_together_as_it_does_alone(tiny: Tiny, several):
    runner: Any = load_runner(tiny("blip_matcher"), "image-text-matching", device="cpu")
    for image, row in zip(several, scores(runner, several).tolist(), strict=True):
        said = {a.text: a.probability for a in runner.run(image, LABELS).answers}
        assert row == pytest.approx([said[text] for text in LABELS.texts], abs=1e-6)


def test_an_encoder_decoder_scores_labels_by_how_likely_it_would_write_them(tiny: Tiny, several):
    runner: Any = load_runner(tiny("captioner"), "captioning", device="cpu")
    found = scores(runner, several[:1])[0]
    network, words = runner.network, runner.tokenizer
    logs = []
    for text in LABELS.texts:
        ids = words.encode(text, add_special_tokens=False)
        start = network.config.decoder_start_token_id
        with torch.no_grad():
            logits = network(
                decoder_input_ids=torch.tensor([[start, *ids[:-1]]]),
                **runner.inputs(several[0], LABELS),
            ).logits[0]
        steps = logits.float().log_softmax(dim=-1)
        logs.append(sum(float(steps[step, id]) for step, id in enumerate(ids)))
    assert found.tolist() == pytest.approx(torch.tensor(logs).softmax(dim=0).tolist(), abs=1e-5)
    assert float(found.sum()) == pytest.approx(1)


@pytest.mark.parametrize(
    "kind", ["blip_captioner", "git", "llava", "minicpm_v", "qwen2_vl", "smolvlm"]
)
def test_every_writer_scores_labels(tiny: Tiny, several, kind):
    chats = ("llava", "qwen2_vl", "smolvlm")
    task = "zero-shot-classification" if kind in chats else "captioning"
    runner = load_runner(tiny(kind), task, device="cpu")
    found = scores(runner, several)
    assert found.sum(dim=1).tolist() == pytest.approx([1.0] * 3)
    assert found.unique().numel() > 3, "the labels are told apart"


MANY = Request(
    texts=tuple(f"a {'red ' * (n % 4)}{'dog' if n % 2 else 'circle'}" for n in range(40))
)
TOWERS = {
    "captioner": "encoder", "donut": "encoder", "gpt2_captioner": "encoder",
    "blip_captioner": "vision_model", "blip_2": "vision_model", "instructblip": "vision_model",
    "kosmos_2": "vision_model", "git": "git.image_encoder",
    "florence2": "model.vision_tower", "paligemma": "model.vision_tower",
    "llava": "model.vision_tower", "smolvlm": "model.vision_model",
    "qwen2_vl": "model.visual", "qwen2_5_vl": "model.visual",
    "minicpm_v": "model.vision_tower", "lfm2_vl": "model.vision_tower",
    "hunyuan_vl": "model.vision_tower",
}  # fmt: skip


ALIKE = {"gpt2_captioner", "donut", "instructblip", "paligemma", "smolvlm", "qwen2_vl", "lfm2_vl"}
"""What is built as another of `TOWERS`: its test is slow."""


class Forcing:
    """Lets `generate` write only given tokens, and sums the log-probabilities it had for them."""

    def __init__(self, tokens: tuple[int, ...]) -> None:
        self.left, self.total = list(tokens), 0.0

    def __call__(self, _ids: Any, scores: Any) -> Any:
        token = self.left.pop(0)
        self.total += float(scores.float().log_softmax(dim=-1)[0, token])
        return torch.full_like(scores, -torch.inf).index_fill(1, torch.tensor([token]), 0.0)


def written_alone(runner: Any, inputs: Any, tokens: tuple[int, ...]) -> float:
    """Return the log-likelihood of one text, as the network writes it token by token."""
    forcing = Forcing(tokens)
    runner.generate(inputs, len(tokens), logits_processor=[forcing], num_beams=1, min_length=0)
    assert not forcing.left
    return forcing.total


@pytest.mark.parametrize(
    "kind",
    [pytest.param(kind, marks=pytest.mark.slow) if kind in ALIKE else kind for kind in TOWERS],
)
def test_an_image_is_encoded_once_for_all_labels_and_scores_stay(tiny: Tiny, several, kind):
    runner: Any = load_runner(tiny(kind), "captioning", device="cpu")
    scores(runner, several[:1])
    assert not runner.by_token
    seen: list[int] = []
    tower = runner.network.get_submodule(TOWERS[kind])
    tower.register_forward_hook(lambda *_: seen.append(1))
    with runner.running():
        together = forced_likelihoods(runner, several[1], MANY)
        assert len(seen) == 1
        runner.by_token = True
        assert torch.allclose(forced_likelihoods(runner, several[1], MANY), together, atol=1e-5)
        inputs = runner.inputs(several[1], MANY)
        spelled = [tuple(ids) for ids in spelled_apart(runner.tokenizer, MANY.texts)]
        alone = {ids: written_alone(runner, inputs, ids) for ids in set(spelled)}
    assert together.tolist() == pytest.approx([alone[ids] for ids in spelled], abs=1e-5)


def test_a_network_that_continues_by_one_token_only_is_asked_so(tiny: Tiny, several, monkeypatch):
    runner: Any = load_runner(tiny("captioner"), "captioning", device="cpu")
    expected = scores(runner, several)
    assert runner.by_token is False
    runner.by_token = None
    plain = runner.network.forward

    def forgetful(**inputs: Any) -> Any:
        outputs = plain(**inputs)
        if inputs["decoder_input_ids"].shape[1] > 1:
            outputs.logits = outputs.logits.flip(-1)
        return outputs

    monkeypatch.setattr(runner.network, "forward", forgetful)
    assert torch.allclose(scores(runner, several), expected, atol=1e-6)
    assert runner.by_token is True


def test_the_unified_network_scores_labels_as_it_writes_them(several):
    runner: Any = load_runner("demo:unified-vlp", "captioning", device="cpu")
    named = [EXAMPLES / "red-circle.png", EXAMPLES / "blue-triangle.jpg"]
    texts = ("a red circle", "a blue triangle", "a yellow rectangle")
    found = scores(runner, [open_image(file) for file in named], Request(texts=texts))
    assert found.argmax(dim=1).tolist() == [0, 1]
    assert found.sum(dim=1).tolist() == pytest.approx([1.0, 1.0])


def test_one_label_that_begins_another_is_closed(tiny: Tiny):
    words = load_runner(tiny("captioner"), "captioning", device="cpu").tokenizer  # type: ignore[attr-defined]
    apart = spelled_apart(words, ("a dog", "a cat"))
    closed = spelled_apart(words, ("a dog", "a dog circle"))
    assert not any(ids[-1] == words.sep_token_id for ids in apart)
    assert all(ids[-1] in (words.eos_token_id, words.sep_token_id) for ids in closed)


def test_a_label_without_words_is_refused(tiny: Tiny):
    words = load_runner(tiny("captioner"), "captioning", device="cpu").tokenizer  # type: ignore[attr-defined]
    with pytest.raises(UnsupportedError, match="has no tokens for the label"):
        spelled_apart(words, ("a dog", ""))


def test_an_answerer_scores_no_labels(tiny: Tiny, several):
    runner = load_runner("demo:unified-vlp", "vqa", device="cpu")
    with pytest.raises(UnsupportedError, match="3 labels"):
        runner.label_scores(several, LABELS)


def test_what_a_file_holds_is_opened_as_the_file_is():
    for file in sorted(EXAMPLES.glob("*.*g")):
        from_bytes = open_encoded(file.read_bytes(), file.name)
        assert from_bytes.pixels.tobytes() == open_image(file).pixels.tobytes()
    with pytest.raises(Exception, match=r"`x\.png` is not an image"):
        open_encoded(b"no image at all", "x.png")
