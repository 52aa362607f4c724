"""A run of candidates over a set, as it lies on disk, and what each gave for each image.

A folder of a run holds

`manifest.json`      the set without its images, the candidates, and every setting that an answer
                     depends on; written first
`images.jsonl`       a `LabelledImage` a line
`given-N.jsonl`      what candidate N gave: a `Response` a line, in the order of the images
`timing-N.jsonl`     what was timed; no comparison of bytes covers it, and no figure of quality
                     depends on it

Numbers in `given-N.jsonl` have six significant digits. Vectors are float32, little-endian, in
base64.
"""

from __future__ import annotations

import base64
import json
import math
import statistics
import struct
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from advisor.errors import BrokenFileError
from advisor.evaluate.labelled import EvaluationSet


class Response(NamedTuple):
    """What a candidate gave for one image.

    Exactly one of these is there: `unreadable` (why the image cannot be read: it counts for
    nobody), `failed` (why the candidate gave nothing: it counts as wrong), or an answer. An answer
    is `text` (CAPTION, DESCRIBE, ANSWER, READ_LINE, READ_PAGE), `fields` with their `text`
    (EXTRACT), `scores` (LABEL: one for each class of the set, in 0..1; see
    `EvaluatedCandidate.scored_by`) or `image_vector` with `text_vectors` (SEARCH: unit vectors,
    (dimensions,) and (references, dimensions)). `probability` is that of a text, where the network
    says it. `key` is the digest of all that the answer depends on.
    """

    number: int
    key: str
    text: str | None = None
    scores: tuple[float, ...] | None = None
    probability: float | None = None
    fields: Any = None
    image_vector: tuple[float, ...] | None = None
    text_vectors: tuple[tuple[float, ...], ...] | None = None
    failed: str | None = None
    unreadable: str | None = None


class EvaluatedCandidate(NamedTuple):
    """A checkpoint under the name that the run knows it by; one may stand twice under two names.

    `number` is its place in the run, from 0. `scored_by` says where scores of labels come from:
    `softmax` over the labels, which compete and sum to 1; `sigmoid`, each by itself; `match`, each
    by a head that says whether a text fits; `likelihood`, the probability with which a model that
    writes would write each label, made to sum to 1; empty where labels are not scored. `failed`
    says why it did not run to its end.
    """

    number: int
    name: str
    checkpoint: str
    family: str | None = None
    revision: str | None = None
    class_name: str = ""
    device: str = ""
    dtype: str = ""
    scored_by: str = ""
    warnings: tuple[str, ...] = ()
    failed: str | None = None


class Timing(NamedTuple):
    """What a candidate cost, of the images that it answered; None where nothing was timed.

    `images_per_second` is over all that it took, decoding included. A latency is the time of one
    batch, of at most `batch` images, in the median and at the 95th percentile; `peak_mb` is that
    of the process, or of the GPU, in MB of 2^20 bytes.
    """

    images: int
    batch: int
    images_per_second: float | None
    latency_ms: float | None
    latency_p95_ms: float | None
    load_ms: float | None
    peak_mb: float | None


class EvaluationRun(NamedTuple):
    """A finished run: `folder` is where it lies; `settings` are those of the manifest."""

    folder: Path
    data: EvaluationSet
    candidates: tuple[EvaluatedCandidate, ...]
    settings: Mapping[str, Any]

    def responses(self, candidate: EvaluatedCandidate) -> Iterator[Response]:
        """Yield what a candidate gave, in the order of the images, one for each."""
        return read_responses(self.folder / given_file(candidate.number))

    def timing(self, candidate: EvaluatedCandidate) -> Timing:
        """Return what a candidate cost."""
        return read_timing(self.folder / timing_file(candidate.number))


def given_file(number: int) -> str:
    """Return the name of the file that holds what a candidate gave."""
    return f"given-{number}.jsonl"


def timing_file(number: int) -> str:
    """Return the name of the file that holds what a candidate cost."""
    return f"timing-{number}.jsonl"


