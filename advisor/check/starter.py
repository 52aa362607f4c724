"""A first advisor.yaml, written from what the code uses."""

from __future__ import annotations

from advisor.check.case import Case
from advisor.model import Checkpoint
from advisor.rulebase.base import RuleBase
from advisor.scan.usage import Usage

HEAD = """\
# What this project uses and what for; `advisor check` holds choices and code against it.
# Each choice names a checkpoint and its needs: answers to questions (`advisor list questions`).
"""
TAIL = """
# Findings at this level fail the run: error, warning or never.
fail_on: error

# Code that is not the product, in the language of .gitignore.
# exclude: [experiments/, notebooks/]

# The release of transformers to judge by; left out, the installed one.
# transformers: "{release}"

# Folders of rules of your own, laid over those of advisor.
# rules: [our-rules]
"""
NOTHING = """
# No code here loads a checkpoint that advisor knows. A choice looks like this:
# choices:
#   - name: {task}
#     checkpoint: {checkpoint}
#     needs: {{task: {task}}}
"""
WAIVER = """\
    # What is agreed to for a while is waived, with a reason and a last day:
    # waive:
    #   - {rule: caveat, reason: we weighed it, until: "YYYY-MM-DD"}
"""


def starter(case: Case) -> tuple[str, int]:
    """Return the text of a commented advisor.yaml, and how many choices it has."""
    used: dict[str, list[Usage]] = {}
    for usage in case.scan.usages:
        identity = case.identity(usage)
        if identity and identity.checkpoint and usage.model is not None:
            used.setdefault(identity.id, []).append(usage)
    tail = TAIL.format(release=case.release.version)
    if not used:
        return HEAD + _example(case.rulebase) + tail, 0
    names: set[str] = set()
    blocks = []
    for id, usages in sorted(used.items()):
        checkpoint = case.rulebase.checkpoints[id]
        task, guessed = _task(case.rulebase, checkpoint, usages)
        blocks.append(_choice(checkpoint, usages, task, _name(task, names), guessed=guessed))
    return HEAD + "\nchoices:\n" + "\n".join(blocks) + WAIVER + tail, len(used)


def _example(rulebase: RuleBase) -> str:
    """Return a choice that nobody made, as a comment: a checkpoint for the first task it does."""
    for one in rulebase.checkpoints.values():
        if one.loader == "transformers" and one.tasks:
            return NOTHING.format(task=one.tasks[0], checkpoint=one.id)
    return ""


def _choice(
    checkpoint: Checkpoint, usages: list[Usage], task: str, name: str, *, guessed: bool
) -> str:
    places = [f"{usage.place.path}:{usage.place.line}" for usage in usages]
    more = f" and {len(places) - 3} more" if len(places) > 3 else ""
    able = ", ".join(checkpoint.tasks or checkpoint.fine_tune)
    training = "" if checkpoint.tasks else ", training: fine-tune"
    lines = [
        f"  # {', '.join(places[:3])}{more}",
        f"  - name: {name}",
        f"    checkpoint: {checkpoint.id}",
    ]
    if checkpoint.revision:
        lines.append(f"    revision: {checkpoint.revision}")
    if guessed:
        lines.append(f"    # a guess from the checkpoint, which does: {able}")
    lines.append(f"    needs: {{task: {task}{training}}}  # add e.g. language, use, memory-gb")
    return "\n".join(lines) + "\n"


def _task(rulebase: RuleBase, checkpoint: Checkpoint, usages: list[Usage]) -> tuple[str, bool]:
    """Return the task: the one whose pipeline the code names, else the checkpoint's first."""
    able = list(dict.fromkeys([*checkpoint.tasks, *checkpoint.fine_tune]))
    named = {usage.task for usage in usages if usage.task}
    for task in rulebase.tasks:
        if task.id in able and named & {task.id, *task.hub_tasks, *task.aliases}:
            return task.id, False
    return (able[0] if able else rulebase.tasks[0].id), len(able) != 1


def _name(task: str, taken: set[str]) -> str:
    number = 1
    name = task
    while name in taken:
        number += 1
        name = f"{task}-{number}"
    taken.add(name)
    return name
