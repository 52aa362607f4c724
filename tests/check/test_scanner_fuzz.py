"""Whatever a file holds, scanning it gives a scan."""

import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from advisor.scan.scanner import Scan, scan
from advisor.scan.vocabulary import vocabulary_of

sys.path.insert(0, str(Path(__file__).parent))

import fuzz_sources


@pytest.fixture(scope="module")
def vocabulary(rulebase):
    return vocabulary_of(rulebase)


@settings(
    max_examples=4 * settings().max_examples,  # as a file is scanned at once
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(file=fuzz_sources.files)
def test_no_file_raises_and_every_place_is_in_the_file(file, tmp_path, vocabulary):
    name, data = file
    path = tmp_path / name
    path.write_bytes(data)
    found = scan([path], tmp_path, vocabulary)
    assert isinstance(found, Scan)
    assert found.files == 1
    lines = max(data.count(b"\n"), data.count(b"\r")) + 1
    for usage in found.usages:
        assert 1 <= usage.place.line <= lines + data.count(b"\r")
        assert usage.place.column >= 1
