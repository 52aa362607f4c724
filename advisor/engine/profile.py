"""All answers about one case, each with its origin, and how they are read.

The task may change what an answer means: a pair is two images, and a number may not matter.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from math import inf
from typing import Any

from advisor.engine.bounds import BOUNDS, TIME, bound_name, read_bound
from advisor.engine.numbers import as_number, has_commas
from advisor.errors import UsageError, check_type, unknown_among
from advisor.model import NOT_APPLICABLE, TASK, Condition, NamedTuple, Question, Task
from advisor.phrasing import exact
from advisor.rulebase.base import RuleBase

SHOWN_OPTIONS = 16

UNKNOWN = "unknown"
"""The answer "don't know": leaves a question open and is never asked again."""

FILLED_IN = ("implied", "assumed")
"""The origins of answers that were not given."""


class Answer(NamedTuple):
    """The answer to one question; `origin` is `implied`, `assumed` or how it was given.

    Of a question with `many`, all `options` hold at once; of any other, one of them does. `value`
    is the exact number given for a question with a unit; `named` has the names that were given, if
    some are of kinds that an option covers.
    """

    options: tuple[str, ...]
    value: float | None
    origin: str
    named: tuple[str, ...] = ()

    @property
    def is_given(self) -> bool:
        """True if it was given; else it follows from others, or is assumed."""
        return self.origin not in FILLED_IN

    @property
    def names(self) -> tuple[str, ...]:
        """The names that were given, of options or of kinds that an option covers."""
        return self.named or self.options

    def is_among(self, options: Collection[str]) -> bool:
        """True if it is one of some options, or of kinds that options cover."""
        return not {*self.options, *self.named}.isdisjoint(options)

    @property
    def said(self) -> tuple[str, ...]:
        """The words to type for this answer: the exact number, or the names."""
        return self.names if self.value is None else (exact(self.value),)


Profile = dict[str, Answer]
"""Question -> answer, in the order in which the rule base declares questions; then the bounds."""


def holds(when: Condition, profile: Profile) -> bool:
    """True if a complete profile has one of the options of each question in a condition."""
    return all(profile[id].is_among(options) for id, options in when.items())


def make_profile(rulebase: RuleBase, answers: Mapping[str, Any], origin: str = "flag") -> Profile:
    """Read answers into a profile as their task means them; see `read_answers`, `as_meant`."""
    return as_meant(rulebase, read_answers(rulebase, answers, origin)).profile


def read_answers(rulebase: RuleBase, answers: Mapping[str, Any], origin: str = "flag") -> Profile:
    """Read answers given as text, numbers or lists of either into a profile.

    Options may be ids, aliases, names of machines or, for questions with a unit, numbers. None, an
    empty list and "unknown" leave a question open. Raises UsageError for unknown names and invalid
    values.
    """
    check_type("rulebase", rulebase, RuleBase, "a RuleBase from `load_rules`")
    check_type("answers", answers, Mapping, "a mapping of questions to options")
    answers = by_id(rulebase, answers)
    for id, given in answers.items():
        _check_values(id if id in BOUNDS else rulebase.question(id).typed, given)
    profile: Profile = {}
    answers = _spelt_out(rulebase, answers)
    for question in rulebase.questions:
        given = answers.get(question.id)
        if isinstance(given, Answer):
            profile[question.id] = given
        elif not _is_open(given):
            try:
                profile[question.id] = read_answer(question, given, origin)
            except UsageError:
                if not (more := _of_machine(rulebase, question, given)):
                    raise
                meant = {**more, **answers, question.id: more[question.id]}
                return read_answers(rulebase, meant, origin)
    for id, given in answers.items():
        if id in BOUNDS and not _is_open(given):
            bound = (
                given if isinstance(given, Answer) else bound_answer(read_bound(id, given), origin)
            )
            profile[id] = bound
    return profile


def bound_answer(text: str, origin: str) -> Answer:
    """Return a bound, as `bounds` writes it, as an answer in a profile."""
    return Answer((), None, origin, (text,))


def bounds_in(profile: Profile) -> tuple[Profile, Profile]:
    """Return the bounds among the answers of a profile, and its other answers."""
    bounds = {id: profile[id] for id in BOUNDS if id in profile}
    return bounds, {id: answer for id, answer in profile.items() if id not in bounds}


def by_id(rulebase: RuleBase, answers: Mapping[str, Any]) -> dict[str, Any]:
    """Return answers by question id; questions may be named by flags, earlier ones too.

    Raises UsageError for a question that does not exist, and for one that is named twice.
    """
    named: dict[str, str] = {}
    ids = rulebase.question_ids
    for name in answers:
        id = name if name in ids else bound_name(name) or rulebase.question(name).id
        before = named.setdefault(id, name)
        if before != name:
            message = f"`{before}` and `{name}` are the same question"
            raise UsageError(message, hint=f"leave out `{name}`")
    return {id: answers[name] for id, name in named.items()}


def _check_values(question: str, given: Any) -> None:
    """Raise UsageError unless an answer is text, a number, None or a list of these."""
    values = given if isinstance(given, (list, tuple)) else [given]
    for value in () if isinstance(given, Answer) else values:
        if value is None or isinstance(value, (str, float)):
            continue
        from numbers import Number  # imported where a number or something odd is given

        if not isinstance(value, Number):
            message = f"`{question}` takes options as text or numbers, not {type(value).__name__}"
            raise UsageError(message, kind="unknown-option")
        try:
            str(value)
        except ValueError as error:  # Python writes no number of thousands of digits
            message = f"the number for `{question}` has too many digits"
            raise UsageError(message, kind="bad-number") from error


def _is_open(given: Any) -> bool:
    """True for None, an empty list and `unknown`; other types may compare in their own way."""
    if isinstance(given, (list, tuple)):
        return not given
    return given is None or (isinstance(given, str) and given == UNKNOWN)


def _of_machine(rulebase: RuleBase, question: Question, given: Any) -> Mapping[str, str]:
    """Return the answers of a machine named in place of an option; empty without one."""
    from advisor.engine.machines import machine_answers

    words = given if isinstance(given, (list, tuple)) else [given]
    answers = machine_answers(rulebase, " ".join(map(str, words)))
    return answers if question.id in answers and given != answers[question.id] else {}


def _spelt_out(rulebase: RuleBase, answers: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return answers with a word for a task replaced by the task and the answers it implies.

    Answers given for the same question count instead; with several tasks, a word stands for its
    task alone.
    """
    given = answers.get(TASK)
    names = list(given) if isinstance(given, (list, tuple)) else [given]
    words = [str(name).lower() for name in names]
    meanings = {word: rulebase.meant(word) for word in words if word in rulebase.words}
    if not meanings:
        return answers
    tasks = [
        meanings[word][0].id if word in meanings else name
        for word, name in zip(words, names, strict=True)
    ]
    implied = meanings[words[0]][1] if len(names) == 1 else {}
    return {**implied, **{id: v for id, v in answers.items() if not _is_open(v)}, TASK: tasks}


