"""Regions that somebody stored: features, class probabilities and boxes of one picture.

Two layouts are read: an `.npz` with the arrays `features`, `class_probabilities` and `boxes`, and
the published pairs of `.h5` files of COCO and Conceptual Captions, with the boxes in an `.h5` file
of their own (loader.py:320). Nothing is unpickled.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy

from advisor.errors import AdvisorError, MissingExtraError
from advisor.unified_vlp.vlp_config import BOX_NUMBERS
from advisor.writing import replacing

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
HINT = "an .npz with the arrays features, class_probabilities and boxes, or PREFIX_feat581.h5::ID"


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

    def sizes(self) -> dict[str, int]:
        """Return the sizes that a new network for them is to have, as its configuration names them.

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
        return {
            "region_count": count,
            "region_feature_size": features,
            "region_class_size": classes,
        }

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


def read_regions(path: str | Path) -> Regions:
    """Return the regions of one picture: those of an `.npz`, or of `PREFIX_featNNN.h5::ID`."""
    text = str(path)
    file, _, key = text.partition(KEY)
    if not Path(file).is_file():
        raise RegionsError(f"there is no file `{file}`", hint=f"give {HINT}", kind="not-found")
    with _plainly(text):
        if file.lower().endswith(".npz"):
            return _from_npz(Path(file))
        if _OF_H5.search(file):
            return _from_h5(Path(file), key)
    raise RegionsError(f"`{text}` is in no layout of stored regions", hint=f"give {HINT}")


def _from_npz(file: Path) -> Regions:
    _refuse_more(file, file.stem, file.stat().st_size / FLOAT_BYTES)
    with numpy.load(file, allow_pickle=False) as stored:
        missing = [f"`{name}`" for name in ARRAYS if name not in stored.files]
        if missing:
            raise RegionsError(
                f"`{file}` holds no {' and no '.join(missing)}", hint=f"regions are {HINT}"
            )
        for part in stored.zip.infolist():  # compressed, a few kilobytes may hold gigabytes
            _refuse_more(file, part.filename, part.file_size / FLOAT_BYTES)
        return _regions(str(file), *(stored[name] for name in ARRAYS))


def _from_h5(file: Path, key: str) -> Regions:
    """Read one picture of `PREFIX_featNNN.h5` and `PREFIX_clsNNN.h5`.

    Its boxes are those of the first other file beside them, or one folder above, that has it.
    """
    if not key:
        raise RegionsError(
            f"`{file}` holds many images, name one of them", hint=f"write {file.name}{KEY}ID"
        )
    beside = file.with_name(_OF_H5.sub(r"_cls\1.h5", file.name))
    folders = (file.parent, Path(os.path.normpath(file.parent / "..")))
    others = (each for folder in folders for each in sorted(folder.glob("*.h5")))
    boxes = (_array(each, key) for each in others if not _OF_PAIR.search(each.name))
    sought = {
        f"`{file}`": _array(file, key),
        f"`{beside.name}` beside it": _array(beside, key),
        "an .h5 file of boxes beside it or one folder above": next(
            (box for box in boxes if box is not None), None
        ),
    }
    for place, found in sought.items():
        if found is None:
            raise RegionsError(
                f"there is no picture `{key}` in {place}",
                hint="check the id; features, classes and boxes (*_bbox*.h5) are published apart",
            )
    return _regions(f"{file}{KEY}{key}", *sought.values())


def _array(file: Path, key: str) -> Any:
    """Return an array of a file, None where it has none of this name.

    One that a link leads to is refused unopened, since a link may lead to any file, and to a pipe,
    which would be read for ever; so is one that lies in another file, or is larger than any.
    """
    try:
        import h5py
    except ImportError as error:
        raise MissingExtraError(
            f"reading `{file.name}` needs the library h5py, which is not installed",
            hint="pip install h5py",
        ) from error
    if not file.is_file():
        return None
    with h5py.File(file, "r") as stored:
        found: Any = stored
        for part in filter(None, key.split("/")):
            link = found.get(part, getlink=True) if isinstance(found, h5py.Group) else None
            if link is None:
                return None
            if not isinstance(link, h5py.HardLink):
                raise _elsewhere(file, key)
            found = found[part]
        if isinstance(found, h5py.Group):
            raise RegionsError(f"`{file}` has a group `{key}`, no array", hint="check the id")
        if found.is_virtual or found.external:
            raise _elsewhere(file, key)
        _refuse_other_kinds(file, found)
        for shape in (found.shape, found.chunks):
            _refuse_more(file, key, math.prod(shape or (1,)))
        return found[()]


def _elsewhere(file: Path, key: str) -> RegionsError:
    return RegionsError(
        f"`{key}` in `{file}` leads to another file", hint="copy the array into this one"
    )


def _refuse_other_kinds(file: str | Path, values: Any) -> None:
    """Refuse what is not made of numbers: a text may have gigabytes."""
    if values.dtype.kind not in NUMBERS:
        raise RegionsError(
            f"`{file}` holds an array of {values.dtype}, which is not a number", hint=f"give {HINT}"
        )


def _refuse_more(file: Path, name: str, numbers: float) -> None:
    if numbers > MOST_NUMBERS:
        raise RegionsError(
            f"`{name}` in `{file}` holds {numbers:,.0f} numbers, too many for one image",
            hint="regions are 100 x 2048 numbers, or as few",
        )


def _regions(name: str, *given: Any) -> Regions:
    """Return what three arrays hold, in the order of ARRAYS."""
    for values in given:
        _refuse_other_kinds(name, values)
    arrays = (numpy.asarray(values, dtype=numpy.float32) for values in given)
    return Regions(**dict(zip(ARRAYS, arrays, strict=True)), name=name)


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
