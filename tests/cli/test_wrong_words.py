"""Words that no flag, task or option is called by: what they mean tells what was meant."""

import io
import os
import re
from pathlib import Path

import pytest
import yaml


@pytest.mark.parametrize(
    ("task", "meant"),
    [
        ("report", "captioning"),
        ("transcribe", "ocr-line"),
        ("notes", "handwriting"),
    ],
)
def test_a_task_is_suggested_by_what_a_word_means(advisor, task, meant):
    result = advisor("recommend", "--task", task)
    assert (result.code, result.out) == (2, "")
    assert f"`{meant}`" in result.err.partition("Did you mean ")[2].partition("?")[0]


@pytest.mark.parametrize(
    ("words", "task"),
    [
        ("--task nudity", "content-moderation"),
        ("--task license-plate", "ocr-line"),
        ("--task Röntgen-Befund", "captioning"),
        ("--task ähnliche%Fotos", "similar-images"),
        ("--task=tagging", "zero-shot-classification"),
        ("--task classification", "zero-shot-classification"),
        ("--task classification --num-examples 40", "supervised-classification"),
        ("--task vqa --domain charts", "chart-reading"),
    ],
)
def test_one_task_that_words_speak_of_is_taken(advisor, words, task):
    typed = [word.replace("%", " ") for word in words.split()]
    result = advisor("recommend", *typed)
    assert (result.code, f"understood as `advisor recommend --task {task}" in result.err) == (
        0,
        True,
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--task x-ray", "`x-ray` says `--domain medical`"),
        ("--task clip", "`clip` is a family. `advisor show clip` describes it"),
        ("--task trocr", "`trocr` is a model, not a task. Its tasks are ocr-line and handwriting"),
        ("--task vqa --use startup", "Did you mean `commercial`?"),
    ],
)
def test_a_word_that_answers_something_else_says_what(advisor, words, said):
    assert said in advisor("recommend", *words.split()).err


@pytest.mark.parametrize("subject", ["x-ray", "mri", "ct-scan", "german"])
def test_what_images_show_or_say_suggests_no_task(advisor, subject):
    assert "Did you mean" not in advisor("recommend", "--task", subject).err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--languge de", "Did you mean `--language`?"),
        ("--model-size small", "pass a number, such as `--max-parameters 1B`"),
        ("--frobnicate", "no such option: --frobnicate\n"),
        ("--lang xx", "unknown option `xx` of `language`"),
        ("--quantized", "answers list checkpoints in 16, 8 and 4 bits. Set"),
    ],
)
def test_an_unknown_flag_names_the_one_that_is_meant(advisor, words, said):
    result = advisor("recommend", "--task", "captioning", *words.split())
    assert (result.code, result.out) == (2, "")
    assert said in result.err


def test_a_slip_in_a_flag_of_the_program_is_told_before_a_need_is_looked_for(advisor):
    assert "Did you mean `--version`?" in advisor("--versio").err
    assert "`advisor --help`" in advisor("--hlep").err


def test_a_flag_that_a_command_lacks_is_not_suggested_to_it(advisor):
    said = advisor("list", "checkpoints", "--domain", "medical").err
    assert "Did you mean" not in said
    assert "this is an option of `advisor ask`" in said
    assert "--help" not in said


def test_a_flag_without_a_meaning_is_refused_with_the_line_without_it(advisor):
    said = advisor("zero-shot", "--labels", "a,b", "--rotated", "2", "--memory", "4G").err
    assert "no such option: --rotated" in said
    assert "without it: `advisor recommend zero-shot --labels a,b --memory 4G`" in said
    assert advisor("recommend", "zero-shot", "--labels", "a,b", "--memory", "4G").code == 0


def test_what_is_suggested_runs(advisor):
    said = advisor("recommend", "--task", "image-search", "--query", "x").err
    meant = said.partition("Did you mean `")[2].partition("`")[0]
    assert advisor("recommend", "--task", "image-search", *meant.split()).code == 0


def test_explain_takes_a_sentence_as_recommend_does(advisor):
    said = advisor("explain", "search photos by German text", "--why-not", "unified-vlp")
    assert said.code == 0
    assert "advisor explain --task image-search" in said.err
    assert "Why not unified VLP" in said.out


def test_a_group_alone_names_its_commands(advisor):
    said = advisor("rules").err
    assert "missing command" in said
    assert "one of check, test, audit" in said


