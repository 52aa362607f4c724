"""What a release changed is found in code as people write it, and what is right is left alone."""

import pytest

from advisor.catalogue.release import described_releases, members_of

NEW = ("--transformers", "5.24")
CLIP = """
from transformers import CLIPModel
model = CLIPModel.from_pretrained("openai/clip-vit-base-patch32")
"""
WRONG = {
    "divided by its norm": (
        CLIP + "e = model.get_image_features(pixel_values=x)\n"
        "e = e / e.norm(dim=-1)  # wrong: output-as-tensor\n"
    ),
    "moved to the cpu in a method of a class": """
from transformers import AutoModel
class Backend:
    def __init__(self):
        self.model = AutoModel.from_pretrained("openai/clip-vit-base-patch32")
    def embed(self, inputs):
        outputs = self.model.get_image_features(**inputs)
        return outputs.cpu()  # wrong: output-as-tensor
""",
    "indexed, which fails in silence": (
        CLIP + "v = model.get_text_features(ids)[0].detach().numpy()  # wrong: output-as-tensor\n"
    ),
    "rows taken one by one": (
        CLIP + "v = model.get_text_features(ids)\ns = v[0] @ v[1]  # wrong: output-as-tensor\n"
    ),
    "the last item, where more is asked for": (
        CLIP + "v = model.get_text_features(ids, output_hidden_states=True)[-1]\n"
        "print(v.shape)  # wrong: output-as-tensor\n"
    ),
    "a new axis, which a tuple has not": (
        CLIP + "v = model.get_text_features(ids)[None]  # wrong: output-as-tensor\n"
    ),
    "all axes": CLIP + "v = model.get_text_features(ids)[...]  # wrong: output-as-tensor\n",
    "a stretch of rows": (
        CLIP + "v = model.get_text_features(ids)[1:]  # wrong: output-as-tensor\n"
    ),
    "passed to a function of torch": (
        "import torch.nn.functional as F\n" + CLIP + "a = model.get_image_features(x)\n"
        "b = model.get_text_features(y)\n"
        "s = F.cosine_similarity(a, b)  # wrong: output-as-tensor\n"
    ),
    "normalised by a function of the file": (
        CLIP + "def unit(v):\n    return v / v.norm(dim=-1)  # wrong: output-as-tensor\n"
        "e = unit(model.get_image_features(x))\n"
    ),
    "one for each image, gone through": """
import torch
from transformers import LlavaForConditionalGeneration
model = LlavaForConditionalGeneration.from_pretrained("llava-hf/llava-1.5-7b-hf")
features = model.get_image_features(pixel_values=pixels, vision_feature_layer=-2)
tokens = torch.cat([one.unsqueeze(0) for one in features])  # wrong: output-as-tensor
""",
    "one for each image, put together": """
import torch
from transformers import Qwen2VLForConditionalGeneration
model = Qwen2VLForConditionalGeneration.from_pretrained("Qwen/Qwen2-VL-2B-Instruct")
tokens = torch.cat(model.model.get_image_features(pixels, grid))  # wrong: output-as-tensor
""",
    "of a head that declares nothing": """
from transformers import PaliGemmaForConditionalGeneration
model = PaliGemmaForConditionalGeneration.from_pretrained("google/paligemma-3b-pt-224")
shape = model.get_image_features(pixel_values=pixels).shape  # wrong: output-as-tensor
""",
    "a submodule that has moved": """
from transformers import PaliGemmaForConditionalGeneration
model = PaliGemmaForConditionalGeneration.from_pretrained("google/paligemma-3b-pt-224")
for parameter in model.vision_tower.parameters():  # wrong: removed-member
    parameter.requires_grad = False
""",
    "a submodule that is the model itself by now": """
from transformers import SiglipVisionModel
tower = SiglipVisionModel.from_pretrained("google/siglip-base-patch16-224")
layers = tower.vision_model.encoder  # wrong: removed-member
""",
    "a method of a processor": """
from transformers import AutoProcessor
processor = AutoProcessor.from_pretrained("google/owlvit-base-patch32")
boxes = processor.post_process_object_detection(outputs, 0.1)  # wrong: removed-member
""",
    "an attribute of a processor, stored into": """
from transformers import DonutProcessor
processor = DonutProcessor.from_pretrained("naver-clova-ix/donut-base")
processor.feature_extractor.size = (960, 1280)  # wrong: removed-member
""",
    "a text first where images come first": """
from transformers import LlavaNextProcessor
processor = LlavaNextProcessor.from_pretrained("llava-hf/llava-v1.6-mistral-7b-hf")
inputs = processor(prompt, image, return_tensors="pt")  # wrong: text-before-images
""",
    "a class that is not in the catalogue": """
from transformers import IdeficsProcessor
processor = IdeficsProcessor.from_pretrained("HuggingFaceM4/idefics-9b-instruct")
inputs = processor(["What is it?"], return_tensors="pt")  # wrong: text-before-images
""",
    "an argument put into keywords": """
from transformers import FuyuForCausalLM
def load(name, **kwargs):
    kwargs["load_in_4bit"] = True
    return FuyuForCausalLM.from_pretrained("adept/fuyu-8b", **kwargs)  # wrong: removed-argument
""",
    "a module that is gone": """
from transformers import CLIPModel
from transformers.modeling_attn_mask_utils import AttentionMaskConverter  # wrong: removed-name
""",
    "a module imported by itself": """
import transformers.modeling_attn_mask_utils  # wrong: removed-name
from transformers import CLIPModel
""",
    "a function that is gone": """
from transformers import CLIPModel, infer_device  # wrong: removed-name
""",
    "a name of a module that stays": """
from transformers.models.clip.modeling_clip import CLIPModel, clip_loss  # wrong: removed-name
""",
    "a submodule that is stored elsewhere": """
from transformers import Qwen2VLForConditionalGeneration
model = Qwen2VLForConditionalGeneration.from_pretrained("Qwen/Qwen2-VL-2B-Instruct")
kept = model.model.layers[:20]  # wrong: removed-member
model.model.language_model.layers = kept
""",
    "a method of a tokenizer of an auto class": """
from transformers import AutoTokenizer
tokenizer = AutoTokenizer.from_pretrained("openai/clip-vit-base-patch32")
ids = tokenizer.prepare_for_model([1, 2])  # wrong: removed-member
""",
    "a method of a tokenizer whose class is not known": """
from transformers import AutoTokenizer, LlavaForConditionalGeneration
model = LlavaForConditionalGeneration.from_pretrained("llava-hf/llava-1.5-7b-hf")
tokenizer = AutoTokenizer.from_pretrained("llava-hf/llava-1.5-7b-hf")
ids = tokenizer.encode_plus("a")  # wrong: removed-member
""",
    "a method of the tokenizer of a processor": """
from transformers import CLIPProcessor
processor = CLIPProcessor.from_pretrained("openai/clip-vit-base-patch32")
ids = processor.tokenizer.build_inputs_with_special_tokens([1])  # wrong: removed-member
""",
    "a chat of an auto tokenizer, taken for ids": """
from transformers import AutoTokenizer, LlavaForConditionalGeneration
model = LlavaForConditionalGeneration.from_pretrained("llava-hf/llava-1.5-7b-hf")
tokenizer = AutoTokenizer.from_pretrained("llava-hf/llava-1.5-7b-hf")
ids = tokenizer.apply_chat_template(chat, return_tensors="pt")
length = ids.shape[1]  # wrong: output-as-tensor
""",
    "a part of a model of pictures alone": """
from PIL import Image
from transformers import ViTModel
model = ViTModel.from_pretrained("google/vit-base-patch16-224-in21k")
for block in model.encoder.layer[-2:]:  # wrong: removed-member
    block.requires_grad_(True)
""",
    "a method of an image processor beside a model of ours": """
from transformers import CLIPModel, DetrImageProcessor
model = CLIPModel.from_pretrained("openai/clip-vit-base-patch32")
processor = DetrImageProcessor.from_pretrained("facebook/detr-resnet-50")
boxes = processor.post_process(outputs, sizes)[0]  # wrong: removed-member
""",
    "a method that calls what is gone": """
from transformers import OwlViTProcessor
processor = OwlViTProcessor.from_pretrained("google/owlvit-base-patch32")
boxes = processor.post_process(outputs, sizes)  # wrong: removed-member
""",
    "a pipeline of pictures": """
from transformers import pipeline
bigger = pipeline("image-to-image")  # wrong: removed-pipeline
""",
    "arguments gathered by dict": """
from transformers import AutoModelForCausalLM, AutoProcessor, Trainer
processor = AutoProcessor.from_pretrained("microsoft/git-base")
model = AutoModelForCausalLM.from_pretrained("microsoft/git-base")
options = dict(model=model, tokenizer=processor)
Trainer(**options)  # wrong: removed-parameter
""",
}
RIGHT = {
    "the vector is taken": CLIP
    + "e = model.get_image_features(x).pooler_output\ne = e / e.norm()\n",
    "the second field": CLIP + "e = model.get_text_features(x)[1]\ne = e / e.norm()\n",
    "tuples beside objects": (
        CLIP + "e = model.get_text_features(x).pooler_output\n"
        "f = model.get_text_features(y, return_dict=False)\nprint(f[0].shape)\n"
    ),
    "one for each image, taken": """
import torch
from transformers import Qwen2VLForConditionalGeneration
model = Qwen2VLForConditionalGeneration.from_pretrained("Qwen/Qwen2-VL-2B-Instruct")
tokens = torch.cat(model.get_image_features(pixels, grid).pooler_output)
sizes = [one.shape for one in model.get_image_features(pixels, grid)["pooler_output"]]
""",
    "a tuple that was asked for": """
from transformers import LlavaForConditionalGeneration
model = LlavaForConditionalGeneration.from_pretrained("llava-hf/llava-1.5-7b-hf")
states = model.get_image_features(pixel_values=pixels, return_dict=False)[0].shape
""",
    "either is handled": (
        CLIP + "e = model.get_image_features(x)\n"
        "e = e if isinstance(e, torch.Tensor) else e.pooler_output\ne = e / e.norm()\n"
    ),
    "an item by its name": CLIP + 'e = model.get_image_features(x)["pooler_output"]\ne = e / 2\n',
    "an item by its number": CLIP + "e = model.get_text_features(x)[1]\ne = e / e.norm()\n",
    "the last item": CLIP + "out = model.get_image_features(x)\ne = out[-1] / out[-1].norm()\n",
    "where it is by now": """
from transformers import PaliGemmaForConditionalGeneration
model = PaliGemmaForConditionalGeneration.from_pretrained("google/paligemma-3b-pt-224")
model.model.vision_tower.requires_grad_(False)
""",
    "asked for first": """
from transformers import PaliGemmaForConditionalGeneration
model = PaliGemmaForConditionalGeneration.from_pretrained("google/paligemma-3b-pt-224")
tower = model.vision_tower if hasattr(model, "vision_tower") else model.model.vision_tower
""",
    "an attribute of one's own": CLIP + "model.temperature = 1\nprint(model.temperature)\n",
    "an attribute of one's own, of a part": """
from transformers import Qwen2VLForConditionalGeneration
model = Qwen2VLForConditionalGeneration.from_pretrained("Qwen/Qwen2-VL-2B-Instruct")
model.model.layers = model.model.language_model.layers
print(model.model.layers)
""",
    "a method of tokenizers that are written in python": """
from transformers import AutoTokenizer, SiglipProcessor
tokenizer = AutoTokenizer.from_pretrained("google/siglip-base-patch16-224")
ids = tokenizer.prepare_for_model([1])
processor = SiglipProcessor.from_pretrained("google/siglip-base-patch16-224")
ids = processor.tokenizer.prepare_for_model([1])
""",
    "parts of what sees that are there": """
from transformers import PaliGemmaForConditionalGeneration, VisionEncoderDecoderModel
model = VisionEncoderDecoderModel.from_pretrained("nlpconnect/vit-gpt2-image-captioning")
layers = model.encoder.layers, model.decoder.transformer
donut = VisionEncoderDecoderModel.from_pretrained("naver-clova-ix/donut-base")
layers = donut.encoder.encoder.layers
other = PaliGemmaForConditionalGeneration.from_pretrained("google/paligemma-3b-pt-224")
layers = other.model.vision_tower.encoder.layers
""",
    "a new name of the same": """
from transformers import VideoLlavaForConditionalGeneration
model = VideoLlavaForConditionalGeneration.from_pretrained("LanguageBind/Video-LLaVA-7B-hf")
out = model(input_ids, pixel_values_images)
""",
    "in the order of by now": """
from transformers import Qwen2_5_VLForConditionalGeneration
model = Qwen2_5_VLForConditionalGeneration.from_pretrained("Qwen/Qwen2.5-VL-3B-Instruct")
one = model.model.get_rope_index(ids, mm_token_type_ids, batch["image_grid_thw"])
two = model.model.get_rope_index(ids, kinds, image_grid_thw=batch["image_grid_thw"])
three = model.model.get_rope_index(*given)
four = model.model.get_rope_index(ids, other, attention_mask)
""",
    "parts of a model of pictures alone that are there": """
from PIL import Image
from transformers import DetrImageProcessor, Dinov2Model, ViTModel
model = ViTModel.from_pretrained("google/vit-base-patch16-224-in21k")
for block in model.layers[-2:]:
    block.requires_grad_(True)
encoder = Dinov2Model.from_pretrained("facebook/dinov2-base").encoder
processor = DetrImageProcessor.from_pretrained("facebook/detr-resnet-50")
boxes = processor.post_process_object_detection(outputs, 0.5, sizes)[0]
""",
    "a part of one's own of a model of pictures": """
from PIL import Image
from transformers import ViTModel
model = ViTModel.from_pretrained("google/vit-base-patch16-224-in21k")
model.encoder = torch.nn.Sequential(*model.layers)
print(model.encoder)
""",
    "the method of owl-vit that is meant": """
from transformers import OwlViTProcessor
processor = OwlViTProcessor.from_pretrained("google/owlvit-base-patch32")
boxes = processor.post_process_grounded_object_detection(outputs, 0.1)
""",
    "the projection keeps its parts": """
from transformers import CLIPTextModelWithProjection
model = CLIPTextModelWithProjection.from_pretrained("openai/clip-vit-base-patch32")
print(model.text_model)
""",
    "named arguments": """
from transformers import LlavaNextProcessor
processor = LlavaNextProcessor.from_pretrained("llava-hf/llava-v1.6-mistral-7b-hf")
inputs = processor(text=prompt, images=image, return_tensors="pt")
""",
    "images first": """
from transformers import CLIPProcessor
processor = CLIPProcessor.from_pretrained("openai/clip-vit-base-patch32")
inputs = processor(image, ["a cat"], return_tensors="pt")
""",
    "a class asked for by its name, if it is there": """
import transformers
NAME = "AutoModelForVision2Seq"
cls = getattr(transformers, "AutoModelForVision2Seq", None)
if hasattr(transformers, "AutoModelForVision2Seq"):
    cls = getattr(transformers, "AutoModelForVision2Seq")
for name in (NAME, "AutoModelForImageTextToText"):
    if hasattr(transformers, name):
        cls = getattr(transformers, name)
try:
    cls = getattr(transformers, NAME)
except AttributeError:
    cls = transformers.AutoModelForImageTextToText
model = cls.from_pretrained("HuggingFaceM4/idefics2-8b")
""",
    "a class of which somebody gives the name": """
import transformers
def build(name="AutoModelForVision2Seq"):
    return getattr(transformers, name).from_pretrained("HuggingFaceM4/idefics2-8b")
""",
    "a dictionary made of names, passed on by names that are taken": """
from transformers import AutoModelForCausalLM, AutoProcessor, Trainer
processor = AutoProcessor.from_pretrained("microsoft/git-base")
options = dict(model=AutoModelForCausalLM.from_pretrained("microsoft/git-base"))
options["processing_class"] = processor
Trainer(**options)
""",
    "ready for the import to fail": """
from transformers import CLIPModel
try:
    from transformers.modeling_attn_mask_utils import AttentionMaskConverter
except ImportError:
    AttentionMaskConverter = None
""",
}


