"""Forms of a checkpoint in fewer bits: what they take, what they may lose, where they stand."""

import ast

import pytest

from advisor.decide.memory import OVERHEAD_MB, loaded_dtype, memory_gb
from advisor.decide.precedence import Precedences
from advisor.decide.ranking import line_of
from advisor.decide.recommendation import recommend
from advisor.decide.selection import select_of
from advisor.rulebase.orders import SIZE_CLASSES

FOUR = "Qwen/Qwen3.5-4B"


def first(**answers):
    picks = recommend(**answers).advice[0].selection.picks
    return picks[0]


def test_eight_gb_of_a_gpu_take_a_larger_one_in_fewer_bits_and_a_cpu_does_not():
    pick = first(task="vqa", memory_gb=8, device="gpu")
    assert (pick.checkpoint.id, pick.checkpoint.hub_id) == (f"{FOUR}:int8", FOUR)
    assert pick.needs_gb < 8 < memory_gb(pick.checkpoint._replace(precision="stored"))
    assert all(figure.estimated for figure in pick.figures)
    for device in ("cpu", "mps", "phone", "browser"):
        picks = recommend(task="vqa", memory_gb=8, device=device).advice[0].selection.picks
        assert not any(one.checkpoint.is_rounded for one in picks)


@pytest.mark.parametrize("task", ["vqa", "captioning", "chart-reading"])
def test_a_form_that_ties_with_its_checkpoint_stands_right_behind_it(task):
    """So 48 GB take 27 billion parameters in 8 bits, not 9 billion in 16."""
    pick = first(task=task, memory_gb=48, device="gpu")
    assert pick.checkpoint.precision == "int8"
    assert 24 < pick.needs_gb < 48 < memory_gb(pick.checkpoint._replace(precision="stored"))


def test_the_answer_names_the_precision_and_the_id_stays(advisor):
    document = advisor("recommend", "--task", "vqa", "--memory-gb", "8", "--format", "json").json
    one = document["checkpoints"][0]
    assert (one["id"], one["form_id"], one["precision"]) == (FOUR, f"{FOUR}:int8", "int8")
    assert one["model_page"].endswith(FOUR)
    assert all(figure["estimated"] for figure in one["measurements"])
    lines = advisor("recommend", "--task", "vqa", "--memory-gb", "8").out.splitlines()
    assert "in 8 bits (bitsandbytes)" in lines[1]
    trial = next(line for line in lines if "advisor try" in line)
    assert f"--checkpoint {FOUR} --task vqa --quantize 8" in trial
    assert any(line.startswith("Score") and "~ estimated" in line for line in lines)
    assert recommend(task="vqa", memory_gb=8).checkpoint == FOUR


def test_an_estimate_is_the_figure_less_the_worst_loss_of_its_line_and_size(rulebase):
    precedences = Precedences.known(rulebase, "vqa")
    stored = {one.table: one.value for one in precedences.published(FOUR)}
    known = [one for one in rulebase.losses.values() if one.precision == "int4"]
    small = [one.loss for one in known if size(rulebase, one.of) < SIZE_CLASSES[0]]
    rounded = precedences.published(f"{FOUR}:int4")
    assert rounded
    for one in rounded:
        assert one.value == pytest.approx(stored[one.table] - max(small))


def size(rulebase, id):
    return rulebase.checkpoint(id).parameters_millions


def test_where_no_loss_was_published_there_is_no_form_or_it_is_unmeasured(rulebase):
    assert rulebase.checkpoint("zai-org/GLM-OCR").losses == {}
    assert rulebase.checkpoint("google/gemma-3-12b-it").losses == {}
    pages = Precedences.known(rulebase, "ocr-page")
    assert pages.published("Qwen/Qwen3-VL-8B-Instruct")
    assert pages.published("Qwen/Qwen3-VL-8B-Instruct:int8") == ()
    line = line_of(able(rulebase, "ocr-page"), pages, "as-is")
    behind = [id for id, place in line.by.items() if place == "nothing"]
    eight, four = (f"Qwen/Qwen3-VL-8B-Instruct:int{bits}" for bits in "84")
    assert line.by[eight] == line.by[four] == "series"
    assert line.number[eight] > line.number["Qwen/Qwen3-VL-8B-Instruct"]
    assert min(line.number[id] for id in behind) > max(
        number for id, number in line.number.items() if id not in behind
    )


