"""Runs an evaluation again and again, each in a child that is killed at a random instant.

Everything is imported once, so that a child costs next to nothing; the parent computes nothing,
since a process that has begun to compute must not be forked. Prints what differed as JSON.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import sys
import time
from pathlib import Path

import torch  # noqa: F401
import transformers
from PIL import Image  # noqa: F401

import advisor.evaluate.execution
import advisor.evaluate.ray_team
import advisor.evaluate.verdict
import advisor.trial.contrastive
import advisor.trial.encoder_decoder  # noqa: F401
from advisor.cli.main import run

TIMED = "timings"
LOADED = (
    "CLIPModel", "CLIPProcessor", "CLIPTokenizer", "CLIPImageProcessor", "AutoProcessor",
    "AutoTokenizer", "AutoImageProcessor", "VisionEncoderDecoderModel", "ViTModel",
    "ViTImageProcessor", "BertLMHeadModel", "BertTokenizer", "GenerationConfig",
)  # fmt: skip
"""What the candidates are made of, imported before anything is begun."""


def begin(arguments: list[str], out: Path) -> int:
    """Start a command in a child of its own, and return its process."""
    child = os.fork()
    if child:
        return child
    with out.open("w") as stdout, Path(os.devnull).open("w") as nowhere:
        os.dup2(stdout.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
        code = run(arguments)
        sys.stdout.flush()
    os._exit(code)


def state(folder: Path, outputs: Path) -> dict[str, str]:
    """What must be the same: the run and every output, but for what was timed."""
    found = {
        file.name: file.read_bytes().hex()
        for file in folder.iterdir()
        if not file.name.startswith("timing")
    }
    with contextlib.suppress(OSError, ValueError):
        answer = json.loads((outputs / "answer.json").read_text())
        answer.pop(TIMED)
        found["answer"] = json.dumps(answer, sort_keys=True)
    return found


def main() -> None:
    """Kill so many times, in a folder, with data."""
    data, home, times, seed = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    for name in LOADED:
        getattr(transformers, name)
    chosen = random.Random(seed)
    folder, outputs = home / "run", home / "outputs"
    outputs.mkdir()
    command = [
        "evaluate", data, "--candidate", "demo:clip", "--candidate", "again=demo:clip",
        "--candidate", "demo:vision-encoder-decoder", "--batch-size", "4", "--format", "json",
        "--run", str(folder), "--output", f"html={outputs / 'page.html'}",
        "--torch-device", "cpu", "--no-input",
    ]  # fmt: skip
    out = outputs / "answer.json"
    began = time.monotonic()
    os.waitpid(begin(command, out), 0)
    lasted = time.monotonic() - began
    whole = state(folder, outputs)
    report = {"whole": sorted(whole), "lasted": lasted, "killed": 0, "broken_off": [], "differ": []}
    for _ in range(times):
        shutil.rmtree(folder)
        out.unlink()
        for _ in range(chosen.randrange(1, 3)):
            child = begin(command, out)
            time.sleep(chosen.uniform(0, 1.05) * lasted)
            os.kill(child, signal.SIGKILL)
            _, status = os.waitpid(child, 0)
            report["killed"] += os.WIFSIGNALED(status)
            if folder.exists():
                given = sorted(folder.glob("given-*"))
                report["broken_off"].append([len(file.read_bytes()) for file in given])
        began = time.monotonic()
        _, status = os.waitpid(begin(command, out), 0)
        lasted = max(lasted / 2, time.monotonic() - began)  # the machine may be busier now
        after = state(folder, outputs)
        sys.stderr.write(f"{report['killed']} killed, {report['broken_off'][-1:]}\n")
        if os.waitstatus_to_exitcode(status) or after != whole:
            names = whole.keys() | after.keys()
            report["differ"].append([name for name in names if whole.get(name) != after.get(name)])
    sys.stdout.write(json.dumps(report) + "\n")


if __name__ == "__main__":
    main()
