"""Writes everything in the documentation that is made from the program, and says what changed.

    python docs/write.py           # after a change of rules, messages or output
    python docs/write.py --check   # writes nothing; exits 1 where something is not current

Every writer can also be run alone: its command stands before what it says.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from docs import generated

ROOT = Path(__file__).resolve().parents[1]
PAGES = ("README.md", "CHANGELOG.md", *sorted(f"docs/{p.name}" for p in ROOT.glob("docs/*.md")))
WRITTEN = ("README.md", "CHANGELOG.md", "llms.txt", "docs", "examples")
"""Where the writers write."""
EXAMPLES = tuple(
    path for path in sorted(ROOT.glob("examples/*.py")) if "\nPrints:\n" in path.read_text("utf-8")
)
"""Programs whose docstring ends with what they print."""


class Writer(NamedTuple):
    """A command that writes; with --check before the `pages`, where it takes any, it compares.

    `writes` are the options with which it writes.
    """

    command: tuple[str, ...]
    writes: tuple[str, ...] = ()
    pages: tuple[str, ...] = ()

    def run(self, *, check: bool) -> subprocess.CompletedProcess[str]:
        """Run it with this interpreter's environment first on the path."""
        here = os.environ | {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        }
        line = (*self.command, *(("--check",) if check else self.writes), *self.pages)
        return subprocess.run(line, cwd=ROOT, env=here, capture_output=True, text=True, check=False)


WRITERS = (
    *(Writer(("cog",), ("-r",), (page,)) for page in PAGES),
    Writer(("python", "docs/schemas.py")),
)
LAST = Writer(("python", "docs/llms.py"))
"""It reads what the others write."""


def example_texts() -> dict[Path, str]:
    """Return the programs in examples/, each with what it prints in its docstring."""
    texts = {}
    for path in EXAMPLES:
        before, _, rest = path.read_text(encoding="utf-8").partition("\nPrints:\n")
        _, quotes, after = rest.partition('"""')
        printed = subprocess.run(
            [sys.executable, path], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout
        lines = "".join(f"    {line}\n" for line in printed.splitlines())
        texts[path] = f"{before}\nPrints:\n{lines}{quotes}{after}"
    return texts


def digests() -> dict[str, str]:
    """Return a digest of every file that a writer may write."""
    tops = [ROOT / top for top in WRITTEN]
    files = [f for top in tops for f in ([top] if top.is_file() else top.rglob("*")) if f.is_file()]
    return {
        file.relative_to(ROOT).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in files
        if "__pycache__" not in file.parts
    }


def run(writers: tuple[Writer, ...], *, check: bool) -> list[str]:
    """Run writers side by side; return what the failing ones said."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        done = list(pool.map(lambda writer: writer.run(check=check), writers))
    return [
        f"{' '.join((*writer.command, *writer.pages))}: exit {each.returncode}\n"
        f"{each.stdout}{each.stderr}".rstrip()
        for writer, each in zip(writers, done, strict=True)
        if each.returncode
    ]


def main(arguments: list[str]) -> int:
    """Write everything, or compare it; return the exit code."""
    check = "--check" in arguments
    before = digests()
    problems = run(WRITERS, check=check) + run((LAST,), check=check)
    texts = example_texts()
    if check:
        stale = generated.stale(texts)
        problems += [
            f"examples/{name} is not current: run `python docs/write.py`" for name in stale
        ]
    else:
        generated.write(texts)
        after = digests()
        for name in sorted(before.keys() | after.keys()):
            if before.get(name) != after.get(name):
                print(name)
    return generated.complain(problems)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
