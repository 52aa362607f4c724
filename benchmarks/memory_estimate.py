"""The memory estimate against measured peaks: `python benchmarks/memory_estimate.py`.

Networks of 30 to 300 million parameters with random weights, saved in float32 or bfloat16 and run
in both, each trial in a process of its own. Prints measured, estimated and the error; the budget
is 10 %. Of a word table that is mapped a dual encoder reads a few rows, so that its estimate here
is without the table.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

DTYPES = ("float32", "bfloat16")


def text(width: int, layers: int) -> dict[str, Any]:
    """Return settings of a text tower."""
    return {
        "hidden_size": width,
        "intermediate_size": 4 * width,
        "num_hidden_layers": layers,
        "num_attention_heads": width // 64,
    }


def build(kind: str, width: int, layers: int, demo: Path, folder: Path, dtype: str) -> None:
    """Save a network of a kind with the processor of the demo checkpoint of that kind."""
    import torch
    import transformers as t

    t.utils.logging.set_verbosity_error()
    t.utils.logging.disable_progress_bar()
    vision = {**text(width, layers), "image_size": 224, "patch_size": 16}
    words = t.AutoTokenizer.from_pretrained(demo)
    images = t.AutoImageProcessor.from_pretrained(demo)
    images.size = {"height": 224, "width": 224}
    network: Any
    if kind == "clip":
        ids = {"bos_token_id": words.bos_token_id, "eos_token_id": words.eos_token_id}
        config = t.CLIPConfig(
            text_config={**text(width, layers), **ids}, vision_config=vision, projection_dim=512
        )
        network = t.CLIPModel(config)
        processor = t.CLIPProcessor(images, words)
    elif kind == "blip":
        ids = {
            "bos_token_id": 5, "eos_token_id": 3, "sep_token_id": 3, "pad_token_id": 0,
            "encoder_hidden_size": width,
        }  # fmt: skip
        config = t.BlipConfig(text_config={**text(width, layers), **ids}, vision_config=vision)
        network = t.BlipForConditionalGeneration(config)
        processor = t.BlipProcessor(images, words)
    else:
        decoder = t.BertConfig(**text(width, layers), is_decoder=True, add_cross_attention=True)
        network = t.VisionEncoderDecoderModel(
            config=t.VisionEncoderDecoderConfig.from_encoder_decoder_configs(
                t.ViTConfig(**vision), decoder
            )
        )
        for owner in (network.config, network.generation_config):
            owner.decoder_start_token_id, owner.eos_token_id, owner.pad_token_id = 2, 3, 0
        images.save_pretrained(folder)
        processor = words
    network.to(getattr(torch, dtype)).save_pretrained(folder)
    processor.save_pretrained(folder)


TRIAL = """
import json, sys
from PIL import Image
from advisor.decide.memory import weights_mb
from advisor.trial import Request, load_runner, open_image
from advisor.trial.placement import begin_peak, estimated_mb, peak_mb, place
image = open_image(Image.effect_noise((640, 480), 80).convert("RGB"))
where = place("cpu", sys.argv[3])
begin_peak(where)
runner = load_runner(
    sys.argv[1], sys.argv[2], device="cpu", dtype=sys.argv[3], max_new_tokens=16
)
for _ in range(2):
    runner.run(image, Request(texts=("a red circle", "a blue triangle")))
weights = runner.checkpoint.weights
looked_up = sys.argv[2] != "captioning" and weights.dtype == where.dtype
unread = weights_mb(weights.table_parameters, where.dtype) if looked_up else 0.0
print(json.dumps([peak_mb(where), estimated_mb(weights, where) - unread]))
"""
CASES = (
    ("clip", 384, 6), ("clip", 512, 12), ("clip", 768, 12),
    ("vision-encoder-decoder", 384, 6), ("vision-encoder-decoder", 768, 12),
    ("blip", 384, 8), ("blip", 768, 12),
)  # fmt: skip


def main() -> None:
    """Build, run and compare each case."""
    from advisor.trial import demo_checkpoints, resolve

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kind", choices=sorted({kind for kind, _, _ in CASES}))
    options = parser.parse_args()
    demos = {demo.name: demo.folder for demo in demo_checkpoints()}
    errors = []
    for kind, width, layers in CASES:
        if options.kind not in {None, kind}:
            continue
        for stored in DTYPES:
            with tempfile.TemporaryDirectory() as scratch:
                folder = Path(scratch) / kind
                build(kind, width, layers, demos[kind], folder, stored)
                millions = resolve(folder).weights.parameters / 1e6
                task = "zero-shot-classification" if kind == "clip" else "captioning"
                for dtype in DTYPES:
                    done = subprocess.run(
                        [sys.executable, "-c", TRIAL, str(folder), task, dtype],
                        check=True,
                        capture_output=True,
                        text=True,
                    )
                    measured, estimated = json.loads(done.stdout)
                    errors.append(estimated / measured - 1)
                    print(
                        f"{kind:24} {millions:6.1f} M  {stored:8} run in {dtype:8} "
                        f"measured {measured:7.0f} MB  estimated {estimated:7.0f} MB  "
                        f"{errors[-1]:+.1%}",
                        flush=True,
                    )
    print(f"worst: {max(errors, key=abs):+.1%} of {len(errors)} runs")


if __name__ == "__main__":
    main()
