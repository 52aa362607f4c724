"""`advisor compose`: joining and training through the command line."""

import json
import os
import re
import shutil
import signal
import subprocess
import time

import pytest
from commands import ran

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
Image = pytest.importorskip("PIL.Image")

from networks import TEXT, bert_tokenizer, encoder_and_decoder  # noqa: E402

from advisor.cli.main import run  # noqa: E402
from tests import warm  # noqa: E402


@pytest.fixture
def parts(tmp_path):
    encoder_and_decoder(tmp_path)
    return tmp_path


def called(capsys, *arguments):
    code = run(["compose", *map(str, arguments), "--format", "json"])
    return code, json.loads(capsys.readouterr().out)


@pytest.fixture
def pairs(parts):
    rows = []
    for number, colour in enumerate(["red", "blue"] * 6):
        Image.new("RGB", (32, 32), colour).save(parts / f"{number}.png")
        rows.append(f"{number}.png,a {colour} square")
    (parts / "pairs.csv").write_text("image,text\n" + "\n".join(rows), encoding="utf-8")
    return parts / "pairs.csv"


@pytest.mark.parametrize(
    ("part", "key", "told"),
    [
        ("vit", "image_size", "far more than its weights"),
        pytest.param("vit", "hidden_size", "far more than its weights", marks=pytest.mark.long),
        ("bert", "vocab_size", "contradicts the configuration"),
    ],
)
@pytest.mark.slow
@pytest.mark.rehearses
@pytest.mark.usefixtures("warm_children")
def test_both_parts_are_held_against_their_weights(capsys, parts, part, key, told):
    file = parts / part / "config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), key: 1_000_000}))
    code, answer = called(
        capsys, "--encoder", parts / "vit", "--decoder", parts / "bert", "--save", parts / "out"
    )
    assert code == 2
    assert told in answer["error"]["message"]


def test_a_folder_may_be_called_like_a_format(capsys, parts, monkeypatch):
    monkeypatch.chdir(parts)
    page = parts / "page.html"
    code, _ = called(
        capsys, "--encoder", "vit", "--decoder", "bert", "--save", "json",
        "--output", f"html={page}",
    )  # fmt: skip
    assert code == 0
    assert (parts / "json" / "config.json").is_file()
    assert page.is_file()


@pytest.mark.slow
def test_join_then_train(capsys, parts, pairs):
    joined = parts / "joined"
    code, made = called(
        capsys, "--encoder", parts / "vit", "--decoder", parts / "bert", "--save", joined
    )
    assert code == 0
    assert made["new_parameters"] > 0
    assert made["new_weights"]
    trained = parts / "trained"
    code, result = called(
        capsys, "--checkpoint", joined, "--finetune", pairs, "--save", trained,
        "--epochs", 2, "--torch-device", "cpu", "--learning-rate", "0.001",
    )  # fmt: skip
    assert code == 0
    assert result["loss_after"] < result["loss_before"]
    assert (trained / "model.safetensors").is_file()
    assert not (trained / "unfinished").exists()
    assert run(["compose", "--encoder", str(parts / "vit"), "--decoder", str(parts / "bert"),
                "--save", str(parts / "again")]) == 0  # fmt: skip
    page = capsys.readouterr().out
    assert "its output is random" in " ".join(page.split())
    (advised,) = re.findall(r"advisor (compose .*--finetune.*)", page)
    words = advised.replace("pairs.csv", str(pairs)).replace("FOLDER", str(parts / "tuned")).split()
    code, _ = called(capsys, *words[1:], "--epochs", 1, "--torch-device", "cpu")
    assert code == 0
    assert (parts / "tuned" / "model.safetensors").is_file()


