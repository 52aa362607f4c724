"""What agents get: the answers of the command line, short, read-only, and errors in words."""

import asyncio
import builtins
import contextlib
import io
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import warnings
from pathlib import Path

import pytest
from commands import in_this_process, ran
from mcp import Client, StdioServerParameters, stdio_client

from advisor.agents import compact
from advisor.agents.server import _Lines, answer, refusal, server_of
from advisor.agents.tools import BY_NAME, FULL, TOOLS

TOKEN = 4
"""Bytes that are taken for a token."""
FEW, MANY = 6, 600


def tokens(value):
    return len(value.model_dump_json(by_alias=True, exclude_none=True).encode()) / TOKEN


def called(rulebase, name, **arguments):
    return answer(rulebase, name, arguments).structured_content


@pytest.fixture
def advisor(capsys, monkeypatch):
    return in_this_process(capsys, monkeypatch, 80)


def drawn(rulebase, random):
    """Return answers to a task and some other questions, some of which contradict each other."""
    answers = {"task": random.choice(rulebase.tasks).id}
    for question in random.sample(rulebase.questions, random.randint(0, 4)):
        if question.options and question.id != "task":
            answers[question.id] = random.choice(question.options).id
    return answers


def flags(rulebase, answers):
    typed = {one.id: one.typed for one in rulebase.questions}
    return [word for id, option in answers.items() for word in (f"--{typed[id]}", option)]


def held(short, document):
    """Hold each value of a short recommendation against the document that it is of."""
    for key in ("outcome", "family", "possible", "because", "next_family", "elsewhere"):
        assert short.get(key) in (document[key], None), key
    assert short["family"] == document["family"]
    assert short["outcome"] == document["outcome"]
    assert set(short["families"]) == {one["family"] for one in document["assessments"]}
    for one in document["assessments"]:
        verdict, _, reason = short["families"][one["family"]].partition(": ")
        assert verdict == (one["verdict"] or "open")
        said = [found["because"] for found in one["findings"]]
        assert not reason or reason in [*said, (one["fit"] or {}).get("because")]
    assert len(short["checkpoints"]) == min(3, len(document["checkpoints"]))
    for mine, theirs in zip(short["checkpoints"], document["checkpoints"], strict=False):
        for key, value in mine.items():
            assert key.startswith("code") or value == theirs[key]
    if document["snippet"]:
        first = short["checkpoints"][0]
        assert first.get("code") == document["snippet"] or "code_left_out" in first
    assert short["changes"] == document["changes"][:1]
    for id, option in short["assumed"].items():
        told = document["profile"][id]
        assert (told["origin"], told["options"]) == ("assumed", [option])
    assert (short["command"], short["rule_base"]) == (document["command"], document["rule_base"])


def compared(rulebase, advisor, seed, cases):
    source = random.Random(seed)
    for _ in range(cases):
        answers = drawn(rulebase, source)
        words = flags(rulebase, answers)
        theirs = advisor("recommend", *words, "--format", "json")
        mine = answer(rulebase, "recommend", {"answers": answers})
        if theirs.code == 2:
            assert mine.is_error
            assert mine.structured_content == theirs.json, (seed, answers)
            continue
        full = called(rulebase, "recommend", answers=answers, detail=FULL)
        assert json.loads(json.dumps(full)) == theirs.json, (seed, answers)
        held(mine.structured_content, theirs.json)
        assert tokens(mine) < 1500, (seed, answers)


@pytest.mark.slow
def test_recommendations_are_those_of_the_command_line(rulebase, advisor):
    compared(rulebase, advisor, seed=20261126, cases=FEW)


@pytest.mark.slow
@pytest.mark.long
def test_many_recommendations_are_those_of_the_command_line(rulebase, advisor):
    seed = int.from_bytes(os.urandom(4))
    compared(rulebase, advisor, seed, cases=MANY)


