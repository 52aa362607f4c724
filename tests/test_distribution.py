"""The name of the distribution: the same everywhere, and no address where there is none."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from commands import ran

from advisor import distribution
from advisor.draw.findings import FindingsReport, sarif

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
ADDRESS = "https://example.org/vlm-advisor"


def texts():
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.split()
    names = listed or [str(file.relative_to(ROOT)) for file in ROOT.rglob("*.md")]
    kinds = {".py", ".md", ".yml", ".yaml", ".toml", ".sh", ""}
    for name in names:
        file = ROOT / name
        if "corpus" in file.parts:  # what a fuzzer found: bytes, and no text
            continue
        if file.suffix in kinds and file.is_file() and file != Path(__file__):
            yield name, file.read_text(encoding="utf-8")


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Install the distribution, in a folder of its own, with the addresses given."""

    def install(*addresses):
        folder = tmp_path / f"vlm_advisor-{len(addresses)}.dist-info"
        folder.mkdir()
        rows = "".join(f"Project-URL: {address}\n" for address in addresses)
        head = "Metadata-Version: 2.4\nName: vlm-advisor\nVersion: 0.1.0\n"
        (folder / "METADATA").write_text(head + rows)
        monkeypatch.syspath_prepend(str(tmp_path))

    return install


def test_the_distribution_has_one_name_and_no_upper_bound_of_python():
    assert PROJECT["name"] == distribution.NAME
    assert PROJECT["requires-python"] == ">=3.11"
    assert PROJECT["scripts"] == {"advisor": "advisor.cli.main:main"}


def test_nobody_is_told_to_install_what_belongs_to_somebody_else():
    told = re.compile(r"pip install (?:-\S+ )*'?advisor\b")
    assert [name for name, text in texts() if told.search(text)] == []
    assert [name for name, text in texts() if "OWNER/advisor" in text] == []


def test_an_extra_is_installed_from_a_clone_until_there_is_an_address(installed):
    installed()
    assert distribution.address() == ""
    assert distribution.install_hint("try") == "in your clone of advisor, pip install '.[try]'"


def test_with_an_address_an_extra_is_installed_from_there(installed):
    installed(f"Repository, {ADDRESS}/")
    expected = f"pip install 'vlm-advisor[try] @ git+{ADDRESS}'"
    assert distribution.install_hint("try") == expected


def test_sarif_names_an_address_only_where_the_project_has_one(installed):
    report = FindingsReport({}, ())
    (run,) = sarif(report)["runs"]
    assert "informationUri" not in run["tool"]["driver"]
    installed(f"Repository, {ADDRESS}")
    (run,) = sarif(report)["runs"]
    assert run["tool"]["driver"]["informationUri"] == ADDRESS


def test_a_checkout_that_nobody_installed_has_no_address(tmp_path):
    code = "import json, advisor.distribution as d; print(json.dumps([d.address(), d.NAME]))"
    done = ran(
        [sys.executable, "-S", "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r}); {code}"],
        check=True,
        cwd=tmp_path,
    )
    assert json.loads(done.stdout) == ["", "vlm-advisor"]
