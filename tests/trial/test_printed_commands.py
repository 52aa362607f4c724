"""Every command that a page prints runs; what loads weights, on tiny networks in a hub cache."""

import json
import re
import shlex
import shutil
from collections import defaultdict

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

import itertools

from test_snippets import network_of

from advisor.cli.main import run
from advisor.rulebase.store import load_rules

RULEBASE = load_rules()
TASKS = [task.id for task in RULEBASE.tasks]
OTHER_NEEDS = {
    "trained": ["--task", "ocr-line", "--training", "fine-tune"],
    "own parts": ["--task", "captioning", "--parts", "own-parts"],
    "joined": ["--task", "captioning", "--training", "fine-tune", "--examples", "texts",
               "--pairs", "30000", "--language", "ar", "--parts", "own-parts"],
    "nothing fits": ["--task", "captioning", "--memory-gb", "0.1"],
    "unverified": ["--task", "ocr-line", "--language", "kn"],
    "no task": ["--gives", "ranking"],
    "undetermined": ["--task", "captioning", "--strict"],
    "several": ["--task", "captioning,vqa", "--memory-gb", "4"],
    "ordered": ["--task", "image-search", "--order", "small", "--priority", "hardware"],
    "verified": ["--task", "alt-text", "--language", "fr", "--verified-only"],
    "a number": ["--task", "image-search", "--collection", "2000000", "--memory-gb", "7.5"],
}  # fmt: skip
NEEDS = {task: ["--task", task] for task in TASKS} | OTHER_NEEDS
EVERY = 18
"""By default one task in so many, and every other need; the rest is slow."""
ASKS_A_PERSON = "ask"


@pytest.fixture
def call(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")

    def called(*arguments):
        capsys.readouterr()
        code = run(list(arguments))
        return code, *capsys.readouterr()

    return called


def commands(page):
    """The commands on a page, those that go on below in one line."""
    lines = re.sub(r" \\\n\s*", " ", page).splitlines()
    return [line.strip() for line in lines if line.strip().startswith("advisor ")]


def printed(call, needs):
    """All commands that an answer prints: on its page, on the whole of it, and in JSON."""
    found = []
    for extra in ([], ["-v"], ["--format", "markdown"]):
        code, page, _ = call("recommend", *needs, *extra)
        assert code in (0, 1, 3)
        assert commands(page), needs
        found += commands(page)
    document = json.loads(call("recommend", *needs, "--format", "json")[1])
    hints = [hint for answer in document.get("tasks", [document]) for hint in answer["hints"]]
    found += [hint for hint in hints if not hint.startswith("https://")]
    return list(dict.fromkeys([*found, document["command"]]))


def loads_weights(command):
    return command.startswith("advisor try ")


def some(names):
    """Names as parameters, most of them slow."""
    often = {*OTHER_NEEDS, *list(names)[::EVERY]}
    return [pytest.param(one, marks=() if one in often else pytest.mark.slow) for one in names]


@pytest.mark.slow
@pytest.mark.parametrize("name", some(NEEDS))
def test_what_loads_nothing_runs(call, name):
    for command in printed(call, NEEDS[name]):
        words = shlex.split(command)[1:]
        if loads_weights(command):
            continue
        code, out, err = call(*words)
        if words[0] == ASKS_A_PERSON:  # it understood all of it, and there is nobody to ask
            assert "terminal" in err, command
            continue
        assert code in (0, 1, 3), (command, err)
        assert out.strip(), command


@pytest.mark.slow
def test_the_same_command_gives_the_same_answer(call):
    """The last line of a page repeats it, with everything."""
    for name, needs in OTHER_NEEDS.items():
        again = commands(call("recommend", *needs)[1])[-1]
        assert again.endswith(" -v")
        whole = call("recommend", *needs, "-v")
        assert call(*shlex.split(again)[1:])[:2] == whole[:2], name


def trials():
    """One command to try for each class and task that some page prints."""
    from advisor.decide.recommendation import recommend

    found = {}
    for task in TASKS:
        (advice,) = recommend(RULEBASE, {"task": task}).advice
        command, first = advice.try_command, advice.selection.picks[:1]
        if command and advice.runnable == first[0].checkpoint:
            found[task] = (command, advice.runnable)
    return found


TRIALS = trials()


def test_most_tasks_have_something_to_try():
    assert len(TRIALS) > 20


def first_of_each_class():
    """The tasks to try as parameters; those whose class another has already are long."""
    seen = set()
    for task, (_, checkpoint) in TRIALS.items():
        again = checkpoint.model_class in seen
        seen.add(checkpoint.model_class)
        yield pytest.param(task, marks=pytest.mark.long if again else ())


@pytest.mark.slow
@pytest.mark.parametrize("task", [*first_of_each_class()])
def test_what_loads_weights_runs_on_a_network_of_that_class(
    task, call, brief, hub, image, tmp_path, monkeypatch
):
    command, checkpoint = TRIALS[task]
    if "--quantize" in command:
        pytest.importorskip("bitsandbytes")
    page = call("recommend", "--task", task)[1]
    assert command in commands(page)
    kind = network_of(checkpoint, task)
    assert kind, f"no tiny network for {checkpoint.model_class}"
    hub(checkpoint.id, brief(kind))
    monkeypatch.chdir(tmp_path)
    image.pixels.save(tmp_path / "photo.jpg")
    words = shlex.split(command)[1:]
    given = defaultdict(str, itertools.pairwise(words))
    if folder := given["--folder"]:
        (tmp_path / folder).mkdir()
        shutil.copy("photo.jpg", tmp_path / folder / "one.jpg")
        image.pixels.rotate(90).save(tmp_path / folder / "two.jpg")
    if checkpoint.thinks:  # a tiny network thinks to its last token
        words.append("--no-thinking")
    code, out, err = call(*words, "--offline", "--torch-device", "cpu", "--format", "json")
    assert code == 0, out + err
    (trial,) = json.loads(out)["trials"]
    assert trial["checkpoint"] == checkpoint.id
    assert trial["answers"]
