"""Combination of a vision encoder and a text decoder into an encoder-decoder; its fine-tuning."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from advisor.errors import UsageError
from advisor.model.library import CAPTION
from advisor.trial import runtime
from advisor.trial.images import open_image
from advisor.trial.loading import FROM_DISK, WITH_REPORT, load_part, refuse_what_has_no_end
from advisor.trial.local_checkpoint import LocalCheckpoint
from advisor.trial.resolution import Loading, resolve
from advisor.trial.runner import Runner, load_runner, shipped_table
from advisor.trial.training import (
    UNFINISHED,
    FineTuning,
    Progress,
    Training,
    TrainingExample,
    hold_out,
    read_examples,
)
from advisor.writing import creating_folder, refuse_contents, refuse_folder, refuse_unwritable

UNREAD = "pooler"
JOINT = "VisionEncoderDecoderModel"
CROSS = ("crossattention", "cross_attn", "encoder_attn", "ln_cross_attn", "q_attn")
PROJECTION = "enc_to_dec_proj"
LONGEST_ANSWER = 64
DECODERS = "pass a BERT, RoBERTa or GPT-2 checkpoint as --decoder"


@dataclass(frozen=True, slots=True, kw_only=True)
class Composition:
    """A combined encoder-decoder: its parts, its folder, and its new (random) weights."""

    encoder: str
    decoder: str
    folder: Path
    parameters: int
    new_parameters: int
    new_weights: tuple[str, ...]  # one entry a block: the layer numbers are folded into `*`
    tokens: dict[str, str]
    """The special tokens of the decoder, by `start`, `end` and `pad`."""
    warnings: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the composition as JSON keys."""
        values = asdict(self)
        return {"output": str(values.pop("folder")), **values}


def compose(
    encoder: str | Path,
    decoder: str | Path,
    output: str | Path,
    **loading: Any,
) -> Composition:
    """Combine a pretrained vision encoder and text decoder, save the result and load it again.

    Cross-attention (and, if the widths differ, a projection) is random: the output is nonsense
    before fine-tuning. `loading` are fields of Loading: `offline`, `agree` and `seed`. The folder
    is written completely or not at all.
    """
    folder, settings = Path(output), Loading(**loading)
    refuse_folder(folder)
    library = runtime.transformers()
    left, right = resolve(encoder, settings), resolve(decoder, settings)
    refuse_what_has_no_end(left, "AutoModel")
    refuse_what_has_no_end(right, "AutoModelForCausalLM")
    images, tokenizer = load_part(left, "AutoImageProcessor"), load_part(right, "AutoTokenizer")
    library.set_seed(settings.seed)
    with runtime.plain_errors(f"{left.name} + {right.name}"), runtime.quiet():
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
    return Composition(
        encoder=left.name,
        decoder=right.name,
        folder=folder,
        parameters=network.num_parameters(),
        new_parameters=sum(new.values()),
        new_weights=tuple(dict.fromkeys(re.sub(r"\.\d+\.", ".*.", name) for name in new)),
        tokens=tokens,
        warnings=(
            f"{sum(new.values()):,} of {network.num_parameters():,} weights are new and "
            "random. Fine-tune the model on image-text pairs before use",
        ),
    )


def _joined(library: Any, left: LocalCheckpoint, right: LocalCheckpoint) -> tuple[Any, set[str]]:
    """Return the combined network, and its weights that no file has, cross-attention excepted."""
    if {"vision_config", "text_config", "encoder"} & set(left.config):
        raise runtime.UnsupportedError(
            f"`{left.name}` is a `{left.model_type}`, not a vision encoder by itself",
            hint="pass a ViT, DeiT, BEiT, Swin or DINOv2 checkpoint as --encoder",
        )
    config = library.AutoConfig.from_pretrained(right.folder, **FROM_DISK)
    config.is_decoder = True
    config.add_cross_attention = True
    decoder, new = _part("decoder", right, library.AutoModelForCausalLM, config=config)
    if not any(mark in name for name, _ in decoder.named_parameters() for mark in CROSS):
        raise runtime.UnsupportedError(
            f"a `{right.model_type}` model such as `{right.name}` does not support added "
            "cross-attention",
            hint=DECODERS,
        )
    encoder, others = _part("encoder", left, library.AutoModel)
    return getattr(library, JOINT)(encoder=encoder, decoder=decoder), new | others


