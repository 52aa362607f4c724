"""The header of a program: packages in tested versions, downloads, merged imports."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from advisor.decide.command_lines import quoted
from advisor.decide.memory import file_gb
from advisor.foreign import visible
from advisor.model import Checkpoint
from advisor.model.library import Package, Program, Runtime
from advisor.phrasing import count

PYTHONS = ">=3.11,<3.15"
"""The versions of Python that programs run on, unless a package has no wheel for the last."""
WIDTH = 88
"""The longest line, as ruff formats by default."""
PROGRAM = "program.py"
"""The file that a program is saved as."""
MBITS = 100
"""The rate in megabits per second for which the time of a download is given."""
CONTEXT = 16384
"""The most tokens that a server holds of a prompt, its image and its answer, of a GPU's memory."""
LATE = "# imports that take seconds"
"""The line of a program at which imports stand that wait for the command line."""
UNSORTED = "ruff: noqa: E402 (imports that take seconds come after the arguments)"
"""The comment in the header of such a program, for ruff and readers."""
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
"""The index of torch without CUDA, by https://pytorch.org/get-started/locally/."""
_IMPORTS = re.compile(r"^(import [\w. ]+|from ([\w.]+) import ([\w, ]+))$", re.MULTILINE)
_FUNCTIONS = ("def ", "class ", "@")
"""The beginnings of blocks that are separated by two blank lines."""
_BLOCKS = re.compile(r"\n{2,}(?=\S)")


def requirements(code: str, packages: Iterable[Package]) -> list[str]:
    """Return the pip requirements of the packages that a program imports."""
    imported = {
        word.partition(".")[0]
        for line in code.splitlines()
        if line.lstrip().startswith(("import ", "from "))
        for word in re.findall(r"[\w.]+", line)
    }
    wrapped = re.findall(r"^from (\w+)[\w.]* import \(\n([^)]*)", code, re.MULTILINE)
    imported |= {name for _, names in wrapped for name in re.findall(r"\w+", names)}
    needed = [package for package in packages if imported & {*package.needed_by}]
    pinned = {id for package in needed for id in package.pins}
    return [f"{package.id}{package.versions}" for package in needed if package.id not in pinned]


def pythons_for(needed: Sequence[str], packages: Iterable[Package]) -> str:
    """Return the versions of Python for which all needed packages have wheels."""
    used = [package for package in packages if f"{package.id}{package.versions}" in needed]
    return min([PYTHONS, *(each.pythons for each in used if each.pythons)])


def install_line(needed: Sequence[str]) -> str:
    """Return the arguments of pip that install the needed packages."""
    return "install " + " ".join(f'"{each}"' for each in needed)


def prepared_by(runtime: Runtime, checkpoint: Checkpoint, program: Program | None) -> list[str]:
    """Return the header lines with commands that a runtime needs before a program, if any."""
    pinned = f" --revision {checkpoint.revision}" if checkpoint.revision else ""
    words = {"checkpoint": checkpoint.id, "export": program.export if program else ""}
    words |= {"pinned": pinned, "source": "fetched" if pinned else checkpoint.id}
    words["context"] = str(min(CONTEXT, checkpoint.text_context or CONTEXT))
    towers, lines = program.towers if program else {}, []
    for line in runtime.commands.strip().splitlines():
        if "{source}" in line and pinned:  # an exporter takes no revision
            lines.append(f"  uvx hf download {checkpoint.id}{pinned} --local-dir fetched")
        cuts = towers.items() if "{tower}" in line else [("", "")]
        lines += [line.format_map(words | {"tower": name, "ends": ends}) for name, ends in cuts]
    return [*lines, f"This downloads {checkpoint.id}{_size(checkpoint)}."] if lines else []


def with_header(code: str, lines: Sequence[str]) -> str:
    """Return a program below its header lines, as comments of Python or HTML."""
    if not code.startswith("<"):
        return "".join(f"# {visible(line)}\n" for line in lines) + f"\n{code}\n"
    head = "\n".join(visible(line).replace(">", "&gt;") for line in lines)
    return f"<!--\n{head}\n-->\n{code}\n"


