"""`advisor mcp` serves tools to an agent; `advisor skills add` installs the skill file."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from typing import Annotated

import typer

from advisor import __version__
from advisor.console.options import option
from advisor.console.streams import note, say
from advisor.distribution import install_hint
from advisor.errors import MissingExtraError, UsageError
from advisor.files import leads_out, path_shown, read_bounded
from advisor.rulebase.base import RuleBase
from advisor.writing import make_folder, write_text

Project = Annotated[
    Path,
    typer.Argument(metavar="[DIR]", help="Folder of the project. Default: the current folder."),
]
ForClaude = Annotated[
    bool, option("--claude", "Install in .claude/skills instead of .agents/skills.")
]


def mcp(*, rulebase: RuleBase) -> int:
    """Serve recommend, explain, check, show and list to an agent, over stdin and stdout.

    advisor is then a Model Context Protocol server. The tools only read files of the working
    folder, and use no network. In a repository, `check` also reads the .gitignore and requirements
    files above the working folder. An agent starts this command from its settings:

    \b
    {"mcpServers": {"advisor": {"command": "advisor", "args": ["mcp"]}}}

    \b
    Examples:
      advisor mcp
      advisor mcp --rules our-rules
    """
    try:
        from advisor.agents.server import serve
    except ImportError as error:
        raise MissingExtraError(
            "`advisor mcp` needs the library `mcp`, which is not installed",
            hint=install_hint("mcp"),
        ) from error
    serve(rulebase)
    return 0


def add(folder: Project = Path(), claude: ForClaude = False) -> int:
    """Copy the skill for coding agents into a project.

    The skill explains when to run advisor, how to read the answer, and how to check models in CI. A
    skill file that you edited is never overwritten.

    \b
    Examples:
      advisor skills add
      advisor skills add services/search --claude
    """
    file, written = install(folder, ".claude/skills" if claude else ".agents/skills")
    say(path_shown(file))
    note("written" if written else "the skill file is already up to date")
    return 0


SKILL, FILE = "advisor", "SKILL.md"
MOST_BYTES = 1_000_000
_MADE = re.compile(r"^metadata:\n  version: \S+\n  digest: (\w+)\n", re.MULTILINE)


def shipped() -> str:
    """Return the text of the skill in this package: YAML front matter, then Markdown."""
    return (Path(__file__).parent / "skill" / FILE).read_text(encoding="utf-8")


def marked(text: str) -> str:
    """Return a skill with advisor's version and its own digest in the front matter.

    The digest shows later whether the file was edited. A text without front matter stays as it is.
    """
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    made = f"metadata:\n  version: {__version__}\n  digest: {digest}\n"
    head, dashes, body = text.partition("\n---\n")
    return f"{head}\n{made}---\n{body}" if dashes else text


def edited(text: str) -> bool:
    """True unless the text has a digest that matches it, as any release of advisor wrote it."""
    made = _MADE.search(text)
    plain = _MADE.sub("", text, count=1)
    return not made or hashlib.sha256(plain.encode()).hexdigest()[:16] != made[1]


def install(project: Path, skills: str) -> tuple[Path, bool]:
    """Write the skill into the folder `skills` of a project; return its path, and if it changed.

    An unedited file is updated. Raises UsageError for an edited or unreadable file, and for a
    symbolic link that leads out of the project.
    """
    file, text = project / skills / SKILL / FILE, marked(shipped())
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
