"""Whether a reader of single lines is given whole pages."""

from __future__ import annotations

import re
from collections.abc import Iterator

from advisor.check.case import Case, writes
from advisor.check.problem import Problem
from advisor.scan.usage import Usage

RULE = "line-reader-on-pages"
BEFORE, AFTER = 30, 12
"""How many lines around a load and its uses belong to what is done there."""

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


def problems(case: Case, usage: Usage) -> Iterator[Problem]:
    """Words of pages and none of lines around the call of a reader of lines."""
    identity = case.identity(usage)
    checkpoint = identity.checkpoint if identity else None
    if checkpoint is None or usage.model is None or usage.trained:
        return
    does = set(checkpoint.tasks or checkpoint.fine_tune)
    if not does or not does <= set(case.knowledge(RULE, "line_tasks")):
        return
    call = writes(usage)
    if call is None and usage.model.kind != "pipeline":
        return
    lines = case.source(usage.place.path).splitlines()
    last = max(
        [
            usage.place.line,
            *(use.place.line for use in usage.calls if use.place.path == usage.place.path),
        ]
    )
    around = words("\n".join(lines[max(0, usage.place.line - BEFORE) : last + AFTER]))
    named = words(usage.place.path.rpartition("/")[2])
    whole = words("\n".join(lines))
    if whole & set(case.knowledge(RULE, "line_words")):
        return
    pages = (around | named) & set(case.knowledge(RULE, "page_words"))
    if not pages:
        return
    shown = ", ".join(f"`{word}`" for word in sorted(pages)[:3])
    message = f"{checkpoint.id} reads one line at a time; the code here speaks of {shown}"
    yield case.problem(
        RULE,
        message,
        usage.place,
        checkpoint=checkpoint.id,
        sources=checkpoint.sources.get("pitfalls") or checkpoint.sources.get("tasks"),
        fix="cut the page into lines first, or use a checkpoint that reads pages",
    )


def words(text: str) -> set[str]:
    """Return the words in identifiers and prose, in lower case and without a plural s."""
    found = {word.lower() for word in _WORD.findall(text)}
    return found | {word.removesuffix("s") for word in found}
