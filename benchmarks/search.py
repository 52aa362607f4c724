"""A query of 2,000,000 vectors: the lines of the printed program beside faiss-cpu's flat index.

The vectors are random and unit long, in float16 as the program keeps them. Each of the three, the
program with torch, the one with numpy alone and faiss, runs in a process of its own, on one thread:
the CPU seconds of the scan after loading (the best of some), those with the names of what is found,
and the most memory that the process ever had, its libraries among it; no network is loaded. What
else a machine does shows in both: the program and faiss run in pairs, one after the other, and the
pair in the middle counts.

    python benchmarks/search.py --python ENVIRONMENT_WITH_FAISS/bin/python
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import subprocess
import sys
import tempfile
from itertools import chain
from pathlib import Path
from statistics import median
from textwrap import indent

from advisor.decide.programs import snippet
from advisor.rulebase.store import load_rules

CLIP, TASK, WIDTH = "openai/clip-vit-base-patch32", "image-search", 512
ROUNDS, WARM = 5, 1
LIMITS = {"ratio of CPU seconds to faiss": 1.6, "share of its memory": 1 / 3}
SECONDS = {"transformers": 1.0, "onnx": 4.0}
"""The most CPU seconds of a query, by the runtime of the program: with torch, and with numpy."""
MEMORY = 2_500
"""The most memory that a query may take, in MB."""

OURS = """
import contextlib, io, json, resource, sys, time
import numpy as np
from argparse import Namespace
from pathlib import Path
{imports}

asked = np.load("asked.npy")
args = Namespace(best=10)
asked = {vector}
lines = range({count})
def scan():
{scan}
def query():
{query}
args.index, spent, with_names = Path("."), [], []
for _ in range({rounds}):
    for work, times in ((scan, spent), (query, with_names)):
        out, began = io.TextIOWrapper(io.BytesIO()), time.process_time()
        with contextlib.redirect_stdout(out):
            work()
        times.append(time.process_time() - began)
places = [json.loads(line)["image"] for line in out.buffer.getvalue().splitlines()]
"""
FAISS = """
import json, resource, time
import faiss
import numpy as np

faiss.omp_set_num_threads(1)
asked, index = np.load("asked.npy"), faiss.IndexFlatIP({width})
with open("vectors.f16", "rb") as file:
    while data := file.read(10_000 * 2 * {width}):
        index.add(np.frombuffer(data, np.float16).reshape(-1, {width}).astype(np.float32))
spent = []
for _ in range({rounds}):
    began = time.process_time()
    _, found = index.search(asked[None], 10)
    spent.append(time.process_time() - began)
places, with_names = [str(place) for place in found[0]], spent
"""
SAID = """
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
seconds, named = min(spent[{warm}:]), min(with_names[{warm}:])
print(json.dumps({"seconds": seconds, "named": named, "memory": memory, "places": places}))
"""


def main() -> int:
    """Measure the three in one run; 1 where a limit does not hold, or they find other images."""
    given = arguments()
    program, scan = ours("transformers", given.vectors), FAISS.format(width=WIDTH, rounds=ROUNDS)
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        make(Path(folder), given.vectors)
        pairs = [
            (run(program, sys.executable, folder), run(scan, given.python, folder))
            for _ in range(given.pairs)
        ]
        numpy_alone = run(ours("onnx", given.vectors), sys.executable, folder)
    shown("onnx", numpy_alone)
    for one, other in pairs:
        shown("transformers", one)
        shown("faiss", other)
        print(f"  ratio of CPU seconds {one['seconds'] / other['seconds']:.2f}")
    found = [row["places"] for row in (numpy_alone, *chain.from_iterable(pairs))]
    wrong = [] if found.count(found[0]) == len(found) else ["they found other images"]
    shares = [[one[key] / other[key] for one, other in pairs] for key in ("seconds", "memory")]
    for (name, most), share in zip(LIMITS.items(), map(median, shares), strict=True):
        print(f"{name}: {share:.2f}, at most {most:.2f}")
        wrong += [name] if share > most else []
    took = {"transformers": median(one["named"] for one, _ in pairs), "onnx": numpy_alone["named"]}
    wrong += [name for name, most in SECONDS.items() if took[name] > most]
    if max(row["memory"] for row in (numpy_alone, *(one for one, _ in pairs))) > MEMORY:
        wrong.append("memory of a query")
    print(f"not as it should be: {', '.join(wrong)}" if wrong else "all found the same images")
    return int(bool(wrong))


def shown(name: str, row: dict) -> None:
    """Print a line of what was measured."""
    print(
        f"{name:<13} {row['seconds']:6.3f} s of CPU, {row['named']:.3f} s with names, "
        f"{row['memory']:5.0f} MB at most"
    )


def arguments() -> argparse.Namespace:
    """Return the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--python", required=True, help="the Python of an environment with faiss")
    parser.add_argument("--vectors", type=int, default=2_000_000)
    parser.add_argument("--pairs", type=int, default=3, help="of the program and faiss")
    parser.add_argument("--folder", help="where the vectors are written, 1 kB each")
    return parser.parse_args()


def make(folder: Path, count: int) -> None:
    """Write an index of random unit vectors, and a vector that is asked for."""
    import numpy as np

    generator = np.random.default_rng(0)

    def some(number: int) -> np.ndarray:
        rows = generator.standard_normal((number, WIDTH), dtype=np.float32)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    np.save(folder / "asked.npy", some(1)[0])
    with (folder / "vectors.f16").open("wb") as file:
        for start in range(0, count, 10_000):
            file.write(some(min(10_000, count - start)).astype(np.float16).tobytes())
    with (folder / "images.jsonl").open("w") as file:
        file.writelines(f'{{"image": "{place}"}}\n' for place in range(count))


def ours(runtime: str, vectors: int) -> str:
    """Return the lines that measure the query of the program that is printed for a runtime.

    They stand below what encodes the words. What reads the names of so many vectors, and what
    prints some, is no part of the scan.
    """
    rulebase = load_rules()
    checkpoint = rulebase.checkpoint(CLIP)
    code = snippet(checkpoint, TASK, rulebase, runtime=runtime, whole=True) or ""
    body = ast.parse(code).body
    (asking,) = (place for place, node in enumerate(body) if isinstance(node, ast.Try))
    query = [ast.unparse(node) for node in body[asking + 1 :]]
    scan = [lines for lines in query[:-1] if "images.jsonl" not in lines]
    with_torch = "import torch" in code
    return OURS.format(
        imports="import torch\ntorch.set_num_threads(1)" if with_torch else "",
        vector="torch.from_numpy(asked)" if with_torch else "asked",
        scan=indent("\n".join(scan), "    "),
        query=indent("\n".join(query), "    "),
        count=vectors,
        rounds=ROUNDS,
    )


def run(code: str, python: str, folder: str) -> dict:
    """Run lines in a process of their own, on one thread; return what they measured."""
    alone = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    command = [python, "-c", code + SAID.replace("{warm}", str(WARM))]
    done = subprocess.run(
        command, cwd=folder, env=os.environ | alone, check=True, capture_output=True, text=True
    )
    return json.loads(done.stdout)


if __name__ == "__main__":
    raise SystemExit(main())
