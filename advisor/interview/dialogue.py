"""An interview in a terminal: prompts for the questions of a session, and prints the answers."""

from __future__ import annotations

from collections.abc import Sequence

from advisor.console.menu import Asked, Row
from advisor.console.output import note
from advisor.console.prompt import BACK, WHY, Prompt, extras
from advisor.decide.command_lines import command
from advisor.draw.typesetting import wrapped
from advisor.engine.profile import UNKNOWN
from advisor.errors import ContradictionError
from advisor.interview.session import CHECKPOINT, Ask, AskedAnswer, Session
from advisor.model import TASK, Question
from advisor.phrasing import count, first_named
from advisor.rulebase.base import RuleBase

WIDTH = 80
ABOUT = "Short questions, about five on average"
"""The average number of questions with that for the task (`benchmarks/interview.py`)."""
WAYS = (
    'You can answer "I don\'t know" or "why do you ask?". After an answer, Ctrl-C prints '
    "the command that continues the interview."
)
UNKNOWN_TEXT = "I don't know"
GROUP = "group:"
ELSE = "else"
SOMETHING_ELSE = "something else"
FEW = 9
"""At most this many tasks are shown at once; more are shown in groups."""


class Dialogue:
    """One user's interview; earlier choices are marked when a question is asked again."""

    def __init__(self, session: Session, prompt: Prompt) -> None:
        self.session = session
        self.prompt = prompt
        self._chosen: dict[str, str] = {}

    def run(self, ask: Ask | None = None) -> None:
        """Ask `ask`, then all questions left. Ctrl-C and Ctrl-D print how to continue and raise."""
        session = self.session
        try:
            while ask and not self._given(ask):
                pass
            while (ask := session.next()) is not None:
                note("", *wrapped(f"{len(session.steps) + 1}. {self._race()}", WIDTH))
                self._given(ask, back=bool(session.steps))
        except (KeyboardInterrupt, EOFError):
            if session.steps:
                engine = session.engine
                line = command("ask", engine.rulebase, session.profile, engine.priority)
                stop = "" if session.to == CHECKPOINT else f" --to {session.to}"
                unsure = [engine.rulebase.question(id).typed for id in session.unknown]
                skip = f" --skip {','.join(unsure)}" if unsure else ""
                note("", "continue with your answers:", f"  {line}{skip}{stop}")
            raise

    def change(self) -> None:
        """Ask which answer to change, ask its question again, and continue the interview."""
        held = [AskedAnswer(id, answer) for id, answer in self.session.given.items()]
        rows = [Row(step.question, self._said(step)) for step in (*held, *self.session.steps)]
        if not rows:
            note("  there is no question to change, so change the flags instead")
            return
        rows.append(Row(BACK, "none of them", ("b",), extra=True))
        question = self.prompt.choose(Asked("Which answer?", tuple(rows)))
        if question == BACK:
            return
        if present := self.session.profile.get(question):
            self._chosen[question] = present.options[0]
        self.run(self.session.ask_again(question))

    def welcome(self) -> None:
        """Print how many questions follow, and how to answer them."""
        most = self.session.most
        about = f"At most {count(most, 'short question')}, usually fewer" if most else ABOUT
        note(*wrapped(f"{about}. {WAYS}", WIDTH))

    def _given(self, ask: Ask, *, back: bool = False) -> bool:
        """Ask a question and record its answer; False without one (why, back, contradiction)."""
        question, session = ask.question, self.session
        marked = self._chosen.get(question.id, "")
        choice = put(ask, session.engine.rulebase, self.prompt, extras(back=back), marked)
        if choice == WHY:
            note(f"  {question.why}")
            return False
        if choice == BACK and back:
            session.back()
            return False
        try:
            session.answer(question.id, choice)
        except ContradictionError as error:
            note(f"  {error.message}")
            return False
        self._chosen[question.id] = choice
        if not self.prompt.plain:
            unknown = session.steps[-1].answer is None
            note(f"  {question.ask} {UNKNOWN_TEXT if unknown else label_of(question, choice)}")
        return True

    def _said(self, step: AskedAnswer) -> str:
        """Return a question with its answer as text."""
        question, answer = self.session.engine.rulebase.question(step.question), step.answer
        text = UNKNOWN_TEXT
        if answer is not None and answer.value is not None:
            text = f"{answer.value:g} {question.unit}"
        elif answer is not None:
            text = ", ".join(label_of(question, name) for name in answer.said)
        return f"{question.ask} {text}"

    def _race(self) -> str:
        """Return the families still possible as text, with the most questions left, if known."""
        called = {family.id: family.shown for family in self.session.engine.rulebase.families}
        race = [called.get(name, "none of them") for name in self.session.race]
        text = f"Family: {race[0]}. Next: the first checkpoint"
        if len(race) > 1:
            text = f"Still possible: {', '.join(race)}"
        most = self.session.most
        return f"{text}. At most {count(most, 'question')} left" if most else text