def _part(side: str, part: LocalCheckpoint, loader: Any, **settings: Any) -> tuple[Any, set[str]]:
    """Return a part, and the names (in the combined network) of weights that its file lacks.

    Cross-attention and poolers do not count. Raises InferenceError if most weights are missing or
    one has another shape: the file does not match its configuration.
    """
    settings |= {"dtype": "float32", **WITH_REPORT, **FROM_DISK}
    network, report = loader.from_pretrained(part.folder, **settings)
    other = sorted(str(row[0]) for row in report["mismatched_keys"])
    marks = (*CROSS, UNREAD)
    lost = {name for name in report["missing_keys"] if not any(mark in name for mark in marks)}
    if other or 2 * len(lost) > sum(1 for _ in network.parameters()):
        what = f"`{other[0]}` with a different shape" if other else f"no `{min(lost)}`"
        raise runtime.InferenceError(
            f"the weights of `{part.name}` have {what}, which contradicts the configuration",
            hint="pass a checkpoint that was pretrained as this part, or download it again",
            kind="weights-mismatch",
        )
    return network, {f"{side}.{name}" for name in lost}


def _set_tokens(network: Any, tokenizer: Any) -> dict[str, str]:
    """Set start, end and pad ids where the loss and `generate` read them; return the tokens."""
    start = tokenizer.cls_token or tokenizer.bos_token or tokenizer.eos_token
    end = tokenizer.sep_token or tokenizer.eos_token
    if start is None or end is None:
        raise runtime.UnsupportedError(
            "the decoder's tokenizer has neither a start nor an end token",
            hint=DECODERS,
        )
    if tokenizer.pad_token is None:
        tokenizer.pad_token = end
    tokens = {"start": str(start), "end": str(end), "pad": str(tokenizer.pad_token)}
    names = ("decoder_start_token_id", "eos_token_id", "pad_token_id")
    for name, token in zip(names, tokens.values(), strict=True):
        for settings in (network.config, network.generation_config):
            setattr(settings, name, tokenizer.convert_tokens_to_ids(token))
    network.config.vocab_size = network.config.decoder.vocab_size
    network.config.tie_word_embeddings = False
    network.generation_config.max_new_tokens = LONGEST_ANSWER
    return tokens


USUAL = {"epochs": 10, "batch_size": 16, "learning_rate": 5e-5}
FROM_NOTHING = {"epochs": 40, "batch_size": 16, "learning_rate": 5e-4}
"""Settings if a part was never trained: more epochs and a higher learning rate."""
TRAINER = "advisor.trial.trainer"
ROOM = 512
"""Maximum number of tokens for a decoder whose configuration names none."""


def finetune(
    checkpoint: str | Path | tuple[str, str],
    pairs: str | Path,
    output: str | Path,
    *,
    lora: int = 0,
    loading: Loading | None = None,
    progress: Progress = lambda *_: None,
    **training: Any,
) -> FineTuning:
    """Train an encoder-decoder on image-text pairs, and save it to a folder.

    `checkpoint` is a folder or Hub id, or an (encoder, decoder) pair to combine first, loaded with
    `loading`. `pairs` is a CSV (`image,text`) or COCO captions. `training` are fields of Training;
    their defaults depend on whether the parts were trained before. After each epoch the loss on the
    held-out share is measured, and the weights of the best epoch are kept. With `lora`, the
    pretrained weights get adapters of that rank, merged at the end; new weights are trained in
    full. `progress` is called as the training advances.

    An interrupted run resumes from its last checkpoint in `OUTPUT/unfinished`; on a CPU the result
    equals that of an uninterrupted run.
    """
    settings, folder = Training(**training), Path(output)
    refuse_other_contents(folder)
    examples = read_examples(pairs)
    if examples[0].answers:
        raise UsageError(
            f"`{pairs}` has questions, which an encoder-decoder cannot process",
            hint="`advisor train vlp --aim answers` trains on questions",
        )
    for each in examples:  # each is opened once, so that a broken one is named before it costs time
        if open_image(each.image).regions:
            raise runtime.ImageError(
                f"`{each.image}` has region features, and an encoder-decoder needs images",
                hint="`advisor train vlp` trains on region features",
            )
    trainer, load = runtime.library(TRAINER), loading or Loading(seed=settings.seed)
    parts: Any = checkpoint if isinstance(checkpoint, tuple) else ()
    made: list[Composition] = []

    def make(place: Path) -> None:
        made.append(compose(parts[0], parts[1], place, **load._asdict()))

    data = [[str(each.image), each.text] for each in examples]
    begun_with = [list(parts) if parts else str(checkpoint), data, lora, settings.identity]
    start = trainer.begin(folder, begun_with, make if parts else None)
    begun = start if parts else resolve(str(checkpoint), load).name
    runner = trainable(begun, CAPTION, settings.device, JOINT)
    settings = settings.filled(FROM_NOTHING if was_never_trained(runner.network) else USUAL)
    trained, held_out = hold_out(examples, settings.held_out, settings.seed)
    merge = _adapters(runner.network, lora, settings.seed) if lora else lambda: None
    recipe = trainer.Recipe(
        collate=lambda rows, _epoch: _batch(runner, rows),
        parts=(runner.network, runner.image_processor, runner.tokenizer),  # type: ignore[attr-defined]
        finish=merge,
        composition=replace(made[0], folder=folder) if made else None,
    )
    done: FineTuning = trainer.train(runner, recipe, settings, trained, held_out, folder, progress)
    return done


