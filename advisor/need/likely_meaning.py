"""What a word was probably meant to say: as an answer that no option is called, or as a flag.

The lexicon tells, as in a sentence: concepts speak of tasks, words give answers, measures count.
"""

from __future__ import annotations

from collections.abc import Container, Sequence

from advisor.engine.profile import flag_text
from advisor.errors import AdvisorError, UnknownNameError, did_you_mean
from advisor.model import TASK, NamedTuple
from advisor.model.phrase_kinds import CONCEPT, MEASURE, SAYING
from advisor.naming import MOST, spelt_like
from advisor.need.amounts import PARAMETERS
from advisor.need.lexicon import Lexicon, lexicon_of
from advisor.need.reading import Reading, read
from advisor.need.sweep import sweep
from advisor.phrasing import joined
from advisor.rulebase.base import RuleBase

SHARE = 1 / 3
"""A concept is near a task where it is in this part of the sets that speak of it."""

NAMED = (TASK, "thing")
"""What the name of a task may be wanted for."""

LEAST_BEGIN = 3
"""So many letters of a flag at least are its beginning."""


def explained(rulebase: RuleBase, error: AdvisorError) -> AdvisorError:
    """Return an error; that of an unknown task or option with what was meant, where words tell."""
    if not isinstance(error, UnknownNameError):
        return error
    about_task = error.of in NAMED
    if error.spelt or not (about_task or error.of in rulebase.question_ids):
        return error
    reading = read(rulebase, error.name)
    reads = (*reading.answers, *reading.concluded)
    close = [name for each in reads if each.question == error.of for name in each.answer.names]
    if about_task:
        close = tasks_near(rulebase, error.name, reading)
    if not (about_task and _is_an_answer(reading)):  # which has words of its own, of no task
        close += error.close
    close = list(dict.fromkeys(close))[:MOST]
    also = _is_a_name(rulebase, error.name) if about_task else ""
    of = error.of if about_task else rulebase.question(error.of).typed
    flags = [f"--{answer}" for answer in _answers(rulebase, reading) if not answer.startswith(of)]
    if flags and error.name.lower() not in rulebase.words:
        also = also or f"`{error.name}` says `{' '.join(flags)}`. "
    close = [] if also and error.name.lower() in rulebase.family_names else close
    return UnknownNameError(
        f"{error.plain}{did_you_mean(close)}", hint=f"{also}{error.hint}", kind=error.kind
    )


def tasks_near(rulebase: RuleBase, text: str, reading: Reading) -> list[str]:
    """Return the tasks that words speak of, then those that what they mean is much of."""
    lexicon = lexicon_of(rulebase)
    tasks = [task.task for task in reading.tasks]
    swept = sweep(lexicon, text, quotes=False)
    met = {mark.id for mark in swept.of(CONCEPT, SAYING) if not mark.negated}
    if not tasks:  # a word alone is short for a phrase: report for "write a report"
        met |= lexicon.concepts_with(text, 2 if _is_an_answer(reading) else 1)
    tasks += _tasks_of(rulebase, lexicon, met)
    return list(dict.fromkeys(tasks))[:MOST]


def _tasks_of(rulebase: RuleBase, lexicon: Lexicon, concepts: set[str]) -> list[str]:
    """Return the tasks that concepts are near, those that the fewest others complete first."""
    # what half of all tasks speak of, as images, is near none
    speaking = {id: {of for of, when in lexicon.meanings if id in when} for id in concepts}
    concepts = {id for id, tasks in speaking.items() if 2 * len(tasks) < len(rulebase.tasks)}
    ranks: dict[str, tuple[int, float]] = {}
    for task in rulebase.tasks:
        sets = [when for of, when in lexicon.meanings if of == task.id]
        holding = [len(when) for when in sets if when & concepts]
        if holding and len(holding) >= SHARE * len(sets):
            ranks[task.id] = min(holding), -len(holding) / len(sets)
    return sorted(ranks, key=ranks.__getitem__)