@pytest.mark.parametrize(
    ("given", "tools"),
    [
        ({"code": "de"}, {"recommend": {"need": "captions of photos"}, "explain": {}}),
        ({"options": None}, {"check": {"checkpoint": "openai/clip-vit-base-patch32"}}),
        *((given, {"explain": {}}) for given in (None, [], {}, {"origin": "assumed"})),
    ],
    ids=json.dumps,
)
def test_what_is_no_answer_is_refused(rulebase, given, tools):
    for tool, rest in tools.items():
        answers = {"task": "captioning", "language": given}
        error = called(rulebase, tool, answers=answers, **rest)["error"]
        assert (error["kind"], "`language" in error["message"]) == ("unknown-option", True)


def test_answers_read_back_as_they_were_printed(rulebase):
    said = {"task": "ocr-line", "language": ["de", "si"], "memory-gb": 7.5, "pairs": 1234}
    full = called(rulebase, "recommend", answers=said, detail=FULL)
    again = called(rulebase, "recommend", answers=full["profile"], detail=FULL)
    assert full["profile"]["language"]["named"]
    assert again == full


@pytest.mark.slow
def test_other_answers_are_those_of_the_command_line(rulebase, advisor):
    captioning = {"task": "captioning"}
    blip = "Salesforce/blip-vqa-base"
    cases = [
        ("explain", {"answers": captioning}, "explain --task captioning"),
        (
            "explain",
            {"answers": captioning, "why_not": "clip"},
            "explain --task captioning --why-not clip",
        ),
        (
            "explain",
            {"answers": captioning, "why_not": blip},
            f"explain --task captioning --why-not {blip}",
        ),
        (
            "check",
            {"checkpoint": blip, "answers": captioning, "class": "BlipModel"},
            f"check --checkpoint {blip} --task captioning --class BlipModel",
        ),
        ("show", {"id": "clip"}, "show clip"),
        ("show", {"id": blip}, f"show {blip}"),
        ("show", {"id": "softmax-for-sigmoid"}, "show softmax-for-sigmoid"),
        ("list", {"kind": "tasks"}, "list tasks"),
        (
            "list",
            {"kind": "checkpoints", "filter": {"task": "vqa", "language": "de", "memory_gb": 4}},
            "list checkpoints --task vqa --language de --memory-gb 4",
        ),
        (
            "recommend",
            {"need": "caption photos in German", "answers": {"use": "commercial"}},
            ("recommend", "caption photos in German", "--use", "commercial"),
        ),
    ]
    for name, arguments, line in cases:
        words = line.split() if isinstance(line, str) else line
        full = called(rulebase, name, **arguments, detail=FULL)
        assert json.loads(json.dumps(full)) == advisor(*words, "--format", "json").json, line


