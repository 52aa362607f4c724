"""What rule files hold beyond the values that are made of them: keys and entries of their own.

Of a class here that is derived from one of the model nothing is ever made: it adds keys to it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, NamedTuple

from advisor.model.checkpoint import Benchmark, Checkpoint, Program
from advisor.model.evidence import ArticleClaim, Example, Scenario, Statement
from advisor.model.family import EFFECTS, SECTIONS, Criterion, Declaration, Family, Fit, Rule
from advisor.model.fields import (
    Candidates,
    Id,
    Key,
    Least,
    MapOf,
    OneOf,
    PartId,
    Required,
    Sections,
    String,
    Text,
    Texts,
)
from advisor.model.library import CheckRule
from advisor.model.question import Question


class CriterionEntry(Criterion):
    """A criterion as its file holds it: derived rules may judge by it."""

    judges: Annotated[str, OneOf("declarations", "fits")] | None = None


class RuleEntry(Rule):
    """A rule as its file holds it: candidates under one of its effects, and examples."""

    exactly_one = EFFECTS

    exclude: Candidates | None = None
    avoid: Candidates | None = None
    prefer: Candidates | None = None
    examples: Annotated[Sequence[Example], Least(2)]


class QuestionEntry(Question):
    """A question as its file holds it: its options may be the tasks."""

    options_from: Annotated[str, OneOf("tasks")] | None = None


class DeclarationEntry(Declaration):
    """A declaration as its file holds it: it may be concluded rather than read."""

    inferred: bool = False


class FitEntry(Fit):
    """A fit as its file holds it: it may be concluded rather than read."""

    inferred: bool = False


class FamilyEntry(Family):
    """A family as its file holds it: with what is only read where it is shown."""

    description: Annotated[
        Mapping[str, Annotated[Sequence[Statement], Least(1)]], Sections(SECTIONS)
    ] = {}
    claims: Sequence[ArticleClaim] = ()


class UnrankedBenchmark(NamedTuple):
    """Words that measurements share, of a benchmark that tells nothing of a task."""

    id: Id
    benchmark: Text
    metric: Text
    split: Text | None = None


class BenchmarkEntry(Benchmark):
    """A benchmark as its file holds it: with the split of its measurements."""

    split: Text | None = None


class CheckpointEntry(Checkpoint):
    """A checkpoint as its file holds it: what becomes its `notes` stands apart."""

    parameters_precision: Annotated[str, OneOf("published", "derived", "rounded")] | None = None
    image_size_note: Text | None = None
    languages_note: Text | None = None
    intended_use: Text | None = None
    language_model_licence: Text | None = None


class ProgramPart(NamedTuple):
    """Lines that several programs share."""

    id: Id
    code: Text


class ProgramEntry(Program):
    """A program as its file holds it: with the parts that its code is joined from."""

    parts: Annotated[Sequence[PartId], Least(1)]


class ScenarioEntry(Scenario):
    """A scenario as its file holds it: with a remark for whoever reads it."""

    note: Text | None = None


class CheckExample(NamedTuple):
    """A bad text of a file and the good one instead, with files beside it."""

    file: Text = "app.py"
    bad: Required[Text] = ""
    good: Required[Text] = ""
    beside: Annotated[Mapping[str, str], MapOf(String(), String(r"[\w.-]+", "a file name"))] = {}
    options: Texts = ()


class CheckRuleEntry(CheckRule):
    """A rule of the check as its file holds it: with its example in one place."""

    sample: Annotated[CheckExample, Key("example")]


ENTRIES: dict[type, type] = {
    entry.__bases__[0]: entry
    for entry in (
        *(CriterionEntry, RuleEntry, QuestionEntry, DeclarationEntry, FitEntry, FamilyEntry),
        *(BenchmarkEntry, CheckpointEntry, ProgramEntry, ScenarioEntry, CheckRuleEntry),
    )
}
"""For a declared class, the one that adds to it what files hold."""
