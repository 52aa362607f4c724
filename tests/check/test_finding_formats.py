"""Findings as GitHub annotations, SARIF and JUnit: well-formed, escaped, and within limits.

With `ADVISOR_TEST_SCHEMAS` naming a folder that holds `sarif-schema-2.1.0.json` (OASIS) and
`junit-10.xsd` (Jenkins), the output is validated against those too; they are not ours to ship.
"""

import json
import os
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as some

from advisor.check.page import _lines_of
from advisor.draw.findings import (
    SHOWN_A_STEP,
    FindingRow,
    FindingsReport,
    github,
    junit,
    sarif,
    workflow_commands,
)

AWKWARD = "100 %, a: b,\r\nsecond line <&\"'> \x00\x1b \U0001f600"
RULES = {"a-rule": ("What it is about", "https://example.org/rules#a-rule")}
SCHEMAS = Path(os.environ.get("ADVISOR_TEST_SCHEMAS", ""))
official = pytest.mark.skipif(
    not os.environ.get("ADVISOR_TEST_SCHEMAS"), reason="ADVISOR_TEST_SCHEMAS names no folder"
)


def finding(**given):
    return FindingRow("a-rule", "error", "src/a b.py", 3, 5, "what is wrong")._replace(**given)


def report(*findings, **given):
    return FindingsReport(RULES, findings, **given)


texts = some.text(some.characters(codec="utf-8"), max_size=30)
findings = some.builds(
    FindingRow,
    some.sampled_from(["a-rule", "another-rule"]),
    some.sampled_from(["error", "warning", "note"]),
    texts,
    some.none() | some.integers(1, 999),
    some.none() | some.integers(1, 99),
    texts.map(lambda text: text or "what"),
    texts,
    some.lists(texts, max_size=2).map(tuple),
    some.none() | texts,
)
reports = some.builds(
    FindingsReport,
    some.just(RULES),
    some.lists(findings, max_size=25).map(tuple),
    some.just(3),
    some.sampled_from([(), ("error",), ("error", "warning")]),
    some.sampled_from([{}, {"suppressed": {"links": 1}, "fail_on": "never"}]),
)


def test_an_annotation_escapes_what_github_would_misread():
    awkward = finding(path="a,b:c%.py", message=AWKWARD, rule="x,y")
    (line,) = workflow_commands(report(awkward)).splitlines()
    assert line.startswith("::error file=a%2Cb%3Ac%25.py,line=3,col=5,title=x%2Cy::100 %25, a: b,")
    assert "%0D%0Asecond line" in line


@pytest.mark.slow
@given(reports)
def test_github_shows_at_most_ten_of_a_level_and_the_log_all(found):
    text = github(found)
    commands = [line for line in text.split("\n") if line.startswith("::")]
    for level in ("error", "warning", "notice"):
        assert sum(line.startswith(f"::{level}") for line in commands) <= SHOWN_A_STEP
    rest = [line for line in text.split("\n") if line and not line.startswith("::")]
    assert len(rest) == len(found.findings) + 1
    for line in commands:
        assert re.fullmatch(r"::[a-z]+( [a-z]+=[^:]*)?::[^\r]*", line), line


def test_github_counts_one_as_one():
    assert github(report(finding())).splitlines()[-1] == "1 error, 0 warnings, 0 notes"


def test_the_tenth_annotation_says_how_many_are_left():
    lines = workflow_commands(report(*[finding(line=n) for n in range(1, 15)])).splitlines()
    assert len(lines) == SHOWN_A_STEP
    assert lines[-1] == "::error::5 more errors are listed in the log of this step"


@pytest.mark.slow
@given(reports)
def test_junit_is_well_formed_and_counts_what_fails(found):
    suite = ElementTree.fromstring(junit(found).encode())[0]
    failing = sum(one.level in found.failing for one in found.findings)
    assert suite.get("failures") == str(failing) == str(len(suite.findall("testcase/failure")))
    assert suite.get("tests") == str(len(suite.findall("testcase"))) != "0"


