"""What a project declares in advisor.yaml: its choices, with needs and waivers, and settings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from advisor.errors import BrokenFileError
from advisor.files import path_shown
from advisor.scan.usage import Location

if TYPE_CHECKING:
    from advisor.reader.document import Document, KeyPath

FILE = "advisor.yaml"

IN_WORDS = "need"
"""Under this name stands a need that is a sentence; no question is called so."""


class Waiver(NamedTuple):
    """A finding that was agreed to for a while. `until` is the last day, as YYYY-MM-DD."""

    rule: str
    reason: str
    until: str
    place: Location


class DeclaredChoice(NamedTuple):
    """A checkpoint that a project says it uses, and what for.

    `needs` are answers to questions, or a sentence under `IN_WORDS`.
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
    """All that advisor.yaml says. `folder` is where it stands; paths in it start there."""

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
                message = f"the choice `{twice}` is declared twice"
                document.report(("choices", index, "name"), message)
    if document.problems:
        raise BrokenFileError(
            f"`{name}` cannot be used",
            problems=tuple(str(problem) for problem in document.problems),
            hint="`advisor init` writes one; `advisor rules schema project` describes it",
        )
    choices = enumerate(document.value.get("choices", []))
    declared = [_choice(document, index, choice) for index, choice in choices]
    return ProjectDeclaration(file.parent, **{**document.value, "choices": tuple(declared)})


def _choice(document: Document, index: int, value: dict[str, Any]) -> DeclaredChoice:
    at: KeyPath = ("choices", index)
    return DeclaredChoice(
        name=value["name"],
        checkpoint=value["checkpoint"],
        revision=value.get("revision"),
        model_class=value.get("class"),
        needs={IN_WORDS: value["needs"]} if isinstance(value["needs"], str) else value["needs"],
        waivers=tuple(
            Waiver(**waiver, place=_place(document, (*at, "waive", number)))
            for number, waiver in enumerate(value.get("waive", []))
        ),
        place=_place(document, (*at, "checkpoint")),
        class_place=_place(document, (*at, "class" if "class" in value else "checkpoint")),
    )


def _place(document: Document, key: KeyPath) -> Location:
    line, column = document.place(key)
    return Location(document.file, line, column, line, column)
