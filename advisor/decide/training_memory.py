"""How much memory training a checkpoint takes: all of its weights, or adapters beside them (LoRA).

Fitted to what the makers of Qwen measured on one GPU, with texts of 2,048 tokens in batches of one
(https://github.com/QwenLM/Qwen, README, profiling of memory): LoRA took 11.0, 23.8 and 37.4 GB
for 1.8, 7 and 14 billion parameters; the formula gives 11.0, 23.6 and 37.4. The bytes of full
training are those of https://huggingface.co/docs/transformers/model_memory_anatomy.
"""

from __future__ import annotations

from typing import NamedTuple

from advisor.decide.memory import (
    MB,
    OVERHEAD_MB,
    loaded_dtype,
    weights_mb,
    writes_as_language_model,
)
from advisor.model import Checkpoint

BYTES_IN_FULL = 18
"""For each parameter: 6 of weights in mixed precision, 4 of gradients, 8 of AdamW."""
LORA_SHARE = 1.15
"""Of the frozen weights: they, and adapters with what their training keeps."""
LANGUAGE_MODEL_MB = 7.1 * 1024
"""What a language model keeps of 2,048 tokens, most of it the chances of every word of a large
vocabulary, with gradient checkpointing."""

ASSUMPTIONS = (
    "batch of one; in full AdamW in mixed precision, 18 bytes a parameter; LoRA: the weights "
    "frozen, and 15 % for adapters and their training; a language model adds 7.1 GB for 2,048 "
    "tokens of images and text with gradient checkpointing"
)


class TrainingMemory(NamedTuple):
    """What training takes in GB (2^30 bytes), of all weights and with LoRA."""

    full_gb: float
    lora_gb: float


def training_memory(checkpoint: Checkpoint) -> TrainingMemory | None:
    """Return what training a checkpoint takes; None where its size is unknown."""
    if checkpoint.parameters_millions is None:
        return None
    parameters = checkpoint.parameters_millions * 1e6
    base = LANGUAGE_MODEL_MB if writes_as_language_model(checkpoint) else OVERHEAD_MB
    full = base + parameters * BYTES_IN_FULL / MB
    lora = base + LORA_SHARE * weights_mb(parameters, loaded_dtype(checkpoint))
    return TrainingMemory(round(full / 1024, 1), round(lora / 1024, 1))
