"""What a worker is told: which checkpoint answers what, and all that an answer depends on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from advisor.evaluate.labelled import LabelledImage
from advisor.trial.local_checkpoint import LocalCheckpoint

RUNNER_VERSION = 2
"""Goes up when the same checkpoint is run in another way, so that answers may differ."""
SAMPLE = 1_000_000
WHOLE_FILES = 64_000_000
SAMPLES = 16


class WorkOrder(NamedTuple):
    """How one candidate is to be run.

    `checkpoint` is a folder, hub id or demo; `task` what it is loaded for, which for labels may be
    another than `act` says; `texts` are the labels in words, `template` wraps each; `overlays` are
    the folders of rules; `threads` those of torch, 0 being its own choice; `may_download` says that
    somebody agreed to a download, which another machine may have to repeat.
    """

    checkpoint: str
    task: str
    act: str
    texts: tuple[str, ...] = ()
    template: str = "{}"
    prompt: str | None = None
    revision: str | None = None
    device: str = "cpu"
    dtype: str = "float32"
    max_new_tokens: int | None = None
    thinking: bool = True
    seed: int = 0
    pretrained_only: bool = False
    overlays: tuple[str, ...] = ()
    threads: int = 0
    may_download: bool = False

    def digest(self, identity: str, libraries: dict[str, str]) -> str:
        """Return the digest of all that an answer depends on beside the image and the question.

        `identity` is that of the weights.
        """
        settings = self._asdict()
        for name in ("threads", "overlays", "may_download"):
            del settings[name]
        said = [RUNNER_VERSION, identity, settings, libraries]
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


class AskedImage(NamedTuple):
    """One image to answer about: its file, or why that cannot be read, and the answer's key."""

    image: LabelledImage
    key: str
    data: bytes | None
    unreadable: str = ""


def key_of(order_digest: str, image: LabelledImage, data: bytes | None) -> str:
    """Return the key of an answer: the digest of the image, what is asked of it, and the order."""
    shown = hashlib.sha256(data).hexdigest() if data is not None else ""
    said = [order_digest, shown, image.question, *image.references]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:32]


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


def plain_value(value: Any) -> Any:
    """Return a value of a network as JSON holds it; what JSON has no form for as text."""
    return json.loads(json.dumps(value, default=str))
