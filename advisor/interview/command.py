"""`advisor` and `advisor ask`: the interview in a terminal, and what follows its answer."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

from advisor.console.commands import Given
from advisor.console.menu import Row, keyed, pressed_lines
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
    from advisor.interview.session import Session

To = Annotated[str, option("--to STOP", "Stop when no answer can change the checkpoint or family.")]
Plain = Annotated[bool, option("--plain", "Use numbers instead of a menu.")]

QUESTION = "Anything else?"
DONE, SETTLE, CHANGE = "done", "settle", "change"
AS_FLAGS = "pass answers as flags, e.g. `advisor recommend --task captioning`"


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
    from advisor.interview.session import STOPS

    engine, prompt = Engine.known(rulebase, first), prompt_for(plain=plain)
    check_name("stop", to, STOPS, "stops")
    if no_input or not interactive():
        raise NoTerminalError("questions need a terminal, and this is not one", hint=AS_FLAGS)
    dialogue = held(engine, given, to, prompt)
    while True:
        answer = answered(dialogue.session, verified_only=verified_only)
        note("")
        afterwards = shown.format == "terminal" and sys.stdout.isatty()
        shown.emit(_report(answer, end=afterwards))
        if not afterwards or offer(prompt) != CHANGE:
            return answer.exit_code
        dialogue.change()


def answered(session: Session, **how: Any) -> Recommendation:
    """Return the answer to what was answered so far, under the rules of the interview."""
    from advisor.decide.recommendation import recommend

    return recommend(None, session.profile, engine=session.engine, **how)


def _report(answer: Recommendation, *, end: bool) -> Report:
    from advisor.decide.advice import END, SCREEN, UNBOUND, screen_here
    from advisor.decide.shared_page import shared_page
    from advisor.draw.formats import Report

    screen = screen_here(END, offers_height) if end else SCREEN
    return Report(
        answer.to_dict,
        answer.to_page,
        screen=partial(answer.to_page, screen=screen),
        shared=lambda: shared_page(answer, answer.to_page(screen=UNBOUND)),
    )


def held(engine: Engine, given: Profile, to: str, prompt: Prompt) -> Dialogue:
    """Hold an interview under the bounds of what was given; return it when it is over."""
    from advisor.decide.bounded_rules import bounded
    from advisor.interview.dialogue import Dialogue
    from advisor.interview.session import Session

    dialogue = Dialogue(Session(*bounded(engine, given), to), prompt)
    if dialogue.session.next() is not None:
        dialogue.welcome()
    dialogue.run()
    return dialogue


def offer(prompt: Prompt, *, opens: bool = False) -> str:
    """Offer to change an answer or, where it `opens`, to answer what is open; return what is taken.

    Leaving is no failure.
    """
    try:
        return prompt.pick(QUESTION, _choices(opens=opens))
    except (KeyboardInterrupt, EOFError):
        note("")
        return DONE


def _choices(*, opens: bool) -> list[Row]:
    choices = [keyed("d", "done", DONE)]
    choices += [keyed("o", "answer the remaining questions", SETTLE)] if opens else []
    return [*choices, keyed("a", "change an answer", CHANGE)]


def offers_height(columns: int) -> int:
    """Return how many lines the offers below an answer take at most."""
    return len(pressed_lines(QUESTION, _choices(opens=True), columns))
