"""Broken machines, races and wrong use: one sentence, nothing lost, nothing believed.

Numbers (A14, B6 ...) are those of a review that attacked the program from two sides.
"""

import contextlib
import errno
import io
import json
import os
import socket
import struct
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path

import pytest
from commands import ran

import advisor as library
from advisor import files, writing
from advisor.cli.main import prepare_streams, run
from advisor.console.menu import Asked, Row
from advisor.console.prompt import NumberedPrompt
from advisor.errors import AdvisorError, BrokenFileError
from advisor.rulebase import store

posix = pytest.mark.skipif(sys.platform == "win32", reason="needs links, pipes and modes")
TWO_FILES = {
    "sources/hub-api.yaml": (
        "sources:\n  - id: our-hub\n    title: Said by the Hub\n    kind: registry\n"
        '    url: https://huggingface.co/a/b\n    read: "2026-11"\n'
    ),
    "checkpoints/clip.yaml": (
        "checkpoints:\n  - id: our/clip\n    label: Ours\n    loader: transformers\n"
        "    class: CLIPModel\n    processor: CLIPProcessor\n    tasks: [image-search]\n"
        '    languages: [en]\n    sources: {languages: [our-hub]}\n    checked: "2026-11"\n'
    ),
}


# -- odd words and lines ---------------------------------------------------------------------------


def test_a23_a_batch_answers_in_json_whatever_stands_in_a_line(advisor, tmp_path):
    lines = [
        '{"id": NaN, "profile": {"task": "captioning"}}',
        '{"id": Infinity, "profile": {"task": "captioning"}}',
        '{"id": {"a": -Infinity}, "need": "describe photos"}',
        '{"id": 1, "profile": {"task": "captioning", "memory-gb": NaN}}',
        '{"id": 1e999, "profile": {"task": "captioning"}}',
        '{"id": "\\ud800", "profile": {"task": "captioning"}}',
        '{"id": 1, "profile": {"task": "captioning", "memory-gb": 1e999}}',
    ]
    (tmp_path / "b.jsonl").write_text("\n".join(lines))
    result = advisor("recommend", "--batch", tmp_path / "b.jsonl")

    def refused(constant):
        raise AssertionError(constant)

    answers = [json.loads(line, parse_constant=refused) for line in result.out.splitlines()]
    assert len(answers) == len(lines)
    assert [answer.get("line") for answer in answers[:4]] == [1, 2, 3, 4]


def test_a23_a_line_of_a_batch_that_does_not_end_ends_it(advisor, tmp_path):
    (tmp_path / "b.jsonl").write_bytes(b"\n" + b"\0" * 3_000_000)
    result = advisor("recommend", "--batch", tmp_path / "b.jsonl")
    (answer,) = map(json.loads, result.out.splitlines())
    assert (result.code, answer["line"], answer["error"]["kind"]) == (2, 2, "bad-line")


@pytest.mark.parametrize("word", ["##[error]x", "##vso[task.setvariable variable=a]b"])
def test_a11_an_error_in_json_speaks_to_no_runner(advisor, tmp_path, word):
    (tmp_path / "b.jsonl").write_text(json.dumps({"id": word, "need": 1}))
    for words in (["show", word, "-f", "json"], ["recommend", "--batch", tmp_path / "b.jsonl"]):
        result = advisor(*words)
        assert "##" not in result.out
        assert word in str(json.loads(result.out))


@pytest.mark.parametrize(
    "words",
    [
        ["check", "a\0b"],
        ["check", "\ud800.py"],
        ["check", "--config", "\ud800"],
        ["check", "--baseline", "a\0"],
        ["recommend", "--profile", "\ud800"],
        ["recommend", "--profile", "a\0"],
        ["recommend", "--batch", "\ud800"],
        ["recommend", "--rules", "a\0"],
        ["recommend", "--task", "\ud800"],
        ["recommend", "\ud800\0"],
        ["recommend", "--task", "captioning", "--output", "json=a\0b"],
        ["recommend", "--task", "captioning", "--output", "json=\ud800"],
        ["rules", "check", "\ud800"],
        ["rules", "diff", "git:\0"],
        ["init", "\ud800"],
        ["list", "checkpoints", "--task", "\ud800"],
    ],
)
def test_a24_words_that_no_system_passes_are_refused_in_a_sentence(
    advisor, monkeypatch, tmp_path, words
):
    monkeypatch.chdir(tmp_path)
    result = advisor(*words)
    assert result.code == 2
    assert "has a character that is invalid on a command line" in result.out + result.err
    assert not {"\0", "\ud800"} & set(result.out + result.err)
    assert list(tmp_path.iterdir()) == []