def response_line(response: Response) -> bytes:
    """Return a response as a line of JSON; what is not there is left out."""
    known = {key: value for key, value in response._asdict().items() if value is not None}
    if response.scores is not None:
        known["scores"] = [_short(each) for each in response.scores]
    if response.probability is not None:
        known["probability"] = _short(response.probability)
    if response.image_vector is not None:
        known["image_vector"] = _packed(response.image_vector)
    if response.text_vectors is not None:
        known["text_vectors"] = [_packed(each) for each in response.text_vectors]
    try:
        return _ENCODER.encode(known).encode() + b"\n"
    except UnicodeEncodeError:  # the name of a file that is no text
        return json.dumps(known, separators=(",", ":")).encode() + b"\n"


def read_response(line: bytes) -> Response:
    """Return the response of a line; ValueError where it is none."""
    try:
        known = json.loads(line)
    except RecursionError as error:
        raise ValueError("not a response") from error
    if not isinstance(known, dict) or not {"number", "key"} <= known.keys():
        raise ValueError("not a response")
    if not all(isinstance(known.get(name, ""), str) for name in _WORDS):
        raise ValueError("not a response")
    try:
        if "scores" in known:
            known["scores"] = tuple(map(float, known["scores"]))
        if "image_vector" in known:
            known["image_vector"] = _unpacked(known["image_vector"])
        if "text_vectors" in known:
            known["text_vectors"] = tuple(map(_unpacked, known["text_vectors"]))
        return Response(**known)
    except (TypeError, OverflowError) as error:
        raise ValueError(str(error)) from error


def read_responses(file: Path) -> Iterator[Response]:
    """Yield the responses of a file, one at a time; BrokenFileError with the line that is none."""
    if not file.is_file():
        return
    with file.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                yield read_response(line)
            except ValueError as error:
                raise broken_run(file, number) from error


NO_TIMING = (
    ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError
)  # fmt: skip
"""What reading a line raises that is not one of those that a run writes."""


def read_timing(file: Path) -> Timing:
    """Return what was timed in all sittings of a run.

    The first block of a sitting, which may wait for the checkpoint and for what is compiled, counts
    only where there is no other.
    """
    rows: list[tuple[int, float, float]] = []
    first: list[tuple[int, float, float]] = []
    batch = 0
    load: float | None = None
    peaks: list[float] = []
    for number, line in enumerate(file.read_bytes().splitlines() if file.is_file() else (), 1):
        try:
            known = json.loads(line)
            if "images" in known:
                ms, wall = float(known["ms"]), float(known["wall_ms"])
                row = int(known["images"]), ms, ms if known.get("first") else wall
                (first if known.get("first") else rows).append(row)
                batch = max(batch, int(known["batch"]))
            load = float(known["load_ms"]) if "load_ms" in known else load
            peaks += [float(known["peak_mb"])] if known.get("peak_mb") is not None else []
        except NO_TIMING as error:
            raise broken_run(file, number) from error
    counted = rows or first
    ordered = sorted(ms for _, ms, _ in counted)
    wall = sum(wall for _, _, wall in counted)
    return Timing(
        images=sum(images for images, _, _ in (*rows, *first)),
        batch=batch,
        images_per_second=sum(images for images, _, _ in counted) / wall * 1000 if wall else None,
        latency_ms=statistics.median(ordered) if ordered else None,
        latency_p95_ms=ordered[math.ceil(0.95 * len(ordered)) - 1] if ordered else None,
        load_ms=load,
        peak_mb=max(peaks, default=None),
    )


def broken_run(file: Path, line: int = 0) -> BrokenFileError:
    """Return the error for a file of a run that does not read as one."""
    place = f", line {line}," if line else ""
    return BrokenFileError(
        f"`{file}`{place} is not what a run writes",
        hint="name another folder: --run DIR",
    )


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_WORDS = ("key", "text", "failed", "unreadable")


def _short(number: float) -> float:
    return float(f"{number:.6g}")


def _packed(vector: Sequence[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()


def _unpacked(text: str) -> tuple[float, ...]:
    data = base64.b64decode(text, validate=True)
    if len(data) % 4:
        raise ValueError("not float32")
    return struct.unpack(f"<{len(data) // 4}f", data)
