"""What candidates are asked, and the keys of their answers: digests of all that these depend on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from advisor.evaluate.labelled import LabelledImage
from advisor.trial.candidate import Candidate
from advisor.trial.local_checkpoint import LocalCheckpoint

BASELINE_NAMED = "baseline:"
"""What stands before the kind of a baseline where candidates are named."""
RANDOM, COMMONEST, NEIGHBORS, PROBE = "random", "commonest", "knn", "probe"
WITHOUT_LOOKING, FITTED = (RANDOM, COMMONEST), (NEIGHBORS, PROBE)
"""Baselines that open no image, and those that are fitted to vectors of a dual encoder."""
RUNNER_VERSION = 3
"""Goes up when the same checkpoint is run in another way, so that answers may differ."""
SAMPLE = 1_000_000
WHOLE_FILES = 64_000_000
SAMPLES = 16


class Asking(NamedTuple):
    """How all candidates are asked.

    `template` wraps each label or text, and `prompt` stands in place of a checkpoint's own; `act`
    is what is done with an image, and `texts` are the labels in words. Without `thinking`, a model
    that can leave it out does. `overlays` are the folders of rules, `threads` those of torch, 0
    being its own choice.
    """

    template: str = "{}"
    prompt: str | None = None
    act: str = ""
    texts: tuple[str, ...] = ()
    max_new_tokens: int | None = None
    thinking: bool = True
    seed: int = 0
    overlays: tuple[str, ...] = ()
    threads: int = 0


def digest_of_order(
    candidate: Candidate, asking: Asking, identity: str, libraries: dict[str, str]
) -> str:
    """Return the digest of all that an answer depends on beside the image and the question.

    `identity` is that of the weights.
    """
    how = asking._asdict()
    for name in ("threads", "overlays"):
        del how[name]
    loaded = [candidate.task, candidate.device, candidate.dtype, candidate.pretrained_only]
    said = [RUNNER_VERSION, identity, loaded, how, libraries]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


class AskedImage(NamedTuple):
    """One image to answer about: its file, or why that cannot be read, and the answer's key."""

    image: LabelledImage
    key: str
    data: bytes | None
    unreadable: str = ""


def key_of(digest: str, shown: str, asked: Sequence[str]) -> str:
    """Return the key of an answer: of a candidate, what it is shown, and what it is asked."""
    return hashlib.sha256(json.dumps([digest, shown, *asked]).encode()).hexdigest()[:32]


def identity_of(checkpoint: LocalCheckpoint) -> str:
    """Return what tells these weights from others: the revision, else a digest of the folder.

    Of a large file its size and samples of it are read.
    """
    if checkpoint.revision:
        return f"{checkpoint.name}@{checkpoint.revision}"
    digest = hashlib.sha256()
    for file in sorted(path for path in checkpoint.folder.iterdir() if path.is_file()):
        digest.update(f"{file.name}\0{file.stat().st_size}\0".encode())
        for piece in _pieces(file):
            digest.update(piece)
    return digest.hexdigest()


def _pieces(file: Path) -> Iterator[bytes]:
    size = file.stat().st_size
    with file.open("rb") as opened:
        if size <= WHOLE_FILES:
            while piece := opened.read(SAMPLE):
                yield piece
            return
        for number in range(SAMPLES):
            opened.seek((size - SAMPLE) * number // (SAMPLES - 1))
            yield opened.read(SAMPLE)
