"""A recommendation in a notebook cell: a well-formed fragment, in which nothing of ours runs."""

import html
import json
import re

import pytest
from browser import Fragment

import advisor as package
from advisor.draw.html import html as html_file
from advisor.rulebase.store import load_rules

NASTY = "<script>alert('1')</script> & <b onclick=\"x\">so</b>"


def assert_scoped(style):
    """No rule of a style sheet reaches what stands beside the fragment in the notebook."""
    selectors = [one.strip() for one in re.findall(r"[^{}]+(?={)", style)]
    assert len(selectors) > 20
    for selector in ",".join(one for one in selectors if not one.startswith("@media")).split(","):
        assert selector.strip().startswith(".advisor"), selector


@pytest.mark.parametrize(
    "answers",
    [
        {"task": "captioning"},
        {"task": "speech"},
        {"task": ["captioning", "image-search"]},
        {"task": "captioning", "language": "hi", "memory-gb": 2},
        {"output": "vector"},
    ],
    ids=str,
)
def test_it_is_one_well_formed_fragment(rulebase, answers):
    text = package.recommend(rulebase, answers)._repr_html_()
    fragment = Fragment(text)
    assert fragment.seen[0] == ("div", {"class": "advisor"})
    assert text.endswith("</div>")
    assert not fragment.tags & {"html", "body", "head", "script", "link", "iframe", "img"}
    assert_scoped(text.partition("<style>")[2].partition("</style>")[0])
    assert not any(name.startswith("on") for _, attrs in fragment.seen for name in attrs)


def test_it_says_what_the_page_says(rulebase):
    text = Fragment(package.recommend(rulebase, {"task": "captioning"})._repr_html_()).text
    for part in ("unified VLP", "based on defaults", "Other families", "Would change if"):
        assert part in text
    assert "advisor recommend --task captioning" in text


@pytest.mark.slow
def test_what_rules_say_is_escaped(overlay, weather):
    rain = (weather / "decisions/rain.yaml").read_text(encoding="utf-8")
    quoted = NASTY.replace("'", "''")
    overlay(
        {"decisions/rain.yaml": rain.replace("It does not like to get wet.", f"'{quoted}'")},
        weather.name,
    )
    rulebase = load_rules(overlays=(weather,))
    answers = {"task": "similar-images", "weather": "rainy"}
    text = html_file(package.recommend(rulebase, answers).to_page(whole=True))
    fragment = Fragment(text)
    assert text.count("<script") == 1  # which copies
    assert "b" not in fragment.tags
    assert NASTY in fragment.text


def test_the_command_prints_a_whole_file_with_every_reason(advisor, rulebase):
    printed = advisor("recommend", "--task", "captioning", "--format", "html").out
    assert printed.startswith("<!doctype html>\n")
    answer = package.recommend(rulebase, {"task": "captioning"})
    for assessment in answer.advice[0].decision.assessments:
        for found in assessment.fired:
            assert not found.decisive or html.escape(found.rule.because) in printed


def test_the_dictionary_is_the_json_that_the_command_prints(advisor, rulebase):
    flags = ["--task", "captioning", "--task", "vqa", "--today", "2030-01", "--format", "json"]
    answer = package.recommend(rulebase, {"task": ["captioning", "vqa"]})
    assert json.loads(json.dumps(answer.to_dict("2030-01"))) == advisor("recommend", *flags).json


@pytest.mark.slow
def test_a_page_for_markdown_does_not_run_either(advisor, overlay, weather):
    rain = (weather / "decisions/rain.yaml").read_text(encoding="utf-8")
    overlay(
        {"decisions/rain.yaml": rain.replace("It does not like to get wet.", "<script>x</script>")},
        weather.name,
    )
    arguments = ["--task", "similar-images", "--weather", "rainy", "--rules", weather]
    text = advisor("recommend", *arguments, "--format", "markdown").out
    assert "\\<script>" in text
