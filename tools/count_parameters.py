"""Parameters of networks from their dimensions alone, on the meta device and without weights.

For whoever maintains the rules, `python tools/count_parameters.py` counts every known architecture
again, prints what differs from the files and returns 1 where something does.
"""

from __future__ import annotations

import sys
from typing import Any, NamedTuple

from advisor.model import Decoder
from advisor.model.figures import Architecture
from advisor.rulebase.base import RuleBase
from advisor.rulebase.store import load_rules
from advisor.trial.runtime import BrokenCheckpointError, library, transformers


class Recount(NamedTuple):
    """An architecture counted again, and what the rules say otherwise, in words."""

    architecture: Architecture
    parameters: int
    differences: tuple[str, ...]


def build(architecture: Architecture) -> Any:
    """Return the network of an architecture on the meta device.

    Settings that the dimensions leave out are the class's own. Raises BrokenCheckpointError where
    the installed transformers has no such class or refuses the dimensions.
    """
    torch = library("torch")
    network = getattr(transformers(), architecture.model_class, None)
    if network is None:
        raise BrokenCheckpointError(
            f"the installed transformers has no `{architecture.model_class}`",
            hint="`python tools/catalogue_drift.py` says what became of it",
            kind="missing-class",
        )
    try:
        config = network.config_class(**architecture.dimensions)
        with torch.device("meta"):
            return network(config)
    except Exception as error:  # each configuration checks in its own way, with its own errors
        raise BrokenCheckpointError(
            f"`{architecture.model_class}` refuses the dimensions of `{architecture.id}`: {error}",
            hint="correct the entry under rules/architectures",
            kind="refused-dimensions",
        ) from error


def parameters_of(network: Any) -> int:
    """Return how many parameters a network has; those that parts share are counted once."""
    return sum(parameter.numel() for parameter in network.parameters())


def linear_of(network: Any) -> int:
    """Return how many parameters bitsandbytes rounds: weights of linear layers but for the head.

    That is what transformers leaves out by itself (`get_keys_to_not_convert`): the head that writes
    words, what shares its weights, and the last layer.
    """
    from transformers.quantizers.base import get_keys_to_not_convert

    kept = tuple(f".{one}." for one in get_keys_to_not_convert(network))
    return sum(
        part.weight.numel()
        for name, part in network.named_modules()
        if isinstance(part, library("torch").nn.Linear)
        and not any(one in f".{name}." for one in kept)
    )


def writer_of(network: Any) -> Decoder | None:
    """Return the decoder that writes; None for a network that writes nothing.

    Layers of linear attention keep no keys. Not every configuration tells the tokens of an image:
    where the tower keeps its size and joins patches, one token is so many pixels.
    """
    if not network.can_generate():
        return None
    config = network.config.get_text_config(decoder=True)
    heads = _first(config, "decoder_attention_heads", "num_attention_heads", "attention_heads")
    width = _first(config, "hidden_size", "d_model", "embed_dim", "n_embd")
    size = getattr(config, "head_dim", None) or getattr(config, "d_kv", None) or width // heads
    keys = getattr(config, "num_key_value_heads", None) or heads
    layers = _first(config, "decoder_layers", "num_hidden_layers", "layers", "n_layer")
    kinds = getattr(config, "layer_types", None) or ()
    vision = getattr(network.config, "vision_config", None)
    joined = (getattr(part, "spatial_merge_size", None) for part in (vision, network.config))
    patches = next(filter(None, joined), None)
    pixels = (vision.patch_size * patches) ** 2 if vision and patches else None
    linear = sum("attention" not in kind or "linear" in kind for kind in kinds)
    return Decoder(layers - linear, keys * size, None, pixels, _looks_across(network))


def _looks_across(network: Any) -> bool:
    """True where a decoder attends to an encoder of its own, by the names of its weights."""
    names = ("crossattention", "cross_attn", "encoder_attn", "EncDecAttention", "encoder_decoder")
    ours = [name for name, _ in network.named_parameters() if "qformer" not in name]
    return any(part in name for name in ours for part in names)


def _first(config: Any, *names: str) -> int:
    """Return the first of these settings that a configuration has."""
    return int(next(value for name in names if (value := getattr(config, name, None))))


def recount(rulebase: RuleBase, architecture: Architecture) -> Recount:
    """Build an architecture and compare it with the rules and with its checkpoints' entries."""
    network = build(architecture)
    counted = parameters_of(network)
    differences = []
    if counted != architecture.parameters:
        differences.append(f"parameters: {counted:,} counted, {architecture.parameters:,} written")
    if architecture.linear and (linear := linear_of(network)) != architecture.linear:
        differences.append(f"linear: {linear:,} counted, {architecture.linear:,} written")
    written = architecture.writer
    if written and (writer := writer_of(network)) != written._replace(image_tokens=None):
        differences.append(f"writer: {writer} counted, {written} written")
    for id in architecture.checkpoints:
        entry = rulebase.checkpoint(id)
        millions = round(counted / 1e6, 2)
        if entry.parameters_millions != millions:
            differences.append(f"{id}: {millions} million, not {entry.parameters_millions}")
    return Recount(architecture, counted, tuple(differences))


def main() -> int:
    """Count all; print a line each."""
    rulebase = load_rules()
    failed = False
    for architecture in rulebase.architectures.values():
        counted = recount(rulebase, architecture)
        verdict = "; ".join(counted.differences) or "as written"
        sys.stdout.write(f"{architecture.id}: {counted.parameters / 1e6:,.2f} million, {verdict}\n")
        failed = failed or bool(counted.differences)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
