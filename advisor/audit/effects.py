"""The effects of written rules on answers, and the checkpoints that never come first.

A rule is *pivotal* in a profile if another family wins without it. It is *implied* if, for each
family that it names, other rules say the same whenever it fires (the same effect, for `prefer` and
`avoid` on the same criterion), or exclude that family there, so that it adds nothing. A rule about
fields of checkpoints may also match no checkpoint.

For checkpoints all complete profiles are looked at, in each order: at every size where an answer
changes, with every kind that an option covers, and in every single language.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable, Iterator, Sequence
from typing import Any, NamedTuple

from advisor.audit.claim import Claim, Defect, ProofContext, defect
from advisor.decide.first_checkpoints import FirstCheckpoints
from advisor.decide.outlook import diagram_for
from advisor.decide.selection import ORDERS, Picking
from advisor.decide.task_diagrams import axes_of
from advisor.engine.decision import Engine
from advisor.engine.diagram import Allowed, Diagram
from advisor.engine.profile import Answer
from advisor.engine.task_diagram import Axis, AxisValue, TaskDiagram
from advisor.model import TASK, Rule
from advisor.phrasing import aim, count


class Effect(NamedTuple):
    """The effect of one written rule, over all complete profiles.

    `fires` and `pivotal` count profiles; `pivotal` is None for a rule that is only about
    checkpoints. `implied_by` names, for each family for which the rule adds nothing, rules that
    already say the same; none of them can be left out.

    `witness` has a `profile` in which the rule is pivotal, those of its answers that suffice, as
    `given`, and the winners `with` the rule and `without` it.
    """

    rule: Rule
    fires: int
    implied_by: dict[str, tuple[str, ...]]
    pivotal: int | None = None
    witness: dict[str, Any] | None = None

    @property
    def about_checkpoints(self) -> bool:
        """True if the rule names no family."""
        return all("/" in candidate for candidate in self.rule.candidates)

    @property
    def implied(self) -> bool:
        """True if the rule fires and names families, but adds nothing for any of them."""
        families = [candidate for candidate in self.rule.candidates if "/" not in candidate]
        return self.fires > 0 and len(families) > 0 and set(families) == set(self.implied_by)


def effect_of(context: ProofContext, rule: Rule) -> Effect:
    """Return the effect of a rule. Raises TooMuchOpenError if the budget ends."""
    space = context.admissible
    fires = space.total(space.root, space.allowing(rule.when))
    effect = Effect(rule, fires, _implied_by(context, rule) if fires else {})
    if effect.about_checkpoints:
        return effect
    mask = context.mask(rule)
    space = context.space(rule.when, only=context.encoding.everything & ~mask)
    own = context.encoding.outcome(mask)
    winner = context.ranking.winner

    def differs(outcome: int) -> bool:
        return winner(outcome) != winner(outcome | own)

    pivotal = sum(n for outcome, n in space.counts(space.root).items() if differs(outcome))
    if not pivotal:
        return effect._replace(pivotal=0)
    answers = context.witness(space, space.root, differs)
    left = context.encoding.outcome(context.fired(answers) & ~mask)
    admissible = context.admissible
    named = admissible.allowing(rule.when)

    def sure(allowed: Allowed) -> bool:
        left = admissible.reachable(admissible.root, allowed).choices
        return all(left[question] <= set(options) for question, options in named.items()) and all(
            map(differs, space.reachable(space.root, allowed).labels)
        )

    witness = {
        "profile": answers,
        "given": context.fewest(answers, sure),
        "with": context.names[winner(left | own)],
        "without": context.names[winner(left)],
    }
    return effect._replace(pivotal=pivotal, witness=witness)


def _implied_by(context: ProofContext, rule: Rule) -> dict[str, tuple[str, ...]]:
    """Return family -> ids of other rules that make this rule redundant for it."""
    encoding = context.encoding
    implied = {}
    for family, bit in context.bits.get(rule.id, {}).items():
        outcome = encoding.outcome_of[bit.bit_length() - 1]
        excluding = encoding.by_outcome.get(family, 0)
        others = (encoding.by_outcome[outcome] | excluding) & ~context.mask(rule)
        nothing_new = 1 << outcome | 1 << family
        if not _always(context, rule, others, nothing_new):
            continue
        for place in range(others.bit_length()):
            fewer = others & ~(1 << place)
            if fewer != others and _always(context, rule, fewer, nothing_new):
                others = fewer
        implied[encoding.families[family]] = tuple(
            dict.fromkeys(
                conjunction.origin.id
                for place, conjunction in enumerate(encoding.conjunctions)
                if others >> place & 1
            )
        )
    return implied


def _always(context: ProofContext, rule: Rule, others: int, bits: int) -> bool:
    """True if the conjunctions `others` set one of the outcome bits whenever a rule fires."""
    if not others:
        return False
    space = context.space(rule.when, only=others | context.encoding.forbid)
    return all(outcome & bits for outcome in space.outcomes)


def about_rules(context: ProofContext, effects: Sequence[Effect]) -> Iterator[Claim]:
    """Yield the claims about all written rules, if there are any."""
    if not effects:
        return
    defects = [fault for effect in effects if (fault := _fault(context, effect))]
    about_pivots = [defect for defect in defects if "pivotal" in defect.kind]
    others = [defect for defect in defects if "pivotal" not in defect.kind]
    dead = sum(not effect.fires for effect in effects)
    implied = sum(effect.implied for effect in effects)
    fire = f"{dead} of {len(effects)} rules cannot" if dead else f"all {len(effects)} rules can"
    redundant = f"{implied or 'no'} {'rules are' if implied > 1 else 'rule is'} redundant"
    yield Claim("rules", f"{fire} fire, {redundant}", others)
    never = [effect.rule.supporting for effect in effects if effect.fires and effect.pivotal == 0]
    text = (
        f"{sum(bool(effect.pivotal) for effect in effects)} rules can change the result, "
        f"{len(never)} never change it ({sum(never)} are marked `supporting`), and "
        f"{sum(effect.about_checkpoints for effect in effects)} affect only checkpoints"
    )
    yield Claim("pivotal", text, about_pivots)


def _fault(context: ProofContext, effect: Effect) -> Defect | None:
    """Return the first defect of a rule; None if it has none."""
    rule, fires = effect.rule, effect.fires
    if not fires:
        nowhere = f"none of {context.answered.profiles:,} answer combinations"
        return defect(context, "dead-rule", rule.id, none=nowhere)
    if effect.implied:
        named = dict.fromkeys(f"`{id}`" for ids in effect.implied_by.values() for id in ids)
        return defect(context, "implied-rule", rule.id, fires=fires, others=", ".join(named))
    if effect.pivotal == 0 and not rule.supporting:
        return defect(context, "never-pivotal", rule.id, fires=fires)
    return None


def every_aim_met(context: ProofContext) -> Claim:
    """Claim that each rule with conditions on fields of checkpoints matches a checkpoint."""
    aimed = [rule for rule in context.written if rule.where]
    defects = [
        defect(context, "aimed-at-none", rule.id, aim=aim((), rule.where))
        for rule in aimed
        if not rule.candidates
    ]
    text = f"{count(len(aimed), 'rule')} about checkpoint fields, each matched by a checkpoint"
    return Claim("checkpoint-rules", text, defects)


WHY_NOT = (
    "advisor recommends `{family}` for none of the tasks of this checkpoint",
    "the checkpoint never meets the requirements of answers that lead to `{family}`",
)
"""Why a checkpoint is offered for no profile: none of its tasks is its family's, or some are."""


