"""How long a collection takes, and the bound on it."""

import json
import os
import random
import re
from itertools import pairwise
from math import ceil, inf, log2

import pytest

from advisor.cli.main import run
from advisor.decide.outlook import outlook
from advisor.decide.page import as_page
from advisor.decide.programs import snippet
from advisor.decide.recommendation import recommend
from advisor.decide.workload import rounded, speed_for, time_of, timed, workload_of
from advisor.decide.written_program import script
from advisor.engine.bounds import duration
from advisor.engine.decision import Engine
from advisor.errors import UsageError
from advisor.model.figures import NETWORKS, Tower
from advisor.rulebase.store import load_rules
from benchmarks.throughput import compared


@pytest.fixture(scope="module")
def rules():
    return load_rules()


@pytest.mark.parametrize(
    ("tower", "published"),
    [  # docs/model_profile.csv of OpenCLIP
        (Tower(12, 768, 3072, 32, 224), 8.82),
        (Tower(12, 768, 3072, 16, 224), 35.13),
        (Tower(24, 1024, 4096, 14, 336), 381.92),
        (Tower(27, 1152, 4304, 14, 384), 670.35),
        (Tower(48, 1664, 8192, 14, 224), 967.5),
    ],
)
def test_operations_of_a_plain_tower_are_those_that_were_published(tower, published):
    assert tower.gflops(0) == pytest.approx(published, rel=0.03)  # without the class token


def test_operations_of_a_plain_tower_are_those_that_torch_counts():
    torch = pytest.importorskip("torch")
    from torch.utils.flop_counter import FlopCounterMode
    from transformers import ViTConfig, ViTModel

    with torch.device("meta"):
        shape = {"hidden_size": 96, "intermediate_size": 256, "num_hidden_layers": 3}
        config = ViTConfig(**shape, num_attention_heads=3, image_size=160, patch_size=8)
        network = ViTModel(config, add_pooling_layer=False)
        network.set_attn_implementation("eager")
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            network(torch.empty(1, 3, 160, 160))
    counted = counter.get_total_flops() / 1e9
    assert Tower(3, 96, 256, 8, 160).gflops(0) == pytest.approx(counted, rel=0.01)


def test_a_picture_without_a_size_of_its_own_costs_more_the_larger_it_is():
    tower = Tower(2, 64, 128, 16)
    assert tower.gflops(2 * 2**20) > 2 * tower.gflops(2**20)


def test_each_checkpoint_has_one_workload_whose_operations_are_known(rules):
    listed = [id for workload in rules.workloads for id in workload.checkpoints]
    assert len(listed) == len(set(listed))
    assert set(listed) <= rules.checkpoints.keys()
    for workload in rules.workloads:
        assert (workload.image_gflops(2**20) or 0) > 0, workload.id
        writes = workload.writes_millions
        size = rules.checkpoints[workload.checkpoints[0]].parameters_millions
        assert not writes or size is None or writes < size, workload.id
        writers = (rules.checkpoints[id].writer for id in workload.checkpoints)
        assert not writes or all(writer.tokens_of(2**20) for writer in writers), workload.id


def test_every_speed_is_a_range_for_each_kind_of_network(rules):
    for speed in rules.speeds:
        assert speed.gflops.keys() == set(NETWORKS), speed.id
        for low, high in (*speed.gflops.values(), speed.weights_gb):
            assert 0 < low <= high


@pytest.mark.parametrize(
    ("answers", "speed"),
    [
        ({"device": "cpu"}, "cpu-core"),
        ({"device": "gpu"}, "card-24gb"),
        ({"device": "rtx 4090"}, "card-24gb"),
        ({"device": "h100"}, "h100"),
        ({"device": "a100"}, "a100"),
        ({"device": "gpu", "memory-gb": 48}, "a100"),
        ({"device": "gpu", "memory-gb": 39.5}, "a100"),  # what a driver says of 40
        ({"device": "gpu", "memory-gb": 79.6}, "h100"),
        ({"device": "gpu", "memory-gb": 6}, "laptop-gpu"),
        ({"device": "phone"}, None),
        ({"device": "macbook"}, None),
    ],
)
def test_the_machine_is_the_one_with_as_much_memory(rules, answers, speed):
    profile = recommend(rules, {"task": "captioning", **answers}).advice[0].decision.profile
    chosen = speed_for(rules, profile)
    assert (chosen and chosen.id) == speed


