"""Time that a trial adds to the bare transformers calls: `python benchmarks/try_overhead.py`.

Both run in turn in one process, on the same weights: a demo checkpoint (the worst case, a few
milliseconds an image) and a network of the size of CLIP ViT-B/32 with random weights. Prints for
each the fastest run, the median and the share on top of the median; the budget is 5 %. It takes a
machine with nothing else to do: beside other work the shares swing by tens of percent.
"""

# ruff: noqa: TID253  (a script of its own)
import argparse
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import transformers
from PIL import Image

from advisor.trial import Request, demo_checkpoints, load_runner, open_image

LABELS = ("a red circle", "a blue triangle", "a green rectangle")
IMAGES = 4
Prepared = tuple[Callable[[], object], Callable[[], object]]


def contrastive(folder: Path, path: Path) -> tuple[Callable[[], Prepared], Callable[[], Prepared]]:
    """Return what loads, each giving what runs: bare, and ours."""

    def bare() -> Prepared:
        network = transformers.CLIPModel.from_pretrained(folder, dtype=torch.float32).eval()
        processor = transformers.AutoProcessor.from_pretrained(folder)

        def run() -> object:
            image = Image.open(path).convert("RGB")
            inputs = processor(text=list(LABELS), images=image, return_tensors="pt", padding=True)
            with torch.inference_mode():
                return network(**inputs).logits_per_image.softmax(dim=-1)[0].tolist()

        return run, run

    def ours() -> Prepared:
        runner = load_runner(folder, "zero-shot-classification", device="cpu")

        def run() -> object:
            return runner.run(open_image(path), Request(texts=LABELS))

        return run, run

    return bare, ours


def captions(folder: Path, path: Path) -> tuple[Callable[[], Prepared], Callable[[], Prepared]]:
    """Return what loads, each giving what runs: bare, and ours."""

    def bare() -> Prepared:
        network = transformers.BlipForConditionalGeneration.from_pretrained(
            folder, dtype=torch.float32
        ).eval()
        processor = transformers.AutoProcessor.from_pretrained(folder)

        def run() -> object:
            image = Image.open(path).convert("RGB")
            inputs = processor(images=image, return_tensors="pt")
            with torch.inference_mode():
                ids = network.generate(**inputs, max_new_tokens=23, do_sample=False, num_beams=1)
            return processor.decode(ids[0], skip_special_tokens=True)

        return run, run

    def ours() -> Prepared:
        runner = load_runner(folder, "captioning", device="cpu")

        def run() -> object:
            return runner.run(open_image(path))

        return run, run

    return bare, ours


def base_sized(folder: Path, demo: Path) -> Path:
    """Save a CLIP of the size of ViT-B/32 (151 M parameters) with the demo's tokenizer."""
    processor = transformers.AutoProcessor.from_pretrained(demo)
    processor.image_processor.size = {"height": 224, "width": 224}
    words = processor.tokenizer
    ids = {"bos_token_id": words.bos_token_id, "eos_token_id": words.eos_token_id}
    config = transformers.CLIPConfig(text_config=ids, vision_config={})
    transformers.CLIPModel(config).save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


def compare(name: str, kinds: tuple[Any, Any], rounds: int, repeat: int) -> None:
    """Run both in turn; print fastest and median of loading, of one image and of a trial."""
    loads: tuple[list[float], list[float]] = ([], [])
    runs: tuple[list[float], list[float]] = ([], [])
    prepared: list[Any] = [None, None]
    for turn in range(rounds + 1):
        for place in (0, 1) if turn % 2 else (1, 0):
            prepared[place] = None
            begun = time.perf_counter()
            prepared[place] = kinds[place]()[0]
            if turn:
                loads[place].append(time.perf_counter() - begun)
            prepared[place]()
    for turn in range(repeat):
        for place in (0, 1) if turn % 2 else (1, 0):
            begun = time.perf_counter()
            prepared[place]()
            runs[place].append(time.perf_counter() - begun)
    whole = tuple(  # what `advisor try` does of itself: load, run once, run three times more
        [load + IMAGES * statistics.median(of) for load in loading]
        for loading, of in zip(loads, runs, strict=True)
    )
    for what, (bare, ours) in (("load", loads), ("one image", runs), ("a trial", whole)):
        one, two = min(bare) * 1000, min(ours) * 1000
        middle = [statistics.median(times) * 1000 for times in (bare, ours)]
        print(
            f"{name:12} {what:12} bare {one:7.1f} ms (median {middle[0]:.1f})   "
            f"advisor {two:7.1f} ms (median {middle[1]:.1f})   {middle[1] / middle[0] - 1:+.1%}"
        )


def main() -> None:
    """Compare on a demo checkpoint, a demo captioner and a base-sized network."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--repeat", type=int, default=60)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    demos = {demo.name: demo.folder for demo in demo_checkpoints()}
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "image.png"
        Image.effect_noise((640, 480), 80).convert("RGB").save(path)
        base = base_sized(Path(scratch) / "base", demos["clip"])
        compare("clip, demo", contrastive(demos["clip"], path), options.rounds, options.repeat)
        compare("blip, demo", captions(demos["blip"], path), options.rounds, options.repeat)
        compare("clip, 151 M", contrastive(base, path), options.rounds, options.repeat)


if __name__ == "__main__":
    main()
