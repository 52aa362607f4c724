"""Training a unified VLP: pre-training by hidden words, or fine-tuning for captions or answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any, ClassVar

from advisor.errors import UsageError
from advisor.files import creating_folder
from advisor.model.library import ANSWER, CAPTION
from advisor.trial.answer import Request
from advisor.trial.finetuning import (
    FineTuning,
    TrainingStep,
    begin_from,
    refuse_other_contents,
    trained_to_end,
)
from advisor.trial.images import STORED_REGIONS, open_image
from advisor.trial.rehearsal import refuse_what_has_no_end
from advisor.trial.resolution import Loading, resolve
from advisor.trial.runner import Runner, load_runner, shipped_table
from advisor.trial.runtime import (
    OWN_NETWORKS,
    library,
    plain_errors,
    quiet,
    transformers,
)
from advisor.trial.trainer import Trainer, Training, hold_out
from advisor.trial.unified_examples import TrainingExample, read_examples

PRETRAINING, CAPTIONS, ANSWERS = "pretraining", "captions", "answers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """What is trained for, with the published settings (README and run.py of LuoweiZhou/VLP).

    `sequences` is the share of examples under the sequence-to-sequence mask, the others are
    bidirectional; `share` of the words are hidden, and no more than `most`. The published batches
    are 64 a GPU, on 8 GPUs for pre-training and captions and 2 for answers, and the rates are those
    of one GPU.
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


class UnifiedTrainer(Trainer):
    """A unified VLP, BertAdam and an order of batches, all determined by the seed."""

    warm_up_share: ClassVar[int] = 10

    def __init__(
        self, runner: Runner, examples: tuple[TrainingExample, ...], training: Training, aim: Aim
    ) -> None:
        super().__init__(runner, examples, training)
        self.aim, self.random = aim, Random(training.seed)
        self.places = {word: n for n, word in enumerate(self.network.config.answers)}

    @property
    def parts(self) -> tuple[Any, ...]:
        """The network and its processor."""
        runner: Any = self.runner
        return (self.network, runner.processor)

    def advance(self, step: int) -> float:
        """Take one step, with modes and hidden words drawn for it, and return its loss."""
        self.random = Random(f"{self.training.seed}-{step}")
        return super().advance(step)

    def loss_on(self, pairs: tuple[Any, ...]) -> float:
        """Return the mean loss on examples, with the same words hidden each time."""
        self.random = Random(f"{self.training.seed}-held-out")
        return super().loss_on(pairs)

    def _made_optimiser(self) -> Any:
        named = self.network.named_parameters()
        return library(f"{OWN_NETWORKS}.bert_adam").BertAdam(named, self.training.learning_rate)

    def _clip(self) -> None:
        """Leave the gradients to the optimiser, which cuts each by itself."""

    def _batch(self, pairs: tuple[Any, ...]) -> dict[str, Any]:
        """Return regions or pixels, and the texts with words hidden and what is to be found."""
        layout, hiding = (library(f"{OWN_NETWORKS}.{name}") for name in ("layout", "hiding"))
        runner: Any = self.runner
        config, processor, random = self.network.config, runner.processor, self.random
        modes = [
            layout.SEQUENCE if random.random() < self.aim.sequences else layout.BIDIRECTIONAL
            for _ in pairs
        ]
        ids = [processor.ids(pair.text) for pair in pairs]
        arranged = layout.arrange(ids, modes, config, padded=False)
        settings = {"share": self.aim.share, "most": self.aim.most}
        hidden = hiding.hide_words(arranged, config, random, **settings)
        inputs = {
            "input_ids": hidden.ids,
            "token_type_ids": arranged.segments,
            "attention_mask": arranged.seen,
            **processor.image_processor([_seen(pair.image) for pair in pairs]),
        }
        if pairs[0].answers:
            inputs["labels"] = self._targets(pairs)
        else:
            inputs["hidden_places"], inputs["labels"] = hidden.places, hidden.words
            inputs["label_weights"] = hidden.weights
        moved: dict[str, Any] = runner.on_device(inputs)
        return moved

    def _targets(self, examples: tuple[TrainingExample, ...]) -> Any:
        """Return the soft scores of answers, (batch, answers); unknown ones count for none."""
        targets = library("torch").zeros(len(examples), self.network.config.num_answers)
        for row, example in enumerate(examples):
            for answer, score in example.answers:
                if answer in self.places:
                    targets[row, self.places[answer]] = score
        return targets


