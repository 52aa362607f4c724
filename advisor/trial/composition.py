"""Composing: a vision encoder and a text decoder joined into one encoder-decoder."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from advisor.trial.failures import UnsupportedError, WeightsMismatchError
from advisor.trial.loading import load_part
from advisor.trial.local_checkpoint import LocalCheckpoint
from advisor.trial.rehearsal import FROM_DISK, refuse_what_has_no_end
from advisor.trial.resolution import Loading, resolve
from advisor.trial.runtime import plain_errors, quiet, transformers
from advisor.writing import creating_folder, refuse_folder

UNREAD = "pooler"
JOINT = "VisionEncoderDecoderModel"
CROSS = ("crossattention", "cross_attn", "encoder_attn", "ln_cross_attn", "q_attn")
PROJECTION = "enc_to_dec_proj"
LONGEST_ANSWER = 64
DECODERS = "give a BERT, RoBERTa or GPT-2 checkpoint as --decoder"


@dataclass(frozen=True, slots=True, kw_only=True)
class Composition:
    """What was joined, where it lies, and which of its weights are new and random."""

    encoder: str
    decoder: str
    folder: Path
    parameters: int
    new_parameters: int
    new_weights: tuple[str, ...]  # one entry a block: the layer numbers are folded into `*`
    start_token: str
    end_token: str
    pad_token: str
    warnings: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the composition as JSON keys."""
        values = asdict(self) | {"output": str(self.folder)}
        tokens = {name: values.pop(f"{name}_token") for name in ("start", "end", "pad")}
        values.pop("folder")
        return values | {"tokens": tokens}


def compose(
    encoder: str | Path,
    decoder: str | Path,
    output: str | Path,
    *,
    tell: Callable[[Composition, Path], None] | None = None,
    **loading: Any,
) -> Composition:
    """Join a pretrained vision encoder to a pretrained text decoder, save and load it again.

    Cross-attention (and, where the widths differ, a projection) is new: the result talks nonsense
    until it is fine-tuned. `loading` are fields of Loading: `offline`, `agree` and `seed`. `tell`
    gets what is returned and where the folder's files are before they are put in place together.
    Nothing half-written is left behind, whatever happens.
    """
    folder, how = Path(output), Loading(**loading)
    refuse_folder(folder)
    library = transformers()
    left, right = resolve(encoder, how), resolve(decoder, how)
    refuse_what_has_no_end(left, "AutoModel")
    refuse_what_has_no_end(right, "AutoModelForCausalLM")
    images, tokenizer = load_part(left, "AutoImageProcessor"), load_part(right, "AutoTokenizer")
    library.set_seed(how.seed)
    with plain_errors(f"{left.name} + {right.name}"), quiet():
        network, random = _joined(library, left, right)
        tokens = _set_tokens(network, tokenizer)
        new = {
            name: value.numel()
            for name, value in network.named_parameters()
            if name in random or name.startswith(PROJECTION) or any(mark in name for mark in CROSS)
        }
        with creating_folder(folder) as scratch:
            network.save_pretrained(scratch)
            images.save_pretrained(scratch)
            tokenizer.save_pretrained(scratch)
            getattr(library, JOINT).from_pretrained(scratch, use_safetensors=True, **FROM_DISK)
            done = Composition(
                encoder=left.name,
                decoder=right.name,
                folder=folder,
                parameters=network.num_parameters(),
                new_parameters=sum(new.values()),
                new_weights=tuple(dict.fromkeys(re.sub(r"\.\d+\.", ".*.", name) for name in new)),
                start_token=tokens[0],
                end_token=tokens[1],
                pad_token=tokens[2],
                warnings=(
                    f"{sum(new.values()):,} of {network.num_parameters():,} weights are new and "
                    "random: fine-tune on pairs of images and texts before use",
                ),
            )
            if tell is not None:
                tell(done, scratch)
    return done


def _joined(library: Any, left: LocalCheckpoint, right: LocalCheckpoint) -> tuple[Any, set[str]]:
    """Return the join, and which of its weights no file holds beside the cross-attention."""
    if {"vision_config", "text_config", "encoder"} & set(left.config):
        raise UnsupportedError(
            f"`{left.name}` is a `{left.model_type}`, not a vision encoder by itself",
            hint="give a ViT, DeiT, BEiT, Swin or DINOv2 checkpoint as --encoder",
        )
    config = library.AutoConfig.from_pretrained(right.folder, **FROM_DISK)
    config.is_decoder = True
    config.add_cross_attention = True
    decoder, new = _part("decoder", right, library.AutoModelForCausalLM, config=config)
    if not any(mark in name for name, _ in decoder.named_parameters() for mark in CROSS):
        raise UnsupportedError(
            f"a `{right.model_type}` like `{right.name}` has no cross-attention to be added",
            hint=DECODERS,
        )
    encoder, others = _part("encoder", left, library.AutoModel)
    return getattr(library, JOINT)(encoder=encoder, decoder=decoder), new | others


def _part(side: str, part: LocalCheckpoint, loader: Any, **settings: Any) -> tuple[Any, set[str]]:
    """Return a part, and the weights that are not in its file by their names in the join.

    Raises WeightsMismatchError where most are not, or one has another size: the file then holds
    something else than the configuration says.
    """
    network, report = loader.from_pretrained(
        part.folder,
        dtype="float32",
        use_safetensors=True,
        output_loading_info=True,
        ignore_mismatched_sizes=True,
        **FROM_DISK,
        **settings,
    )
    other = sorted(str(row[0]) for row in report["mismatched_keys"])
    known = (*CROSS, UNREAD)
    lost = {name for name in report["missing_keys"] if not any(mark in name for mark in known)}
    if other or 2 * len(lost) > sum(1 for _ in network.parameters()):
        what = f"{other[0]} in another size" if other else f"no `{min(lost)}`"
        raise WeightsMismatchError(
            f"the file of `{part.name}` holds {what}, and its configuration promises it",
            hint="give a checkpoint that was pretrained as such a part, or fetch it again",
        )
    return network, {f"{side}.{name}" for name in lost}


def _set_tokens(network: Any, tokenizer: Any) -> tuple[str, str, str]:
    """Set start, end and pad ids where the loss and where `generate` look for them."""
    start = tokenizer.cls_token or tokenizer.bos_token or tokenizer.eos_token
    end = tokenizer.sep_token or tokenizer.eos_token
    if start is None or end is None:
        raise UnsupportedError(
            "the decoder's tokenizer has neither a start nor an end token",
            hint=DECODERS,
        )
    if tokenizer.pad_token is None:
        tokenizer.pad_token = end
    ids = (tokenizer.convert_tokens_to_ids(each) for each in (start, end, tokenizer.pad_token))
    names = ("decoder_start_token_id", "eos_token_id", "pad_token_id")
    for name, value in zip(names, ids, strict=True):
        setattr(network.config, name, value)
        setattr(network.generation_config, name, value)
    network.config.vocab_size = network.config.decoder.vocab_size
    network.config.tie_word_embeddings = False
    network.generation_config.max_new_tokens = LONGEST_ANSWER
    return str(start), str(end), str(tokenizer.pad_token)
