"""Questions whose answers change nothing, options that cannot be or that nothing tells apart.

A question *matters for the family* where two profiles have different families and the same answers
to all other questions, except those that are asked because of its answer (`ask_if`). It *matters
for checkpoints* where its options ask different things of them, or a rule about checkpoints asks.
"""

from __future__ import annotations

from collections.abc import Hashable

from advisor.audit.claim import Claim, Defect, conclude
from advisor.audit.context import ProofContext
from advisor.engine.diagram import Diagram
from advisor.model import NOT_APPLICABLE, TASK, Option, Question, Rule
from advisor.phrasing import count, joined

Winners = frozenset[int]
"""Who wins the profiles that differ in some questions alone."""


def every_question_matters(context: ProofContext) -> Claim:
    """Claim that the answer of each question can change the family or the checkpoints."""
    everything = context.everything
    won = Diagram(everything.choices)
    winner = context.ranking.winner
    root = won.read(everything, everything.root, lambda outcome: frozenset((winner(outcome),)))
    choosing = {q.id for q in context.rulebase.questions if _chooses_checkpoints(context, q)}
    deciding = []
    defects = []
    for place, question in enumerate(context.rulebase.questions):
        free = {place, *_asked_because(context, question.id)}
        if _changes_winner(context, won, root, free):
            deciding.append(question.id)
        elif not choosing & {context.encoding.questions[one] for one in free}:
            where = context.rulebase.place("question", question.id)
            message = f"the answer to `{question.id}` changes neither the family nor a checkpoint"
            defects.append(Defect("idle-question", question.id, where, message))
    number = len(context.rulebase.questions)
    text = (
        f"of {number} questions, {len(deciding)} can change the family and "
        f"{number - len(deciding) - len(defects)} the checkpoints alone"
    )
    return conclude("questions", text, defects)


def every_option_possible(context: ProofContext) -> Claim:
    """Claim that some profile has each task and option, and that each `never` rules out some."""
    space = context.admissible
    reachable = space.reachable(space.root).choices
    defects = []
    for question, options in enumerate(context.encoding.options):
        id = context.encoding.questions[question]
        for place, option in enumerate(options):
            if (place,) in reachable[question]:
                continue
            defects.append(_impossible(context, id, option))
    number = sum(len(options) for options in context.encoding.options)
    for place, conjunction in enumerate(context.encoding.conjunctions):
        never = conjunction.origin
        if isinstance(never, Rule) or never.why != "never":
            continue
        if not context.space(never.when, only=context.encoding.forbid & ~(1 << place)):
            where = context.rulebase.place("never", never.id)
            message = f"`{never.id}` rules out nothing: what it names cannot be anyway"
            defects.append(Defect("idle-never", never.id, where, message))
    return conclude("options", f"{number} options, each in some profile", defects)


def _impossible(context: ProofContext, id: str, option: str) -> Defect:
    where = context.rulebase.place("question", id)
    if option == NOT_APPLICABLE:
        message = f"`{id}` makes sense in every profile: its `ask_if` rules out none"
        return Defect("always-asked", id, where, message)
    if id == TASK:
        where = context.rulebase.place("task", option)
    message = f"no complete profile has {id}: {option}"
    return Defect("impossible-option", option, where, message)


def interchangeable_options(context: ProofContext) -> Claim:
    """Claim that something tells the options of each question apart; a note where nothing does."""
    defects = []
    for place, question in enumerate(context.rulebase.questions):
        groups: dict[Hashable, list[str]] = {}
        for option in question.options if question.id != TASK else ():
            groups.setdefault(_told_by(context, place, question, option), []).append(option.id)
        for group in groups.values():
            if len(group) > 1:
                where = context.rulebase.place("question", question.id)
                named = joined(f"`{option}`" for option in group)
                message = f"nothing tells {named} of `{question.id}` apart"
                about = f"{question.id}-{group[0]}"
                defects.append(Defect("interchangeable-options", about, where, message))
    text = f"{count(len(defects), 'group')} of options that nothing tells apart"
    return conclude("interchangeable", text, defects)


def _told_by(context: ProofContext, place: int, question: Question, option: Option) -> Hashable:
    """Return all that depends on an option: rules, impossibilities, and what it asks or keeps."""
    index = context.encoding.option_index[place][option.id]
    about_checkpoints = tuple(
        option.id in rule.when[question.id]
        for rule in context.rulebase.rules
        if question.id in rule.when and not context.mask(rule)
    )
    bound = option.up_to if "answer" in repr(option.requires) else None
    survives = context.encoding.survives[place][index]
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


def _chooses_checkpoints(context: ProofContext, question: Question) -> bool:
    if question.id == TASK:
        return True
    if len({_asks(option) for option in question.options}) > 1 or any(
        option.requires for option in question.options
    ):
        return True
    return any(
        question.id in rule.when
        for rule in context.rulebase.rules
        if any("/" in candidate for candidate in rule.candidates)
    )


def _asked_because(context: ProofContext, id: str) -> set[int]:
    """Return the questions that an answer can bring up, and those that theirs can."""
    found: set[str] = {id}
    for question in context.rulebase.questions:  # those asked because of others stand after them
        if found & set(question.ask_if):
            found.add(question.id)
    return {context.encoding.index[one] for one in found - {id}}


def _changes_winner(context: ProofContext, won: Diagram, root: int, free: set[int]) -> bool:
    """True where two profiles that differ in free questions alone have different winners."""

    def either(one: Winners | None, other: Winners | None) -> Winners:
        context.budget.check()
        return (one or frozenset()) | (other or frozenset())

    return any(len(winners) > 1 for winners in won.labels(won.project(root, free, either)))
