"""Headless Chromium and npm's packages for tests: what is missing here is skipped, in CI it fails.

`.ci/run` sets ADVISOR_TEST_BROWSER=required. Elsewhere `npm ci --prefix site` brings axe-core and
the driver, and `chromium` has to be on the path.
"""

import atexit
import functools
import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, NamedTuple

import pytest

SITE = Path(__file__).resolve().parents[1] / "site"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
REQUIRED = os.environ.get("ADVISOR_TEST_BROWSER") == "required"
PHONE, DESK = 360, 1440
VOID = {"br", "hr", "img", "input", "meta", "link"}
"""Elements that have no end."""


class Fragment(HTMLParser):
    """Reads HTML, holding that every element is closed in its turn."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.seen, self.words = [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    @property
    def tags(self):
        return {tag for tag, _ in self.seen}

    @property
    def text(self):
        return "".join(self.words)


class View(NamedTuple):
    """How a page is looked at; `keys` are pressed before anything is looked for.

    Among them, `wait:SELECTOR` waits until the page has that.
    """

    width: int
    dark: bool = False
    keys: tuple[str, ...] = ()
    height: int = 900


class Seen(NamedTuple):
    """What was found: objections of axe-core, lines on the console, addresses requested, text.

    `second_part` is where the first heading below the first part stands, in pixels from the top.
    """

    view: View
    violations: list[dict[str, Any]] | None
    console: list[str]
    requests: list[str]
    scroll_width: int
    scroll_height: int
    second_part: float
    hidden: int
    text: str
    screenshot: str | None
    address: str
    shown: list[dict[str, str]]


def missing() -> str | None:
    """Return what a browser test lacks here, None where it has all."""
    if CHROMIUM is None:
        return "chromium is not installed here"
    return missing_packages()


def missing_packages() -> str | None:
    """Return what a test of the page's sources lacks here, None where it has all."""
    if shutil.which("node") is None:
        return "node is not installed here"
    if not (SITE / "node_modules").is_dir():
        return "packages of npm are not installed here: npm ci --prefix site"
    return None


def needs_browser() -> pytest.MarkDecorator:
    """Return the mark of a test in a browser."""
    return _mark(missing())


def needs_node() -> pytest.MarkDecorator:
    """Return the mark of a test that runs JavaScript of ours, which needs no packages."""
    return _mark(None if shutil.which("node") else "node is not installed here")


def needs_packages() -> pytest.MarkDecorator:
    """Return the mark of a test of the page's sources."""
    return _mark(missing_packages())


def _mark(lack: str | None) -> pytest.MarkDecorator:
    if lack and REQUIRED:
        return pytest.mark.usefixtures("browser_is_required")
    return pytest.mark.skipif(lack is not None, reason=str(lack))


def look(
    page: Path | str,
    *views: View,
    screenshots: Path | None = None,
    ready: str = "",
    axe: bool = False,
    fragments: Sequence[str] = (),
) -> list[Seen]:
    """Return what is found of a page, a file or an address, in each view.

    `ready` is what the page has when it is whole, as a selector of CSS. Without `axe` nobody looks
    for violations, and there are None. The page is led through
    `fragments` of its address first; `shown` is what its answer to each says of itself.
    """
    asked = {
        "url": page.as_uri() if isinstance(page, Path) else page,
        "chromium": CHROMIUM,
        "views": [view._asdict() for view in views],
        "screenshots": screenshots and str(screenshots),
        "ready": ready,
        "axe": axe,
        "fragments": list(fragments),
    }
    return [
        Seen(
            view,
            one["violations"],
            one["console"],
            one["requests"],
            one["scrollWidth"],
            one["scrollHeight"],
            one["secondPart"],
            one["hidden"],
            one["text"],
            one["screenshot"],
            one["address"],
            one["shown"],
        )
        for view, one in zip(views, _looked(asked), strict=True)
    ]


@functools.cache
def _browser() -> subprocess.Popen[str]:
    """Start a browser that answers line by line, once for all tests of this process."""
    started = subprocess.Popen(
        [str(shutil.which("node")), "tools/look.js"],
        cwd=SITE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    atexit.register(started.communicate)  # the end of its stdin is its own
    return started


def _looked(asked: dict[str, Any]) -> list[dict[str, Any]]:
    browser = _browser()
    assert browser.stdin is not None
    assert browser.stdout is not None
    browser.stdin.write(json.dumps(asked) + "\n")
    browser.stdin.flush()
    found: dict[str, Any] = json.loads(browser.stdout.readline())
    assert "error" not in found, found["error"]
    seen: list[dict[str, Any]] = found["seen"]
    return seen


def node(script: str, *arguments: str, stdin: str = "", timeout: float = 300) -> str:
    """Return what a script in site/ prints. Its errors are those of the test."""
    done = subprocess.run(
        [str(shutil.which("node")), script, *arguments],
        cwd=SITE, input=stdin, capture_output=True, text=True, timeout=timeout, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr or done.stdout
    return done.stdout
