"""Whether the attention weights that code asks for come out of the model."""

from __future__ import annotations

import re
from collections.abc import Iterator

from advisor.check.case import TRANSFORMERS, Case, mentions, rule
from advisor.check.finding import Finding
from advisor.check.loaded import class_of
from advisor.scan.usage import Usage

WEIGHTS = re.compile(r"(?:cross_|encoder_|decoder_)?attentions\Z")


@rule("attentions-not-kept", each=Case.usages, of_release=True)
def attentions_not_kept(case: Case, usage: Usage) -> Iterator[Finding]:
    """Weights of attention, of a model whose attention is computed in one step."""
    model = usage.model
    ours = model is not None and model.package == TRANSFORMERS
    if model is None or not ours or not case.release.reaches(case.knowledge("since")[0]):
        return
    known = class_of(case, model, usage)
    if known is None or known[0] not in case.knowledge("computed_in_one_step"):
        return
    if mentions(case.source(usage.place.path), *case.knowledge("chosen_by")):
        return
    used = [call for call in usage.calls if call.receiver.place == model.place]
    read = [call.place for call in used if call.kind == "read" and WEIGHTS.match(call.name)]
    asked = [call for call in used if call.kind == "call" and "output_attentions" in call.arguments]
    for call in asked if read else ():
        argument = call.arguments["output_attentions"]
        if argument.value is True:
            yield Finding(
                f"`{known[0]}` keeps no attention weights in transformers {case.release.version} "
                "unless it is loaded for that",
                argument.written,
                level=known[1],
                places=tuple(read),
                fix='load it with `attn_implementation="eager"`',
            )
            return
