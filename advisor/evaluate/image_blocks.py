"""The set cut into blocks that are answered together, read and decoded ahead of whoever answers.

The blocks are fixed before anything runs, so that it matters neither where a run is taken up again
nor who answers which of them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

from advisor.evaluate.annotation import ImageStore
from advisor.evaluate.labelled import LabelledImage
from advisor.evaluate.work_order import AskedImage, key_of
from advisor.evaluate.worker import Opened, decoded_image
from advisor.trial.images import OpenedImage

AHEAD_BLOCKS = 3
AHEAD_PIXELS = 100_000_000
"""No more is decoded ahead than the blocks before this many pixels are reached."""
THREADS = 3


class Block(NamedTuple):
    """Images that are answered together: `number` is its place, from 0."""

    number: int
    images: tuple[LabelledImage, ...]


class Prepared(NamedTuple):
    """A block with its files read; `held` where the answers are there already."""

    number: int
    asked: tuple[AskedImage, ...]
    opened: tuple[Opened, ...] = ()
    held: bool = False


def blocks_of(images: Sequence[LabelledImage], size: int) -> tuple[Block, ...]:
    """Return the images in blocks of one size; the last may be smaller."""
    starts = range(0, len(images), size)
    return tuple(
        Block(number, tuple(images[start : start + size])) for number, start in enumerate(starts)
    )


def prepared(
    blocks: Sequence[Block],
    store: ImageStore,
    digest: str,
    holds: Callable[[int, Sequence[str]], bool],
    *,
    decode: bool = True,
) -> Generator[Prepared]:
    """Yield the blocks in order, read and, with `decode`, decoded in other threads meanwhile.

    `digest` is that of the order; `holds` says for which block and keys the answers are there.
    """
    with ThreadPoolExecutor(THREADS, thread_name_prefix="advisor-reading") as pool:
        waiting: deque[tuple[Block, Future[tuple[AskedImage, ...]]]] = deque()
        decoding: deque[tuple[Prepared, Future[tuple[Opened, ...]] | None]] = deque()
        remaining = iter(blocks)

        def read_ahead() -> None:
            while len(waiting) < AHEAD_BLOCKS and (block := next(remaining, None)):
                waiting.append((block, pool.submit(_read_all, store, digest, block)))

        def decode_ahead() -> None:
            while waiting and len(decoding) < AHEAD_BLOCKS and _pixels(decoding) < AHEAD_PIXELS:
                block, reading = waiting.popleft()
                asked = reading.result()
                held = holds(block.number, [each.key for each in asked])
                todo = None if held or not decode else pool.submit(_open_all, asked)
                if decode:  # those who decode hold the files, and let them go
                    asked = tuple(each._replace(data=None) for each in asked)
                decoding.append((Prepared(block.number, asked, held=held), todo))
                read_ahead()

        read_ahead()
        decode_ahead()
        while decoding:
            block, job = decoding.popleft()
            opened = job.result() if job else ()
            decode_ahead()
            yield block._replace(opened=opened) if decode else block


def _pixels(decoding: Iterable[tuple[Prepared, Future[tuple[Opened, ...]] | None]]) -> int:
    """Return how many pixels are decoded already."""
    jobs = (job for _, job in decoding if job is not None and job.done())
    done = (image for job in jobs for _, image in job.result())
    sizes = (each.pixels.size for each in done if isinstance(each, OpenedImage))
    return sum(width * height for width, height in sizes)


def _read_all(store: ImageStore, digest: str, block: Block) -> tuple[AskedImage, ...]:
    """Return what is asked of a block, read; one job for each block, since jobs cost something."""
    return tuple(_read(store, digest, image) for image in block.images)


def _open_all(block: Sequence[AskedImage]) -> tuple[Opened, ...]:
    return tuple(map(_open, block))


def _read(store: ImageStore, digest: str, image: LabelledImage) -> AskedImage:
    try:
        data: bytes | None = store.read(image.id)
        why = ""
    except OSError as error:
        data, why = None, f"`{image.id}` cannot be read: {error.strerror or error}"
    return AskedImage(image, key_of(digest, image, data), data, why)


def _open(asked: AskedImage) -> Opened:
    """Return what is asked with its image; the file is let go."""
    return asked._replace(data=None), decoded_image(asked)
