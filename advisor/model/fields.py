"""What the annotations of declared classes mean: for each alias, its shape in a rule file.

Only imported where rule files are read; a normal start knows the classes and no shapes.
"""

from __future__ import annotations

import keyword
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, NamedTuple, TypeVar

from advisor.model import Condition
from advisor.reader.document import KeyPath
from advisor.reader.shape import (
    ID_PATTERN,
    AnyOf,
    Boolean,
    Faults,
    Integer,
    KebabCase,
    ListOf,
    MapOf,
    Number,
    OneOf,
    OptionsOf,
    Record,
    TextOf,
)

__all__ = ["AnyOf", "Integer", "KebabCase", "ListOf", "MapOf", "OneOf", "TextOf"]

Value = TypeVar("Value")


class Key(NamedTuple):
    """How a field is called in files and in JSON, where that is no name for Python."""

    name: str


class Was(NamedTuple):
    """What files called a field in earlier releases: JSON still does, and overlays may."""

    name: str


class Least(NamedTuple):
    """How many members a list has at least."""

    number: int


COMPUTED = "computed"
REQUIRED = "required"
CITED = "cited"

Computed = Annotated[Value, COMPUTED]
"""Stands in no file: computed when the rules are compiled."""

Required = Annotated[Value, REQUIRED]
"""Has to stand in a file; the default is there because a field before it has one."""

Cited = Annotated[Value, CITED]
"""Was read somewhere, so that whoever states it has to cite where."""

HUB_ID = r"[A-Za-z0-9._-]+/[A-Za-z0-9._-]+"
WORD = r"[a-z]+(_[a-z]+)*"

Id = Annotated[str, KebabCase()]
Ids = Annotated[Sequence[Id], Least(1)]
Aliases = Sequence[Id]
Covered = Annotated[
    Mapping[str, Sequence[str]],
    MapOf(ListOf(KebabCase(), least=1), TextOf(r"[a-z0-9]+", "a short name such as `cs`")),
]
"""Things that one option stands for, each with what it is called."""
Groups = Annotated[Mapping[str, Sequence[str]], MapOf(ListOf(KebabCase(), least=1), KebabCase())]
"""Names of groups of options, each with the options that conditions mean by it."""

Text = Annotated[str, TextOf()]
Texts = Annotated[Sequence[Text], Least(1)]
Positive = Annotated[int, Integer(1)]
Limits = Annotated[Mapping[str, int], MapOf(Integer(1), KebabCase(of="task"), least=1)]
NotNegative = Annotated[int, Integer(0)]
Month = Annotated[str, TextOf(r"[0-9]{4}-[0-9]{2}(-[0-9]{2})?", 'a month or day such as "2026-11"')]
HubId = Annotated[str, TextOf(HUB_ID, "a Hub id such as `org/name`")]
Units = Annotated[Mapping[str, float], MapOf(Number(), TextOf(r"[a-z]+", "a word"))]
Dtype = Annotated[str, OneOf("float32", "bfloat16", "float16")]

Url = Annotated[str, TextOf(r"https?://\S+", "a web address")]

HubIds = Sequence[HubId]

# Names of other entities: each has to be defined somewhere.
CheckpointId = Annotated[str, TextOf(HUB_ID, "a Hub id such as `org/name`", of="checkpoint")]
CheckpointIds = Sequence[CheckpointId]
ActIds = Annotated[Sequence[Annotated[str, KebabCase(of="act")]], Least(1)]
JudgedField = Annotated[str, TextOf(WORD, "a field of checkpoints", of="checkpoint field")]
JudgedFields = Annotated[Sequence[JudgedField], Least(1)]
SourceId = Annotated[str, KebabCase(of="source")]
Sources = Annotated[Sequence[SourceId], Least(1)]
TaskId = Annotated[str, KebabCase(of="task")]
Tasks = Sequence[TaskId]
SomeTasks = Annotated[Tasks, Least(1)]
TaskOrOption = Annotated[str, KebabCase(of="task or option")]
TakenOptions = Annotated[
    Sequence[Annotated[str, KebabCase(of="option that families take")]], Least(1)
]
TakenOption = Annotated[str, KebabCase(of="option that a family supports")]
GivenOption = Annotated[str, KebabCase(of="option that a family outputs")]
Steps = Annotated[Sequence[float], ListOf(Number(), least=1)]
ToolIds = Annotated[Sequence[Annotated[str, KebabCase(of="tool")]], Least(1)]
FileId = Annotated[str, KebabCase(of="project file")]
RuntimeId = Annotated[str, KebabCase(of="runtime")]
UseIds = Annotated[Sequence[Annotated[str, KebabCase(of="use")]], Least(1)]
When = Annotated[Condition, OptionsOf(ListOf(KebabCase(), least=1))]
TaskWords = Annotated[Mapping[str, Mapping[str, str]], MapOf(OptionsOf(KebabCase()))]
OptionsGiven = Annotated[Mapping[str, str], OptionsOf(KebabCase())]
Wordings = Annotated[Mapping[str, Mapping[str, str]], OptionsOf(MapOf(TextOf()))]
"""The words for each answer to a question."""


