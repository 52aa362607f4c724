"""Rules that follow from declarations: each declaration gives its rule, and nothing else does."""

from pathlib import Path

import pytest
from commands import in_this_process

from advisor.model import TASK
from advisor.rulebase.compile import EFFECT_OF_FIT
from advisor.rulebase.store import load_rules, shipped_rules


@pytest.fixture(params=["small", "shipped"])
def rules(request, small_folder):
    """Return a rule base, and its folder."""
    folder = small_folder if request.param == "small" else shipped_rules()
    return load_rules(folder), folder


def expected(rulebase):
    """Yield what each family's declarations say: question, option, effect and reason."""
    for family in rulebase.families:
        for kind, declared in (("takes", family.takes), ("gives", family.gives)):
            for question in rulebase.questions:
                for option in question.options if question.declared_by == kind else ():
                    if option.id not in declared:
                        yield family, question.id, option.id, "exclude", "cannot"
        for task in rulebase.tasks:
            fit = family.tasks.get(task.id)
            effect = EFFECT_OF_FIT.get(fit.fit) if fit else "exclude"
            if effect:
                yield family, TASK, task.id, effect, "tasks" if fit else "cannot"


def test_every_declaration_gives_its_rule_and_nothing_else_does(rules):
    rulebase, _ = rules
    told = {}
    for family, question, option, effect, part in expected(rulebase):
        declared = getattr(family, part).get(option)
        because = (
            declared.because if declared else f"The rule base does not say that {family.name} "
        )
        told[family.id, question, option] = effect, because
    found = {}
    for rule in rulebase.rules:
        if rule.derived:
            (question, (option,)), (family,) = *rule.when.items(), rule.candidates
            found[family, question, option] = rule.effect, rule.because
    assert found.keys() == told.keys()
    for key, (effect, because) in found.items():
        assert effect == told[key][0], key
        assert because.startswith(told[key][1]), key


def test_a_derived_rule_says_the_line_and_the_key_that_declare_it(rules):
    rulebase, folder = rules
    texts = {file.name: file.read_text("utf-8").splitlines() for file in folder.rglob("*.yaml")}
    silent = 0
    for rule in rulebase.rules:
        if not rule.derived:
            continue
        place, key = rulebase.declared(rule.id)
        name, _, line = place.rpartition(":")
        part, colon, option = key.partition(": ")
        lines = texts[Path(name).name]
        if not colon:  # nothing says anything of it
            silent += 1
            assert rule.because.startswith("The rule base does not say that")
            continue
        assert lines[int(line) - 1].strip().startswith(f"{option}:"), place
        above = next(each for each in reversed(lines[: int(line) - 1]) if each[:1].isalpha())
        assert above.startswith(f"{part}:"), place
    derived = [rule for rule in rulebase.rules if rule.derived]
    assert silent < len(derived)


def test_of_a_family_that_an_overlay_extends_each_key_is_named_in_its_own_file(
    small_folder, tmp_path
):
    ours = tmp_path / "ours"
    (ours / "families").mkdir(parents=True)
    (ours / "families/matcher.yaml").write_text(
        "id: matcher\ntasks:\n  describe: {fit: possible, because: Badly., sources: [handbook]}\n"
    )
    rulebase = load_rules(small_folder, (ours,))
    declared = {r.id: rulebase.declared(r.id) for r in rulebase.rules if r.derived}
    assert declared["matcher-possible-describe"] == (
        "ours/families/matcher.yaml:3",
        "tasks: describe",
    )
    others = {place for id, (place, _) in declared.items() if id.startswith("matcher-best")}
    assert others
    assert all(place.startswith("families/matcher.yaml:") for place in others)


def test_show_and_explain_say_where_derived_rules_stand_and_which_of_two_counts(
    capsys, monkeypatch
):
    advisor = in_this_process(capsys, monkeypatch, 80)
    shown = advisor("show", "clip-gives-no-free-text").out
    place, key = load_rules().declared("clip-gives-no-free-text")
    assert (key, f"{place}, {key}" in shown) == ("cannot: free-text", True)
    told = advisor("show", "clip-gives-no-free-text", "--format", "json").json
    assert told["place"] == place
    why = advisor("explain", "--task", "captioning", "--why-not", "clip").out
    assert "each of these rules alone excludes the family" in why
    refused = advisor("explain", "--task", "captioning", "-v")
    assert refused.code == 2
    assert "this command already prints everything" in refused.err
