"""A checkpoint that the catalogue does not hold, as far as its own `config.json` describes it.

Only that file is read, as JSON; no code is run and no library is needed.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

from advisor.draw.formats import document, plain
from advisor.errors import AdvisorError
from advisor.files import read_bounded
from advisor.hub import cached_snapshot, is_commit, is_hub_id, repository_folder
from advisor.model import Checkpoint
from advisor.phrasing import why_unparsed
from advisor.rulebase.base import RuleBase

MAX_BYTES = 5_000_000
MAX_TEXT = 80
_CONTEXT = ("max_position_embeddings", "max_seq_len", "n_positions", "max_target_positions")


class UncataloguedCheckpoint(NamedTuple):
    """A checkpoint as its config.json describes it. A value that is not set there is None or empty.

    `place` is `folder` or `hub cache`; `relatives` are the cataloged checkpoints of this model type
    and `families` their families. `own_code`: loading runs Python code from its repository.
    `image_size` is in pixels, `text_context` in tokens.
    """

    id: str
    place: str
    revision: str | None
    model_type: str | None
    architectures: tuple[str, ...]
    families: tuple[str, ...]
    relatives: tuple[str, ...]
    image_size: int | None
    text_context: int | None
    dtype: str | None
    own_code: bool

    @property
    def not_known(self) -> tuple[str, ...]:
        """The names of facts that no config.json has, and of those that this one lacks."""
        facts = {"image size": self.image_size, "text context": self.text_context}
        missing = tuple(name for name, value in facts.items() if value is None)
        return ("licence", "commercial use", "languages", "tasks", "parameters", *missing)


def find_uncatalogued(rulebase: RuleBase, name: str, cache: Path) -> UncataloguedCheckpoint | None:
    """Return the checkpoint in a folder or the Hub cache; None if there is no such config.json.

    Raises AdvisorError if there is one that cannot be used.
    """
    folder = Path(name)
    try:
        if (folder / "config.json").exists():
            return described(rulebase, name, folder, "folder", None)
    except (OSError, ValueError):  # a name that no file can have
        return None
    snapshots = repository_folder(name, cache) / "snapshots"
    every = sorted(path for path in snapshots.glob("*") if path.is_dir()) if is_hub_id(name) else []
    # the folder that `main` points at, else the only or last one there
    snapshot = cached_snapshot(name, cache=cache) or (every[-1] if every else None)
    if snapshot is None or not (snapshot / "config.json").exists():
        return None
    return described(rulebase, name, snapshot, "hub cache", snapshot.name)


def described(
    rulebase: RuleBase, name: str, folder: Path, place: str, revision: str | None
) -> UncataloguedCheckpoint:
    """Return the checkpoint that a folder's config.json describes; AdvisorError if unusable."""
    config = read_config(folder / "config.json", name)
    model_type = _text(config.get("model_type"))
    architectures = config.get("architectures")
    listed = architectures if isinstance(architectures, list) else []
    every = rulebase.checkpoints.values() if model_type else ()
    kin = [checkpoint for checkpoint in every if checkpoint.model_type == model_type]
    return UncataloguedCheckpoint(
        id=name,
        place=place,
        revision=revision if is_commit(revision) else None,
        model_type=model_type,
        architectures=tuple(text for text in map(_text, listed[:5]) if text),
        families=tuple(dict.fromkeys(checkpoint.family for checkpoint in kin)),
        relatives=tuple(checkpoint.id for checkpoint in kin),
        image_size=_inside(config, ("vision_config", "encoder"), ("image_size",)),
        text_context=_inside(config, ("text_config", "decoder"), _CONTEXT),
        dtype=_text(config.get("dtype") or config.get("torch_dtype")),
        own_code=bool(config.get("auto_map")),
    )


def read_config(file: Path, name: str) -> dict[str, Any]:
    """Return the object in a `config.json`; raises AdvisorError if unreadable or no JSON object."""
    try:
        config = json.loads(read_bounded(file, MAX_BYTES).decode("utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        reason = getattr(error, "strerror", None) or why_unparsed(error)
        raise AdvisorError(
            f"the config.json of `{name}` cannot be read: {reason}",
            hint="download the checkpoint again, or fix the file",
            kind="broken-checkpoint",
        ) from error
    if not isinstance(config, dict):
        raise AdvisorError(
            f"the config.json of `{name}` is not a JSON object",
            hint="a config.json is a JSON object with keys such as `model_type`",
            kind="broken-checkpoint",
        )
    return config


def _text(value: Any) -> str | None:
    """Return the printable characters of a string, at most `MAX_TEXT`; None if there are none."""
    if not isinstance(value, str):
        return None
    shown = "".join(letter for letter in value if letter.isprintable())[:MAX_TEXT].strip()
    return shown or None


def _inside(config: dict[str, Any], parts: tuple[str, ...], names: tuple[str, ...]) -> int | None:
    """Return the first positive integer under one of the names, in a part, else in the whole."""
    for part in (*(config.get(name) for name in parts), config):
        if not isinstance(part, dict):
            continue
        for name in names:
            value = part.get(name)
            if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10**7:
                return value
    return None


def as_checkpoint(checkpoint: UncataloguedCheckpoint) -> Checkpoint:
    """Return it as a catalog entry that holds only what its config.json says."""
    return Checkpoint(
        id=checkpoint.id,
        family=" or ".join(checkpoint.families) or "not known",
        label=checkpoint.model_type or checkpoint.id,
        loader="remote-code" if checkpoint.own_code else "transformers",
        model_class=checkpoint.architectures[0] if checkpoint.architectures else None,
        model_type=checkpoint.model_type,
        image_size=checkpoint.image_size,
        text_context=checkpoint.text_context,
        revision=checkpoint.revision,
    )


def uncatalogued_json(checkpoint: UncataloguedCheckpoint, digest: str) -> dict[str, Any]:
    """Return the JSON document of `advisor show` for a checkpoint that is not catalogued."""
    fields = {**plain(checkpoint), "not_known": list(checkpoint.not_known)}
    return document(digest, kind="checkpoint", catalogued=False, **fields)
