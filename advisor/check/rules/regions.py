"""Whether a unified VLP is given what it looks at, and loaded with the head that its folder has."""

from __future__ import annotations

import re
from collections.abc import Iterator

from advisor.check.case import Case, prepares, rule
from advisor.check.finding import Finding
from advisor.scan.usage import Argument, Usage

IMAGES = ("images", "0")
"""How the pictures are passed to the processor: by name, or first."""


@rule("photograph-for-regions", each=Case.usages)
def photograph_for_regions(case: Case, usage: Usage) -> Iterator[Finding]:
    """The processor is called with an image that was opened, or with the path of one."""
    if usage.class_name not in case.knowledge("classes"):
        return
    for call in prepares(usage):
        given = next((call.arguments[name] for name in IMAGES if name in call.arguments), None)
        if given is not None and _is_picture(case, given):
            message = f"`{usage.class_name}` takes stored regions, and this passes a picture"
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
            message = (
                f"`{min(shared)}` is loaded as `{other.class_name}` at "
                f"{other.place.path}:{other.place.line}, and as `{usage.class_name}` here"
            )
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
