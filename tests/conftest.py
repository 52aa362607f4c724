"""What all tests share: the shipped rules, a small rule base, engines, and a cache of their own."""

import contextlib
import io
import json
import os
import shutil
import signal
from importlib import import_module
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, settings

from advisor.engine.decision import Engine
from advisor.rulebase import store
from advisor.rulebase.store import load_rules

TESTS = Path(__file__).resolve().parent

os.environ.setdefault("OMP_NUM_THREADS", "1")  # tests run beside each other; networks are tiny

QUICK = settings(
    deadline=None,
    max_examples=12,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.register_profile("quick", QUICK)
settings.register_profile("more", QUICK, max_examples=40)
settings.register_profile("thorough", QUICK, max_examples=400, derandomize=False)
settings.load_profile("quick")  # --hypothesis-profile more, as in .ci/run, or thorough

# A shell that starts a job in the background has it ignore Ctrl-C, and programs that tests start
# would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory):
    """Keep compiled rules in a folder of this run, never in the user's cache."""
    folder = tmp_path_factory.mktemp("cache")
    before = os.environ.get("ADVISOR_CACHE")
    os.environ["ADVISOR_CACHE"] = str(folder)
    yield folder
    if before is None:
        del os.environ["ADVISOR_CACHE"]
    else:
        os.environ["ADVISOR_CACHE"] = before


@pytest.fixture(autouse=True)
def tried(request, monkeypatch, cache):
    """Take the folders that tests make as tried; a child for each would take seconds."""
    if request.node.get_closest_marker("rehearses") is None:
        monkeypatch.setattr("advisor.trial.rehearsal._kept", lambda *_: cache)


@pytest.fixture(autouse=True)
def scanned_here(request, monkeypatch):
    """Scan what tests write in this process; an interpreter for each would take most of the time.

    All else is as in the child: what goes in and what comes out passes as text.
    """
    if request.node.get_closest_marker("apart") is not None:
        return

    def here(work, *arguments, **_):
        with contextlib.redirect_stderr(io.StringIO()):
            return work(*json.loads(json.dumps(arguments)))

    monkeypatch.setattr("advisor.scan.apart.run_in_child", here)
    monkeypatch.setattr("advisor.scan.apart._bound_file", lambda _: None)


@pytest.fixture(scope="session")
def rulebase(cache):
    return load_rules()


@pytest.fixture(scope="session")
def engine(rulebase):
    return Engine(rulebase)


@pytest.fixture(scope="session")
def small_folder(tmp_path_factory):
    """The folder of the small rule base: tests/rules, and the rules of the check without sources.

    The rules of the check belong to the program, whose functions they describe.
    """
    folder = tmp_path_factory.mktemp("small") / "rules"
    shutil.copytree(TESTS / "rules", folder)
    (folder / "checks").mkdir()
    for file in (store.shipped_rules() / "checks").glob("*.yaml"):
        checks = yaml.safe_load(file.read_text(encoding="utf-8"))
        for check in checks["checks"]:
            check.pop("sources", None)
        (folder / "checks" / file.name).write_text(yaml.safe_dump(checks), encoding="utf-8")
    return folder


@pytest.fixture
def small_rules(small_folder, monkeypatch):
    """Commands in this process decide by the small rule base in place of the shipped rules.

    Releases of transformers are those that are shipped, whichever test imports them first.
    """
    import_module("advisor.catalogue.release")
    monkeypatch.setattr(store, "shipped_rules", lambda: small_folder)
    return small_folder


@pytest.fixture(scope="session")
def small(cache, small_folder):
    """The small rule base."""
    return load_rules(small_folder)


@pytest.fixture
def browser_is_required():
    """In CI a missing browser is no reason to skip."""
    from browser import missing

    pytest.fail(f"ADVISOR_TEST_BROWSER=required, but {missing()}")
