"""`advisor` and `advisor ask`: the interview in a terminal, and what follows its answer."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any

from advisor.child import environment, interpreter
from advisor.console.commands import Given
from advisor.console.flags import split
from advisor.console.menu import Row, keyed, pressed_lines
from advisor.console.options import CriteriaFirst, NoInput, VerifiedOnly, option
from advisor.console.output import Shown, interactive, note
from advisor.console.prompt import Prompt, prompt_for
from advisor.decide.command_lines import needs_of, try_command
from advisor.engine.profile import UNKNOWN
from advisor.errors import AdvisorError, NoTerminalError, check_name
from advisor.rulebase.base import RuleBase

if TYPE_CHECKING:
    from advisor.decide.recommendation import Recommendation
    from advisor.draw.formats import Report
    from advisor.engine.decision import Engine
    from advisor.engine.profile import Profile
    from advisor.interview.dialogue import Dialogue
    from advisor.interview.session import Session
    from advisor.model import Checkpoint

To = Annotated[str, option("--to STOP", "Stop when no answer can change the checkpoint or family.")]
Unsure = Annotated[
    list[str], option("--skip QUESTION", 'Leave questions unanswered, as "I don\'t know" does.')
]
Plain = Annotated[bool, option("--plain", "Use numbers instead of a menu.")]

QUESTION = "Anything else?"
DONE, SETTLE, TRY, CHANGE, WRITE = "done", "settle", "try", "change", "write"
AS_FLAGS = "use flags (`advisor recommend --task captioning`), or pipe a sentence to `advisor -`"
ASKED = {
    "labels": "Candidate labels, separated by commas, such as: a cat, a dog",
    "question": "Question about the image:",
    "folder": "Path to a folder with the other images:",
    "query": "Search text:",
}
"""Flag of `advisor try` -> the prompt for its value, for tasks that need more than an image."""


def ask(
    *,
    given: Given,
    first: CriteriaFirst,
    to: To = "checkpoint",
    skip: Unsure = [],  # noqa: B006
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
      advisor ask --plain --format json > answer.json
    """
    from advisor.engine.decision import Engine
    from advisor.interview.session import STOPS

    engine, prompt = Engine.known(rulebase, first), prompt_for(plain=plain)
    check_name("stop", to, STOPS, "values of --to")
    if no_input or not interactive():
        raise NoTerminalError("the interview needs a terminal, without --no-input", hint=AS_FLAGS)
    dialogue = held(engine, given, to, prompt, split(skip))
    while True:
        answer = answered(dialogue.session, verified_only=verified_only)
        note("")
        afterwards = shown.format == "terminal" and sys.stdout.isatty()
        shown.emit(_report(answer, end=afterwards))
        if not afterwards or offer(answer, prompt, color=shown.color) != CHANGE:
            return answer.exit_code
        dialogue.change()


def answered(session: Session, **how: Any) -> Recommendation:
    """Return the recommendation for the answers so far; `how` are options of `advise`."""
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


def held(
    engine: Engine, given: Profile, to: str, prompt: Prompt, unsure: Sequence[str] = ()
) -> Dialogue:
    """Run an interview up to the stop `to` ("family" or "checkpoint") and return its dialogue.

    Bounds in `given` limit the checkpoints. Questions in `unsure` are left unanswered.
    """
    from advisor.decide.bounded_rules import bounded
    from advisor.interview.dialogue import Dialogue
    from advisor.interview.session import Session

    dialogue = Dialogue(Session(*bounded(engine, given), to), prompt)
    for question in unsure:
        dialogue.session.answer(engine.rulebase.question(question).id, UNKNOWN)
    if dialogue.session.next() is not None:
        dialogue.welcome()
    dialogue.run()
    return dialogue


def offer(
    recommendation: Recommendation,
    prompt: Prompt,
    *,
    color: bool,
    opens: bool = False,
    own: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """Offer to try the model, to write its program or to change an answer, until one ends this.

    With `opens`, the remaining questions are offered too. `own` are inputs of a try, and `code`,
    the command for the program. Returns DONE (also for Ctrl-C and Ctrl-D), SETTLE or CHANGE.
    """
    advice = recommendation.advice[0]
    checkpoint, code = advice.runnable, own.get("code") or recommendation.code_command(advice)
    choices = _choices(tries=checkpoint is not None, writes=advice.has_program, opens=opens)
    try:
        while (chosen := prompt.pick(QUESTION, choices)) in (TRY, WRITE):
            try:
                if chosen == WRITE:
                    _run(f"{code} -o {advice.task}.py", color=color)
                elif checkpoint:
                    _try(recommendation, checkpoint, prompt, own, color=color)
            except AdvisorError as error:
                note(f"  {error.message}", *([f"  hint: {error.hint}"] if error.hint else []))
    except (KeyboardInterrupt, EOFError):
        note("")
        return DONE
    return chosen


def _choices(*, tries: bool = True, writes: bool = True, opens: bool) -> list[Row]:
    choices = [keyed("d", "done", DONE)]
    choices += [keyed("o", "answer open questions", SETTLE)] if opens else []
    choices += [keyed("t", "try it on an image", TRY)] if tries else []
    choices += [keyed("p", "write its program", WRITE)] if writes else []
    return [*choices, keyed("a", "change an answer", CHANGE)]


def offers_height(columns: int) -> int:
    """Return the most lines that the offers below an answer take at this width in columns."""
    return len(pressed_lines(QUESTION, _choices(opens=True), columns))


def _try(
    recommendation: Recommendation,
    checkpoint: Checkpoint,
    prompt: Prompt,
    own: Mapping[str, str],
    *,
    color: bool,
) -> None:
    """Ask for an image and inputs that `own` lacks, and run the checkpoint; fail before asking."""
    from advisor.trial import open_image
    from advisor.trial.runtime import transformers

    transformers()
    image = prompt.file("Path to an image file:")
    if not image:
        return
    image = str(Path(image).expanduser())
    open_image(image)
    rulebase, task = recommendation.rulebase, str(recommendation.advice[0].task)
    needs = needs_of(rulebase, task, checkpoint)
    given = {flag: text for flag in needs if (text := own.get(flag) or prompt.type(ASKED[flag]))}
    if folder := given.get("folder"):
        given["folder"] = str(Path(folder).expanduser())
    _run(try_command(rulebase, checkpoint, task, image, given), color=color)


def _run(line: str, *, color: bool) -> None:
    """Print a command line of advisor and run it in a child that imports only installed modules."""
    note("", line)
    sys.stdout.flush()
    plain = {} if color else {"NO_COLOR": "1"}
    words = [*interpreter(), "-m", *shlex.split(line)]
    subprocess.run(words, env=environment() | plain, check=False)
