"""The description of the installed release against what its classes really have."""

import json
import subprocess
import sys

import pytest

transformers = pytest.importorskip("transformers")
pytest.importorskip("torch")

from advisor.catalogue.release import members_of  # noqa: E402
from tests import warm  # noqa: E402

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


LOOK = """
import json, sys
import torch, transformers
classes, networks = (text.split() for text in sys.argv[1:])
found = {name: dir(getattr(transformers, name)) for name in classes}
for name in networks:
    kind = getattr(transformers, name)
    with torch.device("meta"):
        network = kind(kind.config_class())
    parts = {part: type(module).__name__ for part, module in network.named_children()}
    found["built " + name] = [dir(network), parts]
print(json.dumps(found))
"""
BUILT = "CLIPModel SiglipVisionModel CLIPTextModel BlipModel"


@pytest.fixture(scope="module")
def installed():
    """What classes and networks have in a process of their own: other tests add to classes."""
    words = [*warm.python(), "-c", LOOK, f"{NETWORKS} {PROCESSORS}", BUILT]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def public(names):
    return {name for name in names if not name.startswith("_")}


@pytest.mark.slow
@pytest.mark.parametrize("name", [*NETWORKS.split(), *PROCESSORS.split()])
def test_nothing_that_a_class_has_is_missing(members, installed, name):
    known = members.of(name)
    assert not {one for one in public(installed[name]) if not known.has(one)}


@pytest.mark.slow
@pytest.mark.parametrize("name", BUILT.split())
def test_nothing_that_a_network_has_is_missing_and_its_parts_are_of_the_classes_said(
    members, installed, name
):
    known, (has, parts) = members.of(name), installed[f"built {name}"]
    assert not {one for one in public(has) if not known.has(one)}
    for part, kind in parts.items():
        assert known.class_of(part) in (None, kind), part
    assert not known.has("vision_tower")


IMPORT = """
import json, sys
from importlib import import_module
modules = [import_module(f"transformers.{name}".rstrip(".")) for name in json.loads(sys.argv[1])]
print(json.dumps([[*vars(module)] for module in modules]))
"""


@pytest.mark.slow
def test_names_of_modules_are_those_that_can_be_imported(members):
    modules = ["", "modeling_utils", "pytorch_utils", "models.clip.modeling_clip"]
    words = [sys.executable, "-c", IMPORT, json.dumps(modules)]  # others load more by old names
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    for module, names in zip(modules, json.loads(done.stdout.splitlines()[-1]), strict=True):
        assert public(names) <= {*members.names(module), "annotations"}, module
