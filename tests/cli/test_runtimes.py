"""Runtimes: the table of what their packages name, and which program `advisor code` writes."""

import ast
import json
import re
import shlex
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from printed_programs import hold_style

from advisor.decide.programs import NO, TRANSFORMERS, YES, program_for, snippet, support
from advisor.decide.recommendation import recommend
from advisor.decide.written_program import script
from advisor.rulebase.store import load_rules

RULEBASE = load_rules()
OTHERS = [each for each in RULEBASE.runtimes.values() if each.id != TRANSFORMERS]
CASES = [
    (runtime, checkpoint, task)
    for runtime in OTHERS
    for checkpoint in RULEBASE.checkpoints.values()
    for task in checkpoint.tasks
    if program_for(checkpoint, task, RULEBASE.programs, runtime=runtime.id)
    and support(RULEBASE, runtime, checkpoint, task).answer != NO
]
OPEN_CLIP = next(one.id for one in RULEBASE.checkpoints.values() if one.loader == "open_clip")
SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "schema" / "code.schema.json"
CLIP, VQA = "openai/clip-vit-base-patch32", "Qwen/Qwen3-VL-4B-Instruct"


def test_each_row_names_types_of_the_catalog_for_a_known_runtime():
    types = {one.model_type for one in RULEBASE.checkpoints.values()}
    assert {row.runtime for row in RULEBASE.supported} == {each.id for each in OTHERS}
    for row in RULEBASE.supported:
        assert {*row.named, *row.partly} <= types, row.id
        assert not {*row.named} & {*row.partly}, row.id
        assert row.named or row.partly
        assert re.match(r"\d|\(public source code\)", row.version)


def test_each_program_of_a_runtime_is_written_for_something_that_its_package_names():
    """A program whose runtime names none of its model types would never be printed."""
    written = {
        (runtime.id, program_for(checkpoint, task, RULEBASE.programs, runtime=runtime.id).code)
        for runtime, checkpoint, task in CASES
    }
    for program in RULEBASE.programs:
        for runtime in program.runtimes:
            assert runtime == TRANSFORMERS or (runtime, program.code) in written, program.id


def texts():
    """Each distinct program of a runtime, for the first checkpoint that has it."""
    found = {}
    for runtime, checkpoint, task in CASES:
        code = snippet(checkpoint, task, RULEBASE, runtime=runtime.id, whole=True)
        key = (runtime.id, code.replace(checkpoint.id, ""))
        found.setdefault(key, (runtime, checkpoint, code))
    return list(found.values())


@pytest.mark.slow
def test_every_program_is_formatted_python_or_a_page_without_gaps(tmp_path):
    pages = 0
    for number, (runtime, checkpoint, code) in enumerate(texts()):
        assert checkpoint.id in code
        assert not re.search(r"(?<![$\w(])\{[a-z]+-[a-z-]+\}", code), runtime.id
        if runtime.page:
            pages += 1
            HTMLParser().feed(code)
            assert code.startswith("<!doctype html>")
            assert code.endswith("</script>")
            continue
        ast.parse(code)
        assert re.search(r"parser\.parse_(?:intermixed_)?args\(\)", code)
        assert "import torch" not in code
        (tmp_path / f"program_{number}.py").write_text(f"{code}\n", encoding="utf-8")
    assert pages > 3
    assert number > 60
    hold_style(tmp_path)


@pytest.mark.slow
def test_what_a_checkpoint_says_of_itself_holds_with_every_runtime():
    """Prompt, thinking and the case of texts, as tests/test_programs.py holds for transformers."""
    for runtime, checkpoint, task in CASES:
        code = snippet(checkpoint, task, RULEBASE, runtime=runtime.id, whole=True)
        fast = snippet(checkpoint, task, RULEBASE, runtime=runtime.id, whole=True, thinking=False)
        lowered = "text.lower() for" in code or ".toLowerCase()" in code
        if re.search(r"tokens\(texts[).]|def run\(", code):
            lower = checkpoint.text_case == "lower"
            assert lowered == lower, (runtime.id, checkpoint.id, task)
        if (prompt := checkpoint.prompts.get(task)) and not runtime.page:
            assert json.dumps(prompt, ensure_ascii=False) in code
        if checkpoint.thinks and runtime.server:
            assert "default=8192" in code
            assert ("default=8192" in fast) == (checkpoint.thinking_switch is None)
            if checkpoint.thinking_switch:
                assert f'{{"{checkpoint.thinking_switch}": False}}' in fast


def test_a_device_has_its_runtime_and_any_other_is_named(advisor):
    words = ("--task", "image-search", "--device", "browser")
    page = advisor("code", *words)
    assert page.out.startswith("<!--\n")
    assert "\nby: advisor code --task image-search --device browser\n" in page.out
    assert advisor("code", *words, "--runtime", "transformers.js").code == 0
    assert "import torch" in advisor("code", *words, "--runtime", "transformers").out
    document = advisor("code", *words, "--format", "json").json
    Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8"))).validate(document)
    assert document["runtime"] == "transformers.js"


