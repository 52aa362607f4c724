"""What the Hub says against the catalogue: compared purely, asked over loopback."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from small_hub import asked_on_loopback

from advisor.catalogue.hub_facts import HubFacts
from advisor.catalogue.refresh import compare, gate_closed, only
from advisor.cli.main import run
from advisor.rulebase.store import load_rules

VQA = "Salesforce/blip-vqa-base"
SCHEMA = Draft202012Validator(
    json.loads(
        (Path(__file__).parent.parent / "docs/schema/refresh.schema.json").read_text("utf-8")
    )
)
SHA = "0123456789abcdef0123456789abcdef01234567"


def silent(id=VQA, **facts):
    """The Hub's facts, of which all that is not given is unknown."""
    return HubFacts(**{**dict.fromkeys(HubFacts._fields), "id": id, **facts})


def changes(rulebase, **facts):
    row = compare(rulebase, rulebase.checkpoint(VQA), silent(**facts))
    return {change.field: (change.was, change.now) for change in row.changes}


# -- compared ----------------------------------------------------------------------------------


def test_what_the_hub_is_silent_about_never_replaces_what_is_known(rulebase):
    for checkpoint in rulebase.checkpoints.values():
        assert compare(rulebase, checkpoint, silent(checkpoint.id)).changes == ()


def test_the_same_fact_in_other_words_is_no_change(rulebase):
    known = rulebase.checkpoint(VQA)
    close = known.parameters_millions * 1.005
    assert changes(rulebase, licence=known.licence.upper(), parameters_millions=close) == {}
    short = known._replace(revision=SHA[:8], languages=["de", "en"])
    assert compare(rulebase, short, silent(revision=SHA, languages=("en", "de"))).status == "same"


def test_each_field_that_differs_is_named_with_both_values(rulebase):
    known = rulebase.checkpoint(VQA)
    found = changes(
        rulebase,
        gated=True,
        revision=SHA,
        last_modified="2027-01-02",
        parameters_millions=999.0,
        hub_task="visual-question-answering",
        languages=["en", "de"],
    )
    assert found["gated"] == (False, True)
    assert found["revision"] == (known.revision, SHA)
    assert found["parameters_millions"] == (known.parameters_millions, 999.0)
    assert found["languages"] == (["en"], ["en", "de"])
    assert found["last_modified"][1] == "2027-01-02"
    assert found["hub_task"][1] == "visual-question-answering"


def test_another_licence_leaves_commercial_use_unverified_until_somebody_judges_it(rulebase):
    found = changes(rulebase, licence="some-new-licence")
    assert found["licence"] == ("bsd-3-clause", "some-new-licence")
    assert found["commercial_use"] == ("permitted", None)


def test_a_new_name_is_for_a_person_to_write(rulebase):
    row = compare(rulebase, rulebase.checkpoint(VQA), silent("new/name"))
    assert [(change.field, change.now) for change in row.changes] == [("id", "new/name")]
    assert "by hand" in row.changes[0].note


def test_a_closed_gate_is_news_only_where_it_was_open(rulebase):
    open_one = rulebase.checkpoint(VQA)
    assert gate_closed(open_one).status == "changed"
    assert gate_closed(open_one._replace(gated=True)).status == "unread"


def test_only_the_fields_asked_for_count(rulebase):
    row = compare(rulebase, rulebase.checkpoint(VQA), silent(gated=True, revision=SHA))
    assert [change.field for change in only(row, ("gated",)).changes] == ["gated"]
    assert only(row, ("licence",)).status == "same"


# -- asked over loopback -----------------------------------------------------------------------

ANSWERS = {
    VQA: {
        "id": VQA,
        "sha": SHA,
        "lastModified": "2027-01-02T03:04:05.000Z",
        "gated": False,
        "pipeline_tag": "visual-question-answering",
        "safetensors": {"parameters": {"F32": 384672572}, "total": 384672572},
        "cardData": {"license": "mit", "language": ["en", "zh-TW"]},
        "siblings": [],
        "tags": [],
    }
}


