"""The test of a folder of `advisor code --project` passes, on a tiny network."""

import subprocess
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

from advisor.cli.main import run
from tests import warm

CASES = {
    "vqa": (("Salesforce/blip-vqa-base", "--task", "vqa"), "blip_answerer"),
    "labels": (("openai/clip-vit-base-patch32", "--task", "zero-shot-classification"), "clip"),
    "search": (("openai/clip-vit-base-patch32", "--task", "image-search"), "clip"),
    "duplicates": (("facebook/dinov2-base", "--task", "deduplication"), "dinov2"),
    "pairs": (("Salesforce/blip-itm-base-coco", "--task", "image-text-matching"), "blip_matcher"),
    "probe": (("openai/clip-vit-base-patch32", "--task", "supervised-classification"), "clip"),
    "pages": (("vidore/colqwen2-v1.0-hf", "--task", "image-search"), "colqwen2"),
    "training": (
        ("Salesforce/blip-image-captioning-base", "--task", "captioning",
         "--training", "fine-tune", "--examples", "texts", "--pairs", "5000"), "blip_captioner",
    ),
}  # fmt: skip
OFTEN = {"vqa", "probe", "pages", "training"}
"""One of each kind of program: it answers, learns a head, indexes, trains."""


@pytest.mark.slow
@pytest.mark.parametrize(
    "case",
    [pytest.param(case, marks=() if case in OFTEN else pytest.mark.long) for case in CASES],
)
def test_the_test_of_a_project_passes(case, tiny, tmp_path, capsys):
    if case == "pages":
        pytest.importorskip("pypdfium2")
    words, kind = CASES[case]
    folder = tmp_path / "ours"
    assert run(["code", *words, "--project", str(folder)]) == 0
    capsys.readouterr()
    program = folder / "program.py"
    code = program.read_text("utf-8")
    placed = code.replace(f'name = "{words[0]}"', f"name = {str(tiny(kind))!r}")
    assert placed != code
    program.write_text(placed, encoding="utf-8")
    command = [*warm.python(), "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", "."]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:]
    assert "1 passed" in done.stdout
    assert Path(folder / "test_program.py").is_file()
