"""A project of strangers: it cannot stop a check, hide from it, speak through it or write.

Numbers (A1, B7 ...) are those of a review that attacked the program from two sides.
"""

import json
import os
import re
import subprocess
import sys

import pytest

from advisor.scan import walk

WRONG = (
    b"from transformers import BlipModel\n"
    b'BlipModel.from_pretrained("Salesforce/blip-vqa-base").get_image_features(x)\n'
)
FIXABLE = (
    "from transformers import AutoModelForVision2Seq\n"
    's = "%s"; '
    'm = AutoModelForVision2Seq.from_pretrained("Salesforce/blip-image-captioning-base")\n'
)
HEAD = "from transformers import CLIPModel\n"
LOAD = 'CLIPModel.from_pretrained("openai/clip-vit-base-patch32")'
linux = pytest.mark.skipif(sys.platform == "win32", reason="needs links, pipes and modes")


def notebook(*cells, **metadata):
    code = [{"cell_type": "code", "source": cell} for cell in cells]
    return json.dumps({"cells": code, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5})


def paths(result, level="error"):
    return {one["path"] for one in result.of(level)}


# -- one way to read -------------------------------------------------------------------------------


@linux
@pytest.mark.parametrize("name", [".gitignore", ".git/info/exclude"])
def test_a2_patterns_from_a_pipe_or_a_device_are_not_read(check, tmp_path, name):
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    os.mkfifo(tmp_path / name)
    assert paths(check({"a.py": WRONG})) == {"a.py"}
    (tmp_path / name).unlink()
    (tmp_path / name).symlink_to("/dev/zero")
    assert paths(check({"a.py": WRONG})) == {"a.py"}


@linux
@pytest.mark.parametrize("target", ["/dev/zero", "/dev/tty"])
def test_a19_a_named_file_that_is_a_device_or_a_pipe_is_refused(check, tmp_path, target):
    (tmp_path / "z.py").symlink_to(target)
    os.mkfifo(tmp_path / "f.py")
    for name in ("z.py", "f.py"):
        result = check({}, name)
        assert (result.code, result.json["error"]["kind"]) == (2, "usage")


@linux
@pytest.mark.parametrize("name", ["advisor.yaml", "advisor.lock"])
def test_a4_what_advisor_looks_for_by_itself_is_never_read_through_a_link_outside(
    check, tmp_path, name, tmp_path_factory
):
    outside = tmp_path_factory.mktemp("home") / "netrc"
    outside.write_text("machine github.com login bob password hunter2\n")
    (tmp_path / name).symlink_to(outside)
    result = check({"a.py": WRONG})
    assert result.code == 2
    assert "hunter2" not in result.out + result.err


@linux
@pytest.mark.parametrize("format", ["terminal", "markdown", "html", "json", "sarif", "github"])
@pytest.mark.parametrize("name", ["requirements.txt", "pyproject.toml", "l.py", "src/l.py"])
def test_a4_no_excerpt_comes_from_behind_a_link_that_leads_out(
    check, tmp_path, name, tmp_path_factory, format
):
    outside = tmp_path_factory.mktemp("home")
    (outside / "l.py").write_text("machine = 'hunter2' +\n")
    link = tmp_path / name.partition("/")[0]
    link.symlink_to(outside / ("" if "/" in name else "l.py"))
    named = [name] if name.endswith(".py") else []
    result = check({"a.py": WRONG}, "a.py", *named, "--strict", "-v", format=format)
    assert (result.code, "hunter2" in result.out + result.err) == (1, False)
    assert "link" in result.out


@linux
@pytest.mark.parametrize("flag", ["--config", "--profile"])
def test_a4_a_file_that_is_named_is_not_quoted_from_outside(
    check, tmp_path, tmp_path_factory, flag
):
    outside = tmp_path_factory.mktemp("home") / "netrc"
    outside.write_text("password hunter2\n")
    (tmp_path / "named.yaml").symlink_to(outside)
    result = check({"a.py": WRONG}, flag, "named.yaml", format="terminal")
    assert (result.code, "hunter2" in result.err) == (2, False)
    assert "named.yaml:1:1: cannot be read: a symbolic link leads out of the folder" in result.err


@linux
def test_pins_behind_a_link_within_the_repository_are_read(check, tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "requirements.txt").symlink_to("../requirements.txt")
    files = {"requirements.txt": "transformers==5.2.0\n", "sub/a.py": WRONG}
    result = check(files, "--strict")
    assert not [one for one in result.json["findings"] if one["rule"] == "file-not-checked"]
    assert result.json["releases"][0]["path"] == "sub/requirements.txt"


@linux
@pytest.mark.parametrize("named", ["../p", "../p/src", "../p/src/a.py", "../p/a.py"])
def test_a19_a_project_that_is_named_from_elsewhere_is_not_left_through_links(
    check, tmp_path, monkeypatch, tmp_path_factory, named
):
    outside = tmp_path_factory.mktemp("out")
    (outside / "a.py").write_text(FIXABLE % "x")
    check({"p/b.py": "x = 1\n", "q/b.py": "x = 1\n"})
    (tmp_path / "p" / ".git").mkdir()
    (tmp_path / "p" / "src").symlink_to(outside)
    (tmp_path / "p" / "a.py").symlink_to(outside / "a.py")
    monkeypatch.chdir(tmp_path / "q")
    result = check({}, named, "b.py", "--fix")
    assert result.json["suppressed"]["links"] == (2 if named == "../p" else 1)
    assert (outside / "a.py").read_text() == FIXABLE % "x"


def test_a4_rules_of_a_project_lie_in_it(check, tmp_path_factory):
    outside = tmp_path_factory.mktemp("rules")
    (outside / "tasks.yaml").write_text("password: hunter2\n")
    result = check({"a.py": WRONG, "advisor.yaml": f"rules: ['{outside}']\n"})
    assert (result.code, result.json["error"]["kind"]) == (2, "usage")
    assert "hunter2" not in result.out


@pytest.mark.parametrize(
    "text",
    [
        '{"lock_version":1,"rule_base":"x","choices":[{"name":["a"]}]}',
        '{"lock_version":1,"rule_base":"x","choices":[{"name":"a","needs":3}]}',
        '{"lock_version":1,"rule_base":"x","choices":[{"name":"a","needs":{},"task":{"a":1}}]}',
        '{"lock_version":1,"rule_base":"x","choices":{}}',
        '{"lock_version":true,"rule_base":"x","choices":[]}',
        '{"lock_version":1,"rule_base":["x"],"choices":[]}',
        "[" * 100_000,
        "[]",
    ],
)
def test_a9_b17_a_damaged_lock_is_one_sentence(check, text):
    result = check({"a.py": WRONG, "advisor.lock": text})
    assert (result.code, result.json["error"]["kind"]) == (2, "broken-file")


@linux
@linux
def test_b17_a_link_that_leads_to_itself_cannot_be_read(check, tmp_path):
    (tmp_path / "b.json").symlink_to("b.json")
    result = check({"a.py": WRONG}, "--baseline", "b.json", format="terminal")
    assert (result.code, "`b.json` cannot be read" in result.err) == (2, True)


def test_b17_a_folder_called_advisor_lock_is_no_lock(check, tmp_path):
    (tmp_path / "advisor.lock").mkdir()
    assert check({"a.py": WRONG}).code == 2


def test_b17_a_byte_order_mark_is_no_damage_and_a_version_comes_first(check):
    known = {"baseline_version": 1, "findings": []}
    marked = b"\xef\xbb\xbf" + json.dumps(known).encode()
    assert check({"a.py": WRONG, "b.json": marked}, "--baseline", "b.json").code == 1
    newer = json.dumps({"baseline_version": 2, "findings": "of another shape"})
    error = check({"b.json": newer}, "--baseline", "b.json").json["error"]
    assert "version 2" in error["message"]
    for version in ("true", '"1"'):
        text = f'{{"baseline_version": {version}, "findings": []}}'
        assert check({"b.json": text}, "--baseline", "b.json").code == 2


