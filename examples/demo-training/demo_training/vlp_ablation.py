"""The paper's claim in small: `python -m demo_training.vlp_ablation FOLDER --detector FOLDER`.

Four beginnings (no pre-training; sequence to sequence only; bidirectional only; both, 3 to 1), each
with three seeds, are fine-tuned briefly for captions and for answers on few pictures. All have the
same detector and the same number of steps of fine-tuning. Each run is a line of `runs.jsonl`; the
same command goes on where it was cut off, and prints the table of what there is.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from pathlib import Path
from typing import Any

from demo_training import vlp_evaluate
from demo_training.recipe import Recipe
from demo_training.vlp_material import material
from demo_training.vlp_train import Phase, train

ARMS: dict[str, float | None] = {
    "no pre-training": None,
    "sequence to sequence only": 1.0,
    "bidirectional only": 0.0,
    "both (0.75 / 0.25)": 0.75,
}
SEEDS = (101, 102, 103)
MEASURES = {
    "whole caption": "whole caption, held-out images",
    "answer": "answer, held-out images",
}
RUNS = "runs.jsonl"
STUDENT = 4.303
"""The 97.5 % point of Student's t with two degrees of freedom: three seeds."""


def main() -> None:
    """Run what is missing, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--detector", type=Path, required=True)
    parser.add_argument("--pretraining", type=int, default=300, help="steps")
    parser.add_argument("--finetuning", type=int, default=150, help="steps, for each of the two")
    parser.add_argument("--pictures", type=int, default=2000, help="for fine-tuning")
    parser.add_argument("--held-out", type=int, default=1000)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--images", type=int, default=100_000)
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--table", action="store_true", help="only print what there is")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    file = options.folder / RUNS
    done = read_runs(file)
    if not options.table:
        for seed in SEEDS:
            for arm in ARMS:
                if (arm, seed) not in {(run["arm"], run["seed"]) for run in done}:
                    done.append(one_run(arm, seed, options))
                    with file.open("a", encoding="utf-8") as lines:
                        lines.write(json.dumps(done[-1]) + "\n")
    sys.stdout.write("\n".join(told(done)) + "\n")


def read_runs(file: Path) -> list[dict[str, Any]]:
    """Return the runs that were finished."""
    if not file.exists():
        return []
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line]


def one_run(arm: str, seed: int, options: Any) -> dict[str, Any]:
    """Train one beginning with one seed, and return what it can do on held-out pictures."""
    name, begun = f"{arm.split()[0]}-{seed}", time.process_time()
    start, sequences = None, ARMS[arm]
    if sequences is not None:
        start = options.folder / f"{name}-pretraining"
        phase = Phase(
            name="pretraining",
            recipe=_recipe(options, options.pretraining, seed),
            detector=options.detector,
            sequences=sequences,
        )
        _trained(phase, start, options, most=0)
    figures: dict[str, Any] = {}
    for aim in ("captions", "answers"):
        folder = options.folder / f"{name}-{aim}"
        recipe = _recipe(options, options.finetuning, seed + 1000)
        phase = Phase(name=aim, recipe=recipe, detector=options.detector, start=start)
        _trained(phase, folder, options, most=options.pictures)
        figures |= getattr(vlp_evaluate, aim)(folder, options.held_out, 0)
    shares = {short: figures[long]["share"] for short, long in MEASURES.items()}
    settings = {
        key: getattr(options, key) for key in ("pretraining", "finetuning", "pictures", "batch")
    }
    seconds = round(time.process_time() - begun)
    return {"arm": arm, "seed": seed, **shares, "of": options.held_out, **settings, "cpu": seconds}


def _trained(phase: Phase, folder: Path, options: Any, most: int) -> None:
    """Train a phase where it was not trained to its end."""
    if not folder.exists():
        train(phase, folder, material(options.images, options.cache, most))


def _recipe(options: Any, steps: int, seed: int) -> Recipe:
    warm_up = max(1, steps // 10)
    return Recipe(
        steps=steps,
        batch=options.batch,
        rate=options.rate,
        warm_up=warm_up,
        seed=seed,
        images=options.images,
    )


def told(runs: list[dict[str, Any]]) -> list[str]:
    """Return the table of runs, and before it how they were made, as Markdown; none of none."""
    if not runs:
        return []
    first = runs[0]
    how = (
        f"{first['pretraining']} steps of pre-training, then {first['finetuning']} steps of each "
        f"fine-tuning, with {first['batch']} examples per step:"
    )
    return [how, "", table(runs)]


def table(runs: list[dict[str, Any]]) -> str:
    """Return the mean of each beginning with its 95 % interval over seeds, as Markdown."""
    lines = [f"| start | seeds | {' | '.join(MEASURES)} |", "| --- | --: | --: | --: |"]
    for arm in ARMS:
        own = [run for run in runs if run["arm"] == arm]
        if own:
            cells = [_cell([run[name] for run in own]) for name in MEASURES]
            lines.append(f"| {arm} | {len(own)} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(shares: list[float]) -> str:
    mean = statistics.mean(shares)
    if len(shares) < len(SEEDS):
        return f"{mean:.1%} (no interval)"
    half = STUDENT * statistics.stdev(shares) / len(shares) ** 0.5
    return f"{mean:.1%} ± {half:.1%}"


if __name__ == "__main__":
    main()
