"""The dimensions in the rules give the sizes in the rules, counted with the real classes."""

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

from count_parameters import build, parameters_of, recount, writer_of

from advisor.decide.memory import OVERHEAD_MB, cache_mb, loaded_mb, memory_gb
from advisor.rulebase.store import load_rules
from advisor.trial.runtime import OWN_CLASSES, BrokenCheckpointError

RULEBASE = load_rules()


def _one_in_eight():
    """By default one architecture in so many, as many again among slow tests, the rest by night."""
    marks = {0: (), 4: pytest.mark.slow}
    night = [pytest.mark.slow, pytest.mark.long]
    return [
        pytest.param(id, marks=marks.get(place % 8, night))
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


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("Qwen3VL", {"num_hidden_layers": 3}),
        (
            "Qwen3_5",
            {"num_hidden_layers": 4, "linear_num_key_heads": 2, "linear_num_value_heads": 2},
        ),
    ],
)
def test_keys_and_values_of_random_weights_are_those_of_the_estimate(name, more):
    """Bytes of the cache that `generate` returns; three of four layers of Qwen3.5 keep no keys."""
    import torch
    import transformers

    text = {"vocab_size": 64, "hidden_size": 64, "intermediate_size": 64, "head_dim": 16}
    heads = {"num_attention_heads": 4, "num_key_value_heads": 2, "bos_token_id": 1}
    vision = {"depth": 1, "hidden_size": 32, "num_heads": 2, "intermediate_size": 32}
    config = getattr(transformers, f"{name}Config")(
        text_config={**text, **heads, **more}, vision_config={**vision, "out_hidden_size": 64}
    )
    network = getattr(transformers, f"{name}ForConditionalGeneration")(config).to(torch.bfloat16)
    writer = writer_of(network)
    assert writer.pixels_per_token == (2 * config.vision_config.patch_size) ** 2
    words = torch.ones((1, 30), dtype=torch.long)
    with torch.no_grad():
        cache = network(input_ids=words, use_cache=True).past_key_values
    held = [
        tensor.numel() * tensor.element_size()
        for layer in cache.layers
        for tensor in (getattr(layer, "keys", None), getattr(layer, "values", None))
        if tensor is not None
    ]
    entry = RULEBASE.checkpoint("Qwen/Qwen3-VL-2B-Instruct")._replace(writer=writer)
    task = RULEBASE.task("vqa")._replace(writes=20)
    one_image = entry._replace(writer=writer._replace(pixels_per_token=2**20 / 10))
    assert cache_mb(one_image, task) * 2**20 == pytest.approx(sum(held))


TEXT = {
    "hidden_size": 768,
    "intermediate_size": 2048,
    "num_hidden_layers": 3,
    "num_attention_heads": 12,
    "num_key_value_heads": 4,
    "vocab_size": 8000,
    "bos_token_id": 1,
    "eos_token_id": 2,
}
ROTATED = {"rope_type": "default", "mrope_section": [8, 12, 12], "rope_theta": 1e6}
VISION = {"depth": 2, "hidden_size": 512, "num_heads": 8, "intermediate_size": 1024}
LAYERS = {"hidden_size": 512, "num_hidden_layers": 2, "num_attention_heads": 8}
ROUNDED_NETWORKS = {
    "Qwen2VL": (
        {**TEXT, "rope_parameters": ROTATED},
        {"depth": 2, "embed_dim": 512, "hidden_size": 768, "num_heads": 8},
    ),
    "Qwen2_5_VL": ({**TEXT, "rope_parameters": ROTATED}, {**VISION, "out_hidden_size": 768}),
    "Qwen3VL": (
        {**TEXT, "head_dim": 64},
        {**VISION, "out_hidden_size": 768, "deepstack_visual_indexes": [1]},
    ),
    "InternVL": ({"model_type": "qwen2", **TEXT}, {**LAYERS, "image_size": [224, 224]}),
    "Llava": ({"model_type": "llama", **TEXT}, {"model_type": "clip_vision_model", **LAYERS}),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", ROUNDED_NETWORKS)
def test_bytes_of_random_weights_are_those_of_each_precision(name, tmp_path):
    """Tensors of a network that bitsandbytes rounds, within 3 % of the estimate."""
    pytest.importorskip("bitsandbytes")
    import torch
    import transformers
    from count_parameters import linear_of

    text, vision = ROUNDED_NETWORKS[name]
    config = getattr(transformers, f"{name}Config")(text_config=text, vision_config=vision)
    network = getattr(transformers, f"{name}ForConditionalGeneration")(config).to(torch.bfloat16)
    network.save_pretrained(tmp_path)
    four = {"bnb_4bit_quant_type": "nf4", "bnb_4bit_compute_dtype": torch.bfloat16}
    ways = {"stored": None, "int8": {"load_in_8bit": True}, "int4": {"load_in_4bit": True, **four}}
    entry = RULEBASE.checkpoint("Qwen/Qwen3-VL-2B-Instruct")._replace(
        parameters_millions=parameters_of(network) / 1e6,
        linear_millions=linear_of(network) / 1e6,
    )
    for precision, way in ways.items():
        how = {}
        if way:
            rounding = transformers.BitsAndBytesConfig(**way)
            how = {"quantization_config": rounding, "device_map": "cpu"}
        loaded = type(network).from_pretrained(tmp_path, dtype=torch.bfloat16, **how)
        held = {}
        for one in loaded.parameters():
            state = getattr(one, "quant_state", None)
            for tensor in (one.data, getattr(one, "SCB", None), state and state.absmax):
                if tensor is not None:
                    held[tensor.data_ptr()] = tensor.numel() * tensor.element_size()
        weights = loaded_mb(entry._replace(precision=precision)) - OVERHEAD_MB
        assert weights * 2**20 == pytest.approx(sum(held.values()), rel=0.03), precision
