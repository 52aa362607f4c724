"""What a checkpoint is estimated to take for a task."""

import pytest

from advisor.decide.memory import cache_mb, memory_gb
from advisor.model import Decoder
from advisor.rulebase.store import load_rules

RULEBASE = load_rules()
BLIP = RULEBASE.checkpoint("Salesforce/blip-image-captioning-base")
CLIP = RULEBASE.checkpoint("openai/clip-vit-base-patch16")
QWEN = RULEBASE.checkpoint("Qwen/Qwen3-VL-8B-Instruct")
PHOTO, PAGE = RULEBASE.task("vqa"), RULEBASE.task("ocr-page")


def test_dual_encoder_has_no_cache():
    assert memory_gb(CLIP, PHOTO) == memory_gb(CLIP)


@pytest.mark.parametrize(
    ("task", "tokens"), [(PHOTO, 2**20 / 1024 + 10), (PAGE, 1240 * 1754 / 1024 + 1000)]
)
def test_page_and_picture_of_a_task_are_kept_as_keys_and_values_in_16_bits(task, tokens):
    """36 layers of 8 key heads of 128, keys and values, as the configuration of the 8B has it."""
    megabytes = 36 * 8 * 128 * 2 * 2 * tokens / 2**20
    assert cache_mb(QWEN, task) == pytest.approx(megabytes)
    assert memory_gb(QWEN, task) == pytest.approx(memory_gb(QWEN) + megabytes / 1024, abs=0.01)
    rounded = next(form for form in QWEN.forms if form.precision == "int8")
    assert cache_mb(rounded, task) == cache_mb(QWEN, task)


def test_picture_of_a_fixed_size_has_its_tokens_on_a_page_as_well():
    writer = Decoder(10, 1024, image_tokens=1000, cross=True)
    checkpoint = BLIP._replace(writer=writer)
    assert cache_mb(checkpoint, PAGE) == pytest.approx(10 * 1024 * 2 * 4 * 2000 / 2**20)


def test_cache_that_nobody_knows_is_not_counted():
    for writer in (None, Decoder(12, 768)):
        checkpoint = BLIP._replace(writer=writer)
        assert cache_mb(checkpoint, PAGE) is None
        assert memory_gb(checkpoint, PAGE) == memory_gb(checkpoint)


def test_unknown_size_gives_no_number():
    assert memory_gb(BLIP._replace(parameters_millions=None), PAGE) is None