def test_hours_grow_with_the_collection_and_a_form_takes_no_less(rules):
    profile = recommend(rules, {"task": "vqa", "device": "gpu"}).advice[0].decision.profile
    whole = rules.forms["Qwen/Qwen3-VL-8B-Instruct"]
    one = time_of(rules, whole, profile, 1000)
    assert one.low < one.about < one.high
    assert time_of(rules, whole, profile, 3000).low == pytest.approx(3 * one.low)
    assert time_of(rules, rules.forms["Qwen/Qwen3-VL-8B-Instruct:int4"], profile, 1000) == one
    assert time_of(rules, rules.forms["LiquidAI/LFM2.5-VL-450M"], profile, 1000) is None


def test_a_number_that_changes_no_choice_still_says_how_long_it_takes(rules, capsys):
    same = recommend(rules, task="captioning", device="gpu")
    counted = recommend(rules, task="captioning", device="gpu", collection=3000)
    assert counted.checkpoint == same.checkpoint
    assert "--num-items 3000" in counted.command
    assert (
        run(["recommend", "--task", "captioning", "--device", "gpu", "--collection", "3000"]) == 0
    )
    shown = " ".join(capsys.readouterr().out.split())
    assert "Time" in shown
    assert "minutes (" in shown or "hours (" in shown
    assert re.search(
        r"up to \d+ hours with thinking, about .+\) without, for 3,000 items on", shown
    )


def test_the_longest_time_with_thinking_is_that_of_the_tokens_that_programs_allow(rules):
    """It grows with them, at the slow end of the machine; what names no limit is unknown."""
    profile = recommend(rules, {"task": "vqa", "device": "gpu"}).advice[0].decision.profile
    thinking = rules.forms["Qwen/Qwen3.5-4B"]
    took = time_of(rules, thinking, profile, 1000)
    assert took.thinks
    assert (took.tokens, took.most_tokens) == (10, 8192)
    card = next(speed for speed in rules.speeds if speed.label == took.machine)
    a_token = took.longest - took.high
    assert took.at_once == 8
    assert a_token > 8100 * 1000 / 3600 / card.tokens[0] / took.at_once * 0.99
    assert took.text.startswith(f"up to {rounded(took.longest)} hours with thinking, about ")
    assert ") without, for 1,000 items" in took.text
    assert "10 tokens each (thinking: up to 8,192)" in took.text
    unknown = took._replace(most_tokens=1).text
    assert unknown.startswith("an unknown time with thinking, about ")
    silent = time_of(rules, rules.forms["Qwen/Qwen3-VL-8B-Instruct"], profile, 1000)
    assert "thinking" not in silent.text
    assert silent.longest == silent.high


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (91937, "92,000"),
        (197686, "200,000"),
        (105, "100"),
        (54.4, "54"),
        (9.96, "10"),
        (0.123, "0.12"),
    ],
)
def test_an_estimate_is_said_in_two_digits(number, text):
    assert rounded(number) == text


def test_a_number_in_a_sentence_is_understood_where_it_changes_no_choice(capsys):
    run(["recommend", "caption 3000 photos on a gpu", "--format", "json", "--no-input"])
    answer = json.loads(capsys.readouterr().out)
    read = next(one for one in answer["understood"] if one["question"] == "collection")
    assert read["value"] == 3000
    assert "dropped" not in read
    assert answer["checkpoints"][0]["hours"]["items"] == 3000


@pytest.mark.parametrize("id", ["Qwen/Qwen3-VL-8B-Instruct", "zai-org/GLM-OCR"])
def test_a_gpu_writes_as_many_texts_at_once_as_the_printed_program(rules, id):
    """Its batch takes less time than one text after another, and ends with the longest text."""
    profile = recommend(rules, {"task": "ocr-page", "device": "h100"}).advice[0].decision.profile
    whole = rules.forms[id]
    took = time_of(rules, whole, profile, 1000)
    assert took.at_once == 8
    assert f"args.batch_size or {took.at_once} // " in snippet(whole, "ocr-page", rules, whole=True)
    assert "8 at a time" in took.text
    card = next(speed for speed in rules.speeds if speed.label == took.machine)
    alone = 1000 / 3600 * took.tokens / card.tokens[1]
    assert alone / 8 < took.low < alone
    slow = {"task": "ocr-page", "device": "cpu"}
    on_cpu = recommend(rules, slow).advice[0].decision.profile
    assert time_of(rules, whole, on_cpu, 1000).at_once == 1


