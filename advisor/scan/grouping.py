"""From loads to usages: which processor belongs to which model, and what is done with both."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

from advisor.scan.pairing import Ties
from advisor.scan.strings import known_pieces
from advisor.scan.study import Passed, RawCall, RawLoad, Study
from advisor.scan.usage import UNKNOWN, Argument, Call, Load, Location, Usage, Value
from advisor.scan.values import Constant, Items, Pieces, Text, Values
from advisor.scan.vocabulary import Vocabulary

_MODELS = ("model", "pipeline", "composition")
_PROCESSORS = ("processor", "tokenizer", "image_processor")
_OPTIMIZER = re.compile(r"Adam|SGD|Adafactor|Lion|RMSprop|[Oo]ptim")
_HUB_PREFIX = "hf-hub:"


class Grouping:
    """The loads of one file as usages."""

    def __init__(self, study: Study, vocabulary: Vocabulary) -> None:
        self.study = study
        self.vocabulary = vocabulary
        self.loads = [self._load(raw) for raw in study.loads]
        self.relevant = [self._is_relevant(load) for load in self.loads]

    def usages(self) -> list[Usage]:
        """Return what is loaded of vision-language models, each model with its processors."""
        numbers = range(len(self.loads))
        models = [n for n in numbers if self.loads[n].kind in _MODELS]
        processors = [n for n in numbers if self.loads[n].kind in _PROCESSORS]
        ties = Ties(self.study, self.loads, self.relevant)
        tied = ties.tied(models, processors)
        found = []
        for model in models:
            own = [p for p in processors if p in tied[model]]
            if self.relevant[model] or any(ties.speaks_for(p, model) for p in own):
                found.append(self._usage(model, own))
        alone = set(processors).difference(*tied.values()) if tied else set(processors)
        found.extend(self._usage(None, [n]) for n in sorted(alone) if self.relevant[n])
        return sorted(found, key=lambda usage: usage.place[:3])

    @property
    def may_concern_us(self) -> bool:
        """True where something loaded is ours, or could be if more of the project were known."""
        return any(self.relevant) or any(
            value.text is None
            for load in self.loads
            if load.kind in _MODELS and (load.class_name or "Auto").startswith("Auto")
            for value in load.checkpoint
        )

    def _is_relevant(self, load: Load) -> bool:
        words = self.vocabulary
        texts = [value.text for value in load.checkpoint if value.text]
        if load.package in ("open_clip", "clip"):
            return True
        if load.kind == "configuration":
            return False
        if any(words.known(text) or words.resembles(text) for text in texts):
            return True
        if load.package == "sentence_transformers":
            return any(words.hinted(text) for text in texts)
        if load.kind == "pipeline":
            tasks = [value.text for value in load.task if value.text]
            return any(task in words.pipelines for task in tasks)
        if load.class_name is None:
            return False
        if words.is_class(load.class_name):
            return True
        automatic = load.class_name.startswith("Auto") and load.kind != "tokenizer"
        return automatic and any(words.is_id(text) and words.hinted(text) for text in texts)

    def _usage(self, model: int | None, processors: list[int]) -> Usage:
        numbers = [model, *processors] if model is not None else processors
        main = self.loads[numbers[0]]
        raw = [call for call in self.study.calls if call.load in numbers]
        calls = tuple(self._call(one) for one in raw)
        calls = _once(calls)
        return Usage(
            main.place,
            self.loads[model] if model is not None else None,
            tuple(self.loads[n] for n in processors),
            calls,
            self._checkpoint(main),
            main.checkpoint,
            main.class_name,
            _only(value.text for value in main.task),
            self._trained(calls),
            None,
        )

    def _checkpoint(self, load: Load) -> str | None:
        text = _only(value.text for value in load.checkpoint)
        if text is None or load.package == "clip":
            return None
        if load.package == "open_clip" and "/" not in text:
            weights = _only(value.text for value in load.second_checkpoint)
            return self.vocabulary.known_weights(text, weights or "")
        if load.package == "sentence_transformers" and "/" not in text:
            return f"sentence-transformers/{text}"
        return text

    def _trained(self, calls: tuple[Call, ...]) -> Location | None:
        for call in calls:
            if call.kind == "pass" and (
                call.name.endswith("Trainer")
                or (call.of[-1:] == ("parameters",) and _OPTIMIZER.search(call.name))
            ):
                return call.place
            if call.kind == "call" and call.name in ("backward", "fit"):
                return call.place
            if call.kind == "call" and call.name == "train" and not call.of:
                mode = call.arguments.get("0") or call.arguments.get("mode")
                if mode is None or mode.value is not False:
                    return call.place
        return self.study.place(self.study.training[0]) if self.study.training else None

    def _load(self, raw: RawLoad) -> Load:
        class_name = raw.classes[0] if len(set(raw.classes)) == 1 else None
        return Load(
            self.study.place(raw.node),
            raw.package,
            raw.kind,
            raw.call,
            class_name,
            self.study.place(raw.function),
            ast.unparse(raw.function)[:200],
            self._values(raw.checkpoint, self.study.place(raw.node)),
            self._values(raw.second, self.study.place(raw.node)),
            self._values(raw.task, self.study.place(raw.node)),
            self._arguments(raw.passed),
            raw.scope,
        )

    def _values(self, values: Values, place: Location) -> tuple[Value, ...]:
        found: dict[Value, None] = {}
        for value in values:
            found[self._value(value, place)] = None
        return tuple(found)

    def _value(self, value: object, place: Location) -> Value:
        if isinstance(value, Text):
            text = value.text.removeprefix(_HUB_PREFIX)
            at_end = None if self.vocabulary.known(text) else self.vocabulary.known_at_end(text)
            return Value(at_end or text, value.place, value.certain, at_end is not None)
        if isinstance(value, Pieces) and (last := value.parts[-1]) and last.count("/") >= 2:
            at_end = self.vocabulary.known_at_end(last)
            if at_end:
                return Value(at_end, value.place, True, True)
        return Value(None, value.place if isinstance(value, Pieces) else place, False)

    def _call(self, raw: RawCall) -> Call:
        return Call(
            self.study.place(raw.node),
            raw.kind,
            raw.name,
            raw.path,
            self.loads[raw.load],
            raw.certain,
            self._arguments(raw.passed),
            tuple(self.loads[n] for n in dict.fromkeys(given.load for given in raw.inputs)),
            raw.scope,
        )

    def _arguments(self, passed: Iterable[Passed]) -> dict[str, Argument]:
        return {one.name: self._argument(one) for one in passed}

    def _argument(self, passed: Passed) -> Argument:
        name_place = None
        if passed.keyword is not None:
            whole = self.study.place(passed.keyword)
            end = whole.column + len(passed.keyword.arg or "")
            name_place = whole._replace(end_line=whole.line, end_column=end)
        return Argument(
            _plain(passed.values),
            ast.unparse(passed.node)[:200],
            known_pieces(_flat(passed.values)),
            self.study.place(passed.node),
            name_place,
        )


def _flat(values: Values) -> Values:
    """The values, with those of lists in their place."""
    out: list[object] = []
    for value in values:
        inner = [v for group in value.items for v in group] if isinstance(value, Items) else [value]
        out.extend(inner)
    return tuple(out)  # type: ignore[arg-type]


def _plain(values: Values) -> object:
    """Return the constant that the values are, or UNKNOWN."""
    if len(values) != 1:
        return UNKNOWN
    value = values[0]
    if isinstance(value, Text):
        return value.text
    if isinstance(value, Constant):
        return value.value
    if isinstance(value, Items):
        inner = tuple(_plain(item) for item in value.items)
        return UNKNOWN if UNKNOWN in inner else inner
    return UNKNOWN


def _only(texts: Iterable[str | None]) -> str | None:
    known = {text for text in texts if text is not None}
    return next(iter(known)) if len(known) == 1 else None


def _once(calls: tuple[Call, ...]) -> tuple[Call, ...]:
    """Leave out repetitions, and reads that are only the way to a call; in order of place."""
    found: dict[tuple[object, ...], Call] = {}
    for call in sorted(calls, key=lambda call: (call.place[1:5], call.kind)):
        key = (call.place, call.kind, call.name, call.receiver.place)
        found.setdefault(key, call)
    return tuple(found.values())
