"""From what the user typed to a folder: a path, a demo name, or a hub id in the local cache."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from advisor.hub import (
    NotFoundError,
    OfflineError,
    cached_snapshot,
    is_hub_id,
    network_forbidden,
)
from advisor.trial.download import Download, Progress, fetch, plan_download
from advisor.trial.failures import BrokenCheckpointError, NotDownloadedError
from advisor.trial.local_checkpoint import Checkpoint, read_checkpoint

DEMO = "demo:"
Agreement = Callable[[Download], bool]


def resolve(
    checkpoint: str | Path,
    *,
    revision: str | None = None,
    offline: bool = False,
    agree: Agreement | None = None,
    progress: Progress | None = None,
) -> Checkpoint:
    """Return the checkpoint a path, `demo:NAME` or hub id means.

    Only with `agree` may the network be used: it is shown the size of the download and decides.
    `HF_HOME`, `HF_ENDPOINT` and `HF_HUB_OFFLINE` are honoured.
    """
    name = str(checkpoint)
    if name.startswith(DEMO):
        from advisor.trial.demo import demo_checkpoint

        return read_checkpoint(demo_checkpoint(name.removeprefix(DEMO)).folder, name)
    folder = _expanded(name)
    if name and folder.is_dir():
        return read_checkpoint(folder, name)
    if name and folder.exists():
        raise NotFoundError(
            f"`{name}` is a file, not a checkpoint", hint="give the folder that holds config.json"
        )
    if isinstance(checkpoint, Path) or not is_hub_id(name) or name.startswith(("~", ".")):
        raise NotFoundError(
            f"there is no folder `{name}`, and it is no hub id",
            hint="hub ids read `organisation/name`",
        )
    return _from_hub(name, revision, offline, agree, progress)


def _from_hub(
    name: str,
    revision: str | None,
    offline: bool,
    agree: Agreement | None,
    progress: Progress | None,
) -> Checkpoint:
    cached = cached_snapshot(name, revision)
    incomplete: BrokenCheckpointError | None = None
    if cached is not None:
        try:
            return read_checkpoint(cached, name, cached.name)
        except BrokenCheckpointError as error:
            incomplete = error
    if offline or network_forbidden():
        raise incomplete or OfflineError(
            f"`{name}` is not on this machine, and the network may not be used",
            hint="drop --offline or unset HF_HUB_OFFLINE once, or give a folder",
        )
    if agree is None:
        raise incomplete or NotDownloadedError(
            f"`{name}` is not on this machine yet",
            hint="add --download; its size is said first",
        )
    download = plan_download(name, revision)
    if not agree(download):
        raise NotDownloadedError(
            f"`{name}` was not downloaded ({download.size} in {len(download.files)} files)",
            hint="add --download; its size is said first",
        )
    folder = fetch(download, progress)
    return read_checkpoint(folder, name, folder.name)


def _expanded(name: str) -> Path:
    try:
        return Path(name).expanduser()
    except RuntimeError:
        return Path(name)
