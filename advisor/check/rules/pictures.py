"""Whether a model is given what it looks at: tokens of an image in the prompt, stored regions."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from advisor.check.case import Case, mentions, prepares, rule
from advisor.check.finding import Finding
from advisor.scan.usage import Argument, Call, Usage

IDS, TEXT = "input_ids", "text"
TOKENIZER = "tokenizer"
RUNS = ("__call__", "forward", "generate")
IMAGES = ("images", "0")
"""How the pictures are passed to the processor: by name, or first."""


@rule("image-tokens-missing", of_release=True)
def image_tokens_missing(case: Case) -> Iterator[Finding]:
    """Ids that come from the tokenizer alone, for a model whose processor adds those of images.

    Where any text goes through the processor, or the file speaks of such tokens, all may be well.
    A file is spoken of once.
    """
    said = set[str]()
    calls: dict[str, list[Call]] = defaultdict(list)
    for usage in case.scan.usages:
        calls[usage.place.path] += (call for call in usage.calls if call.kind == "call")
    for usage in case.scan.usages:
        path = usage.place.path
        for finding in _without_places(case, usage, calls[path]) if path not in said else ():
            said.add(usage.place.path)
            yield finding


def _without_places(case: Case, usage: Usage, calls: list[Call]) -> Iterator[Finding]:
    """What a usage lacks, by all calls in its file."""
    identity = case.identity(usage)
    types = case.knowledge("model_types")
    named = usage.class_name in case.knowledge("classes")
    if not named and not (identity and identity.model_type in types):
        return
    if usage.model is None or not case.release.reaches(case.knowledge("since")[0]):
        return
    path = usage.place.path
    whole = [call for call in calls if not call.of]
    made = [  # by the tokenizer, be it that of a processor
        call.place
        for call in whole
        if call.name == TOKENIZER or (call.receiver.kind == TOKENIZER and call.name == "__call__")
    ]
    processors = (call for call in whole if call.receiver.kind == "processor")
    processed = [one for one in processors if one.name == "__call__"]  # with texts, or nobody sees
    if any({TEXT, "1", "*", "**"} & call.arguments.keys() for call in processed) or not made:
        return
    if mentions(case.source(path), *case.knowledge("speaks_of_them")):
        return
    own = (call for call in calls if call.receiver.place == usage.model.place and not call.of)
    run = [call.place for call in own if call.name in RUNS and IDS in call.arguments]
    trained = usage.trained and processed  # on what a loader gathered
    places = tuple(dict.fromkeys([*run, *made])) if run or trained else ()
    if places:
        id = identity.id if identity else usage.class_name
        message = (
            f"{id} looks for the places of the image among `{IDS}`, and the tokenizer sets none"
        )
        fix = "give text and images to the processor together: `processor(images=..., text=...)`"
        yield Finding(message, places[0], fix, places=places[1:])


@rule("photograph-for-regions", each=Case.usages)
def photograph_for_regions(case: Case, usage: Usage) -> Iterator[Finding]:
    """The processor is called with an image that was opened, or with the path of one."""
    if usage.class_name not in case.knowledge("classes"):
        return
    for call in prepares(usage):
        given = next((call.arguments[name] for name in IMAGES if name in call.arguments), None)
        if given is not None and _is_picture(case, given):
            message = f"`{usage.class_name}` takes stored regions, and this call passes an image"
            fix = "pass an .npz of regions; `advisor show unified-vlp` says how they are made"
            yield Finding(message, call.place, fix=fix)


@rule("head-of-another-folder", each=Case.usages)
def head_of_another_folder(case: Case, usage: Usage) -> Iterator[Finding]:
    """The same folder was loaded before with the class of the other head."""
    heads = case.knowledge("heads")
    if usage.class_name not in heads or usage.trained:
        return
    folders = _folders(usage)
    for (other,) in case.usages():
        unlike = other.class_name in heads and other.class_name != usage.class_name
        shared = folders & _folders(other)
        if unlike and shared and other.place < usage.place and not other.trained:
            there = f"as `{other.class_name}` at {other.place.path}:{other.place.line}"
            message = f"`{min(shared)}` is loaded {there}, and as `{usage.class_name}` here"
            fix = "load the folder that was fine-tuned for this"
            yield Finding(message, usage.place, fix=fix)
            return


def _folders(usage: Usage) -> set[str]:
    return {value.text for value in usage.alternatives if value.text}


def _is_picture(case: Case, given: Argument) -> bool:
    """True where a picture is opened in the argument, or in the name that it is."""
    if isinstance(given.value, str):
        return given.value.lower().endswith(tuple(case.knowledge("pictures")))
    opens = "|".join(re.escape(each) for each in case.knowledge("opens"))
    if re.search(rf"\b(?:{opens})\(", given.source):
        return True
    assigned = rf"^\s*{re.escape(given.source)}\s*=[^\n]*\b(?:{opens})\("
    text = case.source(given.place.path) if given.source.isidentifier() else ""
    return bool(re.search(assigned, text, re.MULTILINE))
