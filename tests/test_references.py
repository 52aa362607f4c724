"""Rule folders: names that refer to nothing, overlays, and the compiled copy."""

import os
from itertools import cycle

import pytest

from advisor.engine.decision import Engine
from advisor.engine.profile import make_profile
from advisor.errors import BrokenFileError
from advisor.rulebase import store
from advisor.rulebase.store import load_rules, shipped_rules
from advisor.writing import replacing

SMALL = {
    "criteria.yaml": """\
criteria:
  - id: capability
    name: what it can do
    because: First of all.
""",
    "questions.yaml": """\
questions:
  - id: task
    ask: What?
    why: It says most.
    options_from: tasks
    many: true
  - id: output
    ask: What comes out?
    why: It matters.
    declared_by: gives
    options:
      - {id: text, label: text}
      - {id: vector, label: a vector}
  - id: length
    ask: How long?
    why: It matters.
    ask_if: {output: [text]}
    options:
      - {id: short, label: short}
      - {id: long, label: long, requires: {text_context: {at_least: 99}}}
never:
  - id: no-long-text
    when: {output: [text], length: [long]}
    because: It cannot be.
""",
    "tasks.yaml": """\
tasks:
  - id: write
    name: Writing
    description: It writes.
    aliases: [writing]
    implies: {output: [text]}
  - id: find
    name: Finding
    description: It finds.
    implies: {output: [vector]}
    sources: [paper]
""",
    "sources.yaml": """\
sources:
  - {id: paper, title: A paper, kind: paper, read: "2026-11"}
""",
    "families/writer.yaml": """\
id: writer
name: Writer
tie_break_order: 1
summary: It writes.
takes: {}
gives:
  text: {because: It does., sources: [paper]}
tasks:
  write: {fit: best, because: It does., sources: [paper]}
cannot:
  find: {because: It does not., sources: [paper]}
""",
    "families/finder.yaml": """\
id: finder
name: Finder
tie_break_order: 2
summary: It finds.
takes: {}
gives:
  vector: {because: It does., sources: [paper]}
tasks:
  find: {fit: best, because: It does., sources: [paper]}
""",
    "decisions/capability.yaml": """\
rules:
  - id: short-texts
    criterion: capability
    when: {length: [short]}
    prefer: writer
    because: It is good at it.
    sources: [paper]
    examples:
      - {given: {length: short}, fires: true}
      - {given: {length: long}, fires: false}
""",
    "checkpoints/writer.yaml": """\
checkpoints:
  - id: org/writer
    label: Writer
    loader: transformers
    tasks: [write]
    sources: {licence: [paper]}
    checked: "2026-11"
""",
    "scenarios/all.yaml": """\
scenarios:
  - id: one
    profile: {task: write}
    family: writer
    because: [short-texts]
""",
}


def folder(tmp_path):
    """Write the small rule folder."""
    root = tmp_path / "small"
    for name, text in SMALL.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return root


def broken(root):
    with pytest.raises(BrokenFileError) as caught:
        load_rules(root)
    assert caught.value.hint
    return list(caught.value.problems)


def change(root, file, old, new):
    text = (root / file).read_text(encoding="utf-8")
    assert text.count(old) >= 1, f"{old} stands in {file}"
    (root / file).write_text(text.replace(old, new, 1), encoding="utf-8")


def test_small_folder_is_sound(tmp_path):
    rules = load_rules(folder(tmp_path))
    decision = Engine(rules).decide(make_profile(rules, {"task": "write"}))
    assert decision.family == "writer"


