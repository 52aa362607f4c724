"""Whether a checkpoint can be fetched again, and by whoever runs the code."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.check.case import Case, id_place
from advisor.check.problem import Problem
from advisor.scan.usage import Usage

GATED = "gated-checkpoint"
UNPINNED = "unpinned-revision"


def problems(case: Case, usage: Usage) -> Iterator[Problem]:
    """A checkpoint behind a form, and one whose weights may change from one run to the next."""
    identity = case.identity(usage)
    if identity is None or usage.model is None:
        return
    local = any(value.local for value in usage.alternatives)
    checkpoint = identity.checkpoint
    if checkpoint and checkpoint.gated and not local:
        message = f"{checkpoint.id} is handed out only after its terms were accepted"
        yield case.problem(
            GATED,
            message,
            id_place(usage),
            checkpoint=checkpoint.id,
            sources=checkpoint.sources.get("gated"),
        )
    hubs = case.knowledge(UNPINNED, "libraries")
    arguments = usage.model.arguments
    pinned = "revision" in arguments or "**" in arguments or "local_files_only" in arguments
    if usage.model.package in hubs and not local and not pinned:
        known = checkpoint.revision if checkpoint else None
        fix = f'pass `revision="{known}"`' if known else "pass `revision=` with a commit"
        message = f"{identity.id} is loaded as it is on the day; no revision is pinned"
        yield case.problem(UNPINNED, message, id_place(usage), checkpoint=identity.id, fix=fix)
