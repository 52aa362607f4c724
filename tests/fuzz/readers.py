"""One harness for each reader of what strangers write: what it is given, and what may come of it.

Each takes bytes, and returns quietly or raises an error of advisor's own. Whatever else it raises
is a crash.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import struct
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from agent_tools import SEEDS, agent_tools
from evaluation_readers import evaluation_readers

from advisor.check import judgement, records
from advisor.check.finding import Edit, fix_text
from advisor.cli.main import run
from advisor.console.profile_file import read_profile
from advisor.engine.decision import Engine
from advisor.engine.profile import make_profile
from advisor.errors import AdvisorError
from advisor.need.understanding import understand
from advisor.rulebase.store import _checksum, _read_kept, load_rules
from advisor.scan.mention import read_configuration
from advisor.scan.notebook import parse_notebook
from advisor.scan.pin import pin_of_notebook, read_pin
from advisor.scan.scanner import scan
from advisor.scan.source import UnreadableError
from advisor.scan.usage import Location
from advisor.scan.vocabulary import vocabulary_of
from advisor.scan.walk import excluding

CODES = {0, 1, 2, 3}


class Reader(NamedTuple):
    """What reads bytes, and honest inputs to begin with."""

    read: Callable[[bytes, Path], object]
    seeds: tuple[str | bytes, ...]


SMALL = Path(__file__).resolve().parent.parent / "rules"
RULES = load_rules()
VOCABULARY = vocabulary_of(RULES)
ENGINE = Engine(RULES)
LOAD = (
    "from transformers import CLIPModel, CLIPProcessor\n"
    'm = CLIPModel.from_pretrained("openai/clip-vit-base-patch32")  # advisor: ignore[a] b\n'
    "def f(x=None, *a, **k):\n    return m.get_image_features(**k)[0]\n"
)
CELL = {"cell_type": "code", "source": ["%pip install x\n", LOAD]}
NOTEBOOK = {"cells": [CELL, CELL], "metadata": {"kernelspec": {"name": "python3"}}}
PROJECT = (
    "choices:\n  - {name: a, checkpoint: openai/clip-vit-base-patch32, needs: {task: captioning}}\n"
    "exclude: ['a/*']\nfail_on: never\ntransformers: '5.24'\n"
)
LOCK = {"lock_version": 1, "rule_base": "x", "choices": [{"name": "a", "needs": {"task": "vqa"}}]}
BASELINE = {"rule": "a", "path": "b", "message": "c", "count": 2}
RULE = (
    "rules:\n  - id: a\n    criterion: scale\n    when: {output: [free-text]}\n    prefer: clip\n"
    "    because: B.\n    sources: [s]\n    examples: [{given: {output: pick}, fires: false}]\n"
)
HEADER = {"a": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]}}


def command(*words: str) -> int:
    """Run a command line in silence; its exit code has to be one that is promised."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        code = run(list(words))
    assert code in CODES, f"exit code {code}"
    return code


def arguments(data: bytes, _: Path) -> None:
    """The words of a command line; none of them writes or asks."""
    words = [word for word in data.decode("utf-8", "surrogateescape").split("\n") if word]
    safe = ("recommend", "explain", "show", "list", "compare")
    words = [word.replace("\0", "") for word in words]
    bad = ("--output", "-o", "--batch", "--rules", "--profile", "--install-completion")
    if words and words[0] in safe and not any(word.startswith(bad) for word in words):
        command(*words, "--no-input") if words[0] == "recommend" else command(*words)


def batch(data: bytes, folder: Path) -> None:
    """A file of cases."""
    (folder / "b.jsonl").write_bytes(data)
    command("recommend", "--batch", str(folder / "b.jsonl"))


def rules(data: bytes, folder: Path) -> None:
    """A file of an overlay."""
    (folder / "r" / "decisions").mkdir(parents=True, exist_ok=True)
    (folder / "r" / "decisions" / "a.yaml").write_bytes(data)
    load_rules(SMALL, overlays=(folder / "r",))


def project(data: bytes, folder: Path) -> None:
    """An advisor.yaml."""
    (folder / "advisor.yaml").write_bytes(data)
    judgement.read_declaration(folder / "advisor.yaml", within=folder)


def lock(data: bytes, folder: Path) -> None:
    """An advisor.lock."""
    (folder / "advisor.lock").write_bytes(data)
    records.read_lock(folder / "advisor.lock")


def baseline(data: bytes, folder: Path) -> None:
    """A baseline."""
    (folder / "b.json").write_bytes(data)
    records.read_baseline(folder / "b.json")


def exclusions(data: bytes, _: Path) -> None:
    """Patterns of files that are left out, asked about paths that make them work."""
    leaves_out = excluding(data.decode("utf-8", "surrogateescape").splitlines())
    for path in ("a" * 200, "a/b/c/d/e/f/g.py", "x/" * 60 + "y"):
        leaves_out(path)


def python(data: bytes, folder: Path) -> None:
    """A Python file, and edits anywhere in it."""
    (folder / "a.py").write_bytes(data)
    scan([folder / "a.py"], folder, VOCABULARY)
    text = data.decode("utf-8", "replace")
    fix_text("a.py", text, [(Edit(Location("a.py", 1, 1, 2, 5), "x", text[:3]),)])


