"""HTML of every command is one whole file: titled, light and dark, readable on a phone."""

import html
import re
from itertools import combinations

import pytest
from browser import DESK, PHONE, Fragment, View, look, needs_browser

from advisor.draw.blocks import Dot, Scatter
from advisor.draw.scatter import scatter

COMMANDS = {
    "recommend": ["recommend", "--task", "captioning"],
    "none": ["recommend", "--task", "object-detection"],
    "several": ["recommend", "--task", "captioning,vqa"],
    "explain": ["explain", "--task", "captioning"],
    "compare": ["compare", "clip", "unified-vlp"],
    "family": ["show", "clip"],
    "show": ["show", "Salesforce/blip-vqa-base"],
    "list": ["list", "checkpoints", "--task", "vqa"],
    "check": ["check", "--checkpoint", "Salesforce/blip-vqa-base", "--task", "captioning"],
    "audit": ["rules", "audit"],
    "test": ["rules", "test"],
}
SHARED = {"recommend", "none"}
"""Whose pages have to fit as well."""


def every_third(names):
    """These pages, two of three by night: all are whole files of the same blocks."""
    return [
        pytest.param(name, marks=pytest.mark.long if n % 3 else ()) for n, name in enumerate(names)
    ]


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "audit"])
def test_it_is_a_whole_file(advisor, name):
    hold_whole(advisor(*COMMANDS[name], "--format", "html").out)


def hold_whole(page):
    assert page.startswith("<!doctype html>\n")
    assert page.endswith("</html>\n")
    Fragment(page.rstrip("\n"))
    head = page.partition("</head>")[0]
    assert re.search("<title>.+</title>", head)
    assert 'name="viewport" content="width=device-width' in head
    assert "prefers-color-scheme:dark" in head
    assert "@root" not in head
    assert not re.search(r"""(src|href)="(?!https://|data:|#)""", page)
    assert page.count("<script") == ('<div class="code">' in page)


@pytest.mark.slow
@needs_browser()
@pytest.mark.parametrize(
    "name", every_third(name for name in COMMANDS if name not in {*SHARED, "family"})
)
def test_it_is_readable_at_any_width_in_light_and_dark_and_by_a_screen_reader(
    advisor, tmp_path, name, request
):
    if name == "audit":  # of the shipped rules it takes 19 s, for a page of the same parts
        request.getfixturevalue("small_rules")
    file = tmp_path / "page.html"
    page = advisor(*COMMANDS[name], "--format", "html").out
    hold_whole(page)
    file.write_text(page, encoding="utf-8")
    views = View(PHONE), View(DESK, dark=True)
    turn = [*COMMANDS].index(
        name
    ) % 2  # who listens, by axe, takes turns: the style is of all pages
    whole = [*look(file, views[turn], axe=True), *look(file, views[1 - turn])]
    assert whole[0].violations == []
    for seen in whole:
        assert seen.scroll_width <= seen.view.width
        assert seen.hidden == 0
        assert seen.console == []
        assert seen.requests == [file.as_uri()]


PICTURED = {
    "sentence": ["recommend", "search 2 million product photos by German text, on a CPU"],
    "limit": ["recommend", "--task", "captioning", "--memory-gb", "8"],
    "marks": ["recommend", "--task", "vqa"],
}


@pytest.mark.parametrize("name", PICTURED)
def test_an_answer_has_its_need_on_top_then_a_picture_and_what_gives_it_again(advisor, name):
    page = advisor(*PICTURED[name], "--format", "html").out
    command = advisor(*PICTURED[name], "--format", "json").json["command"]
    said = ("Need: ", "<h1>", '<figure class="scatter">', "<dt>Ranking</dt>", "<h2>Program</h2>")
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
    need = PICTURED[name][1] if name == "sentence" else command
    assert html.escape(need) in re.sub("</?span[^>]*>", "", page)


def test_a_picture_numbers_the_rows_of_the_table_and_draws_ties_and_the_limit(advisor):
    page = advisor(*PICTURED["limit"], "--format", "html").out
    rows = advisor(*PICTURED["limit"], "--format", "json").json["checkpoints"]
    figure = page.partition("<figure")[2].partition("</figure>")[0]
    first, *_ = re.findall(r'class="named" cx="([\d.]+)"', figure)
    limit = re.search(r'class="limit" x1="([\d.]+)"', figure)[1]
    beyond = re.findall(r'class="other beyond" cx="([\d.]+)"', figure)
    assert f"1: {rows[0]['id']}" in figure
    assert float(first) < float(limit) < min(map(float, beyond))
    assert 'class="tie"' in figure
    assert re.search(r'class="title"[^>]*>.*(higher|lower) is better', figure)
    reasons = figure.partition("Hollow dots mark checkpoints that ")[2].partition(".")[0]
    titles = set(re.findall(r"beyond[^<]*<title>[^<]*: ([^<]+)<", figure))
    assert titles == set(re.split(", | or ", reasons))


@pytest.mark.parametrize("names", [["a", "b", "c", "d"]])
def test_numbers_of_a_picture_hide_no_point_and_no_number(names):
    """Four points in one place, as twins of a series are."""
    dots = tuple(Dot(name, 2.0, 50.0, str(place)) for place, name in enumerate(names))
    picture = Scatter("GB", "accuracy", "higher", (*dots, Dot("e", 4.0, None)), None, None, "")
    drawn = scatter(picture)
    badges = re.findall(r'class="badge" cx="([\d.]+)" cy="([\d.]+)" r="([\d.]+)"', drawn)
    circles = [tuple(map(float, badge)) for badge in badges]
    assert len(circles) == len(dots)
    for (x, y, r), (a, b, _) in combinations(circles, 2):
        assert (x - a) ** 2 + (y - b) ** 2 > (2 * r) ** 2


def test_the_better_value_is_above_where_less_is_better():
    dots = Dot("good", 1.0, 2.0, "1"), Dot("bad", 2.0, 9.0, "2")
    drawn = scatter(Scatter("GB", "error rate", "lower", dots, None, None, ""))
    good, bad = map(float, re.findall(r'class="named" cx="[\d.]+" cy="([\d.]+)"', drawn))
    assert good < bad


@pytest.mark.slow
@needs_browser()
@pytest.mark.parametrize("name", [*PICTURED, *sorted(SHARED)])
def test_a_shared_answer_fits_a_screen_and_a_phone(advisor, tmp_path, name):
    file = tmp_path / "page.html"
    file.write_text(advisor(*{**COMMANDS, **PICTURED}[name], "--format", "html").out, "utf-8")
    axe = name in SHARED  # the others are made of the same blocks
    for seen in look(file, View(PHONE), View(DESK, dark=True), axe=axe):
        assert (seen.violations or [], seen.console, seen.hidden) == ([], [], 0)
        assert seen.requests == [file.as_uri()]
        assert seen.scroll_width <= seen.view.width
        if seen.view.width == PHONE:
            assert seen.scroll_height <= 3000
        else:
            assert 0 < seen.second_part <= seen.view.height
