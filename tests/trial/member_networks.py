"""Tiny networks of members that joined later: readers, chat models, other lines of models."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

# ruff: noqa: TID253  (its tests are skipped where these are missing)
import networks as n
import transformers as t
from latest_networks import LEFT, TEXT, TURNS, template

SWIN = {
    "embed_dim": 8,
    "depths": [1, 1, 1, 1],
    "num_heads": [2, 2, 2, 2],
    "window_size": 4,
    "image_size": 64,
    "out_features": ["stage2", "stage3", "stage4"],
}


def molmo2(folder: Path) -> Path:
    marks = (
        "<im_patch>", "<im_col>", "<im_start>", "<low_res_im_start>", "<frame_start>", "<im_end>",
        "<frame_end>", "<im_low>",
    )  # fmt: skip
    named = {"image_token": "<|image|>", "video_token": "<|video|>"}
    words = n.word_tokenizer(*marks, *named.values(), **LEFT, named=named)
    words.add_tokens([*marks, *named.values()], special_tokens=True)
    sizes = {"size": {"height": 140, "width": 140}, "patch_size": 14, "max_crops": 1}
    parts = t.Molmo2Processor(
        t.Molmo2ImageProcessor(**sizes),
        t.Molmo2VideoProcessor(size=sizes["size"], patch_size=14),
        words,
        chat_template=template("<|image|>", "<|video|>"),
    )
    text = {key: value for key, value in TEXT.items() if key != "bos_token_id"}
    tower = {"hidden_size": 16, "num_attention_heads": 2, "num_key_value_heads": 2, "head_dim": 8}
    ids = words.convert_tokens_to_ids
    config = t.Molmo2Config(
        vision_config={
            **tower, "intermediate_size": 16, "num_hidden_layers": 2, "image_size": [140, 140],
            "num_position_embeddings": 100,
        },
        adapter_config={
            **tower, "intermediate_size": 16, "text_hidden_size": 16,
            "vision_feature_layer": [-1, -2],
        },
        text_config={**text, "vocab_size": len(words), "additional_vocab_size": 8},
        image_start_token_id=ids("<im_start>"),
        low_res_image_start_token_id=ids("<low_res_im_start>"),
        image_end_token_id=ids("<im_end>"),
        image_patch_id=ids("<im_patch>"),
        frame_start_token_id=ids("<frame_start>"),
        frame_end_token_id=ids("<frame_end>"),
    )  # fmt: skip
    return n._save(folder, t.Molmo2ForConditionalGeneration(config), parts)


def hunyuan_vl(folder: Path) -> Path:
    named = {
        "image_token": "<img>",
        "image_start_token": "<img_start>",
        "image_end_token": "<img_end>",
    }
    words = n.word_tokenizer(*named.values(), **LEFT, named=named)
    images = t.HunYuanVLImageProcessorPil(min_pixels=32 * 32, max_pixels=64 * 64)
    parts = t.HunYuanVLProcessor(images, words, chat_template=template("<img_start><img><img_end>"))
    ids = words.convert_tokens_to_ids
    config = t.HunYuanVLConfig(
        text_config={
            **TEXT, "vocab_size": len(words),
            "rope_parameters": dict(TURNS),
        },
        vision_config={
            **n.VISION, "patch_size": 16, "max_image_size": 64, "min_image_size": 32,
            "out_hidden_size": 16, "text_hidden_size": 16,
        },
        image_token_id=ids("<img>"),
        image_start_token_id=ids("<img_start>"),
        image_end_token_id=ids("<img_end>"),
    )  # fmt: skip
    return n._save(folder, t.HunYuanVLForConditionalGeneration(config), parts)


def llava_onevision(folder: Path) -> Path:
    words = n.word_tokenizer("<image>", "<video>", **LEFT)
    images = t.LlavaOnevisionImageProcessorPil(
        size=n.SIZE, image_grid_pinpoints=[[32, 32]], **n.HALF
    )
    parts = t.LlavaOnevisionProcessor(
        images,
        words,
        t.LlavaOnevisionVideoProcessor(size=n.SIZE),
        num_image_tokens=4,
        vision_feature_select_strategy="full",
        chat_template=n.TEMPLATE,
    )
    config = t.LlavaOnevisionConfig(
        vision_config={"model_type": "siglip_vision_model", **n.VISION},
        text_config={**n.LLAMA, "vocab_size": len(words)},
        image_token_index=words.convert_tokens_to_ids("<image>"),
        video_token_index=words.convert_tokens_to_ids("<video>"),
        image_grid_pinpoints=[[32, 32]],
    )
    return n._save(folder, t.LlavaOnevisionForConditionalGeneration(config), parts)


def pp_formulanet(folder: Path) -> Path:
    words = n.word_tokenizer(longest=64)
    images = t.PPFormulaNetImageProcessor(size=n.SIZE)
    config = t.PPFormulaNetConfig(
        text_config={
            "vocab_size": len(words), "max_position_embeddings": 64, "d_model": 16,
            "encoder_layers": 1, "encoder_attention_heads": 2, "decoder_layers": 1,
            "decoder_ffn_dim": 16, "decoder_attention_heads": 2, "pad_token_id": 0,
            "bos_token_id": 1, "eos_token_id": 2, "decoder_start_token_id": 2,
            "forced_eos_token_id": 2,
        },
        vision_config={
            "hidden_size": 16, "output_channels": 8, "num_hidden_layers": 1,
            "num_attention_heads": 2, "image_size": 32, "patch_size": 8, "mlp_dim": 16,
            "window_size": 2, "global_attn_indexes": [0], "post_conv_in_channels": 8,
            "post_conv_mid_channels": 8, "post_conv_out_channels": 16, "decoder_hidden_size": 16,
        },
    )  # fmt: skip
    network = t.PPFormulaNetForConditionalGeneration(config)
    return n._save(folder, network, t.PPFormulaNetProcessor(images, words))


def _recogniser(folder: Path, name: str, images: str) -> Path:
    config = getattr(t, f"{name}Config")(head_out_channels=20)
    letters = ["blank", *"abcdefghijklmnopqr", " "]
    return n._save(
        folder,
        getattr(t, f"{name}ForTextRecognition")(config),
        getattr(t, images)(character_list=letters),
    )


def pp_ocrv6_small_rec(folder: Path) -> Path:
    return _recogniser(folder, "PPOCRV6SmallRec", "PPOCRV6SmallRecImageProcessor")


def pp_ocrv5_server_rec(folder: Path) -> Path:
    return _recogniser(folder, "PPOCRV5ServerRec", "PPOCRV5ServerRecImageProcessor")


def dinov2(folder: Path) -> Path:
    config = t.Dinov2Config(**{**n.VISION, "patch_size": 8})
    images = t.BitImageProcessor(size={"shortest_edge": 32}, crop_size=n.SIZE)
    return n._save(folder, t.Dinov2Model(config), images)


def dinov3(folder: Path) -> Path:
    config = t.DINOv3ViTConfig(**{**n.VISION, "patch_size": 8})
    images = t.DINOv3ViTImageProcessor(size=n.SIZE)
    return n._save(folder, t.DINOv3ViTModel(config), images)


def grounding_dino(folder: Path) -> Path:
    words = n.bert_tokenizer()
    small = {"encoder_layers": 1, "decoder_layers": 2, "encoder_ffn_dim": 16, "decoder_ffn_dim": 16}
    config = t.GroundingDinoConfig(
        backbone_config={"model_type": "swin", **SWIN},
        text_config={"model_type": "bert", **n.TEXT, "vocab_size": len(words)},
        d_model=32,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        num_queries=8,
        num_feature_levels=3,
        max_text_len=64,
        **small,
    )
    images = t.GroundingDinoImageProcessor(size={"shortest_edge": 64, "longest_edge": 96})
    return n._save(
        folder, t.GroundingDinoForObjectDetection(config), t.GroundingDinoProcessor(images, words)
    )


def colqwen2(folder: Path) -> Path:
    n.build("qwen2_vl", folder / "vlm")
    inner = t.AutoConfig.from_pretrained(folder / "vlm")
    processor = t.AutoProcessor.from_pretrained(folder / "vlm")
    parts = t.ColQwen2Processor(
        processor.image_processor, processor.tokenizer, chat_template=processor.chat_template
    )
    config = t.ColQwen2Config(vlm_config=inner.to_dict(), embedding_dim=8)
    return n._save(folder, t.ColQwen2ForRetrieval(config), parts)


def shieldgemma2(folder: Path) -> Path:
    import more_networks

    more_networks.build("gemma3", folder / "gemma3")
    inner = t.AutoConfig.from_pretrained(folder / "gemma3").to_dict()
    processor = t.AutoProcessor.from_pretrained(folder / "gemma3")
    parts = t.ShieldGemma2Processor(
        processor.image_processor,
        processor.tokenizer,
        chat_template=processor.chat_template,
        image_seq_length=processor.image_seq_length,
    )
    inner.pop("model_type")
    config = t.ShieldGemma2Config(**inner, yes_token_index=5, no_token_index=6)
    return n._save(folder, t.ShieldGemma2ForImageClassification(config), parts)


def qianfan_ocr(folder: Path) -> Path:
    named = {
        "start_image_token": "<img>",
        "end_image_token": "</img>",
        "context_image_token": "<IMG_CONTEXT>",
    }
    words = n.word_tokenizer(*named.values(), "<image>", **LEFT, named=named)
    images = t.GotOcr2ImageProcessorPil(size=n.SIZE, crop_to_patches=False, **n.HALF)
    parts = t.QianfanOCRProcessor(images, words, image_seq_length=1, chat_template=n.TEMPLATE)
    config = t.QianfanOCRConfig(
        vision_config={**n.VISION, "image_size": [32, 32], "patch_size": [16, 16]},
        text_config={**n.LLAMA, "vocab_size": len(words)},
        image_token_id=words.convert_tokens_to_ids("<IMG_CONTEXT>"),
        image_seq_length=1,
    )
    return n._save(folder, t.QianfanOCRForConditionalGeneration(config), parts)


def colpali(folder: Path) -> Path:
    n.build("paligemma", folder / "vlm")
    inner = t.AutoConfig.from_pretrained(folder / "vlm")
    processor = t.AutoProcessor.from_pretrained(folder / "vlm")
    parts = t.ColPaliProcessor(processor.image_processor, processor.tokenizer)
    config = t.ColPaliConfig(vlm_config=inner.to_dict(), embedding_dim=8)
    return n._save(folder, t.ColPaliForRetrieval(config), parts)


def colmodernvbert(folder: Path) -> Path:
    marks = ("<fake_token_around_image>", "<image>", "<end_of_utterance>", "<global-img>")
    words = n.word_tokenizer(*marks, longest=4096)
    images = t.Idefics3ImageProcessorPil(
        size={"longest_edge": 32}, max_image_size={"longest_edge": 32}, do_image_splitting=False
    )
    parts = t.ColModernVBertProcessor(images, words, image_seq_len=1)
    inner = t.ModernVBertConfig(
        text_config={
            "model_type": "modernbert", "vocab_size": len(words), "hidden_size": 16,
            "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2,
            "pad_token_id": 0, "cls_token_id": 1, "sep_token_id": 2, "bos_token_id": 1,
            "eos_token_id": 2,
        },
        vision_config={"model_type": "siglip_vision_model", **n.VISION},
        image_token_id=words.convert_tokens_to_ids("<image>"),
        pixel_shuffle_factor=2,
    )  # fmt: skip
    config = t.ColModernVBertConfig(vlm_config=inner.to_dict(), embedding_dim=8)
    return n._save(folder, t.ColModernVBertForRetrieval(config), parts)


BUILDERS: dict[str, Callable[[Path], Any]] = {
    each.__name__: each
    for each in (
        molmo2, hunyuan_vl, llava_onevision, pp_formulanet, pp_ocrv6_small_rec,
        pp_ocrv5_server_rec, dinov2, dinov3, grounding_dino, colqwen2, colpali, colmodernvbert,
        shieldgemma2, qianfan_ocr,
    )
}  # fmt: skip
