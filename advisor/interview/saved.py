"""The interview that was left unfinished, in the user's cache folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from advisor.errors import AdvisorError, UsageError
from advisor.files import write_text


class SavedInterview:
    """One file; an interview with other rules stays in it until a new one is begun."""

    def __init__(self, digest: str) -> None:
        from advisor.rulebase.store import cache_folder

        self.file: Path = cache_folder() / "interview.json"
        self.digest = digest

    def exists(self) -> bool:
        """True where an interview with these rules was left."""
        try:
            return bool(self.read().get("rule_base") == self.digest)
        except UsageError:
            return False

    def read(self) -> dict[str, Any]:
        """Return the kept interview. Raises UsageError where there is none."""
        try:
            kept = json.loads(self.file.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            raise UsageError(
                "there is no interview to go on with",
                hint="`advisor ask` starts one",
                kind="nothing-kept",
            ) from error
        if not isinstance(kept, dict):
            raise UsageError("the kept interview is damaged", hint="`advisor ask` starts a new one")
        return kept

    def write(self, session: dict[str, Any]) -> None:
        """Keep an interview; where the disk refuses, the interview goes on all the same."""
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            write_text(self.file, json.dumps(session))
        except (OSError, AdvisorError):
            return

    def forget(self) -> None:
        """Remove the kept interview."""
        try:
            self.file.unlink(missing_ok=True)
        except OSError:
            return
