"""Fuzz the scanner for as long as you like: `python tests/check/fuzz_scan.py SECONDS`.

The same law runs for a moment with every test run, in test_scanner_fuzz.py.
"""

import sys
import tempfile
import time
from pathlib import Path

from hypothesis import HealthCheck, given, settings

from advisor.rulebase.store import load_rules
from advisor.scan.scanner import Scan, scan
from advisor.scan.vocabulary import vocabulary_of

sys.path.insert(0, str(Path(__file__).parent))

import fuzz_sources


def main() -> None:
    """Scan hostile files until the time is over; an exception prints the file that caused it."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60
    vocabulary = vocabulary_of(load_rules())
    end = time.monotonic() + seconds
    count = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)

        @settings(
            deadline=None, max_examples=500, database=None, suppress_health_check=list(HealthCheck)
        )
        @given(fuzz_sources.files)
        def never_raises(file: tuple[str, bytes]) -> None:
            nonlocal count
            count += 1
            path = folder / file[0]
            path.write_bytes(file[1])
            found = scan([path], folder, vocabulary)
            assert isinstance(found, Scan)

        while time.monotonic() < end:
            never_raises()
    sys.stdout.write(f"{count:,} files scanned, none raised\n")


if __name__ == "__main__":
    main()
