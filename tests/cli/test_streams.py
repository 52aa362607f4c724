"""What goes to stdout, what to stderr, what to files, and that it is the same every time."""

import json
import os
import shlex
import stat
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import pytest
from commands import ran

import advisor as package
from advisor.decide import recommendation
from advisor.draw.formats import PAGE_FORMATS
from advisor.writing import write_text

pytestmark = pytest.mark.usefixtures("small_rules")  # not in processes of their own

ANSWERER = "acme/answerer"
SHIPPED = ["recommend", "--task", "captioning"]
"""What processes are asked: these decide by the shipped rules."""
ANSWERS = {
    "recommend": ["recommend", "--task", "describe"],
    "recommend-none": ["recommend", "--task", "outline"],
    "recommend-several": ["recommend", "--task", "describe,find"],
    "explain": ["explain", "--task", "find"],
    "compare": ["compare", "matcher", "writer"],
    "show": ["show", "describe"],
    "list": ["list", "rules"],
    "check": ["check", "--checkpoint", ANSWERER, "--task", "describe"],
    "rules-test": ["rules", "test"],
}
ERRORS = {
    "parser": ["recommend", "--nope"],
    "unknown": ["recommend", "--task", "descrbe"],
    "profile": ["explain", "--profile", "missing.yaml"],
    "rules": ["show", "matcher", "--rules", "missing"],
    "command": ["juggle"],
    "terminal": ["ask"],
}
posix = pytest.mark.skipif(os.name == "nt", reason="a terminal of POSIX")


def test_a_process_says_what_a_call_says(process):
    answer = process(*SHIPPED, "--format", "json")
    assert (answer.code, answer.err, answer.json["family"]) == (0, "", "unified-vlp")
    error = process("recommend", "--nope")
    assert (error.code, error.out) == (2, "")
    assert "advisor: " in error.err


# -- in a terminal -----------------------------------------------------------------------------


def in_terminal(environment, arguments, **variables):
    pexpect = pytest.importorskip("pexpect")
    running = pexpect.spawn(
        sys.executable,
        ["-m", "advisor", *arguments],
        env=environment | {"TERM": "xterm-256color"} | variables,
        dimensions=(24, 80),
        encoding="utf-8",
        timeout=300,
    )
    text = running.read()
    running.close()
    return text


@posix
def test_a_command_in_a_note_can_be_copied_from_a_terminal(environment, tmp_path):
    photo = tmp_path / "a photo.png"
    photo.write_bytes(b"")
    need = ["classify", str(photo), "--labels", "cat,dog,rabbit", "--no-input"]
    lines = in_terminal(environment, need).splitlines()
    start = next(place for place, line in enumerate(lines) if line == "advisor: run")
    end = next(place for place in range(start + 1, len(lines)) if lines[place][-1:] != "\\")
    typed = " ".join(line.strip().removesuffix("\\") for line in lines[start + 1 : end + 1])
    assert shlex.split(typed)[-4:] == ["--image", str(photo), "--labels", "cat,dog,rabbit"]


@posix
def test_a_terminal_gets_colour(environment):
    assert "\x1b[" in in_terminal(environment, SHIPPED)


@posix
@pytest.mark.parametrize(
    ("extra", "variables"),
    [
        (["--no-color"], {}),
        ([], {"NO_COLOR": "1"}),
        ([], {"TERM": "dumb"}),
        (["--format", "markdown"], {}),
        (["--format", "json"], {}),
    ],
    ids=["flag", "NO_COLOR", "dumb", "markdown", "json"],
)
@pytest.mark.slow
def test_a_terminal_gets_no_colour_where_it_is_not_wanted(environment, extra, variables):
    text = in_terminal(environment, [*SHIPPED, *extra], **variables)
    assert "vlp" in text.lower()
    assert "\x1b" not in text


@pytest.mark.parametrize("arguments", ANSWERS.values(), ids=ANSWERS.keys())
def test_a_page_reads_at_80_columns(advisor, arguments):
    lines = advisor(*arguments).out.splitlines()
    assert [line for line in lines if len(line) > 80 and "advisor " not in line] == []
    assert [line for line in lines if line != line.rstrip()] == []


@pytest.mark.parametrize("coding", ["ascii", "cp1252"])
@pytest.mark.parametrize("format", PAGE_FORMATS)
@pytest.mark.slow
def test_a_stream_of_few_characters_is_no_bug(environment, coding, format):
    words = [sys.executable, "-m", "advisor", "show", "clip", "--format", format]
    done = ran(words, env=environment | {"PYTHONIOENCODING": coding}, text=False)
    assert done.returncode == 0, done.stderr
    assert b"contrastive" in done.stdout


