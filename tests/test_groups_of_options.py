"""Options under one name: what joins a group is meant by every condition that names it."""

import shutil
from pathlib import Path

import pytest

from advisor.decide.recommendation import recommend
from advisor.errors import BrokenFileError
from advisor.rulebase.store import load_rules, shipped_rules

OPTION = "      - {id: browser,"
NPU = (
    '      - {id: npu, label: "a small board with a neural processor", aliases: [coral], step: 2}\n'
)
GROUP = "small: [phone, browser]"


@pytest.fixture
def with_npu(tmp_path):
    """A copy of the shipped rules with one more device: two places are edited."""
    folder = tmp_path / "rules"
    shutil.copytree(shipped_rules(), folder)
    file = folder / "questions.yaml"
    text = file.read_text(encoding="utf-8")
    assert (text.count(OPTION), text.count(GROUP)) == (1, 1)
    text = text.replace(OPTION, NPU + OPTION).replace(GROUP, "small: [phone, npu, browser]")
    file.write_text(text, encoding="utf-8")
    return folder


def conditions(rulebase):
    """Return the devices that each condition of the rules names."""
    found = [*rulebase.rules, *rulebase.never, *rulebase.detours, *rulebase.ties]
    return {one.id: set(one.when["device"]) for one in found if "device" in one.when}


@pytest.mark.slow
def test_a_device_is_added_in_two_places_and_all_conditions_on_its_group_mean_it(
    with_npu, rulebase
):
    added, shipped = load_rules(with_npu), conditions(rulebase)
    assert not added.remarks
    assert any({"phone", "browser"} <= devices for devices in shipped.values())
    assert conditions(added) == {
        id: devices | ({"npu"} if {"phone", "browser"} <= devices else set())
        for id, devices in shipped.items()
    }


@pytest.mark.slow
def test_the_added_device_is_answered_and_called_as_its_neighbors_are(with_npu):
    added = load_rules(with_npu)
    first = {
        device: recommend(added, {"task": "image-search", "device": device})
        .advice[0]
        .selection.picks
        for device in ("npu", "coral", "phone")
    }
    ids = {device: picks[0].checkpoint.id for device, picks in first.items()}
    assert ids["npu"] == ids["coral"] == ids["phone"]


@pytest.mark.slow
def test_a_condition_that_lists_its_neighbors_one_by_one_is_remarked_on(with_npu):
    file = with_npu / "decisions" / "hardware.yaml"
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    line = next(n for n, text in enumerate(lines) if "device: [small]" in text)
    lines[line] = lines[line].replace("device: [small]", "device: [phone, browser]")
    file.write_text("".join(lines), encoding="utf-8")
    (remark,) = load_rules(with_npu).remarks
    assert remark.startswith(f"decisions/hardware.yaml:{line + 1}:")
    assert "lists `phone` and `browser` of `device`, but not `npu`." in remark
    assert "Write the group `small` instead" in remark


def test_a_group_of_what_is_no_option_or_called_as_one_is_refused(with_npu):
    file = with_npu / "questions.yaml"
    groups = "small: [phone, browzer], phone: [cpu, browser]"
    text = file.read_text(encoding="utf-8").replace("small: [phone, npu, browser]", groups)
    file.write_text(text, encoding="utf-8")
    with pytest.raises(BrokenFileError) as failure:
        load_rules(with_npu)
    problems = " ".join(failure.value.problems)
    assert "unknown option in `small` `browzer`. Did you mean `browser`?" in problems
    assert "the group `phone` has the same name as an option" in problems


@pytest.mark.slow
def test_an_overlay_that_asks_otherwise_keeps_the_groups_of_its_options(tmp_path):
    overlay = tmp_path / "ours"
    overlay.mkdir()
    (overlay / "questions.yaml").write_text(
        "questions:\n"
        "  - id: device\n"
        "    ask: Where does it run?\n"
        "    why: Small machines hold small models.\n"
        "    options:\n"
        "      - {id: gpu, label: a GPU}\n"
        "      - {id: cpu, label: no GPU}\n"
        "      - {id: mps, label: a Mac}\n"
        "      - {id: phone, label: a phone}\n"
        "      - {id: browser, label: a browser}\n"
        "      - {id: watch, label: a watch}\n",
        encoding="utf-8",
    )
    device = load_rules(overlays=(Path(overlay),)).question("device")
    assert device.groups == {"small": ["phone", "browser"]}
