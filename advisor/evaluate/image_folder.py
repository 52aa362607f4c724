"""Images in a folder, named from there; and a folder for each class, which labels them."""

from __future__ import annotations

import os
import stat
from pathlib import Path, PurePosixPath

from advisor.errors import UsageError
from advisor.evaluate.labelled import LARGEST_IMAGE, Annotation, LabelledData
from advisor.files import leads_out, read_bounded
from advisor.trial.images import SUFFIXES

HELD_OUT = ("test", "testing", "validation", "val", "valid", "dev", "eval")
"""Names of folders that hold what was not trained on, the best first."""
TRAINED_ON = ("train", "training")


class ImageFolder:
    """A store of image files below a folder; nothing outside of it is read.

    Where a folder leads is looked up once, since that takes as long as decoding a small image.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._top = os.path.abspath(root)  # noqa: PTH100 - pathlib's would follow links
        self._leads_out: dict[str, bool] = {}

    def missing(self, name: str) -> str:
        """Return why an image cannot be there, without reading it; empty where it seems to be."""
        try:
            status = os.stat(self._path(name))  # noqa: PTH116 - of a string, as all paths here
        except (OSError, ValueError) as error:
            if isinstance(error, FileNotFoundError):
                return "there is no such file"
            return str(getattr(error, "strerror", None) or error)
        if not stat.S_ISREG(status.st_mode):
            return "it is not a regular file"
        return "" if status.st_size else "it is empty"

    def read(self, name: str) -> bytes:
        """Return the bytes of an image file; OSError says why not."""
        try:
            return read_bounded(self._path(name), LARGEST_IMAGE)
        except ValueError as error:
            raise OSError(0, str(error)) from error

    def _path(self, name: str) -> str:
        """Return the path of an image; OSError for one outside of the folder."""
        path = os.path.normpath(os.path.join(self._top, name))  # noqa: PTH118
        if not path.startswith(self._top.rstrip(os.sep) + os.sep) or self._goes_out(path):
            raise OSError(0, f"it is outside of `{self.root}`")
        return path

    def _goes_out(self, path: str) -> bool:
        """True where a link puts an image, or a folder that it lies in, outside of this folder."""
        folder = os.path.dirname(path)  # noqa: PTH120
        goes_out = self._leads_out.get(folder)
        if goes_out is None:
            goes_out = self._leads_out[folder] = leads_out(folder, self.root)
        return goes_out or (os.path.islink(path) and leads_out(path, self.root))  # noqa: PTH114


def read_class_folders(folder: Path) -> LabelledData:
    """Return the images of a folder, each labelled with the folder that it lies in.

    Of folders for training and for testing, those for testing are taken, and that is said.
    """
    root, notes = folder, []
    parts = {path.name.lower(): path for path in _folders(folder)}
    known = [name for name in (*HELD_OUT, *TRAINED_ON) if name in parts]
    if known and (len(known) == len(parts) or (len(known) > 1 and known[-1] in TRAINED_ON)):
        root = parts[known[0]]
        notes += [f"of its parts, `{root.name}` is taken"] if len(known) > 1 else []
    named = []
    for top in _folders(root):
        files = sorted(
            PurePosixPath(Path(base, file).relative_to(folder)).as_posix()
            for base, inner, names in os.walk(top)
            if inner.sort() is None
            for file in names
            if not file.startswith(".") and PurePosixPath(file).suffix.lower() in SUFFIXES
        )
        named += [Annotation(image=file, labels=(top.name,)) for file in files]
    if not named:
        raise UsageError(
            f"`{folder}` holds no folders of images, one for each class, and no file of labels",
            hint="`advisor help labelled-data` lists the formats",
        )
    return LabelledData(
        tuple(named), ImageFolder(folder), "a folder of images by class", tuple(notes)
    )


def _folders(folder: Path) -> list[Path]:
    found = (path for path in folder.iterdir() if not path.name.startswith("."))
    return sorted(path for path in found if path.is_dir())
