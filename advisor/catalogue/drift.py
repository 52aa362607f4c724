"""Where the catalogue and a release of transformers part: what an entry names and nobody has."""

from __future__ import annotations

from typing import NamedTuple

from advisor.catalogue.release import Release
from advisor.model import Checkpoint
from advisor.model.library import NameChange
from advisor.rulebase.base import RuleBase


class EntryDifference(NamedTuple):
    """One field of an entry that a release does not bear out, in words.

    `problem` is one of missing (no such name), unmapped (no auto class gives the class for the
    model type), elsewhere (the class belongs to another model type) and refused (the pipeline
    does not load the model type). `change` is what became of the name, where that is known.
    """

    checkpoint: str
    field: str
    value: str
    problem: str
    message: str
    change: NameChange | None


class Drift(NamedTuple):
    """The whole catalogue against one release. `checked` entries load through transformers."""

    version: str
    checked: int
    differences: tuple[EntryDifference, ...]

    @property
    def passed(self) -> bool:
        """True where the release bears out every entry."""
        return not self.differences


def drift(rulebase: RuleBase, release: Release) -> Drift:
    """Return where the catalogue's entries and a release differ, in the catalogue's order.

    Only entries that transformers itself loads are held against it: for the others the catalogue
    says so in `loader`.
    """
    entries = [one for one in rulebase.checkpoints.values() if one.loader == "transformers"]
    differences = tuple(found for entry in entries for found in differences_of(entry, release))
    return Drift(release.version, len(entries), differences)


def differences_of(entry: Checkpoint, release: Release) -> tuple[EntryDifference, ...]:
    """Return where one entry and a release differ."""
    found = [
        *_name(entry, "class", entry.model_class, release),
        *_name(entry, "processor", entry.processor, release),
        *_model_type(entry, release),
        *_pipeline(entry, release),
    ]
    return tuple(found)


def _name(
    entry: Checkpoint, field: str, name: str | None, release: Release
) -> list[EntryDifference]:
    if name is None or release.has_class(name):
        return []
    change = release.removed(name)
    return [_missing(entry, field, name, f"has no class {name}", change, release)]


def _model_type(entry: Checkpoint, release: Release) -> list[EntryDifference]:
    """The model type is known, and the class is one that this type can be loaded as."""
    model_type, name = entry.model_type, entry.model_class
    if model_type is None:
        return []
    if not release.knows(model_type):
        said = f"knows no model type {model_type}"
        return [_missing(entry, "model_type", model_type, said, None, release)]
    if name is None or not release.has_class(name) or release.auto_classes_of(name, model_type):
        return []
    (config,) = release.classes_for("AutoConfig", model_type)[:1]
    if release.classes[name] == release.classes.get(config):
        return []  # loaded by its own name: no auto class gives it, by design
    message = f"transformers {release.version} loads no {name} for the model type {model_type}"
    return [_difference(entry, "class", name, "elsewhere", message)]


def _pipeline(entry: Checkpoint, release: Release) -> list[EntryDifference]:
    task = entry.pipeline
    if task is None:
        return []
    if not release.has_pipeline(task):
        change = release.removed(task, of="pipeline")
        return [_missing(entry, "pipeline", task, f"has no pipeline {task}", change, release)]
    if entry.model_type is None or not release.knows(entry.model_type):
        return []
    if release.treats_by_name(task, entry.model_type):
        return []
    loaded = release.loads_with_pipeline(task, entry.model_type)
    if not loaded:
        said = f"refuses the model type {entry.model_type}"
    elif entry.model_class is not None and entry.model_class not in loaded:
        said = f"loads {' or '.join(loaded)} for {entry.model_type}, not {entry.model_class}"
    else:
        return []
    message = f"the pipeline {task} of transformers {release.version} {said}"
    return [_difference(entry, "pipeline", task, "refused", message)]


def _missing(
    entry: Checkpoint,
    field: str,
    value: str,
    said: str,
    change: NameChange | None,
    release: Release,
) -> EntryDifference:
    message = f"transformers {release.version} {said}"
    if change is not None and change.instead:
        message += f"; {change.kind} in {change.since}, now {change.instead}"
    return _difference(entry, field, value, "missing", message, change)


def _difference(
    entry: Checkpoint,
    field: str,
    value: str,
    problem: str,
    message: str,
    change: NameChange | None = None,
) -> EntryDifference:
    return EntryDifference(
        checkpoint=entry.id,
        field=field,
        value=value,
        problem=problem,
        message=message,
        change=change,
    )


class ReleaseComparison(NamedTuple):
    """What one release has that another lacks, by what it is of, in order of names.

    `gone` names carry the change that is known of them; the names of TensorFlow and Flax among
    them are counted by their pattern.
    """

    before: str
    after: str
    gone: tuple[tuple[str, str, NameChange | None], ...]
    new: tuple[tuple[str, str], ...]


def compare(before: Release, after: Release) -> ReleaseComparison:
    """Return what a later release removed, renamed or redirected, and what it brought.

    Of classes only those of a model with a configuration of its own, or of the library itself.
    """
    gone: list[tuple[str, str, NameChange | None]] = []
    new: list[tuple[str, str]] = []
    for of, old, fresh in (
        ("pipeline", set(before.pipelines), set(after.pipelines)),
        ("auto class", set(before.auto), set(after.auto)),
        ("model type", set(before.auto["AutoConfig"]), set(after.auto["AutoConfig"])),
        ("class", set(before.classes), set(after.classes)),
    ):
        kind = "pipeline" if of == "pipeline" else "class"
        gone += [(of, name, after.removed(name, kind)) for name in sorted(old - fresh)]
        new += [(of, name) for name in sorted(fresh - old)]
    return ReleaseComparison(before.version, after.version, tuple(gone), tuple(new))