@pytest.mark.parametrize(
    "command",
    [
        ["try", "--demo", "--image", "x.png"],
        ["evaluate", "x", "--demo"],
        ["compose", "--checkpoint", "x", "--finetune", "x.csv", "--save", "y"],
        ["train", "vlp", "x.csv", "--save", "y"],
    ],
)
def test_a_seed_that_no_library_takes_is_wrong(advisor, command):
    result = advisor(*command, "--seed", "9" * 30)
    assert result.code == 2
    assert "--seed" in result.err


def test_a_flag_of_a_need_beside_a_list_leads_to_the_recommendation(advisor):
    said = " ".join(advisor("list", "--hardware", "rpi5").err.split())
    assert "`advisor recommend --task captioning --device rpi5` recommends" in said


def test_who_looks_for_a_check_is_told_its_command(advisor):
    result = advisor("check in CI that our model choice is still fine")
    assert "has no files to check" not in result.err
    result = advisor("validate in CI that the choice of our model is still fine")
    assert (result.code, result.out) == (2, "")
    assert "run `advisor check` to check models and code, locally or in CI" in result.err


def test_a_need_that_has_a_task_is_answered_whatever_else_it_says(advisor):
    assert advisor("lint my captions").out.splitlines()[0].count("/") == 1


TAKEN = {
    "code supervised-classification --train": "code supervised-classification --training fine-tune",
    "captioning --colab": "captioning --device colab",
    "code vqa --raspberrypi": "code vqa --device raspberrypi",
    "ocr-page --language jpn+tha": "ocr-page --language jpn,tha",
    "photos/ --into cat,dog": "photos/ --labels cat,dog",
    "similar a.png --in photos/": "similar a.png photos/",
    "caption photos --max-length 40": "caption photos",
    "models": "list checkpoints",
    "list models": "list checkpoints",
    "--models": "list checkpoints",
    "help models": "list checkpoints",
    "tasks": "list tasks",
    "languages": "show language",
    "list languages": "show language",
    "list clip": "list checkpoints --family clip",
    "list captioning": "list checkpoints --task captioning",
    "list captioning models": "list checkpoints --task captioning",
    "compare CLIP vs BLIP": "compare clip unified-vlp",
    "explain num-examples": "show num-examples",
    "explain clip": "show clip",
    "explain why clip": "show clip",
    "explain why not clip": "show clip",
    "show up-to-8-gb": "show memory-gb",
    "show gpu": "show device",
    "help gpu": "show device",
    "show German": "show language",
    "show license": "show license-use",
    "info clip": "show clip",
    "what is clip": "show clip",
    "clip": "show clip",
    "Qwen/Qwen3.5-4B": "show Qwen/Qwen3.5-4B",
    "man": "help",
    "-v": "--version",
    "--task captioning": "recommend --task captioning",
    "ask caption photos": "recommend caption photos",
    "recommend --need captions": "recommend captions",
    "recommend -t captioning": "recommend --task captioning",
    "captioning --gpu": "captioning --device gpu",
    "captioning --no-gpu": "captioning --device cpu",
    "captioning --commercial": "captioning --license-use commercial",
    "captioning --german": "captioning --language de",
    "captioning --ram 8": "captioning --memory-gb 8 --device cpu",
    "captioning --ram=8": "captioning --memory-gb 8 --device cpu",
    "captioning --ram 8 --device auto": "captioning --memory-gb 8 --device auto",
    "captioning --ram 8 --mac": "captioning --memory-gb 5.3 --device mps",
    "list checkpoints --ram 8": "list checkpoints --memory-gb 8",
    "captioning --gpu-memory 8": "captioning --memory-gb 8",
    "captioning --gpu-mem=8": "captioning --memory-gb 8",
    "captioning --gpu-ram 8GB": "captioning --memory-gb 8GB",
    "captioning --max-model-params 1B": "captioning --max-parameters 1B",
    "captioning --lang de": "captioning --language de",
    "captioning --all": "captioning --verbose",
    "captioning --small": "captioning --sort memory",
    "captioning --permissive": "captioning --sort permissive",
    "recommend --device gpu --alt-text": "recommend --device gpu --task alt-text",
    "list TrOCR": "show TrOCR",
    "list --task captioning": "list checkpoints --task captioning",
    "licenses": "show license-use",
    "list checkpoints captioning": "list checkpoints --task captioning",
    "list checkpoints --commercial": "list checkpoints --commercial-use permitted",
    "show task captioning": "show captioning",
    "show model Qwen/Qwen3.5-4B": "show Qwen/Qwen3.5-4B",
    "captioning --samples 200": "captioning --num-examples 200",
    "captioning --training-size=5000": "captioning --num-examples 5000",
    "recommend classification --labels-per-class 20": "recommend classification --num-examples 20",
    "search --photos 5000": "search --num-items 5000",
    "captioning --runtime transformers.js": "captioning --device browser",
    "captioning --runtime vllm": "captioning",
    "explain --task captioning --checkpoint Salesforce/blip-vqa-base": (
        "explain --task captioning --why-not Salesforce/blip-vqa-base"
    ),
    "explain captioning --why-not blip-base": (
        "explain captioning --why-not Salesforce/blip-image-captioning-base"
    ),
    "show siglip2 base": "show siglip2-base",
    "show CLIP ViT-B/32": "show CLIP-ViT-B/32",
    "compare siglip2-base clip-base": (
        "compare google/siglip2-base-patch16-224 openai/clip-vit-base-patch32"
    ),
    "check Salesforce/blip-vqa-base": "check --checkpoint Salesforce/blip-vqa-base --task vqa",
    "check --checkpoint blip-base": (
        "check --checkpoint Salesforce/blip-image-captioning-base --task captioning"
    ),
    "convert --to onnx nlpconnect/vit-gpt2-image-captioning": (
        "code nlpconnect/vit-gpt2-image-captioning --runtime onnx --task captioning"
    ),
    "captioning --num-images 3000": "captioning --num-items 3000",
    "recommend -V": "-V",
    "code classification --examples 40": "code classification --num-examples 40",
    "recommend search --images 50000": "recommend search --num-items 50000",
    "captioning --n 20000": "captioning --num-items 20000",
    "captioning --items 50k": "captioning --num-items 50k",
    "recommend --task supervised-classification --shots 40": (
        "recommend --task supervised-classification --num-examples 40"
    ),
    "help CI workflow": "help ci",
    "help github": "help ci",
    "check --version": "--version",
    "train classifier 40 images per class": (
        "code classifier 40 images per class --training fine-tune"
    ),
    "list checkpoints --lang de": "list checkpoints --language de",
    "captioning --gpu 8gb": "captioning --memory-gb 8gb",
    "captioning --gpu=T4": "captioning --device T4",
    "captioning --free": "captioning",
    "captioning --offline --device cpu": "captioning --device cpu",
    "recommend tagging --num-labels 20": "recommend tagging",
    "code captioning --batch-size=8 --device cpu": "code captioning --device cpu",
    "code captioning --input invoices": "code captioning",
    "code captioning --js": "code captioning --runtime transformers.js",
    "captioning --license commercial": "captioning --license-use commercial",
    "--list-tasks": "list tasks",
    "captioning --language deutsch": "captioning --language de",
    "captioning --domain x-rays": "captioning --domain medical",
    "captioning --device old-laptop": "captioning --device cpu",
    "captioning --why": "captioning --verbose",
    "captioning -d cpu": "captioning --device cpu",
    "show VisionEncoderDecoder": "show vision-encoder-decoder",
    "--cpu captioning": "recommend captioning --device cpu",
    "code --cpu captioning": "code captioning --device cpu",
    "explain --no-gpu captioning": "explain captioning --device cpu",
    "--json list tasks": "list --json tasks",
    "checkpoints --task vqa": "list checkpoints --task vqa",
    "captioning --idioma es": "captioning --language es",
    "captioning --size=1B": "captioning --max-parameters 1B",
    "code captioning --lang js": "code captioning --runtime transformers.js",
    "compare clip siglip": "compare openai/clip-vit-base-patch32 google/siglip-base-patch16-224",
    "CLIP or SigLIP?": "compare openai/clip-vit-base-patch32 google/siglip-base-patch16-224",
    "difference between clip and blip-2": (
        "compare openai/clip-vit-base-patch32 Salesforce/blip2-opt-2.7b"
    ),
    "explain CLIP": "show CLIP",
    "compare clip, siglip": "compare openai/clip-vit-base-patch32 google/siglip-base-patch16-224",
    "hilfe": "help",
    # a verb or a command of other programs
    "version": "--version",
    "ls": "list",
    "models ls": "list checkpoints",
    "inspect clip": "show clip",
    "man recommend": "help recommend",
    "recommend help": "help recommend",
    "help --device": "show device",
    "hardware": "show device",
    "--list": "list",
    # a question about models
    "siglip2": "show siglip2",
    "can i use siglip2 commercially?": "show siglip2",
    "how much memory does dinov2 need": "show dinov2",
    "is clip better than siglip": (
        "compare openai/clip-vit-base-patch32 google/siglip-base-patch16-224"
    ),
    "explain clip vs blip": "compare clip unified-vlp",
    # which checkpoints there are
    "recommend --task captioning --license mit": (
        "list checkpoints --task captioning --license mit --sort quality"
    ),
    "captioning --family clip": ("list checkpoints --task captioning --family clip --sort quality"),
    "captioning --license permissive": "captioning --license-use commercial",
    "list --max-params 1B": "list checkpoints --max-parameters 1B",
    "list --author google": "list checkpoints --name google",
    "list --task captioning -n 3": "list checkpoints --task captioning --limit 3",
    # flags
    "recommend --task ocr --device cpu": "recommend ocr --device cpu",
    "captioning --best": "captioning --sort quality",
    "captioning --finetune": "captioning --training fine-tune",
    "captioning --no-training": "captioning --training none",
    "captioning --exclude qwen": "captioning --without qwen",
    "captioning --gpu 3090": "captioning --device 3090",
    "captioning --latency 100ms": "captioning --within 100ms/item",
    "captioning --dtype fp16": "captioning",
    "captioning --4bit": "captioning",
    "captioning --backend llama.cpp": "captioning",
    "captioning --gguf": "captioning",
    "captioning --seed 42": "captioning",
    "recommend --use-case captioning": "recommend captioning",
    "captioning --device mps --ram 24": "captioning --device mps --memory-gb 16",
    "captioning -g 3090": "captioning --device 3090",
    "captioning --to fr": "captioning --language fr",
    "captioning --to json": "captioning --format json",
    "tagging --class boat": "tagging --labels boat",
    "code captioning --batch 8": "code captioning",
    "code --task ocr --handwritten": "code --task handwritten",
    "list checkpoints --task vqa --sort accuracy": "list checkpoints --task vqa --sort quality",
    "help classify": "show zero-shot-classification",
}