# -- determinism -------------------------------------------------------------------------------

COMMANDS = (
    SHIPPED,
    ["recommend", "--task", "object-detection"],
    ["recommend", "--task", "captioning,image-search"],
    ["explain", "--task", "image-search"],
    ["compare", "clip", "unified-vlp"],
    ["show", "captioning"],
    ["list", "rules"],
    ["check", "--checkpoint", "Salesforce/blip-vqa-base", "--task", "captioning"],
)
EVERYTHING = """
import sys
from advisor.cli.main import run
for line in sys.stdin.read().splitlines():
    print(line, run(line.split()))
"""


@pytest.mark.slow
def test_output_is_the_same_whatever_the_hash_seed(environment, tmp_path):
    lines = [
        " ".join([*arguments, "--format", format])
        for arguments in COMMANDS
        for format in ("terminal", "json")
    ]
    lines += ["recommend --help", "check --help", "list checkpoints", "rules check"]
    outputs = []
    for seed in ("1", "2"):
        done = ran(
            [sys.executable, "-c", EVERYTHING],
            input="\n".join(lines),
            encoding="utf-8",
            env=environment | {"PYTHONHASHSEED": seed, "ADVISOR_CACHE": str(tmp_path / seed / "c")},
            check=True,
        )
        assert done.stderr == ""
        outputs.append(done.stdout)
    assert outputs[0] == outputs[1]


# -- closed pipes ------------------------------------------------------------------------------


@posix
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["list", "sources"], 0),
        (["recommend", "--help"], 0),
        (["--version"], 0),
        (["recommend", "--nope", "--format", "json"], 2),
        (["recommend", "--batch", "-"], 0),
    ],
    ids=["page", "help", "version", "error", "batch"],
)
def test_a_closed_pipe_leaves_no_traceback(environment, arguments, code):
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "advisor", *arguments],
            input='{"profile": {"task": "captioning"}}\n' * 5,
            stdout=writer,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
            timeout=300,
            check=False,
        )
    finally:
        os.close(writer)
    assert done.stderr == ""
    assert done.returncode == code


@posix
def test_a_reader_that_leaves_early_does_not_make_a_check_succeed(environment, tmp_path):
    code = "from transformers import BlipModel\n"
    code += 'BlipModel.from_pretrained("Salesforce/blip-vqa-base", use_auth_token=True)\n' * 200
    (tmp_path / "code.py").write_text(code, "utf-8")
    line = f"'{sys.executable}' -m advisor check '{tmp_path}' -v | head -1; echo ${{PIPESTATUS[0]}}"
    done = ran(["bash", "-c", line], env=environment, check=True)
    assert done.stderr == ""
    assert done.stdout.splitlines()[-1] == "1"


# -- streams that are closed, full or of few characters --------------------------------------


def run_in_a_shell(environment, line, folder=None, **variables):
    command, given = f"'{sys.executable}' -m advisor {line}", environment | variables
    return ran(command, shell=True, cwd=folder, env=given, text=False)


@posix
@pytest.mark.parametrize("closed", ["<&-", "2>&-"])
def test_a_closed_stream_is_no_bug(environment, closed):
    done = run_in_a_shell(environment, f"show clip {closed}")
    assert (done.returncode, done.stderr) == (0, b"")


REFUSED_BY = {">&-": "bad file descriptor", "<&- >&-": "bad file descriptor"}
if Path("/dev/full").exists():
    REFUSED_BY["> /dev/full"] = "no space left on device"


ANSWERING = [
    "recommend --task captioning",
    "recommend --task captioning --format html",
    "recommend --task captioning -q",
    "'caption photos'",
    "code captioning --device cpu --notebook",
    "list sources --format json",
    "list nope --format json",
    "--version",
    "--help",
    "help answers",
    "check --checkpoint openai/clip-vit-base-patch32 --task captioning --format sarif",
    "rules check",
    "rules schema profile",
    "recommend --batch profiles.jsonl",
    "init --force",
    "skills add",
]
"""In each way in which a command can write."""


def some(commands, ways):
    """Every command with every way of refusing it, of which one each is no slow test."""
    for number, command in enumerate(commands):
        for place, way in enumerate(ways):
            often = place == number % len(ways)
            yield pytest.param(command, way, marks=() if often else pytest.mark.slow)


