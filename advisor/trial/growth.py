"""How large what a processor makes of images may grow, refused before memory is taken for it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
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


@contextmanager
def bounded(name: str, images: int = 1) -> Iterator[None]:
    """Let nothing inside make a tensor of more than `MOST_NUMBERS`, or of endlessly many.

    Sizes are read off each operation of torch before it runs. Raises BrokenCheckpointError: the
    settings of a processor, or an image as long and thin as a thread, ask for such tensors.
    """
    from torch.utils._python_dispatch import TorchDispatchMode

    most, left = MOST_NUMBERS * images, MOST_OPERATIONS * images

    class Bound(TorchDispatchMode):  # type: ignore[misc]
        def __torch_dispatch__(
            self, operation: Any, _types: Any, given: Any = (), settings: Any = None
        ) -> Any:
            nonlocal left
            left -= 1
            settings = settings or {}
            if left < 0 or _asked(operation, (*given, *settings.values())) > most:
                numbers = f"more than {most / 1e6:,.0f} million numbers"
                what = numbers if left >= 0 else "thousands of parts"
                raise BrokenCheckpointError(
                    f"the processor of `{name}` makes {what} of this image, which no network reads",
                    hint=f"see the sizes in its {SETTINGS[0]} or {SETTINGS[1]}, or cut the image "
                    "into parts",
                )
            return operation(*given, **settings)

    with Bound():
        yield


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
