"""One release of transformers: its classes, auto mappings, pipelines, and changes of names.

`release(rulebase, "5")` is the way to get one. A table of many releases ships with the rules; an
installed one that is not in it is read from its files. Nothing here imports transformers.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Set
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Any

from advisor.catalogue.release_members import BASES, ReleaseMembers
from advisor.catalogue.release_table import (
    SPAN,
    TABLE,
    ReleaseDescription,
    ReleaseTable,
    block_of,
)
from advisor.errors import AdvisorError, UsageError
from advisor.model.library import NameChange
from advisor.rulebase.base import RuleBase

INSTALLED = "installed"
_VERSION = re.compile(r'^__version__ = "([\d.]+)"', re.MULTILINE)


@lru_cache(maxsize=1024)
def version_number(text: str) -> tuple[int, ...]:
    """Return the leading numbers of a version, (5, 25, 0) of `v5.25.0.dev0`; UsageError if none."""
    match = re.match(r"v?(\d{1,6}(?:\.\d{1,6}){0,5})(?!\d)", text)
    if match is None:
        raise UsageError(
            f"`{text:.40}` is not a transformers version", hint="e.g. 5, 4.57 or `installed`"
        )
    return tuple(map(int, match.group(1).split(".")))


class Release:
    """One release of transformers, with look-ups. Built from what `release_files.describe` returns.

    - `version`: "5.24.0"
    - `pipelines`: task -> the auto classes that `pipeline(task)` loads a model with
    - `auto`: auto class -> model type -> class names. Besides models: AutoConfig, AutoProcessor,
      AutoImageProcessor, AutoTokenizer, AutoVideoProcessor.
    - `asked`: the requested version, if this release only stands in for it; else ""
    - `members`: of its classes and modules; by default of the nearest described release
    """

    def __init__(
        self,
        description: dict[str, Any],
        changes: Iterable[NameChange] = (),
        members: ReleaseMembers | None = None,
        asked: str = "",
    ) -> None:
        self.version: str = description["version"]
        self.members, self.asked = members or members_of(self.version), asked
        self._description = description
        self.pipelines: dict[str, list[str]] = description["pipelines"]
        self._named: dict[str, list[str]] = description["named"]
        self.pipeline_aliases: dict[str, str] = description["aliases"]
        self._suffixes: tuple[str, ...] = tuple(description["suffixes"])
        self.changes = [change for change in changes if self.reaches(change.since)]
        self.removed = cache(self._removed)

    def reaches(self, version: str) -> bool:
        """True if this release is `version` or a later one."""
        return version_number(self.version) >= version_number(version)

    @property
    def note(self) -> str | None:
        """A sentence that names the requested and the described release; None if they are equal."""
        if not self.asked:
            return None
        return (
            f"advisor has no data on transformers {self.asked}, so it checks the code against "
            f"{self.version}"
        )

    @cached_property
    def classes(self) -> dict[str, str]:
        """Public class or function -> its folder below `transformers/models`, or ""."""
        return dict(self._description["classes"])

    @cached_property
    def auto(self) -> dict[str, dict[str, list[str]]]:
        """Auto class -> model type -> class names."""
        return dict(self._description["auto"])

    @cached_property
    def _types(self) -> dict[str, set[str]]:
        types = defaultdict(set)
        for by_type in self.auto.values():
            for model_type, names in by_type.items():
                for name in names:
                    types[name].add(model_type)
        return types

    def types_of(self, class_name: str) -> Set[str]:
        """Return the model types that any auto class maps to this class; empty if none does."""
        return self._types.get(class_name, frozenset())

    def has_class(self, name: str) -> bool:
        """True if `from transformers import name` works once the extras it needs are installed.

        In transformers 5 also for `CLIPTokenizerFast`, an old name that gives `CLIPTokenizer`.
        """
        old = name.endswith(self._suffixes) and name.removesuffix("Fast") in self.classes
        return old or name in self.classes

    def may_lead_on(self, name: str) -> bool:
        """True for a tokenizer's name, if this release resolves unlisted names at run time.

        From transformers 5 on, `LayoutLMTokenizer` is in no list and gives `BertTokenizer`.
        """
        return bool(self._suffixes) and name.removesuffix("Fast").endswith("Tokenizer")

    def classes_for(self, auto_class: str, model_type: str) -> tuple[str, ...]:
        """Return the class names that an auto class maps a model type to; () if it refuses it.

        There is usually one; image processors and older tokenizers have one per backend. The result
        is also () if the release has no such auto class: check `has_class`.
        """
        return tuple(self.auto.get(auto_class, {}).get(model_type, ()))

    def knows(self, model_type: str) -> bool:
        """True if `AutoConfig` supports the model type, so that its `config.json` can be loaded."""
        return bool(self.classes_for("AutoConfig", model_type))

    def has_pipeline(self, task: str) -> bool:
        """True if `pipeline(task)` supports the task under this name or as an alias."""
        return task in self.pipelines or task in self.pipeline_aliases

    def treats_by_name(self, task: str, model_type: str) -> bool:
        """True if the source of the task's pipeline names the model type's configuration class.

        Such a pipeline has code for this model type. The pipeline's auto classes are not consulted.
        """
        config = self.classes_for("AutoConfig", model_type)
        return bool(set(config) & set(self._named.get(task, ())))

    def loads_with_pipeline(self, task: str, model_type: str) -> tuple[str, ...]:
        """Return the model classes that `pipeline(task)` may load for a model type; () if none."""
        task = self.pipeline_aliases.get(task, task)
        return tuple(
            name
            for auto in self.pipelines.get(task, ())
            for name in self.classes_for(auto, model_type)
        )

    def _removed(self, name: str, of: str = "class") -> NameChange | None:
        """Return the first change up to this release that matches a name, else None.

        `of` is one of class, pipeline, argument, attribute, module, environment. The change's
        `kind` is removed (using it fails), renamed (the old name fails or warns, `instead` is the
        new one) or redirected (the old name still works, and gives `instead`). A pattern is filled
        in: `CLIPFeatureExtractor` has `instead` `CLIPImageProcessor`; it is removed if this release
        lacks that class. Classes and pipelines that still exist give None, as do unknown names: ask
        `has_class`.
        """
        if of == "class" and name in self.classes:
            return None
        if of == "pipeline" and self.has_pipeline(name):
            return None
        for change in self.changes:
            before, star, after = change.name.partition("*")
            stem = name[len(before) : len(name) - len(after)]
            same = name == f"{before}{stem}{after}" and bool(stem) == bool(star)
            if change.of == of and same:
                instead = change.instead and change.instead.replace("*", stem)
                if change.of == "class" and instead and instead not in self.classes:
                    return change._replace(name=name, kind="removed", instead=None)
                return change._replace(name=name, instead=instead)
        return None


def release(rulebase: RuleBase, version: str = "") -> Release:
    """Return the release for `version`: `installed`, or a number such as 5 or 4.57.

    A number selects the newest described release that begins with it. If there is none, the last
    patch of the same minor version stands in, else the nearest below, else the oldest; see
    `Release.note`. Without a version it is the installed release, or the newest described one if
    there is none. Raises UsageError for text without a number or an undescribed major version, and
    AdvisorError if `installed` is absent (kind not-installed) or not readable (unreadable-release).
    """
    package, described = installed_package(), described_releases()
    if version == INSTALLED or (package and not version):
        installed = _version_of(package) if package else None
        if installed in described:
            return _described(rulebase, installed or "")
        return Release(_installed(package), rulebase.changes)
    wanted = version_number(version or described[-1])
    matching = [name for name in described if version_number(name)[: len(wanted)] == wanted]
    if matching:
        return _described(rulebase, matching[-1])
    near = _nearest(described, wanted)
    if near is None:
        raise UsageError(
            f"the release `{version}` of transformers is unknown",
            hint=f"use {described[0]} to {described[-1]} (the last patch of each minor release), "
            "or `installed`",
            kind="unknown-release",
        )
    return _described(rulebase, near, asked=".".join(map(str, wanted)))


def _nearest(described: list[str], wanted: tuple[int, ...]) -> str | None:
    """Return the described release nearest to `wanted`; None if none has its major version."""
    same = [name for name in described if version_number(name)[:1] == wanted[:1]]
    minor = [name for name in same if version_number(name)[:2] == wanted[:2]]
    if minor or not same:
        return minor[-1] if minor else None
    below = bisect_right(list(map(version_number, described)), wanted)
    return described[max(below - 1, 0)]


@cache
def release_table() -> ReleaseTable:
    """Return the shipped table of releases."""
    return ReleaseTable(TABLE)


def described_releases() -> list[str]:
    """Return the releases that the shipped table describes, oldest first."""
    return list(release_table().versions)


def members_of(version: str) -> ReleaseMembers:
    """Return the members of a release, or of the nearest described one if the table lacks it."""
    described, number = described_releases(), version_number(version)
    near = version if version in described else _nearest(described, number)
    oldest = number < version_number(described[0])
    return _members(release_table(), near or described[0 if oldest else -1])


@cache
def _members(table: ReleaseTable, version: str) -> ReleaseMembers:
    return ReleaseMembers(table, version)


@lru_cache(maxsize=64)
def _described(rulebase: RuleBase, version: str, asked: str = "") -> Release:
    table = release_table()
    members = _members(table, version)
    return Release(ReleaseDescription(table, version), rulebase.changes, members, asked)


def installed_package() -> Path | None:
    """Return the folder of the installed transformers without importing it; None if absent."""
    from importlib.util import find_spec

    try:
        spec = find_spec("transformers")
    except (ImportError, ValueError):
        return None
    return Path(spec.origin).parent if spec and spec.origin else None


def _version_of(package: Path) -> str | None:
    try:
        match = _VERSION.search((package / "__init__.py").read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return None
    return match[1] if match else None


@cache
def _installed(package: Path | None) -> dict[str, Any]:
    """Return the description of the installed package; AdvisorError if absent or unreadable."""
    from advisor.catalogue.release_files import describe

    described = described_releases()
    hint = f"pass a release from {described[0]} to {described[-1]}"
    if package is None:
        raise AdvisorError(
            "transformers is not installed in this environment", hint=hint, kind="not-installed"
        )
    try:
        return describe(package)
    except (OSError, SyntaxError, KeyError, AttributeError, ValueError) as error:
        raise AdvisorError(
            f"the installed transformers cannot be read: {error}",
            hint=hint,
            kind="unreadable-release",
        ) from error


INHERITED = ("modeling_utils", "image_processing_utils", "image_processing_base")
"""Blocks with base classes that the classes of all model folders inherit from."""


def lost_members() -> Callable[[str], frozenset[str]]:
    """Return a function: class name -> members that its block and `INHERITED` have lost.

    A member is lost if an earlier release had it in any class there and the newest has not, unless
    the class itself has it. The set is empty for a class that the table lacks.
    """
    table, described = release_table(), described_releases()
    newest = members_of(described[-1])

    @cache
    def of_block(block: str) -> frozenset[str]:
        lost = _lost(table, block, len(described) - 1)
        table.forget(block)  # most are of models whose members no rule asks for
        return lost

    @cache
    def lost(name: str) -> frozenset[str]:
        module, at = newest.module_of(name), newest.of(name)
        if module is None or at is None:
            return frozenset()
        return of_block(block_of(module)).union(*map(of_block, INHERITED)) - at.texts.keys()

    return lost


def _lost(table: ReleaseTable, block: str, release: int) -> frozenset[str]:
    """Return public members that classes of a block have in other releases and not in `release`."""
    lost: set[str] = set()
    for lines in table.groups(block):
        group, _, span = lines.partition("\n")[0].partition(SPAN)
        if ":" in group[:-1] and table.has(span, release):  # a class, and it is there
            masks = table.masks(block, group).items()
            ended = [name for name, mask in masks if not mask >> release & 1]
            lost |= {name for name in ended if name[:1] not in ("_", "?", "-", BASES)}
    return frozenset(lost)
