"""The rule files as they stand once what the Hub says is written into them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path as FilePath
from typing import Any

from advisor.catalogue.knowledge import KEYS
from advisor.catalogue.refresh import FieldChange, Refresh, Refreshed
from advisor.catalogue.rewrite import REMOVED, appended, rewrite
from advisor.console.output import note
from advisor.errors import AdvisorError, BrokenFileError, UsageError
from advisor.files import make_folder, passing_folder, path_shown, read_bounded, write_text
from advisor.model import Checkpoint
from advisor.reader.document import MAX_BYTES, Document, KeyPath, read_text
from advisor.rulebase import store
from advisor.rulebase.base import RuleBase
from advisor.rulebase.short_forms import ORDER

SOURCES = "sources/hub-api.yaml"


def folder_to_write(rulebase: RuleBase, rules: Sequence[FilePath]) -> FilePath:
    """Return the last overlay, else the shipped rules of a development checkout.

    Raises UsageError where these are the rules of an installed advisor.
    """
    if rules or rulebase.folders:
        return rules[-1] if rules else FilePath(rulebase.folders[-1])
    if store.shipped_rules().is_relative_to(store.PACKAGE):
        raise UsageError(
            "the rules of an installed advisor are not written to",
            hint="write into a folder of your own: --write --rules our-rules",
        )
    return store.shipped_rules()


def write_files(files: Mapping[FilePath, str], folder: FilePath) -> tuple[str, ...]:
    """Write files of a rule folder, each whole or not at all; return their names for reports.

    The whole is read before, references and all, in a copy: where it has problems, BrokenFileError
    is raised and nothing is written. Sources come before what cites them, so that a run that is
    stopped leaves rules that can be read.
    """
    if files:
        _check_whole(files, folder)
        note("the rules read well with it; look at the difference before you keep it")
    for path in sorted(files, key=lambda path: ("sources" not in path.parts, path)):
        make_folder(path.parent, within=folder)
        write_text(path, files[path], within=folder)
    return tuple(path_shown(path) for path in files)


def _check_whole(files: Mapping[FilePath, str], folder: FilePath) -> None:
    """Read a rule folder as it would be with these files in it."""
    shipped = folder == store.shipped_rules()
    with passing_folder() as place:
        copy = place / folder.absolute().name
        kept = store.rule_files(folder) if any(map(any, map(folder.glob, store.PLACES))) else []
        whole = {file.name: file.data for file in kept}
        whole |= {path.relative_to(folder).as_posix(): files[path].encode() for path in files}
        for name, data in whole.items():
            inside = copy / name
            inside.parent.mkdir(parents=True, exist_ok=True)
            inside.write_bytes(data)
        rulebase = store.load_rules(copy) if shipped else store.load_rules(overlays=(copy,))
        _ = rulebase.digest


def write_refresh(rulebase: RuleBase, done: Refresh, folder: FilePath, today: str) -> Refresh:
    """Write what the Hub said into a rule folder; return it with the files that changed."""
    rows = [(rulebase.checkpoint(row.id), row) for row in done.rows]
    files = written_files(store.shipped_rules(), folder, rows, today)
    return done._replace(written=write_files(files, folder))


def written_files(
    base: FilePath, folder: FilePath, rows: Sequence[tuple[Checkpoint, Refreshed]], today: str
) -> dict[FilePath, str]:
    """Return the new text of each file that changes.

    The files of the rule folder `base` are changed in place; where `folder` is another, an overlay,
    entries are copied into it first. Each change gets the Hub as its source and `today` as the day
    it was checked. Raises AdvisorError where a file cannot be changed safely.
    """
    texts: dict[FilePath, str] = {}
    before = sources = text_of(folder / SOURCES)
    series = _series(base, folder)
    for checkpoint, row in rows:
        changes = [change for change in row.changes if not change.by_hand]
        if row.status not in ("same", "changed") or (folder != base and not changes):
            continue  # nothing to write, or to lay over
        name = f"checkpoints/{checkpoint.family}.yaml"  # where a rule base has it
        path = folder / name
        text = texts.get(path) or text_of(path)
        if _index(read_text(text, name), checkpoint.id) is None:
            text = _with_entry(text, text_of(base / name), checkpoint.id)
        document = read_text(text, path.name)
        index = _index(document, checkpoint.id)
        if index is None:
            raise AdvisorError(
                f"no file of the rules holds `{checkpoint.id}`",
                hint="write into an overlay: --rules DIR",
            )
        if changes:
            revision = next((c.now for c in changes if c.field == "revision"), checkpoint.revision)
            sources = cite(sources, checkpoint.id, revision, today)
        shared = series.get(document.value["checkpoints"][index].get("series"), {})
        edits = _edits(document, index, checkpoint, changes, shared, today)
        texts[path] = rewrite(text, path.name, edits, KEYS)
    return texts if sources == before else {**texts, folder / SOURCES: sources}


def text_of(path: FilePath) -> str:
    """Return the text of a rule file, empty where there is none. Raises BrokenFileError."""
    try:
        return read_bounded(path, MAX_BYTES, within=path.parent.parent).decode("utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, ValueError) as error:
        raise BrokenFileError(f"`{path.name}` cannot be read: {error}") from error


def _index(document: Document, id: str) -> int | None:
    entries = (document.value or {}).get("checkpoints", [])
    return next((number for number, one in enumerate(entries) if one.get("id") == id), None)


def _series(*folders: FilePath) -> dict[str, dict[str, Any]]:
    """What each series of the rule folders shares, by its id; the later folder counts."""
    files = [file for folder in folders for file in sorted(folder.glob("checkpoints/*.yaml"))]
    documents = [read_text(text_of(file), file.name).value or {} for file in files]
    return {one["id"]: one for document in documents for one in document.get("series", ())}


def _with_entry(text: str, shipped: str, id: str) -> str:
    """Return the text of an overlay's file with a copy of the shipped entry, if any, at its end."""
    document = read_text(shipped, "the shipped rules")
    index = _index(document, id)
    if index is None:
        return text
    lines = shipped.splitlines(keepends=True)
    first = document.places["checkpoints", index, "id"][0] - 1
    following = document.places.get(("checkpoints", index + 1, "id"))
    block = lines[first : following[0] - 1 if following else len(lines)]
    while not block[-1].strip() or block[-1].lstrip().startswith("#"):
        block.pop()
    return appended(text, "the overlay", "checkpoints", block)


