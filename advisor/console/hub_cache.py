"""Where on this machine checkpoints lie: the hub cache, as the environment says."""

from __future__ import annotations

import os
from pathlib import Path


def hub_cache() -> Path:
    """Return the folder of the hub cache: HF_HUB_CACHE, else below HF_HOME, else the user's."""
    if configured := os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE"):
        return Path(configured).expanduser()
    if home := os.environ.get("HF_HOME"):
        return Path(home).expanduser() / "hub"
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(os.path.expanduser(cache)) / "huggingface" / "hub"  # noqa: PTH111 - pathlib raises where there is no home
