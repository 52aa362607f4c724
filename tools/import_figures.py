"""Figures that were gathered as CSV, written as rules/figures/*.yaml.

For whoever maintains the rules. The rows are `id, benchmark, version, split, language, metric,
direction, value, protocol, ambiguous, mode, revision`, one a figure; figure_spellings.yaml, beside
this file, says how they spell what rules/benchmarks.yaml lists. Left out, with a count: what no
yardstick of rules/yardsticks.yaml uses, what is ambiguous, fine-tuned for the benchmark, behind a
layout model or of other weights, and what is spelt in no known way. Means over a fixed set are not
imported: they are worked out.

    python tools/import_figures.py FOLDER_OF_CSV
"""

from __future__ import annotations

import csv
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

ROOT = Path(__file__).resolve().parent.parent
SPELLINGS = Path(__file__).with_name("figure_spellings.yaml")
HEADER = "# Published figures: who measured, on which page that stands, and one line a figure.\n"
LANGUAGES = {"multi": "multilingual"}


class Key(NamedTuple):
    """What makes figures one table, within a protocol."""

    benchmark: str
    metric: str
    version: str | None
    split: str | None
    language: str | None
    mode: str | None


Tables = dict[str, dict[Key, dict[str, float]]]
"""By protocol and table, the figure of each checkpoint."""


class Importer:
    """Turns rows into tables. `spellings` is figure_spellings.yaml, `rules` the folder of rules."""

    def __init__(self, spellings: Mapping[str, Any], rules: Path) -> None:
        self.protocols = spellings["protocols"]
        self.benchmarks = spellings["benchmarks"]
        listed = _read(rules / "benchmarks.yaml")["benchmarks"]
        self.languages = {one["id"]: one.get("languages", []) for one in listed}
        self.used = set(_used(_read(rules / "yardsticks.yaml")["yardsticks"]))
        self.known = set(_source_ids(rules / "sources"))
        self.left_out: Counter[str] = Counter()
        self.tables: Tables = defaultdict(lambda: defaultdict(dict))
        self.revisions: dict[str, dict[str, str]] = defaultdict(dict)
        self.measured_on: dict[str, dict[str, str]] = defaultdict(dict)
        self.doubts = spellings["doubts"]
        self.loaded_as = spellings["loaded_as"]

    def add(self, row: Mapping[str, str]) -> None:
        """Add one row, or count why it is left out."""
        protocol = self.protocols.get(row["protocol"])
        if protocol is None:
            self.left_out["of tables that nothing uses"] += 1
        elif row.get("ambiguous"):
            self.left_out["ambiguous"] += 1
        elif (row.get("mode") or "").startswith("fine-tuned"):
            self.left_out["fine-tuned for the benchmark"] += 1
        elif doubt := self._doubt(row):
            self.left_out[doubt] += 1
        else:
            self._keep(protocol.get("id", row["protocol"]), row)

    def _doubt(self, row: Mapping[str, str]) -> str | None:
        """Return why the note of a row forbids to rank by it, if it does."""
        note = row.get("note") or ""
        return next((why for words, why in self.doubts.items() if re.search(words, note)), None)

    def _keep(self, protocol: str, row: Mapping[str, str]) -> None:
        keys = [key for key in self._keys(row) if self._wanted(key, protocol)]
        if not keys:
            self.left_out["that no yardstick uses"] += 1
            return
        id = self.loaded_as.get(row["id"], row["id"])
        for key in keys:
            self.tables[protocol][key][id] = float(row["value"])
        if revision := row.get("revision"):
            self.revisions[protocol][id] = revision[:12]
        note = row.get("note") or ""
        if id != row["id"]:
            self.measured_on[protocol][id] = row["id"]
        elif found := re.search(r"Measured on ([^\s;]+)", note):
            self.measured_on[protocol][id] = found[1]
        elif "original weights" in note:
            self.measured_on[protocol][id] = re.sub("-hf$", "", id, flags=re.IGNORECASE)

    def _wanted(self, key: Key, protocol: str) -> bool:
        """True where a yardstick takes such figures, in this language or in any."""
        of = key.benchmark, key.metric, protocol
        return (*of, key.language) in self.used or (*of, None) in self.used

    def _keys(self, row: Mapping[str, str]) -> Iterator[Key]:
        """Yield the table of a row in the words of the closed lists; none where a word is new."""
        for id, spelt in self.benchmarks.items():
            if not re.fullmatch(spelt["name"], row["benchmark"]):
                continue
            words: dict[str, str | None] = {}
            for column, lists in (
                ("metric", "metrics"),
                ("version", "versions"),
                ("split", "splits"),
            ):
                value = row.get(column) or ""
                known = spelt.get(lists)
                if known is None:
                    words[column] = None
                    continue
                found = [to for pattern, to in known.items() if re.fullmatch(pattern, value)]
                if not found:
                    break
                words[column] = found[0]
            else:
                language, mode = self._language(id, row), row.get("mode") or None
                yield Key(
                    id, str(words["metric"]), words["version"], words["split"], language, mode
                )

    def _language(self, benchmark: str, row: Mapping[str, str]) -> str | None:
        """Return the language of a row, where the benchmark has texts in several."""
        languages = self.languages[benchmark]
        if len(languages) < 2:
            return None
        said = LANGUAGES.get(row["language"], row["language"])
        return said if said in languages else "multilingual"

    def files(self) -> dict[str, str]:
        """Return the text of each file of figures, by its name."""
        by_file: dict[str, list[str]] = defaultdict(list)
        for name, about in self.protocols.items():
            id = about.get("id", name)
            if id in self.tables:
                by_file[about["file"]] += self._protocol(id, about)
        return {
            f"{file}.yaml": HEADER + "protocols:\n" + "\n".join(lines).rstrip("\n") + "\n"
            for file, lines in by_file.items()
        }

    def _protocol(self, id: str, about: Mapping[str, Any]) -> Iterator[str]:
        page = about["source"]
        yield f"  - id: {id}"
        yield f"    by: {_text(about['by'])}"
        if "maker" in about:
            yield f"    maker: {about['maker']}"
        yield f"    source: {page if isinstance(page, str) else id}"
        for name, said in (("revisions", self.revisions), ("measured_on", self.measured_on)):
            yield from [f"    {name}:"] if said[id] else []
            yield from (f"      {one}: {_text(word)}" for one, word in sorted(said[id].items()))
        yield "    tables:"
        for key, figures in self.tables[id].items():
            words = [(name, word) for name, word in key._asdict().items() if word is not None]
            yield "      - " + "\n        ".join(f"{name}: {_text(word)}" for name, word in words)
            yield "        figures:"
            for checkpoint, value in sorted(figures.items(), key=lambda one: one[0].lower()):
                yield f"          {checkpoint}: {value:g}"
        yield ""

    def sources(self) -> str:
        """Return the text of the file of sources: the pages of tables that no other file has."""
        lines = ["# The pages on which the tables of figures/ stand.", "sources:"]
        for name, about in self.protocols.items():
            id = about.get("id", name)
            if not isinstance(about["source"], str) and id in self.tables and id not in self.known:
                lines.append(f"  - id: {id}")
                lines += [f"    {key}: {_text(value)}" for key, value in about["source"].items()]
                lines += ['    read: "2026-11"', ""]
        return "\n".join(lines).rstrip("\n") + "\n"


