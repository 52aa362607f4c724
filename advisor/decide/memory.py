"""How much memory a checkpoint takes, estimated from its entry in the catalog.

The peak of one small image on a CPU is its weights and 370 MB: 28 runs with 41 to 224 million
parameters peaked within 6.0 % of that (`python benchmarks/memory_estimate.py`). Generative models
also keep keys and values of each token of the image and the text of a task. Activations while an
image is read, and the state of layers of linear attention, are left out.

Training, of all weights or of adapters beside them (LoRA), is fitted to what the makers of Qwen
measured on one GPU, with texts of 2,048 tokens in batches of one (https://github.com/QwenLM/Qwen,
README, profiling of memory): LoRA took 11.0, 23.8 and 37.4 GB for 1.8, 7 and 14 billion parameters;
the formula gives 11.0, 23.6 and 37.4. The bytes of full training are those of
https://huggingface.co/docs/transformers/model_memory_anatomy.
"""

from __future__ import annotations

from advisor.model import Checkpoint, NamedTuple, Task

OVERHEAD_MB = 370
"""The interpreter with torch, torchvision and transformers, and one small image, on a CPU."""
LEAST_GB = round(OVERHEAD_MB / 1024, 2)
"""The memory that every checkpoint takes, however small."""

LARGE_MILLIONS = 1000
"""A larger generative model contains a language model, which is not loaded in float32."""

BYTES = {"float32": 4, "bfloat16": 2, "float16": 2}
ROUNDED_BYTES = {"int8": 1.0, "int4": 0.5 + 4 / 64}
"""Of a weight in a linear layer that bitsandbytes quantizes: a byte, or half of one and a scale of
4 for each 64 (nf4). The scales of 8 bits, 4 bytes a row, are less than 0.2 % of a layer."""
PIXELS = 2**20
"""Pixels of an image that keeps its size."""
PAGE_PIXELS = 1240 * 1754
"""Pixels of a page: A4 at 150 dots an inch."""
PAGES = ("page", "form")

MB = 2**20

BYTES_IN_FULL = 18
"""Bytes for each parameter: 6 of weights in mixed precision, 4 of gradients, 8 of AdamW."""
LORA_SHARE = 1.15
"""The memory of LoRA, as a multiple of the frozen weights: they, adapters and training state."""
LANGUAGE_MODEL_MB = 7.1 * 1024
"""What training a language model on 2,048 tokens keeps with gradient checkpointing, mostly the
probabilities of every word of a large vocabulary."""


def memory_gb(checkpoint: Checkpoint, task: Task | None = None) -> float | None:
    """Return the peak memory in GB (2^30 bytes) for one image; None if the size is unknown.

    With a task, keys and values of its image and text are added if their size is known. No
    measurement confirms this above 400 million parameters, for several shards or for batches.
    """
    if checkpoint.parameters_millions is None:
        return None
    cache = cache_mb(checkpoint, task) if task else None
    return round((loaded_mb(checkpoint) + (cache or 0.0)) / 1024, 2)


def cache_mb(checkpoint: Checkpoint, task: Task) -> float | None:
    """Return the MB (2^20 bytes) of keys and values of one answer to a task; None if unknown.

    They are two times layers, width and bytes of a value, for each token of the image and of a
    usual text. Contrastive models keep none.
    """
    writer = checkpoint.writer
    if checkpoint.stage == "contrastive":
        return 0.0
    tokens = writer and writer.tokens_of(pixels_of(task))
    if not (writer and tokens):
        return None
    each = BYTES.get(loaded_dtype(checkpoint), BYTES["bfloat16"])
    return (tokens + (task.writes or 0)) * writer.layers * writer.width * 2 * each / MB


def pixels_of(task: Task) -> int:
    """Return how many pixels an image of a task has that keeps its size."""
    return PIXELS if {*PAGES}.isdisjoint(task.implies.get("reading", ())) else PAGE_PIXELS


def loaded_mb(checkpoint: Checkpoint) -> float:
    """Return the MB (2^20 bytes) of a process that read one image, without keys and values.

    Weights that are cast or quantized are read tensor by tensor from a mapped file, whose pages the
    system takes back when it needs them.
    """
    parameters, used = (checkpoint.parameters_millions or 0.0) * 1e6, loaded_dtype(checkpoint)
    if each := ROUNDED_BYTES.get(used):
        linear = (checkpoint.linear_millions or 0.0) * 1e6
        return OVERHEAD_MB + linear * each / MB + weights_mb(parameters - linear, "bfloat16")
    return OVERHEAD_MB + weights_mb(parameters, used)


def weights_mb(parameters: float, dtype: str) -> float:
    """Return the MB (2^20 bytes) that weights take in a precision of BYTES."""
    return parameters * BYTES[dtype] / MB


def file_gb(checkpoint: Checkpoint) -> float | None:
    """Return the GB (10^9 bytes) of the weight files; None if the size is unknown."""
    millions = checkpoint.parameters_millions
    return None if millions is None else round(millions * BYTES[file_dtype(checkpoint)] / 1e3, 2)


def file_dtype(checkpoint: Checkpoint) -> str:
    """Return the precision of the stored weights; if not verified, that usual for such a model."""
    assumed = "bfloat16" if writes_as_language_model(checkpoint) else "float32"
    return checkpoint.dtype or assumed


def writes_as_language_model(checkpoint: Checkpoint) -> bool:
    """True if a checkpoint contains a large language model, by its training stage or size."""
    large = (checkpoint.parameters_millions or 0) > LARGE_MILLIONS
    return checkpoint.stage == "instruction-tuned" or (large and checkpoint.stage != "contrastive")


def loaded_dtype(checkpoint: Checkpoint) -> str:
    """Return the precision in which the printed program loads a checkpoint, on any device.

    That is the file's, but for language models of over 1,000 million parameters in float32: they
    are loaded in bfloat16, in which their makers run them. A quantized form has its own.
    """
    if checkpoint.is_rounded:
        return checkpoint.precision
    large = (checkpoint.parameters_millions or 0) > LARGE_MILLIONS
    return "bfloat16" if large and writes_as_language_model(checkpoint) else file_dtype(checkpoint)


class TrainingMemory(NamedTuple):
    """The memory that training takes in GB (2^30 bytes), of all weights and with LoRA."""

    full_gb: float
    lora_gb: float


def training_memory(checkpoint: Checkpoint) -> TrainingMemory | None:
    """Return the memory to train a checkpoint; None if its size is unknown or it is quantized."""
    if checkpoint.parameters_millions is None or checkpoint.is_rounded:
        return None
    parameters = checkpoint.parameters_millions * 1e6
    base = LANGUAGE_MODEL_MB if writes_as_language_model(checkpoint) else OVERHEAD_MB
    full = base + parameters * BYTES_IN_FULL / MB
    lora = base + LORA_SHARE * weights_mb(parameters, loaded_dtype(checkpoint))
    return TrainingMemory(round(full / 1024, 1), round(lora / 1024, 1))
