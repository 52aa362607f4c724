"""Rules under overlays are made of the compiled base: the same as if all files were read again."""

import json

import pytest
from test_references import SMALL, folder

from advisor.decide.task_diagrams import build
from advisor.engine.decision import Engine
from advisor.errors import BrokenFileError
from advisor.rulebase import assemble, settled
from advisor.rulebase.store import load_rules, rule_files, shipped_rules

RULES, QUESTIONS = SMALL["decisions/capability.yaml"], SMALL["questions.yaml"]
LONG = "{id: long, label: long, requires: {text_context: {at_least: 99}}}"
OURS = "sources:\n  - {id: ours, title: Ours, kind: results, read: '2026-11'}\n"
GOOD = {
    "a rule that says otherwise": {"decisions/ours.yaml": RULES.replace("prefer", "avoid")},
    "a rule more": {"decisions/ours.yaml": RULES.replace("short-texts", "brief-texts")},
    "a name for an option": {
        "questions.yaml": QUESTIONS.replace("label: short", "label: short, aliases: [brief]"),
        "decisions/ours.yaml": RULES.replace("[short]", "[brief]"),
    },
    "an option more": {
        "questions.yaml": QUESTIONS.replace(LONG, f"{LONG}\n      - {{id: epic, label: epic}}")
    },
    "a source that says otherwise": {"sources.yaml": SMALL["sources.yaml"].replace("A paper", "B")},
    "a checkpoint more": {
        "checkpoints/writer.yaml": SMALL["checkpoints/writer.yaml"].replace(
            "org/writer", "org/scribe"
        )
    },
    "a family that does more": {
        "families/finder.yaml": "id: finder\ntasks:\n"
        "  write: {fit: possible, because: It may., sources: [paper]}\n"
    },
    "a scenario more": {
        "scenarios/ours.yaml": SMALL["scenarios/all.yaml"].replace("id: one", "id: two")
    },
}
BROKEN = {
    "an option of a rule is gone": {"questions.yaml": QUESTIONS.replace("id: short", "id: x")},
    "no such source": {"decisions/ours.yaml": RULES.replace("[paper]", "[papr]")},
    "a key that nobody knows": {"decisions/ours.yaml": RULES.replace("because", "becuse")},
    "no YAML": {"decisions/ours.yaml": "rules: ["},
    "a name twice": {"tasks.yaml": SMALL["tasks.yaml"].replace("[writing]", "[find]")},
    "a source that nobody cites, and no rule": {
        "sources.yaml": OURS, "decisions/ours.yaml": RULES.replace("fires: false", "fires: true")
    },
}  # fmt: skip
DEVICES = ("gpu", "cpu", "mps", "phone", "browser", "npu")
SHIPPED = {
    "a device more": {
        "questions.yaml": "questions:\n  - id: device\n    ask: Where?\n    why: It matters.\n"
        "    groups: {small: [phone, browser, npu]}\n    options:\n"
        + "".join(f"      - {{id: {id}, label: {id}}}\n" for id in DEVICES)
    },
    "options gone that members of series, groups and machines name": {
        "questions.yaml": "questions:\n  - id: device\n    ask: Where?\n    why: It matters.\n"
        "    options:\n      - {id: gpu, label: a GPU}\n"
    },
    "a member of a series of the base": {
        "checkpoints/clip.yaml": "checkpoints:\n  - id: lab/clip\n    series: siglip-2\n"
        "    parameters_millions: 1\n    sources: {parameters_millions: [ours]}\n",
        "sources.yaml": OURS,
    },
    "a series of the base that says less": {
        "checkpoints/clip.yaml": "series:\n  - {id: siglip-2, licence: mit}\ncheckpoints:\n"
        "  - id: lab/clip\n    series: siglip-2\n    label: Ours\n    tasks: [image-search]\n"
        "    loader: transformers\n    checked: '2026-11'\n",
    },
    "a figure": {
        "figures/ours.yaml": "protocols:\n  - id: ours\n    ranks_nothing: true\n    source: ours\n"
        "    tables: []\n",
        "sources.yaml": OURS,
    },
}  # fmt: skip


NO_SIGLIP = """
rules:
  - id: ours-is-no-siglip
    criterion: hardware
    when: {device: [cpu]}
    exclude: google/siglip2-base-patch16-224
    because: It was slow here.
    sources: [ours]
    examples:
      - {given: {device: cpu}, fires: true}
      - {given: {device: gpu}, fires: false}
"""


def compiled(root, over, before=None):
    """Return what is made of rules and an overlay: all parts, or all problems."""
    try:
        made = assemble.assemble(rule_files(root), [("ours", rule_files(over))], "any", before)
    except BrokenFileError as error:
        return error.problems
    same = made["unchanged"]["parts"] if before else []
    return {
        name: json.dumps(before(name) if name in same else made[name])
        for name in made
        if name != "unchanged"
    }


def written(root, files):
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return root


@pytest.mark.parametrize("files", (GOOD | BROKEN).values(), ids=GOOD | BROKEN)
def test_an_overlay_says_the_same_over_the_compiled_base(tmp_path, files):
    root, over = folder(tmp_path), written(tmp_path / "ours", files)
    before = assemble.assemble(rule_files(root), [], "base").__getitem__
    again = compiled(root, over)
    assert compiled(root, over, before) == again
    assert isinstance(again, dict) == (files in GOOD.values())


@pytest.mark.slow
@pytest.mark.parametrize("files", SHIPPED.values(), ids=SHIPPED)
def test_so_it_does_over_the_shipped_rules(tmp_path, files):
    before = assemble.assemble(rule_files(shipped_rules()), [], "base").__getitem__
    over = written(tmp_path / "ours", files)
    assert compiled(shipped_rules(), over, before) == compiled(shipped_rules(), over)


def test_a_base_with_remarks_is_read_again(tmp_path):
    root = folder(tmp_path)
    written(root, {"sources.yaml": SMALL["sources.yaml"] + OURS.removeprefix("sources:\n")})
    before = assemble.assemble(rule_files(root), [], "base").__getitem__
    assert before("proof")["remarks"]
    over = written(tmp_path / "ours", GOOD["a rule more"])
    assert compiled(root, over, before) == compiled(root, over)


def test_what_an_overlay_leaves_alone_is_not_read_again(tmp_path, monkeypatch):
    root, over = folder(tmp_path), written(tmp_path / "ours", GOOD["a rule more"])
    before = assemble.assemble(rule_files(root), [], "base").__getitem__
    read = []
    monkeypatch.setattr(settled, "read_bytes", lambda *one: read.append(one))
    made = assemble.assemble(rule_files(root), [("ours", rule_files(over))], "any", before)
    assert {"words", "catalogue", "orders/write"} <= {*made["unchanged"]["parts"]}
    assert [row[0] for row in made["core"]["rules"]][:2] == ["short-texts", "brief-texts"]
    assert read == []


@pytest.mark.slow
@pytest.mark.parametrize("task", ["captioning", "image-search"])
def test_first_checkpoints_of_the_base_serve_its_overlays(tmp_path, task):
    over = written(tmp_path / "ours", {"sources.yaml": OURS, "decisions/ours.yaml": NO_SIGLIP})
    rulebase = load_rules(overlays=(over,))
    base = rulebase.base()
    build(Engine(base), task)  # kept with the base
    joined = build(Engine(rulebase), task)
    rulebase.base = rulebase.shelf = None
    assert joined.to_json() == build(Engine(rulebase), task).to_json()
