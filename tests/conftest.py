"""What all tests share: the shipped rules, a small rule base, engines, and a cache of their own."""

import contextlib
import copy
import functools
import gc
import io
import json
import os
import shutil
import signal
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from hypothesis import HealthCheck, settings

from advisor import child, pickled
from advisor.child import ChildError
from advisor.console import commands
from advisor.decide import task_diagrams
from advisor.engine.decision import Engine
from advisor.errors import BrokenFileError
from advisor.rulebase import assemble, store
from advisor.rulebase.store import load_rules
from advisor.scan import apart
from advisor.trial import loading
from tests import warm

TESTS = Path(__file__).resolve().parent

os.environ.setdefault("OMP_NUM_THREADS", "1")  # tests run beside each other; networks are tiny
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # each process would compile the program again

QUICK = settings(
    deadline=None,
    max_examples=4,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.register_profile("quick", QUICK)
settings.register_profile("more", QUICK, max_examples=40)
settings.register_profile("thorough", QUICK, max_examples=400, derandomize=False)
settings.load_profile("quick")  # --hypothesis-profile more, as in .ci/run --long, or thorough

# A shell that starts a job in the background has it ignore Ctrl-C, and programs that tests start
# would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)


RUN_CACHE = pytest.StashKey[Path]()


def pytest_configure(config):
    """Compile the shipped rules in a cache of the run, before workers begin and each do so.

    The user's cache is left alone, also while tests are collected. `ADVISOR_TEST_CACHE` names one
    that several runs share.
    """
    if "PYTEST_XDIST_WORKER" in os.environ or config.option.collectonly:
        return
    if "ADVISOR_TEST_CACHE" not in os.environ:
        config.stash[RUN_CACHE] = Path(tempfile.mkdtemp(prefix="advisor-tests-"))
        os.environ["ADVISOR_TEST_CACHE"] = str(config.stash[RUN_CACHE])
    os.environ["ADVISOR_CACHE"] = str(Path(os.environ["ADVISOR_TEST_CACHE"], "rules"))
    with contextlib.suppress(BrokenFileError):  # which tests will say
        load_rules()


def pytest_unconfigure(config):
    """Remove the cache of the run."""
    if RUN_CACHE in config.stash:
        shutil.rmtree(config.stash[RUN_CACHE])
        del os.environ["ADVISOR_TEST_CACHE"], os.environ["ADVISOR_CACHE"]


@pytest.fixture(scope="session")
def of_run(tmp_path_factory):
    """The folder that workers of a run share, and no other run has."""
    of_worker = tmp_path_factory.getbasetemp()
    return of_worker.parent if "PYTEST_XDIST_WORKER" in os.environ else of_worker


@pytest.fixture(scope="session")
def cache():
    """The folder of this run for what is made of rules, which its workers share.

    Diagrams are told apart by the rules and the code they come from.
    """
    return Path(os.environ["ADVISOR_TEST_CACHE"])


def in_this_process(work, *arguments, on_line=lambda _: None, **_):
    """Do the work of a child here: what goes in, comes out and goes wrong passes as text."""
    words = io.StringIO()
    try:
        with contextlib.redirect_stderr(words):
            answer = json.dumps(work(*json.loads(json.dumps(arguments))))
    except Exception as error:
        raise ChildError(type(error).__name__, str(error)) from error
    for line in io.StringIO(words.getvalue()):
        on_line(line)
    return json.loads(answer)


CHILDREN = {
    marker: [(module, name, getattr(module, name)) for module, name in places]
    for marker, places in {
        "rehearses": [(loading, "_passed")],
        "apart": [(apart, "run_in_child"), (apart, "_bound_file"), (pickled, "run_in_child")],
    }.items()
}
"""What starts a child, by the marker of the tests in which it does."""


UNCHANGED = {store.shipped_rules()}
"""Folders of rules in which no test writes."""


def files_once(rule_files):
    """Read such rules once: every command does so twice, and most tests are commands."""
    kept = functools.cache(rule_files)
    return lambda folder: [*kept(folder)] if folder in UNCHANGED else rule_files(folder)


def digested_once(digest):
    """Digest the same files once: those of the shipped rules take 2 ms, at every command."""

    @functools.lru_cache(maxsize=64)
    def of_files(folders, salt):
        return digest(folders, salt)

    return lambda folders, salt: of_files(tuple(map(tuple, folders)), salt)


def compiled_once(assemble):
    """Compile each rule base without overlays once: tests with a cache of their own do so again."""
    bases = {}

    def parts(base, overlays, digest, before=None):
        if overlays:
            return assemble(base, overlays, digest, before)
        key = digest, *(file.path for file in base)
        if key not in bases:
            bases[key] = assemble(base, overlays, digest)
        return bases[key]

    return parts


def built_once(build):
    """Build each diagram of rules with a shelf once: a cache of a test's own has none of them."""
    made = {}

    def diagram(engine, task, within=None, *picking):
        rules = engine.rulebase
        if within or rules.shelf is None:
            return build(engine, task, within, *picking)
        key = rules.digest, rules.overlays, engine.priority, task, *picking
        if key not in made:
            made[key] = build(engine, task, within, *picking)
        return made[key]

    return diagram


PARSERS = 100
"""So many are kept, each some 300 kB."""


def flag_once(question_flag):
    """Make the flag of each question once."""
    made = {}

    def flag(question):
        if id(question) not in made:
            made[id(question)] = question, question_flag(question)
        return made[id(question)][1]

    return flag


def parsed_once(parsed):
    """Make the parser of each command once for its parameters; every run gets a copy of its own.

    Most tests are runs, of which making the parser takes an eighth.
    """
    made, called = {}, []

    def command(call, name, parameters, help=None):
        parameters = [*parameters]
        of_each = ((each.name, id(each.annotation), repr(each.default)) for each in parameters)
        key = name, help, *of_each  # what is made has the annotations, so each keeps its number
        if key not in made:
            if len(made) == PARSERS:
                made.clear()
            made[key] = parsed(lambda **given: called.pop()(**given), name, parameters, help)
        own = copy.copy(made[key])
        run = own.callback
        own.callback = lambda **given: called.append(call) or run(**given)
        return own

    return command


@pytest.fixture(scope="session", autouse=True)
def no_waste(cache):
    """Work without what each test would do again, and without the children that it would start.

    Folders of checkpoints count as rehearsed; scans and pickled files are read in this process.
    """
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(store, "RECENT_SECONDS", 86_400)  # what one test makes pushes nothing out
        patched.setattr(store, "AT_HAND", 16)  # the shipped rules stay among those of overlays
        patched.setattr(store, "rule_files", files_once(store.rule_files))
        patched.setattr(store, "digest", digested_once(store.digest))
        patched.setattr(assemble, "assemble", compiled_once(assemble.assemble))
        patched.setattr(commands, "_parsed", parsed_once(commands._parsed))
        patched.setattr(commands, "question_flag", flag_once(commands.question_flag))
        patched.setattr(task_diagrams, "build", built_once(task_diagrams.build))
        patched.setattr(loading, "_passed", lambda *_: cache)
        patched.setattr(apart, "run_in_child", in_this_process)
        patched.setattr(apart, "_bound_file", lambda _: None)
        patched.setattr(apart, "gc", SimpleNamespace(set_threshold=lambda _: None))  # of a child
        patched.setattr(pickled, "run_in_child", in_this_process)
        yield


@pytest.fixture(autouse=True)
def as_a_users_run(request, monkeypatch):
    """Start the children that tests are marked for."""
    for marker, places in CHILDREN.items():
        if request.node.get_closest_marker(marker):
            for module, name, own in places:
                monkeypatch.setattr(module, name, own)


@pytest.fixture
def warm_children(monkeypatch):
    """Start the children of this process where torch is imported already (tests/warm.py)."""
    monkeypatch.setattr(child, "interpreter", lambda: [*warm.python(), "-P"])


gc.set_threshold(100_000, 20, 100)  # a full collection would walk all rules and all of torch


@pytest.fixture(scope="module", autouse=True)
def little_to_collect():
    """Leave what is there by now to itself: trainers and trials collect in full, each time."""
    gc.collect(1)
    gc.freeze()


@pytest.fixture(scope="session")
def rulebase(cache):
    return load_rules()


@pytest.fixture(scope="session")
def engine(rulebase):
    return Engine(rulebase)


@pytest.fixture
def own_cache(cache, rulebase, tmp_path, monkeypatch):
    """A cache of the test's own, in which the shipped rules are compiled already."""
    folder = tmp_path / "cache"
    folder.mkdir()
    for compiled in (cache / "rules").glob(f"rules-{rulebase.digest}-*"):
        (folder / compiled.name).symlink_to(compiled)
    monkeypatch.setenv("ADVISOR_CACHE", str(folder))
    return folder


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
    UNCHANGED.add(folder)
    return folder


@pytest.fixture
def small_rules(small_folder, monkeypatch):
    """Commands in this process decide by the small rule base in place of the shipped rules."""
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