def test_code_is_checked_as_on_the_command_line(rulebase, advisor, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("load.py").write_text(
        "from transformers import BlipModel\n"
        "model = BlipModel.from_pretrained('Salesforce/blip-vqa-base')\n"
        "model.vision_tower\n"
    )
    full = called(rulebase, "check", paths=["load.py"], detail=FULL)
    assert json.loads(json.dumps(full)) == advisor("check", "load.py", "--format", "json").json
    short = called(rulebase, "check", paths=["load.py"])
    assert {one["path"] for one in short["findings"]} == {"load.py"}
    assert short["counts"] == full["counts"]


@pytest.mark.slow
def test_a_short_answer_is_short_for_every_task(rulebase):
    for task in rulebase.tasks[:: 1 if os.environ.get("ADVISOR_LONG") else 4]:
        for name, arguments in (
            ("recommend", {"answers": {"task": task.id}}),
            ("explain", {"answers": {"task": task.id}}),
            ("show", {"id": task.id}),
        ):
            found = answer(rulebase, name, arguments)
            assert not found.is_error
            assert tokens(found) < 1500, (name, task.id)


def test_a_short_answer_says_in_which_precision_a_checkpoint_fits(rulebase):
    answers = {"task": "counting", "memory-gb": 8}
    found = answer(rulebase, "recommend", {"answers": answers}).structured_content
    first = called(rulebase, "recommend", answers=answers, detail=FULL)["checkpoints"][0]
    assert first["form_id"] == f"{first['id']}:int8"
    assert found["checkpoints"][0]["precision"] == first["precision"] == "int8"


def test_lists_are_short_and_count_what_is_left_out(rulebase):
    for kind in ("families", "tasks", "questions", "criteria", "rules", "sources", "checkpoints"):
        found = answer(rulebase, "list", {"kind": kind})
        assert tokens(found) < 1500, kind
        rows = found.structured_content
        known = called(rulebase, "list", kind=kind, detail=FULL)[kind]
        assert len(rows[kind]) + rows.get(f"{kind}_left_out", 0) == len(known)


@pytest.mark.slow
@pytest.mark.parametrize(
    "tasks", [["vqa", "counting"], ["captioning", "image-search"]], ids=lambda tasks: tasks[0]
)
def test_a_short_answer_for_several_tasks_has_the_first_checkpoint_of_each(rulebase, tasks):
    found = answer(rulebase, "recommend", {"answers": {"task": tasks}})
    full = called(rulebase, "recommend", answers={"task": tasks}, detail=FULL)

    def firsts(document):
        return [(each["task"], each["checkpoints"][0]["id"]) for each in document["tasks"]]

    assert firsts(found.structured_content) == firsts(full)
    assert tokens(found) < 1500


@pytest.mark.parametrize(
    ("name", "arguments", "kind", "says"),
    [
        ("recommend", {"answers": {"task": "captoning"}}, "unknown-option", "captioning"),
        ("recommend", {"answers": {"tusk": "vqa"}}, "unknown-question", "list questions"),
        ("recommend", {"answers": {}}, "usage", "the request has no task"),
        ("recommend", {"answers": ["vqa"]}, "usage", "type object"),
        ("recommend", {"awnsers": {"task": "vqa"}}, "unknown-argument", "answers"),
        ("recommend", {"answers": {"task": "vqa"}, "detail": "all"}, "unknown-detail", "full"),
        ("recommend", {"answers": {"task": "speech", "images": "many"}}, "contradiction", ""),
        ("recomend", {}, "unknown-tool", "recommend"),
        ("explain", {}, "usage", "needs `answers`"),
        ("show", {"id": "clipp"}, "unknown-thing", "clip"),
        ("list", {"kind": "models"}, "unknown-kind", "checkpoints"),
        (
            "list",
            {"kind": "tasks", "filter": {"task": "vqa"}},
            "usage",
            "works only with checkpoints",
        ),
        ("list", {"kind": "checkpoints", "filter": {"size": 2}}, "unknown-filter", "memory_gb"),
        ("check", {}, "usage", "either"),
        ("check", {"paths": ["../elsewhere"]}, "outside", "outside the working folder"),
        ("check", {"paths": ["/etc"]}, "outside", "outside the working folder"),
        ("check", {"paths": ["no\0where"]}, "outside", "outside"),
        ("check", {"paths": [3]}, "usage", "text"),
        ("show", {"id": "../elsewhere"}, "outside", "outside"),
    ],
)
def test_an_error_has_a_kind_a_message_and_a_hint(rulebase, name, arguments, kind, says):
    found = answer(rulebase, name, arguments)
    error = found.structured_content["error"]
    assert found.is_error
    assert error["kind"] == kind or kind == "contradiction", error
    assert says in f"{error['message']} {error['hint']}"
    assert error["hint"]
    assert json.loads(found.content[0].text) == found.structured_content


def test_a_project_cannot_make_the_tools_read_outside(rulebase, tmp_path, monkeypatch):
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    outside.mkdir(), inside.mkdir()
    (tmp_path / ".git").mkdir()
    (outside / "secret.yaml").write_text("secret: words\n")
    (outside / "config.json").write_text('{"model_type": "blip"}')
    (inside / "link").symlink_to(outside)
    (inside / "half").mkdir()
    (inside / "half" / "config.json").symlink_to(outside / "config.json")
    (inside / "advisor.yaml").write_text("rules: [../outside]\n")
    monkeypatch.chdir(inside)
    for name, arguments in (
        ("check", {"paths": ["."]}),
        ("check", {"paths": ["link"]}),
        ("show", {"id": "./link"}),
        ("show", {"id": "./half"}),
    ):
        found = answer(rulebase, name, arguments)
        assert found.is_error, name
        assert "secret" not in found.content[0].text


def test_names_that_are_no_text_are_written_out(rulebase, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    id = "openai/clipp-vit-base-patch16"
    code = f"from transformers import CLIPModel\nCLIPModel.from_pretrained('{id}')\n"
    Path(os.fsdecode(b"\xffa\xe2\x80\xae.py")).write_text(code)
    found = answer(rulebase, "check", {"paths": ["."]})
    paths = [one["path"] for one in found.structured_content["findings"]]
    assert paths == ["\\xffa\\u202e.py"]
    assert json.loads(found.model_dump_json())["structured_content"] == found.structured_content


def test_a_path_that_the_system_refuses_is_no_bug(rulebase, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = answer(rulebase, "check", {"paths": ["a" * 5000]}).structured_content
    assert found["error"]["kind"] == "bad-path"
    assert len(found["error"]["message"]) < 500


def test_nothing_is_written_and_no_socket_opened(rulebase, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("load.py").write_text("from transformers import CLIPModel\n")

    def refused(*_arguments, **_keywords):
        raise AssertionError("a tool reached outside")

    opened, opened_as_file = os.open, io.open

    def reading(path, options, *rest, **keywords):
        assert not options & (os.O_WRONLY | os.O_RDWR | os.O_CREAT), path
        return opened(path, options, *rest, **keywords)

    def reading_file(file, mode="r", *rest, **keywords):
        pipe = isinstance(file, int)  # to the child in which files are scanned
        assert pipe or not set(mode) & set("wax+") or str(file) == os.devnull, file
        return opened_as_file(file, mode, *rest, **keywords)

    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # Python's own cache of what it imports
    monkeypatch.setattr(socket, "socket", refused)
    monkeypatch.setattr(os, "open", reading)
    monkeypatch.setattr(io, "open", reading_file)
    monkeypatch.setattr(builtins, "open", reading_file)
    monkeypatch.setattr(Path, "write_text", refused)
    monkeypatch.setattr(Path, "write_bytes", refused)
    for name, arguments in (
        ("recommend", {"need": "caption photos in German"}),
        ("recommend", {"answers": {"task": "vqa"}}),
        ("explain", {"answers": {"task": "vqa"}, "why_not": "clip"}),
        ("check", {"paths": ["load.py"]}),
        ("check", {"checkpoint": "Salesforce/blip-vqa-base", "answers": {"task": "vqa"}}),
        ("show", {"id": "clip"}),
        ("list", {"kind": "checkpoints"}),
    ):
        found = answer(rulebase, name, arguments)
        assert not found.is_error, found.content[0].text


def test_the_tools_are_declared_read_only_and_in_few_words(rulebase):
    async def listed():
        async with Client(server_of(rulebase)) as client:
            return (await client.list_tools()).tools

    tools = asyncio.run(listed())
    assert [one.name for one in tools] == ["recommend", "explain", "check", "show", "list"]
    assert sum(map(tokens, tools)) < 1000
    for one in tools:
        hints = one.annotations
        assert (hints.read_only_hint, hints.idempotent_hint) == (True, True)
        assert (hints.destructive_hint, hints.open_world_hint) == (False, False)
        assert one.input_schema["additionalProperties"] is False


def test_a_client_in_memory_gets_the_same_as_the_function(rulebase):
    async def asked():
        async with Client(server_of(rulebase)) as client:
            good = await client.call_tool("recommend", {"answers": {"task": "ocr-page"}})
            bad = await client.call_tool("recommend", {"answers": {"task": "ocr-pgae"}})
            return good, bad

    good, bad = asyncio.run(asked())
    assert good.structured_content == called(rulebase, "recommend", answers={"task": "ocr-page"})
    assert good.structured_content["checkpoints"][0]["id"] in good.content[0].text
    assert bad.is_error
    assert "Did you mean `ocr-page`" in bad.structured_content["error"]["message"]


@pytest.mark.slow
def test_over_stdio_the_answer_is_the_same(rulebase):
    async def asked():
        start = StdioServerParameters(command=sys.executable, args=["-m", "advisor", "mcp"])
        async with Client(stdio_client(start)) as client:
            return await client.call_tool("recommend", {"answers": {"task": "captioning"}})

    found = asyncio.run(asked())
    assert found.structured_content == called(rulebase, "recommend", answers={"task": "captioning"})


@pytest.mark.slow
def test_it_ends_quietly_where_stdin_ends(tmp_path):
    command = [sys.executable, "-m", "advisor", "mcp"]
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, timeout=300, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


@pytest.mark.slow
def test_what_was_asked_before_stdin_ended_is_answered(tmp_path):
    (tmp_path / "a.py").write_text("import transformers\n", encoding="utf-8")
    client = {"name": "x", "version": "1"}
    hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client}
    calls = [{"name": "check", "arguments": {"paths": ["a.py"]}}]
    calls += [{"name": "recommend", "arguments": {"need": "caption photos"}}] * 20
    asked = [("initialize", hello), *(("tools/call", each) for each in calls)]
    lines = [
        json.dumps({"jsonrpc": "2.0", "id": id, "method": method, "params": parameters})
        for id, (method, parameters) in enumerate(asked)
    ]
    done = ran(
        [sys.executable, "-m", "advisor", "mcp"],
        input="\n".join([*lines, ""]).encode(),
        cwd=tmp_path,
        text=False,
    )
    answered = [json.loads(line)["id"] for line in done.stdout.splitlines()]
    assert sorted(answered) == list(range(len(asked)))


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it_while_it_waits_for_stdin(number, code):
    command = [sys.executable, "-m", "advisor", "mcp"]
    hello = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-06-18",
            "capabilities": {},
            "clientInfo": {"name": "test", "version": "1"},
        },
    }
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe) as server:
        server.stdin.write(json.dumps(hello).encode() + b"\n")
        server.stdin.flush()
        assert json.loads(server.stdout.readline())["id"] == 1
        server.send_signal(number)
        try:
            assert server.wait(300) == code  # stdin is open still
        finally:
            server.kill()
        assert b"Traceback" not in server.stderr.read()


