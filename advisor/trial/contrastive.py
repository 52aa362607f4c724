"""Runners that score labels: dual encoders, which also match, search, compare; classifiers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, islice
from types import MappingProxyType
from typing import Any, ClassVar

from advisor.files import real_path
from advisor.model.library import COMPARE, EMBED, MATCH, SEARCH
from advisor.phrasing import count, first_named
from advisor.trial.answer import Prediction, Reply, Request, ranked
from advisor.trial.images import OpenedImage
from advisor.trial.loading import (
    cut_texts,
    load_image_processor_and_tokenizer,
    load_part,
    text_limit,
)
from advisor.trial.local_checkpoint import LocalCheckpoint
from advisor.trial.runner import Runner
from advisor.trial.runtime import ImageError, MissingInputError, UnsupportedError, library

Opened = OpenedImage | ImageError
"""An image, or why it cannot be read."""

BATCH = 16
NAMED = 5
TEXTS_AT_ONCE = 1000
"""Maximum number of texts encoded in one batch, to limit memory."""
SCALES = ("logit_scale", "temperature", "logit_bias")
"""Attributes of the network, where present, that turn cosines into logits."""


class Contrastive(Runner):
    """A dual encoder whose candidate texts compete: softmax over the labels.

    Matching returns cosines, since a softmax over one text is always 1.
    """

    scored_by = "softmax"
    padding: ClassVar[bool | str] = True
    """The tokenizer's `padding`; True pads to the longest text of a batch."""

    def prepare(self) -> None:
        """Load the image processor and the tokenizer."""
        self.image_processor, self.tokenizer = load_image_processor_and_tokenizer(self.checkpoint)
        config = self.network.config
        self.limit = text_limit(self.tokenizer, getattr(config, "text_config", config))
        self.lowers = bool(self.entry and self.entry.text_case == "lower")
        self.encoded_texts: tuple[tuple[str, ...], Any] | None = None

    def respond(self, image: OpenedImage, request: Request) -> Reply:
        """Return embeddings, ranked images or ranked texts, depending on the task's operation."""
        if self.act in (EMBED, COMPARE, SEARCH):
            return self._over_images(image, request)
        texts = request.wrapped_texts
        cut = cut_texts(self.tokenizer, texts, self.limit)
        if self.act == MATCH and self.scored_by == "softmax":
            cosines = self.text_vectors(texts) @ self.image_vectors([image])[0]
            answers = ranked(request.texts, cosines.tolist(), "similarity")
        else:
            (scores,) = self.label_scores([image], request)
            answers = ranked(request.texts, scores)
        return Reply(answers=answers, warnings=cut)

    def text_inputs(self, texts: Sequence[str]) -> dict[str, Any]:
        """Return the tokens of texts, padded and truncated, in lower case if it was trained so."""
        settings = {"return_tensors": "pt", "padding": self.padding, **self.limit}
        cased = [text.lower() if self.lowers else text for text in texts]
        return self.on_device(self.tokenizer(cased, **settings))

    def image_inputs(self, images: Sequence[OpenedImage]) -> dict[str, Any]:
        """Return the pixel inputs of images."""
        pixels = [image.pixels for image in images]
        return self.on_device(self.image_processor(images=pixels, return_tensors="pt"))

    def label_scores(self, images: Sequence[OpenedImage], request: Request) -> list[list[float]]:
        """Return the probability of each text for each image, (images, texts).

        The encoded texts are kept until other texts are passed.
        """
        texts, alone = request.wrapped_texts, self.scored_by == "sigmoid"
        if self.encoded_texts is None or self.encoded_texts[0] != texts:
            self.encoded_texts = texts, self.label_rows(texts)
        rows = self.encoded_texts[1]
        logits = self.image_vectors(images) @ rows[:, :-1].T + rows[:, -1]
        scores: list[list[float]] = (logits.sigmoid() if alone else logits.softmax(dim=-1)).tolist()
        return scores

    def label_rows(self, texts: Sequence[str]) -> Any:
        """Return scaled text vectors and a bias column, (texts, dimensions + 1), float32 on CPU.

        The logit of a text is the dot product of its scaled vector and the image's vector, plus the
        bias. Scale (or temperature) and bias are those of the network.
        """
        rows = self.text_vectors(texts)
        scale, temperature, bias = (
            None if value is None else value.detach().float().cpu()
            for value in (getattr(self.network, name, None) for name in SCALES)
        )
        if scale is not None:
            rows = rows * scale.exp()
        elif temperature is not None:
            rows = rows / temperature
        return library("torch").nn.functional.pad(rows, (0, 1), value=float(bias or 0.0))

    def image_vectors(self, images: Sequence[OpenedImage]) -> Any:
        """Return unit vectors of images, (images, dimensions), in float32 on the CPU."""
        return unit_vectors(self.network.get_image_features(**self.image_inputs(images)))

    def text_vectors(self, texts: Sequence[str]) -> Any:
        """Return unit vectors of texts, (texts, dimensions), in float32 on the CPU."""
        pieces = (
            texts[first : first + TEXTS_AT_ONCE] for first in range(0, len(texts), TEXTS_AT_ONCE)
        )
        encoded = (self.network.get_text_features(**self.text_inputs(some)) for some in pieces)
        return library("torch").cat([unit_vectors(each) for each in encoded])

    def _over_images(self, image: OpenedImage, request: Request) -> Reply:
        """Embed all images, rank all by the query, or rank the others by similarity to `image`."""
        texts: tuple[str, ...] = ()
        if self.act == SEARCH and request.query and request.query.strip():
            texts = (request.template.format(request.query),)
        elif self.act == SEARCH and not request.others:
            raise MissingInputError(
                f"`{self.checkpoint.name}` needs a text to search the images for",
                hint="add --folder FOLDER and --query 'a red bicycle'",
            )
        own_path = real_path(image.name)  # the folder may hold the image itself
        others = (
            other
            for other in request.opened_others()
            if isinstance(other, ImageError) or real_path(other.name) != own_path
        )
        names, vectors, skipped = self._encoded(chain([image], others))
        if self.act == EMBED:
            rows = zip(names, vectors.tolist(), strict=True)
            embedded = [Prediction(text=name, vector=tuple(vector)) for name, vector in rows]
            return Reply(answers=tuple(embedded), warnings=skipped)
        if not texts:
            names, wanted, vectors = names[1:], vectors[0], vectors[1:]
        else:
            (wanted,) = self.text_vectors(texts)
        answers = ranked(names, (vectors @ wanted).tolist(), "similarity")
        cut = cut_texts(self.tokenizer, texts, self.limit)
        return Reply(answers=answers, warnings=(*cut, *skipped))

    def _encoded(self, images: Iterable[Opened]) -> tuple[list[str], Any, tuple[str, ...]]:
        """Return names and unit vectors, (N, dimensions), of images, and a note on unreadable ones.

        At most one batch of images is open at a time.
        """
        names, vectors, errors = [], [], []
        remaining = iter(images)
        while batch := list(islice(remaining, BATCH)):
            readable = [each for each in batch if isinstance(each, OpenedImage)]
            errors += [each.message for each in batch if isinstance(each, ImageError)]
            names += [each.name for each in readable]
            if readable:
                vectors.append(self.image_vectors(readable))
        were = f"{count(len(errors), 'image')} {'was' if len(errors) == 1 else 'were'}"
        notes = (f"{were} skipped: {first_named(errors, NAMED)}",) if errors else ()
        return names, library("torch").cat(vectors), notes


