"""Downloads: said first with their size, agreed to, and shown while they run."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from advisor.console.output import interactive, note

if TYPE_CHECKING:
    from advisor.trial.download import Download


def agreement(*, download: bool) -> Callable[[Download], bool] | None:
    """Return who agrees to a download: `--download`, the person at the terminal, or nobody."""
    if download:
        return _announced
    return _asked if interactive() else None


def _announced(what: Download) -> bool:
    note(f"downloading {what.name}: {what.size}")
    return True


def _asked(what: Download) -> bool:
    from advisor.console.prompt import prompt_for

    return prompt_for(plain=False).confirm(f"Download {what.name}, {what.size}?")


def show_download(done: int, total: int) -> None:
    """Show how far a download is, in one line on stderr."""
    share = done / total if total else 1.0
    sys.stderr.write(f"\r  {share:4.0%} of {total / 1e6:,.0f} MB")
    sys.stderr.write("\n" if done >= total else "")
    sys.stderr.flush()
