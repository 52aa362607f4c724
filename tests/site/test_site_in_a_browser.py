"""The page in headless Chromium: one request, any width, light and dark, by keyboard alone."""

import fcntl
import functools
import gzip
import http.server
import json
import re
import shlex
import threading

import pytest
from browser import DESK, PHONE, View, look, needs_browser

from advisor.cli.main import run
from advisor.site.page import static_page

pytestmark = [pytest.mark.slow, needs_browser()]
WHOLE = "html[data-shown]"
MOST_BYTES = 300_000
MOST_PIXELS = 3000
ANSWERS = {
    "start": "",
    "answer": "#task=captioning",
    "nothing-fits": "#task=object-detection",
    "contradiction": "#task=captioning&gives=vector",
    "not-known": "#task=vqa&language=klingon&colour=red",
    "much-said": "#task=image-search&language=de&use=commercial&memory-gb=6&device=unknown",
}


@pytest.fixture(scope="module")
def page(rulebase, of_run):
    """The page of the shipped rules, which one worker of a run makes for all."""
    file = of_run / "site" / "index.html"
    file.parent.mkdir(exist_ok=True)
    with (file.parent / "begun").open("w") as begun:
        fcntl.flock(begun, fcntl.LOCK_EX)
        if not file.exists():
            file.write_text(static_page(rulebase), encoding="utf-8")
    return file


def loaded(seen):
    """What a page requested."""
    return [one.partition("#")[0] for one in seen.requests]


def told(capsys, *arguments):
    assert run([*arguments, "--format", "json"]) in (0, 1)
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(
    "name",
    [pytest.param(a, marks=pytest.mark.long if n > 3 else ()) for n, a in enumerate(ANSWERS)],
)
def test_it_is_readable_and_requests_nothing(page, name):
    """What goes together, and where axe looks, take turns, of which the first four have each."""
    number = [*ANSWERS].index(name)
    views = View(PHONE, dark=number % 2 == 1), View(DESK, dark=number % 2 == 0)
    address = page.as_uri() + ANSWERS[name]
    whole = [
        *look(address, views[number // 2 % 2], ready=WHOLE, axe=True),
        *look(address, views[1 - number // 2 % 2], ready=WHOLE),
    ]
    assert whole[0].violations == []
    for seen in whole:
        assert seen.scroll_width <= seen.view.width
        assert seen.hidden == 0
        assert seen.console == []
        assert loaded(seen) == [page.as_uri()]


def test_the_usual_answer_has_its_picture_and_another_has_none(page):
    """The picture is of the checkpoints of the usual answer, so it is not shown for others."""
    usual, other = (
        look(page.as_uri() + ANSWERS[name], View(DESK), ready=WHOLE)[0].text
        for name in ("answer", "much-said")
    )
    assert "(higher is better) against memory." in usual
    assert "against memory." not in other


def test_it_is_small(page):
    assert len(gzip.compress(page.read_bytes())) < MOST_BYTES


def test_an_answer_by_keyboard_is_a_link_and_the_command_gives_it_again(page, capsys):
    task = ("Tab", *"Image cap", "Enter", "wait:html[data-shown='#task=captioning']")
    first_option = ("Tab", "Tab", "Enter")  # the sentence comes after the task, then the question
    answered = "wait:html[data-shown^='#task=captioning&']"
    (seen,) = look(page, View(DESK, keys=(*task, *first_option, answered)), ready=WHOLE)
    assert seen.address.startswith(f"{page.as_uri()}#task=captioning&")
    (fresh,) = look(seen.address, View(DESK), ready=WHOLE)
    assert fresh.text == seen.text

    command = re.search(r"^advisor recommend .*$", fresh.text, re.MULTILINE)[0]
    answer = told(capsys, *shlex.split(command)[1:])
    assert answer["rule_base"] in fresh.text
    assert answer["checkpoints"][0]["id"] in fresh.text
    assert command == answer["command"]


def test_a_sentence_becomes_the_command_that_answers_it(page):
    need = "search 2 million photos by German text, it's on a CPU"
    (seen,) = look(page, View(DESK, keys=("Tab", "Tab", *need)), ready=WHOLE)
    command = re.search(r"^advisor '.*$", seen.text, re.MULTILINE)[0]
    assert shlex.split(command) == ["advisor", need]
    assert seen.address == page.as_uri()


def test_what_is_shown_is_what_the_command_line_says(page, capsys):
    answer = told(capsys, "recommend", "--task", "image-search", "--language", "de")
    (seen,) = look(f"{page.as_uri()}#task=image-search&language=de", View(DESK), ready=WHOLE)
    winner, *others = answer["assessments"]
    assert any(found["because"] in seen.text for found in winner["findings"])
    assert all(any(f["because"] in seen.text for f in one["findings"]) for one in others)
    singles = [one for one in answer["changes"] if len(one["answers"]) == 1 and one["checkpoint"]]
    assert singles
    assert all(one["checkpoint"] in seen.text for one in singles)


def test_the_map_names_an_option_without_an_end_by_its_numbers_alone(page):
    (seen,) = look(page.as_uri() + ANSWERS["answer"], View(DESK), ready=WHOLE)
    changes = seen.text.partition("Would change if")[2].partition("Reasons and sources")[0]
    assert re.search(r"from [\d.]+ GB", changes)
    assert "more than 80 GB" not in changes


def test_the_map_marks_ones_own_way_and_what_other_answers_lead_to(page, capsys):
    words = ("--task", "captioning", "--device", "cpu")
    answer = told(capsys, "recommend", *words)
    (seen,) = look(f"{page.as_uri()}#task=captioning&device=cpu", View(DESK), ready=WHOLE)
    changes = seen.text.partition("Would change if")[2].partition("Reasons and sources")[0]
    assert re.search(r"a computer without a GPU\s+your answer", changes)
    assert re.search(r"no, the model must work without training\s+default", changes)
    assert changes.split()[-3:] == [answer["checkpoints"][0]["id"], "the", "answer"]


@pytest.mark.parametrize("name", ["answer", "much-said"])
def test_an_answer_is_short_on_a_phone(page, name):
    (phone,) = look(page.as_uri() + ANSWERS[name], View(PHONE), ready=WHOLE)
    assert phone.scroll_height <= MOST_PIXELS


def test_an_answer_that_makes_no_difference_is_left_out_and_said(page):
    (seen,) = look(f"{page.as_uri()}#task=captioning&collection=millions", View(DESK), ready=WHOLE)
    assert "The answer num-items 3000001-or-more makes no difference." in seen.text
    assert re.search(r"^advisor recommend --task captioning$", seen.text, re.MULTILINE)


def test_it_works_under_a_path_of_a_server(page):
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_arguments):
            pass

    handler = functools.partial(Quiet, directory=page.parent.parent)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/{page.parent.name}/index.html"
        (seen,) = look(f"{address}#task=vqa", View(DESK), ready=WHOLE)
        server.shutdown()
    assert seen.console == []
    assert loaded(seen) == [address]
    assert "advisor recommend --task vqa" in seen.text


def test_without_script_the_usual_answers_are_left(page, tmp_path, capsys):
    bare = tmp_path / "bare.html"
    whole = page.read_text(encoding="utf-8").replace("<details", "<details open")
    bare.write_text(re.sub(r"<script>.*?</script>", "", whole, flags=re.DOTALL), encoding="utf-8")
    (seen,) = look(bare, View(PHONE))
    for task in ("captioning", "vqa", "ocr-line"):
        answer = told(capsys, "recommend", "--task", task)
        assert answer["checkpoints"][0]["id"] in seen.text
    assert seen.scroll_width == PHONE
