"""From loads to usages: which processor belongs to which model, and how the code uses both.

A processor belongs to the models that it feeds or decodes, else to those that load the same
checkpoint in one function, else to those that load it in the file.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Set
from functools import cached_property
from operator import itemgetter

from advisor.hub import is_hub_id
from advisor.scan.abstract import Loaded
from advisor.scan.study import Study, Use
from advisor.scan.usage import SUPPOSED, Call, Load, Usage, Value
from advisor.scan.vocabulary import OF_VISION, VISION_CLASSES

_MODELS = ("model", "pipeline", "composition")
_PROCESSORS = ("processor", "tokenizer", "image_processor")
_NAMING = ("0", "pretrained_model_name_or_path", "model", "model_name_or_path")
"""Arguments that name a checkpoint."""
_OF_IMAGES = re.compile(r"image|visual|video|vqa|document")
_MOST_TIED = 24
"""A processor that loads the same as more models belongs to the first of them, so many."""
_DECODES = re.compile(r"\w*decode(?!r)|post_process")
"""Methods of a processor that decode outputs; what they return is not an input of a model."""
_OPTIMIZER = re.compile(r"Adam|SGD|Adafactor|Lion|RMSprop|[Oo]ptim")


class Grouping:
    """Groups the loads of one file, and those of others that it uses, into usages.

    Loads are meant by their numbers.
    """

    def __init__(self, study: Study) -> None:
        self.study = study
        passed = (arg.values for use in study.uses for arg in use.passed)
        met = study.recorded.union(use.receiver.load for use in study.uses)
        met.update(it.load for values in passed for it in values if isinstance(it, Loaded))
        self.loads = {number: study.loads[number] for number in sorted(met)}
        self.relevant = {n: self._is_relevant(load) for n, load in self.loads.items()}
        self.models = [n for n, load in self.loads.items() if load.kind in _MODELS]
        self.processors = [n for n, load in self.loads.items() if load.kind in _PROCESSORS]
        self.uses = defaultdict[int, list[tuple[int, Use]]](list)
        for number, use in enumerate(study.uses):
            self.uses[use.receiver.load].append((number, use))
        self.trainings = [study.location(place) for place in study.training]

    def usages(self) -> list[Usage]:
        """Return the vision-language models with their processors, and single processors."""
        tied = self._tied()
        usages = []
        beside_ours = any(self.relevant.values())
        for model in self.models:
            load = self.loads[model]
            gone = any(self.study.vocabulary.is_gone(value.text or "") for value in load.task)
            self.relevant[model] |= beside_ours and load.kind == "pipeline" and gone
            own = sorted(tied[model])
            if any(self.relevant[number] for number in (model, *own)):
                usages.append(self._usage([model, *own]))
        alone = sorted(set(self.processors).difference(*tied.values()))
        alone += [number for number, load in self.loads.items() if load.kind == SUPPOSED]
        usages.extend(self._usage([number]) for number in alone if self.relevant[number])
        return sorted(usages, key=lambda usage: usage.place[:3])

    def beside(self, lost: Callable[[str], Set[str]]) -> list[Usage]:
        """Return the other transformers models and image processors that ask for what is gone.

        That is a member in `lost(class name)`, or an argument that no load of a model takes any
        more.
        """
        others = [n for n in (*self.models, *self.processors) if not self.relevant[n]]
        return [self._usage([n]) for n in others if self._asks_for_what_is_gone(n, lost)]

    def _asks_for_what_is_gone(self, number: int, lost: Callable[[str], Set[str]]) -> bool:
        load = self.loads[number]
        name, given = load.class_name or "Auto", load.arguments.keys()
        if load.package != "transformers" or load.kind not in ("model", "image_processor"):
            return False
        own_code = "trust_remote_code" in given  # which may take any argument
        if load.kind == "model" and given & self.study.vocabulary.gone_arguments and not own_code:
            return True
        members = {use.name for _, use in self.uses[number]}
        return "Auto" not in name and not members.isdisjoint(lost(name))

    @property
    def may_concern_us(self) -> bool:
        """True if a load is vision-language, or by an auto class from an unknown checkpoint."""
        models = (self.loads[model] for model in self.models)
        general = (load for load in models if (load.class_name or "Auto").startswith("Auto"))
        values = (value for load in general for value in load.checkpoint)
        return any(self.relevant.values()) or any(value.text is None for value in values)

    def _is_relevant(self, load: Load) -> bool:
        """True if a load is of a vision-language model, its processor or pipeline."""
        words = self.study.vocabulary
        texts = [value.text for value in load.checkpoint if value.text]
        if load.package in OF_VISION or load.class_name in VISION_CLASSES:
            return load.kind != "configuration"
        if load.kind == "configuration":
            return False
        if any(words.known(text) or words.resembles(text) for text in texts):
            return True
        if load.package in ("sentence_transformers", "vllm", "unsloth"):
            return any(words.hinted(text) for text in texts)
        if load.kind == "pipeline":
            tasks = [value.text for value in load.task if value.text]
            gone = (task for task in tasks if words.is_gone(task) and _OF_IMAGES.search(task))
            return not words.pipelines.isdisjoint(tasks) or any(gone)
        if load.class_name is None or words.is_class(load.class_name):
            return load.class_name is not None
        automatic = load.class_name.startswith("Auto") and load.kind != "tokenizer"
        ids = (text for text in texts if "/" in text and is_hub_id(text))
        return automatic and any(map(words.hinted, ids))

    def _tied(self) -> dict[int, set[int]]:
        """The processors of each model."""
        sure, maybe = self._flows
        keys = {number: self._keys(number) for number in (*self.models, *self.processors)}
        with_key = defaultdict[object, list[int]](list)
        tied: dict[int, set[int]] = {}
        for model in self.models:
            same = {other for other in maybe[model] if not {*keys[model]}.isdisjoint(keys[other])}
            tied[model] = sure[model] | same or {*maybe[model]}
            for key in keys[model]:
                with_key[key].append(model)
        taken = set().union(*tied.values(), *maybe.values())
        left = [processor for processor in self.processors if processor not in taken]
        for processor in left:
            key = next((key for key in keys[processor] if key in with_key), ())
            for model in with_key[key][:_MOST_TIED]:
                tied[model].add(processor)
        return tied

    @cached_property
    def _flows(self) -> tuple[dict[int, set[int]], dict[int, set[int]]]:
        """The processors that feed or decode each model: for sure, and as one of several."""
        sure: dict[int, set[int]] = defaultdict(set)
        maybe: dict[int, set[int]] = defaultdict(set)
        for use in self.study.uses:
            receiver = use.receiver.load
            inputs = (value for passed in use.passed for value in passed.values)
            loaded = [value for value in inputs if isinstance(value, Loaded)]
            together = use.name == "pipeline" or use.name.endswith("Trainer")
            whole = together and use.kind == "pass"
            unread = (value for value in loaded if not any(map(_DECODES.match, value.path)))
            given = dict.fromkeys(value.load for value in unread if value.path or whole)
            reads = _DECODES.match(use.name) is not None
            of_result = "__call__" in use.receiver.path  # what is done with outputs feeds no model
            kinds = [self.loads[number].kind for number in given]
            for number in given:
                if receiver in self.models and number in self.processors and not of_result:
                    model, processor = receiver, number
                elif number in self.models and receiver in self.processors and reads:
                    model, processor = number, receiver
                else:
                    continue
                alone = kinds.count(self.loads[number].kind) == 1
                (sure if use.certain and alone else maybe)[model].add(processor)
        return sure, maybe

    def _keys(self, number: int) -> list[tuple[object, ...]]:
        """Keys that loads of the same checkpoint share: within one function, then in the file."""
        load = self.loads[number]
        if texts := frozenset(value.text for value in load.checkpoint if value.text):
            return [(load.scope, texts), (texts,)]
        sources = (argument.source for name, argument in load.arguments.items() if name in _NAMING)
        return [(load.scope, source) for source in sources]

    def _usage(self, numbers: list[int]) -> Usage:
        """The usage of loads that belong together; a model, if there is one, is the first."""
        loads = [self.loads[number] for number in numbers]
        main = loads[0]
        has_model = main.kind in _MODELS
        used = sorted((use for number in numbers for use in self.uses[number]), key=itemgetter(0))
        seen = (self.study.call(use) for _, use in used)
        once: dict[tuple[object, ...], Call] = {}
        for call in sorted(seen, key=lambda call: (call.place[1:5], call.kind)):
            once.setdefault((call.place, call.kind, call.name, call.of, call.receiver.place), call)
        trained = [call.place for call in once.values() if _trains(call)]
        trained += self.trainings[:1]
        return Usage(
            place=main.place,
            model=main if has_model else None,
            processors=tuple(loads[1:] if has_model else loads),
            calls=tuple(once.values()),
            checkpoint=self._checkpoint(main, _only(main.checkpoint)),
            alternatives=main.checkpoint,
            class_name=main.class_name,
            task=_only(main.task),
            trained=trained[0] if trained else None,
            joined=tuple(self.loads[n] for n in numbers[1:] if n in self._flows[0][numbers[0]]),
        )

    def _checkpoint(self, load: Load, text: str | None) -> str | None:
        if text is None or load.package in ("clip", "lavis"):
            return None
        if load.package == "open_clip" and "/" not in text:
            return self.study.vocabulary.known_weights(text, _only(load.second_checkpoint) or "")
        if load.package == "sentence_transformers" and "/" not in text:
            return f"sentence-transformers/{text}"
        return text


def _trains(call: Call) -> bool:
    match call.kind, call.name:
        case "pass", name:
            optimized = call.of[-1:] == ("parameters",) and bool(_OPTIMIZER.search(name))
            return optimized or name.endswith("Trainer")
        case "call", "train":
            mode = call.arguments.get("0") or call.arguments.get("mode")
            return not call.of and (mode is None or mode.value is not False)
    return call.kind == "call" and call.name in ("backward", "fit")


def _only(values: Iterable[Value]) -> str | None:
    """The only text among the values; None if there is none, or several."""
    texts = {value.text for value in values} - {None}
    return texts.pop() if len(texts) == 1 else None


def together(usages: Iterable[Usage]) -> list[Usage]:
    """Return usages, with those of one load merged, whichever file they are in.

    One place can load several checkpoints: these stay apart.
    """
    at = defaultdict[tuple[object, ...], list[Usage]](list)
    for usage in usages:
        texts = frozenset(value.text for value in usage.alternatives if value.text)
        at[usage.place, usage.class_name, usage.task, usage.key, texts].append(usage)
    whole = []
    for group in at.values():
        used = (call for usage in group for call in usage.calls)
        uses = {(it.place, it.kind, it.name, it.of, it.receiver.place): it for it in used}
        trained = next((usage.trained for usage in group if usage.trained), None)
        loads = {load.place: load for usage in group for load in usage.joined}
        calls, joined = tuple(uses.values()), tuple(loads.values())
        whole.append(group[0]._replace(calls=calls, trained=trained, joined=joined))
    return whole
