"""What one complete profile leads to, judged rule by rule: the reference for every diagram.

Nothing here is compiled, encoded or remembered. In which line evidence puts the checkpoints of a
family, whatever the answers, is asked of `line_for`.
"""

from functools import cache, partial
from math import ceil, inf, log2

from advisor.decide.memory import LEAST_GB, memory_gb, training_memory
from advisor.decide.precedence import Precedences
from advisor.decide.ranking import OPENNESS
from advisor.decide.selection import line_for
from advisor.decide.workload import timed
from advisor.engine.profile import holds
from advisor.model import NOT_APPLICABLE, TASK

LEARNT = "languages"
VERIFIED = {"commercial_use", "parameters_millions"}
HOURS = "hours"


def judged(rulebase, profile, priority=(), order="quality", *, verified_only=False):
    """Return kind, family, checkpoint, use and the family that has the checkpoint."""
    families = ranked_families(rulebase, profile, priority)
    if not families:
        return "nothing", "none", "", "", ""
    found = []
    for family in families:
        found.append(Case(rulebase, profile, family, order, verified_only))
    if not found[0].first() and found[0].composes:
        return "compose", families[0], "", "", ""
    in_time = [case for case in found if (pick := case.first()) and not case.late(*pick)]
    for case in in_time or [case for case in found if case.first()]:
        one, use = case.first()
        return "picked", families[0], one.id, use, case.family.id
    return "teachable" if found[0].teachable() else "nothing", families[0], "", "", ""


def ranked_families(rulebase, profile, priority):
    """Return the families that are not excluded, best first."""
    fired = [rule for rule in rulebase.rules if holds(rule.when, profile)]
    criteria = [one.id for one in rulebase.criteria]
    compared = [*priority, *(one for one in criteria if one not in priority)]

    def effects(family, criterion=None):
        return {
            rule.effect
            for rule in fired
            if family.id in rule.candidates and criterion in (None, rule.criterion)
        }

    def standing(family):
        signs = [
            ("prefer" in effects(family, one)) - ("avoid" in effects(family, one))
            for one in compared
        ]
        return [-sign for sign in signs], family.tie_break_order, rulebase.families.index(family)

    left = [family for family in rulebase.families if "exclude" not in effects(family)]
    return [family.id for family in sorted(left, key=standing)]


