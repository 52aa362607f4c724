"""A folder around a program: requirements, instructions, a test, and `advisor.yaml`."""

from __future__ import annotations

import json
from pathlib import Path

from advisor.decide.advice import TaskAdvice
from advisor.decide.program_header import PROGRAM, requirements
from advisor.decide.written_program import Script
from advisor.errors import UsageError
from advisor.model import AS_IS
from advisor.writing import creating_folder, write_text

PAGE = "index.html"


def write_project(folder: Path, script: Script, advice: TaskAdvice) -> list[Path]:
    """Write a program and the files around it into a new or empty folder; return their paths.

    Raises UsageError for a file that exists already, AdvisorError for a folder that holds others.
    """
    project_files, tool, is_page = advice.rulebase.files, script.tool, script.is_page
    name = PAGE if is_page else PROGRAM
    run = " ".join(["python", name, *script.runs[:1]]).rstrip()
    slots = {
        "program": name,
        "task": script.task,
        "checkpoint": script.checkpoint or "an encoder and a decoder of your choice",
        "does": script.said[0],
        "command": script.command,
        "runtime": script.runtime,
        "run": "python -m http.server 8000" if is_page else run,
        "words": json.dumps(list(tool.tried) if tool else []),
    }
    tests = [project_files[tool.test]] if tool else []
    needed, readme = script.needed, project_files["readme"]
    if is_page:
        tests, readme = [project_files["test-page"]], project_files["readme-page"]
        needed = requirements(tests[0].text, advice.rulebase.packages)
    files = {name: script.python, "requirements.txt": "".join(f"{each}\n" for each in needed)}
    if script.use != AS_IS and '"--epochs"' in script.python:
        tests = [project_files["test-training"]]
    for each in (readme, *tests):
        text = each.text
        for place, word in slots.items():
            text = text.replace(f"{{{place}}}", word)
        files[each.name] = text
    if script.checkpoint:
        files["advisor.yaml"] = _choice(script, advice)
    if there := next((folder / name for name in files if (folder / name).exists()), None):
        raise UsageError(f"`{there}` exists", hint="pass a new folder", kind="output-exists")
    with creating_folder(folder) as scratch:
        for file, text in files.items():
            write_text(scratch / file, text)
    return [folder / file for file in files]


def _choice(script: Script, advice: TaskAdvice) -> str:
    """Return `advisor.yaml`, which declares the checkpoint and its needs.

    Defaults that matter are written as needs too, so that the check has one outcome.
    """
    bounds = advice.rulebase.bounds.answers if advice.rulebase.bounds else {}
    answers = {**advice.decision.given, **bounds}
    given = {id: a.said for id, a in answers.items() if a.is_given}
    needs = {id: names[0] if len(names) == 1 else list(names) for id, names in given.items()}
    needs |= {id: option for id, option in advice.assumed.items() if id not in needs}
    checkpoint = advice.rulebase.checkpoint(script.checkpoint)
    if checkpoint.is_rounded:
        needs.pop("memory-gb", None)  # what is declared are the weights as they are stored
    entry = {"name": script.task, "checkpoint": checkpoint.hub_id, "revision": checkpoint.revision}
    filled = {key: value for key, value in entry.items() if value} | {"needs": needs}
    return f"choices:\n  - {json.dumps(filled, ensure_ascii=False)}\n"
