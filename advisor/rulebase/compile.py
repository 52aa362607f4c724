"""Checked entries to compiled parts: declared values, what follows from them, what is joined."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from textwrap import indent
from typing import TYPE_CHECKING, Any

from advisor import model
from advisor.model.columns import EXTRA_KEYS, build, columns, plan
from advisor.model.evidence import SECTIONS, ArticleClaim, Example, Statement
from advisor.model.file_kinds import ENTITIES
from advisor.model.library import ANY_TYPE, Program, ProgramTool
from advisor.model.value import encode
from advisor.rulebase.orders import compiled_orders, losses_of, worst_losses
from advisor.rulebase.phrases import compile_words, with_languages

if TYPE_CHECKING:
    from advisor.model.figures import RoundingLoss
    from advisor.rulebase.entries import Entries, Entry

    Values = Mapping[str, list[Any]]
    """The declared values by kind."""


def compile_parts(
    entries: Entries,
    changes: list[str],
    digest: str,
    remarks: Iterable[object] = (),
    warnings: Iterable[object] = (),
) -> dict[str, dict[str, Any]]:
    """Return all parts of a rule base as values that JSON can hold."""
    by_kind = {kind: [*entries.get(kind, {}).values()] for kind in ENTITIES}
    values = {kind: [_value(kind, entry) for entry in by_kind[kind]] for kind in ENTITIES}
    _complete(values, by_kind)
    values |= with_languages(values)
    families = [entry.value for entry in by_kind["family"]]
    losses = losses_of(values)
    declared = [entity.declared for entity in ENTITIES.values()]
    catalogue = _catalogue(values, losses)
    parts: dict[str, dict[str, Any]] = {
        "core": {
            "digest": digest,
            "overlays": changes,
            "warnings": [str(warning) for warning in warnings],
            "plan": plan((*declared, Example, Statement, ArticleClaim)),
        },
        "detail": {
            "descriptions": {family["id"]: _description(family) for family in families},
            "claims": {
                family["id"]: [build(ArticleClaim, claim) for claim in family.get("claims", ())]
                for family in families
            },
        },
        "catalogue": {
            "checkpoints": [*catalogue],
            "read": {source.id: source.read for source in values["source"]},
        },
        "proof": {
            "examples": [
                build(Example, value, rule=entry.value["id"], place=entry.place)
                for entry in by_kind["rule"]
                for value in entry.value["examples"]
            ],
            "places": {
                kind: {id: entry.place for id, entry in of_kind.items()}
                for kind, of_kind in entries.items()
            },
            "derived": {
                rule.id: _declared(rule, entries["family"])
                for rule in values["rule"]
                if rule.derived
            },
            "remarks": [str(remark) for remark in remarks],
        },
    }
    for kind, entity in ENTITIES.items():
        if entity.part:
            parts.setdefault(entity.part, {})[entity.key] = values[kind]
    parts |= {f"catalogue/{id}": {"checkpoints": of_it} for id, of_it in catalogue.items()}
    parts["words"] = compile_words(values)
    parts |= compiled_orders(values, losses)
    return {name: encode(part) for name, part in parts.items()}


def aimed_by(aim: Any) -> bool:
    """True where a rule is aimed at checkpoints by what is said of their fields."""
    return isinstance(aim, Mapping)


def one_or_more(value: Any) -> list[Any]:
    """Return the list that stands in a file as a list, or as its only member."""
    return value if isinstance(value, list) else [value]


def _value(kind: str, entry: Entry) -> Any:
    """Return the value of an entry, with the fields that it does not hold as they are."""
    declared: Any = ENTITIES[kind].declared
    value = entry.value
    computed: dict[str, Any] = {}
    if kind == "rule":
        effect = next(effect for effect in model.EFFECTS if effect in value)
        aim = value[effect]
        computed = {"effect": effect, "candidates": [] if aimed_by(aim) else one_or_more(aim)}
        computed["where"] = aim if aimed_by(aim) else {}
    elif kind == "checkpoint":
        notes = [key.rstrip("?") for key in EXTRA_KEYS[model.Checkpoint]]
        noted = {key: value[key] for key in notes if key in value}
        computed = {"family": value["family"], "notes": noted}
    elif kind == "scenario":
        computed = {"families": one_or_more(value["family"])}
    if "place" in declared._fields:
        computed["place"] = entry.place
    return build(declared, value, **computed)


def _complete(values: Values, by_kind: Mapping[str, Sequence[Entry]]) -> None:
    """Fill in what depends on values of other kinds, and add what follows from declarations."""
    tasks, questions, families = values["task"], values["question"], values["family"]
    families.sort(key=lambda family: (family.tie_break_order, family.id))
    options = tuple(model.Option(task.id, task.name, task.aliases) for task in tasks)
    questions[:] = [each if each.options else each._replace(options=options) for each in questions]
    ids = [criterion.id for criterion in values["criterion"]]
    judges = {entry.value.get("judges"): entry.value["id"] for entry in by_kind["criterion"]}
    declarations, fits = judges.get("declarations", ids[0]), judges.get("fits", ids[-1])
    values["rule"] += derived_rules(families, questions, tasks, declarations, fits)
    values["never"] += derived_never(questions, tasks)
    values["rule"][:] = [_aimed(rule, values["checkpoint"]) for rule in values["rule"]]
    values["program"][:] = _programs(values, by_kind["program"])
    values["tool"][:] = _tools(values, by_kind["tool"])


def _aimed(rule: model.Rule, checkpoints: Sequence[model.Checkpoint]) -> model.Rule:
    """Return a rule with the checkpoints of which holds what it says of their fields.

    A field that nobody verified is nothing of which anything holds.
    """
    if not rule.where:
        return rule
    field_of = {column.key: column.field for column in columns(model.Checkpoint)}
    wanted = [(field_of[key], value) for key, value in rule.where.items()]
    meets = [c.id for c in checkpoints if all(_is(getattr(c, f), value) for f, value in wanted)]
    return rule._replace(candidates=meets)


def _is(value: Any, wanted: Any) -> bool:
    """True where the value of a field is one of some words, or within bounds."""
    if value is None:
        return False
    if isinstance(wanted, Mapping):
        least, most = wanted.get("at_least", value), wanted.get("at_most", value)
        return bool(least <= value <= most)
    values = value if isinstance(value, (list, tuple)) else [value]
    return not {
        str(scalar).lower() if isinstance(scalar, bool) else scalar for scalar in values
    }.isdisjoint(wanted)


def _declared(rule: model.Rule, families: Mapping[str, Entry]) -> tuple[str, str]:
    """Return where a derived rule is declared, as file:line, and under which key."""
    part, key = declared_by(rule)
    family = families[rule.candidates[0]]
    if place := family.place_of((part, key)):
        return place, f"{part}: {key}"
    return family.place, f"the family has no `{key}`"


def _description(family: dict[str, Any]) -> dict[str, list[Statement]]:
    """Return the sections of a description in their order."""
    described = family.get("description", {})
    return {
        section: [build(Statement, statement) for statement in described[section]]
        for section in SECTIONS
        if section in described
    }


def _catalogue(
    values: Values, losses: Mapping[str, Sequence[RoundingLoss]]
) -> dict[str, list[model.Checkpoint]]:
    """Return the checkpoints by family, each with what its architecture says, and its losses."""
    networks = {id: network for network in values["architecture"] for id in network.checkpoints}
    families: dict[str, list[model.Checkpoint]] = {}
    for checkpoint in values["checkpoint"]:
        whole = checkpoint
        if network := networks.get(checkpoint.id):
            whole = checkpoint._replace(
                writer=network.writer,
                linear_millions=round(network.linear / 1e6, 2) if network.linear else None,
                losses=worst_losses(losses.get(checkpoint.id, ())),
            )
        families.setdefault(checkpoint.family, []).append(whole)
    return families | {value.id: [] for value in values["family"] if value.id not in families}


_PART = re.compile(r"^( *)\{([a-z-]+)\}$", re.MULTILINE)
OF_ALSO = ("runtimes", "tools", "export", "towers", "precision")


def _programs(values: Values, entries: Sequence[Entry]) -> list[Program]:
    """Return the programs with their code, and the classes that their runners call alike."""
    parts = _parts(values)
    called = {
        use.id: [*(name for type, name in use.loads.items() if type != ANY_TYPE), *use.classes]
        for use in values["use"]
    }
    written = []
    for program, entry in zip(values["program"], entries, strict=True):
        classes = [*(name for id in program.runners for name in called[id]), *program.classes]
        for fields in (entry.value, *entry.value.get("also", ())):
            given = {key: each for key, each in fields.items() if key in OF_ALSO}
            variant = program._replace(
                code="\n\n".join(parts[id] for id in fields["parts"]),
                thinking_code="\n\n".join(parts[id] for id in fields.get("thinking_parts", ())),
                classes=classes,
            )
            written.append(variant._replace(**given))
    return written


def _parts(values: Values) -> dict[str, str]:
    """Return the code of parts by id; one that is named alone on a line of another stands there."""
    parts = {part.id: part.code.strip("\n") for part in values["part"]}

    def whole(line: re.Match[str]) -> str:
        part = indent(parts.get(line[2], line[0].strip()), line[1])
        return _PART.sub(whole, part) if line[2] in parts else part

    return {id: _PART.sub(whole, code) for id, code in parts.items()}


def _tools(values: Values, entries: Sequence[Entry]) -> list[ProgramTool]:
    """Return the tools with the lines before and after a program."""
    parts = _parts(values)
    return [
        tool._replace(
            begin="\n\n".join(parts[id] for id in entry.value["before"]),
            end="\n\n".join(parts[id] for id in entry.value["after"]),
            once="\n\n".join(parts[id] for id in entry.value["alone"]),
            lines="\n\n".join(parts[id] for id in entry.value["lines"]),
        )
        for tool, entry in zip(values["tool"], entries, strict=True)
    ]


EFFECT_OF_FIT = {"best": "prefer", "possible": "avoid", "helper": "exclude"}
"""`good` is neutral: neither a reason for nor against."""

Verdict = tuple[str, str, str, str, model.Declaration | model.Fit, str]
"""Question and option, the word for the id of a rule, its effect, why, and what it comes from."""


def derived_rules(
    families: list[model.Family],
    questions: list[model.Question],
    tasks: list[model.Task],
    declarations: str,
    fits: str,
) -> list[model.Rule]:
    """Return the rules that follow from what each family takes, gives and does.

    `declarations` and `fits` are the criteria that such rules judge by.
    """
    return [
        model.Rule(
            id=f"{family.id}-{word}-{option}",
            criterion=declarations if effect == "exclude" else fits,
            when={question: [option]},
            effect=effect,
            candidates=[family.id],
            because=reason.because,
            sources=reason.sources,
            derived=derived,
        )
        for family in families
        for verdicts in (_undeclared(family, questions), _fits(family, tasks))
        for question, option, word, effect, reason, derived in verdicts
    ]


def _undeclared(family: model.Family, questions: list[model.Question]) -> Iterator[Verdict]:
    for question in questions:
        if kind := question.declared_by:
            declared = family.takes if kind == "takes" else family.gives
            for option in question.options:
                if option.id not in declared:
                    reason = _why_not(family, kind, option.id)
                    yield question.id, option.id, f"{kind}-no", "exclude", reason, kind


def _fits(family: model.Family, tasks: list[model.Task]) -> Iterator[Verdict]:
    for task in tasks:
        fit = family.tasks.get(task.id)
        if fit is None:
            reason = _why_not(family, "does", task.id)
            yield model.TASK, task.id, "cannot", "exclude", reason, "tasks"
        elif effect := EFFECT_OF_FIT.get(fit.fit):
            yield model.TASK, task.id, fit.fit, effect, fit, "tasks"


def _why_not(family: model.Family, verb: str, id: str) -> model.Declaration:
    """Return why a family cannot; in a closed world, that nothing says it can."""
    silence = model.Declaration(f"The rule base does not say that {family.name} {verb} `{id}`.", [])
    return family.cannot.get(id, silence)


def declared_by(rule: model.Rule) -> tuple[str, str]:
    """Return the part of a family that a derived rule comes from, and the key in it."""
    ((option,),) = rule.when.values()
    fit = rule.derived == "tasks" and rule.id != f"{rule.candidates[0]}-cannot-{option}"
    return ("tasks" if fit else "cannot"), option


def derived_never(
    questions: list[model.Question], tasks: list[model.Task]
) -> Iterator[model.Never]:
    """Yield the combinations that implied answers and `ask_if` rule out.

    Tasks that imply the same answer to a question share one combination.
    """
    options = {
        question.id: [option.id for option in question.options]
        + ([model.NOT_APPLICABLE] if question.ask_if else [])
        for question in questions
    }
    for id, listed in options.items():
        groups: dict[tuple[str, ...], list[str]] = {}
        for task in tasks:
            if id in task.implies:
                groups.setdefault(tuple(task.implies[id]), []).append(task.id)
        for implied, of_tasks in groups.items():
            if others := [option for option in listed if option not in implied]:
                because = f"these tasks imply {id}: {' or '.join(implied)}"
                name = f"implied-{id}-{'-or-'.join(implied)}"
                yield model.Never(name, {model.TASK: of_tasks, id: others}, because, "implied")
    for question in questions:
        id = question.id
        real = [option.id for option in question.options]
        for other, holds in question.ask_if.items():
            fails = [option for option in options[other] if option not in holds]
            because = f"`{id}` makes sense only with {other}: {' or '.join(holds)}"
            yield model.Never(f"{id}-without-{other}", {other: fails, id: real}, because, "ask-if")
        if question.ask_if:
            applies = {**question.ask_if, id: [model.NOT_APPLICABLE]}
            yield model.Never(f"{id}-not-applicable", applies, f"`{id}` applies here", "ask-if")
