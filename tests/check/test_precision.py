"""What is right is left alone: every catalogued checkpoint in its own class, and its sisters."""

import pytest

from advisor.catalogue.release import described_releases, release
from advisor.check.case import Case
from advisor.check.project import inspect
from advisor.scan.scanner import scan
from advisor.scan.vocabulary import vocabulary_of

LOUD = ("error", "warning")


@pytest.fixture
def said(rulebase, tmp_path):
    """Return what is said at warning or above about the text of one file."""

    def say(text, version="5.24"):
        (tmp_path / "app.py").write_text(text, encoding="utf-8")
        case = Case(
            rulebase=rulebase,
            judged_by=release(rulebase, version),
            scan=scan([tmp_path], tmp_path, vocabulary_of(rulebase)),
            source=lambda _: text,
        )
        found = inspect(case).findings
        return [(one.place.line, one.rule, one.message) for one in found if one.level in LOUD]

    return say


def loadable(rulebase):
    return [
        c for c in rulebase.checkpoints.values() if c.model_class and c.loader == "transformers"
    ]


@pytest.mark.slow
def test_every_checkpoint_is_right_in_its_own_class_with_its_own_processor(rulebase, said):
    lines = []
    for one in loadable(rulebase):
        lines.append(f'{one.model_class}.from_pretrained("{one.id}")')
        lines.append(f'{one.processor or "AutoProcessor"}.from_pretrained("{one.id}")')
    assert len(lines) > 200
    assert said("from transformers import *\n" + "\n".join(lines)) == []


def test_every_checkpoint_is_right_in_the_auto_classes_that_pick_its_class(rulebase, said):
    judged = release(rulebase, "5.24")
    lines = [
        f'{auto}.from_pretrained("{one.id}")'
        for one in loadable(rulebase)
        if one.model_type
        for auto in judged.auto
        if one.model_class in judged.classes_for(auto, one.model_type)
    ]
    assert len(lines) > 150
    assert said("from transformers import *\n" + "\n".join(lines)) == []


def test_every_checkpoint_is_wrong_in_a_class_of_another_architecture(rulebase, said):
    judged = release(rulebase, "5.24")
    wrong = []
    for one in loadable(rulebase):
        folder = judged.classes.get(one.model_class)
        other = "CLIPModel" if folder != "clip" else "BlipForConditionalGeneration"
        if folder is not None:
            wrong.append(f'{other}.from_pretrained("{one.id}")')
    found = said("from transformers import *\n" + "\n".join(wrong))
    assert {line for line, *_ in found} == set(range(2, len(wrong) + 2))
    assert {rule for _, rule, _ in found} == {"class-does-not-match"}


def test_a_class_that_takes_the_same_weights_is_right(said):
    text = """from transformers import {0}
model = {0}.from_pretrained("Salesforce/instructblip-vicuna-7b")
"""
    assert said(text.format("InstructBlipVideoForConditionalGeneration")) == []
    assert said(text.format("InstructBlipForConditionalGeneration")) == []
    wrong = said(text.format("Blip2ForConditionalGeneration"))
    assert [rule for _, rule, _ in wrong] == ["class-does-not-match"]


PAIR = """from transformers import AutoProcessor, DonutProcessor, Qwen2VLForConditionalGeneration
model = Qwen2VLForConditionalGeneration.from_pretrained("Qwen/Qwen2-VL-2B-Instruct")
donut = DonutProcessor.from_pretrained("naver-clova-ix/donut-base")
"""
OWN = 'processor = AutoProcessor.from_pretrained("Qwen/Qwen2-VL-2B-Instruct")\n'
RUN = "model.generate(**{}(text=texts, return_tensors='pt'))\n"


@pytest.mark.parametrize(
    "rest",
    [
        OWN + RUN.format("processor") + "print(donut.token2json(text))\n",
        OWN + RUN.format("processor") + "send(dict(donut(images=images)))\n",
        OWN + "print(donut.token2json(text))\n",
    ],
)
def test_a_processor_beside_a_model_that_has_its_own_is_for_something_else(said, rest):
    assert said(PAIR + rest) == []


@pytest.mark.parametrize("rest", [RUN.format("donut"), OWN + RUN.format("donut")])
def test_a_processor_that_feeds_the_model_is_of_it(said, rest):
    assert [rule for _, rule, _ in said(PAIR + rest)] == ["processor-does-not-match"]


def test_a_name_that_says_more_than_a_model_type_is_of_another_one(said):
    text = """from transformers import AutoModelForDepthEstimation, {0}
model = {0}.from_pretrained("google/tipsv2-{1}")
"""
    assert said(text.format("Tipsv2DptForDensePrediction", "b14-dpt")) == []
    assert said(text.format("AutoModelForDepthEstimation", "b14-dpt")) == []
    assert said(text.format("AutoModelForDepthEstimation", "b14")) != []


