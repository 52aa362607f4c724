"""Whether what steers a model is set where the judged release reads it: generation, attention."""

from __future__ import annotations

import re
from collections.abc import Iterator, Set

from advisor.check.case import TRANSFORMERS, Case, mentions, rule, uses_of
from advisor.check.finding import Edit, Finding
from advisor.check.loaded import class_of, receiver_of
from advisor.scan.usage import Call, Usage

CONFIG, GENERATION = "config", "generation_config"
COMPOSITION = "composition"
EAGER = 'attn_implementation="eager"'
WEIGHTS = re.compile(r"(?:cross_|encoder_|decoder_)?attentions\Z")


@rule("generation-set-in-config", each=Case.usages, of_release=True)
def generation_set_in_config(case: Case, usage: Usage) -> Iterator[Finding]:
    """A setting of `generate` that is stored in the configuration of the model."""
    model = usage.model
    if model is None or model.package != TRANSFORMERS:
        return
    stored = [call for call in uses_of(usage, model, "assign") if call.of == (CONFIG,)]
    for call in stored:
        if call.name in case.knowledge("settings") and call.arguments["0"].value is not None:
            target = call.arguments["0"].source
            of_model = target.removesuffix(f".{CONFIG}.{call.name}")
            edit = Edit(call.place, f"{of_model}.{GENERATION}.{call.name}", target)
            steered = "generation is steered by the model's configuration here"
            message, edits = f"{steered}, which {case.transformers} refuses", (edit,)
            fix = f"set it in `{GENERATION}`"
            yield Finding(message, call.place, fix, edits if of_model != target else ())
    yield from _without_start(case, usage, stored)
    yield from _asked_for(case, usage, {call.name for call in stored})


def _asked_for(case: Case, usage: Usage, stored: Set[str]) -> Iterator[Finding]:
    """A setting that is read from the configuration of a model, where none stands any more."""
    for call in uses_of(usage, usage.model, "read"):
        ours = call.of == (CONFIG,) and call.certain and call.name in case.knowledge("settings")
        if not ours or call.name in stored:
            continue
        at = receiver_of(case, call, usage)
        if at is not None and not at.members.has(call.name):
            message = f"`{CONFIG}` has no `{call.name}` in {case.transformers}"
            fix = f"say the value, or set `{GENERATION}.{call.name}` and read that"
            yield Finding(message, call.place, fix, level=at.level)


def _without_start(case: Case, usage: Usage, stored: list[Call]) -> Iterator[Finding]:
    """A model of two parts that is told its first token where `generate` does not look."""
    if usage.model is None or usage.model.kind != COMPOSITION:
        return
    starts = [call for call in stored if call.name in case.knowledge("starts")]
    writing = [call for call in usage.calls if call.name == "generate" and call.kind == "call"]
    ready = [call for call in writing if not set(case.knowledge("starts")) & call.arguments.keys()]
    if starts and ready and not mentions(case.source(usage.place.path), GENERATION):
        name = starts[0].name
        alone = f"`{name}` is set only in the model configuration"
        message = f"{alone}, and `generate` reads `{GENERATION}`"
        fix = f"set `{GENERATION}.{name}` as well"
        places = tuple(call.place for call in ready)
        yield Finding(message, starts[0].place, fix, level="warning", places=places)


@rule("attentions-not-kept", each=Case.usages, of_release=True)
def attentions_not_kept(case: Case, usage: Usage) -> Iterator[Finding]:
    """Weights of attention, of a model whose attention is computed in one step."""
    model = usage.model
    known = class_of(case, model, usage) if model else None
    if known is None or known[0] not in case.knowledge("computed_in_one_step"):
        return
    if mentions(case.source(usage.place.path), *case.knowledge("chosen_by")):
        return
    reads = uses_of(usage, model, "read")
    read = tuple(call.place for call in reads if WEIGHTS.match(call.name))
    for call in uses_of(usage, model, "call") if read else ():
        argument = call.arguments.get("output_attentions")
        if argument and argument.value is True:
            keeps = f"`{known[0]}` keeps no attention weights in {case.transformers}"
            message, fix = f"{keeps} unless it is loaded for that", f"load it with `{EAGER}`"
            yield Finding(message, argument.written, fix, level=known[1], places=read)
            return