def test_a18_what_an_interview_starts_imports_nothing_of_the_working_folder(
    tmp_path, monkeypatch, capfd
):
    from advisor.interview.command import _run

    monkeypatch.chdir(tmp_path)
    for name in ("advisor.py", "typer.py", "json.py", "sitecustomize.py"):
        (tmp_path / name).write_text("open('PWNED', 'w')\n")
    _run("advisor explain --task captioning", color=False)
    assert not (tmp_path / "PWNED").exists()
    assert "Why" in capfd.readouterr().out


# -- the cache -------------------------------------------------------------------------------------


@pytest.mark.slow
def test_b6_places_name_the_folder_that_was_given_now(overlay):
    files = {"questions.yaml": "questions:\n  - id: a\n    ask: A?\n"}
    for name in ("ov", "team-rules", "v1/rules"):
        with pytest.raises(BrokenFileError) as caught:
            _ = library.load_rules(overlays=overlay(files, name)).digest
        assert all(f"{name.rpartition('/')[2]}/" in problem for problem in caught.value.problems)
    good = {"sources.yaml": TWO_FILES["sources/hub-api.yaml"]}
    places = [library.load_rules(overlays=overlay(good, name)).folders for name in ("ov2", "x/ov3")]
    assert [place[0].rpartition("/")[2] for place in places] == ["ov2", "ov3"]


@pytest.mark.slow
def test_b6_a_cached_overlay_is_read_under_its_own_name(advisor, weather_of, tmp_path):
    first = weather_of("clip")
    (other := tmp_path / "elsewhere").mkdir()
    second = (other / "team-rules").resolve()
    second.mkdir()
    for file in first.rglob("*.yaml"):
        (second / file.relative_to(first)).parent.mkdir(exist_ok=True)
        (second / file.relative_to(first)).write_bytes(file.read_bytes())
    for folder in (first, second, first):
        said = advisor("show", "rain", "--rules", folder).out
        assert f"from {folder.name}/" in said.replace("       ", " ").replace("  ", " ")


@pytest.mark.slow
def test_b6_places_are_paths_from_the_working_folder(advisor, overlay, tmp_path, monkeypatch):
    overlay({"decisions/a.yaml": "rules: [{id: x}]\n"}, "v1/rules")
    monkeypatch.chdir(tmp_path)
    for given in ("v1/rules", "v1/../v1/rules/", str(tmp_path / "v1" / "rules")):
        assert (
            "\nv1/rules/decisions/a.yaml:1:"
            in "\n" + advisor("list", "tasks", "--rules", given).err
        )
    monkeypatch.chdir(tmp_path / "v1" / "rules")
    assert "\n./decisions/a.yaml:1:" in "\n" + advisor("list", "tasks", "--rules", ".").err


@pytest.mark.skipif(sys.platform != "linux", reason="needs a system that takes any bytes as a name")
def test_b6_a_rule_folder_may_be_called_by_any_bytes(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (folder := Path(os.fsdecode(b"r\xff")) / "decisions").mkdir(parents=True)
    (folder / os.fsdecode(b"\xfe.yaml")).write_text("x: 1\n")
    assert run(["list", "tasks", "--rules", str(folder.parent)]) == 2
    assert r"\xfe.yaml:1:1: unknown key" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform != "linux", reason="needs a system that takes any bytes as a name")
@pytest.mark.parametrize(
    "words",
    [
        ["list", "tasks"],
        pytest.param(["site", "out"], marks=[pytest.mark.slow, pytest.mark.long]),
        ["rules", "check"],
    ],
)
def test_b6_rules_of_such_a_folder_answer(advisor, weather, tmp_path, monkeypatch, words):
    monkeypatch.chdir(tmp_path)
    weather.rename(folder := Path(os.fsdecode(b"r\xff")))
    result = advisor(*words, "--rules", folder)
    assert result.code == 0, result


def test_b10_in_a_working_folder_that_is_gone_it_is_said_so(advisor, tmp_path, monkeypatch):
    (gone := tmp_path / "gone").mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    for words in (["check"], ["init"], ["check", "--lock"], ["check", "--fix"]):
        result = advisor(*words)
        assert (result.code, "bug" in result.err) == (2, False), result


@posix
@pytest.mark.parametrize(
    ("variables", "kept"),
    [
        ({"HOME": "rel"}, False),
        ({"HOME": "/somewhere", "XDG_CACHE_HOME": "rel"}, True),
        ({"HOME": "/somewhere", "XDG_CACHE_HOME": ""}, True),
        ({"XDG_CACHE_HOME": "/else"}, True),
        ({"HOME": "~"}, False),
        ({"ADVISOR_CACHE": "rel", "HOME": "/somewhere"}, False),
        ({"ADVISOR_CACHE": "/else"}, True),
        ({"HOME": "."}, False),
    ],
)
def test_b11_a_cache_lies_below_an_absolute_path_or_there_is_none(monkeypatch, variables, kept):
    for name in ("ADVISOR_CACHE", "XDG_CACHE_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(
        os.path, "expanduser", lambda path: path.replace("~", os.environ.get("HOME", "~"))
    )
    folder = store.cache_folder()
    assert (folder is not None) == kept
    assert folder is None or folder.is_absolute()


