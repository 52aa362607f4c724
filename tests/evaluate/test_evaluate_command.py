"""`advisor evaluate` on the command line: what it prints, refuses and returns."""

from __future__ import annotations

import shlex
import sqlite3
import sys
from itertools import chain

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

from advisor.evaluate.lineup import named_candidates
from advisor.evaluate.options import Addresses
from advisor.rulebase.store import load_rules
from advisor.trial.contrastive import Contrastive


@pytest.mark.slow
def test_the_answer_is_one_document_that_the_next_call_repeats(said, shapes, tmp_path):
    arguments = (shapes(27), "--candidate", "demo:clip", "--candidate", "again=demo:clip",
                 "--format", "json", "--output", f"junit={tmp_path / 'x.xml'}")  # fmt: skip
    first = said(*arguments)
    assert first.code == 0
    found = first.json
    assert [each["candidate"] for each in found["results"]] == ["demo:clip", "again"]
    one, other = (each["metrics"] for each in found["results"])
    assert one == other
    accuracy = one["accuracy"]
    assert accuracy["interval"][0] <= accuracy["value"] <= accuracy["interval"][1]
    assert accuracy["n"] == 27
    (pair,) = (each for each in found["comparisons"] if each["metric"] == "accuracy")
    assert (pair["difference"], pair["interval"], pair["p"]) == (0, [0, 0], 1)
    assert found["data"]["task"] == load_rules().acts["label"].tasks[0]
    assert "inferred task" in first.err
    assert (tmp_path / "x.xml").read_text().startswith("<?xml")
    with sqlite3.connect(next((tmp_path / "cache").rglob("evaluation.sqlite"))) as kept:
        kept.execute("UPDATE run SET manifest = replace(manifest, ?, '2026-01-02')",
                     (found["settings"]["began"],))  # fmt: skip
    kept.close()
    again = said(*arguments, "--price-per-hour", "3.6").json
    assert found.pop("timings")
    again.pop("timings")
    assert again["settings"].pop("price_per_hour") == 3.6
    assert again["settings"].pop("began") == "2026-01-02", "the day on which it began stays"
    assert found["settings"].pop("began")
    assert again == found
    assert said(*arguments, "--fresh").json["settings"]["began"] != "2026-01-02"


@pytest.mark.slow
def test_the_command_that_it_prints_makes_the_same_run(said, shapes):
    made = said(shapes(9), "--candidate", "demo:clip", "--limit", "5", "--seed", "3",
                "--template", "a photo of {}", "--format", "json").json  # fmt: skip
    words = shlex.split(made["settings"]["command"])
    assert words[:2] == ["advisor", "evaluate"]
    again = said(*words[2:], "--format", "json").json
    assert again["settings"] == made["settings"]
    assert again["results"] == made["results"]


@pytest.mark.slow
def test_thresholds_decide_the_exit_code(said, shapes):
    data = (shapes(27), "--candidate", "demo:clip")
    assert said(*data, "--fail-under", "accuracy=0.2").code == 0
    assert said(*data, "--fail-under", "accuracy=1.01").code == 1


def test_a_candidate_that_cannot_run_is_exit_2_with_the_others_shown(said, shapes):
    found = said(shapes(9), "--candidate", "demo:clip", "--candidate", "org/nobody-knows",
                 "--offline", "--format", "json")  # fmt: skip
    assert found.code == 2
    assert [each["candidate"] for each in found.json["results"]] == ["demo:clip"]
    assert "org/nobody-knows" in found.err
    alone = said(shapes(9), "--candidate", "org/nobody-knows", "--format", "json", "--offline")
    assert (alone.code, alone.json["error"]["kind"]) == (2, "offline")


REFUSED = [
    (("--demo", "--candidate", "demo:clip"), "do not go together"),
    (("--demo", "--workers", "2"), "`--workers` works only with `--ray`"),
    (("--demo", "--fail-under", "accuracy"), "accuracy"),
    (("--demo", "--baseline", "gone.json"), "gone.json"),
    (("--demo", "--priority", "macro-f1,acuracy"), "Did you mean `accuracy`?"),
    (("--demo", "--task", "no-such-task"), "unknown"),
    (("--demo", "--task", "deduplication"), "cannot be evaluated"),
    (("--demo", "--task", "captioning"), "cannot be used to evaluate `captioning`"),
    (("--demo", "--image-folder", "gone"), "is not a folder"),
    (("--demo", "--task", "video-captioning"), "needs the frames of a clip"),
    (("--demo", "--limit", "-1"), "limit"),
    (("--demo", "--confident"), "`--confident` needs a threshold"),
    (("--demo", "--template", "{} or {x}"), "must contain {} exactly once"),
    (("--demo", "--run", __file__), "is a file"),
    (("--candidate", "x=demo:clip", "--candidate", "x=demo:blip"), "two candidates have the name"),
    (("--candidate", "demo:clip", "--candidate", "demo:clip"), "two candidates have the name"),
    (("--candidate", "demo:nothing"), "the demo checkpoint"),
    (("--candidate", "baseline:knnn"), "Did you mean `knn`?"),
]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(*one, marks=() if place % 4 == 0 else pytest.mark.slow)
        for place, one in enumerate(REFUSED)
    ],
)
def test_what_makes_no_sense_is_refused(said, shapes, arguments, message):
    found = said(shapes(9), *arguments, "--format", "json")
    assert found.code == 2
    assert message in found.json["error"]["message"] + found.err