class SigmoidContrastive(Contrastive):
    """A dual encoder that scores each text independently: several or none may be true."""

    scored_by = "sigmoid"
    padding = "max_length"  # as it was trained

    def text_inputs(self, texts: Sequence[str]) -> dict[str, Any]:
        """Return the tokens of texts without an attention mask, as the network was trained."""
        inputs = super().text_inputs(texts)
        inputs.pop("attention_mask", None)
        return inputs


def unit_vectors(features: Any) -> Any:
    """Return features as unit vectors, (N, dimensions), in float32 on the CPU."""
    vectors = getattr(features, "pooler_output", features).float().cpu()
    return vectors / vectors.norm(dim=-1, keepdim=True)


LISTED = 12
"""Maximum number of labels that an error names."""
NOTHING: Mapping[str, str] = MappingProxyType({})


def own_labels(checkpoint: LocalCheckpoint) -> tuple[str, ...]:
    """Return the labels of a classifier by class number; raise UnsupportedError without them."""
    named = checkpoint.config.get("id2label")
    if not isinstance(named, dict) or sorted(named, key=str) != sorted(map(str, range(len(named)))):
        raise UnsupportedError(
            f"the config.json of `{checkpoint.name}` has no label names in `id2label`",
            hint='add a name for each class, such as {"0": "cat", "1": "dog"}',
        )
    return tuple(str(named[str(number)]) for number in range(len(named)))


