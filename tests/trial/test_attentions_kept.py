"""Which models keep attention weights, as loaded by default and as the check says to load them."""

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

pytestmark = pytest.mark.slow
SEEING = {
    "clip": "CLIPVisionModel",
    "metaclip_2": "MetaClip2VisionModel",
    "siglip": "SiglipVisionModel",
    "altclip": "AltCLIPVisionModel",
    "chinese_clip": "ChineseCLIPVisionModel",
    "blip_2": "Blip2VisionModel",
    "blip_2_matcher": "Blip2VisionModel",
    "kosmos_2": "Kosmos2VisionModel",
    "llava": "CLIPVisionModel",
    "paligemma": "SiglipVisionModel",
}
"""The part that looks at the image, by kind of network."""


@pytest.mark.parametrize("kind", SEEING)
def test_weights_come_out_of_what_is_loaded_for_that_and_of_nothing_else(kind, tiny, rulebase):
    folder = tiny(kind)
    name = transformers.AutoConfig.from_pretrained(folder).architectures[0]
    known = rulebase.checks["attentions-not-kept"].knowledge["computed_in_one_step"]
    assert name in known
    assert not _kept(getattr(transformers, name).from_pretrained(folder), kind)
    eager = getattr(transformers, name).from_pretrained(folder, attn_implementation="eager")
    assert _kept(eager, kind)


def _kept(model, kind):
    """What the part that looks keeps of its weights."""
    part = next(one for one in model.modules() if type(one).__name__ == SEEING[kind])
    side = part.config.image_size
    with torch.no_grad():
        return part(torch.zeros(1, 3, side, side), output_attentions=True).attentions
