"""Which names in code point at vision-language models, as the rule base tells it."""

from __future__ import annotations

import difflib
import re
from functools import cached_property

from advisor.catalogue.release import Release, described_releases, release
from advisor.rulebase.base import RuleBase

_STEM = re.compile(r"(.+?)(?:For[A-Z]\w*|Model|Processor)\Z")
_CLASS = re.compile(
    r"(?:TF|Flax)?(?P<stem>\w+?)(?P<rest>For[A-Z]\w*|(?:Text|Vision|Image|Video)?(?:Text|Vision)?"
    r"(?:Model(?:WithProjection)?|Processor|ImageProcessor|VideoProcessor|FeatureExtractor"
    r"|Tokenizer)(?:Fast|Pil)?)\Z"
)
_TEXT_ALONE = re.compile(r"For(?:CausalLM|SequenceClassification|TokenClassification|MaskedLM)\Z")
_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*\Z", re.ASCII)
_NOT_WORDS = re.compile(r"[^A-Za-z0-9]+")
_TASK_WORDS = {"text", "question", "zero"}
"""A Hub tag with one of these, of a task that looks at pictures, needs picture and text."""
_NEAR = 0.7


class Vocabulary:
    """Names to look for: ids, classes, pipelines and model types of the catalogue.

    A release of transformers adds the classes that its vision-language auto classes load.

    Read once from a rule base; looking up costs nothing that grows with the catalogue, except
    `resembles`, which is asked about few ids and remembers its answers.
    """

    def __init__(self, rulebase: RuleBase, release: Release | None = None) -> None:
        checkpoints = list(rulebase.checkpoints.values())
        self._ids = {each.id.lower(): each.id for each in checkpoints}
        self.classes = frozenset(
            each.model_class for each in checkpoints if each.model_class
        ) | frozenset(each.processor for each in checkpoints if each.processor)
        self.model_types = frozenset(each.model_type for each in checkpoints if each.model_type)
        self.pipelines = frozenset(
            each.pipeline for each in checkpoints if each.pipeline
        ) | frozenset(
            tag
            for task in rulebase.tasks
            if task.elsewhere is None
            for tag in task.hub_tasks
            if _TASK_WORDS & set(tag.split("-"))
        )
        self._of_release = frozenset(
            name
            for auto_class in self.auto_classes
            for names in (release.auto.get(auto_class, {}) if release else {}).values()
            for name in names
        )
        self._near: dict[str, bool] = {}

    @cached_property
    def stems(self) -> frozenset[str]:
        """What class names of one architecture share: `Blip`, `CLIP`, `VisionEncoderDecoder`."""
        return frozenset(
            match[1] for name in self.classes if (match := _STEM.match(name)) is not None
        )

    @cached_property
    def auto_classes(self) -> frozenset[str]:
        """Auto classes that load nothing but vision-language models."""
        tasks = {"".join(word.capitalize() for word in tag.split("-")) for tag in self.pipelines}
        return frozenset(f"AutoModelFor{task}" for task in (*tasks, "Vision2Seq"))

    @cached_property
    def hints(self) -> frozenset[str]:
        """Words that announce a vision-language model in an id or a key: `clip`, `blip2`."""
        names = (*self.model_types, *self.stems)
        return frozenset(_squeezed(name) for name in names) - {"auto"}

    def known(self, text: str) -> str | None:
        """Return the catalogued id that `text` names, in any case of letters."""
        return self._ids.get(text.lower())

    def known_at_end(self, path: str) -> str | None:
        """Return the catalogued id that the last two parts of a path on disk name."""
        parts = path.replace("\\", "/").rstrip("/").split("/")
        return self.known("/".join(parts[-2:])) if len(parts) > 2 else None

    def resembles(self, text: str) -> bool:
        """True where `text` is nearly a catalogued id, or one under another organisation."""
        if text not in self._near:
            self._near[text] = bool(_ID.match(text)) and self._is_near(text.lower())
        return self._near[text]

    def _is_near(self, text: str) -> bool:
        if text.partition("/")[2] in self._names or _squeezed(text) in self._squeezed:
            return True
        words = _NOT_WORDS.split(text)
        return any(_misspells(words, known) for known in self._words.get(len(words), ()))

    @cached_property
    def _names(self) -> frozenset[str]:
        return frozenset(known.partition("/")[2] for known in self._ids)

    @cached_property
    def _squeezed(self) -> frozenset[str]:
        return frozenset(_squeezed(known) for known in self._ids)

    @cached_property
    def _words(self) -> dict[int, list[list[str]]]:
        """The words of every id, by how many there are."""
        words_of: dict[int, list[list[str]]] = {}
        for known in self._ids:
            words = _NOT_WORDS.split(known)
            words_of.setdefault(len(words), []).append(words)
        return words_of

    def hinted(self, text: str) -> bool:
        """True where the name in `text` begins with an architecture we know: `blip2-opt`."""
        words = [word.lower() for word in _NOT_WORDS.split(text.rpartition("/")[2]) if word]
        return bool(self.hints & {"".join(words[:count]) for count in (1, 2, 3)})

    def key_hinted(self, key: str) -> bool:
        """True where a word of a configuration key names an architecture: `clip_model`."""
        return bool(self.hints & set(_NOT_WORDS.split(key.lower().replace("_", "-"))))

    def known_weights(self, architecture: str, weights: str) -> str | None:
        """Return the id that open_clip's names for architecture and weights amount to."""
        ending = _squeezed(architecture) + _squeezed(weights)
        ids = [id for name, id in self._ids.items() if _squeezed(name).endswith(ending)]
        return ids[0] if weights and len(ids) == 1 else None

    def is_class(self, name: str) -> bool:
        """True where a class of this name belongs to a vision-language architecture."""
        if name in self.classes or name in self._of_release:
            return True
        if name.removeprefix("TF").removeprefix("Flax") in self.auto_classes:
            return True
        match = _CLASS.match(name)
        if match is None or _TEXT_ALONE.match(match["rest"]):
            return False
        return match["stem"] in self.stems

    def is_id(self, text: str) -> bool:
        """True where `text` has the form organisation/name."""
        return bool(_ID.match(text))


def _misspells(words: list[str], known: list[str]) -> bool:
    """True where one word differs, and only by a slip: not by a size or a whole name."""
    other = [(one, two) for one, two in zip(words, known, strict=True) if one != two]
    return len(other) == 1 and difflib.SequenceMatcher(None, *other[0]).ratio() >= _NEAR


def _squeezed(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def vocabulary_of(rulebase: RuleBase) -> Vocabulary:
    """Return the vocabulary of a rule base, and of the newest transformers that is described."""
    described = described_releases()
    return Vocabulary(rulebase, release(rulebase, described[-1]) if described else None)
