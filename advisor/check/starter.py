"""A first advisor.yaml, written from what the code uses."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from pathlib import Path

from advisor.catalogue.release import release
from advisor.check.case import TRANSFORMERS, Case
from advisor.check.judgement import ProjectDeclaration
from advisor.check.project import Project
from advisor.foreign import visible
from advisor.model import TASK
from advisor.phrasing import first_named
from advisor.rulebase.base import RuleBase
from advisor.scan.usage import Usage

HEAD = """\
# The models of this project and their requirements, for `advisor check`.
# Each entry names a checkpoint and its needs: answers to questions (`advisor list questions`).
"""
TAIL = """
# Findings at this level fail the run: error, warning, outdated-choice or never.
fail_on: error

# Other keys, which `advisor rules schema project` describes:
# exclude: [experiments/, notebooks/]
# transformers: "{release}"
# rules: [our-rules]
"""
NOTHING = """
# No code outside tests loads a checkpoint of advisor's catalog.{others}
# An entry looks like this:
# choices:
#   - name: {task}
#     checkpoint: {checkpoint}
#     needs: {{task: {task}}}
"""
WAIVER = """\
    # `waive` suppresses a finding for a while, with a reason and an expiry date:
    # waive:
    #   - {rule: caveat, reason: we weighed it, until: "YYYY-MM-DD"}
"""
_BY = re.compile(r"^# by: advisor code (.+)$", re.MULTILINE)
"""The line of a program that names the command which wrote it."""
_FLAG = re.compile(r"--([\w-]+) (\S+)")
_TEST = re.compile(r"(?i)(?:.*/)?(?:(?:tests?|testing)/.*|test_[^/]*|conftest\.py|[^/]*_test\.py)")
"""Files of tests; they count only if no other code loads anything."""


def starter(rulebase: RuleBase, folder: Path) -> tuple[str, int]:
    """Return the text of a commented advisor.yaml for a folder, and the number of its models."""
    bare = Case(rulebase=rulebase, judged_by=release(rulebase))
    case = Project(ProjectDeclaration(folder), (folder,), bare).scanned()
    tail = TAIL.format(release=case.release.version)
    loading = case.scan.loading
    code = [usage for usage in loading if not _TEST.fullmatch(usage.place.path)] or loading
    loads: dict[tuple[str, str], list[str]] = defaultdict(list)
    for usage in code:
        if usage.checkpoint in rulebase.checkpoints:
            place = f"{visible(usage.place.path)}:{usage.place.line}"
            loads[usage.checkpoint, _needs(case, usage)].append(place)
    if not loads:
        ids = dict.fromkeys(visible(usage.checkpoint) for usage in code if usage.checkpoint)
        others = f" It loads:\n# {first_named([*ids], 3)}" if ids else ""
        made = (model for model in rulebase.checkpoints.values() if model.loader == TRANSFORMERS)
        shown = next(model for model in made if model.tasks)
        nothing = NOTHING.format(task=shown.tasks[0], checkpoint=shown.id, others=others)
        return HEAD + nothing + tail, 0
    blocks, named = "", Counter[str]()
    for (id, written), places in sorted(loads.items()):
        checkpoint = rulebase.checkpoints[id]
        able = [*checkpoint.tasks, *checkpoint.fine_tune] or [rulebase.tasks[0].id]
        needs = json.loads(written)
        tasks = ", ".join(dict.fromkeys(able))
        guess = "" if needs else f" guessed from the tasks of the checkpoint: {tasks};"
        needs = {TASK: able[0]} | needs | ({} if checkpoint.tasks else {"training": "fine-tune"})
        named[task := needs[TASK]] += 1
        name = f"{task}-{named[task]}" if named[task] > 1 else task
        blocks += f"  # {first_named(places, 3)}\n  - name: {name}\n    checkpoint: {id}\n"
        blocks += f"    #{guess} add e.g. language, license-use, memory-gb\n"
        blocks += f"    needs: {json.dumps(needs, ensure_ascii=False)}\n\n"
    return f"{HEAD}\nchoices:\n{blocks}{WAIVER}{tail}", len(loads)


def _needs(case: Case, usage: Usage) -> str:
    """Return as JSON the needs in the head of a program, or the only task that a load may have.

    It is {} if several tasks are possible. A limit of memory is left out: the check judges weights
    as they are stored, and a program may load them in fewer bits.
    """
    rulebase = case.rulebase
    checkpoint = rulebase.checkpoints[usage.checkpoint or ""]
    able = {*checkpoint.tasks, *checkpoint.fine_tune}
    named = {*rulebase.question_names} - {"memory-gb"}
    for command in _BY.findall(case.source(usage.place.path)):
        needs = {flag: text for flag, text in _FLAG.findall(command) if flag in named}
        if needs.get(TASK) in able:
            return json.dumps(needs)
    tasks = [task for task in rulebase.tasks if task.id in able]
    fits = [task.id for task in tasks if usage.task in (task.id, *task.hub_tasks, *task.aliases)]
    certain = fits or [*able] * (len(able) == 1)
    return json.dumps({TASK: certain[0]} if certain else {})