RUN_AS_WELL = [*TAKEN] if os.environ.get("ADVISOR_LONG") else [*TAKEN][::9]
"""Of these, what is said is run too: the program takes every guess in the same two places."""


@pytest.mark.parametrize(("typed", "meant"), TAKEN.items())
def test_a_guess_with_one_meaning_is_taken_and_said(advisor, typed, meant):
    result = advisor(*typed.split())
    assert f"advisor: understood as `advisor {meant}`\n" in result.err
    assert result.out
    if typed in RUN_AS_WELL:
        plain = advisor(*meant.split())
        assert (result.code, result.out) == (plain.code, plain.out)


@pytest.mark.parametrize(
    "need", ["caption photos in French and/or German", "answer yes/no questions about shop photos"]
)
def test_a_sentence_with_a_slash_is_no_id(advisor, need):
    result = advisor(need)
    assert (result.code, result.err) == (0, "")
    assert "Understood" in result.out


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("run", "`advisor try --image photo.jpg`"),
        ("best", "`advisor list checkpoints --task captioning --sort quality`"),
        ("train clip", "`advisor code 'train a classifier on labeled photos of plants'`"),
        ("finetune birds", "'train a classifier on labeled photos of birds'`"),
        ("ocr a.png --output a.csv", "`advisor code ocr a.png -o a.py`, then `uv run a.py photos"),
        ("list checkpoints --sort speed", "see `advisor recommend --within`"),
        ("why not clip", "`advisor explain captioning --why-not clip`"),
        ("pull blip-base", "`advisor try --checkpoint Salesforce/blip-image-captioning-base"),
        ("completion bash", "`advisor --install-completion`"),
        ("captioning --csv", "`advisor help formats` lists the formats"),
        ("captioning --max-file-size 1GB", "`advisor recommend --max-parameters 1B`"),
        ("captioning --fast", "`--within 50ms/item` bounds the time"),
        ("captioning --photos photos", "`--domain natural`"),
        ("train vpl", "Did you mean `vlp`?"),
        ("init --github", "`advisor help ci` prints a workflow"),
        ("check -o check.yml", "`advisor help ci` prints a workflow"),
        ("check --checkpoint Qwen/Qwen3.5-9B", "`--task captioning`"),
        ("compare captioning clip", "`advisor recommend --task captioning`"),
        ("list checkpoints --task vqa --cpu", "`advisor recommend --task vqa --device cpu`"),
        ("help --lang de", "advisor prints English"),
        ("captioning --images video", "`--images video` goes with video-captioning"),
    ],
)
def test_a_guess_with_several_meanings_is_told_what_to_type(advisor, typed, hint):
    result = advisor(*typed.split())
    assert (result.code, result.out) == (2, "")
    assert hint in result.err
    assert "understood as" not in result.err


