"""What `advisor evaluate` costs: memory over many images, and throughput beside a plain loop.

    python benchmarks/evaluation.py --images 100000 --timed 5000

Memory is resident memory after the first 1,000 images against that at the end. Throughput is that
of a hand-written batched loop over the same files and checkpoint, in turns with the evaluation,
each in a process of its own that has been over all images once: what one of them leaves behind,
such as the memory that the C library holds, is then no burden and no gift to the other.
CPU time is told beside wall time, since only the former says something on a busy machine; of each
the median of the turns, and the least and the most.
"""

from __future__ import annotations

import argparse
import io
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from advisor.trial.runtime import library

CHECKPOINT, BATCH, EARLY = "demo:clip", 16, 1000
LABELS = ("a red circle", "a green circle", "a blue circle", "a red rectangle")


def main() -> None:
    """Measure, and say what came out."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--images", type=int, default=100_000, help="0: no memory")
    asked.add_argument("--timed", type=int, default=5_000, help="0: no throughput")
    asked.add_argument("--turns", type=int, default=5)
    asked.add_argument("--side", choices=SIDES, help="be one side of a turn, on --data")
    asked.add_argument("--data", type=Path)
    given = asked.parse_args()
    library("torch")  # both sides with the threads that a command has
    with tempfile.TemporaryDirectory() as home:
        if given.side:
            sys.stdout.write(json.dumps(SIDES[given.side](given.data, Path(home) / "run")) + "\n")
            return
        if given.images:
            data = Path(home) / "data"
            draw(data, given.images)
            early, late = memory(data, Path(home) / "run")
            print(
                f"{given.images:,} images: {early:.0f} MB after {EARLY:,}, {late:.0f} MB at the "
                f"end ({late - early:+.0f} MB)"
            )
        if given.timed:
            data = Path(home) / "timed"
            draw(data, given.timed)
            for name, ratios in throughput(data, given.turns).items():
                print(
                    f"{given.timed:,} images, {name}: {median(ratios):.1%} of a hand-written loop "
                    f"({min(ratios):.1%} to {max(ratios):.1%} in {given.turns} turns)"
                )


def draw(folder: Path, count: int) -> None:
    """Write pictures of shapes, each another one, in folders by class."""
    from PIL import Image, ImageDraw

    for number in range(count):
        label = LABELS[number % len(LABELS)]
        colour, shape = label.split()[1:]
        image = Image.new("RGB", (64, 64), (number % 256, number // 256 % 256, 200))
        pen = ImageDraw.Draw(image)
        (pen.ellipse if shape == "circle" else pen.rectangle)((16, 16, 48, 48), fill=colour)
        home = folder / label.replace(" ", "_")
        home.mkdir(parents=True, exist_ok=True)
        file = io.BytesIO()
        image.save(file, "PNG")
        (home / f"{number:06}.png").write_bytes(file.getvalue())


def evaluation(data: Path, folder: Path, progress: Callable[[str, int, int], None]) -> None:
    """Run the evaluation once, anew."""
    from advisor.engine.profile import make_profile
    from advisor.evaluate.arrangement import arrange, run_folder, settings_of
    from advisor.evaluate.execution import execute
    from advisor.evaluate.lineup import line_up
    from advisor.evaluate.options import RunOptions
    from advisor.evaluate.responses import EvaluationRun
    from advisor.evaluate.run_file import writing
    from advisor.evaluate.worker import Worker
    from advisor.rulebase.store import load_rules
    from advisor.trial.resolution import Loading

    rules = load_rules()
    given = make_profile(rules, {})
    loading = Loading(device="cpu", dtype="float32")
    options = RunOptions(named=[CHECKPOINT], batch=BATCH)
    made = arrange(rules, str(data), options, given, loading)
    candidates, settings = line_up(made), settings_of(made)
    with writing(run_folder(made, str(folder))) as file:
        run = EvaluationRun(data=made.data, candidates=candidates, settings=settings, file=file)
        execute(run, made.store, made.asking, Worker, fresh=True, progress=progress)


def memory(data: Path, folder: Path) -> tuple[float, float]:
    """Return resident memory in MB after the first images, and at the end."""
    seen: list[float] = []

    def progress(_name: str, done: int, total: int) -> None:
        if (done >= EARLY and not seen) or done == total:
            seen.append(resident_mb())

    evaluation(data, folder, progress)
    return seen[0], seen[-1]


def resident_mb() -> float:
    """Return the resident memory of this process, from the kernel."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


