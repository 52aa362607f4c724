"""Not found, gated, offline, disk full, out of memory, interrupted: in processes of their own."""

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from commands import ran

pytest.importorskip("torch")
pytest.importorskip("transformers")

from loopback_hub import serving

from advisor.cli.main import run
from tests import warm

Tiny = Callable[[str], Path]
IMAGE = str(Path(__file__).parents[2] / "examples" / "images" / "red-circle.png")
HUB = """
import json, resource, sys
from advisor.cli.main import run
def ask(name, *more):
    print(run(["try", "--image", sys.argv[1], "--task", "embeddings", "--checkpoint", name,
               "--repeat", "0", "--format", "json", *more]), flush=True)
ask("someone/missing", "--download")
ask("someone/gated", "--download")
ask("someone/there", "--download", "--revision", "v9")
ask("someone/there", "--offline")
ask("someone/there")
resource.setrlimit(resource.RLIMIT_FSIZE, (20000, resource.RLIM_INFINITY))
ask("someone/there", "--download")
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
ask("someone/there", "--download")
"""
MEMORY = """
import resource, sys
from PIL import Image
from advisor.errors import AdvisorError
from advisor.trial import load_runner, open_image
image = open_image(Image.new("RGB", (9000, 9000), "red"))
runner = load_runner(sys.argv[1], "embeddings", device="cpu")
runner.run(open_image(Image.new("RGB", (32, 32), "red")))
for line in open("/proc/self/status"):
    if line.startswith("VmSize:"):
        used = int(line.split()[1]) * 1024
resource.setrlimit(resource.RLIMIT_AS, (used + 2**20, used + 2**20))
try:
    runner.run(image)
except AdvisorError as error:
    print(error.kind, error.message, error.hint, sep="|")
"""


def called(code: str, *arguments: str, **variables: str) -> str:
    done = ran([*warm.python(), "-c", code, *arguments], env={**os.environ, **variables})
    assert "Traceback" not in done.stderr, done.stderr
    return done.stdout


@pytest.mark.slow
def test_each_failure_of_the_hub_has_a_message_of_its_own(tiny: Tiny, tmp_path: Path) -> None:
    with serving(tiny("clip")) as address:
        said = called(HUB, IMAGE, HF_ENDPOINT=address, HF_HOME=str(tmp_path / "home"))
    lines = said.splitlines()
    answers, codes = [json.loads(line) for line in lines[0:12:2]], lines[1:12:2]
    assert codes == ["2"] * 6
    errors = [answer["error"] for answer in answers]
    assert [error["kind"] for error in errors] == [
        "not-found", "gated", "not-found", "offline", "not-downloaded", "disk-full",
    ]  # fmt: skip
    assert len({error["message"] for error in errors}) == 6
    assert all(error["hint"] for error in errors)
    assert json.loads("\n".join(lines[12:-1]))["trials"][0]["checkpoint"] == "someone/there"
    assert lines[-1] == "0"


@pytest.mark.slow
def test_the_environment_that_forbids_the_network_is_heeded(tiny: Tiny, tmp_path: Path) -> None:
    code = "import sys; from advisor.cli.main import run; sys.exit(run(sys.argv[1:]))"
    with serving(tiny("clip")) as address:
        said = called(
            code, "try", "--image", IMAGE, "--task", "embeddings", "--checkpoint",
            "someone/there", "--download", "--format", "json",
            HF_ENDPOINT=address, HF_HUB_OFFLINE="1", HF_HOME=str(tmp_path),
        )  # fmt: skip
    assert json.loads(said)["error"]["kind"] == "offline"


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="reads Linux's /proc")
def test_memory_that_really_runs_out_is_said_so(tiny: Tiny) -> None:
    kind, message, hint = called(MEMORY, str(tiny("clip"))).strip().split("|")
    assert kind == "out-of-memory"
    assert "used up the memory" in message
    assert "smaller" in hint


@pytest.mark.slow
def test_ctrl_c_during_a_download_is_130_and_the_next_run_resumes(
    tiny: Tiny, tmp_path: Path
) -> None:
    command = [
        *warm.python(), "-m", "advisor", "try", "--image", IMAGE, "--task", "embeddings",
        "--checkpoint", "someone/there", "--repeat", "0", "--download",
    ]  # fmt: skip
    variables = {**os.environ, "HF_HOME": str(tmp_path)}
    weights = "*model.safetensors*.incomplete"
    with serving(tiny("clip"), pause=5.0) as address:
        process = subprocess.Popen(
            command,
            env={**variables, "HF_ENDPOINT": address},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        until = time.monotonic() + 120
        while not list(tmp_path.rglob(weights)):
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < until
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=300)
        assert list(tmp_path.rglob(weights))  # no file is waited for
    assert process.returncode == 130
    assert "interrupted" in errors
    assert "Traceback" not in errors
    for path in tmp_path.rglob("snapshots/*/*"):  # what is there is whole
        assert path.read_bytes() == (tiny("clip") / path.name).read_bytes()
    with serving(tiny("clip")) as address:
        done = ran(command, env={**variables, "HF_ENDPOINT": address}, check=True)
    assert "an embedding of 8 numbers" in done.stdout


INTERRUPTED = """
import os, signal, sys
from transformers import modeling_utils

def opened(*arguments, own=modeling_utils.safe_open, **how):
    os.kill(os.getpid(), signal.SIGINT)
    return own(*arguments, **how)

modeling_utils.safe_open = opened
from advisor.cli.main import run
sys.exit(run(sys.argv[1:]))
"""


@pytest.mark.slow
def test_ctrl_c_while_weights_load_is_130_and_writes_nothing(tiny: Tiny, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    words = ["try", "--image", IMAGE, "--task", "embeddings", "--checkpoint", str(tiny("clip"))]
    words += ["--output", f"html={page}", "--format", "json"]
    done = ran([*warm.python(), "-c", INTERRUPTED, *words])
    assert done.returncode == 130
    assert json.loads(done.stdout)["error"]["kind"] == "interrupted"
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
@pytest.mark.rehearses
@pytest.mark.usefixtures("warm_children")
def test_a16_a_configuration_that_promises_more_than_its_weights_is_refused(
    tiny: Tiny, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = shutil.copytree(tiny("clip"), tmp_path / "clip")
    written = (folder / "config.json").read_text()
    for part, key, number in (
        ("text_config", "vocab_size", 10_000_000),
        ("text_config", "vocab_size", 1_000_000_000_000),
        ("text_config", "hidden_size", 1_000_000),
        ("vision_config", "image_size", 1_000_000),
        ("vision_config", "num_hidden_layers", 10_000_000),
    ):
        config = json.loads(written)
        config[part][key] = number
        (folder / "config.json").write_text(json.dumps(config))
        code = run(
            ["try", "--image", IMAGE, "--task", "embeddings", "--checkpoint", str(folder),
             "--repeat", "0", "--format", "json"]
        )  # fmt: skip
        assert code == 2
        error = json.loads(capsys.readouterr().out)["error"]
        assert error["kind"] == "broken-checkpoint"
        assert "far more than its weights" in error["message"]
