"""An explanation as a page: why, why not, what would change it, and how stable it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from advisor.decide.precedence import LARGER
from advisor.decide.reasons import MAYBE_FEWER, Because, lost_on_text
from advisor.draw.blocks import Heading, Item, Items, Judged, Page, Table, Text
from advisor.engine.decision import Decision
from advisor.explanation.explain import Explanation, WhyNot
from advisor.explanation.full import AnswerChange, FullExplanation, Settling, Stability
from advisor.explanation.standing import Decided, Standing
from advisor.model import TASK, Rule
from advisor.phrasing import NO_FAMILY, answers_text, count, family_text, origin_word, share
from advisor.rulebase.base import RuleBase

SHOWN_QUESTIONS = 5
STAYING = "With all other answers, assumed ones too, left as they are:"


def as_page(explanation: Explanation, rulebase: RuleBase, *, only: bool = False) -> Page:
    """Return the page. `only` leaves out all but the families asked about."""
    page: Page = [Text(f"overlay: {change}", "quiet") for change in rulebase.overlays]
    if not only:
        page += _why(explanation)
    for one in explanation.why_not:
        page += _why_not(one, rulebase)
        if only and explanation.all:
            page += _every_way(one.family, explanation.all)
    if explanation.changes and not only:
        rows = tuple(
            Item(
                ">",
                f"{answers_text(flip.answers)}: {family_text(flip.family)}",
                _each(flip.origins),
            )
            for flip in explanation.changes
        )
        page += [Heading("What would change it"), Items(rows)]
    if explanation.all and not only:
        page += _everything(explanation.all, _winner(explanation.decision))
    return page


def _why(explanation: Explanation) -> Page:
    decision = explanation.decision
    rows = [
        Item("", f"{one.question}: {one.names[0]}", origin_word(one.origin))
        for one in explanation.because
    ]
    rows += [_rule("+", rule) for rule in explanation.reasons]
    rows += [_rule("!", rule) for rule in explanation.caveats]
    page: Page = [Heading(f"Why {_winner(decision)}"), Items(tuple(rows))]
    if decision.outcome == "assumed":
        others = ", ".join(n for n in decision.possible if n != decision.family)
        page.append(Text(f"Not certain: with other answers it could be {others}.", "warn"))
    elif decision.outcome == "decided":
        page.append(Text("Certain: no open answer can change it.", "good"))
    if not explanation.smallest:
        page.append(Text(f"Settled by {count(len(explanation.because), 'answer')}{MAYBE_FEWER}."))
    return page


def _winner(decision: Decision) -> str:
    return family_text(decision.family, NO_FAMILY)


def _rule(mark: str, rule: Rule) -> Item:
    return Item(mark, f"{rule.id}: {rule.because}", sources=tuple(rule.sources))


def _why_not(one: WhyNot, rulebase: RuleBase) -> Page:
    rows = [_rule("-", rule) for rule in one.reasons]
    if len(one.reasons) > 1:
        rows.append(Item("", _counted(one.reasons)))
    rows += [_rule("+", rule) for rule in one.for_it]
    if one.lost_on:
        rows.append(Item("", lost_on_text(rulebase, one.lost_on)))
    rows += [Item(">", f"would win with {answers_text(flip.answers)}") for flip in one.changes[:3]]
    if not one.changes:
        rows.append(Item("", "no change of up to three answers makes it win"))
    return [
        Heading(f"Why not {rulebase.family(one.family).shown}"),
        Judged(rulebase.family(one.family).shown, one.verdict, rulebase.family(one.family).name),
        Items(tuple(rows)),
    ]


def _counted(reasons: Sequence[Rule]) -> str:
    """Say which of several reasons against a family counts."""
    if any(rule.effect == "exclude" for rule in reasons):
        return "each of these alone would rule it out"
    return "those of one criterion count as one, however many there are"


def _each(origins: Mapping[str, str]) -> str:
    return ", ".join(f"{id} is {origin_word(origin)}" for id, origin in origins.items())


# -- every reason and every change -------------------------------------------------------------


def _everything(full: FullExplanation, winner: str) -> Page:
    page: Page = [Heading("Every reason")]
    whatever = f"makes it {winner}, whatever the other answers are"
    if full.reasons == ((),):
        page.append(Text(f"{TASK}: {full.task} alone {whatever}."))
    else:
        lead = f"With {TASK}: {full.task}, each line alone {whatever}:"
        page += [Text(lead, "quiet"), Items(tuple(map(_reason, full.reasons)))]
    if full.changes:
        rows = tuple(
            Item(">", f"{_change(change)}: {family_text(change.family)}", _origins(change.origins))
            for change in full.changes
        )
        page += [Heading("Every change"), Text(STAYING, "quiet"), Items(rows)]
    page += [Heading("How stable it is"), *(Text(said) for said in _stability(full.stability))]
    return page + _open(full.open)


def _every_way(family: str, full: FullExplanation) -> Page:
    """Every change after which one family wins."""
    changes = [change for change in full.changes if change.family == family]
    if not changes:
        return [Text(f"No change of answers, the task aside, makes {family} win.", "quiet")]
    rows = tuple(Item(">", _change(change), _origins(change.origins)) for change in changes)
    return [Heading(f"Every way to {family}"), Text(STAYING, "quiet"), Items(rows)]


def _reason(reason: tuple[Because, ...]) -> Item:
    said = " · ".join(f"{one.question}: {' and '.join(one.names)}" for one in reason)
    origins = {one.question: one.origin for one in reason}
    return Item("", said, _origins(origins) if len(reason) > 1 else origin_word(reason[0].origin))


def _origins(origins: Mapping[str, str]) -> str:
    """Where answers come from: `all given`, or which of them is what."""
    words = {origin_word(origin) for origin in origins.values()}
    return f"all {words.pop()}" if len(words) == 1 < len(origins) else _each(origins)


def _change(change: AnswerChange) -> str:
    first = {id: o for id, o in change.answers.items() if id not in change.follows}
    then = {id: o for id, o in change.answers.items() if id in change.follows}
    return answers_text(first) + (f" (and so {answers_text(then)})" if then else "")


def _stability(stability: Stability) -> list[str]:
    number, fragile = len(stability.answers), stability.fragile
    if stability.fewest is None:
        return [f"Even if all {number} answers but the task were wrong, the family would stay."]
    single = f"Any one of the {number} answers could be wrong without changing the family"
    if fragile:
        these = f"these {len(fragile)}" if len(fragile) > 1 else "this one"
        single += f", except {these}: {', '.join(fragile)}"
    return [f"{single}.", f"It takes {count(stability.fewest, 'wrong answer')} to change it."]


def _open(questions: tuple[Settling, ...]) -> Page:
    if not questions:
        return []
    first = questions[0]
    if first.settled:
        lead = f"{first.question} would settle the most: once it is answered, "
        lead += f"{share(first.settled, first.profiles)} of what is still possible is decided."
    else:
        lead = f"No single answer is sure to settle it; {first.question} comes closest."
    rows = tuple(
        (one.question, share(one.settled, one.profiles), share(one.agreeing, one.profiles))
        for one in questions[:SHOWN_QUESTIONS]
    )
    return [
        Heading("What to find out first"),
        Text(lead),
        Table(("open question", "settled by it", "foreseen after it"), rows),
        Text(f"of {count(first.profiles, 'profile')} still possible", "quiet"),
    ]


# -- one checkpoint ----------------------------------------------------------------------------


def standing_page(standing: Standing) -> Page:
    """Return why a checkpoint is not the first, and what would make it one that fits.

    What it lacks stands in the judgement before.
    """
    return [Heading("Where it stands", 3), Items(tuple(_standing(standing)))]


DECIDED_BY = {
    "use": "is used {0}, {against} {1}",
    "doubt": "{against} is verified, here {all}",
    "loader": "loaded by {0}, which advisor does not run; {against} needs no code of its own",
    "memory": "takes more memory than {against}, and how much there is was left open",
    "rule": "rules put {against} before it: {all}",
    "training": "would have to learn what {against} knows already",
}
"""What puts another before a checkpoint, in words."""


def _decided(decided: Decided) -> str:
    """Name the rule, the figure, the relation or the missing figure that decides."""
    against, said = decided.against, decided.precedence
    if decided.by in DECIDED_BY:
        words = DECIDED_BY[decided.by]
        return words.format(*decided.words, against=against, all=", ".join(decided.words))
    if said is None:
        if not decided.unmeasured:
            return f"nothing ranks these: no benchmark of the task tells it from {against}"
        names = ", ".join(decided.unmeasured)
        return f"nothing ranks it against {against}: it has no figure on {names}"
    through = f" stands before {said.through}, which" if said.through else ""
    if said.by == "relation":
        is_it = "is the larger of its series" if said.yardstick == LARGER else "succeeds it"
        return f"{against}{through} {is_it}"
    figures = f"{said.yardstick} {said.value:g} against {said.next_value:g}"
    return f"{against}{through} is better: {figures} ({said.source})"


def _standing(standing: Standing) -> Iterator[Item]:
    family, rank = standing.judged.checkpoint.family, standing.rank
    among = f"{count(standing.of, 'checkpoint')} of {family} that fit"
    ahead = ", ".join(standing.ahead)
    if rank == 1:
        alone = f"the only checkpoint of {family} that fits"
        yield Item("+", f"the first of the {among}" if standing.of > 1 else alone)
    elif rank:
        yield Item("", f"number {rank} of the {among}; ahead of it: {ahead}")
    elif ahead:
        yield Item("", f"not among the {among}; the first of them: {ahead}")
    if standing.decided:
        yield Item("-", _decided(standing.decided))
    for order in standing.first_in if rank != 1 else ():
        yield Item(">", f"it comes first with --order {order}")
    for changed in standing.changes:
        yield Item(">", f"would fit with {answers_text(changed)}")
    if rank is None and not standing.changes:
        yield Item("", "no change of a single answer makes it fit")
