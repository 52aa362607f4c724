"""What a checkpoint is estimated to take, and that every number names what it rests on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.decide.memory import Estimate, estimate, memory_gb
from advisor.model import Decoder
from advisor.rulebase.store import load_rules

RULEBASE = load_rules()
BLIP = RULEBASE.checkpoint("Salesforce/blip-image-captioning-base")
CLIP = RULEBASE.checkpoint("openai/clip-vit-base-patch16")
counts = st.integers(min_value=1, max_value=64)


def names(found: Estimate) -> list[str]:
    return [part.name for part in found.parts]


@pytest.mark.parametrize("id", list(RULEBASE.checkpoints))
def test_one_picture_takes_what_every_listing_says(id):
    checkpoint = RULEBASE.checkpoint(id)
    found = estimate(checkpoint)
    assert found.gb == memory_gb(checkpoint)
    assert found.assumptions
    assert id in found.command
    if found.gb is not None:
        assert sum(part.gb for part in found.parts) == pytest.approx(found.gb, abs=0.01)


@given(batch=counts, beams=counts, new_tokens=counts)
def test_more_of_anything_never_takes_less(batch, beams, new_tokens):
    base = estimate(BLIP, batch=batch, beams=beams, new_tokens=new_tokens).gb
    assert estimate(BLIP, batch=batch + 1, beams=beams, new_tokens=new_tokens).gb >= base
    assert estimate(BLIP, batch=batch, beams=beams + 1, new_tokens=new_tokens).gb >= base
    assert estimate(BLIP, batch=batch, beams=beams, new_tokens=new_tokens + 9).gb >= base


@given(beams=counts, new_tokens=counts)
def test_dual_encoder_has_no_cache(beams, new_tokens):
    found = estimate(CLIP, beams=beams, new_tokens=new_tokens)
    assert found.gb == memory_gb(CLIP)
    assert "a dual encoder generates no text, so it has no key-value cache" in found.assumptions


@pytest.mark.parametrize(
    ("id", "batch", "beams", "measured_mb"),
    [
        # `estimate` against the peak of a run with random weights, 16 words, float32, two cores,
        # less what the interpreter and the weights took: the extra is compared, not the whole.
        ("Salesforce/blip-image-captioning-base", 8, 1, 579),
        ("Salesforce/blip-image-captioning-base", 8, 3, 1183),
        ("Salesforce/blip-image-captioning-base", 4, 5, 980),
        ("nlpconnect/vit-gpt2-image-captioning", 8, 1, 213),
        ("nlpconnect/vit-gpt2-image-captioning", 8, 4, 667),
        ("openai/clip-vit-base-patch16", 16, 1, 219),
        ("microsoft/git-base-coco", 8, 1, 197),
        ("microsoft/git-base-coco", 8, 4, 745),
        ("microsoft/git-base-coco", 4, 8, 746),
    ],
)
def test_batches_and_beams_add_about_what_was_measured(id, batch, beams, measured_mb):
    checkpoint = RULEBASE.checkpoint(id)
    one = estimate(checkpoint, new_tokens=16).gb
    many = estimate(checkpoint, batch=batch, beams=beams, new_tokens=16).gb
    weights = checkpoint.parameters_millions * 4e6 / 2**20
    whole_measured = 370 + weights + measured_mb
    whole_estimated = 370 + weights + (many - one) * 1024
    assert whole_estimated == pytest.approx(whole_measured, rel=0.1)


def test_precision_is_called_the_files_only_where_it_was_verified():
    assert "float32 in the file" in estimate(BLIP).assumptions
    said = "float32 in the file (not verified)"
    assert said in estimate(BLIP._replace(dtype=None)).assumptions


def test_prefix_of_image_tokens_is_kept_by_every_beam():
    writer = Decoder(10, 1024, image_tokens=1000, cross=False, tower_per_beam=False)
    checkpoint = BLIP._replace(writer=writer)
    found = estimate(checkpoint, beams=2)
    megabytes = 10 * 1024 * 2 * 1064 * 4 / 2**20
    assert dict(found.parts)["cache"] == pytest.approx(megabytes / 1024, abs=0.001)
    assert any("a prefix of 1,000 image tokens" in said for said in found.assumptions)


def test_tower_that_sees_every_beam_takes_beams_for_pictures():
    """So `generate` of transformers does for what has no encoder of its own for the pictures."""
    git = RULEBASE.checkpoint("microsoft/git-base-coco")
    assert estimate(git, beams=8).gb == estimate(git, batch=8).gb
    assert dict(estimate(git, beams=8).parts)["batch"] > 0
    assert "batch" not in names(estimate(BLIP, beams=8))
    said = "the vision tower processes each image once per beam"
    assert said in estimate(git, beams=8).assumptions
    assert said not in estimate(BLIP, beams=8).assumptions


def test_unknown_decoder_is_said_and_not_counted():
    checkpoint = BLIP._replace(writer=None)
    found = estimate(checkpoint, beams=4)
    assert "cache" not in names(found)
    assert (
        "the size of the decoder is unknown, so the key-value cache is not counted"
    ) in found.assumptions


def test_unknown_size_gives_no_number():
    found = estimate(BLIP._replace(parameters_millions=None))
    assert (found.gb, found.parts) == (None, ())


@pytest.mark.parametrize("wrong", [{"batch": 0}, {"beams": 0}, {"new_tokens": 0}])
def test_nothing_at_all_cannot_be_estimated(wrong):
    with pytest.raises(ValueError, match="at least 1"):
        estimate(BLIP, **wrong)
