"""Which answers change from one rule base to another."""

import copy
import shutil
from collections import Counter, defaultdict
from itertools import product
from pathlib import Path

import pytest
from dense_rules import dense_facts
from hypothesis import assume, given
from hypothesis import strategies as st
from random_rules import NOT_APPLICABLE, Plain, compiled, facts, rule

from advisor.audit.difference import difference, entry_changes
from advisor.decide.outlook import diagram_for
from advisor.engine.decision import Engine
from advisor.engine.diagram import EMPTY, Diagram
from advisor.engine.profile import make_profile, read_answer
from advisor.errors import AdvisorError
from advisor.model import TASK
from advisor.rulebase.store import load_rules

OVERLAY = Path(__file__).resolve().parent.parent / "examples" / "overlay"


# -- two rule bases by plain enumeration -------------------------------------------------------


@st.composite
def pairs_of_facts(draw):
    """Draw a rule base and another state of it: other rules, a question more, an option less."""
    old = draw(st.one_of(dense_facts, facts()))
    new = copy.deepcopy(old)
    new["rule"] = [one for one in new["rule"] if draw(st.integers(0, 3))]
    if draw(st.booleans()):
        new["criterion"].reverse()
    if draw(st.booleans()):
        _ask_more(draw, new)
    if draw(st.booleans()):
        _drop_option(draw, new)
    if draw(st.booleans()):
        first, *rest = new["question"]
        new["question"] = [first, *draw(st.permutations(rest))]
        new["rule"] = list(reversed(new["rule"]))
    assume(Plain(new).completions({}))
    return (old, new) if draw(st.booleans()) else (new, old)


def _ask_more(draw, new):
    options = [{"id": f"extra-{letter}", "label": letter} for letter in "ab"]
    question = {"id": "extra", "ask": "E?", "why": "E.", "options": options}
    new["question"].insert(draw(st.integers(1, len(new["question"]))), question)
    family = draw(st.sampled_from([family["id"] for family in new["family"]]))
    criterion = new["criterion"][0]["id"]
    excluded = draw(st.sampled_from(["extra-a", "extra-b"]))
    new["rule"].append(rule("rule-extra", criterion, {"extra": [excluded]}, "exclude", [family]))
    plain = new["question"][1]["id"]
    if plain != "extra" and draw(st.booleans()):
        option = new["question"][1]["options"][0]["id"]
        when = {"extra": ["extra-a"], plain: [option]}
        new["never"].append({"id": "never-extra", "when": when, "because": "No."})


def _drop_option(draw, new):
    long = [question for question in new["question"] if len(question.get("options", [])) > 2]
    if not long:
        return
    question = draw(st.sampled_from(long))
    gone = draw(st.sampled_from(question["options"]))
    question["options"].remove(gone)
    _forget(new, question["id"], gone["id"])


def _forget(new, question, option):
    """Take an option out of every condition, and conditions of which nothing is left."""
    for kind in ("rule", "never"):
        new[kind] = [one for one in new[kind] if _without(one["when"], question, option)]
    for task in new["task"]:
        if "implies" in task and not _without(task["implies"], question, option):
            del task["implies"]
    for other in new["question"]:
        if "ask_if" in other and not _without(other["ask_if"], question, option):
            del other["ask_if"]
            _forget(new, other["id"], NOT_APPLICABLE)


def _without(when, question, option):
    """Take an option out of a condition; False where nothing is left of it."""
    if question in when:
        when[question] = [one for one in when[question] if one != option]
    return when.get(question) != []


class Enumerated:
    """What two rule bases answer on what both know, profile by profile."""

    def __init__(self, old, new):
        plains = Plain(old), Plain(new)
        options = [plain.options for plain in plains]
        self.common = {
            id: [option for option in known if option in options[1][id]]
            for id, known in options[0].items()
            if id in options[1]
        }
        first = [self._first(plain) for plain in plains]
        self.answers = {
            key: (first[0].get(key), first[1].get(key)) for key in product(*self.common.values())
        }

    def _first(self, plain):
        """Return the winner of the first completion of each common profile."""
        found = {}
        for whole in plain.completions({}):
            key = tuple(whole[id][0] for id in self.common)
            if key not in found and all(
                option in known for option, known in zip(key, self.common.values(), strict=True)
            ):
                found[key] = plain.winner(whole)
        return found

    def of_tasks(self):
        """Return for each task that both admit the pairs of winners, None where one has no case."""
        place = [*self.common].index(TASK)
        found = defaultdict(set)
        for key, both in self.answers.items():
            found[key[place]].add(both)
        return {
            task: pairs - {(None, None)}
            for task, pairs in found.items()
            if all(any(both[side] for both in pairs) for side in (0, 1))
        }


