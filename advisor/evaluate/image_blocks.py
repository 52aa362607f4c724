"""The set cut into blocks that are answered together, read and decoded ahead of whoever answers.

The blocks are fixed before anything runs, and what is missing of one is answered together, so that
it matters neither where a run is taken up again nor who answers which of them.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Generator, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

from advisor.evaluate.labelled import ImageStore, LabelledImage
from advisor.evaluate.responses import AskedImage, key_of
from advisor.model.library import SEARCH
from advisor.trial.failures import ImageError
from advisor.trial.images import OpenedImage, open_encoded

AHEAD_BLOCKS = 3
AHEAD_PIXELS = 100_000_000
"""No more is decoded ahead than the blocks before this many pixels are reached."""
THREADS = 3


Opened = tuple[AskedImage, OpenedImage | str]
"""What is asked, with its image or why that cannot be read."""


class Block(NamedTuple):
    """Images that are answered together, with their files read.

    `keys` are those of the answers to all of them, by the number of the image; `missing` are those
    images that have none yet, and `opened` the same decoded.
    """

    keys: tuple[tuple[int, str], ...]
    missing: tuple[AskedImage, ...] = ()
    opened: tuple[Opened, ...] = ()


def prepared(
    images: Sequence[LabelledImage],
    size: int,
    store: ImageStore,
    act: str,
    digest: str,
    known: set[str],
    *,
    decode: bool = True,
) -> Generator[Block]:
    """Yield the images in blocks of a size, read and, with `decode`, decoded in threads meanwhile.

    `digest` is that of the candidate, `known` the keys of the answers that are there. Of images
    that are the same file, and are asked the same, the first is answered.
    """
    seen = set(known)

    def made_ready(start: int) -> Block:
        asked_images = [_read(store, act, digest, image) for image in images[start : start + size]]
        keys = tuple((each.image.number, each.key) for each in asked_images)
        missing = tuple(each for each in asked_images if each.key not in known)
        if not decode:
            return Block(keys, missing)
        opened = tuple((each._replace(data=None), decoded_image(each)) for each in missing)
        return Block(keys, tuple(each for each, _ in opened), opened)

    with ThreadPoolExecutor(THREADS, thread_name_prefix="advisor-reading") as pool:
        ahead: deque[Future[Block]] = deque()
        remaining = iter(range(0, len(images), size))

        def go_ahead() -> None:
            while len(ahead) < AHEAD_BLOCKS and _pixels(ahead) < AHEAD_PIXELS:
                start = next(remaining, None)
                if start is None:
                    return
                ahead.append(pool.submit(made_ready, start))

        go_ahead()
        while ahead:
            block = ahead.popleft().result()
            go_ahead()
            new = {each.key: each.image.number for each in reversed(block.missing)}
            first = {number for key, number in new.items() if key not in seen}
            seen.update(new)
            yield block._replace(
                missing=tuple(each for each in block.missing if each.image.number in first),
                opened=tuple(pair for pair in block.opened if pair[0].image.number in first),
            )


def _pixels(ahead: Iterable[Future[Block]]) -> int:
    """Return how many pixels are decoded already."""
    done = (image for job in ahead if job.done() for _, image in job.result().opened)
    sizes = (each.pixels.size for each in done if isinstance(each, OpenedImage))
    return sum(width * height for width, height in sizes)


def _read(store: ImageStore, act: str, digest: str, image: LabelledImage) -> AskedImage:
    try:
        data: bytes | None = store.read(image.id)
        why = ""
    except OSError as error:
        data, why = None, f"`{image.id}` cannot be read: {error.strerror or error}"
    shown = hashlib.sha256(data).hexdigest() if data is not None else why
    texts = image.references if act == SEARCH else ()
    return AskedImage(image, key_of(digest, shown, (image.question, *texts)), data, why)


def decoded_image(asked: AskedImage) -> OpenedImage | str:
    """Return the image of a file, or why it cannot be read."""
    if asked.data is None:
        return asked.unreadable
    try:
        return open_encoded(asked.data, asked.image.id)
    except ImageError as error:
        return error.message