def test_a_format_asked_for_by_name_is_printed_also_where_one_asks_for_an_id(advisor):
    for words in (["-q", "--json"], ["--json", "--quiet"], ["-q", "-f", "json"]):
        assert advisor("caption photos", *words).json["checkpoints"]


@pytest.mark.parametrize("words", [["-"], ["recommend", "-"], ["-", "--cpu"], ["--cpu", "-"]])
def test_a_need_is_read_from_standard_input(advisor, monkeypatch, words):
    monkeypatch.setattr("sys.stdin", io.StringIO("caption photos\n"))
    result = advisor(*words)
    assert result.code == 0
    assert '"caption photos" task: captioning' in result.out


def test_a_need_that_is_no_file_is_told_what_takes_it(advisor):
    said = advisor("check", "caption photos in German").err
    assert "`advisor recommend 'caption photos in German'`" in said
    assert "does not exist" in advisor("check", "no_such_file").err


def test_a_name_is_shown_alike_in_any_case(advisor):
    for command in ("show", "help", "explain"):
        assert advisor(command, "CLIP").out == advisor(command, "clip").out


def test_a_card_that_is_sold_with_several_sizes_says_so(advisor):
    said = advisor("captioning", "--device", "a100").err
    assert "a100 is assumed to have 40 GB. Pass `--memory-gb` for one with 80 GB" in said
    assert not advisor("captioning", "--device", "a100", "--memory-gb", "80").err
    assert "8, 16, 32 or 64 GB" in advisor("captioning", "--device", "jetson").err


