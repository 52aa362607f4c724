"""What is known of the libraries that load checkpoints: networks, changed names, mistakes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

from advisor.model.checkpoint import Decoder
from advisor.model.value import NamedTuple

if TYPE_CHECKING:
    from advisor.model.fields import (
        CheckpointIds,
        ClassName,
        Computed,
        Dimensions,
        Id,
        Knowledge,
        KnowledgeName,
        Least,
        MapOf,
        OneOf,
        Positive,
        Required,
        Sources,
        Text,
        TextOf,
        Texts,
        Version,
    )


class Architecture(NamedTuple):
    """The dimensions of a network, as its configuration takes them, and the parameters they give.

    `model_class` is the class that was counted. `because` says how they are known.
    """

    id: Id
    checkpoints: Annotated[CheckpointIds, Least(1)]
    model_class: ClassName
    dimensions: Dimensions
    parameters: Positive
    writer: Decoder | None = None
    because: Required[Text] = ""
    sources: Required[Sources] = ()


class NameChange(NamedTuple):
    """What a release of transformers did to a name: removed, renamed or redirected it.

    `of` is what the name is of: class, pipeline, argument, attribute, module or environment; one
    `*` in `name` stands for anything, and for the same in `instead`.
    """

    id: Id
    name: Text
    of: Annotated[str, OneOf("class", "pipeline", "argument", "attribute", "module", "environment")]
    kind: Annotated[str, OneOf("removed", "renamed", "redirected")]
    since: Version
    instead: Text | None = None
    because: Required[Text] = ""
    sources: Required[Sources] = ()


class CheckRule(NamedTuple):
    """What `advisor check` looks for: why it matters, its page, a bad and a good example.

    `knowledge` is what the judgement needs to know, by name: lists of words, or mappings from a
    word to such a list. `example` is the name of a file, its bad text and its good one; the line
    that the bad one is reported at ends in `# bad`. `beside` are files beside it, `options` those
    of the command that checks it.
    """

    id: Id
    level: Annotated[str, OneOf("error", "warning", "note")]
    summary: Text
    because: Text
    sources: Sources = ()
    page: Required[Text] = ""
    knowledge: Mapping[KnowledgeName, Knowledge] = {}
    example: Computed[Sequence[str]] = ()
    beside: Computed[Mapping[str, str]] = {}
    options: Computed[Sequence[str]] = ()


class CheckExample(NamedTuple):
    """A bad text of a file and the good one instead, with files beside it."""

    file: Text = "app.py"
    bad: Required[Text] = ""
    good: Required[Text] = ""
    beside: Annotated[Mapping[str, str], MapOf(TextOf(), TextOf(r"[\w.-]+", "a file name"))] = {}
    options: Texts = ()


class ProgramPart(NamedTuple):
    """Lines that several programs share."""

    id: Id
    code: Text


class UnrankedBenchmark(NamedTuple):
    """Words that measurements share, of a benchmark that tells nothing of a task."""

    id: Id
    benchmark: Text
    metric: Text
    split: Text | None = None