def read_answer(question: Question, given: Any, origin: str) -> Answer:
    """Return one answer. Raises UsageError, naming the nearest option, for an unknown one."""
    values = given if isinstance(given, (list, tuple)) else [given]
    numbers = [as_number(value, question.units) if question.unit else None for value in values]
    names = _names_of(question)
    read = [
        _named(question, names, str(value)) if number is None else (_cut(question, number),) * 2
        for value, number in zip(values, numbers, strict=True)
    ]
    number = numbers[0] if len(numbers) == 1 else None
    options, named = (tuple(dict.fromkeys(each)) for each in zip(*read, strict=True))
    exactly = {option for option, name in read if name != option}
    named = tuple(name for name in named if name not in exactly)
    return Answer(options, number, origin, () if named == options else named)


def _cut(question: Question, number: float) -> str:
    """Return the option whose band a number is in. Raises UsageError for a negative number."""
    if number < 0:
        raise UsageError(f"`{number:g}` is a negative number of {question.unit}", kind="bad-number")
    bounds = {o.id: inf if o.up_to is None else o.up_to for o in question.options}
    return min((id for id in bounds if number <= bounds[id]), key=bounds.__getitem__)


def _names_of(question: Question) -> dict[str, tuple[str, str]]:
    """Return (option, given name) by each name of an option or of a kind that it covers."""
    ids = [option.id for option in question.options]
    by_name = {
        called: (option.id, covered)
        for option in question.options
        for covered, names in option.covers.items()
        for called in (covered, *names)
    }
    by_name |= {name: (option.id,) * 2 for option in question.options for name in option.names}
    return by_name | {id: (id, id) for id in (*ids, *([NOT_APPLICABLE] if question.ask_if else []))}


