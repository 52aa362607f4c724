"""The HTML page of `advisor try` in a real browser: headless Chromium, where there is one."""

import json
import re
import shutil
import socket
from html import unescape
from pathlib import Path

import pytest
from commands import ran

pytest.importorskip("torch")
pytest.importorskip("transformers")

from advisor.cli.main import run

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--enable-logging=stderr",
    "--v=0", "--virtual-time-budget=5000",
)  # fmt: skip
IMAGES = Path(__file__).parents[2] / "examples" / "images"
PROBE = """<script>addEventListener("load", () => {
const sizes = [...document.images].map(each => [each.alt, each.naturalWidth, each.clientWidth]);
const hidden = [...document.querySelectorAll("p,li,td,h1,h2,h3,dd")].filter(
  each => each.checkVisibility && !each.checkVisibility()).length;
const wide = document.documentElement.scrollWidth > innerWidth;
document.title = JSON.stringify({sizes, hidden, wide});
});</script>"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed here"),
]


def opened(page: Path, profile: Path, width: int) -> tuple[str, list[str]]:
    """The document after loading, as the browser has it, and what stands on its console."""
    where = [f"--user-data-dir={profile}", f"--window-size={width},1200"]
    done = ran([str(CHROMIUM), *FLAGS, *where, "--dump-dom", page.as_uri()], check=True)
    return done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line]


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The page of the demo, and the answers it has to show."""
    folder = tmp_path_factory.mktemp("demo")
    file, answers = folder / "page.html", folder / "answers.json"
    assert run(["try", "--demo", "--image", str(IMAGES / "red-circle.png"), "--repeat", "0",
                "--output", f"json={answers}", "--output", f"html={file}"]) == 0  # fmt: skip
    return file, json.loads(answers.read_text(encoding="utf-8"))


@pytest.mark.parametrize("width", [1200, 500])
def test_image_and_all_answers_are_shown_with_nothing_on_the_console(page, tmp_path, width):
    file, answer = page
    document, console = opened(file, tmp_path / "one", width)
    assert console == []
    for trial in answer["trials"]:
        assert trial["checkpoint"] in document
        for shown in trial["answers"][:6]:
            assert shown["text"] in unescape(document)

    probed = tmp_path / "probed.html"
    probed.write_text(file.read_text(encoding="utf-8").replace("</body>", f"{PROBE}</body>"))
    document, console = opened(probed, tmp_path / "two", width)
    assert console == []
    title = re.search(r"<title>(.*?)</title>", document, re.DOTALL)
    seen = json.loads(unescape(title[1]))
    assert [alt for alt, _, _ in seen["sizes"]] == ["red-circle.png"]
    assert all(natural > 0 and width > 50 for _, natural, width in seen["sizes"])
    assert seen["hidden"] == 0
    assert not seen["wide"]


def test_an_error_on_the_console_would_be_seen(page, tmp_path):
    file, _ = page
    broken = tmp_path / "broken.html"
    broken.write_text(file.read_text(encoding="utf-8").replace("</body>", "<script>x()</script>"))
    assert any("x is not defined" in line for line in opened(broken, tmp_path / "one", 800)[1])


def test_a_page_without_what_it_loads_says_what_could_not_be_fetched(tmp_path):
    """The page of `advisor code`, opened before its packages lie beside it."""
    file = tmp_path / "index.html"
    asked = ["code", "--task", "captioning", "--runtime", "transformers.js"]
    assert run([*asked, "--output", f"html={file}"]) == 0
    document, _ = opened(file, tmp_path / "one", 900)
    assert "./node_modules/@huggingface/transformers could not be loaded." in document
    assert "Loading the network" not in document


def test_a_page_says_so_when_a_server_does_not_answer(tmp_path):
    """The server takes the connection, and nothing comes of it."""
    file = tmp_path / "index.html"
    asked = ["code", "--task", "captioning", "--runtime", "transformers.js"]
    assert run([*asked, "--output", f"html={file}"]) == 0
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        text = file.read_text(encoding="utf-8").replace(", 60000);", ", 200);")
        file.write_text(text.replace('from "./', f'from "{address}'), encoding="utf-8")
        flags = [flag for flag in FLAGS if "virtual-time" not in flag]
        flags += [f"--user-data-dir={tmp_path / 'one'}", "--timeout=3000"]
        done = ran([str(CHROMIUM), *flags, "--dump-dom", file.as_uri()], check=True)
    assert "Loading the network. Nothing has come for 60 s" in done.stdout


def test_a_search_shows_the_images_it_found(tmp_path, capsys):
    file = tmp_path / "search.html"
    searched = ["try", "--task", "image-search", "--checkpoint", "demo:clip", "--folder"]
    asked = [str(IMAGES), "--query", "a blue triangle", "--output", f"html={file}"]
    assert run(searched + asked) == 0
    document, console = opened(file, tmp_path / "one", 900)
    assert console == []
    assert document.count("<img") == 4
    assert document.index("blue-triangle.jpg") < document.index("red-circle.png")
