"""What is known of the Hub without asking it: ids, its cache, whether it may be asked."""

import pytest

from advisor.hub import cached_snapshot, is_commit, is_hub_id, network_forbidden

SHA = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def hub_cache(tmp_path):
    """A hub cache with one checkpoint at one commit, which `main` and `v1` point at."""
    root = tmp_path / "models--lab--one"
    snapshot = root / "snapshots" / SHA
    snapshot.mkdir(parents=True)
    (snapshot / "config.json").write_text("{}")
    (root / "refs").mkdir()
    for name in ("main", "v1"):
        (root / "refs" / name).write_text(SHA)
    (root / "refs" / "evil").write_text("../..")
    (tmp_path / "config.json").write_text("{}")
    return tmp_path


@pytest.mark.parametrize("revision", [None, "main", "v1", SHA])
def test_a_snapshot_is_found_by_branch_tag_and_commit(hub_cache, revision):
    assert cached_snapshot("lab/one", revision, hub_cache).name == SHA


@pytest.mark.parametrize(
    ("id", "revision"),
    [
        ("lab/one", "v2"),
        ("lab/one", SHA[::-1]),
        ("lab/one", "../../../config.json"),
        ("lab/one", "evil"),
        ("lab/two", None),
        ("../lab", None),
        ("lab/one/two", None),
        ("", None),
    ],
)
def test_what_is_not_in_the_cache_is_none(hub_cache, id, revision):
    assert cached_snapshot(id, revision, hub_cache) is None


def test_a_snapshot_without_a_configuration_is_none(hub_cache):
    (hub_cache / "models--lab--one" / "snapshots" / SHA / "config.json").unlink()
    assert cached_snapshot("lab/one", cache=hub_cache) is None


def test_ids_and_commits_are_told_from_other_text():
    assert all(map(is_hub_id, ("gpt2", "lab/one", "lab/one.two_three-4")))
    assert not any(map(is_hub_id, ("", "./x", "a/b/c", "a b", "~/x", "lab/", "lab/\u00e9")))
    assert is_commit(SHA)
    assert not any(map(is_commit, (None, 7, "abc", SHA + "0", SHA.upper())))


@pytest.mark.parametrize("name", ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"])
def test_the_environment_can_forbid_the_network(monkeypatch, name):
    for other in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):
        monkeypatch.delenv(other, raising=False)
    assert not network_forbidden()
    for value, forbidden in (("1", True), ("yes", True), ("0", False), ("", False)):
        monkeypatch.setenv(name, value)
        assert network_forbidden() == forbidden
