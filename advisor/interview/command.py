"""`advisor` and `advisor ask`: the interview in a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from advisor.console.options import (
    Format,
    NoColor,
    NoInput,
    Output,
    Priority,
    ProfileFile,
    priority_of,
    with_questions,
)
from advisor.console.output import check_format, check_outputs, emit, interactive, note
from advisor.console.profile_file import given_profile
from advisor.console.prompt import BACK, STOP, WHY, Prompt, extras, prompt_for
from advisor.draw.formats import Report
from advisor.errors import ContradictionError, NoTerminalError, unknown_name
from advisor.interview.saved import Kept
from advisor.model import NONE
from advisor.rulebase.base import RuleBase

if TYPE_CHECKING:
    from advisor.interview.session import Agreement, Ask, Session


def command(arguments: tuple[str, ...]) -> Callable[..., int]:
    """Return the command with one flag for each question, to answer some in advance."""
    return with_questions(ask, arguments)


def ask(
    *,
    answers: dict[str, Any],
    profile: ProfileFile = "",
    priority: Priority = [],  # noqa: B006
    to: Annotated[
        str,
        typer.Option(
            "--to",
            metavar="STOP",
            help="Ask until the family, the first checkpoint or the whole ranking is settled: "
            "family, checkpoint, ranking.",
        ),
    ] = "family",
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the interview that was left.")
    ] = False,
    plain: Annotated[bool, typer.Option("--plain", help="Numbers instead of a menu.")] = False,
    format: Format = "terminal",
    output: Output = [],  # noqa: B006
    rulebase: RuleBase,
    no_input: NoInput = False,
    no_color: NoColor = False,
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
    from advisor.decide.recommendation import Recommendation, advise
    from advisor.engine.decision import Engine
    from advisor.interview.afterwards import offer
    from advisor.interview.session import STOPS, Session

    check_format(format)
    check_outputs(output)
    if to not in STOPS:
        raise unknown_name("stop", to, STOPS, f"stops: {', '.join(STOPS)}")
    if no_input or not interactive():
        raise NoTerminalError(
            "there is nobody to ask: this is not a terminal",
            hint="give answers as flags, e.g. `advisor recommend --task captioning`",
        )
    first = priority_of(rulebase, priority)
    engine = Engine(rulebase, first)
    given = given_profile(rulebase, profile, answers)
    kept = Kept(rulebase.digest)
    prompt = prompt_for(plain=plain)
    session = Session(engine, given, to)
    if resume or (
        not given
        and kept.exists()
        and prompt.confirm("An interview was left unfinished. Go on with it?")
    ):
        session = Session.from_json(engine, kept.read(), to)
        session.give(given)
    try:
        _interview(session, prompt, kept)
    except (KeyboardInterrupt, EOFError):
        if session.steps:
            note("\nyour answers are kept: `advisor ask --resume` goes on")
        raise
    kept.forget()
    advice = advise(engine, session.profile)
    recommendation = Recommendation(rulebase, (advice,), None, first, "quality")
    note("")
    report = Report(recommendation.to_dict, recommendation.to_page)
    emit(report, format, output, color=not no_color)
    if format == "terminal" and sys.stdout.isatty():
        offer(recommendation, prompt, color=not no_color)
    return recommendation.exit_code


def _interview(session: Session, prompt: Prompt, kept: Kept) -> None:
    """Ask until nothing is left to ask, or enough was said; kept after each answer."""
    number = 1
    while (question := session.next()) is not None:
        agreement = session.agreement
        note(f"\n{number}. {_standing(question, session.race)}")
        if agreement.worth_an_offer:
            note(f"   {_nearly_all(agreement)}")
        said = prompt.choose(
            question, extras(back=bool(session.steps), stop=agreement.worth_an_offer)
        )
        if said == STOP:
            return
        if said == WHY:
            note(_why(question))
            continue
        if said == BACK:
            session.back()
            number = max(1, number - 1)
        else:
            try:
                session.answer(question.question.id, said)
            except ContradictionError as error:
                note(f"  {error.message}")
                continue
            number += 1
        kept.write(session.to_json())


def _standing(question: Ask, race: tuple[str, ...]) -> str:
    if len(race) > 1:
        return f"still in the race: {_race(race)}"
    return f"settled: {_race(race)}; open is {OPEN[question.about]}"


OPEN = {"checkpoint": "which checkpoint comes first", "ranking": "what holds for the others"}


def _nearly_all(agreement: Agreement) -> str:
    percent = 100 * agreement.agreeing // agreement.of
    answer = _race((agreement.answer,))
    return f"{percent} % of what is still possible ends in the same answer: {answer}"


def _race(names: tuple[str, ...]) -> str:
    return ", ".join("none of them" if name == NONE else name for name in names)


def _why(question: Ask) -> str:
    """Why a question is asked: what it is about, and who could win after each answer."""
    lines = [f"  {question.question.why}"]
    if len(set(question.winners.values())) == 1:
        winners = next(iter(question.winners.values()))
        rest = OPEN.get(question.about, "what comes after it")
        lines.append(f"    whatever you say leaves {_race(winners)}; it changes {rest}")
        return "\n".join(lines)
    lines += [
        f"    {option.id:<26} leaves {_race(question.winners[option.id])}"
        for option in question.options[:12]
    ]
    if len(question.options) > 12:
        lines.append(f"    ... and {len(question.options) - 12} more")
    return "\n".join(lines)