def put(
    ask: Ask, rulebase: RuleBase, prompt: Prompt, extras: Sequence[Row], marked: str = ""
) -> str:
    """Ask a question; return an option id, a number as text, or the value of an extra row."""
    question = ask.question
    if question.id != TASK:
        return _put_options(ask, prompt, extras, marked)
    tasks = []
    for task in (rulebase.task(option.id) for option in ask.options):
        names = (task.id, *task.aliases, *task.words)
        tasks.append(Row(task.id, f"{task.name}: {task.description}", names, task.description))
    groups = _groups(rulebase, tasks) if len(tasks) > FEW else {}
    if not groups:
        return prompt.choose(Asked(question.ask, (*tasks, *extras), marked=marked))
    of_group = {f"{GROUP}{row.value}": rows for row, rows in groups.items()}
    shown = [row._replace(value=f"{GROUP}{row.value}") for row in groups]
    hidden = [row._replace(hidden=True) for row in tasks]
    where = next((v for v, rows in of_group.items() if marked in [r.value for r in rows]), "")
    while True:
        chosen = prompt.choose(Asked(question.ask, (*shown, *hidden, *extras), marked=where))
        if chosen not in of_group:
            return chosen
        where = chosen
        back = Row(BACK, "go back", ("b",), extra=True)
        apart = (*(row for row in extras if row.value not in (BACK, UNKNOWN)), back)
        own = of_group[where]
        first = marked if marked in [row.value for row in own] else own[0].value
        chosen = prompt.choose(
            Asked(f"{question.ask[:-1]}, exactly?", (*own, *apart), marked=first)
        )
        if chosen != BACK:
            return chosen


def _put_options(ask: Ask, prompt: Prompt, extras: Sequence[Row], marked: str) -> str:
    """Ask for an option; things that it covers are found by typing, or asked for next."""
    question, unit = ask.question, ask.question.unit
    rows = [Row(o.id, o.label, o.names) for o in ask.options]
    covered = {
        option.id: [
            Row(name, names[0] if unit else option.called(name), (name, *names), hidden=True)
            for name, names in option.covers.items()
        ]
        for option in ask.options
        if option.covers
    }
    hidden = [row for of_option in covered.values() for row in of_option]
    shown = (*rows, *hidden, *extras)
    chosen = prompt.choose(Asked(question.ask, shown, unit, question.units, marked))
    if chosen not in covered:
        return chosen
    named = covered[chosen]
    if len(named) <= FEW:
        named = [row._replace(hidden=False) for row in named]
    if unit is None:
        whole = next(row for row in rows if row.value == chosen)
        named.insert(0, Row(chosen, f"{whole.text}, in general", ("none",)))
    return prompt.choose(Asked("Which one?", tuple(named), unit, question.units))


def label_of(question: Question, name: str) -> str:
    """Return the label of an option, or of a thing that an option covers; else the name."""
    for option in question.options:
        if name == option.id or name in option.covers:
            return option.called(name)
    return name


def _groups(rulebase: RuleBase, tasks: list[Row]) -> dict[Row, list[Row]]:
    """Return group row -> task rows, without empty groups; tasks without a group are in ELSE."""
    groups = {
        Row(group.id, group.label, (group.id, *group.aliases)): [
            row for row in tasks if row.value in group.tasks
        ]
        for group in rulebase.groups
    }
    groups = {group: rows for group, rows in groups.items() if rows}
    grouped = {row.value for rows in groups.values() for row in rows}
    rest = [row for row in tasks if row.value not in grouped]
    if groups and rest:
        called = first_named([row.text.partition(":")[0].lower() for row in rest], 4)
        groups[Row(ELSE, f"{SOMETHING_ELSE}: {called}", ("else",))] = rest
    return groups
