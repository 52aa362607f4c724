"""Whether names and modules are where they are imported from, in the judged release."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import lru_cache

from advisor.catalogue.release import release_table, version_number
from advisor.catalogue.release_members import ReleaseMembers, signature
from advisor.catalogue.release_table import block_of
from advisor.check.case import TRANSFORMERS, Case, mentions, rule
from advisor.check.finding import Edit, Finding, advice
from advisor.check.fixing import TEXTS_AT_ONCE
from advisor.model.library import NameChange
from advisor.scan.source import Parsed, UnreadableError, parse
from advisor.scan.usage import Name

_GIT = r"git(?: clone|\+)"
OWN_BUILD = re.compile(rf"{_GIT}(?:(?!{_GIT})[^\n])*?[/:][\w.-]+/transformers\b")
"""A build from a repository may have what no release ever had."""
UNREAD = "utils.dummy_"
"""Modules of stand-ins, which are not described."""
WIDEST = 88
"""Signs of a line that formatters leave as it is."""
INDENT = "    "


@rule("removed-name", of_release=True)
def removed_name(case: Case) -> Iterator[Finding]:
    """A name that a module of the release lacks, or a module that the release lacks."""
    members = case.release.members
    yield from _gone_with_it(case)
    for name in case.scan.names:
        inside = TRANSFORMERS in name.place.path.split("/")[:-1]  # the library, or a copy of it
        library, _, module = name.module.partition(".")
        if library != TRANSFORMERS or name.optional or inside or module.startswith(UNREAD):
            continue
        if _has(case, members, module, name.name) or case.release.removed(name.name):
            continue
        gone = members.names(module) is None
        last = _last(case, module, name)
        if last is None and not name.imported and not gone:
            continue  # an attribute that no release ever had was put there by somebody
        if last is None and members.version != case.release.version:
            continue  # a release that is not described may have what is new
        if last is None and mentions(case.source(name.place.path), OWN_BUILD):
            continue
        at = f"transformers.{module}" if module else TRANSFORMERS
        what = f"module `{at}`" if gone else f"`{name.name}` in `{at}`"
        if not gone and not module:
            what = f"`{name.name}`"
        until = f"; it was there until {last}" if last else ""
        fix = _elsewhere(members, name.name)
        change = None if fix else _moved(case, module, name.name)
        where = "inside" if name.inside else "" if name.imported else "attribute"
        remedy = _advised(members, name, change) if change else None
        yield Finding(
            f"{case.transformers} has no {what}{until}",
            name.place,
            fix=f"it is in `{fix}`" if fix else remedy,
            edits=_moved_import(case, members, name) if fix and name.imported else (),
            because=str(case.knowledge("consequence")[where][0]) if where and not change else "",
            change=change,
        )


def _moved_import(case: Case, members: ReleaseMembers, name: Name) -> tuple[Edit, ...]:
    """Return what imports all names of a statement from where they are by now; () if unsure.

    Statements of notebooks, with comments inside or that share a line with others are left alone.
    """
    path, text, line = name.place.path, case.source(name.place.path), name.place.line
    parsed = None if name.place.cell is not None or "\r" in text else _parsed(path, text)
    nodes = ast.walk(parsed.tree) if parsed else ()
    imports = (one for one in nodes if isinstance(one, ast.ImportFrom))
    around = (one for one in imports if one.lineno <= line <= (one.end_lineno or one.lineno))
    node = next((one for one in around if any(it.name == name.name for it in one.names)), None)
    if parsed is None or node is None:
        return ()
    place = parsed.location(node)
    written = case.stands_at(place)
    first, last = parsed.lines[place.line - 1], parsed.lines[place.end_line - 1]
    indent, behind = first[: place.column - 1], last[place.end_column - 1 :].partition("#")[0]
    if "#" in written or "\\" in written or not indent.strip() == behind.strip() == "":
        return ()
    modules: dict[str, list[str]] = {}
    for alias in node.names:
        own = f"{alias.name} as {alias.asname}" if alias.asname else alias.name
        stays = _has(case, members, name.module.partition(".")[2], alias.name)
        home = None if stays else _elsewhere(members, alias.name)
        modules.setdefault(home or node.module or "", []).append(own)
    lines = (_line(module, names, indent) for module, names in modules.items())
    return (Edit(place, f"\n{indent}".join(lines), written),)


@lru_cache(maxsize=TEXTS_AT_ONCE)
def _parsed(path: str, text: str) -> Parsed | None:
    try:
        return Parsed(path, parse(text, path), text, text.split("\n"))
    except UnreadableError:
        return None


def _line(module: str, names: list[str], indent: str) -> str:
    """One import, over several lines where it does not fit into one."""
    line = f"from {module} import {', '.join(names)}"
    if len(indent) + len(line) <= WIDEST:
        return line
    inner = "".join(f"{indent}{INDENT}{name},\n" for name in names)
    return f"from {module} import (\n{inner}{indent})"


def _advised(members: ReleaseMembers, name: Name, change: NameChange) -> str | None:
    """What to use: a function with what it asks for, or a module, which may lack the name."""
    instead = change.instead or ""
    at, _, last = instead.removeprefix(f"{TRANSFORMERS}.").rpartition(".")
    if taken := signature((members.names(at) or {}).get(last, "")):
        asked = ", ".join(one for one in taken.positional if one in taken.required)
        return advice(f"{instead}({asked})")
    inside = members.names(instead.removeprefix(f"{TRANSFORMERS}."))
    whole = change.name == f"{name.module}.{name.name}"
    if inside is None or whole or name.name in inside:
        return advice(instead)
    return f"`{instead}` is in its place, without `{name.name}`"


def _gone_with_it(case: Case) -> Iterator[Finding]:
    """A name of the library of the Hub that the one which this release needs has no more."""
    for name in case.scan.names:
        library = name.module.partition(".")[0]
        if library == TRANSFORMERS or not name.imported or name.optional:
            continue
        change = case.release.removed(f"{library}.{name.name}", "module")
        if change is not None:
            needed = f"the `{library}` that {case.transformers} needs"
            yield Finding(f"{needed} has no `{name.name}`", name.place, change=change)


def _moved(case: Case, module: str, name: str) -> NameChange | None:
    """What is known of a module that is gone, or of one that is imported as a name."""
    parts = [TRANSFORMERS, *module.split("."), name] if module else [TRANSFORMERS, name]
    names = (".".join(parts[:length]) for length in range(len(parts), 1, -1))
    changes = (case.release.removed(one, "module") for one in names)
    return next((change for change in changes if change and change.kind == "removed"), None)


def _has(case: Case, members: ReleaseMembers, module: str, name: str) -> bool:
    names = members.names(module)
    if names is None:
        outer, _, inner = module.rpartition(".")  # an object, `logging` say, and no module
        return bool(outer or inner) and inner in (members.names(outer) or ())
    if name in names or "?getattr" in names or name.startswith("__"):
        return True
    at_top = not module or name.endswith("Fast")
    return at_top and (case.release.has_class(name) or case.release.may_lead_on(name))


def _last(case: Case, module: str, name: Name) -> str | None:
    """The last described release before the judged one that has the name there."""
    table = release_table()
    mask = table.masks(block_of(module), f"{module}:").get(name.name, 0)
    judged = version_number(case.release.version)
    had = (
        version
        for number, version in enumerate(table.versions)
        if mask >> number & 1 and version_number(version) < judged
    )
    return max(had, key=version_number, default=None)


@lru_cache(maxsize=1024)
def _elsewhere(members: ReleaseMembers, name: str) -> str | None:
    """The module that has a name in this release: the library itself, or one shared by models."""
    if members.module_of(name):
        return TRANSFORMERS
    for block in members.table.blocks:
        if not block.startswith(("models.", "@")) and name in (members.names(block) or ()):
            return f"{TRANSFORMERS}.{block}"
    return None
