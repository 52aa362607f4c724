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
Folder = Annotated[Path, typer.Argument(metavar="OUT", help="Folder for index.html.")]
Force = Annotated[bool, option("--force", "Overwrite an index.html that advisor did not write.")]


def site(folder: Folder, force: Force = False, *, first: CriteriaFirst, rulebase: RuleBase) -> int:
    """Write a static web page that recommends in a browser.

    The page is a single index.html that includes answers, tables and styles. The page makes no
    requests and works from a file or under any path. The address of the page stores the answers, so
    you can link to a result.

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
    exists = os.path.lexists(file) and not force
    if exists and MARK.encode() not in read_bounded(file, MOST_BYTES):
        message = f"`{file}` exists and is not a page of `advisor site`, so it was not overwritten"
        raise UsageError(message, hint="pass another folder, or pass --force to overwrite the file")
    make_folder(folder)
    write_text(file, page, within=folder)
    say(file.as_posix())
    size = size_shown(len(gzip.compress(page.encode(), mtime=0)))
    note(f"compressed page size: {size}. Open the page in a browser, or serve the folder.")
    return 0
