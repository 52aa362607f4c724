"""The rule files as they stand once what the Hub says is written into them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path as FilePath
from typing import Any

from advisor.catalogue.entry import KEYS
from advisor.catalogue.refresh import FieldChange, Refresh, Refreshed
from advisor.catalogue.rewrite import REMOVED, appended, rewrite
from advisor.console.output import note
from advisor.errors import AdvisorError, BrokenFileError, UsageError
from advisor.files import write_text
from advisor.model import Checkpoint
from advisor.reader.document import Document, KeyPath, read_text
from advisor.rulebase import store
from advisor.rulebase.base import RuleBase
from advisor.rulebase.short_forms import ORDER
from advisor.rulebase.store import RuleFile, rule_files

SOURCES = "sources/hub-api.yaml"
HUB_PAGE = "https://huggingface.co/"


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
    """Write rule files, each whole or not at all, and return their names for reports.

    The whole is read again, references and all: raises BrokenFileError where it has problems.
    """
    for path, text in files.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise AdvisorError(
                f"`{path.parent}` cannot be made: {error.strerror or error}",
                hint="name a folder that can be written",
                kind="cannot-write",
            ) from error
        write_text(path, text)
    if files:
        store.load_rules(overlays=() if folder == store.shipped_rules() else (folder,))
        note("the rules read well with it; look at the difference before you keep it")
    return tuple(_shown(path) for path in files)


def write_refresh(rulebase: RuleBase, done: Refresh, folder: FilePath, today: str) -> Refresh:
    """Write what the Hub said into a rule folder; return it with the files that changed."""
    rows = [(rulebase.checkpoint(row.id), row) for row in done.rows]
    files = written_files(store.shipped_rules(), folder, rows, today)
    return done._replace(written=write_files(files, folder))


def _shown(path: FilePath) -> str:
    """A path as reports name it: relative to the working folder where it lies in it."""
    whole, working = path.resolve(), FilePath.cwd().resolve()
    inside = whole.is_relative_to(working)
    return (whole.relative_to(working) if inside else path).as_posix()


def written_files(
    base: FilePath,
    folder: FilePath,
    rows: Sequence[tuple[Checkpoint, Refreshed]],
    today: str,
) -> dict[FilePath, str]:
    """Return the new text of each file that changes.

    The files of the rule folder `base` are changed in place; where `folder` is another, an overlay,
    entries are copied into it first. Each change gets the Hub as its source and `today` as the day
    it was checked. Raises AdvisorError where a file cannot be changed safely.
    """
    overlay = folder != base
    texts: dict[FilePath, str] = {}
    series = _series(base, folder)
    sources = HubSources(folder)
    for checkpoint, row in rows:
        if row.status not in ("same", "changed"):
            continue
        changes = [change for change in row.changes if not change.by_hand]
        if not changes and overlay:
            continue  # nothing to lay over
        path = folder / "checkpoints" / f"{checkpoint.family}.yaml"
        text = texts.get(path) or _text_of(path)
        document = read_text(text, path.name)
        if _index(document, checkpoint.id) is None:
            if overlay:
                text = _with_entry(text, base, checkpoint)
                document = read_text(text, path.name)
            else:
                path, text, document = _holder(base, checkpoint.id, texts)
        new = {change.field: change.now for change in changes}
        revision = new.get("revision", checkpoint.revision)
        source = sources.cite(checkpoint.id, revision, today) if changes else ""
        edits = _edits(document, checkpoint, changes, source, today, series)
        texts[path] = rewrite(text, path.name, edits, KEYS)
    if sources.changed:
        texts[sources.path] = sources.text
    return texts


def _text_of(path: FilePath) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, ValueError) as error:
        raise BrokenFileError(f"`{path.name}` cannot be read: {error}") from error


def _index(document: Document, id: str) -> int | None:
    """Where an entry stands in its file; the last counts, as in a rule base."""
    entries = document.value.get("checkpoints", []) if isinstance(document.value, dict) else []
    found = [n for n, one in enumerate(entries) if isinstance(one, dict) and one.get("id") == id]
    return found[-1] if found else None


def _holder(base: FilePath, id: str, texts: dict[FilePath, str]) -> tuple[FilePath, str, Document]:
    """The file of a rule folder that holds an entry, with its text as changed so far."""
    for file in _files(base):
        text = texts.get(file.path) or _text_of(file.path)
        document = read_text(text, file.path.name)
        if _index(document, id) is not None:
            return file.path, text, document
    raise AdvisorError(
        f"no file of the rules holds `{id}`", hint="write into an overlay: --rules DIR"
    )


def _series(*folders: FilePath) -> dict[str, dict[str, Any]]:
    """What each series of the rule folders shares, by its id; the later folder counts."""
    files = [file for folder in folders if folder.is_dir() for file in _files(folder)]
    documents = [read_text(_text_of(file.path), file.path.name).value for file in files]
    return {one["id"]: one for known in documents for one in known.get("series", ())}


def _files(folder: FilePath) -> list[RuleFile]:
    return [file for file in rule_files(folder) if file.kind == "checkpoints"]


def _with_entry(text: str, base: FilePath, checkpoint: Checkpoint) -> str:
    """Return the text of an overlay's file with a copy of the shipped entry at its end."""
    _, shipped, document = _holder(base, checkpoint.id, {})
    lines = shipped.splitlines(keepends=True)
    index = _index(document, checkpoint.id) or 0
    first = document.places[("checkpoints", index, "id")][0] - 1
    following = document.places.get(("checkpoints", index + 1, "id"))
    block = lines[first : following[0] - 1 if following else len(lines)]
    while block and not (block[-1].strip() and not block[-1].lstrip().startswith("#")):
        block.pop()
    return appended(text, "the overlay", "checkpoints", block)


