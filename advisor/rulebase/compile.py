"""Compiles checked entries into parts: declared values, derived rules, joined facts."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from textwrap import indent
from typing import Any

from advisor import model
from advisor.model.columns import EXTRA_KEYS, build, columns, plan
from advisor.model.evidence import SECTIONS, ArticleClaim, Example, Statement
from advisor.model.file_kinds import ENTITIES
from advisor.model.library import ANY_TYPE, Program, ProgramTool
from advisor.model.value import encode
from advisor.rulebase.entries import Entries, Entry
from advisor.rulebase.orders import Figures, compiled_order, losses_of, worst_losses
from advisor.rulebase.phrases import compile_names, compile_words, in_all_languages


class Values(dict[str, Any]):
    """The declared values by kind, completed by `MADE`; each is computed on first access."""

    def __init__(self, entries: Entries) -> None:
        self.entries = entries
        self.asked: set[str] = set()
        """The kinds accessed since the caller last emptied it, and those that they were made of."""
        self._made_of: dict[str, set[str]] = {}

    def __getitem__(self, name: str) -> Any:
        value = super().__getitem__(name)
        self.asked |= self._made_of[name]
        return value

    def __missing__(self, name: str) -> Any:
        outer, self.asked = self.asked, {name}
        value = [_value(name, entry) for entry in self.of(name)] if name in ENTITIES else []
        self[name] = value = MADE[name](self, value) if name in MADE else value
        self._made_of[name], self.asked = self.asked, outer
        return value

    def of(self, kind: str) -> list[Entry]:
        """Return the entries of a kind."""
        self.asked.add(kind)
        return [*self.entries.get(kind, {}).values()]


class CompiledParts(Mapping[str, dict[str, Any]]):
    """The parts of a rule base as values that JSON can hold, each compiled on first access.

    `head` has the digest, overlays and warnings for the part `core`.
    """

    def __init__(
        self, entries: Entries, head: Mapping[str, Any], remarks: Iterable[object] = ()
    ) -> None:
        values = self._values = Values(entries)
        families = dict.fromkeys(entry.value["family"] for entry in values.of("checkpoint"))
        self.makers: dict[str, Callable[[], dict[str, Any]]] = {
            **{entity.part: dict for entity in ENTITIES.values() if entity.part},
            "core": lambda: {**head, "plan": _plan()},
            "detail": lambda: _detail(values),
            "catalogue": lambda: {
                "checkpoints": [*values["catalogue"]],
                "read": {source.id: source.read for source in values["source"]},
            },
            "proof": lambda: _proof(values, remarks),
            "words": lambda: compile_words(values),
            "names": lambda: compile_names(values),
            **{
                f"catalogue/{id}": partial(_of_family, values, id)
                for id in (*families, *entries.get("family", ()))
            },
            **{f"orders/{id}": partial(compiled_order, values, id) for id in entries["task"]},
        }
        """Part -> the function that makes it; values of `ENTITIES` are then added to it."""
        self._kinds: dict[str, set[str]] = {}
        """The kinds of entries that each part so far was made of."""
        self._made: dict[str, dict[str, Any]] = {}

    def made_of(self) -> dict[str, list[str]]:
        """Compile all parts but `entries`; return the kinds of entries that each is made of."""
        for name in self.makers.keys() - {"entries"}:
            self[name]
        return {name: sorted(kinds) for name, kinds in self._kinds.items()}

    def __getitem__(self, name: str) -> dict[str, Any]:
        if name not in self._made:
            self._values.asked = set()
            part = self.makers[name]()
            for kind, entity in ENTITIES.items():
                if entity.part == name:
                    part[entity.key] = self._values[kind]
            self._kinds[name] = self._values.asked
            self._made[name] = json.loads(json.dumps(encode(part)))
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.makers)

    def __len__(self) -> int:
        return len(self.makers)


def _plan() -> dict[str, Any]:
    """Return the plan by which the values of all classes are decoded, see `columns.plan`."""
    declared = (entity.declared for entity in ENTITIES.values())
    return plan((*declared, Example, Statement, ArticleClaim))


def _detail(values: Values) -> dict[str, Any]:
    """Return the descriptions of each family, sections in their order, and its article claims."""
    descriptions, claims = {}, {}
    for family in (entry.value for entry in values.of("family")):
        described = family.get("description", {})
        descriptions[family["id"]] = {
            section: [build(Statement, statement) for statement in described[section]]
            for section in SECTIONS
            if section in described
        }
        claims[family["id"]] = [build(ArticleClaim, claim) for claim in family.get("claims", ())]
    return {"descriptions": descriptions, "claims": claims}


def _proof(values: Values, remarks: Iterable[object]) -> dict[str, Any]:
    """Return the examples, the places of entries and of derived rules, and the remarks."""
    families = {entry.value["id"]: entry for entry in values.of("family")}
    return {
        "examples": [
            build(Example, value, rule=entry.value["id"], place=entry.place)
            for entry in values.of("rule")
            for value in entry.value["examples"]
        ],
        "places": {
            kind: {id: entry.place for id, entry in of_kind.items()}
            for kind, of_kind in values.entries.items()
        },
        "derived": {rule.id: _declared(rule, families) for rule in values["rule"] if rule.derived},
        "remarks": [str(remark) for remark in remarks],
    }


def _of_family(values: Values, family: str) -> dict[str, Any]:
    return {"checkpoints": values["catalogue"][family]}


def aimed_by(aim: Any) -> bool:
    """True if a rule selects checkpoints by conditions on their fields instead of by id."""
    return isinstance(aim, Mapping)


def one_or_more(value: Any) -> list[Any]:
    """Return a list as it is, and any other value as a list of one."""
    return value if isinstance(value, list) else [value]


def _value(kind: str, entry: Entry) -> Any:
    """Return an entry as its declared class, with the fields that need more than one key."""
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


def _questions(values: Values, questions: list[model.Question]) -> list[model.Question]:
    """Return questions, with the tasks as options of those that have none."""
    options = tuple(model.Option(task.id, task.name, task.aliases) for task in values["task"])
    return [each if each.options else each._replace(options=options) for each in questions]


def _rules(values: Values, rules: list[model.Rule]) -> list[model.Rule]:
    """Return written and derived rules; conditions on fields are resolved to checkpoint ids."""
    ids = [criterion.id for criterion in values["criterion"]]
    judges = {entry.value.get("judges"): entry.value["id"] for entry in values.of("criterion")}
    declarations, fits = judges.get("declarations", ids[0]), judges.get("fits", ids[-1])
    declared = values["family"], values["question"], values["task"]
    every = [*rules, *derived_rules(*declared, declarations, fits)]
    return [_aimed(rule, values) if rule.where else rule for rule in every]


def _aimed(rule: model.Rule, values: Values) -> model.Rule:
    """Return a rule with the ids of the checkpoints whose fields meet its conditions.

    An unverified field meets no condition.
    """
    field_of = {column.key: column.field for column in columns(model.Checkpoint)}
    wanted = [(field_of[key], value) for key, value in rule.where.items()]
    checkpoints: list[model.Checkpoint] = values["checkpoint"]
    meets = [c.id for c in checkpoints if all(_is(getattr(c, f), value) for f, value in wanted)]
    return rule._replace(candidates=meets)


def _is(value: Any, wanted: Any) -> bool:
    """True if the value of a field is within bounds, or it or a member of it is among words."""
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


def _catalogue(values: Values, _: Any) -> dict[str, list[model.Checkpoint]]:
    """Return the checkpoints by family, with facts of their architecture and rounding losses."""
    networks = {id: network for network in values["architecture"] for id in network.checkpoints}
    families: dict[str, list[model.Checkpoint]] = {}
    for checkpoint in values["checkpoint"]:
        whole = checkpoint
        if network := networks.get(checkpoint.id):
            whole = checkpoint._replace(
                writer=network.writer,
                linear_millions=round(network.linear / 1e6, 2) if network.linear else None,
                losses=worst_losses(values["losses"].get(checkpoint.id, ())),
            )
        families.setdefault(checkpoint.family, []).append(whole)
    return families | {value.id: [] for value in values["family"] if value.id not in families}


_PART = re.compile(r"^( *)\{([a-z-]+)\}$", re.MULTILINE)
OF_ALSO = ("runtimes", "tools", "export", "towers", "precision")


def _programs(values: Values, programs: list[Program]) -> list[Program]:
    """Return each program and its variants under `also`, with code and the classes it runs."""
    parts = _parts(values)
    called = {
        use.id: [*(name for type, name in use.loads.items() if type != ANY_TYPE), *use.classes]
        for use in values["use"]
    }
    written = []
    for program, entry in zip(programs, values.of("program"), strict=True):
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
    """Return the code of parts by id; a line `{id}` is replaced by that part, indented alike."""
    parts = {part.id: part.code.strip("\n") for part in values["part"]}

    def whole(line: re.Match[str]) -> str:
        part = indent(parts.get(line[2], line[0].strip()), line[1])
        return _PART.sub(whole, part) if line[2] in parts else part

    return {id: _PART.sub(whole, code) for id, code in parts.items()}


def _tools(values: Values, tools: list[ProgramTool]) -> list[ProgramTool]:
    """Return the tools with the lines before and after a program."""
    parts = _parts(values)
    return [
        tool._replace(
            begin="\n\n".join(parts[id] for id in entry.value["before"]),
            end="\n\n".join(parts[id] for id in entry.value["after"]),
            once="\n\n".join(parts[id] for id in entry.value["alone"]),
            lines="\n\n".join(parts[id] for id in entry.value["lines"]),
        )
        for tool, entry in zip(tools, values.of("tool"), strict=True)
    ]


EFFECT_OF_FIT = {"best": "prefer", "possible": "avoid", "helper": "exclude"}
"""`good` is neutral: neither a reason for nor against."""

Verdict = tuple[str, str, str, str, model.Declaration | model.Fit, str]
"""Question, option, word in the rule's id, effect, reason, and the kind of declaration."""


