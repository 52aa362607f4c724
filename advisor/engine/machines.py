"""Machines by name: `rtx 3060` is a GPU, with its memory."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from advisor.model.figures import Machine
from advisor.rulebase.base import RuleBase

_PARTS = re.compile(r"[a-z]+|[0-9]+(?:\.[0-9]+)?")


def machine_answers(rulebase: RuleBase, text: str) -> dict[str, str]:
    """Return the answers that a machine named in a text stands for; empty for no known machine.

    Its memory is the size in the text, if it is sold with that, else the usual one. Of shared
    memory it is the part of the size in the text that a model may take.
    """
    words = _PARTS.findall(text.lower())
    machine = _named(rulebase, words)
    if machine is None:
        return {}
    id = next((q.id for q in rulebase.questions if q.requires("memory_gb")), None)
    sizes = machine.memory_gb or ()
    amounts = [float(word) for word, unit in pairwise(words) if unit in _GB and word[0] in _DIGITS]
    size = next((size for size in amounts if size in sizes or machine.shared), None)
    if size is None and sizes and not machine.shared:
        size = sizes[0]
    if size and (share := rulebase.share_of({q: (o,) for q, o in machine.answers.items()})):
        size = share.room(size)
    memory = {id: f"{size:g}"} if id and size is not None else {}
    return {**machine.answers, **memory}


def other_sizes(rulebase: RuleBase, text: str) -> list[float]:
    """Return the memory in GB, except the usual, that a machine named in a text is sold with."""
    machine = _named(rulebase, _PARTS.findall(text.lower()))
    return [] if machine is None or machine.shared else list(machine.memory_gb or ())[1:]


_GB, _DIGITS = ("gb", "g", "gib"), "0123456789"


def _named(rulebase: RuleBase, words: Sequence[str]) -> Machine | None:
    """Return the machine with the longest name among consecutive words; None without one."""
    text, best, longest = f" {' '.join(words)} ", None, 0
    for machine in rulebase.machines:
        for name in (machine.id, *machine.aliases):
            spelt = f" {' '.join(_PARTS.findall(name))} "
            if len(spelt) > longest and spelt in text:
                best, longest = machine, len(spelt)
    return best