@posix
def test_b12_what_somebody_else_wrote_into_a_cache_is_not_believed(
    small_folder, tmp_path, monkeypatch
):
    monkeypatch.setenv("ADVISOR_CACHE", str(cache := tmp_path / "cache"))
    before = {*library.load_rules(small_folder).checkpoints}
    (kept,) = cache.glob("rules-*")
    assert kept.stat().st_mode & 0o077 == 0
    forged = min(before)
    for part in kept.rglob("*.json"):  # with a checksum that holds
        text = part.read_text().partition("\n")[2].replace(forged, "evil-corp/x")
        part.write_text(f"{store._checksum(text.encode())}\n{text}")
        if os.getuid() == 0:  # root's files are believed by all
            os.chown(part, 4321, 4321)
    if os.getuid() != 0:
        monkeypatch.setattr(os, "getuid", lambda: 4321)
    store._at_hand.clear()
    assert {*library.load_rules(small_folder).checkpoints} == before


def test_b13_no_part_of_other_rules_is_read_in_the_place_of_one(
    small_folder, tmp_path, monkeypatch, overlay
):
    laid = overlay({"sources.yaml": TWO_FILES["sources/hub-api.yaml"]})
    monkeypatch.setenv("ADVISOR_CACHE", str(cache := tmp_path / "cache"))
    alone = {*library.load_rules(small_folder).sources}
    (kept,) = cache.glob("rules-*")
    both = {*library.load_rules(small_folder, overlays=(laid,)).sources}
    assert both - alone == {"our-hub"}
    (other,) = {*cache.glob("rules-*")} - {kept}
    of_both = [part for part in other.rglob("*.json") if (kept / part.relative_to(other)).is_file()]
    assert of_both
    for part in of_both:
        part.write_bytes((kept / part.relative_to(other)).read_bytes())
    store._at_hand.clear()
    assert {*library.load_rules(small_folder, overlays=(laid,)).sources} == both


def test_b24_copies_of_the_last_minutes_are_left_alone(small_folder, tmp_path, monkeypatch):
    monkeypatch.setenv("ADVISOR_CACHE", str(cache := tmp_path / "cache"))
    monkeypatch.setattr(store, "RECENT_SECONDS", 600)
    for n in range(store.KEPT + 3):
        (cache / f"rules-{n}").mkdir(parents=True)
        old = time.time() - (10_000 if n < 2 else 0)
        os.utime(cache / f"rules-{n}", (old, old))
    _ = library.load_rules(small_folder).digest
    left = {folder.name for folder in cache.glob("rules-*")}
    assert left >= {f"rules-{n}" for n in range(2, store.KEPT + 3)}
    assert not left & {"rules-0", "rules-1"}
    assert len(left) == store.KEPT + 2


# -- writing ---------------------------------------------------------------------------------------


@posix
def test_b19_vectors_are_written_as_all_else_is(tmp_path, monkeypatch):
    pytest.importorskip("numpy")
    from advisor.trial.answer import write_vectors

    monkeypatch.chdir(tmp_path)
    (victim := tmp_path / "victim").write_text("precious")
    (tmp_path / ".v.npy.part").symlink_to(victim)
    (tmp_path / "real.npy").write_bytes(b"")
    (tmp_path / "real.npy").chmod(0o640)
    (tmp_path / "v.npy").symlink_to("real.npy")
    write_vectors("v.npy", ["a"], [[1.0, 2.0]])
    assert victim.read_text() == "precious"
    assert (tmp_path / "v.npy").is_symlink()
    assert (tmp_path / "real.npy").stat().st_mode & 0o777 == 0o640
    assert json.loads((tmp_path / "v.npy.json").read_text()) == ["a"]
    assert {file.name for file in tmp_path.iterdir()} == {
        *("victim", ".v.npy.part", "real.npy", "v.npy", "v.npy.json")
    }


def test_b19_vectors_and_their_names_come_together_or_not_at_all(tmp_path, monkeypatch):
    numpy = pytest.importorskip("numpy")
    from advisor.trial.answer import write_vectors

    write_vectors(tmp_path / "v", ["a"], [[1.0]])

    def full(*_, **__):
        raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr(json, "dumps", full)
    with pytest.raises(AdvisorError, match="no space"):
        write_vectors(tmp_path / "v", ["b", "c"], [[2.0], [3.0]])
    assert numpy.load(tmp_path / "v.npy").tolist() == [[1.0]]
    assert {file.name for file in tmp_path.iterdir()} == {"v.npy", "v.npy.json"}


