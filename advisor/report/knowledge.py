"""Pages on what advisor knows: families, tasks, questions, rules, sources, checkpoints."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from advisor.catalogue.memory import ASSUMPTIONS, memory_gb
from advisor.catalogue.snippet import snippet
from advisor.errors import nearest, unknown_name
from advisor.report.page import Code, Heading, Item, Items, Page, Pairs, Table, Text, count
from advisor.rulebase.base import RuleBase
from advisor.rulebase.detail import Source
from advisor.rulebase.model import Checkpoint, Criterion, Family, Question, Rule, Task

FIT_MARKS = {"best": "+", "good": "+", "possible": "!", "helper": "-"}


class Kind(NamedTuple):
    """One kind of thing: all of it by id, a row of a listing, and a page."""

    all: Callable[[RuleBase], dict[str, Any]]
    columns: tuple[str, ...]
    row: Callable[[Any, RuleBase], tuple[str, ...]]
    page: Callable[[Any, RuleBase], Page]


def listing(rulebase: RuleBase, kind: str, only: Callable[[Any], bool] | None = None) -> Page:
    """Return a table of everything of one kind (the plural, such as `tasks`)."""
    entry = KINDS[kind]
    things = [one for one in entry.all(rulebase).values() if only is None or only(one)]
    rows = tuple(entry.row(one, rulebase) for one in things)
    noun = SINGULAR[kind]
    if not rows:
        return [Text(f"no {noun} fits", "warn")]
    return [
        Table(entry.columns, rows, wide=len(entry.columns) - 1),
        Text(count(len(rows), noun) if noun != "criterion" else f"{len(rows)} criteria", "quiet"),
    ]


def listing_json(
    rulebase: RuleBase, kind: str, only: Callable[[Any], bool] | None = None
) -> dict[str, Any]:
    """Return everything of one kind as JSON."""
    things = [one for one in KINDS[kind].all(rulebase).values() if only is None or only(one)]
    return {"schema_version": 1, "rule_base": rulebase.digest, kind: [plain(one) for one in things]}


def plural(kind: str) -> str:
    """Return a kind's plural, whichever was given. Raises UsageError for others."""
    found = next((many for many, one in SINGULAR.items() if kind in (many, one)), None)
    if found is None:
        raise unknown_name("kind", kind, list(KINDS), f"kinds: {', '.join(KINDS)}")
    return found


def find(rulebase: RuleBase, id: str, kind: str | None = None) -> tuple[str, Any]:
    """Return the kind and the thing with this id or alias, searching all kinds.

    Raises UsageError with the nearest known id.
    """
    kinds = [plural(kind)] if kind else list(KINDS)
    known: list[str] = []
    for name in kinds:
        things = KINDS[name].all(rulebase)
        aliases = _aliases(rulebase, name)
        found = things.get(id) or aliases.get(id)
        if found is not None:
            return name, found
        known += [*things, *aliases]
    close = nearest(id, known)
    noun = SINGULAR[plural(kind)] if kind else "thing"
    raise unknown_name(
        noun, id, [close] if close else [], "`advisor list KIND` prints what is known"
    )


def _aliases(rulebase: RuleBase, kind: str) -> dict[str, Any]:
    named: dict[str, dict[str, Any]] = {
        "tasks": dict(rulebase.task_names),
        "families": dict(rulebase.family_names),
    }
    return named.get(kind, {})


def page(rulebase: RuleBase, kind: str, thing: Any) -> Page:
    """Return the page of one thing."""
    return KINDS[kind].page(thing, rulebase)


def thing_json(rulebase: RuleBase, kind: str, thing: Any) -> dict[str, Any]:
    """Return one thing as JSON."""
    body = plain(thing)
    if kind == "families":
        body |= {
            "description": plain(rulebase.descriptions[thing.id]),
            "claims": plain(rulebase.claims[thing.id]),
        }
    if kind == "checkpoints":
        body |= {"memory_gb": memory_gb(thing.parameters_millions), "snippet": snippet(thing)}
    if "kind" in body:
        body["type"] = body.pop("kind")  # a source is of a type: paper, code, results
    return {"schema_version": 1, "rule_base": rulebase.digest, "kind": SINGULAR[kind], **body}


def plain(value: Any) -> Any:
    """Return a value of the model as JSON can hold it."""
    if hasattr(value, "_asdict"):
        fields = value._asdict()
        if isinstance(value, Checkpoint):
            fields["class"] = fields.pop("model_class")
        return {key: plain(member) for key, member in fields.items()}
    if isinstance(value, dict):
        return {key: plain(member) for key, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(member) for member in value]
    return value


