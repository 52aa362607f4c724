"""`advisor site`: the rules as one static page that answers in a browser."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from advisor.console.options import CriteriaFirst, option
from advisor.console.streams import note, say
from advisor.errors import UsageError
from advisor.files import read_bounded, size_shown
from advisor.rulebase.base import RuleBase
from advisor.writing import make_folder, write_text

INDEX = "index.html"
MOST_BYTES = 64_000_000
Folder = Annotated[Path, typer.Argument(metavar="OUT", help="The folder to write index.html to.")]
Force = Annotated[bool, option("--force", "Overwrite an index.html that advisor did not write.")]


def site(folder: Folder, force: Force = False, *, first: CriteriaFirst, rulebase: RuleBase) -> int:
    """Write a static web page that recommends in a browser.

    The page is a single index.html with answers, tables and style inside. It requests nothing,
    works from a file and under any path, and keeps answers in its address: an answer is a link.

    \b
    Examples:
      advisor site public
      advisor site public --rules our-rules
      advisor site public --priority language,hardware
    """
    import gzip

    from advisor.site.page import MARK, static_page

    page = static_page(rulebase, first)
    file = folder / INDEX
    kept = os.path.lexists(file) and not force
    if kept and MARK.encode() not in read_bounded(file, MOST_BYTES):
        message = f"`{file}` was not written by `advisor site`"
        raise UsageError(message, hint="name another folder, or --force overwrites it")
    make_folder(folder)
    write_text(file, page, within=folder)
    say(file.as_posix())
    size = size_shown(len(gzip.compress(page.encode(), mtime=0)))
    note(f"{size} compressed; open it, or serve the folder as it is")
    return 0
