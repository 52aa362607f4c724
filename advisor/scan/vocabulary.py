"""Which names in code load checkpoints, and which belong to vision-language models.

The loading calls of libraries are listed here; the rule base tells what is vision-language.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Set
from difflib import get_close_matches
from fnmatch import fnmatchcase
from functools import cache, lru_cache
from itertools import chain
from typing import NamedTuple

from advisor.catalogue.release import Release, described_releases, release
from advisor.rulebase.base import RuleBase
from advisor.scan.abstract import Symbol

_STEM = re.compile(r"(.+?)(?:For[A-Z]\w*|Model|Processor)\Z")
_CLASS = re.compile(
    r"(?:TF|Flax)?(?P<stem>\w+?)(?P<rest>For[A-Z]\w*|(?:Text|Vision|Image|Video)?(?:Text|Vision)?"
    r"(?:Model(?:WithProjection)?|Processor|ImageProcessor|VideoProcessor|FeatureExtractor"
    r"|Tokenizer)(?:Fast|Pil)?)\Z"
)
_OF_IMAGES = re.compile(r"Image(?!Text)|Video|Object|Segmentation|Depth|Keypoint|MaskGeneration")
"""Auto classes that load only models which take images or videos, by their names."""
_TEXT_ALONE = re.compile(r"For(?:CausalLM|SequenceClassification|TokenClassification|MaskedLM)\Z")
_NAME_QUOTED = re.compile(rb"/[A-Za-z0-9][\w.-]*+(?=\\?[\"'])")
_QUOTED_BEFORE = re.compile(rb"[\"'][A-Za-z0-9][\w.-]*\Z")
_LONGEST_BEFORE = 100
"""Characters before a slash in which quote and owner are sought; the Hub allows 96 in an owner."""
SIZE = re.compile(
    r"(tiny|nano|mini|small|medium|base|large|huge|giant|x{1,2}l|so400m|v?it[a-z]*"
    r"|[abe]?\d+(\.\d+)?[bm]|(patch|p)\d+|\d{3,4})\Z"
)
"""A word of an id that tells how large a checkpoint is, not what it is."""
_NOT_WORDS = re.compile(r"[^A-Za-z0-9]+")
_TASK_WORDS = {"text", "question", "zero"}
"""A Hub task with one of these words takes image and text, if it takes images."""
_SAME_ID, _SAME_WORD = 0.85, 0.75
"""Least similarity (0 to 1) of two ids, and of two words in them, if one misspells the other."""

_KINDS = (
    (r".*(?:ImageProcessor|FeatureExtractor|VideoProcessor)(?:Fast|Pil)?", "image_processor"),
    (r".*Tokenizer(?:Fast)?", "tokenizer"),
    (r".*Processor", "processor"),
    (r".*Config", "configuration"),
    (r".*", "model"),
)
"""The kind of a transformers class, by the first pattern that its name matches."""


class Loader(NamedTuple):
    """How a call loads: the kind of object, and the names of the arguments that tell which one.

    `position` is that of the checkpoint among positional arguments, `second` the argument with the
    second checkpoint, and `parts` the number of values returned: open_clip returns model and
    transforms together.
    """

    package: str
    call: str
    kind: str = "model"
    class_name: str | None = None
    checkpoint: str = "pretrained_model_name_or_path"
    position: int = 0
    second: str | None = None
    task: str | None = None
    parts: int = 1


_LIKE_TRANSFORMERS = ("transformers", "advisor", "optimum", "colpali_engine")
"""Libraries whose classes have `from_pretrained`, and end in their kind."""
_METHODS = (
    *(Loader(library, "from_pretrained", kind="") for library in _LIKE_TRANSFORMERS),
    Loader("byaldi", "from_pretrained", kind="model"),
    Loader("unsloth", "from_pretrained", kind="model", checkpoint="model_name", parts=2),
    Loader(
        package="transformers",
        call="from_encoder_decoder_pretrained",
        kind="composition",
        checkpoint="encoder_pretrained_model_name_or_path",
        second="decoder_pretrained_model_name_or_path",
    ),
    Loader(
        package="transformers",
        call="from_vision_text_pretrained",
        kind="composition",
        checkpoint="vision_model_name_or_path",
        second="text_model_name_or_path",
    ),
)
"""Class methods that load; the class before the dot becomes `class_name`."""

_SENTENCES = Loader("sentence_transformers", "SentenceTransformer", checkpoint="model_name_or_path")
_OPEN_CLIP = Loader("open_clip", "create_model", checkpoint="model_name", second="pretrained")
_FUNCTIONS = (
    Loader("transformers", "pipeline", "pipeline", checkpoint="model", position=1, task="task"),
    Loader("clip", "load", checkpoint="name", parts=2),
    _SENTENCES._replace(class_name="SentenceTransformer"),
    _OPEN_CLIP,
    _OPEN_CLIP._replace(call="create_model_and_transforms", parts=3),
    _OPEN_CLIP._replace(call="create_model_from_pretrained", parts=2),
    _OPEN_CLIP._replace(call="get_tokenizer", kind="tokenizer", second=None),
    Loader("vllm", "LLM", checkpoint="model"),
    Loader("lavis", "load_model", checkpoint="name", second="model_type"),
    Loader("lavis", "load_model_and_preprocess", checkpoint="name", second="model_type", parts=3),
)
"""Functions and classes that load when they are called."""

LIBRARIES = frozenset(loader.package for loader in (*_METHODS, *_FUNCTIONS))
"""Libraries whose calls load checkpoints."""
LIBRARIES_OF_FUNCTIONS = frozenset(loader.package for loader in _FUNCTIONS)
"""Libraries that load by calling a function or a class, not only a method."""
OF_VISION = frozenset(("byaldi", "clip", "colpali_engine", "lavis", "open_clip"))
"""Libraries that load nothing but vision-language models."""
VISION_CLASSES = frozenset(("FastVisionModel", "OVModelForVisualCausalLM", "ORTModelForVision2Seq"))
"""Classes outside transformers that load nothing but vision-language models."""
CHECKPOINT_ARGUMENTS = {
    name: (
        next(entry.position for entry in (*_METHODS, *_FUNCTIONS) if entry.call == name),
        {entry.checkpoint for entry in (*_METHODS, *_FUNCTIONS) if entry.call == name},
    )
    for name in {entry.call for entry in (*_METHODS, *_FUNCTIONS)} - {"load"}
}
"""For each loading call but `load`: position and names of the argument with the checkpoint."""
_LOADERS = {(loader.package, loader.call): loader for loader in (*_METHODS, *_FUNCTIONS)}


@lru_cache(maxsize=4096)
def loader_of(callee: Symbol) -> Loader | None:
    """Return how a call of this name loads, or None if it does not load."""
    if callee.root == "clip" and callee.module not in ("clip", "clip.clip"):
        return None
    loader = _LOADERS.get((callee.root, callee.name))
    if loader not in _METHODS:
        return loader
    class_name = callee.module.rpartition(".")[2]
    if not class_name[:1].isupper():
        return None
    kind = next(kind for ending, kind in _KINDS if re.fullmatch(ending, class_name))
    return loader._replace(kind=loader.kind or kind, class_name=class_name)


class Vocabulary:
    """Names to look for: ids, classes, pipelines and model types of the catalog.

    A release of transformers adds the classes that its vision-language auto classes load.

    Read once from a rule base. Only `resembles`, `slip` and `known_weights` take time that grows
    with the catalog; `resembles` remembers its answers.
    """

    def __init__(self, rulebase: RuleBase, release: Release | None = None) -> None:
        checkpoints = list(rulebase.checkpoints.values())
        tags = {tag for task in rulebase.tasks if not task.elsewhere for tag in task.hub_tasks}
        self._ids = {each.id.lower(): each.id for each in checkpoints}
        self._of_owner = defaultdict[str, list[str]](list)
        for id in self._ids:
            self._of_owner[id.partition("/")[0]].append(id)
        self._names = {id.partition("/")[2] for id in self._ids}
        self.resembles = cache(self._is_near)
        """True if a text misspells a catalogued id, is another size of it, or has its name."""
        self.pipelines = frozenset(each.pipeline for each in checkpoints if each.pipeline).union(
            tag for tag in tags if _TASK_WORDS & set(tag.split("-"))
        )
        """Pipelines that load vision-language models."""
        gone = [it for it in rulebase.changes if it.kind == "removed"]
        self.gone_arguments = {it.name for it in gone if it.of == "argument"}
        """Arguments that no load of a model takes any more."""
        self.gone_pipelines = {it.name for it in rulebase.changes if it.of == "pipeline"}
        """Pipelines that some release removed or redirected; `*` stands for anything."""
        tasks = ("".join(word.capitalize() for word in tag.split("-")) for tag in self.pipelines)
        self._auto_classes = {f"AutoModelFor{task}" for task in (*tasks, "Vision2Seq")}
        pairs = ((each.model_class, each.processor) for each in checkpoints)
        self._classes = {name for pair in pairs for name in pair if name}
        own = (use for use in rulebase.uses if "labels" not in use.declines)  # no plain classifiers
        self._classes.update(name for use in own for name in use.loads.values())
        self._stems = {match[1] for match in map(_STEM.match, self._classes) if match}
        """What class names of one architecture share: `Blip`, `CLIP`, `VisionEncoderDecoder`."""
        model_types = (each.model_type for each in checkpoints if each.model_type)
        self.hints = {squeezed(name) for name in (*model_types, *self._stems)} - {"auto"}
        """Words that announce a vision-language model in an id: `clip`, `blip2`."""
        distinctive = rulebase.checks["removed-member"].knowledge["distinctive"]
        self.distinctive = {name: owner for owner in distinctive for name in distinctive[owner]}
        """Names of members that no class has any more, each with the class that had it."""
        features = rulebase.checks["output-as-tensor"].knowledge["features"]
        self.features = {name: owner for owner in features for name in features[owner]}
        """Names of methods that give an object in all classes that have one, each with a class."""
        auto = release.auto if release else {}
        processors = auto.get("AutoProcessor", {})
        for by_type in (auto.get(name, {}) for name in self._auto_classes):
            self._classes.update(*by_type.values())
            self._classes.update(*(processors.get(model_type, ()) for model_type in by_type))
        self._seeing = set(filter(_OF_IMAGES.search, auto))
        of_images = {name for each in self._seeing for name in chain(*auto[each].values())}
        self._seeing_stems = {match["stem"] for match in map(_CLASS.match, of_images) if match}

    def known(self, text: str) -> str | None:
        """Return the catalogued id equal to `text` but for the case of letters, else None."""
        return self._ids.get(text.lower())

    def known_at_end(self, path: str) -> str | None:
        """Return the catalogued id that the last two parts of a path on disk name, else None."""
        parts = path.replace("\\", "/").rstrip("/").split("/")
        return self.known("/".join(parts[-2:])) if len(parts) > 2 else None

    def ids_in(self, data: bytes) -> dict[str, int]:
        """Return the catalogued ids that stand in quotes in a file, each with its first line."""
        ids: dict[str, int] = {}
        for match in _NAME_QUOTED.finditer(data) if b"/" in data else ():  # fewer than quotes
            slash = match.start()
            before = _QUOTED_BEFORE.search(data, max(0, slash - _LONGEST_BEFORE), slash)
            text = before and (before[0][1:] + match[0]).decode("ascii", "replace")
            if text and (id := self.known(text)) and id not in ids:
                ids[id] = data.count(b"\n", 0, slash) + 1
        return ids

    def _is_near(self, text: str) -> bool:
        owner, _, name = text.lower().partition("/")
        if name in self._names or self.slip(text):
            return True
        words = set(parts(text))  # of which one may be another size
        pairs = ((words, set(parts(other))) for other in self._of_owner.get(owner, ()))
        unlike = (a ^ b for a, b in pairs if len(a ^ b) == 2 and len(a) == len(b))
        return any(all(map(is_size, words)) for words in unlike)

    def slip(self, id: str) -> str | None:
        """Return a catalogued id that differs in spelling, not in owner, size, version or purpose.

        Upper and lower case are the same, as on the Hub. None if no id is that near.
        """
        ours = self._of_owner.get(id.partition("/")[0].lower(), ())
        words = parts(id)
        for near in get_close_matches(id.lower(), ours, len(ours) or 1, _SAME_ID):
            others = parts(near)
            if words != others and _letters(words) == _letters(others):
                continue  # another size or version
            unlike, theirs = set(words) - set(others), set(others) - set(words)
            close = all(get_close_matches(word, theirs, 1, _SAME_WORD) for word in unlike)
            if close and len(unlike) == len(theirs) > 0 and not any(map(is_size, unlike)):
                return self._ids[near]
            if "".join(words) == "".join(others):
                return self._ids[near]
        return None

    def hinted(self, text: str) -> bool:
        """True if the name in an id begins with an architecture of the catalog: `blip2-opt`."""
        words = [word.lower() for word in _NOT_WORDS.split(text.rpartition("/")[2]) if word]
        return bool(self.hints & {"".join(words[:count]) for count in (1, 2, 3)})

    def known_weights(self, architecture: str, weights: str) -> str | None:
        """Return the only id that ends in open_clip's architecture and weights, else None."""
        ending = squeezed(architecture) + squeezed(weights)
        ids = [id for name, id in self._ids.items() if squeezed(name).endswith(ending)]
        return ids[0] if weights and len(ids) == 1 else None

    def is_gone(self, task: str) -> bool:
        """True for a pipeline that some release removed or redirected."""
        return any(fnmatchcase(task, name) for name in self.gone_pipelines)

    def is_class(self, name: str) -> bool:
        """True if a class of this name belongs to a vision-language architecture."""
        automatic = name.removeprefix("TF").removeprefix("Flax") in self._auto_classes
        return automatic or name in self._classes or self._is_of(self._stems, name)

    def _is_of(self, stems: Set[str], name: str) -> bool:
        match = _CLASS.match(name)
        return match is not None and not _TEXT_ALONE.match(match["rest"]) and match["stem"] in stems

    def sees(self, name: str) -> bool:
        """True if a class of this name takes images, with language or without."""
        if self.is_class(name) or name.removeprefix("TF").removeprefix("Flax") in self._seeing:
            return True
        return self._is_of(self._seeing_stems, name)


def parts(id: str) -> list[str]:
    """Return the words of the name in an id, in lower case and without the owner."""
    return [part for part in re.split(r"[-_]", id.partition("/")[2].lower()) if part]


def is_size(word: str) -> bool:
    """True if a word of an id tells a size, a version or a resolution."""
    return bool(SIZE.match(word)) or not re.search(r"[a-z]{2}", word)


def _letters(words: Iterable[str]) -> str:
    return re.sub(r"[\d.]", "", " ".join(words))


def squeezed(name: str) -> str:
    """Return the letters and digits of a name, in lower case."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


@lru_cache(maxsize=1)
def vocabulary_of(rulebase: RuleBase) -> Vocabulary:
    """Return the vocabulary of a rule base and of the newest described release of transformers."""
    return Vocabulary(rulebase, release(rulebase, described_releases()[-1]))
