"""What the head of a program says, typed: `uv run` installs, downloads from a hub and works.

`uv` has to be on the path or named by ADVISOR_UV; it downloads torch, so that this is slow.
"""

import json
import os
import re
import shlex
import shutil
import subprocess

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

from loopback_hub import serving

from advisor.cli.main import run

UV = os.environ.get("ADVISOR_UV") or shutil.which("uv")
CLIP, DINO = "openai/clip-vit-base-patch32", "facebook/dinov2-base"
NEEDS = {
    "captions": (("--task", "captioning", "--no-thinking"), "qwen3_5"),
    "questions": (("Salesforce/blip-vqa-base", "--task", "vqa"), "blip_answerer"),
    "labels": ((CLIP, "--task", "zero-shot-classification"), "clip"),
    "search": ((CLIP, "--task", "image-search"), "clip"),
    "few-photos-each": ((CLIP, "--task", "supervised-classification"), "clip"),
    "similar": ((DINO, "--task", "similar-images"), "dinov2"),
    "duplicates": ((DINO, "--task", "deduplication"), "dinov2"),
    "pairs": (("Salesforce/blip-itm-base-coco", "--task", "image-text-matching"), "blip_matcher"),
    "pages": (("Qwen/Qwen3-VL-4B-Instruct", "--task", "ocr-page"), "qwen3_vl"),
    "fields": (("Qwen/Qwen3-VL-4B-Instruct", "--task", "field-extraction"), "qwen3_vl"),
}

LONG = [pytest.param(need, marks=pytest.mark.long) for need in list(NEEDS)[1:]]


@pytest.mark.slow
@pytest.mark.skipif(UV is None, reason="uv is not installed here: ADVISOR_UV names it")
@pytest.mark.parametrize("need", [next(iter(NEEDS)), *LONG])
def test_the_commands_in_the_head_of_a_program_run_as_they_stand(need, tiny, tmp_path, capsys):
    from PIL import Image

    words, kind = NEEDS[need]
    assert run(["code", *words]) == 0
    code = capsys.readouterr().out
    commands = re.findall(r"^#   uv run (program\.py .+)$", code, re.MULTILINE)
    assert commands
    placed = re.sub(r'^name = ".+"$', 'name = "someone/there"', code, flags=re.MULTILINE)
    assert placed != code
    short = re.sub(r'("--max-tokens", .*default=)\d+', r"\g<1>4", placed)
    (tmp_path / "program.py").write_text(short, encoding="utf-8")
    for color in ("blue", "red"):
        (tmp_path / "photos" / color).mkdir(parents=True)
        for side in (40, 60):
            image = Image.new("RGB", (side, 40), color)
            image.save(tmp_path / "photos" / color / f"{side}.png")
    image.save(tmp_path / "photo.jpg")
    printed = ""
    with serving(tiny(kind)) as endpoint:
        environment = os.environ | {"HF_ENDPOINT": endpoint, "HF_HOME": str(tmp_path / "hub")}
        for name in ("PYTHONPATH", "VIRTUAL_ENV", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):
            environment.pop(name, None)
        for command in commands:
            done = subprocess.run(
                [UV, "run", *shlex.split(command)], cwd=tmp_path, env=environment,
                capture_output=True, text=True, check=False,
            )  # fmt: skip
            assert done.returncode == 0, done.stderr[-3000:]
            printed += done.stdout
    files = [*tmp_path.glob("*.jsonl"), *tmp_path.glob("index-*/*.jsonl")]
    lines = [json.loads(line) for file in files for line in file.read_text().splitlines()]
    assert {line["image"] for line in lines} == {
        f"photos/{color}/{side}.png" for color in ("blue", "red") for side in (40, 60)
    }
    assert not [line for line in lines if "error" in line]
    assert bool(printed) == (len(commands) == 2 or need == "duplicates"), printed