def test_a_video_is_tried_by_its_frames(advisor, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("clip.mp4").touch()
    said = advisor("describe the video", "clip.mp4").err
    assert "ffmpeg -i clip.mp4 -vf fps=1 frames/" in said
    assert "--folder frames/" in said


def test_files_of_try_need_no_flag(advisor, tmp_path, monkeypatch):
    (tmp_path / "photo.jpg").write_bytes(b"no image")
    (tmp_path / "photos").mkdir()
    monkeypatch.chdir(tmp_path)
    for typed, meant in (
        ("try photo.jpg --demo", "try --image photo.jpg --demo"),
        ("try captioning photo.jpg", "try --task captioning --image photo.jpg"),
        ("run photo.jpg --demo", "try --image photo.jpg --demo"),
        ("try --cpu photo.jpg --demo", "try --torch-device cpu --image photo.jpg --demo"),
        ("try --gpu photo.jpg --demo", "try --torch-device cuda --image photo.jpg --demo"),
        ("try embeddings photos", "try --task embeddings --folder photos"),
    ):
        assert f"understood as `advisor {meant}`" in advisor(*typed.split()).err


@pytest.mark.parametrize(
    ("typed", "command"),
    [
        (["ocr", "invoice.pdf"], "advisor code 'ocr invoice.pdf' -o program.py"),
        (["caption", "photo.jpg"], "--task captioning --image photo.jpg"),
        (["caption", "photos/"], "--task captioning --folder photos/"),
        (
            ["chart.png", "which year is best?"],
            "--image chart.png --question 'which year is best?'",
        ),
    ],
)
def test_a_need_that_names_a_file_tells_how_to_run_on_it(advisor, typed, command):
    assert f"{command}` to " in advisor("recommend", *typed).err
    assert advisor("recommend", "caption photos").err == ""


def test_help_of_ci_is_the_workflow_of_the_documents(advisor):
    """Its steps are those of the page on checks, whose inputs the action has."""
    shown = advisor("help", "ci").out
    start = shown.index("  name: advisor")
    workflow = yaml.safe_load(shown[start : shown.index("First write")])
    root = Path(__file__).parents[2]
    text = (root / "docs" / "check.md").read_text(encoding="utf-8")
    blocks = [part.partition("```")[0] for part in text.split("```yaml\n")[1:]]
    documented = next(yaml.safe_load(block) for block in blocks if ".advisor-action" in block)
    steps = workflow["jobs"]["check"]["steps"]
    *same, action = steps
    assert same == documented["jobs"]["check"]["steps"][: len(same)]
    action_file = yaml.safe_load((root / "action.yml").read_text(encoding="utf-8"))
    assert set(action["with"]) <= set(action_file["inputs"])


def test_a_sentence_that_begins_as_a_guess_is_a_sentence(advisor):
    for sentence in (
        "fine-tune --task captioning",
        "run ocr on receipts",
        "test photos for nudity",
        "find the best caption",
    ):
        result = advisor(*sentence.split())
        assert "understood as" not in result.err
        assert "Understood" in result.out


def test_a_program_for_a_task_of_no_family_promises_no_requirements(advisor):
    result = advisor("code", "--task", "object-detection")
    assert result.code == 2
    assert "`advisor recommend --task object-detection` shows the reasons" in result.err
    assert "IDEA-Research" in advisor("recommend", "--task", "object-detection").out


def test_a_folder_in_a_need_is_named_once_in_the_command_to_run_on_it(advisor, tmp_path):
    (photos := tmp_path / "photos").mkdir()
    for need in ("find duplicates", "search my photos for cats"):
        said = advisor(need, f"{photos}/").err
        assert said.count("--folder") == 1, said


def test_a_file_to_write_among_the_words_is_one(advisor, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = advisor("code", "captioning", "--device", "cpu", "cap.py")
    assert "understood as `advisor code captioning --device cpu --output cap.py`" in result.err
    assert "import torch" in (tmp_path / "cap.py").read_text("utf-8")


@pytest.mark.parametrize("flag", ["-o", "--output"])
def test_a_file_that_a_flag_has_already_is_not_what_was_wrong(advisor, tmp_path, flag):
    """A need without a task is refused for its words, not for a flag that nobody typed twice."""
    result = advisor("code", "my pets", flag, str(tmp_path / "m.py"))
    assert result.code == 2
    assert "`my pets` contains no word that advisor understands" in result.err
    assert "--output --output" not in result.err


def test_a_folder_that_a_program_takes_when_it_runs_is_told_by_lines_that_run(
    advisor, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    told = advisor("code", "deduplication", "--folder", "photos").err
    command, run = re.search("`advisor (code [^`]*)`.*`(uv run [^`]*)`", told).groups()
    written = advisor(*command.split())
    assert written.code == 0
    assert run in written.err


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("captioning --to markdown", "captioning --format markdown"),
        ("captioning --format onnx", "captioning --runtime onnx"),
        ("captioning --hardware t4", "captioning --device t4"),
        ("captioning --os windows", "captioning"),
        ("recommend captioning --limit 3", "recommend captioning"),
        ("evaluate a/ --truth b.csv", "evaluate b.csv --image-folder a/"),
        ("captioning -o json", "captioning --format json"),
        ("recommend search --images 50k", "recommend search --num-items 50k"),
        (
            "try x.jpg --labels cat dog --model no/such",
            "try --image x.jpg --labels cat,dog --checkpoint no/such",
        ),
        ("captioning --lang jpn", "captioning --language jpn"),
        ("captioning --language pt-BR", "captioning --language pt"),
        ("captioning --budget 200", "captioning"),
        ("captioning --accuracy 99% --on-premise", "captioning"),
        ("captioning --privacy local", "captioning"),
        ("captioning --licence commercial", "captioning --license-use commercial"),
        ("captioning --code", "code captioning"),
        ("captioning --code-only --json", "code captioning --json"),
        ("evaluate a/ b.csv", "evaluate b.csv --image-folder a/"),
    ],
)
def test_a_flag_of_other_programs_is_taken_as_what_it_means(advisor, words, meant):
    assert f"understood as `advisor {meant}`" in " ".join(advisor(*words.split()).err.split())


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("no-such.pdf", "`no-such.pdf` does not exist"),
        ("no-such.pdf", "writes a program: `uv run pages.py no-such.pdf`"),
        ("no-such.jpg", "`advisor try --folder photos --task captioning` runs a model on files"),
        ("/no-such/folder", "`/no-such/folder` does not exist"),
        (__file__.replace(".py", ".yaml"), "does not exist"),
    ],
)
def test_a_file_alone_is_answered_with_what_runs_on_it(advisor, name, said):
    result = advisor(name)
    assert (result.code, said in " ".join(result.err.split())) == (2, True)


