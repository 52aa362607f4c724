"""The programs of the catalogue, run as they are against tiny networks of the same classes.

Only the name of the checkpoint is replaced; the images lie in the working folder.
"""

import ast
import io
import shutil
from contextlib import redirect_stdout
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

# ruff: noqa: TID253  (its tests are skipped where these are missing)
import torch
from safetensors.torch import load_file, save_file

from advisor.decide.memory import LARGE_MILLIONS, loaded_dtype
from advisor.decide.programs import program_for, snippet
from advisor.rulebase.store import load_rules

RULEBASE = load_rules()
DIALECTS = {
    "TrOCRProcessor": "trocr", "DonutProcessor": "donut", "NougatProcessor": "nougat",
    None: "gpt2_captioner",
}  # fmt: skip
NETWORKS = {
    "CLIPModel": "clip", "SiglipModel": "siglip", "Siglip2Model": "siglip2",
    "MetaClip2Model": "metaclip_2", "ChineseCLIPModel": "chinese_clip", "AltCLIPModel": "altclip",
    "AlignModel": "align", "VisionTextDualEncoderModel": "vision_text_dual_encoder",
    "Aimv2Model": "aimv2", "Tipsv2Model": "tipsv2",
    "Idefics2ForConditionalGeneration": "idefics2", "OwlViTForObjectDetection": "owlvit",
    "Owlv2ForObjectDetection": "owlv2", "CLIPSegForImageSegmentation": "clipseg",
    "BlipForConditionalGeneration": "blip_captioner", "BlipForQuestionAnswering": "blip_answerer",
    "BlipForImageTextRetrieval": "blip_matcher", "Blip2ForConditionalGeneration": "blip_2",
    "Blip2ForImageTextRetrieval": "blip_2_matcher",
    "InstructBlipForConditionalGeneration": "instructblip", "GitForCausalLM": "git",
    "ViltForQuestionAnswering": "vilt_answerer", "ViltForImagesAndTextClassification": "vilt_pair",
    "ViltForImageAndTextRetrieval": "vilt_matcher",
    "BridgeTowerForImageAndTextRetrieval": "bridgetower_matcher",
    "BridgeTowerForContrastiveLearning": "bridgetower_vectors",
    "Florence2ForConditionalGeneration": "florence2",
    "PaliGemmaForConditionalGeneration": "paligemma",
    "Kosmos2ForConditionalGeneration": "kosmos_2", "LlavaForConditionalGeneration": "llava",
    "LlavaNextForConditionalGeneration": "llava_next",
    "Idefics3ForConditionalGeneration": "idefics3",
    "SmolVLMForConditionalGeneration": "smolvlm", "Qwen2VLForConditionalGeneration": "qwen2_vl",
    "Qwen2_5_VLForConditionalGeneration": "qwen2_5_vl",
    "Qwen3VLForConditionalGeneration": "qwen3_vl", "Gemma3ForConditionalGeneration": "gemma3",
    "InternVLForConditionalGeneration": "internvl",
    "Pix2StructForConditionalGeneration": "pix2struct",
    "Gemma4ForConditionalGeneration": "gemma4",
    "Gemma4UnifiedForConditionalGeneration": "gemma4_unified",
    "MiniCPMV4_6ForConditionalGeneration": "minicpm_v",
    "GlmOcrForConditionalGeneration": "glm_ocr",
    "PaddleOCRVLForConditionalGeneration": "paddleocr_vl",
    "Lfm2VlForConditionalGeneration": "lfm2_vl",
    "LightOnOcrForConditionalGeneration": "lighton_ocr",
    "GotOcr2ForConditionalGeneration": "got_ocr2",
    "Kosmos2_5ForConditionalGeneration": "kosmos_2_5", "GroupViTModel": "groupvit",
    "Qwen3_5ForConditionalGeneration": "qwen3_5", "Glm4vForConditionalGeneration": "glm4v",
    "Molmo2ForConditionalGeneration": "molmo2", "HunYuanVLForConditionalGeneration": "hunyuan_vl",
    "LlavaOnevisionForConditionalGeneration": "llava_onevision",
    "PPFormulaNetForConditionalGeneration": "pp_formulanet",
    "PPOCRV6SmallRecForTextRecognition": "pp_ocrv6_small_rec",
    "PPOCRV5ServerRecForTextRecognition": "pp_ocrv5_server_rec", "Dinov2Model": "dinov2",
    "GroundingDinoForObjectDetection": "grounding_dino", "ColQwen2ForRetrieval": "colqwen2",
    "ShieldGemma2ForImageClassification": "shieldgemma2",
    "QianfanOCRForConditionalGeneration": "qianfan_ocr", "ColPaliForRetrieval": "colpali",
    "ColModernVBertForRetrieval": "colmodernvbert",
    "Qwen3_5MoeForConditionalGeneration": "qwen3_5_moe", "DINOv3ViTModel": "dinov3",
    "Qwen3VLMoeForConditionalGeneration": "qwen3_vl_moe",
    "Glm4vMoeForConditionalGeneration": "glm4v_moe", "Mistral3ForConditionalGeneration": "mistral3",
}  # fmt: skip


