"""The speed of this machine, measured by running a checkpoint; `--device here` uses it."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

from advisor.console.this_machine import MeasuredSpeed, keep_speed, look
from advisor.decide.memory import PIXELS
from advisor.decide.workload import measured_rates, rounded, workload_of
from advisor.errors import UsageError
from advisor.rulebase.base import RuleBase
from advisor.trial.answer import Request
from advisor.trial.candidate import CheckpointChoice, revision_here
from advisor.trial.contrastive import BATCH, Contrastive
from advisor.trial.images import open_image
from advisor.trial.prompted import TextWriter
from advisor.trial.resolution import Loading, resolve
from advisor.trial.runner import Runner, load_runner, supported_tasks
from advisor.trial.runtime import UnsupportedError, library

RUNS, TOKENS = 3, 17
QUESTION = "What does the image show?"
LEAST_SECONDS = 1e-6
"""Minimum seconds of a step, in case the clock measures no difference for a tiny network."""


def measure_speed(rulebase: RuleBase, choice: CheckpointChoice, loading: Loading) -> MeasuredSpeed:
    """Run the chosen checkpoint on a noise image, and store the speed of this machine.

    Returns all stored speeds. Raises UsageError unless exactly one catalog checkpoint with a known
    number of operations is chosen, or if it ran on another device than `--device here` stands for.
    """
    entry = rulebase.checkpoints.get(",".join(choice.checkpoints or ()))
    workload = workload_of(rulebase, entry) if entry else None
    if entry is None or workload is None:
        raise UsageError(
            "`--measure` takes one cataloged checkpoint whose number of operations is known",
            hint=f"add --checkpoint {rulebase.workloads[0].checkpoints[0]}",
        )
    machine = look()
    settings = loading._replace(revision=choice.revision or revision_here(entry))
    local = resolve(entry.id, settings)
    tasks = supported_tasks(local, rulebase)
    task = next((task for task in tasks if task in entry.tasks), tasks[0])
    runner = load_runner(local, task, rulebase=rulebase, **settings._asdict())
    if not runner.placement.device.startswith(machine.kind):
        raise UsageError(
            f"`--device here` is {machine.kind}, but the model ran on {runner.placement.device}",
            hint=f"add --torch-device {machine.kind}",
        )
    rates = measured_rates(workload, entry, *_seconds(runner))
    return keep_speed(machine, MeasuredSpeed(*rates))


def speeds_shown(speed: MeasuredSpeed) -> dict[str, str]:
    """Return speeds as text, by the kind of network or work."""
    facts = {f"{kind} networks": f"{rounded(rate)} GFLOPS" for kind, rate in speed.gflops.items()}
    if speed.weights_gb:
        facts["text generation"] = f"{rounded(speed.weights_gb)} GB of weights per second"
    return facts


def _seconds(runner: Runner) -> tuple[float, float]:
    """Return the seconds per image, and per token (0 for dual encoders), without preprocessing.

    A dual encoder on a GPU encodes images in batches; others compute one image and its first token.
    """
    side = int(PIXELS**0.5)
    image = open_image(library("PIL.Image").effect_noise((side, side), 64))
    with runner.running():
        if isinstance(runner, Contrastive):
            batch = 1 if runner.placement.device == "cpu" else BATCH
            pixels = runner.image_inputs([image] * batch)
            features = runner.network.get_image_features
            return _timed(runner, lambda: features(**pixels)) / batch, 0.0
        if isinstance(runner, TextWriter):
            inputs = runner.inputs(image, Request(question=QUESTION))
            first, whole = (
                _timed(runner, lambda: runner.generate(inputs, n, min_new_tokens=n))  # noqa: B023
                for n in (1, TOKENS)
            )
            return first, max(whole - first, LEAST_SECONDS) / (TOKENS - 1)
    raise UnsupportedError(
        f"`{runner.checkpoint.name}` neither encodes images nor generates text",
        hint="choose a checkpoint for image search or for captions",
    )


def _timed(runner: Runner, call: Callable[[], Any]) -> float:
    """Return the median seconds of RUNS calls after a warm-up call."""
    took = []
    for _ in range(1 + RUNS):
        begun = time.perf_counter()
        call()
        if runner.placement.on_cuda:
            library("torch").cuda.synchronize()
        took.append(time.perf_counter() - begun)
    return statistics.median(took[1:])