EACH = {
    name: {"app.py": "\n".join(line.partition("  # wrong")[0] for line in text.split("\n"))}
    for name, text in {**WRONG, **RIGHT}.items()
}


@pytest.mark.parametrize("name", EACH)
def test_what_the_release_changed_is_found_at_its_line_and_what_works_is_left_alone(at_once, name):
    mark = "# wrong: "
    lines = enumerate(WRONG.get(name, "").split("\n"), 1)
    marked = [(number, line.partition(mark)[2]) for number, line in lines if mark in line]
    found = (each for each in at_once(EACH, *NEW)[name] if each.level in ("error", "warning"))
    assert sorted((each.line, each.rule) for each in found if each.first) == sorted(marked)


def test_code_for_transformers_4_is_right_under_transformers_4(check):
    text = CLIP + "e = model.get_image_features(x)\ne = e / e.norm()\n"
    assert check({"app.py": text}, "--transformers", "4.57").of("error", "warning") == []


def test_models_of_other_things_are_a_line_a_file_unless_all_are_asked_for(check):
    text = "from transformers import RobertaModel, TrainingArguments\n"
    files = {"app.py": text + 'TrainingArguments("out", evaluation_strategy="no")\n'}
    assert check(files, *NEW).of("error") == []
    (note,) = [one for one in check(files, *NEW).of("note") if one["rule"] == "removed-parameter"]
    assert "--all-models` lists each use" in note["message"]
    (found,) = check(files, *NEW, "--all-models").of("error")
    assert (found["line"], found["rule"]) == (2, "removed-parameter")


