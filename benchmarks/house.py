"""Count the house: lines, lines of code, modules and vague names of each package, with budgets.

usage: python benchmarks/house.py [--check | --lower]

Lines are those of the files (`wc -l`); lines of code leave out blank lines, comments and
docstrings. Vague are the bindings of a name that does not say what it holds (`VAGUE`): each
parameter, and each place where a variable is assigned. The budgets stand in `pyproject.toml`,
`[tool.advisor.house]`; `--check` exits 1 where one is exceeded, `--lower` lowers each budget to
what its package takes now.
"""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "advisor"
ALONE = "modules"  # of the package itself, beside its folders
VAGUE = {"one", "found", "known", "said", "told", "kept", "asked"}
DOCUMENTED = ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef


class Size(NamedTuple):
    """How large a package is."""

    lines: int
    code: int
    modules: int
    vague: int

    def plus(self, other: "Size") -> "Size":
        """Return the sum of both."""
        return Size(*(a + b for a, b in zip(self, other, strict=True)))


def text_lines(node: ast.expr) -> set[int]:
    """Return the numbers of the lines on which a text stands."""
    return set(range(node.lineno, (node.end_lineno or node.lineno) + 1))


def size_of(path: Path) -> Size:
    """Return the size of one file."""
    text = path.read_text(encoding="utf-8")
    lines = enumerate(map(str.strip, text.split("\n")), start=1)
    code = {number for number, line in lines if line and line[0] != "#"}
    docstrings: set[int] = set()
    vague = 0
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.arg):
            vague += node.arg in VAGUE
        elif isinstance(node, ast.Name):
            vague += node.id in VAGUE and isinstance(node.ctx, ast.Store)
        elif isinstance(node, (ast.Constant, ast.JoinedStr)):
            code |= text_lines(node)  # of many lines, some may be blank or begin as comments do
        elif isinstance(node, DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
            docstrings |= text_lines(node.body[0].value)
    return Size(text.count("\n"), len(code - docstrings), 1, vague)


def measured() -> dict[str, Size]:
    """Return the size of each package of `advisor`, by name."""
    sizes: dict[str, Size] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).parts
        name = parts[0] if len(parts) > 1 else ALONE
        sizes[name] = sizes.get(name, Size(0, 0, 0, 0)).plus(size_of(path))
    return sizes


def budgets() -> dict[str, Size]:
    """Return what each package may take, and `all` of them together."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return {name: Size(*numbers) for name, numbers in settings["tool"]["advisor"]["house"].items()}


def over_budget() -> Iterator[str]:
    """Yield a sentence for each budget that is exceeded, and each package without one."""
    sizes, allowed = measured(), budgets()
    for name, size in sizes.items():
        if name not in allowed:
            yield f"{name}: no budget in pyproject.toml, [tool.advisor.house]"
            continue
        for what, number, most in zip(Size._fields, size, allowed[name], strict=True):
            if number > most:
                yield f"{name}: {number} {what}, {most} allowed"
    for name in allowed.keys() - sizes.keys():
        yield f"{name}: a budget for a package that is not there"


def lower() -> None:
    """Lower each budget in `pyproject.toml` to what its package takes now."""
    place = ROOT / "pyproject.toml"
    text = place.read_text(encoding="utf-8")
    for name, size in measured().items():
        row = f"{name} = {list(map(min, size, budgets()[name]))}"
        text = re.sub(rf"^{name} = \[.*\]$", row, text, flags=re.MULTILINE)
    place.write_text(text, encoding="utf-8")


def row_of(name: str, size: Size, budget: Size) -> str:
    """Return a row of the table."""
    lines, code, modules, vague = size
    return f"{name:14}{lines:8}{code:8}{modules:9}{vague:7}   {' '.join(map(str, budget))}"


def main() -> int:
    """Print the table; return 1 where `--check` finds a budget exceeded."""
    if "--lower" in sys.argv[1:]:
        lower()
    allowed, total, most = budgets(), Size(0, 0, 0, 0), Size(0, 0, 0, 0)
    print(f"{'package':14}{'lines':>8}{'code':>8}{'modules':>9}{'vague':>7}   budget")
    for name, size in sorted(measured().items(), key=lambda row: -row[1].lines):
        budget = allowed.get(name, Size(0, 0, 0, 0))
        total, most = total.plus(size), most.plus(budget)
        print(row_of(name, size, budget))
    print(row_of("all", total, most))
    problems = list(over_budget())
    print(*problems, sep="\n", end="\n" if problems else "")
    return 1 if problems and "--check" in sys.argv[1:] else 0


if __name__ == "__main__":
    sys.exit(main())
