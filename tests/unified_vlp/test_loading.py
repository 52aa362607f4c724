"""The Auto classes load such folders, in a fresh process, at any precision, with no own code."""

import json
import subprocess
import sys

# ruff: noqa: TID253  (its tests are skipped where these are missing)
import pytest
import torch
import transformers
from stored_regions import stored
from toy_vocabulary import as_text

from advisor.unified_vlp import UnifiedVLPConfig, UnifiedVLPForAnswering, UnifiedVLPForCaptioning
from tests import warm

SEP = 2
FROM_DISK = {"local_files_only": True, "trust_remote_code": False}
FRESH = """
import sys
import advisor
assert not {"torch", "transformers"} & set(sys.modules), "advisor alone imports them"
import advisor.unified_vlp
from transformers import AutoModelForImageTextToText, AutoProcessor
model = AutoModelForImageTextToText.from_pretrained(sys.argv[1], local_files_only=True)
processor = AutoProcessor.from_pretrained(sys.argv[1], local_files_only=True)
inputs = processor(images=sys.argv[2])
print(processor.decode(model.generate(**inputs)[0]))
"""


@pytest.mark.slow
def test_a_fresh_process_loads_it_and_writes_the_words_of_the_original(
    captioner, regions, fixture, tmp_path
):
    file = stored(regions[0], tmp_path / "picture.npz")
    command = [sys.executable, "-c", FRESH, str(captioner), str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == as_text(fixture["decode.0.ids"][0].tolist())


def test_the_folder_holds_safetensors_and_no_code(captioner):
    names = {path.name for path in captioner.iterdir()}
    assert "model.safetensors" in names
    assert not [name for name in names if name.endswith((".py", ".bin"))]
    assert "auto_map" not in (captioner / "config.json").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("auto", "loaded"),
    [
        ("AutoModel", "UnifiedVLPModel"),
        ("AutoModelForPreTraining", "UnifiedVLPForPreTraining"),
        ("AutoModelForImageTextToText", "UnifiedVLPForCaptioning"),
    ],
)
def test_a_captioner_has_every_weight_that_its_classes_need(captioner, auto, loaded):
    network, report = getattr(transformers, auto).from_pretrained(
        captioner, output_loading_info=True, **FROM_DISK
    )
    assert type(network).__name__ == loaded
    assert not report["missing_keys"]
    assert not report["mismatched_keys"]
    assert all(name.startswith("word_head") for name in report["unexpected_keys"])


def test_a_captioner_lacks_an_answer_head_and_says_so(captioner):
    _, report = transformers.AutoModelForVisualQuestionAnswering.from_pretrained(
        captioner, output_loading_info=True, **FROM_DISK
    )
    assert {name.split(".")[0] for name in report["missing_keys"]} == {"answer_head"}


def test_the_published_size_is_counted_without_memory():
    counts = []
    for kind in (UnifiedVLPForCaptioning, UnifiedVLPForAnswering):
        with torch.device("meta"):
            network = kind(UnifiedVLPConfig())
        counts.append(sum(each.numel() for each in network.parameters()))
    assert counts == [115_939_396, 121_308_729]


@pytest.mark.parametrize(("dtype", "digits"), [(torch.float16, 0.01), (torch.bfloat16, 0.1)])
def test_half_precision_loads_and_writes(captioner, regions, fixture, dtype, digits):
    """What is found by beams differs by processor: a caption's likelihood differs by rounding."""
    words = fixture["decode.1.pred"][0].tolist()
    caption = [*words[: words.index(SEP)], SEP]
    found = []
    for precision in (torch.float32, dtype):
        network = transformers.AutoModelForImageTextToText.from_pretrained(
            captioner, dtype=precision, **FROM_DISK
        )
        processor = transformers.AutoProcessor.from_pretrained(captioner, **FROM_DISK)
        assert network.dtype == precision
        inputs = {name: value.to(precision) for name, value in processor(images=regions).items()}
        assert network.generate(**inputs, num_beams=2).shape == (3, 20)
        found.append(network.likelihood(caption, **inputs))
    assert (found[0] - found[1]).abs().max() < digits * len(caption)
    assert not torch.equal(*found)


def test_the_word_table_is_stored_once(captioner):
    from safetensors import safe_open

    with safe_open(captioner / "model.safetensors", framework="pt") as file:
        wide = [name for name in file.keys() if file.get_slice(name).get_shape() == [120, 48]]  # noqa: SIM118
    assert wide == ["vlp.bert.embeddings.word_embeddings.weight"]


def test_an_untrained_network_starts_as_the_original_does():
    torch.manual_seed(0)
    small = {"hidden_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = UnifiedVLPConfig(**small, vocab_size=200, region_feature_size=256)
    network = UnifiedVLPForAnswering(config)
    query, content = (
        network.vlp.bert.encoder.layer[0].attention.self.query,
        network.vlp.regions.content[0],
    )
    assert float(query.weight.detach().std()) == pytest.approx(0.02, rel=0.1)
    assert not query.bias.any()
    assert float(content.weight.detach().abs().max()) == pytest.approx(
        1 / 16, rel=0.01
    )  # torch's own
    assert network.answer_head[2].bias.any()


@pytest.mark.slow
def test_without_the_import_transformers_names_the_type(captioner):
    code = (
        "import sys, transformers\n"
        "transformers.AutoConfig.from_pretrained(sys.argv[1], local_files_only=True)"
    )
    command = [*warm.python(), "-c", code, str(captioner)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "unified_vlp" in done.stderr


def test_answers_have_words_only_where_they_were_given():
    numbers = UnifiedVLPConfig(num_answers=5)
    words = UnifiedVLPConfig(id2label={0: "<unk>", 1: "yes", 2: "no"})
    assert (numbers.answers, words.answers) == ((), ("<unk>", "yes", "no"))
    assert (numbers.num_answers, words.num_answers) == (5, 3)
    stored = json.loads(words.to_json_string())
    assert UnifiedVLPConfig(**stored).answers == words.answers
