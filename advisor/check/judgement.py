"""What advisor.yaml declares, and the verdict of the rules on each declared checkpoint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from advisor.decide.bounded_rules import bounded
from advisor.decide.requirements import Requirements, Suitability
from advisor.engine.decision import Assessment, Decision, Engine
from advisor.engine.profile import Answer, Profile, make_profile
from advisor.errors import AdvisorError, BrokenFileError, OneModelError, UsageError
from advisor.files import path_shown
from advisor.model import NONE, TASK, Checkpoint, NamedTuple, Question
from advisor.phrasing import joined
from advisor.rulebase.base import RuleBase
from advisor.scan.usage import Location

FILE = "advisor.yaml"

IN_WORDS = "need"
"""The key of a need that is a sentence; no question has this id."""


class Waiver(NamedTuple):
    """A finding that is suppressed for a while; `until` is the last day, as YYYY-MM-DD."""

    rule: str
    reason: str
    until: str
    place: Location


class DeclaredChoice(NamedTuple):
    """A checkpoint that a project declares, and its needs.

    `needs` are answers by question, or a sentence under `IN_WORDS`.
    """

    name: str
    checkpoint: str
    revision: str | None
    model_class: str | None
    needs: dict[str, Any]
    waivers: tuple[Waiver, ...]
    place: Location
    class_place: Location


class ProjectDeclaration(NamedTuple):
    """The contents of advisor.yaml. It stands in `folder`, to which its paths are relative."""

    folder: Path
    choices: tuple[DeclaredChoice, ...] = ()
    rules: Sequence[str] = ()
    fail_on: str = ""
    exclude: Sequence[str] = ()
    transformers: str = ""


def read_declaration(file: Path, within: Path | None = None) -> ProjectDeclaration:
    """Read advisor.yaml; with `within`, never through a link out of that folder.

    Raises BrokenFileError with every problem at file:line:column.
    """
    from advisor.model.file_kinds import PROJECT
    from advisor.reader.document import read_document
    from advisor.reader.shape import check_shape

    name = path_shown(file)
    document = read_document(file, name, within=within)
    if document.value is None and not document.problems:
        document.value = {}  # a file of comments declares nothing
    if check_shape(document, PROJECT):
        names = [choice["name"] for choice in document.value.get("choices", [])]
        for index, twice in enumerate(names):
            if twice in names[:index]:
                message = f"the model `{twice}` is declared twice"
                document.report(("choices", index, "name"), message)
    if document.problems:
        raise BrokenFileError(
            f"`{name}` cannot be used",
            problems=tuple(str(problem) for problem in document.problems),
            hint="run `advisor init` to create the file, or `advisor rules schema project` for "
            "its format",
        )

    def place(*key: str | int) -> Location:
        line, column = document.place(("choices", *key))
        return Location(document.file, line, column, line, column)

    choices = tuple(
        DeclaredChoice(
            name=value["name"],
            checkpoint=value["checkpoint"],
            revision=value.get("revision"),
            model_class=value.get("class"),
            needs={IN_WORDS: value["needs"]} if type(value["needs"]) is str else value["needs"],
            waivers=tuple(
                Waiver(**waiver, place=place(index, "waive", number))
                for number, waiver in enumerate(value.get("waive", []))
            ),
            place=place(index, "checkpoint"),
            class_place=place(index, "class" if "class" in value else "checkpoint"),
        )
        for index, value in enumerate(document.value.get("choices", []))
    )
    return ProjectDeclaration(file.parent, **{**document.value, "choices": choices})


class Judgement(NamedTuple):
    """The verdict on a catalogued checkpoint for one task.

    `assessment` is that of its family, `suitability` tells what the checkpoint itself lacks. If a
    missing answer decides, `settles` is the question to answer first.
    `choice` is its entry in advisor.yaml, None if it was named on the command line. `rulebase` are
    the rules with the bounds of the answers.
    """

    checkpoint: Checkpoint
    model_class: str | None
    choice: DeclaredChoice | None
    decision: Decision
    assessment: Assessment
    suitability: Suitability
    rulebase: RuleBase
    settles: Question | None = None

    @property
    def task(self) -> str:
        """The id of the task."""
        return self.decision.profile[TASK].options[0]

    @property
    def undetermined(self) -> bool:
        """True if missing answers decide whether the family is excluded."""
        verdicts = self.assessment.possible_verdicts
        return "excluded" in verdicts and len(verdicts) > 1


def judgement_of(
    rulebase: RuleBase,
    checkpoint_id: str,
    answers: Mapping[str, Any] | Profile,
    *,
    model_class: str | None = None,
    choice: DeclaredChoice | None = None,
    priority: tuple[str, ...] = (),
) -> Judgement:
    """Judge a catalogued checkpoint for answers with one task.

    Raises UsageError for unknown names, and unless exactly one task is given.
    """
    checkpoint = rulebase.checkpoint(checkpoint_id)
    profile = make_profile(rulebase, answers)
    if len(profile[TASK].options if TASK in profile else ()) != 1:
        tasks = [f"`--task {task}`" for task in (*checkpoint.tasks, *checkpoint.fine_tune)]
        hint = f"pass one of its tasks, such as {joined(tasks[:3], 'or')}"
        raise OneModelError("a check of one checkpoint needs exactly one task", hint=hint)
    engine, profile = bounded(Engine.known(rulebase, priority), profile)
    decision = engine.decide(profile)
    judgement = Judgement(
        checkpoint=checkpoint,
        model_class=model_class,
        choice=choice,
        decision=decision,
        assessment=_assessment(decision, checkpoint),
        suitability=Requirements(engine.rulebase, decision.profile).judge(checkpoint),
        rulebase=engine.rulebase,
    )
    if judgement.undetermined:
        from advisor.interview.session import FAMILY, Session

        if ask := Session(engine, profile, FAMILY).next():
            return judgement._replace(settles=ask.question)
    return judgement


def _assessment(decision: Decision, checkpoint: Checkpoint) -> Assessment:
    """The assessment of a checkpoint's family.

    Outside the families, or if none is right for a task that it does, it has the verdict on no
    family.
    """
    apart = decision.outcome == NONE and decision.profile[TASK].options[0] in checkpoint.tasks
    if checkpoint.family != NONE and not apart:
        return next(each for each in decision.assessments if each.family == checkpoint.family)
    verdicts = {
        other: "recommended" if other == NONE else "excluded"
        for other in (decision.family or NONE, *decision.possible)
    }
    possible = tuple(dict.fromkeys(verdicts.values()))
    return Assessment(NONE, verdicts[decision.family or NONE], None, None, (), possible)


def judgements_of(
    rulebase: RuleBase, choice: DeclaredChoice, priority: tuple[str, ...]
) -> list[Judgement]:
    """Return a judgement for each task in the needs of a choice; empty if it is not catalogued.

    Raises UsageError with the line if its needs cannot be used, or if they have no task.
    """
    where = f"{choice.place.path}:{choice.place.line}: choice `{choice.name}`"
    try:
        if IN_WORDS in choice.needs:
            from advisor.need.understanding import one_task

            profile = one_task(Engine.known(rulebase, priority), choice.needs[IN_WORDS])
        else:
            profile = make_profile(rulebase, choice.needs, "file")
        tasks = profile[TASK].options if TASK in profile else ()
        judgements = [
            judgement_of(
                rulebase,
                choice.checkpoint,
                {**profile, TASK: Answer((task,), None, "file")},
                model_class=choice.model_class,
                choice=choice,
                priority=priority,
            )
            for task in tasks
            if choice.checkpoint in rulebase.checkpoints
        ]
    except AdvisorError as error:
        raise UsageError(f"{where}: {error.message}", hint=error.hint, kind=error.kind) from error
    if not tasks:
        hint = "add a task to its needs, e.g. `task: captioning`"
        raise UsageError(f"{where} has no task", hint=hint)
    return judgements