def refuse_other_contents(folder: Path) -> None:
    """Raise if a folder cannot be written, or has contents other than an unfinished training."""
    if (folder / UNFINISHED).is_dir():
        refuse_unwritable(folder)
    else:
        refuse_contents(folder)


def was_never_trained(network: Any) -> bool:
    """Return whether all layer norms of the encoder or the decoder have their initial values.

    Those are ones and zeros, which any training step changes. Norms of cross-attention are skipped:
    they are new in every combination.
    """
    norm = runtime.library("torch").nn.LayerNorm
    for part in (network.encoder, network.decoder):
        are_new = [
            bool((module.weight == 1).all()) and (module.bias is None or not module.bias.any())
            for name, module in part.named_modules()
            if isinstance(module, norm) and not any(mark in name for mark in CROSS)
        ]
        if are_new and all(are_new):
            return True
    return False


def _adapters(network: Any, rank: int, seed: int) -> Callable[[], object]:
    """Add LoRA adapters to the pretrained linear layers; return the function that merges them.

    Only adapters and new weights stay trainable. Hu et al. 2021, arXiv:2106.09685.
    """
    peft, torch = runtime.library("peft"), runtime.library("torch")
    linear = (torch.nn.Linear, runtime.library("transformers.pytorch_utils").Conv1D)
    new = (*CROSS, PROJECTION)
    layers = [
        name
        for name, module in network.named_modules()
        if isinstance(module, linear)
        and module is not network.get_output_embeddings()
        and not any(mark in name for mark in new)
    ]
    torch.manual_seed(seed)
    config = peft.LoraConfig(r=rank, lora_alpha=2 * rank, target_modules=layers)
    with runtime.plain_errors("peft"), runtime.quiet():
        adapted = peft.LoraModel(network, config, "default")
    for name, weight in network.named_parameters():
        weight.requires_grad = "lora_" in name or any(mark in name for mark in new)
    merge: Callable[[], object] = adapted.merge_and_unload
    return merge


def trainable(checkpoint: str | Path, act: str, device: str, kind: str) -> Runner:
    """Load a checkpoint in float32 for training; raise UnsupportedError for other classes."""
    rulebase = shipped_table()
    task = rulebase.acts[act].tasks[0]
    runner = load_runner(
        checkpoint,
        task,
        rulebase=rulebase,
        device=device,
        dtype="float32",
        pretrained_only=kind != JOINT,
    )
    if not runner.class_name.startswith(kind):
        raise runtime.UnsupportedError(
            f"`{checkpoint}` is a {runner.class_name}, and this command trains a {kind}",
            hint="`advisor compose` trains encoder-decoders, `advisor train vlp` a unified VLP",
        )
    return runner


def _batch(runner: Any, examples: Sequence[TrainingExample]) -> dict[str, Any]:
    """Return `pixel_values`, (batch, channels, height, width), and `labels`, (batch, longest text).

    Labels are token ids without a start token, with an end token, padded with -100.
    """
    torch, tokenizer, config = runtime.library("torch"), runner.tokenizer, runner.network.config
    images = [open_image(each.image).pixels for each in examples]
    pixels = runner.image_processor(images=images, return_tensors="pt")["pixel_values"]
    names = ("max_position_embeddings", "n_positions")
    positions = (getattr(config.decoder, name, None) for name in names)
    room = next((each for each in positions if isinstance(each, int)), ROOM)
    longest = min(tokenizer.model_max_length, room) - 2
    texts = [tokenizer(each.text, add_special_tokens=False)["input_ids"] for each in examples]
    rows = [[*ids[:longest], config.eos_token_id] for ids in texts]
    width = max(len(row) for row in rows)
    labels = torch.tensor([row + [-100] * (width - len(row)) for row in rows])
    return {"pixel_values": pixels, "labels": labels}
