"""Train the demo's unified VLP: `python -m demo_training.vlp_train PHASE FOLDER --start FOLDER`.

A phase is `detector`, `pretraining`, `captions` or `answers`. Its state is kept beside the folder
every 100 steps; the same command goes on from there. One thread computes and every generator is
seeded, so the same machine writes the same bytes again.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import Any

import numpy

from advisor.trial.runtime import library, quiet
from advisor.unified_vlp import UnifiedVLPForAnswering, UnifiedVLPForCaptioning
from demo_training import dataset, vlp_phases
from demo_training.dataset import Pictures
from demo_training.images import Truth
from demo_training.optimisation import AttributeHeads, reproducible
from demo_training.recipe import Recipe
from demo_training.vlp_network import WIDTH, configuration
from demo_training.vlp_phases import Data, Loss

torch: Any = library("torch")
KEEP = 0.995
PHASES = ("detector", "pretraining", "captions", "answers")
SEQUENCES = 0.75
"""The share of pre-training under the sequence-to-sequence mask: that of the paper."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """One phase: what is minimised, where it starts, and how long and hard it goes."""

    name: str
    recipe: Recipe
    start: Path | None = None
    sequences: float = SEQUENCES
    most: int = 0
    until: int = 0


def main() -> None:
    """Train one phase and save the network, in float32 but for the two that end it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("phase", choices=PHASES)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--start", type=Path, help="go on from the weights in this folder")
    parser.add_argument("--sequences", type=float, default=SEQUENCES)
    parser.add_argument("--most", type=int, default=0, help="use no more pictures than these")
    parser.add_argument("--until", type=int, default=0, help="end at this step of the schedule")
    usual = Recipe(batch=96, images=30_000, steps=2000)
    for name in ("steps", "batch", "rate", "seed", "images", "warm_up"):
        value = getattr(usual, name)
        parser.add_argument(f"--{name}", type=type(value), default=value)
    parser.add_argument("--cache", type=Path, help="keep the drawn pictures in this file")
    options = vars(parser.parse_args())
    name, folder, start = (options.pop(key) for key in ("phase", "folder", "start"))
    extra = {key: options.pop(key) for key in ("sequences", "most", "until")}
    cache = options.pop("cache")
    recipe = Recipe(**options)
    data = material(recipe.images, cache, extra["most"])
    train(Phase(name=name, recipe=recipe, start=start, **extra), folder, data)


def material(images: int, cache: Path | None = None, most: int = 0) -> Data:
    """Return the pictures and questions of training; drawn ones are kept in `cache`."""
    easy, questions = dataset.easy_vqa("train")
    if cache is None:
        return Data(dataset.drawn(images, 11), easy, questions, most)
    if not cache.exists():
        drawn = dataset.drawn(images, 11)
        told = json.dumps([asdict(truth) for truth in drawn.truths])
        numpy.savez(cache, pixels=drawn.pixels, truths=numpy.frombuffer(told.encode(), "uint8"))
    stored = numpy.load(cache)
    told = json.loads(bytes(stored["truths"]))
    truths = tuple(Truth(**{**each, "colours": tuple(each["colours"])}) for each in told)
    return Data(Pictures(pixels=stored["pixels"], truths=truths), easy, questions, most)


def train(phase: Phase, folder: Path, data: Data) -> Any:
    """Train a phase to its end, from where it stood, and return the network."""
    with reproducible(phase.recipe.seed):
        kind = UnifiedVLPForAnswering if phase.name == "answers" else UnifiedVLPForCaptioning
        model, heads = kind(configuration()), AttributeHeads(WIDTH)
        if phase.start is not None:
            take_weights(model, heads, phase.start)
        model.train()
        loss = loss_of(phase, model, heads, data)
        parameters = [*model.parameters(), *heads.parameters()]
        state = folder.with_suffix(".state")
        means = optimise(parameters, loss, phase.recipe, state, phase.until)
        with torch.no_grad():
            for parameter, mean in zip(parameters, means, strict=True):
                parameter.copy_(mean)
    save(model, heads, folder)
    return model


def loss_of(phase: Phase, model: Any, heads: AttributeHeads, data: Data) -> Loss:
    """Return what a phase minimises."""
    batch = phase.recipe.batch
    if phase.name == "pretraining":
        return vlp_phases.pretraining(model, heads, data, batch, phase.sequences)
    make = {
        "detector": vlp_phases.detector,
        "captions": vlp_phases.captions,
        "answers": vlp_phases.answers,
    }[phase.name]
    return make(model, heads, data, batch)


def optimise(
    parameters: list[Any], loss: Loss, recipe: Recipe, state: Path, until: int = 0
) -> list[Any]:
    """Minimise a loss and return running means of the parameters; go on from a stored state.

    `until` ends it at a step of the schedule before the last.
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
            for parameter, value in zip(parameters, stored["values"], strict=True):
                parameter.copy_(value)
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
                "random": random.getstate(),
                "optimiser": optimiser.state_dict(),
            }
            torch.save(kept, state.with_suffix(".new"))
            state.with_suffix(".new").replace(state)
    state.unlink(missing_ok=True)
    return means


def take_weights(model: Any, heads: AttributeHeads, folder: Path) -> None:
    """Put stored weights into the network, as far as it has a place for them."""
    stored = library("safetensors.torch").load_file(folder / "model.safetensors")
    model.load_state_dict({name: value.float() for name, value in stored.items()}, strict=False)
    riders = folder / "heads.safetensors"
    if riders.exists():
        values = library("safetensors.torch").load_file(riders)
        with torch.no_grad():
            for number, parameter in enumerate(heads.parameters()):
                parameter.copy_(values[str(number)])


def save(model: Any, heads: AttributeHeads, folder: Path) -> None:
    """Write the network, and beside it the heads that only training needs."""
    shutil.rmtree(folder, ignore_errors=True)
    with quiet():
        model.eval().save_pretrained(folder)
    riders = {str(n): value.detach().clone() for n, value in enumerate(heads.parameters())}
    library("safetensors.torch").save_file(riders, folder / "heads.safetensors")


if __name__ == "__main__":
    main()
