"""Whether a pipeline is called with what it needs, and with nothing that it refuses."""

from __future__ import annotations

import re
from collections.abc import Iterator

from advisor.catalogue.release_members import Signature
from advisor.check.case import TRANSFORMERS, Case, mentions, rule
from advisor.check.finding import Finding
from advisor.check.rules.positions import IMAGES, TEXT, kind_of
from advisor.scan.usage import Call, Usage

PIPELINE = "pipeline"
WORD = re.compile(r"[a-z]+")
ROLE = re.compile(r"[\"']role[\"']")


@rule("pipeline-call-fails", each=Case.usages, of_release=True)
def pipeline_call_fails(case: Case, usage: Usage) -> Iterator[Finding]:
    """An argument that a pipeline needs and is not given, or images beside a chat."""
    model, task = usage.model, usage.task
    ours = model is not None and model.package == TRANSFORMERS and model.kind == PIPELINE
    if not ours or not task or not case.release.has_pipeline(task):
        return
    signature = _signature(case, task)
    for call in usage.calls:
        run = call.kind == "call" and call.name == "__call__" and not call.of and call.certain
        if not run or signature is None or {"*", "**"} & call.arguments.keys():
            continue
        missing = _missing(case, task, signature, call)
        if missing:
            message = f"the pipeline `{task}` is called without `{missing}`"
            yield Finding(message, call.place, fix=f"give it `{missing}=`")
        elif _images_beside_chat(case, signature, call):
            version = case.release.version
            message = f"the pipeline `{task}` takes no `{IMAGES}` beside a chat in transformers"
            fix = 'put them into the chat: `{"type": "image", "image": image}`'
            yield Finding(f"{message} {version}", call.place, fix=fix)


def _signature(case: Case, task: str) -> Signature | None:
    """What the class of a pipeline takes, which is named after its task as its module is."""
    task = case.release.pipeline_aliases.get(task, task)
    name = "".join(word.capitalize() for word in task.split("-")) + "Pipeline"
    members = case.release.members
    at = members.of(name, f"pipelines.{task.replace('-', '_')}") if members else None
    return at.signature("__call__") if at else None


def _missing(case: Case, task: str, signature: Signature, call: Call) -> str | None:
    """The first parameter that has no default and that the call does not give."""
    given = call.arguments
    for number, name in enumerate(signature.positional):
        if name in signature.required and name not in given and str(number) not in given:
            return name
    first = given.get("0") or given.get(IMAGES)
    alone = TEXT not in given and "1" not in given
    if task in case.knowledge("needs_text") and alone and first is not None:
        named = IMAGES in given or kind_of(case, first) == IMAGES
        return TEXT if named and "messages" not in given else None
    return None


def _images_beside_chat(case: Case, signature: Signature, call: Call) -> bool:
    """True where images are given, and a chat as the text."""
    given = call.arguments
    refused = case.release.reaches(case.knowledge("refused_since")[0])
    if signature.positional[:2] != (IMAGES, TEXT) or not refused:
        return False
    text, images = given.get(TEXT) or given.get("1"), given.get(IMAGES) or given.get("0")
    if text is None or images is None or images.value is None or isinstance(text.value, str):
        return False
    words = set(WORD.findall(text.source))
    chats = words & set(case.knowledge("chats"))
    return bool(chats) and mentions(case.source(call.place.path), ROLE)