@given(pairs_of_facts())
def test_families_that_change_are_those_of_plain_enumeration(pair):
    found = Enumerated(*pair).of_tasks()
    if all(None in both for pairs in found.values() for both in pairs):
        with pytest.raises(AdvisorError, match="the two rule bases have no answer combination in"):
            difference(*map(compiled, pair))
        return
    result = difference(*map(compiled, pair))
    whole = {task: {both for both in pairs if None not in both} for task, pairs in found.items()}
    moved = {(task, *both) for task, pairs in whole.items() for both in pairs if both[0] != both[1]}
    told = result.families
    assert len(told.moves) == len(moved)
    assert {(one.task, one.old, one.new) for one in told.moves} == moved
    assert sum(one.cases for one in told.moves) == told.changed
    assert {one.task for one in told.tasks if one.changed} == {task for task, _, _ in moved}
    for place, side in enumerate((result.old, result.new)):
        alone = [both for pairs in found.values() for both in pairs if both[1 - place] is None]
        assert bool(side.cases) == bool(alone)


@given(pairs_of_facts())
def test_what_has_no_counterpart_is_named(pair):
    old, new = map(Plain, pair)
    found = Enumerated(*pair)
    assume(any(None not in both for both in found.answers.values()))
    result = difference(*map(compiled, pair))
    for side, mine, other in ((result.old, old, new), (result.new, new, old)):
        assert set(side.questions) == set(mine.options) - set(other.options)
        lacking = {
            id: [option for option in options if option not in other.options[id]]
            for id, options in mine.options.items()
            if id in other.options and id != TASK
        }
        assert side.options == {id: options for id, options in lacking.items() if options}


@given(facts())
def test_a_rule_base_does_not_differ_from_itself(drawn):
    rulebase = compiled(drawn)
    result = difference(rulebase, rulebase)
    assert (result.families.changed, result.checkpoints.changed, result.entries) == (0, 0, ())
    assert not result.old.unshared
    assert not result.new.unshared
    assert result.keeps_answers


# -- first checkpoints -----------------------------------------------------------------------


TINY = "    parameters_millions: 40\n"
TWO_TONGUES = "    languages: [multilingual, en, de]\n"
USE = "  - id: use\n"
WEATHER = """\
  - id: weather
    ask: Is it raining?
    why: It might.
    options:
      - {id: dry, label: "no"}
      - {id: rain, label: "yes", requires: {commercial_use: [permitted]}}

"""
GERMAN = "      - {id: de, label: German, aliases: [german], requires: {languages: {one_of: [de]"
CHANGES = {
    "another size": ("checkpoints/matcher.yaml", TINY, TINY.replace("40", "410")),
    "another language": ("checkpoints/matcher.yaml", TWO_TONGUES, "    languages: [en, is]\n"),
    "a question more": ("questions.yaml", USE, WEATHER + USE),
    "an option for another": ("questions.yaml", GERMAN, GERMAN.replace("id: de", "id: da")),
    "other bands": ("questions.yaml", 'under 2 GB", up_to: 2', 'under 2 GB", up_to: 1'),
}


