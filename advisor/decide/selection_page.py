"""The checkpoints of an answer on a page: what to load, what to try next, what fell out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from advisor.decide.alternatives import Alternatives, Next
from advisor.decide.cover import Cover, Covers
from advisor.decide.freshness import Span, freshness, months_between
from advisor.decide.front import Yardstick
from advisor.decide.memory import assumptions
from advisor.decide.recommendation import TaskAdvice
from advisor.decide.requirements import demands, languages_asked, loaded_in, words
from advisor.decide.selection import Miss, Pick, Selection
from advisor.draw.blocks import Heading, Item, Items, Page, Table, Text
from advisor.phrasing import count
from advisor.rulebase.base import RuleBase

LOAD = "Checkpoints to load"
SHOWN = 4
SHOWN_CLOSEST = 3
WISHES = {
    "better": "it is not good enough",
    "smaller": "it is too big",
    "freer": "its licence will not do",
    "as-is": "you cannot train",
    "other": "it disappoints",
}
FIRST = {"quality": "", "small": ", the smallest first", "open": ", the freest licence first"}


def checkpoint_blocks(rulebase: RuleBase, advice: TaskAdvice, today: str | None = None) -> Page:
    """Return what a page says of checkpoints; empty where no family fits."""
    selection = advice.selection
    if advice.decision.family is None:
        return []
    shown = selection.picks[:SHOWN]
    page: Page = []
    if selection.provided or not selection.picks:
        page += _nothing_as_asked(selection)
    if shown:
        page += _picks(rulebase, advice)
    page += _left_out(selection)
    fresh = freshness(rulebase, advice.decision, shown)
    dates = [
        f"{what} {_span(span, today)}"
        for what, span in (
            ("checkpoints checked", fresh.checked),
            ("sources of what decided read", fresh.decided),
        )
        if span
    ]
    if dates:
        page.append(Text("; ".join(dates), "quiet"))
    return page


def _picks(rulebase: RuleBase, advice: TaskAdvice) -> Page:
    selection = advice.selection
    shown = selection.picks[:SHOWN]
    trained = all(pick.use != "as-is" for pick in shown)
    name = f"To fine-tune ({shown[0].checkpoint.family}), starting from" if trained else LOAD
    page: Page = [Heading(f"{name}{FIRST[selection.order]}", 3)]
    if selection.uses[:1] == ("compose",):
        page.append(Text("Or join an encoder and a decoder of your choice: advisor compose --help"))
    page.append(_table(shown))
    page.append(Items(tuple(_remarks(rulebase, advice, shown))))
    rest = selection.picks[SHOWN:]
    if rest:
        beaten = sum(not pick.on_front for pick in rest)
        said = f" ({beaten} of them beaten by another on every count)" if beaten else ""
        page.append(Text(f"and {len(rest)} more{said}: --format json lists all", "quiet"))
    if any(pick.memory_gb is not None for pick in shown):
        dtype = loaded_in(rulebase, advice.decision.profile)
        said = assumptions((pick.checkpoint for pick in shown), dtype)
        page.append(Text(f"memory is estimated: {said}", "quiet"))
    return page


def _table(picks: Iterable[Pick]) -> Table:
    rows = [
        (
            pick.checkpoint.id,
            pick.use,
            _memory(pick),
            pick.checkpoint.licence or "licence unknown",
        )
        for pick in picks
    ]
    return Table(("checkpoint", "use", "memory", "licence"), tuple(rows), wide=0)


def _memory(pick: Pick) -> str:
    """The estimate; ~ where it rests on a precision that nobody verified."""
    if pick.memory_gb is None:
        return "unknown"
    return f"{'' if pick.checkpoint.dtype else '~'}{pick.memory_gb:.1f} GB"


def _remarks(rulebase: RuleBase, advice: TaskAdvice, shown: Iterable[Pick]) -> list[Item]:
    """What was measured, what to mind, and what to try next, checkpoint by checkpoint."""
    languages = languages_asked(demands(rulebase, advice.decision.profile))
    yardstick = Yardstick(rulebase, advice.task, languages)
    alternatives = Alternatives(advice.selection, yardstick)
    rows: list[Item] = []
    for pick in shown:
        figures = yardstick.figures(pick.standing)[:2]
        said = "; ".join(f"{b.benchmark} {b.metric} {value:g}" for b, value in figures)
        rows.append(Item("", f"{pick.checkpoint.id}: {said or 'no figure on this task'}"))
        if pick.beaten:
            by, on = pick.beaten[0]
            rows.append(Item("-", f"beaten on {_and(on)} by {by}, and better at nothing"))
        if intended := pick.checkpoint.notes.get("intended_use"):
            rows.append(Item("!", intended))
        rows += _next_items(alternatives.to(pick))
    return rows


def _next_items(following: tuple[Next, ...]) -> list[Item]:
    """One line for each checkpoint to try next, with all the wishes that lead to it."""
    wishes: dict[str, list[Next]] = {}
    for one in following:
        wishes.setdefault(one.checkpoint, []).append(one)
    return [
        Item(
            ">",
            f"try next, if {' or '.join(WISHES[one.wish] for one in of_it)}: {id}",
            "; ".join(one.text for one in of_it),
        )
        for id, of_it in wishes.items()
    ]


def _nothing_as_asked(selection: Selection) -> Page:
    """What came closest, and what it lacks; who has one; what training would do."""
    name = "works as it is" if selection.provided else "meets what you ask for"
    page: Page = [Heading(f"No catalogued checkpoint {name}", 3)]
    closest = selection.closest[:SHOWN_CLOSEST]
    rows = [
        Item(
            "-", f"{lack.checkpoint.id}: {'; '.join(m.text for m in (*lack.misses, *lack.unknown))}"
        )
        for lack in closest
    ]
    for pick in selection.unverified[:SHOWN_CLOSEST]:
        doubts = "; ".join(miss.text for miss in pick.unknown)
        rows.append(Item("!", f"{pick.checkpoint.id}: {doubts}"))
    if selection.compose:
        joined = "join an encoder and a decoder of your choice, and train that: advisor compose"
        rows.append(Item(">", f"{joined} --help"))
    if selection.next_family:
        rows.append(Item(">", f"the next family that has one: {selection.next_family}"))
    if selection.provided:
        said = " and ".join(f"{id}: {option}" for id, option in selection.provided.items())
        rows.append(Item(">", f"fine-tune one of these instead, if you can ({said})"))
    return [*page, Items(tuple(rows))] if rows else page


def _left_out(selection: Selection) -> Page:
    page: Page = []
    as_asked = bool(selection.picks) and not selection.provided
    doubtful = selection.unverified if as_asked else selection.unverified[SHOWN_CLOSEST:]
    if doubtful:
        names = ", ".join(pick.checkpoint.id for pick in doubtful[:SHOWN_CLOSEST])
        fields = _fields(pick.unknown for pick in doubtful)
        more = "" if as_asked else " more"
        number = f"{count(len(doubtful), 'checkpoint')}{more}"
        page.append(Text(f"{number} not verified on what counts here ({fields}): {names}", "quiet"))
    if selection.fallen and selection.picks:
        number = count(len(selection.fallen), "checkpoint")
        fields = _fields(lack.misses for lack in selection.fallen)
        page.append(Text(f"{number} fell out ({fields}); --format json says why each", "quiet"))
    return page


def _fields(missed: Iterable[tuple[Miss, ...]]) -> str:
    """The fields that are missed, with how often."""
    counted = Counter(
        field for misses in missed for field in dict.fromkeys(miss.field for miss in misses)
    )
    return ", ".join(f"{words(field)[0]} {number}" for field, number in counted.items())


def cover_items(covers: Covers) -> list[Item]:
    """Return the smallest sets of checkpoints for several tasks as lines."""
    missing = ", ".join(covers.unserved)
    rows = [Item("-", f"no checkpoint meets what you ask for {missing}")] if missing else []
    if covers.best is None:
        return rows
    if covers.within:
        rows.append(Item("+", f"fewest checkpoints: {_cover(covers.best)}"))
        if covers.runner_up:
            rows.append(Item("", f"runner-up: {_cover(covers.runner_up)}"))
    else:
        limit = f"{covers.memory_limit_gb:g} GB"
        rows.append(Item("-", f"no set of checkpoints is known to fit in {limit} all at once"))
        rows.append(Item(">", f"without that limit: {_cover(covers.best)}"))
    return rows


def _cover(cover: Cover) -> str:
    parts = [
        f"{share.pick.checkpoint.id} ({', '.join(share.uses)}"
        f"{'; gated' if share.pick.checkpoint.gated else ''})"
        for share in cover.shares
    ]
    if cover.memory_gb is None:
        return f"{_and(parts)}; not all their sizes are known"
    together = "together " if len(parts) > 1 else ""
    return f"{_and(parts)}; {together}{cover.memory_gb:g} GB"


def _and(names: Iterable[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def _span(span: Span, today: str | None) -> str:
    dates = span.oldest if span.oldest == span.newest else f"{span.oldest} to {span.newest}"
    if today is None:
        return dates
    months = months_between(span.oldest, today)
    return f"{dates} (up to {count(months, 'month')} ago)" if months else f"{dates} (this month)"