@pytest.fixture
def hub(monkeypatch, tmp_path):
    yield from asked_on_loopback(monkeypatch, tmp_path)


@pytest.fixture
def refresh(capsys):
    """Run the command; return its exit code, JSON document and stderr."""

    def call(*arguments):
        capsys.readouterr()
        code = run(["catalogue", "refresh", *map(str, arguments), "--format", "json"])
        said = capsys.readouterr()
        told = json.loads(said.out)
        SCHEMA.validate(told) if "error" not in told else None
        return code, told, said.err

    return call


def test_what_changed_is_shown_field_by_field_with_the_date(hub, refresh, rulebase, capsys):
    hub.answers = dict(ANSWERS)
    code, told, said = refresh(VQA)
    assert code == 1
    (row,) = told["checkpoints"]
    assert (row["status"], row["last_modified"]) == ("changed", "2027-01-02")
    found = {change["field"]: (change["was"], change["now"]) for change in row["changes"]}
    assert found["licence"] == (rulebase.checkpoint(VQA).licence, "mit")
    assert found["languages"] == (["en"], ["en", "zh"])
    assert found["hub_task"][1] == "visual-question-answering"
    assert f"[1/1] {VQA}" in said
    assert run(["catalogue", "refresh", VQA]) == 1
    page = capsys.readouterr().out
    assert "licence: bsd-3-clause → mit" in page
    assert "last changed on the Hub 2027-01-02" in page


def test_nothing_changed_is_exit_0(hub, refresh):
    hub.answers = {VQA: {"id": VQA, "siblings": [], "tags": []}}
    code, told, _ = refresh(VQA)
    assert (code, told["counts"]["same"]) == (0, 1)
    hub.answers = dict(ANSWERS)
    assert refresh(VQA, "--only", "gated")[0] == 0


def test_a_repository_that_is_gone_is_a_change(hub, refresh):
    code, told, _ = refresh(VQA)
    assert (code, told["checkpoints"][0]["status"]) == (1, "missing")
    assert "not for you to see" in told["checkpoints"][0]["message"]


@pytest.mark.parametrize(
    "refusal", [(401, {"X-Error-Code": "GatedRepo"}), (403, {"X-Error-Code": "GatedRepo"})]
)
def test_a_gate_is_told_apart_from_a_missing_repository(hub, refresh, refusal):
    hub.answers = {VQA: refusal}
    code, told, _ = refresh(VQA)
    (row,) = told["checkpoints"]
    assert code == 1
    assert row["changes"] == [{"field": "gated", "was": False, "now": True}]
    assert "gated" in row["message"]


def test_a_renamed_repository_is_followed_and_named(hub, refresh):
    hub.answers = {
        VQA: (307, {"Location": "/api/models/new/name"}),
        "new/name": {"id": "new/name", "siblings": [], "tags": []},
    }
    code, told, _ = refresh(VQA)
    (change,) = told["checkpoints"][0]["changes"]
    assert code == 1
    assert (change["field"], change["was"], change["now"]) == ("id", VQA, "new/name")


def test_a_short_wait_that_the_hub_asks_for_is_waited_once(hub, refresh):
    hub.answers = {VQA: {"id": VQA, "siblings": [], "tags": []}}
    hub.refusals = [(429, {"Retry-After": "0"})]
    code, told, said = refresh(VQA)
    assert (code, told["counts"]["same"], len(hub.asked)) == (0, 1, 2)
    assert "waiting" in said


