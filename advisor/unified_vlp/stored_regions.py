"""Regions that somebody stored: features, class probabilities and boxes of one picture.

Three layouts are read: an `.npz` with the arrays `features`, `class_probabilities` and `boxes`;
the pairs of `.h5` files of COCO and Conceptual Captions; the pairs of `.npy` files of Flickr30k.
The last two are the published ones, with the boxes in an `.h5` file of their own (loader.py:320).
Nothing is unpickled.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy

from advisor.errors import AdvisorError, MissingExtraError
from advisor.files import replacing
from advisor.unified_vlp.vlp_config import BOX_NUMBERS

ARRAYS = ("features", "class_probabilities", "boxes")
KEY = "::"
"""Parts the file from the picture's id in it: `PREFIX_feat581.h5::COCO_val2014_000000391895`."""
_OF_H5 = re.compile(r"_feat(\d{3})\.h5$")
_OF_PAIR = re.compile(r"_(feat|cls)\d{3}\.h5$")
NUMBERS = "fiu"
"""The kinds of numbers that are read, as NumPy calls them."""
MOST_NUMBERS, FLOAT_BYTES = 10_000_000, 4
"""Of one array of one picture: fifty times what the published ones hold."""
MOST_SIDE = 10_000
"""Regions of a picture, features of a region, classes of a detector."""
HINT = (
    "an .npz with the arrays features, class_probabilities and boxes, PREFIX_feat581.h5::ID, or "
    "ID.npy beside ID_cls_prob.npy"
)


