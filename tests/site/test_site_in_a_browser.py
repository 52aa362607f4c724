"""The page in headless Chromium: one request, any width, light and dark, by keyboard alone."""

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
MOST_BYTES = 250_000
ANSWERS = {
    "start": "",
    "answer": "#task=captioning",
    "nothing-fits": "#task=object-detection",
    "contradiction": "#task=captioning&gives=vector",
    "not-known": "#task=vqa&language=klingon&colour=red",
    "much-said": "#task=image-search&language=de&use=commercial&memory-gb=6&device=unknown",
}


@pytest.fixture(scope="module")
def page(rulebase, tmp_path_factory):
    file = tmp_path_factory.mktemp("site") / "index.html"
    file.write_text(static_page(rulebase), encoding="utf-8")
    return file


def loaded(seen):
    """What a page requested, but for the script of its own that its worker runs."""
    return [one.partition("#")[0] for one in seen.requests if not one.startswith("blob:")]


def told(capsys, *arguments):
    assert run([*arguments, "--format", "json"]) in (0, 1)
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("name", ANSWERS)
def test_it_is_readable_and_requests_nothing(page, name):
    views = View(PHONE), View(DESK), View(PHONE, dark=True), View(DESK, dark=True)
    for seen in look(page.as_uri() + ANSWERS[name], *views, ready=WHOLE):
        assert seen.violations == []
        assert seen.scroll_width <= seen.view.width
        assert seen.hidden == 0
        assert seen.console == []
        assert loaded(seen) == [page.as_uri()]


def test_it_is_small(page):
    assert len(gzip.compress(page.read_bytes())) < MOST_BYTES


def test_an_answer_by_keyboard_is_a_link_and_the_command_gives_it_again(page, capsys):
    task = ("Tab", *"caption", "Enter", "wait:html[data-shown='#task=captioning']")
    first_option = ("Tab", "Enter")  # the focus is on the question
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


def test_of_a_sentence_the_page_says_that_it_reads_the_task_alone(page):
    need = ("Tab", *"search 2 million photos by German text, it's on a CPU")
    said = "Only the task is read from your words here"
    whole, name = look(
        page, View(DESK, keys=need), View(DESK, keys=("Tab", *"captioning")), ready=WHOLE
    )
    assert f"{said}; advisor 'search 2 million photos by German text, it" in whole.text
    assert said not in name.text
    assert "of a sentence, this page reads the task alone" in name.text


def test_what_is_shown_is_what_the_command_line_says(page, capsys):
    answer = told(capsys, "recommend", "--task", "image-search", "--language", "de")
    (seen,) = look(f"{page.as_uri()}#task=image-search&language=de", View(DESK), ready=WHOLE)
    for one in answer["checkpoints"][:4]:
        assert one["id"] in seen.text
    for assessment in answer["assessments"]:
        assert all(found["because"] in seen.text for found in assessment["findings"])
    for line in filter(None, answer["snippet"].splitlines()):
        assert line.strip() in seen.text


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


def test_without_script_the_map_is_left(page, tmp_path):
    bare = tmp_path / "bare.html"
    bare.write_text(
        re.sub(r"<script>.*?</script>", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    )
    (seen,) = look(bare, View(PHONE))
    assert "The map of decisions" in seen.text
    assert "Visual question answering" in seen.text
