"""How much memory a checkpoint takes, estimated from what the catalogue knows of it.

The peak of one image on a CPU is its weights and 370 MB: 28 runs with 41 to 224 million
parameters peaked within 6.0 % of that (`python benchmarks/memory_estimate.py`). More images,
beams and words add to it: each sequence keeps the keys and values of the images and words
behind it, each image what the layers in between hold.

Training, of all weights or of adapters beside them (LoRA), is fitted to what the makers of Qwen
measured on one GPU, with texts of 2,048 tokens in batches of one
(https://github.com/QwenLM/Qwen, README, profiling of memory): LoRA took 11.0, 23.8 and 37.4 GB
for 1.8, 7 and 14 billion parameters; the formula gives 11.0, 23.6 and 37.4. The bytes of full
training are those of https://huggingface.co/docs/transformers/model_memory_anatomy.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from advisor.model import Checkpoint

OVERHEAD_MB = 370
"""The interpreter with torch, torchvision and transformers, and one small image, on a CPU."""
LEAST_GB = round(OVERHEAD_MB / 1024, 2)
"""What every checkpoint takes, however small."""

LARGE_MILLIONS = 1000
"""What writes and is larger has a language model inside, which nobody loads in float32."""

BYTES = {"float32": 4, "bfloat16": 2, "float16": 2}
ROUNDED_BYTES = {"int8": 1.0, "int4": 0.5 + 4 / 64}
"""Of a weight in a linear layer that bitsandbytes rounds: a byte, or half of one and a scale of 4
for each 64 (nf4). The scales of 8 bits, 4 bytes a row, are less than 0.2 % of a layer."""
NEW_TOKENS = 64
"""Words written for one image that are part of the 370 MB."""

ACTIVATIONS = 20
"""Values at work for each value of a vision layer, fitted: a CLIP and a BLIP in batches of 8."""

PATCH = 16
TOWER_WIDTH = ((400, 768), (1500, 1024), (float("inf"), 1408))
"""Width of a vision tower by millions of parameters, where nothing better is known: ViT B, L, g."""

UNKNOWN_IMAGE_TOKENS = 1024
MB = 2**20

BYTES_IN_FULL = 18
"""For each parameter: 6 of weights in mixed precision, 4 of gradients, 8 of AdamW."""
LORA_SHARE = 1.15
"""Of the frozen weights: they, and adapters with what their training keeps."""
LANGUAGE_MODEL_MB = 7.1 * 1024
"""What a language model keeps of 2,048 tokens, most of it the chances of every word of a large
vocabulary, with gradient checkpointing."""


class Component(NamedTuple):
    """One thing that takes memory, in GB of 2^30 bytes."""

    name: str
    gb: float


class Estimate(NamedTuple):
    """A peak in GB, what it is made of, what was assumed, and the command that measures it.

    `gb` is None where nobody knows how large the checkpoint is.
    """

    gb: float | None
    parts: tuple[Component, ...]
    assumptions: tuple[str, ...]
    command: str


def memory_gb(checkpoint: Checkpoint) -> float | None:
    """Return the peak memory in GB (2^30 bytes) for one image; None where the size is unknown.

    Above 400 million parameters, in several shards or in batches nobody has measured it.
    """
    if checkpoint.parameters_millions is None:
        return None
    return round(sum(_loaded_mb(checkpoint).values()) / 1024, 2)


def _loaded_mb(checkpoint: Checkpoint) -> dict[str, float]:
    """What one image takes, by name.

    Weights that are cast or rounded are read tensor by tensor from a mapped file, whose pages the
    system takes back when it needs them.
    """
    parameters = (checkpoint.parameters_millions or 0.0) * 1e6
    if each := ROUNDED_BYTES.get(checkpoint.precision):
        linear = (checkpoint.linear_millions or 0.0) * 1e6
        return {
            "Python, libraries and one image": float(OVERHEAD_MB),
            f"linear layers in {checkpoint.precision}": linear * each / MB,
            "other layers in bfloat16": weights_mb(parameters - linear, "bfloat16"),
        }
    used = loaded_dtype(checkpoint)
    return {
        "Python, libraries and one image": float(OVERHEAD_MB),
        f"weights in {used}": weights_mb(parameters, used),
    }


def weights_mb(parameters: float, dtype: str) -> float:
    """Return the MB (2^20 bytes) that weights take in a precision."""
    return parameters * BYTES[dtype] / MB


def file_dtype(checkpoint: Checkpoint) -> str:
    """Return the precision of the weights in the file; assumed by kind where nobody verified it."""
    if checkpoint.dtype is not None:
        return checkpoint.dtype
    return "bfloat16" if writes_as_language_model(checkpoint) else "float32"


def writes_as_language_model(checkpoint: Checkpoint) -> bool:
    """True for what has a large language model inside, by how it was trained or its size."""
    large = (checkpoint.parameters_millions or 0) > LARGE_MILLIONS
    return checkpoint.stage == "instruction-tuned" or (large and checkpoint.stage != "contrastive")


def loaded_dtype(checkpoint: Checkpoint) -> str:
    """Return the precision in which the printed program loads a checkpoint, on any device.

    That is the file's, but for language models of over 1,000 million parameters in float32: they
    are loaded in bfloat16, in which their makers run them. A form in fewer bits has its own.
    """
    if checkpoint.is_rounded:
        return checkpoint.precision
    stored = file_dtype(checkpoint)
    large = (checkpoint.parameters_millions or 0) > LARGE_MILLIONS
    return "bfloat16" if large and writes_as_language_model(checkpoint) else stored


def assumptions(checkpoints: Iterable[Checkpoint]) -> str:
    """Return in words what the memory of some checkpoints rests on."""
    checkpoints = tuple(checkpoints)
    weights = "weights in the dtype of the checkpoint file (the default of transformers 5)"
    cast = (checkpoint for checkpoint in checkpoints if not checkpoint.is_rounded)
    if any(loaded_dtype(checkpoint) != file_dtype(checkpoint) for checkpoint in cast):
        weights += ", except language models over 1 billion parameters in bfloat16"
    if any(checkpoint.is_rounded for checkpoint in checkpoints):
        weights += "; :int8 and :int4 quantize linear layers and keep other layers in 16 bits"
    interpreter = "370 MB for Python with torch, torchvision and transformers"
    rests_on = ["batch size 1", weights, interpreter]
    if any(model.dtype is None and model.parameters_millions is not None for model in checkpoints):
        taken = "assumed as bfloat16 for language models and float32 for other models"
        rests_on.append(f"~ marks an unverified precision, {taken}")
    return "; ".join(rests_on)


def estimate(
    checkpoint: Checkpoint,
    *,
    batch: int = 1,
    beams: int = 1,
    new_tokens: int = NEW_TOKENS,
) -> Estimate:
    """Return the peak of a checkpoint on a CPU for `batch` images at once.

    `beams` are the sequences searched for each image, `new_tokens` the words written.
    For one image and one beam it is `memory_gb`. Raises ValueError for numbers below one.
    """
    if min(batch, beams, new_tokens) < 1:
        raise ValueError("batch, beams and new_tokens must be at least 1")
    task = f" --task {checkpoint.tasks[0]}" if checkpoint.tasks else ""
    command = f"advisor try --image photo.jpg --checkpoint {checkpoint.hub_id}{task} --format json"
    millions = checkpoint.parameters_millions
    if millions is None:
        return Estimate(None, (), ("the number of parameters is not known",), command)
    stored = file_dtype(checkpoint)
    used = loaded_dtype(checkpoint)
    at_work = BYTES.get(used, BYTES["bfloat16"])
    memory = _loaded_mb(checkpoint)
    memory["cache"], about_cache = _cache_mb(checkpoint, batch, beams, new_tokens, at_work)
    memory["batch"], about_batch = _batch_mb(checkpoint, batch, beams, at_work)
    precision = checkpoint.notes.get("parameters_precision", "published")
    unverified = f"{stored} in the file (not verified)"
    rests_on = [
        f"{millions:g} million parameters ({precision})",
        f"{stored} in the file" if checkpoint.dtype else unverified,
        f"loaded in {used}",
        "on a CPU, in one process",
    ]
    parts = tuple(Component(name, round(mb / 1024, 3)) for name, mb in memory.items() if mb)
    gb = round(sum(memory.values()) / 1024, 2)
    return Estimate(gb, parts, (*rests_on, *about_cache, *about_batch), command)


def _cache_mb(
    checkpoint: Checkpoint, batch: int, beams: int, new_tokens: int, bytes_each: int
) -> tuple[float, list[str]]:
    """Keys and values beyond those of one short answer, and what they rest on."""
    decoder = checkpoint.writer
    if checkpoint.stage == "contrastive":
        return 0.0, ["a dual encoder generates no text, so it has no key-value cache"]
    if decoder is None:
        if batch * beams == 1 and new_tokens <= NEW_TOKENS:
            return 0.0, []
        return 0.0, ["the size of the decoder is unknown, so the key-value cache is not counted"]
    image_tokens = decoder.image_tokens or UNKNOWN_IMAGE_TOKENS
    per_token = decoder.layers * decoder.width * 2 * bytes_each / MB
    sequences = batch * beams * (image_tokens + new_tokens)
    how = "cross attention to" if decoder.cross else "a prefix of"
    typical = "" if decoder.image_tokens else " (a typical number)"
    text = (
        f"{decoder.layers} decoder layers cache keys and values of width {decoder.width}: {how} "
        f"{image_tokens:,} image tokens{typical}, and {new_tokens:,} text tokens"
    )
    return max(0.0, (sequences - image_tokens - NEW_TOKENS) * per_token), [text]


def _batch_mb(
    checkpoint: Checkpoint, batch: int, beams: int, bytes_each: int
) -> tuple[float, list[str]]:
    """What further images hold between the layers of the vision tower."""
    repeated = checkpoint.writer is not None and checkpoint.writer.tower_per_beam
    images = batch * beams if repeated else batch
    rests_on = ["the vision tower processes each image once per beam"] if repeated else []
    if images == 1:
        return 0.0, [*rests_on, "activations of one image are part of the 370 MB"]
    side = checkpoint.image_size or 384
    width = next(w for most, w in TOWER_WIDTH if (checkpoint.parameters_millions or 0) <= most)
    patches = (side // PATCH) ** 2
    rests_on.append(
        f"each further image at {side} pixels adds {ACTIVATIONS} activations for each of "
        f"{patches:,} patches of width {width}"
    )
    return (images - 1) * ACTIVATIONS * patches * width * bytes_each / MB, rests_on


class TrainingMemory(NamedTuple):
    """What training takes in GB (2^30 bytes), of all weights and with LoRA."""

    full_gb: float
    lora_gb: float


def training_memory(checkpoint: Checkpoint) -> TrainingMemory | None:
    """Return what training a checkpoint takes; None where its size is unknown, or it is rounded."""
    if checkpoint.parameters_millions is None or checkpoint.is_rounded:
        return None
    parameters = checkpoint.parameters_millions * 1e6
    base = LANGUAGE_MODEL_MB if writes_as_language_model(checkpoint) else OVERHEAD_MB
    full = base + parameters * BYTES_IN_FULL / MB
    lora = base + LORA_SHARE * weights_mb(parameters, loaded_dtype(checkpoint))
    return TrainingMemory(round(full / 1024, 1), round(lora / 1024, 1))
