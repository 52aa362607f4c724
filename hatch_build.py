"""Builds the compiled rule base into the wheel, so that an installed advisor reads no YAML."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompiledRules(BuildHookInterface):
    """Adds advisor/compiled/*.json to wheels; an editable install reads rules/ itself."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile the rules and have them included."""
        if version == "editable":
            return
        sys.path.insert(0, self.root)
        from advisor.decide.task_diagrams import compiled_diagrams
        from advisor.interview.session import compiled_plans
        from advisor.rulebase.base import RuleBase
        from advisor.rulebase.store import compile_shipped, write_parts

        self.folder = tempfile.TemporaryDirectory(prefix="advisor-rules-")
        parts = compile_shipped(Path(self.root) / "rules")
        rulebase = RuleBase(parts.__getitem__)
        parts |= compiled_diagrams(rulebase) | compiled_plans(rulebase)
        write_parts(Path(self.folder.name), parts)
        folder = Path(self.folder.name)
        for file in folder.rglob("*.json"):
            inside = f"advisor/compiled/{file.relative_to(folder).as_posix()}"
            build_data["force_include"][str(file)] = inside

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002
        """Remove what was compiled, now that it is in the wheel."""
        if version != "editable":
            self.folder.cleanup()