@pytest.mark.parametrize("verb", ["show", "explain"])
@pytest.mark.parametrize("name", ["sam2", "facebook/sam2.1-hiera-large"])
def test_a_model_outside_the_catalog_is_told_where_it_is_recommended(advisor, verb, name):
    said = advisor(verb, name).err
    assert "is not in the catalog" in said
    assert "`advisor recommend --task segmentation` recommends such models" in said


def test_near_a_model_are_others_of_its_maker_alone(advisor):
    said = advisor("show", "facebook/sam-vit-base").err
    meant = said.partition("Did you mean")[2].partition("?")[0].split("`")[1::2]
    assert meant
    assert all(name.startswith("facebook/") for name in meant)
    assert "Did you mean" not in advisor("show", "nobody-here/sam-vit-base").err


def test_labels_are_one_list_with_or_without_commas(advisor):
    for words in ("cat dog bird", "cat,dog,bird"):
        written = advisor("code", "zero-shot-classification", "--labels", *words.split())
        assert written.code == 0
        assert all(label in written.out for label in ("cat", "dog", "bird"))
    assert "understood as `--labels cat,dog`" in advisor("tagging", "--labels", "cat", "dog").err


def test_files_that_are_there_are_not_read_as_words(advisor, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "drone").mkdir()
    for name in ("field1.tif", "invoice.tif"):
        (tmp_path / "drone" / name).write_bytes(b"")
    for words in (["drone/field1.tif"], ["drone/field1.tif", "drone/invoice.tif"]):
        result = advisor(*words)
        assert (result.code, result.out) == (2, "")
        assert "`advisor caption drone/field1.tif`" in result.err
    answered = advisor("caption", "drone/field1.tif")
    assert answered.out.startswith(advisor("caption", "image").out[:200])
    assert "--image drone/field1.tif" in answered.err
    assert "Understood" not in advisor("drone/", "--task", "captioning").out


