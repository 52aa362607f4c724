"""Ids outside the catalogue are judged as their siblings, and what is only supposed is no fact."""

import pytest

ONE_WAY = "from transformers import {name}\nm = {name}.from_pretrained({id!r}{more})\n"


def loud(check, text):
    return [
        (one["line"], one["rule"], one["level"])
        for one in check({"app.py": text}).of("error", "warning")
    ]


def loading(name, id, more=""):
    return ONE_WAY.format(name=name, id=id, more=more)


def test_a_sibling_of_the_same_owner_is_of_its_architecture_and_nobody_elses_is(check):
    wrong = loading("Qwen2VLForConditionalGeneration", "Qwen/Qwen2.5-VL-9B-Instruct")
    assert loud(check, wrong) == [(2, "class-does-not-match", "warning")]
    other = loading("Qwen2VLForConditionalGeneration", "somebody/Qwen2.5-VL-7B-Instruct-ft")
    assert loud(check, other) == []


@pytest.mark.parametrize(
    ("name", "id"),
    [
        ("LlavaForConditionalGeneration", "somebody/llava-something-13b"),
        ("Dinov2WithRegistersModel", "somebody/dinov2-with-registers-base"),
        ("Qwen3VLMoeForConditionalGeneration", "Qwen/Qwen3-VL-30B-A3B-Instruct"),
        ("AutoModel", "somebody/Qwen2.5-VL-7B-GGUF"),
    ],
)
def test_words_of_a_name_say_nothing(check, name, id):
    assert loud(check, loading(name, id)) == []


@pytest.mark.parametrize(
    "id",
    [
        "google/paligemma2-3b-pt-896",
        "openai/clip-vit-huge-patch14",
        "google/siglip2-so400m-patch16-naflex",
    ],
)
def test_a_sibling_is_never_suspicious(check, id):
    assert "suspicious-id" not in [rule for _, rule, _ in loud(check, loading("AutoModel", id))]


def test_code_of_an_unknown_owner_warns_and_a_commit_that_was_read_does_not(check):
    remote = ", trust_remote_code=True"
    unknown = loading("AutoModelForCausalLM", "multimodalart/Florence-2-large-no-flash", remote)
    assert loud(check, unknown) == [(2, "trust-remote-code", "warning")]
    read = f'{remote}, revision="{"0" * 40}"'
    assert loud(check, loading("AutoModelForCausalLM", "multimodalart/Florence-2-x", read)) == []


@pytest.mark.parametrize("revision", ["main", "refs/pr/6"])
def test_what_moves_is_no_pin(check, revision):
    text = loading("CLIPModel", "openai/clip-vit-base-patch32", f', revision="{revision}"')
    rules = [one["rule"] for one in check({"app.py": text}).of("note")]
    assert "unpinned-revision" in rules


def test_a_checkpoint_without_a_pin_is_named_once_with_all_its_places(check):
    text = loading("CLIPModel", "openai/clip-vit-base-patch32")
    notes = check({"a.py": text, "b.py": text, "c.py": text}).of("note")
    (note,) = [one for one in notes if one["rule"] == "unpinned-revision"]
    assert (note["path"], [one["path"] for one in note["places"]]) == ("a.py", ["b.py", "c.py"])


def test_a_default_in_a_branch_on_another_parameter_is_no_fact(check):
    text = (
        "from transformers import AutoModelForCausalLM\n"
        'def load(name, path="Salesforce/blip2-opt-2.7b"):\n'
        '    if name == "florence2":\n'
        "        return AutoModelForCausalLM.from_pretrained(path, trust_remote_code=True)\n"
    )
    assert loud(check, text) == []
    plain = text.replace('if name == "florence2"', 'if name != "cpu"')
    assert [rule for _, rule, _ in loud(check, plain)] != []


def test_one_of_several_classes_is_held_against_no_checkpoint(check):
    text = (
        "from transformers import LlavaForConditionalGeneration\n"
        "from transformers import LlavaNextForConditionalGeneration\n"
        "def load(kind):\n"
        "    one = LlavaForConditionalGeneration if kind else LlavaNextForConditionalGeneration\n"
        '    return one.from_pretrained("llava-hf/llava-1.5-7b-hf")\n'
    )
    assert loud(check, text) == []


@pytest.mark.parametrize("several", [True, False])
def test_init_says_that_it_guesses_the_task_of_a_checkpoint_with_several(
    advisor, rulebase, tmp_path, monkeypatch, several
):
    tasks = {id: {*it.tasks, *it.fine_tune} for id, it in rulebase.checkpoints.items()}
    id = next(id for id in tasks if tasks[id] and (len(tasks[id]) > 1) == several)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "app.py").write_text(loading("AutoModel", id))
    assert advisor("init").code == 0
    assert ("# guessed from the tasks" in (tmp_path / "advisor.yaml").read_text()) == several
