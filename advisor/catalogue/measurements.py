"""The published figures of checkpoints, each with where it comes from."""

from __future__ import annotations

from typing import NamedTuple

from advisor.model.figures import Protocol
from advisor.rulebase.base import RuleBase


class Measurement(NamedTuple):
    """One published figure: on which benchmark, of which of its kinds, and who measured it.

    Two compare only where all but the value and the note are the same.
    """

    benchmark: str
    metric: str
    value: float
    better: str
    version: str | None
    split: str | None
    language: str | None
    mode: str | None
    by: str
    source: str
    note: str | None

    @property
    def kind(self) -> str:
        """What was measured, in words: the benchmark and what tells its figures apart."""
        protocol = [self.version, self.split, self.language if self.language != "en" else None]
        words = [word for word in (*protocol, self.mode) if word]
        return f"{self.benchmark} ({', '.join(words)})" if words else self.benchmark


def measurements(rulebase: RuleBase) -> dict[str, list[Measurement]]:
    """Return the published figures by checkpoint, in the order of the files."""
    by_checkpoint: dict[str, list[Measurement]] = {}
    for protocol in rulebase.protocols.values():
        for table in protocol.tables:
            for checkpoint in table.figures:
                benchmark = rulebase.benchmarks[table.benchmark]
                metric = table.metric or next(iter(benchmark.metrics))
                languages = benchmark.languages
                measurement = Measurement(
                    benchmark=benchmark.name,
                    metric=metric,
                    value=table.figures[checkpoint],
                    better=benchmark.metrics[metric],
                    version=table.version,
                    split=table.split,
                    language=table.language or (languages[0] if len(languages) == 1 else None),
                    mode=table.mode,
                    by=protocol.by,
                    source=protocol.source,
                    note=_note(protocol, checkpoint),
                )
                by_checkpoint.setdefault(checkpoint, []).append(measurement)
    return by_checkpoint


def _note(protocol: Protocol, checkpoint: str) -> str | None:
    on, revision = protocol.measured_on.get(checkpoint), protocol.revisions.get(checkpoint)
    parts = (
        protocol.notes.get(checkpoint),
        f"measured on {on}, the same weights" if on else None,
        f"at revision {revision}" if revision else None,
    )
    return "; ".join(part for part in parts if part) or None