def train_unified(
    data: str | Path,
    output: str | Path,
    *,
    aim: str,
    checkpoint: str = "",
    images: str | Path | None = None,
    annotations: str | Path | None = None,
    vocabulary: str | Path | None = None,
    sequences: float = -1.0,
    progress: Callable[[TrainingStep], None] | None = None,
    stop: Callable[[], bool] | None = None,
    tell: Callable[[FineTuning, Path], None] | None = None,
    **training: Any,
) -> FineTuning:
    """Train for an aim (`pretraining`, `captions`, `answers`) and save to a folder.

    `checkpoint` is where it starts; without one a small network is built, on a grid for pictures
    and on their regions for stored ones, with the words of `vocabulary` or of the texts.
    `sequences` is the share under the sequence-to-sequence mask, and `training` are fields of
    Training; those left out are the published ones. `tell` gets what is returned and where the
    trained files are before they are put in place. An interrupted run goes on where it stood, and
    ends where an unbroken one does.
    """
    published, folder = AIMS[aim], Path(output)
    if sequences >= 0:
        published = replace(published, sequences=sequences)
    names = ("epochs", "learning_rate", "batch_size")
    usual = {name: getattr(published, name) for name in names}
    how = Training(**{**usual, **{name: value for name, value in training.items() if value}})
    refuse_other_contents(folder)
    transformers()
    examples = read_examples(data, images, annotations)
    if bool(examples[0].answers) != (aim == ANSWERS):
        holds = "questions" if examples[0].answers else "captions"
        raise UsageError(f"`{data}` holds {holds}, which `{aim}` does not learn from")
    trained, held_out = hold_out(examples, how.held_out, how.seed)
    identity = {
        "aim": aim,
        "checkpoint": checkpoint,
        "data": [[str(each.image), each.text, list(map(list, each.answers))] for each in examples],
        "settings": [*how.identity, published.sequences],
    }
    start: str | Path = checkpoint
    if aim == ANSWERS or not checkpoint:

        def make(place: Path) -> None:
            _make_start(place, checkpoint, examples, trained, vocabulary, how.seed)

        start = begin_from(folder, [identity, str(vocabulary)], make)
    runner = _runner(start, aim, how.device)
    return trained_to_end(
        UnifiedTrainer(runner, trained, how, published),
        held_out,
        folder,
        identity,
        texts=_said,
        progress=progress,
        stop=stop,
        tell=tell,
    )


def _make_start(
    place: Path,
    checkpoint: str,
    examples: tuple[TrainingExample, ...],
    trained: tuple[TrainingExample, ...],
    vocabulary: str | Path | None,
    seed: int,
) -> None:
    """Write the network to begin with to a folder."""
    beginnings = library(f"{OWN_NETWORKS}.beginnings")
    counted = Counter(answer for each in trained for answer, _ in each.answers)
    if checkpoint:
        local = resolve(checkpoint, Loading())
        refuse_what_has_no_end(local, "UnifiedVLPForAnswering")
        with plain_errors(local.name), quiet(), creating_folder(place) as scratch:
            beginnings.with_answers(local.folder, scratch, counted, seed)
        return
    with quiet(), creating_folder(place) as scratch:
        first = str(examples[0].image)
        regions = first if first.partition("::")[0].endswith(STORED_REGIONS) else None
        texts = [each.text for each in trained]
        beginnings.new(scratch, texts, counted, seed, regions=regions, vocabulary=vocabulary)


def _runner(start: str | Path, aim: str, device: str) -> Runner:
    rulebase = shipped_table()
    task = rulebase.acts[ANSWER if aim == ANSWERS else CAPTION].tasks[0]
    runner = load_runner(
        start, task, rulebase=rulebase, device=device, dtype="float32", pretrained_only=True
    )
    if not runner.class_name.startswith("UnifiedVLP"):
        raise UsageError(
            f"`{start}` is a {runner.class_name}, and this trains a unified VLP of 2020",
            hint="`advisor compose` trains encoder-decoders",
        )
    return runner


def _seen(image: Path) -> Any:
    """Return what the region reader takes: the path of regions, or the pixels of a picture."""
    opened = open_image(image)
    return opened.regions or opened.pixels


def _said(runner: Runner, pairs: tuple[Any, ...]) -> list[str]:
    """Return what the network writes or answers about each example."""
    runner.network.eval()
    replies = [
        runner.run(open_image(pair.image), Request(question=pair.text if pair.answers else None))
        for pair in pairs
    ]
    return [reply.answers[0].text for reply in replies]
