"""The JavaScript that people write here: linted, little, and without a framework."""

import json
import subprocess

import pytest
from browser import SITE, needs_packages

ROOT = SITE.parent
MOST_LINES = 700


@pytest.mark.slow
@needs_packages()
def test_it_is_linted():
    done = subprocess.run(
        ["npm", "--silent", "run", "lint"],
        cwd=SITE, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_all_javascript_of_ours_is_few_lines():
    """An environment in the clone, as README.md makes one, holds that of others."""
    found = [*ROOT.glob("[!.]*/**/*.js"), *ROOT.glob("[!.]*/**/*.mjs")]
    ours = [file for file in found if "node_modules" not in file.parts]
    assert sum(len(file.read_text(encoding="utf-8").splitlines()) for file in ours) <= MOST_LINES


def test_the_lock_names_no_registry():
    lock = json.loads((SITE / "package-lock.json").read_text(encoding="utf-8"))
    assert not any("resolved" in one for one in lock["packages"].values())
    assert all("integrity" in one for name, one in lock["packages"].items() if name)


def test_the_page_has_no_framework():
    package = json.loads((SITE / "package.json").read_text(encoding="utf-8"))
    assert "dependencies" not in package