def _edits(
    document: Document,
    index: int,
    checkpoint: Checkpoint,
    changes: Sequence[FieldChange],
    shared: Mapping[str, Any],
    today: str,
) -> dict[KeyPath, Any]:
    at: KeyPath = ("checkpoints", index)
    values = {"checked": today, **{change.field: change.now for change in changes}}
    if "parameters_millions" in values and "parameters_precision" in checkpoint.notes:
        values["parameters_precision"] = "published"
    edits: dict[KeyPath, Any] = {
        # without a line of its own: what nobody knows, and what its series has
        (*at, field): REMOVED if value == shared.get(field) else value
        for field, value in values.items()
    }
    sources = document.value["checkpoints"][index].get("sources", {})
    return edits | _citing((*at, "sources"), sources, changes, source_id(checkpoint.id))


def _citing(
    at: KeyPath, sources: dict[str, list[str]], changes: Sequence[FieldChange], source: str
) -> dict[KeyPath, Any]:
    """The lines of `sources` that change so that what is known now cites a source alone."""
    cited = [change.field for change in changes if change.now is not None]
    gone = {change.field for change in changes}
    if not sources:
        return {at: {source: cited}} if cited else {}
    if sources.keys() <= ORDER.keys():  # each line begins with a field
        return {(*at, field): [source] if field in cited else REMOVED for field in gone}
    edits: dict[KeyPath, Any] = {}
    for key, listed in sources.items():
        left = [] if key in gone else [each for each in listed if each not in gone]
        if left != listed:
            edits[*at, key] = left or REMOVED
    own = [*sources.get(source, ()), *cited]
    if cited:
        edits[*at, source] = [field for field in ORDER if field in own]
    return edits


def cite(text: str, id: str, revision: str | None, today: str) -> str:
    """Return the file of what was read from the Hub, a repository's source added or renewed."""
    known = (read_text(text, SOURCES).value or {}).get("sources", [])
    index = next((n for n, one in enumerate(known) if one.get("id") == source_id(id)), None)
    if index is None:
        entry = [
            f"  - id: {source_id(id)}",
            f"    title: {id}, what the Hub's API says of it",
            "    kind: registry",
            f"    url: https://huggingface.co/{id}",
            *([f'    version: "{revision}"'] if revision else []),
            f'    read: "{today}"',
        ]
        return appended(text, SOURCES, "sources", entry)
    edits: dict[KeyPath, Any] = {("sources", index, "read"): today}
    edits |= {("sources", index, "version"): revision} if revision else {}
    return rewrite(text, SOURCES, edits, ("url", "version", "read"))


def source_id(id: str) -> str:
    """Return the id of the source that is the Hub's API on a repository."""
    return "hub-api-" + re.sub(r"[^a-z0-9]+", "-", id.lower()).strip("-")
