"""The one writer of files: a file or folder appears whole, or not at all."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from advisor.errors import AdvisorError

ESCAPED = "advisor-escaped"
"""How text is encoded that an encoding cannot hold; `cli.main` registers it."""


def write_text(file: Path, content: str) -> None:
    """Write a text file through a temporary one, so that no half of it is ever seen.

    A link is followed and the file's mode is kept. Pipes and devices are written in place, and so
    are stdout and stderr, whatever they are. Raises AdvisorError where the system refuses.
    """
    status = _status(file)
    stream = _stream(status)
    if stream is not None:
        stream.write(content)
        return
    try:
        if status is not None and not stat.S_ISREG(status.st_mode):
            with file.open("w", encoding="utf-8", errors=ESCAPED, newline="") as opened:
                opened.write(content)
            return
        with replacing(file) as scratch:
            scratch.write_text(content, encoding="utf-8", errors=ESCAPED, newline="")
    except OSError as error:
        raise AdvisorError(
            f"`{file}` cannot be written: {error.strerror or error}",
            hint="name a file in a folder that exists and can be written",
            kind="cannot-write",
        ) from error


def path_shown(file: Path) -> str:
    """Return the path of a file as messages have it: from this folder, where it is in it."""
    try:
        return file.resolve().relative_to(Path.cwd().resolve()).as_posix()
    except ValueError:
        return file.as_posix()


@contextmanager
def replacing(file: Path) -> Iterator[Path]:
    """Yield a temporary file beside `file` that replaces it at the end, or vanishes on failure.

    A link is followed. The new file has the mode of the old one, else what the umask grants.
    """
    import tempfile

    status = _status(file)
    target = Path(os.path.realpath(file))
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:100]}.")
    os.close(handle)
    scratch = Path(name)
    try:
        yield scratch
        scratch.chmod(0o666 & ~_umask() if status is None else stat.S_IMODE(status.st_mode))
        scratch.replace(target)
    except BaseException:
        scratch.unlink(missing_ok=True)
        raise


@contextmanager
def creating_folder(folder: Path) -> Iterator[Path]:
    """Yield a scratch folder that becomes `folder`, new or empty, at the end, or vanishes."""
    import shutil
    import tempfile

    folder.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{folder.name[:100]}-", dir=folder.parent))
    try:
        yield scratch
        grant_umask(scratch)
        if folder.exists():
            folder.rmdir()
        scratch.replace(folder)
    except BaseException:
        shutil.rmtree(scratch, ignore_errors=True)
        raise


def grant_umask(folder: Path) -> None:
    """Give a folder and all in it the mode that the umask grants: libraries write mode 0600."""
    umask = _umask()
    for path in (folder, *folder.rglob("*")):
        path.chmod((0o777 if path.is_dir() else 0o666) & ~umask)


def _status(file: Path) -> os.stat_result | None:
    """Return the status of what a path leads to; None where nothing is there yet."""
    with contextlib.suppress(OSError, ValueError):
        return file.stat()
    return None


def _stream(status: os.stat_result | None) -> IO[str] | None:
    """Return the stream of this process that a file is; None for any other file."""
    for number, stream in ((1, sys.stdout), (2, sys.stderr)):
        with contextlib.suppress(OSError):
            if status is not None and os.path.samestat(status, os.fstat(number)):
                return stream
    return None


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current
