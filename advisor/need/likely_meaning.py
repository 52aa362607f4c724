"""The likely meaning of an unknown task, option or flag, by the words of the lexicon."""

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
"""Concepts are near a task if at least this share of its concept sets has one of them."""

NAMED = (TASK, "thing")
"""Kinds of unknown names (`UnknownNameError.of`) that may have been meant as a task."""

LEAST_BEGIN = 3
"""Least number of letters that count as the beginning of a flag."""


def explained(rulebase: RuleBase, error: AdvisorError) -> AdvisorError:
    """Return the error of an unknown task or option with what it may mean; any other as it is."""
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
    """Return at most MOST ids of tasks: those of the reading, then tasks near its concepts."""
    lexicon = lexicon_of(rulebase)
    tasks = [task.task for task in reading.tasks]
    swept = sweep(lexicon, text, quotes=False)
    met = {mark.id for mark in swept.of(CONCEPT, SAYING) if not mark.negated}
    if not tasks:  # a word alone is short for a phrase: report for "write a report"
        met |= lexicon.concepts_with(text, 2 if _is_an_answer(reading) else 1)
    tasks += _tasks_of(rulebase, lexicon, met)
    return list(dict.fromkeys(tasks))[:MOST]


def _tasks_of(rulebase: RuleBase, lexicon: Lexicon, concepts: set[str]) -> list[str]:
    """Return the tasks that concepts are near, those with the smallest matching set first."""
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
    """Return a sentence that the name is a family or a model, with a space behind; else ""."""
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
    """True if no task was read and the whole text is the words of one answer."""
    spans = [answer.spans for answer in reading.answers if not reading.tasks]
    return any((0, len(reading.text)) in each for each in spans)


def _answers(rulebase: RuleBase, reading: Reading) -> list[str]:
    """Return the stated answers as flags with values, without the two hyphens."""
    return [
        flag_text(rulebase, answer.question, name)[2:]
        for answer in reading.answers
        for name in answer.answer.names
    ]


class MeantFlag(NamedTuple):
    """The likely meaning of an unknown flag: other flags with values, or why it has no effect.

    `plain` if the meaning is certain: the flag names one option, counts something, or answers one
    question with all its words. `whole` if the value behind it is one of these words.
    """

    close: tuple[str, ...] = ()
    needless: str = ""
    plain: bool = False
    whole: bool = False


def meant_flag(rulebase: RuleBase, typed: str, value: str, flags: Sequence[str]) -> MeantFlag:
    """Return the likely meaning of an unknown flag with the value behind it ("" for none).

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
    """Return at most MOST flags that begin with the name, or that the name continues by `-`."""
    if len(name) < LEAST_BEGIN:
        return []
    return [flag for flag in flags if flag.startswith(name) or name.startswith(f"{flag}-")][:MOST]


def _counted(rulebase: RuleBase, words: str, value: str, has: Container[str]) -> MeantFlag | None:
    """Return the flag of what a number counts, or that it has no effect; None if `has` lacks it."""
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
    return MeantFlag(needless="no question asks for this number")