def test_a_published_rate_lies_within_or_near_the_range_of_its_estimate(rules):
    """Rates at 8, 32 and 64 texts at once and of page readers set no constant."""
    rates = [*compared(rules)]
    assert len({rate.what.partition(" on ")[0] for rate in rates}) > 5
    assert all(rate.outside < 1.4 for rate in rates), [rate for rate in rates if rate.outside > 1]
    assert sum(rate.outside < 1.05 for rate in rates) >= 6


def test_a_server_takes_less_time_and_the_page_names_the_program_for_it(rules, capsys):
    asked = {"task": "ocr-page", "device": "h100", "collection": 40_000}
    advice = recommend(rules, asked).advice[0]
    first = advice.selection.picks[0]
    label, took = advice.served(first)
    assert took.about < advice.hours(first).about / 4
    assert took.at_once == rules.runtimes[label].at_once
    run(["recommend", "--task", "ocr-page", "--device", "h100", "--num-items", "40000"])
    shown = " ".join(capsys.readouterr().out.split())
    assert "with `advisor code --runtime vllm`" in shown
    of = {"runtime": label, "whole": True}
    program = snippet(first.checkpoint, "ocr-page", rules, **of)
    assert f"args.batch_size or {took.at_once}" in program
    written = script(recommend(rules, asked), runtime_name=label).python
    assert took.text in " ".join(written.replace("# ", "").split())
    assert recommend(rules, {**asked, "device": "cpu"}).advice[0].served(first) is None
    assert took.text not in script(recommend(rules, asked), runtime_name="llama-cpp").python


def test_a_batch_is_halved_until_it_fits_in_memory(rules):
    profile = recommend(rules, {"task": "ocr-page", "device": "gpu"}).advice[0].decision.profile
    small = rules.with_parts({})
    small.speeds = tuple(speed._replace(memory_gb=8) for speed in rules.speeds)
    sizes = [time_of(small, each, profile, 1) for each in small.forms_of("unified-vlp")]
    batches = {took.at_once for took in sizes if took}
    assert batches <= {1, 2, 4, 8}
    assert len(batches) > 1
    assert time_of(small, rules.forms["Qwen/Qwen3-VL-8B-Instruct"], profile, 1).at_once == 1


# -- a bound -----------------------------------------------------------------------------------

CASE = {"task": "image-search", "device": "cpu", "collection": 2_000_000}


@pytest.mark.slow
def test_what_takes_longer_is_ruled_out(rules):
    free, bound = recommend(rules, CASE), recommend(rules, CASE, within="24h")
    assert free.checkpoint != bound.checkpoint
    selection = bound.advice[0].selection
    profile = bound.advice[0].decision.profile
    for pick in selection.picks:
        took = time_of(rules, pick.checkpoint, profile, CASE["collection"])
        if took is None:
            assert [gap.field for gap in pick.unknown] == ["hours"], pick.checkpoint.id
        else:
            assert took.about / 8 <= 24, pick.checkpoint.id
    late = [one for one in selection.rejected if "hours" in {gap.field for gap in one.lacks}]
    assert free.checkpoint in {one.checkpoint.id for one in late}
    assert all("wanted at most 24 h" in " ".join(one.texts) for one in late)
    assert "--within 24h" in bound.command
    assert "--within 24h" in bound.code_command(bound.advice[0])


@pytest.mark.slow
def test_a_bound_that_all_keep_changes_nothing_else(rules):
    free, bound = recommend(rules, CASE), recommend(rules, CASE, within="9000 hours")
    known = [
        p.checkpoint.id for p in free.advice[0].selection.picks if workload_of(rules, p.checkpoint)
    ]
    kept = [p.checkpoint.id for p in bound.advice[0].selection.picks if not p.unknown]
    assert kept == known


