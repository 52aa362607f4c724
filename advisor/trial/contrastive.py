"""Runners of dual encoders: labels, matching, search, comparison and vectors."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

from advisor.model.library import COMPARE, EMBED, MATCH, SEARCH
from advisor.phrasing import count
from advisor.trial.answer import Prediction, Reply, Request, best_first
from advisor.trial.failures import ImageError, MissingInputError
from advisor.trial.images import OpenedImage
from advisor.trial.loading import cut_texts, load_image_processor_and_tokenizer, longest_text
from advisor.trial.runner import Runner
from advisor.trial.runtime import library

Opened = OpenedImage | ImageError
"""An image, or why it cannot be read."""

BATCH = 16
NAMED = 5


class EncodedImages(NamedTuple):
    """Unit vectors of the images that could be read, (N, dimensions), their names, the others."""

    names: tuple[str, ...]
    vectors: Any
    unreadable: tuple[ImageError, ...]

    @property
    def warnings(self) -> tuple[str, ...]:
        """A warning that names what was skipped, where anything was."""
        if not self.unreadable:
            return ()
        skipped = len(self.unreadable)
        shown = "; ".join(error.message for error in self.unreadable[:NAMED])
        more = f"; and {skipped - NAMED} more" if skipped > NAMED else ""
        return (
            f"{count(skipped, 'image')} {'was' if skipped == 1 else 'were'} skipped: {shown}{more}",
        )

    def ranked_by(self, vector: Any, start: int = 0) -> Reply:
        """Return the images from `start` on by their cosine with a unit vector, (dimensions,)."""
        cosines = (self.vectors[start:] @ vector).tolist()
        return Reply(answers=_similar(self.names[start:], cosines), warnings=self.warnings)


class Contrastive(Runner):
    """A dual encoder whose candidate texts compete: softmax over the labels.

    Matching gives cosines, since a softmax over one text would always say 1.
    """

    tables_read_whole = False

    def prepare(self) -> None:
        """Load the image processor and the tokenizer."""
        self.image_processor, self.tokenizer = load_image_processor_and_tokenizer(self.checkpoint)
        config = self.network.config
        self.longest = longest_text(self.tokenizer, getattr(config, "text_config", config))

    def respond(self, image: OpenedImage, request: Request) -> Reply:
        """Answer by the act of the task."""
        if self.act == EMBED:
            return self._embedded(image, request)
        if self.act == COMPARE:
            return self._compared(image, request)
        if self.act == SEARCH:
            return self._searched(image, request)
        texts = request.wrapped_texts
        cut = cut_texts(self.tokenizer, texts, self.longest)
        return Reply(answers=self._judged(image, request.texts, texts), warnings=cut)

    def text_inputs(self, texts: Sequence[str]) -> dict[str, Any]:
        """Return the tokens of texts, cut to the network's limit, padded to the longest."""
        return self._tokens(texts, padding=True)

    def image_inputs(self, images: Sequence[OpenedImage]) -> dict[str, Any]:
        """Return the pixel inputs of images."""
        pixels = [image.pixels for image in images]
        return self.on_device(self.image_processor(images=pixels, return_tensors="pt"))

    def vectors(self, images: Sequence[OpenedImage]) -> Any:
        """Return unit vectors of one batch of images, (N, dimensions), float32 on the CPU."""
        return _unit(self.network.get_image_features(**self.image_inputs(images)))

    def text_vectors(self, texts: Sequence[str]) -> Any:
        """Return unit vectors of texts, (N, dimensions), float32 on the CPU."""
        return _unit(self.network.get_text_features(**self.text_inputs(texts)))

    def probabilities(self, logits: Any) -> list[float] | None:
        """Return probabilities of the candidate texts from their logits, (N,)."""
        if self.act == MATCH:
            return None
        return [float(value) for value in logits.float().softmax(dim=-1)]

    def _tokens(self, texts: Sequence[str], **settings: Any) -> dict[str, Any]:
        limit = {} if self.longest is None else {"truncation": True, "max_length": self.longest}
        return self.on_device(self.tokenizer(list(texts), return_tensors="pt", **limit, **settings))

    def _judged(
        self, image: OpenedImage, names: tuple[str, ...], texts: tuple[str, ...]
    ) -> tuple[Prediction, ...]:
        outputs = self.network(**self.text_inputs(texts), **self.image_inputs([image]))
        probabilities = self.probabilities(outputs.logits_per_image[0])
        if probabilities is None:
            left, right = _unit(outputs.image_embeds), _unit(outputs.text_embeds)
            return _similar(names, (right @ left[0]).tolist())
        return best_first(
            [
                Prediction(text=text, probability=value)
                for text, value in zip(names, probabilities, strict=True)
            ]
        )

    def _embedded(self, image: OpenedImage, request: Request) -> Reply:
        """Return the vector of the image, and of the other images after it, in their order."""
        encoded = self._encoded(_with_others(image, request))
        answers = tuple(
            Prediction(text=name, vector=tuple(vector))
            for name, vector in zip(encoded.names, encoded.vectors.tolist(), strict=True)
        )
        return Reply(answers=answers, warnings=encoded.warnings)

    def _compared(self, image: OpenedImage, request: Request) -> Reply:
        """Rank the other images by their likeness to the image."""
        encoded = self._encoded(_with_others(image, request))
        return encoded.ranked_by(encoded.vectors[0], start=1)

    def _searched(self, image: OpenedImage, request: Request) -> Reply:
        """Rank the images, the given one among them, by what the text asks for."""
        query = request.query or request.question or (request.texts[0] if request.texts else "")
        if not query.strip():
            if not request.others:
                raise MissingInputError(
                    f"`{self.checkpoint.name}` searches images for a text, and none was given",
                    hint="add --folder FOLDER and --query 'a red bicycle'",
                )
            return self._compared(image, request)
        texts = (request.template.format(query),)
        reply = self._encoded(_with_others(image, request)).ranked_by(self.text_vectors(texts)[0])
        cut = cut_texts(self.tokenizer, texts, self.longest)
        return Reply(answers=reply.answers, warnings=(*cut, *reply.warnings))

    def _encoded(self, images: Iterable[Opened]) -> EncodedImages:
        """Encode images batch by batch; no more of them are open than one batch holds."""
        names: list[str] = []
        unreadable: list[ImageError] = []
        vectors: list[Any] = []
        for batch in _batches(images):
            readable = [each for each in batch if isinstance(each, OpenedImage)]
            unreadable += [each for each in batch if isinstance(each, ImageError)]
            names += [each.name for each in readable]
            if readable:
                vectors.append(self.vectors(readable))
        return EncodedImages(tuple(names), library("torch").cat(vectors), tuple(unreadable))


