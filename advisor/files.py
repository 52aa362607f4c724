"""The one way to read a file: regular files only, up to a size.

A file in a folder under inspection is not read if a symbolic link leads out of that folder.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
from collections.abc import Iterable
from pathlib import Path

from advisor.errors import UsageError

REPOSITORY = ".git"
MEGABYTE = 1_000_000
MOST_TEXT = 1_000_000_000
_OPEN = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
"""Flags for opening without blocking: a pipe without a writer opens at once and is then refused."""
_read: set[tuple[int, int]] = set()
"""The (device, inode) of the files that this command has read."""


def read_bounded(
    file: Path | str,
    most: int,
    *,
    within: Path | None = None,
    recorded: bool = True,
    walked: bool = False,
) -> bytes:
    """Return the bytes of a regular file of at most `most` bytes.

    With `within`, a file that a link puts outside that folder is refused. `recorded` remembers the
    file as read, so that no output replaces it. `walked` skips the check before opening, for files
    that a listing has just shown to be regular. Raises OSError with the reason in `strerror`, also
    for a pipe, a device, a folder and a file that is too large.
    """
    if within is not None and leads_out(file, within):
        raise refused(file, errno.ELOOP, "a symbolic link leads out of the folder")
    if not walked:
        check_regular(file, os.stat(file))  # noqa: PTH116 - the same check as for the open file below
    too_large = refused(file, errno.EFBIG, f"the file is larger than {size_shown(most)}")
    handle = os.open(file, _OPEN)
    try:
        status = os.fstat(handle)
        check_regular(file, status)
        if status.st_size > most:
            raise too_large
        if recorded:
            _read.add((status.st_dev, status.st_ino))
        pieces, left, chunk = [], most + 1, max(status.st_size + 1, 65_536)
        while left > 0 and (piece := os.read(handle, min(left, chunk))):
            pieces.append(piece)
            left -= len(piece)
            if most + 1 - left == status.st_size and len(piece) < chunk:
                break  # as long as it is said to be, and no more was there
    finally:
        os.close(handle)
    if left <= 0:
        raise too_large
    return b"".join(pieces)


def is_there(name: str) -> bool:
    """True if a file or folder of this name exists; False for a text too long for a name."""
    return os.path.exists(name)  # noqa: PTH110 - pathlib raises for names that are too long


def lines_of(file: Path | str) -> list[str]:
    """Return the lines of a regular file in UTF-8, with or without a byte order mark.

    Raises OSError as `read_bounded` does, and UnicodeDecodeError.
    """
    text = read_bounded(file, MOST_TEXT).decode("utf-8-sig")
    return text.replace("\r\n", "\n").removesuffix("\n").split("\n")


def know_as_read(*files: Path | str) -> None:
    """Remember files as read by this command that other code opens."""
    for status in filter(None, (status_of(Path(file)) for file in files)):
        _read.add((status.st_dev, status.st_ino))


def identities() -> list[tuple[int, int]]:
    """Return the sorted (device, inode) of the files that this command has read."""
    return sorted(_read)


def know_identities(read: Iterable[tuple[int, int]]) -> None:
    """Remember files as read by (device, inode), as `identities` of a child process returns."""
    _read.update(read)


def forget_what_was_read() -> None:
    """Forget which files were read, at the start of a command."""
    _read.clear()


def refuse_what_was_read(*files: Path) -> None:
    """Raise UsageError for an output file that this command has read; devices are allowed."""
    for file in files:
        status = status_of(file)
        if status and stat.S_ISREG(status.st_mode) and (status.st_dev, status.st_ino) in _read:
            raise replaces_input(file)


def replaces_input(file: Path) -> UsageError:
    """Return the error for an output file that is also an input."""
    message = f"this command reads `{file}`, so the answer cannot be written to the same file"
    return UsageError(message, hint="pass another file for the answer")


def first_bytes(file: Path | str, most: int) -> bytes:
    """Return at most the first `most` bytes of a regular file; b"" if it cannot be read."""
    try:
        check_regular(file, os.stat(file))  # noqa: PTH116
        handle = os.open(file, _OPEN)
        try:
            check_regular(file, os.fstat(handle))
            return os.read(handle, most)
        finally:
            os.close(handle)
    except OSError:
        return b""


def leads_out(file: Path | str, folder: Path) -> bool:
    """True if a path that is written as inside a folder leads out of it through a link.

    A link into the .git folder also counts as leading out.
    """
    top = os.path.abspath(folder)  # noqa: PTH100 - pathlib's would follow links
    written = os.path.abspath(file)  # noqa: PTH100
    if not _inside(written, top):
        return False
    real, real_top = real_path(written), real_path(top)
    if not _inside(real, real_top):
        return True
    return _is_gits_own(real[len(real_top) :]) and not _is_gits_own(written[len(top) :])


def _is_gits_own(path: str) -> bool:
    return REPOSITORY in Path(path.lower()).parts


_UTF_8 = sys.getfilesystemencoding() == "utf-8"


def name_of(path: str) -> str:
    """Return a path decoded as UTF-8, as reports and baselines have it in every locale."""
    return path if _UTF_8 else os.fsencode(path).decode("utf-8", "surrogateescape")


def path_of(name: str) -> str:
    """Return the path for a name in reports (the inverse of `name_of`)."""
    return name if _UTF_8 else os.fsdecode(name.encode("utf-8", "surrogateescape"))


def size_shown(size: int) -> str:
    """Return a size in bytes as text, in powers of 1000: 2.3 GB, 40 MB, 512 kB."""
    if size >= 1000 * MEGABYTE:
        return f"{size / (1000 * MEGABYTE):.1f} GB"
    return f"{size // MEGABYTE} MB" if size >= MEGABYTE else f"{size // 1000} kB"


def _inside(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def check_regular(file: Path | str, status: os.stat_result) -> None:
    """Raise OSError unless the status is that of a regular file."""
    if not stat.S_ISREG(status.st_mode):
        if stat.S_ISDIR(status.st_mode):
            raise refused(file, errno.EISDIR, "the path is a folder")
        raise refused(file, errno.EINVAL, "the path is a pipe or a device, not a file")


def refused(file: Path | str, number: int, reason: str) -> OSError:
    """Return an OSError for a file with an error number and a reason."""
    return OSError(number, reason, os.fspath(file))


def real_path(path: Path | str) -> str:
    """Return the absolute path with links resolved; unresolved if there are too many links."""
    try:
        return os.path.realpath(path)
    except RecursionError:
        return os.path.abspath(path)  # noqa: PTH100


def is_file(path: Path | str) -> bool:
    """True for a regular file or a link to one; False for a name that is too long."""
    return os.path.isfile(path)  # noqa: PTH113


def resolved(path: Path | str) -> Path:
    """Return `real_path` as a Path; unlike pathlib, links in a circle raise nothing."""
    return Path(real_path(path))


def path_shown(file: Path) -> str:
    """Return a path for messages: relative to the working folder if it is inside, with slashes."""
    try:
        return resolved(file).relative_to(resolved(Path.cwd())).as_posix()
    except ValueError:
        return file.as_posix()


def status_of(file: Path) -> os.stat_result | None:
    """Return the status of a path, links followed; None if it does not exist or cannot be read."""
    with contextlib.suppress(OSError, ValueError):
        return file.stat()
    return None