def throughput(data: Path, turns: int) -> dict[str, list[float]]:
    """Return the throughput of the evaluation as shares of a plain loop's: wall and CPU time."""
    shares: dict[str, list[float]] = {"wall": [], "CPU": []}
    for _ in range(turns):
        plain, ours = (in_a_process_of_its_own(side, data) for side in SIDES)
        for name, before, after in zip(shares, plain, ours, strict=True):
            shares[name].append(before / after)
    return shares


def in_a_process_of_its_own(side: str, data: Path) -> list[float]:
    """Return the wall and CPU seconds of one side."""
    command = [sys.executable, __file__, "--side", side, "--data", str(data)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    seconds: list[float] = json.loads(done.stdout.splitlines()[-1])
    return seconds


def timed_loop(data: Path, _: Path) -> tuple[float, float]:
    """Return the seconds of a plain loop that finds everything loaded and cached."""
    loop = PlainLoop(data)
    loop.run()
    wall, cpu = time.perf_counter(), cpu_seconds()
    loop.run()
    return time.perf_counter() - wall, cpu_seconds() - cpu


def timed_evaluation(data: Path, folder: Path) -> tuple[float, float]:
    """Return the seconds of an evaluation that finds everything cached.

    They are those from the first block, which waits for the checkpoint, to the last, brought up to
    all images.
    """
    evaluation(data, folder, lambda *_: None)
    marks: list[tuple[int, float, float]] = []

    def progress(_name: str, done: int, total: int) -> None:
        if not marks or done == total:
            marks.append((done, time.perf_counter(), cpu_seconds()))

    evaluation(data, folder, progress)
    (first, wall, cpu), (last, wall_end, cpu_end) = marks
    share = last / (last - first)
    return (wall_end - wall) * share, (cpu_end - cpu) * share


def cpu_seconds() -> float:
    """Return what this process has spent, its threads included."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


class PlainLoop:
    """What one would write by hand: open, process and score batches of images."""

    def __init__(self, data: Path) -> None:
        import torch
        from transformers import AutoProcessor, CLIPModel

        from advisor.trial.demo import demo_checkpoint

        folder = demo_checkpoint(CHECKPOINT.removeprefix("demo:")).folder
        self.torch = torch
        self.model: Any = CLIPModel.from_pretrained(folder, dtype=torch.float32).eval()
        self.processor: Any = AutoProcessor.from_pretrained(folder)
        self.files = sorted(data.rglob("*.png"))

    def run(self) -> None:
        """Score every image once."""
        from PIL import Image

        words = self.processor(text=list(LABELS), return_tensors="pt", padding=True)
        scores = []
        with self.torch.inference_mode():
            texts = self.model.get_text_features(**words).pooler_output
            texts = texts / texts.norm(dim=-1, keepdim=True)
            for start in range(0, len(self.files), BATCH):
                images = [
                    Image.open(file).convert("RGB") for file in self.files[start : start + BATCH]
                ]
                pixels = self.processor(images=images, return_tensors="pt")
                found = self.model.get_image_features(**pixels).pooler_output
                found = found / found.norm(dim=-1, keepdim=True)
                logits = self.model.logit_scale.exp() * found @ texts.T
                scores += logits.softmax(dim=-1).tolist()


SIDES: dict[str, Callable[[Path, Path], tuple[float, float]]] = {
    "plain": timed_loop,
    "ours": timed_evaluation,
}

if __name__ == "__main__":
    main()
