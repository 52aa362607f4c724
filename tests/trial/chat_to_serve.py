"""A tiny Qwen3-VL as files of llama.cpp, by its own converter: python FILE sources folder."""

import json
import runpy
import sys
from pathlib import Path

import torch  # noqa: TID253 - a script of its own
import transformers as t  # noqa: TID253
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

MARKS = [
    "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>",
    "<|image_pad|>", "<|video_pad|>",
]  # fmt: skip
PAIRS = [("t", "h"), ("i", "n"), ("a", "n")]
"""The converter takes no vocabulary without merges."""
TEMPLATE = """\
{% for turn in messages %}<|im_start|>{{ turn.role }}
{% if turn.content is string %}{{ turn.content }}{% else %}{% for part in turn.content %}\
{% if part.type == 'image' or 'image_url' in part %}<|vision_start|><|image_pad|><|vision_end|>\
{% else %}{{ part.text }}{% endif %}{% endfor %}{% endif %}<|im_end|>
{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}"""


def tokenizer() -> t.PreTrainedTokenizerFast:
    """A tokenizer of bytes with a few merges, as Qwen's is one."""
    letters = [*sorted(pre_tokenizers.ByteLevel.alphabet()), *map("".join, PAIRS), *MARKS]
    pieces = Tokenizer(models.BPE(vocab={w: id for id, w in enumerate(letters)}, merges=PAIRS))
    pieces.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    pieces.decoder = decoders.ByteLevel()
    pieces.add_special_tokens(MARKS)
    words = t.PreTrainedTokenizerFast(
        tokenizer_object=pieces, eos_token="<|im_end|>", pad_token="<|endoftext|>"
    )
    words.chat_template = TEMPLATE
    return words


def network(words: t.PreTrainedTokenizerFast) -> t.PreTrainedModel:
    """A network of random weights."""
    ids = {
        f"{name}_token_id": words.convert_tokens_to_ids(f"<|{mark}|>")
        for name, mark in (
            ("image", "image_pad"), ("video", "video_pad"),
            ("vision_start", "vision_start"), ("vision_end", "vision_end"),
        )
    }  # fmt: skip
    text = {
        "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 4,
        "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 32,
        "vocab_size": len(words), "max_position_embeddings": 16384,
        "rope_parameters": {
            "rope_type": "default", "rope_theta": 1e6, "mrope_section": [6, 5, 5],
            "mrope_interleaved": True,
        },
    }  # fmt: skip
    vision = {
        "hidden_size": 64, "intermediate_size": 128, "depth": 4, "num_heads": 4,
        "out_hidden_size": 64, "num_position_embeddings": 64, "deepstack_visual_indexes": [0],
    }  # fmt: skip
    torch.manual_seed(0)
    config = t.Qwen3VLConfig(text_config=text, vision_config=vision, **ids)
    return t.Qwen3VLForConditionalGeneration(config)


def save(folder: Path) -> None:
    """Write the network, with the keys that configurations had before transformers 5."""
    words = tokenizer()
    for part in (words, network(words)):
        part.save_pretrained(folder)
    file = folder / "config.json"
    config = json.loads(file.read_text())
    scaling = config["text_config"]["rope_parameters"]
    config["text_config"] |= {"rope_theta": scaling["rope_theta"], "rope_scaling": scaling}
    config["vision_config"]["model_type"] = "qwen3_vl"
    file.write_text(json.dumps(config))
    images = {
        "image_mean": [0.5] * 3, "image_std": [0.5] * 3, "patch_size": 16, "merge_size": 2,
        "size": {"shortest_edge": 4096, "longest_edge": 262144},
        "image_processor_type": "Qwen2VLImageProcessorFast", "processor_class": "Qwen3VLProcessor",
    }  # fmt: skip
    (folder / "preprocessor_config.json").write_text(json.dumps(images))


def convert(folder: Path, sources: Path) -> None:
    """Write the language model and the eyes of a network beside its folder."""
    sys.path[:0] = [str(sources), str(sources / "gguf-py")]
    from conversion import base

    # the converter knows tokenizers by what they say, and this one is new to it
    base.TextModel.get_vocab_base_pre = lambda *_: "qwen2"
    for name, more in (("model.gguf", []), ("mmproj.gguf", ["--mmproj"])):
        sys.argv = ["convert", str(folder), "--outfile", str(folder.with_name(name)), *more]
        try:
            runpy.run_path(str(sources / "convert_hf_to_gguf.py"), run_name="__main__")
        except SystemExit as stop:
            if stop.code:
                raise


save(Path(sys.argv[1]))
if len(sys.argv) > 2:
    convert(Path(sys.argv[1]), Path(sys.argv[2]))
