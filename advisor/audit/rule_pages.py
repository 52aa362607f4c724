"""One page a rule: what, why, who says so, where it decides; an index; and the folder of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from advisor.audit.pivotal import Deciding, RuleFacts
from advisor.audit.scenarios import RuleCoverage, rules_covered
from advisor.catalogue.page import rule_page
from advisor.decide.command_lines import command
from advisor.draw.blocks import Code, Heading, Item, Items, Page, Table, Text, shown
from advisor.draw.markdown import markdown
from advisor.engine.profile import Answer
from advisor.errors import AdvisorError
from advisor.files import first_bytes, make_folder, write_text
from advisor.foreign import inert
from advisor.model import Family
from advisor.phrasing import NO_FAMILY, aim, count, family_text, share
from advisor.rulebase.base import RuleBase

MARKER = "<!-- Written by `advisor rules docs`: change the rules, not this page. -->"
INDEX = "README.md"
PROVEN_BY = "tests/test_derived_rules.py"
MOST_NAMED = 3
"""How many scenarios a line names."""
DECLARED = {"takes": "What it takes", "gives": "What it gives", "tasks": "Tasks"}


def pages(facts: list[RuleFacts], rulebase: RuleBase) -> dict[str, str]:
    """Return every file of the manual of rules: its name and its Markdown.

    `facts` are those of all written rules.
    """
    files = {INDEX: _index(facts, rulebase)}
    for one in facts:
        files[f"{one.deciding.rule.id}.md"] = full_page(one, rulebase)
    covered = rules_covered(rulebase)
    for family in rulebase.families:
        files[f"declared-by-{family.id}.md"] = _declared_page(family, rulebase, covered)
    return {name: f"{MARKER}\n\n{_text(page)}" for name, page in files.items()}


def _text(page: Page) -> str:
    return inert(markdown([shown(block, {}) for block in page]))


def full_page(facts: RuleFacts, rulebase: RuleBase) -> Page:
    """Return the page of one rule: what `advisor show` says, and where it decides.

    It says in which file the rule stands but not on which line, so that it outlives other edits.
    """
    rule = facts.deciding.rule
    page = rule_page(rule._replace(place=rule.place.partition(":")[0]), rulebase, alone=False)
    return [*page, *_where(facts.deciding, rulebase), *_scenarios(facts.scenarios)]


def _where(found: Deciding, rulebase: RuleBase) -> Page:
    page: Page = [Heading("Where it decides"), Text(_extent(found))]
    for instance in filter(None, (found.example, found.counterexample)):
        name, other = (family_text(one, NO_FAMILY) for one in (instance.family, instance.without))
        fires = "It fires here and does not decide" if instance.fires else "It does not fire here"
        text = f"{fires}: {name} with it and without."
        if name != other:
            text = f"It decides here: {name}, and without it {other}."
        given = {id: Answer((option,), None, "flag") for id, option in instance.answers.items()}
        repeated = command("recommend", rulebase, given)
        page += [Text(text), Code(repeated, "console")]
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


def _scenarios(covered: RuleCoverage) -> Page:
    whys = dict.fromkeys((*covered.pivotal, *covered.decisive), "a decisive reason")
    whys |= dict.fromkeys(covered.pivotal, "another family without it")
    rows = Items(tuple(Item("", id, why) for id, why in whys.items()))
    return [Heading("Scenarios"), rows if whys else Text("No scenario hangs on it.", "quiet")]


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
                f"[{rule.id}]({rule.id}.md)",
                f"{rule.effect} {aim(rule.candidates, rule.where)}",
                share(deciding.decides, deciding.profiles),
                str(len(scenarios.decisive)),
            )
            for deciding, scenarios in facts
            if (rule := deciding.rule).criterion == criterion.id
        )
        if rows:
            table = Table(("rule", "effect", "decides", "scenarios"), rows)
            page += [Heading(criterion.name.capitalize()), Text(criterion.because), table]
    links = [f"[{family.name}](declared-by-{family.id}.md)" for family in rulebase.families]
    return [
        *page,
        Heading("What families declare"),
        Text("Rules that are derived from what each family takes, gives and is fit for."),
        Items(tuple(Item("", link) for link in links)),
    ]


def _declared_page(family: Family, rulebase: RuleBase, covered: Mapping[str, RuleCoverage]) -> Page:
    rules = [rule for rule in rulebase.rules if rule.derived and rule.candidates == [family.id]]
    derived = (
        f"{count(len(rules), 'rule')} derived from families/{family.id}.yaml. Behind each stands "
        "the key that declares it, and which scenarios rest on it: without this kind of reason the "
        f"family would stand elsewhere in them. {PROVEN_BY} holds that every declaration gives "
        "its rule, and nothing else does."
    )
    page: Page = [Heading(f"What {family.name} declares ({family.id})", 1), Text(derived)]
    for kind, title in DECLARED.items():
        rows = tuple(
            Item(
                "",
                f"{rule.id}: {rule.effect}. {rule.because}",
                _resting(rulebase.declared(rule.id)[1], covered[rule.id]),
                tuple(rule.sources),
            )
            for rule in rules
            if rule.derived == kind
        )
        page += [Heading(title), Items(rows)] if rows else []
    return page


def _resting(key: str, covered: RuleCoverage) -> str:
    """Say under which key a derived rule stands, and which scenarios rest on it."""
    resting = tuple(dict.fromkeys((*covered.pivotal, *covered.decisive)))
    if not resting:
        return f"{key}; no scenario"
    more = f" and {len(resting) - MOST_NAMED} more" if len(resting) > MOST_NAMED else ""
    return f"{key}; scenarios {', '.join(resting[:MOST_NAMED])}{more}"


class GeneratedPages(NamedTuple):
    """The pages of a folder to write and to remove; `unchanged` are current already.

    Where they were only `checked`, the folder is `current` if nothing is to be done.
    """

    folder: str
    checked: bool
    current: bool
    written: tuple[str, ...]
    removed: tuple[str, ...]
    unchanged: int


def keep_pages(texts: Mapping[str, str], folder: Path, *, check: bool) -> GeneratedPages:
    """Make a folder hold these texts, or with `check` only say what that takes.

    Files that do not carry the marker of a generated page are left alone. Raises AdvisorError where
    one of them stands where a page belongs, in a folder that holds no generated page.
    """
    with _saying(folder, "read"):
        present = sorted(file for file in folder.glob("*.md") if file.is_file())
        generated = [file.name for file in present if _is_generated(file)]
        known = {
            name: (folder / name).read_text(encoding="utf-8", errors="replace")
            for name in generated
            if name in texts
        }
    written = tuple(name for name, text in texts.items() if known.get(name) != text)
    removed = tuple(name for name in generated if name not in texts)
    if not check:
        if not generated:
            _refuse_to_replace([file for file in present if file.name in texts])
        with _saying(folder, "written"):
            make_folder(folder)
            for name in removed:
                (folder / name).unlink()
        for name in written:
            write_text(folder / name, texts[name], within=folder)
    return GeneratedPages(
        folder=str(folder),
        checked=check,
        current=not check or not (written or removed),
        written=written,
        removed=removed,
        unchanged=len(texts) - len(written),
    )


def _is_generated(file: Path) -> bool:
    return first_bytes(file, len(MARKER)) == MARKER.encode()


def _refuse_to_replace(files: list[Path]) -> None:
    """Raise AdvisorError where somebody's own file stands where a page would be written."""
    if files:
        raise AdvisorError(
            f"`{files[0]}` is no page that this command wrote, and one would replace it",
            hint="name another folder by --output-folder, or move the file",
            kind="output-exists",
        )


@contextmanager
def _saying(folder: Path, done: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        verb = "read" if done == "read" else "write"
        message = f"`{folder}` cannot be {done}: {error.strerror or error}"
        hint = f"name a folder that can be {done}"
        raise AdvisorError(message, hint=hint, kind=f"cannot-{verb}") from error


def generated_page(state: GeneratedPages) -> Page:
    """Return the page: what was done, or what has to be where that was only checked."""
    folder, checked, _, written, removed, unchanged = state
    if not written and not removed:
        return [Text(f"{folder}: {count(unchanged, 'page')}, all current", "good")]
    if not checked:
        done = f"{folder}: {count(len(written), 'page')} written, {unchanged} current"
        return [Text(done + (f", {len(removed)} removed" if removed else ""), "good")]
    rows = [Item("-", f"{folder}/{name} is not current") for name in written]
    rows += [Item("-", f"{folder}/{name} is left over") for name in removed]
    return [Items(tuple(rows)), Text("run `advisor rules docs` to write them", "warn")]