class NeverFirst(NamedTuple):
    """A checkpoint that comes first in no profile, though it meets the answers of `cases`.

    `before` comes first in `by` of these, which is more than any other; the order is by quality.
    """

    checkpoint: str
    cases: int
    before: str
    by: int


def first_places(context: ProofContext) -> tuple[Claim, tuple[NeverFirst, ...]]:
    """Claim that each offered checkpoint meets some profile; also return those never first."""
    ends = {task: context.diagram(task).ends() for task in context.tasks}
    first = {leaf.checkpoint for leaves in ends.values() for leaf in leaves}
    answering = {(task, leaf.source) for task, leaves in ends.items() for leaf in leaves}
    offered = [model for model in context.rulebase.checkpoints.values() if model.offered]
    left = {model.id: model for model in offered if model.id not in first}
    tasks = {  # for which the family of a checkpoint has one somewhere
        model.id: [
            task
            for task in dict.fromkeys([*model.tasks, *model.fine_tune])
            if (task, model.family) in answering
        ]
        for model in left.values()
    }
    made: dict[tuple[str, str], _TaskFamily] = {}
    for task, family in [(task, left[id].family) for id, of in tasks.items() for task in of]:
        if (task, family) not in made:
            context.budget.check()
            made[task, family] = _TaskFamily(context.engine, context.diagram(task), family)
            for id in made[task, family].first_otherwise(left):
                left.pop(id, None)
    behind, defects = [], []
    for id, model in left.items():
        before = Counter[str]()
        for task in tasks[id]:
            before.update(made[task, model.family].before(id))
        most = max(before.items(), key=lambda item: item[1], default=("", 0))
        behind.append(NeverFirst(id, before.total(), *most))
        if not before.total():
            why = WHY_NOT[bool(tasks[id])].format(family=model.family)
            defects.append(defect(context, "idle-checkpoint", id, why=why))
    text = (
        f"{len(offered) - len(behind)} of {len(offered)} checkpoints can rank first, over all "
        f"memory sizes, languages and orders. {len(behind) - len(defects)} always rank below others"
    )
    return Claim("checkpoints", text, defects), tuple(behind)


