"""Where the catalogue and a release of transformers part: what an entry names and nobody has.

For whoever maintains the rules: `python tools/catalogue_drift.py [VERSION] [--since VERSION]` holds
every entry against a release (the installed one, else the newest described), prints what differs
and returns 1 where something does. Nothing is imported: the files of the package are parsed.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from advisor.catalogue.release import Release, release
from advisor.errors import AdvisorError
from advisor.model import Checkpoint
from advisor.model.library import NameChange
from advisor.rulebase.base import RuleBase
from advisor.rulebase.store import load_rules


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
    change: NameChange | None = None


class Drift(NamedTuple):
    """The whole catalogue against one release. `checked` entries load through transformers."""

    version: str
    checked: int
    differences: tuple[EntryDifference, ...]

    @property
    def passed(self) -> bool:
        """True where the release bears out every entry."""
        return not self.differences


def drift(rulebase: RuleBase, held: Release) -> Drift:
    """Return where the catalogue's entries and a release differ, in the catalogue's order.

    Only entries that transformers itself loads are held against it: for the others the catalogue
    says so in `loader`.
    """
    entries = [one for one in rulebase.checkpoints.values() if one.loader == "transformers"]
    differences = tuple(found for entry in entries for found in differences_of(entry, held))
    return Drift(held.version, len(entries), differences)


def differences_of(entry: Checkpoint, release: Release) -> tuple[EntryDifference, ...]:
    """Return where one entry and a release differ."""
    named = (("class", entry.model_class), ("processor", entry.processor))
    missing = [
        _missing(entry, field, name, f"has no class {name}", release)
        for field, name in named
        if name is not None and not release.has_class(name)
    ]
    return (*missing, *_model_type(entry, release), *_pipeline(entry, release))


def auto_classes_of(release: Release, class_name: str, model_type: str) -> tuple[str, ...]:
    """Return the auto classes that give a class for a model type, in order of their names."""
    return tuple(
        name for name in release.auto if class_name in release.classes_for(name, model_type)
    )


def _model_type(entry: Checkpoint, release: Release) -> Iterator[EntryDifference]:
    """The model type is known, and the class is one that this type can be loaded as."""
    model_type, name = entry.model_type, entry.model_class
    if model_type is None:
        return
    if not release.knows(model_type):
        yield _missing(
            entry, "model_type", model_type, f"knows no model type {model_type}", release
        )
    elif name and release.has_class(name) and not auto_classes_of(release, name, model_type):
        config = release.classes_for("AutoConfig", model_type)[0]
        if release.classes[name] != release.classes.get(config):  # else loaded by its own name
            message = f"transformers {release.version} loads no {name} for the model type"
            yield EntryDifference(entry.id, "class", name, "elsewhere", f"{message} {model_type}")


def _pipeline(entry: Checkpoint, release: Release) -> Iterator[EntryDifference]:
    """The pipeline is there, and loads the class of the entry for its model type."""
    task, model_type, name = entry.pipeline, entry.model_type, entry.model_class
    if task is None:
        return
    if not release.has_pipeline(task):
        yield _missing(entry, "pipeline", task, f"has no pipeline {task}", release)
        return
    if model_type is None or not release.knows(model_type):
        return
    loaded = release.loads_with_pipeline(task, model_type)
    if release.treats_by_name(task, model_type) or (loaded and name in (None, *loaded)):
        return
    said = f"loads {' or '.join(loaded)} for {model_type}, not {name}"
    if not loaded:
        said = f"refuses the model type {model_type}"
    message = f"the pipeline {task} of transformers {release.version} {said}"
    yield EntryDifference(entry.id, "pipeline", task, "refused", message)


def _missing(
    entry: Checkpoint, field: str, value: str, said: str, release: Release
) -> EntryDifference:
    """A name that the release lacks, and what became of it."""
    of = "pipeline" if field == "pipeline" else "class"
    change = None if field == "model_type" else release.removed(value, of)
    message = f"transformers {release.version} {said}"
    if change is not None and change.instead:
        message += f"; {change.kind} in {change.since}, now {change.instead}"
    return EntryDifference(entry.id, field, value, "missing", message, change)


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
        ("pipeline", before.pipelines, after.pipelines),
        ("auto class", before.auto, after.auto),
        ("model type", before.auto["AutoConfig"], after.auto["AutoConfig"]),
        ("class", before.classes, after.classes),
    ):
        kind = "pipeline" if of == "pipeline" else "class"
        gone += [(of, name, after.removed(name, kind)) for name in sorted(old.keys() - fresh)]
        new += [(of, name) for name in sorted(fresh.keys() - old)]
    return ReleaseComparison(before.version, after.version, tuple(gone), tuple(new))


def told(comparison: ReleaseComparison) -> Iterator[str]:
    """Yield what became of the names that went, then how many others went and came."""
    for of, name, change in comparison.gone:
        if change is not None and of in ("pipeline", "class"):
            instead = f", now {change.instead}" if change.instead else ""
            yield f"{of} {name}: {change.kind} in {change.since}{instead}"
    unknown = Counter(of for of, _, change in comparison.gone if change is None)
    for text, numbers in (
        ("gone, nothing else known", unknown),
        ("new", Counter(of for of, _ in comparison.new)),
    ):
        yield from (f"{text}: {number} of {of}" for of, number in numbers.items())


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what differs; return 1 where something does, 2 where a release is not known."""
    parser = argparse.ArgumentParser(description="Hold every entry against a transformers release.")
    parser.add_argument("version", nargs="?", default="", help="such as 5 or 4.57, or installed")
    parser.add_argument("--since", default="", help="print too what changed since this release")
    wanted = parser.parse_args(arguments)
    rulebase = load_rules()
    try:
        held = release(rulebase, wanted.version)
        before = release(rulebase, wanted.since) if wanted.since else None
    except AdvisorError as error:
        print(error, file=sys.stderr)
        return 2
    result = drift(rulebase, held)
    for difference in result.differences:
        print(f"{difference.checkpoint}: {difference.field}: {difference.message}")
    if before is not None:
        print(*told(compare(before, held)), sep="\n")
    print(
        f"{result.checked} checkpoints against transformers {result.version}: "
        f"{len(result.differences) or 'no'} differences"
    )
    return 0 if result.passed else 1


if __name__ == "__main__":
    sys.exit(main())
