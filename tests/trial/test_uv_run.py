"""`uv run program.py photos`: installs what the head says, downloads from a hub, writes the lines.

`uv` has to be on the path or named by ADVISOR_UV; it downloads torch, so that this is slow.
"""

import json
import os
import shutil
import subprocess

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

from loopback_hub import serving

from advisor.cli.main import run

UV = os.environ.get("ADVISOR_UV") or shutil.which("uv")


@pytest.mark.slow
@pytest.mark.skipif(UV is None, reason="uv is not installed here: ADVISOR_UV names it")
def test_uv_installs_a_program_downloads_its_network_and_runs_it(tiny, tmp_path, capsys):
    from PIL import Image

    id = "Salesforce/blip-image-captioning-base"
    assert run(["code", id, "--task", "captioning"]) == 0
    code = capsys.readouterr().out
    program = tmp_path / "caption.py"
    placed = code.replace(f'name = "{id}"', 'name = "someone/there"')
    program.write_text(placed.replace("max_new_tokens=40", "max_new_tokens=4"), encoding="utf-8")
    (tmp_path / "photos").mkdir()
    for name in ("blue", "red"):
        Image.new("RGB", (60, 40), name).save(tmp_path / "photos" / f"{name}.png")
    with serving(tiny("blip_captioner")) as endpoint:
        environment = os.environ | {"HF_ENDPOINT": endpoint, "HF_HOME": str(tmp_path / "hub")}
        for name in ("PYTHONPATH", "VIRTUAL_ENV", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):
            environment.pop(name, None)
        command = [UV, "run", "caption.py", "photos"]
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
    assert done.returncode == 0, done.stderr[-3000:]
    lines = [json.loads(line) for line in (tmp_path / "caption.jsonl").read_text().splitlines()]
    assert [line["image"] for line in lines] == ["photos/blue.png", "photos/red.png"]
    assert not [line for line in lines if "error" in line]
