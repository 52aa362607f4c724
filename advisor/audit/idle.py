"""Questions whose answers change nothing, and options that nothing tells apart.

A question *matters for the family* where two profiles have different families and the same answers
to all other questions, except those that are asked because of its answer (`ask_if`). It *matters
for checkpoints* where its options ask different things of them, or a rule about checkpoints asks.
"""

from __future__ import annotations

from collections.abc import Hashable

from advisor.audit.claim import Claim, claimed
from advisor.audit.context import Ground
from advisor.audit.defect import Defect
from advisor.engine.space import Space
from advisor.model import NOT_APPLICABLE, TASK, Option, Question

CHECKED_EVERY = 2_000
"""After so many pairs of nodes the budget is looked at."""


def every_question_matters(ground: Ground) -> Claim:
    """Claim that the answer of each question can change the family or the checkpoints."""
    space = ground.everything
    choosing = {q.id for q in ground.rulebase.questions if _chooses_checkpoints(ground, q)}
    deciding = []
    defects = []
    for place, question in enumerate(ground.rulebase.questions):
        free = {place, *_asked_because(ground, question.id)}
        if _changes_winner(ground, space, free):
            deciding.append(question.id)
        elif not choosing & {ground.encoding.questions[one] for one in free}:
            where = ground.rulebase.place("question", question.id)
            message = f"the answer to `{question.id}` changes neither the family nor a checkpoint"
            defects.append(Defect("idle-question", question.id, where, message))
    number = len(ground.rulebase.questions)
    text = (
        f"of {number} questions, {len(deciding)} can change the family and "
        f"{number - len(deciding) - len(defects)} the checkpoints alone"
    )
    return claimed("questions", text, defects)


def interchangeable_options(ground: Ground) -> Claim:
    """Claim that something tells the options of each question apart; a note where nothing does."""
    defects = []
    for place, question in enumerate(ground.rulebase.questions):
        groups: dict[Hashable, list[str]] = {}
        for option in question.options if question.id != TASK else ():
            groups.setdefault(_told_by(ground, place, question, option), []).append(option.id)
        for group in groups.values():
            if len(group) > 1:
                where = ground.rulebase.place("question", question.id)
                message = f"nothing tells {_listed(group)} of `{question.id}` apart"
                about = f"{question.id}-{group[0]}"
                defects.append(Defect("interchangeable-options", about, where, message))
    text = f"{len(defects)} groups of options that nothing tells apart"
    return claimed("interchangeable", text, defects)


def _told_by(ground: Ground, place: int, question: Question, option: Option) -> Hashable:
    """Return all that depends on an option: rules, impossibilities, and what it asks or keeps."""
    index = ground.encoding.option_index[place][option.id]
    about_checkpoints = tuple(
        option.id in rule.when[question.id]
        for rule in ground.rulebase.rules
        if question.id in rule.when and not ground.mask(rule)
    )
    bound = option.up_to if "answer" in repr(option.requires) else None
    survives = ground.encoding.survives[place][index]
    return survives, _asks(option), bound, about_checkpoints


def _asks(option: Option) -> Hashable:
    """Return what an option asks of checkpoints, and how it has them used, loaded and ordered."""
    return (
        repr(option.requires),
        tuple(option.uses),
        tuple(option.keeps),
        option.dtype,
        option.order,
    )


def _chooses_checkpoints(ground: Ground, question: Question) -> bool:
    if question.id == TASK:
        return True
    if len({_asks(option) for option in question.options}) > 1 or any(
        option.requires for option in question.options
    ):
        return True
    return any(
        question.id in rule.when
        for rule in ground.rulebase.rules
        if any("/" in candidate for candidate in rule.candidates)
    )


def _asked_because(ground: Ground, id: str) -> set[int]:
    """Return the questions that an answer can bring up, and those that theirs can."""
    found: set[str] = {id}
    for question in ground.rulebase.questions:  # those asked because of others stand after them
        if found & set(question.ask_if):
            found.add(question.id)
    return {ground.encoding.index[one] for one in found - {id}}


def _changes_winner(ground: Ground, space: Space, free: set[int]) -> bool:
    """True where two profiles that differ in free questions alone have different winners."""
    layers = [layer.question for layer in space.layers]
    last_free = max((depth for depth, q in enumerate(layers) if q in free), default=-1)
    if not space or last_free < 0:
        return False
    winners = [ground.ranking.winner(outcome) for outcome in space.outcomes]
    seen: set[tuple[int, int, int]] = set()
    waiting = [(0, 0, 0)]
    while waiting:
        depth, one, other = waiting.pop()
        if depth == len(layers):
            if winners[one] != winners[other]:
                return True
            continue
        if one == other and depth > last_free:
            continue
        step = _steps(space, depth, one, other, free=layers[depth] in free)
        fresh = step - seen
        seen |= fresh
        waiting += fresh
        if len(seen) % CHECKED_EVERY < len(fresh):
            ground.budget.check()
    return False


def _steps(
    space: Space, depth: int, one: int, other: int, *, free: bool
) -> set[tuple[int, int, int]]:
    ahead, beside = space.targets(depth, one), space.targets(depth, other)
    if free:
        pairs = {(a, b) for a in set(ahead.values()) for b in set(beside.values())}
    else:
        pairs = {(ahead[choice], beside[choice]) for choice in ahead if choice in beside}
    return {(depth + 1, min(pair), max(pair)) for pair in pairs}


def _listed(options: list[str]) -> str:
    named = [f"`{option}`" for option in options if option != NOT_APPLICABLE]
    return " and ".join([", ".join(named[:-1]), named[-1]])