@pytest.mark.slow
def test_what_changes_the_answer_under_a_bound_does_so_when_it_is_given(rules):
    bound = recommend(rules, CASE, within="24h")
    changes = [one for one in bound.advice[0].changes if "device" in one.answers]
    assert {one.answers["device"] for one in changes} >= {"gpu"}
    for change in bound.advice[0].changes:
        if set(change.answers) <= {"device", "memory-gb", "language"}:
            other = recommend(rules, {**CASE, **change.answers}, within="24h")
            assert (other.checkpoint or "") == change.checkpoint, change.answers


def test_a_first_screen_begins_with_the_time_that_the_program_takes(rules):
    """A line that is cut keeps both times: programs think unless they are told not to."""
    chosen = recommend(rules, {"task": "alt-text", "device": "gpu", "collection": 50000})
    took = chosen.advice[0].hours(chosen.advice[0].selection.picks[0])
    with_thinking, without, *_ = took.text.split(", about ")
    assert with_thinking.endswith("hours with thinking")
    assert without.startswith("7.1 hours (3.6-14) without, for 50,000 items")


@pytest.mark.parametrize("within", ["100ms/item", "20ms/item"])
def test_a_model_too_large_to_write_in_time_is_excluded_though_nobody_timed_it(rules, within):
    """A tighter limit must not give a larger model: what writes reads its weights each token."""
    case = {"task": "captioning", "device": "gpu"}
    free, bound = recommend(rules, **case), recommend(rules, **case, within=within)
    size = rules.forms[free.checkpoint].parameters_millions
    for pick in bound.advice[0].selection.fitting:
        read = pick.checkpoint.active_parameters_millions or pick.checkpoint.parameters_millions
        assert read < size, pick.checkpoint.id
    (advice,) = bound.advice
    untimed = [
        unfit.checkpoint
        for unfit in advice.selection.rejected
        if "hours" in {gap.field for gap in unfit.lacks}
        and not workload_of(rules, unfit.checkpoint)
    ]
    assert "Qwen/Qwen3.6-27B:int4" in {checkpoint.id for checkpoint in untimed}
    roomy = recommend(rules, **case, within="30s/item")
    lacks = [gap.field for unfit in roomy.advice[0].selection.rejected for gap in unfit.lacks]
    assert "hours" not in lacks  # only too many hours are known


def bounds_drawn(number):
    """Yield random tasks, devices and bounds on time, from one that none keeps to one all keep."""
    draw = random.Random(int(os.environ.get("ADVISOR_SEED", "32")))
    for _ in range(number):
        task = draw.choice(load_rules().tasks).id
        device = draw.choice(["cpu", "gpu", "h100", "a100", "mps", "phone"])
        yield task, device, f"{10 ** draw.uniform(-4, 3):.6f}s/item"


@pytest.mark.parametrize(
    ("task", "device", "within"), [*bounds_drawn(60 if os.environ.get("ADVISOR_LONG") else 6)]
)
def test_what_is_known_to_keep_a_bound_comes_first_and_what_is_unknown_last(
    rules, task, device, within
):
    """A late one stands only where none is known to keep it; then the least late comes first."""
    answer = recommend(rules, {"task": task, "device": device}, within=within)
    (advice,) = answer.advice
    selection, profile = advice.selection, advice.decision.profile
    bound = answer.rulebase.bounds.hours
    loading = [pick for pick in selection.picks if pick.loads]
    times = [timed(answer.rulebase, pick.checkpoint, profile) for pick in loading]
    late = [0 if time and time.hours <= bound else time.hours if time else inf for time in times]
    sure = [of for of, pick in zip(late, loading, strict=True) if not (pick.poor or pick.unknown)]
    assert not (0 in late and any(0 < of < inf for of in late))
    assert [of == inf for of in late] == sorted(of == inf for of in late)
    assert all(ceil(log2(a / bound)) <= ceil(log2(b / bound)) for a, b in pairwise(sure) if a and b)
    assert selection.in_time == (0 in late)
    assert answer.exit_code == (1 if sure[:1] and sure[0] else answer.exit_code)
    first = selection.picks[0].checkpoint if selection.picks else None
    of_leaf = outlook(Engine.known(answer.rulebase), advice.decision).leaf
    assert of_leaf is None or not selection.picks or of_leaf.checkpoint == first.id
    text = " ".join(str(block) for block in as_page(answer))
    assert ("none is known to finish within" in text) == bool(first and not selection.in_time)
    slow = {row["form_id"] for row in answer.to_dict()["checkpoints"] if row["too_slow"]}
    assert slow <= {pick.checkpoint.id for pick in selection.picks if pick.late}
    assert bool(slow) == any(0 < of < inf for of in late)


