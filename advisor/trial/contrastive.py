"""Runners of dual encoders: labels, matching, search, comparison and vectors."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

from advisor.trial.acts import Act
from advisor.trial.answer import Answer, Reply, Request, best_first
from advisor.trial.extra import library
from advisor.trial.failures import ImageError, MissingInputError
from advisor.trial.images import OpenedImage
from advisor.trial.loading import load_part, load_processor
from advisor.trial.runner import Runner, Setting
from advisor.trial.tokens import cut_texts, longest_text

BATCH = 16
NAMED = 5


class _Encoded(NamedTuple):
    """Unit vectors of the images that could be read, (N, dimensions), their names, the others."""

    names: tuple[str, ...]
    vectors: Any
    unreadable: tuple[ImageError, ...]

    def warnings(self) -> tuple[str, ...]:
        """Return a warning that names what was skipped, where anything was."""
        if not self.unreadable:
            return ()
        shown = "; ".join(error.message for error in self.unreadable[:NAMED])
        more = len(self.unreadable) - NAMED
        count = len(self.unreadable)
        skipped = "1 image was skipped" if count == 1 else f"{count} images were skipped"
        return (f"{skipped}: {shown}" + (f"; and {more} more" if more > 0 else ""),)


class Contrastive(Runner):
    """A dual encoder whose candidate texts compete: softmax over the labels.

    Matching gives cosines, since a softmax over one text would always say 1.
    """

    tables_read_whole = False

    def __init__(self, setting: Setting) -> None:
        self.needs_texts = setting.act in {Act.LABEL, Act.MATCH}
        self.needs_others = setting.act is Act.COMPARE
        super().__init__(setting)

    def prepare(self) -> None:
        """Load the image processor and the tokenizer."""
        processor = load_processor(self.checkpoint)
        self.image_processor = (
            processor.image_processor
            if processor is not None
            else load_part(self.checkpoint, "AutoImageProcessor")
        )
        self.tokenizer = (
            processor.tokenizer
            if processor is not None
            else load_part(self.checkpoint, "AutoTokenizer")
        )
        config = self.network.config
        self.longest = longest_text(self.tokenizer, getattr(config, "text_config", config))

    def respond(self, image: OpenedImage, request: Request) -> Reply:
        """Answer by the act of the task."""
        act = self.setting.act
        if act is Act.EMBED:
            return self._embedded(image, request)
        if act is Act.COMPARE:
            return self._compared(image, request)
        if act is Act.SEARCH:
            return self._searched(image, request)
        texts = tuple(request.template.format(text) for text in request.texts)
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
        if self.setting.act is Act.MATCH:
            return None
        return [float(value) for value in logits.float().softmax(dim=-1)]

    def _tokens(self, texts: Sequence[str], **settings: Any) -> dict[str, Any]:
        limit = {} if self.longest is None else {"truncation": True, "max_length": self.longest}
        tokens = self.tokenizer(list(texts), return_tensors="pt", **limit, **settings)
        return self.on_device(tokens)

    def _judged(
        self, image: OpenedImage, given: tuple[str, ...], texts: tuple[str, ...]
    ) -> tuple[Answer, ...]:
        outputs = self.network(**self.text_inputs(texts), **self.image_inputs([image]))
        probabilities = self.probabilities(outputs.logits_per_image[0])
        if probabilities is not None:
            return best_first(
                [
                    Answer(text=text, probability=value)
                    for text, value in zip(given, probabilities, strict=True)
                ]
            )
        left, right = _unit(outputs.image_embeds), _unit(outputs.text_embeds)
        return _similar(given, (right @ left[0]).tolist())

    def _embedded(self, image: OpenedImage, request: Request) -> Reply:
        """Return the vector of the image, and of the other images after it, in their order."""
        found = self._encoded(_with_others(image, request))
        answers = tuple(
            Answer(text=name, vector=tuple(vector))
            for name, vector in zip(found.names, found.vectors.tolist(), strict=True)
        )
        return Reply(answers=answers, warnings=found.warnings())

    def _compared(self, image: OpenedImage, request: Request) -> Reply:
        """Rank the other images by their likeness to the image."""
        found = self._encoded(_with_others(image, request))
        near = (found.vectors[1:] @ found.vectors[0]).tolist()
        return Reply(answers=_similar(found.names[1:], near), warnings=found.warnings())

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
        words = (request.template.format(query),)
        found = self._encoded(_with_others(image, request))
        near = (found.vectors @ self.text_vectors(words)[0]).tolist()
        cut = cut_texts(self.tokenizer, words, self.longest)
        return Reply(answers=_similar(found.names, near), warnings=(*cut, *found.warnings()))

    def _encoded(self, images: Iterable[OpenedImage | ImageError]) -> _Encoded:
        """Encode images batch by batch; no more of them are open than one batch holds."""
        names: list[str] = []
        unreadable: list[ImageError] = []
        parts: list[Any] = []
        for batch in _batches(images):
            readable = [each for each in batch if isinstance(each, OpenedImage)]
            unreadable += [each for each in batch if isinstance(each, ImageError)]
            names += [each.name for each in readable]
            if readable:
                parts.append(self.vectors(readable))
        return _Encoded(tuple(names), library("torch").cat(parts), tuple(unreadable))


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


def _with_others(image: OpenedImage, request: Request) -> Iterator[OpenedImage | ImageError]:
    """Yield the image and then the others; a folder may hold the image itself."""
    yield image
    for other in request.others_opened():
        if isinstance(other, ImageError) or not _same_file(other.name, image.name):
            yield other


def _same_file(one: str, other: str) -> bool:
    return one == other or os.path.realpath(one) == os.path.realpath(other)


def _batches(images: Iterable[OpenedImage | ImageError]) -> Iterator[list[OpenedImage | ImageError]]:
    every = iter(images)
    while batch := list(islice(every, BATCH)):
        yield batch


def _unit(features: Any) -> Any:
    vectors = getattr(features, "pooler_output", features).float().cpu()
    return vectors / vectors.norm(dim=-1, keepdim=True)


def _similar(names: Sequence[str], cosines: list[float]) -> tuple[Answer, ...]:
    return best_first(
        [Answer(text=name, similarity=cosine) for name, cosine in zip(names, cosines, strict=True)]
    )
