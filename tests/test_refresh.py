"""What the Hub says against the catalogue: compared purely, asked over loopback, written back."""

import json
import re
import shutil
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from small_hub import asked_on_loopback

from advisor.catalogue.hub_facts import HubFacts
from advisor.catalogue.knowledge import KEYS
from advisor.catalogue.refresh import compare, gate_closed, only
from advisor.catalogue.rewrite import REMOVED, dumped, rewrite
from advisor.catalogue.updates import written_files
from advisor.cli.main import run
from advisor.errors import AdvisorError
from advisor.model import Checkpoint
from advisor.model.columns import record
from advisor.reader.document import read_text
from advisor.rulebase.store import load_rules, shipped_rules

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
    assert [(change.field, change.by_hand) for change in row.changes] == [("id", True)]


def test_a_closed_gate_is_news_only_where_it_was_open(rulebase):
    open_one = rulebase.checkpoint(VQA)
    assert gate_closed(open_one).status == "changed"
    assert gate_closed(open_one._replace(gated=True)).status == "unread"


def test_only_the_fields_asked_for_count(rulebase):
    row = compare(rulebase, rulebase.checkpoint(VQA), silent(gated=True, revision=SHA))
    assert [change.field for change in only(row, ("gated",)).changes] == ["gated"]
    assert only(row, ("licence",)).status == "same"


# -- rewritten ---------------------------------------------------------------------------------

TEXT = """\
# of a file
checkpoints:
  # of the first
  - id: org/a   # its id
    licence: mit  # of the licence
    languages:
      - en   # gone with its list
    # before gated
    gated: false
    prompt: >-
      a folded
      text
    sources:
      licence: [x]
    checked: "2026-11"

  # of the second
  - id: org/b
    checked: "2026-11"
"""
ORDER = ("id", "languages", "licence", "gated", "revision", "prompt", "sources", "checked")


def first(*path):
    return ("checkpoints", 0, *path)


def test_a_value_that_is_set_already_stays_as_it_is_written():
    text = TEXT.replace("licence: mit", "licence: 'mit'")
    same = {first("licence"): "mit", first("sources", "gated"): REMOVED}
    assert rewrite(text, "f", same, ORDER) == text


def test_a_value_changes_and_every_comment_around_it_stays():
    changed = rewrite(TEXT, "f", {first("licence"): "apache-2.0"}, ORDER)
    assert changed == TEXT.replace("licence: mit", "licence: apache-2.0")


def test_new_keys_come_in_their_order_and_removed_ones_go():
    edits = {
        first("revision"): "1234567890",
        first("sources", "revision"): ["y"],
        first("prompt"): REMOVED,
        first("languages"): ["en", "zh"],
        ("checkpoints", 1, "gated"): True,
    }
    changed = rewrite(TEXT, "f", edits, ORDER)
    one, two = yaml.safe_load(changed)["checkpoints"]
    assert list(one) == ["id", "licence", "languages", "gated", "revision", "sources", "checked"]
    assert one["revision"] == "1234567890"
    assert one["sources"] == {"licence": ["x"], "revision": ["y"]}
    assert list(two) == ["id", "gated", "checked"]
    for comment in ("of a file", "of the first", "its id", "of the licence", "before gated"):
        assert f"# {comment}" in changed


@pytest.mark.parametrize(
    "text",
    [
        "checkpoints:\n  - {id: org/a, licence: mit}\n",
        "checkpoints: [{id: org/a, licence: mit}]\n",
        'checkpoints: [\n  {id: org/a,\n  licence: "mit"}]\n',
    ],
)
def test_what_shares_its_line_is_refused_rather_than_damaged(text):
    with pytest.raises(AdvisorError, match="share this line"):
        rewrite(text, "f", {first("licence"): "x"}, ORDER)


def test_a_file_with_problems_is_not_touched():
    with pytest.raises(AdvisorError, match="stands here twice"):
        rewrite("a: 1\na: 2\n", "f", {("a",): 3})


