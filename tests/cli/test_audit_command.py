"""`advisor rules audit` and `coverage`: sound rules pass, seeded defects are found in place."""

from textwrap import dedent

import pytest

pytestmark = pytest.mark.usefixtures("small_rules")


def rule(id, when, effect, criterion, more=""):
    """Return a rule as it stands in a file: eight lines."""
    example = "{given: {task: answer}, fires: %s}"
    return dedent(f"""\
        - id: {id}
          criterion: {criterion}
          when: {when}
          {effect}
          because: So it is said in a test.
          sources: [handbook]
          examples: [{example % "true"}, {example % "false"}]
        {more or "# no more"}
        """)


@pytest.fixture
def audited(advisor, tmp_path, monkeypatch):
    """Lay a folder `house` over the small rules and return what the audit finds."""
    monkeypatch.chdir(tmp_path)

    def audit(*rules, files=None):
        text = "rules:\n" + "".join(
            "".join(f"  {line}\n" for line in one.splitlines()) for one in rules
        )
        contents = {"decisions/house.yaml": text} if rules else {}
        for name, content in {**contents, **(files or {})}.items():
            path = tmp_path / "house" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(dedent(content))
        result = advisor("rules", "audit", "--rules", "house", "--format", "json")
        return result.code, result.json

    return audit


def found(document, kind):
    return [one for one in document["findings"] if one["rule"] == kind]


def place(finding):
    return finding["path"], finding["line"]


def test_sound_rules_are_proved_sound(advisor):
    result = advisor("rules", "audit", "--format", "json")
    document = result.json
    assert result.code == 0
    assert document["sound"]
    assert document["proved"]
    assert document["counts"]["error"] == document["counts"]["warning"] == 0
    assert document["profiles"] == sum(document["answers"].values()) > 1_000
    assert document["answers"]["none"] == document["declared_none"]
    for one in document["rules"]:
        decides = one["pivotal"] is None or one["pivotal"] > 0
        assert decides != one["supporting"]
        assert bool(one["witness"]) == bool(one["pivotal"])


def test_a_gap_is_found_at_the_rule_that_opens_it(audited):
    everyone = "exclude: [matcher, reader, writer]"
    code, document = audited(
        rule("filler", "{use: [commercial], device: [cpu]}", "prefer: matcher", "scale"),
        rule("nobody", "{task: [answer], device: [phone]}", everyone, "scale"),
    )
    (gap,) = found(document, "gap")
    assert code == 1
    assert place(gap) == ("house/decisions/house.yaml", 10)
    assert gap["about"] == "answer"
    assert gap["example"] == {"task": "answer", "device": "phone"}
    gaps = document["answers"]["none"] - document["declared_none"]
    assert gap["message"].startswith(f"{gaps:,} answer combinations have no family")


def test_a_dead_rule_is_found(audited):
    code, document = audited(
        rule("dead", "{task: [describe], output: [pick]}", "prefer: matcher", "scale")
    )
    (dead,) = found(document, "dead-rule")
    assert (code, dead["about"]) == (1, "dead")
    assert place(dead) == ("house/decisions/house.yaml", 2)


def test_a_rule_implied_by_the_union_of_two_is_found(audited):
    code, document = audited(
        rule("one", "{task: [label], device: [phone]}", "prefer: matcher", "scale"),
        rule("two", "{task: [label], device: [cpu]}", "prefer: matcher", "scale"),
        rule("both", "{task: [label], device: [phone, cpu]}", "prefer: matcher", "scale"),
    )
    implied = {one["about"]: one for one in found(document, "implied-rule")}
    assert code == 1
    assert place(implied["both"]) == ("house/decisions/house.yaml", 18)
    assert "`one`, `two` cover all" in implied["both"]["message"]


def test_a_rule_that_is_never_pivotal_is_found(audited):
    code, document = audited(
        rule("useless", "{task: [answer], use: [commercial]}", "prefer: writer", "hardware")
    )
    (useless,) = found(document, "never-pivotal")
    assert (code, useless["about"], useless["level"]) == (1, "useless", "warning")
    assert place(useless) == ("house/decisions/house.yaml", 2)
    assert useless["message"].endswith("answer combinations and changes the result of none")


def test_a_rule_that_says_supporting_may_never_be_pivotal(audited):
    code, document = audited(
        rule(
            "true-reason",
            "{task: [answer], use: [commercial]}",
            "prefer: writer",
            "hardware",
            "  supporting: true",
        )
    )
    assert code == 0
    assert not found(document, "never-pivotal")