@pytest.mark.parametrize(
    ("owner", "field"),
    [("Llama4ForConditionalGeneration", "last_hidden_state"), ("LlavaModel", "pooler_output")],
)
def test_what_to_take_of_the_object_is_what_the_method_gave(check, owner, field):
    text = f'from transformers import {owner}\nm = {owner}.from_pretrained("a/b")\n'
    (found,) = check({"app.py": text + "m.get_image_features(x).mean()\n"}, *NEW).of("error")
    assert f"`.{field}`" in found["fix"]


@pytest.mark.parametrize(
    ("taken", "fix"),
    [
        ("lm_head", "use `lm_head` for `language_model.lm_head`"),
        ("model", "use `model.language_model` for `language_model.model`"),
        ("generate", "use `model.language_model`"),
    ],
)
def test_a_part_that_moved_is_told_by_what_is_taken_from_it(check, taken, fix):
    """A head never moved with its part: `model.language_model.lm_head` would be nowhere."""
    text = "from transformers import LlavaForConditionalGeneration as L\n"
    text += "m = L.from_pretrained('a/b')\n"
    (found,) = check({"app.py": f"{text}print(m.language_model.{taken})\n"}, *NEW).of("error")
    assert found["fix"] == fix


def test_one_finding_a_file_names_the_other_places(check):
    text = CLIP + "a = model.get_image_features(x).cpu()\nb = model.get_image_features(y).cpu()\n"
    (found,) = check({"app.py": text}, *NEW).of("error")
    assert (found["line"], [one["line"] for one in found["places"]]) == (4, [5])
    both = "a = model.get_image_features(x).cpu() + model.get_image_features(y).cpu()\n"
    (found,) = check({"app.py": CLIP + both}, *NEW).of("error")
    assert (found["line"], found.get("places")) == (4, None)


