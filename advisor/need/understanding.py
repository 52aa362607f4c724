"""The answer to a sentence: what was understood, and which families are possible.

The engine decides for all candidate tasks; their winners together are the possible families. The
answer is that of the likeliest task. It is decided only if each task that any word indicates has
the same winner by the stated answers alone; it is undetermined if no word names a task, or if
several tasks are equally likely.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

from advisor.console import HOMES
from advisor.decide.advice import SCREEN, Screen, TaskAdvice
from advisor.decide.bounded_rules import bounded
from advisor.decide.command_lines import command, quoted
from advisor.decide.outlook import ASSUMED, DECIDED, UNDETERMINED
from advisor.decide.recommendation import Recommendation, advise
from advisor.decide.selection import ORDERS
from advisor.decide.workload import speed_for
from advisor.engine.bounds import TIME, bound_value
from advisor.engine.decision import Engine
from advisor.engine.profile import (
    Answer,
    Profile,
    bound_answer,
    bounds_in,
    counted,
    moot_for,
    without_moot,
)
from advisor.errors import ContradictionError, UsageError, nearest, unknown_name
from advisor.model import TASK
from advisor.model.phrase_kinds import CONCEPT, SAYING
from advisor.need.lexicon import lexicon_of
from advisor.need.reading import ORIGIN, AnswerRead, Reading, read
from advisor.need.sweep import sweep
from advisor.need.understood import OFFERED, Understood
from advisor.need.wishes import SURE_CONCEPTS, TaskRead
from advisor.phrasing import joined
from advisor.tokens import form_of, written_by_character

if TYPE_CHECKING:
    from advisor.draw.blocks import Page
    from advisor.rulebase.base import RuleBase

SHOWN_TEXT = 60

LAW = "law"
"""The concept of questions about law, such as whether a use is allowed."""

SMALL = "small"
"""The sort order that puts the smallest checkpoint first."""

MOST_NAMED = 3
"""A text of at most this many words may be a misspelt command with its arguments."""

HELP = "`advisor --help` for the commands"

CHECKING = frozenset(("ci", "gitlab", "lint", "linter", "pre-commit", "validate"))
"""Words that point to `advisor check` instead of a task."""
LISTING = "`advisor --help` prints the commands, `advisor list tasks` the tasks"


class Understanding(Understood):
    """A sentence and its answer, with their JSON document and their page."""

    __slots__ = ()

    def to_dict(self, today: str | None = None) -> dict[str, Any]:
        """Return the JSON document; with a date `today`, facts have their age."""
        from advisor.need.understanding_json import as_json

        return as_json(self, today)

    def to_page(self, *, whole: bool = False, screen: Screen = SCREEN) -> Page:
        """Return the page cut to a screen, or the `whole` page with all reasons and sources."""
        from advisor.need.page import as_page

        return as_page(self, whole=whole, screen=screen)


def understand(
    engine: Engine,
    text: str,
    given: Profile | None = None,
    *,
    literally: bool = False,
    **how: Any,
) -> Understanding:
    """Return the answer to a sentence; answers in `given` override those that it states.

    `literally` infers no answers; `how` are options of `advise` (order, strict, verified_only).
    Raises UsageError for a text that describes no need, ContradictionError if `given` clashes.
    """
    refuse_misspelt(engine.rulebase, text)
    refuse_names(engine.rulebase, text)
    whole = dict(given or {})
    flags, given = bounds_in(whole)
    reading = read(engine.rulebase, text, literally=literally, given=given)
    if reading.smallest and how.get("order", ORDERS[0]) == ORDERS[0]:
        how["order"] = SMALL
    tasks = _tasks(reading, given)
    if not _is_understood(reading, tasks, given) or (reading.corrected and len(text.split()) == 1):
        raise not_understood(engine.rulebase, text)
    fitted = [fitted_to(engine, reading, given, task.task) for task in tasks]
    if tasks and not (possible := [fit for fit in fitted if fit is not None]):
        engine.decide(given | {TASK: Answer((tasks[0].task,), None, ORIGIN)})  # says what clashes
    if not tasks:
        possible = [_grown(engine, given, (*reading.answers, *reading.concluded)) or (given, ())]
    tasks = tuple(task for task, fit in zip(tasks, fitted, strict=True) if fit is not None)
    profile, dropped = possible[0]
    engine, _ = bounded(engine, {**profile, **_held(engine, reading, profile, flags)})
    answers = profile
    if TASK in given:
        advice = tuple(advise(engine, each, **how) for each, _ in possible)
    else:
        answers = {id: profile[id] for id in engine.encoding.questions if id in profile}
        advice = (_open_advice(engine, reading, tasks, [each for each, _ in possible], how),)
    order, together = how.get("order", ORDERS[0]), None
    if len(advice) > 1:
        from advisor.decide.cover import together_for

        together = together_for(engine, advice, order)
    return Understanding(
        reading=reading,
        given=whole,
        tasks=tasks,
        profile=answers,
        dropped=dropped,
        recommendation=Recommendation(
            rulebase=engine.rulebase,
            advice=advice,
            together=together,
            priority=engine.priority,
            order=order,
            strict=how.get("strict", ""),
            verified_only=how.get("verified_only", False),
        ),
        literally=literally,
        between=() if TASK in given else _between(engine, reading, given, tasks),
        besides={
            other.task: fit[0]
            for other in (reading.besides if TASK not in given else ())
            if (fit := fitted_to(engine, reading, given, other.task))
        },
    )


def _held(engine: Engine, reading: Reading, profile: Profile, flags: Profile) -> Profile:
    """Return the bounds of flags and of the sentence, by name; a flag overrides the sentence.

    A time limit of the sentence is left out if the number of items or the speed of the machine is
    unknown.
    """
    read_limits = {limit.bound: bound_answer(limit.text, ORIGIN) for limit in reading.limits}
    rulebase, held = engine.rulebase, {**read_limits, **flags}
    if TIME in flags or TIME not in held:
        return held
    value = bound_value(TIME, held[TIME].names[0])
    items = counted(rulebase, profile) or (value and value[1])  # one is enough for that of each
    if not items or speed_for(rulebase, engine.decide(profile).profile) is None:
        return {id: bound for id, bound in held.items() if id != TIME}
    return held


def _is_understood(reading: Reading, tasks: tuple[TaskRead, ...], given: Profile) -> bool:
    """True if a task, an answer or a flag was read, or an idle word in a text of several words."""
    alone = len(reading.text.split()) == 1
    return bool(tasks or reading.answers or given or (reading.idle and not alone))


def _between(
    engine: Engine, reading: Reading, given: Profile, tasks: tuple[TaskRead, ...]
) -> tuple[str, ...]:
    """Return the ids of the tasks that a sentence may mean; empty if it names exactly one.

    If no word names a task, they are the first OFFERED tasks that fit all its answers: the default
    task, those near its words, the first task of each group, then all others.
    """
    if tasks:
        return tuple(task.task for task in tasks) if len(tasks) > 1 else ()
    from advisor.need.likely_meaning import tasks_near

    near = tasks_near(engine.rulebase, reading.text, reading)
    profile, _ = _grown(engine, given, (*reading.answers, *reading.concluded)) or (given, ())
    assumed = engine.decide(profile).profile[TASK].options
    usual = [group.tasks[0] for group in engine.rulebase.groups]
    names = dict.fromkeys([*assumed, *near, *usual, *(task.id for task in engine.rulebase.tasks)])
    fit = ((name, fitted_to(engine, reading, given, name)) for name in names)
    return tuple(islice((name for name, fitted in fit if fitted and not fitted[1]), OFFERED))


def refuse_misspelt(rulebase: RuleBase, text: str) -> None:
    """Raise UsageError if the first of at most MOST_NAMED words is a misspelt command.

    One word alone is tolerated if it is a task, a first word before others if the lexicon knows
    it. The hint keeps the other words: `advisor recomend clip` hints `advisor recommend clip`.
    """
    words = text.split()
    if not words or len(words) > MOST_NAMED:
        return
    if (meant := nearest(words[0], commands())) is None:
        return
    if len(words) == 1:
        if text in rulebase.task_names:
            return
        raise unknown_name("command", text, commands(), LISTING)
    lexicon = lexicon_of(rulebase)
    if not lexicon.is_spelt(words[0], lexicon.language(map(form_of, words[1:]))):
        whole = " ".join(["advisor", meant, *map(quoted, words[1:])])
        raise unknown_name("command", words[0], commands(), f"type `{whole}`, or {HELP}")


def refuse_names(rulebase: RuleBase, text: str) -> None:
    """Raise UsageError for a text that describes no need: the name of a family, a question of law.

    A text that begins with words of law but states a license use is accepted.
    """
    lexicon = lexicon_of(rulebase)
    marks = sweep(lexicon, text).of(CONCEPT, SAYING)
    licensed = any("use" in lexicon.index["says"].get(mark.id, ()) for mark in marks)
    if not licensed and any(mark.id == LAW and mark.first == 0 for mark in marks):
        raise UsageError(
            f"`{_shortened(text)}` asks what the law allows, and advisor only knows models",
            hint="describe the images and the output. `--license-use commercial` filters by the "
            "license of the model",
            kind="not-understood",
        )
    named = text.lower().removeprefix("why ").removeprefix("not ")
    if (family := rulebase.family_names.get(named)) is not None:
        raise UsageError(
            f"`{named}` is a family, not a task",
            hint=f"`advisor show {family.id}` describes the family. `advisor list tasks` lists "
            "the tasks",
            kind="not-understood",
        )


def commands() -> list[str]:
    """Return the names of the commands of this program."""
    return [home.partition(":")[2].removesuffix("_") for home in HOMES]


def not_understood(rulebase: RuleBase, text: str) -> UsageError:
    """Return the error for a text without a known word; a single word gets similar names."""
    if not CHECKING.isdisjoint(text.lower().split()):
        return UsageError(
            f"`{_shortened(text)}` does not describe a task",
            hint="run `advisor check` to check models and code, locally or in CI",
            kind="not-understood",
        )
    if text in commands():
        hint = f"run `advisor {text} --help`, or `advisor list tasks` for the tasks"
        return UsageError(f"`{text}` is a command, not a task", hint=hint, kind="not-understood")
    if len(text.split()) == 1 and not written_by_character(text):
        names = [*commands(), *rulebase.task_names, *rulebase.words]
        return unknown_name("command or task", text, names, LISTING)
    return UsageError(
        f"`{_shortened(text)}` contains no word that advisor understands",
        hint="describe the images and the output in a language that `advisor help sentences` "
        "lists, or run `advisor` for an interview. `advisor list tasks` prints the tasks",
        kind="not-understood",
    )


def one_task(
    engine: Engine,
    text: str,
    given: Profile | None = None,
    *,
    least: int = SURE_CONCEPTS,
    verb: str = "",
    exit_code: int = UsageError.exit_code,
) -> Profile:
    """Return the profile of a sentence that names one task, for callers that cannot ask the user.

    Raises UsageError with `exit_code` if several tasks are possible or fewer than `least` concepts
    name the task (a task in `given` needs none), and with its own code if nothing was understood.
    The hint is a command of that `verb`, or without one an entry of advisor.yaml.
    """
    flags, given = bounds_in(given or {})
    reading = read(engine.rulebase, text, given=given)
    tasks = _tasks(reading, given)
    fitted = [fitted_to(engine, reading, given, task.task) for task in tasks]
    profiles = [fit[0] for fit in fitted if fit is not None]
    if len(profiles) == 1 and (TASK in given or tasks[0].strength >= least):
        return profiles[0] | _held(engine, reading, profiles[0], flags)
    if not _is_understood(reading, tasks, given):
        raise not_understood(engine.rulebase, text)
    named = [task.task for task in tasks[:OFFERED]]
    between = named or _between(engine, reading, given, tasks)
    may = "may mean" if named else "does not name a task and may mean"
    message = f"`{_shortened(text)}` {may} {joined(between, 'or')}"
    written = f"`needs: {{task: {between[0]}}}`"
    if verb:
        answers = profiles[0] if profiles and named else {TASK: Answer((between[0],), None, "text")}
        answers |= _held(engine, reading, answers, flags)
        written = f"`{command(verb, engine.rulebase, answers)}`"
    hint = f"write the task, e.g. {written}"
    raise UsageError(message, hint=hint, kind="not-understood", exit_code=exit_code)


def _shortened(text: str) -> str:
    return text if len(text) <= SHOWN_TEXT else f"{text[:SHOWN_TEXT]}..."


def _tasks(reading: Reading, given: Profile) -> tuple[TaskRead, ...]:
    """Return the candidate tasks: those of `--task`, with strength 0, else those of the words."""
    if TASK not in given:
        return reading.tasks
    return tuple(TaskRead(task, 0, frozenset(), ()) for task in given[TASK].options)


# -- what goes with a task ---------------------------------------------------------------------


def fitted_to(
    engine: Engine, reading: Reading, given: Profile, task: str
) -> tuple[Profile, tuple[AnswerRead, ...]] | None:
    """Return the profile of a task with the answers read that fit it, and those that contradict it.

    None if the answers in `given` exclude the task.
    """
    start = {**given, TASK: Answer((task,), None, given[TASK].origin if TASK in given else ORIGIN)}
    return _grown(engine, start, (*reading.answers, *reading.concluded))


def _grown(
    engine: Engine, start: Profile, read: Iterable[AnswerRead]
) -> tuple[Profile, tuple[AnswerRead, ...]] | None:
    """Return `start` with the read answers that fit it, and the others; None if it contradicts."""
    wanted = [answer_read for answer_read in read if answer_read.question not in start]
    whole = {**start, **{answer_read.question: answer_read.answer for answer_read in wanted}}
    if TASK in start:
        task = engine.rulebase.task(start[TASK].options[0])
        whole = without_moot(whole, moot_for(engine.rulebase, task, whole))
    if _admits(engine, whole):
        return _ordered(engine, whole), ()
    if not _admits(engine, start):
        return None
    profile, dropped = start, []
    for answer_read in wanted:
        more = {**profile, answer_read.question: answer_read.answer}
        if _admits(engine, more):
            profile = more
        else:
            dropped.append(answer_read)
    return _ordered(engine, profile), tuple(dropped)


def _ordered(engine: Engine, profile: Profile) -> Profile:
    return {id: profile[id] for id in engine.encoding.questions if id in profile}


def _admits(engine: Engine, profile: Profile) -> bool:
    """True if some complete profile has all these answers."""
    try:
        space, allowed = engine.view(_ordered(engine, profile))
    except ContradictionError:
        return False
    return space.first(space.root, allowed) is not None


# -- what is possible --------------------------------------------------------------------------


def _open_advice(
    engine: Engine,
    reading: Reading,
    tasks: tuple[TaskRead, ...],
    profiles: list[Profile],
    how: Mapping[str, Any],
) -> TaskAdvice:
    """Return the first profile's answer with the winners of all, less certain unless `_firm`."""
    advice = advise(engine, profiles[0], **how)
    decision = advice.decision
    others = (engine.decide(profile).possible for profile in profiles[1:])
    possible = set(decision.possible).union(*others)
    firm = len(possible) == 1 and _firm(engine, reading, tasks, next(iter(possible)))
    outcome, certainty = decision.outcome, advice.certainty
    unsure = UNDETERMINED if how.get("strict") or outcome == UNDETERMINED else ASSUMED
    if not firm:
        certainty = certainty._replace(family=unsure)
        outcome = unsure if decision.family or unsure == UNDETERMINED else outcome
    if len(tasks) != 1 and certainty.checkpoint == DECIDED:
        certainty = certainty._replace(checkpoint=unsure)
    winners = tuple(name for name in engine.encoding.winners if name in possible)
    return advice._replace(
        decision=decision._replace(outcome=outcome, possible=winners), certainty=certainty
    )


def _firm(engine: Engine, reading: Reading, tasks: tuple[TaskRead, ...], winner: str) -> bool:
    """True if the reading is sure and each indicated task has this winner by stated answers."""
    if not (reading.sure and len(tasks) == 1):
        return False
    literal = reading._replace(concluded=())
    for task in reading.touched:
        fitted = fitted_to(engine, literal, {}, task.task)
        if fitted is not None and engine.decide(fitted[0]).possible != (winner,):
            return False
    return True
