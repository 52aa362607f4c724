"""Train the demo's unified VLP: `python -m demo_training.vlp_train PHASE FOLDER --start FOLDER`.

A phase is `detector`, `pretraining`, `captions` or `answers`. Its state is kept beside the folder
every 100 steps; the same command goes on from there. One thread computes and every generator is
seeded, so the same machine writes the same bytes again.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from advisor.trial.runtime import library, quiet
from advisor.unified_vlp import UnifiedVLPForAnswering, UnifiedVLPForCaptioning
from demo_training import vlp_phases
from demo_training.optimisation import reproducible
from demo_training.recipe import Recipe
from demo_training.vlp_detector import DetectorHeads
from demo_training.vlp_material import Material, Seen, material
from demo_training.vlp_network import WIDTH, configuration
from demo_training.vlp_phases import Loss

torch: Any = library("torch")
KEEP = 0.995
GRID_WEIGHTS = "vlp.grid."
PHASES = ("detector", "pretraining", "captions", "answers")
SEQUENCES = 0.75
"""The share of pre-training under the sequence-to-sequence mask: that of the paper."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """One phase: what is minimised, where it starts, and how long and hard it goes."""

    name: str
    recipe: Recipe
    detector: Path | None = None
    start: Path | None = None
    sequences: float = SEQUENCES
    until: int = 0


def main() -> None:
    """Train one phase and save the network, in float32 but for the two that end it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("phase", choices=PHASES)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--detector", type=Path, help="the grid in this folder, for all others")
    parser.add_argument("--start", type=Path, help="go on from the weights in this folder")
    parser.add_argument("--sequences", type=float, default=SEQUENCES)
    parser.add_argument("--most", type=int, default=0, help="use no more pictures than these")
    parser.add_argument("--until", type=int, default=0, help="end at this step of the schedule")
    usual = Recipe(steps=2000)
    for name in ("steps", "batch", "rate", "seed", "images", "warm_up"):
        value = getattr(usual, name)
        parser.add_argument(f"--{name}", type=type(value), default=value)
    parser.add_argument("--cache", type=Path, help="keep the drawn pictures in this file")
    options = vars(parser.parse_args())
    name, folder, most, cache = (options.pop(key) for key in ("phase", "folder", "most", "cache"))
    if (name == "detector") == bool(options["detector"]):
        parser.error("--detector goes with every phase but `detector`")
    told = {key: options.pop(key) for key in ("detector", "start", "sequences", "until")}
    phase = Phase(name=name, recipe=Recipe(**options), **told)
    train(phase, folder, material(phase.recipe.images, cache, most))


def train(phase: Phase, folder: Path, data: Material) -> Any:
    """Train a phase to its end, from where it stood, and return the network."""
    with reproducible(phase.recipe.seed):
        kind = UnifiedVLPForAnswering if phase.name == "answers" else UnifiedVLPForCaptioning
        model = kind(configuration())
        if phase.start is not None:
            take_weights(model, phase.start)
        if phase.detector is not None:
            take_weights(model, phase.detector, GRID_WEIGHTS)
        model.train()
        loss, parameters = loss_of(phase, model, data)
        state = folder.with_suffix(".state")
        means = optimise(parameters, list(model.buffers()), loss, phase.recipe, state, phase.until)
        with torch.no_grad():
            for parameter, mean in zip(parameters, means, strict=True):
                parameter.copy_(mean)
    save(model, folder)
    return model


def loss_of(phase: Phase, model: Any, data: Material) -> tuple[Loss, list[Any]]:
    """Return what a phase minimises, and the parameters that it moves.

    The first moves the grid and its read-outs; the others all but the grid.
    """
    batch = phase.recipe.batch
    if phase.detector is None:
        heads = DetectorHeads(WIDTH)
        moved = [*model.vlp.grid.parameters(), *heads.parameters()]
        return vlp_phases.detector(model, heads, data, batch), moved
    still = {id(parameter) for parameter in model.vlp.grid.parameters()}
    moved = [parameter for parameter in model.parameters() if id(parameter) not in still]
    seen = Seen(model.vlp.grid, data, phase.detector)
    if phase.name == "pretraining":
        return vlp_phases.pretraining(model, seen, data, batch, phase.sequences), moved
    make = {"captions": vlp_phases.captions, "answers": vlp_phases.answers}[phase.name]
    return make(model, seen, data, batch), moved


def optimise(
    parameters: list[Any],
    buffers: list[Any],
    loss: Loss,
    recipe: Recipe,
    state: Path,
    until: int = 0,
) -> list[Any]:
    """Minimise a loss and return running means of the parameters; go on from a stored state.

    `buffers` change along with the parameters: the statistics of the grid's norms. `until` ends it
    at a step of the schedule before the last.
    """
    random = Random(recipe.seed)
    optimiser = torch.optim.AdamW(
        parameters, lr=recipe.rate, betas=(0.9, 0.98), weight_decay=recipe.decay
    )
    means, first = [value.detach().clone() for value in parameters], 1
    if state.exists():
        stored = torch.load(state, weights_only=True)
        first = stored["step"] + 1
        means = stored["means"]
        version, words, gauss = stored["random"]
        random.setstate((version, tuple(words), gauss))
        optimiser.load_state_dict(stored["optimiser"])
        with torch.no_grad():
            values = (*stored["values"], *stored["buffers"])
            for own, value in zip((*parameters, *buffers), values, strict=True):
                own.copy_(value)
    begun, recent = time.perf_counter(), 0.0
    for step in range(first, (until or recipe.steps) + 1):
        for group in optimiser.param_groups:
            group["lr"] = recipe.rate * recipe.share(step)
        optimiser.zero_grad(set_to_none=True)
        value = loss(random)
        value.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimiser.step()
        keep = min(KEEP, step / (step + 10))
        with torch.no_grad():
            for mean, parameter in zip(means, parameters, strict=True):
                mean.lerp_(parameter, 1 - keep)
        recent = value.item() if step == first else 0.95 * recent + 0.05 * value.item()
        if step % 100 == 0:
            pace = (time.perf_counter() - begun) / (step - first + 1)
            sys.stderr.write(f"step {step}/{recipe.steps} loss {recent:.4f} {pace:.3f} s a step\n")
            sys.stderr.flush()
            kept = {
                "step": step,
                "means": means,
                "values": [parameter.detach() for parameter in parameters],
                "buffers": buffers,
                "random": random.getstate(),
                "optimiser": optimiser.state_dict(),
            }
            torch.save(kept, state.with_suffix(".new"))
            state.with_suffix(".new").replace(state)
    state.unlink(missing_ok=True)
    return means


def take_weights(model: Any, folder: Path, beginning: str = "") -> None:
    """Put stored weights whose names begin so into the network, where it has a place for them."""
    stored = library("safetensors.torch").load_file(folder / "model.safetensors")
    taken = {name: value for name, value in stored.items() if name.startswith(beginning)}
    model.load_state_dict(taken, strict=False)


def save(model: Any, folder: Path) -> None:
    """Write the network."""
    shutil.rmtree(folder, ignore_errors=True)
    with quiet():
        model.eval().save_pretrained(folder)


if __name__ == "__main__":
    main()
