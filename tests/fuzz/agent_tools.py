"""What an agent may send to the tools of `advisor mcp`: any JSON, and any text in each argument.

An answer is JSON, short unless all of it is asked for, and never "a bug in advisor". While one is
made, no file near the working folder is opened but those in it.
"""

from __future__ import annotations

import json
import os
import sys
import zlib
from pathlib import Path
from typing import Any

from advisor.rulebase.base import RuleBase

TOKEN_BYTES, MOST_TOKENS = 4, 1_500
"""As many as a short answer may have; what is repeated of the arguments comes on top."""
_forbidden: list[Path] = []
"""The working folder, and folders that may not be read but for what lies in it."""


def agent_tools(rules: RuleBase, data: bytes, folder: Path) -> None:
    """A call of a tool; what is no such call becomes an argument of one."""
    try:
        sent = json.loads(data)
    except (ValueError, RecursionError):
        sent = data.decode("utf-8", "surrogateescape")
    if isinstance(sent, dict) and isinstance(sent.get("arguments", {}), dict):
        _call(rules, str(sent.get("tool")), sent.get("arguments", {}), folder)
    else:
        _call_with(rules, sent, zlib.crc32(data), folder)


def _call_with(rules: RuleBase, value: Any, number: int, folder: Path) -> None:
    """Give a value as one of the arguments, told by a number."""
    captioning = {"task": "captioning"}
    calls: tuple[tuple[str, dict[str, Any]], ...] = (
        ("recommend", {"need": value}),
        ("recommend", {"answers": value}),
        ("recommend", {"answers": {"task": value}}),
        ("explain", {"answers": captioning, "why_not": value}),
        ("check", {"checkpoint": value, "answers": captioning}),
        ("check", {"checkpoint": "a/b", "class": value, "answers": captioning}),
        ("check", {"paths": [value]}),
        ("check", {"paths": ["src"], "transformers": value}),
        ("show", {"id": value}),
        ("list", {"kind": value}),
        ("list", {"kind": "checkpoints", "filter": {"language": value}}),
        ("list", {"kind": "checkpoints", "filter": {"memory_gb": value, "commercial_use": value}}),
    )
    tool, arguments = calls[number % len(calls)]
    _call(rules, tool, arguments, folder)


def _call(rules: RuleBase, tool: str, arguments: dict[str, Any], folder: Path) -> None:
    from advisor.agents.server import answer

    before = Path.cwd()
    os.chdir(_project(folder))
    _forbidden.extend((Path.cwd(), folder.resolve(), Path("/etc"), Path.home() / ".ssh"))
    try:
        result = answer(rules, tool, arguments)
        sent = result.model_dump_json(by_alias=True, exclude_none=True).encode()
    finally:
        _forbidden.clear()
        os.chdir(before)
    content = result.structured_content
    assert content.get("error", {}).get("kind") != "bug", content["error"]
    repeated = 12 * len(json.dumps(arguments))
    if arguments.get("detail") != "full":
        assert len(sent) <= TOKEN_BYTES * MOST_TOKENS + repeated, f"{tool} sends {len(sent)} bytes"


def _project(folder: Path) -> Path:
    home = folder / "project"
    if not home.exists():
        (home / "src").mkdir(parents=True)
        (home / "src" / "a.py").write_text(
            "from transformers import CLIPModel\nCLIPModel.from_pretrained('openai/clip')\n"
        )
        (home / "model").mkdir()
        (home / "model" / "config.json").write_text('{"model_type": "clip"}')
        outside = folder / "outside"
        (outside / "model").mkdir(parents=True)
        for name in ("requirements.txt", "advisor.yaml", "advisor.lock", ".gitignore"):
            (folder / name).write_text("transformers==4.1\n")
        (outside / "secret.py").write_text("from transformers import CLIPModel\n")
        (outside / "model" / "config.json").write_text('{"model_type": "clip"}')
        (home / "out").symlink_to(outside)
        (home / "secret.py").symlink_to(outside / "secret.py")
        (home / "half").mkdir()
        (home / "half" / "config.json").symlink_to(outside / "model" / "config.json")
    return home


def _watch(event: str, given: tuple[Any, ...]) -> None:
    if not _forbidden or event not in ("open", "os.listdir", "os.scandir"):
        return
    if not isinstance(given[0], str | bytes):
        return
    real = Path(os.path.realpath(os.fsdecode(given[0])))
    project, *outside = _forbidden
    if not real.is_relative_to(project) and any(map(real.is_relative_to, outside)):
        raise AssertionError(f"{real} lies outside")


sys.addaudithook(_watch)

SEEDS = tuple(
    json.dumps({"tool": tool, "arguments": arguments})
    for tool, arguments in (
        ("recommend", {"need": "caption photos in German", "answers": {"use": "commercial"}}),
        ("recommend", {"answers": {"task": "vqa", "memory-gb": 8, "language": ["de", "en"]}}),
        ("explain", {"answers": {"task": "captioning"}, "why_not": "clip", "detail": "full"}),
        ("check", {"checkpoint": "Salesforce/blip-vqa-base", "class": "BlipModel",
                   "answers": {"task": "captioning"}}),
        ("check", {"paths": ["src", "secret.py"], "transformers": "5.24"}),
        ("check", {"paths": ["out/secret.py", "../outside"]}),
        ("show", {"id": "./half"}),
        ("show", {"id": "./model"}),
        ("show", {"id": "clip", "detail": "compact"}),
        ("list", {"kind": "checkpoints", "filter": {"task": "vqa", "language": "de",
                  "memory_gb": 4, "commercial_use": "yes", "licence": "mit", "family": "clip"}}),
        ("list", {"kind": "questions"}),
    )
)  # fmt: skip
