"""The pages of one entry, of all of a kind, of families side by side, and of a check rule."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from typing import Any

from advisor.catalogue.checkpoint_page import checkpoint_page, compared_checkpoints, known, listed
from advisor.catalogue.knowledge import KINDS, all_of, shown_name
from advisor.draw.blocks import Code, Heading, Item, Items, Page, Pairs, Table, Text
from advisor.draw.formats import SCHEMA_VERSION, Report
from advisor.engine.decision import Engine
from advisor.engine.profile import make_profile
from advisor.errors import check_name
from advisor.model import TASK, Condition, Criterion, Family, Fit, Question, Rule, Task
from advisor.model.evidence import Source
from advisor.phrasing import aim
from advisor.rulebase.base import RuleBase

View = tuple[Callable[[Any, RuleBase], Page], dict[str, Callable[[Any, RuleBase], str]]]
"""How a kind is drawn: the page of one entry, and the columns of a table after the id."""

FIT_MARKS = {"best": "+", "good": "+", "possible": "!", "helper": "-"}
COMPARED_SECTIONS = ("inputs", "outputs", "training", "limits", "choose_when")


def thing_page(rulebase: RuleBase, kind: str, thing: Any) -> Page:
    """Return the page of one entry; `kind` is in the plural, such as `tasks`."""
    draw, _ = VIEWS[kind]
    return draw(thing, rulebase)


def things_page(rulebase: RuleBase, kind: str, things: Sequence[Any]) -> Page:
    """Return a table of things of one kind (the plural, such as `tasks`)."""
    (noun, _), (_, columns) = KINDS[kind], VIEWS[kind]
    if not things:
        return [Text(f"no {noun} matches", "warn")]
    names = [getattr(thing, "typed", thing.id) for thing in things]
    shown = [[show(thing, rulebase) for show in columns.values()] for thing in things]
    rows = [(name, *cells) for name, cells in zip(names, shown, strict=True)]
    number = f"{len(rows):,} {kind if len(rows) > 1 else noun}"
    return [Table((noun, *columns), tuple(rows), wide=len(columns)), Text(number, "quiet")]


def kinds_page(rulebase: RuleBase) -> Page:
    """Return a table of the kinds of things that there are."""
    rows = [
        (f"advisor list {kind}", f"{len(all_of(rulebase, kind)):,}", what)
        for kind, (_, what) in KINDS.items()
    ]
    more = "`advisor show NAME` shows one entry, `advisor list checkpoints --task vqa` filters."
    return [Table(("list", "number", "description"), tuple(rows), wide=3), Text(more, "quiet")]


def compared_page(rulebase: RuleBase, kind: str, compared: list[Any]) -> Page:
    """Return the page of a comparison: one table per theme, one column per entry."""
    ids = [thing.id for thing in compared]
    draw = compared_checkpoints if kind == "checkpoints" else _compared_families
    return [Heading(" or ".join(ids), 1), *draw(rulebase, compared, ids)]


def family_page(family: Family, rulebase: RuleBase) -> Page:
    """Return the page of a family, in full."""
    page: Page = [Heading(f"{family.name} ({family.id})", 1), Text(family.summary)]
    for section, statements in rulebase.descriptions[family.id].items():
        rows = [
            _cited("", statement, statement.text, "inferred" if statement.inferred else "")
            for statement in statements
        ]
        page += listed(shown_name(section).capitalize(), rows)
    page += listed("Tasks", [_fit(task, fit) for task, fit in family.tasks.items()])
    cannot = [_cited("-", limit, f"{key}: {limit.because}") for key, limit in family.cannot.items()]
    page += listed("Cannot", cannot)
    if claims := rulebase.claims[family.id]:
        items = [
            _cited("", claim, f"“{claim.claim}” {claim.status}. {claim.truth}") for claim in claims
        ]
        page += listed("Published claims", items)
    return page


def _cited(mark: str, stated: Any, text: str, note: str = "") -> Item:
    """Return a list item that cites the sources of `stated`."""
    return Item(mark, text, note, tuple(stated.sources))


def _fit(name: str, fit: Fit) -> Item:
    return _cited(FIT_MARKS[fit.fit], fit, f"{name} ({fit.fit}): {fit.because}")


def task_page(task: Task, rulebase: RuleBase) -> Page:
    """Return the page of a task: what it is and how well each family does it."""
    facts = known(
        ("also called", ", ".join(task.aliases[:12])),
        ("on the Hub", ", ".join(task.hub_tasks)),
        ("implies", ", ".join(f"{id}: {' or '.join(all)}" for id, all in task.implies.items())),
    )
    page: Page = [Heading(f"{task.name} ({task.id})", 1), Text(task.description), facts]
    if task.note:
        page.append(Text(task.note, "warn"))
    rows = []
    for family in rulebase.families:
        if fit := family.tasks.get(task.id):
            rows.append(_fit(family.id, fit))
        elif cannot := family.cannot.get(task.id):
            rows.append(_cited("-", cannot, f"{family.id} (cannot): {cannot.because}"))
        else:
            undeclared = f"{family.id} (cannot): the rule base lists no support for this task"
            rows.append(Item("-", undeclared))
    page += listed("Fit of each family", rows)
    able = [c for c in rulebase.checkpoints.values() if task.id in c.tasks and c.offered]
    if elsewhere := task.elsewhere:
        page += listed("Alternatives", [_cited(">", elsewhere, elsewhere.because)])
        page.append(Pairs((("Hub task", elsewhere.task),)))
        page.append(Items(tuple(Item("", id) for id in elsewhere.checkpoints)))
    elif able:
        usual_first = sorted(able, key=lambda c: task.id not in c.typical)
        page.append(Heading("Checkpoints without fine-tuning"))
        page.append(Text(", ".join(c.id for c in usual_first)))
    return [*page, Heading("Command"), Code(f"advisor recommend --task {task.id}", "console")]


def question_page(question: Question, rulebase: RuleBase) -> Page:
    """Return the page of a question."""
    rows = [(entry.typed, ", ".join(entry.names[1:5]), entry.label) for entry in question.options]
    covered = [
        (name, ", ".join(called[:4]), f"{option.called(name)} ({option.typed})")
        for option in question.options
        for name, called in option.covers.items()
    ]
    used = [rule.id for rule in rulebase.rules if question.id in rule.when and not rule.derived]
    hanging = ", ".join(used) or "none. The question affects only checkpoints"
    return [
        Heading(f"{question.ask} ({question.typed})", 1),
        known(
            ("why", question.why),
            ("asked if", _condition(question.ask_if or {})),
            ("unit", question.unit),
            ("flag", f"--{question.typed}"),
        ),
        Table(("option", "aliases", "meaning"), tuple(rows), wide=2),
        *([Table(("more words", "aliases", "meaning"), tuple(covered), wide=2)] if covered else ()),
        Text(f"rules that use this question: {hanging}", "quiet"),
    ]


def criterion_page(criterion: Criterion, rulebase: RuleBase) -> Page:
    """Return the page of a criterion."""
    rules = [r for r in rulebase.rules if r.criterion == criterion.id and not r.derived]
    return [
        Heading(f"{criterion.name} ({criterion.id})", 1),
        Text(criterion.because),
        Items(tuple(Item("", f"{r.id}: {_effect(r)}") for r in rules)),
    ]


def rule_page(rule: Rule, rulebase: RuleBase) -> Page:
    """Return the page of a rule: its condition, reason and sources."""
    facts = known(
        ("when", _condition(rule.when)),
        (rule.effect, aim(rule.candidates, rule.where)),
        ("criterion", rulebase.criterion(rule.criterion).name),
        ("from", ", ".join(rulebase.declared(rule.id)) if rule.derived else rule.place),
    )
    rows = []
    for source in (rulebase.sources[id] for id in rule.sources):
        parts = (source.title, source.version, source.url, f"read {source.read}")
        rows.append(Item("", " · ".join(filter(None, parts))))
    return [Heading(rule.id, 1), Text(rule.because), facts, *listed("Sources", rows)]


def _effect(rule: Rule) -> str:
    return f"{rule.effect} {aim(rule.candidates, rule.where)}"


def _condition(when: Condition) -> str:
    return " and ".join(f"{id} is {' or '.join(options)}" for id, options in when.items())


def source_page(source: Source, rulebase: RuleBase) -> Page:
    """Return the page of a source, and what rules and descriptions cite it."""
    used = [rule.id for rule in rulebase.rules if source.id in rule.sources]
    stated = [
        f"{family}: {section}"
        for family, sections in rulebase.descriptions.items()
        for section, statements in sections.items()
        if any(source.id in statement.sources for statement in statements)
    ]
    fields = ("kind", "read", "version", "url", "note")
    return [
        Heading(source.title, 1),
        known(*((field, getattr(source, field)) for field in fields)),
        Text(f"rules: {', '.join(used) or 'none'}", "quiet"),
        Text(f"descriptions: {', '.join(stated) or 'none'}", "quiet"),
    ]


def _compared_families(rulebase: RuleBase, families: list[Family], ids: list[str]) -> Page:
    def first_statement(family: str, section: str) -> str:
        statements = rulebase.descriptions[family].get(section)
        return statements[0].text if statements else ""

    rows = [
        (shown_name(section), *(first_statement(id, section) for id in ids))
        for section in COMPARED_SECTIONS
    ]
    fits = [
        (task.id, *(f.tasks[task.id].fit if task.id in f.tasks else "cannot" for f in families))
        for task in rulebase.tasks
        if any(task.id in family.tasks for family in families)
    ]
    return [
        Table(("", *ids), tuple(rows), wide=-1),
        Heading("Fit by task"),
        Table(("task", *ids), tuple(fits), wide=-1),
    ]


def _best(task: Task, rulebase: RuleBase) -> str:
    """Return the family recommended for a task with default answers to all else; "none" if none."""
    return Engine.known(rulebase).decide(make_profile(rulebase, {TASK: task.id})).family or "none"


VIEWS: dict[str, View] = {
    "families": (family_page, {"name": lambda family, _: family.name}),
    "tasks": (task_page, {"best family": _best, "description": lambda task, _: task.name}),
    "questions": (
        question_page,
        {"options": lambda q, _: str(len(q.options)), "asked as": lambda q, _: q.ask},
    ),
    "criteria": (criterion_page, {"name": lambda criterion, _: criterion.name}),
    "rules": (rule_page, {"effect": lambda rule, _: _effect(rule)}),
    "sources": (source_page, {"read": lambda s, _: s.read, "title": lambda s, _: s.title}),
    "checkpoints": (checkpoint_page, {}),
}


def rule_report(rulebase: RuleBase, id: str) -> Report:
    """Return the report on a rule of `advisor check`. Raises UsageError for an unknown id."""
    check_name("check rule", id, rulebase.checks, "rules")
    rule = rulebase.checks[id]
    file, bad, good, beside, options = rule.example
    example = {"example": [file, bad, good], "beside": beside, "options": options}
    language = "yaml" if file.endswith(".yaml") else "python"
    page: Page = [
        Heading(f"{rule.id} ({rule.level})"),
        Text(rule.summary),
        Text(rule.because),
        Text(rule.page),
        Heading(f"Incorrect code{f' (with `{shlex.join(options)}`)' if options else ''}", 3),
        Code(bad.rstrip(), language),
        Heading("Correct code", 3),
        Code(good.rstrip(), language),
    ]
    sources = [rulebase.source(source) for source in rule.sources]
    if rows := tuple(Item("", source.title, note=source.url or source.read) for source in sources):
        page += [Heading("Sources", 3), Items(rows)]
    document = {"schema_version": SCHEMA_VERSION, **rule._asdict(), **example}
    return Report(lambda: document, lambda: page)