# -- families --------------------------------------------------------------------------------


def _family_page(family: Family, rulebase: RuleBase) -> Page:
    result: Page = [Heading(f"{family.name} ({family.id})", 1), Text(family.summary)]
    for section, statements in rulebase.descriptions[family.id].items():
        result.append(Heading(section.replace("_", " ").capitalize()))
        result.append(
            Items(
                tuple(
                    Item("", s.text, "inferred" if s.inferred else "", tuple(s.sources))
                    for s in statements
                )
            )
        )
    result.append(Heading("Tasks"))
    result.append(_fits(family))
    result.append(Heading("Cannot"))
    result.append(
        Items(
            tuple(
                Item("-", f"{key}: {r.because}", sources=tuple(r.sources))
                for key, r in family.cannot.items()
            )
        )
    )
    if rulebase.claims[family.id]:
        result.append(Heading("What articles say"))
        rows = [
            Item("", f"“{claim.claim}” {claim.status}. {claim.truth}", sources=tuple(claim.sources))
            for claim in rulebase.claims[family.id]
        ]
        result.append(Items(tuple(rows)))
    return result


def _fits(family: Family) -> Items:
    return Items(
        tuple(
            Item(
                FIT_MARKS[fit.fit], f"{task} ({fit.fit}): {fit.because}", sources=tuple(fit.sources)
            )
            for task, fit in family.tasks.items()
        )
    )


# -- tasks -----------------------------------------------------------------------------------


def _task_page(task: Task, rulebase: RuleBase) -> Page:
    result: Page = [Heading(f"{task.name} ({task.id})", 1), Text(task.description)]
    implied = ", ".join(f"{id}: {' or '.join(options)}" for id, options in task.implies.items())
    facts = [("also called", ", ".join(task.aliases[:12]))] if task.aliases else []
    facts += [("on the Hub", ", ".join(task.hub_tasks))] if task.hub_tasks else []
    facts += [("implies", implied)] if implied else []
    result.append(Pairs(tuple(facts)))
    if task.note:
        result.append(Text(task.note, "warn"))
    rows = []
    for family in rulebase.families:
        fit = family.tasks.get(task.id)
        cannot = family.cannot.get(task.id)
        if fit:
            rows.append(
                Item(
                    FIT_MARKS[fit.fit],
                    f"{family.id} ({fit.fit}): {fit.because}",
                    sources=tuple(fit.sources),
                )
            )
        elif cannot:
            rows.append(
                Item("-", f"{family.id} (cannot): {cannot.because}", sources=tuple(cannot.sources))
            )
        else:
            rows.append(Item("-", f"{family.id} (cannot): does not declare it"))
    result += [Heading("How well each family does it"), Items(tuple(rows))]
    if task.elsewhere:
        result += [
            Heading("Elsewhere"),
            Items((Item(">", task.elsewhere.because, sources=tuple(task.elsewhere.sources)),)),
            Pairs((("Hub task", task.elsewhere.task),)),
            Items(tuple(Item("", id) for id in task.elsewhere.checkpoints)),
        ]
    able = [c for c in rulebase.checkpoints.values() if task.id in c.tasks and not c.derived]
    if able and not task.elsewhere:
        result.append(Heading("Checkpoints that do it as they are"))
        result.append(Text(", ".join(c.id for c in sorted(able, key=lambda c: not c.typical))))
    result += [Heading("Ask advisor"), Code(f"advisor recommend --task {task.id}", "console")]
    return result


# -- questions, criteria, rules, sources -----------------------------------------------------


def _question_page(question: Question, rulebase: RuleBase) -> Page:
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


def _criterion_page(criterion: Criterion, rulebase: RuleBase) -> Page:
    rules = [r for r in rulebase.rules if r.criterion == criterion.id and not r.derived]
    return [
        Heading(f"{criterion.name} ({criterion.id})", 1),
        Text(criterion.because),
        Items(tuple(Item("", f"{r.id}: {r.effect} {', '.join(r.candidates)}") for r in rules)),
    ]


def _rule_page(rule: Rule, rulebase: RuleBase) -> Page:
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


def _condition(when: dict[str, list[str]]) -> str:
    return " and ".join(f"{id} is {' or '.join(options)}" for id, options in when.items())


def _source_line(source: Source) -> str:
    where = " · ".join(part for part in (source.version, source.url) if part)
    return f"{source.title}{f' · {where}' if where else ''} · read {source.read}"


def _source_page(source: Source, rulebase: RuleBase) -> Page:
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


# -- checkpoints -----------------------------------------------------------------------------


