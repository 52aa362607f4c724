"""The dimensions in the rules give the sizes in the rules, counted with the real classes."""

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

from count_parameters import build, parameters_of, recount, writer_of

from advisor.decide.memory import memory_gb
from advisor.rulebase.store import load_rules
from advisor.trial.failures import BrokenCheckpointError
from advisor.trial.runtime import OWN_CLASSES

RULEBASE = load_rules()


def _one_in_eight():
    """By default one architecture in so many; the rest is slow."""
    return [
        pytest.param(id, marks=() if place % 8 == 0 else pytest.mark.slow)
        for place, id in enumerate(RULEBASE.architectures)
    ]


@pytest.mark.parametrize("id", _one_in_eight())
def test_every_architecture_counts_as_its_checkpoints_say(id):
    assert recount(RULEBASE, RULEBASE.architectures[id]).differences == ()


def test_every_derived_size_has_an_architecture_behind_it_or_sources_of_its_own():
    behind = {id for one in RULEBASE.architectures.values() for id in one.checkpoints}
    derived = {
        one.id: one
        for one in RULEBASE.checkpoints.values()
        if one.notes.get("parameters_precision") == "derived"
        and not str(one.model_class).startswith(OWN_CLASSES)  # counted in tests/unified_vlp
    }
    assert behind <= derived.keys()
    assert len(behind) >= 40
    for id in derived.keys() - behind:  # no class of transformers builds it as it is
        assert derived[id].sources["parameters_millions"], id


def test_network_is_built_without_memory_and_counted_once_where_parts_are_shared():
    blip = RULEBASE.architectures["blip-base-captioner"]
    network = build(blip)
    assert {parameter.device.type for parameter in network.parameters()} == {"meta"}
    words = 30524 * 768
    written = sum(tensor.numel() for tensor in network.state_dict().values())
    assert written - parameters_of(network) >= words  # a saved file may hold the table twice


def test_recount_tells_a_wrong_dimension_from_a_wrong_count():
    git = RULEBASE.architectures["git-base"]
    larger = git._replace(dimensions=git.dimensions | {"num_hidden_layers": 7})
    said = recount(RULEBASE, larger).differences
    assert any(text.startswith("parameters:") for text in said)
    assert any(text.startswith("writer: Decoder(layers=7") for text in said)
    assert any("microsoft/git-base-coco" in text for text in said)


def test_dual_encoder_writes_nothing():
    assert writer_of(build(RULEBASE.architectures["altclip"])) is None


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"model_class": "GitForDreaming"}, "missing-class"),
        ({"dimensions": {"vision_config": 3}}, "refused-dimensions"),
        ({"dimensions": {"hidden_size": -1}}, "refused-dimensions"),
    ],
)
def test_what_cannot_be_built_is_said_in_words(fields, kind):
    with pytest.raises(BrokenCheckpointError) as caught:
        build(RULEBASE.architectures["git-base"]._replace(**fields))
    assert caught.value.kind == kind


# Bytes of each weight in the precision in which people load it: what was tuned as a language model
# in bfloat16 (SmolVLM2's file holds float32), all else as in its file.
@pytest.mark.parametrize(
    ("id", "bytes_each"),
    [
        ("nvidia/groupvit-gcc-yfcc", 4),
        ("Salesforce/blip-image-captioning-base", 4),
        ("nlpconnect/vit-gpt2-image-captioning", 4),
        ("microsoft/git-large-coco", 4),
        ("HuggingFaceTB/SmolVLM2-500M-Video-Instruct", 4),
        ("Qwen/Qwen3-VL-2B-Instruct", 2),
        ("HuggingFaceTB/SmolVLM2-2.2B-Instruct", 2),
        ("Qwen/Qwen2.5-VL-3B-Instruct", 2),
        ("Qwen/Qwen2.5-VL-7B-Instruct", 2),
        ("Qwen/Qwen3-VL-8B-Instruct", 2),
        ("Qwen/Qwen3.5-9B", 2),
    ],
)
def test_memory_of_well_known_checkpoints_is_their_counted_weights_and_what_is_said_on_top(
    id, bytes_each
):
    architecture = next(a for a in RULEBASE.architectures.values() if id in a.checkpoints)
    counted = parameters_of(build(architecture)) * bytes_each / 2**30 + 370 / 1024
    estimated = memory_gb(RULEBASE.checkpoint(id))
    assert estimated == pytest.approx(counted, rel=0.1)
