"""What a checkpoint is estimated to take, and that every number names what it rests on."""

import pytest

from advisor.decide.memory import cache_mb, estimate, memory_gb
from advisor.model import Decoder
from advisor.rulebase.store import load_rules

RULEBASE = load_rules()
BLIP = RULEBASE.checkpoint("Salesforce/blip-image-captioning-base")
CLIP = RULEBASE.checkpoint("openai/clip-vit-base-patch16")
QWEN = RULEBASE.checkpoint("Qwen/Qwen3-VL-8B-Instruct")
PHOTO, PAGE = RULEBASE.task("vqa"), RULEBASE.task("ocr-page")
NOT_KNOWN = "no key-value cache, because the size of the decoder is unknown"


@pytest.mark.parametrize("id", list(RULEBASE.checkpoints))
def test_one_picture_takes_what_every_listing_says(id):
    checkpoint = RULEBASE.checkpoint(id)
    estimated = estimate(checkpoint)
    assert estimated.gb == memory_gb(checkpoint)
    assert estimated.assumptions
    assert id in estimated.command
    if estimated.gb is not None:
        assert sum(part.gb for part in estimated.parts) == pytest.approx(estimated.gb, abs=0.01)


def test_dual_encoder_has_no_cache():
    assert memory_gb(CLIP, PHOTO) == memory_gb(CLIP)
    said = "a dual encoder generates no text, so it has no key-value cache"
    assert said in estimate(CLIP).assumptions


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


def test_cache_that_nobody_knows_is_said_and_not_counted():
    for writer in (None, Decoder(12, 768)):
        checkpoint = BLIP._replace(writer=writer)
        assert cache_mb(checkpoint, PAGE) is None
        assert memory_gb(checkpoint, PAGE) == memory_gb(checkpoint)
    assert NOT_KNOWN in estimate(BLIP._replace(writer=None)).assumptions


def test_precision_is_called_the_files_only_where_it_was_verified():
    assert "float32 in the file" in estimate(BLIP).assumptions
    said = "float32 in the file (not verified)"
    assert said in estimate(BLIP._replace(dtype=None)).assumptions


def test_unknown_size_gives_no_number():
    estimated = estimate(BLIP._replace(parameters_millions=None))
    assert (estimated.gb, estimated.parts) == (None, ())
    assert memory_gb(BLIP._replace(parameters_millions=None), PAGE) is None
