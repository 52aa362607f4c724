"""Where one checkpoint stands among those of its family, and which answers would move it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from advisor.decide.ranking import Beaten
from advisor.decide.requirements import Gap, judge_checkpoint
from advisor.decide.selection import ORDERS, Selection, select_of
from advisor.engine.decision import Decision, Engine
from advisor.engine.profile import Answer, Profile
from advisor.model import TASK, Checkpoint, Option, Question
from advisor.rulebase.base import RuleBase

SHOWN_AHEAD = 3


class Standing(NamedTuple):
    """One checkpoint for a case.

    `rank` counts from 1 among the `of` picks of its family, None where it is none of them; `ahead`
    are the first picks before it; `beaten` what dominates it; `first_in` the orders in which it
    comes first. `changes` are answers that make it a pick, each smallest; `wins` says whether its
    family is the answer as things are.
    """

    checkpoint: Checkpoint
    use: str | None
    lacks: tuple[Gap, ...]
    unknown: tuple[Gap, ...]
    rank: int | None
    of: int
    ahead: tuple[str, ...]
    beaten: tuple[Beaten, ...]
    first_in: tuple[str, ...]
    changes: tuple[dict[str, str], ...]
    wins: bool


def standing_of(engine: Engine, checkpoint: Checkpoint, decision: Decision) -> Standing:
    """Return where a checkpoint stands for a decision with one task."""
    rulebase, profile = engine.rulebase, decision.profile
    judged = judge_checkpoint(rulebase, checkpoint, profile)
    selection = select_of(rulebase, checkpoint.family, profile, ORDERS[0])
    ids = _ids(selection)
    rank = ids.index(checkpoint.id) + 1 if checkpoint.id in ids else None
    return Standing(
        checkpoint=checkpoint,
        use=judged.use,
        lacks=judged.lacks,
        unknown=judged.unknown,
        rank=rank,
        of=len(ids),
        ahead=tuple(ids[: min(rank - 1, SHOWN_AHEAD)]) if rank else tuple(ids[:SHOWN_AHEAD]),
        beaten=selection.picks[rank - 1].beaten if rank else (),
        first_in=tuple(
            order
            for order in ORDERS
            if _ids(select_of(rulebase, checkpoint.family, profile, order))[:1] == [checkpoint.id]
        ),
        changes=() if rank else tuple(_changes(engine, checkpoint, decision)),
        wins=checkpoint.family == decision.family,
    )


def _ids(selection: Selection) -> list[str]:
    return [pick.checkpoint.id for pick in selection.picks]


def _changes(
    engine: Engine, checkpoint: Checkpoint, decision: Decision
) -> Iterator[dict[str, str]]:
    """Single answers that make it a pick; where none does, one for each question it misses."""
    rulebase = engine.rulebase
    single = False
    for question in rulebase.questions:
        if question.id == TASK or not any(o.requires or o.uses for o in question.options):
            continue
        for option in _nearest_first(question):
            changed = {question.id: option.id}
            if _picked(engine, checkpoint, decision.given, changed):
                single = True
                yield changed
                break
    if single:
        return
    judged = judge_checkpoint(rulebase, checkpoint, decision.profile)
    together = {
        question: _undemanding(rulebase, question)
        for question in dict.fromkeys(gap.question for gap in (*judged.lacks, *judged.unknown))
    }
    if None not in together.values():
        changed = {question: str(option) for question, option in together.items()}
        if changed and _picked(engine, checkpoint, decision.given, changed):
            yield changed


def _nearest_first(question: Question) -> list[Option]:
    """Options as declared; those of a number from the smallest up, as the smallest change."""
    if not question.unit:
        return list(question.options)
    return sorted(question.options, key=lambda o: (o.up_to is None, o.up_to or 0.0))


def _undemanding(rulebase: RuleBase, question: str) -> str | None:
    """The first option of a question that requires nothing of checkpoints."""
    options = rulebase.question(question).options
    return next((option.id for option in options if not option.requires), None)


def _picked(
    engine: Engine, checkpoint: Checkpoint, given: Profile, changed: dict[str, str]
) -> bool:
    answers: Profile = {id: Answer((option,), None, "flag") for id, option in changed.items()}
    together = {**given, **answers}
    if not engine.admits(together):
        return False
    profile = engine.decide(together).profile
    picks = select_of(engine.rulebase, checkpoint.family, profile, ORDERS[0])
    return checkpoint.id in _ids(picks)