def _is_a_name(rulebase: RuleBase, name: str) -> str:
    """Say that a word is the name of a family or of checkpoints; empty where it is not."""
    wanted = name.lower()
    if family := rulebase.family_names.get(wanted):
        return f"`{name}` is a family. `advisor show {family.id}` describes it. "
    lexicon = lexicon_of(rulebase)
    names = {word.lower(): word for word in lexicon.index["named"]}
    if wanted not in names:
        return ""
    tasks = lexicon.named(names[wanted])[1]
    return f"`{name}` is a model, not a task. Its tasks are {joined(tasks[:MOST])}. "


def _is_an_answer(reading: Reading) -> bool:
    """True where all the words together answer a question, and speak of no task."""
    spans = [answer.spans for answer in reading.answers if not reading.tasks]
    return any((0, len(reading.text)) in each for each in spans)


def _answers(rulebase: RuleBase, reading: Reading) -> list[str]:
    """Return the answers that words give, as flags without their hyphens."""
    return [
        flag_text(rulebase, answer.question, name)[2:]
        for answer in reading.answers
        for name in answer.answer.names
    ]


class MeantFlag(NamedTuple):
    """What a flag that a command lacks was meant to be: other flags, or why it changes nothing.

    `plain` where it is the name of one option, and so that of one flag, or where all its words
    answer one question; `whole` where what follows it is one of these words.
    """

    close: tuple[str, ...] = ()
    needless: str = ""
    plain: bool = False
    whole: bool = False


def meant_flag(rulebase: RuleBase, typed: str, value: str, flags: Sequence[str]) -> MeantFlag:
    """Return what an unknown flag, with what follows it, was meant to be.

    `flags` are those of the command, without their hyphens.
    """
    name = typed.lstrip("-").lower()
    if close := spelt_like(name, flags) or _begun(name, flags):
        return MeantFlag(tuple(f"--{flag}" for flag in close))
    questions = {q.typed: q for q in rulebase.questions if q.typed in flags}
    words = name.replace("-", " ")
    if counted := _counted(rulebase, words, value, questions):
        return counted
    answers = [
        f"--{flag} {option.typed}"
        for flag, question in questions.items()
        for option in question.options
        if name in option.names and question.id != TASK
    ]
    if TASK in flags and name in rulebase.task_names:
        answers = [f"--{TASK} {name}"]
    if len(answers) == 1:
        return MeantFlag(tuple(answers), plain=True)
    texts = (words, f"{words} {value}") if value and not value.isdigit() else (words,)
    for text in texts if questions and not answers else ():
        reading = read(rulebase, text)
        answers = [f"--{answer}" for answer in _answers(rulebase, reading)]
        answers = [answer for answer in answers if answer.split()[0].lstrip("-") in flags]
        if answers:
            plain = len(answers) == 1 and _is_an_answer(reading)
            return MeantFlag(tuple(answers[:MOST]), plain=plain, whole=plain and text != words)
    return MeantFlag(tuple(answers[:MOST]))


def _begun(name: str, flags: Sequence[str]) -> list[str]:
    """Return the flags that a name is the beginning of, or that it goes on from."""
    if len(name) < LEAST_BEGIN:
        return []
    return [flag for flag in flags if flag.startswith(name) or name.startswith(f"{flag}-")][:MOST]


def _counted(rulebase: RuleBase, words: str, value: str, has: Container[str]) -> MeantFlag | None:
    """Return what a number is given for: the flag of what it counts, or that it changes nothing."""
    lexicon = lexicon_of(rulebase)
    marks = sweep(lexicon, words, quotes=False).of(MEASURE)
    if not marks or not has or not value[:1].isdigit():
        return None
    question = lexicon.index["measures"][marks[0].id][0]
    flag = rulebase.question(question).typed if question else ""
    if marks[0].id in PARAMETERS or (flag and flag not in has):
        return None
    if flag:
        return MeantFlag((f"--{flag} {value}".strip(),), plain=True)
    return MeantFlag(needless=f"the number of {marks[0].id} changes no answer")
