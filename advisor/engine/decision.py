"""Which family fits a profile, or several tasks: verdicts, and how certain the outcome is.

If answers contradict each other, the error names the fewest of them that do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from advisor.engine.diagram import Allowed, Choice, Reachable
from advisor.engine.profile import Answer, AsMeant, Profile, answer_text, as_meant, flag_text
from advisor.engine.space import Encoding, Ranking, Space
from advisor.errors import ContradictionError, TooMuchOpenError, check_type, several
from advisor.model import NONE, NOT_APPLICABLE, TASK, Fit, NamedTuple, Never, Rule
from advisor.phrasing import joined
from advisor.rulebase.base import RuleBase

KEPT_NODES = 1_000_000
"""The most nodes of the spaces that an engine remembers; the oldest space goes first."""
MOST_EDGES = 4_000_000
"""The most edges of a space: following them takes seconds, and half a gigabyte."""
MOST_NAMED = 3

VERDICTS = ("recommended", "allowed", "discouraged", "excluded")

Verdicts = dict[str, dict[str, str]]
"""Family -> task -> verdict."""


class FiredRule(NamedTuple):
    """A rule that fired on a family. Decisive: of the criterion, or exclusion, that ranks it."""

    rule: Rule
    decisive: bool


class Assessment(NamedTuple):
    """One family with its verdict.

    `lost_on` is the criterion on which it lost to the winner, `rank` if only the declared rank
    differs, None for the winner and excluded families. `possible_verdicts` are those of all
    complete profiles that the answers leave possible.
    """

    family: str
    verdict: str
    lost_on: str | None
    fit: Fit | None
    fired: tuple[FiredRule, ...]
    possible_verdicts: tuple[str, ...]

    @property
    def caveats(self) -> tuple[FiredRule, ...]:
        """The rules that advise against the recommended family; empty for other families."""
        if self.verdict != "recommended":
            return ()
        return tuple(fired_rule for fired_rule in self.fired if fired_rule.rule.effect == "avoid")

    @property
    def reasons(self) -> tuple[Rule, ...]:
        """The decisive rules against the family, or all rules against it if none is decisive."""
        against = [fired for fired in self.fired if fired.rule.effect != "prefer"]
        return tuple([f.rule for f in against if f.decisive] or [f.rule for f in against])


class Decision(NamedTuple):
    """The answer for one profile.

    `outcome` is `decided`, `assumed` (other answers give another family), `none` (no family fits),
    or `undetermined` if nothing may be assumed; `profile` is complete, with origins; `possible` is
    the exact set of winners over all complete profiles that the `given` answers leave possible.
    """

    outcome: str
    family: str | None
    possible: tuple[str, ...]
    profile: Profile
    assessments: tuple[Assessment, ...]
    given: Profile


class Engine:
    """Decides profiles by one rule base; the criteria in `priority` come first."""

    def __init__(self, rulebase: RuleBase, priority: tuple[str, ...] = ()) -> None:
        check_type("rulebase", rulebase, RuleBase, "a RuleBase from `load_rules`")
        priority = several("priority", priority, str, "a criterion")
        for id in priority:
            rulebase.criterion(id)
        self.rulebase = rulebase
        self.priority = priority
        self.encoding = Encoding(rulebase)
        self.ranking = Ranking(self.encoding, priority)
        self._spaces: dict[tuple[tuple[str, tuple[str, ...]], ...], Space] = {}
        self._verdicts: dict[int, tuple[str, ...]] = {}
        self._all: list[tuple[Choice, ...]] = [
            tuple((option,) for option in range(len(options))) for options in self.encoding.options
        ]

    @classmethod
    def known(cls, rulebase: RuleBase, priority: tuple[str, ...] = ()) -> Engine:
        """Return the engine of a rule base and a priority, the same object each time."""
        check_type("rulebase", rulebase, RuleBase, "a RuleBase from `load_rules`")
        key = cls, (priority := several("priority", priority, str, "a criterion"))
        if key not in rulebase.remembered:
            rulebase.remembered[key] = cls(rulebase, priority)
        engine: Engine = rulebase.remembered[key]
        return engine

    def choices(self, profile: Profile) -> list[tuple[Choice, ...]]:
        """Return for each question the choices (numbers of options) that a profile leaves."""
        encoding = self.encoding
        result = list(self._all)
        for id, answer in profile.items():
            if not answer.options:
                continue
            question = encoding.index[id]
            options = tuple(sorted(encoding.option_index[question][o] for o in answer.options))
            many = self.rulebase.questions[question].many
            result[question] = (options,) if many else tuple((option,) for option in options)
        return result

    def space(self, profile: Profile) -> Space:
        """Return the space of all complete profiles within a profile.

        Raises ContradictionError if there is none, naming the answers that clash, and
        TooMuchOpenError if there are too many to follow, which `rules check` refuses.
        """
        key = tuple((id, answer.options) for id, answer in profile.items())
        space = self._spaces.get(key)
        if space is None:
            space = self.space_within(self.choices(profile))
            if not space:
                raise contradiction(self, profile)
            self._spaces[key] = space
            sizes = [len(other) for other in self._spaces.values()]
            while sizes[1:] and sum(sizes) > KEPT_NODES:
                self._spaces.pop(next(iter(self._spaces)))
                del sizes[0]
        return space

    def space_within(self, choices: Sequence[Sequence[Choice]], only: int | None = None) -> Space:
        """Return the space of all complete profiles with these choices.

        `only` limits the conjunctions to follow (bits). Raises TooMuchOpenError, which names the
        last unanswered questions: those of an overlay, if it has any.
        """
        left = MOST_EDGES

        def spend(edges: int) -> None:
            nonlocal left
            left -= edges
            if left < 0:
                ids, encoding = [], self.encoding
                mentioned = {id for term in encoding.conjunctions for id in term.origin.when}
                for id, of_question in zip(encoding.questions, choices, strict=True):
                    ids += [id] if id in mentioned and len(of_question) > 1 else []
                raise TooMuchOpenError(
                    f"{len(ids)} unanswered questions have too many combinations to check",
                    hint=f"answer some of the questions, such as {', '.join(ids[-MOST_NAMED:])}, "
                    "or simplify a rule",
                )

        return Space(self.encoding, choices, only=only, spend=spend)

    def view(self, profile: Profile) -> tuple[Space, Allowed]:
        """Return a space around a profile, and the choices in it that the profile allows.

        Spaces of whole tasks are remembered, so most profiles need none of their own.
        """
        task = profile.get(TASK)
        choices = self.choices(profile)
        held = any(len(choice) > 1 for of_question in choices for choice in of_question)
        if task is None or len(task.options) != 1 or held:
            return self.space(profile), {}
        index = self.encoding.index
        allowed = {index[id]: choices[index[id]] for id in profile if id != TASK}
        return self.space({TASK: task}), allowed

    def admits(self, profile: Profile) -> bool:
        """True if the answers can all be true."""
        return bool(Space(self.encoding, self.choices(profile), only=self.encoding.forbid))

    def options(self, question: int, choice: Choice) -> tuple[str, ...]:
        """Return the option ids of a choice."""
        return tuple(self.encoding.options[question][option] for option in choice)

    def decide(self, profile: Profile) -> Decision:
        """Return the decision for a profile, complete or partial. Raises ContradictionError."""
        space, allowed = self.view(profile)
        reachable = space.reachable(space.root, allowed)
        first = space.first(space.root, allowed)
        if first is None:
            raise contradiction(self, profile)
        typical = first[0]
        possible = self.possible(reachable.labels)
        complete: Profile = {}
        for question, id in enumerate(self.encoding.questions):
            options = self.options(question, typical[question])
            forced = len(reachable.choices[question]) == 1
            given = profile.get(id)
            origin = "implied" if forced else "assumed"
            if given and forced:  # where it is one of several named, the others cannot be
                origin = given.origin
            same = given and set(given.options) == set(options)
            if not (given or forced) and id in self.rulebase.left_open:
                options = ()  # it stays open
            complete[id] = given if given and same else Answer(options, None, origin)
        fired = self.encoding.fired(typical)
        outcome = self.encoding.outcome(fired)
        winner = self.ranking.winner(outcome)
        assessments = self._assess(fired, outcome, winner, reachable, complete)
        family = self.encoding.families[winner] if winner < len(self.encoding.families) else None
        kind = ("decided" if len(possible) == 1 else "assumed") if family else NONE
        return Decision(
            outcome=kind,
            family=family,
            possible=possible,
            profile=complete,
            assessments=assessments,
            given=profile,
        )

    def possible(self, outcomes: Iterable[int]) -> tuple[str, ...]:
        """Return the families that win under any of some outcomes, `none` last."""
        won = set(map(self.ranking.winner, outcomes))
        return tuple(name for place, name in enumerate(self.encoding.winners) if place in won)

    def _assess(
        self, fired: int, outcome: int, winner: int, reachable: Reachable, complete: Profile
    ) -> tuple[Assessment, ...]:
        """Return all families with verdicts: in rank order, then excluded ones by declared rank."""
        encoding, ranking = self.encoding, self.ranking
        by_family: list[list[Rule]] = [[] for _ in encoding.families]
        for place, conjunction in enumerate(encoding.conjunctions):
            if fired >> place & 1 and isinstance(conjunction.origin, Rule):
                by_family[conjunction.family].append(conjunction.origin)
        order = ranking.order(outcome)
        excluded = [family for family in range(len(encoding.families)) if family not in order]
        lost = {family: ranking.parting(outcome, winner, family) or "rank" for family in order[1:]}
        given = self.verdicts(outcome)
        possible = [
            tuple([verdict for verdict in VERDICTS if verdict in held])
            for held in map(set, zip(*map(self.verdicts, reachable.labels), strict=True))
        ]
        task = complete.get(TASK)
        result = []
        for family in order + sorted(excluded, key=lambda f: encoding.ranks[f]):
            rules = by_family[family]
            grounds = {lost[family]} if family in lost else set(lost.values())
            fired_rules = [FiredRule(rule, rule.criterion in grounds) for rule in rules]
            if given[family] == "excluded":
                fired_rules = [FiredRule(rule, rule.effect == "exclude") for rule in rules]
                fired_rules.sort(key=lambda fired_rule: not fired_rule.decisive)
            fits = self.rulebase.families[family].tasks
            result.append(
                Assessment(
                    family=encoding.families[family],
                    verdict=given[family],
                    lost_on=lost.get(family),
                    fit=fits.get(task.options[0]) if task and len(task.options) == 1 else None,
                    fired=tuple(fired_rules),
                    possible_verdicts=possible[family],
                )
            )
        return tuple(result)

    def verdicts(self, outcome: int) -> tuple[str, ...]:
        """Return the verdict on each family under outcome bits, in the order of the families."""
        if outcome not in self._verdicts:
            result = []
            for family in range(len(self.encoding.families)):
                behind = min(self.ranking.signs(outcome, family), default=0) < 0
                verdict = "discouraged" if behind else "allowed"
                verdict = "recommended" if family == self.ranking.winner(outcome) else verdict
                result.append("excluded" if outcome >> family & 1 else verdict)
            self._verdicts[outcome] = tuple(result)
        return self._verdicts[outcome]


def applicable(answer: Answer) -> bool:
    """True if the question of an answer applies and was not left open."""
    return answer.options not in ((NOT_APPLICABLE,), ())


def verdicts_by_family(engine: Engine, decisions: Mapping[str, Decision]) -> Verdicts:
    """Return family -> task -> verdict, from the decision of each task.

    If a task has no answer, each family counts as excluded: it may be allowed but have nothing to
    load.
    """
    return {
        family: {
            task: "excluded" if decision.outcome == "none" else assessment.verdict
            for task, decision in decisions.items()
            for assessment in decision.assessments
            if assessment.family == family
        }
        for family in engine.encoding.families
    }


def family_for_all(engine: Engine, verdicts: Verdicts) -> str | None:
    """Return the family excluded on no task: by worst verdict, then wins, then declared rank.

    None if there is no such family.
    """

    def standing(family: str) -> tuple[int, int, int]:
        ranks = [VERDICTS.index(verdict) for verdict in verdicts[family].values()]
        place = engine.encoding.ranks[engine.encoding.families.index(family)]
        return max(ranks), -ranks.count(0), place

    able = [family for family in verdicts if "excluded" not in verdicts[family].values()]
    return min(able, key=standing) if able else None


def for_each_task(rulebase: RuleBase, profile: Profile) -> list[AsMeant]:
    """Return a profile for each task; for several, with answers as each task means them."""
    if TASK not in profile:
        return [AsMeant(profile)]
    answer = profile[TASK]
    apart = [{**profile, TASK: Answer((task,), None, answer.origin)} for task in answer.options]
    if len(apart) == 1:
        return [AsMeant(apart[0])]
    return [as_meant(rulebase, alone) for alone in apart]


def contradiction(engine: Engine, profile: Profile) -> ContradictionError:
    """Return the error for answers that cannot all be true, naming the fewest that clash."""
    rulebase = engine.rulebase
    if not profile:
        return ContradictionError(
            "the rule base rejects every combination of answers", hint="advisor rules check"
        )
    clash = dict(profile)
    for id in profile:
        rest = {key: answer for key, answer in clash.items() if key != id}
        if not engine.admits(rest):
            clash = rest
    texts = [f"`{answer_text(rulebase, id, *answer.names)}`" for id, answer in clash.items()]
    together = " and ".join(texts) if len(texts) <= 2 else ", ".join(texts)
    message = (
        f"{together} contradict each other" if len(texts) > 1 else f"{together} is not possible"
    )
    why = _why(clash, rulebase.never)
    return ContradictionError(
        f"{message}{f': {why}' if why else ''}",
        hint=_drop(engine, profile, clash),
    )


def _drop(engine: Engine, profile: Profile, clash: Profile) -> str:
    """Return a hint to drop an answer without which the rest can be true; the task comes last."""
    rulebase, admits = engine.rulebase, engine.admits
    if len(clash) == 1:
        return f"leave out {rulebase.question(next(iter(clash))).typed}"
    order = [*[id for id in reversed(clash) if id != TASK], *[id for id in clash if id == TASK]]
    enough = (id for id in order if admits({k: a for k, a in profile.items() if k != id}))
    id = next(enough, order[0])
    flags = " ".join(flag_text(rulebase, id, name) for name in clash[id].names)
    others = " or ".join(rulebase.question(other).typed for other in clash if other != id)
    hint = f"drop `{flags}`, or change {others}"
    if id != TASK and (given := clash.get(TASK)):
        asked_for = ((t.id, given._replace(options=(t.id,), named=())) for t in rulebase.tasks)
        tasks = [task for task, answer in asked_for if admits({**profile, TASK: answer})]
        hint += f". `{flags}` goes with {joined(tasks[:MOST_NAMED], 'or')}" if tasks else ""
    return hint


def _why(clash: Profile, never: Sequence[Never]) -> str | None:
    """Return why answers clash: by one forbidden combination, or by two that meet; else None."""
    chosen = {id: set(answer.options) for id, answer in clash.items()}
    touched = [
        (rule, ids)
        for rule in never
        if (ids := {id for id in chosen if id in rule.when and chosen[id] <= set(rule.when[id])})
    ]
    for rule, ids in touched:
        if len(ids) >= min(2, len(clash)):
            return rule.because
    for rule, ids in touched:
        for other, others in touched:
            if ids != others and set(rule.when) & set(other.when) - set(clash):
                return f"{rule.because}, and {other.because}"
    return None
