"""Releases of transformers, described from their wheels into one table; nothing is imported.

For whoever maintains the rules. Fetch the wheel of a release, then add it to the table, which
keeps those that it has:

    pip download transformers==5.25.0 --no-deps --dest wheels
    python tools/describe_releases.py wheels/*.whl

Kept are the names of every module, and of the modules that have to do with pictures, or with all
models, the public members of every class. `advisor/catalogue/release_table.py` reads the table and
says how it is laid out.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import module_aliases
import module_facts
from module_aliases import expanded
from module_facts import OTHER_FRAMEWORK, facts_of
from release_rows import TableRow, read_rows, with_release, write_table

from advisor.catalogue.release_files import describe
from advisor.catalogue.release_table import TABLE, block_of

FACTS = Path(tempfile.gettempdir()) / "advisor-module-facts"
"""What was read of a file is kept: most files are the same in the next release."""
SKIPPED = re.compile(r"models/.*/(?:convert_|modular_)|__pycache__|utils/dummy_")
FAST_MODULE = re.compile(r"\.image_processing_(?!pil_|auto|utils)\w+(?<!_fast)(?<!_pil)\Z")
KEPT = re.compile(r"[^_]|__(?:init|call|getattr)__\Z")
"""Members that code outside the library uses."""
DEEPEST = 12


class Package:
    """The modules of one release, each with what it binds."""

    def __init__(self, folder: Path) -> None:
        self.modules: dict[str, dict[str, Any]] = {}
        self._names: dict[str, dict[str, list[str] | None]] = {}
        for file in sorted(folder.rglob("*.py")):
            inside = file.relative_to(folder)
            if not SKIPPED.search(inside.as_posix()):
                package = file.name == "__init__.py"
                parts = inside.parent.parts if package else inside.with_suffix("").parts
                name = ".".join(parts)
                self.modules[name] = _facts(name, file, package=package)
        top = self.modules[""]
        aliases = top["aliases"] | expanded(top["looped"], self.modules)
        if aliases and not top["looped"] and "_LegacyModuleAliasFinder" in top["bound"]:
            fast = (name for name in self.modules if FAST_MODULE.search(name))
            aliases |= {f"{name}_fast": name for name in fast}
        for old, new in aliases.items():
            if old not in self.modules and new in self.modules:
                self.modules[old] = self._alias(self.modules[new])

    @staticmethod
    def _alias(facts: dict[str, Any]) -> dict[str, Any]:
        processors = (name for name in facts["bound"] if name.endswith("ImageProcessor"))
        bound = facts["bound"] | {f"{name}Fast": None for name in processors}
        return facts | {"bound": bound, "classes": {}, "all": []}

    def names(self, module: str, seen: tuple[str, ...] = ()) -> dict[str, list[str] | None]:
        """Return all that can be imported from a module, with the module and name it comes from."""
        if module in self._names:
            return self._names[module]
        facts = self.modules[module]
        found: dict[str, list[str] | None] = {}
        for star in facts["stars"]:
            if star in self.modules and star not in seen:
                inner = self.names(star, (*seen, module))
                found.update({name: [star, name] for name in inner if name[:1] != "_"})
        found |= facts["bound"]
        if facts["package"]:
            start = f"{module}." if module else ""
            below = (name for name in self.modules if name.startswith(start) and name != module)
            found.update({name[len(start) :].partition(".")[0]: None for name in below})
            found |= {name: [origin, name] for name, origin in self.exported(module).items()}
        found = {name: origin for name, origin in found.items() if not name.startswith("__")}
        if not seen:
            self._names[module] = found
        return found

    def exported(self, package: str) -> dict[str, str]:
        """Return the names that a package gives when they are asked for, with their modules."""
        facts, found = self.modules[package], {}
        start = f"{package}." if package else ""
        if facts["structured"]:
            below = start or "models."
            for name in (name for name in self.modules if name.startswith(below)):
                found.update(dict.fromkeys(self.modules[name]["all"], name))
        for key, names in facts["lazy"].items():
            found.update(dict.fromkeys(names, start + key))
        return found

    def home(self, module: str, name: str, depth: int = 0) -> str:
        """Return `module:Class` where a name leads, or `!name` where that is outside."""
        head, _, rest = name.partition(".")
        if module not in self.modules or depth > DEEPEST:
            return f"!{name}"
        if not rest and head in self.modules[module]["classes"]:
            return f"{module}:{head}"
        origin = self.names(module).get(head)
        if origin is None:
            return f"!{name}"
        if origin[0].startswith("!"):
            return ".".join(filter(None, (origin[0], origin[1], rest)))
        if rest:
            return self.home(".".join(filter(None, origin)), rest, depth + 1)
        return self.home(origin[0], origin[1], depth + 1)

    def of_pictures(self) -> set[str]:
        """Return the folders of models that look at something."""
        found = set()
        for name, facts in self.modules.items():
            match name.split("."):
                case ["models", folder, module] if folder != "auto":
                    looks = module.startswith(("image_processing", "video_processing"))
                    configured = module.startswith(("configuration", "processing"))
                    if looks or (configured and facts["vision"]) or _takes_pictures(facts):
                        found.add(folder)
        return found

    def rows(self) -> Iterator[TableRow]:
        """Yield what is kept of all modules."""
        pictures = self.of_pictures() | {"auto"}
        for name, facts in self.modules.items():
            parts = name.split(".")
            whole = parts[0] != "models" or len(parts) < 2 or parts[1] in pictures
            others = OTHER_FRAMEWORK.search(parts[-1])
            functions = facts["functions"] if whole and not others else {}
            for key in self.names(name):
                text = functions.get(key, "") if key[:1] != "_" else ""
                yield TableRow(block_of(name), f"{name}:", key, text)
            if facts["open"]:
                yield TableRow(block_of(name), f"{name}:", "?getattr", "")
            for key, one in facts["classes"].items() if whole and not others else ():
                yield from self._class_rows(name, key, one)
        for name, module in self.exported("").items():
            home = self.home(module, name)
            text = module if home.startswith("!") else home.partition(":")[0]
            if module.split(".")[:2] != text.split(".")[:2]:  # an alias of a class of another model
                text += f" {module}"
            yield TableRow(f"@exports.{name[:1]}", "", name, text)

    def _class_rows(self, module: str, name: str, one: dict[str, Any]) -> Iterator[TableRow]:
        bases = (self.home(module, base) if base != "?" else "!?" for base in one["bases"])
        yield TableRow(block_of(module), f"{module}:{name}", "<", " ".join(bases))
        for member, text in one["members"].items():
            if KEPT.match(member):
                yield TableRow(block_of(module), f"{module}:{name}", member, text)


def _takes_pictures(facts: dict[str, Any]) -> bool:
    """True where a class of the module is called with pixels, or built with what prepares them."""
    taken = {"forward": "pixel_values", "__init__": "image_processor"}
    return any(
        word in one["members"].get(method, "")
        for one in facts["classes"].values()
        for method, word in taken.items()
    )


class Described(NamedTuple):
    """One release, and what is kept of it."""

    version: str
    rows: list[TableRow]


def described(wheel: Path) -> Described:
    """Return what is kept of the release in a wheel."""
    with tempfile.TemporaryDirectory(prefix="advisor-wheel-") as folder:
        with zipfile.ZipFile(wheel) as archive:
            names = (name for name in archive.namelist() if name.endswith(".py"))
            archive.extractall(folder, names)
        package = Path(folder) / "transformers"
        known = describe(package)
        rows = [*Package(package).rows(), *_mappings(known)]
    return Described(known["version"], rows)


def _mappings(known: dict[str, Any]) -> Iterator[TableRow]:
    for name, mapping in known["auto"].items():
        for key, classes in mapping.items():
            yield TableRow("@auto", name, key, " ".join(classes))
    for part in ("pipelines", "named"):
        for key, names in known[part].items():
            yield TableRow("@tasks", part, key, " ".join(names))
    for key, name in known["aliases"].items():
        yield TableRow("@tasks", "aliases", key, name)
    for suffix in known["suffixes"]:
        yield TableRow("@tasks", "suffixes", suffix, "")


def _facts(name: str, file: Path, *, package: bool) -> dict[str, Any]:
    data = file.read_bytes()
    key = hashlib.blake2b(b"\0".join((_readers(), name.encode(), data)), digest_size=16).hexdigest()
    kept = FACTS / f"{key}.json"
    if kept.is_file():
        return dict(json.loads(kept.read_bytes()))
    facts = facts_of(name, data.decode("utf-8"), package=package)
    kept.parent.mkdir(exist_ok=True)
    kept.write_text(json.dumps(facts, separators=(",", ":")), encoding="utf-8")
    return facts


@cache
def _readers() -> bytes:
    """The text of what reads a file: facts that another one read are not taken for its own."""
    return b"".join(Path(str(one.__file__)).read_bytes() for one in (module_aliases, module_facts))


def main(wheels: list[str]) -> int:
    """Add the releases in wheels to the table."""
    versions, rows = read_rows(TABLE) if TABLE.is_file() else ([], {})
    for wheel in wheels:
        added = described(Path(wheel))
        versions, rows = with_release(versions, rows, added.version, added.rows)
        sys.stdout.write(f"{added.version}: {len(added.rows):,} rows\n")
        sys.stdout.flush()
    write_table(TABLE, versions, rows)
    sys.stdout.write(f"{len(versions)} releases: {TABLE.stat().st_size:,} bytes\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
