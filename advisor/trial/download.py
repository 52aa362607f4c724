"""What a download would cost, and fetching it: size first, progress, resumption, plain errors."""

from __future__ import annotations

import fnmatch
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from advisor.errors import AdvisorError
from advisor.hub import SECONDS, hub_error, repository_folder
from advisor.trial.extra import library, quiet
from advisor.trial.failures import BrokenCheckpointError, DiskFullError
from advisor.trial.loading import says_disk_full
from advisor.trial.local_checkpoint import refuse_pickled

PACE = 0.5
WANTED = ("*.json", "*.txt", "*.jinja", "*.model", "*.safetensors")
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """What would be fetched: files and bytes of one revision of one repository."""

    name: str
    revision: str
    files: tuple[str, ...]
    total_bytes: int

    @property
    def size(self) -> str:
        """The size in words: `1.6 MB`, `2.3 GB`."""
        return in_words(self.total_bytes)


def in_words(count: float) -> str:
    """Return bytes as a person reads them, in powers of ten."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} TB"


def plan_download(name: str, revision: str | None = None) -> Download:
    """Ask the hub what a checkpoint consists of; nothing is fetched."""
    hub = library("huggingface_hub")
    with _plainly(name, revision):
        info = hub.HfApi().model_info(name, revision=revision, timeout=SECONDS, files_metadata=True)
    sizes = {each.rfilename: each.size or 0 for each in info.siblings or ()}
    files = _chosen(sizes, name)
    return Download(
        name=name,
        revision=revision or "main",
        files=files,
        total_bytes=sum(sizes[file] for file in files),
    )


def fetch(download: Download, progress: Progress | None = None) -> Path:
    """Bring the files into the hub cache and return the folder; a broken-off one is resumed."""
    hub = library("huggingface_hub")
    store = Path(library("huggingface_hub.constants").HF_HUB_CACHE)
    free = shutil.disk_usage(_existing(store)).free
    if free < download.total_bytes:
        raise DiskFullError(
            f"`{download.name}` needs {download.size}, and {in_words(free)} are free where "
            "checkpoints are kept",
            hint="free some space, or point HF_HOME at another disk",
        )
    with _plainly(download.name, download.revision), quiet(), _watched(store, download, progress):
        bars = library("huggingface_hub.utils")
        bars.disable_progress_bars()
        folder = hub.snapshot_download(
            download.name,
            revision=download.revision,
            allow_patterns=list(download.files),
            etag_timeout=SECONDS,
        )
    if progress is not None:
        progress(download.total_bytes, download.total_bytes)
    return Path(folder)


def _chosen(sizes: dict[str, int], name: str) -> tuple[str, ...]:
    """Return the files at the top of a repository that loading needs."""
    top = [file for file in sizes if "/" not in file]
    wanted = [file for file in top if any(fnmatch.fnmatch(file, each) for each in WANTED)]
    if "config.json" not in wanted:
        raise BrokenCheckpointError(
            f"`{name}` holds no config.json, so nothing says which network it is",
            hint="this is no transformers checkpoint; look for a converted one",
        )
    weights = [file for file in wanted if file.endswith(".safetensors")]
    if not weights:
        refuse_pickled(top, name)
        raise BrokenCheckpointError(f"`{name}` holds no weights", hint="look for another one")
    if "model.safetensors" in weights:
        weights = ["model.safetensors"]
    elif "model.safetensors.index.json" in wanted:
        weights = [file for file in weights if fnmatch.fnmatch(file, "model-*-of-*.safetensors")]
    rest = [file for file in wanted if not file.endswith(".safetensors")]
    return tuple(sorted(rest + weights))


def _existing(folder: Path) -> Path:
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder


@contextmanager
def _watched(store: Path, download: Download, progress: Progress | None) -> Iterator[None]:
    """Report the bytes that have arrived while the body runs."""
    if progress is None:
        yield
        return
    blobs = repository_folder(download.name, store) / "blobs"
    before = _arrived(blobs)
    done = threading.Event()

    def watch() -> None:
        while not done.wait(PACE):
            progress(min(_arrived(blobs) - before, download.total_bytes), download.total_bytes)

    progress(0, download.total_bytes)
    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()


def _arrived(blobs: Path) -> int:
    total = 0
    for path in blobs.glob("*"):
        try:
            total += path.stat().st_size
        except OSError:
            continue
    return total


@contextmanager
def _plainly(name: str, revision: str | None) -> Iterator[None]:
    """Turn what the hub's library raises into one of our sentences."""
    try:
        yield
    except AdvisorError:
        raise
    except Exception as error:
        if says_disk_full(error):
            raise DiskFullError(
                f"the disk filled up while `{name}` was fetched",
                hint="free some space and start again: it resumes; or point HF_HOME at another "
                "disk",
            ) from error
        raise hub_error(error, name, revision=revision, loading=True) from error