@posix
def test_b20_an_interrupt_before_anything_runs_is_one_line():
    program = (
        "import os, signal, sys\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "sys.argv = ['advisor', 'list', 'tasks']\n"
        "import advisor.cli\n"
        "os.kill(os.getpid(), signal.SIGINT)\n"
        "import time; time.sleep(5)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert done.returncode == 130
    assert done.stderr.decode().split("\n") == ["", "advisor: interrupted", ""]
    assert not done.stdout


@posix
@pytest.mark.parametrize("started", ["script", "module"])
def test_b20_an_interrupt_in_our_first_lines_is_one_line(tmp_path, started):
    hook = (  # the next thing that is looked for after the first lines of the package
        "import os, signal, sys\n"
        "class Finder:\n"
        "    def find_spec(name, path, target=None):\n"
        "        if name == 'advisor.cli':\n"
        "            os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Finder)\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    )
    (tmp_path / "sitecustomize.py").write_text(hook)
    (tmp_path / "advisor").write_text("from advisor.cli.main import main\nmain()\n")
    line = {"script": [tmp_path / "advisor"], "module": ["-m", "advisor"]}[started]
    path = os.pathsep.join([str(tmp_path), str(Path(files.__file__).parent.parent)])
    done = ran(
        [sys.executable, *line, "list", "tasks"], env={**os.environ, "PYTHONPATH": path}, text=False
    )
    assert (done.returncode, done.stderr) == (130, b"\nadvisor: interrupted\n")
    assert not done.stdout


def test_b20_an_interrupt_that_python_lost_ends_before_anything_is_written(
    advisor, tmp_path, monkeypatch
):
    monkeypatch.setattr(writing, "stopped", True)
    result = advisor("recommend", "--task", "captioning", "--output", f"json={tmp_path / 'a.json'}")
    assert result.code == 130
    assert list(tmp_path.iterdir()) == []


@posix
@pytest.mark.parametrize(("number", "code"), [("SIGTERM", 143), ("SIGINT", 130), ("SIGHUP", 129)])
def test_b21_a_signal_while_a_file_is_written_leaves_no_trace(tmp_path, number, code):
    program = (
        "import os, signal, sys\n"
        f"signal.signal(signal.{number}, signal.SIG_DFL)\n"  # whoever runs tests may ignore it
        "from advisor import writing\n"
        "from advisor.cli import main\n"
        f"writing._grant = lambda *_: os.kill(os.getpid(), signal.{number})\n"
        "sys.argv[1:] = ['recommend', '--task', 'captioning', '--output', 'json=a.json']\n"
        "main.main()\n"
    )
    (tmp_path / "a.json").write_text("old")
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, check=False
    )
    assert done.returncode == code
    assert [file.name for file in tmp_path.iterdir()] == ["a.json"]
    assert (tmp_path / "a.json").read_text() == "old"


TWICE = """
import os, signal, sys
first, again = (getattr(signal, name) for name in sys.argv[1:3])
for number in (first, again):
    signal.signal(number, signal.SIG_DFL)
from pathlib import Path
from advisor import files, writing
from advisor.cli import main
broken_off = []

def each_time_something_is_removed(event, arguments):
    if broken_off and event in ("os.remove", "os.rmdir"):
        os.kill(os.getpid(), again)

def work(_):
    with writing.creating_folder(Path("made")) as scratch:
        for number in range(20):
            (scratch / str(number)).touch()
        with writing.replacing(Path("page")), writing.passing_folder() as passing:
            (passing / "x").touch()
            broken_off.append(True)
            if first == signal.SIGHUP:
                raise RuntimeError("full")
            os.kill(os.getpid(), first)

sys.addaudithook(each_time_something_is_removed)
main._run = work
main.main()
"""


@posix
@pytest.mark.parametrize(
    ("first", "again", "code"),
    [("SIGINT", "SIGINT", 130), ("SIGTERM", "SIGINT", 143), ("SIGHUP", "SIGTERM", 143)],
)
def test_b21_signals_while_what_is_half_written_is_removed_leave_no_trace(
    tmp_path, first, again, code
):
    (tmp_path / "passing").mkdir()
    program = [sys.executable, "-c", TWICE, first, again]
    variables = {**os.environ, "TMPDIR": str(tmp_path / "passing")}
    done = subprocess.run(program, cwd=tmp_path, capture_output=True, check=False, env=variables)
    assert done.returncode == code, done.stderr
    assert [file.name for file in tmp_path.rglob("*")] == ["passing"]


@pytest.mark.parametrize(
    "full",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        RuntimeError("I/O error: File too large (os error 27)"),
    ],
)
def test_b21_a_disk_that_fills_up_while_a_folder_is_written_is_one_sentence(tmp_path, full):
    folder = tmp_path / "new"
    said = pytest.raises(AdvisorError, match="the disk is full, so")
    with said as error, writing.creating_folder(folder) as scratch:
        (scratch / "part").touch()
        raise full
    assert (error.value.kind, error.value.exit_code) == ("disk-full", 2)
    assert list(tmp_path.iterdir()) == []