class _TaskFamily:
    """The checkpoints of a family for a task, over every interval of sizes and every language.

    Languages without an option of their own follow the values of the task's diagram, one for all
    that have the same effect.
    """

    def __init__(self, engine: Engine, diagram: TaskDiagram, family: str) -> None:
        self.engine, self.task = engine, diagram.task
        task = {TASK: Answer((self.task,), None, "flag")}
        fine = axes_of(engine, self.task, engine.space(task), {})
        self.kinds = {
            level: self._kinds(axis, family) for level, axis in enumerate(fine) if axis.many
        }
        self.axes = [
            axis._replace(values=(*axis.values, *self.kinds.get(level, ())))
            for level, axis in enumerate(fine)
        ]
        self.firsts = FirstCheckpoints(engine.rulebase, self.task, family, self.axes)
        choices = [[(place,) for place in range(len(axis.values))] for axis in self.axes]
        self.store = Diagram(choices)
        columns = []
        for level, (coarse, axis) in enumerate(zip(diagram.axes, fine, strict=True)):
            places = [coarse.places(value.answer)[0] for value in axis.values]
            columns.append((level, places + [0] * len(self.kinds.get(level, ()))))
        answer = self.store.read(
            diagram,
            diagram.root,
            lambda leaf: leaf.checkpoint if leaf.source == family else None,
            columns,
        )
        own = {level: choices[level][: len(fine[level].values)] for level in self.kinds}
        self.answer = self.store.within(answer, own)
        """The family's checkpoint by answers; no label if another family answers, and for kinds."""

    def _kinds(self, axis: Axis, family: str) -> list[AxisValue]:
        """Return the kinds that options of a question cover, one for all with the same effect."""
        rulebase = self.engine.rulebase
        rivals = [rival for rival in rulebase.catalogue(family) if rival.offered]
        poor = [set(rival.languages_poor or ()) for rival in rivals]
        order = str(rulebase.order(self.task))
        alike: dict[Hashable, AxisValue] = {}
        for option in rulebase.question(axis.question).options:
            fields = [[getattr(rival, field) for field in option.requires] for rival in rivals]
            named = [
                {kind for kinds in listed if isinstance(kinds, list) for kind in kinds}
                for listed in fields
            ]
            for kind in option.covers:
                membership = tuple([kind in some for some in (*named, *poor)])
                key = option.id, membership, repr(kind) in order and kind
                alike.setdefault(key, AxisValue((option.id,), (kind,)))
        return [*alike.values()]

    def first_otherwise(self, ids: Collection[str]) -> set[str]:
        """Return those of `ids` that come first in some order, or for a kind.

        A diagram of all families is made for a kind only if one comes first in its family's.
        """
        watched = {checkpoint.id for checkpoint in self.firsts.checkpoints} & set(ids)
        root = self.firsts.build(
            self.store,
            lambda state: tuple([self.firsts.first(state, order).checkpoint for order in ORDERS]),
        )
        both = self.store.combine(self.answer, root, lambda answer, own: own if answer else None)
        reached = {id for own in self.store.labels(both) for id in own}
        for level, kinds in self.kinds.items():
            question, ends = self.axes[level].question, len(self.axes[level].values)
            for place, kind in enumerate(kinds, start=ends - len(kinds)):
                for own in self.store.reachable(root, {level: [(place,)]}).labels:
                    for order, id in zip(ORDERS, own, strict=True):
                        if id in watched - reached:
                            given = {question: kind.answer}
                            made = diagram_for(self.engine, self.task, given, Picking(order))
                            reached |= {leaf.checkpoint for leaf in made.ends()}
        return reached & watched

    def before(self, id: str) -> dict[str, int]:
        """Return first checkpoint -> number of cases, over the cases in which `id` is offered."""
        offered = self.firsts.offering(self.store, id)
        return self.store.counts(
            self.store.combine(self.answer, offered, lambda answer, own: answer if own else None)
        )