@pytest.fixture(params=CHANGES.values(), ids=CHANGES)
def other(request, small_folder, tmp_path):
    """Another state of the small rules."""
    name, old, new = request.param
    shutil.copytree(small_folder, folder := tmp_path / "rules")
    text = (folder / name).read_text(encoding="utf-8")
    assert old in text
    (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")
    return load_rules(folder)


def first_by_case(rulebases, task):
    """Return what comes first in each case that two rule bases know, one profile at a time."""
    diagrams = [diagram_for(Engine.known(one), task, {}) for one in rulebases]
    known = [{q.id: {o.id for o in q.options} for q in one.questions} for one in rulebases]
    answers = {}
    for question in (q for q in known[0] if q in known[1] and q != TASK):
        axes = [d.axes[d.levels[question]] for d in diagrams if question in d.levels]
        plain = [{v.answer for v in axis.values if v.least is None} for axis in axes]
        sizes = sorted({v.least for axis in axes for v in axis.values if v.least is not None})
        both = [
            one
            for one in (set.intersection(*plain) if plain else ())
            if set(one.options) - {NOT_APPLICABLE} <= known[0][question] & known[1][question]
        ]
        if axes:
            answers[question] = both + sizes
    found = Counter()
    for case in product(*answers.values()):
        pair = []
        for rulebase, diagram in zip(rulebases, diagrams, strict=True):
            profile = {
                id: read_answer(rulebase.question(id), answer, "asked")
                if isinstance(answer, float)
                else answer
                for id, answer in zip(answers, case, strict=True)
            }
            open_ = {axis.question: 0 for axis in diagram.axes if axis.question not in profile}
            assert len(open_) <= 1  # what one alone asks is filled with what comes first
            profile |= {id: diagram.axes[diagram.levels[id]].values[0].answer for id in open_}
            assumed = diagram.assumed(diagram.kept(profile))
            pair.append(assumed and assumed[1])
        if None not in pair:
            found[tuple(leaf.checkpoint or None for leaf in pair)] += 1
    return found


@pytest.mark.slow
def test_cases_whose_first_checkpoint_changes_are_those_of_plain_enumeration(small, other):
    for pair in ((small, other), (other, small)):
        told = difference(*pair).checkpoints
        moved = Counter()
        for task in ("label", "find"):
            found = first_by_case(pair, task)
            (row,) = [one for one in told.tasks if one.task == task]
            changed = {both: cases for both, cases in found.items() if both[0] != both[1]}
            assert (row.compared, row.changed) == (sum(found.values()), sum(changed.values()))
            moved.update({(task, *both): cases for both, cases in changed.items()})
        assert {
            (one.task, one.old, one.new): one.cases
            for one in told.moves
            if one.task in ("label", "find")
        } == moved


def test_a_task_that_one_rule_base_cannot_have_is_not_compared(small, small_folder, tmp_path):
    shutil.copytree(small_folder, folder := tmp_path / "rules")
    questions = (folder / "questions.yaml").read_text(encoding="utf-8")
    never = "never:\n  - {id: silence, when: {task: [speak]}, because: Nobody speaks.}\n"
    (folder / "questions.yaml").write_text(questions.replace("never:\n", never), "utf-8")
    tasks = {one.task for one in difference(small, load_rules(folder)).checkpoints.tasks}
    assert tasks == {task.id for task in small.tasks} - {"speak"}


def test_without_an_answer_that_both_know_nothing_is_read():
    store, source = Diagram([[], [(0,)]]), Diagram([[(0,), (1,)], [(0,)]])
    columns = [(0, []), (1, [0])]
    for node in (source.node(0, (source.terminal(1), EMPTY)), source.terminal(2)):
        assert store.read(source, node, lambda label: label, columns) == EMPTY


def test_the_need_of_a_change_leads_to_each_of_its_checkpoints(small, other):
    told = difference(small, other)
    assert told.keeps_answers == (not told.checkpoints.changed and not told.old.unshared)
    for move in told.checkpoints.moves:
        for rulebase, id in ((small, move.old), (other, move.new)):
            profile = make_profile(rulebase, {"task": move.task, **move.need})
            diagram = diagram_for(Engine.known(rulebase), move.task, {})
            found = diagram.assumed(diagram.kept(profile))
            assert (found[1].checkpoint or None) == id, move


# -- the shipped rules -------------------------------------------------------------------------


@pytest.mark.slow
def test_the_need_of_each_move_of_an_overlay_is_answered_so_by_both(rulebase):
    overlaid = load_rules(overlays=(OVERLAY,))
    moves = difference(rulebase, overlaid).families.moves
    assert moves
    for move in moves:
        for rules, family in ((rulebase, move.old), (overlaid, move.new)):
            profile = make_profile(rules, {"task": move.task, **move.need})
            assert Engine.known(rules).decide(profile).family == family, move


def test_places_in_files_do_not_count(rulebase):
    moved = copy.copy(rulebase)
    moved.rules = tuple(one._replace(place="elsewhere.yaml:1") for one in rulebase.rules)
    assert entry_changes(rulebase, moved) == ()


def test_the_order_of_criteria_counts(rulebase):
    moved = copy.copy(rulebase)
    moved.criteria = tuple(reversed(rulebase.criteria))
    (kind,) = entry_changes(rulebase, moved)
    assert (kind.kind, kind.reordered, kind.changed) == ("criterion", True, ())
