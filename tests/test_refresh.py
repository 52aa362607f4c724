"""What the Hub says against the catalogue: compared purely, asked over loopback."""

import json

import pytest
from catalogue_refresh import HubFacts, ask_hub, compare, gate_closed, main
from small_hub import asked_on_loopback

from advisor.errors import AdvisorError

VQA = "Salesforce/blip-vqa-base"
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
def refresh(rulebase):
    """Ask about some checkpoints; return the exit code and what was found."""

    def call(*ids):
        done = ask_hub(rulebase, [rulebase.checkpoint(id) for id in ids])
        return done.exit_code, done

    return call


def test_what_changed_is_shown_field_by_field_with_the_date(hub, refresh, rulebase, capsys):
    hub.answers = dict(ANSWERS)
    code, done = refresh(VQA)
    assert code == 1
    (row,) = done.rows
    assert (row.status, row.last_modified) == ("changed", "2027-01-02")
    found = {change.field: (change.was, change.now) for change in row.changes}
    assert found["licence"] == (rulebase.checkpoint(VQA).licence, "mit")
    assert found["languages"] == (["en"], ["en", "zh"])
    assert found["hub_task"][1] == "visual-question-answering"
    capsys.readouterr()
    assert main([VQA]) == 1
    shown = capsys.readouterr()
    assert f"{VQA}: licence: bsd-3-clause -> mit" in shown.out
    assert f"[1/1] {VQA}" in shown.err


def test_nothing_changed_is_exit_0(hub, capsys):
    hub.answers = {VQA: {"id": VQA, "siblings": [], "tags": []}}
    assert main([VQA]) == 0
    assert capsys.readouterr().out == "1 checkpoints asked about, 0 of them not the same\n"


def test_a_repository_that_is_gone_is_a_change(hub, refresh):
    code, done = refresh(VQA)
    assert (code, done.rows[0].status) == (1, "missing")
    assert "or you have no access to it" in done.rows[0].message


@pytest.mark.parametrize(
    "refusal", [(401, {"X-Error-Code": "GatedRepo"}), (403, {"X-Error-Code": "GatedRepo"})]
)
def test_a_gate_is_told_apart_from_a_missing_repository(hub, refresh, refusal):
    hub.answers = {VQA: refusal}
    code, done = refresh(VQA)
    (row,) = done.rows
    assert code == 1
    assert [change[:3] for change in row.changes] == [("gated", False, True)]
    assert "gated" in row.message


def test_a_renamed_repository_is_followed_and_named(hub, refresh):
    hub.answers = {
        VQA: (307, {"Location": "/api/models/new/name"}),
        "new/name": {"id": "new/name", "siblings": [], "tags": []},
    }
    code, done = refresh(VQA)
    (change,) = done.rows[0].changes
    assert code == 1
    assert change[:3] == ("id", VQA, "new/name")


def test_a_short_wait_that_the_hub_asks_for_is_waited_once(hub, refresh, capsys):
    hub.answers = {VQA: {"id": VQA, "siblings": [], "tags": []}}
    hub.refusals = [(429, {"Retry-After": "0"})]
    code, _ = refresh(VQA)
    assert (code, len(hub.asked)) == (0, 2)
    assert "waiting" in capsys.readouterr().err


@pytest.mark.parametrize("headers", [{}, {"Retry-After": "86400"}, {"Retry-After": "soon"}])
def test_a_long_wait_stops_with_what_was_done_and_how_to_go_on(hub, rulebase, capsys, headers):
    ids = list(rulebase.checkpoints)[:3]
    hub.answers = {id: {"id": id, "siblings": [], "tags": []} for id in ids}
    hub.answers[ids[1]] = (429, headers)
    assert main(ids) == 2
    last = capsys.readouterr().out.splitlines()[-1]
    assert "the Hub limits the number of requests" in last
    assert last.endswith(f"go on with: {ids[1]} {ids[2]}")
    assert len(hub.asked) == 2


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
    code, done = refresh(VQA)
    (row,) = done.rows
    assert code in (1, 2)
    assert row.status in ("unread", "changed")
    assert {change.field for change in row.changes} <= {"gated"}


def test_a_broken_hub_is_unread_and_the_next_is_asked_all_the_same(hub, refresh, rulebase):
    ids = list(rulebase.checkpoints)[:2]
    hub.answers = {ids[0]: (500, {}), ids[1]: {"id": ids[1], "siblings": [], "tags": []}}
    code, done = refresh(*ids)
    assert code == 2
    assert [row.status for row in done.rows] == ["unread", "same"]


def test_a_hub_that_cannot_be_reached_stops_at_once(hub, refresh, rulebase, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    ids = list(rulebase.checkpoints)[:3]
    code, done = refresh(*ids)
    assert (code, done.rows, done.left) == (2, (), tuple(ids))
    assert "cannot be reached" in done.stopped


# -- refused -----------------------------------------------------------------------------------


def test_without_the_library_the_command_to_install_it_is_named(hub, refresh, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "huggingface_hub", None)
    with pytest.raises(AdvisorError) as caught:
        refresh(VQA)
    assert caught.value.hint == "pip install huggingface_hub"


def test_what_does_not_exist_is_refused_with_the_nearest_name(capsys):
    assert main(["blip-vqa-base"]) == 2
    assert f"Did you mean `{VQA}`" in capsys.readouterr().err
