"""A limit in a sentence reaches whatever reads the sentence, and whatever reads what is printed."""

import json
import shlex

import pytest
from commands import run

from advisor.agents.tools import BY_NAME
from advisor.engine.bounds import SIZE, TIME, bound_text, bound_value, read_bound
from advisor.engine.profile import make_profile
from advisor.errors import UsageError
from advisor.need.understanding import one_task, understand

LIMITED = (
    ("caption photos, a model under 1B", {SIZE: "1B"}),
    ("caption 20k photos on an RTX 3090, within 8 hours", {TIME: "8h"}),
    ("alt text for photos, at most 500M parameters", {SIZE: "500M"}),
    ("caption 20k photos on an RTX 3090 under 1B, within 8 hours", {SIZE: "1B", TIME: "8h"}),
    ("Fotos beschreiben, unter 1 Mrd. Parameter", {SIZE: "1B"}),
    ("caption photos with something lighter than Florence-2-large", {SIZE: None}),
)


def out_of(capsys, *words):
    assert run([*words]) == 0, words
    return capsys.readouterr().out


def of_json(capsys, *words):
    return json.loads(out_of(capsys, *words, "--format", "json"))


def limits_in(profile):
    return {id: profile[id]["named"][0] for id in (SIZE, TIME) if id in profile}


@pytest.mark.parametrize(("text", "bounds"), LIMITED)
def test_every_command_has_the_checkpoint_of_the_limits_of_a_sentence(capsys, text, bounds):
    answer = of_json(capsys, "recommend", text)
    first = answer["checkpoints"][0]["id"]
    assert limits_in(answer["profile"]).keys() == bounds.keys()
    for id, value in bounds.items():
        assert value in (None, limits_in(answer["profile"])[id])
        assert id in [each.get("bound") for each in answer["understood"]]
    programs = of_json(capsys, "code", text), of_json(capsys, *shlex.split(answer["command"])[1:])
    assert programs[0]["checkpoint"] == first
    assert programs[1]["checkpoints"][0]["id"] == first
    assert shlex.split(programs[0]["command"])[1] == "code"
    assert of_json(capsys, *shlex.split(programs[0]["command"])[1:])["checkpoint"] == first
    explained = of_json(capsys, "explain", text)
    assert limits_in(explained["profile"]) == limits_in(answer["profile"])
    again = of_json(capsys, *shlex.split(explained["command"])[1:])
    assert again["checkpoints"][0]["id"] == first
    assert limits_in(again["profile"]) == limits_in(answer["profile"])


@pytest.mark.parametrize(("text", "bounds"), LIMITED[:2])
def test_the_tool_of_an_agent_and_a_printed_document_hold_to_the_limits(
    rulebase, capsys, tmp_path, text, bounds
):
    answer = of_json(capsys, "recommend", text)
    first = answer["checkpoints"][0]["id"]
    tool = BY_NAME["recommend"].call(rulebase, {"need": text, "detail": "full"})
    assert tool["checkpoints"][0]["id"] == first
    named = {"task": "captioning", **bounds, "num-items": 20_000, "device": "gpu"}
    by_answers = BY_NAME["recommend"].call(rulebase, {"answers": named})
    assert by_answers["checkpoints"][0]["id"]
    (tmp_path / "profile.json").write_text(json.dumps(answer))
    from_file = of_json(capsys, "recommend", "--profile", str(tmp_path / "profile.json"))
    assert from_file["checkpoints"][0]["id"] == first
    assert limits_in(from_file["profile"]) == bounds


def test_a_project_declares_the_limits_and_is_held_to_them(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(["code", "caption photos, a model under 1B", "--project", "made"]) == 0
    declared = (tmp_path / "made" / "advisor.yaml").read_text()
    assert '"max-parameters": "1B"' in declared
    assert run(["check", "made"]) == 0
    (tmp_path / "made" / "advisor.yaml").write_text(declared.replace('"1B"', '"100M"'))
    capsys.readouterr()
    assert run(["check", "made"]) == 1
    assert "parameters are" in capsys.readouterr().out
    needs = "choices: [{name: a, checkpoint: Qwen/Qwen3.5-4B, needs: 'caption photos, under 1B'}]"
    (tmp_path / "advisor.yaml").write_text(needs)
    assert run(["check", "advisor.yaml"]) == 1
    assert "wanted at most 1000" in capsys.readouterr().out


def test_what_the_answer_would_be_without_a_limit_stands_in_changes(engine):
    answer = understand(engine, "caption photos, a model under 1B")
    change = next(each for each in answer.advice.changes if SIZE in each.answers)
    free = understand(engine, "caption photos")
    assert (change.answers, change.checkpoint) == (
        {SIZE: "any"},
        free.advice.selection.picks[0].checkpoint.id,
    )
    assert SIZE not in str([each.answers for each in free.advice.changes])


def test_a_flag_wins_over_the_limit_of_a_sentence(engine):
    text = "caption photos, a model under 1B"
    given = make_profile(engine.rulebase, {SIZE: "any"})
    free = understand(engine, text, given)
    unlimited = understand(engine, "caption photos").advice.selection.picks[0].checkpoint
    assert free.advice.selection.picks[0].checkpoint == unlimited
    assert one_task(engine, text, given)[SIZE].names == ("any",)


def test_what_would_change_the_answer_under_a_limit_does_so(rulebase, capsys):
    """The diagrams know the limit, also where no other answer requires anything."""
    answer = of_json(capsys, "recommend", "--task", "captioning", "--max-parameters", "1B")
    for change in answer["changes"]:
        if not {"memory-gb", "pairs", SIZE} & change["answers"].keys():
            flags = [w for id, o in change["answers"].items() for w in (f"--{id}", o)]
            run(["recommend", "--task", "captioning", "--max-parameters", "1B", *flags, "--json"])
            other = json.loads(capsys.readouterr().out)
            first = next((each["id"] for each in other["checkpoints"]), None)
            assert first == change["checkpoint"], change


@pytest.mark.parametrize(
    ("id", "typed", "text"),
    [
        (SIZE, "500M", "500M"),
        (SIZE, "1B", "1B"),
        (SIZE, 1_000_000_000, "1B"),
        (SIZE, "1,000,000,000", "1B"),
        (SIZE, "1.5 billion parameters", "1.5B"),
        (SIZE, "149.6M", "149.6M"),
        (SIZE, "123456789", "123456789"),
        (TIME, "8h", "8h"),
        (TIME, 8, "8h"),
        (TIME, "30min", "30min"),
        (TIME, "2 days", "48h"),
        (TIME, "50ms/item", "50ms/item"),
        (TIME, "50 ms per image", "50ms/item"),
        (TIME, "2 s each", "2s/item"),
        (TIME, "any", "any"),
    ],
)
def test_a_bound_is_read_as_it_may_be_typed_and_as_it_is_printed(id, typed, text):
    assert read_bound(id, typed) == text
    assert read_bound(id, text) == text
    value = bound_value(id, text)
    assert value is None or bound_text(id, value[0], each=value[1]) == text


@pytest.mark.parametrize("typed", ["large", "0", "-1B", "", "1B,2B"])
def test_what_is_no_size_is_refused(typed):
    with pytest.raises(UsageError, match="is not a number of parameters"):
        read_bound(SIZE, typed)
