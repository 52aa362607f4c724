"""HTML of every command is one whole file: titled, light and dark, readable on a phone."""

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


@pytest.mark.parametrize("name", COMMANDS)
def test_it_is_a_whole_file(advisor, name):
    page = advisor(*COMMANDS[name], "--format", "html").out
    assert page.startswith("<!doctype html>\n")
    assert page.endswith("</html>\n")
    head = page.partition("</head>")[0]
    assert re.search("<title>.+</title>", head)
    assert 'name="viewport" content="width=device-width' in head
    assert "prefers-color-scheme:dark" in head
    assert "@root" not in head
    assert not re.search(r"""(src|href)="(?!https://|data:|#)""", page)
    assert "<script" not in page


@pytest.mark.slow
@needs_browser()
@pytest.mark.parametrize("name", COMMANDS)
def test_it_is_readable_at_any_width_in_light_and_dark_and_by_a_screen_reader(
    advisor, tmp_path, name
):
    file = tmp_path / "page.html"
    file.write_text(advisor(*COMMANDS[name], "--format", "html").out, encoding="utf-8")
    for seen in look(file, View(PHONE), View(DESK), View(DESK, dark=True)):
        assert seen.scroll_width <= seen.view.width
        assert seen.hidden == 0
        assert seen.console == []
        assert seen.requests == [file.as_uri()]
        assert seen.violations == []