class SigmoidContrastive(Contrastive):
    """A dual encoder that judges each text on its own: several or none may be true."""

    def text_inputs(self, texts: Sequence[str]) -> dict[str, Any]:
        """Return the tokens of texts, padded to the full length, as the network was trained."""
        inputs = self._tokens(texts, padding="max_length")
        inputs.pop("attention_mask", None)
        return inputs

    def probabilities(self, logits: Any) -> list[float] | None:
        """Return the probability of each text by itself."""
        return [float(value) for value in logits.float().sigmoid()]


def _with_others(image: OpenedImage, request: Request) -> Iterator[Opened]:
    """Yield the image and then the others; a folder may hold the image itself."""
    yield image
    for other in request.opened_others():
        if isinstance(other, ImageError) or not _same_file(other.name, image.name):
            yield other


def _same_file(one: str, other: str) -> bool:
    return one == other or os.path.realpath(one) == os.path.realpath(other)


def _batches(
    images: Iterable[Opened],
) -> Iterator[list[OpenedImage | ImageError]]:
    remaining = iter(images)
    while batch := list(islice(remaining, BATCH)):
        yield batch


def _unit(features: Any) -> Any:
    vectors = getattr(features, "pooler_output", features).float().cpu()
    return vectors / vectors.norm(dim=-1, keepdim=True)


def _similar(names: Sequence[str], cosines: list[float]) -> tuple[Prediction, ...]:
    return best_first(
        [
            Prediction(text=name, similarity=cosine)
            for name, cosine in zip(names, cosines, strict=True)
        ]
    )
