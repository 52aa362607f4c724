"""One page for each thing that advisor knows."""

from __future__ import annotations

from typing import Any

from advisor.draw.blocks import Code, Heading, Item, Items, Page, Pairs, Table, Text
from advisor.model import Condition, Criterion, Family, Fit, Question, Rule, Task
from advisor.model.evidence import Source
from advisor.rulebase.base import RuleBase

FIT_MARKS = {"best": "+", "good": "+", "possible": "!", "helper": "-"}


def family_page(family: Family, rulebase: RuleBase) -> Page:
    """Return the page of a family, in full."""
    page: Page = [Heading(f"{family.name} ({family.id})", 1), Text(family.summary)]
    for section, statements in rulebase.descriptions[family.id].items():
        rows = [_cited("", one, one.text, "inferred" if one.inferred else "") for one in statements]
        page += [Heading(section.replace("_", " ").capitalize()), Items(tuple(rows))]
    fits = [_fit(task, fit) for task, fit in family.tasks.items()]
    cannot = [_cited("-", one, f"{key}: {one.because}") for key, one in family.cannot.items()]
    page += [Heading("Tasks"), Items(tuple(fits)), Heading("Cannot"), Items(tuple(cannot))]
    if claims := rulebase.claims[family.id]:
        said = [_cited("", one, f"“{one.claim}” {one.status}. {one.truth}") for one in claims]
        page += [Heading("What articles say"), Items(tuple(said))]
    return page


def _cited(mark: str, stated: Any, text: str, note: str = "") -> Item:
    """An item with the sources of what it states."""
    return Item(mark, text, note, tuple(stated.sources))


def _fit(name: str, fit: Fit) -> Item:
    return _cited(FIT_MARKS[fit.fit], fit, f"{name} ({fit.fit}): {fit.because}")


def task_page(task: Task, rulebase: RuleBase) -> Page:
    """Return the page of a task: what it is and how well each family does it."""
    page: Page = [Heading(f"{task.name} ({task.id})", 1), Text(task.description)]
    implied = ", ".join(f"{id}: {' or '.join(options)}" for id, options in task.implies.items())
    facts = [("also called", ", ".join(task.aliases[:12]))] if task.aliases else []
    facts += [("on the Hub", ", ".join(task.hub_tasks))] if task.hub_tasks else []
    facts += [("implies", implied)] if implied else []
    page.append(Pairs(tuple(facts)))
    if task.note:
        page.append(Text(task.note, "warn"))
    rows = [_how_well(task, family) for family in rulebase.families]
    page += [Heading("How well each family does it"), Items(tuple(rows))]
    if elsewhere := task.elsewhere:
        page += [
            Heading("Elsewhere"),
            Items((_cited(">", elsewhere, elsewhere.because),)),
            Pairs((("Hub task", elsewhere.task),)),
            Items(tuple(Item("", id) for id in elsewhere.checkpoints)),
        ]
    able = [c for c in rulebase.checkpoints.values() if task.id in c.tasks and not c.derived]
    if able and not task.elsewhere:
        usual_first = sorted(able, key=lambda c: task.id not in c.typical)
        page.append(Heading("Checkpoints that do it as they are"))
        page.append(Text(", ".join(c.id for c in usual_first)))
    return [*page, Heading("Ask advisor"), Code(f"advisor recommend --task {task.id}", "console")]


def _how_well(task: Task, family: Family) -> Item:
    if fit := family.tasks.get(task.id):
        return _fit(family.id, fit)
    if cannot := family.cannot.get(task.id):
        return _cited("-", cannot, f"{family.id} (cannot): {cannot.because}")
    return Item("-", f"{family.id} (cannot): does not declare it")


def question_page(question: Question, rulebase: RuleBase) -> Page:
    """Return the page of a question."""
    facts = [("why", question.why)]
    if question.ask_if:
        facts.append(("asked if", _condition(question.ask_if)))
    if question.unit:
        facts.append(("unit", question.unit))
    facts.append(("flag", f"--{question.id}"))
    rows = tuple(
        (option.id, ", ".join(option.aliases[:4]), option.label) for option in question.options
    )
    used = [rule.id for rule in rulebase.rules if question.id in rule.when and not rule.derived]
    return [
        Heading(f"{question.ask} ({question.id})", 1),
        Pairs(tuple(facts)),
        Table(("option", "aliases", "meaning"), rows, wide=2),
        Text(
            f"rules that hang on it: {', '.join(used) or 'none; it chooses among checkpoints'}",
            "quiet",
        ),
    ]


def criterion_page(criterion: Criterion, rulebase: RuleBase) -> Page:
    """Return the page of a criterion."""
    rules = [r for r in rulebase.rules if r.criterion == criterion.id and not r.derived]
    return [
        Heading(f"{criterion.name} ({criterion.id})", 1),
        Text(criterion.because),
        Items(tuple(Item("", f"{r.id}: {r.effect} {', '.join(r.candidates)}") for r in rules)),
    ]


def rule_page(rule: Rule, rulebase: RuleBase) -> Page:
    """Return the page of a rule: when it fires, why, who says so."""
    facts = [
        ("when", _condition(rule.when)),
        (rule.effect, ", ".join(rule.candidates)),
        ("criterion", rulebase.criterion(rule.criterion).name),
        ("from", rule.place or f"derived from what {rule.candidates[0]} declares ({rule.derived})"),
    ]
    sources = [rulebase.sources[id] for id in rule.sources]
    return [
        Heading(rule.id, 1),
        Text(rule.because),
        Pairs(tuple(facts)),
        Heading("Sources"),
        Items(tuple(Item("", _source_line(source)) for source in sources)),
    ]


def _condition(when: Condition) -> str:
    return " and ".join(f"{id} is {' or '.join(options)}" for id, options in when.items())


def _source_line(source: Source) -> str:
    where = " · ".join(part for part in (source.version, source.url) if part)
    return f"{source.title}{f' · {where}' if where else ''} · read {source.read}"


def source_page(source: Source, rulebase: RuleBase) -> Page:
    """Return the page of a source, and what rests on it."""
    facts = [("kind", source.kind), ("read", source.read)]
    facts += [
        (name, value) for name, value in (("version", source.version), ("url", source.url)) if value
    ]
    facts += [("note", source.note)] if source.note else []
    used = [rule.id for rule in rulebase.rules if source.id in rule.sources]
    stated = [
        f"{family}: {section}"
        for family, sections in rulebase.descriptions.items()
        for section, statements in sections.items()
        if any(source.id in statement.sources for statement in statements)
    ]
    return [
        Heading(source.title, 1),
        Pairs(tuple(facts)),
        Text(f"rules: {', '.join(used) or 'none'}", "quiet"),
        Text(f"descriptions: {', '.join(stated) or 'none'}", "quiet"),
    ]
