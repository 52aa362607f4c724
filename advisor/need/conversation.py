"""A sentence in a terminal: its answer, then the offer to settle what is still open."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from advisor.console.output import interactive, note
from advisor.decide.advice import END
from advisor.decide.outlook import DECIDED
from advisor.engine.decision import Engine
from advisor.engine.profile import Answer, Profile
from advisor.model import TASK
from advisor.need.understanding import Understanding, fitted_to, understand
from advisor.need.understood import OFFERED

if TYPE_CHECKING:
    from advisor.console.prompt import Prompt
    from advisor.decide.recommendation import Recommendation
    from advisor.draw.blocks import Page
    from advisor.interview.dialogue import Dialogue
    from advisor.rulebase.base import RuleBase

SOMETHING_ELSE = "something else"


class Opening(NamedTuple):
    """The answer to a sentence, as a terminal shows it before anything is asked."""

    understanding: Understanding
    engine: Engine
    prompt: Prompt

    @property
    def recommendation(self) -> Recommendation:
        """The answer of the likeliest task."""
        return self.understanding.recommendation

    @property
    def exit_code(self) -> int:
        """0 answered, 1 nothing fits, 3 undetermined."""
        return self.understanding.exit_code

    def to_dict(self, today: str | None = None) -> dict[str, Any]:
        """Return the JSON document of the answer."""
        return self.understanding.to_dict(today)

    def to_page(self, today: str | None = None, *, whole: bool = False, lines: int = END) -> Page:
        """Return the page of the answer, or the `whole` of it, with room for what is offered."""
        return self.understanding.to_page(today, whole=whole, lines=lines)

    def goes_on(self, *, color: bool, **how: Any) -> Conversation | None:
        """Offer what comes next; return the answer to what was settled or changed, None at the end.

        Which task was meant is asked where the sentence does not say.
        """
        from advisor.interview.afterwards import CHANGE, DONE, SETTLE, offer
        from advisor.interview.command import held
        from advisor.interview.dialogue import Dialogue
        from advisor.interview.session import CHECKPOINT, Session

        certain = self.understanding.advice.certainty
        clear = len(self.understanding.tasks) == 1
        opens = not clear or (certain.family, certain.checkpoint) != (DECIDED, DECIDED)
        chosen = offer(self.recommendation, self.prompt, color=color, opens=opens)
        if chosen == DONE:
            return None
        profile = self.understanding.profile
        if not clear:
            profile = _confirmed_profile(self.engine, self.understanding, self.prompt)
        if chosen == SETTLE:
            dialogue = held(self.engine, profile, CHECKPOINT, self.prompt, resume=False)
        else:
            assert chosen == CHANGE
            dialogue = Dialogue(Session(self.engine, profile), self.prompt)
            dialogue.change()
        return _answered(dialogue, how)


class Conversation(NamedTuple):
    """What was confirmed of a sentence and asked besides, and the answer to that."""

    recommendation: Recommendation
    dialogue: Dialogue

    @property
    def exit_code(self) -> int:
        """0 answered, 1 nothing fits."""
        return self.recommendation.exit_code

    def to_dict(self, today: str | None = None) -> dict[str, Any]:
        """Return the JSON document of the answer."""
        return self.recommendation.to_dict(today)

    def to_page(self, today: str | None = None, *, whole: bool = False, lines: int = END) -> Page:
        """Return the page of the answer, or the `whole` of it, with room for what is offered."""
        return self.recommendation.to_page(today, whole=whole, lines=lines)

    def goes_on(self, *, color: bool, **how: Any) -> Conversation | None:
        """Offer what comes next; return the answer to a changed answer, None when it is over."""
        from advisor.interview.afterwards import CHANGE, offer

        if offer(self.recommendation, self.dialogue.prompt, color=color) != CHANGE:
            return None
        self.dialogue.change()
        return _answered(self.dialogue, how)


def answer_words(
    rulebase: RuleBase,
    text: str,
    given: Profile,
    first: tuple[str, ...],
    may_ask: bool,
    *,
    literally: bool,
    **how: Any,
) -> Understanding | Opening:
    """Return the answer to a sentence, which goes on where somebody is there to ask."""
    engine = Engine.known(rulebase, first)
    understanding = understand(engine, text, given, literally=literally, **how)
    if not (may_ask and interactive() and sys.stdout.isatty()) or TASK in given:
        return understanding
    from advisor.console.prompt import prompt_for

    return Opening(understanding, engine, prompt_for(plain=False))


def _confirmed_profile(engine: Engine, understanding: Understanding, prompt: Prompt) -> Profile:
    """Ask which task was meant; return it with what was said of it, or without, of another."""
    from advisor.console.prompt import Extra

    profile = {id: answer for id, answer in understanding.profile.items() if id != TASK}
    offered = understanding.offered[:OFFERED]
    if not offered:
        return profile
    rows = [
        Extra(str(number), engine.rulebase.task(task).name, task)
        for number, task in enumerate(offered, 1)
    ]
    rows.append(Extra(str(len(rows) + 1), SOMETHING_ELSE, SOMETHING_ELSE))
    chosen = prompt.pick("Did you mean", rows)
    if chosen == SOMETHING_ELSE:
        return profile
    found = fitted_to(engine, understanding.reading, understanding.given, chosen)
    return profile if found is None else found[0] | {TASK: Answer((chosen,), None, "asked")}


def _answered(dialogue: Dialogue, how: Mapping[str, Any]) -> Conversation:
    from advisor.decide.recommendation import recommend

    engine = dialogue.session.engine
    note("")
    answer = recommend(engine.rulebase, dialogue.session.profile, engine=engine, **how)
    return Conversation(answer, dialogue)
