"""One page a rule: what it says, why, who says so, where it decides; and an index of them all."""

from __future__ import annotations

from advisor.audit.pivotal import Deciding, Instance, RuleFacts
from advisor.audit.scenarios import RuleCoverage
from advisor.catalogue.page import rule_page
from advisor.decide.command_lines import command
from advisor.draw.blocks import Code, Heading, Item, Items, Page, Table, Text
from advisor.draw.markdown import markdown
from advisor.engine.profile import Answer
from advisor.phrasing import NO_FAMILY, count, family_text, share
from advisor.rulebase.base import RuleBase

MARKER = "<!-- Written by `advisor rules docs`: change the rules, not this page. -->"
INDEX = "README.md"


def pages(facts: list[RuleFacts], rulebase: RuleBase) -> dict[str, str]:
    """Return every file of the manual of rules: its name and its Markdown.

    `facts` are those of all written rules.
    """
    files = {f"{one.deciding.rule.id}.md": full_page(one, rulebase) for one in facts}
    declared = {
        f"declared-by-{family.id}.md": _declared_page(family.id, rulebase)
        for family in rulebase.families
    }
    files = {INDEX: _index(facts, rulebase), **files, **declared}
    return {name: f"{MARKER}\n\n{markdown(page)}" for name, page in files.items()}


def full_page(facts: RuleFacts, rulebase: RuleBase) -> Page:
    """Return the page of one rule: what `advisor show` says, and where it decides.

    It says in which file the rule stands but not on which line, so that it outlives other edits.
    """
    rule = facts.deciding.rule
    page = rule_page(rule._replace(place=rule.place.partition(":")[0]), rulebase)
    return [*page, *_where(facts.deciding, rulebase), *_scenarios(facts.scenarios)]


def _where(found: Deciding, rulebase: RuleBase) -> Page:
    page: Page = [Heading("Where it decides"), Text(_extent(found))]
    if found.example is not None:
        name, other = (
            family_text(found.example.family, NO_FAMILY),
            family_text(found.example.without, NO_FAMILY),
        )
        page += [
            Text(f"It decides here: {name}, and without it {other}."),
            _command(found.example, rulebase),
        ]
    if found.counterexample is not None:
        page += [Text(_idle(found.counterexample)), _command(found.counterexample, rulebase)]
    return page


def _extent(found: Deciding) -> str:
    if not found.fires:
        return f"It fires in none of the {found.profiles:,} complete profiles."
    fires = share(found.fires, found.profiles)
    text = f"It fires in {fires} of all complete profiles: {found.fires:,} of {found.profiles:,}. "
    if found.decides:
        decides = share(found.decides, found.profiles)
        return f"{text}In {decides} ({found.decides:,}) the answer would be another without it."
    return f"{text}In none of them the answer would be another without it: others say the same."


def _idle(instance: Instance) -> str:
    name = family_text(instance.family, NO_FAMILY)
    if instance.fires:
        return f"It fires here and does not decide: {name} with it and without."
    return f"It does not fire here: {name} with it and without."


def _command(instance: Instance, rulebase: RuleBase) -> Code:
    given = {id: Answer((option,), None, "flag") for id, option in instance.answers.items()}
    return Code(command("recommend", given, (), rulebase.folders), "console")


def _scenarios(covered: RuleCoverage) -> Page:
    if not covered.decisive and not covered.pivotal:
        return [Heading("Scenarios"), Text("No scenario hangs on it.", "quiet")]
    ids = dict.fromkeys((*covered.pivotal, *covered.decisive))
    rows = tuple(
        Item("", id, "another family without it" if id in covered.pivotal else "a decisive reason")
        for id in ids
    )
    return [Heading("Scenarios"), Items(rows)]


def _index(facts: list[RuleFacts], rulebase: RuleBase) -> Page:
    page: Page = [
        Heading("Rules", 1),
        Text(
            f"{count(len(facts), 'rule')}, each with its reason and its source. A rule decides a "
            "complete profile where the answer would be another without it."
        ),
    ]
    for criterion in rulebase.criteria:
        rows = tuple(
            (
                f"[{one.deciding.rule.id}]({one.deciding.rule.id}.md)",
                f"{one.deciding.rule.effect} {', '.join(one.deciding.rule.candidates)}",
                share(one.deciding.decides, one.deciding.profiles),
                str(len(one.scenarios.decisive)),
            )
            for one in facts
            if one.deciding.rule.criterion == criterion.id
        )
        if rows:
            page += [
                Heading(criterion.name.capitalize()),
                Text(criterion.because),
                Table(("rule", "effect", "decides", "scenarios"), rows),
            ]
    declared = tuple(
        Item("", f"[{family.name}](declared-by-{family.id}.md)") for family in rulebase.families
    )
    return [
        *page,
        Heading("What families declare"),
        Text("Rules that are derived from what each family takes, gives and is fit for."),
        Items(declared),
    ]


def _declared_page(family: str, rulebase: RuleBase) -> Page:
    rules = [rule for rule in rulebase.rules if rule.derived and rule.candidates == [family]]
    page: Page = [
        Heading(f"What {rulebase.family(family).name} declares ({family})", 1),
        Text(
            f"{count(len(rules), 'rule')} derived from rules/families and checked like any other."
        ),
    ]
    titles = {"takes": "What it takes", "gives": "What it gives", "tasks": "Tasks"}
    for kind, title in titles.items():
        rows = tuple(
            Item("", f"{rule.id}: {rule.effect}. {rule.because}", sources=tuple(rule.sources))
            for rule in rules
            if rule.derived == kind
        )
        if rows:
            page += [Heading(title), Items(rows)]
    return page
