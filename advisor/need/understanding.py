"""The answer to a sentence: what was understood, who can win over all that it may mean, and why.

All tasks within reach go to the engine; their winners together are what is possible. The answer is
that of the likeliest task. It is decided only where every task that any word speaks of has the same
winner, by what was said alone; it is undetermined where no word names a task, or several fit as
well as one another.
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
"""The concept of what the law allows."""

SMALL = "small"
"""The order of who wants the smallest."""

MOST_NAMED = 3
"""So many words may be a command with what it is about."""

HELP = "`advisor --help` for the commands"

CHECKING = frozenset(("ci", "gitlab", "lint", "linter", "pre-commit", "validate"))
"""Words of those who look for `advisor check`."""
LISTING = "`advisor --help` prints the commands, `advisor list tasks` the tasks"


class Understanding(Understood):
    """A sentence and its answer, and how they are drawn."""

    __slots__ = ()

    def to_dict(self, today: str | None = None) -> dict[str, Any]:
        """Return the JSON document, with what was understood and what was not."""
        from advisor.need.understanding_json import as_json

        return as_json(self, today)

    def to_page(self, *, whole: bool = False, screen: Screen = SCREEN) -> Page:
        """Return the page, or the `whole` of it, which begins with what was understood."""
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
    """Return the answer to a sentence; answers given besides win over what it says.

    `literally` draws no conclusions, `how` are the ways of `advise`. Raises UsageError where
    nothing was understood, ContradictionError where given answers clash.
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
    engine, _ = bounded(engine, {**profile, **_held(engine, reading, profile, flags, how)})
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


def _held(
    engine: Engine, reading: Reading, profile: Profile, flags: Profile, how: Mapping[str, Any]
) -> Profile:
    """Return the bounds of flags, and those of a sentence that can be held.

    A time cannot where the speed of the machine is not known, or that of none of the checkpoints
    left.
    """
    read_limits = {limit.bound: bound_answer(limit.text, ORIGIN) for limit in reading.limits}
    rulebase, held = engine.rulebase, {**read_limits, **flags}
    if TIME in flags or TIME not in held:
        return held
    free = {id: bound for id, bound in held.items() if id != TIME}
    value = bound_value(TIME, held[TIME].names[0])
    items = counted(rulebase, profile) or (value and value[1])  # one is enough for that of each
    if not items or speed_for(rulebase, profile) is None:
        return free
    under, answers = bounded(engine, {**profile, **held})
    first = next(iter(advise(under, answers, **how).selection.picks), None)
    timed = first is not None and all(gap.field != "hours" for gap in first.unknown)
    return held if timed else free


def _is_understood(reading: Reading, tasks: tuple[TaskRead, ...], given: Profile) -> bool:
    """True where anything is known of a text; one idle word alone is no need."""
    alone = len(reading.text.split()) == 1
    return bool(tasks or reading.answers or given or (reading.idle and not alone))


def _between(
    engine: Engine, reading: Reading, given: Profile, tasks: tuple[TaskRead, ...]
) -> tuple[str, ...]:
    """Return the tasks that a sentence lies between; none where it speaks of one.

    Where no word speaks of any, they are the one that is assumed, those that its words are near,
    the first of each group, then others, as far as all that it says can be true of them.
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
    """Raise UsageError for a first word that is nearly the name of a command, and nothing else.

    One word alone may be no task; before one or two others it is no word of the lexicon as it
    stands. What follows is kept: `advisor recomend clip` is told `advisor recommend clip`.
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
    """Raise UsageError for what is no need: the name of a family alone, and a question of law.

    A family is what one has, not what one needs; whether a use is permitted, a license says.
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
    if (family := rulebase.family_names.get(text.lower())) is not None:
        raise UsageError(
            f"`{text}` is a family, not a task",
            hint=f"`advisor show {family.id}` describes the family. `advisor list tasks` lists "
            "the tasks",
            kind="not-understood",
        )


def commands() -> list[str]:
    """Return the names of the commands of this program."""
    return [home.partition(":")[2].removesuffix("_") for home in HOMES]


def not_understood(rulebase: RuleBase, text: str) -> UsageError:
    """Return the error for a text of which nothing is known; one word is a misspelt name."""
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
    """Return the profile of a sentence that speaks of one task, where nobody can be asked.

    Raises UsageError, with an exit code, where it may mean several, or where fewer than the `least`
    concepts speak of it; its hint is a command of that `verb` with all that was
    understood, without one an entry of advisor.yaml.
    """
    flags, given = bounds_in(given or {})
    reading = read(engine.rulebase, text, given=given)
    tasks = _tasks(reading, given)
    fitted = [fitted_to(engine, reading, given, task.task) for task in tasks]
    profiles = [fit[0] for fit in fitted if fit is not None]
    if len(profiles) == 1 and (TASK in given or tasks[0].strength >= least):
        return profiles[0] | _held(engine, reading, profiles[0], flags, {})
    if not _is_understood(reading, tasks, given):
        raise not_understood(engine.rulebase, text)
    named = [task.task for task in tasks[:OFFERED]]
    between = named or _between(engine, reading, given, tasks)
    may = "may mean" if named else "does not name a task and may mean"
    message = f"`{_shortened(text)}` {may} {joined(between, 'or')}"
    written = f"`needs: {{task: {between[0]}}}`"
    if verb:
        answers = profiles[0] if profiles and named else {TASK: Answer((between[0],), None, "text")}
        answers |= _held(engine, reading, answers, flags, {})
        written = f"`{command(verb, engine.rulebase, answers)}`"
    hint = f"write the task, e.g. {written}"
    raise UsageError(message, hint=hint, kind="not-understood", exit_code=exit_code)


def _shortened(text: str) -> str:
    return text if len(text) <= SHOWN_TEXT else f"{text[:SHOWN_TEXT]}..."


def _tasks(reading: Reading, given: Profile) -> tuple[TaskRead, ...]:
    """Return the tasks that may be meant: those of a flag, else those within reach."""
    if TASK not in given:
        return reading.tasks
    return tuple(TaskRead(task, 0, frozenset(), ()) for task in given[TASK].options)


# -- what goes with a task ---------------------------------------------------------------------


def fitted_to(
    engine: Engine, reading: Reading, given: Profile, task: str
) -> tuple[Profile, tuple[AnswerRead, ...]] | None:
    """Return the profile of a task with the answers that can be true of it, and the others.

    None where given answers and the task cannot both be true.
    """
    start = {**given, TASK: Answer((task,), None, given[TASK].origin if TASK in given else ORIGIN)}
    return _grown(engine, start, (*reading.answers, *reading.concluded))


def _grown(
    engine: Engine, start: Profile, read: Iterable[AnswerRead]
) -> tuple[Profile, tuple[AnswerRead, ...]] | None:
    """Return a profile with the answers that can be true of it, and those that cannot."""
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
    """True where answers can all be true; the space of their task is made once."""
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
    """Return the answer of the likeliest task, with the winners of all that may be meant."""
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
    """True where nothing that the words may mean has another winner, conclusions aside."""
    if not (reading.sure and len(tasks) == 1):
        return False
    literal = reading._replace(concluded=())
    for task in reading.touched:
        fitted = fitted_to(engine, literal, {}, task.task)
        if fitted is not None and engine.decide(fitted[0]).possible != (winner,):
            return False
    return True
