"""Which processor belongs to which model: by what flows between them, else by where they stand."""

from __future__ import annotations

import ast

from advisor.scan.study import RawCall, Study
from advisor.scan.usage import Load


class Ties:
    """The loads of one file, and which of them are ours, by number."""

    def __init__(self, study: Study, loads: list[Load], relevant: list[bool]) -> None:
        self.study = study
        self.loads = loads
        self.relevant = relevant

    def tied(self, models: list[int], processors: list[int]) -> dict[int, set[int]]:
        """Return the processors of each model."""
        sure, maybe = self._flows(models, processors)
        tied: dict[int, set[int]] = {}
        for model in models:
            same = {p for p in maybe[model] if self._same_checkpoint(model, p)}
            tied[model] = sure[model] | same or maybe[model]
        for processor in processors:
            if not any(processor in own for own in (*tied.values(), *maybe.values())):
                for model in self._nearest(processor, models):
                    tied[model].add(processor)
        return tied

    def _flows(
        self, models: list[int], processors: list[int]
    ) -> tuple[dict[int, set[int]], dict[int, set[int]]]:
        """Which processors feed or read which models: for sure, and as one of several."""
        sure: dict[int, set[int]] = {model: set() for model in models}
        maybe: dict[int, set[int]] = {model: set() for model in models}
        for call in self.study.calls:
            given = [one for one in call.inputs if one.path or _joins(call)]
            for load in dict.fromkeys(one.load for one in given):
                if call.load in sure and load in processors:
                    model, processor = call.load, load
                elif load in sure and call.load in processors and _reads(call):
                    model, processor = load, call.load
                else:
                    continue
                kinds = [self.loads[n].kind for n in {one.load for one in given}]
                alone = kinds.count(self.loads[load].kind) == 1
                (sure if call.certain and alone else maybe)[model].add(processor)
        return sure, maybe

    def _nearest(self, processor: int, models: list[int]) -> list[int]:
        """The models of the same checkpoint, or the only one in the same function."""
        scope = self.loads[processor].scope
        same = [m for m in models if self._same_checkpoint(m, processor)]
        if same or not self.relevant[processor]:
            return [m for m in same if self.loads[m].scope == scope] or same
        near = [m for m in models if self._same_scope(m, processor)]
        return near if len(near) == 1 else []

    def _same_checkpoint(self, model: int, processor: int) -> bool:
        one, other = self.loads[model], self.loads[processor]
        texts = {value.text for value in one.checkpoint} - {None}
        if texts:
            return texts == {value.text for value in other.checkpoint} - {None}
        mine, its = _checkpoint_source(self.study, model), _checkpoint_source(self.study, processor)
        return mine is not None and mine == its and one.scope == other.scope

    def _same_scope(self, model: int, processor: int) -> bool:
        one, other = self.loads[model], self.loads[processor]
        return self.relevant[model] and one.scope == other.scope and one.package == other.package

    def speaks_for(self, processor: int, model: int) -> bool:
        """True where a processor shows that the model it feeds is a vision-language model."""
        load = self.loads[processor]
        return self.relevant[processor] and (
            load.kind == "processor"
            or self._same_checkpoint(model, processor)
            or load.scope == self.loads[model].scope
        )


def _joins(call: RawCall) -> bool:
    """True where a model and its processors are handed over together, to be used together."""
    return call.kind == "pass" and (call.name == "pipeline" or call.name.endswith("Trainer"))


def _reads(call: RawCall) -> bool:
    """True where a processor turns what a model gave into text or boxes."""
    return "decode" in call.name or call.name.startswith("post_process")


def _checkpoint_source(study: Study, number: int) -> str | None:
    """The expression that names the checkpoint, as written."""
    raw = study.loads[number]
    names = ("0", "pretrained_model_name_or_path", "model", "model_name_or_path")
    for passed in raw.passed:
        if passed.name in names:
            return ast.unparse(passed.node)
    return None
