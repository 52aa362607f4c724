"""`try` asks each checkpoint with the prompt and in the case that it learnt, by its entry."""

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

# ruff: noqa: TID253  (its tests are skipped where these are missing)
import torch

from advisor.rulebase.store import load_rules
from advisor.trial import Request, load_runner
from advisor.trial.prompted import _turn

RULEBASE = load_rules()
ASKED = [
    ("PaddlePaddle/PaddleOCR-VL-1.6", "paddleocr_vl", "ocr-page"),
    ("PaddlePaddle/PaddleOCR-VL-1.6", "paddleocr_vl", "handwriting"),
    ("PaddlePaddle/PaddleOCR-VL-1.5", "paddleocr_vl", "chart-reading"),
    ("zai-org/GLM-OCR", "glm_ocr", "ocr-page"),
    ("tencent/HunyuanOCR", "hunyuan_vl", "ocr-page"),
    ("baidu/Qianfan-OCR", "qianfan_ocr", "ocr-page"),
    ("lightonai/LightOnOCR-2-1B", "lighton_ocr", "ocr-page"),
    ("ibm-granite/granite-docling-258M", "idefics3", "ocr-page"),
    ("allenai/olmOCR-2-7B-1025", "qwen2_5_vl", "ocr-page"),
]


@pytest.mark.parametrize(("id", "kind", "task"), ASKED)
def test_a_reader_is_asked_with_the_prompt_of_its_card(brief, hub, image, id, kind, task):
    hub(id, brief(kind))
    runner = load_runner(id, task)
    own = RULEBASE.checkpoint(id).prompts[task]
    assert runner.prompt(Request(question="Which bar is the highest?")) == (own or None)
    assert "question" not in runner.needs
    with runner.running():
        turn = runner.processor.apply_chat_template(
            _turn(runner.prompt(Request()), [image.pixels]), tokenize=False
        )
        assert own in turn
        assert "None" not in turn
        assert runner.inputs(image, Request())
    assert any("pipeline" in each for each in runner.warnings) == (
        task in RULEBASE.checkpoint(id).pipelines
    )


def test_a_question_that_a_reader_does_not_take_is_not_dropped_in_silence(brief, hub, image):
    hub("PaddlePaddle/PaddleOCR-VL-1.6", brief("paddleocr_vl"))
    runner = load_runner("PaddlePaddle/PaddleOCR-VL-1.6", "chart-reading")
    reply = runner.run(image, Request(question="Which bar is the highest?"))
    assert any("its prompt is always `Chart Recognition:`" in each for each in reply.warnings)


def test_texts_are_lower_cased_for_what_learnt_so(brief, hub, image):
    id = "google/siglip2-base-patch16-224"
    hub(id, brief("siglip"))
    runner = load_runner(id, "zero-shot-classification")
    seen = Request(texts=("Ein Photo of a CAT", "DOG"))
    lower = Request(texts=("ein photo of a cat", "dog"))
    with runner.running():
        assert runner.label_scores([image], seen) == runner.label_scores([image], lower)
    runner.lowers = False
    with runner.running():
        tokens = [runner.text_inputs(each.texts)["input_ids"] for each in (seen, lower)]
    assert not torch.equal(*tokens)  # the tokenizer itself keeps the case