def _checkpoint_page(checkpoint: Checkpoint, rulebase: RuleBase) -> Page:
    def known(value: Any, form: str = "{}") -> str:
        if value is None:
            return "not verified"
        return form.format(", ".join(value) if isinstance(value, list) else value)

    gigabytes = memory_gb(checkpoint.parameters_millions)
    gated = {None: "not verified", True: "yes, behind a form", False: "no"}[checkpoint.gated]
    facts = [
        ("family", f"{checkpoint.family} · {checkpoint.label}"),
        ("does", ", ".join(checkpoint.tasks) or "nothing before fine-tuning"),
        ("to fine-tune for", ", ".join(checkpoint.fine_tune) or "not known"),
        ("class", known(checkpoint.model_class)),
        ("processor", known(checkpoint.processor)),
        ("loads with", checkpoint.loader),
        ("licence", known(checkpoint.licence)),
        ("commercial use", known(checkpoint.commercial_use)),
        ("gated", gated),
        ("languages", known(checkpoint.languages)),
        ("parameters", known(checkpoint.parameters_millions, "{} million")),
        (
            "memory",
            "not known" if gigabytes is None else f"{gigabytes} GB, estimated: {ASSUMPTIONS}",
        ),
        ("text context", known(checkpoint.text_context, "{} tokens")),
        ("image size", known(checkpoint.image_size, "{} pixels")),
        ("released", known(checkpoint.released)),
        ("revision", known(checkpoint.revision)),
        ("checked", checkpoint.checked),
    ]
    facts += [(key.replace("_", " "), text) for key, text in checkpoint.notes.items()]
    facts += [("prompt", checkpoint.prompt)] if checkpoint.prompt else []
    result: Page = [Heading(checkpoint.id, 1), Pairs(tuple(facts))]
    if checkpoint.pitfalls:
        result += [
            Heading("Pitfalls"),
            Items(tuple(Item("!", text) for text in checkpoint.pitfalls)),
        ]
    if checkpoint.measurements:
        rows = tuple(
            (m.benchmark, m.metric, f"{m.value:g}", m.source) for m in checkpoint.measurements
        )
        result += [
            Heading("Published measurements"),
            Table(("benchmark", "metric", "value", "source"), rows),
        ]
    if code := snippet(checkpoint):
        result += [Heading("Load it"), Code(code, "python")]
    sources = ", ".join(sorted({id for ids in checkpoint.sources.values() for id in ids}))
    result.append(Text(f"sources: {sources}", "quiet"))
    del rulebase
    return result


KINDS: dict[str, Kind] = {
    "families": Kind(
        lambda r: {f.id: f for f in r.families},
        ("family", "name"),
        lambda f, _: (f.id, f.name),
        _family_page,
    ),
    "tasks": Kind(
        lambda r: {t.id: t for t in r.tasks},
        ("task", "best done by", "what it is"),
        lambda t, r: (t.id, _best(t, r), t.name),
        _task_page,
    ),
    "questions": Kind(
        lambda r: {q.id: q for q in r.questions},
        ("question", "options", "asked as"),
        lambda q, _: (q.id, str(len(q.options)), q.ask),
        _question_page,
    ),
    "criteria": Kind(
        lambda r: {c.id: c for c in r.criteria},
        ("criterion", "name"),
        lambda c, _: (c.id, c.name),
        _criterion_page,
    ),
    "rules": Kind(
        lambda r: {x.id: x for x in r.rules},
        ("rule", "effect"),
        lambda x, _: (x.id, f"{x.effect} {', '.join(x.candidates)}"),
        _rule_page,
    ),
    "sources": Kind(
        lambda r: r.sources,
        ("source", "read", "title"),
        lambda s, _: (s.id, s.read, s.title),
        _source_page,
    ),
    "checkpoints": Kind(
        lambda r: r.checkpoints,
        ("checkpoint", "million", "licence"),
        lambda c, _: (
            c.id,
            "?" if c.parameters_millions is None else f"{c.parameters_millions:g}",
            c.licence or "unknown",
        ),
        _checkpoint_page,
    ),
}
SINGULAR = {
    "families": "family",
    "tasks": "task",
    "questions": "question",
    "criteria": "criterion",
    "rules": "rule",
    "sources": "source",
    "checkpoints": "checkpoint",
}


def _best(task: Task, rulebase: RuleBase) -> str:
    best = [
        f.id for f in rulebase.families if task.id in f.tasks and f.tasks[task.id].fit == "best"
    ]
    good = [
        f.id for f in rulebase.families if task.id in f.tasks and f.tasks[task.id].fit == "good"
    ]
    return ", ".join(best or good) or ("none" if task.elsewhere else "")
