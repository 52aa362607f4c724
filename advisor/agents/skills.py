"""The skill for coding agents, as the wheel holds it and as a project gets it."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

from advisor import __version__
from advisor.errors import UsageError
from advisor.files import leads_out, read_bounded
from advisor.writing import make_folder, write_text

NAME = "advisor"
FILE = "SKILL.md"
MOST_BYTES = 1_000_000
_MADE = re.compile(r"^metadata:\n  version: \S+\n  digest: (\w+)\n", re.MULTILINE)


def shipped() -> str:
    """Return the skill: YAML between two lines of dashes, then Markdown."""
    return (Path(__file__).parent / "skill" / FILE).read_text(encoding="utf-8")


def marked(text: str) -> str:
    """Return a skill with its version and digest, by which it is known again when unedited."""
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    made = f"metadata:\n  version: {__version__}\n  digest: {digest}\n"
    head, dashes, body = text.partition("\n---\n")
    return f"{head}\n{made}---\n{body}" if dashes else text


def edited(text: str) -> bool:
    """True where a skill is not as some advisor wrote it."""
    made = _MADE.search(text)
    plain = _MADE.sub("", text, count=1)
    return not made or hashlib.sha256(plain.encode()).hexdigest()[:16] != made[1]


def add(project: Path, skills: str) -> tuple[Path, bool]:
    """Write the skill into a project's folder of skills; return where, and whether it was written.

    What is there and unedited is brought up to date. Raises UsageError for an edited one.
    """
    file, text = project / skills / NAME / FILE, marked(shipped())
    if leads_out(file, project) or leads_out(file, Path()):
        message = f"a symbolic link in the path of `{file}` leads out of the project"
        raise UsageError(message, hint="run the command in the folder that the link points to")
    if os.path.lexists(file):
        try:
            there = read_bounded(file, MOST_BYTES).decode(errors="replace")
        except OSError as error:
            message = f"`{file}` cannot be read: {error.strerror or error}"
            raise UsageError(message, hint="move the file and run the command again") from error
        if there == text:
            return file, False
        if edited(there):
            raise UsageError(
                f"`{file}` was edited by hand, so advisor does not overwrite it",
                hint="move the file and run the command again",
                kind="edited",
            )
    make_folder(file.parent, within=project)
    write_text(file, text, within=project)
    return file, True