@posix
@pytest.mark.parametrize(("arguments", "stdout"), [*some(ANSWERING, REFUSED_BY)])
def test_an_answer_that_nobody_gets_is_2_and_said_once(environment, tmp_path, arguments, stdout):
    (tmp_path / "profiles.jsonl").write_text('{"profile": {"task": "vqa"}}\n' * 3)
    done = run_in_a_shell(environment, f"{arguments} {stdout}", folder=tmp_path)
    said = [line for line in done.stderr.decode().splitlines() if line.startswith("advisor: ")]
    refused = f"advisor: the answer cannot be written: {REFUSED_BY[stdout]}"
    other = "advisor: unknown kind `nope`"
    assert done.returncode == 2
    assert [line[: len(refused)] for line in said] == [refused] or said[0].startswith(other)
    assert len(said) == 1


@posix
def test_nothing_is_said_where_nobody_hears(environment):
    done = run_in_a_shell(environment, "show clip >&- 2>&- <&-")
    assert (done.returncode, done.stdout, done.stderr) == (2, b"", b"")


def test_an_archive_says_that_its_rules_are_files(tmp_path):
    def python_alone(path):
        return path.is_dir() or path.suffix == ".py"

    home = Path(package.__file__).parent
    with zipfile.ZipFile(tmp_path / "advisor.pyz", "w") as archive:
        archive.writestr("__main__.py", "from advisor.cli.main import main\nmain()\n")
        for file in filter(python_alone, home.rglob("*")):
            archive.write(file, file.relative_to(home.parent))
    done = ran(
        [sys.executable, "-P", tmp_path / "advisor.pyz", "recommend", "--task", "captioning"],
        cwd=tmp_path,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"advisor: advisor runs from the archive `{archive.filename}`")
    assert "  hint: install advisor with pip" in done.stderr


def test_json_is_exact_on_a_stream_of_few_characters(environment):
    line = "recommend --task ü --format json"
    done = run_in_a_shell(environment, line, PYTHONIOENCODING="ascii", PYTHONUTF8="1")
    assert done.returncode == 2
    assert "`ü`" in json.loads(done.stdout)["error"]["message"]


def test_what_ends_the_process_is_no_closed_pipe(advisor, monkeypatch):
    def stop(*arguments, **options):
        raise SystemExit("stopped")

    monkeypatch.setattr(recommendation, "recommend", stop)
    result = advisor("recommend", "--task", "describe")
    assert result.code == 4
    assert "stopped" in result.err


def test_a_profile_on_stdin_that_is_no_text_is_2(environment):
    words = [sys.executable, "-m", "advisor", "recommend", "--profile", "-"]
    done = ran(words, input=b"task: \xff\xfe", env=environment, text=False)
    assert done.returncode == 2
    assert b"standard input:1:1: is not UTF-8 text" in done.stderr


