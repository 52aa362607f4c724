"""Whether the target release accepts the arguments, overrides and generation settings in code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from advisor.catalogue.release_members import Members
from advisor.check.case import TRANSFORMERS, USAGES, Case, mentions, rule, uses_of_model
from advisor.check.finding import Edit, Finding, advice
from advisor.check.loaded import CONFIG, SETTINGS, Receiver, earlier, received, receiver_of
from advisor.model.library import NameChange
from advisor.scan.usage import Argument, Call, Usage

BUILDER = "__init__"
GENERATION = "generation_config"
IDLE = (None, False, 0, 1)
"""Values of an argument that request nothing."""
PREPARING = ("processor", "tokenizer", "image_processor")
BY_NAME = "by-name"
"""In the knowledge of the rule: the argument is passed by keyword, not in order."""


@rule("removed-parameter", of_release=True)
def removed_parameter(case: Case) -> Iterator[Finding]:
    """Find arguments that a method or class no longer accepts, or no longer acts on."""
    for shown, on, method, arguments in _given(case):
        taken, signature = _parameters(on.members, method), on.members.signature(method)
        keywords = signature.keywords if signature else ()  # it may take any others too
        for name, argument in arguments.items():
            if not name.isidentifier() or name in (taken or ()):
                continue
            change = case.release.removed(f"{shown}({name})", "parameter")
            older = earlier(case, on.load, on.path) if taken is not None else iter(())
            took = (it for it in older if name in (_parameters(it[1], method) or ()))
            last, before = next(took, (None, None))
            renamed = change is not None and change.instead in keywords and name not in keywords
            replaced = change and (renamed or _asks(case, shown, arguments, change, argument))
            if last is None and (change is None or (taken is None and not replaced)):
                continue
            instead, sure = change and change.instead, change and change.kind == "renamed"
            if before and change is None:
                built = before.signature(method)
                successor = built.renamed.get(name) if built else None
                sure = successor in (taken or ())
                instead = successor if sure else None
            silent = change and change.id in case.knowledge("asked_by_false")  # it does not fail
            when = f". The last release with `{name}` is {last}" if last else ""
            certain = sure and argument.name_place and instead
            yield Finding(
                f"`{shown}` does not accept `{name}` in {case.transformers}{when}",
                argument.written,
                places=argument.named_at,
                level="warning" if silent else "",
                fix=advice(instead),
                change=change,
                edits=(Edit(argument.written, instead or "", name),) if certain else (),
            )


def _asks(
    case: Case, shown: str, given: Mapping[str, Argument], change: NameChange, argument: Argument
) -> bool:
    """True if an argument requests what its method no longer does, though it accepts the name."""
    source = case.source(argument.place.path)
    ready = mentions(source, *case.knowledge("ready_in_file"))
    ready = ready or not given.keys().isdisjoint(case.knowledge("ready"))
    reached = mentions(source, *case.knowledge("asked_in_file").get(change.id, [""]))
    own = change.name == f"{shown}({change.name.partition('(')[2]}"
    if change.id in case.knowledge("asked_by_false") and argument.value is not False:
        return False
    by_value = change.id in case.knowledge("asked_by_value")
    asking = argument.value is True or argument.value not in IDLE
    return own and reached and change.instead is None and not ready and (not by_value or asking)


@rule("removed-parameter", each=Case.calls, of_release=True)
def removed_tensors(case: Case, _: Usage, call: Call) -> Iterator[Finding]:
    """Find processor calls that request tensors of a framework the release lacks."""
    given = call.arguments.get("return_tensors") if call.receiver.kind in PREPARING else None
    written = f'return_tensors="{given.value}"' if given else ""
    if given and (change := case.release.removed(written, "parameter")):
        message = f"{case.transformers} does not support `{given.value}` tensors"
        yield Finding(message, given.written, change=change)


def _given(case: Case) -> Iterator[tuple[str, Receiver, str, Mapping[str, Argument]]]:
    """Yield name, receiver, method and arguments of each call on a known class.

    An object made of a class, or a setting put on that of a model, counts as a call of `__init__`.
    """
    settings = case.release.members.of("GenerationConfig")
    for call in (it for usage in case.scan.usages for it in uses_of_model(usage, "assign")):
        if settings and call.of == (GENERATION,):
            on = Receiver(settings, "GenerationConfig", ())
            yield on.name, on, BUILDER, {call.name: call.arguments["0"]}
    for _, call, on in received(case):
        if call.certain:
            yield call.name, on, call.name, call.arguments
    for built in case.scan.built:
        name, _, method = built.class_name.partition(".")
        at = case.release.members.of(name) if built.arguments else None
        if at is not None:
            on = Receiver(at, name, ())
            yield method or name, on, method or BUILDER, built.arguments


def _parameters(at: Members, method: str) -> frozenset[str] | None:
    """The parameters that can be passed to a method or class; None if it may take others."""
    name = at.home.rpartition(":")[2]
    if method == BUILDER and BUILDER not in at.texts and name.endswith(SETTINGS):
        return frozenset(at.texts)
    signature = at.signature(method)
    return None if signature is None or signature.rest else signature.keywords


@rule("narrower-override", of_release=True)
def narrower_override(case: Case) -> Iterator[Finding]:
    """Find overridden methods without a parameter that the library passes to them now."""
    for override in case.scan.overrides:
        passed = case.knowledge("passed").get(override.name)
        if passed is None or override.base not in case.knowledge("classes"):
            continue
        name, since, number = passed[:3]
        others = override.beside - {override.name}  # methods that are written anew as well
        called_here = not others.isdisjoint(passed[3:])
        by_name = number == BY_NAME
        in_order = not by_name and (override.positional >= int(number) or override.many)
        taken = in_order or (by_name and (name in override.named or override.rest))
        if taken or called_here or not case.release.reaches(since):
            continue
        yield Finding(
            f"`{override.base}` passes `{name}` to `{override.name}` since transformers {since}, "
            f"but this `{override.name}` does not accept the argument",
            override.place,
            fix=f"add the parameter `{name}=None`" + (", or `**kwargs`" if by_name else ""),
        )


@rule("generation-set-in-config", each=USAGES, of_release=True)
def generation_set_in_config(case: Case, usage: Usage) -> Iterator[Finding]:
    """Find settings of `generate` that are stored in, or read from, the model's configuration."""
    model = usage.model
    if model is None or model.package != TRANSFORMERS:
        return
    stored = [call for call in uses_of_model(usage, "assign") if call.of == (CONFIG,)]
    for call in stored:
        if call.name in case.knowledge("settings") and call.arguments["0"].value is not None:
            target = call.arguments["0"].source
            of_model = target.removesuffix(f".{CONFIG}.{call.name}")
            edit = Edit(call.place, f"{of_model}.{GENERATION}.{call.name}", target)
            what = "this code sets a generation setting in the model configuration"
            fix, edits = f"set the value in `{GENERATION}`", (edit,) if of_model != target else ()
            yield Finding(f"{what}, which {case.transformers} refuses", call.place, fix, edits)
    for call in uses_of_model(usage, "read"):  # of a setting, where none stands any more
        ours = call.of == (CONFIG,) and call.certain and call.name in case.knowledge("settings")
        at = receiver_of(case, call, usage) if ours else None
        if at and not at.members.has(call.name) and call.name not in {it.name for it in stored}:
            message = f"`{CONFIG}` has no `{call.name}` in {case.transformers}"
            fix = f"write the value, or set and read `{GENERATION}.{call.name}`"
            yield Finding(message, call.place, fix)
