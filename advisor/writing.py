"""The one way to write a file: a file appears complete, or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import signal
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path
from typing import IO

from advisor.errors import AdvisorError
from advisor.files import check_regular, leads_out, real_path, refused, resolved, status_of

ESCAPED = "advisor-escaped"
"""The codec error handler for characters that an encoding lacks; `cli.main` registers it."""
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""Error numbers of a full disk, an exhausted quota and a file at its size limit."""
FREE_SPACE = "free some disk space and run the command again"


def write_text(
    file: Path, content: str, encoding: str = "utf-8", *, within: Path | None = None
) -> None:
    """Write a text file through a temporary one, so that it is never seen half written.

    A link is followed, but never from inside the working folder to the outside; the file keeps its
    mode and owner. With `within`, advisor chose the name: a link inside that folder is replaced,
    and one that leads out is refused, as are pipes and devices. Without it, pipes and devices are
    written in place. The process's own stdout or stderr always is. Raises AdvisorError for errors
    of the system and for a file without write permission.
    """
    if within is not None:
        _refuse_link_out_of(within, file)
    status = status_of(file)
    stream = _stream(status)
    if stream is not None:
        stream.write(content)
        return
    try:
        if within is None and status is not None and not stat.S_ISREG(status.st_mode):
            _refuse_leading_out(file)
            with file.open("w", encoding=encoding, errors=ESCAPED, newline="") as opened:
                opened.write(content)
            return
        with replacing(file, chosen=within is not None) as scratch:
            scratch.write_text(content, encoding=encoding, errors=ESCAPED, newline="")
    except OSError as error:
        hint = "pass a file in an existing folder that you can write to"
        raise cannot_write(file, error, hint) from error


def disk_is_full(error: BaseException | None) -> bool:
    """Return whether an error or one of its causes means a full disk, quota or file.

    The text counts too, because safetensors passes on only the text of the system's error.
    """
    while error is not None:
        if isinstance(error, OSError) and error.errno in FULL:
            return True
        if any(f"os error {number})" in str(error) for number in FULL):
            return True
        error = error.__cause__ or error.__context__
    return False


def make_folder(folder: Path, *, within: Path | None = None) -> None:
    """Make a folder and its missing parents.

    Raises AdvisorError for errors of the system, and for a link that leads out of the working
    folder or out of `within`.
    """
    if within is not None:
        _refuse_link_out_of(within, folder)
    try:
        _refuse_leading_out(folder)
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(folder, error, "pass a folder that you can write to") from error


def cannot_write(path: Path, error: OSError, hint: str) -> AdvisorError:
    """Return the error for a path that cannot be written; a full disk gets its own hint."""
    if error.errno in FULL:
        hint = FREE_SPACE
    message = f"`{path}` cannot be written: {error.strerror or error}"
    return AdvisorError(message, hint=hint, kind="cannot-write")


def _refuse_leading_out(path: Path, folder: Path = Path(), called: str = "this folder") -> None:
    if leads_out(path, folder):
        where = real_path(path)
        raise refused(path, errno.ELOOP, f"a symbolic link leads out of {called} to {where}")


def _refuse_link_out_of(folder: Path, path: Path) -> None:
    """Raise AdvisorError if a path inside a folder leads out of it through a link."""
    try:
        _refuse_leading_out(path, folder, f"`{folder}`")
    except OSError as error:
        raise cannot_write(path, error, "replace the symbolic link with a regular file") from error


