"""`advisor rules diff`: what it compares, what it prints, and how it exits."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

pytestmark = pytest.mark.usefixtures("small_rules")

SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "schema" / "rules-diff.schema.json"
AVOID = """\
rules:
  - id: our-clips
    criterion: capability
    when: {output: [ranking]}
    exclude: matcher
    because: Ours.
    sources: [our-note]
    examples:
      - {given: {output: ranking}, fires: true}
      - {given: {output: pick}, fires: false}
"""
NOTE = "sources:\n  - {id: our-note, title: Our note, kind: article, read: '2026-11'}\n"


@pytest.fixture
def ours(overlay):
    return overlay({"sources/ours.yaml": NOTE, "decisions/ours.yaml": AVOID})


@pytest.fixture
def repository(tmp_path, monkeypatch, small_folder):
    """A git repository with the small rules in its first revision, and a changed one on top."""
    folder = tmp_path / "repository"
    shutil.copytree(small_folder, folder / "rules")
    monkeypatch.chdir(folder)
    for name in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"):
        monkeypatch.setenv(name, "/dev/null")
    git("init", "--quiet")
    commit("first")
    git("tag", "first")
    scale = folder / "rules" / "decisions" / "scale.yaml"
    scale.write_text(
        scale.read_text(encoding="utf-8").replace("prefer: writer", "avoid: writer"),
        encoding="utf-8",
    )
    commit("second")
    return folder


def git(*arguments):
    subprocess.run(["git", *arguments], check=True, capture_output=True)


def commit(message):
    git("add", ".")
    git("-c", "user.name=A", "-c", "user.email=a@b.c", "commit", "--quiet", "-m", message)


def test_an_overlay_against_the_shipped_rules(advisor, ours):
    result = advisor("rules", "diff", "--rules", ours, "--format", "json")
    found = result.json
    assert result.code == 1
    assert found["changed"] == sum(move["cases"] for move in found["moves"])
    assert {(move["task"], move["old"]) for move in found["moves"]} == {("find", "matcher")}
    assert found["share"] == found["changed"] / found["compared"]
    assert (
        advisor("rules", "diff", "shipped", ours, "--format", "json").json["moves"]
        == (found["moves"])
    )


def test_the_same_rules_in_a_copy_change_nothing(advisor, tmp_path, small_folder):
    shutil.copytree(small_folder, tmp_path / "copy")
    result = advisor("rules", "diff", "shipped", tmp_path / "copy")
    assert result.code == 0
    assert "The family and the first checkpoint are the same in" in " ".join(result.out.split())


def test_first_checkpoints_that_change_are_named(advisor, ours):
    found = advisor("rules", "diff", "--rules", ours, "--format", "json").json
    assert "find" in {pick["task"] for pick in found["checkpoints"]}
    assert all(pick["old"] != pick["new"] for pick in found["checkpoints"])
    first = found["first_checkpoints"]
    (of_find,) = [one for one in first["tasks"] if one["task"] == "find"]
    assert first["changed"] == of_find["changed"] <= of_find["compared"]
    page = " ".join(advisor("rules", "diff", "--rules", ours).out.split())
    assert f"% of the answers ({first['changed']:,})" in page
    for one in first["moves"]:
        assert f"{one['old'] or 'nothing'} → {one['new'] or 'nothing'}; {one['cases']:,}" in page


def test_another_size_changes_no_family_and_is_a_change(advisor, tmp_path, small_folder):
    shutil.copytree(small_folder, tmp_path / "copy")
    file = tmp_path / "copy" / "checkpoints" / "matcher.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(
        text.replace("parameters_millions: 40\n", "parameters_millions: 410\n"), "utf-8"
    )
    result = advisor("rules", "diff", "shipped", tmp_path / "copy")
    assert result.code == 1
    page = " ".join(result.out.split())
    assert "The family is the same in all" in page
    assert "→ find · device: phone [north/matcher-tiny → " in page


def test_an_option_that_is_gone_is_told_as_lost(advisor, tmp_path, small_folder):
    copy = tmp_path / "copy"
    shutil.copytree(small_folder, copy)
    file = copy / "questions.yaml"
    known = "      - {id: is, label: Icelandic"
    text = file.read_text(encoding="utf-8")
    assert known in text
    file.write_text(text.replace(known, f"      - {{id: la, label: Latin}}\n{known}"), "utf-8")
    result = advisor("rules", "diff", copy, "shipped", "--format", "json")
    found = result.json
    assert (result.code, found["changed"]) == (1, 0)
    assert found["lost"]["options"] == {"language": ["la"]}
    page = " ".join(advisor("rules", "diff", copy, "shipped").out.split())
    assert f"Only in {copy}: options language: la." in page
    assert advisor("rules", "diff", "shipped", copy).code == 0


def test_a_question_more_is_filled_with_its_typical_answer(advisor, weather_of):
    found = advisor("rules", "diff", "--rules", weather_of("matcher"), "--format", "json")
    assert (found.code, found.json["changed"]) == (0, 0)
    assert found.json["gained"]["questions"] == ["weather"]


@pytest.mark.slow
def test_a_revision_is_read_through_git(advisor, repository):
    result = advisor("rules", "diff", "git:first", "git:HEAD", "--format", "json")
    assert result.code == 1
    (rules,) = [one for one in result.json["entries"] if one["kind"] == "rule"]
    assert rules["changed"] == ["few-items-to-judge"]
    assert advisor("rules", "diff", "git:first", "shipped").code == 0
    assert advisor("rules", "diff", "git:HEAD:rules", repository / "rules").code == 0


def test_a_link_in_a_revision_is_not_followed(advisor, repository):
    (repository / "rules" / "families" / "evil.yaml").symlink_to("/etc/passwd")
    commit("link")
    assert advisor("rules", "diff", "git:HEAD~1", "git:HEAD").code == 0


def test_a_partial_clone_fetches_nothing_and_runs_nothing(advisor, repository, tmp_path):
    mark = tmp_path / "ran"
    where = ("git", "rev-parse", "HEAD:rules/criteria.yaml")
    blob = subprocess.run(where, capture_output=True, text=True, check=True).stdout.strip()
    (repository / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    for setting in ("core.repositoryFormatVersion=1", "extensions.partialClone=origin",
                    "remote.origin.promisor=true", "remote.origin.url=ssh://nowhere/x",
                    f"core.sshCommand=touch {mark};false"):  # fmt: skip
        subprocess.run(["git", "config", *setting.split("=", 1)], check=True)
    result = advisor("rules", "diff", "git:HEAD")
    assert result.code == 2
    assert "the history of `criteria.yaml` is incomplete in this clone" in result.err
    assert not mark.exists()


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ("git:nowhere", "git finds no revision `nowhere`"),
        ("git:", "has no revision after `git"),
        ("git:--help", "has no revision after `git"),
        ("git:first:nowhere", "revision `first` has no folder `nowhere`"),
    ],
)
def test_what_git_does_not_have_is_said(advisor, repository, named, message):
    result = advisor("rules", "diff", named)
    assert (result.code, result.out) == (2, "")
    assert message in result.err


def test_without_a_repository_it_says_so(advisor, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    result = advisor("rules", "diff", "git:main")
    assert result.code == 2
    assert "the current folder is not in a git repository" in result.err


def test_without_git_it_says_so(advisor, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    result = advisor("rules", "diff", "git:main", "--format", "json")
    assert (result.code, result.json["error"]["kind"]) == (2, "no-git")


def test_a_folder_that_is_missing_or_broken_is_named(advisor, ours, overlay):
    missing = advisor("rules", "diff", "nowhere")
    assert missing.code == 2
    assert "the rule folder `nowhere` does not exist (in `nowhere`)" in missing.err
    broken = overlay({"decisions/broken.yaml": "rules: [{id: x}]\n"}, "broken")
    result = advisor("rules", "diff", "shipped", broken)
    assert result.code == 2
    assert "broken.yaml:1" in result.err


def test_nothing_to_compare_is_a_usage_error(advisor):
    result = advisor("rules", "diff")
    assert result.code == 2
    assert "compared with itself" in result.err


@pytest.mark.parametrize("flags", [[], ["--all"]], ids=["plain", "all"])
def test_json_follows_its_schema(advisor, ours, weather_of, flags):
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    for folder in (ours, weather_of("matcher")):
        found = advisor("rules", "diff", "--rules", folder, *flags, "--format", "json").json
        assert [e.message for e in Draft202012Validator(schema).iter_errors(found)] == []
