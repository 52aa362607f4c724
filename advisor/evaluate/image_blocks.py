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

    `digest` is that of the order; `holds`, which those threads call, says for which block and keys
    the answers are there. A block that follows one without answers is held no more: a run writes
    its answers in order, and those of such a block are cut off.
    """

    def made_ready(block: Block) -> Prepared:
        asked = tuple(_read(store, digest, image) for image in block.images)
        held = holds(block.number, [each.key for each in asked])
        ready = Prepared(block.number, asked, held=held)
        return ready if held or not decode else _decoded(ready)

    with ThreadPoolExecutor(THREADS, thread_name_prefix="advisor-reading") as pool:
        ahead: deque[Future[Prepared]] = deque()
        remaining = iter(blocks)

        def go_ahead() -> None:
            while len(ahead) < AHEAD_BLOCKS and _pixels(ahead) < AHEAD_PIXELS:
                block = next(remaining, None)
                if block is None:
                    return
                ahead.append(pool.submit(made_ready, block))

        go_ahead()
        all_held = True
        while ahead:
            block = ahead.popleft().result()
            go_ahead()
            all_held = all_held and block.held
            if block.held and not all_held:
                block = _decoded(block) if decode else block._replace(held=False)
            yield block


def _pixels(ahead: Iterable[Future[Prepared]]) -> int:
    """Return how many pixels are decoded already."""
    done = (image for job in ahead if job.done() for _, image in job.result().opened)
    sizes = (each.pixels.size for each in done if isinstance(each, OpenedImage))
    return sum(width * height for width, height in sizes)


def _read(store: ImageStore, digest: str, image: LabelledImage) -> AskedImage:
    try:
        data: bytes | None = store.read(image.id)
        why = ""
    except OSError as error:
        data, why = None, f"`{image.id}` cannot be read: {error.strerror or error}"
    return AskedImage(image, key_of(digest, image, data), data, why)


def _decoded(block: Prepared) -> Prepared:
    """Return a block with its images in place of their files."""
    opened = tuple((each._replace(data=None), decoded_image(each)) for each in block.asked)
    return block._replace(asked=tuple(each for each, _ in opened), opened=opened, held=False)