def test_a_tool_runs_where_a_file_that_takes_too_long_can_be_stopped(rulebase, monkeypatch):
    ran_in = []

    def recording(*_arguments):
        ran_in.append(threading.current_thread())
        return {}

    tool = BY_NAME["show"]._replace(document=recording, shorten=lambda _: {})
    monkeypatch.setitem(BY_NAME, "show", tool)

    async def asked():
        async with Client(server_of(rulebase)) as client:
            await client.call_tool("show", {"id": "clip"})

    asyncio.run(asked())
    assert ran_in == [threading.current_thread()]


@pytest.mark.parametrize(
    ("filter", "told"),
    [
        ({"memory_gb": "NaN"}, "`memory_gb` must be a number"),
        ({"memory_gb": True}, "`memory_gb` must be a number"),
        ({"language": {"a": 1}}, "`language` must be a text"),
        ({"family": ["clip"]}, "`family` must be a text"),
        ({"task": None}, "`task` must be a text"),
        ({"commercial_use": 5}, "`commercial_use` must be a text"),
    ],
)
def test_a_filter_of_the_wrong_type_is_no_bug(rulebase, filter, told):
    error = answer(rulebase, "list", {"kind": "checkpoints", "filter": filter})
    assert told in error.structured_content["error"]["message"]