def _edits(
    document: Document,
    checkpoint: Checkpoint,
    changes: Sequence[FieldChange],
    source: str,
    today: str,
    series: dict[str, dict[str, Any]],
) -> dict[KeyPath, Any]:
    index = _index(document, checkpoint.id)
    entry = document.value["checkpoints"][index]
    shared = series.get(entry.get("series"), {})
    at: KeyPath = ("checkpoints", index or 0)
    values: dict[str, Any] = {"checked": today}
    for change in changes:
        values[change.field] = change.now
        if change.field == "parameters_millions" and checkpoint.notes.get("parameters_precision"):
            values["parameters_precision"] = "published"
    edits: dict[KeyPath, Any] = {}
    for field, value in values.items():
        if value == shared.get(field):
            edits[*at, field] = REMOVED  # as nobody knows, or as its series has it
        else:
            edits[*at, field] = value
    cited = [change.field for change in changes if change.now is not None]
    gone = {change.field for change in changes}
    return edits | _citing((*at, "sources"), entry.get("sources", {}), cited, gone, source)


def _citing(
    at: KeyPath, sources: dict[str, list[str]], cited: list[str], gone: set[str], source: str
) -> dict[KeyPath, Any]:
    """The lines of `sources` that change so that some fields cite a source and nothing else."""
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


class HubSources:
    """The file of what was read from the Hub's API: one source a repository."""

    def __init__(self, folder: FilePath) -> None:
        self.path = folder / SOURCES
        self.text = _text_of(self.path)
        self.changed = False

    def cite(self, id: str, revision: str | None, today: str) -> str:
        """Return the id of a repository's source, added or brought up to date."""
        source = source_id(id)
        document = read_text(self.text, self.path.name)
        known = document.value.get("sources", []) if isinstance(document.value, dict) else []
        index = next((n for n, one in enumerate(known) if one.get("id") == source), None)
        if index is None:
            entry = source_lines(id, revision, today)
            self.text = appended(self.text, self.path.name, "sources", entry)
        else:
            edits: dict[KeyPath, Any] = {("sources", index, "read"): today}
            edits |= {("sources", index, "version"): revision} if revision else {}
            self.text = rewrite(self.text, self.path.name, edits, ("url", "version", "read"))
        self.changed = True
        return source


def source_id(id: str) -> str:
    """Return the id of the source that is the Hub's API on a repository."""
    return "hub-api-" + re.sub(r"[^a-z0-9]+", "-", id.lower()).strip("-")


def source_lines(id: str, revision: str | None, today: str) -> list[str]:
    """Return the entry of that source, in lines."""
    return [
        f"  - id: {source_id(id)}",
        f"    title: {id}, what the Hub's API says of it",
        "    kind: registry",
        f"    url: {HUB_PAGE}{id}",
        *([f'    version: "{revision}"'] if revision else []),
        f'    read: "{today}"',
    ]
