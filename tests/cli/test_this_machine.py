"""What `--device here` finds, on machines made of files, and what it answers."""

import pytest

from advisor.console import this_machine
from advisor.console.this_machine import (
    Gpu,
    MeasuredSpeed,
    ThisMachine,
    detected,
    keep_speed,
    look,
)
from advisor.engine.profile import Answer

MEMINFO = "MemTotal:       {kb} kB\nMemFree:  1 kB\n"


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """Make the root of a machine of its files, and of what its programs print."""
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)

    def made(*, gb=None, limit=None, quota=None, smi=None, driver=False, system="linux", size=None):
        (tmp_path / "proc").mkdir()
        (tmp_path / "sys/fs/cgroup").mkdir(parents=True)
        if gb is not None:
            (tmp_path / "proc/meminfo").write_text(MEMINFO.format(kb=int(gb * 2**20)))
        if limit is not None:
            (tmp_path / "sys/fs/cgroup/memory.max").write_text(limit)
        if quota is not None:
            (tmp_path / "sys/fs/cgroup/cpu.max").write_text(quota)
        if driver:
            (tmp_path / "proc/driver/nvidia/gpus").mkdir(parents=True)
        printed = {"nvidia-smi": smi, "sysctl": size}
        return look(tmp_path, system, lambda words: printed.get(words[0]))

    return made


def test_a_machine_without_a_gpu_leaves_three_quarters_of_its_memory_to_a_model(machine):
    found = machine(gb=16, limit="max\n")
    assert (found.kind, found.memory_gb, found.model_gb()) == ("cpu", 16, 12)
    assert "16.0 GB of memory; no CUDA; no MPS" in found.text


def test_a_container_has_what_it_is_allowed(machine):
    found = machine(gb=64, limit=f"{8 * 2**30}\n", quota="200000 100000\n")
    assert found.memory_gb == 8
    assert found.cores <= 2


def test_the_largest_card_counts_and_all_are_named(machine):
    found = machine(gb=64, smi="NVIDIA T4, 15360\nNVIDIA GeForce RTX 3090, 24576\n")
    assert (found.kind, found.model_gb()) == ("cuda", 24)
    assert "CUDA on NVIDIA GeForce RTX 3090 (24.0 GB of memory), NVIDIA T4 (15.0 GB" in found.text


@pytest.mark.parametrize(("visible", "names"), [("", []), ("-1", []), ("1", ["B"]), ("0,1", "BA")])
def test_cards_that_are_hidden_from_cuda_are_not_there(machine, monkeypatch, visible, names):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    found = machine(gb=8, smi="A, 1024\nB, 2048\n")
    assert [one.name for one in found.gpus] == list(names)


def test_a_driver_that_answers_nothing_leaves_the_memory_unknown(machine):
    found = machine(gb=8, driver=True)
    assert (found.kind, found.model_gb()) == ("cuda", None)
    assert "memory unknown" in found.text


def test_an_apple_machine_shares_its_memory(machine, monkeypatch):
    monkeypatch.setattr(this_machine.platform, "machine", lambda: "arm64")
    found = machine(system="darwin", size=f"{32 * 2**30}\n")
    assert (found.kind, found.memory_gb) == ("mps", 32)
    assert "an Apple GPU (MPS)" in found.text


def test_what_nothing_tells_stays_unknown(machine):
    found = machine()
    assert (found.kind, found.memory_gb, found.model_gb()) == ("cpu", None, None)


def test_the_machine_that_tests_run_on_is_found():
    found = look()
    assert found.cores >= 1
    assert found.memory_gb is None or found.memory_gb > 0.25


GPU = ThisMachine("cuda", 8, 64.0, (Gpu("RTX 4090", 23.99),))
TIMED = ("recommend", "--task", "image-search", "--device", "here", "--num-items", "100000")


