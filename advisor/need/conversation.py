"""A sentence in a terminal: what was understood, what was meant, and what is still open."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from advisor.console.output import interactive, note
from advisor.engine.decision import Engine
from advisor.engine.profile import Answer, Profile
from advisor.model import TASK
from advisor.need.understanding import OFFERED, Understanding, fitted_to, understand

if TYPE_CHECKING:
    from advisor.console.prompt import Prompt
    from advisor.decide.recommendation import Recommendation
    from advisor.rulebase.base import RuleBase

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
) -> Understanding | Recommendation:
    """Return the answer to a sentence, confirmed where somebody is there to ask."""
    engine = Engine.known(rulebase, first)
    understanding = understand(engine, text, given, literally=literally, **how)
    if not (may_ask and interactive() and sys.stdout.isatty()) or TASK in given:
        return understanding
    from advisor.console.prompt import prompt_for

    return confirmed(engine, understanding, prompt_for(plain=False), **how)


def confirmed(
    engine: Engine, understanding: Understanding, prompt: Prompt, **how: Any
) -> Recommendation:
    """Say what was understood, ask what was meant and what is open; return the answer to that."""
    from advisor.console.prompt import Extra
    from advisor.decide.recommendation import recommend
    from advisor.interview.command import answered
    from advisor.need.page import understood_lines

    for line in understood_lines(understanding):
        note(line)
    rulebase = engine.rulebase
    profile = {id: answer for id, answer in understanding.profile.items() if id != TASK}
    offered = understanding.offered
    if offered:
        rows = [
            Extra(str(number), rulebase.task(task).name, task)
            for number, task in enumerate(offered[:OFFERED], 1)
        ]
        rows.append(Extra(str(len(rows) + 1), SOMETHING_ELSE, SOMETHING_ELSE))
        chosen = prompt.pick("Did you mean", rows)
        if chosen != SOMETHING_ELSE:
            found = fitted_to(engine, understanding.reading, understanding.given, chosen)
            if found is not None:
                profile = found[0] | {TASK: Answer((chosen,), None, "asked")}
    profile = answered(engine, profile, "family", prompt, resume=False)
    note("")
    return recommend(engine.rulebase, profile, engine=engine, **how)