def test_a10_words_of_a_stranger_make_no_line_of_their_own(check):
    text = '{"baseline_version":"x\\nfake: ok\\u202e","findings":[]}'
    result = check({"b.json": text, "a.py": WRONG}, "--baseline", "b.json", format="terminal")
    assert result.code == 2
    assert not any(line.startswith("fake") for line in result.err.splitlines())
    assert "\u202e" not in result.err


@pytest.mark.parametrize("digits", [400, 4_300])
def test_a8_a_count_without_end_is_no_row_of_a_baseline(check, digits):
    row = f'{{"rule": "x", "path": "a.py", "message": "x", "count": {"9" * digits}}}'
    known = f'{{"baseline_version": 1, "findings": [{row}, {row}]}}'
    result = check({"a.py": WRONG, "b.json": known}, "--baseline", "b.json", format="terminal")
    assert (result.code, "is not a valid advisor baseline file" in result.err) == (2, True)


@pytest.mark.parametrize("declared", ['rules: ["a\\0b"]', 'exclude: ["a\\0b"]'])
def test_a_nul_in_a_declaration_is_a_problem_with_its_place(check, declared):
    result = check({"advisor.yaml": f"{declared}\n", "a.py": WRONG}, format="terminal")
    assert result.code == 2
    assert "advisor.yaml:1:" in result.err
    assert "NUL" in result.err


def test_a20_a_version_of_thousands_of_digits_is_a_usage_error(check):
    assert check({"a.py": WRONG}, "--transformers", "9" * 5_000).code == 2
    assert check({"advisor.yaml": f'transformers: "{"9" * 5_000}"\n'}).code == 2


@pytest.mark.slow
def test_a21_thousands_of_equal_choices_are_decided_once(check):
    choice = (
        "  - {{name: c{}, checkpoint: openai/clip-vit-base-patch32, needs: {{task: captioning}}}}"
    )
    declared = "choices:\n" + "\n".join(choice.format(n) for n in range(300))
    assert check({"advisor.yaml": declared}).code == 1
    more = "\n".join(choice.format(n) for n in range(300, 1_100))
    refused = check({"advisor.yaml": f"{declared}\n{more}\n"})
    assert refused.code == 2
    assert "at most 1,000" in refused.out


def test_a21_there_are_not_thousands_of_choices_or_patterns(check):
    patterns = "exclude:\n" + "".join(f"  - 'a{n}*b'\n" for n in range(20_000))
    assert check({"advisor.yaml": patterns, "a.py": WRONG}).code == 2


# -- a bound on work -------------------------------------------------------------------------------


def heavy(times):
    """Small files that took much time or memory, the longest in them so many times a thing."""
    return {
        "ignores.py": HEAD + "a=1 # advisor: ignore\n" * 10 * times,
        "line.py": f"{HEAD}é=1;" + f"{LOAD};" * times + "\n",
        "line.ipynb": notebook(HEAD, f"{LOAD};" * times),
        "cells.ipynb": notebook(HEAD, *["x=1"] * 5 * times, LOAD),
        "characters.ipynb": notebook([HEAD, *"x" * 100 * times]),
        "ids.json": '{"model": ['
        + ", ".join(['"\\u0053alesforce/blip-vqa-base"'] * 10 * times)
        + "]}",
        "spelling.py": HEAD + (LOAD.replace("base", "bose") + "\n") * times,
        "dots.toml": 'model = "openai/clip-vit-base-patch32"\n'
        + ".".join("a" * 100 * times)
        + "=1\n",
        # Python 3.11 itself parses 300,000 parts in 50 s: its time grows with their square
        "parts.py": HEAD + 'x=f"' + "{a}" * 300 * min(times, 100) + '"\n',
        "lists.py": HEAD + 'x=["a"]\n' + "x=[x,x]\n" * 60 + "CLIPModel.from_pretrained(x)\n",
        "sums.py": HEAD + 'x=("a","b")\n' + "x=x+x\n" * 60,
        "tables.py": HEAD + 'x={"a":"b"}\n' + 'x={**x,**x,"b":x}\n' * 40,
    }


@pytest.mark.parametrize(
    "times", [50, pytest.param(1_000, marks=[pytest.mark.slow, pytest.mark.long])]
)
def test_a5_a6_a7_small_files_take_little_time_and_memory(tmp_path, times):
    for name, text in heavy(times).items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / ("a" * 200 + ".py")).write_text("x = 1\n")
    (tmp_path / ".gitignore").write_text("*a*a*a*a*a*a*b\n**/**/**/**/**/**/**/zz\n")
    git(tmp_path, "init", "-q")
    (tmp_path / "wrong.py").write_bytes(WRONG)
    program = (
        "import resource, sys\n"
        "resource.setrlimit(resource.RLIMIT_AS, (4_000_000_000,) * 2)\n"
        "from advisor.cli.main import run\n"
        "sys.exit(run(['check', '--format', 'json']))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, timeout=300, check=False
    )
    assert done.returncode == 1, done.stderr
    found = json.loads(done.stdout)
    assert {one["path"] for one in found["findings"] if one["level"] == "error"} == {"wrong.py"}


LONG = "0x" + "f" * 5_000
NO_TEXTS = [
    f"{LOAD}.get_image_features(x, size={LONG}, sizes=[-{LONG}])",
    f'CLIPModel.from_pretrained(f"openai/{{{LONG}}}")',
    f'a = "x/y" if b == {LONG} else "z"\nif b == {LONG}: CLIPModel.from_pretrained(a)',
    'def f(a): return CLIPModel.from_pretrained(a)\nf(**{"\u00b2": 1})\nf(**{"9": 1})',
    f'def f(a): return {LOAD}\nf(**{{"{"9" * 5_000}": 1}})',
    'import functools as o\no.partial(CLIPModel.from_pretrained, **{"\u00b2": 1})(**{"\u00b2": 1})',
    'import yaml\nc = yaml.safe_load(open("c.yaml"))\nCLIPModel.from_pretrained("a/" + c["n"])',
]


@pytest.mark.parametrize("code", NO_TEXTS)
def test_a_number_that_python_does_not_write_out_ends_no_check(check, code):
    result = check({"a.py": HEAD + code, "c.yaml": f"n: {LONG}\n", "wrong.py": WRONG})
    assert paths(result) == {"wrong.py"}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("uv.lock", 'name = "transformers"\nversion = "4.%s"\n'),
        ("pyproject.toml", '[tool.poetry.dependencies]\ntransformers = "^4.%s"\n'),
        ("requirements.txt", "transformers==4.%s\n"),
    ],
)
def test_a20_a_pin_of_thousands_of_digits_ends_no_check(check, name, text):
    assert paths(check({name: text % ("9" * 5_000), "wrong.py": WRONG})) == {"wrong.py"}


