"""A machine named where a kind of machine is asked for: `rtx 3060` is a GPU, with its memory."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from advisor.model.library import Machine
from advisor.rulebase.base import RuleBase

_PARTS = re.compile(r"[a-z]+|[0-9]+(?:\.[0-9]+)?")


def machine_answers(rulebase: RuleBase, text: str) -> dict[str, str]:
    """Return what a machine that a text names answers; empty where it names none that is known.

    Its memory is the size that the text names, else the usual one that it is sold with; of memory
    that is shared, what a model may take.
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
    """Return with what else a machine that a text names is sold than the size taken for it."""
    machine = _named(rulebase, _PARTS.findall(text.lower()))
    return [] if machine is None or machine.shared else list(machine.memory_gb or ())[1:]


_GB, _DIGITS = ("gb", "g", "gib"), "0123456789"


def _named(rulebase: RuleBase, words: Sequence[str]) -> Machine | None:
    """Return the machine with the longest name among the words, one after the other."""
    text, best, longest = f" {' '.join(words)} ", None, 0
    for machine in rulebase.machines:
        for name in (machine.id, *machine.aliases):
            spelt = f" {' '.join(_PARTS.findall(name))} "
            if len(spelt) > longest and spelt in text:
                best, longest = machine, len(spelt)
    return best
