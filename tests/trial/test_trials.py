"""Loading reports, placement, memory, and the trial's record."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from advisor.decide.command_lines import may_run, needs_of  # noqa: E402
from advisor.decide.memory import OVERHEAD_MB  # noqa: E402
from advisor.errors import AdvisorError  # noqa: E402
from advisor.rulebase.store import load_rules, shipped_rules  # noqa: E402
from advisor.trial import Request, Runner, load_runner, placement, run_trial, supported_tasks  # noqa: E402
from advisor.trial.loading import load_network  # noqa: E402
from advisor.trial.local_checkpoint import Weights, read_checkpoint  # noqa: E402
from advisor.trial.placement import Placement, place  # noqa: E402
from advisor.trial.runtime import (  # noqa: E402
    InferenceError,
    OutOfMemoryError,
    UnsupportedError,
)

Tiny = Callable[[str], Path]
CONTRACT = {
    "family", "checkpoint", "revision", "class", "task", "answers", "load_ms", "first_ms",
    "latency_ms", "device", "dtype", "warnings", "versions",
}  # fmt: skip


def test_a_trial_records_answers_and_cost(tiny: Tiny, image: Any) -> None:
    trial = run_trial(
        tiny("clip"),
        "zero-shot-classification",
        image,
        Request(texts=("a dog", "a cat")),
        family="some-family",
        repeat=2,
        device="cpu",
    )
    found = json.loads(json.dumps(trial.as_json()))
    assert set(found) == CONTRACT
    assert found["class"] == "CLIPModel"
    assert found["family"] == "some-family"
    assert found["dtype"] == "float32"
    assert len(found["answers"]) == 2
    assert set(found["answers"][0]) == {"text", "probability"}
    assert found["load_ms"] > 0
    assert found["latency_ms"] > 0
    assert found["versions"]["torch"] == str(torch.__version__)


@pytest.mark.slow
def test_the_same_input_gives_the_same_answer(tiny: Tiny, image: Any) -> None:
    trials = [
        run_trial(tiny("captioner"), "captioning", image, repeat=0, device="cpu", seed=seed)
        for seed in (1, 2)
    ]
    assert trials[0].answers == trials[1].answers


def test_warnings_of_image_and_answer_come_together(tiny: Tiny, tmp_path: Path) -> None:
    from PIL import Image

    path = tmp_path / "logo.png"
    Image.new("RGBA", (20, 20), (0, 0, 0, 0)).save(path)
    trial = run_trial(
        tiny("captioner"), "captioning", path, repeat=0, device="cpu", max_new_tokens=3
    )
    assert "filled with white" in trial.warnings[0]
    assert "cut after 3 tokens" in trial.warnings[1]


def test_missing_weights_are_refused_and_named(tiny: Tiny) -> None:
    with pytest.raises(InferenceError, match="text_encoder") as caught:
        load_runner(tiny("blip_captioner"), "vqa", device="cpu")
    assert "BlipForConditionalGeneration" in caught.value.message


def test_missing_weights_of_a_pretrained_checkpoint_are_a_warning(tiny: Tiny) -> None:
    runner = load_runner(tiny("vilt_matcher"), "vqa", device="cpu", pretrained_only=True)
    assert "weights are random (classifier)" in runner.warnings[0]
    runner = load_runner(tiny("blip_captioner"), "captioning", device="cpu", pretrained_only=True)
    assert "only pre-trained" in runner.warnings[0]


def test_weights_that_stay_unused_are_said(tiny: Tiny) -> None:
    runner = load_runner(tiny("blip_answerer"), "captioning", device="cpu")
    assert "saved from BlipForQuestionAnswering" in runner.warnings[0]
    assert "text_encoder" in runner.warnings[0]
    assert load_runner(tiny("blip_answerer"), "vqa", device="cpu").warnings == ()


def test_mismatched_shapes_are_refused(tiny: Tiny, tmp_path: Path) -> None:
    folder = tmp_path / "other"
    shutil.copytree(tiny("clip"), folder)
    config = json.loads((folder / "config.json").read_text())
    config["projection_dim"] = 12
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(InferenceError, match="projection"):
        load_runner(folder, "embeddings", device="cpu")


def test_an_unknown_type_is_unsupported(tiny: Tiny, tmp_path: Path) -> None:
    folder = tmp_path / "other"
    shutil.copytree(tiny("clip"), folder)
    config = json.loads((folder / "config.json").read_text())
    for model_type in ("bert", "brand-new"):
        (folder / "config.json").write_text(json.dumps({**config, "model_type": model_type}))
        with pytest.raises(UnsupportedError, match=f"`{model_type}`, and advisor has no runner"):
            load_runner(folder, "embeddings", device="cpu")


def test_a_class_that_is_not_installed_is_a_sentence(tiny: Tiny) -> None:
    local = read_checkpoint(tiny("clip"), "ours")
    with pytest.raises(UnsupportedError, match="has no class `CLIPModell`") as refused:
        load_network(local, "CLIPModell", place("cpu", None))
    assert "under `uses` in rules/programs/programs.yaml" in str(refused.value.hint)


@pytest.mark.parametrize(
    ("device", "dtype", "kind"),
    [
        ("tpu", None, "no-such-device"),
        ("cuda:99", None, "no-such-device"),
        ("cpu:1", None, "no-such-device"),
        ("cuda:\u00b2", None, "no-such-device"),
        ("cpu:" + "9" * 5_000, None, "no-such-device"),
        ("cpu", "int8", "unknown-dtype"),
    ],
)
def test_devices_and_precisions_that_do_not_exist(
    device: str, dtype: str | None, kind: str
) -> None:
    with pytest.raises(AdvisorError) as caught:
        place(device, dtype)
    assert caught.value.kind == kind


def test_a_cpu_computes_in_what_the_file_holds(tiny: Tiny, tmp_path: Path) -> None:
    network = transformers.CLIPModel.from_pretrained(tiny("clip"))
    shutil.copytree(tiny("clip"), tmp_path / "half")
    network.half().save_pretrained(tmp_path / "half")
    runner = load_runner(tmp_path / "half", "embeddings", device="cpu")
    assert runner.checkpoint.weights.dtype == "float16"
    assert next(runner.network.parameters()).dtype is torch.float16


def test_the_estimate_follows_its_formula() -> None:
    cpu = Placement(device="cpu", dtype="float32")
    same = Weights(parameters=2**20 * 100, stored_bytes=4 * 2**20 * 100, dtype="float32")
    half = Weights(parameters=2**20 * 100, stored_bytes=2 * 2**20 * 100, dtype="float16")
    assert placement.estimated_mb(same, cpu) == OVERHEAD_MB + 400
    assert placement.estimated_mb(half, cpu) == OVERHEAD_MB + 400 + 200
    assert placement.estimated_mb(half, Placement(device="cuda", dtype="float16")) == 200


def test_what_does_not_fit_is_refused_before_loading(
    tiny: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(placement, "available_mb", lambda _: 0.01)
    with pytest.raises(OutOfMemoryError, match="GB are free") as caught:
        load_runner(tiny("clip"), "embeddings", device="cpu")
    assert caught.value.hint == "try --dtype bfloat16"


def test_memory_that_runs_out_on_the_way_is_out_of_memory(
    tiny: Tiny, image: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner = load_runner(tiny("clip"), "embeddings", device="cpu")
    for error in (MemoryError(), RuntimeError("DefaultCPUAllocator: can't allocate memory")):

        def fail(*arguments: Any, raised: Exception = error) -> None:
            raise raised

        monkeypatch.setattr(runner, "respond", fail)
        with pytest.raises(OutOfMemoryError, match="used up the memory"):
            runner.run(image)


def test_importing_the_package_imports_no_heavy_library() -> None:
    code = (
        "import sys, advisor.trial, advisor.trial.runtime\n"
        "heavy = {'torch', 'transformers', 'PIL', 'numpy', 'huggingface_hub'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
        "from advisor.trial import Request, demo_checkpoints, compose, finetune, run_trial\n"
        "heavy = {'torch', 'transformers', 'PIL', 'numpy', 'huggingface_hub'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=300)


def test_a_missing_library_is_a_sentence_with_the_command() -> None:
    code = (
        "import sys\n"
        "sys.modules['torch'] = None\n"
        "from advisor.trial import load_runner\n"
        "from advisor.errors import MissingExtraError\n"
        "try:\n"
        "    load_runner('x/y', 'captioning')\n"
        "except MissingExtraError as error:\n"
        "    assert error.exit_code == 2 and '[try]' in error.hint and 'torch' in error.message\n"
        "else:\n"
        "    raise SystemExit('nothing was raised')\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=300)


def test_the_table_names_classes_and_modules_that_exist() -> None:
    from advisor.trial.runner import runner_class
    from advisor.trial.runtime import network_class

    for use in load_rules().uses:
        assert issubclass(runner_class(use), Runner), use.id
        for name in use.loads.values():
            assert network_class(name) is not None, name


USES = """
uses:
  - id: our-encoder
    runner: contrastive.Contrastive
    acts: [label, embed]
    loads: {our-clip: CLIPModel}
  - id: nobody-calls-it
    runner: contrastive.Nobody
    acts: [label]
    loads: {other-clip: CLIPModel}
