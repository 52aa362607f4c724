"""Counts every known architecture again: `python -m advisor.trial.sizes`.

For whoever maintains the rules; prints what differs from the files and returns 1 where something
does.
"""

from __future__ import annotations

import sys
from typing import NamedTuple

from advisor.model.library import Architecture
from advisor.rulebase.base import RuleBase
from advisor.rulebase.store import load_rules
from advisor.trial.meta_network import build, parameters_of, writer_of


class Recount(NamedTuple):
    """An architecture counted again, and what the rules say otherwise, in words."""

    architecture: Architecture
    parameters: int
    differences: tuple[str, ...]


def recount(rulebase: RuleBase, architecture: Architecture) -> Recount:
    """Build an architecture and compare it with the rules and with its checkpoints' entries."""
    network = build(architecture)
    counted = parameters_of(network)
    differences = []
    if counted != architecture.parameters:
        differences.append(f"parameters: {counted:,} counted, {architecture.parameters:,} written")
    writer, written = writer_of(network), architecture.writer
    if written and writer != written._replace(image_tokens=None):
        differences.append(f"writer: {writer} counted, {written} written")
    for id in architecture.checkpoints:
        entry = rulebase.checkpoint(id)
        millions = round(counted / 1e6, 2)
        if entry.parameters_millions != millions:
            differences.append(f"{id}: {millions} million, not {entry.parameters_millions}")
    return Recount(architecture, counted, tuple(differences))


def main() -> int:
    """Count all; print a line each."""
    rulebase = load_rules()
    failed = False
    for architecture in rulebase.architectures.values():
        found = recount(rulebase, architecture)
        said = "; ".join(found.differences) or "as written"
        sys.stdout.write(f"{architecture.id}: {found.parameters / 1e6:,.2f} million, {said}\n")
        failed = failed or bool(found.differences)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
