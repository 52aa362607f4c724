"""Whether loading runs code that came with the weights."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.check.case import TRANSFORMERS, Case
from advisor.check.problem import Problem
from advisor.scan.usage import Usage

REMOTE = "trust-remote-code"
PICKLED = "pickled-weights"


def problems(case: Case, usage: Usage) -> Iterator[Problem]:
    """Code from the Hub, and weights in a pickle, which is code too."""
    identity = case.identity(usage)
    for load in usage.loads:
        remote = load.arguments.get("trust_remote_code")
        if remote and remote.value is True and identity:
            needed = identity.checkpoint is not None and identity.checkpoint.loader != TRANSFORMERS
            has = "needs code of its own to load" if needed else "loads without any code of its own"
            fix = "pin `revision=` to code that was read" if needed else "leave the argument out"
            yield case.problem(
                REMOTE,
                f"{identity.id} {has}; `trust_remote_code=True` runs what stands in its repository",
                remote.name_place or remote.place,
                level="note" if needed or not identity.sure else None,
                checkpoint=identity.id,
                fix=fix,
            )
        safe = load.arguments.get("use_safetensors")
        if safe and safe.value is False:
            yield case.problem(
                PICKLED,
                "`use_safetensors=False` asks for weights in a pickle, which runs code when read",
                safe.name_place or safe.place,
                checkpoint=identity.id if identity else None,
                fix="leave the argument out, or convert the weights to safetensors",
            )