@pytest.mark.parametrize(
    ("runtime", "device"), [("webgpu", "browser"), ("mlx", "mps"), ("onnx", None)]
)
def test_a_runtime_of_one_device_implies_it(advisor, runtime, device):
    written = advisor("code", "--task", "zero-shot-classification", "--runtime", runtime)
    implied = f" --device {device}" if device else ""
    head = "by: advisor code --task zero-shot-classification"
    assert f"{head}{implied} --runtime" in written.out
    other = advisor("code", "zero-shot-classification", "--device", "cpu", "--runtime", runtime)
    assert "--device cpu" in other.out


def test_what_does_not_run_on_the_device_says_so_and_names_the_nearest(advisor):
    written = advisor("code", VQA, "--task", "vqa", "--device", "phone")
    assert written.code == 0
    said = f"advisor has no program that runs {VQA} with transformers.js"
    assert said in written.err
    assert f"# {said}" in written.out
    nearest = f"nearest: `advisor code {VQA} --task vqa --device phone --runtime transformers`"
    assert f"{nearest} (or vllm, llama.cpp, mlx)" in written.err


@pytest.mark.parametrize(
    "words",
    [
        ("--task", "captioning", "--device", "browser"),
        ("--task", "ocr-line", "--device", "phone"),
        ("--task", "captioning", "--runtime", "onnx"),
        ("--task", "vqa", "--device", "gpu", "--memory-gb", "8", "--runtime", "vllm"),
    ],
    ids=" ".join,
)
def test_where_a_runtime_does_not_run_the_first_the_next_that_it_runs_is_written(advisor, words):
    """Of another family where the first has none; forms in fewer bits are those of transformers."""
    answers = words[:-2] if "--runtime" in words else words
    first = advisor("recommend", *answers, "-q").out.splitlines()[0]
    document = advisor("code", *words, "--format", "json")
    instead = RULEBASE.checkpoint(document.json["checkpoint"])
    runtime = next(each for each in OTHERS if each.label == document.json["runtime"])
    assert instead.id != first
    assert support(RULEBASE, runtime, instead, words[1]).answer == YES
    assert re.search(
        rf"{re.escape(first)}(:int8|:int4)? .*\. The program runs {instead.id} instead",
        document.err,
    )
    assert f"The program runs {instead.id} instead" in document.json["python"]


@pytest.mark.parametrize(
    ("words", "instead"),
    [
        ("image-search --language zh --device phone", "uses google/siglip"),
        (
            "alt-text --language en --device browser",
            "writes a program for transformers, and for captioning a program for transformers.js",
        ),
        ("ocr-page --device browser", "writes a program for transformers"),
        ("image-search --device browser", ""),
        ("image-search --language zh --device gpu", ""),
    ],
)
def test_the_answer_says_where_the_program_is_not_that_of_its_first_checkpoint(
    advisor, words, instead
):
    """On the page as on the whole one, and what it names is what is written."""
    flags = ["--task", *words.split()]
    written = advisor("code", *flags, "--format", "json").json
    for more in ([], ["-v"]):
        page = " ".join(advisor("recommend", *flags, *more).out.split())
        lacks = "advisor has no program that runs the first checkpoint with transformers.js"
        note = f"{lacks}; `advisor code` {instead}"
        assert (note in page) == bool(instead)
    if instead.startswith("uses"):
        assert f"uses {written['checkpoint']}" in page
    else:
        assert page.startswith(written["checkpoint"])


def test_the_command_of_what_runs_instead_keeps_the_time_that_bounds_the_answer():
    bounded = recommend(task="ocr-line", device="browser", num_items=100, within="50h")
    written = script(bounded)
    assert written.command.startswith("advisor code --task ocr-line ")
    assert written.command.endswith(" --within 50h")
    assert written.checkpoint != bounded.checkpoint


def test_towers_are_cut_out_of_the_exported_network_for_pages_that_keep_an_index(advisor):
    """A page that compares images alone loads no words."""
    for task, towers in (("image-search", ["vision", "text"]), ("similar-images", ["vision"])):
        page = advisor("code", CLIP, "--task", task, "--device", "browser").out
        assert re.findall(r"(\w+)_model\.onnx', \['", page) == towers
        assert re.findall(r'tower\("(\w+)_model"\)', page) == towers
    alone = advisor("code", "facebook/dinov2-base", "--task", "similar-images", "--device", "phone")
    assert "extract_model" not in alone.out
    assert alone.out.startswith("<!--")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((VQA, "--task", "vqa", "--runtime", "onnx"), "names no model type `qwen3_vl` for vqa"),
        ((CLIP, "--task", "image-search", "--runtime", "mlx"), "mlx-vlm 0.7.10 names no"),
        ((OPEN_CLIP, "--task", "image-search", "--runtime", "onnx"),
         "optimum-onnx 0.1.0 names no checkpoint of `open_clip` for image-search"),
        (("captioning", "--runtime", "tensorrt"), "unknown runtime `tensorrt`"),
        (("--task", "ocr-line", "--training", "fine-tune", "--runtime", "onnx"),
         "training programs use transformers and do not support onnx"),
    ],
)  # fmt: skip
def test_a_runtime_that_does_not_run_it_is_refused(advisor, words, said):
    refused = advisor("code", *words)
    assert (refused.code, refused.out) == (2, "")
    assert said in refused.err
    assert "hint: " in refused.err


