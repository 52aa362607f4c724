"""Random answers for the page, and what Python says to them: one JSON document a case."""

import json
import random
from collections.abc import Iterator
from typing import Any

from advisor.decide.recommendation import recommend
from advisor.engine.decision import Engine
from advisor.engine.profile import Profile, make_profile
from advisor.errors import ContradictionError
from advisor.interview.exchange import AskedAnswer
from advisor.interview.session import Session
from advisor.model import TASK

Given = dict[str, list[str]]


def profiles(engine: Engine, draw: random.Random, number: int) -> Iterator[Given]:
    """Yield answers with one task; every second one is admissible by construction."""
    for at in range(number):
        yield (_admissible if at % 2 else _any)(engine, draw)


def _any(engine: Engine, draw: random.Random) -> Given:
    """Answers drawn each by itself; most contradict each other where there are many."""
    likely = draw.choice((0.05, 0.1, 0.2, 0.4))
    given = {TASK: [draw.choice(engine.rulebase.tasks).id]}
    for place, question in enumerate(engine.rulebase.questions):
        if question.id != TASK and draw.random() < likely:
            given[question.id] = _answer(engine, place, engine.encoding.options[place], draw)
    return given


def _admissible(engine: Engine, draw: random.Random) -> Given:
    """Answers drawn one after the other among those that the ones before leave possible."""
    given = {TASK: [draw.choice(engine.rulebase.tasks).id]}
    if not engine.admits(make_profile(engine.rulebase, given)):
        return given  # a random rule base may have such a task
    likely = draw.choice((0.1, 0.3, 0.6, 0.9))
    for place, question in enumerate(engine.rulebase.questions):
        if question.id == TASK or draw.random() > likely:
            continue
        space, allowed = engine.view(make_profile(engine.rulebase, given))
        left = space.reachable(space.root, allowed).choices[place]
        options = [engine.options(place, choice) for choice in sorted(left)]
        if options and all(len(one) == 1 for one in options):
            tried = {**given, question.id: _answer(engine, place, [o for (o,) in options], draw)}
            if engine.admits(make_profile(engine.rulebase, tried)):
                given = tried
    return given


def _answer(engine: Engine, place: int, options: list[str], draw: random.Random) -> list[str]:
    question = engine.rulebase.questions[place]
    if question.unit and draw.random() < 0.4:
        bounds = [option.up_to for option in question.options if option.up_to]
        number = draw.uniform(0, 1.5 * max(bounds, default=100))
        return [str(draw.choice((int(number), round(number, 1), draw.choice(bounds or [1]))))]
    if len(options) > 1 and draw.random() < 0.1:
        return draw.sample(options, 2)
    chosen = draw.choice(options)
    known = question.option(chosen)
    if known and (called := [*known.aliases, *known.covers]) and draw.random() < 0.1:
        return [draw.choice(called)]
    return [chosen]


class Asking:
    """What an interview asks next, as one that begins anew and is told the answers."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def next(self, profile: Profile, unknown: list[str]) -> dict[str, Any] | None:
        """Return the next question after answers, and some that nobody knew."""
        session = Session(self.engine)
        session.steps = [AskedAnswer(id, answer) for id, answer in profile.items()]
        session.steps += [AskedAnswer(id, None) for id in unknown]
        ask = session.next()
        return ask and {
            "question": ask.question.id,
            "options": [option.id for option in ask.options],
            "winners": {option: list(names) for option, names in ask.winners.items()},
            "about": ask.about,
        }


def case(
    engine: Engine, given: Given, asking: Asking | None = None, unknown: list[str] | None = None
) -> dict[str, Any]:
    """Return a case for `site/tools/equal.js`: answers, and the document that Python gives.

    With `asking`, also what is asked next where some questions are `unknown`.
    """
    try:
        wanted = recommend(engine.rulebase, given, engine=engine).to_dict()
        del wanted["schema_version"]
    except ContradictionError as error:
        told = {"kind": "contradiction", "message": error.message, "hint": error.hint}
        return {"given": given, "wanted": {"error": told}}
    if asking is None:
        return {"given": given, "wanted": wanted}
    unknown = [id for id in unknown or [] if id not in given]
    ask = asking.next(make_profile(engine.rulebase, given), unknown)
    return {"given": given, "wanted": wanted, "unknown": unknown, "ask": ask}


def lines(engine: Engine, seed: int, number: int, *, asked: bool = False) -> Iterator[str]:
    """Yield cases as lines; `asked`, with the next question."""
    draw = random.Random(seed)
    asking = Asking(engine) if asked else None
    questions = [question.id for question in engine.rulebase.questions if question.id != TASK]
    for given in profiles(engine, draw, number):
        unknown = draw.sample(questions, draw.choice((0, 0, 1, 2)))
        yield json.dumps(case(engine, given, asking, unknown))