@pytest.mark.parametrize(
    ("task", "id", "fix"),
    [
        (
            "image-to-text",
            "Salesforce/blip-image-captioning-base",
            "load `BlipForConditionalGeneration` and call generate",
        ),
        (
            "visual-question-answering",
            "dandelin/vilt-b32-finetuned-vqa",
            "load `ViltForQuestionAnswering` and call it",
        ),
    ],
)
def test_what_takes_the_place_of_a_pipeline_is_called_as_its_class_is(check, task, id, fix):
    text = f"from transformers import pipeline\np = pipeline({task!r}, model={id!r})\n"
    (found,) = check({"app.py": text}, *NEW).of("error", "warning")
    assert found["fix"] == fix


@pytest.mark.parametrize(("made", "warned"), [("t('a').input_ids", True), ("t.decode(x)", False)])
def test_ids_of_a_tokenizer_alone_lack_those_of_images(check, made, warned):
    text = "from transformers import AutoTokenizer, Blip2ForConditionalGeneration\n"
    text += "i = 'Salesforce/blip2-opt-2.7b'\nt = AutoTokenizer.from_pretrained(i)\n"
    text += f"m = Blip2ForConditionalGeneration.from_pretrained(i)\ny = {made}\n"
    text += "m.generate(pixel_values=p, input_ids=y)\n"
    rules = [one["rule"] for one in check({"app.py": text}, *NEW).of("warning")]
    assert ("image-tokens-missing" in rules) == warned


