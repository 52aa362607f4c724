"""Builds the compiled rule base into the wheel, so that an installed advisor reads no YAML."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

MOST_PROCESSES = 8
"""So many processes at most work out diagrams and interviews."""


class CompiledRules(BuildHookInterface):
    """Adds advisor/compiled/*.marshal to wheels; an editable install reads rules/ itself."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile the rules and have them included."""
        if version == "editable":
            return
        sys.path.insert(0, self.root)
        from advisor.rulebase.base import RuleBase
        from advisor.rulebase.store import compile_shipped, write_parts

        self.folder = tempfile.TemporaryDirectory(prefix="advisor-rules-")
        folder = Path(self.folder.name)
        parts = compile_shipped(Path(self.root) / "rules")
        tasks = [task.id for task in RuleBase(parts.__getitem__).tasks]
        write_parts(folder, parts)
        processes = min(os.cpu_count() or 1, MOST_PROCESSES)
        command = [sys.executable, __file__, self.root, str(folder)]
        running = [
            subprocess.Popen([*command, *tasks[place::processes]]) for place in range(processes)
        ]
        codes = [process.wait() for process in running]
        if any(codes):
            raise RuntimeError("a process that works out diagrams ended with an error, see above")
        for file in folder.rglob("*.marshal"):
            inside = f"advisor/compiled/{file.relative_to(folder).as_posix()}"
            build_data["force_include"][str(file)] = inside

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002
        """Remove what was compiled, now that it is in the wheel."""
        if version != "editable":
            self.folder.cleanup()


def compile_tasks(root: str, folder: str, tasks: list[str]) -> None:
    """Write the diagrams and interviews of some tasks to a folder."""
    sys.path.insert(0, root)
    from advisor.interview.plan import compiled
    from advisor.rulebase.base import RuleBase
    from advisor.rulebase.store import read_part, write_parts

    rulebase = RuleBase(lambda part: read_part(Path(folder), part))
    gc.set_threshold(1_000_000)  # else a third of the time goes into looking through nodes in use
    for task in tasks:
        write_parts(Path(folder), compiled(rulebase, task))


if __name__ == "__main__":
    compile_tasks(sys.argv[1], sys.argv[2], sys.argv[3:])
