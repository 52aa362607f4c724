"""All that a recommendation says beyond its first page: every reason, remark, change and date."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from advisor.decide.alternatives import alternatives
from advisor.decide.outlook import by_end, ways_text
from advisor.decide.reasons import MAYBE_FEWER
from advisor.decide.requirements import Gap, words
from advisor.decide.selection import Pick, Selection
from advisor.decide.shortlist import (
    UNSCORED,
    family_name,
    gaps_text,
    lost_on_text,
    shortlist,
    shown_picks,
    standing,
)
from advisor.draw.blocks import Cell, Heading, Item, Items, Judged, Link, Page, Pairs, Text
from advisor.engine.decision import Assessment
from advisor.engine.profile import answer_text, answers_text
from advisor.phrasing import count, joined

if TYPE_CHECKING:
    from advisor.decide.advice import CheckpointSet, TaskAdvice, Together

SHOWN = 4
SHOWN_CLOSEST = 3
WISHES = {
    "better": "the quality is too low",
    "smaller": "the model is too large",
    "freer": "the license is too restrictive",
    "as-is": "you cannot fine-tune",
    "other": "the results disappoint",
}
FIRST = {"quality": "", "small": ", smallest first", "open": ", most permissive license first"}
AGES = {"checked": "checkpoints checked", "decided": "sources checked"}
MARKS = {"prefer": "+", "avoid": "-", "exclude": "-"}


def _list(rows: Iterable[Item]) -> Page:
    """The list of some rows, if there are any."""
    items = Items(tuple(rows))
    return [items] if items.rows else []


def together_items(together: Together) -> Iterator[Item]:
    """What serves all of several tasks."""
    covers = together.covers
    if together.family:
        verdicts = ", ".join(f"{v} for {task}" for task, v in together.verdicts.items())
        yield Item("+", f"one family covers all tasks: {together.family} ({verdicts})")
    else:
        yield Item("-", "no single family covers all tasks")
    if len(together.families) > 1:
        yield Item("+", f"the best family for each task: {joined(together.families)}")
    if together.uncovered:
        yield Item("-", f"no family supports {joined(together.uncovered, 'or')}")
    if covers.unserved:
        yield Item("-", f"no checkpoint meets your requirements for {', '.join(covers.unserved)}")
    if covers.best and covers.within:
        yield Item("+", f"fewest checkpoints: {_set_text(covers.best)}")
        if covers.runner_up:
            yield Item("", f"runner-up: {_set_text(covers.runner_up)}")
    elif covers.best:
        limit = f"{covers.memory_limit_gb:g} GB"
        yield Item("-", f"no known set of checkpoints fits in {limit} together")
        yield Item(">", f"without the memory limit: {_set_text(covers.best)}")


def _set_text(chosen: CheckpointSet) -> str:
    parts = [
        f"{pick.checkpoint.id} ({', '.join(uses)}{'; gated' if pick.checkpoint.gated else ''})"
        for pick, uses in chosen.members
    ]
    memory = "the size of some checkpoints is unknown"
    if chosen.memory_gb is not None:
        memory = f"{'together ' if len(parts) > 1 else ''}{chosen.memory_gb:g} GB"
    return f"{joined(parts)}; {memory}"


def details(advice: TaskAdvice, today: str | None) -> Page:
    """Return the rest of the page of one task; ages are on it only where `today` is given."""
    decision = advice.decision
    name = "No task given"
    if advice.task:
        name = f"{advice.rulebase.task(advice.task).name} ({advice.task})"
    page: Page = [Heading(name)]
    for assessment in decision.assessments:
        family = advice.rulebase.family(assessment.family)
        page += [
            Judged(family.shown, assessment.verdict, family.name),
            *_list(_reasons(advice, assessment)),
        ]
    if decision.family:
        page += _checkpoints(advice, today)
    if elsewhere := advice.elsewhere:
        why = Item(">", elsewhere.because, sources=cited(advice, elsewhere.sources))
        page += [Heading("Alternative", 3), Items((why,)), Pairs((("Hub task", elsewhere.task),))]
        page += _list(Item("", id) for id in elsewhere.checkpoints)
    rows = []
    for (other, id), some in by_end(advice.changes).items():
        ways = ways_text(advice.rulebase, some, advice.changes)
        ends = ", ".join(part for part in (family_name(advice, other), id) if part)
        origins = set(some[0].origins.values())
        origin = "" if origins <= {"implied"} else "instead of your answer"
        rows.append(
            Item(">", f"{ways}: {ends}", "now assumed" if origins <= {"assumed"} else origin)
        )
    page += [Heading("Would change if", 3), *_list(rows)] if advice.changes else []
    if assumed := advice.assumed:
        about = "" if len(decision.possible) > 1 else " about the checkpoints"
        text = ", ".join(f"{id}: {option}" for id, option in assumed.items())
        page += [Heading(f"Defaults{about}", 3), Text(text, "quiet")]
    return page


def cited(advice: TaskAdvice, ids: Iterable[str]) -> tuple[Cell, ...]:
    """Return sources, each leading to what was read where that has an address."""
    sources = (advice.rulebase.source(id) for id in ids)
    return tuple(Link(source.id, source.url) if source.url else source.id for source in sources)


def _reasons(advice: TaskAdvice, assessment: Assessment) -> Iterator[Item]:
    """What speaks for and against a family, and what would make it win."""
    fit, won = assessment.fit, assessment.verdict == "recommended"
    if won and fit and fit.fit == "good":
        yield Item("+", fit.because, sources=cited(advice, fit.sources))
    decisive = [fired_rule for fired_rule in assessment.fired if fired_rule.decisive and not won]
    for rule, _ in decisive or assessment.fired:
        yield Item(MARKS[rule.effect], rule.because, sources=cited(advice, rule.sources))
    if won and (reason := advice.reason).answers:
        answers = " · ".join(
            answer_text(advice.rulebase, id, answer.names[0])
            + (" (assumed)" if answer.origin == "assumed" else "")
            for id, answer in reason.answers.items()
        )
        yield Item("", f"decided by {answers}{'' if reason.smallest else MAYBE_FEWER}")
    if assessment.lost_on:
        yield Item("", lost_on_text(advice.rulebase, assessment.lost_on, fit))
    ways = [change for change in advice.changes if change.family == assessment.family]
    for change in ways[:2] if not won else ():
        yield Item(">", f"recommended with {answers_text(advice.rulebase, change.answers)}")


def _checkpoints(advice: TaskAdvice, today: str | None) -> Page:
    """What to load, what to try next, what fell out, and how old that is."""
    selection = advice.selection
    shown, _ = shown_picks(advice, SHOWN)
    page: Page = []
    if selection.provided or selection.next_family or not selection.picks:
        name = "works without fine-tuning" if selection.provided else "meets your requirements"
        right = family_name(advice, str(advice.decision.family))
        which = f"checkpoint of {right}" if selection.next_family else ""
        page.append(Heading(f"No {which or 'cataloged checkpoint'} {name}", 3))
        page += _list(_nothing_as_asked(advice))
    if shown:
        page += _picks(advice, shown)
    spans = advice.freshness(shown).items()
    dates = "; ".join(f"{AGES[of]} {span.text(today)}" for of, span in spans if span)
    notes = [*_left_out(selection), dates]
    return page + [Text(text, "quiet") for text in notes if text]


def _picks(advice: TaskAdvice, shown: Sequence[Pick]) -> Page:
    selection = advice.selection
    name = "Checkpoints to load"
    if all(pick.use != "as-is" for pick in shown):
        family = family_name(advice, shown[0].checkpoint.family)
        name = f"Checkpoints to fine-tune ({family})"
    page: Page = [Heading(f"{name}{FIRST[selection.order]}", 3)]
    if selection.uses[:1] == ("compose",):
        page.append(Text("Or combine an encoder and a decoder: advisor compose --help"))
    page += shortlist(advice, SHOWN)
    page += _list(row for pick in shown for row in _remarks(selection, pick))
    if rest := len(selection.picks) - len(shown):
        every = f"advisor list checkpoints --task {advice.task}" if advice.task else "--format json"
        page.append(Text(f"and {rest} more: {every}", "quiet"))
    if basis := advice.memory_assumptions(shown):
        page.append(Text(f"memory is estimated: {basis}", "quiet"))
    return page


def _remarks(selection: Selection, pick: Pick) -> Iterator[Item]:
    """What was measured of a checkpoint, what to mind, and what to try next."""
    named = {figure.name: figure for figure in reversed(pick.figures)}
    figures = sorted(named.values(), key=pick.figures.index)
    scores = "; ".join(f"{figure.name} {figure.value:g}" for figure in figures[:2])
    if not scores:
        scores = UNSCORED
        if bits := pick.checkpoint.bits:
            loss = pick.checkpoint.losses[pick.checkpoint.precision]
            scores += f". In {bits} bits, the largest loss published for its series is {loss:g}"
    yield Item("", f"{pick.checkpoint.id}: {scores}")
    source = pick.before_next.source if pick.before_next else None
    yield Item("", standing(selection, pick), source or "")
    if intended := pick.checkpoint.notes.get("intended_use"):
        yield Item("!", intended)
    following = alternatives(pick, selection)
    for id in dict.fromkeys(alternative.checkpoint for alternative in following):
        of_it = [alternative for alternative in following if alternative.checkpoint == id]
        reason = " or ".join(WISHES[alternative.wish] for alternative in of_it)
        yield Item(">", f"if {reason}, try {id}", "; ".join(other.text for other in of_it))


def _nothing_as_asked(advice: TaskAdvice) -> Iterator[Item]:
    """What came closest, and what it lacks; who has one; what training would do."""
    selection = advice.selection
    for near in selection.closest[:SHOWN_CLOSEST]:
        yield Item("-", f"{near.checkpoint.id}: {gaps_text((*near.lacks, *near.unknown))}")
    for pick in selection.unverified[:SHOWN_CLOSEST]:
        yield Item("!", f"{pick.checkpoint.id}: {gaps_text(pick.unknown)}")
    if selection.compose:
        text = "combine an encoder and a decoder of your choice and fine-tune them: advisor compose"
        yield Item(">", f"{text} --help")
    if selection.next_family:
        yield Item(">", f"the next family with a checkpoint: {selection.next_family}")
    if selection.provided:
        answers = answers_text(advice.rulebase, selection.provided)
        yield Item(">", f"if you can train, fine-tune one of these ({answers})")


def _left_out(selection: Selection) -> Iterator[str]:
    as_asked = bool(selection.picks) and not selection.provided
    doubtful = selection.unverified if as_asked else selection.unverified[SHOWN_CLOSEST:]
    if doubtful:
        number = f"{len(doubtful)} more checkpoint{'s' if len(doubtful) > 1 else ''}"
        fields = _fields(pick.unknown for pick in doubtful)
        names = ", ".join(pick.checkpoint.id for pick in doubtful[:SHOWN_CLOSEST])
        yield f"{number} may fit, but required fields are not verified ({fields}): {names}"
    if selection.rejected and selection.picks:
        fields = _fields(suitability.lacks for suitability in selection.rejected)
        number = count(len(selection.rejected), "checkpoint")
        yield f"{number} ruled out ({fields}). --json lists the reasons"


def _fields(gaps_of_each: Iterable[tuple[Gap, ...]]) -> str:
    """The fields that checkpoints fail on, with how many do."""
    counted = Counter(
        field for gaps in gaps_of_each for field in dict.fromkeys(gap.field for gap in gaps)
    )
    return ", ".join(f"{words(field)[0]}: {number}" for field, number in counted.items())