class RegionsError(AdvisorError, kind="unreadable-regions"):
    """Stored regions cannot be read, or have other shapes than the network takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Regions:
    """The regions of one picture, float32.

    `features` are (regions, features), `class_probabilities` (regions, classes) and `boxes`
    (regions, 6): x1 y1 x2 y2 in pixels, the class and its score.
    """

    features: Any
    class_probabilities: Any
    boxes: Any
    name: str = "regions"

    def save(self, file: str | Path) -> Path:
        """Write the three arrays as an `.npz`."""
        arrays = {name: getattr(self, name) for name in ARRAYS}
        target = Path(file)
        with replacing(target) as scratch, scratch.open("wb") as opened:
            numpy.savez_compressed(opened, **arrays)
        return target

    def sizes(self) -> tuple[int, int, int]:
        """Return the numbers of regions, features and classes that a new network is to take.

        Raises RegionsError where they are none, or far more than detectors find.
        """
        shapes = [numpy.shape(getattr(self, name)) for name in ARRAYS]
        sides = {side for shape in shapes for side in shape}
        flat = all(len(shape) == 2 for shape in shapes)
        if not flat or not 1 <= min(sides) <= max(sides) <= MOST_SIDE:
            found = ", ".join(map(_shape, shapes))
            raise RegionsError(
                f"`{self.name}` has arrays of {found}, of which no network can be made",
                hint="regions are 100 x 2048 numbers, or as few",
            )
        (count, features), (_, classes), _boxes = shapes
        self.check(count, features, classes)
        return count, features, classes

    def check(self, count: int, features: int, classes: int) -> None:
        """Raise RegionsError unless the shapes are those a network takes."""
        wanted = {
            "features": (count, features),
            "class_probabilities": (count, classes),
            "boxes": (count, BOX_NUMBERS),
        }
        for name, shape in wanted.items():
            found = numpy.shape(getattr(self, name))
            if found != shape:
                raise RegionsError(
                    f"`{self.name}` has {name} of {_shape(found)}, and the network takes "
                    f"{_shape(shape)}",
                    hint="regions fit only the network that was trained on their detector",
                )
            if not numpy.isfinite(getattr(self, name)).all():
                raise RegionsError(
                    f"`{self.name}` has {name} that are not numbers",
                    hint="store the regions again",
                )


def read_regions(path: str | Path, boxes: str | Path | None = None) -> Regions:
    """Return the regions of one picture from a file in one of the three layouts.

    `boxes` is the `.h5` file of the boxes for the published layouts; where it is not given, it is
    looked for beside the features and one folder above.
    """
    text = str(path)
    file, _, key = text.partition(KEY)
    if not Path(file).is_file():
        raise RegionsError(f"there is no file `{file}`", hint=f"give {HINT}", kind="not-found")
    with _plainly(text):
        if file.lower().endswith(".npz"):
            return _from_npz(Path(file))
        if file.lower().endswith(".npy"):
            return _from_npy(Path(file), boxes)
        if _OF_H5.search(file):
            return _from_h5(Path(file), key, boxes)
    raise RegionsError(f"`{text}` is in no layout of stored regions", hint=f"give {HINT}")


def _from_npz(file: Path) -> Regions:
    with numpy.load(_bounded(file), allow_pickle=False) as stored:
        missing = [f"`{name}`" for name in ARRAYS if name not in stored.files]
        if missing:
            raise RegionsError(
                f"`{file}` holds no {' and no '.join(missing)}", hint=f"regions are {HINT}"
            )
        for part in stored.zip.infolist():  # compressed, a few kilobytes may hold gigabytes
            _refuse_more(file, part.filename, part.file_size / FLOAT_BYTES)
        return _regions(str(file), *(stored[name] for name in ARRAYS))


def _from_npy(file: Path, boxes: str | Path | None) -> Regions:
    """Read `ID.npy` and `ID_cls_prob.npy`."""
    beside = file.with_name(f"{file.stem}_cls_prob.npy")
    if not beside.is_file():
        raise RegionsError(
            f"`{file}` has no class probabilities: there is no `{beside.name}` beside it",
            hint="the two are published together",
        )
    features, probabilities = (
        numpy.load(_bounded(each), mmap_mode="r", allow_pickle=False) for each in (file, beside)
    )
    return _regions(str(file), features, probabilities, _boxes_of(file, file.stem, boxes))


def _from_h5(file: Path, key: str, boxes: str | Path | None) -> Regions:
    """Read one picture of `PREFIX_featNNN.h5` and `PREFIX_clsNNN.h5`."""
    number = _OF_H5.search(file.name)
    beside = file.with_name(_OF_H5.sub(rf"_cls{number[1] if number else ''}.h5", file.name))
    if not beside.is_file():
        raise RegionsError(
            f"`{file}` has no class probabilities: there is no `{beside.name}` beside it",
            hint="the two are published together",
        )
    if not key:
        raise RegionsError(
            f"`{file}` holds many pictures, and none was named",
            hint=f"write {file.name}{KEY}ID, the ID ending in {number[1] if number else 'NNN'}",
        )
    features, probabilities = _dataset(file, key), _dataset(beside, key)
    return _regions(f"{file}{KEY}{key}", features, probabilities, _boxes_of(file, key, boxes))


def _boxes_of(file: Path, key: str, boxes: str | Path | None) -> Any:
    """Return the boxes of a picture, from the file given or from one nearby that has them."""
    if boxes is not None:
        return _dataset(Path(boxes), key)
    for each in _nearby(file):
        with _opened(each) as stored:
            if _holds(each, stored, key):
                return _array(each, stored, key)
    raise RegionsError(
        f"no .h5 file beside `{file}` or one folder above holds the boxes of `{key}`",
        hint="the boxes are published apart, as *_bbox*.h5 or *_checkpoint_trainvaltest.h5",
    )


def _nearby(file: Path) -> Iterator[Path]:
    for folder in (file.parent, Path(os.path.normpath(file.parent / ".."))):
        for each in sorted(folder.glob("*.h5")):
            if not _OF_PAIR.search(each.name) and each.is_file():
                yield each


def _dataset(file: Path, key: str) -> Any:
    with _opened(file) as stored:
        if not _holds(file, stored, key):
            raise RegionsError(f"`{file}` holds no picture `{key}`", hint="check the id")
        return _array(file, stored, key)


def _holds(file: Path, stored: Any, key: str) -> bool:
    """Return whether a file holds a key; refuse one that a link leads to, unopened.

    A link may lead to any file, and to a pipe, which would be read for ever.
    """
    import h5py

    place = stored
    for part in filter(None, key.split("/")):
        link = place.get(part, getlink=True) if isinstance(place, h5py.Group) else None
        if link is None:
            return False
        if not isinstance(link, h5py.HardLink):
            raise _elsewhere(file, key)
        place = place[part]
    return True


def _elsewhere(file: Path, key: str) -> RegionsError:
    return RegionsError(
        f"`{key}` in `{file}` leads to another file", hint="copy the array into this one"
    )


def _array(file: Path, stored: Any, key: str) -> Any:
    """Return an array of a file; refuse one that lies in another file, or is larger than any."""
    found = stored[key]
    if not hasattr(found, "shape"):
        raise RegionsError(f"`{file}` has a group `{key}`, no array", hint="check the id")
    if found.is_virtual or found.external:
        raise _elsewhere(file, key)
    _refuse_other_kinds(file, found)
    for shape in (found.shape, found.chunks):
        _refuse_more(file, key, math.prod(shape or (1,)))
    return found[()]


def _refuse_other_kinds(file: str | Path, values: Any) -> None:
    """Refuse what is not made of numbers: a text may have gigabytes."""
    if values.dtype.kind not in NUMBERS:
        raise RegionsError(
            f"`{file}` holds an array of {values.dtype}, which is no number", hint=f"give {HINT}"
        )


def _bounded(file: Path) -> Path:
    """Return a file of one picture's regions; refuse one that is larger than any."""
    _refuse_more(file, file.stem, file.stat().st_size / FLOAT_BYTES)
    return file


def _refuse_more(file: Path, name: str, numbers: float) -> None:
    if numbers > MOST_NUMBERS:
        raise RegionsError(
            f"`{name}` in `{file}` holds {numbers:,.0f} numbers, more than regions of a picture do",
            hint="regions are 100 x 2048 numbers, or as few",
        )


@contextmanager
def _opened(file: Path) -> Iterator[Any]:
    try:
        import h5py
    except ImportError as error:
        raise MissingExtraError(
            f"reading `{file.name}` needs the library h5py, which is not installed",
            hint="pip install h5py",
        ) from error
    with h5py.File(file, "r") as stored:
        yield stored


def _regions(name: str, features: Any, probabilities: Any, boxes: Any) -> Regions:
    for values in (features, probabilities, boxes):
        _refuse_other_kinds(name, values)
    single: Callable[[Any], Any] = lambda values: numpy.asarray(values, dtype=numpy.float32)  # noqa: E731
    return Regions(
        features=single(features),
        class_probabilities=single(probabilities),
        boxes=single(boxes),
        name=name,
    )


@contextmanager
def _plainly(name: str) -> Iterator[None]:
    """Turn what NumPy and h5py raise on a broken file into one of our sentences."""
    try:
        yield
    except AdvisorError:
        raise
    except Exception as error:
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise RegionsError(
            f"`{name}` cannot be read as stored regions: {reason}", hint=f"give {HINT}"
        ) from error


def _shape(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape)) or "one number"
