"""How large what a processor makes of images may grow, refused before memory is taken for it."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache, wraps
from typing import Any

from advisor.trial.failures import BrokenCheckpointError
from advisor.trial.images import USEFUL_PIXELS
from advisor.trial.promises import SETTINGS
from advisor.trial.runtime import library

MOST_NUMBERS = 6 * USEFUL_PIXELS
"""Of one tensor, for each image: three colours of the largest image, twice (as frames, in tiles);
half a gigabyte in single precision."""
MOST_OPERATIONS = 3_000
"""For each image; one that is cut into a hundred tiles takes about a thousand."""
MOST_TAKEN = 10_000
"""So many sizes are kept; others are looked at each time."""


class Growth:
    """Holds what one processor makes of images; what it took once of their sizes it takes again."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._taken: set[tuple[int, frozenset[tuple[int, int]]]] = set()

    @contextmanager
    def bounded(self, images: Sequence[Any]) -> Iterator[None]:
        """Let nothing inside make too much of some pictures of PIL, as `bounded` does."""
        sizes = len(images), frozenset(each.size for each in images)
        if sizes in self._taken:
            yield
            return
        with bounded(self.name, len(images)):
            yield
        if len(self._taken) < MOST_TAKEN:
            self._taken.add(sizes)


@contextmanager
def bounded(name: str, images: int = 1) -> Iterator[None]:
    """Let nothing inside make a tensor of more than `MOST_NUMBERS`, or of endlessly many.

    Sizes are read off each operation of torch before it runs, and off what processors without torch
    ask of Pillow and numpy. Raises BrokenCheckpointError: the
    settings of a processor, or an image as long and thin as a thread, ask for such tensors.
    """
    watch = _watch()(name, MOST_NUMBERS * images, MOST_OPERATIONS * images)
    with watch, _watched_arrays(watch.look_at):
        yield


@contextmanager
def _watched_arrays(look_at: Callable[[int], None]) -> Iterator[None]:
    """Look at the size of each image of Pillow that is resized or made, and of each new array."""
    image, numpy = library("PIL.Image"), library("numpy")

    def of_image(picture: Any, size: Any, *_: Any, **_more: Any) -> int:
        bands = 3 if isinstance(picture, str) else len(picture.getbands())
        return int(bands * math.prod(map(abs, size)))

    def of_array(shape: Any, *_: Any, **_more: Any) -> int:
        sizes: list[int] = [*shape] if isinstance(shape, Sequence) else [int(shape)]
        return math.prod(sizes)

    def of_padded(array: Any, width: Any, *_: Any, **_more: Any) -> int:
        sides = numpy.broadcast_to(width, (numpy.ndim(array), 2)).sum(axis=1)
        return math.prod(int(n) + int(more) for n, more in zip(array.shape, sides, strict=True))

    watched: list[tuple[Any, str, Callable[..., int]]] = [
        (image.Image, "resize", of_image),
        (image, "new", of_image),
        *((numpy, name, of_array) for name in ("zeros", "ones", "empty", "full")),
        (numpy, "pad", of_padded),
    ]
    with contextlib.ExitStack() as after:
        for owner, name, size in watched:
            plain = getattr(owner, name)
            after.callback(setattr, owner, name, plain)
            setattr(owner, name, _looking_first(plain, size, look_at))
        yield


def _looking_first(
    plain: Callable[..., Any], size: Callable[..., int], look_at: Callable[[int], None]
) -> Callable[..., Any]:
    """Return a function that has the size of its result looked at before it makes it."""

    @wraps(plain)
    def make(*given: Any, **settings: Any) -> Any:
        try:
            numbers = size(*given, **settings)
        except (TypeError, ValueError, AttributeError):
            numbers = 0  # what it cannot take, it says itself
        look_at(numbers)
        return plain(*given, **settings)

    return make


@cache
def _watch() -> Any:
    """Return the class that looks at each operation; made once, when torch is there."""
    from torch.utils._python_dispatch import TorchDispatchMode

    class Watch(TorchDispatchMode):  # type: ignore[misc]
        def __init__(self, name: str, most: int, left: int) -> None:
            super().__init__()
            self.name, self.most, self.left = name, most, left

        def __torch_dispatch__(
            self, operation: Any, _types: Any, given: Any = (), settings: Any = None
        ) -> Any:
            settings = settings or {}
            self.look_at(_asked(operation, (*given, *settings.values())))
            return operation(*given, **settings)

        def look_at(self, asked: int) -> None:
            """Refuse what is too much: numbers in one, or one more."""
            self.left -= 1
            if self.left < 0 or asked > self.most:
                numbers = f"more than {self.most / 1e6:,.0f} million numbers"
                what = numbers if self.left >= 0 else "thousands of parts"
                raise BrokenCheckpointError(
                    f"the processor of `{self.name}` makes {what} of this image, which no network "
                    "reads",
                    hint=f"see the sizes in its {SETTINGS[0]} or {SETTINGS[1]}, or cut the image "
                    "into parts",
                )

    return Watch


def _asked(operation: Any, given: Iterable[Any]) -> int:
    """Return how many numbers an operation would make, by the sizes that it is given."""
    tensor = library("torch").Tensor
    largest, known = 1, 1
    for each in given:
        if isinstance(each, tensor):
            known = max(known, each.numel())
        elif isinstance(each, list | tuple) and all(isinstance(size, int) for size in each):
            largest = max(largest, math.prod(abs(size) or 1 for size in each))
    return largest * known if "repeat" in operation.__name__ else largest
