"""What each rule says to do is done to a tiny network of its class: what failed then runs."""

import re
from pathlib import Path
from typing import NamedTuple

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
Image = pytest.importorskip("PIL.Image")

from commands import in_this_process  # noqa: E402
from networks import BUILDERS  # noqa: E402

from advisor.catalogue.release import release  # noqa: E402

pytestmark = pytest.mark.slow


class Remedy(NamedTuple):
    """A program that a rule finds, with `ID` for the checkpoint, and the same as the rule says.

    `said` is what of the rule's words `after` does; where `after` is missing, `--fix` does it.
    Without `fails`, the first program runs too, and only does something else than is meant.
    """

    rule: str
    kind: str
    id: str
    before: str
    said: str
    after: str = ""
    fails: bool = True


CLIP, BLIP = "openai/clip-vit-base-patch32", "Salesforce/blip-image-captioning-base"
LLAVA, PALIGEMMA = "llava-hf/llava-1.5-7b-hf", "google/paligemma-3b-mix-224"
TROCR, DONUT = "microsoft/trocr-base-printed", "naver-clova-ix/donut-base"
SIGLIP, VILT = "google/siglip-base-patch16-224", "dandelin/vilt-b32-finetuned-vqa"
M = "from transformers import *\nm = {}.from_pretrained('ID')\n"
P = "from transformers import *\np = {}.from_pretrained('ID')\n"
BOTH = "from transformers import *\nm = {}.from_pretrained('ID')\np = {}.from_pretrained('ID')\n"
CLIP_MODEL, LLAVA_MODEL = M.format("CLIPModel"), M.format("LlavaForConditionalGeneration")
LLAVA_RUN = (
    BOTH.format("LlavaForConditionalGeneration", "AutoProcessor")
    + "x = p(images=image, text='<image> a', return_tensors='pt')\nout = m(**x, use_cache=True)\n"
)
QWEN2_VL = "Qwen/Qwen2-VL-2B-Instruct"
QWEN_RUN = (
    BOTH.format("Qwen2VLForConditionalGeneration", "AutoProcessor")
    + "said = p.image_token if hasattr(p, 'image_token') else ''\n"
    + "x = p(images=image, text=said + ' a', return_tensors='pt')\n"
    + "ids = x['input_ids']\nkinds = (ids == m.config.image_token_id).long()\n"
)
OVERRIDE = "from transformers import CLIPModel, Trainer\nm = CLIPModel.from_pretrained('ID')\n"
SEEN = "side = m.config.vision_config.image_size\npixels = torch.zeros(1, 3, side, side)\n"
TROCR_RUN = (
    M.format("VisionEncoderDecoderModel")
    + "side = m.config.encoder.image_size\npixels = torch.zeros(1, 3, side, side)\n"
)
CHAT = (
    "chat = [{'role': 'user', 'content': 'a cat'}]\n"
    't.chat_template = "{{ messages[0].content }}"\n'
)
REMEDIES = (
    Remedy(
        *("output-as-tensor", "clip", CLIP),
        before=CLIP_MODEL + SEEN + "e = m.get_image_features(pixel_values=pixels)\ne / e.norm()",
        said="use its `.pooler_output`",
        after=CLIP_MODEL
        + SEEN
        + "e = m.get_image_features(pixel_values=pixels).pooler_output\ne / e.norm()",
    ),
    Remedy(
        *("output-as-tensor", "clip", CLIP),
        before=CLIP_MODEL
        + "t = CLIPTokenizer.from_pretrained('ID')\n"
        + CHAT
        + "print(t.apply_chat_template(chat, return_tensors='pt').shape)",
        said="use its `.input_ids`",
        after=CLIP_MODEL
        + "t = CLIPTokenizer.from_pretrained('ID')\n"
        + CHAT
        + "print(t.apply_chat_template(chat, return_tensors='pt').input_ids.shape)",
    ),
    Remedy(
        *("removed-member", "paligemma", PALIGEMMA),
        before=M.format("PaliGemmaForConditionalGeneration") + "list(m.vision_tower.parameters())",
        said="use `model.vision_tower`",
        after=M.format("PaliGemmaForConditionalGeneration")
        + "list(m.model.vision_tower.parameters())",
    ),
    Remedy(
        *("removed-member", "llava", LLAVA),
        before=LLAVA_MODEL + "m.language_model.lm_head.weight",
        said="use `lm_head` for `language_model.lm_head`",
        after=LLAVA_MODEL + "m.lm_head.weight",
    ),
    Remedy(
        *("removed-member", "donut", DONUT),
        before=P.format("DonutProcessor") + "p.feature_extractor.size",
        said="use `image_processor`",
        after=P.format("DonutProcessor") + "p.image_processor.size",
    ),
    Remedy(
        *("removed-member", "clip", CLIP),
        before=P.format("CLIPTokenizer") + "p.encode_plus('a cat')",
        said="call the object itself",
        after=P.format("CLIPTokenizer") + "p('a cat')",
    ),
    Remedy(
        *("removed-member", "clip", CLIP),
        before=P.format("CLIPTokenizer") + "p.additional_special_tokens",
        said="use `extra_special_tokens`",
        after=P.format("CLIPTokenizer") + "p.extra_special_tokens",
    ),
    Remedy(
        *("removed-member", "clip", CLIP),
        before=P.format("CLIPTokenizer") + "p.additional_special_tokens_ids",
        said="use `extra_special_tokens_ids`",
        after=P.format("CLIPTokenizer") + "p.extra_special_tokens_ids",
    ),
    Remedy(
        *("removed-member", "clip", CLIP),
        before=P.format("CLIPTokenizer") + "p.special_tokens_map_extended",
        said="use `special_tokens_map`",
        after=P.format("CLIPTokenizer") + "p.special_tokens_map",
    ),
    Remedy(
        *("removed-member", "clip", CLIP),
        before=P.format("CLIPTokenizer") + "p.all_special_tokens_extended",
        said="use `all_special_tokens`",
        after=P.format("CLIPTokenizer") + "p.all_special_tokens",
    ),
    Remedy(
        *("removed-member", "llava", LLAVA),
        before=LLAVA_RUN + "out.past_key_values[0][0].shape",
        said="use `layers`",
        after=LLAVA_RUN + "out.past_key_values.layers[0].keys.shape",
    ),
    Remedy(
        *("removed-member", "llava", LLAVA),
        before=LLAVA_MODEL + "m.config.text_config.rope_theta",
        said='use `rope_parameters["rope_theta"]`',
        after=LLAVA_MODEL + 'm.config.text_config.rope_parameters["rope_theta"]',
    ),
    Remedy(
        *("removed-parameter", "clip", CLIP),
        before=P.format("CLIPProcessor") + "p(images=image, return_tensors='tf')",
        said='use `return_tensors="np"`',
        after=P.format("CLIPProcessor") + 'p(images=image, return_tensors="np")',
    ),
    Remedy(
        *("text-before-images", "paligemma", PALIGEMMA),
        before=P.format("PaliGemmaProcessor") + "p('<image> caption en', image)",
        said="use keyword arguments: `text=`, `images=`",
    ),
    Remedy(
        *("output-as-tensor", "qwen2_vl", QWEN2_VL),
        before=QWEN_RUN + "torch.cat(m.get_image_features(x.pixel_values, x.image_grid_thw))",
        said="use its `.pooler_output`",
        after=QWEN_RUN
        + "out = m.get_image_features(x.pixel_values, x.image_grid_thw)\n"
        + "torch.cat(out.pooler_output)",
    ),
    Remedy(
        *("output-as-tensor", "llava", LLAVA),
        before=LLAVA_MODEL + SEEN + "[one.mean() for one in m.get_image_features(pixels)]",
        said="use its `.pooler_output`",
        after=LLAVA_MODEL
        + SEEN
        + "[one.mean() for one in m.get_image_features(pixels).pooler_output]",
    ),
    Remedy(
        *("removed-name", "clip", CLIP),
        before=CLIP_MODEL + "from transformers.modeling_utils import apply_chunking_to_forward",
        said="import it from `transformers`",
        after=CLIP_MODEL + "from transformers import apply_chunking_to_forward",
    ),
    Remedy(
        *("generation-set-in-config", "trocr", TROCR),
        before=TROCR_RUN + "m.config.max_length = 5\nm.generate(pixels)",
        said="set the value in `generation_config`",
    ),
    Remedy(
        *("generation-set-in-config", "trocr", TROCR),
        before=TROCR_RUN + "m.generate(pixels, max_length=m.config.max_length)",
        said="set and read `generation_config.max_length`",
        after=TROCR_RUN + "m.generation_config.max_length = 5\n"
        "m.generate(pixels, max_length=m.generation_config.max_length)",
    ),
    Remedy(
        *("removed-class", "clip", CLIP),
        before="from transformers import CLIPFeatureExtractor\n"
        "p = CLIPFeatureExtractor.from_pretrained('ID')",
        said="use `CLIPImageProcessor`",
    ),
    Remedy(
        *("removed-class", "paligemma", PALIGEMMA),
        before="from transformers import AutoModelForVision2Seq\n"
        "m = AutoModelForVision2Seq.from_pretrained('ID')",
        said="use `AutoModelForImageTextToText`",
    ),
    Remedy(
        *("renamed-class", "clip", CLIP),
        before="from transformers import CLIPTokenizerFast\n"
        "p = CLIPTokenizerFast.from_pretrained('ID')",
        said="use `CLIPTokenizer`",
        fails=False,
    ),
    Remedy(
        *("renamed-argument", "clip", CLIP),
        before=CLIP_MODEL.replace("'ID'", "'ID', torch_dtype=torch.float16"),
        said="use `dtype`",
        fails=False,
    ),
    Remedy(
        *("removed-argument", "clip", CLIP),
        before=CLIP_MODEL.replace("'ID'", "'ID', use_auth_token=False"),
        said="use `token`",
    ),
    Remedy(
        *("narrower-override", "clip", CLIP),
        before=OVERRIDE
        + "class T(Trainer):\n    def compute_loss(self, model, inputs, return_outputs=False):\n"
        "        return inputs\n"
        "T.compute_loss(None, m, 1, num_items_in_batch=2)",
        said="add the parameter `num_items_in_batch=None`",
        after=OVERRIDE + "class T(Trainer):\n    def compute_loss("
        "\n        self, model, inputs, return_outputs=False, "
        "num_items_in_batch=None\n    ):\n        return inputs\n"
        "T.compute_loss(None, m, 1, num_items_in_batch=2)",
    ),
    Remedy(
        *("softmax-for-sigmoid", "siglip", SIGLIP),
        before=BOTH.format("SiglipModel", "SiglipProcessor")
        + "x = p(images=image, text=['a'], padding='max_length', return_tensors='pt')\n"
        "logits = m(**x).logits_per_image\nlogits.softmax(-1)",
        said="use `torch.sigmoid(logits)`",
        after=BOTH.format("SiglipModel", "SiglipProcessor")
        + "x = p(images=image, text=['a'], padding='max_length', return_tensors='pt')\n"
        "logits = m(**x).logits_per_image\nassert torch.sigmoid(logits).max() < 1",
        fails=False,
    ),
    Remedy(
        *("class-does-not-match", "llava", LLAVA),
        before=M.format("LlavaNextForConditionalGeneration") + "m.generate(**x)",
        said="use `LlavaForConditionalGeneration`",
        after=LLAVA_MODEL,
        fails=False,
    ),
    Remedy(
        *("weights-random-or-unused", "blip_answerer", "Salesforce/blip-vqa-base"),
        before=BOTH.format("BlipForConditionalGeneration", "BlipProcessor")
        + "m.generate(**p(images=image, text='what', return_tensors='pt'), max_new_tokens=2)",
        said="use `BlipForQuestionAnswering`",
        after=BOTH.format("BlipForQuestionAnswering", "BlipProcessor")
        + "m.generate(**p(images=image, text='what', return_tensors='pt'), max_new_tokens=2)",
        fails=False,
    ),
    Remedy(
        *("processor-does-not-match", "vilt_answerer", VILT),
        before=BOTH.format("ViltForQuestionAnswering", "BlipProcessor")
        + "m(**p(images=image, text='what', return_tensors='pt'))",
        said="use `ViltProcessor`",
        after=BOTH.format("ViltForQuestionAnswering", "ViltProcessor")
        + "m(**p(images=image, text='what', return_tensors='pt'))",
        fails=False,
    ),
    Remedy(
        *("processor-does-not-match", "clip", CLIP),
        before=BOTH.format("CLIPVisionModel", "CLIPImageProcessor").replace(
            "r.from_pretrained('ID')", "r.from_pretrained('openai/clip-vit-large-patch14-336')"
        )
        + "m(p(image, return_tensors='pt').pixel_values)",
        said="load the part from ID",
        after=BOTH.format("CLIPVisionModel", "CLIPImageProcessor")
        + "m(p(image, return_tensors='pt').pixel_values)",
        fails=False,
    ),
    Remedy(
        *("trust-remote-code", "clip", CLIP),
        before=M.format("AutoModel").replace("'ID'", "'ID', trust_remote_code=True"),
        said="remove the argument",
        after=M.format("AutoModel"),
        fails=False,
    ),
    Remedy(
        *("pickled-weights", "clip", CLIP),
        before=CLIP_MODEL.replace("'ID'", "'ID', use_safetensors=False"),
        said="remove the argument",
        after=CLIP_MODEL,
    ),
    Remedy(
        *("unpinned-revision", "clip", CLIP),
        before=CLIP_MODEL,
        said="pass `revision=`",
        after=CLIP_MODEL.replace("'ID'", "'ID', revision='" + "a" * 40 + "'"),
        fails=False,
    ),
    Remedy(
        *("image-tokens-missing", "blip_2", "Salesforce/blip2-opt-2.7b"),
        before=BOTH.format("Blip2ForConditionalGeneration", "Blip2Processor")
        + "ids = p.tokenizer('a cat', return_tensors='pt').input_ids\n"
        "x = p.image_processor(image, return_tensors='pt').pixel_values\n"
        "m.generate(pixel_values=x, input_ids=ids, max_new_tokens=2)",
        said="pass text and images to the processor together",
        after=BOTH.format("Blip2ForConditionalGeneration", "Blip2Processor")
        + "m.generate(**p(images=image, text='a cat', return_tensors='pt'), max_new_tokens=2)",
        fails=False,
    ),
    Remedy(
        *("redirected-pipeline", "blip_captioner", BLIP),
        before="from transformers import pipeline\n"
        "f = pipeline('image-to-text', model='ID')\nf(image)",
        said="load `BlipForConditionalGeneration` and call generate",
        after=BOTH.format("BlipForConditionalGeneration", "BlipProcessor")
        + "m.generate(**p(images=image, return_tensors='pt'), max_new_tokens=2)",
    ),
    Remedy(
        *("removed-pipeline", "vilt_answerer", VILT),
        before="from transformers import pipeline\n"
        "f = pipeline('visual-question-answering', model='ID')",
        said="load `ViltForQuestionAnswering` and call it",
        after=BOTH.format("ViltForQuestionAnswering", "ViltProcessor")
        + "m(**p(images=image, text='what', return_tensors='pt')).logits.argmax(-1)",
    ),
)
NO_CODE = {
    "of choices, terms and machines": {
        *("family-excluded", "family-discouraged", "family-allowed", "caveat", "undetermined"),
        *("needs-fine-tuning", "unknown-checkpoint", "undeclared-usage"),
        *("outdated-choice", "choice-not-compared"),
        *("unused-choice", "choice-changed", "licence-forbids-use", "memory-over-limit"),
        *("requirement-missed", "not-verified"),
    },
    "of comments, waivers and files": {
        *("unused-ignore", "unused-waiver", "expired-waiver"),
        "file-not-checked",
    },
    "another checkpoint, or one's own training": {
        *("gated-checkpoint", "suspicious-id", "task-not-done"),
        "pretrained-only",
    },
}
"""Rules whose remedy no program shows, by what it is instead."""


