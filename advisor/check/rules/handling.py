"""How code gets a checkpoint and uses it: access, revision, stage, scores, order of arguments."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping

from advisor.check.case import TRANSFORMERS, USAGES, Case, id_place, mentions, rule, writes
from advisor.check.finding import Edit, Finding
from advisor.check.identity import Identity
from advisor.check.loaded import AUTOMATIC, TOKENIZER, Receiver, received
from advisor.model import Checkpoint
from advisor.scan.usage import Argument, Call, Load, Location, Usage
from advisor.scan.vocabulary import vocabulary_of

COMMIT = re.compile(r"[0-9a-f]{40}\Z")
HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*\Z")
"""Owner and name; a text that begins with a dot or a slash is a folder."""
MOVES = re.compile(r"main\Z|master\Z|refs/|pr/|HEAD\Z")
IDS = "input_ids"
IMAGES, TEXT = "images", "text"
WHAT = {TEXT: "a text", IMAGES: "an image"}
PATH = re.compile(r"(?i)https?://\S+\Z|\S+\.(?:png|jpe?g|webp|gif|bmp|tiff?)\Z")
"""A text that is the URL or path of an image."""
ENTRY = re.compile(r"\[[\"'](\w+)[\"']\]\Z")
"""The key at the end of an expression: `batch["prompt"]`."""
ENDS = re.compile(r"\s*(?:,|\)\Z)")
"""What follows an argument that only the parentheses of the call enclose."""
RUNS = ("__call__", "forward", "generate")


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


@rule("pretrained-only", each=Case.catalogued, citing=("tasks", "pitfalls"))
def pretrained_only(case: Case, usage: Usage, checkpoint: Checkpoint) -> Iterator[Finding]:
    """Find inference with weights that were only pre-trained, not trained for a task."""
    unfinished = checkpoint.stage == "pre-trained" and not checkpoint.tasks
    later = [call.name for call in usage.calls if call.receiver is usage.model]
    names = case.knowledge("trained_by")  # by the model, a trainer, or with other weights put in
    trained = usage.trained or any(name in call for call in later for name in names)
    pipeline = usage.model is not None and usage.model.kind == "pipeline"
    if unfinished and (pipeline or writes(usage)) and not trained:
        use = "this code uses the model without fine-tuning"
        fix = "fine-tune the model first, or use a fine-tuned checkpoint"
        yield Finding(f"{checkpoint.id} is only pre-trained, and {use}", usage.place, fix=fix)


@rule("softmax-for-sigmoid", each=Case.known)
def softmax_for_sigmoid(case: Case, usage: Usage, identity: Identity) -> Iterator[Finding]:
    """Find a softmax over logits that were trained with a sigmoid for each pair."""
    functions, logits = case.knowledge("functions"), set(case.knowledge("logits"))
    for call in usage.calls if identity.model_type in case.knowledge("model_types") else ():
        if call.certain and call.name in functions and logits & set(call.of):
            trained = f"{identity.id} was trained with a sigmoid per image-text pair"
            fix = "use `torch.sigmoid(logits)`, which keeps the order of the labels"
            yield Finding(f"{trained}, and this code applies a softmax", call.place, fix=fix)


def _calls_by_file(case: Case) -> Mapping[str, list[Call]]:
    """Return the calls of loaded objects by the path of the file that loads them."""
    files = defaultdict[str, list[Call]](list)
    for usage, call in case.calls():
        files[usage.place.path].append(call)
    return files


@rule("image-tokens-missing", each=USAGES, of_release=True)
def image_tokens_missing(case: Case, usage: Usage) -> Iterator[Finding]:
    """Find `input_ids` from the tokenizer alone, for a model that needs image tokens in them.

    Not reported if a processor call has text, or if the file mentions such tokens.
    """
    identity, path = case.identity(usage), usage.place.path
    named = usage.class_name in case.knowledge("classes")
    ours = named or (identity and identity.model_type in case.knowledge("model_types"))
    if usage.model is None or not ours:
        return
    calls = [it for it in case.worked_out("calls of files", _calls_by_file)[path] if not it.of]
    called = [(it.receiver.kind if it.name == "__call__" else it.name, it) for it in calls]
    made = [call.place for kind, call in called if kind == TOKENIZER]  # or that of a processor
    processed = [call for kind, call in called if kind == "processor"]
    if not made or any({TEXT, "1", "*", "**"} & call.arguments.keys() for call in processed):
        return
    if mentions(case.source(path), *case.knowledge("speaks_of_them")):
        return
    own = (call for call in calls if call.receiver.place == usage.model.place)
    run = [call.place for call in own if call.name in RUNS and IDS in call.arguments]
    trained = usage.trained and processed  # on what a loader gathered
    places = tuple(dict.fromkeys([*run, *made])) if run or trained else ()
    if places:
        id = identity.id if identity else usage.class_name
        message = f"{id} needs image tokens in `{IDS}`, and the tokenizer alone does not add them"
        fix = "pass text and images to the processor together: `processor(images=..., text=...)`"
        yield Finding(message, places[0], fix, places=places[1:])


@rule("text-before-images", each=received, of_release=True)
def text_before_images(case: Case, _: Usage, call: Call, at: Receiver) -> Iterator[Finding]:
    """Find processor calls with text and images in the reverse of the release's order."""
    given = call.arguments.get("0") if call.name == "__call__" else None
    signature = at.members.signature("__call__")
    if given is None or signature is None or signature.either or IMAGES not in signature.keywords:
        return
    first = signature.positional[0] if signature.positional else ""
    kind = kind_of(case, given)
    if not kind or {first, kind} != {IMAGES, TEXT} or kind not in signature.keywords:
        return
    other = IMAGES if kind == TEXT else TEXT
    second = call.arguments.get("1")
    named = {kind: given, **({other: second} if second else {})}
    written = {name: case.stands_at(argument.place) for name, argument in named.items()}
    free = other not in call.arguments and kind not in call.arguments and "2" not in call.arguments
    whole = all(text and not text.startswith("*") and ":=" not in text for text in written.values())
    behind = (case.stands_at(it.place.ending(0).to(call.place)) for it in named.values())
    fits = free and whole and all(map(ENDS.match, behind))  # each can be given a keyword
    pairs = ((named[name].place, name, text) for name, text in written.items() if fits)
    edits = tuple(Edit(place, f"{name}={text}", text) for place, name, text in pairs)
    takes = f"the first parameter of `{at.name}` is `{other}` in {case.transformers}"
    message = f"{takes}, and this call passes {WHAT[kind]} first"
    fix = "use keyword arguments: " + ", ".join(f"`{name}=`" for name in named)
    yield Finding(message, call.place, fix, edits)


def kind_of(case: Case, given: Argument) -> str | None:
    """Return `text` or `images`, by the words in an argument or its name; None if unclear."""
    named = re.split(r"[\[(]", given.source.lstrip("[("))[0]
    words = set(re.findall(r"[a-z]+", " ".join((named, *ENTRY.findall(given.source))).lower()))
    texts = [text.strip() for text in given.texts]
    says_words = any(text and not PATH.match(text) for text in texts)
    if says_words or words & {*case.knowledge("texts")}:
        return TEXT
    return IMAGES if words & {*case.knowledge("images")} and not texts else None