MANY = 30_000
OTHER = "from transformers import BertModel, Trainer as T\nBertModel.from_pretrained('a')\n"
LONG_LINES = {
    "from ": OTHER + "# x;from " + "." * MANY + "\n",
    "blanks": OTHER + "# x;from" + " " * MANY + "import\n",
    "imports": OTHER + "#" + "import " * MANY + "\n",
    "names": OTHER + "#" + "import a," * MANY + "\n",
    "braces": OTHER + "#" + "}" * MANY + "\n",
    "classes": OTHER + "#" + "class A(" * MANY + "\n",
    "versions": f"{OTHER}{HEAD}try: check_min_version('{'a' * MANY}')\nexcept ImportError: 0\n",
    "own names": f"{HEAD}class A:\n def f(self, model):\n  m = {LOAD}\n  f("
    + "self.a," * (MANY // 3)
    + ")\n",
    "rules": f"{HEAD}{LOAD}  # advisor: ignore[" + "a," * MANY + "]\n",
}


@pytest.mark.parametrize("kind", LONG_LINES)
def test_a5_no_line_takes_long_here_or_in_a_file_that_imports(check, kind):
    line = LONG_LINES[kind]
    files = {"m.py": f"{HEAD}model = {LOAD}\n", "o.py": "#" + line.rpartition("#")[2]}
    result = check({**files, "a.py": line, "z.py": f"from a import A\nfrom m import model\n{LOAD}"})
    assert not result.json["suppressed"]["not_parsed"]
    assert not result.json["suppressed"]["out_of_time"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.ipynb", notebook(f"{HEAD}{LOAD}\n" + "\n" * 2 * MANY + "x")),
        ("a.ipynb", notebook(f"{HEAD}{LOAD}\n%x\n", "%x\n" + "'\\" * 2 * MANY)),
        ("a.py", f"from transformers import NoSuchThing\n{HEAD}{LOAD}\n#" + "git+" * MANY),
    ],
)
def test_blanks_quotes_and_words_in_a_row_are_each_looked_at_once(check, name, text):
    assert [one["path"] for one in check({name: text}).json["usages"]] == [name]


def test_a_run_that_is_over_says_what_it_did_not_reach_and_fails_if_strict(check):
    files = {f"{n}.py": WRONG for n in range(3)}
    result = check(files, "--deadline", "0.000001")
    assert result.json["suppressed"]["out_of_time"] == 3
    assert [one["rule"] for one in result.json["findings"]] == ["file-not-checked"]
    assert check(files, "--deadline", "0.000001", "--strict").code == 1


# -- nothing hidden --------------------------------------------------------------------------------


def test_a8_a_file_that_says_environment_makes_none(check):
    assert paths(check({"src/a.py": WRONG, "src/pyvenv.cfg": ""})) == {"src/a.py"}


def test_a8_what_is_left_out_is_counted_by_reason(check, tmp_path):
    git(tmp_path, "init", "-q")
    result = check(
        {
            "a.py": "x = 1\n",
            "src/pyvenv.cfg": "home = /usr\n",
            "src/bin/python": "",
            "src/a.py": WRONG,
            "old/a.py": WRONG,
            "gone/a.py": WRONG,
            ".gitignore": "gone/\n",
            "advisor.yaml": "exclude: [old/]\nfail_on: never\n",
            "large.json": "x" * 1_000_001,
            "r.ipynb": notebook(HEAD, kernelspec={"name": "ir", "language": "R"}),
        }
    )
    assert result.code == 0
    suppressed = result.json["suppressed"]
    expected = dict.fromkeys(
        ("excluded", "gitignored", "environments", "too_large", "other_language"), 1
    )
    assert suppressed.items() >= expected.items()
    assert result.json["fail_on"] == "never"
    words = ("1 excluded", "1 ignored by git", "1 in environments", "1 too large", "never",
             "1 in another language")  # fmt: skip
    for format in ("terminal", "markdown", "html", "github", "junit"):
        page = " ".join(check({}, format=format).out.split())
        assert [one for one in words if one not in page] == []
    (told,) = check({}, format="sarif").json["runs"]
    assert told["properties"] == {"suppressed": suppressed, "fail_on": "never"}


