"""Checkpoints that the catalogue does not hold: what their own config.json says, and no more."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.catalogue.uncatalogued import as_checkpoint, find_uncatalogued
from advisor.decide.advice import Span
from advisor.errors import AdvisorError
from advisor.hub import cache_folder

BLIP = {
    "model_type": "blip",
    "architectures": ["BlipForQuestionAnswering"],
    "vision_config": {"image_size": 384},
    "text_config": {"max_position_embeddings": 512},
    "torch_dtype": "float32",
}
SHA = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def folder(tmp_path):
    """Write a folder with a config.json: a value, or bytes as they are."""

    def write(config, name="mine"):
        path = tmp_path / name
        path.mkdir(parents=True)
        data = config if isinstance(config, bytes) else json.dumps(config).encode()
        (path / "config.json").write_bytes(data)
        return path

    return write


def test_a_folder_is_described_and_its_family_known_by_its_type(rulebase, folder, tmp_path):
    path = folder(BLIP)
    found = find_uncatalogued(rulebase, str(path), tmp_path)
    assert (found.place, found.model_type) == ("folder", "blip")
    assert found.architectures == ("BlipForQuestionAnswering",)
    assert found.families == ("unified-vlp",)
    assert "Salesforce/blip-vqa-base" in found.relatives
    assert (found.image_size, found.text_context, found.dtype) == (384, 512, "float32")
    assert {"licence", "languages", "tasks"} <= set(found.not_known)


def test_the_hub_cache_is_read_at_the_revision_that_main_points_at(rulebase, tmp_path):
    root = tmp_path / "models--our--captioner"
    for revision, model_type in ((SHA, "git"), (SHA[::-1], "blip")):
        (root / "snapshots" / revision).mkdir(parents=True)
        config = root / "snapshots" / revision / "config.json"
        config.write_text(json.dumps({"model_type": model_type}), encoding="utf-8")
    assert find_uncatalogued(rulebase, "our/captioner", tmp_path).revision in (SHA, SHA[::-1])
    (root / "refs").mkdir()
    (root / "refs" / "main").write_text(SHA, encoding="utf-8")
    found = find_uncatalogued(rulebase, "our/captioner", tmp_path)
    assert (found.place, found.revision, found.model_type) == ("hub cache", SHA, "git")
    (root / "refs" / "main").write_text("../../etc", encoding="utf-8")
    assert find_uncatalogued(rulebase, "our/captioner", tmp_path).revision in (SHA, SHA[::-1])


def test_the_environment_says_where_the_hub_cache_is(monkeypatch, tmp_path):
    for name in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache/huggingface/hub"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder() == tmp_path / "xdg/huggingface/hub"
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    assert cache_folder() == tmp_path / "hf/hub"
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    assert cache_folder() == tmp_path / "cache"


@pytest.mark.parametrize("name", ["", ".", "..", "../..", "a/b/c", "org/name", "\0", "x" * 5000])
def test_a_name_without_a_configuration_is_nobody(rulebase, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    assert find_uncatalogued(rulebase, name, tmp_path) is None


HOSTILE = {
    "no JSON": b"{",
    "no text": b"\xff\xfe{}",
    "a list": b"[]",
    "a number": b"7",
    "nothing": b"",
    "too deep": b"[" * 100_000,
    "too large": b" " * 5_000_001 + b"{}",
}


@pytest.mark.parametrize("config", HOSTILE.values(), ids=HOSTILE)
def test_a_broken_configuration_is_one_sentence(rulebase, folder, tmp_path, config):
    path = folder(config)
    with pytest.raises(AdvisorError) as raised:
        find_uncatalogued(rulebase, str(path), tmp_path)
    assert f"the config.json of `{path}`" in raised.value.message
    assert "\n" not in raised.value.message
    assert raised.value.hint


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=8,
)
keys = ["model_type", "architectures", "vision_config", "text_config", "torch_dtype", "auto_map"]


@given(st.dictionaries(st.sampled_from([*keys, "image_size"]), json_values))
def test_whatever_stands_in_it_nothing_breaks_or_reaches_the_terminal(
    rulebase, tmp_path_factory, config
):
    path = tmp_path_factory.mktemp("any")
    (path / "config.json").write_text(json.dumps(config), encoding="utf-8")
    found = find_uncatalogued(rulebase, str(path), path)
    texts = [found.model_type or "", found.dtype or "", *found.architectures]
    assert all(text.isprintable() and len(text) <= 80 for text in texts)
    entry = as_checkpoint(found)
    assert entry.licence is entry.languages is entry.parameters_millions is None


def test_code_of_its_own_is_warned_of(rulebase, folder, tmp_path):
    path = folder({"model_type": "new", "auto_map": {"AutoModel": "own.Model"}})
    found = find_uncatalogued(rulebase, str(path), tmp_path)
    assert (found.own_code, found.families, found.relatives) == (True, (), ())
    assert as_checkpoint(found).loader == "remote-code"


@pytest.mark.parametrize(
    ("earlier", "later", "months"),
    [
        ("2026-11", "2026-11", 0),
        ("2026-11", "2027-02-01", 3),
        ("2026-11-24", "2027-01-23", 1),
        ("2026-11-24", "2027-01-24", 2),
        ("2027-01", "2026-11", 0),
    ],
)
def test_months_are_counted_whole(earlier, later, months):
    assert Span(earlier, earlier).age_months(later) == months