def test_generate_of_what_has_no_decoder_does_no_task(check):
    text = CLIP + "text = model.generate(x)\n"
    found = {(one["line"], one["rule"]) for one in check({"app.py": text}, *NEW).of("error")}
    assert (4, "task-not-done") in found


def test_an_attribute_of_a_tokenizer_is_renamed(check, tmp_path):
    text = "from transformers import AutoTokenizer, LlavaForConditionalGeneration\n"
    text += "i = 'llava-hf/llava-1.5-7b-hf'\n"
    text += "m = LlavaForConditionalGeneration.from_pretrained(i)\n"
    text += "t = AutoTokenizer.from_pretrained(i)\n"
    text += "m.generate(t('a').input_ids)\nprint(t.additional_special_tokens)\n"
    check({"app.py": text}, *NEW, "--fix")
    assert (tmp_path / "app.py").read_text() == text.replace("additional", "extra")


MODULES = """
from transformers import CLIPModel
from transformers.tokenization_utils import AddedToken, PreTrainedTokenizer
from transformers.tokenization_utils_fast import PreTrainedTokenizerFast
from transformers.image_processing_utils_fast import BaseImageProcessorFast
from transformers.models.llava.image_processing_llava_fast import LlavaImageProcessorFast
"""


@pytest.mark.parametrize("release", ["4.57", "5.0", "5.3", "5.5", "5.14", "5.20", "5.21", "5.24"])
def test_a_module_that_its_old_name_still_leads_to_is_there(check, release):
    text = MODULES if release != "5.0" else MODULES + "import transformers.tokenization_utils\n"
    assert check({"app.py": text}, "--transformers", release).of("error") == []


