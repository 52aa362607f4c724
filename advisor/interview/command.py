"""`advisor` and `advisor ask`: the interview in a terminal."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

from advisor.console.commands import Given
from advisor.console.options import CriteriaFirst, NoInput, VerifiedOnly, option
from advisor.console.output import Shown, interactive, note
from advisor.console.prompt import BACK, STOP, WHY, Prompt, extras, prompt_for
from advisor.errors import ContradictionError, NoTerminalError, check_name
from advisor.model import NONE
from advisor.rulebase.base import RuleBase

if TYPE_CHECKING:
    from advisor.decide.recommendation import Recommendation
    from advisor.engine.decision import Engine
    from advisor.engine.profile import Profile
    from advisor.interview.session import Ask, SavedInterview, Session

To = Annotated[
    str,
    option(
        "--to STOP",
        "Ask until the family, the first checkpoint or the whole ranking is settled: "
        "family, checkpoint, ranking.",
    ),
]
Resume = Annotated[bool, option("--resume", "Go on with the interview that was left.")]
Plain = Annotated[bool, option("--plain", "Numbers instead of a menu.")]

OPEN = {"checkpoint": "which checkpoint comes first", "ranking": "what holds for the others"}


def ask(
    *,
    given: Given,
    first: CriteriaFirst,
    to: To = "family",
    resume: Resume = False,
    plain: Plain = False,
    verified_only: VerifiedOnly = False,
    rulebase: RuleBase,
    shown: Shown,
    no_input: NoInput = False,
) -> int:
    """Answer a few questions, get a recommendation.

    Asks what matters next and stops when the outcome can no longer change. "I don't know" leaves
    a question open. Ctrl-C keeps the answers: --resume goes on.

    \b
    Examples:
      advisor ask
      advisor ask --task captioning
      advisor ask --task ocr-line --to checkpoint
      advisor ask --plain --format json > answer.json
    """
    from advisor.draw.formats import Report
    from advisor.engine.decision import Engine
    from advisor.interview.afterwards import offer

    engine, prompt = Engine(rulebase, first), prompt_for(plain=plain)
    _check(to, no_input=no_input)
    profile = answered(engine, given, to, prompt, resume=resume)
    answer = _recommendation(engine, profile, first, verified_only=verified_only)
    note("")
    shown.emit(Report(answer.to_dict, answer.to_page))
    if shown.format == "terminal" and sys.stdout.isatty():
        offer(answer, prompt, color=shown.color)
    return answer.exit_code


def _recommendation(
    engine: Engine, profile: Profile, first: tuple[str, ...], *, verified_only: bool
) -> Recommendation:
    from advisor.decide.recommendation import Recommendation, advise

    return Recommendation(
        rulebase=engine.rulebase,
        advice=(advise(engine, profile, verified_only=verified_only),),
        together=None,
        priority=first,
        order="quality",
        verified_only=verified_only,
    )


def _check(to: str, *, no_input: bool) -> None:
    from advisor.interview.session import STOPS

    check_name("stop", to, STOPS, "stops")
    if no_input or not interactive():
        raise NoTerminalError(
            "there is nobody to ask: this is not a terminal",
            hint="give answers as flags, e.g. `advisor recommend --task captioning`",
        )


def answered(engine: Engine, given: Profile, to: str, prompt: Prompt, *, resume: bool) -> Profile:
    """Return the answers of an interview, a new one or the one that was left."""
    from advisor.interview.session import SavedInterview, Session

    saved = SavedInterview(engine.rulebase.digest)
    session = Session(engine, given, to)
    if resume or (
        not given
        and saved.exists()
        and prompt.confirm("An interview was left unfinished. Go on with it?")
    ):
        session = Session.from_json(engine, saved.read(), to)
        session.give(given)
    try:
        _interview(session, prompt, saved)
    except (KeyboardInterrupt, EOFError):
        if session.steps:
            note("\nyour answers are kept: `advisor ask --resume` goes on")
        raise
    saved.forget()
    return session.profile


def _interview(session: Session, prompt: Prompt, saved: SavedInterview) -> None:
    """Ask until nothing is left to ask, or enough was choice; kept after each answer."""
    number = 1
    while (question := session.next()) is not None:
        agreement = session.agreement
        race = _race(session.race)
        if len(session.race) > 1:
            note(f"\n{number}. still in the race: {race}")
        else:
            note(f"\n{number}. settled: {race}; open is {OPEN[question.about]}")
        if agreement.worth_an_offer:
            percent, answer = int(100 * agreement.share), _race((agreement.answer,))
            note(f"   {percent} % of what is still possible ends in the same answer: {answer}")
        choice = prompt.choose(
            question, extras(back=bool(session.steps), stop=agreement.worth_an_offer)
        )
        if choice == STOP:
            return
        if choice == WHY:
            note(_why(question))
            continue
        if choice == BACK:
            session.back()
            number = max(1, number - 1)
        else:
            try:
                session.answer(question.question.id, choice)
            except ContradictionError as error:
                note(f"  {error.message}")
                continue
            number += 1
        saved.write(session)


def _race(names: tuple[str, ...]) -> str:
    return ", ".join("none of them" if name == NONE else name for name in names)


def _why(question: Ask) -> str:
    """Why a question is asked: what it is about, and who could win after each answer."""
    lines = [f"  {question.question.why}"]
    winners = set(question.winners.values())
    if len(winners) == 1:
        rest = OPEN.get(question.about, "what comes after it")
        lines.append(f"    whatever you say leaves {_race(winners.pop())}; it changes {rest}")
        return "\n".join(lines)
    lines += [
        f"    {option.id:<26} leaves {_race(question.winners[option.id])}"
        for option in question.options[:12]
    ]
    more = len(question.options) - 12
    return "\n".join([*lines, f"    ... and {more} more"] if more > 0 else lines)