def test_the_remedy_of_every_rule_is_shown_or_is_no_code(rulebase):
    shown, other = {one.rule for one in REMEDIES}, set().union(*NO_CODE.values())
    assert not shown & other
    assert shown | other == set(rulebase.checks)


def checked(advisor, code, *options):
    """What is found in a program, by the names of rules."""
    Path("app.py").write_text(code, encoding="utf-8")
    result = advisor("check", "--transformers", "installed", *options, "app.py", "--format", "json")
    return [(one["rule"], one.get("fix") or "") for one in result.json["findings"]]


def run(code, id, folder):
    """Run a program with a tiny network in the place of its checkpoint."""
    names = {"torch": torch, "image": Image.new("RGB", (32, 32), "red")}
    exec(compile(code.replace(id, str(folder)), "app.py", "exec"), names)


def one_of_each_rule():
    """The first remedy of each rule, and others by night."""
    rules = [one.rule for one in REMEDIES]
    for number, one in enumerate(REMEDIES):
        marks = pytest.mark.long if one.rule in rules[:number] else ()
        yield pytest.param(one, id=f"{one.rule}-{number}", marks=marks)


@pytest.mark.parametrize("remedy", [*one_of_each_rule()])
def test_what_a_rule_says_to_do_runs(remedy, tiny, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    advisor = in_this_process(capsys, monkeypatch, 200)
    before, after = (text.replace("ID", remedy.id) for text in (remedy.before, remedy.after))
    found = checked(advisor, before)
    said = remedy.said.replace("ID", remedy.id)
    assert [fix for rule, fix in found if rule == remedy.rule and said in fix], found
    if remedy.fails:
        with pytest.raises(Exception):  # noqa: B017 - each fails in its own way
            run(before, remedy.id, tiny(remedy.kind))
    if not after:
        checked(advisor, before, "--fix")
        after = (tmp_path / "app.py").read_text("utf-8")
        assert after != before
    assert remedy.rule not in [rule for rule, _ in checked(advisor, after)]
    run(after, remedy.id, tiny(remedy.kind))


def inputs_of(folder):
    """A picture and a text as the processor of a tiny network makes them."""
    processor = transformers.AutoProcessor.from_pretrained(folder)
    token = getattr(processor, "image_token", "")
    text = f"{token} what is this ?".strip()
    given = {"images": Image.new("RGB", (32, 32), "red"), "return_tensors": "pt"}
    said = {"text": text, "padding": False} if hasattr(processor, "tokenizer") else {}
    return processor(**given, **said)


@pytest.mark.parametrize(
    "kind",
    [pytest.param(k, marks=pytest.mark.long if n % 3 else ()) for n, k in enumerate(BUILDERS)],
)
def test_what_takes_the_place_of_a_pipeline_runs(
    kind, tiny, rulebase, tmp_path, capsys, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    advisor = in_this_process(capsys, monkeypatch, 200)
    name = transformers.AutoConfig.from_pretrained(tiny(kind)).architectures[0]
    ids = [one.id for one in rulebase.checkpoints.values() if one.model_class == name]
    tasks = [one.name for one in rulebase.changes if one.of == "pipeline" and "*" not in one.name]
    newest = release(rulebase, "installed")
    for task in tasks if ids else ():
        code = f"from transformers import pipeline\np = pipeline('{task}', model='{ids[0]}')"
        for rule, fix in checked(advisor, code):
            if not rule.endswith("-pipeline"):
                continue
            if loaded := re.match(r"load `(\w+)` and call (generate|it)", fix):
                model = getattr(transformers, loaded[1]).from_pretrained(tiny(kind)).eval()
                with torch.no_grad():
                    if loaded[2] == "generate":
                        assert callable(model.generate)
                        assert model.can_generate()
                    else:
                        assert len(model(**inputs_of(tiny(kind))))
            elif other := re.match(r"use `([\w-]+)`", fix):
                assert newest.has_pipeline(other[1]), (kind, task, fix)