def able(rulebase, task):
    every = rulebase.forms_of("unified-vlp")
    return [one for one in every if one.offered and task in (*one.tasks, *one.fine_tune)]


@pytest.mark.parametrize("task", ["captioning", "vqa", "document-vqa", "ocr-page"])
def test_forms_move_nothing_that_is_loaded_as_it_is_stored(rulebase, task):
    precedences = Precedences.known(rulebase, task)
    whole = line_of(able(rulebase, task), precedences, "as-is")
    stored = [one for one in able(rulebase, task) if not one.is_rounded]
    alone = line_of(stored, precedences, "as-is").number
    assert len(alone) < len(whole.number)
    assert sorted(alone, key=alone.get) == sorted(alone, key=whole.number.get)
    for id, behind in whole.locked.behind.items():
        forms = [other for other in behind if ":" in id + other]
        assert all(whole.number[id] < whole.number[other] for other in forms)
    for one in stored:
        numbers = [whole.number[form.id] for form in one.forms]
        assert numbers == sorted(numbers)


def test_a_form_that_loses_much_is_told_apart_by_the_first_yardstick_that_measured_both():
    """27 billion parameters in 4 bits tie with 9 in 16 on MMBench, and win on Video-MME."""
    measured, four_bits = "Qwen/Qwen3.5-9B", "Qwen/Qwen3.5-27B:int4"
    answers = {"memory_gb": 24, "device": "gpu"}
    assert first(task="vqa", **answers).checkpoint.id == measured
    picks = recommend(task="video-captioning", **answers).advice[0].selection.picks
    ids = [pick.checkpoint.id for pick in picks]
    assert ids.index(four_bits) < ids.index(measured)
    pick = picks[ids.index(four_bits)]
    assert pick.needs_gb < 24
    assert pick.figures[0].value == pytest.approx(82.8 - 1.79)


def test_there_is_one_form_of_each_but_for_those_of_the_ladder(rulebase):
    profile = recommend(task="vqa", memory_gb=12, device="gpu").advice[0].decision.profile
    found = select_of(rulebase, "unified-vlp", profile)
    ids = [pick.checkpoint.hub_id for pick in found.picks]
    assert len(ids) == len(set(ids))
    assert any(pick.checkpoint.is_rounded for pick in found.picks)


def test_a_form_is_known_by_its_id_and_takes_what_its_layers_do(rulebase):
    form, stored = rulebase.checkpoint(f"{FOUR}:int4"), rulebase.checkpoint(FOUR)
    assert (form.fine_tune, form.succeeds, form.larger_than) == ((), None, None)
    assert (loaded_dtype(form), loaded_dtype(stored)) == ("int4", "bfloat16")
    linear, rest = form.linear_millions, form.parameters_millions - form.linear_millions
    weights = (linear * 1e6 * (0.5 + 4 / 64) + rest * 1e6 * 2) / 2**20
    assert memory_gb(form) == round((weights + OVERHEAD_MB) / 1024, 2)


@pytest.mark.parametrize(("memory", "bits"), [(8, "load_in_8bit"), (4, "load_in_4bit")])
def test_its_program_rounds_while_it_loads(advisor, memory, bits):
    code = advisor("code", "--task", "vqa", "--memory-gb", str(memory)).out
    ast.parse(code)
    assert f"{bits}=True" in code
    assert f'name = "{FOUR}"' in code
    assert "from_pretrained(name, **how)" in code
    assert ".to(device).eval()" not in code
    assert '"bitsandbytes>=' in code
    assert ":int" not in code.split("import", 1)[1]


def test_another_runtime_rounds_in_its_own_way_and_gets_the_next_that_it_runs(advisor):
    written = advisor("code", "--task", "vqa", "--memory-gb", "8", "--runtime", "vllm")
    said = f"transformers quantizes {FOUR}:int8 on load, and vllm does not"
    assert f"{said}. The program runs Qwen/Qwen3.5-2B instead" in written.err
    assert '"Qwen/Qwen3.5-2B"' in written.out


def test_a_named_model_ranks_by_the_form_that_fits(advisor):
    asked = ("recommend", "Qwen3-VL-8B or Molmo2-8B for vqa with 8 GB", "--device", "gpu")
    named = advisor(*asked, "--format", "json").json["named"]
    ranks = {one["words"]: one["rank"] for one in named}
    assert ranks["Qwen3-VL"] is not None
    assert ranks["Molmo2-8B"] is None
