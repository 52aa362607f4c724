"""Tiny networks of the real classes, with tokenizers and processors, saved as checkpoints."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

# ruff: noqa: TID253  (its tests are skipped where these are missing)
import tokenizers
import torch
import transformers as t

WORDS = (  # noqa: SIM905
    "a photo of red blue green circle square triangle cat dog what is the in picture ? question "
    ": answer caption en ocr yes no user write describe image an this short description . detail "
    "one sentence text ans"
).split()
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "[DEC]", "[ENC]")
VISION = {
    "hidden_size": 16,
    "intermediate_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "image_size": 32,
    "patch_size": 16,
}
TEXT = {
    "hidden_size": 16,
    "intermediate_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "max_position_embeddings": 40,
}
LONG = {**TEXT, "max_position_embeddings": 512}
"""Of a writer: it has as many positions as the decoder of BLIP that is published."""
HALF = {"image_mean": [0.5] * 3, "image_std": [0.5] * 3}
SIZE = {"height": 32, "width": 32}


def bert_tokenizer(longest: int = 40) -> Any:
    vocabulary = {word: place for place, word in enumerate((*SPECIAL, *WORDS))}
    return t.BertTokenizer(
        vocab=vocabulary, model_max_length=longest, extra_special_tokens=["[DEC]", "[ENC]"]
    )


def encoder_and_decoder(home: Path) -> None:
    """Save a vision encoder in `home/vit` and a text decoder in `home/bert`, to be joined."""
    torch.manual_seed(3)
    words = bert_tokenizer()
    t.ViTModel(t.ViTConfig(**VISION)).save_pretrained(home / "vit")
    images = t.ViTImageProcessorPil(size={"height": 32, "width": 32})
    images.save_pretrained(home / "vit")
    decoder = t.BertForMaskedLM(t.BertConfig(**TEXT, vocab_size=len(words)))
    decoder.save_pretrained(home / "bert")
    words.save_pretrained(home / "bert")


def word_tokenizer(
    *extra: str,
    longest: int = 256,
    left: bool = False,
    named: dict[str, str] | None = None,
    **more: Any,
) -> Any:
    """A word-level tokenizer with <s>, </s> and <pad>, and further special tokens."""
    special = ["<pad>", "<s>", "</s>", "<unk>", *extra]
    vocabulary = {word: place for place, word in enumerate([*special, *WORDS])}
    inner = tokenizers.Tokenizer(tokenizers.models.WordLevel(vocabulary, unk_token="<unk>"))
    inner.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    inner.decoder = tokenizers.decoders.WordPiece(prefix="##")
    return t.PreTrainedTokenizerFast(
        tokenizer_object=inner,
        bos_token="<s>",
        eos_token="</s>",
        pad_token="<pad>",
        unk_token="<unk>",
        model_max_length=longest,
        padding_side="left" if left else "right",
        extra_special_tokens=named or list(extra),
        **more,
    )


def clip_tokenizer() -> Any:
    base = t.CLIPTokenizer(vocab={"<|startoftext|>": 0, "<|endoftext|>": 1}, merges=[])
    learned = base.train_new_from_iterator([" ".join(WORDS)], vocab_size=300)
    learned.model_max_length = 40
    return learned


def _save(folder: Path, *parts: Any) -> Path:
    for part in parts:
        part.save_pretrained(folder)
    return folder


def _image(name: str, **settings: Any) -> Any:
    return getattr(t, name)(size=SIZE, **HALF, **settings)


def clip(folder: Path) -> Path:
    words = clip_tokenizer()
    ids = {"bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 1}
    config = t.CLIPConfig(
        text_config={**TEXT, "vocab_size": len(words), **ids},
        vision_config=VISION,
        projection_dim=8,
    )
    images = _image("CLIPImageProcessorPil", do_center_crop=False)
    return _save(folder, t.CLIPModel(config), t.CLIPProcessor(images, words))


def metaclip_2(folder: Path) -> Path:
    words = word_tokenizer(longest=38)
    config = t.MetaClip2Config(
        text_config={**TEXT, "vocab_size": 60, "eos_token_id": 2},
        vision_config=VISION,
        projection_dim=8,
    )
    images = _image("CLIPImageProcessorPil", do_center_crop=False)
    return _save(folder, t.MetaClip2Model(config), t.CLIPProcessor(images, words))


def siglip(folder: Path, longest: int = 40, **words: Any) -> Path:
    text = {**TEXT, "vocab_size": 60, "projection_size": 16, "max_position_embeddings": longest}
    config = t.SiglipConfig(text_config=text, vision_config=VISION)
    tokens = word_tokenizer(longest=longest, **words)
    parts = t.SiglipProcessor(_image("SiglipImageProcessorPil"), tokens)
    return _save(folder, t.SiglipModel(config), parts)


def siglip2(folder: Path, longest: int = 40, **words: Any) -> Path:
    vision = {key: value for key, value in VISION.items() if key != "image_size"}
    config = t.Siglip2Config(
        text_config={
            **TEXT, "vocab_size": 60, "projection_size": 16, "max_position_embeddings": longest,
        },
        vision_config={**vision, "num_patches": 4},
    )  # fmt: skip
    images = t.Siglip2ImageProcessorPil(patch_size=16, max_num_patches=4, **HALF)
    parts = t.Siglip2Processor(images, word_tokenizer(longest=longest, **words))
    return _save(folder, t.Siglip2Model(config), parts)


def altclip(folder: Path) -> Path:
    config = t.AltCLIPConfig(
        text_config={**TEXT, "vocab_size": 60, "project_dim": 16, "pad_token_id": 0},
        vision_config=VISION,
        projection_dim=8,
    )
    images = _image("CLIPImageProcessorPil", do_center_crop=False)
    return _save(folder, t.AltCLIPModel(config), t.AltCLIPProcessor(images, word_tokenizer()))


def chinese_clip(folder: Path) -> Path:
    config = t.ChineseCLIPConfig(
        text_config={**TEXT, "vocab_size": 60}, vision_config=VISION, projection_dim=8
    )
    images = _image("ChineseCLIPImageProcessorPil", do_center_crop=False)
    parts = t.ChineseCLIPProcessor(images, bert_tokenizer())
    return _save(folder, t.ChineseCLIPModel(config), parts)


def align(folder: Path) -> Path:
    config = t.AlignConfig(
        text_config={**TEXT, "vocab_size": 60},
        vision_config={
            "image_size": 32,
            "width_coefficient": 0.1,
            "depth_coefficient": 0.1,
            "hidden_dim": 8,
            "kernel_sizes": [3],
            "in_channels": [8],
            "out_channels": [8],
            "depthwise_padding": [],
            "strides": [2],
            "num_block_repeats": [1],
            "expand_ratios": [1],
        },
        projection_dim=8,
    )
    images = t.EfficientNetImageProcessorPil(size=SIZE)
    return _save(folder, t.AlignModel(config), t.AlignProcessor(images, bert_tokenizer()))


def _encoder_decoder(encoder: Any, decoder: Any, words: Any, start: int, end: int) -> Any:
    config = t.VisionEncoderDecoderConfig.from_encoder_decoder_configs(encoder, decoder)
    config.tie_word_embeddings = False
    model = t.VisionEncoderDecoderModel(config=config)
    for owner in (model.config, model.generation_config):
        owner.decoder_start_token_id = start
        owner.eos_token_id = end
        owner.pad_token_id = words.pad_token_id
    return model


def captioner(folder: Path) -> Path:
    words = bert_tokenizer()
    decoder = t.BertConfig(**TEXT, vocab_size=len(words), is_decoder=True, add_cross_attention=True)
    model = _encoder_decoder(t.ViTConfig(**VISION), decoder, words, 2, 3)
    return _save(folder, model, _image("ViTImageProcessorPil"), words)


def gpt2_captioner(folder: Path) -> Path:
    words = word_tokenizer()
    decoder = t.GPT2Config(
        vocab_size=len(words), n_embd=16, n_layer=1, n_head=2, n_positions=40, bos_token_id=1,
        eos_token_id=2, is_decoder=True, add_cross_attention=True,
    )  # fmt: skip
    model = _encoder_decoder(t.ViTConfig(**VISION), decoder, words, 1, 2)
    return _save(folder, model, _image("ViTImageProcessorPil"), words)


def trocr(folder: Path) -> Path:
    words = word_tokenizer()
    decoder = t.TrOCRConfig(
        vocab_size=60,
        d_model=16,
        decoder_layers=1,
        decoder_attention_heads=2,
        decoder_ffn_dim=16,
        max_position_embeddings=64,
        bos_token_id=1,
        eos_token_id=2,
        pad_token_id=0,
        decoder_start_token_id=2,
    )
    model = _encoder_decoder(t.ViTConfig(**VISION), decoder, words, 2, 2)
    parts = t.TrOCRProcessor(_image("ViTImageProcessorPil"), words)
    return _save(folder, model, parts)


DONUT = ("<s_cord-v2>", "<s_total>", "</s_total>", "<s_question>", "</s_question>")
DONUT += ("<s_answer>", "</s_answer>")


def _page_reader(words: Any) -> Any:
    encoder = t.DonutSwinConfig(
        image_size=[32, 32], patch_size=4, embed_dim=8, depths=[1, 1], num_heads=[1, 2],
        window_size=4,
    )  # fmt: skip
    decoder = t.MBartConfig(
        vocab_size=len(words),
        d_model=16,
        decoder_layers=1,
        decoder_attention_heads=2,
        decoder_ffn_dim=16,
        encoder_layers=1,
        encoder_attention_heads=2,
        encoder_ffn_dim=16,
        max_position_embeddings=64,
        is_decoder=True,
        add_cross_attention=True,
        bos_token_id=1,
        eos_token_id=2,
        pad_token_id=0,
        forced_eos_token_id=None,
    )
    return _encoder_decoder(encoder, decoder, words, 1, 2)


def donut(folder: Path) -> Path:
    words = word_tokenizer(*DONUT)
    images = _image("DonutImageProcessorPil", do_align_long_axis=False)
    return _save(folder, _page_reader(words), t.DonutProcessor(images, words))


def nougat(folder: Path) -> Path:
    plain = word_tokenizer()
    words = t.NougatTokenizer(tokenizer_object=plain.backend_tokenizer, model_max_length=60)
    images = _image("NougatImageProcessorPil", do_crop_margin=False)
    return _save(folder, _page_reader(words), t.NougatProcessor(images, words))


def _blip_config() -> Any:
    ids = {"bos_token_id": 5, "eos_token_id": 3, "sep_token_id": 3, "pad_token_id": 0}
    return t.BlipConfig(
        text_config={**LONG, "vocab_size": 60, "encoder_hidden_size": 16, **ids},
        vision_config={**VISION, "initializer_range": 0.2},
        image_text_hidden_size=8,
        projection_dim=8,
    )


def _blip(folder: Path, name: str) -> Path:
    parts = t.BlipProcessor(_image("BlipImageProcessorPil"), bert_tokenizer())
    return _save(folder, getattr(t, name)(_blip_config()), parts)


def blip_captioner(folder: Path) -> Path:
    return _blip(folder, "BlipForConditionalGeneration")


def blip_answerer(folder: Path) -> Path:
    return _blip(folder, "BlipForQuestionAnswering")


def blip_matcher(folder: Path) -> Path:
    return _blip(folder, "BlipForImageTextRetrieval")


QFORMER = {**TEXT, "vocab_size": 60, "encoder_hidden_size": 16}
OPT = {
    "model_type": "opt",
    "vocab_size": 70,
    "hidden_size": 16,
    "ffn_dim": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "max_position_embeddings": 600,
    "word_embed_proj_dim": 16,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "pad_token_id": 0,
}


def blip_2(folder: Path) -> Path:
    words = word_tokenizer("<image>")
    config = t.Blip2Config(
        vision_config=VISION,
        qformer_config=QFORMER,
        text_config=OPT,
        num_query_tokens=3,
        image_token_index=words.convert_tokens_to_ids("<image>"),
    )
    parts = t.Blip2Processor(_image("BlipImageProcessorPil"), words, num_query_tokens=3)
    return _save(folder, t.Blip2ForConditionalGeneration(config), parts)


def blip_2_matcher(folder: Path) -> Path:
    words = bert_tokenizer()
    words.add_tokens(["<image>"], special_tokens=True)
    config = t.Blip2Config(
        vision_config=VISION,
        qformer_config={**QFORMER, "use_qformer_text_input": True},
        num_query_tokens=3,
        image_text_hidden_size=8,
        image_token_index=words.convert_tokens_to_ids("<image>"),
    )
    parts = t.Blip2Processor(_image("BlipImageProcessorPil"), words, num_query_tokens=3)
    return _save(folder, t.Blip2ForImageTextRetrieval(config), parts)


def instructblip(folder: Path) -> Path:
    words = word_tokenizer("<image>")
    config = t.InstructBlipConfig(
        vision_config=VISION,
        qformer_config=QFORMER,
        text_config=OPT,
        num_query_tokens=3,
        image_token_index=words.convert_tokens_to_ids("<image>"),
    )
    images = _image("BlipImageProcessorPil")
    parts = t.InstructBlipProcessor(images, words, bert_tokenizer(), num_query_tokens=3)
    return _save(folder, t.InstructBlipForConditionalGeneration(config), parts)


def git(folder: Path) -> Path:
    words = bert_tokenizer()
    config = t.GitConfig(
        vision_config=VISION,
        **{**TEXT, "max_position_embeddings": 64},
        vocab_size=len(words),
        bos_token_id=2,
        eos_token_id=3,
        pad_token_id=0,
    )
    images = _image("CLIPImageProcessorPil", do_center_crop=False)
    return _save(folder, t.GitForCausalLM(config), t.GitProcessor(images, words))


def _vilt(folder: Path, name: str) -> Path:
    config = t.ViltConfig(
        **{**TEXT, **VISION},
        vocab_size=60,
        id2label={0: "red", 1: "blue", 2: "yes"},
        label2id={"red": 0, "blue": 1, "yes": 2},
    )
    images = t.ViltImageProcessorPil(size={"shortest_edge": 32}, size_divisor=16)
    return _save(folder, getattr(t, name)(config), t.ViltProcessor(images, bert_tokenizer()))


def vilt_answerer(folder: Path) -> Path:
    return _vilt(folder, "ViltForQuestionAnswering")


def vilt_matcher(folder: Path) -> Path:
    return _vilt(folder, "ViltForImageAndTextRetrieval")


def paligemma(folder: Path) -> Path:
    words = word_tokenizer("<image>")
    images = _image("SiglipImageProcessorPil")
    images.image_seq_length = 4
    parts = t.PaliGemmaProcessor(images, words)
    config = t.PaliGemmaConfig(
        vision_config={**VISION, "model_type": "siglip_vision_model", "projection_dim": 16},
        text_config={
            "model_type": "gemma",
            "vocab_size": len(words),
            "eos_token_id": words.eos_token_id,  # Gemma's own ids are other words here
            "bos_token_id": words.bos_token_id,
            "hidden_size": 16,
            "intermediate_size": 16,
            "num_hidden_layers": 1,
            "num_attention_heads": 2,
            "num_key_value_heads": 1,
            "head_dim": 8,
        },
        projection_dim=16,
        image_token_id=words.convert_tokens_to_ids("<image>"),
    )
    return _save(folder, t.PaliGemmaForConditionalGeneration(config), parts)


def florence2(folder: Path) -> Path:
    words = word_tokenizer("<image>", named={"image_token": "<image>"})
    images = _image("CLIPImageProcessorPil", do_center_crop=False)
    images.image_seq_length = 65
    parts = t.Florence2Processor(images, words, post_processor_config={"pure_text": {}})
    config = t.Florence2Config(
        vision_config={
            "embed_dim": [8],
            "depths": [1],
            "patch_size": [7],
            "patch_stride": [4],
            "patch_padding": [3],
            "patch_prenorm": [False],
            "num_heads": [2],
            "num_groups": [2],
            "window_size": 4,
            "projection_dim": 16,
        },
        text_config={
            "model_type": "bart",
            "vocab_size": len(words),
            "d_model": 16,
            "encoder_layers": 1,
            "decoder_layers": 1,
            "encoder_attention_heads": 2,
            "decoder_attention_heads": 2,
            "encoder_ffn_dim": 16,
            "decoder_ffn_dim": 16,
            "max_position_embeddings": 128,
            "bos_token_id": 1,
            "eos_token_id": 2,
            "pad_token_id": 0,
            "decoder_start_token_id": 2,
            "forced_eos_token_id": None,
        },
        image_token_id=words.image_token_id,
    )
    return _save(folder, t.Florence2ForConditionalGeneration(config), parts)


def kosmos_2(folder: Path) -> Path:
    words = word_tokenizer()
    images = _image("CLIPImageProcessorPil", do_center_crop=False)
    parts = t.Kosmos2Processor(images, words)
    text = {
        "vocab_size": len(words),
        "embed_dim": 16,
        "layers": 1,
        "ffn_dim": 16,
        "attention_heads": 2,
        "max_position_embeddings": 256,
        "bos_token_id": 1,
        "eos_token_id": 2,
        "pad_token_id": 0,
    }
    config = t.Kosmos2Config(text_config=text, vision_config=VISION, latent_query_num=64)
    return _save(folder, t.Kosmos2ForConditionalGeneration(config), parts)


TEMPLATE = (
    "{% for m in messages %}{{ 'answer' if m['role'] == 'assistant' else m['role'] }} : "
    "{% for c in m['content'] %}"
    "{% if c['type'] == 'image' %}<image> "
    "{% elif c['type'] == 'video' %}<video> {% else %}{{ c['text'] }} {% endif %}{% endfor %}"
    "{% if m['role'] == 'assistant' %}</s>{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}answer : {% endif %}"
)
"""As published ones: an answer begins as an answer is asked for, and has an end."""


def llava(folder: Path) -> Path:
    words = word_tokenizer("<image>", left=True)
    images = _image("CLIPImageProcessorPil", do_center_crop=False)
    parts = t.LlavaProcessor(
        images,
        words,
        patch_size=16,
        vision_feature_select_strategy="default",
        chat_template=TEMPLATE,
        num_additional_image_tokens=1,
    )
    config = t.LlavaConfig(
        vision_config={"model_type": "clip_vision_model", **VISION, "num_hidden_layers": 2},
        text_config={
            "model_type": "llama",
            "vocab_size": len(words),
            "hidden_size": 16,
            "intermediate_size": 16,
            "num_hidden_layers": 1,
            "num_attention_heads": 2,
            "num_key_value_heads": 2,
            "bos_token_id": 1,
            "eos_token_id": 2,
            "pad_token_id": 0,
        },
        image_token_index=words.convert_tokens_to_ids("<image>"),
        vision_feature_layer=-1,
    )
    return _save(folder, t.LlavaForConditionalGeneration(config), parts)


LLAMA = {
    "model_type": "llama",
    "hidden_size": 16,
    "intermediate_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "num_key_value_heads": 2,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "pad_token_id": 0,
}


def smolvlm(folder: Path) -> Path:
    named = {
        "image_token": "<image>",
        "fake_image_token": "<fake_token_around_image>",
        "global_image_token": "<global-img>",
        "end_of_utterance_token": "<end_of_utterance>",
    }
    words = word_tokenizer(*named.values(), longest=2048, left=True, named=named)
    sizes = {"size": {"longest_edge": 64}, "max_image_size": {"longest_edge": 32}}
    images = t.SmolVLMImageProcessorPil(**sizes, **HALF)
    video = t.SmolVLMVideoProcessor(**sizes, **HALF)
    parts = t.SmolVLMProcessor(images, words, video, image_seq_len=1, chat_template=TEMPLATE)
    config = t.SmolVLMConfig(
        vision_config=VISION,
        text_config={**LLAMA, "vocab_size": len(words)},
        image_token_id=words.convert_tokens_to_ids("<image>"),
        scale_factor=2,
        pad_token_id=0,
    )
    return _save(folder, t.SmolVLMForConditionalGeneration(config), parts)


QWEN_MARKS = ("image_pad", "video_pad", "vision_start", "vision_end")
QWEN_TEMPLATE = TEMPLATE.replace("<image> ", "<|vision_start|><|image_pad|><|vision_end|> ")
QWEN_TEMPLATE = QWEN_TEMPLATE.replace("<video> ", "<|vision_start|><|video_pad|><|vision_end|> ")


def _qwen(folder: Path, name: str, vision: dict[str, Any]) -> Path:
    words = word_tokenizer(*(f"<|{mark}|>" for mark in QWEN_MARKS), longest=2048, left=True)
    keys = ("image_token_id", "video_token_id", "vision_start_token_id", "vision_end_token_id")
    ids = {
        key: words.convert_tokens_to_ids(f"<|{mark}|>")
        for key, mark in zip(keys, QWEN_MARKS, strict=True)
    }
    images = t.Qwen2VLImageProcessorPil(
        min_pixels=28 * 28, max_pixels=56 * 56, patch_size=14, merge_size=2
    )
    text = {key: value for key, value in LLAMA.items() if key != "model_type"} | {
        "vocab_size": len(words),
        "rope_parameters": {
            "rope_type": "default",
            "mrope_section": [1, 1, 2],
            "rope_theta": 10000.0,
        },
    }
    config = getattr(t, f"{name}Config")(text_config=text, vision_config=vision, **ids)
    processor = getattr(t, f"{name}Processor")(
        images, words, t.Qwen2VLVideoProcessor(), chat_template=QWEN_TEMPLATE
    )
    return _save(folder, getattr(t, f"{name}ForConditionalGeneration")(config), processor)


def qwen2_vl(folder: Path) -> Path:
    vision = {
        "depth": 1, "embed_dim": 16, "hidden_size": 16, "num_heads": 2, "mlp_ratio": 1,
        "patch_size": 14,
    }  # fmt: skip
    return _qwen(folder, "Qwen2VL", vision)


def qwen2_5_vl(folder: Path) -> Path:
    vision = {
        "depth": 1, "hidden_size": 16, "intermediate_size": 16, "num_heads": 2, "patch_size": 14,
        "out_hidden_size": 16, "window_size": 56, "fullatt_block_indexes": [0],
    }  # fmt: skip
    return _qwen(folder, "Qwen2_5_VL", vision)


BUILDERS: dict[str, Callable[[Path], Path]] = {
    each.__name__: each
    for each in (
        clip, metaclip_2, siglip, siglip2, altclip, chinese_clip, align, captioner, trocr, donut,
        nougat, blip_captioner, blip_answerer, blip_matcher, blip_2, blip_2_matcher, instructblip,
        git, vilt_answerer, vilt_matcher, paligemma, florence2, kosmos_2, llava, gpt2_captioner,
        smolvlm, qwen2_vl, qwen2_5_vl,
    )
}  # fmt: skip


def build(kind: str, folder: Path) -> Path:
    """Save a tiny checkpoint of a kind; the same kind has the same weights."""
    torch.manual_seed(sum(map(ord, kind)))
    return BUILDERS[kind](folder)


def stop_soon(settings: Path) -> None:
    """Let any word end what a network without training writes, so that no run is long."""
    if settings.is_file():
        found = json.loads(settings.read_text())
        settings.write_text(json.dumps(found | {"eos_token_id": list(range(40))}))
