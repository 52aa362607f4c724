"""What a run knows: what each candidate gave for each image, and what it cost."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from advisor.evaluate.labelled import EvaluationSet
from advisor.trial.candidate import Candidate

if TYPE_CHECKING:
    from advisor.evaluate.run_file import RunFile


class Response(NamedTuple):
    """What a candidate gave for one image.

    Exactly one of these is there: `unreadable` (why the image cannot be read: it counts for
    nobody), `failed` (why the candidate gave nothing: it counts as wrong), or an answer. An answer
    is `text` (CAPTION, DESCRIBE, ANSWER, READ_LINE, READ_PAGE), `fields` with their `text`
    (EXTRACT), `scores` (LABEL: one for each class of the set, in 0..1; see `Candidate.scored_by`)
    or `vectors` (SEARCH: unit vectors of the image and of each of its texts, float32,
    little-endian, (1 + texts, dimensions)). `probability` is that of a text, where the network
    says it. `key` is the digest of all that the answer depends on.
    """

    number: int
    key: str
    text: str | None = None
    scores: tuple[float, ...] | None = None
    probability: float | None = None
    fields: Any = None
    vectors: bytes | None = None
    failed: str | None = None
    unreadable: str | None = None


class Timing(NamedTuple):
    """What a candidate cost, of the images that it answered; None where nothing was timed.

    `images_per_second` is over all that it took, decoding included. A latency is the time of one
    batch, of at most `batch` images, in the median and at the 95th percentile; `peak_mb` is that
    of the process, or of the GPU, in MB of 2^20 bytes. Tokens are those that a server read and
    wrote, for all images together.
    """

    images: int
    batch: int
    images_per_second: float | None
    latency_ms: float | None
    latency_p95_ms: float | None
    load_ms: float | None
    peak_mb: float | None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationRun:
    """A run: the set, the candidates, the settings that its answers depend on, and its file."""

    data: EvaluationSet
    candidates: tuple[Candidate, ...]
    settings: Mapping[str, Any]
    file: RunFile = field(compare=False, repr=False)

    def responses(self, candidate: Candidate) -> Iterator[Response]:
        """Yield what a candidate gave, in the order of the images, one for each."""
        return self.file.responses(candidate)


def timing_of(told: Iterable[Mapping[str, Any]]) -> Timing:
    """Return what was timed in all sittings of a run; ValueError and its like for what was not.

    The first block of a sitting, which may wait for the checkpoint and for what is compiled, counts
    only where there is no other.
    """
    rows: list[tuple[int, float, float]] = []
    first: list[tuple[int, float, float]] = []
    batch = 0
    load: float | None = None
    peaks: list[float] = []
    tokens: list[Sequence[int]] = []
    for known in told:
        if "images" in known:
            ms, wall = float(known["ms"]), float(known["wall_ms"])
            row = int(known["images"]), ms, ms if known.get("first") else wall
            (first if known.get("first") else rows).append(row)
            batch = max(batch, int(known["batch"]))
        tokens += [known["tokens"]] if "tokens" in known else []
        load = float(known["load_ms"]) if "load_ms" in known else load
        peaks += [float(known["peak_mb"])] if known.get("peak_mb") is not None else []
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
        prompt_tokens=sum(int(read) for read, _ in tokens) if tokens else None,
        completion_tokens=sum(int(written) for _, written in tokens) if tokens else None,
    )
