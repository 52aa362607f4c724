"""Runs that are killed, here and on a cluster, come out to the same bytes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

KILLING = Path(__file__).with_name("killing.py")
RAY_SECONDS = 1500
"""After so long it hangs, however busy the machine; alone it takes 27."""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("places", "images"), [(4, 20), pytest.param(20, 40, marks=pytest.mark.long)]
)
def test_killed_at_many_places_it_comes_out_the_same(shapes, tmp_path, places, images):
    """As many of them as a night has time for; each takes a whole run, traced line by line."""
    data = shapes(images)
    home = tmp_path / "killing"
    home.mkdir()
    done = subprocess.run(
        [sys.executable, KILLING, data, home, str(places), "527070"],
        capture_output=True, text=True, timeout=1500, env={**os.environ, "PYTHONWARNINGS": ""},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    report = json.loads(done.stdout.splitlines()[-1])
    assert set(report["whole"]) == {"run", "images", "given", "answers", "folder", "answer"}
    assert report["differ"] == []
    assert sum(map(bool, report["killed"])) >= places * 3 // 4, report["killed"]
    assert len(set(map(repr, report["broken_off"]))) >= places // 4, "in different states"


ON_RAY = """
import json, os, signal, sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[3])
from test_runs import arranged, run
from advisor.evaluate.ray_pool import ray_pools
data, home = Path(sys.argv[1]), Path(sys.argv[2])
killed = []
with ray_pools("local", 2) as hire:
    def progress(name, done, total):
        if done >= 8 and not killed:
            import ray
            killed.append(ray.get(pools[0].actors[0].process.remote()))
            os.kill(killed[0], signal.SIGKILL)
    made = arranged(data, ("demo:clip", "demo:vision-encoder-decoder"), batch=4)
    pools = []
    def hiring(candidate, asking):
        pools.append(hire(candidate, asking))
        return pools[-1]
    run(made, home / "ray", hire=hiring, tell=print, progress=progress)
print(json.dumps({"killed": len(killed)}))
"""


@pytest.mark.slow
@pytest.mark.long
def test_actors_one_of_which_is_killed_give_the_bytes_of_one_process(shapes, tmp_path):
    """That one which lives on does so is held where nothing planted is imported."""
    from test_runs import arranged, compared, run

    pytest.importorskip("ray")
    data = shapes(40)
    made = arranged(data, ("demo:clip", "demo:vision-encoder-decoder"), batch=4)
    run(made, tmp_path / "one")
    words = [str(data), str(tmp_path), str(KILLING.parent)]
    done = subprocess.run(
        [sys.executable, "-c", ON_RAY, *words],
        capture_output=True, text=True, timeout=RAY_SECONDS, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stdout.splitlines()[-1]) == {"killed": 1}
    assert compared(tmp_path / "ray") == compared(tmp_path / "one")