@contextmanager
def replacing(file: Path, *, chosen: bool = False) -> Iterator[Path]:
    """Yield a temporary file beside `file` that replaces it at the end, or is removed on failure.

    A link is followed, unless it leads out of the working folder; if advisor has `chosen` the name,
    a link is replaced like a file. The new file gets the old one's mode and, if permitted, owner; a
    new one the mode of the umask. Raises OSError for a link that leads out, a path that is no
    regular file, and a file without write permission.
    """
    followed = file.parent if chosen else file
    _refuse_leading_out(followed)
    target = resolved(followed) / file.name if chosen else resolved(followed)
    status = None if target.is_symlink() else status_of(target)
    if status is not None:
        check_regular(target, status)
        if not os.access(file, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), os.fspath(file))
    with _vanishing(target.with_name(_scratch_name())) as scratch:
        os.close(os.open(scratch, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        yield scratch
        _grant(scratch, status)
        _go_on()
        scratch.replace(target)


def _scratch_name() -> str:
    """Return a random file name `.advisor-...` with 16 hexadecimal digits."""
    return f".advisor-{os.urandom(8).hex()}"


_SCRATCH = re.compile(r"\.advisor-[0-9a-f]{16}")


def _grant(scratch: Path, status: os.stat_result | None) -> None:
    """Give a new file the mode and owner of the one it replaces, else the mode of the umask."""
    if status is None:
        scratch.chmod(0o666 & ~_umask())
        return
    own = scratch.stat()
    if (own.st_uid, own.st_gid) != (status.st_uid, status.st_gid):
        with contextlib.suppress(OSError, AttributeError):  # only root may give files away
            os.chown(scratch, status.st_uid, status.st_gid)
    scratch.chmod(stat.S_IMODE(status.st_mode))


stopped = False
"""Set by an interrupt: no file is replaced after it, even if Python lost the exception."""
abandoned = False
"""Set after an interrupted download whose threads still run: the process ends without joining."""
_unfinished: set[Path] = set()
"""Temporary paths that are being written or removed."""
_holding = False
_held_back: list[int] = []


def _go_on() -> None:
    if stopped:
        raise KeyboardInterrupt


def waits(number: int) -> bool:
    """True if a signal handler must not raise an exception for this signal now.

    After a first interrupt, further signals are ignored until temporary files are removed. A signal
    during a removal for another reason is raised again afterwards.
    """
    if _holding and not stopped:
        _held_back.append(number)
        return True
    return stopped and bool(_unfinished)


@contextmanager
def _vanishing(scratch: Path) -> Iterator[Path]:
    """Yield a path, and remove it at the end if it still exists, even if signals arrive."""
    global _holding
    _unfinished.add(scratch)
    try:
        yield scratch
    finally:
        _holding = True  # Python looks for no signal between an exception and this
        _remove(scratch)
        _unfinished.discard(scratch)
        _let_go()


def _let_go() -> None:
    """Stop holding signals back, and raise the first one that was."""
    global _holding
    _holding = False
    if _held_back:
        number = _held_back[0]
        _held_back.clear()
        signal.raise_signal(number)


def _remove(path: Path) -> None:
    if path.is_dir():
        import shutil

        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)


@contextmanager
def passing_folder() -> Iterator[Path]:
    """Yield a new folder in the system's temporary folder, and remove it at the end."""
    global _holding
    import tempfile

    _holding = True
    try:
        top = tempfile.gettempdir()  # tries by a file whether one can be written
    finally:
        _let_go()
    with _vanishing(Path(top) / _scratch_name()) as scratch:
        scratch.mkdir(0o700)
        yield scratch


def refuse_unwritable(folder: Path) -> None:
    """Raise AdvisorError if a folder, or its nearest existing parent, cannot be written to."""
    there = next(path for path in (folder, *folder.absolute().parents) if os.path.lexists(path))
    try:
        _refuse_leading_out(folder)
        if not there.is_dir():
            raise refused(folder, errno.ENOTDIR, f"`{there}` is not a folder")
        if not os.access(there, os.W_OK | os.X_OK):
            raise refused(folder, errno.EACCES, f"you cannot write files to `{there}`")
    except OSError as error:
        raise cannot_write(folder, error, "pass another folder") from error


def refuse_contents(folder: Path) -> None:
    """Raise AdvisorError for a folder that cannot be written to or has files; remove leftovers."""
    refuse_unwritable(folder)
    if holds_something(folder):
        raise AdvisorError(
            f"`{folder}` exists and has other files",
            hint="pass a new folder",
            kind="output-exists",
        )
    clear_half_written(folder)


def holds_something(folder: Path, *, but: str = "") -> bool:
    """True if a folder has any file except `but` and leftovers of a killed command."""
    names = (path.name for path in folder.iterdir()) if folder.is_dir() else ()
    return any(name != but and not _SCRATCH.fullmatch(name) for name in names)


def clear_half_written(folder: Path) -> None:
    """Remove the temporary files that a killed command left in a folder."""
    for path in folder.iterdir() if folder.is_dir() else ():
        if _SCRATCH.fullmatch(path.name):
            _remove(path)


def refuse_folder(folder: Path) -> None:
    """Raise AdvisorError if `creating_folder` cannot create a folder; call it before long work."""
    refuse_contents(folder)
    place = real_path(folder)
    refuse_unwritable(Path(place).parent)
    if os.path.ismount(place) or place == real_path(os.curdir):
        what = "a mounted disk" if os.path.ismount(place) else "the current working folder"
        raise AdvisorError(
            f"`{folder}` is {what}, which advisor cannot replace",
            hint="pass a folder inside it",
            kind="cannot-write",
        )


@contextmanager
def creating_folder(folder: Path) -> Iterator[Path]:
    """Yield a temporary folder that becomes `folder` (new or empty) at the end, or is removed.

    Other files about the folder must be written before the end, because a second run checks only
    the folder. Raises AdvisorError as `refuse_folder` does, and for a full disk.
    """
    refuse_folder(folder)
    make_folder(folder.parent)
    named, folder = folder, Path(real_path(folder))
    with _vanishing(folder.with_name(_scratch_name())) as scratch:
        try:
            scratch.mkdir(0o700)
            yield scratch
            grant_umask(scratch)
            _go_on()
            if folder.exists():
                folder.rmdir()
            scratch.replace(folder)
        except Exception as error:
            if isinstance(error, AdvisorError) or not disk_is_full(error):
                raise
            message = f"the disk is full, so `{named}` was not written"
            raise AdvisorError(message, hint=FREE_SPACE, kind="disk-full") from error


def open_growing(file: Path) -> FileIO:
    """Open a regular file, new or existing, unbuffered for reading and writing.

    Raises OSError for a symbolic link, and as `read_bounded` does for other kinds of files.
    """
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
    if file.is_symlink():
        raise refused(file, errno.ELOOP, "the path is a symbolic link")
    handle = os.open(file, flags | getattr(os, "O_NOFOLLOW", 0), 0o644)
    try:
        check_regular(file, os.fstat(handle))
        return os.fdopen(handle, "r+b", buffering=0)
    except BaseException:
        os.close(handle)
        raise


def put_on_disk(*paths: Path) -> None:
    """Flush files to the disk (fsync), so that they survive a power cut after a rename."""
    for path in paths:
        with path.open("rb+") as file:
            os.fsync(file.fileno())


def remove_folder(folder: Path) -> None:
    """Remove a folder so that it is never seen half removed: rename it, then delete it."""
    with _vanishing(folder.with_name(_scratch_name())) as scratch:
        folder.replace(scratch)


def grant_umask(folder: Path) -> None:
    """Set the mode of a folder and everything in it by the umask; some libraries write 0600."""
    umask = _umask()
    for path in (folder, *folder.rglob("*")):
        path.chmod((0o777 if path.is_dir() else 0o666) & ~umask)


def _stream(status: os.stat_result | None) -> IO[str] | None:
    """Return stdout or stderr if the status is that of its file; else None."""
    for number, stream in ((1, sys.stdout), (2, sys.stderr)):
        with contextlib.suppress(OSError):
            if status is not None and os.path.samestat(status, os.fstat(number)):
                return stream
    return None


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current


def silence_stdout() -> None:
    """Redirect a broken stdout to the null device, so that the final flush does not fail."""
    try:
        number = sys.stdout.fileno()
    except (OSError, ValueError):
        return  # not a stream of the system
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, number)
    os.close(nowhere)