def columns_for(
    checkpoint: LocalCheckpoint, texts: Sequence[str], label_map: Mapping[str, str] = NOTHING
) -> list[list[int]]:
    """Return, for each text, the class numbers of a classifier that have this name.

    Case is ignored, `_` equals a blank, and each part of ImageNet's `tabby, tabby cat` is a name.
    `label_map`, from a classifier's label to a text, takes precedence. Raises UnsupportedError if a
    text has no class.
    """
    its_labels = own_labels(checkpoint)
    places = {_folded(text): place for place, text in enumerate(texts)}
    columns: list[list[int]] = [[] for _ in texts]
    for number, label in enumerate(its_labels):
        names = [label_map[label]] if label in label_map else [label, *label.split(",")]
        index = next((places[_folded(name)] for name in names if _folded(name) in places), None)
        if index is not None:
            columns[index].append(number)
    lacking = [text for text, numbers in zip(texts, columns, strict=True) if not numbers]
    if lacking:
        without, labels = (
            first_named([f"`{each}`" for each in named], LISTED) for named in (lacking, its_labels)
        )
        raise UnsupportedError(
            f"`{checkpoint.name}` has no label for {without}. The labels of the checkpoint are "
            f"{labels}",
            hint="pass --label-map FILE, a JSON object that maps labels of the checkpoint to yours",
        )
    return columns


def _folded(label: str) -> str:
    return " ".join(label.replace("_", " ").split()).casefold()


class Classifier(Runner):
    """A network trained on its own labels; each candidate text must name at least one of them."""

    scored_by = "classifier"

    def prepare(self) -> None:
        """Load the image processor."""
        self.processor = load_part(self.checkpoint, "AutoImageProcessor")

    def respond(self, image: OpenedImage, request: Request) -> Reply:
        """Rank the texts, or all labels of the network if the request has no texts."""
        texts = request.texts or own_labels(self.checkpoint)
        (scores,) = self.label_scores([image], request)
        return Reply(answers=ranked(texts, scores))

    def label_scores(self, images: Sequence[OpenedImage], request: Request) -> list[list[float]]:
        """Return the probability of each text among the texts; classes of one text are summed."""
        pixels = [image.pixels for image in images]
        inputs = self.on_device(self.processor(images=pixels, return_tensors="pt"))
        logits: Any = self.network(**inputs).logits.float().cpu()
        if request.texts:
            columns = columns_for(self.checkpoint, request.texts, dict(request.label_map))
            together = [logits[:, numbers].logsumexp(dim=-1) for numbers in columns]
            logits = library("torch").stack(together, dim=-1)
        scores: list[list[float]] = logits.softmax(dim=-1).tolist()
        return scores