BROKEN = {
    "questions.yaml": [
        (
            "ask_if: {output:",
            "ask_if: {outptu:",
            "17:14: unknown question `outptu`. Did you mean `output`?",
        ),
        (
            "ask_if: {output: [text]",
            "ask_if: {output: [txt]",
            "17:23: unknown option of `output` `txt`. Did you mean `text`?",
        ),
        (
            "ask_if: {output: [text]",
            "ask_if: {length: [short]",
            "17:14: the question `length` must be defined before `length`",
        ),
        (
            "text_context:",
            "text_contxt:",
            "20:44: unknown checkpoint field `text_contxt`. Did you mean",
        ),
        (
            "{id: short, label: short}",
            "{id: short, label: short, keeps: [langages]}",
            "19:43: unknown checkpoint field `langages`. Did you mean `languages`?",
        ),
        ("id: vector", "id: text", "12:10: the option `text` is already defined"),
        ("when: {output: [text]", "when: {outpt: [text]", "23:12: unknown question `outpt`"),
        (
            "    options_from: tasks\n",
            "",
            "2:5: exactly one of `options` or `options_from` is required here",
        ),
        (
            "length: [long]",
            "length: [lng]",
            "23:37: unknown option of `length` `lng`. Did you mean `long`?",
        ),
    ],
    "tasks.yaml": [
        (
            "implies: {output: [text]",
            "implies: {output: [words]",
            "6:24: unknown option of `output` `words`",
        ),
        (
            "sources: [paper]",
            "sources: [papr]",
            "11:15: unknown source `papr`. Did you mean `paper`?",
        ),
        (
            "aliases: [writing]",
            "aliases: [find]",
            "5:15: `find` is already a name of the task `find`",
        ),
        ("id: find", "id: write", "7:5: the task `write` is already defined at tasks.yaml:2"),
    ],
    "families/writer.yaml": [
        (
            "text: {because",
            "txt: {because",
            "7:3: unknown option that a family outputs `txt`. Did you mean",
        ),
        ("write: {fit", "wrte: {fit", "9:3: unknown task `wrte`. Did you mean `write`?"),
        (
            "find: {because",
            "fnd: {because",
            "11:3: unknown task or option `fnd`. Did you mean `find`?",
        ),
        ("find: {because", "write: {because", "11:3: `write` is also declared under `tasks`"),
        ("does., sources: [paper]", "does., sources: [p]", "7:39: unknown source `p`"),
        (
            "id: writer",
            "id: scribe",
            "1:1: the file has the name `writer.yaml`. Rename the file to its id",
        ),
    ],
    "decisions/capability.yaml": [
        (
            "criterion: capability",
            "criterion: capabilty",
            "3:5: unknown criterion `capabilty`. Did you mean",
        ),
        (
            "when: {length: [short]}",
            "when: {lenght: [short]}",
            "4:12: unknown question `lenght`. Did you mean `length`?",
        ),
        ("prefer: writer", "prefer: riter", "5:5: unknown family `riter`. Did you mean `writer`?"),
        (
            "prefer: writer",
            "prefer: org/riter",
            "5:5: unknown checkpoint `org/riter`. Did you mean",
        ),
        ("prefer: writer", "prefers: writer", "5:5: unknown key `prefers`. Did you mean `prefer`?"),
        (
            "    because",
            "    avoid: writer\n    because",
            "2:5: exactly one of `exclude`, `avoid` or `prefer` is",
        ),
        ("[paper]", "[pper]", "7:15: unknown source `pper`. Did you mean `paper`?"),
        (
            "given: {length: short}",
            "given: {lengt: short}",
            "9:18: unknown question `lengt`. Did you mean `length`?",
        ),
        (
            "fires: false",
            "fires: true",
            "8:5: the rule needs one example that fires and one that does not",
        ),
    ],
    "checkpoints/writer.yaml": [
        ("tasks: [write]", "tasks: [wrte]", "5:13: unknown task `wrte`. Did you mean `write`?"),
        (
            "tasks: [write]",
            "tasks: [write]\n    typical: [find]",
            "6:15: unknown task of this checkpoint `find`",
        ),
        (
            "licence: [paper]",
            "licence: [papr]",
            "6:25: unknown source `papr`. Did you mean `paper`?",
        ),
    ],
    "scenarios/all.yaml": [
        ("family: writer", "family: wrter", "4:5: unknown family `wrter`. Did you mean `writer`?"),
        (
            "[short-texts]",
            "[short-text]",
            "5:5: unknown rule `short-text`. Did you mean `short-texts`?",
        ),
        ("profile: {task", "profile: {tsk", "3:15: unknown question `tsk`. Did you mean `task`?"),
    ],
}
"""In each file what is changed, into what, and what is said of it behind the name of the file."""


@pytest.mark.parametrize(
    ("file", "old", "new", "problem"),
    [(file, *row) for file, rows in BROKEN.items() for row in rows],
)
def test_name_that_refers_to_nothing_is_named_at_its_place(tmp_path, file, old, new, problem):
    root = folder(tmp_path)
    change(root, file, old, new)
    found = broken(root)
    assert any(one.startswith(f"{file}:{problem}") for one in found), found


def test_checkpoints_of_an_unknown_family_are_named(tmp_path):
    root = folder(tmp_path)
    (root / "checkpoints/writer.yaml").rename(root / "checkpoints/riter.yaml")
    assert "checkpoints/riter.yaml:2:5: unknown family `riter`. Did you mean `writer`?" in broken(
        root
    )