@pytest.mark.parametrize("version", described_releases())
def test_a_checkpoint_that_a_release_does_not_know_is_not_judged_by_it(rulebase, said, version):
    judged = release(rulebase, version)
    unknown = [c for c in loadable(rulebase) if c.model_type and not judged.knows(c.model_type)]
    lines = [f'{one.model_class}.from_pretrained("{one.id}")' for one in unknown]
    assert said("from transformers import *\n" + "\n".join(lines), version) == []


@pytest.mark.parametrize(
    "id",
    [
        "openai/clip-vit-huge-patch14",
        "openai/whisper-base",
        "google/siglip2-large-patch16-512",
        "google/vit-base-patch16-224",
        "Salesforce/blip2-opt-6.7b-coco",
        "Salesforce/blip-itm-large-flickr",
        "microsoft/git-large-textvqa",
        "microsoft/beit-base-patch16-224",
        "Qwen/Qwen2-7B-Instruct",
        "google/gemma-2b-it",
        "me/clip-vit-base-patch32",
        "./openai/clip",
    ],
)
def test_an_id_of_another_size_or_line_is_not_suspicious(said, id):
    assert (
        said(f'from transformers import AutoModel\nm = AutoModel.from_pretrained("{id}")\n') == []
    )


@pytest.mark.parametrize(
    ("id", "meant"),
    [
        ("openai/clip-vit-base-patsh32", "openai/clip-vit-base-patch32"),
        ("openai/clip-vit-base-patch-32", "openai/clip-vit-base-patch32"),
        ("Salesforce/blip-vqa-bsae", "Salesforce/blip-vqa-base"),
        ("microsoft/trocr-base-handwriten", "microsoft/trocr-base-handwritten"),
    ],
)
def test_a_slip_in_an_id_is_found_with_what_was_meant(said, id, meant):
    found = said(f'from transformers import AutoModel\nm = AutoModel.from_pretrained("{id}")\n')
    assert (2, "suspicious-id", f"{id} is not a known checkpoint, but {meant} is") in found


def test_a_registry_may_write_ids_in_small_letters(check):
    names = "models:\n  - model_name: {}\n    tokenizer_name: {}\n"
    small = names.format(*["salesforce/blip-vqa-base"] * 2)
    slip = names.format(*["Salesforce/blip-vqa-bsae"] * 2)
    assert check({"models.yaml": small}).of("error", "warning") == []
    assert check({"models.yaml": slip}).of("error", "warning") != []


def test_properties_that_ask_each_other_end_and_every_place_is_in_its_file(check):
    loaded = 'CLIPModel.from_pretrained("openai/clip-vit-base-patch32")\n'
    layer = (
        "from transformers import CLIPModel\nclass Layer:\n"
        + "    x = 1\n" * 20
        + "    @property\n"
        "    def weight(self):\n        return self.scale.data if self.x else self.inner()\n"
        "    @property\n    def scale(self):\n        return self.weight.max()\n"
        f"    def inner(self):\n        return {loaded}"
    )
    use = f"from transformers import CLIPModel\nfrom lay import Layer\nm = {loaded}"
    files = {"lay.py": layer, "use.py": use + "print(Layer().weight)\n"}
    said = check(files).json["findings"]
    assert {one["rule"] for one in said} == {"unpinned-revision", "outdated-choice"}
    assert all(one["line"] <= files[one["path"]].count("\n") for one in said)


@pytest.mark.parametrize(("revision", "level"), [("7fd15f06" * 5, "note"), ("main", "warning")])
def test_code_of_a_commit_that_can_be_read_is_a_note(check, revision, level):
    load = 'AutoModel.from_pretrained("google/siglip-base-patch16-224", trust_remote_code=True, '
    text = f'from transformers import AutoModel\nx = {load}revision="{revision}")\n'
    rows = check({"app.py": text}).json["findings"]
    assert [one["level"] for one in rows if one["rule"] == "trust-remote-code"] == [level]


@pytest.mark.parametrize(("id", "rules"), [("{}", {"gated-checkpoint"}), ("/data/{}", set())])
def test_terms_are_accepted_for_the_hub_and_not_for_a_folder(check, rulebase, id, rules):
    gated = next(one for one in loadable(rulebase) if one.gated)
    load = f'{gated.model_class}.from_pretrained("{id.format(gated.id)}")\n'
    rows = check({"app.py": f"from transformers import {gated.model_class}\nx = {load}"}).json
    assert {one["rule"] for one in rows["findings"]} & {"gated-checkpoint"} == rules