def test_here_answers_device_and_memory_with_origin_detected(rulebase, capsys):
    found = detected(rulebase, {"task": ["vqa"], "device": ["here"]}, GPU)
    assert found == {
        "device": Answer(("gpu",), None, "detected"),
        "memory-gb": Answer(("over-16-gb",), 23.9, "detected"),
    }
    assert "RTX 4090 (24.0 GB of memory)" in capsys.readouterr().err


def test_a_mac_leaves_a_model_what_the_rules_say(rulebase, capsys):
    found = detected(rulebase, {"device": "here"}, ThisMachine("mps", 8, 24.0))
    assert (found["device"].options, found["memory-gb"].value) == (("mps",), 16.0)
    assert "--memory-gb 16 (67% of it for a model)" in capsys.readouterr().err


def test_memory_that_was_said_stands(rulebase):
    assert list(detected(rulebase, {"device": ["here"], "memory-gb": ["4"]}, GPU)) == ["device"]


def test_memory_that_is_unknown_stays_open(rulebase, capsys):
    found = detected(rulebase, {"device": "here"}, ThisMachine("cpu", 2, None))
    assert list(found) == ["device"]
    assert "Used as --device cpu" in capsys.readouterr().err


def test_nothing_is_looked_at_unasked(advisor, monkeypatch):
    def refuse(*_):
        raise AssertionError("looked at this machine")

    monkeypatch.setattr(this_machine, "look", refuse)
    assert advisor("recommend", "--task", "vqa", "--device", "cpu").code == 0


def test_the_command_that_gives_the_answer_again_has_values(advisor):
    result = advisor("recommend", "--task", "vqa", "--device", "here", "--format", "json")
    profile = result.json["profile"]
    assert profile["device"]["origin"] == "detected"
    assert "here" not in result.json["command"]
    assert f"--device {profile['device']['options'][0]}" in result.json["command"]
    assert "this machine:" in result.err
    assert "this machine:" not in result.out


@pytest.mark.slow
def test_this_machine_is_looked_at_once(advisor, monkeypatch, tmp_path):
    monkeypatch.setenv("ADVISOR_CACHE", str(tmp_path))
    keep_speed(look(), MeasuredSpeed({"plain": 400.0}))
    looks = []
    monkeypatch.setattr(this_machine, "_cuda", lambda *_: looks.append(1) or ())
    look.cache_clear()
    assert advisor(*TIMED).code == 0
    look.cache_clear()
    assert looks == [1]


def test_here_is_no_answer_to_another_question(advisor):
    result = advisor("recommend", "--task", "vqa", "--language", "here")
    assert result.code == 2
    assert "unknown option `here` of `language`" in result.err


@pytest.mark.slow
def test_a_measured_speed_says_how_long_it_takes_and_bounds_it(advisor, monkeypatch, tmp_path):
    monkeypatch.setenv("ADVISOR_CACHE", str(tmp_path))
    keep_speed(look(), MeasuredSpeed({"plain": 400.0}))
    kept = keep_speed(look(), MeasuredSpeed({"windowed": 20.0}))
    assert kept == MeasuredSpeed({"plain": 400.0, "windowed": 20.0})
    shown = advisor(*TIMED, "--memory-gb", "16").out
    assert "for 100,000 items on this machine (measured)" in " ".join(shown.split())
    bounded = advisor(*TIMED, "--memory-gb", "16", "--within", "2h", "--format", "json").json
    (first, *_) = bounded["checkpoints"]
    assert first["hours"]["machine"] == "this machine (measured)"
    assert first["hours"]["about"] <= 2


@pytest.mark.slow
@pytest.mark.parametrize("text", ["", "[]", '{"machine": "other", "gflops": {}, "weights_gb": 1}'])
def test_a_speed_of_another_machine_or_a_broken_file_is_not_believed(
    advisor, monkeypatch, tmp_path, text
):
    monkeypatch.setenv("ADVISOR_CACHE", str(tmp_path))
    (tmp_path / "this-machine.json").write_text(text)
    assert "on a CPU" in " ".join(advisor(*TIMED, "--memory-gb", "16").out.split())
