"""Give each reader hostile inputs: `python tests/fuzz/run.py --seconds 20 --seed 7 [READER]...`.

Inputs are honest ones, changed: bytes taken out, doubled, put in, pieces of others. What crashes a
reader, or takes longer than ten seconds, is kept in `corpus/READER/`, from which later runs begin.
Prints a count for each reader; exit 1 where one crashed.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import random
import signal
import sys
import tempfile
import time
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from readers import ALLOWED, READERS, Reader, quiet_environment

CORPUS = Path(__file__).parent / "corpus"
SECONDS_AN_INPUT = 10
"""Of this process, whatever else the machine does."""
SECONDS_ASLEEP = 120
"""On the clock: for what waits and never wakes."""
PIECES = (
    *(b"\0", b"\xff", b"\xef\xbb\xbf", b"\r", b"\n", b"\t", b'"', b"'", b"\\", b"\\ud800", b"::"),
    *(b"[", b"]", b"{", b"}", b"(", b")", b"*", b"**/", b"#", b"%", b"&a ", b"*a ", b"<<: ", b"-"),
    *(b"null", b"true", b"NaN", b"1e999", b"-1", b"9" * 400, b"[" * 3_000, b"a" * 3_000),
    *(
        b"\xe2\x80\xae",
        b"\x1b]0;",
        b"##[",
        b"0" * 20,
        b"!!python/object:os.system ",
        b"\xed\xa0\x80",
    ),
)


class TooSlowError(BaseException):
    """An input took longer than any may."""


def changed(seeds: list[bytes], draw: random.Random) -> bytes:
    """Return an input made from others by a few changes."""
    data = bytearray(draw.choice(seeds))
    for _ in range(draw.choice((1, 1, 2, 3, 8))):
        at, to = sorted(draw.randint(0, len(data)) for _ in range(2))
        to = min(to, at + draw.choice((1, 2, 8, 200)))
        match draw.randint(0, 5):
            case 0:
                del data[at:to]
            case 1:
                data[at:at] = data[at:to] * draw.choice((1, 2, 50))
            case 2:
                data[at:at] = draw.choice(PIECES)
            case 3:
                data[at:to] = draw.choice(PIECES)
            case 4:
                data[at:to] = draw.randbytes(to - at)
            case _:
                other = draw.choice(seeds)
                first = draw.randint(0, len(other))
                data[at:at] = other[first : first + draw.choice((4, 40))]
    return bytes(data[:200_000])


def fuzz(name: str, reader: Reader, seconds: float, seed: int) -> tuple[int, int]:
    """Return how many inputs a reader was given, and how many it failed on."""
    draw = random.Random(f"{name} {seed}")
    kept = sorted((CORPUS / name).glob("*"))
    seeds = [one.encode() if isinstance(one, str) else one for one in reader.seeds]
    seeds += [file.read_bytes() for file in kept]
    inputs = failures = 0
    with tempfile.TemporaryDirectory() as folder:
        with contextlib.suppress(Exception):  # imports are no part of a time
            reader.read(seeds[0], Path(folder))
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            data = seeds[inputs] if inputs < len(seeds) else changed(seeds, draw)
            inputs += 1
            if not _holds(name, reader, data, Path(folder)):
                failures += 1
    return inputs, failures


def _holds(name: str, reader: Reader, data: bytes, folder: Path) -> bool:
    signal.setitimer(signal.ITIMER_PROF, SECONDS_AN_INPUT)
    signal.setitimer(signal.ITIMER_REAL, SECONDS_ASLEEP)
    try:
        reader.read(data, folder)
    except ALLOWED:
        return True
    except (Exception, TooSlowError):
        file = CORPUS / name / hashlib.sha256(data).hexdigest()[:12]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
        sys.stderr.write(
            f"{name}: {file.name} in {file.parent}\n{traceback.format_exc()[-1500:]}\n"
        )
        return False
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.setitimer(signal.ITIMER_PROF, 0)
    return True


def too_slow(_number: int, _frame: object) -> None:
    """Raise what no reader catches."""
    raise TooSlowError


def main() -> int:
    """Fuzz the readers that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("readers", nargs="*", metavar="READER", help=", ".join(READERS))
    parser.add_argument("--seconds", type=float, default=20, help="for each reader")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    given = parser.parse_args()
    quiet_environment()
    signal.signal(signal.SIGALRM, too_slow)
    signal.signal(signal.SIGPROF, too_slow)
    sys.stdout.write(f"seed {given.seed}\n")
    all_inputs = all_failures = 0
    for name in given.readers or READERS:
        inputs, failures = fuzz(name, READERS[name], given.seconds, given.seed)
        sys.stdout.write(f"{name:14} {inputs:9,} inputs, {failures} failures\n")
        sys.stdout.flush()
        all_inputs, all_failures = all_inputs + inputs, all_failures + failures
    sys.stdout.write(f"{'all':14} {all_inputs:9,} inputs, {all_failures} failures\n")
    return 1 if all_failures else 0


if __name__ == "__main__":
    sys.exit(main())