@given(reports)
def test_sarif_names_every_rule_by_its_index(found):
    (run,) = json.loads(json.dumps(sarif(found)))["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert len(rules) == len(set(rules))
    for one, result in zip(found.findings, run["results"], strict=True):
        assert rules[result["ruleIndex"]] == result["ruleId"] == one.rule
        assert result["level"] == one.level
    prints = [json.dumps(result["partialFingerprints"]) for result in run["results"]]
    assert len(set(prints)) == len(prints)


def test_a_fingerprint_survives_lines_that_move():
    before, after = (sarif(report(finding(line=n)))["runs"][0]["results"][0] for n in (3, 30))
    assert before["partialFingerprints"] == after["partialFingerprints"]
    place = before["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "src/a%20b.py", "uriBaseId": "SRCROOT"}


@official
@given(reports)
def test_sarif_validates_against_the_official_schema(found):
    import jsonschema

    schema = json.loads((SCHEMAS / "sarif-schema-2.1.0.json").read_text(encoding="utf-8"))
    checker = jsonschema.FormatChecker()
    jsonschema.validators.validator_for(schema)(schema, format_checker=checker).validate(
        sarif(found)
    )


@official
@given(reports)
def test_junit_validates_against_the_common_xsd(found):
    etree = pytest.importorskip("lxml.etree")
    schema = etree.XMLSchema(etree.parse(str(SCHEMAS / "junit-10.xsd")))
    schema.assertValid(etree.fromstring(junit(found).encode()))


def test_a_page_shows_one_finding_a_cause_and_counts_the_other_places(check):
    """A machine gets all; a reader of forty thousand would see none."""
    load = 'BlipModel.from_pretrained("openai/clip-vit-base-patch32")\n'
    found = {f"{name}.py": "from transformers import BlipModel\n" + load * 30 for name in "ab"}
    said, told = "error class-does-not-match", "is for another architecture"
    assert len(check(found).of("error")) == 60
    assert len(check({}, format="sarif").json["runs"][0]["results"]) >= 60
    assert check({}, format="github").out.count(said) == 60
    assert check({}, format="junit").out.count('<failure type="class-does-not-match"') == 60
    for format in ("terminal", "markdown", "html"):
        page = check({}, format=format)
        assert page.code == 1
        assert page.out.count(told) == 1
        assert "also at a.py:3, a.py:4, a.py:5, a.py:6 and 55 more" in page.out
        assert "60 errors" in page.out
        assert check({}, "-v", format=format).out.count(told) == 60


def test_the_lines_of_a_file_are_found_once_for_all_its_findings(check):
    load = 'BlipModel.from_pretrained("openai/clip-vit-base-patch32")\n'
    _lines_of.cache_clear()
    check({"a.py": "from transformers import BlipModel\n" + load * 10}, "-v", format="terminal")
    known = _lines_of.cache_info()
    assert (known.misses, known.hits) == (1, 9)


def test_a_page_says_which_release_judged_and_who_asks_for_it(check):
    text = "from transformers import AdamW\n"
    page = check({"a.py": text}, "--transformers", "5.24", format="markdown")
    assert "transformers 5.24.0" in page.out
    assert "5.24.0None" not in page.out
    page = check({"requirements.txt": "transformers==5.24.0\n"}, format="markdown")
    assert "transformers 5.24.0 (transformers==5.24.0 in requirements.txt)" in page.out


PAGE = """\
### a.py:2:5: error class-does-not-match

openai/clip-vit-base-patch32 is a clip model, and `BlipModel` is for another architecture

```
2 | m = BlipModel.from_pretrained("openai/clip-vit-base-patch32")
  |     ^^^^^^^^^
```
"""
NOTE = """
### Notes

- a.py:2:31: unpinned-revision: openai/clip-vit-base-patch32 is loaded without a pinned commit"""


def test_a_page_has_a_heading_a_finding_its_line_and_the_notes(check):
    load = 'm = BlipModel.from_pretrained("openai/clip-vit-base-patch32")\n'
    page = check({"a.py": f"from transformers import BlipModel\n{load}"}, "-v", format="markdown")
    assert page.out.startswith(PAGE)
    assert NOTE in page.out
