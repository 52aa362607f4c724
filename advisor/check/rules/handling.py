"""Whether code uses a checkpoint as it was trained: stage, scores, image tokens, argument order."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping

from advisor.check.case import USAGES, Case, mentions, rule, writes
from advisor.check.finding import Edit, Finding
from advisor.check.identity import Identity
from advisor.check.loaded import TOKENIZER, Receiver, received
from advisor.model import Checkpoint
from advisor.scan.usage import Argument, Call, Location, Usage

IDS = "input_ids"
IMAGES, TEXT = "images", "text"
WHAT = {TEXT: "a text", IMAGES: "an image"}
PATH = re.compile(r"(?i)https?://\S+\Z|\S+\.(?:png|jpe?g|webp|gif|bmp|tiff?)\Z")
"""A text that is the URL or path of an image."""
ENTRY = re.compile(r"\[[\"'](\w+)[\"']\]\Z")
"""The key at the end of an expression: `batch["prompt"]`."""
ENDS = re.compile(r"\s*(?:,|\)\Z)")
"""What follows an argument that only the parentheses of the call enclose."""
LONGEST = 80
"""Characters of the longest argument that a fix rewrites."""
RUNS = ("__call__", "forward", "generate")


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


Tokens = tuple[list[Call], list[Location], list[Call]]
"""Calls of a file, the places among them that tokenize text alone, and processor calls."""


def _tokens_by_file(case: Case) -> Mapping[str, Tokens]:
    """Return `Tokens` by the path of the file; a processor's tokenizer counts as one."""
    files = defaultdict[str, Tokens](lambda: ([], [], []))
    for usage, call in case.calls():
        calls, made, processed = files[usage.place.path]
        calls.append(call)
        called = call.name == "__call__" and not call.of
        if (call.name == TOKENIZER and not call.of) or (called and call.receiver.kind == TOKENIZER):
            made.append(call.place)
        if called and call.receiver.kind == "processor":  # with texts, or nobody sees
            processed.append(call)
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
    calls, made, processed = case.worked_out("tokens of files", _tokens_by_file)[path]
    if not made or any({TEXT, "1", "*", "**"} & call.arguments.keys() for call in processed):
        return
    if mentions(case.source(path), *case.knowledge("speaks_of_them")):
        return
    own = (call for call in calls if call.receiver.place == usage.model.place and not call.of)
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
    short = all(len(text) <= LONGEST for text in written.values())
    fits = short and free and all(_takes_name(case, call, argument) for argument in named.values())
    pairs = ((named[name].place, name, text) for name, text in written.items() if fits)
    edits = tuple(Edit(place, f"{name}={text}", text) for place, name, text in pairs)
    takes = f"the first parameter of `{at.name}` is `{other}` in {case.transformers}"
    message = f"{takes}, and this call passes {WHAT[kind]} first"
    fix = "use keyword arguments: " + ", ".join(f"`{name}=`" for name in named)
    yield Finding(message, call.place, fix, edits)


def _takes_name(case: Case, call: Call, given: Argument) -> bool:
    """True if an argument can be given a keyword: only the call's parentheses enclose it."""
    text = case.stands_at(given.place)
    behind = case.stands_at(given.place.ending(0).to(call.place))
    whole = bool(text) and not text.startswith("*") and ":=" not in text
    return whole and bool(ENDS.match(behind))


def kind_of(case: Case, given: Argument) -> str | None:
    """Return `text` or `images`, by the words in an argument or its name; None if unclear."""
    named = re.split(r"[\[(]", given.source.lstrip("[("))[0]
    words = set(re.findall(r"[a-z]+", " ".join((named, *ENTRY.findall(given.source))).lower()))
    texts = [text.strip() for text in given.texts]
    says_words = any(text and not PATH.match(text) for text in texts)
    if says_words or words & {*case.knowledge("texts")}:
        return TEXT
    return IMAGES if words & {*case.knowledge("images")} and not texts else None
