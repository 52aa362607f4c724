"""The JavaScript of the page: typed, linted, tested, and built into what the wheel holds."""

import json
import subprocess

import pytest
from browser import SITE, needs_packages

from advisor.site.page import ENGINE


def npm(*words):
    done = subprocess.run(
        ["npm", "--silent", *words],
        cwd=SITE,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.slow
@needs_packages()
@pytest.mark.parametrize("script", ["check", "lint", "test"])
def test_it_is_typed_linted_and_tested(script):
    code, said = npm("run", script)
    assert code == 0, said


@pytest.mark.slow
@needs_packages()
def test_the_file_in_the_wheel_is_what_the_sources_give(tmp_path):
    built = tmp_path / "page.js"
    code, said = npm("run", "build", "--", f"--outfile={built}")
    assert code == 0, said
    assert built.read_text(encoding="utf-8") == ENGINE.read_text(encoding="utf-8"), (
        "npm run --prefix site build"
    )


def test_the_lock_names_no_registry():
    lock = json.loads((SITE / "package-lock.json").read_text(encoding="utf-8"))
    assert not any("resolved" in one for one in lock["packages"].values())
    assert all("integrity" in one for name, one in lock["packages"].items() if name)


def test_the_page_has_no_framework():
    package = json.loads((SITE / "package.json").read_text(encoding="utf-8"))
    assert "dependencies" not in package