def _source_ids(folder: Path) -> Iterator[str]:
    """Yield the ids of the sources that stand in other files than that of the figures."""
    for path in sorted(folder.glob("*.yaml")):
        if path.name != "figures.yaml":
            found = re.findall(
                r"^ +- id: (\S+)$|^ {6}([a-z0-9-]+): ", path.read_text("utf-8"), re.MULTILINE
            )
            yield from (id for pair in found for id in pair if id)


def _used(yardsticks: list[dict[str, Any]]) -> Iterator[tuple[str, str, str, str | None]]:
    """Yield benchmark, metric, protocol and language of what yardsticks take; None is any."""
    listed = _read(ROOT / "rules" / "benchmarks.yaml")["benchmarks"]
    metrics = {one["id"]: list(one["metrics"]) for one in listed}
    for one in yardsticks:
        for benchmark in one.get("benchmarks", ()):
            for group in one.get("tables", ()):
                for protocol in group if isinstance(group, list) else [group]:
                    for metric in one.get("metrics", metrics[benchmark]):
                        language = one.get("language")
                        yield benchmark, metric, protocol, None if language == "asked" else language


def _read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def _text(value: object) -> str:
    """Return a word as it has to stand in YAML."""
    text = yaml.safe_dump(str(value), allow_unicode=True, width=10**6, default_style=None)
    return text.removesuffix("\n").removesuffix("\n...")


def main(arguments: list[str]) -> int:
    """Write the files, and say what was left out; 2 without a folder."""
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    importer = Importer(_read(SPELLINGS), ROOT / "rules")
    for path in sorted(Path(arguments[0]).glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                importer.add(row)
    for name, text in importer.files().items():
        (ROOT / "rules" / "figures" / name).write_text(text, encoding="utf-8")
    (ROOT / "rules" / "sources" / "figures.yaml").write_text(importer.sources(), encoding="utf-8")
    tables = [figures for of in importer.tables.values() for figures in of.values()]
    print(f"{sum(map(len, tables))} figures in {len(tables)} tables")
    for reason, number in importer.left_out.most_common():
        print(f"{number} rows left out {reason}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
