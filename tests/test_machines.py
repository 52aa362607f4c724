"""Machines named where a kind of machine is asked for."""

import pytest

from advisor.engine.machines import machine_answers
from advisor.engine.profile import make_profile
from advisor.errors import UsageError
from advisor.rulebase.store import load_rules


@pytest.fixture(scope="module")
def rules():
    return load_rules()


@pytest.mark.parametrize(
    ("typed", "memory"),
    [
        ("rtx 3060", 12.0),  # sold with 8 GB as well
        ("RTX3060", 12.0),
        ("RTX 3060 8 GB", 8.0),
        ("A5000", 24.0),
        ("NVIDIA GeForce RTX 3060 12GB", 12.0),
        ("rtx-3060-ti", 8.0),
        ("3090", 24.0),
        ("Tesla T4", 16.0),
        ("a100", 40.0),
        ("A100 80 GB", 80.0),
        ("rx 7900 xtx", 24.0),
        ("jetson nano", 4.0),
        ("Jetson", 4.0),  # the smallest fits them all
        ("jetson orin nano 8GB", 8.0),
        ("NVIDIA Jetson AGX Orin", 32.0),
        ("M2 Max", None),  # its memory is that of the whole machine
        ("MacBook Pro", None),
    ],
)
def test_a_graphics_card_is_a_gpu_with_the_memory_it_is_usually_sold_with(rules, typed, memory):
    profile = make_profile(rules, {"device": typed})
    assert profile["device"].options == ("gpu" if memory else "mps",)
    said = profile.get("memory-gb")
    assert (said and said.value) == memory


@pytest.mark.parametrize("typed", ["mac mini m4 24gb", "M4 24 GB", "MacBook Air 24GB"])
def test_of_the_memory_of_a_mac_a_model_may_take_what_macos_gives_the_gpu(rules, typed):
    profile = make_profile(rules, {"device": typed})
    assert (profile["device"].options, profile["memory-gb"].value) == (("mps",), 16.0)


def test_memory_that_a_model_may_take_is_as_it_is_given(rules):
    assert make_profile(rules, {"device": "mps", "memory-gb": 24})["memory-gb"].value == 24


def test_memory_that_is_given_counts_more_than_that_of_the_card(rules):
    profile = make_profile(rules, {"device": "rtx 3060", "memory-gb": "6GB"})
    assert profile["memory-gb"].value == 6.0


def test_every_name_of_a_machine_finds_that_machine(rules):
    for machine in rules.machines:
        for name in (machine.id, *machine.aliases, machine.id.replace("-", " ").upper()):
            answers = machine_answers(rules, name)
            assert machine.answers.items() <= answers.items(), name
            if machine.memory_gb and not machine.shared:
                assert answers["memory-gb"] == f"{machine.memory_gb[0]:g}", name


@pytest.mark.parametrize("typed", ["toaster", "", "rtx", "rtx 9999", "toaster gb"])
def test_what_is_no_machine_is_refused(rules, typed):
    with pytest.raises(UsageError, match="unknown option"):
        make_profile(rules, {"device": typed})


def test_a_unit_without_a_number_says_no_size(rules):
    assert machine_answers(rules, "rtx 3060 with gb") == machine_answers(rules, "rtx 3060")


@pytest.mark.parametrize(
    ("typed", "device"),
    [("raspberry-pi", "cpu"), ("Raspberry Pi", "cpu"), ("smartphones", "phone"), ("edge", "phone")],
)
def test_small_devices_have_the_names_that_people_type(rules, typed, device):
    assert make_profile(rules, {"device": typed})["device"].options == (device,)


def test_a_machine_answers_nothing_but_where_it_is_asked_for(rules):
    with pytest.raises(UsageError, match="unknown option `rtx 3060` of `language`"):
        make_profile(rules, {"language": "rtx 3060"})
