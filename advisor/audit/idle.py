"""Questions whose answers change nothing, and options that cannot be.

A question *matters for the family* where two profiles have different families and the same answers
to all other questions, except those that are asked because of its answer (`ask_if`). It *matters
for checkpoints* where its options ask different things of them, or a rule about checkpoints asks.
"""

from __future__ import annotations

from collections.abc import Hashable

from advisor.audit.claim import Defect, claims, defect
from advisor.audit.context import ProofContext
from advisor.engine.diagram import Diagram
from advisor.model import NOT_APPLICABLE, TASK, Option, Question, Rule

Winners = frozenset[int]
"""Who wins the profiles that differ in some questions alone."""


@claims("questions", "which questions matter")
def every_question_matters(context: ProofContext) -> tuple[str, list[Defect]]:
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
            defects.append(defect(context, "idle-question", question.id))
    number = len(context.rulebase.questions)
    text = (
        f"of {number} questions, {len(deciding)} can change the family and "
        f"{number - len(deciding) - len(defects)} the checkpoints alone"
    )
    return text, defects


@claims("options", "which options are possible")
def every_option_possible(context: ProofContext) -> tuple[str, list[Defect]]:
    """Claim that some profile has each task and option, and that each `never` rules out some."""
    space, encoding = context.admissible, context.encoding
    reachable = space.reachable(space.root).choices
    defects = []
    for id, options, reached in zip(encoding.questions, encoding.options, reachable, strict=True):
        for place, option in enumerate(options):
            if (place,) in reached or option == NOT_APPLICABLE:
                continue
            where = context.rulebase.place(*(("task", option) if id == TASK else ("question", id)))
            defects.append(defect(context, "impossible-option", option, where, question=id))
    for place, (never, _, _) in enumerate(encoding.conjunctions):
        if isinstance(never, Rule) or never.why != "never":
            continue
        if not context.space(never.when, only=encoding.forbid & ~(1 << place)):
            defects.append(defect(context, "idle-never", never.id))
    return f"{sum(map(len, encoding.options))} options, each in some profile", defects


def _asks(option: Option) -> Hashable:
    """Return what an option asks of checkpoints, and how it has them used, loaded and ordered."""
    uses, keeps = tuple(option.uses), tuple(option.keeps)
    return repr(option.requires), uses, keeps, option.dtype, option.order, option.step


def _chooses_checkpoints(context: ProofContext, question: Question) -> bool:
    aimed = [rule for rule in context.rulebase.rules if any("/" in one for one in rule.candidates)]
    return (
        question.id == TASK
        or len({_asks(option) for option in question.options}) > 1
        or any(option.requires for option in question.options)
        or any(question.id in rule.when for rule in aimed)
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