def test_a8_what_git_tracks_is_looked_at_whatever_patterns_say(check, tmp_path):
    check({"src/a.py": WRONG, "node_modules/b.py": WRONG, "src/c.py": WRONG})
    for command in (["init", "-q"], ["add", "src/a.py", "node_modules"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    result = check({".gitignore": "*.py\n"})
    assert paths(result) == {"src/a.py", "node_modules/b.py"}
    assert result.json["suppressed"]["gitignored"] == 1


def git(folder, *arguments):
    own = ("-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "protocol.file.allow=always")
    subprocess.run(["git", *own, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.mark.parametrize("name", ["venv", "ignored"])
def test_what_git_tracks_in_a_submodule_is_looked_at_whatever_its_name(
    check, tmp_path, tmp_path_factory, name
):
    other = tmp_path_factory.mktemp("other")
    (other / "a.py").write_bytes(WRONG)
    for command in (["init", "-q"], ["add", "a.py"], ["commit", "-qm", "a"]):
        git(other, *command)
    git(tmp_path, "init", "-q")
    git(tmp_path, "submodule", "add", "-q", str(other), name)
    assert paths(check({"b.py": "x = 1\n", ".gitignore": "ignored\n"})) == {f"{name}/a.py"}


def test_a_folder_that_looks_like_a_repository_speaks_for_none(check, tmp_path):
    check({"src/a.py": WRONG, "src/b.py": "x = 1\n", "src/.gitignore": "a.py\n"})
    git(tmp_path / "src", "init", "-q", "--bare")
    git(tmp_path / "src", "config", "core.bare", "false")
    git(tmp_path / "src", "config", "core.worktree", ".")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-f", "src/a.py", "src/b.py")
    assert paths(check({}, "src")) == {"src/a.py"}


@pytest.mark.parametrize("name", ["advisor.yaml", "advisor.lock", "tokenizer.json"])
def test_a_folder_with_the_name_of_a_file_of_advisor_is_looked_at(check, name):
    result = check({f"src/{name}/a.py": WRONG, "b.py": "x = 1\n"})
    assert paths(result) == {f"src/{name}/a.py"}


def test_a_folder_among_what_was_compiled_is_counted_and_looked_at(check, tmp_path):
    result = check({"__pycache__/a.pyc/a.py": WRONG, "b.py": "x = 1\n"})
    assert result.json["suppressed"]["caches"] == 1
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    assert paths(check({})) == {"__pycache__/a.pyc/a.py"}


@linux
@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="only root gives away")
def test_what_git_tracks_is_known_in_the_checkout_of_another_user(check, tmp_path):
    check({"a.py": WRONG, "b.py": "x = 1\n", "c.py": WRONG, ".gitignore": "[ac].py\n"})
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-f", "a.py", "b.py")
    for path in (tmp_path, *tmp_path.rglob("*")):
        os.chown(path, 1234, 1234)
    assert paths(check({})) == {"a.py"}


def test_compiled_python_that_git_tracks_is_said_not_to_be_read(check, tmp_path):
    compiled = ["__pycache__/a.cpython-311.pyc", "b.pyc"]
    check(dict.fromkeys([*compiled, "c.pyc", "d/__pycache__/e.pyc"], b"") | {"a.py": "x = 1\n"})
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", *compiled)
    assert {one["path"] for one in check({}).of("note")} == {*compiled}
    assert check({}, "--strict").code == 1


@pytest.mark.parametrize("name", ["GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"])
def test_a8_git_is_asked_of_this_folder_whatever_a_hook_names(check, tmp_path, monkeypatch, name):
    check({"a.py": WRONG})
    for command in (["init", "-q"], ["add", "a.py"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    monkeypatch.setenv(name, str(tmp_path / "elsewhere"))
    assert paths(check({".gitignore": "*.py\n"})) == {"a.py"}


def test_a8_a_strict_check_fails_on_what_nobody_vouches_for(check, tmp_path):
    result = check({"venv/a.py": WRONG, "b.yaml": "x: 1\n"}, "--strict")
    assert result.code == 1
    assert "1 folder with the name of a virtual environment" in result.of("warning")[0]["message"]
    git(tmp_path, "init", "-q")
    assert check({}, "--strict").code == 0


@linux
def test_a8_a_link_to_a_file_of_another_name_is_looked_at(check, tmp_path):
    (tmp_path / "a.py").symlink_to("a.txt")
    assert paths(check({"a.txt": WRONG})) == {"a.py"}


@linux
def test_a_chain_of_links_that_no_system_follows_ends_nothing(check, tmp_path):
    for number in range(1_500):
        (tmp_path / f"l{number + 1}.py").symlink_to(f"l{number}.py")
    result = check({"l0.py": WRONG})
    assert "l0.py" in paths(result)
    assert result.json["suppressed"]["links"] > 1_400
    (tmp_path / "advisor.yaml").symlink_to("l1500.py")
    assert check({}).code == 2


@linux
@pytest.mark.parametrize("target", ["__pycache__/a.py", "a.yaml", "tokenizer.json", "old/a.py"])
def test_a8_a_link_to_what_is_not_looked_at_as_such_is_looked_at(check, tmp_path, target):
    (tmp_path / "a.py").symlink_to(target)
    declared = {"advisor.yaml": "exclude: [old/]\n"}
    assert paths(check({target: WRONG, "b.py": "x = 1\n", **declared})) == {"a.py"}


def test_a8_what_git_tracks_in_a_folder_of_copies_is_looked_at(check, tmp_path):
    check({"__pycache__/a.py": WRONG, ".eggs/b.py": WRONG, "__pycache__/c.pyc": b""})
    for command in (["init", "-q"], ["add", "__pycache__"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    result = check({})
    assert paths(result) == {"__pycache__/a.py"}
    assert result.json["suppressed"]["caches"] == 1


@linux
def test_a8_a_pipe_among_the_files_is_named(check, tmp_path):
    os.mkfifo(tmp_path / "a.py")
    assert check({"b.py": "x = 1\n"}).json["suppressed"]["not_parsed"] == 1


def test_a8_where_all_is_left_out_it_is_said_why(check, tmp_path):
    git(tmp_path, "init", "-q")
    result = check({"a.py": WRONG, ".gitignore": "*.py\n", "old/a.py": WRONG}, format="terminal")
    assert (result.code, "2 ignored by git" in result.err) == (2, True)


@linux
def test_a8_links_out_of_the_project_are_counted(check, tmp_path, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside")
    (outside / "a.py").write_bytes(WRONG)
    (tmp_path / "a.py").symlink_to(outside / "a.py")
    result = check({"b.py": "x = 1\n"})
    assert (result.code, result.json["suppressed"]["links"]) == (0, 1)


def test_a6_a_text_that_is_replaced_to_grow_ends(check):
    grown = 'x = "a"\n' + 'x = x.replace("a", "aa")\n' * 60
    result = check({"a.py": f"{HEAD}{grown}CLIPModel.from_pretrained(x)\n".encode()})
    assert result.code == 0


@pytest.mark.parametrize("made", ["T(x, '{n}')", "T(x, x)", "T([x], x)", "[T(x, x), T(x, x)]"])
def test_a6_objects_made_of_each_other_are_followed_as_far_as_they_are_small(check, made):
    fields = "from dataclasses import dataclass\n@dataclass\nclass T:\n  a: str\n  b: str\n"
    grown = "x = T('a', 'b')\n" + "".join(f"if c: x = {made.format(n=n)}\n" for n in range(60))
    code = f"{HEAD}{fields}{grown}CLIPModel.from_pretrained(x.a)\n"
    assert not check({"a.py": code}).json["suppressed"]["not_parsed"]


@pytest.mark.parametrize(
    ("encoding", "letter"),
    [("utf-7", "+AHQ-"), ("unicode_escape", r"\x74"), ("raw_unicode_escape", r"\u0074")],
)
@pytest.mark.parametrize("comment", ["", "# transformers\n"])
def test_a8_letters_written_as_other_signs_hide_nothing(check, encoding, letter, comment):
    code = f"# coding: {encoding}\n{comment}{WRONG.decode().replace('t', letter)}"
    assert paths(check({"a.py": code.encode(), "b.py": b""})) == {"a.py"}


@pytest.mark.parametrize(
    ("encoding", "old", "new"),
    [("gbk", "t", "\uff54"), ("shift_jis", "t", "\uff54"), ("latin-1", "a", "\u00aa")],
)
def test_letters_of_another_form_hide_nothing_in_any_encoding(check, encoding, old, new):
    names = ("transformers", "BlipModel", "from_pretrained", "get_image_features")
    code = WRONG.decode().replace('"Salesforce/blip-vqa-base"', SPLIT)
    for name in names:
        code = code.replace(name, name.replace(old, new))
    result = check({"a.py": f"# coding: {encoding}\n{code}".encode(encoding), "b.py": b""})
    assert {one["path"] for one in result.json["usages"]} == {"a.py"}


SPLIT = '"Salesforce/" "blip-vqa-base"'


def escaped(text):
    return "".join(f"\\u{ord(letter):04x}" for letter in text)


@pytest.mark.parametrize(
    "code",
    [
        # letters that Python takes for those of ASCII, and an id that stands nowhere as a whole
        "from \uff54ransformers import BlipModel as B\n"
        f"B.\uff46rom_pretrained({SPLIT}).\uff47et_image_features(x)\n",
        # the declaration at the end of a long line, and behind carriage returns
        f"#{' ' * 2_000}coding: utf-7\n{WRONG.decode().replace('t', '+AHQ-')}",
        f"#\r# coding: utf-7\r{WRONG.decode().replace('t', '+AHQ-')}",
        # a module among others
        "import os.path, transformers\nx = transformers.AutoModelForVision2Seq\n",
        "import numpy as np, transformers\nx = transformers.AutoModelForVision2Seq\n",
        # words that go on in the next line
        "from \\\n  transformers import AutoModelForVision2Seq\n",
        "from\\\ntransformers import AutoModelForVision2Seq\n",
        "from\ftransformers import AutoModelForVision2Seq\n",
        # texts that are not written as they read
        'from transformers import pipeline\npipeline("visual-question-\\x61nswering")\n',
        'from transformers import pipeline\npipeline("visual-question-\\141nswering")\n',
        'from transformers import pipeline\npipeline("visual-question-\\\nanswering")\n',
        'from transformers import pipeline\npipeline("visual-question-'
        '\\N{LATIN SMALL LETTER A}nswering")\n',
    ],
)
def test_a8_no_way_of_writing_hides_a_word(check, code):
    result = check({"a.py": code, "b.py": b""})
    assert paths(result) | {one["path"] for one in result.json["usages"]} == {"a.py"}


GONE = 'AutoModelForVision2Seq.from_pretrained("Salesforce/blip-image-captioning-base")\n'


@pytest.mark.parametrize(
    "code",
    [
        f"import transformers\nu = transformers\nm = u.{GONE}",
        f"import transformers\nclass A:\n    u = transformers\n    def f(self): self.u.{GONE}",
        f"import transformers\ndef f(u): return u.{GONE}f(transformers)\n",
    ],
)
def test_a_class_that_is_gone_is_found_in_a_module_of_whatever_name(check, code):
    rules = [one["rule"] for one in check({"a.py": code}).of("error")]
    assert rules == ["removed-class"]
    asked = code.replace("m = u.", "if hasattr(u, 'AutoModelForVision2Seq'): m = u.")
    if asked != code:
        assert not check({"a.py": asked}).of("error")
    assert len(check({"a.py": f"import transformers\nm = transformers.{GONE}"}).of("error")) == 1


ANSWERS = "from transformers import BlipForQuestionAnswering as A\n"


def test_a8_more_calls_than_are_followed_hide_no_function(check):
    many = "".join(
        f"def f{i}(x): return A.from_pretrained(x)\n" + f"f{i}('o/a')\n" * 10 for i in range(60)
    )
    last = "def g(x):\n m = A.from_pretrained(x)\n m.prune_heads(1)\ng('o/d')\ng('o/e')\n"
    for code in (last, many + last):
        result = check({"a.py": ANSWERS + code})
        assert "prune_heads" in result.out, len(code)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32"])
@pytest.mark.parametrize("name", ["a.py", "a.ipynb"])
def test_a8_code_of_another_encoding_is_named(check, name, encoding):
    code = WRONG.decode()
    text = notebook(code) if name.endswith("b") else code
    assert paths(check({name: text.encode(encoding)}, "--strict"), "warning") == {name}


def test_a8_a_configuration_of_another_encoding_is_named(check):
    text = "model: Salesforce/blip-vqa-base\n"
    result = check({"a.yaml": text.encode("utf-16"), "b.json": text.encode("utf-16-be")})
    assert [one["rule"] for one in result.of("note")] == ["file-not-checked"] * 2


@pytest.mark.parametrize("encoding", ["undefined", "punycode"])
def test_a8_an_encoding_that_reads_nothing_is_a_note(check, encoding):
    result = check({"a.py": f"# coding: {encoding}\nx = 1\n", "b.py": WRONG})
    assert paths(result) == {"b.py"}
    assert result.json["suppressed"]["not_parsed"] == 1


def test_a8_a_cell_in_escapes_is_a_cell(check):
    code = f'{{"cell_type": "code", "source": "{escaped(WRONG.decode())}"}}'
    assert paths(check({"a.ipynb": f'{{"cells": [{code}], "metadata": {{}}}}'})) == {"a.ipynb"}


def test_a8_sheets_of_an_old_notebook_do_not_vanish_behind_cells(check):
    sheet = {"cells": [{"cell_type": "code", "input": WRONG.decode(), "language": "python"}]}
    old = json.dumps({"nbformat": 3, "worksheets": [sheet], "cells": [], "metadata": {}})
    result = check({"a.ipynb": old, "b.py": "x = 1\n"})
    assert [one["rule"] for one in result.of("note")] == ["file-not-checked"]


def test_a8_a_kernel_is_known_by_its_name(check):
    cell = WRONG.decode()
    odd = {"kernelspec": {"name": "python3", "language": "py"}, "language_info": {"name": "julia"}}
    assert paths(check({"a.ipynb": notebook(cell, **odd)})) == {"a.ipynb"}


MADE = 'm = BlipModel.from_pretrained("Salesforce/blip-vqa-base")\nm.get_image_features(x)\n'
IMPORT = "from transformers import BlipModel\n"


@pytest.mark.parametrize(
    "cells",
    [
        [("# before a line that ends in a carriage return\n" + IMPORT + MADE).replace("\n", "\r")],
        ["%cd x \\ \n" + IMPORT + MADE],
        [IMPORT, "%%timeit\n" + MADE],
        [IMPORT, "%%wandb\n" + MADE],
    ],
)
def test_no_line_of_a_cell_hides_what_it_runs(check, cells):
    result = check({"a.ipynb": notebook(*cells)})
    assert paths(result) == {"a.ipynb"}
    assert len(result.json["usages"]) == 1


def test_what_a_magic_is_given_that_is_no_python_costs_no_cell(check):
    cell = "%time !ls\n%timeit -s setup\n%prun\n" + WRONG.decode()
    assert paths(check({"a.ipynb": notebook(cell)})) == {"a.ipynb"}


def test_a8_half_a_character_costs_no_cell(check):
    assert paths(check({"a.ipynb": notebook("# \ud800\n" + WRONG.decode())})) == {"a.ipynb"}


def test_a8_one_deep_statement_costs_no_other(check):
    deep = "if 0:\n x=" + "+".join(["0"] * 600) + "\n"
    result = check({"a.py": WRONG.decode() + deep + WRONG.decode()})
    assert len([one for one in result.of("error") if one["rule"] != "removed-class"]) >= 2
    assert check({}, "--strict").of("warning")


@pytest.mark.slow
def test_a8_rules_of_a_project_do_not_lower_a_strict_check_unseen(check, small_folder):
    files = {"advisor.yaml": "rules: [r]\n", "a.py": WRONG}
    for file in sorted((small_folder / "checks").glob("*.yaml")):
        text = file.read_text(encoding="utf-8")
        files[f"r/checks/{file.name}"] = text.replace("level: error", "level: note")
    lax = check(files)
    assert lax.code == 0
    assert lax.json["suppressed"]["lowered"] > 0
    assert check({}, "--strict").code == 1


@linux
@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may read all")
def test_b9_a_folder_that_cannot_be_read_is_no_success(check, tmp_path):
    (tmp_path / "no").mkdir(mode=0)
    assert check({}, "no").code == 2


# -- nothing forged --------------------------------------------------------------------------------


@linux
@pytest.mark.parametrize("format", ["terminal", "github", "markdown", "html", "sarif", "junit"])
def test_a11_a12_a13_names_speak_to_no_runner_terminal_or_page(check, monkeypatch, format):
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    names = [
        "a" * 78 + " ::error file=README.md::Owned ::stop-commands::tok.py",
        "##[stop-commands]tok.py",
        "##vso[task.setvariable].py",
        "![x](http:evil).py",
        "<script>alert(1)<.py",
        "a\n::error::b.py",
        "bidi\u202egnp\u200b.py",
        "esc\x1b]0;x\x07\x9b.py",
        "a&lt;b&#x202e;gnp.py",
    ]
    result = check(dict.fromkeys(names, WRONG + b"# ##[group]x\n"), format=format)
    out = result.out + result.err
    assert "##[" not in out
    assert "##vso[" not in out
    own = ("::error file=", "::notice file=", "::warning file=", "::error::", "::notice::")
    for line in out.splitlines():
        if line.lstrip().startswith("::"):
            assert line.startswith(own), line
    assert not set(out) & set("\x1b\x07\x9b\u202e\u200b")
    if format == "markdown":
        assert "](http" not in result.out
        assert not re.search(r"(?<!\\)&(?:#|lt;)", result.out)
    if format == "html":
        assert "<script>alert" not in result.out


@linux
def test_behind_an_address_nothing_is_markdown(check):
    ids = ["http://a![p](http://evil.example/p.png)", "https://a[p](//evil)", "http://a&#x202e;b"]
    code = HEAD + "".join(f"CLIPModel.from_pretrained('openai/clip-vit-{id}')\n" for id in ids)
    page = check({"a.py": code}, "-v", format="markdown").out
    said = [line for line in page.splitlines() if "clip-vit" in line and not line[0].isdigit()]
    assert len(said) >= len(ids)
    assert not [line for line in said if "](" in line or re.search(r"(?<!\\)&#", line)]


def test_a_message_of_sarif_holds_no_link_and_a_name_no_other_file(check):
    code = HEAD + "CLIPModel.from_pretrained('openai/clip-vit-[x](http://evil.example)')\n"
    declared = """choices:
  - name: a
    checkpoint: openai/clip-vit-base-patch32
    needs: {task: zero-shot-classification}
"""
    (run,) = check({"src\\a.py": code, "advisor.yaml": declared}, format="sarif").json["runs"]
    texts = [one["message"]["text"] for one in run["results"]]
    assert any("http://evil.example" in text for text in texts)
    assert not [text for text in texts if re.search(r"(?<!\\)\[[^\]]*\]\(", text)]
    places = [place for one in run["results"] for place in one["locations"]]
    uris = {place["physicalLocation"]["artifactLocation"]["uri"] for place in places}
    assert uris >= {"src%5Ca.py"}


def test_a3_init_writes_names_on_one_line(check, advisor, tmp_path):
    name = "a\ntouch PWNED\n#.py"
    (tmp_path / name).write_text(
        "from transformers import VisionEncoderDecoderModel as V\n"
        'V.from_pretrained("microsoft/trocr-base-printed")\n'
    )
    assert advisor("init", tmp_path).code == 0
    text = (tmp_path / "advisor.yaml").read_text()
    assert "\ntouch" not in text


@pytest.mark.slow
@linux
def test_a17_a_report_a_baseline_and_a_fix_are_the_same_in_every_locale(check, tmp_path):
    git(tmp_path, "init", "-q")
    check({"café.py": WRONG, "日本/a.py": WRONG, "ü/ignored.py": WRONG, ".gitignore": "ü/\n"})
    (tmp_path / os.fsdecode(b"latin-\xe9.py")).write_bytes(WRONG)
    kept = {name: value for name, value in os.environ.items() if name[:3] not in ("LC_", "PYT")}
    plain = {**kept, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}

    def run(variables, *words):
        command = [sys.executable, "-m", "advisor", "check", *words]
        return subprocess.run(
            command, cwd=tmp_path, env=variables, capture_output=True, check=False
        ).stdout

    for format in ("sarif", "json"):
        said = [run({**kept, "LC_ALL": "C.UTF-8"}, "--format", format)]
        said.append(run(plain, "--format", format))
        assert json.loads(said[0]) == json.loads(said[1])
    run({**kept, "LC_ALL": "C.UTF-8"}, "--write-baseline", "known.json")
    told = json.loads(run(plain, "--baseline", "known.json", "--format", "json"))
    assert (told["counts"]["error"], told["suppressed"]["gitignored"]) == (0, 1)
    (tmp_path / "é.py").write_text(FIXABLE % "x", encoding="utf-8")
    run(plain, "--fix")
    assert "Vision2Seq" not in (tmp_path / "é.py").read_text(encoding="utf-8")


@linux
@pytest.mark.parametrize("before", ["", "é", "x @", "a-"])
def test_a12_a_name_in_markdown_calls_nobody(check, before):
    text = check({f"{before}@octocat.py": WRONG}, "-v", format="markdown").out
    assert f"### {before}@<!-- -->octocat.py:" in text
    assert not re.search(r"(?<![A-Za-z0-9_])@(?=[A-Za-z0-9])", text)


@pytest.mark.slow
@linux
@pytest.mark.parametrize("locale", ["C.UTF-8", "C"])
def test_a17_a22_what_git_makes_of_a_diff_is_what_fix_makes(tmp_path, locale):
    code = FIXABLE % "\u00e9"
    files = {
        "\u65e5\u672c.py": code.encode(),
        "latin.py": f"# coding: latin-1\n{code}".encode("latin-1"),
        "kana.py": f"# coding: shift_jis\n{FIXABLE % chr(0x30AB)}".encode("shift_jis"),
        "mark.py": f"\ufeff{code}".encode(),
        "returns.py": code.replace("\n", "\r\n").encode(),
    }
    plain = {"LC_ALL": locale, "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    for folder in ("fixed", "applied"):
        (tmp_path / folder).mkdir()
        for name, data in files.items():
            (tmp_path / folder / name).write_bytes(data)

    def run(folder, flag):
        command = [sys.executable, "-m", "advisor", "check", flag]
        done = subprocess.run(
            command, cwd=tmp_path / folder, env={**os.environ, **plain}, capture_output=True
        )
        return done.stdout

    run("fixed", "--fix")
    (tmp_path / "x.diff").write_bytes(run("applied", "--diff"))
    git(tmp_path / "applied", "init", "-q")
    git(tmp_path / "applied", "apply", "../x.diff")
    for name, data in files.items():
        fixed = (tmp_path / "fixed" / name).read_bytes()
        assert (tmp_path / "applied" / name).read_bytes() == fixed != data


@linux
def test_a22_a_diff_quotes_names_as_git_does(check):
    result = check({"a\n--- a_b.py": FIXABLE % "x"}, "--diff", format="terminal")
    assert '--- "a/a\\012--- a_b.py"' in result.out
    assert sum(line.startswith("--- ") for line in result.out.splitlines()) == 1


@linux
@pytest.mark.parametrize("runner", ["GITHUB_ACTIONS", "TF_BUILD", "TEAMCITY_VERSION"])
def test_a_diff_says_nothing_to_runners(check, monkeypatch, runner):
    monkeypatch.setenv(runner, "1")
    text = check({"a.py": "# ##vso[x]y\n" + FIXABLE % "x"}, "--diff", format="terminal").out
    assert "##vso[" not in text
    assert " # #\\#vso[x]y" in text.splitlines()


# -- one way to write ------------------------------------------------------------------------------


@linux
@pytest.mark.parametrize(
    ("link", "arguments"),
    [
        ("advisor.lock", ["check", "--lock", "."]),
        ("advisor.yaml", ["init"]),
        ("advisor.yaml", ["init", "--force"]),
        ("advisor.sarif", ["check", ".", "--output", "sarif=advisor.sarif"]),
        ("known.json", ["check", ".", "--write-baseline", "known.json"]),
    ],
)
def test_a1_b27_nothing_is_written_through_a_link_out_of_the_project(
    check, advisor, tmp_path, tmp_path_factory, link, arguments
):
    precious = tmp_path_factory.mktemp("home") / "precious"
    precious.write_text("precious")
    choice = "{name: a, checkpoint: openai/clip-vit-base-patch32, needs: {task: image-search}}"
    check({"a.py": WRONG, "advisor.yaml": f"choices:\n  - {choice}\n"})
    (tmp_path / link).unlink(missing_ok=True)
    (tmp_path / link).symlink_to(precious)
    assert advisor(*arguments).code == 2
    assert precious.read_text() == "precious"
    precious.unlink()  # and a link that leads nowhere yet makes no file there
    assert advisor(*arguments).code == 2
    assert not precious.exists()


@linux
@pytest.mark.parametrize("name", ["o.json", "advisor.lock"])
def test_b27_no_pipe_is_written_through_a_link_out_of_the_project_or_by_a_name_of_advisors(
    check, advisor, tmp_path, tmp_path_factory, name
):
    pipe = tmp_path_factory.mktemp("out") / "pipe" if name == "o.json" else tmp_path / name
    os.mkfifo(pipe)
    reading = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)  # so that nobody who writes would wait
    choice = "{name: a, checkpoint: openai/clip-vit-base-patch32, needs: {task: image-search}}"
    check({"advisor.yaml": f"choices:\n  - {choice}\n"}, "--baseline", "none", format="terminal")
    if name == "o.json":
        (tmp_path / name).symlink_to(pipe)
    arguments = ("--output", "json=o.json") if name == "o.json" else ("--lock",)
    result = advisor("check", *arguments)
    assert result.code == 2
    assert f"`{name}` cannot be written" in result.err
    with pytest.raises(BlockingIOError):
        os.read(reading, 1)
    os.close(reading)


@linux
@pytest.mark.parametrize(
    "arguments",
    [["check", "--lock", "."], ["init", "--force"]],
    ids=["advisor.lock", "advisor.yaml"],
)
def test_a1_a_name_of_our_own_is_written_through_no_link_within_the_project(
    check, advisor, tmp_path, arguments, request
):
    link = tmp_path / request.node.callspec.id
    choice = "{name: a, checkpoint: openai/clip-vit-base-patch32, needs: {task: image-search}}"
    check({"a.py": WRONG, "advisor.yaml": f"choices:\n  - {choice}\n"})
    link.unlink(missing_ok=True)
    link.symlink_to("a.py")
    assert advisor(*arguments).code != 2
    assert (tmp_path / "a.py").read_bytes() == WRONG
    assert not link.is_symlink()


@linux
@pytest.mark.parametrize(
    ("link", "arguments"),
    [
        ("advisor.lock", ["check", "--lock", "."]),
        ("advisor.yaml", ["init", "--force"]),
        ("o.sarif", ["check", ".", "--output", "sarif=o.sarif"]),
        ("b.json", ["check", ".", "--write-baseline", "b.json"]),
        ("sub/x", ["recommend", "--task", "captioning", "--output", "json=sub/x"]),
        ("a.py", ["check", "a.py"]),
        ("advisor.yaml", ["check", "--config", "advisor.yaml"]),
    ],
)
def test_a1_a4_a_link_into_what_git_keeps_for_itself_leads_out(
    check, advisor, tmp_path, link, arguments
):
    choice = "{name: a, checkpoint: openai/clip-vit-base-patch32, needs: {task: image-search}}"
    check({"b.py": WRONG, "advisor.yaml": f"choices:\n  - {choice}\n", ".git/hooks/x": "hunter2\n"})
    (tmp_path / link).unlink(missing_ok=True)
    target = ".git/hooks" if "/" in link else ".git/hooks/x"
    (tmp_path / link.partition("/")[0]).symlink_to(target)
    result = advisor(*arguments)
    assert result.code in (2, 3)
    assert "hunter2" not in result.out + result.err
    assert (tmp_path / ".git/hooks/x").read_text() == "hunter2\n"


@linux
def test_a19_a_named_link_out_of_the_project_is_neither_read_nor_fixed(
    check, tmp_path, tmp_path_factory
):
    outside = tmp_path_factory.mktemp("out")
    (outside / "a.py").write_text(FIXABLE % "x")
    (tmp_path / "src").symlink_to(outside)
    assert check({}, "src", "--fix").code == 2
    assert (outside / "a.py").read_text() == FIXABLE % "x"


@pytest.mark.parametrize(
    "flags",
    [
        ("--write-baseline", "b.json", "--lock"),
        ("--write-baseline", "b.json", "--output", "sarif=x.sarif"),
        ("--diff", "--write-baseline", "b.json"),
    ],
)
def test_b16_flags_that_would_silence_each_other_are_refused(check, tmp_path, flags):
    assert check({"a.py": WRONG}, *flags, format="terminal").code == 2
    assert [file.name for file in tmp_path.iterdir()] == ["a.py"]


def test_a_diff_of_fixes_changes_no_file(check, tmp_path):
    assert check({"a.py": FIXABLE % "x"}, "--diff", "--fix", format="terminal").code == 1
    assert (tmp_path / "a.py").read_text() == FIXABLE % "x"


def test_a7_what_a_use_may_be_on_is_told_once_for_all_that_it_may_be_on(check, monkeypatch):
    from advisor.check import loaded

    made, asked = loaded.class_of, []
    monkeypatch.setattr(loaded, "class_of", lambda *given: asked.append(1) or made(*given))
    many, uses = 40, 200
    tries = "".join(f"{' ' * n}try:\n" for n in range(many))
    loads = "".join(
        f"{' ' * n}except E{n}:\n{' ' * n} m = CLIPModel.from_pretrained('{n}/x')\n"
        for n in range(many - 1, -1, -1)
    )
    text = f"from transformers import CLIPModel\n{tries}{' ' * many}m = 1\n{loads}"
    check({"a.py": text + "m.encode_image()\n" * uses})
    assert len(asked) < 3 * many * uses


# -- fixes change only what was seen ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("encoding", "letters"),
    [("latin-1", "Ã©"), ("utf-7", "é"), ("shift_jis", "日本"), ("utf-8", "é")],
)
def test_b1_b2_a_fix_is_made_in_the_encoding_that_the_file_declares(
    check, tmp_path, encoding, letters
):
    text = f"# -*- coding: {encoding} -*-\n" + FIXABLE % letters
    check({"a.py": text.encode(encoding)}, "--fix")
    after = (tmp_path / "a.py").read_bytes()
    changed = text.replace("AutoModelForVision2Seq", "AutoModelForImageTextToText")
    assert after in (changed.encode(encoding), text.encode(encoding))
    if encoding != "utf-7":
        assert after == changed.encode(encoding)


def cell(source):
    return f'{{"cells": [{{"cell_type": "code", "source": {source}}}], "metadata": {{}}}}'


@pytest.mark.parametrize(
    "written",
    [
        '["from trans", "formers import Auto", "ModelForVision2Seq\\n", "AutoModelForVision2Seq"]',
        '"from transformers import \\u0041utoModelForVision2Seq\\nm = AutoModelForVision2Seq"',
    ],
)
def test_b1_a_name_that_a_notebook_has_in_pieces_or_escapes_is_left_alone(check, tmp_path, written):
    result = check({"a.ipynb": cell(written)}, "--fix")
    assert paths(result) == {"a.ipynb"}
    assert (tmp_path / "a.ipynb").read_text() == cell(written)


def test_b1_a_name_in_pieces_counts_as_one_that_was_not_followed(check, tmp_path):
    text = (
        '["from transformers import AutoModelForVision2Seq\\n", "m = Auto", "ModelForVision2Seq"]'
    )
    check({"a.ipynb": cell(text)}, "--fix")
    kept = text.replace("port Auto", "port AutoModelForImageTextToText as Auto")
    assert (tmp_path / "a.ipynb").read_text() == cell(kept)


OLD, NEW = "AutoModelForVision2Seq", "AutoModelForImageTextToText"
LOADS = 'm = {}.from_pretrained("Salesforce/blip-image-captioning-base")'
OF_CLIP = 'm = {}.from_pretrained("openai/clip-vit-base-patch32")'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            f"{LOADS}  # advisor: ignore[removed-class]",
            f"{LOADS}  # advisor: ignore[removed-class]",
        ),
        (f"class {NEW}: pass\n{LOADS}", None),
        (f"__all__ = ['{OLD}']\n{LOADS}", None),
    ],
)
def test_b1_an_import_is_renamed_with_all_that_uses_it_or_keeps_its_name(
    check, tmp_path, before, after
):
    imported = "from transformers import "
    check({"a.py": f"{imported}{OLD}\n{before.format(OLD)}\n"}, "--fix")
    kept = f"{imported}{NEW} as {OLD}\n{before.format(OLD)}\n"
    fixed = f"{imported}{NEW}\n{after.format(NEW)}\n" if after else kept
    assert (tmp_path / "a.py").read_text() == fixed


def test_b1_a_name_that_other_files_import_stays(check, tmp_path):
    files = {
        "compat.py": f"from transformers import {OLD}\n",
        "both.py": f"from transformers import {OLD}\n{LOADS.format(OLD)}\n",
        "main.py": f"from compat import {OLD}\n{LOADS.format(OLD)}\n",
        "other.py": f"import compat\n{LOADS.format(f'compat.{OLD}')}\n",
        "own.py": f"import transformers as t\nk = t.{OLD}\n__all__ = ['{OLD}']\n",
        "alias.py": f"from transformers import {OLD} as A\n{LOADS.format('A')}\nx = '{OLD}'\n",
        "book.ipynb": cell(f'"from transformers import {OLD}"'),  # no file imports a notebook
    }
    check(files, "--fix")
    kept = f"import {NEW} as {OLD}\n"
    for name in ("compat.py", "both.py"):
        files[name] = files[name].replace(f"import {OLD}\n", kept)
    files["own.py"] = files["own.py"].replace(f"t.{OLD}", f"t.{NEW}")
    files["book.ipynb"] = files["book.ipynb"].replace(OLD, NEW)
    files["alias.py"] = files["alias.py"].replace(f"{OLD} as A", f"{NEW} as A")
    assert {name: (tmp_path / name).read_text() for name in files} == files


@pytest.mark.parametrize(
    ("imports", "fixed"),
    [
        ("from transformers import BertModel", "from transformers import CLIPModel"),
        (
            "from transformers import BertModel as BertModel",
            "from transformers import CLIPModel, BertModel as BertModel",
        ),
        (
            "from transformers import BertModel\nfrom transformers import CLIPModel as B",
            "from transformers import CLIPModel\nfrom transformers import CLIPModel as B",
        ),
        (
            "from transformers import BertModel\nif x:\n    from transformers import CLIPModel",
            "from transformers import CLIPModel\nif x:\n    from transformers import CLIPModel",
        ),
        ("from transformers import BertModel\nCLIPModel = 3", None),
        ("from transformers.models.bert import BertModel", None),
        ("from transformers.models.bert.modeling_bert import BertModel", None),
    ],
)
def test_b1_another_class_is_written_where_it_is_there(check, tmp_path, imports, fixed):
    check({"a.py": f"{imports}\n{OF_CLIP.format('BertModel')}\n"}, "--fix")
    name = "CLIPModel" if fixed else "BertModel"
    assert (tmp_path / "a.py").read_text() == f"{fixed or imports}\n{OF_CLIP.format(name)}\n"


@pytest.mark.parametrize(
    ("module", "there"),
    [
        ("transformers.models.clip", True),
        ("transformers.models.clip.feature_extraction_clip", False),
        ("transformers.models.blip.modeling_blip", False),
    ],
)
def test_b1_a_name_is_renamed_where_its_module_has_the_new_one(check, tmp_path, module, there):
    text = (
        f"from {module} import {{0}}\np = {{0}}.from_pretrained('openai/clip-vit-base-patch32')\n"
    )
    check({"a.py": text.format("CLIPFeatureExtractor")}, "--fix")
    name = "CLIPImageProcessor" if there else "CLIPFeatureExtractor"
    assert (tmp_path / "a.py").read_text() == text.format(name)


def test_b1_two_classes_in_the_place_of_one_are_put_in_one_after_the_other(check, tmp_path):
    loads = [OF_CLIP, 'n = {}.from_pretrained("microsoft/trocr-base-printed")']
    text = "from transformers import BertModel\n" + "\n".join(loads)
    check({"a.py": text.format("BertModel", "BertModel")}, "--fix")
    once = (tmp_path / "a.py").read_text()
    assert once.count("VisionEncoderDecoderModel") == 2
    assert "CLIPModel" not in once
    check({}, "--fix")
    both = text.format("CLIPModel", "VisionEncoderDecoderModel")
    imported = "import CLIPModel, VisionEncoderDecoderModel\n"
    assert (tmp_path / "a.py").read_text() == both.replace("import BertModel\n", imported)


def test_b1_b2_arguments_are_named_where_a_name_can_stand(check, tmp_path):
    begins = "from transformers import AutoProcessor\nq = AutoProcessor.from_pretrained({})\n"
    begins = begins.format('"llava-hf/llava-1.5-7b-hf"')
    left = ['(t := "a b"), image', '"a b" for t in x', '("a b"), image', 't := "a b", image']
    text = begins + "".join(f"x = q({one})\n" for one in left)
    check({"a.py": text + 'x = q("a b" "c", image)\n'}, "--fix")
    assert (tmp_path / "a.py").read_text() == text + 'x = q(text="a b" "c", images=image)\n'


def test_b1_a_setting_moves_from_the_configuration_of_the_model_and_no_other(check, tmp_path):
    text = (
        "from transformers import BlipForConditionalGeneration\n"
        "class S: pass\napp = S()\napp.config = S()\n"
        f"app.config.{LOADS.format('BlipForConditionalGeneration')}\n"
        "app.config.m.{}.max_length = 20\napp.config.m.generate(1)\n"
    )
    check({"a.py": text.format("config")}, "--fix")
    assert (tmp_path / "a.py").read_text() == text.format("generation_config")


def test_b2_a_file_that_a_fix_would_break_is_named(check, tmp_path, monkeypatch):
    from advisor.check import finding

    monkeypatch.setattr(finding, "_parses", lambda _, text: NEW not in text)
    result = check({"a.py": FIXABLE % "x"}, "--fix", format="terminal")
    assert "a.py was not fixed: the fixed file would be invalid, so fix it by hand" in result.err
    assert result.code == 2


def test_b3_b4_what_was_saved_meanwhile_is_left_alone(check, tmp_path, monkeypatch):
    from advisor.check import finding

    made = finding.fix_text

    def saved_meanwhile(path, text, edits):
        (tmp_path / "a.py").write_text("# new\n" + FIXABLE % "x")
        return made(path, text, edits)

    monkeypatch.setattr(finding, "fix_text", saved_meanwhile)
    result = check({"a.py": FIXABLE % "x", "b.py": FIXABLE % "y"}, "--fix", format="terminal")
    assert (tmp_path / "a.py").read_text() == "# new\n" + FIXABLE % "x"
    assert "Vision2Seq" not in (tmp_path / "b.py").read_text()
    assert "a.py was not fixed: the file changed during the check" in result.err
    assert result.code == 2


@linux
def test_b7_b8_a_file_that_refuses_stops_no_other_and_is_named(check, tmp_path, monkeypatch):
    refused = tmp_path / "a.py"
    access = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: str(path) != "a.py" and access(path, mode))
    result = check({"a.py": FIXABLE % "x", "b.py": FIXABLE % "y"}, "--fix", format="terminal")
    assert "Vision2Seq" in refused.read_text()
    assert "Vision2Seq" not in (tmp_path / "b.py").read_text()
    assert "a.py was not fixed" in result.err
    assert result.code == 2
    assert result.out  # the report is drawn all the same


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="only root gives away")
def test_b5_a_fixed_file_keeps_its_owner_and_mode(check, tmp_path):
    check({"a.py": FIXABLE % "x"})
    os.chown(tmp_path / "a.py", 1234, 4321)
    (tmp_path / "a.py").chmod(0o754)
    check({}, "--fix")
    status = (tmp_path / "a.py").stat()
    assert (status.st_uid, status.st_gid, status.st_mode & 0o777) == (1234, 4321, 0o754)
    assert "Vision2Seq" not in (tmp_path / "a.py").read_text()


# -- own traces ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a.yaml", "a.yml", "a.toml"])
def test_what_only_looks_like_an_answer_of_advisor_is_read(check, name):
    colon = " =" if name.endswith("toml") else ":"
    text = f'lock_version{colon} "1"\nmodel{colon} "Salesforce/blip-vqa-bas"\n'
    assert paths(check({name: text, "b.py": ""}), "warning") == {name}


def test_a_key_of_more_parts_than_any_honest_one_hides_nothing(check):
    for part in ('" "', "' '", '"\\""', "a"):
        text = f"model = 'Salesforce/blip-vqa-bas'\n{'.'.join([part] * 50_000)} = 1\n"
        assert paths(check({"a.toml": text, "b.py": ""}), "warning") == {"a.toml"}


def test_a_walk_that_takes_too_long_says_where_it_ended(tmp_path, monkeypatch):
    looked_at = []

    def kind_of(path):
        looked_at.append(path)
        return "python"

    monkeypatch.setattr(walk, "kind_of", kind_of)
    monkeypatch.setattr(walk.time, "monotonic", lambda: len(looked_at))
    for name in ("src/a.py", "src/b.py", "z/c.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x = 1\n")
    found = walk.find_files([tmp_path], tmp_path, ends=0)
    assert [file.name for file in found.files] == ["src/a.py"]
    assert [note.path for note in found.notes] == ["src"]
    assert found.left_out["out_of_time"] == 1


def test_b14_answers_and_reports_of_advisor_say_nothing_of_a_project(check, advisor):
    clean = check({"a.py": "x = 1\n"}).json["usages"]
    advisor("recommend", "--task", "captioning", "--output", "json=choice.json")
    for _ in range(2):
        assert check({}, "--output", "json=report.json").json["usages"] == clean