BOXES = """
from transformers import AutoProcessor
processor = AutoProcessor.from_pretrained("IDEA-Research/grounding-dino-tiny")
results = processor.post_process_grounded_object_detection(outputs, ids, box_threshold=0.4)
"""


@pytest.mark.parametrize("release", ["4.48", "4.49", "4.51", "4.52", "4.53"])
def test_an_argument_that_a_decorator_gives_on_under_its_new_name_is_taken(check, release):
    assert check({"app.py": BOXES}, "--transformers", release).of("error") == []


def test_the_name_that_the_decorator_gave_it_on_as_is_the_remedy(check):
    (found,) = check({"app.py": BOXES}, *NEW).of("error")
    assert found["rule"] == "removed-parameter"
    assert found["fix"] == "use `threshold`"


@pytest.mark.parametrize(
    ("use", "member"),
    [("m.get_image_features(pixels)", "get_image_features"), ("m.model.visual", "visual")],
)
def test_a_member_that_only_a_later_release_has_is_named_with_that_release(check, use, member):
    text = (
        "from transformers import Qwen2VLForConditionalGeneration as Q\n"
        f'm = Q.from_pretrained("Qwen/Qwen2-VL-2B-Instruct")\n{use}\n'
    )
    assert check({"app.py": text}, "--transformers", "5.0").of("error") == []
    (error,) = check({}, "--transformers", "4.51.3").of("error")
    assert (error["line"], error["rule"], error.get("fix")) == (3, "removed-member", None)
    assert f"The first release with `{member}` is 4.5" in error["message"]


def test_a_class_over_an_abstract_one_has_not_the_members_of_a_network():
    members = members_of(described_releases()[-1])
    assert "cuda" in members.of("CLIPModel").texts
    assert "cuda" not in members.of("StoppingCriteria").texts
