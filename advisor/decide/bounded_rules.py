"""Limits on the size, time and name of checkpoints (bounds), and the rules that include them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any, cast

from advisor.decide.outlook import Change
from advisor.decide.selection import Picking, Selection, select
from advisor.decide.workload import speed_for
from advisor.engine.bounds import ANY, BOUNDS, SIZE, TIME, WITHOUT, bound_value
from advisor.engine.decision import Decision, Engine
from advisor.engine.profile import Answer, Profile, bounds_in, counted
from advisor.errors import UsageError
from advisor.model import NONE, TASK, NamedTuple, Question, Rule
from advisor.model.figures import Speed
from advisor.model.library import Makers
from advisor.rulebase.base import RuleBase
from advisor.tokens import form_of

WRITER = "language_model_licence"
"""The note of a checkpoint that has the license of its language model."""
_SIGNS = re.compile(r"[^a-z0-9]+")


class Bounds(NamedTuple):
    """The bounds in some rules, as given in `answers`; `unbounded` are the rules without them.

    A bound on time allows `hours` for `items`; `speeds` has the speed of the machine by option of
    the question about the device.
    """

    answers: Profile
    unbounded: RuleBase
    hours: float | None = None
    items: float = 0
    speeds: Mapping[str, Speed] = {}


def bounded(engine: Engine, profile: Profile) -> tuple[Engine, Profile]:
    """Return an engine with the bounds of a profile added, and the profile without them.

    Earlier bounds stay unless the profile sets them anew. Raises UsageError for a name of no
    checkpoint, and for a bound on the time of all items if their number or the speed of machines is
    unknown.
    """
    bounds, answers = bounds_in(profile)
    if not bounds:
        return engine, answers
    return Engine.known(bounded_rules(engine.rulebase, bounds, answers), engine.priority), answers


def bounded_rules(rulebase: RuleBase, bounds: Profile, profile: Profile) -> RuleBase:
    """Return the rules with the bounds as requirements of answers: size of tasks, time of devices.

    Excluded names become a rule. Time is not verified for a device of unknown speed or a checkpoint
    of unknown operations; memory given in the profile selects the machine. Bounds that are all
    lifted give the rules without bounds. Raises UsageError as `bounded` does.
    """
    before: Bounds | None = rulebase.bounds
    free = before.unbounded if before else rulebase
    answers = {**(before.answers if before else {}), **bounds}
    values = {id: bound_value(id, answer.names[0]) for id, answer in answers.items()}
    names = answers[WITHOUT].names[0] if WITHOUT in answers else ANY
    excluding = (_excluding(free, names),) if names != ANY else ()
    bounding = {id for id in answers if values[id] or (id == WITHOUT and excluding)}
    made = Bounds({id: answer for id, answer in answers.items() if id in bounding}, free)
    required: dict[str, dict[str, Any]] = {}
    if size := values.get(SIZE):
        required[TASK] = {BOUNDS[SIZE].field: {"at_most": size[0]}}
    if time := values.get(TIME):
        device = _device(free)
        each = {
            o.id: {**profile, device.id: Answer((o.id,), None, "asked")} for o in device.options
        }
        speeds = {id: speed for id, then in each.items() if (speed := speed_for(free, then))}
        items = 1 if time[1] else _items(free, profile, before)
        made = made._replace(hours=time[0], items=items, speeds=speeds)
        required[device.id] = {"hours": {"at_most": time[0]}}
    if not (required or excluding):
        return free
    ids = ((option, speed.id) for option, speed in made.speeds.items())
    key = (Bounds, made.items, *made.answers.items(), *ids)
    if key not in free.remembered:
        made_rules = free.remembered[key] = free.asking(
            question._replace(
                options=tuple(
                    option._replace(requires={**option.requires, **required.get(question.id, {})})
                    for option in question.options
                )
            )
            for question in free.questions
        )
        made_rules.bounds = made
        made_rules.rules = (*free.rules, *excluding)
        out = {id for rule in excluding for id in rule.candidates}
        made_rules.detours = tuple(
            detour._replace(checkpoints=tuple(id for id in detour.checkpoints if id not in out))
            for detour in free.detours
        )
    return cast("RuleBase", free.remembered[key])


def called(rulebase: RuleBase, name: str) -> list[str]:
    """Return the checkpoints with a word that starts with `name` in id, label or license.

    A country or company stands for the names of all its makers too.
    """
    makers = chain.from_iterable(each.makers for each in _makers_under(rulebase, name))
    names = [_dashed(each) for each in (name, *makers) if _dashed(each) != "-"]
    texts = (
        (each.hub_id, _dashed(each.id, each.label, each.licence, each.notes.get(WRITER)))
        for each in rulebase.checkpoints.values()
    )
    return [id for id, text in texts if any(name in text for name in names)]


def usual_name(rulebase: RuleBase, name: str) -> str:
    """Return the usual form of a name that checkpoints have, a country in English; else empty."""
    for makers in _makers_under(rulebase, name):
        return makers.names[0]
    return name if called(rulebase, name) else ""


def _makers_under(rulebase: RuleBase, name: str) -> list[Makers]:
    """Return the lists of makers whose country or company has this name."""
    form = form_of(name)
    return [makers for makers in rulebase.makers if form in map(form_of, makers.names)]


def _dashed(*texts: str | None) -> str:
    return "".join(f"-{_SIGNS.sub('-', text.lower())}" for text in texts if text)


def _excluding(rulebase: RuleBase, names: str) -> Rule:
    """Return the rule that excludes checkpoints by name. Raises UsageError for an unknown name."""
    excluded = {name: called(rulebase, name) for name in names.split(",")}
    if unknown := next((name for name, ids in excluded.items() if not ids), None):
        hint = "`advisor list checkpoints` lists the names. `--without any` excludes no checkpoint"
        raise UsageError(f"no checkpoint is called `{unknown}`", hint=hint)
    tasks, flag = {TASK: [task.id for task in rulebase.tasks]}, f"--{WITHOUT} {names}"
    ids = [*chain.from_iterable(excluded.values())]
    return Rule(flag, rulebase.criteria[0].id, tasks, "exclude", ids, flag, ())


def without_bounds(
    engine: Engine, profile: Profile, decision: Decision, selection: Selection, picking: Picking
) -> Iterator[Change]:
    """Yield for each bound the change of family or first checkpoint if it is lifted."""
    bounds: Bounds | None = engine.rulebase.bounds
    first = selection.first.checkpoint.id if selection.first else ""
    for id, answer in bounds.answers.items() if bounds else ():
        free, rest = bounded(engine, {**profile, id: answer._replace(options=(), named=(ANY,))})
        other = free.decide(rest)
        pick = select(free.rulebase, other, picking).first
        best = pick.checkpoint.id if pick else ""
        if (other.family, best) != (decision.family, first):
            yield Change({id: ANY}, other.family or NONE, best, {id: answer.origin})


def _items(rulebase: RuleBase, profile: Profile, before: Bounds | None) -> float:
    """Return the number of items. Raises UsageError if it was not given."""
    if items := counted(rulebase, profile) or (before and before.items):
        return items
    flag = next(question.typed for question in rulebase.questions if question.unit == "items")
    raise UsageError(
        "`--within` needs the number of items",
        hint=f"pass the number of items, such as `--{flag} 50000`, or the time of one item, such "
        "as `--within 50ms/item`",
    )


def _device(rulebase: RuleBase) -> Question:
    """Return the question about the device. Raises UsageError if the rules have no speeds."""
    consulted = {id for speed in rulebase.speeds for id in speed.answers}
    device = next((question for question in rulebase.questions if question.id in consulted), None)
    if device is None:
        raise UsageError("this rule base has no speed estimates", hint="leave `--within` out")
    return device