def _named(question: Question, names: Mapping[str, tuple[str, str]], name: str) -> tuple[str, str]:
    """Return (option, given name) for one of the `names`. Raises UsageError for another."""
    if entry := names.get(name) or names.get(name.lower()):
        return entry
    from advisor.naming import same_name

    if same := same_name(name, names):
        return names[same]
    if question.unit is not None and has_commas(name):
        text = name.strip()
        decimal = text.count(",") == 1 and "." not in text
        hint = f"write {text.replace(',', '.')}" if decimal else "write the digits without commas"
        message = f"`{text}` is not a number. Use commas only between thousands, as in 5,000"
        raise UsageError(message, hint=hint, kind="bad-number")
    words = [option.typed for option in question.options]
    hint = f"known: {', '.join(words)}"
    if len(words) > SHOWN_OPTIONS:
        hint = f"`advisor show {question.typed}` prints all {len(words)} options"
    if question.unit:
        hint += f", or a number of {question.unit}"
    by_meaning = question.options if question.id == TASK else ()  # a server may well have a GPU
    meanings = {o.typed: " ".join((*o.names, o.label)) for o in by_meaning}
    message = f"unknown option `{name}` of `{question.typed}`"
    raise unknown_among(message, question.id, name, names, hint, meanings, "unknown-option")


def counted(rulebase: RuleBase, profile: Profile) -> float | None:
    """Return the number of items that was given; None if it was not."""
    counting = (question.id for question in rulebase.questions if question.unit == "items")
    return next((profile[id].value for id in counting if id in profile), None)


class AsMeant(NamedTuple):
    """Answers as one task means them, and notes on those that changed or have no effect."""

    profile: Profile
    notes: tuple[str, ...] = ()


def as_meant(rulebase: RuleBase, profile: Profile) -> AsMeant:
    """Return answers as their one task means them, with notes; under a time bound items count."""
    named = profile.get(TASK)
    if named is None or len(named.options) != 1:
        return AsMeant(profile)
    task = next(task for task in rulebase.tasks if task.id == named.options[0])
    meant, notes = dict(profile), []
    for reading in task.rewrites:
        for id, option in reading.given.items():
            if id in meant and meant[id].options == (option,):
                instead = reading.means[id]
                meant[id] = Answer((instead,), None, meant[id].origin)
                word = rulebase.question(id).word(instead)
                rewrite = f"`{flag_text(rulebase, id, option)}` means `{word}` for {task.id}"
                notes.append(f"{rewrite}: {reading.because}")
    moot = moot_for(rulebase, task, meant)
    notes += [
        f"`--{q.typed}` has no effect on {task.id}: {q.moot}"
        for q in moot
        if not (q.unit == "items" and (TIME in profile or rulebase.bounds))
    ]
    return AsMeant(without_moot(meant, moot), tuple(notes))


def moot_for(rulebase: RuleBase, task: Task, profile: Profile) -> list[Question]:
    """Return the questions whose answer has no effect, because of the task or another answer."""

    def senseless(other: str, options: Collection[str]) -> bool:
        chosen = profile[other].options if other in profile else task.implies.get(other, ())
        return bool(chosen) and set(chosen).isdisjoint(options)

    return [
        question
        for question in rulebase.questions
        if question.moot and question.id in profile
        if profile[question.id].options != (NOT_APPLICABLE,)
        if any(senseless(other, options) for other, options in question.ask_if.items())
    ]


def without_moot(profile: Profile, moot: Collection[Question]) -> Profile:
    """Return answers without those to `moot` questions; one with a number stays, not applicable.

    Its number still counts, as that of items does for time.
    """
    answers = dict(profile)
    for question in moot:
        answer = answers.pop(question.id)
        if answer.value is not None:
            answers[question.id] = answer._replace(options=(NOT_APPLICABLE,))
    return answers


def flag_text(rulebase: RuleBase, id: str, *options: str) -> str:
    """Return an answer as the flag that gives it; several options are joined by `or`."""
    if id in BOUNDS:
        return f"--{id} {options[0]}"
    question = rulebase.question(id)
    return f"--{question.typed} {' or '.join(map(question.word, options))}"


def answer_text(rulebase: RuleBase, id: str, *options: str) -> str:
    """Return an answer in words: `ocr: none`; several options are joined by `or`."""
    if id in BOUNDS:
        return f"{id}: {options[0]}"
    question = rulebase.question(id)
    return f"{question.typed}: {' or '.join(map(question.word, options))}"


def answers_text(rulebase: RuleBase, answers: Mapping[str, str]) -> str:
    """Return answers in words: `device: cpu and components: custom`."""
    return " and ".join(answer_text(rulebase, id, name) for id, name in answers.items())