ANSWER = AnyOf(TextOf(), Number(), ListOf(AnyOf(TextOf(), Number()), least=1))
Answers = Annotated[Mapping[str, Any], MapOf(ANSWER, KebabCase(of="question"), least=1)]
"""Answers as a user gives them: options, aliases and numbers."""

_TEXTS = ListOf(TextOf(), least=1)
_BOUND = AnyOf(OneOf("answer"), Number())
Requirement = Annotated[
    Any,
    AnyOf(
        _TEXTS,
        Record({"unsure": _TEXTS, "one_of?": AnyOf(OneOf("answer"), _TEXTS)}),
        Record({"at_most?": _BOUND, "at_least?": _BOUND}),
    ),
]
"""What an option asks of a field of a checkpoint."""

WHERE = MapOf(
    AnyOf(_TEXTS, Record({"at_most?": Number(), "at_least?": Number()})),
    TextOf(WORD, "a field of checkpoints", of="targeted field"),
    least=1,
)
"""What is said of the fields of checkpoints: one of some words, or a number within bounds."""

CANDIDATES = AnyOf(TextOf(rf"{ID_PATTERN}|{HUB_ID}", "a family or checkpoint id"), _TEXTS, WHERE)

# The shapes of single fields.
CommercialUse = Annotated[str, OneOf("permitted", "restricted", "not-permitted")]
Stage = Annotated[str, OneOf("pre-trained", "fine-tuned", "instruction-tuned", "contrastive")]
Weights = Annotated[str, OneOf("safetensors", "pickle", "onnx")]


class _ClassName(TextOf):
    """The dotted name of a class, none of whose parts is a keyword of Python."""

    def __init__(self) -> None:
        dotted = r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*"
        super().__init__(dotted, "a class such as `CLIPModel`")

    def faults(self, value: Any, path: KeyPath) -> Faults:
        if reserved := next(filter(keyword.iskeyword, value.split(".")), None):
            yield path, f"`{value}` is not a class: `{reserved}` is a keyword of Python"
        else:
            yield from super().faults(value, path)


CODE_NAME = _ClassName()
CodeName = Annotated[str, CODE_NAME]
"""A name that is written into programs as it stands."""
ClassName = Annotated[str, CODE_NAME, Key("class")]
CodeNames = Annotated[Sequence[str], ListOf(CODE_NAME, least=1)]
Languages = Annotated[
    Sequence[Annotated[str, TextOf(r"[a-z]{2,3}|multilingual", "a language code such as `de`")]],
    Least(1),
]
FIGURE_LANGUAGE = TextOf(r"[a-z]{2,3}|multilingual", "a language code such as `de`")
FigureLanguage = Annotated[str, FIGURE_LANGUAGE]
FigureLanguages = Annotated[Sequence[str], ListOf(FIGURE_LANGUAGE, least=1)]
AskedLanguage = Annotated[str, TextOf(r"[a-z]{2,3}|multilingual|asked", "a language or `asked`")]
"""The language of a figure: `multilingual` is a mean over several."""

Thinking = Annotated[str, OneOf("never", "off-by-default", "on-by-default", "always")]
"""Whether a checkpoint writes a thought before its answer."""

TextCase = Annotated[str, OneOf("kept", "lower")]
PagesRead = Annotated[str, OneOf("whole", "elements", "lines")]
PromptsByTask = Annotated[
    Mapping[str, str], MapOf(AnyOf(TextOf(), OneOf("")), KebabCase(of="task"), least=1)
]
"""What a checkpoint is asked with; empty where it takes the image alone."""

Pipelines = Annotated[
    Mapping[str, str],
    MapOf(TextOf(r"v[0-9.]+", "a version such as `v1.5`"), KebabCase(of="task"), least=1),
]

Mode = Annotated[str, OneOf("thinking", "non-thinking", "fine-tuned")]
"""How weights were run, where they can be run in several ways."""

