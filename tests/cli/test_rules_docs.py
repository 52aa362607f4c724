"""`advisor rules docs`: writes, checks, and leaves alone what is not its own."""

import pytest

from advisor.audit.rule_pages import MARKER

pytestmark = pytest.mark.usefixtures("small_rules")


def test_pages_are_written_checked_and_cleared_away(advisor, tmp_path):
    folder = tmp_path / "deep" / "decisions"
    at = ("--output-folder", folder)
    missing = advisor("rules", "docs", "--check", *at)
    assert missing.code == 1
    assert not folder.exists()

    first = advisor("rules", "docs", *at, "--format", "json")
    assert first.code == 0
    assert {file.name for file in folder.iterdir()} == set(first.json["written"])

    (folder / "few-pairs-only.md").write_text("changed", encoding="utf-8")
    (folder / "gone.md").write_text(f"{MARKER}\n", encoding="utf-8")
    (folder / "ours.md").write_text("# ours\n", encoding="utf-8")
    stale = advisor("rules", "docs", "--check", *at)
    assert stale.code == 1
    told = " ".join(stale.out.split())
    assert "few-pairs-only.md is not current" in told
    assert "gone.md is left over" in told
    assert "ours.md" not in stale.out

    again = advisor("rules", "docs", *at, "--format", "json").json
    assert again["written"] == ["few-pairs-only.md"]
    assert again["removed"] == ["gone.md"]
    assert not (folder / "gone.md").exists()
    assert (folder / "ours.md").read_text(encoding="utf-8") == "# ours\n"
    assert advisor("rules", "docs", "--check", *at).code == 0


def test_a_page_of_somebody_else_is_never_replaced(advisor, tmp_path):
    own = tmp_path / "README.md"
    own.write_text("# ours\n", encoding="utf-8")
    result = advisor("rules", "docs", "--output-folder", tmp_path)
    assert result.code == 2
    assert "README.md` is no page that this command wrote" in result.err
    assert own.read_text(encoding="utf-8") == "# ours\n"
    assert list(tmp_path.iterdir()) == [own]
    assert advisor("rules", "docs", "--check", "--output-folder", tmp_path).code == 1


def test_one_rule_is_printed_and_nothing_written(advisor, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    page = advisor("rules", "docs", "few-pairs-only").out
    assert page.startswith("few-pairs-only\n")
    assert "Where it decides" in page
    assert "advisor recommend --task" in page
    assert list(tmp_path.iterdir()) == []


def test_a_single_rule_begins_as_show_shows_it(advisor):
    docs = advisor("rules", "docs", "few-pairs-only").out.splitlines()
    shown = advisor("show", "few-pairs-only").out.splitlines()
    assert docs[:3] == shown[:3]


def test_a_derived_rule_is_printed_too(advisor):
    page = advisor("rules", "docs", "matcher-gives-no-text").out
    assert "It fires here and does not decide" in page


def test_a_rule_that_is_not_known_is_named(advisor):
    result = advisor("rules", "docs", "few-pairs-onli")
    assert result.code == 2
    assert "did you mean `few-pairs-only`?" in result.err


def test_a_folder_that_cannot_be_written_is_named(advisor, tmp_path):
    file = tmp_path / "file"
    file.write_text("", encoding="utf-8")
    result = advisor("rules", "docs", "--output-folder", file / "below")
    assert result.code == 2
    assert f"`{file / 'below'}` cannot be written" in result.err