printable = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=12)
plain_values = st.one_of(
    printable,
    st.booleans(),
    st.integers(-(10**6), 10**6),
    st.sampled_from(["no", "2026-11", "1e5", "# x", "a: b", "- x", "", "mit (code only)", '"']),
    st.lists(printable, min_size=1, max_size=3),
)


@given(plain_values)
def test_what_is_written_is_read_as_the_same_value(value):
    assert read_text(f"key: {dumped(value)}\n", "t").value == {"key": value}


@given(st.dictionaries(st.sampled_from(ORDER[1:5]), st.one_of(plain_values, st.just(REMOVED))))
def test_all_else_keeps_its_value_whatever_is_written(edits):
    changed = rewrite(TEXT, "f", {first(key): value for key, value in edits.items()}, ORDER)
    before = read_text(TEXT, "t").value["checkpoints"]
    after = read_text(changed, "t").value["checkpoints"]
    kept = {key: value for key, value in before[0].items() if key not in edits}
    added = {key: value for key, value in edits.items() if value is not REMOVED}
    assert after == [{**kept, **added}, before[1]]


@pytest.mark.slow
@pytest.mark.parametrize(
    "step", [pytest.param(1, marks=pytest.mark.slow, id="all"), pytest.param(19, id="some")]
)
def test_every_shipped_entry_can_be_changed_and_nothing_else_does(rulebase, tmp_path, step):
    """Members of series as well: each gets its own words, and its pages lose what they said."""
    every = list(rulebase.checkpoints.values())[::step]
    news = {"revision": SHA, "gated": True}
    rows = [(one, compare(rulebase, one, silent(one.id, **news))) for one in every]
    copied = Path(shutil.copytree(shipped_rules(), tmp_path / "rules"))
    for path, text in written_files(copied, copied, rows, "2027-02-03").items():
        path.write_text(text, encoding="utf-8")
    after = dict(load_rules(copied).checkpoints)
    rest = rulebase.checkpoints.keys() - {one.id for one in every}
    assert all(after[id] == rulebase.checkpoint(id) for id in rest)
    for one, row in rows:
        entry = after[one.id]
        source = "hub-api-" + re.sub("[^a-z0-9]+", "-", one.id.lower()).strip("-")
        cited = {change.field: [source] for change in row.changes}
        assert entry.sources == one.sources | cited
        assert (entry.revision, entry.gated, entry.checked) == (SHA, True, "2027-02-03")
        kept = {"sources": {}, "revision": None, "gated": None, "checked": ""}
        assert entry._replace(**kept) == one._replace(**kept)


def test_every_key_of_an_entry_has_its_place_in_files():
    assert set(KEYS) == set(record(Checkpoint).fields)


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
    assert told["written"] == []
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


# -- written -----------------------------------------------------------------------------------


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A development checkout's rules, copied, so that they may be written to."""
    from advisor.rulebase import store

    copied = Path(shutil.copytree(shipped_rules(), tmp_path / "rules"))
    monkeypatch.setattr(store, "shipped_rules", lambda: copied)
    return copied