Symbols = Annotated[
    Mapping[str, str], MapOf(TextOf(), TextOf(r"[a-z0-9_.-]+", "a model type such as `clip`"))
]
"""What names a model type in a package."""

_HUB_ID = TextOf(HUB_ID, "a Hub id such as `org/name`")
PublishedForms = Annotated[
    Mapping[str, Mapping[str, Any]],
    MapOf(
        Record({"precision": OneOf("FP8", "AWQ", "GPTQ", "W4A16"), "files_gb?": Number()}),
        _HUB_ID,
        least=1,
    ),
]
FiguresById = Annotated[Mapping[str, float], MapOf(Number(), _HUB_ID, least=1)]
ByCheckpoint = Annotated[Mapping[str, str], MapOf(TextOf(), _HUB_ID, least=1)]
"""What is said of single checkpoints; they need not be catalogued."""

BenchmarkId = Annotated[str, KebabCase(of="benchmark")]
BenchmarkIds = Annotated[Sequence[BenchmarkId], Least(1)]
YARDSTICKS = ListOf(KebabCase(of="yardstick"))
YardstickIds = Annotated[Sequence[Annotated[str, KebabCase(of="yardstick")]], Least(1)]
OrderedYardsticks = Annotated[Sequence[str], YARDSTICKS]
_PROTOCOL = KebabCase(of="protocol")
ProtocolGroups = Annotated[
    Sequence[str | Sequence[str]], ListOf(AnyOf(_PROTOCOL, ListOf(_PROTOCOL, least=2)), least=1)
]
"""Protocols, some of which are read as one table."""

_TRIAL_FLAG = OneOf("labels", "question", "folder", "query")
TrialInputs = Annotated[Mapping[str, str], MapOf(TextOf(), _TRIAL_FLAG)]
"""What `advisor try` takes beside the image, by its flag."""

TrialFlags = Annotated[Sequence[str], ListOf(_TRIAL_FLAG, least=1)]

OwnField = Annotated[str, TextOf(WORD, "a field of this checkpoint")]
KnowledgeName = Annotated[str, TextOf(WORD, "a word such as `model_types`")]
Knowledge = Annotated[Any, AnyOf(_TEXTS, MapOf(_TEXTS, TextOf()))]

_PHRASE = TextOf(r"[^\s].*", "a word or phrase")
Words = Annotated[
    Mapping[str, Sequence[str]],
    MapOf(ListOf(_PHRASE, least=1), TextOf(r"[a-z]{2}|any", "a language such as `de`, or `any`")),
]
"""Words and phrases by language."""

_PHRASES = Mapping[str, Sequence[str]]
ConceptWords = Annotated[_PHRASES, MapOf(ListOf(_PHRASE, least=1), KebabCase(of="concept"))]
MeasureWords = Annotated[_PHRASES, MapOf(ListOf(_PHRASE, least=1), KebabCase(of="measure"))]
NumeralWords = Annotated[_PHRASES, MapOf(ListOf(_PHRASE, least=1), KebabCase(of="numeral"))]
ParticleWords = Annotated[_PHRASES, MapOf(ListOf(_PHRASE, least=1), KebabCase(of="particle"))]
"""Words and phrases of one language, by what they stand for."""

_CONCEPTS = ListOf(KebabCase(of="concept"), least=1)
Concepts = Annotated[Sequence[str], _CONCEPTS]
Conjunctions = Annotated[Sequence[Sequence[str]], ListOf(_CONCEPTS, least=1)]
Said = Annotated[
    Mapping[str, Any], MapOf(AnyOf(TextOf(), Number()), KebabCase(of="question"), least=1)
]
"""Answers that words give: an option or a number by question."""

_SETTING = TextOf(r"[a-z][a-z0-9_]*", "the name of a configuration setting")
_LISTED = ListOf(AnyOf(Number(), TextOf()), least=1)
_DIMENSION = AnyOf(Number(), Boolean(), TextOf(), _LISTED)
Range = Annotated[Sequence[float], ListOf(Number(), least=2, most=2)]
"""The least and the most."""
RangesByNetwork = Annotated[Mapping[str, Sequence[float]], MapOf(ListOf(Number(), least=2, most=2))]
Dimensions = Annotated[
    Mapping[str, Any],
    MapOf(AnyOf(_DIMENSION, MapOf(_DIMENSION, _SETTING, least=1)), _SETTING, least=1),
]
"""The settings of a configuration, some of which hold the settings of a part."""
