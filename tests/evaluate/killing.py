"""Runs an evaluation again and again, each in a child that is killed at a line of ours.

Everything is imported once, so that a child costs next to nothing; the parent computes nothing,
since a process that has begun to compute must not be forked. Prints what differed as JSON.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import random
import shutil
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import torch  # noqa: F401
import transformers
from PIL import Image  # noqa: F401
from runs import ClosedRun

import advisor.evaluate.ray_pool
import advisor.evaluate.verdict
import advisor.trial.contrastive
import advisor.trial.encoder_decoder
import advisor.writing
from advisor.cli.main import run
from advisor.evaluate import execution, responses, run_file, worker

TIMED = "timings"
ANSWER, LINES = "answer.json", "lines"
OURS = {module.__file__ for module in (advisor.writing, execution, responses, run_file, worker)}
"""Where what a run leaves is decided and written."""
LOADED = (
    "CLIPModel", "CLIPProcessor", "CLIPTokenizer", "CLIPImageProcessor", "AutoProcessor",
    "AutoTokenizer", "AutoImageProcessor", "VisionEncoderDecoderModel", "ViTModel",
    "ViTImageProcessor", "BertLMHeadModel", "BertTokenizer", "GenerationConfig",
)  # fmt: skip
"""What the candidates are made of, imported before anything is begun."""


def begin(arguments: list[str], outputs: Path, kill_at: int = 0) -> int:
    """Start a command in a child of its own, and return its process.

    It kills itself at a line of ours, by number; without one it says at its end how many there are.
    """
    child = os.fork()
    if child:
        return child
    with (outputs / ANSWER).open("w") as stdout, Path(os.devnull).open("w") as nowhere:
        os.dup2(stdout.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
        lines = count_lines(kill_at)
        code = run(arguments)
        sys.stdout.flush()
    (outputs / LINES).write_text(str(next(lines)))
    os._exit(code)


def count_lines(kill_at: int) -> Iterator[int]:
    """Count the lines that run in files of `OURS`, in every thread."""
    lines = itertools.count(1)

    def in_ours(_frame: FrameType, _event: str, _argument: Any) -> Any:
        if next(lines) == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        return in_ours

    def entered(frame: FrameType, event: str, argument: Any) -> Any:
        if frame.f_code.co_filename in OURS:
            return in_ours(frame, event, argument)
        return None

    threading.settrace(entered)
    sys.settrace(entered)
    return lines


def state(folder: Path, outputs: Path) -> dict[str, str]:
    """What must be the same: the run and every output, but for what was timed."""
    file = ClosedRun(folder)
    order = {"run": "manifest", "images": "number", "given": "candidate, number", "answers": "key"}
    found = {
        table: repr(list(file.rows(f"SELECT * FROM {table} ORDER BY {by}")))
        for table, by in order.items()
    }
    found["folder"] = " ".join(sorted(path.name for path in folder.iterdir()))
    with contextlib.suppress(OSError, ValueError):
        answer = json.loads((outputs / ANSWER).read_text())
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
    os.waitpid(begin(command, outputs), 0)
    lines = int((outputs / LINES).read_text())
    whole = state(folder, outputs)
    report = {"whole": sorted(whole), "lines": lines, "killed": [], "broken_off": [], "differ": []}
    for number in range(times):
        shutil.rmtree(folder)
        report["killed"].append([])
        for _ in range(1 + number % 2):  # a second one while what the first left is taken up
            place = chosen.randrange(1, lines * 3 // 4)  # threads that wait run some more or fewer
            _, status = os.waitpid(begin(command, outputs, place), 0)
            if os.WIFSIGNALED(status):
                report["killed"][-1].append(place)
            files = sorted(folder.iterdir()) if folder.is_dir() else []
            report["broken_off"].append([[file.name, file.stat().st_size] for file in files])
        _, status = os.waitpid(begin(command, outputs), 0)
        after = state(folder, outputs)
        sys.stderr.write(f"{report['killed'][-1]} of {lines}, {report['broken_off'][-1]}\n")
        if os.waitstatus_to_exitcode(status) or after != whole:
            names = whole.keys() | after.keys()
            differ = sorted(name for name in names if whole.get(name) != after.get(name))
            said = (outputs / ANSWER).read_text()[:500]
            report["differ"].append([os.waitstatus_to_exitcode(status), differ, said])
    sys.stdout.write(json.dumps(report) + "\n")


if __name__ == "__main__":
    main()
