"""What is asked of a runner, and what it answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from advisor.trial.failures import ImageError
from advisor.trial.images import Gallery, OpenedImage


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What goes with the image: candidate texts, a question, a query, other images, a prompt.

    `query` is what to look for among the images; `others` may be a Gallery, which is opened one
    image at a time; `template` wraps each candidate text and the query (`a photo of a {}`);
    `prompt` overrides the runner's own.
    """

    texts: tuple[str, ...] = ()
    question: str | None = None
    query: str | None = None
    others: tuple[OpenedImage, ...] | Gallery = ()
    prompt: str | None = None
    template: str = "{}"

    def others_opened(self) -> Iterator[OpenedImage | ImageError]:
        """Yield the other images; in place of one that cannot be read, what is wrong with it."""
        if isinstance(self.others, Gallery):
            yield from self.others.opened()
        else:
            yield from self.others


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer: a text, and what the network says about it, as far as it says anything.

    `probability` lies in 0..1; `similarity` is a cosine or an uncalibrated match; `fields` holds
    the named values a document reader found; `vector` an embedding.
    """

    text: str
    probability: float | None = None
    similarity: float | None = None
    fields: Any = None
    vector: tuple[float, ...] | None = None

    @property
    def numbers(self) -> tuple[float, ...]:
        """What the network says in numbers, vectors left out."""
        return tuple(n for n in (self.probability, self.similarity) if n is not None)

    def as_json(self) -> dict[str, Any]:
        """Return the answer as JSON keys; what is unknown is left out."""
        found: dict[str, Any] = {"text": self.text}
        for key in ("probability", "similarity", "fields", "vector"):
            value = getattr(self, key)
            if value is not None:
                found[key] = value
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The answers to one request, and what the user should know about them."""

    answers: tuple[Answer, ...]
    warnings: tuple[str, ...] = ()


def best_first(answers: list[Answer]) -> tuple[Answer, ...]:
    """Return answers by probability or similarity, highest first; equal ones keep their order."""

    def merit(answer: Answer) -> float:
        known = answer.probability if answer.probability is not None else answer.similarity
        return known if known is not None else 0.0

    return tuple(sorted(answers, key=merit, reverse=True))