def notebook(data: bytes, _: Path) -> None:
    """A notebook."""
    parse_notebook(data, "a.ipynb")


def configuration(data: bytes, _: Path) -> None:
    """A configuration file, in each of three languages."""
    for name in ("a.json", "a.toml", "a.yaml"):
        with contextlib.suppress(UnreadableError):
            read_configuration(data, name, VOCABULARY)


def safetensors(data: bytes, folder: Path) -> None:
    """A folder with a configuration and weights."""
    from advisor.trial.local_checkpoint import read_checkpoint

    (folder / "config.json").write_text('{"model_type": "clip"}')
    (folder / "model.safetensors").write_bytes(data)
    read_checkpoint(folder, "x/y")


def image(data: bytes, folder: Path) -> None:
    """An image file."""
    from advisor.trial import open_image

    (folder / "a.png").write_bytes(data)
    open_image(folder / "a.png")


PINS = ("requirements.txt", "pyproject.toml", "environment.yaml", "uv.lock", "Pipfile.lock")


def pins(data: bytes, _: Path) -> None:
    """What a project asks for: each kind of file, and a notebook."""
    text = data.decode("utf-8", "replace")
    for name in PINS:
        read_pin(text, name)
    pin_of_notebook(data, text, "a.ipynb")


def kept_rules(data: bytes, folder: Path) -> None:
    """A part of a kept copy of rules, below a checksum that holds."""
    checksum = _checksum(data)
    (folder / "core.json").write_bytes(checksum.encode() + b"\n" + data)
    with contextlib.suppress(ValueError, TypeError, RecursionError):  # made anew then
        _read_kept(folder, "core")


def profile(data: bytes, folder: Path) -> None:
    """A file of answers."""
    (folder / "p.yaml").write_bytes(data)
    make_profile(RULES, read_profile(RULES, str(folder / "p.yaml")), "file")


def need(data: bytes, _: Path) -> None:
    """A sentence."""
    understand(ENGINE, data.decode("utf-8", "replace"))


def _header(value: object) -> bytes:
    text = json.dumps(value).encode()
    return struct.pack("<Q", len(text)) + text + bytes(16)


def _png() -> bytes:
    from PIL import Image

    drawn = io.BytesIO()
    Image.new("RGB", (9, 7), "red").save(drawn, "PNG")
    return drawn.getvalue()


READERS = {
    "arguments": Reader(
        arguments,
        (
            "recommend\n--task\ncaptioning\n--memory-gb\n8\n--language\nde,en\n--format\njson",
            "explain\n--task\nvqa\n--why-not\nclip",
            "show\nopenai/clip-vit-base-patch32",
            "list\ncheckpoints\n--task\nvqa",
        ),
    ),
    "batch": Reader(
        batch, ('{"id": 1, "profile": {"task": "vqa", "memory-gb": 4}}\n{"need": "x"}',)
    ),
    "rules": Reader(rules, (RULE,)),
    "project": Reader(project, (PROJECT,)),
    "lock": Reader(lock, (json.dumps(LOCK),)),
    "baseline": Reader(
        baseline, (json.dumps({"baseline_version": 1, "findings": [BASELINE, BASELINE]}),)
    ),
    "exclusions": Reader(exclusions, ("*.py\n!a/**/b\n/x/[a-z]?\n**/c/\n\\#d\n", "*a*a*a*b\n")),
    "python": Reader(python, (LOAD, "# -*- coding: latin-1 -*-\n" + LOAD)),
    "notebook": Reader(notebook, (json.dumps(NOTEBOOK, indent=1),)),
    "configuration": Reader(
        configuration,
        (
            '{"model": "openai/clip-vit-base-patch32", "task": ["a"]}',
            'model = "openai/clip-vit-base-patch32"\n[a.b]\nc = 1979-05-27\n',
            "model: openai/clip-vit-base-patch32\na: &x [1, *x]\n---\nb: c\n",
        ),
    ),
    "pins": Reader(
        pins,
        (
            "transformers>=4.40,<5 # a\ntransformers @ git+https://x/transformers.git@v4.5\n",
            '[project]\ndependencies = ["transformers[torch]~=4.4"]\n[tool.poetry.dependencies]\n',
            '"source": ["!pip install -U \\"transformers==4.5\\"\\n"]',
            '{"default": {"transformers": {"hashes": ["a"], "version": "==4.5"}}}',
            'name = "transformers"\nversion = "4.5"\n',
        ),
    ),
    "kept rules": Reader(kept_rules, ('{"digest": "a", "overlays": []}',)),
    "profile": Reader(profile, ("task: captioning\nmemory-gb: 4\nlanguage: [de, en]\n",)),
    "need": Reader(need, ("search 2 million photos by German text on a cpu", "describe images")),
    "agent tools": Reader(partial(agent_tools, RULES), SEEDS),
    "safetensors": Reader(safetensors, (_header(HEADER),)),
    "images": Reader(image, (_png(),)),
    **{name: Reader(*each) for name, each in evaluation_readers().items()},
}
ALLOWED = (AdvisorError, UnreadableError)


def quiet_environment() -> None:
    """Leave out of the environment what would change an answer."""
    for name in [name for name in os.environ if name.startswith(("ADVISOR_R", "GITHUB_"))]:
        del os.environ[name]