def test_half_a_character_as_id_does_not_end_a_batch(environment, tmp_path):
    profile = {"task": "captioning"}
    lines = [{"id": "\ud800", "profile": profile}, {"id": 2, "profile": profile}]
    (tmp_path / "lines.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    words = [sys.executable, "-m", "advisor", "recommend", "--batch", tmp_path / "lines.jsonl"]
    done = ran(words, env=environment, text=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == ["\ud800", 2]


# -- files -------------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", ANSWERS.values(), ids=ANSWERS.keys())
def test_output_writes_whole_files_besides_the_answer(advisor, tmp_path, arguments):
    plain = advisor(*arguments)
    files = {format: tmp_path / f"answer.{format}" for format in ("json", "markdown", "html")}
    wanted = [f"--output={format}={file}" for format, file in files.items()]
    said = advisor(*arguments, *wanted)
    assert (said.code, said.out) == (plain.code, plain.out)
    written = "".join(f"advisor: wrote {file}\n" for file in files.values())
    page = f"{files['html']}. Open the page in a browser\n"
    assert said.err == plain.err + written.replace(f"{files['html']}\n", page)
    for format, file in files.items():
        printed = advisor(*arguments, "--format", format).out
        written = file.read_text(encoding="utf-8")
        if format == "json":
            assert json.loads(written) == json.loads(printed)
            assert written.count("\n") > 5
        else:
            assert written == printed
    assert sorted(tmp_path.iterdir()) == sorted(files.values())


@pytest.mark.parametrize("arguments", ERRORS.values(), ids=ERRORS.keys())
def test_an_error_writes_no_file(advisor, tmp_path, arguments):
    advisor(*arguments, "--output", f"json={tmp_path / 'answer.json'}")
    assert list(tmp_path.iterdir()) == []


@posix
def test_output_keeps_to_the_umask(advisor, tmp_path):
    file = tmp_path / "answer.json"
    before = os.umask(0o027)
    try:
        advisor(*ANSWERS["recommend"], "--output", f"json={file}")
    finally:
        os.umask(before)
    assert stat.S_IMODE(file.stat().st_mode) == 0o640


@posix
def test_output_keeps_what_a_file_permits_and_follows_a_link(advisor, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    file, link = tmp_path / "elsewhere" / "kept.json", tmp_path / "answer.json"
    file.write_text("old")
    file.chmod(0o600)
    link.symlink_to(file)
    assert advisor(*ANSWERS["show"], "--output", f"json={link}").code == 0
    assert link.is_symlink()
    assert json.loads(file.read_text(encoding="utf-8"))["id"] == "describe"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [one.name for one in file.parent.iterdir()] == ["kept.json"]


@posix
def test_output_into_a_link_that_leads_nowhere_makes_the_file(advisor, tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "new.json")
    assert advisor(*ANSWERS["show"], "--output", f"json={tmp_path / 'link'}").code == 0
    assert json.loads((tmp_path / "new.json").read_text(encoding="utf-8"))["id"] == "describe"


@posix
def test_output_goes_through_a_pipe_that_has_a_name(advisor, tmp_path):
    pipe, read = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_text(encoding="utf-8")))
    reader.start()
    assert advisor(*ANSWERS["show"], "--output", f"json={pipe}").code == 0
    reader.join(timeout=300)
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert json.loads(read[0])["id"] == "describe"


@posix
def test_a_device_stays_a_device(tmp_path):
    file = tmp_path / "null"
    file.symlink_to(os.devnull)
    write_text(file, "nothing")
    assert file.is_symlink()
    assert stat.S_ISCHR(Path(os.devnull).stat().st_mode)


@posix
def test_output_to_stdout_comes_before_the_answer(environment, tmp_path):
    line = "show captioning --output json=/dev/stdout > both"
    assert run_in_a_shell(environment, line, folder=tmp_path).returncode == 0
    document, page = (tmp_path / "both").read_text(encoding="utf-8").split("\n}\n")
    assert json.loads(document + "}")["id"] == "captioning"
    assert "captioning" in page


def test_line_ends_are_written_as_they_are(tmp_path):
    write_text(tmp_path / "code.py", "one\r\ntwo\n")
    assert (tmp_path / "code.py").read_bytes() == b"one\r\ntwo\n"


@pytest.mark.parametrize("name", ["--strict", "-f", "--format", "a=b", "with space", "ü", "a,b"])
def test_a_file_may_be_named_like_an_option(advisor, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    result = advisor(*ANSWERS["recommend"], "--output", f"json={name}")
    assert result.code == 0
    assert json.loads((tmp_path / name).read_text(encoding="utf-8"))["outcome"] == "assumed"


@pytest.mark.parametrize("name", ["--strict", "--format", "-x"])
def test_a_profile_may_be_named_like_an_option(advisor, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_text("task: answer\n")
    result = advisor("recommend", f"--profile={name}", "--format", "json")
    assert result.json["profile"]["task"]["options"] == ["answer"]


def test_output_is_both_an_answer_and_a_file(advisor, tmp_path):
    file = tmp_path / "answer.json"
    result = advisor(
        "recommend", "--output", "text", "--output", f"json={file}", "--format", "json"
    )
    assert result.json["profile"]["output"] == {"options": ["text"], "origin": "flag"}
    assert json.loads(file.read_text(encoding="utf-8")) == result.json


def test_an_answer_written_to_a_bad_file_name_is_said_to_be_neither(advisor):
    result = advisor("recommend", "--task", "describe", "--output", "jsn=x")
    assert result.code == 2
    assert "Did you mean `json`?" in result.err


@pytest.mark.parametrize("command", [("skills", "add"), ("site",), ("init",)], ids=" ".join)
def test_a_path_that_is_written_gives_a_ci_runner_no_command(
    advisor, tmp_path, monkeypatch, command
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    folder = tmp_path / "a\n::error::forged\x1b[2J ##[group]"
    folder.mkdir()
    result = advisor(*command, folder.name)
    assert result.code == 0
    assert len(result.out.splitlines()) == 1
    for sign in ("\n::", "\x1b", "##["):
        assert sign not in result.out + result.err


def test_a_python_without_what_advisor_needs_is_told_so():
    home = str(Path(package.__file__).parent.parent)
    code = "import sys; sys.path.insert(0, sys.argv[1]); from advisor.cli.main import run"
    words = [sys.executable, "-S", "-I", "-c", f"{code}; sys.exit(run(['--version']))", home]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "this Python lacks the package `" in done.stderr