@pytest.mark.slow
def test_writing_changes_the_facts_their_sources_and_nothing_else(hub, refresh, checkout):
    hub.answers = dict(ANSWERS)
    before = {path: path.read_text("utf-8") for path in checkout.rglob("*.yaml")}
    assert refresh(VQA, "--write", "--today", "2027-02-03")[0] == 0
    after = {path: path.read_text("utf-8") for path in checkout.rglob("*.yaml")}
    changed = {path.relative_to(checkout).as_posix() for path in after
               if after[path] != before.get(path)}  # fmt: skip
    assert changed == {"checkpoints/unified-vlp.yaml", "sources/hub-api.yaml"}
    rules = load_rules()
    entry = rules.checkpoint(VQA)
    assert (entry.licence, entry.revision, entry.parameters_millions) == ("mit", SHA, 384.7)
    assert (entry.last_modified, entry.checked) == ("2027-01-02", "2027-02-03")
    assert entry.sources["licence"] == ["hub-api-salesforce-blip-vqa-base"]
    source = rules.source("hub-api-salesforce-blip-vqa-base")
    assert (source.version, source.read) == (SHA, "2027-02-03")
    path = checkout / "checkpoints/unified-vlp.yaml"
    old, new = before[path].splitlines(), after[path].splitlines()
    assert len(set(old) - set(new)) <= 4
    assert [line for line in old if line.strip().startswith("#")] == [
        line for line in new if line.strip().startswith("#")
    ]
    assert refresh(VQA)[0] == 0
    hub.answers[VQA] = {**ANSWERS[VQA], "sha": SHA[::-1]}
    assert refresh(VQA, "--write", "--today", "2027-03-04")[0] == 0
    assert load_rules().source("hub-api-salesforce-blip-vqa-base").read == "2027-03-04"


@pytest.mark.slow
def test_an_overlay_gets_a_whole_entry_and_the_shipped_rules_stay(hub, refresh, tmp_path):
    hub.answers = dict(ANSWERS)
    overlay = tmp_path / "our-rules"
    before = [path.read_bytes() for path in sorted(shipped_rules().rglob("*.yaml"))]
    code, told, _ = refresh(VQA, "--write", "--rules", overlay, "--today", "2027-02-03")
    assert code == 0
    assert [Path(path).relative_to(overlay).as_posix() for path in told["written"]] == [
        "checkpoints/unified-vlp.yaml",
        "sources/hub-api.yaml",
    ]
    laid = load_rules(overlays=(overlay,))
    assert laid.checkpoint(VQA).licence == "mit"
    assert laid.checkpoint(VQA).model_class == load_rules().checkpoint(VQA).model_class
    assert [path.read_bytes() for path in sorted(shipped_rules().rglob("*.yaml"))] == before
    other = "microsoft/git-base-vqav2"
    hub.answers[other] = {**ANSWERS[VQA], "id": other}
    assert refresh(other, "--write", "--rules", overlay, "--today", "2027-02-04")[0] == 0
    assert refresh(VQA, other, "--rules", overlay)[0] == 0
    assert len(load_rules(overlays=(overlay,)).overlays) == 4


@pytest.mark.parametrize("made", ["our-rules", "our-rules/sources", "our-rules/checkpoints/deep"])
def test_b26_an_empty_folder_is_as_good_as_none(hub, refresh, tmp_path, made):
    hub.answers = dict(ANSWERS)
    (tmp_path / made).mkdir(parents=True)
    overlay = tmp_path / "our-rules"
    assert refresh(VQA, "--rules", overlay)[0] == 2, "where nothing is to be written it is none"
    assert refresh(VQA, "--write", "--rules", overlay, "--today", "2027-02-03")[0] == 0
    assert load_rules(overlays=(overlay,)).checkpoint(VQA).licence == "mit"


def test_installed_rules_are_not_written_to(hub, refresh, monkeypatch):
    from advisor.rulebase import store

    monkeypatch.setattr(store, "shipped_rules", lambda: store.PACKAGE / "rules")
    monkeypatch.setattr("advisor.catalogue.maintenance_command.rules_of", lambda _: load_rules())
    monkeypatch.setattr(store, "load_rules", load_rules)
    code, told, _ = refresh(VQA, "--write")
    assert code == 2
    assert "--rules" in told["error"]["hint"]


def test_a_dry_run_writes_nothing(hub, refresh, checkout):
    hub.answers = dict(ANSWERS)
    before = {path: path.read_bytes() for path in checkout.rglob("*") if path.is_file()}
    refresh(VQA)
    assert {path: path.read_bytes() for path in checkout.rglob("*") if path.is_file()} == before