def derived_rules(
    families: list[model.Family],
    questions: list[model.Question],
    tasks: list[model.Task],
    declarations: str,
    fits: str,
) -> list[model.Rule]:
    """Return the rules that follow from the inputs, outputs and tasks that families declare.

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
    """Yield an exclusion for each option of inputs and outputs that a family does not declare."""
    for question in questions:
        if kind := question.declared_by:
            declared = family.takes if kind == "takes" else family.gives
            for option in question.options:
                if option.id not in declared:
                    reason = _why_not(family, kind, option.id)
                    yield question.id, option.id, f"{kind}-no", "exclude", reason, kind


def _fits(family: model.Family, tasks: list[model.Task]) -> Iterator[Verdict]:
    """Yield an exclusion for each task that a family lacks, and the effect of each other fit."""
    for task in tasks:
        fit = family.tasks.get(task.id)
        if fit is None:
            reason = _why_not(family, "does", task.id)
            yield model.TASK, task.id, "cannot", "exclude", reason, "tasks"
        elif effect := EFFECT_OF_FIT.get(fit.fit):
            yield model.TASK, task.id, fit.fit, effect, fit, "tasks"


def _why_not(family: model.Family, verb: str, id: str) -> model.Declaration:
    """Return the declared reason why a family cannot, else that the rule base is silent on it."""
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
                because = f"the task implies {id}: {' or '.join(implied)}"
                name = f"implied-{id}-{'-or-'.join(implied)}"
                yield model.Never(name, {model.TASK: of_tasks, id: others}, because, "implied")
    for question in questions:
        id = question.id
        real = [option.id for option in question.options]
        for other, holds in question.ask_if.items():
            fails = [option for option in options[other] if option not in holds]
            because = f"`{id}` applies only with {other}: {' or '.join(holds)}"
            yield model.Never(f"{id}-without-{other}", {other: fails, id: real}, because, "ask-if")
        if question.ask_if:
            applies = {**question.ask_if, id: [model.NOT_APPLICABLE]}
            yield model.Never(f"{id}-not-applicable", applies, f"`{id}` applies here", "ask-if")


MADE: dict[str, Callable[[Values, list[Any]], Any]] = {
    "family": lambda _, families: sorted(
        families, key=lambda each: (each.tie_break_order, each.id)
    ),
    "question": _questions,
    "rule": _rules,
    "never": lambda values, written: [
        *written,
        *derived_never(values["question"], values["task"]),
    ],
    "program": _programs,
    "tool": _tools,
    **{
        kind: partial(in_all_languages, kind)
        for kind in ("concept", "measure", "numeral", "particle")
    },
    "losses": lambda values, _: losses_of(values),
    "catalogue": _catalogue,
    "ranking": lambda values, _: Figures(values),
}
"""Kind -> the function that completes its values. Other names have functions of several kinds."""