@posix
def test_b21_what_a_killed_run_left_half_written_is_in_nobodys_way(tmp_path):
    (left := tmp_path / "new" / writing._scratch_name()).mkdir(parents=True)
    (left / "part").touch()
    writing.refuse_folder(tmp_path / "new")
    assert list((tmp_path / "new").iterdir()) == []
    (tmp_path / "new" / ".advisor-notes").touch()
    with pytest.raises(AdvisorError, match="has other files"):
        writing.refuse_folder(tmp_path / "new")


@posix
def test_b22_the_longest_name_that_a_folder_takes_can_be_written(advisor, tmp_path):
    name = "n" * 255
    assert (
        advisor("recommend", "--task", "captioning", "--output", f"json={tmp_path / name}").code
        == 0
    )
    assert json.loads((tmp_path / name).read_text())["family"]


@pytest.mark.parametrize("other", ["x.json", "./x.json", "link.json", "sub/../x.json"])
def test_b23_two_answers_to_one_file_are_refused(advisor, tmp_path, monkeypatch, other):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    if hasattr(os, "symlink"):
        (tmp_path / "link.json").symlink_to("x.json")
    result = advisor(
        "recommend", "--task", "captioning", "--output", "json=x.json", "--output", f"html={other}"
    )
    assert result.code == 2
    assert "x.json" in result.err
    assert not (tmp_path / "x.json").exists()


@posix
@pytest.mark.parametrize(
    "words",
    [
        pytest.param(("site", "out/page"), marks=pytest.mark.long),
        ("compose", "--encoder", "a/b", "--decoder", "a/c", "--save", "out/joined"),
        ("train", "vlp", "pairs.csv", "--save", "out/trained"),
    ],
)
@pytest.mark.slow
def test_b23_no_folder_is_made_through_a_link_that_leads_out(advisor, tmp_path, monkeypatch, words):
    if words[0] in ("compose", "train"):
        pytest.importorskip("transformers")
    (outside := tmp_path / "outside").mkdir()
    (project := tmp_path / "project").mkdir()
    (project / "out").symlink_to(outside)
    monkeypatch.chdir(project)
    result = advisor(*words)
    assert (result.code, "a symbolic link leads out of this folder" in result.err) == (2, True)
    assert list(outside.iterdir()) == []


