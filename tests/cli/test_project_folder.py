"""`advisor code --project DIR`: a folder that runs, is tested, and that `advisor check` holds."""

import ast

import pytest
import yaml

KINDS = {
    "lines": ("--task", "zero-shot-classification"),
    "search": ("search 20000 photos by German text",),
    "pairs": ("--task", "deduplication"),
    "fields": ("--task", "field-extraction"),
    "rounded": ("--task", "vqa", "--device", "gpu", "--memory-gb", "8"),
    "client": ("--task", "vqa", "--runtime", "vllm"),
    "probe": ("--task", "supervised-classification"),
    "training": ("--task", "ocr-line", "--training", "fine-tune"),
    "page": ("--task", "image-search", "--device", "browser"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_folder_has_all_that_it_needs_and_the_check_holds_it(advisor, kind, tmp_path):
    folder = tmp_path / "ours"
    words = KINDS[kind]
    made = advisor("code", *words, "--project", folder)
    assert made.code == 0
    names = [path.name for path in sorted(folder.iterdir())]
    assert sorted(line.rpartition("/")[2] for line in made.out.splitlines()) == names
    program = "index.html" if kind == "page" else "program.py"
    assert (folder / program).read_text("utf-8") == advisor("code", *words).out
    readme = (folder / "README.md").read_text("utf-8")
    assert len(readme.splitlines()) <= 10
    assert "{" not in readme
    required = (folder / "requirements.txt").read_text("utf-8").splitlines()
    if kind == "page":
        ast.parse((folder / "test_page.py").read_text("utf-8"))
        assert [each.partition(">")[0] for each in required] == ["pillow", "playwright"]
        assert "uv run" not in readme
        assert "--resume" not in readme
    else:
        ast.parse((folder / "test_program.py").read_text("utf-8"))
        assert all(f'#   "{each}",' in made_lines(folder) for each in required)
        assert required
    declared = yaml.safe_load((folder / "advisor.yaml").read_text("utf-8"))["choices"]
    assert declared[0]["needs"]["task"]
    checked = advisor("check", folder)
    assert checked.code == 0, checked.out


def made_lines(folder):
    return (folder / "program.py").read_text("utf-8").splitlines()


def test_nothing_is_overwritten(advisor, tmp_path):
    folder = tmp_path / "ours"
    folder.mkdir()
    (folder / "README.md").write_text("mine\n")
    refused = advisor("code", "--task", "vqa", "--project", folder)
    assert (refused.code, refused.out) == (2, "")
    assert "README.md` exists" in refused.err
    assert [path.name for path in folder.iterdir()] == ["README.md"]
    assert (folder / "README.md").read_text() == "mine\n"
    (folder / "README.md").rename(folder / "other.md")
    refused = advisor("code", "--task", "vqa", "--project", folder)
    assert refused.code == 2
    assert "has other files" in refused.err
    assert [path.name for path in folder.iterdir()] == ["other.md"]


def test_a_folder_that_cannot_be_written_leaves_nothing(advisor, tmp_path):
    (tmp_path / "file").write_text("x")
    refused = advisor("code", "--task", "vqa", "--project", tmp_path / "file" / "ours")
    assert (refused.code, refused.out) == (2, "")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