@pytest.mark.slow
def test_where_all_known_times_are_too_long_the_answer_names_the_fastest(rules, capsys):
    """It fails then, and does not say that the number of items is of no matter."""
    case = {"task": "dataset-captioning", "num-items": 10**6, "device": "gpu", "memory-gb": 16}
    flags = [word for id, value in case.items() for word in (f"--{id}", str(value))]
    assert run(["recommend", *flags, "--within", "48h"]) == 1
    page = capsys.readouterr()
    assert "no effect" not in page.err
    text = " ".join(page.out.split())
    late = re.search("known to finish within 48 h; .+? takes about (.+?) h: (\\S+)", text)
    bound = recommend(rules, case, within="48h")
    (advice,) = bound.advice
    hours = {
        pick.checkpoint.id: timed(bound.rulebase, pick.checkpoint, advice.decision.profile).hours
        for pick in advice.selection.picks
        if pick.late
    }
    assert hours[late[2]] == min(hours.values()) > 48
    assert float(late[1]) == pytest.approx(hours[late[2]], rel=0.05)
    assert run(["recommend", *flags]) == 0
    page = capsys.readouterr()
    assert "`--num-items` has no effect on dataset-captioning" in page.err
    assert "known time" not in page.out
    assert run(["recommend", *flags, "--within", "9000h"]) == 0
    assert "known time" not in capsys.readouterr().out


def test_how_long_a_model_thinks_is_not_known_so_nothing_holds_it_to_a_bound(rules):
    asked = {"task": "dataset-captioning", "device": "gpu", "memory-gb": 24, "collection": 50000}
    free = recommend(rules, **asked)
    assert rules.forms[free.checkpoint].thinks
    assert "with thinking" in free.advice[0].hours(free.advice[0].selection.picks[0]).text
    bounded = recommend(rules, **asked, within="60h")
    assert not rules.forms[bounded.checkpoint].thinks
    assert bounded.advice[0].hours(bounded.advice[0].selection.picks[0]).about <= 60


def test_a_yes_or_no_to_a_pair_takes_its_first_word_without_a_thought(rules):
    asked = {"task": "image-text-matching", "language": "zh", "device": "gpu"}
    advice = recommend(rules, **asked, collection=100_000).advice[0]
    took = advice.hours(advice.selection.picks[0])
    assert (took.tokens, took.thinks) == (1, False)
    assert "1 token each" in took.text


def test_rules_without_speeds_know_no_hours(rules):
    bare = rules.with_parts({"speeds": {"speeds": [], "workloads": []}})
    with pytest.raises(UsageError, match="this rule base has no speed estimates"):
        recommend(bare, CASE, within="8h")
    free = recommend(bare, CASE)
    assert free.to_dict()["checkpoints"][0]["hours"] is None


def test_of_a_device_whose_speed_nobody_knows_the_time_is_not_verified(rules):
    first = recommend(rules, {**CASE, "device": "phone"}, within="8h").advice[0].selection.picks[0]
    assert [gap.field for gap in first.unknown] == ["hours"]


@pytest.mark.parametrize(
    ("answers", "within", "wrong"),
    [
        ({"task": "image-search", "device": "cpu"}, "8h", "needs the number of items"),
        (CASE, "soon", "is not a valid duration"),
        (CASE, "0h", "is not a valid duration"),
    ],
)
def test_a_bound_without_what_it_rests_on_is_refused(rules, answers, within, wrong):
    with pytest.raises(UsageError, match=wrong):
        recommend(rules, answers, within=within)


def test_an_estimated_time_has_two_digits_and_a_given_one_all():
    assert duration(667.368 / 3_600_000, 2) == "670 ms"
    assert duration(667.368 / 3_600_000) == "667.368 ms"