def test_what_somebody_has_to_publish_first_is_said(advisor):
    written = advisor("code", VQA, "--task", "vqa", "--runtime", "ollama")
    assert written.code == 0
    assert "publish the model first (ollama (public source code), convert: " in written.err
    assert "#   ollama create " in written.out
    assert "advisor's tests did not run Ollama itself" in written.out


def test_the_commands_of_a_runtime_are_filled_in_and_torch_is_not_asked_for(advisor):
    written = advisor("code", CLIP, "--task", "zero-shot-classification", "--runtime", "onnx").out
    assert f"--model {CLIP} --task zero-shot-image-classification exported\n" in written
    assert '#   "onnxruntime>=' in written
    assert "torch" not in written.partition("# ///\n#")[2].partition("# pip")[0]
    trocr = "microsoft/trocr-base-handwritten"
    written = advisor("code", trocr, "--task", "handwriting", "--runtime", "onnx").out
    assert '#   "optimum-onnx[onnxruntime]>=' in written
    assert '#   "transformers' not in written  # the exporter pins its own


@pytest.mark.slow
def test_a_folder_of_rules_ends_no_comment_of_a_page(advisor, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    name = "--><script>alert(1)<"
    (tmp_path / name / "decisions").mkdir(parents=True)
    (tmp_path / name / "decisions" / "none.yaml").write_text("rules: []\n")
    words = ("code", "--task", "image-search", "--device", "browser", "--rules", name)
    page = advisor(*words).out
    assert page.count("-->") == 1
    assert "alert(1)" in page.partition("-->")[0]
    assert "alert(1)" not in page.partition("-->")[2]


def test_a_package_is_said_to_name_a_type_where_it_does():
    onnx = RULEBASE.runtimes["onnx"]
    found = support(RULEBASE, onnx, RULEBASE.checkpoint(CLIP), "image-search")
    assert found.answer == YES
    assert found.because.endswith("model_configs.py: CLIPOnnxConfig")
    open_clip = next(one for one in RULEBASE.checkpoints.values() if one.loader == "open_clip")
    assert not [case for case in CASES if case[1] is open_clip]


def commands_of(text):
    """Return the words of each command of advisor in a text, without its name."""
    return [shlex.split(words)[1:] for words in re.findall(r"`(advisor [^`]+)`", text)]


@pytest.mark.parametrize(
    ("id", "task", "flags"),
    [
        ("Qwen/Qwen3.5-0.8B", "captioning", ["--device", "browser"]),
        (CLIP, "zero-shot-classification", ["--runtime", "onnx"]),
    ],
)
def test_a_hint_keeps_the_device_and_the_runtime(advisor, id, task, flags):
    refused = advisor("code", id, *flags)
    ((*words, flag, value),) = commands_of(refused.err)
    assert words == ["code", id, "--task", task]
    assert [flag, value] == flags
    assert advisor(*words, *flags).code == 0


@pytest.mark.parametrize(
    "words", [["--task", "captioning", "--device", "browser"], ["--runtime", "onnx"]]
)
def test_what_a_runtime_does_not_run_names_two_commands_that_do(advisor, words):
    """Without a task too, where it runs the checkpoint for none."""
    nearest = commands_of(advisor("code", "Qwen/Qwen3.5-0.8B", *words).err)
    assert len(nearest) == 2
    assert [advisor(*each).code for each in nearest] == [0, 0]


@pytest.mark.slow
@pytest.mark.parametrize("runtime", [each.label for each in OTHERS])
def test_the_commands_of_a_refusal_write_a_program(advisor, runtime):
    """For the first checkpoint of each task, named and not."""
    refusals, ran = 0, set()
    for task in RULEBASE.tasks:
        picks = recommend(task=task.id).advice[0].selection.picks
        for name in ("", *(pick.checkpoint.id for pick in picks[:1])):
            refused = advisor(
                "code", *filter(None, [name]), "--task", task.id, "--runtime", runtime
            )
            if picks and refused.code:
                refusals += 1
                commands = commands_of(refused.err)
                assert commands, refused.err
                for words in commands:
                    if tuple(words) not in ran:
                        assert advisor(*words).code == 0, words
                        ran.add(tuple(words))
    assert refusals > 5