def header(
    needed: Sequence[str],
    checkpoint: Checkpoint | None,
    comments: Sequence[str],
    runs: Sequence[str] = (),
    prepared: Sequence[str] = (),
    saved: str = "",
    pythons: str = PYTHONS,
    *,
    cpu: bool = False,
) -> list[str]:
    """Return the header lines of a program: download, installation, commands, metadata (PEP 723).

    Lines `prepared` replace the download. `runs` are the arguments of its command lines; `comments`
    stand above the metadata. `saved` is the name of its file, empty if it has none yet. For a `cpu`
    the metadata name the index of torch without CUDA, which uv reads.
    """
    lines: list[str] = []
    if checkpoint and not prepared and (download := download_of(checkpoint)):
        lines.append(download)
    if needed:
        lines.append(f"pip {install_line(needed)}")
    of_torch = [each for each in needed if each.startswith(("torch>", "torchvision>"))]
    if of_torch:
        lines += [
            "On Linux, torch includes several GB of CUDA libraries. To avoid them, first run",
            f"pip install torch --index-url {CPU_INDEX}",
            "uv takes torch from this index by itself, see the end of these lines."
            if cpu
            else f"or give uv the same index: uv run --index {CPU_INDEX} ...",
        ]
    if checkpoint and checkpoint.gated:
        lines.append(f"First accept the terms at {checkpoint.page} and run `hf auth login`.")
    lines += prepared
    if runs:
        how = "Run the program" if saved else f"Save this as {PROGRAM} and run it"
        lines.append(f"{how}. uv installs the packages by itself:")
        lines += [f"  uv run {quoted(saved or PROGRAM)} {words}".rstrip() for words in runs]
    lines += comments
    if needed:
        lines += ["/// script", f'requires-python = "{pythons}"', "dependencies = ["]
        lines += [*(f'  "{each}",' for each in needed), "]"]
        if of_torch and cpu:
            lines += ["[[tool.uv.index]]", 'name = "torch-cpu"', f'url = "{CPU_INDEX}"']
            lines += ["explicit = true", "[tool.uv.sources]"]
            source = """[{ index = "torch-cpu", marker = "sys_platform != 'darwin'" }]"""
            lines += [f"{each.partition('>')[0]} = {source}" for each in of_torch]
        lines.append("///")
    return lines


def download_of(checkpoint: Checkpoint) -> str:
    """Return the download of the first run in words; empty if the authors' own code does it."""
    if checkpoint.loader == "remote-code":
        return ""
    return f"The first run downloads {checkpoint.hub_id}{_size(checkpoint)}."


def _size(checkpoint: Checkpoint) -> str:
    """Return the size of a download in GB (10^9 bytes) and the wait; empty if unknown."""
    if (gigabytes := file_gb(checkpoint)) is None:
        return ""
    minutes = max(1, round(gigabytes * 8e9 / MBITS / 1e6 / 60))
    return f", about {gigabytes:.2g} GB: {count(minutes, 'minute')} at {MBITS} Mbit/s"


def imports_late(code: str) -> bool:
    """True if a program imports something after it parses its arguments."""
    return bool(_IMPORTS.search(code.partition("_args(")[2]))


def merged(code: str) -> str:
    """Return a program with its imports merged at the top: each once, in the order of ruff's isort.

    Code that reads the command line follows them, then functions, then the rest, in which single
    lines continue those before them. In parts an import is on one line. If a program has the line
    LATE, the part above it comes first, with the imports that it needs.
    """
    early, mark, late = code.rpartition(LATE)
    bound, below = _bound(early), _bound(late)
    for module, names in below.items() if mark else ():
        if not _foreign(module):
            bound.setdefault(module, set()).update(names)
        below[module] = names - bound.get(module, set())
    parts = [_ordered(bound, early), _ordered(below, late)] if mark else [_ordered(below, late)]
    return "\n\n".join(parts)


def _ordered(bound: Mapping[str, set[str]], part: str) -> str:
    """Return a part as imports, code that reads the command line, functions and the rest."""
    blocks = _BLOCKS.split(_IMPORTS.sub("", part).strip("\n"))
    read = next((place for place, each in enumerate(blocks) if "_args(" in each), -1) + 1
    imports = [_import_lines(bound, foreign=foreign) for foreign in (False, True)]
    head = ["\n".join(each) for each in (*imports, blocks[:read]) if each]
    rest = sorted(blocks[read:], key=lambda block: not block.startswith(_FUNCTIONS))
    text = "\n\n".join(head)
    for before, after in pairwise(["", *head[-1:], *rest][-len(rest) - 1 :]):
        apart = after.startswith(_FUNCTIONS) or before.startswith(_FUNCTIONS)
        text += ("\n\n\n" if apart else "\n\n" if "\n" in after else "\n") + after
    return text.strip("\n")


def _bound(code: str) -> dict[str, set[str]]:
    """Return the names that a part imports, by module; an empty name is the module itself."""
    modules: dict[str, set[str]] = {}
    for line, module, names in _IMPORTS.findall(code):
        modules.setdefault(module or line.removeprefix("import "), set()).update(
            names.split(", ") if module else [""]
        )
    return modules


def _import_lines(bound: Mapping[str, set[str]], *, foreign: bool) -> list[str]:
    """Return `import`, then `from` lines: of the standard library, or of the rest if `foreign`."""
    modules = [each for each in sorted(bound, key=str.lower) if _foreign(each) == foreign]
    lines = [f"import {module}" for module in modules if "" in bound[module]]
    for module in modules:
        names = sorted(  # constants, then classes, then functions
            bound[module] - {""}, key=lambda n: (not n.isupper(), not n[0].isupper(), n.lower())
        )
        line = f"from {module} import {', '.join(names)}"
        if len(line) > WIDTH:
            line = f"from {module} import (\n" + "".join(f"    {name},\n" for name in names) + ")"
        lines += [line] if names else []
    return lines


def _foreign(module: str) -> bool:
    """True if a module is not in Python's standard library."""
    return re.split(r"[. ]", module)[0] not in sys.stdlib_module_names
