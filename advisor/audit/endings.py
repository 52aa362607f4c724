"""What the complete profiles of each task end in: a checkpoint, one to compose, or none.

It is read off the decision diagrams of the tasks. A *case* is a complete profile as far as its
diagram tells profiles apart: of each question an option, a kind that it covers, or an interval of
sizes.
"""

from __future__ import annotations

from collections import Counter

from advisor.audit.claim import Defect, claims, defect
from advisor.audit.context import NotProvedError, ProofContext
from advisor.decide.outlook import diagram_for
from advisor.decide.selection import ORDERS
from advisor.engine.task_diagram import COMPOSED, NOTHING, PICKED, TEACHABLE, TaskDiagram
from advisor.errors import TooMuchOpenError
from advisor.model import NONE, TASK
from advisor.phrasing import joined, share

KINDS = {
    PICKED: "have a checkpoint",
    COMPOSED: "one to compose",
    TEACHABLE: "one that training could teach",
    NOTHING: "none that fits",
}


def diagram_of(context: ProofContext, task: str, order: str = ORDERS[0]) -> TaskDiagram:
    """Return the diagram of a task. Raises NotProvedError where the budget ends."""
    context.budget.check()
    try:
        return diagram_for(context.engine, task, {}, order=order)
    except TooMuchOpenError as error:
        raise NotProvedError(f"`{task}`: {error.message}") from error


def possible_tasks(context: ProofContext) -> list[str]:
    """Return the tasks that some profile has. Raises NotProvedError where the budget ends."""
    space, question = context.everything, context.encoding.index[TASK]
    reached = space.reachable(space.root).choices[question]
    tasks = enumerate(context.encoding.options[question])
    return [task for place, task in tasks if (place,) in reached]


def endings(context: ProofContext) -> dict[str, Counter[str]]:
    """Return for each task that has a family how many of its cases end in which kind of leaf."""
    found: dict[str, Counter[str]] = {}
    for task in possible_tasks(context):
        diagram = diagram_of(context, task)
        kinds: Counter[str] = Counter()
        for leaf, cases in diagram.counts(diagram.root).items():
            if leaf.family != NONE:
                kinds[leaf.kind] += cases
        if kinds:
            found[task] = kinds
    return found


@claims("endings", "whether each profile that has a family has a checkpoint")
def every_profile_ends(context: ProofContext) -> tuple[str, list[Defect]]:
    """Claim that each profile has a checkpoint, or that the page names the one closest to it."""
    kinds: Counter[str] = sum(endings(context).values(), Counter())
    total, none, defects = kinds.total(), 0, []
    for task in possible_tasks(context):
        if found := _without_closest(context, diagram_of(context, task)):
            none += (cases := sum(found.values()))
            named = joined(f"`{family}`" for family in found)
            defects.append(defect(context, "no-closest", task, family=named, cases=cases))
    if not total:
        return "no profile has a family", defects
    parts = [f"{share(kinds[kind], total)} {text}" for kind, text in KINDS.items() if kinds[kind]]
    text = f"of {total:,} cases with a family, {', '.join(parts)}"
    if without := kinds[TEACHABLE] + kinds[NOTHING]:
        named = f"{without - none:,} of these" if none else f"each of these {without:,}"
        text += f"; the page names the closest in {named}"
    return text, defects


def _without_closest(context: ProofContext, diagram: TaskDiagram) -> dict[str, int]:
    """Return in how many cases a family has no checkpoint, and none that could be the closest.

    None is where all of its checkpoints are for other tasks, in whatever way they are used.
    """
    checkpoints = [one for one in context.rulebase.checkpoints.values() if one.offered]
    able = {one.family for one in checkpoints if diagram.task in (*one.tasks, *one.fine_tune)}
    found = Counter[str]()
    for leaf, cases in diagram.counts(diagram.root).items():
        if leaf.kind in (TEACHABLE, NOTHING) and leaf.family not in (NONE, *able):
            found[leaf.family] += cases
    return dict(found)
