"""`advisor` and `advisor ask`: the interview in a terminal."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING, Annotated

from advisor.console.commands import Given
from advisor.console.options import CriteriaFirst, NoInput, VerifiedOnly, option
from advisor.console.output import Shown, interactive, note
from advisor.console.prompt import Prompt, prompt_for
from advisor.errors import NoTerminalError, check_name
from advisor.rulebase.base import RuleBase

if TYPE_CHECKING:
    from advisor.decide.recommendation import Recommendation
    from advisor.draw.formats import Report
    from advisor.engine.decision import Engine
    from advisor.engine.profile import Profile
    from advisor.interview.dialogue import Dialogue

To = Annotated[
    str,
    option(
        "--to STOP",
        "Stop when this result is final: checkpoint or family.",
    ),
]
Plain = Annotated[bool, option("--plain", "Use numbers instead of a menu.")]


def ask(
    *,
    given: Given,
    first: CriteriaFirst,
    to: To = "checkpoint",
    plain: Plain = False,
    verified_only: VerifiedOnly = False,
    rulebase: RuleBase,
    shown: Shown,
    no_input: NoInput = False,
) -> int:
    """Answer questions and get a recommendation.

    The command asks the most useful question next and stops when no answer can change the first
    checkpoint. "I don't know" leaves a question unanswered. Ctrl-C prints the command that
    continues with your answers.

    \b
    Examples:
      advisor ask
      advisor ask --task captioning
      advisor ask --task ocr-line --to family
      advisor ask --plain --format json > answer.json
    """
    from advisor.engine.decision import Engine
    from advisor.interview.afterwards import CHANGE, offer

    engine, prompt = Engine(rulebase, first), prompt_for(plain=plain)
    _check(to, no_input=no_input)
    dialogue = held(engine, given, to, prompt)
    while True:
        answer = _recommendation(engine, dialogue.session.profile, verified_only=verified_only)
        note("")
        afterwards = shown.format == "terminal" and sys.stdout.isatty()
        shown.emit(_report(answer, end=afterwards))
        if not afterwards or offer(answer, prompt, color=shown.color) != CHANGE:
            return answer.exit_code
        dialogue.change()


def _report(answer: Recommendation, *, end: bool) -> Report:
    from advisor.decide.advice import END, SCREEN, UNBOUND, screen_here
    from advisor.decide.shared_page import shared_page
    from advisor.draw.formats import Report
    from advisor.interview.afterwards import offers_height

    screen = screen_here(END, partial(offers_height, answer)) if end else SCREEN
    return Report(
        answer.to_dict,
        answer.to_page,
        screen=partial(answer.to_page, screen=screen),
        shared=lambda: shared_page(answer, answer.to_page(screen=UNBOUND)),
    )


def _recommendation(engine: Engine, profile: Profile, *, verified_only: bool) -> Recommendation:
    """Return one answer, also where several tasks were given: the interview is about one choice."""
    from advisor.decide.recommendation import Recommendation, advise

    return Recommendation(
        rulebase=engine.rulebase,
        advice=(advise(engine, profile, verified_only=verified_only),),
        together=None,
        priority=engine.priority,
        order="quality",
        verified_only=verified_only,
    )


def _check(to: str, *, no_input: bool) -> None:
    from advisor.interview.session import STOPS

    check_name("stop", to, STOPS, "stops")
    if no_input or not interactive():
        raise NoTerminalError(
            "advisor cannot ask questions: this is not a terminal",
            hint="pass answers as flags, e.g. `advisor recommend --task captioning`",
        )


def held(engine: Engine, given: Profile, to: str, prompt: Prompt) -> Dialogue:
    """Hold an interview; return it when it is over."""
    from advisor.interview.dialogue import Dialogue
    from advisor.interview.session import Session

    dialogue = Dialogue(Session(engine, given, to), prompt)
    if dialogue.session.next() is not None:
        dialogue.welcome()
    dialogue.run()
    return dialogue
