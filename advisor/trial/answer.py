"""Requests to a runner, its replies, and embeddings written to disk."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from advisor.errors import UsageError
from advisor.files import refuse_what_was_read
from advisor.foreign import whole
from advisor.trial.images import OpenedImage, open_image
from advisor.trial.runtime import ImageError, library
from advisor.writing import cannot_write, replacing


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """The inputs beside the image: candidate texts, a question, a query, other images, a prompt.

    `query` is the text to search the images for. Files among `others` are opened one at a time, so
    that thousands fit into memory; `progress` is called with the number opened and the total.
    `template` wraps each candidate text and the query (`a photo of a {}`); `prompt` overrides the
    runner's own; `label_map` has pairs of a classifier's label and the text that it means.
    """

    texts: tuple[str, ...] = ()
    question: str | None = None
    query: str | None = None
    others: tuple[OpenedImage | Path, ...] = ()
    progress: Callable[[int, int], object] = lambda _done, _total: None
    prompt: str | None = None
    template: str = "{}"
    label_map: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        """Escape the lone surrogates (of arguments that are not UTF-8) that tokenizers reject."""
        object.__setattr__(self, "texts", tuple(map(whole, self.texts)))
        for name in ("question", "query", "prompt", "template"):
            if given := getattr(self, name):
                object.__setattr__(self, name, whole(given))

    @property
    def wrapped_texts(self) -> tuple[str, ...]:
        """The candidate texts, each in the template."""
        return tuple(self.template.format(text) for text in self.texts)

    def opened_others(self) -> Iterator[OpenedImage | ImageError]:
        """Yield the other images; for one that cannot be read, its ImageError."""
        for number, other in enumerate(self.others, start=1):
            try:
                yield other if isinstance(other, OpenedImage) else open_image(other)
            except ImageError as error:
                yield error
            self.progress(number, len(self.others))


def check_template(template: str) -> None:
    """Raise UsageError unless a template has exactly one `{}` and no other brace.

    A width in the braces would make a label take any amount of memory.
    """
    if template.count("{}") != 1 or {"{", "}"} & {*template.replace("{}", "")}:
        raise UsageError(
            f"`--template {template}` must contain {{}} exactly once",
            hint="mark the place of the label with {}, e.g. 'a photo of {}'",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """One answer: a text, and the scores, fields or vector that the network returns for it.

    `probability` lies in 0..1; `similarity` is a cosine or an uncalibrated matching score; `fields`
    holds the named values of a document; `vector` is an embedding.
    """

    text: str
    probability: float | None = None
    similarity: float | None = None
    fields: Any = None
    vector: tuple[float, ...] | None = None

    @property
    def score(self) -> float | None:
        """The probability, else the similarity; None if the network returns neither."""
        return self.similarity if self.probability is None else self.probability

    def as_json(self) -> dict[str, Any]:
        """Return the answer as JSON keys, without those whose value is None."""
        keys = ("probability", "similarity", "fields", "vector")
        fields = {key: value for key in keys if (value := getattr(self, key)) is not None}
        return {"text": self.text, **fields}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The answers to one request, and warnings for the user."""

    answers: tuple[Prediction, ...]
    warnings: tuple[str, ...] = ()


def ranked(
    texts: Sequence[str], scores: Sequence[float], measure: str = "probability"
) -> tuple[Prediction, ...]:
    """Return a Prediction for each text, highest score first; `measure` names the score's field."""
    rows: Any = zip(texts, ({measure: score} for score in scores), strict=True)
    answers = [Prediction(text=text, **score) for text, score in rows]
    return tuple(sorted(answers, key=lambda answer: answer.score or 0.0, reverse=True))


def vector_files(path: str | Path) -> tuple[Path, Path]:
    """Return the paths of the vectors (`.npy`) and of their names (`.npy.json`) for a given path.

    Raises UsageError for a path without a file name.
    """
    target = Path(path)
    if target.name in ("", ".."):
        raise UsageError(f"`{path}` is a folder", hint="pass a file name such as vectors.npy")
    if target.suffix != ".npy":
        target = target.with_name(f"{target.name}.npy")
    return target, target.with_name(f"{target.name}.json")


def write_vectors(
    path: str | Path, names: Sequence[str], vectors: Sequence[Sequence[float]]
) -> tuple[Path, Path]:
    """Write float32 vectors, (N, dimensions), to `path`.npy and their names to `path`.npy.json.

    Row n belongs to name n. Each file is written completely or not at all. Returns both paths;
    raises AdvisorError if they cannot be written.
    """
    numpy = library("numpy")
    target, listing = vector_files(path)
    refuse_what_was_read(target, listing)
    try:
        with replacing(target) as array, replacing(listing) as listed:  # both, then both in place
            with array.open("wb") as file:
                numpy.save(file, numpy.asarray(vectors, dtype="float32"))
            listed.write_text(json.dumps(list(names), indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        hint = "pass a file in an existing folder that you can write to"
        raise cannot_write(target, error, hint) from error
    return target, listing
