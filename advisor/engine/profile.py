"""All answers about one case, each with its origin, how they are read, and why some clash."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from math import inf
from typing import Any, NamedTuple

from advisor.engine.quantity import as_number, exact, has_commas
from advisor.engine.readings import as_meant
from advisor.errors import ContradictionError, UsageError, check_type, unknown_among
from advisor.model import NOT_APPLICABLE, TASK, Condition, Never, Question
from advisor.rulebase.base import RuleBase

SHOWN_OPTIONS = 16

UNKNOWN = "unknown"
"""The answer "don't know": leaves a question open and is never asked again."""


FILLED_IN = ("implied", "assumed")
"""The origins of answers that nobody gave."""


class Answer(NamedTuple):
    """What was given for one question.

    Of a question with `many`, all `options` hold at once; of any other, one of them does.
    `value` is the exact number behind an option of a question with a unit; `named` is what was
    named, where some of it is a thing that an option covers.
    """

    options: tuple[str, ...]
    value: float | None
    origin: str
    named: tuple[str, ...] = ()

    @property
    def is_given(self) -> bool:
        """True where somebody gave it; else it follows from others, or is assumed."""
        return self.origin not in FILLED_IN

    @property
    def names(self) -> tuple[str, ...]:
        """What was named, be it an option or a thing that an option covers."""
        return self.named or self.options

    def is_among(self, options: Collection[str]) -> bool:
        """True where it is one of some options, or of things that options cover."""
        return not {*self.options, *self.named}.isdisjoint(options)

    @property
    def said(self) -> tuple[str, ...]:
        """What gives this answer again: the exact number, or what was named."""
        return self.names if self.value is None else (exact(self.value),)

    @property
    def is_exact(self) -> bool:
        """True where it says more than its options do."""
        return self.value is not None or bool(self.named)


Profile = dict[str, Answer]
"""Question -> answer, in the order in which the rule base declares questions."""


def holds(when: Condition, profile: Profile) -> bool:
    """True where every question of a condition has one of its options in a complete profile."""
    return all(profile[id].is_among(options) for id, options in when.items())


def make_profile(rulebase: RuleBase, answers: Mapping[str, Any], origin: str = "flag") -> Profile:
    """Read answers into a profile, as they are meant for their task; see `read_answers`."""
    return as_meant(rulebase, read_answers(rulebase, answers, origin)).profile


def read_answers(rulebase: RuleBase, answers: Mapping[str, Any], origin: str = "flag") -> Profile:
    """Read answers given as text, numbers or lists of either into a profile.

    Options may be ids, aliases or, for questions with a unit, numbers. `None` and "unknown" leave
    a question open. Raises UsageError for names that do not exist.
    """
    check_type("rulebase", rulebase, RuleBase, "a RuleBase, of `load_rules`")
    check_type("answers", answers, Mapping, "a mapping of questions to options")
    for name, given in answers.items():
        _check_values(rulebase.question(name).id, given)
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
    return profile


def _check_values(question: str, given: Any) -> None:
    """Raise UsageError for an answer that is no text, no number and no list of them."""
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
            message = f"`{question}` takes no number of so many digits"
            raise UsageError(message, kind="bad-number") from error


def _is_open(given: Any) -> bool:
    """True for what leaves a question open; other types may compare in a way of their own."""
    if isinstance(given, (list, tuple)):
        return not given
    return given is None or (isinstance(given, str) and given == UNKNOWN)


def _of_machine(rulebase: RuleBase, question: Question, given: Any) -> Mapping[str, str]:
    """Return what a machine answers that was named instead of an option of a question."""
    from advisor.engine.machines import machine_answers

    words = given if isinstance(given, (list, tuple)) else [given]
    found = machine_answers(rulebase, " ".join(map(str, words)))
    return found if question.id in found and given != found[question.id] else {}


def _spelt_out(rulebase: RuleBase, answers: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return answers with a word for a task put as the task and the answers that it says as well.

    Answers given for the same question count instead; several tasks share what is said, so there
    a word says its task alone.
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
    """Return one answer; raises UsageError naming the nearest option where there is none."""
    values = given if isinstance(given, (list, tuple)) else [given]
    numbers = [as_number(value, question.units) if question.unit else None for value in values]
    known = _names_of(question)
    read = [
        _named(question, known, str(value)) if number is None else (_cut(question, number),) * 2
        for value, number in zip(values, numbers, strict=True)
    ]
    number = numbers[0] if len(numbers) == 1 else None
    options, named = (tuple(dict.fromkeys(each)) for each in zip(*read, strict=True))
    exactly = {option for option, name in read if name != option}
    named = tuple(name for name in named if name not in exactly)
    return Answer(options, number, origin, () if named == options else named)


def _cut(question: Question, number: float) -> str:
    """Return the option that a number falls under."""
    if number < 0:
        raise UsageError(f"`{number:g}` is not a number of {question.unit}", kind="bad-number")
    bounds = {o.id: inf if o.up_to is None else o.up_to for o in question.options}
    return min((id for id in bounds if number <= bounds[id]), key=bounds.__getitem__)


def _names_of(question: Question) -> dict[str, tuple[str, str]]:
    """Return by each name of an option, or of a thing it covers, that option and what is named."""
    ids = [option.id for option in question.options]
    known = {
        called: (option.id, covered)
        for option in question.options
        for covered, names in option.covers.items()
        for called in (covered, *names)
    }
    known |= {alias: (option.id,) * 2 for option in question.options for alias in option.aliases}
    return known | {id: (id, id) for id in (*ids, *([NOT_APPLICABLE] if question.ask_if else []))}


def _named(question: Question, known: Mapping[str, tuple[str, str]], name: str) -> tuple[str, str]:
    """Return the option of a name that is `known`, and what is named. Raises UsageError."""
    if found := known.get(name) or known.get(name.lower()):
        return found
    from advisor.naming import same_name

    if same := same_name(name, known):
        return known[same]
    if question.unit is not None and has_commas(name):
        text = name.strip()
        decimal = text.count(",") == 1 and "." not in text
        hint = f"write {text.replace(',', '.')}" if decimal else "write the digits without commas"
        message = f"`{text}` is not a number: a comma only groups thousands, as in 5,000"
        raise UsageError(message, hint=hint, kind="bad-number")
    ids = [option.id for option in question.options]
    hint = f"known: {', '.join(ids)}"
    if len(ids) > SHOWN_OPTIONS:
        hint = f"`advisor show {question.id}` prints all {len(ids)} options"
    if question.unit:
        hint += f", or a number of {question.unit}"
    meanings = {o.id: " ".join((o.id, o.label, *o.aliases)) for o in question.options}
    message = f"unknown option `{name}` of `{question.id}`"
    raise unknown_among(message, question.id, name, known, hint, meanings, "unknown-option")


def contradiction(
    profile: Profile, rulebase: RuleBase, admits: Callable[[Profile], bool]
) -> ContradictionError:
    """Return the error for a profile that cannot be, naming the fewest answers that clash.

    `admits` says whether answers can all be true.
    """
    if not profile:
        return ContradictionError("the rules admit no case at all", hint="advisor rules check")
    clash = dict(profile)
    for id in profile:
        rest = {key: answer for key, answer in clash.items() if key != id}
        if not admits(rest):
            clash = rest
    texts = [f"`{id}: {' or '.join(answer.names)}`" for id, answer in clash.items()]
    together = " and ".join(texts) if len(texts) <= 2 else ", ".join(texts)
    message = f"{together} cannot be true together" if len(texts) > 1 else f"{together} cannot be"
    why = _why(clash, rulebase.never)
    return ContradictionError(
        f"{message}{f': {why}' if why else ''}",
        hint=f"{_drop(profile, clash, rulebase, admits)}{_neighbours(clash, rulebase)}",
    )


def _drop(
    profile: Profile, clash: Profile, rulebase: RuleBase, admits: Callable[[Profile], bool]
) -> str:
    """Return which answer to drop: one without which the rest can be true, the task last."""
    if len(clash) == 1:
        return f"leave out {next(iter(clash))}"
    order = [*[id for id in reversed(clash) if id != TASK], *[id for id in clash if id == TASK]]
    enough = (id for id in order if admits({k: a for k, a in profile.items() if k != id}))
    id = next(enough, order[0])
    said = " ".join(f"--{rulebase.question(id).typed} {name}" for name in clash[id].names)
    others = " or ".join(other for other in clash if other != id)
    return f"drop `{said}`, or change {others}"


def _neighbours(clash: Profile, rulebase: RuleBase) -> str:
    """Return which tasks that do the like go with the other answer, where a task clashes."""
    if TASK not in clash or len(clash) != 2:
        return ""
    tasks = {task.id: task for task in rulebase.tasks}
    (id,) = set(clash) - {TASK}
    options = clash[id].options
    given = next((q.id for q in rulebase.questions if q.declared_by == "gives"), "")
    gives = [tasks[name].implies.get(given) for name in clash[TASK].options]
    near = [
        task.id
        for task in rulebase.tasks
        if task.implies.get(given) in gives and set(options) & set(task.implies.get(id, ()))
    ]
    return f"; `{id}: {' or '.join(options)}` goes with task {' or '.join(near)}" if near else ""


def _why(clash: Profile, never: Sequence[Never]) -> str | None:
    """Return why answers clash: one combination that holds two of them, or two that meet."""
    said = {id: set(answer.options) for id, answer in clash.items()}
    touched = [
        (one, ids)
        for one in never
        if (ids := {id for id in said if id in one.when and said[id] <= set(one.when[id])})
    ]
    for one, ids in touched:
        if len(ids) >= min(2, len(clash)):
            return one.because
    for one, ids in touched:
        for other, others in touched:
            if ids != others and set(one.when) & set(other.when) - set(clash):
                return f"{one.because}, and {other.because}"
    return None
