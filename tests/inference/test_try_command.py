"""`advisor try`: the demo checkpoints through the command line."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("PIL")

from advisor.cli.main import run

PICTURES = Path(__file__).parents[2] / "examples" / "images"
RED = str(PICTURES / "red-circle.png")


def trials(capsys, *arguments):
    code = run(["try", "--image", RED, "--repeat", "0", "--format", "json", *arguments])
    return code, json.loads(capsys.readouterr().out)


def test_demo_gives_right_answers_side_by_side(capsys):
    code, answer = trials(capsys, "--demo", "--question", "what shape is in the picture?")
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


def test_html_holds_picture_and_answers_and_needs_nothing_else(capsys, tmp_path):
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
