"""Fine-tuning an encoder-decoder on images and their texts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from advisor.errors import UsageError
from advisor.model.library import CAPTION
from advisor.trial.composition import CROSS, JOINT, PROJECTION
from advisor.trial.failures import ImageError, UnsupportedError
from advisor.trial.images import open_image
from advisor.trial.runner import Runner, load_runner, shipped_table
from advisor.trial.runtime import library, plain_errors, quiet
from advisor.trial.training import SILENT, UNFINISHED, FineTuning, Reports, Training
from advisor.trial.training_data import TrainingExample, hold_out, read_examples
from advisor.writing import refuse_contents, refuse_unwritable

USUAL = {"epochs": 10, "batch_size": 16, "learning_rate": 5e-5}
FROM_NOTHING = {"epochs": 40, "batch_size": 16, "learning_rate": 5e-4}
"""Settings where a part was never trained: it has more to learn, and nothing to lose."""
TRAINER = "advisor.trial.trainer"
ROOM = 512
"""How many tokens a decoder takes that does not say."""


def finetune(
    checkpoint: str | Path,
    pairs: str | Path,
    output: str | Path,
    *,
    lora: int = 0,
    make: tuple[Any, Callable[[Path], object]] | None = None,
    reports: Reports = SILENT,
    **training: Any,
) -> FineTuning:
    """Train an encoder-decoder folder on images and texts, and save it to another folder.

    `pairs` is a CSV (`image,text`) or COCO captions. `training` are fields of Training; what is
    left out is usual for pretrained parts, or for parts that were never trained. After each epoch
    the loss on the held-out share is measured, and the network of the best epoch is kept. With
    `lora` the pretrained weights get adapters of that rank, which are merged in the end; what is
    new is trained whole.

    A run that was interrupted goes on from its last checkpoint in `OUTPUT/unfinished`, and on a CPU
    ends where an unbroken one does. Where there is no checkpoint yet, `make` is what it is made
    from, as JSON, and what makes it.
    """
    how, folder = Training(**training), Path(output)
    examples = check_training(pairs, folder)
    trainer = library(TRAINER)
    made_from, maker = make or (str(checkpoint), None)
    data = [[str(each.image), each.text] for each in examples]
    start = trainer.begin(folder, [made_from, data, lora, how.identity], maker)
    runner = trainable(start if make else checkpoint, CAPTION, how.device, JOINT)
    how = how.filled(FROM_NOTHING if was_never_trained(runner.network) else USUAL)
    trained, held_out = hold_out(examples, how.held_out, how.seed)
    merge = _adapters(runner.network, lora, how.seed) if lora else lambda: None
    recipe = trainer.Recipe(
        collate=lambda rows, _epoch: _batch(runner, rows),
        parts=(runner.network, runner.image_processor, runner.tokenizer),  # type: ignore[attr-defined]
        finish=merge,
    )
    done: FineTuning = trainer.train(runner, recipe, how, trained, held_out, folder, reports)
    return done


def check_training(pairs: str | Path, folder: Path) -> tuple[TrainingExample, ...]:
    """Return the pairs; raise where they or the folder are of no use, before that costs time.

    Each image is opened once, so that a broken one is named before training begins.
    """
    refuse_other_contents(folder)
    examples = read_examples(pairs)
    if examples[0].answers:
        raise UsageError(
            f"`{pairs}` holds questions, which an encoder-decoder does not take",
            hint="`advisor train vlp --aim answers` learns from them",
        )
    for each in examples:
        if open_image(each.image).regions:
            raise ImageError(
                f"`{each.image}` holds stored regions; an encoder-decoder takes images",
                hint="`advisor train vlp` learns from them",
            )
    return examples


def refuse_other_contents(folder: Path) -> None:
    """Raise where a folder cannot be written, or holds something else than a training."""
    if (folder / UNFINISHED).is_dir():
        refuse_unwritable(folder)
    else:
        refuse_contents(folder)


def was_never_trained(network: Any) -> bool:
    """Return whether the encoder or the decoder has the norms that every new network has.

    They begin with ones and zeros, and no step of training leaves them all so. The norms of
    cross-attention do not count: they are new in any join.
    """
    norm = library("torch").nn.LayerNorm

    def is_new(part: Any) -> bool:
        norms = [
            module
            for name, module in part.named_modules()
            if isinstance(module, norm) and not any(mark in name for mark in CROSS)
        ]
        return bool(norms) and all(
            bool((each.weight == 1).all()) and (each.bias is None or not bool(each.bias.any()))
            for each in norms
        )

    return is_new(network.encoder) or is_new(network.decoder)


def _adapters(network: Any, rank: int, seed: int) -> Callable[[], object]:
    """Put LoRA adapters on the pretrained linear layers, and return what merges them.

    Only they are trained, and the new weights of cross-attention. Hu et al. 2021, arXiv:2106.09685.
    """
    peft, torch = library("peft"), library("torch")
    linear = (torch.nn.Linear, library("transformers.pytorch_utils").Conv1D)
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
    with plain_errors("peft"), quiet():
        adapted = peft.LoraModel(network, config, "default")
    for name, weight in network.named_parameters():
        weight.requires_grad = "lora_" in name or any(mark in name for mark in new)
    merge: Callable[[], object] = adapted.merge_and_unload
    return merge


def trainable(checkpoint: str | Path, act: str, device: str, kind: str) -> Runner:
    """Load what is to be trained, in float32; `kind` is how its class begins, or all of it."""
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
        raise UnsupportedError(
            f"`{checkpoint}` is a {runner.class_name}, and this trains a {kind}",
            hint="`advisor compose` trains encoder-decoders, `advisor train vlp` a unified VLP",
        )
    return runner


def _batch(runner: Any, examples: Sequence[TrainingExample]) -> dict[str, Any]:
    """Return pixels, (batch, channels, height, width), and labels, (batch, longest text).

    Labels have no start token, an end token, and -100 for padding.
    """
    torch, tokenizer, config = library("torch"), runner.tokenizer, runner.network.config
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
