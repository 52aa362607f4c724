"""`advisor mcp` serves the tools to an agent; `advisor skills add` gives it something to read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from advisor.console.options import option
from advisor.console.streams import note, say
from advisor.distribution import install_hint
from advisor.errors import MissingExtraError
from advisor.files import path_shown
from advisor.rulebase.base import RuleBase

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
    files above that folder. An agent starts this command from its settings:

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
    from advisor.agents import skills

    file, written = skills.add(folder, ".claude/skills" if claude else ".agents/skills")
    say(path_shown(file))
    note("written" if written else "the skill file is already up to date")
    return 0
