"""A first advisor.yaml, written from what the code uses."""

from __future__ import annotations

import json
import re
import shlex
from collections import Counter
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

from advisor.catalogue.release import release
from advisor.check.case import TRANSFORMERS, Case
from advisor.check.judgement import ProjectDeclaration, judgement_of
from advisor.check.project import Project
from advisor.errors import UsageError
from advisor.foreign import visible
from advisor.model import TASK, Checkpoint
from advisor.phrasing import first_named
from advisor.rulebase.base import RuleBase
from advisor.scan.usage import Usage

Needs = dict[str, str | list[str]]
TESTS = {"test", "tests", "testing"}
HEAD = """\
# The models of this project and their requirements, for `advisor check`.
# Each entry names a checkpoint and its needs: answers to questions (`advisor list questions`).
"""
TAIL = """
# Findings at this level fail the run: error, warning, outdated-choice or never.
fail_on: error

# Folders to skip, as .gitignore patterns.
# exclude: [experiments/, notebooks/]

# Target transformers version. Default: the installed version.
# transformers: "{release}"

# Folders with your own rules, added to the rules of advisor.
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
_BY = re.compile(r"^# by: advisor code (.+)$", re.MULTILINE)
"""The line of a program that names the command which wrote it."""
WAIVER = """\
    # `waive` suppresses a finding for a while, with a reason and an expiry date:
    # waive:
    #   - {rule: caveat, reason: we weighed it, until: "YYYY-MM-DD"}
"""


def starter(rulebase: RuleBase, folder: Path) -> tuple[str, int]:
    """Return the text of a commented advisor.yaml for a folder, and how many choices it has."""
    bare = Case(rulebase=rulebase, judged_by=release(rulebase))
    case = Project(ProjectDeclaration(folder), (folder,), bare).scanned()
    loads = _loads(case)
    tail = TAIL.format(release=case.release.version)
    if not loads:
        code = (usage for usage in case.scan.loading if not _is_test(usage.place.path))
        ids = dict.fromkeys(visible(usage.checkpoint) for usage in code if usage.checkpoint)
        others = f" It loads:\n# {first_named([*ids], 3)}" if ids else ""
        made = (model for model in rulebase.checkpoints.values() if model.loader == TRANSFORMERS)
        shown = next(model for model in made if model.tasks)
        nothing = NOTHING.format(task=shown.tasks[0], checkpoint=shown.id, others=others)
        return HEAD + nothing + tail, 0
    named: Counter[str] = Counter()
    blocks = [
        _choice(case, rulebase.checkpoints[id], json.loads(needs), usages, named)
        for (id, needs), usages in sorted(loads.items())
    ]
    return HEAD + "\nchoices:\n" + "\n".join(blocks) + WAIVER + tail, len(loads)


def _loads(case: Case) -> dict[tuple[str, str], list[Usage]]:
    """Return what loads catalogued checkpoints: models, or else processors alone.

    They are sorted by id and, as JSON, by the needs that the head of a program names. Tests count
    only where no other code loads anything.
    """
    tests_alone = all(_is_test(usage.place.path) for usage in case.scan.loading)
    catalogued = case.catalogued()
    pairs = [it for it in catalogued if tests_alone or not _is_test(it[0].place.path)]
    models = [pair for pair in pairs if pair[0].model is not None]
    loads: dict[tuple[str, str], list[Usage]] = {}
    for usage, checkpoint in models or pairs:
        needs = _needs_of_header(case, checkpoint, usage.place.path)
        key = (checkpoint.id, json.dumps(needs, ensure_ascii=False))
        loads.setdefault(key, []).append(usage)
    return loads


def _is_test(path: str) -> bool:
    """True for a file that pytest or unittest would collect, and for one in a folder of tests."""
    *folders, name = path.lower().split("/")
    stem = name.rpartition(".")[0]
    named = stem == "conftest" or stem.startswith("test_") or stem.endswith("_test")
    return named or not TESTS.isdisjoint(folders)


def _needs_of_header(case: Case, checkpoint: Checkpoint, path: str) -> Needs:
    """Return the answers that `advisor code` wrote a program for, by flag; none for other code.

    A limit of memory is left out where the program loads in fewer bits: the check judges the
    weights as they are stored. Defaults that the command took are added where they decide.
    """
    source = case.source(path)
    left_out = {"memory-gb"} if "BitsAndBytesConfig(" in source else set()
    for command in _BY.findall(source):
        given: dict[str, list[str]] = {}
        with suppress(ValueError):  # a quotation that nobody closed
            for flag, value in pairwise(shlex.split(command)):
                name = flag.removeprefix("--")
                if name != flag and name in case.rulebase.question_names and name not in left_out:
                    given.setdefault(name, []).append(value)
        if set(given.get(TASK, [])) & {*checkpoint.tasks, *checkpoint.fine_tune}:
            needs: Needs = {name: texts if texts[1:] else texts[0] for name, texts in given.items()}
            with suppress(UsageError):  # several tasks, or a need of an older version
                judged = judgement_of(case.rulebase, checkpoint.id, needs)
                while judged.flag and judged.settles and judged.flag not in needs:
                    needs[judged.flag] = judged.decision.profile[judged.settles].options[0]
                    judged = judgement_of(case.rulebase, checkpoint.id, needs)
            return needs
    return {}


def _choice(
    case: Case, checkpoint: Checkpoint, written: Needs, usages: list[Usage], named: Counter[str]
) -> str:
    """Return one choice, named after its task; `named` counts the choices named so."""
    rulebase = case.rulebase
    able = list(dict.fromkeys([*checkpoint.tasks, *checkpoint.fine_tune]))
    pipelines = {usage.task for usage in usages if usage.task}
    tasks = [task for task in rulebase.tasks if task.id in able]
    certain = [it.id for it in tasks if pipelines & {it.id, *it.hub_tasks, *it.aliases}]
    certain = certain or (able if len(able) == 1 else [])
    certain = [str(written[TASK])] if isinstance(written.get(TASK), str) else certain
    task = [*certain, *able, rulebase.tasks[0].id][0]
    named[task] += 1
    places = [f"{visible(usage.place.path)}:{usage.place.line}" for usage in usages]
    training = "" if checkpoint.tasks else ", training: fine-tune"
    own = f"{task}-{named[task]}" if named[task] > 1 else task
    lines = [f"  # {first_named(places, 3)}", f"  - name: {own}"]
    lines.append(f"    checkpoint: {checkpoint.id}")
    if checkpoint.revision:
        lines.append(f"    revision: {checkpoint.revision}")
    if not certain:
        does = ", ".join(checkpoint.tasks or checkpoint.fine_tune)
        lines.append(f"    # guessed from the tasks of the checkpoint: {does}")
    needs = f"{{task: {task}{training}}}  # add e.g. language, license-use, memory-gb"
    lines.append(f"    needs: {json.dumps(written, ensure_ascii=False) if written else needs}")
    return "\n".join(lines) + "\n"
