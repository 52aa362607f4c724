"""The checkpoint that a user names: a folder, a demo, or a Hub id, downloaded with consent."""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from advisor import writing
from advisor.errors import AdvisorError
from advisor.files import size_shown
from advisor.hub import (
    SECONDS,
    NotFoundError,
    OfflineError,
    cached_snapshot,
    hub_error,
    is_hub_id,
    network_forbidden,
)
from advisor.trial.demo import demo_checkpoint
from advisor.trial.local_checkpoint import (
    INDEX,
    SAFE,
    WEIGHTS,
    LocalCheckpoint,
    read_checkpoint,
    refuse_pickled,
)
from advisor.trial.runtime import BrokenCheckpointError, InferenceError, library
from advisor.writing import disk_is_full

DEMO = "demo:"
AGREE = "add --download, which prints the size first"
NEEDED = (".json", ".txt", ".jinja", ".model", ".safetensors")
"""Suffixes of files, at the top of a repository, that loading may need."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """A download that needs consent: the files and total bytes of one revision of a repository."""

    name: str
    revision: str
    files: tuple[str, ...]
    total_bytes: int

    @property
    def size(self) -> str:
        """The size as text: `16 MB`, `2.3 GB`."""
        return size_shown(self.total_bytes)


Agreement = Callable[[Download], bool]
"""Decides on a download before it starts."""


class Loading(NamedTuple):
    """Settings to load and run a checkpoint: device, precision, source and generation.

    `dtype` is float32, bfloat16 or float16, or 8-bit or 4-bit by bitsandbytes; None lets `place`
    choose. Without `agree` nothing is downloaded; it is called with each Download and decides.
    `revision` is a branch, tag or commit of the Hub. `pretrained_only` accepts a checkpoint that
    has to be fine-tuned first. `max_new_tokens` limits generated text, None by the task's default.
    Without `thinking`, a model that can switch off its thinking before the answer does so.
    """

    device: str = "auto"
    dtype: str | None = None
    revision: str | None = None
    offline: bool = False
    agree: Agreement | None = None
    pretrained_only: bool = False
    max_new_tokens: int | None = None
    seed: int = 0
    thinking: bool = True


def resolve(checkpoint: str | Path, loading: Loading | None = None) -> LocalCheckpoint:
    """Return the checkpoint of a path, `demo:NAME` or Hub id; raise NotFoundError for others.

    `HF_HOME`, `HF_ENDPOINT` and `HF_HUB_OFFLINE` are respected.
    """
    name = str(checkpoint)
    if name.startswith(DEMO):
        return read_checkpoint(demo_checkpoint(name.removeprefix(DEMO)).folder, name)
    folder = Path(os.path.expanduser(name))  # noqa: PTH111 - pathlib raises where there is no home
    if name and folder.is_dir():
        return read_checkpoint(folder, name)
    no_id = isinstance(checkpoint, Path) or not is_hub_id(name) or name.startswith(("~", "."))
    if no_id or folder.exists():
        raise NotFoundError(
            f"`{name}` is neither a checkpoint folder nor a Hub id",
            hint="pass a folder with config.json, or an id such as `organization/name`",
        )
    return _from_hub(name, loading or Loading())


def _from_hub(name: str, loading: Loading) -> LocalCheckpoint:
    """Return a checkpoint from the Hub's cache, or download it if `loading.agree` consents.

    huggingface_hub shows progress on a terminal and resumes interrupted downloads. Raises
    OfflineError without network access, InferenceError without consent.
    """
    cached = cached_snapshot(name, loading.revision)
    incomplete: BrokenCheckpointError | None = None
    if cached is not None:
        try:
            return read_checkpoint(cached, name, cached.name)
        except BrokenCheckpointError as error:
            incomplete = error
    if loading.offline or network_forbidden():
        raise incomplete or OfflineError(
            f"`{name}` is not on this machine, and network access is turned off",
            hint="drop --offline or unset HF_HUB_OFFLINE, or pass a local folder",
        )
    if loading.agree is None:
        raise incomplete or InferenceError(
            f"`{name}` is not downloaded yet", hint=AGREE, kind="not-downloaded"
        )
    hub = library("huggingface_hub")
    with _hub_errors(name, loading.revision):
        info = hub.HfApi().model_info(
            name, revision=loading.revision, timeout=SECONDS, files_metadata=True
        )
    sizes = {each.rfilename: each.size or 0 for each in info.siblings or ()}
    files = _needed_files(sizes, name)
    download = Download(
        name=name,
        revision=loading.revision or "main",
        files=files,
        total_bytes=sum(sizes[file] for file in files),
    )
    if not loading.agree(download):
        raise InferenceError(
            f"`{name}` was not downloaded ({download.size} in {len(files)} files)",
            hint=AGREE,
            kind="not-downloaded",
        )
    wanted = {"revision": download.revision, "allow_patterns": list(files), "etag_timeout": SECONDS}
    with _hub_errors(name, loading.revision):
        folder = Path(_interruptible(lambda: hub.snapshot_download(name, **wanted)))
    return read_checkpoint(folder, name, folder.name)


def _interruptible(fetch: Callable[[], str]) -> str:
    """Return the result of `fetch`, run in a thread so that Ctrl-C need not wait for a large file.

    On an interrupt `writing.abandoned` is set; the partial file stays for resuming.
    """
    pool = ThreadPoolExecutor(1)
    try:
        return pool.submit(fetch).result()
    except (KeyboardInterrupt, SystemExit):
        writing.abandoned = True
        raise
    finally:
        pool.shutdown(wait=False)


def _needed_files(sizes: dict[str, int], name: str) -> tuple[str, ...]:
    """Return the top-level files to load; raise an error without config.json or safe weights."""
    top = [file for file in sizes if "/" not in file]
    needed = {file for file in top if file.endswith(NEEDED)}
    weights = {file for file in needed if file.endswith(SAFE)}
    if not weights:
        refuse_pickled(top, name)
    if not weights or "config.json" not in needed:
        raise BrokenCheckpointError(
            f"`{name}` holds no {'config.json' if weights else 'weights'}",
            hint="look for a version of the checkpoint that was converted to transformers",
        )
    used = weights
    if WEIGHTS in weights:
        used = {WEIGHTS}
    elif INDEX in needed:
        used = {file for file in weights if fnmatch.fnmatch(file, "model-*-of-*.safetensors")}
    return tuple(sorted(needed - weights | used))


@contextmanager
def _hub_errors(name: str, revision: str | None) -> Iterator[None]:
    """Turn errors of huggingface_hub into an AdvisorError."""
    try:
        yield
    except AdvisorError:
        raise
    except Exception as error:
        if disk_is_full(error):
            raise InferenceError(
                f"the disk is full, so `{name}` was not downloaded completely",
                hint="free some disk space and run the command again to resume, or set HF_HOME to "
                "another disk",
                kind="disk-full",
            ) from error
        raise hub_error(error, name, revision=revision, loading=True) from error
