"""HTML of every command is one whole file: titled, light and dark, readable on a phone."""

import json
import re
import shutil
import subprocess
from html import unescape

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
    "--allow-file-access-from-files", "--virtual-time-budget=4000",
)  # fmt: skip
COMMANDS = {
    "recommend": ["recommend", "--task", "captioning"],
    "none": ["recommend", "--task", "object-detection"],
    "several": ["recommend", "--task", "captioning,vqa"],
    "explain": ["explain", "--task", "captioning"],
    "compare": ["compare", "clip", "unified-vlp"],
    "show": ["show", "Salesforce/blip-vqa-base"],
    "list": ["list", "checkpoints", "--task", "vqa"],
    "check": ["check", "--checkpoint", "Salesforce/blip-vqa-base", "--task", "captioning"],
    "graph": ["rules", "graph", "--task", "field-extraction"],
    "test": ["rules", "test"],
}
FRAME = """<iframe src="page.html" style="width:{width}px;height:900px;border:0"></iframe>
<script>addEventListener("load", () => {{
const page = document.querySelector("iframe").contentDocument;
const hidden = [...page.querySelectorAll("p,li,h1,h2,h3,dd,td")].filter(
  each => each.checkVisibility && !each.checkVisibility()).length;
document.title = JSON.stringify({{wide: page.documentElement.scrollWidth, hidden}});
}});</script>"""


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
@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed here")
@pytest.mark.parametrize("width", [360, 1100])
@pytest.mark.parametrize("name", COMMANDS)
def test_nothing_is_cut_off_at_any_width(advisor, tmp_path, name, width):
    page = advisor(*COMMANDS[name], "--format", "html").out
    (tmp_path / "page.html").write_text(page, encoding="utf-8")
    (tmp_path / "frame.html").write_text(FRAME.format(width=width), encoding="utf-8")
    done = subprocess.run(
        [str(CHROMIUM), *FLAGS, f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom",
         "--window-size=1300,1000", (tmp_path / "frame.html").as_uri()],
        check=True, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    title = re.search(r"<title>(.*?)</title>", done.stdout, re.DOTALL)
    seen = json.loads(unescape(title[1]))
    assert seen["wide"] <= width
    assert seen["hidden"] == 0
