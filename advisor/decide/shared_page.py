"""A recommendation as a page to share: need, answer, chart, program and evidence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from advisor import __version__
from advisor.decide.advice import Advice, TaskAdvice
from advisor.decide.command_lines import command
from advisor.decide.precedence import Published
from advisor.decide.requirements import Requirements
from advisor.decide.selection import Selection
from advisor.decide.shortlist import SCORE, common_figure
from advisor.draw import blocks as b
from advisor.draw.typesetting import USUAL_WIDTH, cut_lines
from advisor.model import AS_IS, TASK
from advisor.phrasing import joined

BEHIND = (
    "are not verified",
    "are too slow",
    "cannot be loaded",
    "need more memory",
    "are advised against",
)
"""Why a checkpoint ranks below others, by the parts of its group and a rule against it."""


def shared_page(answer: Advice, screen: b.Page, need: str = "", again: str = "") -> list[b.Shared]:
    """Return the page of `--format html`: the terminal's `screen` with all that it leaves out.

    `need` is the sentence that was answered, `again` the command that answers it; each may be
    empty.
    """
    from advisor.decide.details import reasons_page

    if not need:  # the tasks by name, and the answers that were given besides as they are typed
        tasks = (task.rulebase.task(task.task).name for task in answer.advice if task.task)
        given = {id: reply for id, reply in answer.advice[0].decision.given.items() if id != TASK}
        flags = command("", answer.rulebase, given, answer.priority).removeprefix("advisor")
        need = " · ".join(filter(None, (", ".join(tasks), flags.strip())))
    page: list[b.Shared] = [b.Text(f"Need: {need}", "need")]
    page += pictured(answer, screen[:-1])
    if len(answer.advice) == 1 and answer.advice[0].has_program:
        from advisor.decide.written_program import script

        page += [b.Heading("Program"), b.Code(script(answer).python.rstrip(), "python")]
    reasons = tuple(block for task in answer.advice for block in reasons_page(task))
    newest = max(answer.rulebase.source_dates.values(), default="")
    facts = f"{answer.rulebase.digest}{f', newest source read in {newest}' if newest else ''}"
    return [
        *page,
        b.Heading("Commands"),
        *screen[-1:],
        b.Folded("All reasons and sources", reasons),
        b.Heading("About this page"),
        b.Pairs(
            (("Reproduce", again or answer.command), ("Rule base", facts), ("advisor", __version__))
        ),
    ]


def pictured(answer: Advice, screen: b.Page) -> Iterator[b.Shared]:
    """Yield the blocks of a screen with a chart below each headline, and short notes."""
    waiting = list(answer.advice)
    for place, block in enumerate(screen):
        if isinstance(block, b.Pairs):
            yield b.Folded("How the sentence was understood", (block,))
            continue
        if isinstance(block, b.Notes):  # with the sentences that a terminal shows: all stand below
            cut = [" ".join(cut_lines(note.text, USUAL_WIDTH, note.lines)) for note in block.rows]
            new = zip(block.rows, cut, strict=True)
            whole = (n if t[-1] == "…" or n.label == SCORE else n._replace(text=t) for n, t in new)
            block = b.Notes(tuple(whole))
        yield block
        if isinstance(block, b.Headline) and waiting:
            table = next((block for block in screen[place:] if isinstance(block, b.Table)), None)
            ids = [str(row[0]) for row in table.rows] if table else []
            if picture := _finalists(waiting.pop(0), ids):
                yield picture


def _finalists(advice: TaskAdvice, ids: Sequence[str]) -> b.Scatter | None:
    """Return a chart of the checkpoints of a table, among all that meet the same needs.

    None if no result compares two of them, or if the memory of too few is known.
    """
    picks = {pick.checkpoint.id: pick for pick in advice.selection.picks}
    shown = [picks[id] for id in ids if id in picks]
    common = common_figure(shown, advice.selection) if shown else None
    if common is None:
        return None
    numbers = {pick.checkpoint.id: str(place) for place, pick in enumerate(shown, start=1)}
    required = Requirements(advice.rulebase, advice.decision.profile)
    dots = [*_dots(required, advice.selection, numbers, common)]
    named = [dot for dot in dots if dot.label]
    if sum(dot.y is not None for dot in dots) < 2 or not named:
        return None
    asked_gb = (demand for demand in required.demands if demand.field == "memory_gb")
    limits = [demand.wanted["at_most"] for demand in asked_gb]
    limit = min(limits, default=None)
    tie, best = None, named[0].y
    if best is not None and advice.selection.locked is not None:
        gauge = advice.selection.locked.by.gauges[common.table[0]]
        noise = gauge.noise if gauge.share is None else gauge.share * abs(best)
        tie = (best - noise, best + noise) if noise else None
    captions = [f"{common.name} ({common.better} is better) against memory."]
    captions.append("The numbers match the table.")
    if any(not dot.label and not dot.behind for dot in dots):
        captions.append("Small dots are other checkpoints that meet your needs.")
    if tie:
        captions.append("Checkpoints in the shaded range tie with number 1.")
    if limit is not None:
        captions.append("The dashed line is your memory limit.")
    if any(dot.y is None for dot in dots):
        captions.append("Checkpoints in the lowest row have no result on this benchmark.")
    if behind := sorted({dot.behind for dot in dots if dot.behind}):
        captions.append(f"Hollow dots mark checkpoints that {joined(behind, 'or')}.")
    captions += [rule.because for rule in shown[0].fired if rule.effect == "prefer"]
    return b.Scatter(
        x=f"{'Training' if shown[0].training else 'Memory'} in GB",
        y=common.name,
        better=common.better,
        dots=tuple(dots),
        limit=limit,
        tie=tie,
        note=" ".join(captions),
    )


def _dots(
    required: Requirements, selection: Selection, numbers: dict[str, str], common: Published
) -> Iterator[b.Dot]:
    """Yield the numbered checkpoints, then the others with a result of the same table."""
    by = selection.locked.by if selection.locked else None

    def result(id: str) -> float | None:
        figures = by.published(id) if by else ()
        return next((figure.value for figure in figures if figure.table == common.table), None)

    for pick in sorted(selection.picks, key=lambda pick: pick.checkpoint.id not in numbers):
        id, needs = pick.checkpoint.id, pick.needs_gb
        label = numbers.get(id, "")
        if needs and (label or result(id) is not None):
            behind = (*pick.group, pick.aimed_at[0]) if not label else ()
            why = next((words for is_so, words in zip(behind, BEHIND, strict=False) if is_so), "")
            yield b.Dot(id, needs, result(id), label, why)
    for unfit in selection.rejected:
        needs = required.takes_gb(unfit.checkpoint, unfit.use or AS_IS)
        value = result(unfit.checkpoint.id)
        if needs and value is not None and {gap.field for gap in unfit.lacks} == {"memory_gb"}:
            yield b.Dot(unfit.checkpoint.id, needs, value, behind=BEHIND[3])