@pytest.fixture
def one_thread():
    """As many as the process has that is killed: sums over threads differ in their last digits."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def settings(parts, pairs, output, epochs=8):
    return [
        "--encoder", parts / "vit", "--decoder", parts / "bert", "--finetune", pairs,
        "--save", output, "--epochs", epochs, "--batch-size", 4, "--torch-device", "cpu",
        "--learning-rate", "0.003", "--checkpoint-every", 3,
    ]  # fmt: skip


TRIED = """
from pathlib import Path
from advisor.cli.main import main
from advisor.trial import loading
loading._passed = lambda *_: Path.cwd()
main()
"""
"""The command where folders count as tried, as in the process of tests (`conftest.no_waste`)."""


def compose():
    return [*warm.python(), "-c", TRIED, "compose"]


def begun(*arguments):
    """The command in a process of its own, returned once it has saved a state."""
    from advisor.trial.trainer import last_checkpoint

    process = subprocess.Popen(
        [*compose(), *map(str, arguments)],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    output = arguments[arguments.index("--save") + 1]
    until = time.monotonic() + 120
    while not last_checkpoint(output / "unfinished"):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.02)
    return process


@pytest.mark.slow
def test_joining_and_training_in_one_go_survives_a_kill_and_ends_the_same(
    capsys, parts, pairs, one_thread
):
    code, unbroken = called(capsys, *settings(parts, pairs, parts / "one"))
    assert code == 0
    assert unbroken["loss_after"] < unbroken["loss_before"]
    assert unbroken["composition"]["output"] == str(parts / "one")

    words = [*compose(), *map(str, settings(parts, pairs, parts / "two"))]
    warm.killed_after(f"{parts}/two/unfinished/checkpoint-*/trainer_state.json", words)
    assert not (parts / "two" / "config.json").exists()
    code, resumed = called(capsys, *settings(parts, pairs, parts / "two"))
    assert code == 0
    assert 0 < resumed["resumed_at"] < resumed["steps"]
    assert resumed["loss_after"] == pytest.approx(unbroken["loss_after"], abs=1e-6)
    assert resumed["samples"] == unbroken["samples"]
    assert not (parts / "two" / "unfinished").exists()


@pytest.mark.slow
def test_ctrl_c_keeps_the_last_checkpoint_and_is_130(capsys, parts, pairs):
    from advisor.trial.trainer import last_checkpoint

    process = begun(*settings(parts, pairs, parts / "out", epochs=3000))
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 130
    assert "run the same command to resume from the last checkpoint" in errors
    assert "Traceback" not in errors
    assert sorted(path.name for path in (parts / "out").iterdir()) == ["unfinished"]
    kept = sorted(path.name for path in (parts / "out" / "unfinished").iterdir())
    assert {"begun-from", "start"} < set(kept)
    assert last_checkpoint(parts / "out" / "unfinished")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--encoder", "a"],
        ["--encoder", "a", "--decoder", "b"],
        ["--encoder", "a", "--save", "d"],
        ["--encoder", "a", "--decoder", "b", "--save", "d", "--output", "e"],
        ["--checkpoint", "a", "--encoder", "b", "--finetune", "c", "--save", "d"],
        ["--checkpoint", "a", "--save", "d"],
        ["--finetune", "pairs.csv", "--save", "d"],
    ],
)
def test_halves_of_a_command_are_2(capsys, arguments):
    code, answer = called(capsys, *arguments)
    assert code == 2
    assert answer["error"]["kind"] == "usage"


def test_pairs_are_checked_before_anything_is_joined(capsys, parts):
    (parts / "bad.csv").write_text("picture,text\n1.png,x\n", encoding="utf-8")
    code, answer = called(capsys, *settings(parts, parts / "bad.csv", parts / "out"))
    assert code == 2
    assert answer["error"]["kind"] == "broken-file"
    assert "Its first line is `picture,text`" in answer["error"]["message"]
    assert not (parts / "out").exists()


@pytest.mark.slow
def test_a_full_disk_is_said_and_leaves_nothing(parts):
    code = (
        "import resource, sys\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (40000, 40000))\n"
        "from advisor.cli.main import run\n"
        "sys.exit(run(sys.argv[1:]))\n"
    )
    arguments = ["compose", "--encoder", parts / "vit", "--decoder", parts / "bert",
                 "--save", parts / "out"]  # fmt: skip
    done = ran([*warm.python(), "-c", code, *map(str, arguments)])
    assert done.returncode == 2
    assert "the disk is full, so" in done.stderr
    assert not (parts / "out").exists()


def test_a_decoder_without_its_head_says_that_the_head_is_new(capsys, parts):
    bare = transformers.BertModel(transformers.BertConfig(**TEXT, vocab_size=50))
    bare.save_pretrained(parts / "headless")
    bert_tokenizer().save_pretrained(parts / "headless")
    code, made = called(
        capsys, "--encoder", parts / "vit", "--decoder", parts / "headless",
        "--save", parts / "joined",
    )  # fmt: skip
    assert code == 0
    assert any("cls.predictions" in name for name in made["new_weights"])


def test_a_decoder_whose_file_holds_something_else_is_refused(capsys, parts):
    (parts / "bert" / "model.safetensors").write_bytes(
        (parts / "vit" / "model.safetensors").read_bytes()
    )
    code, answer = called(
        capsys, "--encoder", parts / "vit", "--decoder", parts / "bert", "--save", parts / "out"
    )
    assert (code, answer["error"]["kind"]) == (2, "weights-mismatch")
    assert not (parts / "out").exists()


def test_a_page_that_cannot_be_written_costs_no_checkpoint(capsys, parts, monkeypatch):
    monkeypatch.chdir(parts)
    join = ("--encoder", "vit", "--decoder", "bert", "--save", "joined")
    code, answer = called(capsys, *join, "--output", "json=joined/config.json")
    assert (code, answer["error"]["kind"]) == (2, "usage")
    assert sorted(path.name for path in parts.iterdir()) == ["bert", "vit"]
    code, answer = called(capsys, *join, "--output", "html=no/such/page.html")
    assert (code, answer["error"]["kind"]) == (2, "cannot-write")
    kept = {path.name for path in (parts / "joined").iterdir()}
    assert {"config.json", "model.safetensors"} <= kept


@pytest.mark.parametrize("other", [("--seed", 5), ("--decoder", "bert-too")])
def test_a_training_that_began_with_other_parts_is_not_gone_on_with(
    capsys, parts, pairs, monkeypatch, other
):
    from advisor.trial import trainer

    monkeypatch.chdir(parts)
    shutil.copytree("bert", "bert-too")
    train = ["--encoder", "vit", "--decoder", "bert", "--finetune", pairs, "--save", "out"]
    train += ["--epochs", 1]
    with monkeypatch.context() as patched:
        patched.setattr(trainer, "train", interrupted)
        assert run(["compose", *map(str, train)]) == 130
    capsys.readouterr()
    code, answer = called(capsys, *train, *other)
    assert (code, answer["error"]["kind"]) == (2, "output-exists")
    assert called(capsys, *train)[0] == 0


def interrupted(*_, **__):
    raise KeyboardInterrupt


def test_what_cannot_be_trained_or_written_is_said_before_training(capsys, parts, pairs):
    joined = parts / "joined"
    called(capsys, "--encoder", parts / "vit", "--decoder", parts / "bert", "--save", joined)
    train = ("--checkpoint", joined, "--finetune", pairs, "--epochs", 1)
    code, answer = called(capsys, *train, "--save", pairs / "below")
    assert (code, answer["error"]["kind"]) == (2, "cannot-write")
    for wrong in (("--learning-rate", "nan"), ("--held-out", "nan"), ("--seed", "-1")):
        assert called(capsys, *train, "--save", parts / "out", *wrong)[0] == 2, wrong
    code, answer = called(
        capsys, *train, "--save", parts / "out", "--learning-rate", "1e30", "--batch-size", 2
    )
    assert (code, answer["error"]["kind"]) == (2, "training")
    assert not (parts / "out" / "config.json").exists()
