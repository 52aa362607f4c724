"""HTML of every command is one whole file: titled, light and dark, readable on a phone."""

import html
import re

import pytest
from browser import DESK, PHONE, View, look, needs_browser

COMMANDS = {
    "recommend": ["recommend", "--task", "captioning"],
    "none": ["recommend", "--task", "object-detection"],
    "several": ["recommend", "--task", "captioning,vqa"],
    "explain": ["explain", "--task", "captioning"],
    "compare": ["compare", "clip", "unified-vlp"],
    "show": ["show", "Salesforce/blip-vqa-base"],
    "list": ["list", "checkpoints", "--task", "vqa"],
    "check": ["check", "--checkpoint", "Salesforce/blip-vqa-base", "--task", "captioning"],
    "audit": ["rules", "audit"],
    "test": ["rules", "test"],
}
SHARED = {"recommend", "none"}
"""Whose pages have to fit as well."""


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "audit"])
def test_it_is_a_whole_file(advisor, name):
    hold_whole(advisor(*COMMANDS[name], "--format", "html").out)


def hold_whole(page):
    assert page.startswith("<!doctype html>\n")
    assert page.endswith("</html>\n")
    head = page.partition("</head>")[0]
    assert re.search("<title>.+</title>", head)
    assert 'name="viewport" content="width=device-width' in head
    assert "prefers-color-scheme:dark" in head
    assert "@root" not in head
    assert not re.search(r"""(src|href)="(?!https://|data:|#)""", page)
    assert page.count("<script") == ('<div class="code">' in page)


@pytest.mark.slow
@needs_browser()
@pytest.mark.parametrize("name", [name for name in COMMANDS if name not in SHARED])
def test_it_is_readable_at_any_width_in_light_and_dark_and_by_a_screen_reader(
    advisor, tmp_path, name
):
    file = tmp_path / "page.html"
    page = advisor(*COMMANDS[name], "--format", "html").out
    hold_whole(page)  # that of the audit, which takes its time, here alone
    file.write_text(page, encoding="utf-8")
    for seen in look(file, View(PHONE), View(DESK, dark=True), axe=True):
        assert seen.scroll_width <= seen.view.width
        assert seen.hidden == 0
        assert seen.console == []
        assert seen.requests == [file.as_uri()]
        assert seen.violations == []


PASSED_ON = {
    "sentence": ["recommend", "search 2 million product photos by German text, on a CPU"],
    "limit": ["recommend", "--task", "captioning", "--memory-gb", "8"],
    "marks": ["recommend", "--task", "vqa"],
}


@pytest.mark.parametrize("name", PASSED_ON)
def test_an_answer_has_its_need_on_top_and_what_gives_it_again(advisor, name):
    page = advisor(*PASSED_ON[name], "--format", "html").out
    command = advisor(*PASSED_ON[name], "--format", "json").json["command"]
    said = ("Need: ", "<h1>", "<dt>Ranking</dt>", "<table", "<h2>Program</h2>")
    said += (
        "<h2>Commands</h2>",
        "<summary>All reasons",
        "<dt>Reproduce</dt>",
        "newest source read",
    )
    for mark in "~=*":
        if re.search(rf">(?:[{mark}][\d.]+|[\d.]+[{mark}])</td>", page):
            assert re.search(rf"<dt>Score</dt><dd>[^<]*[{mark}] ", page.partition("All reasons")[0])
    places = [page.index(part) for part in said]
    assert places == sorted(places)
    need = PASSED_ON[name][1] if name == "sentence" else command
    assert html.escape(need) in re.sub("</?span[^>]*>", "", page)


@pytest.mark.slow
@needs_browser()
@pytest.mark.parametrize("name", [*PASSED_ON, *sorted(SHARED)])
def test_a_shared_answer_fits_a_screen_and_a_phone(advisor, tmp_path, name):
    file = tmp_path / "page.html"
    file.write_text(advisor(*{**COMMANDS, **PASSED_ON}[name], "--format", "html").out, "utf-8")
    for seen in look(file, View(PHONE), View(DESK, dark=True), axe=True):
        assert (seen.violations, seen.console, seen.hidden) == ([], [], 0)
        assert seen.requests == [file.as_uri()]
        assert seen.scroll_width <= seen.view.width
        if seen.view.width == PHONE:
            assert seen.scroll_height <= 3000
        else:
            assert 0 < seen.second_part <= seen.view.height