def triples():
    """Each (class, model type, task) of what transformers loads, with a checkpoint that has it."""
    found = {}
    for checkpoint in RULEBASE.checkpoints.values():
        if checkpoint.loader == "transformers":
            for task in checkpoint.tasks:
                key = (checkpoint.model_class, checkpoint.model_type, task)
                found.setdefault(key, checkpoint)
    return found


def network_of(checkpoint, task):
    """The tiny network that stands for a checkpoint, None where there is none."""
    if checkpoint.model_class == "VisionEncoderDecoderModel":
        return DIALECTS.get(checkpoint.processor)
    if checkpoint.model_class == "GitForCausalLM" and task == "video-captioning":
        return "git_video"
    return NETWORKS.get(checkpoint.model_class)


TRIPLES = triples()
PIPELINES = {key for key, checkpoint in TRIPLES.items() if key[2] in checkpoint.pipelines}
"""Programs of other packages: tests/test_programs.py says what they hold."""
RUN = {
    key: (checkpoint, network_of(checkpoint, key[2]))
    for key, checkpoint in TRIPLES.items()
    if program_for(checkpoint, key[2], RULEBASE.programs) and network_of(checkpoint, key[2])
    if key not in PIPELINES
}

WRAPPED = "ignore:__array_wrap__:DeprecationWarning"
"""What NumPy says of how transformers 5.24 counts the patches of MiniCPM's frames."""


@pytest.fixture
def images(tmp_path, monkeypatch, image):
    image.pixels.save(tmp_path / "photo.jpg")
    image.pixels.rotate(90).resize((60, 40)).save(tmp_path / "other.jpg")
    for folder in ("photos", "images/cat", "images/dog"):
        (tmp_path / folder).mkdir(parents=True)
        for number in range(2):
            image.pixels.rotate(90 * number).save(tmp_path / folder / f"{number}.jpg")
    monkeypatch.chdir(tmp_path)


def run(code, id, folder: Path):
    """Execute a program on a folder in place of its checkpoint; return what it printed."""
    assert f'name = "{id}"' in code
    return execute(code.replace(f'name = "{id}"', f"name = {str(folder)!r}"))


def execute(code):
    """Return what a program printed."""
    printed = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    with redirect_stdout(printed):
        exec(compile(code, "<program>", "exec"), {"__name__": "__main__"})
    printed.seek(0)
    return printed.read()


def of_each_program_and_a_third_of_classes():
    """The programs that run: every day one of each kind and every third class, else by night.

    Each class enters a program's network in `test_same_input.py` too, by night.
    """
    classes = sorted({key[0] for key in RUN})[::3]
    seen = set()
    for key, (checkpoint, _) in RUN.items():
        of = {key[0]}.intersection(classes)
        of |= {program_for(checkpoint, key[2], RULEBASE.programs).id}
        yield pytest.param(key, marks=pytest.mark.long if of <= seen else ())
        seen |= of


@pytest.mark.slow
@pytest.mark.filterwarnings(WRAPPED)
@pytest.mark.parametrize(
    "key", [*of_each_program_and_a_third_of_classes()], ids=lambda key: f"{key[0]}-{key[2]}"
)
def test_program_runs_as_it_is_shown(key, brief, images):
    checkpoint, kind = RUN[key]
    code = snippet(checkpoint, key[2], RULEBASE, thinking=False)
    assert run(code, checkpoint.id, brief(kind)).endswith("\n")


HALVED = {
    (checkpoint.model_class, loaded_dtype(checkpoint)): (checkpoint, task)
    for checkpoint in RULEBASE.checkpoints.values()
    for task in checkpoint.tasks[:1]
    if (checkpoint.parameters_millions or 0) <= LARGE_MILLIONS
    if loaded_dtype(checkpoint) in ("bfloat16", "float16")
    if (checkpoint.model_class, checkpoint.model_type, task) not in PIPELINES
    if checkpoint.model_class in NETWORKS
}
"""Of each class and precision a small checkpoint whose file is in 16 bits."""


