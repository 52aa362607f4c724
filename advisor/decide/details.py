"""The details of an answer: the set for several tasks, every reason and every change."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.decide.advice import CheckpointSet, TaskAdvice, Together
from advisor.decide.outlook import Change, by_end, ways_text
from advisor.decide.shortlist import lost_on_text
from advisor.draw.blocks import Cell, Heading, Item, Items, Link, Page, Text
from advisor.engine.bounds import BOUNDS
from advisor.engine.decision import Assessment
from advisor.engine.profile import answer_text, answers_text
from advisor.model import Rule
from advisor.phrasing import NO_FAMILY, count, family_text, joined, origin_word
from advisor.rulebase.base import RuleBase

SHOWN_WAYS = 3
"""How many answers that would select a family are shown beside why it was not."""


def together_items(together: Together) -> Iterator[Item]:
    """Yield the lines that say which family and which checkpoints serve all tasks."""
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
        yield Item("-", f"no combination of checkpoints of known size fits in {limit}")
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


def reasons_page(advice: TaskAdvice, only: str = "") -> Page:
    """Return why the family was chosen, why not each other, and what would change the answer.

    If `only` names a family, return only why it was not chosen and what would select it.
    """
    rulebase, decision, changes = advice.rulebase, advice.decision, advice.changes
    page: Page = [] if only else _why(advice)
    for assessment in decision.assessments:
        if assessment.family != decision.family and only in ("", assessment.family):
            ways = [change for change in changes if change.family == assessment.family]
            page += _why_not(rulebase, assessment, ways)
    every = () if only else changes
    rows = []
    for (family, checkpoint), some in by_end(every).items():
        origins = ", ".join(
            f"{id if id in BOUNDS else rulebase.question(id).typed} is {origin_word(origin)}"
            for id, origin in some[0].origins.items()
        )
        ends = ", ".join(part for part in (family_text(family), checkpoint) if part)
        rows.append(Item(">", f"{ways_text(rulebase, some, every)}: {ends}", origins))
    return [*page, Heading("Would change if"), Items(tuple(rows))] if rows else page


def _why(advice: TaskAdvice) -> Page:
    """Return why the family was chosen: the forcing answers, the rules, and how certain it is."""
    rulebase, decision, reason = advice.rulebase, advice.decision, advice.reason
    winners = [a for a in decision.assessments if a.family == decision.family]
    fired = [fired.rule for winner in winners for fired in winner.fired]
    rows = [
        Item("", answer_text(rulebase, id, reply.names[0]), origin_word(reply.origin))
        for id, reply in reason.answers.items()
    ]
    rows += [_rule(rulebase, "+", rule) for rule in fired if rule.effect == "prefer"]
    rows += [_rule(rulebase, "!", rule) for rule in fired if rule.effect == "avoid"]
    page: Page = [Heading(f"Why {family_text(decision.family, NO_FAMILY)}"), Items(tuple(rows))]
    if decision.outcome == "assumed":
        others = ", ".join(n for n in decision.possible if n != decision.family)
        possible = f"With other answers, the family could be {others}."
        page.append(Text(f"The answer depends on defaults. {possible}", "warn"))
    elif decision.outcome == "decided":
        page.append(Text("No unanswered question can change the answer.", "good"))
    if not reason.smallest:
        maybe = "(fewer answers may be enough, because not all subsets were tested)"
        page.append(Text(f"Determined by {count(len(reason.answers), 'answer')} {maybe}."))
    return page


def _why_not(rulebase: RuleBase, lost: Assessment, ways: list[Change]) -> Page:
    """Return why a family was not chosen, and the answers that would select it."""
    reasons = lost.reasons
    rows = [_rule(rulebase, "-", rule) for rule in reasons]
    if len(reasons) > 1:
        alone = any(rule.effect == "exclude" for rule in reasons)
        counts = "several rules of one criterion count as one"
        rows.append(Item("", "each of these rules alone excludes the family" if alone else counts))
    rows += [_rule(rulebase, "+", f.rule) for f in lost.fired if f.rule.effect == "prefer"]
    text = lost_on_text(rulebase, lost.lost_on, lost.fit) if lost.lost_on else ""
    if text and text not in {rule.because for rule in reasons}:
        rows.append(Item("", text))
    for change in ways[:SHOWN_WAYS]:
        rows.append(Item(">", f"recommended with {answers_text(rulebase, change.answers)}"))
    if not ways:
        rows.append(Item("", "no combination of answers for this task selects this family"))
    family = rulebase.family(lost.family)
    verdict = Text(f"{lost.verdict}: {family.name}", "warn")
    return [Heading(f"Why not {family.shown}"), verdict, Items(tuple(rows))]


def _rule(rulebase: RuleBase, mark: str, rule: Rule) -> Item:
    """Return the line of a rule with its sources, as links if they have an address."""
    sources = (rulebase.source(id) for id in rule.sources)
    cited: tuple[Cell, ...] = tuple(Link(s.id, s.url) if s.url else s.id for s in sources)
    return Item(mark, f"{rule.id}: {rule.because}", sources=cited)