@posix
def test_b23_where_a_folder_cannot_be_put_is_said_before_any_work(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    for wrong in (".", "/", "file", "file/below"):
        with pytest.raises(AdvisorError):
            writing.refuse_folder(Path(wrong))
    (tmp_path / "file").unlink()
    (tmp_path / "empty").mkdir()
    (tmp_path / "link").symlink_to("empty")
    for good in ("new", "a/b/c", "link"):
        writing.refuse_folder(Path(good))
        with writing.creating_folder(Path(good)) as scratch:
            (scratch / "x").touch()
        assert (tmp_path / good / "x").is_file()
    assert (tmp_path / "link").is_symlink()


def test_b23_a_baseline_replaces_nothing_but_a_baseline(advisor, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code = "from transformers import AutoModelForVision2Seq\n"
    (tmp_path / "a.py").write_text(code)
    assert advisor("check", "--write-baseline", "a.py").code == 2
    assert (tmp_path / "a.py").read_text() == code
    (tmp_path / "known.json").touch()
    for _ in "first", "again":
        assert advisor("check", "--write-baseline", "known.json").code == 0


@pytest.mark.parametrize("other", ["v.npy", "./v.npy.json"])
def test_b23_vectors_and_a_page_are_two_files(advisor, tmp_path, monkeypatch, other):
    monkeypatch.chdir(tmp_path)
    words = ("--task", "embeddings", "--checkpoint", "demo:clip", "--vectors", "v")
    assert advisor("try", "--folder", ".", *words, "--output", f"html={other}").code == 2
    assert list(tmp_path.iterdir()) == []


def test_b23_the_lock_is_such_a_file_and_a_device_is_none(advisor, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    choice = "{name: a, checkpoint: openai/clip-vit-base-patch32, needs: {task: image-search}}"
    (tmp_path / "advisor.yaml").write_text(f"choices:\n  - {choice}\n")
    (tmp_path / "a.py").write_text("x = 1\n")
    assert advisor("check", "--lock", "--output", "json=./advisor.lock").code == 2
    assert not (tmp_path / "advisor.lock").exists()
    null = os.devnull
    words = ("--output", f"json={null}", "--output", f"html={null}")
    assert advisor("recommend", "--task", "captioning", *words).code == 0


# -- a project that is named from elsewhere --------------------------------------------------------

CHOICE = "choices:\n  - {name: a, checkpoint: Salesforce/blip-vqa-base, needs: {task: vqa}}\n"


@posix
@pytest.mark.parametrize(
    ("link", "words"),
    [
        ("advisor.lock", ["check", "../theirs", "--lock"]),
        ("advisor.yaml", ["init", "../theirs", "--force"]),
        (".agents", ["skills", "add", "../theirs"]),
        ("index.html", ["site", "../theirs", "--force"]),
    ],
)
def test_a1_nothing_is_written_through_a_link_out_of_a_project_elsewhere(
    advisor, tmp_path, monkeypatch, small_rules, link, words
):
    for name in ("mine", "theirs", "home"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / "mine")
    if link == "advisor.lock":
        monkeypatch.setattr(store, "shipped_rules", lambda: store.PACKAGE.parent / "rules")
        (tmp_path / "theirs" / "advisor.yaml").write_text(CHOICE)
    (tmp_path / "theirs" / link).symlink_to(tmp_path / "home" / "precious")
    result = advisor(*words)
    assert (result.code, "leads out of" in result.err) == (2, True), result
    assert not list((tmp_path / "home").iterdir())
    assert (tmp_path / "theirs" / link).is_symlink()


# -- a file that somebody saves meanwhile ----------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "where", "words"),
    [
        ("advisor.yaml", "advisor.check.starter.starter", ["init"]),
        (
            "known.json",
            "advisor.check.project.inspect",
            ["check", "--write-baseline", "known.json"],
        ),
        pytest.param(
            "index.html",
            "advisor.site.page.static_page",
            ["site", "."],
            marks=[pytest.mark.slow, pytest.mark.long],
        ),
    ],
)
def test_b4_what_is_saved_while_a_command_thinks_stays(
    advisor, tmp_path, monkeypatch, name, where, words
):
    monkeypatch.chdir(tmp_path)
    Path("a.py").write_text("from transformers import CLIPModel\n")
    module, _, function = where.rpartition(".")
    usual = getattr(import_module(module), function)

    def meanwhile(*args, **named):
        Path(name).write_text("mine")
        return usual(*args, **named)

    monkeypatch.setattr(where, meanwhile)
    assert advisor(*words).code == 2
    assert Path(name).read_text() == "mine"


# -- flags that say nothing ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--checkpoint", "a/b", "--write-baseline", "b"], "`--checkpoint` and `--write-baseline`"),
        (["--checkpoint", "a/b", "--lock"], "`--checkpoint` and `--lock`"),
        (["--checkpoint", "a/b", "--fix"], "`--checkpoint` and `--fix`"),
        (["--checkpoint", "a/b", "--baseline", "b.json"], "`--checkpoint` and `--baseline`"),
        (["--explain", "removed-class", "--lock"], "`--explain` and `--lock`"),
        (["--explain", "removed-class", "src"], "`--explain` and `PATH`"),
        (["--class", "CLIPModel"], "`--class CLIPModel` needs a checkpoint"),
        (["--write-baseline", "b", "--baseline", "c"], "`--write-baseline` and `--baseline`"),
        (["--write-baseline", "b", "-f", "github"], "`--write-baseline` and `--format`"),
        (["--strict", "--fail-on", "never"], "`--strict` fails on warnings"),
        (["--strict", "--fail-on", "error"], "`--fail-on error`"),
        (["--checkpoint", "a/b", "--strict", "--fail-on", "never"], "`--strict` fails on warnings"),
    ],
)
def test_b16_a_flag_that_another_silences_is_refused(advisor, tmp_path, monkeypatch, words, said):
    monkeypatch.chdir(tmp_path)
    result = advisor("check", *words, *(["--task", "vqa"] if "--checkpoint" in words else []))
    assert (result.code, said in result.err) == (2, True), result
    assert not list(tmp_path.iterdir())


def test_b16_one_checkpoint_fails_at_the_level_that_is_asked_for(advisor):
    judged = ["check", "--checkpoint", "Salesforce/blip-vqa-base", "--task", "captioning"]
    assert advisor(*judged).code == 1
    assert advisor(*judged, "--fail-on", "never").code == 0


# -- streams that do not wait, refuse or are not read ----------------------------------------------

COMMAND = [sys.executable, "-m", "advisor"]


@posix
def test_an_answer_is_whole_on_a_pipe_that_does_not_wait(environment):
    """Python writes what fits into such a pipe, and loses the rest without a word."""
    ours, theirs = os.pipe()
    os.set_blocking(theirs, False)
    command = [*COMMAND, "list", "checkpoints", "-f", "json"]
    with (
        subprocess.Popen(command, stdout=theirs, env=environment) as started,
        os.fdopen(ours, "rb") as pipe,
    ):
        os.close(theirs)
        text = pipe.read()
    assert started.returncode == 0
    assert json.loads(text)


