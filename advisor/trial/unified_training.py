"""Training of a unified VLP: masked-word pre-training, or fine-tuning for captions or answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from advisor.errors import UsageError
from advisor.model.library import ANSWER, CAPTION
from advisor.trial.composition import TRAINER, refuse_other_contents, trainable
from advisor.trial.images import STORED_REGIONS, open_image
from advisor.trial.loading import refuse_what_has_no_end
from advisor.trial.resolution import Loading, resolve
from advisor.trial.runtime import (
    OWN_CLASSES,
    OWN_NETWORKS,
    library,
    plain_errors,
    quiet,
    transformers,
)
from advisor.trial.training import (
    FineTuning,
    Progress,
    Training,
    TrainingExample,
    hold_out,
    read_examples,
)
from advisor.writing import creating_folder

PRETRAINING, CAPTIONS, ANSWERS = "pretraining", "captions", "answers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """A training objective, with the published settings (README and run.py of LuoweiZhou/VLP).

    `sequences` is the share of examples under the sequence-to-sequence mask, the others are
    bidirectional; `share` of the words are hidden, at most `most` of a text. The published batches
    are 64 per GPU, on 8 GPUs for pre-training and captions and 2 for answers; the learning rates
    are for one GPU.
    """

    epochs: int
    learning_rate: float
    sequences: float
    share: float = 0.15
    most: int = 3
    batch_size: int = 64


AIMS = {
    PRETRAINING: Aim(epochs=30, learning_rate=1e-4, sequences=0.75),
    CAPTIONS: Aim(epochs=30, learning_rate=3e-5, sequences=1.0),
    ANSWERS: Aim(epochs=20, learning_rate=2e-5, sequences=0.0, share=0.0, most=1),
}


def train_unified(
    data: str | Path,
    output: str | Path,
    *,
    aim: str,
    checkpoint: str = "",
    images: str | Path = "",
    annotations: str | Path = "",
    vocabulary: str | Path = "",
    progress: Progress = lambda *_: None,
    **training: Any,
) -> FineTuning:
    """Train for an aim (`pretraining`, `captions`, `answers`) and save to a folder.

    Training starts from `checkpoint`, or from a small new network: on a grid for images or on
    region features, with the words of `vocabulary` or of the texts. `training` are fields of
    Training, by default the published ones. The best epoch is kept and interrupted runs are resumed
    as in `finetune`.
    """
    published, folder, options = AIMS[aim], Path(output), Training(**training)
    usual = ("epochs", "learning_rate", "batch_size")
    options = options.filled({name: getattr(published, name) for name in usual})
    refuse_other_contents(folder)
    transformers()
    examples = read_examples(data, images or None, annotations or None)
    if bool(examples[0].answers) != (aim == ANSWERS):
        holds = "questions" if examples[0].answers else "captions"
        raise UsageError(f"`{data}` has {holds}, which `--aim {aim}` cannot train on")
    trained, held_out = hold_out(examples, options.held_out, options.seed)

    def make(place: Path) -> None:
        """Write the initial network to a folder."""
        beginnings = library(f"{OWN_NETWORKS}.beginnings")
        counted = Counter(answer for each in trained for answer, _ in each.answers)
        if checkpoint:
            local = resolve(checkpoint, Loading())
            refuse_what_has_no_end(local, "UnifiedVLPForAnswering")
            with plain_errors(local.name), quiet(), creating_folder(place) as scratch:
                beginnings.with_answers(local.folder, scratch, counted, options.seed)
            return
        first, texts = str(examples[0].image), [each.text for each in trained]
        regions = first if first.partition("::")[0].endswith(STORED_REGIONS) else None
        settings = {"regions": regions, "vocabulary": vocabulary or None}
        with quiet(), creating_folder(place) as scratch:
            beginnings.new(scratch, texts, counted, options.seed, **settings)

    learnt = [[str(each.image), each.text, list(map(list, each.answers))] for each in examples]
    begun_with = [aim, checkpoint, str(vocabulary), learnt, options.identity]
    new = aim == ANSWERS or not checkpoint
    trainer = library(TRAINER)
    start = trainer.begin(folder, begun_with, make if new else None)
    act = ANSWER if aim == ANSWERS else CAPTION
    runner = trainable(start if new else checkpoint, act, options.device, OWN_CLASSES)
    recipe = trainer.Recipe(
        collate=lambda rows, epoch: _batch(runner, published, rows, f"{options.seed}-{epoch}"),
        parts=(runner.network, runner.processor),
        warm_up=0.1,
    )
    done: FineTuning = trainer.train(runner, recipe, options, trained, held_out, folder, progress)
    return done


def _batch(
    runner: Any, aim: Aim, examples: Sequence[TrainingExample], drawn_by: str
) -> dict[str, Any]:
    """Return regions or pixels, texts with hidden words, and the labels to predict.

    Masks and hidden words depend only on `drawn_by`, the text and the image's name: they are the
    same in any batch, process and folder.
    """
    layout = library(f"{OWN_NETWORKS}.processor")
    config, processor = runner.network.config, runner.processor
    draws = [Random(f"{drawn_by}-{each.image.name}-{each.text}") for each in examples]
    modes = [
        layout.SEQUENCE if random.random() < aim.sequences else layout.BIDIRECTIONAL
        for random in draws
    ]
    ids = [processor.ids(each.text) for each in examples]
    opened = [open_image(each.image) for each in examples]
    arranged = layout.arrange(ids, modes, config, padded=False)
    hidden = layout.hide_words(arranged, config, draws, share=aim.share, most=aim.most)
    inputs = {
        "input_ids": hidden["input_ids"],
        "token_type_ids": arranged.segments,
        "attention_mask": arranged.seen,
        **processor.image_processor([each.regions or each.pixels for each in opened]),
    }
    if examples[0].answers:  # soft scores, (batch, answers); unknown ones count for none
        places = {word: place for place, word in enumerate(config.answers)}
        targets = library("torch").zeros(len(examples), config.num_answers)
        for row, example in enumerate(examples):
            for answer, score in example.answers:
                if answer in places:
                    targets[row, places[answer]] = score
        return {**inputs, "labels": targets}
    return {**inputs, **hidden}
