"""What is known of the libraries that load checkpoints: networks, changed names, mistakes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

from advisor.model.checkpoint import Decoder
from advisor.model.value import NamedTuple

if TYPE_CHECKING:
    from advisor.model import fields as f


class Architecture(NamedTuple):
    """The dimensions of a network, as its configuration takes them, and the parameters they give.

    `model_class` is the class that was counted. `because` says how they are known.
    """

    id: f.Id
    checkpoints: Annotated[f.CheckpointIds, f.Least(1)]
    model_class: f.ClassName
    dimensions: f.Dimensions
    parameters: f.Positive
    writer: Decoder | None = None
    because: f.Required[f.Text] = ""
    sources: f.Required[f.Sources] = ()


class NameChange(NamedTuple):
    """What a release of transformers did to a name: removed, renamed or redirected it.

    `of` is what the name is of: class, pipeline, argument, attribute, module or environment; one
    `*` in `name` stands for anything, and for the same in `instead`.
    """

    id: f.Id
    name: f.Text
    of: Annotated[
        str, f.OneOf("class", "pipeline", "argument", "attribute", "module", "environment")
    ]
    kind: Annotated[str, f.OneOf("removed", "renamed", "redirected")]
    since: Annotated[str, f.TextOf(r"[0-9]+(\.[0-9]+)*", "a version such as `5.0`")]
    instead: f.Text | None = None
    because: f.Required[f.Text] = ""
    sources: f.Required[f.Sources] = ()


class CheckRule(NamedTuple):
    """What `advisor check` looks for: why it matters, its page, a bad and a good example.

    `knowledge` is what the judgement needs to know, by name: lists of words, or mappings from a
    word to such a list. `example` is the name of a file, its bad text and its good one; the line
    that the bad one is reported at ends in `# bad`. `beside` are files beside it, `options` those
    of the command that checks it.
    """

    id: f.Id
    level: Annotated[str, f.OneOf("error", "warning", "note")]
    summary: f.Text
    because: f.Text
    sources: f.Sources = ()
    page: f.Required[f.Text] = ""
    knowledge: Mapping[f.KnowledgeName, f.Knowledge] = {}
    example: f.Computed[Sequence[str]] = ()
    beside: f.Computed[Mapping[str, str]] = {}
    options: f.Computed[Sequence[str]] = ()


class CheckExample(NamedTuple):
    """A bad text of a file and the good one instead, with files beside it."""

    file: f.Text = "app.py"
    bad: f.Required[f.Text] = ""
    good: f.Required[f.Text] = ""
    beside: Annotated[
        Mapping[str, str], f.MapOf(f.TextOf(), f.TextOf(r"[\w.-]+", "a file name"))
    ] = {}
    options: f.Texts = ()


class ProgramPart(NamedTuple):
    """Lines that several programs share."""

    id: f.Id
    code: f.Text


class UnrankedBenchmark(NamedTuple):
    """Words that measurements share, of a benchmark that tells nothing of a task."""

    id: f.Id
    benchmark: f.Text
    metric: f.Text
    split: f.Text | None = None