SEEDED = {
    "family-cannot-win": (
        "families/silent.yaml",
        "{id: silent, name: S, tie_break_order: 9, summary: S., takes: {}, gives: {}, tasks: {}}",
        1,
    ),
    "impossible-option": (
        "tasks.yaml",
        """\
            tasks:
              - id: impossible
                name: Impossible
                description: A ranking out of a form to fill in.
                implies: {output: [ranking], collection: [not-applicable]}
        """,
        2,
    ),
    "idle-question": (
        "questions.yaml",
        """\
            questions:
              - id: color
                ask: Which color do you like?
                why: Nobody knows.
                options: [{id: red, label: red}, {id: blue, label: blue}]
        """,
        2,
    ),
}


@pytest.mark.parametrize("kind", SEEDED)
def test_an_entry_without_an_effect_is_found_at_its_line(audited, kind):
    file, text, line = SEEDED[kind]
    code, document = audited(files={file: text})
    (one,) = found(document, kind)
    assert (code, place(one)) == (1, (f"house/{file}", line))
    assert f"id: {one['about']}" in text


def test_an_undeclared_tie_is_found(audited):
    code, document = audited(
        files={
            "criteria.yaml": """\
                criteria:
                  - id: capability
                    name: capability
                    judges: declarations
                    because: First.
                ties:
                  - id: pages-with-nothing-special-about-them
                    between: [matcher, reader]
                    when: {task: [answer]}
                    because: Never.
                    sources: [handbook]
            """
        }
    )
    (tie,) = found(document, "undeclared-tie")
    assert code == 1
    assert tie["message"].startswith("`writer` and `reader` tie in ")
    assert place(tie) == ("rules/families/writer.yaml", 1)
    (idle,) = found(document, "idle-tie")
    assert place(idle) == ("house/criteria.yaml", 7)


def test_a_checkpoint_that_is_never_offered_is_noted(audited):
    code, document = audited(
        files={
            "checkpoints/matcher.yaml": """\
                checkpoints:
                  - id: nobody/speaks-it
                    label: Speaks no language that is asked for
                    loader: transformers
                    class: CLIPModel
                    model_type: clip
                    tasks: [find]
                    languages: [la]
                    sources: {languages: [handbook]}
                    checked: "2026-11"
                  - id: nobody/writes
                    label: Claims a task its family never wins
                    loader: transformers
                    class: CLIPModel
                    model_type: clip
                    tasks: [describe]
                    languages: [en]
                    sources: {languages: [handbook]}
                    checked: "2026-11"
            """
        }
    )
    noted = {one["about"]: one for one in found(document, "idle-checkpoint")}
    assert code == 0
    assert place(noted["nobody/speaks-it"]) == ("house/checkpoints/matcher.yaml", 2)
    assert "never meets the requirements" in noted["nobody/speaks-it"]["message"]
    assert ("advisor recommends `matcher` for none of the tasks of this checkpoint") in noted[
        "nobody/writes"
    ]["message"]


def test_without_time_it_says_that_nothing_is_verified_and_exits_2(advisor):
    result = advisor("rules", "audit", "--budget", "0.000001")
    assert (result.code, result.out) == (2, "")
    assert "the time limit of 1e-06 seconds is reached, so nothing is verified" in result.err
    error = advisor("rules", "audit", "--budget", "0.000001", "--format", "json").json["error"]
    assert error["kind"] == "too-much-open"


def test_no_time_at_all_is_a_usage_error(advisor):
    result = advisor("rules", "audit", "--budget", "0")
    assert (result.code, result.out) == (2, "")
    assert "`--budget 0` is not a positive number of seconds" in result.err


@pytest.mark.parametrize("format", ["markdown", "html"])
def test_every_format_names_the_defect_and_its_place(advisor, audited, format):
    audited(rule("dead", "{task: [describe], output: [pick]}", "prefer: matcher", "scale"))
    result = advisor("rules", "audit", "--rules", "house", "--format", format)
    assert result.code == 1
    assert "dead-rule" in result.out
    assert "house/decisions/house.yaml" in result.out


def test_a_whole_folder_of_rules_is_audited_in_place_of_the_shipped_ones(advisor, tmp_path):
    result = advisor("rules", "audit", str(tmp_path / "nowhere"))
    assert result.code == 2
    assert "the rule folder" in result.err