@pytest.mark.parametrize(("extra", "arguments"), [("ray", ("--ray",)), ("arrow", ())])
def test_a_missing_extra_is_named(said, shapes, tmp_path, monkeypatch, extra, arguments):
    monkeypatch.setitem(sys.modules, "ray", None)
    monkeypatch.setitem(sys.modules, "datasets", None)
    data = shapes(9)
    if extra == "arrow":
        data = tmp_path / "saved"
        data.mkdir()
        (data / "state.json").write_text("{}")
    found = said(data, "--candidate", "demo:clip", *arguments)
    assert found.code == 2
    assert f"[{extra}]" in found.err


def test_an_address_may_follow_ray_and_nothing_else_is_taken_for_one():
    addresses = Addresses()
    for word in ("auto", "local", "10.0.0.1:6379", "ray://head:10001", "head-node:6379"):
        assert word in addresses
    for word in ("photos", "./photos", "data.csv", "--demo", "", "a b:1", "c:"):
        assert word not in addresses


def test_candidates_are_named_as_people_write_them(tmp_path):
    (tmp_path / "a=b").mkdir()
    rules = load_rules()
    named = [
        "openai/clip-vit-base-patch32", "openai/clip-vit-base-patch32@abc123",
        "small=openai/clip-vit-base-patch32@refs/pr/3", str(tmp_path / "a=b"), "demo:clip",
    ]  # fmt: skip
    found = named_candidates(rules, named)
    assert [(each.name, each.checkpoint, each.revision) for each in found[1:3]] == [
        (named[1], "openai/clip-vit-base-patch32", "abc123"),
        ("small", "openai/clip-vit-base-patch32", "refs/pr/3"),
    ]
    assert found[0].family == found[4].family == "clip"
    assert found[3].checkpoint == str(tmp_path / "a=b")
    assert found[4].name == "demo:clip"


def test_a_form_in_fewer_bits_is_its_checkpoint_quantized():
    rules = load_rules()
    form = next(each for each in rules.forms.values() if each.bits == "4")
    for given, name in ((form.id, form.id), (f"small={form.id}", "small")):
        (found,) = named_candidates(rules, [given])
        assert (found.name, found.checkpoint, found.dtype) == (name, form.hub_id, "4-bit")
        assert found.family == form.family
    (found,) = named_candidates(rules, [f"{form.id}@abc123"])
    assert (found.checkpoint, found.revision, found.dtype) == (form.hub_id, "abc123", "4-bit")
    (whole,) = named_candidates(rules, [form.hub_id])
    assert (whole.checkpoint, whole.dtype) == (form.hub_id, "")


@pytest.mark.slow
def test_baselines_are_candidates_and_vectors_are_encoded_once(said, shapes, monkeypatch):
    seen: list[int] = []
    plain = Contrastive.image_vectors
    monkeypatch.setattr(
        Contrastive,
        "image_vectors",
        lambda self, images: seen.append(len(images)) or plain(self, images),
    )
    named = ("knn", "random", "probe", "commonest", "majority")
    kinds = [("--candidate", f"baseline:{kind}") for kind in named]
    data = (shapes(63), "--candidate", "demo:clip")
    said(*data)
    first, seen[:] = sum(seen), []
    found = said(*data, *chain.from_iterable(kinds), "--format", "json").json
    assert first <= 63
    assert seen == [], "both baselines, and the labels, are of the vectors that are there"
    assert [one["candidate"] for one in found["results"]] == [
        "demo:clip", "baseline:knn on demo:clip", "baseline:random",
        "baseline:probe on demo:clip", "baseline:commonest", "baseline:majority",
    ]  # fmt: skip
    reached = {one["baseline"]: one["metrics"]["accuracy"]["value"] for one in found["results"]}
    assert reached["probe"] > 0.8 > reached["random"]
    assert {one["baseline"] for one in found["results"][-2:]} == {"commonest"}
    assert said(*shlex.split(found["settings"]["command"])[2:], "--format", "json").json == found


def test_a_baseline_without_vectors_says_what_it_needs(said, shapes):
    found = said(shapes(9), "--candidate", "baseline:probe", "--format", "json")
    assert found.code == 2
    assert "needs the embeddings of a dual encoder, and no" in found.err
