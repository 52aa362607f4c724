"""`advisor try`: the demo checkpoints through the command line."""

from __future__ import annotations

import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("PIL")

from advisor.cli.main import run
from advisor.rulebase.store import load_rules

IMAGES = Path(__file__).parents[2] / "examples" / "images"
RED = str(IMAGES / "red-circle.png")


def trials(capsys, *arguments):
    code = run(["try", "--image", RED, "--repeat", "0", "--format", "json", *arguments])
    return code, json.loads(capsys.readouterr().out)


@pytest.mark.slow
def test_demo_gives_right_answers_side_by_side(capsys):
    code, answer = trials(capsys, "--demo", "--question", "what shape is in the image?")
    said = {
        (trial["checkpoint"], trial["task"]): trial["answers"][0]["text"]
        for trial in answer["trials"]
    }
    assert code == 0
    assert said["demo:clip", "zero-shot-classification"] == "a red circle"
    assert "red circle" in said["demo:vision-encoder-decoder", "captioning"]
    assert "red circle" in said["demo:blip", "captioning"]
    assert said["demo:blip", "vqa"] == "circle"
    assert {trial["family"] for trial in answer["trials"]} >= {"clip", "unified-vlp"}


def test_html_holds_image_and_answers_and_needs_nothing_else(capsys, tmp_path):
    page = tmp_path / "page.html"
    code, _ = trials(
        capsys, "--checkpoint", "demo:clip", "--task", "zero-shot-classification",
        "--labels", "a red circle,<b>a blue triangle</b>", "--output", f"html={page}",
    )  # fmt: skip
    assert code == 0
    addresses = []

    class Links(HTMLParser):
        def handle_starttag(self, tag, attrs):  # noqa: ARG002
            addresses.extend(value for name, value in attrs if name in ("src", "href"))

    text = page.read_text(encoding="utf-8")
    Links().feed(text)
    assert all(address.startswith("data:") for address in addresses)
    assert "a red circle" in text
    assert "<b>a blue" not in text


