"""The interview that was left unfinished, kept in the user's cache folder."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from advisor.errors import AdvisorError, UsageError
from advisor.files import read_bounded
from advisor.rulebase.store import cache_folder
from advisor.writing import write_text

if TYPE_CHECKING:
    from advisor.interview.session import Session

MOST_BYTES = 1_000_000


class SavedInterview:
    """The interview that was left unfinished, in the user's cache folder.

    One of other rules goes on with the answers that these rules know. Where the disk refuses, an
    interview goes on all the same.
    """

    def __init__(self) -> None:
        folder = cache_folder()
        self.file: Path | None = folder / "interview.json" if folder else None

    def exists(self) -> bool:
        """True where an interview was left."""
        try:
            return bool(self.read().get("steps"))
        except UsageError:
            return False

    def read(self) -> dict[str, Any]:
        """Return the kept interview. Raises UsageError where there is none."""
        try:
            if self.file is None:
                raise FileNotFoundError
            kept = json.loads(read_bounded(self.file, MOST_BYTES))
        except (OSError, ValueError, RecursionError) as error:
            raise UsageError(
                "there is no interview to go on with",
                hint="`advisor ask` starts one",
                kind="nothing-kept",
            ) from error
        if not isinstance(kept, dict):
            raise UsageError("the kept interview is damaged", hint="`advisor ask` starts a new one")
        return kept

    def write(self, session: Session) -> None:
        """Keep an interview."""
        with suppress(OSError, AdvisorError):
            if self.file:
                self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                text = json.dumps(session.to_json())
                write_text(self.file, text, within=self.file.parent)

    def forget(self) -> None:
        """Remove the kept interview."""
        with suppress(OSError):
            if self.file:
                self.file.unlink(missing_ok=True)
