"""What the check says to do instead is done to tiny networks of the installed release, and runs."""

import re

import pytest

transformers = pytest.importorskip("transformers")
torch = pytest.importorskip("torch")

import networks  # noqa: E402
from commands import in_this_process  # noqa: E402

pytestmark = pytest.mark.slow
FIXES = {
    "use": r"use `(?P<name>[\w.]+)`",
    "field": r"use its `\.(?P<name>\w+)`",
    "load": r"load `(?P<name>\w+)` and call (?P<how>generate|it)",
    "argument": r"use keyword arguments: `(?P<name>\w+)=`",
}


def picture():
    from PIL import Image

    return Image.new("RGB", (32, 32), "red")


def part_named(model, name):
    """The attribute that a remedy says has what is wanted."""
    for step in name.split("."):
        model = getattr(model, step)
    return model


def normalised(folder, name, _):
    model = transformers.CLIPModel.from_pretrained(folder)
    side = model.config.vision_config.image_size
    found = getattr(model.get_image_features(pixel_values=torch.zeros(1, 3, side, side)), name)
    found = found / found.norm(dim=-1)
    assert found.shape == (1, model.config.projection_dim)


def frozen(folder, name, _):
    model = transformers.PaliGemmaForConditionalGeneration.from_pretrained(folder)
    assert list(part_named(model, name).parameters())


def resized(folder, name, _):
    getattr(transformers.DonutProcessor.from_pretrained(folder), name).size = {"height": 32}


def loaded(folder, name, _):
    assert getattr(transformers, name).from_pretrained(folder)


def answering(folder, name, how):
    model = getattr(transformers, name).from_pretrained(folder)
    processor = transformers.AutoProcessor.from_pretrained(folder)
    inputs = processor(images=picture(), text="what is this ?", return_tensors="pt")
    assert len(model.generate(**inputs, max_new_tokens=2) if how == "generate" else model(**inputs))


def named(folder, name, _):
    processor = transformers.AutoProcessor.from_pretrained(folder)
    assert "pixel_values" in processor(
        **{name: "<image> caption en"}, images=picture(), return_tensors="pt"
    )


CASES = {
    "features": (
        *("clip", "field", normalised),
        'm = CLIPModel.from_pretrained("openai/clip-vit-base-patch32")\n'
        "e = m.get_image_features(pixel_values=x)\ne = e / e.norm(dim=-1)\n",
    ),
    "a submodule": (
        *("paligemma", "use", frozen),
        'm = PaliGemmaForConditionalGeneration.from_pretrained("google/paligemma-3b-pt-224")\n'
        "m.vision_tower.parameters()\n",
    ),
    "an attribute of a processor": (
        *("donut", "use", resized),
        'p = DonutProcessor.from_pretrained("naver-clova-ix/donut-base")\n'
        "p.feature_extractor.size = 3\n",
    ),
    "a class": (
        *("paligemma", "use", loaded),
        'm = AutoModelForVision2Seq.from_pretrained("google/paligemma-3b-pt-224")\n',
    ),
    "a class with other layers": (
        *("blip_answerer", "use", loaded),
        'm = BlipForConditionalGeneration.from_pretrained("Salesforce/blip-vqa-base")\n'
        "m.generate(**x)\n",
    ),
    "a pipeline that writes": (
        *("blip_captioner", "load", answering),
        'p = pipeline("image-to-text", model="Salesforce/blip-image-captioning-base")\n',
    ),
    "a pipeline that classifies": (
        *("vilt_answerer", "load", answering),
        'p = pipeline("visual-question-answering", model="dandelin/vilt-b32-finetuned-vqa")\n',
    ),
    "the order of arguments": (
        *("paligemma", "argument", named),
        'p = AutoProcessor.from_pretrained("google/paligemma-3b-pt-224")\n'
        'x = p("caption en", image, return_tensors="pt")\n',
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_remedy_runs_on_a_network_of_its_class(case, tmp_path, capsys, monkeypatch):
    network, kind, run, code = CASES[case]
    advisor = in_this_process(capsys, monkeypatch, 100)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "app.py").write_text(f"from transformers import *\n{code}", encoding="utf-8")
    result = advisor("check", "--transformers", "installed", "app.py", "--format", "json")
    fixes = [one.get("fix") or "" for one in result.of("error", "warning")]
    found = [match for one in fixes if (match := re.match(FIXES[kind], one))]
    assert found, fixes
    folder = getattr(networks, network)(tmp_path / "network")
    run(folder, found[0]["name"], found[0].groupdict().get("how"))
