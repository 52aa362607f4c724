"""Nothing that lies beside data, a candidate or a script is run as a module."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

from test_runs import arranged, compared, run

from advisor.trial.demo import demo_checkpoints

PLANTED = ("torch", "pyarrow", "numpy", "PIL", "sqlite3")
COMMANDS = {
    "advisor": [str(Path(sys.executable).with_name("advisor"))],
    "python -m advisor": [sys.executable, "-m", "advisor"],
}
START = [pytest.param("advisor", marks=pytest.mark.long), "python -m advisor"]
"""The script has the folder of its environment first on the path, `-m` the working folder."""
SECONDS = 1500


def plant(folder: Path, ran: Path) -> None:
    """Put modules into a folder that say that they ran."""
    for name in PLANTED:
        said = f"{name} of {folder.name}\n"
        (folder / f"{name}.py").write_text(f"open({str(ran)!r}, 'a').write({said!r})\n")


def evaluate(command: str, where: Path, *words: object, **variables: str) -> None:
    done = subprocess.run(
        [*COMMANDS[command], "evaluate", *map(str, words), "--no-input", "--fresh"],
        capture_output=True, text=True, timeout=SECONDS, cwd=where,
        env={**os.environ, **variables},
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stderr[-2000:]
    assert "did not finish" not in done.stdout


@pytest.fixture
def candidate(tmp_path: Path) -> Path:
    """Return the demo CLIP as a folder of somebody's."""
    folder = tmp_path / "mine"
    folder.mkdir()
    home = next(demo.folder for demo in demo_checkpoints() if demo.id == "demo:clip")
    for file in home.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    return folder


@pytest.mark.parametrize("command", START)
@pytest.mark.parametrize(
    "ray",
    [
        pytest.param((), marks=pytest.mark.slow),
        pytest.param(("--ray", "--workers", "1"), marks=[pytest.mark.slow, pytest.mark.long]),
    ],
)
def test_modules_beside_the_data_and_a_candidate_are_not_imported(
    shapes, tmp_path, candidate, command, ray
):
    if ray:
        pytest.importorskip("ray")
    data, ran = shapes(12), tmp_path / "ran"
    plant(data, ran)
    plant(candidate, ran)
    evaluate(command, data, ".", "--candidate", candidate, *ray)
    assert not ran.exists(), ran.read_text()


@pytest.mark.slow
@pytest.mark.parametrize("command", START)
def test_an_empty_entry_of_pythonpath_is_not_the_working_folder(shapes, tmp_path, command):
    data, ran = shapes(12), tmp_path / "ran"
    plant(data, ran)
    evaluate(
        command,
        data,
        ".",
        "--candidate",
        "demo:clip",
        PYTHONPATH=f"{os.pathsep}{tmp_path}{os.pathsep}",
    )
    assert not ran.exists(), ran.read_text()


@pytest.mark.slow
def test_folders_that_the_user_put_on_pythonpath_stay(shapes, tmp_path):
    theirs, ran = tmp_path / "theirs", tmp_path / "ran"
    theirs.mkdir()
    code = "from advisor.child import environment; print(environment()['PYTHONPATH'])"
    for named in (str(theirs), "theirs", f"{os.pathsep}theirs"):
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": named}, check=True,
        )  # fmt: skip
        assert done.stdout.split() == [str(theirs)]
    (theirs / "PIL.py").write_text(f"open({str(ran)!r}, 'w')\nraise ImportError\n")
    with pytest.raises(AssertionError):
        evaluate("advisor", theirs, shapes(12), "--candidate", "demo:clip", PYTHONPATH=".")
    assert ran.exists()


ON_RAY = """
import sys
from pathlib import Path
import numpy, PIL, pyarrow, sqlite3, torch
from advisor.evaluate.ray_pool import ray_pools
from advisor.trial.runtime import transformers, versions
from test_planted_modules import plant
from test_runs import arranged, run
transformers()
plant(Path(__file__).parent, Path(sys.argv[2]))
with ray_pools("local", 1) as hire:
    made = arranged(Path(sys.argv[1]), ("demo:clip", "demo:vision-encoder-decoder"), batch=4)
    run(made, Path(sys.argv[3]), hire=hire)
"""


@pytest.mark.slow
def test_workers_import_nothing_from_the_folder_of_a_script_and_give_the_bytes_of_one_process(
    shapes, tmp_path
):
    pytest.importorskip("ray")
    data = shapes(40)
    made = arranged(data, ("demo:clip", "demo:vision-encoder-decoder"), batch=4)
    run(made, tmp_path / "one")
    tools, elsewhere, ran = tmp_path / "tools", tmp_path / "elsewhere", tmp_path / "ran"
    tools.mkdir()
    elsewhere.mkdir()
    (tools / "judge.py").write_text(ON_RAY)
    done = subprocess.run(
        [sys.executable, tools / "judge.py", data, ran, tmp_path / "run"],
        capture_output=True, text=True, timeout=SECONDS, cwd=elsewhere,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    assert compared(tmp_path / "run") == compared(tmp_path / "one")
    assert not ran.exists(), ran.read_text()
