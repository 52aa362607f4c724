"""The description of the installed release against what its classes really have."""

import pytest

transformers = pytest.importorskip("transformers")
torch = pytest.importorskip("torch")

from advisor.catalogue.release import members_of  # noqa: E402

NETWORKS = """
CLIPModel CLIPVisionModel SiglipModel SiglipVisionModel BlipForConditionalGeneration
BlipForQuestionAnswering ViltForQuestionAnswering OwlViTForObjectDetection GitForCausalLM
PaliGemmaForConditionalGeneration LlavaForConditionalGeneration Qwen2VLForConditionalGeneration
VisionEncoderDecoderModel Blip2ForConditionalGeneration Florence2ForConditionalGeneration"""
PROCESSORS = """CLIPProcessor SiglipProcessor BlipProcessor DonutProcessor OwlViTProcessor
LlavaNextProcessor PaliGemmaProcessor IdeficsProcessor TrOCRProcessor"""


@pytest.fixture(scope="module")
def members():
    return members_of(transformers.__version__)


def public(names):
    return {name for name in names if not name.startswith("_")}


@pytest.mark.parametrize("name", [*NETWORKS.split(), *PROCESSORS.split()])
def test_nothing_that_a_class_has_is_missing(members, name):
    known = members.of(name)
    missing = {one for one in public(dir(getattr(transformers, name))) if not known.has(one)}
    assert not missing


@pytest.mark.parametrize("name", ["CLIPModel", "SiglipVisionModel", "CLIPTextModel", "BlipModel"])
def test_nothing_that_a_network_has_is_missing_and_its_parts_are_of_the_classes_said(members, name):
    kind, known = getattr(transformers, name), members.of(name)
    with torch.device("meta"):
        network = kind(kind.config_class())
    assert not {one for one in public(dir(network)) if not known.has(one)}
    for part, module in network.named_children():
        said = known.class_of(part)
        assert said in (None, type(module).__name__), part
    assert not known.has("vision_tower")


def test_names_of_modules_are_those_that_can_be_imported(members):
    from importlib import import_module

    for module in ("", "modeling_utils", "pytorch_utils", "models.clip.modeling_clip"):
        imported = import_module(f"transformers.{module}".rstrip("."))
        known = set(members.names(module))
        assert public(vars(imported)) <= known | {"annotations"}, module