@pytest.mark.slow
@pytest.mark.parametrize("key", HALVED, ids="-".join)
def test_a_program_keeps_the_16_bits_of_the_file_on_a_cpu(key, brief, images):
    checkpoint, task = HALVED[key]
    folder = shutil.copytree(brief(NETWORKS[key[0]]), Path("halved"))
    config = (folder / "config.json").read_text(encoding="utf-8")
    config = config.replace('"dtype": "float32"', f'"dtype": "{key[1]}"')
    (folder / "config.json").write_text(config, encoding="utf-8")
    for file in folder.glob("*.safetensors"):
        halved = {
            name: tensor.to(getattr(torch, key[1])) if tensor.is_floating_point() else tensor
            for name, tensor in load_file(file).items()
        }
        save_file(halved, file, {"format": "pt"})
    code = snippet(checkpoint, task, RULEBASE, thinking=False)
    code += "\nprint(next(model.parameters()).dtype)\n"
    assert run(code, checkpoint.id, folder).endswith(f"torch.{key[1]}\n")


@pytest.mark.parametrize(("id", "kind"), [("google/siglip2-base-patch16-224", "siglip"),
                                          ("facebook/dinov2-base", "dinov2")])  # fmt: skip
def test_duplicates_are_pairs_of_a_folder_and_similar_pictures_a_ranking(id, kind, brief, images):
    Path("photos/again.jpg").write_bytes(Path("photos/0.jpg").read_bytes())
    checkpoint = RULEBASE.checkpoint(id)
    pairs, ranking = (
        run(snippet(checkpoint, task, RULEBASE), id, brief(kind)).splitlines()
        for task in ("deduplication", "similar-images")
    )
    assert "1.000  photos/0.jpg  photos/again.jpg" in pairs
    assert pairs[-1].endswith("of 3 images")
    assert len(ranking) == 3


def test_how_many_programs_run_is_printed_and_the_others_are_named(capsys):
    """A class that is new to the catalogue needs a program and a tiny network."""
    absent = {}
    for key, checkpoint in TRIPLES.items():
        if key not in RUN and key not in PIPELINES:
            known = program_for(checkpoint, key[2], RULEBASE.programs)
            absent.setdefault((key[0], "no tiny network" if known else "no program"), []).append(
                key[2]
            )
    with capsys.disabled():
        print(f"\nprograms: {len(RUN)} of {len(TRIPLES)} (class, model type, task) run")  # noqa: T201
        print(f"  not run, pipelines of their makers: {len(PIPELINES)}")  # noqa: T201
        for (name, why), tasks in absent.items():
            print(f"  not run, {why}: {name}: {', '.join(tasks)}")  # noqa: T201
    assert not absent


@pytest.mark.slow
def test_every_program_is_python_and_leaves_nothing_to_fill_in():
    for checkpoint in RULEBASE.checkpoints.values():
        for task in checkpoint.tasks or [None]:
            code = snippet(checkpoint, task, RULEBASE)
            if code is not None:
                ast.parse(code)
                assert not {"{checkpoint}", "{class}", "{names}", "{prompt}"} & set(code.split('"'))
                assert checkpoint.id in code or task in checkpoint.pipelines


def test_every_program_and_part_is_used():
    used = {
        program.id
        for checkpoint in RULEBASE.checkpoints.values()
        for task in checkpoint.tasks or [None]
        if (program := program_for(checkpoint, task, RULEBASE.programs))
    }
    assert {"load-alone", "load-parts-alone"} <= used
    nameless = RULEBASE.checkpoint("laion/CLIP-ViT-B-32-laion2B-s34B-b79K")._replace(tasks=())
    used.add(program_for(nameless, None, RULEBASE.programs).id)  # of an overlay, without a task
    used |= {
        program.id
        for checkpoint in RULEBASE.checkpoints.values()
        for task in (*checkpoint.fine_tune, *checkpoint.tasks)
        if (program := program_for(checkpoint, task, RULEBASE.programs, "fine-tune"))
    }
    joining = {program.id for program in RULEBASE.programs if program.use == "compose"}
    assert len(joining) == 1
    assert used | joining == {program.id for program in RULEBASE.programs}