def test_all_problems_of_all_files_are_named_at_once(tmp_path):
    root = folder(tmp_path)
    change(root, "tasks.yaml", "[text]", "[words]")
    change(root, "families/writer.yaml", "write: {fit", "wrte: {fit")
    change(root, "scenarios/all.yaml", "family: writer", "family: wrter")
    assert [problem.split(":")[0] for problem in broken(root)] == [
        "families/writer.yaml",
        "scenarios/all.yaml",
        "tasks.yaml",
    ]


def test_missing_and_empty_folders_are_refused_in_words(tmp_path):
    with pytest.raises(BrokenFileError, match="the rule folder"):
        load_rules(tmp_path / "nowhere")
    with pytest.raises(BrokenFileError, match="has no rule files"):
        load_rules(tmp_path)


# -- overlays ---------------------------------------------------------------------------------


def overlay(tmp_path, **files):
    root = tmp_path / "mine"
    for name, text in files.items():
        path = root / name.replace("__", "/")
        path = path.with_suffix(".yaml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def test_overlay_adds_and_changes_and_says_what(tmp_path):
    base = folder(tmp_path)
    mine = overlay(
        tmp_path,
        sources="sources:\n  - {id: mine, title: Mine, kind: thread, read: '2026-11'}\n",
        families__writer=(
            "id: writer\nsummary: It writes better.\n"
            "tasks:\n  find: {fit: good, because: It does now., sources: [mine]}\n"
            "gives:\n  vector: {because: It does now., sources: [mine]}\n"
        ),
    )
    rules = load_rules(base, (mine,))
    assert rules.overlays == ("mine adds source mine", "mine changes family writer")
    writer = rules.family("writer")
    assert writer.summary == "It writes better."
    assert writer.name == "Writer"
    assert set(writer.tasks) == {"write", "find"}
    assert "find" not in writer.cannot
    assert load_rules(base).overlays == ()
    assert load_rules(base).digest != rules.digest


@pytest.mark.slow
def test_keys_of_earlier_releases_are_read_with_one_warning_a_file(tmp_path):
    base = shipped_rules()
    mine = overlay(
        tmp_path,
        families__clip="id: clip\nrank: 7\n",
        yardsticks=(
            "yardsticks:\n"
            "  - {id: a, benchmarks: [imagenet], tables: [siglip2-table1], noise: 2,"
            " noise_from: T.}\n"
            "  - {id: b, benchmarks: [imagenet], noise_share: 0.1, tie_threshold_reason: Some.}\n"
        ),
    )
    rules = load_rules(base, (mine,))
    assert rules.family("clip").tie_break_order == 7
    assert rules.warnings == (
        "mine/yardsticks.yaml:2:63: `noise` is `tie_threshold` now, `noise_from` is "
        "`tie_threshold_reason` now, `noise_share` is `tie_threshold_share` now. "
        "Earlier keys still work.",
        "mine/families/clip.yaml:2:1: `rank` is `tie_break_order` now. Earlier keys still work.",
    )
    assert load_rules(base).warnings == ()


def test_a_mistake_under_an_earlier_key_keeps_its_place(tmp_path):
    mine = overlay(tmp_path, families__writer="id: writer\nname: W\nrank: first\n")
    with pytest.raises(BrokenFileError) as error:
        load_rules(folder(tmp_path), (mine,))
    assert error.value.problems[0].startswith("mine/families/writer.yaml:3:")


def test_overlay_changes_a_rule_whole(tmp_path):
    base = folder(tmp_path)
    text = SMALL["decisions/capability.yaml"].replace("prefer: writer", "exclude: writer")
    rules = load_rules(base, (overlay(tmp_path, decisions__capability=text),))
    assert rules.overlays == ("mine changes rule short-texts",)
    assert rules.rule("short-texts").effect == "exclude"
    assert len([rule for rule in rules.rules if rule.id == "short-texts"]) == 1


def test_problem_in_an_overlay_is_named_with_its_folder(tmp_path):
    base = folder(tmp_path)
    mine = overlay(tmp_path, families__writer="id: writer\nsumary: x\n")
    with pytest.raises(BrokenFileError) as caught:
        load_rules(base, (mine,))
    assert caught.value.problems == (
        "mine/families/writer.yaml:2:1: unknown key `sumary`. Did you mean `summary`?",
    )


@pytest.mark.slow
def test_overlay_puts_criteria_in_another_order(rulebase, tmp_path):
    ids = [criterion.id for criterion in rulebase.criteria]
    named = [ids[1], "budget", ids[-1]]
    rows = "".join(f"  - {{id: {id}, name: Name, because: Because.}}\n" for id in named)
    rules = load_rules(overlays=(overlay(tmp_path, criteria=f"criteria:\n{rows}"),))
    assert [criterion.id for criterion in rules.criteria] == [ids[0], *named, *ids[2:-1]]


def test_an_id_stands_once_in_a_folder_whatever_it_replaces(tmp_path):
    base = folder(tmp_path)
    rows = "  - {id: budget, name: Name, because: Because.}\n" * 2
    twice = "sources:\n" + "  - {id: mine, title: Mine, kind: thread, read: '2026-11'}\n" * 2
    mine = overlay(tmp_path, criteria=f"criteria:\n{rows}", sources=twice)
    with pytest.raises(BrokenFileError) as caught:
        load_rules(base, (mine,))
    assert caught.value.problems == (
        "mine/criteria.yaml:3:6: the criterion `budget` is already defined at mine/criteria.yaml:2",
        "mine/sources.yaml:3:6: the source `mine` is already defined at mine/sources.yaml:2",
    )


def test_two_overlays_of_one_name_may_say_the_same(tmp_path):
    text = "sources:\n  - {id: mine, title: Mine, kind: thread, read: '2026-11'}\n"
    one = overlay(tmp_path / "one", sources=text)
    other = overlay(tmp_path / "other", sources=text)
    rules = load_rules(folder(tmp_path), (one, other))
    assert rules.overlays == ("mine adds source mine", "mine changes source mine")


@pytest.mark.parametrize(
    ("lacking", "said"),
    [
        ("criteria.yaml", "the rule folder has no criteria"),
        ("questions.yaml", "no questions"),
        ("tasks.yaml", "the rules cannot be used"),
    ],
)
def test_a_folder_that_is_no_whole_rule_base_says_what_it_lacks(tmp_path, lacking, said):
    base = folder(tmp_path)
    (base / lacking).unlink()
    with pytest.raises(BrokenFileError, match=said):
        load_rules(base)


# -- the compiled copy ------------------------------------------------------------------------


@pytest.fixture
def own_cache(tmp_path, monkeypatch):
    """A cache of this test's own, read anew each time."""
    monkeypatch.setenv("ADVISOR_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(store, "AT_HAND", 0)
    return tmp_path / "cache"


def kept_copy(cache):
    [copy] = cache.iterdir()
    return copy


def same(one, other):
    return all(
        getattr(one, name) == getattr(other, name)
        for name in (
            "digest", "criteria", "questions", "tasks", "families", "rules", "never", "sources",
            "checkpoints", "descriptions", "claims", "examples", "scenarios",
        )
    )  # fmt: skip


def test_kept_copy_says_the_same(own_cache, tmp_path):
    first = load_rules(folder(tmp_path))
    assert kept_copy(own_cache).name.startswith(f"rules-{first.digest}")
    assert same(first, load_rules(tmp_path / "small"))


def test_what_has_not_changed_is_read_once_a_process(tmp_path):
    root = folder(tmp_path)
    assert load_rules(root) is load_rules(root)


def test_changed_file_is_read_anew(tmp_path):
    root = folder(tmp_path)
    before = load_rules(root)
    change(root, "families/writer.yaml", "name: Writer", "name: Scribe")
    after = load_rules(root)
    assert after.family("writer").name == "Scribe"
    assert after.digest != before.digest


def test_the_copy_holds_what_its_digest_says(own_cache, tmp_path):
    root = folder(tmp_path)
    early = load_rules(root)  # its files are read, and compiled when a part is wanted
    change(root, "families/writer.yaml", "name: Writer", "name: Scribe")
    assert early.family("writer").name == "Writer"
    assert load_rules(root).family("writer").name == "Scribe"
    change(root, "families/writer.yaml", "name: Scribe", "name: Writer")
    assert load_rules(root).family("writer").name == "Writer"


def test_a_link_in_the_cache_is_replaced_and_not_followed(own_cache, tmp_path):
    elsewhere = tmp_path / "elsewhere.json"
    elsewhere.write_text("mine", encoding="utf-8")
    first = load_rules(folder(tmp_path))
    parts = sorted(kept_copy(own_cache).rglob("*.json"))
    for part in parts:
        part.unlink()
        part.symlink_to(elsewhere)
    assert same(first, load_rules(tmp_path / "small"))
    assert elsewhere.read_text(encoding="utf-8") == "mine"
    assert not any(part.is_symlink() for part in parts)


def test_nothing_but_a_file_is_replaced(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for chosen in (True, False):
        with pytest.raises(OSError, match="a pipe or a device"), replacing(pipe, chosen=chosen):
            pass
    assert pipe.is_fifo()
    assert [*tmp_path.iterdir()] == [pipe]


def test_old_copies_go(own_cache, tmp_path, monkeypatch):
    monkeypatch.setattr(store, "RECENT_SECONDS", 0)
    root = folder(tmp_path)
    name = "Writer"
    for number in range(store.KEPT + 3):
        change(root, "families/writer.yaml", f"name: {name}", f"name: Writer {number}")
        name = f"Writer {number}"
        last = load_rules(root)
        assert last.family("writer").name == name
    kept = [copy.name for copy in own_cache.iterdir()]
    assert len(kept) == store.KEPT
    assert any(copy.startswith(f"rules-{last.digest}") for copy in kept)


def test_a_part_that_cannot_be_written_leaves_nothing_behind(tmp_path):
    with pytest.raises(TypeError):
        store.write_parts(tmp_path, {"core": {"digest": object()}})
    assert list(tmp_path.iterdir()) == []


def parts_of_a_package(folder, path, monkeypatch):
    """Write the compiled parts of a rule folder as a wheel has them, and let them be read."""
    store.write_parts(path, store.compile_shipped(folder))
    monkeypatch.setattr(store, "COMPILED", path)
    monkeypatch.setattr(store, "_PACKAGE", package := store._Package())
    package.is_compiled = True
    return package


def test_a_package_holds_what_a_kept_copy_does(own_cache, tmp_path, monkeypatch):
    root = folder(tmp_path)
    first = load_rules(root)
    package = parts_of_a_package(root, tmp_path / "compiled", monkeypatch)
    assert same(load_rules(), first)
    for part in {file.stem for file in kept_copy(own_cache).glob("*.json")}:
        assert package.part(part) == first.part(part)


@pytest.mark.parametrize("damage", [b"", b"{}", b"N", b"[\1\0\0\0", b"\xff" * 100])
def test_a_damaged_package_is_said(own_cache, tmp_path, monkeypatch, damage):
    parts_of_a_package(folder(tmp_path), compiled := tmp_path / "compiled", monkeypatch)
    (compiled / "core.marshal").write_bytes(damage)
    with pytest.raises(BrokenFileError, match=r"the installed rule base is damaged: core\.marshal"):
        load_rules()


DAMAGES = (
    *(b"", b"{", b"[]", b"null", b'{"digest": null}', b'{"digest": {}}', b'{"core": 1}'),
    *(b"[" * 200_000, b"\xff\xfe", b"\0" * 100, b"1" * 5_000),
)


def test_damaged_copy_is_made_anew(own_cache, tmp_path):
    root = folder(tmp_path)
    first = load_rules(root)
    parts = sorted(kept_copy(own_cache).glob("*.json"))
    for part, damage in zip(parts, cycle(DAMAGES), strict=False):
        part.write_bytes(damage)
        assert same(load_rules(root), first), part


def test_missing_part_is_made_anew(own_cache, tmp_path):
    root = folder(tmp_path)
    first = load_rules(root)
    catalogue = kept_copy(own_cache) / "catalogue" / "writer.json"
    before = catalogue.read_bytes()
    catalogue.unlink()
    assert same(load_rules(root), first)
    assert catalogue.read_bytes() == before
    catalogue.unlink()
    catalogue.mkdir()
    assert same(load_rules(root), first)


def test_cache_that_cannot_be_written_costs_nothing_but_time(tmp_path, monkeypatch):
    blocked = tmp_path / "file"
    blocked.write_text("in the way", encoding="utf-8")
    monkeypatch.setenv("ADVISOR_CACHE", str(blocked))
    assert load_rules(folder(tmp_path)).family("writer")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root writes anywhere")
def test_read_only_cache_costs_nothing_but_time(own_cache, tmp_path):
    own_cache.mkdir()
    own_cache.chmod(0o500)
    assert load_rules(folder(tmp_path)).family("writer")


# -- several mistakes at once -----------------------------------------------------------------


def test_one_entry_with_five_mistakes_gets_five_lines(tmp_path):
    root = folder(tmp_path)
    change(
        root,
        "checkpoints/writer.yaml",
        "    tasks: [write]\n    sources: {licence: [paper]}\n",
        "    tasks: [wrte]\n    licence: mit\n    gated: false\n    larger_than: org/writr\n"
        "    sources: {licence: [papr]}\n    typical: [find]\n",
    )
    assert broken(root) == [
        "checkpoints/writer.yaml:5:13: unknown task `wrte`. Did you mean `write`?",
        "checkpoints/writer.yaml:7:5: `gated` has no source. Add one under `sources`",
        "checkpoints/writer.yaml:8:5: unknown checkpoint `org/writr`. Did you mean `org/writer`?",
        "checkpoints/writer.yaml:9:25: unknown source `papr`. Did you mean `paper`?",
        "checkpoints/writer.yaml:10:15: unknown task of this checkpoint `find`",
    ]


def test_an_entry_of_the_wrong_shape_hides_no_mistake_of_another(tmp_path):
    root = folder(tmp_path)
    with (root / "checkpoints/writer.yaml").open("a", encoding="utf-8") as file:
        file.write("  - {id: org/other, labl: Other}\n")
    change(root, "checkpoints/writer.yaml", "tasks: [write]", "tasks: [wrte]")
    problems = broken(root)
    assert len(problems) == 2
    assert "unknown task `wrte`" in problems[0]
    assert "unknown key `labl`" in problems[1]


def test_an_unknown_field_hides_no_unknown_source(tmp_path):
    """The mistakes of somebody who copied an entry of a series and changed it."""
    ours = overlay(
        tmp_path,
        checkpoints__clip=(
            "checkpoints:\n  - id: lab/clip\n    series: siglip-2\n    parameters_millions: 1\n"
            "    sources: {our-page: [params], lab-card-too: [parameters_millions]}\n"
        ),
        sources="sources:\n  - {id: our-page, title: Ours, kind: thread, read: '2026-11'}\n",
    )
    with pytest.raises(BrokenFileError) as caught:
        load_rules(overlays=(ours,))
    told = [one.removeprefix("mine/checkpoints/clip.yaml:") for one in caught.value.problems]
    uncited = "of the series has no source. Add one to the series or here"
    assert told == [
        f"3:5: `commercial_use` {uncited}",
        f"3:5: `licence` {uncited}",
        "5:26: unknown field of a checkpoint `params`. Did you mean `parameters_millions`?",
        "5:35: unknown source `lab-card-too`",
    ]


def test_members_of_a_series_of_the_wrong_shape_are_not_judged(tmp_path):
    ours = overlay(
        tmp_path,
        checkpoints__clip=(
            "series:\n  - {id: ours, labl: Ours}\ncheckpoints:\n  - {id: lab/clip, series: ours}\n"
        ),
    )
    with pytest.raises(BrokenFileError) as caught:
        load_rules(overlays=(ours,))
    [problem] = caught.value.problems
    assert "unknown key `labl`" in problem


@pytest.mark.parametrize("spoil", ["key", "text"])
@pytest.mark.parametrize("name", sorted(SMALL))
def test_what_cannot_be_read_is_not_said_to_be_unknown(tmp_path, name, spoil):
    """One file is spoilt: nothing is said but that, and of the others only what is wrong there."""
    root = folder(tmp_path)
    text = SMALL[name]
    first = text.find("  - id:") if not name.startswith("families") else 0
    odd = "    zzz: 1\n" if first else "zzz: 1\n"
    end = text.index("\n", first) + 1
    spoilt = text[:end] + odd + text[end:] if spoil == "key" else text + "\n\t: {"
    if "- {id" in text:
        spoilt = text.replace("- {id", "- {zzz: 1, id", 1) if spoil == "key" else spoilt
    (root / name).write_text(spoilt, encoding="utf-8")
    problems = broken(root)
    assert problems
    assert all(one.startswith(f"{name}:") for one in problems), problems
    assert any("zzz" in one or "YAML" in one for one in problems), problems
    other = "decisions/capability.yaml" if name != "decisions/capability.yaml" else "tasks.yaml"
    if other == "decisions/capability.yaml":
        change(root, other, "criterion: capability", "criterion: capabilty")
        said = any("unknown criterion `capabilty`" in one for one in broken(root))
        assert said == (name != "criteria.yaml")