def test_every_failure_is_said_as_an_error(rulebase, monkeypatch):
    def broken(*_arguments):
        raise RuntimeError("it broke")

    tool = BY_NAME["show"]._replace(document=broken)
    monkeypatch.setitem(BY_NAME, "show", tool)
    error = answer(rulebase, "show", {"id": "clip"}).structured_content["error"]
    assert error["kind"] == "bug"
    assert "it broke" in error["message"]


def test_a_short_form_never_passes_its_bound():
    rows = [{"id": f"row-{number}", "name": "x" * 50} for number in range(500)]
    short = compact.things({"tasks": rows, "rule_base": "1"})
    assert compact.size(short) <= compact.MOST + 40
    assert len(short["tasks"]) + short["tasks_left_out"] == 500
    assert {one.name for one in TOOLS} == set(BY_NAME)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
@pytest.mark.parametrize(
    ("stdout", "code", "said"),
    [
        (">&-", 2, "advisor: the answer cannot be written: bad file descriptor"),
        ("> /dev/full", 2, "advisor: the answer cannot be written: no space left on device"),
        ("| true", 0, ""),
    ],
)
def test_a_server_whose_stdout_takes_nothing_ends_in_a_sentence(tmp_path, stdout, code, said):
    ping = '{"jsonrpc": "2.0", "id": 1, "method": "ping"}\n'
    line = f"sleep 1; cat) | '{sys.executable}' -m advisor mcp {stdout}; exit ${{PIPESTATUS[1]}}"
    done = subprocess.run(
        ["bash", "-c", f"({line}"], input=ping, capture_output=True, text=True, timeout=300
    )
    assert (done.returncode, done.stderr.partition("\n")[0]) == (code, said)