@posix
@pytest.mark.parametrize("name", ["stdin", "stdout", "stderr"])
def test_every_stream_of_ours_waits(monkeypatch, name):
    ours, theirs = os.pipe()
    with os.fdopen(ours) as read, os.fdopen(theirs, "w") as written:
        stream = read if name == "stdin" else written
        os.set_blocking(stream.fileno(), False)
        monkeypatch.setattr(sys, name, stream)
        prepare_streams()
        assert os.get_blocking(stream.fileno())


@posix
@pytest.mark.parametrize("option", ["--profile", "--batch"])
def test_standard_input_that_cannot_be_read_is_said_to_be(environment, tmp_path, option):
    with (tmp_path / "out").open("wb") as file:
        done = ran(
            [*COMMAND, "recommend", option, "-", "-f", "terminal"], stdin=file, env=environment
        )
    told = done.stdout + done.stderr
    assert (done.returncode, "standard input" in told, "cannot be read" in told) == (2, True, True)


def test_a_reader_who_is_gone_by_force_is_no_bug(environment):
    there = socket.create_server(("127.0.0.1", 0))
    with there, socket.create_connection(there.getsockname()) as ours:
        theirs, _ = there.accept()
        theirs.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        theirs.close()
        done = subprocess.run(
            [*COMMAND, "list", "tasks"],
            stdout=ours.fileno(), stderr=subprocess.PIPE, env=environment, text=True, check=False,
        )  # fmt: skip
    assert (done.returncode, "bug" in done.stderr) in ((2, False), (0, False)), done.stderr