def test_a_word_for_several_tasks_is_answered_and_a_program_that_reads_json_is_told(advisor):
    for words in (["--task", "ocr"], ["recommend", "--task=ocr"]):
        result = advisor(*words)
        assert result.code == 3
        assert "understood as `advisor recommend ocr`" in result.err
        assert "the task is a guess" in result.out
    assert advisor("recommend", "--task", "ocr", "--json").json["error"]["kind"] == "ambiguous-task"


def test_a_pdf_is_told_a_line_that_writes_its_program(advisor, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "manual.pdf").write_bytes(b"%PDF-1.4")
    told = advisor("manual.pdf", "--task", "ocr-page", "--language", "japanese").err
    line = told.partition("run `advisor ")[2].partition("`")[0]
    assert "--language ja" in line
    assert advisor(*line.split()).code == 0


def test_a_folder_of_pdf_files_is_told_a_program_that_reads_them(advisor, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plans").mkdir()
    (tmp_path / "plans" / "one.pdf").write_bytes(b"%PDF-1.4")
    told = advisor("read the text of all pages in", "plans/").err
    assert "`advisor code 'read the text of all pages in PDF files' -o program.py`" in told
    assert "advisor try" not in told


def test_a_file_with_one_meaning_is_taken(advisor, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "app.py").write_text("import os\n", "utf-8")
    (tmp_path / "need.yaml").write_text("task: captioning\n", "utf-8")
    assert "understood as `advisor check app.py`" in advisor("app.py").err
    for words in (["need.yaml"], ["recommend", "--config", "need.yaml"]):
        result = advisor(*words)
        assert "understood as `advisor recommend --profile need.yaml`" in result.err
        assert result.out == advisor("recommend", "--task", "captioning").out
