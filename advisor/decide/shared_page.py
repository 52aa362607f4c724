"""A recommendation as a page to pass on: need, answer, program, and what it rests on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from advisor import __version__
from advisor.decide.command_lines import command
from advisor.decide.shortlist import SCORE
from advisor.draw.blocks import Code, Folded, Heading, Notes, Page, Pairs, Shared, Text
from advisor.draw.typesetting import USUAL_WIDTH, cut_lines
from advisor.model import TASK

if TYPE_CHECKING:
    from advisor.decide.advice import Advice


def shared_page(answer: Advice, screen: Page, need: str = "", again: str = "") -> list[Shared]:
    """Return the page of `--format html`: the `screen` of a terminal with all that it leaves out.

    `need` is the sentence that was answered, where there was one, and `again` the command that
    answers it.
    """
    from advisor.decide.details import reasons_page

    if not need:  # the tasks by name, and the answers that were given besides as they are typed
        tasks = (task.rulebase.task(task.task).name for task in answer.advice if task.task)
        given = {id: reply for id, reply in answer.advice[0].decision.given.items() if id != TASK}
        flags = command("", answer.rulebase, given, answer.priority).removeprefix("advisor")
        need = " · ".join(filter(None, (", ".join(tasks), flags.strip())))
    page: list[Shared] = [Text(f"Need: {need}", "need")]
    page += uncut(screen[:-1])
    if len(answer.advice) == 1 and answer.advice[0].has_program:
        from advisor.decide.written_program import script

        page += [Heading("Program"), Code(script(answer).python.rstrip(), "python")]
    reasons = tuple(
        block
        for task in answer.advice
        for block in reasons_page(answer.rulebase, task.decision, task.reason, task.changes)
    )
    newest = max(answer.rulebase.source_dates.values(), default="")
    facts = f"{answer.rulebase.digest}{f', newest source read in {newest}' if newest else ''}"
    return [
        *page,
        Heading("Commands"),
        *screen[-1:],
        Folded("All reasons and sources", reasons),
        Heading("About this page"),
        Pairs(
            (("Reproduce", again or answer.command), ("Rule base", facts), ("advisor", __version__))
        ),
    ]


def uncut(screen: Page) -> Iterator[Shared]:
    """Yield the blocks of a screen, its notes with the sentences that a terminal shows of them."""
    for block in screen:
        if isinstance(block, Pairs):
            yield Folded("How the sentence was understood", (block,))
        elif isinstance(block, Notes):
            cut = [" ".join(cut_lines(note.text, USUAL_WIDTH, note.lines)) for note in block.rows]
            new = zip(block.rows, cut, strict=True)
            whole = (n if t[-1] == "…" or n.label == SCORE else n._replace(text=t) for n, t in new)
            yield Notes(tuple(whole))
        else:
            yield block
