"""Loads through functions and libraries of others are seen, and ids that reach none are counted."""

import pytest

CLIP = "openai/clip-vit-base-patch32"


def usages(result):
    return [(one["path"], one["line"], one["checkpoint"]) for one in result.json["usages"]]


def test_a_function_of_another_file_that_loads_its_parameter_is_followed(check):
    files = {
        "lib/__init__.py": "",
        "lib/models.py": "from transformers import AutoModel\n"
        "def prepare(kind, name=None):\n    return AutoModel.from_pretrained(name)\n",
        "app.py": f'from lib.models import prepare\nmodel = prepare("x", name="{CLIP}")\n'
        f'other = prepare("y", "{CLIP}")\n',
    }
    assert usages(check(files)) == [("app.py", 2, CLIP), ("app.py", 3, CLIP)]


@pytest.mark.parametrize("files", [20, 500])
def test_a_name_is_followed_through_files_that_pass_it_on(check, files):
    passed_on = {f"lib/a{n}.py": f"from lib.a{n + 1} import NAME\n" for n in range(files)}
    result = check(
        {
            **passed_on,
            "lib/__init__.py": "",
            f"lib/a{files}.py": f'from lib.a0 import OTHER\nNAME = "{CLIP}"\n',
            "app.py": "from lib.a0 import NAME, OTHER\nfrom transformers import CLIPModel\n"
            "model, other = CLIPModel.from_pretrained(NAME), CLIPModel.from_pretrained(OTHER)\n",
        }
    )
    followed = files < 100  # more are as good as unknown
    assert usages(result) == [("app.py", 3, CLIP if followed else None), ("app.py", 3, None)]


def test_known_ids_that_reach_no_load_are_counted_where_they_stand(check):
    text = f'import json\n\nPRESETS = {{"small": "{CLIP}"}}\n'
    result = check({"presets.py": text})
    assert result.json["unreached"] == [{"path": "presets.py", "line": 3, "checkpoint": CLIP}]
    assert result.json["suppressed"]["unreached"] == 1
    (run,) = check({}, format="sarif").json["runs"]
    assert run["properties"]["suppressed"]["unreached"] == 1
    page = " ".join(check({}, format="terminal").out.split())
    assert "1 known id in 1 file is not passed to a loading call" in page
    loaded = f'from transformers import AutoModel\nm = AutoModel.from_pretrained("{CLIP}")\n'
    result = check({"presets.py": loaded})
    assert (result.json["unreached"], result.json["suppressed"]["unreached"]) == ([], 0)


def test_a_value_that_is_a_known_id_counts_under_any_key(check):
    result = check(
        {"config.yaml": f"process:\n  - image_text_similarity:\n      hf_clip: {CLIP}\n"}
    )
    assert usages(result) == [("config.yaml", 3, CLIP)]


@pytest.mark.parametrize(
    ("module", "load", "id"),
    [
        ("optimum.intel", f'OVModelForZeroShotImageClassification.from_pretrained("{CLIP}")', CLIP),
        ("optimum.onnxruntime", f'ORTModel.from_pretrained("{CLIP}")', CLIP),
        ("colpali_engine.models", 'ColPali.from_pretrained("vidore/colpali")', "vidore/colpali"),
        ("byaldi", 'RAGMultiModalModel.from_pretrained("vidore/colqwen")', "vidore/colqwen"),
        ("vllm", 'LLM(model="Qwen/Qwen2.5-VL-7B-Instruct")', "Qwen/Qwen2.5-VL-7B-Instruct"),
        ("unsloth", 'FastVisionModel.from_pretrained("u/Qwen2-VL-7B")', "u/Qwen2-VL-7B"),
        ("lavis.models", 'load_model_and_preprocess(name="blip_caption")', None),
    ],
)
def test_other_libraries_load_too(check, module, load, id):
    name = load.partition("(")[0].partition(".")[0]
    text = f"from {module} import {name}\nm = {load}\n"
    assert usages(check({"app.py": text})) == [("app.py", 2, id)]


def test_a_text_model_in_such_a_library_is_none_of_ours(check):
    text = 'from vllm import LLM\nLLM(model="meta-llama/Llama-3.1-8B")\n'
    assert usages(check({"app.py": text})) == []


@pytest.mark.parametrize(
    "load",
    [
        'map(CLIPModel.from_pretrained, ["{}"])',
        'list(map(CLIPModel.from_pretrained, ("{}",)))[0]',
        'partial(CLIPModel.from_pretrained, pretrained_model_name_or_path="{}")()',
        'partial(CLIPModel.from_pretrained, "{}", dtype="auto")()',
    ],
)
def test_a_load_that_a_function_makes_of_a_loader_is_one(check, load):
    text = f"from functools import partial\nfrom transformers import CLIPModel\nm = {load}\n"
    result = check({"app.py": text.format("Salesforce/blip-vqa-base")}, "--transformers", "5.24")
    assert usages(result) == [("app.py", 3, "Salesforce/blip-vqa-base")]
    assert [one["rule"] for one in result.of("error")] == ["class-does-not-match"]


def test_a_file_at_the_end_of_many_imports_is_looked_at(check):
    """Behind seven that import each other, those further on were read for their names alone."""
    importing = (
        "from a{} import model as other\nfrom transformers import CLIPModel\nmodel = other\n"
    )
    chain = {f"a{number}.py": importing.format(number + 1) for number in range(12)}
    last = "from transformers import AutoModelForVision2Seq\nmodel = 1\n"
    result = check({**chain, "a12.py": last}, "--transformers", "5.24")
    assert result.json["files"] == 13
    assert [one["path"] for one in result.of("error")] == ["a12.py"]