"""


def test_a_checkpoint_whose_prompt_is_fixed_needs_no_question() -> None:
    rulebase = load_rules()
    reader = rulebase.checkpoint("PaddlePaddle/PaddleOCR-VL-1.5")
    assert needs_of(rulebase, "chart-reading") == ("question",)
    assert needs_of(rulebase, "chart-reading", reader) == ()


@pytest.mark.slow
def test_a_line_of_the_table_adds_a_type_that_can_be_run(
    tiny: Tiny, image: Any, tmp_path: Path
) -> None:
    rules = shutil.copytree(shipped_rules(), tmp_path / "rules")
    (rules / "programs" / "ours.yaml").write_text(USES)
    rulebase = load_rules(rules)
    ours = rulebase.checkpoint("openai/clip-vit-base-patch32")._replace(model_type="our-clip")
    assert needs_of(rulebase, "zero-shot-classification", ours) == ("labels",)
    assert not may_run(rulebase, "our-clip", "captioning")
    assert may_run(rulebase, None, "captioning")
    checkpoint = replace(read_checkpoint(tiny("clip"), "ours"), config={"model_type": "our-clip"})
    assert supported_tasks(checkpoint, rulebase)[0] == "zero-shot-classification"
    runner = load_runner(checkpoint, "embeddings", rulebase=rulebase, device="cpu")
    assert runner.run(image).answers[0].vector
    checkpoint = replace(checkpoint, config={"model_type": "other-clip"})
    with pytest.raises(UnsupportedError, match=r"contrastive\.Nobody"):
        load_runner(checkpoint, "content-moderation", rulebase=rulebase, device="cpu")


@pytest.mark.parametrize("own", [None, "active"])
def test_threads_of_torch_sleep_while_they_wait_unless_the_user_says_otherwise(monkeypatch, own):
    from advisor.trial.runtime import library

    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    if own:
        monkeypatch.setenv("OMP_WAIT_POLICY", own)
    library("torch")
    assert os.environ["OMP_WAIT_POLICY"] == (own or "passive")