@pytest.mark.parametrize("headers", [{}, {"Retry-After": "86400"}, {"Retry-After": "soon"}])
def test_a_long_wait_stops_with_what_was_done_and_how_to_go_on(hub, refresh, headers):
    ids = list(load_rules().checkpoints)[:3]
    hub.answers = {id: {"id": id, "siblings": [], "tags": []} for id in ids}
    hub.answers[ids[1]] = (429, headers)
    code, told, _ = refresh(*ids)
    assert (code, [row["id"] for row in told["checkpoints"]]) == (2, ids[:1])
    assert told["left"] == ids[1:]
    assert told["resume"] == f"advisor catalogue refresh {ids[1]} {ids[2]}"
    assert "slow down" in told["stopped"]
    assert len(hub.asked) == 2


def test_the_whole_catalogue_goes_on_after_the_last_one(hub, refresh):
    ids = list(load_rules().checkpoints)
    hub.answers = {id: {"id": id, "siblings": [], "tags": []} for id in ids[-2:]}
    code, told, _ = refresh("--after", ids[-3])
    assert (code, [row["id"] for row in told["checkpoints"]]) == (0, ids[-2:])
    hub.answers[ids[-1]] = (429, {})
    _, told, _ = refresh("--after", ids[-3], "--only", "gated")
    assert told["resume"] == f"advisor catalogue refresh --after {ids[-2]} --only gated"


HOSTILE = {
    "no JSON": b"<html>",
    "a list": b"[]",
    "nothing": b"",
    "no id": b"{}",
    "odd types": json.dumps(
        {
            "id": VQA,
            "sha": 7,
            "gated": "manual",
            "pipeline_tag": "\x1b[31m",
            "cardData": {"license": ["mit", 3], "language": {"a": 1}},
            "safetensors": {"parameters": {}, "total": -1},
            "siblings": [],
            "tags": [],
        }
    ).encode(),
    "a bad date": json.dumps({"id": VQA, "lastModified": "soon", "siblings": []}).encode(),
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_answer_is_a_sentence_or_leaves_fields_alone(hub, refresh, body):
    hub.answers = {VQA: (200, {}, body)}
    code, told, _ = refresh(VQA)
    (row,) = told["checkpoints"]
    assert code in (1, 2)
    assert row["status"] in ("unread", "changed")
    assert {change["field"] for change in row["changes"]} <= {"gated"}


def test_a_broken_hub_is_unread_and_the_next_is_asked_all_the_same(hub, refresh):
    ids = list(load_rules().checkpoints)[:2]
    hub.answers = {ids[0]: (500, {}), ids[1]: {"id": ids[1], "siblings": [], "tags": []}}
    code, told, _ = refresh(*ids)
    assert code == 2
    assert [row["status"] for row in told["checkpoints"]] == ["unread", "same"]


def test_a_hub_that_cannot_be_reached_stops_at_once(hub, refresh, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    ids = list(load_rules().checkpoints)[:3]
    code, told, _ = refresh(*ids)
    assert (code, told["checkpoints"], told["left"]) == (2, [], ids)
    assert "cannot be reached" in told["stopped"]


# -- refused -----------------------------------------------------------------------------------


def test_offline_is_refused_before_anything_is_asked(refresh, monkeypatch):
    assert refresh(VQA, "--offline")[1]["error"]["kind"] == "offline"
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    code, told, _ = refresh(VQA)
    assert (code, told["error"]["kind"]) == (2, "offline")


def test_without_the_library_the_command_to_install_it_is_named(refresh, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "huggingface_hub", None)
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    code, told, _ = refresh(VQA)
    assert (code, told["error"]["kind"]) == (2, "extra-not-installed")
    assert told["error"]["hint"] == "pip install huggingface_hub"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["blip-vqa-base"], f"did you mean `{VQA}`"),
        ([VQA, "--only", "license"], "did you mean `licence`"),
        ([VQA, "--after", "openai/clip-vit-base-patch32"], "not among"),
    ],
)
def test_what_does_not_exist_is_refused_with_the_nearest_name(refresh, arguments, said):
    code, told, _ = refresh(*arguments)
    assert code == 2
    assert said in told["error"]["message"]