@pytest.mark.slow
def test_one_that_cannot_is_named_and_the_others_go_on(capsys):
    code, answer = trials(
        capsys, "--task", "captioning", "--checkpoint", "demo:blip", "--checkpoint", "demo:clip"
    )
    assert code == 0
    assert [trial["checkpoint"] for trial in answer["trials"]] == ["demo:blip"]
    assert [one["checkpoint"] for one in answer["refused"]] == ["demo:clip"]


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        (["--image", "nowhere.png", "--demo"], "not-found"),
        (["--image", RED], "usage"),
        (["--demo"], "usage"),
        (["--image", RED, "--task", "captionin", "--demo"], "unknown-task"),
        (["--image", RED, "--task", "captioning", "--offline"], "offline"),
        (["--image", RED, "--demo", "--checkpoint", "demo:clip"], "usage"),
        (["--image", RED, "--demo", "--task", "ocr-line"], "usage"),
        (["--image", RED, "--task", "captioning", "--revision", "v2"], "usage"),
        (["--image", RED, "--checkpoint", "demo:clip", "--template", "a photo"], "usage"),
        (["--image", RED, "--checkpoint", "demo:clip", "--vectors", "x.npy"], "usage"),
        (["--image", RED, "--checkpoint", "demo:clip", "--task", "image-search"],
         "missing-input"),
        (["--task", "deduplication", "--folder", str(IMAGES)], "usage"),
        (["--image", RED, "--checkpoint", "demo:clip", "--folder", "nowhere"], "unreadable-image"),
        (["--image", RED, "--task", "zero-shot-classification", "--checkpoint", "demo:clip"],
         "missing-input"),
    ],
)  # fmt: skip
def test_what_cannot_run_is_2_with_a_kind(capsys, arguments, kind, monkeypatch, tmp_path):
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    assert run(["try", *arguments, "--format", "json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["kind"] == kind


def test_nothing_is_downloaded_without_agreement(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    assert run(["try", "--image", RED, "--task", "captioning", "--format", "json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["kind"] == "not-downloaded"
    assert not list(tmp_path.rglob("*.safetensors"))


@pytest.fixture
def catalogued(tiny, hub, monkeypatch):
    """Tiny networks in the hub cache under ids of the catalogue."""
    for name, kind in (
        ("openai/clip-vit-base-patch32", "clip"),
        ("nlpconnect/vit-gpt2-image-captioning", "gpt2_captioner"),
        ("Salesforce/blip-image-captioning-base", "blip_captioner"),
        ("Salesforce/blip-vqa-base", "blip_answerer"),
        ("microsoft/git-base", "git"),
    ):
        hub(name, tiny(kind))
    return hub


@pytest.mark.slow
@pytest.mark.parametrize(
    ("id", "task"),
    [
        ("openai/clip-vit-base-patch32", "image-search"),
        ("Salesforce/blip-image-captioning-base", "captioning"),
    ],
)
def test_hours_of_this_machine_are_those_that_were_measured(
    capsys, catalogued, own_cache, id, task
):
    networks = {id: each.network for each in load_rules().workloads for id in each.checkpoints}

    def timed():
        asked = ["--device", "here", "--memory-gb", "16", "--num-items", "1000"]
        assert run(["recommend", "--task", task, *asked, "--format", "json"]) == 0
        found = json.loads(capsys.readouterr().out)["checkpoints"]
        return {each["id"]: each["hours"] for each in found if each["hours"]}

    assert {hours["machine"] for hours in timed().values()} == {"a CPU"}
    measuring = ["try", "--measure", "--offline", "--checkpoint", id, "--torch-device", "cpu"]
    assert run([*measuring, "--format", "json"]) == 0
    measured = json.loads(capsys.readouterr().out)
    assert measured["gflops"].keys() == {"plain"}
    assert (measured["weights_gb"] is not None) == (task == "captioning")
    after = timed()
    assert {networks[id] for id in after} > {"plain"}
    for id, hours in after.items():
        plain = networks[id] == "plain"
        assert hours["machine"] == ("this machine (measured)" if plain else "a CPU")
        assert (hours["low"] == pytest.approx(hours["high"])) == plain
    assert run(measuring) == 0
    assert re.search(r"plain networks +[\d,.]+ GFLOPS", capsys.readouterr().out)


def test_what_cannot_be_measured_is_refused(capsys, tiny):
    for words, reason in (
        ((), "one cataloged checkpoint"),
        (("--checkpoint", str(tiny("clip"))), "whose number of operations"),
    ):
        assert run(["try", "--measure", *words]) == 2
        assert reason in capsys.readouterr().err


@pytest.mark.slow
def test_several_checkpoints_run_side_by_side_on_the_terminal(capsys, catalogued):
    code = run(
        ["try", "--image", RED, "--task", "captioning", "--offline", "--repeat", "0",
         "--checkpoint", "Salesforce/blip-image-captioning-base",
         "--checkpoint", "nlpconnect/vit-gpt2-image-captioning"]
    )  # fmt: skip
    shown = capsys.readouterr().out
    assert code == 0
    assert "Side by side" in shown
    assert "Performance" in shown


def test_a_checkpoint_that_is_only_pre_trained_is_said_to_be(capsys, catalogued):
    _, answer = trials(
        capsys, "--checkpoint", "microsoft/git-base", "--task", "captioning", "--offline"
    )
    assert any("only pre-trained" in each for each in answer["trials"][0]["warnings"])


@pytest.mark.slow
def test_weights_that_stay_random_are_said_of_a_pre_trained_one_and_refused_else(
    capsys, catalogued, tiny, tmp_path
):
    from safetensors.torch import load_file, save_file

    shutil.copytree(tiny("git"), tmp_path / "cut")
    weights = load_file(tmp_path / "cut" / "model.safetensors")
    kept = {name: value for name, value in weights.items() if "visual_projection" not in name}
    save_file(kept, tmp_path / "cut" / "model.safetensors", metadata={"format": "pt"})
    code = run(["try", "--image", RED, "--checkpoint", str(tmp_path / "cut"), "--task",
                "captioning", "--format", "json"])  # fmt: skip
    assert code == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["kind"] == "weights-mismatch"
    assert "would be random" in error["message"]
    pinned = next(Path(tmp_path / "hub").glob("models--microsoft--git-base/snapshots/*"))
    shutil.copy(tmp_path / "cut" / "model.safetensors", pinned / "model.safetensors")
    _, answer = trials(
        capsys, "--checkpoint", "microsoft/git-base", "--task", "captioning", "--offline"
    )
    assert any("weights are random (git)" in each for each in answer["trials"][0]["warnings"])


@pytest.mark.slow
def test_weights_that_stay_unused_are_said(capsys, tiny, tmp_path):
    shutil.copytree(tiny("blip_answerer"), tmp_path / "both")
    from safetensors.torch import load_file, save_file

    path = tmp_path / "both" / "model.safetensors"
    weights = load_file(path)
    matcher = load_file(tiny("blip_matcher") / "model.safetensors")
    save_file({**matcher, **weights}, path, metadata={"format": "pt"})
    config = json.loads((tmp_path / "both" / "config.json").read_text())
    config["architectures"] = ["BlipForImageTextRetrieval"]
    (tmp_path / "both" / "config.json").write_text(json.dumps(config))
    _, answer = trials(
        capsys, "--checkpoint", str(tmp_path / "both"), "--task", "vqa", "--question", "a dog ?"
    )
    assert any("of its weights are unused" in each for each in answer["trials"][0]["warnings"])


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    shutil.copytree(IMAGES, folder)
    (folder / "broken.png").write_text("no image")
    return folder


@pytest.mark.slow
def test_a_folder_without_an_output_file_is_tried_by_its_first_image(capsys):
    run(["try", "--task", "captioning", "--checkpoint", "demo:blip", "--folder", str(IMAGES)])
    shown = capsys.readouterr()
    first = min(path.name for path in IMAGES.glob("*-*"))
    assert f"{first} is the first of " in shown.err
    assert first in shown.out


def test_a_text_search_ranks_a_folder_and_names_what_it_skipped(capsys, photos):
    code = run(["try", "--task", "image-search", "--checkpoint", "demo:clip", "--folder",
                str(photos), "--query", "a green rectangle", "--format", "json"])  # fmt: skip
    trial = json.loads(capsys.readouterr().out)["trials"][0]
    assert code == 0
    assert Path(trial["answers"][0]["text"]).name == "green-rectangle.png"
    assert len(trial["answers"]) == 4
    assert any("1 image was skipped" in w and "broken.png" in w for w in trial["warnings"])
    run(["try", "--task", "image-search", "--checkpoint", "demo:clip", "--folder", str(photos),
         "--query", "a green rectangle", "--top", "2"])  # fmt: skip
    shown = capsys.readouterr().out
    assert "and 2 more" in shown
    assert "blue-triangle.jpg" not in shown


def test_vectors_are_those_of_the_bare_network_in_the_order_of_the_names(capsys, photos, tmp_path):
    import numpy
    import torch
    import transformers
    from PIL import Image

    from advisor.trial import demo_checkpoints

    file = tmp_path / "out" / "vectors.npy"
    file.parent.mkdir()
    code = run(["try", "--task", "embeddings", "--checkpoint", "demo:clip", "--folder",
                str(photos), "--vectors", str(file)])  # fmt: skip
    assert code == 0
    assert "float32 array of 4 x 64" in capsys.readouterr().out
    names = json.loads((tmp_path / "out" / "vectors.npy.json").read_text())
    assert names == sorted(names)
    found = numpy.load(file)
    assert found.dtype == numpy.float32
    assert found.shape == (4, 64)
    folder = next(demo.folder for demo in demo_checkpoints() if demo.name == "clip")
    network = transformers.CLIPModel.from_pretrained(folder, dtype="auto").eval()  # in 16 bits
    processor = transformers.AutoProcessor.from_pretrained(folder)
    for row, name in zip(found, names, strict=True):
        with Image.open(name) as image:
            inputs = processor(images=image.convert("RGB"), return_tensors="pt")
        with torch.no_grad():
            vector = network.get_image_features(**inputs).pooler_output[0].float()
        assert row == pytest.approx((vector / vector.norm()).numpy(), abs=1e-4)
    assert sorted(path.name for path in file.parent.iterdir()) == [
        "vectors.npy", "vectors.npy.json",
    ]  # fmt: skip


@pytest.mark.slow
def test_vectors_that_cannot_be_written_are_said_so(capsys, photos, tmp_path):
    code = run(["try", "--task", "embeddings", "--checkpoint", "demo:clip", "--folder",
                str(photos), "--vectors", str(tmp_path / "no" / "v.npy"), "--format",
                "json"])  # fmt: skip
    assert code == 2
    assert json.loads(capsys.readouterr().out)["error"]["kind"] == "cannot-write"


@pytest.mark.parametrize("nameless", [".", "..", "/"])
def test_vectors_without_a_name_are_refused(capsys, nameless):
    code, answer = trials(capsys, "--task", "embeddings", "--checkpoint", "demo:clip", "--image",
                          RED, "--vectors", nameless)  # fmt: skip
    assert code == 2
    assert "is a folder" in answer["error"]["message"]


@pytest.mark.slow
def test_what_would_hide_something_is_written_out_in_html(capsys):
    labels = "a \x1b[31mred\u202e circle,<script>"
    code = run(["try", "--checkpoint", "demo:clip", "--image", RED, "--labels", labels,
                "--repeat", "0", "--format", "html"])  # fmt: skip
    out = capsys.readouterr().out
    assert code == 0
    assert r"a \x1b[31mred\u202e circle" in out
    assert "\x1b" not in out
    assert "&lt;script&gt;" in out


def test_other_code_may_try_with_plain_values():
    from advisor.rulebase.store import load_rules
    from advisor.trial import Loading
    from advisor.trial.attempt import ImageInputs, try_out
    from advisor.trial.candidate import CheckpointChoice

    choice = CheckpointChoice(checkpoints=["demo:blip"], task="captioning")
    results = try_out(load_rules(), choice, ImageInputs(image=RED), Loading(), repeat=0)
    assert "a red circle" in results.trials[0].answers[0].text
    assert results.trials[0].family == "unified-vlp"


LABELLED = ("--checkpoint", "demo:clip", "--task", "zero-shot-classification")


@pytest.mark.slow
def test_labels_are_always_parted_at_commas(capsys):
    code, answer = trials(capsys, *LABELLED, "--labels", "1,200,300")
    assert code == 0
    assert {one["text"] for one in answer["trials"][0]["answers"]} == {"1", "200", "300"}


@pytest.mark.parametrize(
    "template", ["{{}}", "{.foo}{}", "{[a]}{}", "{}{}", "none", "{:>999999999}", "{!r}", "{"]
)
def test_a_template_without_one_place_for_the_label_is_refused(capsys, template):
    code, answer = trials(capsys, *LABELLED, "--labels", "a,b", "--template", template)
    assert code == 2
    assert "must contain {} exactly once" in answer["error"]["message"]


def test_a_search_says_what_it_looks_for(capsys):
    code = run(["try", "--task", "image-search", "--checkpoint", "demo:clip",
                "--folder", str(IMAGES), "--format", "json"])  # fmt: skip
    assert code == 2
    assert "--query" in json.loads(capsys.readouterr().out)["error"]["hint"]


@pytest.mark.slow
def test_an_image_is_not_compared_with_itself_under_another_name(capsys, monkeypatch):
    monkeypatch.chdir(IMAGES.parent)
    code = run(["try", "--task", "similar-images", "--checkpoint", "demo:clip", "--image",
                f"./{IMAGES.name}/{Path(RED).name}", "--folder", IMAGES.name, "--repeat", "0",
                "--format", "json"])  # fmt: skip
    assert code == 0
    names = [a["text"] for a in json.loads(capsys.readouterr().out)["trials"][0]["answers"]]
    assert names
    assert not any(Path(name).name == Path(RED).name for name in names)


@pytest.mark.parametrize("wrong", [("--checkpoint", "x" * 300), ("--folder", "y" * 300)])
def test_a_path_that_no_system_takes_is_2(capsys, wrong):
    code, answer = trials(capsys, "--task", "captioning", *wrong)
    assert code == 2
    assert "too long" in answer["error"]["message"]


def test_the_task_that_no_runner_does_is_refused_before_anything_is_fetched(capsys):
    code, answer = trials(capsys, "--task", "phrase-grounding", "--download")
    assert code == 1
    assert answer["error"]["kind"] == "nothing-to-load"


def test_debug_shows_where_an_error_came_from(capsys, monkeypatch, tmp_path):
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    monkeypatch.setenv("ADVISOR_DEBUG", "1")
    assert run(["try", "--demo", "--image", str(tmp_path / "broken.png")]) == 2
    assert "Traceback" in capsys.readouterr().err


def test_what_is_no_utf_8_is_asked_of_a_checkpoint_as_it_is_shown(capsys):
    code, answer = trials(capsys, *LABELLED, "--labels", "caf\udce9,dog")
    assert code == 0
    assert {one["text"] for one in answer["trials"][0]["answers"]} == {r"caf\xe9", "dog"}