class Case:
    """One family's checkpoints under a complete profile with one task."""

    def __init__(self, rulebase, profile, family, order, verified_only):
        self.rulebase, self.profile, self.verified_only = rulebase, profile, verified_only
        self.family = rulebase.family(family)
        self.task = profile[TASK].options[0]
        self.fired = [rule for rule in rulebase.aiming if holds(rule.when, profile)]
        self.chosen = [
            (question, option)
            for question in rulebase.questions
            for option in question.options
            if option.id in profile[question.id].options
        ]
        self.uses = self._uses()
        self.unlearnt = {field for _, option in self.chosen for field in option.keeps}
        said = next((option.order for _, option in self.chosen if option.order), None)
        self.order = said or order if order == "quality" else order
        self.used = [
            (one, use)
            for one in rulebase.forms_of(family)
            if one.offered and (use := self._use(one))
        ]

    def _uses(self):
        uses = ("as-is",)
        named = [
            option.uses
            for question, option in self.chosen
            if option.uses and self.profile[question.id].options != (NOT_APPLICABLE,)
        ]
        if named:
            uses = tuple(named[0])
            for some in named[1:]:
                uses = tuple(use for use in some if use in uses)
        return uses

    def _use(self, one):
        tasks = {"as-is": one.tasks, "fine-tune": one.fine_tune, "compose": ()}
        return next((use for use in self.uses if self.task in tasks[use]), None)

    @property
    def composes(self):
        return self.family.composable and "compose" in self.uses

    # -- requirements ----------------------------------------------------------------------

    def demands(self):
        """Yield the field, what is wanted and the option, for each requirement."""
        for question, option in self.chosen:
            answer = self.profile[question.id]
            names = [name for name in answer.named if name in option.covers] or [option.id]
            for name in names:
                for field, wanted in option.requires.items():
                    yield field, wanted, option, answer, name

    def unmet(self, one, use):
        """Return the fields that a checkpoint lacks for a use, and those nobody verified."""
        lacks, unknown = [], []
        verdicts = [(field, among(field, getattr(one, field), *of)) for field, *of in self.worded()]
        for field, wanted, option, answer, _ in self.demands():
            if isinstance(wanted, dict) and "unsure" not in wanted:
                value = self.value(one, use, field)
                verdicts.append((field, within(field, value, wanted, option, answer)))
        for field, verdict in verdicts:
            if field != LEARNT or field in self.unlearnt or use == "as-is":
                lacks += [field] if verdict is False else []
                unknown += [field] if verdict is None else []
        return lacks, unknown

    def value(self, one, use, field):
        if field == HOURS:
            return self.time(one) and self.time(one).hours
        return self.needs(one, use) if field == "memory_gb" else getattr(one, field)

    def time(self, one):
        return timed(self.rulebase, one, self.profile)

    def late(self, one, use):
        """Return how often the bound on time has to be doubled, infinitely if time is unknown."""
        lacks, unknown = self.unmet(one, use)
        if HOURS in unknown:
            return inf
        return (
            ceil(log2(self.time(one).hours / self.rulebase.bounds.hours)) if HOURS in lacks else 0
        )

    def needs(self, one, use):
        if use == "as-is":
            return memory_gb(one, self.rulebase.task(self.task))
        trained = training_memory(one)
        return trained and trained.lora_gb

    def languages(self):
        """Return the languages asked for by name, each with the fields' wanted words; or None."""
        named = [words for field, words, _ in self.worded() if field == LEARNT]
        return [language for words in named for language in words] or None

    def worded(self):
        """Yield each field of which words are wanted, with those that will do and that may."""
        for field, wanted, option, _, name in self.demands():
            if isinstance(wanted, list):
                yield field, wanted, []
            elif "unsure" in wanted:
                words = wanted.get("one_of", [])
                covered = [name] if name in option.covers else []
                yield field, covered if words == "answer" else words, wanted["unsure"]

    def poor(self, one, use):
        if use != "as-is" and LEARNT not in self.unlearnt:
            return False
        weak, has = set(one.languages_poor or ()), set(one.languages or ())
        some = [set(words) & has for field, words, _ in self.worded() if field == LEARNT]
        return any(known and known <= weak for known in some)

    # -- what comes first ------------------------------------------------------------------

    def sorted_out(self):
        """Return what may be picked, each with its use."""
        barred = {id for rule in self.fired if rule.effect == "exclude" for id in rule.candidates}
        picks = []
        for one, use in self.used:
            lacks, unknown = self.unmet(one, use)
            doubtful = unknown if self.verified_only else bool(VERIFIED & set(unknown))
            slow = lacks == [HOURS] and not self.time(one).is_limit
            if not ((lacks and not slow) or one.hub_id in barred or doubtful):
                picks.append((one, use))
        return picks

    def first(self):
        """Return the first checkpoint with its use; None where there is none."""
        picks = [(one, use) for one, use in self.sorted_out() if one.loads_safely]
        if any(not self.late(*pick) for pick in picks):
            picks = [pick for pick in picks if self.late(*pick) in (0, inf)]
        if not picks:
            return None
        best = min(self.group(one, use) for one, use in picks)
        picks = [pick for pick in picks if self.group(*pick) == best]
        best = min(self.layer(one, use) for one, use in picks)
        picks = [pick for pick in picks if self.layer(*pick) == best]
        precedences = Precedences(self.rulebase, self.task, self.languages())

        line = cache(partial(line_for, self.rulebase, self.family.id, precedences))
        return min(picks, key=lambda pick: line(pick[1]).number[pick[0].id])

    def group(self, one, use):
        _, unknown = self.unmet(one, use)
        doubtful = bool(unknown) or self.poor(one, use)
        return doubtful, self.late(one, use), self.beyond(one, use)

    def beyond(self, one, use):
        """True where nobody said how much memory there is, and it may need more than is usual."""
        open_ = [q for q in self.rulebase.questions if q.steps and not self.profile[q.id].options]
        if not open_:
            return False
        steps = next((option.step for _, option in self.chosen if option.step), None)
        need = self.needs(one, use)
        return need is None or need > (steps or max(open_[0].steps))

    def layer(self, one, use):
        effects = [rule.effect for rule in self.fired if one.hub_id in rule.candidates]
        memory = memory_gb(one, self.rulebase.task(self.task))
        by_order = {
            "small": (memory is None, memory or 0.0),
            "open": (OPENNESS[one.commercial_use], one.gated is True),
        }
        learning = use != "as-is" and self.unmet(one, "as-is") != self.unmet(one, use)
        return (
            self.uses.index(use),
            by_order.get(self.order, ()),
            "avoid" in effects,
            "prefer" not in effects,
            learning,
        )

    def teachable(self):
        """True where each that might do lacks only what training teaches."""
        barred = {id for rule in self.fired if rule.effect == "exclude" for id in rule.candidates}
        obstacles = []
        for one, use in self.used:
            lacks, unknown = self.unmet(one, use)
            if lacks or one.hub_id in barred:
                obstacles.append(lacks)
            elif unknown if self.verified_only else bool(VERIFIED & set(unknown)):
                obstacles.append(unknown)
            else:
                obstacles.append(["loader"])  # what is left is not loaded by advisor
        return bool(obstacles) and all(LEARNT in fields for fields in obstacles)


def within(field, value, wanted, option, answer):
    """Return whether a number is within bounds; None where nobody verified it."""
    number = option.up_to if answer.value is None else answer.value
    bounds = {key: number if bound == "answer" else bound for key, bound in wanted.items()}
    least, most = bounds.get("at_least"), bounds.get("at_most")
    if least is None and most is None:
        return True
    if value is None:
        least_of_all = field == "memory_gb" and most is not None and most < LEAST_GB
        return False if least_of_all else None
    return (most is None or value <= most) and (least is None or value >= least)


def among(field, value, words, unsure):
    if value is None:
        return None
    has = (
        value
        if isinstance(value, list)
        else [str(value).lower() if isinstance(value, bool) else str(value)]
    )
    if set(has) & set(words) or (field == LEARNT and value == ["zxx"]):
        return True
    return None if set(has) & set(unsure) else False