def test_a_line_that_comes_after_the_end_of_the_server_warns_of_nothing():
    lines = object.__new__(_Lines)
    lines._waiting, lines._loop = asyncio.Queue(), asyncio.new_event_loop()
    lines._loop.close()
    with warnings.catch_warnings(record=True, action="always") as warned:
        with contextlib.suppress(RuntimeError):  # of the loop, which is closed
            lines._pass_on("late\n")
        assert warned == []


@pytest.mark.parametrize(
    ("line", "id", "code"),
    [
        ("nonsense", None, -32700),
        ("{", None, -32700),
        ("[" * 100_000, None, -32700),
        ("[]", None, -32600),
        ("7", None, -32600),
        ('{"jsonrpc": "2.0", "id": 5}', 5, -32600),
        ('{"jsonrpc": "2.0", "id": "a", "method": 3}', "a", -32600),
        ('{"jsonrpc": "1.0", "id": true, "method": "ping"}', None, -32600),
    ],
)
def test_a_line_that_is_no_message_is_answered_by_an_error(line, id, code):
    refused = refusal(line)
    assert (refused.id, refused.error.code) == (id, code)


@pytest.mark.slow
def test_malformed_lines_are_answered_in_the_order_of_all(tmp_path):
    lines = ["nonsense", '{"jsonrpc": "2.0", "id": 1, "method": "ping"}', '{"id": 2}', ""]
    done = ran([sys.executable, "-m", "advisor", "mcp"], input="\n".join(lines))  # fmt: skip
    answered = {one["id"]: one for one in map(json.loads, done.stdout.splitlines())}
    assert (done.returncode, answered.keys()) == (0, {None, 1, 2})
    assert "result" in answered[1]
    assert [answered[id]["error"]["code"] for id in (None, 2)] == [-32700, -32600]


def test_a_need_of_a_book_is_refused_and_a_long_one_is_answered_in_short(rulebase):
    error = called(rulebase, "recommend", need="captions of photos " * 20_000)["error"]
    assert error["message"] == "`need` has 379,999 characters, and the limit is 4,000"
    words = "captions of photos " + " ".join(f"qwertz{number}" for number in range(300))
    answered = answer(rulebase, "recommend", {"need": words})
    short = answered.structured_content
    assert len(short["not_understood"]) == compact.MOST_WORDS
    assert short["not_understood_left_out"] > 200
    assert tokens(answered) < 6_000


def test_a_need_without_a_task_says_so_before_the_model_that_is_assumed(rulebase):
    said = answer(rulebase, "recommend", {"need": "our photos, commercial"}).content[0].text
    assert said.startswith("No task was understood. Describe the images")
    said = answer(rulebase, "recommend", {"need": "captions of photos"}).content[0].text
    assert "No task was understood" not in said
