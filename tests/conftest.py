"""What all tests share: the shipped rules, an engine on them, and a cache of their own."""

import os
import signal

import pytest
from hypothesis import HealthCheck, settings

from advisor.engine.decision import Engine
from advisor.rulebase.store import load_rules

settings.register_profile(
    "advisor",
    deadline=None,
    max_examples=60,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("advisor")

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


@pytest.fixture(scope="session")
def rulebase(cache):
    return load_rules()


@pytest.fixture(scope="session")
def engine(rulebase):
    return Engine(rulebase)