@posix
def test_b20_an_interrupt_of_what_waits_for_a_reader_is_one_line(environment):
    """Where JSON was asked for, the error is JSON on stdout as well; this one is full."""
    code = (
        "from advisor.cli import main\n"
        "def interrupted(line):\n    raise KeyboardInterrupt\n"
        "main._run = interrupted\n"
        "raise SystemExit(main.run(['list', 'tasks', '-f', 'json']))\n"
    )
    ours, theirs = os.pipe()
    os.set_blocking(theirs, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(theirs, b" " * 4096)
    done = subprocess.run(
        [sys.executable, "-c", code],
        stdout=theirs, stderr=subprocess.PIPE, env=environment, text=True, timeout=300, check=False,
    )  # fmt: skip
    os.close(ours)
    os.close(theirs)
    assert (done.returncode, done.stderr.strip()) == (130, "advisor: interrupted")


def test_a_byte_that_is_no_letter_can_be_typed(monkeypatch):
    typed = io.TextIOWrapper(io.BytesIO(b"\xff\n1\n"), encoding="utf-8", errors="strict")
    monkeypatch.setattr(sys, "stdin", typed)
    prepare_streams()
    assert [NumberedPrompt().type("which?") for _ in range(2)] == ["\N{REPLACEMENT CHARACTER}", "1"]


@pytest.mark.parametrize("columns", ["0", "1", "-5", "80"])
@pytest.mark.parametrize("typed", ["000001999", "00", "\u00b2", "9" * 5_000])
def test_what_is_no_number_of_a_row_is_asked_again(monkeypatch, typed, columns):
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{typed}\n2\n"))
    asked = Asked("which?", (Row("one", "the first one"), Row("two", "the second one")))
    assert NumberedPrompt().choose(asked) == "two"


@pytest.mark.slow
def test_an_address_of_the_hub_that_is_none_is_said_to_be(process):
    pytest.importorskip("transformers")
    image = Path(__file__).parents[2] / "examples" / "images" / "red-circle.png"
    arguments = ("--checkpoint", "Salesforce/blip-image-captioning-base", "--image", image)
    result = process("try", "--task", "captioning", *arguments, HF_ENDPOINT="http://[::1")
    assert (result.code, "bug" in result.err, "HF_ENDPOINT" in result.err) == (2, False, True)


def test_memory_that_runs_out_is_no_bug(advisor, monkeypatch):
    def greedy(*_, **__):
        raise MemoryError

    monkeypatch.setattr("advisor.cli.main._run", greedy)
    result = advisor("list", "tasks")
    assert (result.code, result.err.splitlines()[0]) == (
        2,
        "advisor: the command ran out of memory",
    )


@posix
def test_a22_a_diff_on_a_terminal_writes_out_what_would_speak_to_it(tmp_path, environment):
    pexpect = pytest.importorskip("pexpect")
    code = (
        "# \x1b]0;x\x07\u202e\r\nfrom transformers import CLIPModel\r\n"
        'CLIPModel.from_pretrained("google/siglip-base-patch16-224")\r\n'
    )
    (tmp_path / "a\u3164.py").write_text(code, encoding="utf-8", newline="")
    command = f"{sys.executable} -m advisor check --diff"
    lines = pexpect.run(command, cwd=str(tmp_path), env=environment).decode().splitlines()
    assert " # \\x1b]0;x\\x07\\u202e" in lines
    assert '--- "a/a\\343\\205\\244.py"' in lines


@posix
def test_a_pipe_by_a_name_of_our_own_is_refused(advisor, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    choice = "{name: a, checkpoint: openai/clip-vit-base-patch32, needs: {task: image-search}}"
    (tmp_path / "advisor.yaml").write_text(f"choices: [{choice}]\n")
    (tmp_path / "advisor.lock").unlink(missing_ok=True)
    os.mkfifo(tmp_path / "advisor.lock")
    reader = os.open(tmp_path / "advisor.lock", os.O_RDONLY | os.O_NONBLOCK)  # so nothing waits
    result = advisor("check", "--lock")
    os.close(reader)
    assert result.code == 2
    assert "`advisor.lock` cannot be written: the path is a pipe or a device" in result.err


# -- one clear sentence ----------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["terminal", "json"])
def test_a_message_quotes_no_word_at_length(capsys, form):
    assert run(["recommend", "--task", "a" * 100_000, "-f", form]) == 2
    told = "".join(capsys.readouterr())
    assert "`aaa" in told
    assert "...`" in told
    assert len(told) < 2_000


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[" * 200_000, "the data is nested too deeply"),
        (f'[{{"image": {"9" * 5_000}}}]', "a number has thousands of digits"),
        ('{"images": 5, "annotations": 1}', "a value has the wrong type"),
        ('{"images": [{"id": 1}], "annotations": []}', "the key `file_name` is missing"),
    ],
)
def test_what_cannot_be_read_is_said_in_words_of_ours(tmp_path, capsys, content, said):
    (tmp_path / "data.json").write_text(content)
    assert run(["evaluate", str(tmp_path / "data.json"), "--candidate", "demo:clip"]) == 2
    assert said in capsys.readouterr().err


@posix
@pytest.mark.parametrize("words", [["show", "./m"], ["compare", "./m", "clip"]])
def test_a19_a_pipe_in_place_of_a_configuration_is_refused(tmp_path, capsys, monkeypatch, words):
    monkeypatch.chdir(tmp_path)
    Path("m").mkdir()
    os.mkfifo("m/config.json")
    assert run(words) == 2
    assert "pipe" in capsys.readouterr().err
    with pytest.raises(OSError, match="pipe"):
        files.lines_of("m/config.json")


# -- rules of a size that nobody writes by hand ----------------------------------------------------


@pytest.mark.slow
@pytest.mark.long
def test_b15_questions_that_decide_together_in_too_many_ways_end_in_a_sentence(tmp_path, capsys):
    from large_rules import Size, write_overlay

    size = Size(questions=60, checkpoints=6, tasks=2, together=3)
    write_overlay(folder := tmp_path / "house", size)
    words = ["--rules", str(folder)]
    for command in ("recommend", "explain"):
        assert run([command, *words, "--task", "captioning", "-f", "json"]) == 2
        error = json.loads(capsys.readouterr().out)["error"]
        assert error["kind"] == "too-much-open"
        assert "extra-59" in error["hint"]
    assert run(["rules", "check", *words]) == 2
    told = " ".join(capsys.readouterr().err.split())
    assert "unanswered questions have too many combinations to" in told
    assert "tasks.yaml:5: `captioning`: 75 unanswered questions" in told


@pytest.mark.long
@pytest.mark.slow
def test_b15_thirty_questions_that_each_can_decide_are_answered(tmp_path, capsys):
    from large_rules import Size, write_overlay

    write_overlay(folder := tmp_path / "house", Size(questions=30, checkpoints=30, tasks=10))
    for command in ("recommend", "explain"):
        capsys.readouterr()
        assert run([command, "--task", "captioning", "--rules", str(folder), "-f", "json"]) == 0
        answer = json.loads(capsys.readouterr().out)
        assert answer["because"]
        assert answer.get("because_smallest", True) in (True, False)


@pytest.mark.slow
def test_a_compiled_module_cut_short_is_no_interrupt(process, tmp_path):
    where = {"PYTHONPYCACHEPREFIX": str(tmp_path), "PYTHONDONTWRITEBYTECODE": ""}
    assert process("list", "families", **where).code == 0
    (compiled,) = tmp_path.rglob("catalogue/command.*.pyc")
    compiled.write_bytes(compiled.read_bytes()[:100])
    result = process("list", "families", **where)
    assert (result.code, "a compiled Python file is truncated, maybe because" in result.err) == (
        2,
        True,
    )
    assert "compileall" in result.err
