"""A sentence in a terminal: its answer, then the offer to answer open questions."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from advisor.console.output import interactive, note
from advisor.decide.outlook import DECIDED
from advisor.engine.decision import Engine
from advisor.engine.profile import Answer, Profile
from advisor.model import TASK
from advisor.need.understanding import Understanding, fitted_to, understand
from advisor.need.understood import OFFERED

if TYPE_CHECKING:
    from advisor.console.prompt import Prompt
    from advisor.decide.recommendation import Recommendation
    from advisor.interview.dialogue import Dialogue
    from advisor.rulebase.base import RuleBase

    Turn = tuple[Understanding | Recommendation, Callable[..., "Turn | None"] | None]
    """An answer, and a function that lets the user change it and returns the next turn, if any."""

SOMETHING_ELSE = "something else"


def answer_words(
    rulebase: RuleBase,
    text: str,
    given: Profile,
    first: tuple[str, ...],
    may_ask: bool,
    *,
    literally: bool,
    **how: Any,
) -> Turn:
    """Return the answer to a sentence; it can go on in a terminal if `may_ask` without `--task`."""
    engine = Engine.known(rulebase, first)
    understanding = understand(engine, text, given, literally=literally, **how)
    if not (may_ask and interactive() and sys.stdout.isatty()) or TASK in given:
        return understanding, None
    from advisor.console.prompt import prompt_for

    engine = Engine.known(understanding.recommendation.rulebase, first)  # under its bounds
    return understanding, partial(_opened, engine, understanding, prompt_for(plain=False))


def _opened(
    engine: Engine, understanding: Understanding, prompt: Prompt, *, color: bool, **how: Any
) -> Turn | None:
    """Offer to go on after the first answer, asking for an unclear task; return the next turn."""
    from advisor.interview.command import CHANGE, DONE, SETTLE, held, offer
    from advisor.interview.dialogue import Dialogue
    from advisor.interview.session import CHECKPOINT, Session

    certain = understanding.advice.certainty
    clear = len(understanding.tasks) == 1
    opens = not clear or (certain.family, certain.checkpoint) != (DECIDED, DECIDED)
    takes_sentence = clear and not (understanding.literally or understanding.recommendation.strict)
    code = understanding.command.replace("recommend", "code", 1) if takes_sentence else ""
    own = understanding.reading.own | {"code": code}
    chosen = offer(understanding.recommendation, prompt, color=color, opens=opens, own=own)
    if chosen == DONE:
        return None
    profile = understanding.profile if clear else _confirmed_profile(engine, understanding, prompt)
    if chosen == SETTLE:
        dialogue = held(engine, profile, CHECKPOINT, prompt)
    else:
        assert chosen == CHANGE
        dialogue = Dialogue(Session(engine, profile), prompt)
        dialogue.change()
    return _answered(dialogue, **how)


def _answered(dialogue: Dialogue, **how: Any) -> Turn:
    """Return the turn with a dialogue's answer; it goes on if the user changes an answer."""
    from advisor.interview.command import CHANGE, answered, offer

    note("")
    answer = answered(dialogue.session, **how)

    def changed(*, color: bool, **how: Any) -> Turn | None:
        if offer(answer, dialogue.prompt, color=color) != CHANGE:
            return None
        dialogue.change()
        return _answered(dialogue, **how)

    return answer, changed


def _confirmed_profile(engine: Engine, understanding: Understanding, prompt: Prompt) -> Profile:
    """Ask which task was meant; return its profile, without a task for "something else"."""
    from advisor.console.menu import keyed

    profile = {id: answer for id, answer in understanding.profile.items() if id != TASK}
    offered = (understanding.offered or understanding.between)[:OFFERED]
    if not offered:
        return profile
    rows = [
        keyed(str(number), engine.rulebase.task(task).name, task)
        for number, task in enumerate(offered, 1)
    ]
    rows.append(keyed(str(len(rows) + 1), SOMETHING_ELSE, SOMETHING_ELSE))
    chosen = prompt.pick("Did you mean", rows)
    if chosen == SOMETHING_ELSE:
        return profile
    fit = fitted_to(engine, understanding.reading, understanding.given, chosen)
    return profile if fit is None else fit[0] | {TASK: Answer((chosen,), None, "asked")}
