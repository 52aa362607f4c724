"""Whether a checkpoint can be downloaded by its id, reproducibly, and without running its code."""

from __future__ import annotations

import re
from collections.abc import Iterator

from advisor.check.case import TRANSFORMERS, USAGES, Case, id_place, rule
from advisor.check.finding import Finding
from advisor.check.loaded import AUTOMATIC
from advisor.model import Checkpoint
from advisor.scan.usage import Load, Location, Usage
from advisor.scan.vocabulary import vocabulary_of

COMMIT = re.compile(r"[0-9a-f]{40}\Z")
HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*\Z")
"""Owner and name; a text that begins with a dot or a slash is a folder."""
MOVES = re.compile(r"main\Z|master\Z|refs/|pr/|HEAD\Z")


@rule("gated-checkpoint", each=Case.catalogued, citing=("gated",))
def gated_checkpoint(_: Case, usage: Usage, checkpoint: Checkpoint) -> Iterator[Finding]:
    """Find loads of gated checkpoints."""
    if checkpoint.gated and usage.model and not _is_local(usage):
        message = f"{checkpoint.id} is gated, so you must accept its terms before the download"
        yield Finding(message, id_place(usage))


@rule("unpinned-revision")
def unpinned_revision(case: Case) -> Iterator[Finding]:
    """Find checkpoints loaded without a pinned commit: one finding each, with all locations."""
    places: dict[str, list[Location]] = {}
    for usage, identity in case.known():
        load = usage.model
        here = load is not None and load.package in case.knowledge("libraries")
        home = identity.checkpoint and identity.checkpoint.home
        revision = load and load.arguments.get("revision")
        if revision and isinstance(revision.value, str):  # a branch or a pull request moves
            pinned = not MOVES.match(revision.value)
        else:
            pinned = bool(load and {"revision", "**", "local_files_only"} & {*load.arguments})
        if load and here and not (home or pinned or _is_local(usage)):
            places.setdefault(identity.id, []).append(id_place(usage))
    for id, locations in places.items():
        checkpoint = case.rulebase.checkpoints.get(id)
        commit = checkpoint.revision if checkpoint else None
        fix = f'pass `revision="{commit}"`' if commit else "pass `revision=` with a commit"
        message = f"{id} is loaded without a pinned commit, so its weights can change"
        first, *others = sorted(set(locations))
        yield Finding(message, first, fix=fix, checkpoint=id, places=tuple(others))


@rule("trust-remote-code", each=USAGES, together=True)
def trust_remote_code(case: Case, usage: Usage) -> Iterator[Finding]:
    """Find loads that run code from the Hub."""
    identity, id = case.identity(usage), usage.checkpoint
    pairs = ((load, load.arguments.get("trust_remote_code")) for load in usage.loads)
    remote = [(load, it) for load, it in pairs if it and it.value is True and _runs(case, load)]
    if not remote or id is None or not HUB_ID.match(id) or _is_local(usage):
        return
    checkpoint = identity.checkpoint if identity else None
    needed = checkpoint is not None and checkpoint.loader != TRANSFORMERS
    level, has = "note", "needs code from its repository to load"
    fix = "pin `revision=` to a commit whose code you have read"
    if identity and not needed:
        has, fix = "does not need code from its repository", "remove the argument"
        level = "" if checkpoint else "note"
    elif not needed:
        has = "is not in the catalog"
        owners = {id.partition("/")[0].lower() for id in case.rulebase.checkpoints}
        level = "note" if id.partition("/")[0].lower() in owners else ""
    given = (load.arguments.get("revision") for load, _ in remote)
    texts = [argument and argument.value for argument in given]
    read = all(isinstance(text, str) and COMMIT.match(text) for text in texts)
    first, *others = (argument.name_place or argument.place for _, argument in remote)
    yield Finding(
        f"{id} {has}. `trust_remote_code=True` runs code from its repository",
        first,
        level="note" if read else level,
        fix=fix,
        checkpoint=id,
        sources=checkpoint.sources.get("class", ()) if checkpoint else (),
        places=tuple(others),
    )


def _runs(case: Case, load: Load) -> bool:
    """True if `trust_remote_code` lets this load run code of the repository.

    For a named transformers class, it does for processors and for models that generate.
    """
    name = load.class_name
    if load.package != TRANSFORMERS or name is None or name.startswith(AUTOMATIC):
        return True
    members = case.release.members.of(name)
    return members is not None and (load.kind == "processor" or members.has("generate"))


@rule("pickled-weights", each=USAGES)
def pickled_weights(case: Case, usage: Usage) -> Iterator[Finding]:
    """Find loads of weights in pickle files, which can run code."""
    identity = case.identity(usage)
    message = "`use_safetensors=False` loads weights from a pickle file, which can run code"
    fix = "remove the argument, or convert the weights to safetensors"
    for load in usage.loads:
        safe = load.arguments.get("use_safetensors")
        if safe and safe.value is False:
            id, place = identity and identity.id, safe.name_place or safe.place
            yield Finding(message, place, checkpoint=id, fix=fix)


@rule("suspicious-id", each=USAGES)
def suspicious_id(case: Case, usage: Usage) -> Iterator[Finding]:
    """Find ids that misspell the id of a catalogued checkpoint, but for upper and lower case."""
    id, identity = usage.checkpoint, case.identity(usage)
    if id is None or "/" not in id or _is_local(usage) or (identity and identity.checkpoint):
        return
    near = vocabulary_of(case.rulebase).slip(id)
    if near is not None and near.lower() != id.lower():
        message = f"{id} is not a known checkpoint, but {near} is"
        yield Finding(message, id_place(usage), checkpoint=id, fix=f"did you mean {near}?")


def _is_local(usage: Usage) -> bool:
    return any(value.local for value in usage.alternatives)
