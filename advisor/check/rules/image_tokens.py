"""Whether the ids of a prompt hold the tokens in whose places a model puts the image."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from advisor.check.case import Case, mentions, rule
from advisor.check.finding import Finding
from advisor.scan.usage import Call, Usage

IDS, TEXT = "input_ids", "text"
TOKENIZER = "tokenizer"
RUNS = ("__call__", "forward", "generate")


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
    made = [call.place for call in calls if _tokenizes(call)]
    if any(map(_gives_text, calls)) or not made:
        return
    if mentions(case.source(path), *case.knowledge("speaks_of_them")):
        return
    run = [one.place for one in calls if _runs_on_ids(usage, one)]
    trained = usage.trained and any(map(_calls_processor, calls))  # on what a loader gathered
    places = tuple(dict.fromkeys([*run, *made])) if run or trained else ()
    if places:
        id = identity.id if identity else usage.class_name
        yield Finding(
            f"{id} looks for the places of the image among `{IDS}`, and the tokenizer sets none",
            places[0],
            fix="give text and images to the processor together: `processor(images=..., text=...)`",
            places=places[1:],
        )


def _tokenizes(call: Call) -> bool:
    """True where a text goes to the tokenizer, be it that of a processor."""
    alone = call.receiver.kind == TOKENIZER and call.name == "__call__"
    return not call.of and (alone or call.name == TOKENIZER)


def _gives_text(call: Call) -> bool:
    """True where a processor is given texts too, by name, second, or in a way nobody can see."""
    return _calls_processor(call) and bool({TEXT, "1", "*", "**"} & call.arguments.keys())


def _calls_processor(call: Call) -> bool:
    """True where a processor itself is called, none of its parts."""
    return call.receiver.kind == "processor" and not call.of and call.name == "__call__"


def _runs_on_ids(usage: Usage, call: Call) -> bool:
    model = usage.model
    ours = model is not None and call.receiver.place == model.place and not call.of
    return ours and call.name in RUNS and IDS in call.arguments
