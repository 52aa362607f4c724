"""Compose two small untrained parts on scikit-learn's digits, beside a short Trainer script.

`python benchmarks/composing.py FOLDER [--seeds 0,1,2] [--peer]`: 1,617 images with their names in
words, 180 held out, no setting given but the seed; printed are exact texts of the held-out ones and
CPU seconds of the whole command. `--peer` trains the same network with the same data, steps and
settings by transformers' Trainer alone. An encoder of width 64 (2 layers, 4 heads, patches of 8 of
32 x 32 pixels), a decoder of width 64 (2 layers, 4 heads, 14 words).
"""

from __future__ import annotations

import argparse
import csv
import json
import resource
import subprocess
import sys
from pathlib import Path

WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
SMALL = {
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
}
PEER = """
import json, sys, torch, transformers as t
from PIL import Image
folder, data, saved, seed, epochs, batch, rate = sys.argv[1:]
told = json.loads(open(data).read())
images, words = (kind.from_pretrained(folder) for kind in (t.AutoImageProcessor, t.AutoTokenizer))
network = t.VisionEncoderDecoderModel.from_pretrained(folder, dtype=torch.float32)
def collate(rows):
    pixels = images([Image.open(row["image"]).convert("RGB") for row in rows], return_tensors="pt")
    ids = [words(row["text"], add_special_tokens=False)["input_ids"] for row in rows]
    labels = [torch.tensor([*each, network.config.eos_token_id]) for each in ids]
    padded = torch.nn.utils.rnn.pad_sequence(labels, batch_first=True, padding_value=-100)
    return {"pixel_values": pixels["pixel_values"], "labels": padded}
steps = int(epochs) * -(-len(told["train"]) // int(batch))
settings = t.TrainingArguments(
    output_dir=saved, num_train_epochs=int(epochs), per_device_train_batch_size=int(batch),
    per_device_eval_batch_size=int(batch), learning_rate=float(rate), weight_decay=0.01,
    warmup_steps=steps // 20, eval_strategy="epoch", save_strategy="epoch", save_total_limit=2,
    remove_unused_columns=False, prediction_loss_only=True, label_names=["labels"],
    logging_steps=steps // 200, report_to="none", disable_tqdm=True, seed=int(seed), use_cpu=True)
trainer = t.Trainer(model=network, args=settings, train_dataset=told["train"],
                    eval_dataset=told["held_out"], data_collator=collate)
trainer.model_accepts_loss_kwargs = False
trainer.train()
network.eval()
right = 0
for start in range(0, len(told["held_out"]), int(batch)):
    rows = told["held_out"][start : start + int(batch)]
    with torch.inference_mode():
        written = network.generate(collate(rows)["pixel_values"], max_new_tokens=64)
    texts = words.batch_decode(written, skip_special_tokens=True)
    right += sum(text.strip() == row["text"] for text, row in zip(texts, rows))
print(json.dumps({"exact": right, "of": len(told["held_out"])}))
"""


def draw(folder: Path) -> Path:
    """Write the digits as images with a CSV of their names."""
    from PIL import Image
    from sklearn.datasets import load_digits

    digits = load_digits()
    with (folder / "pairs.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["image", "text"])
        for place, (pixels, label) in enumerate(zip(digits.images, digits.target, strict=True)):
            image = Image.fromarray((pixels * 15.9).astype("uint8")).resize((32, 32))
            image.save(folder / f"{place}.png")
            rows.writerow([f"{place}.png", WORDS[label]])
    return folder / "pairs.csv"


def make_parts(folder: Path, seed: int) -> list[str]:
    """Write an encoder and a decoder that nobody trained."""
    import torch
    import transformers

    torch.manual_seed(seed)
    size = {"height": 32, "width": 32}
    vision = transformers.ViTConfig(**SMALL, image_size=32, patch_size=8)
    transformers.ViTModel(vision).save_pretrained(folder / "encoder")
    transformers.ViTImageProcessorPil(size=size).save_pretrained(folder / "encoder")
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS]
    numbered = {word: place for place, word in enumerate(vocabulary)}
    words = transformers.BertTokenizer(vocab=numbered, model_max_length=32)
    text = transformers.BertConfig(
        **SMALL, vocab_size=len(vocabulary), max_position_embeddings=32, pad_token_id=0
    )
    transformers.BertForMaskedLM(text).save_pretrained(folder / "decoder")
    words.save_pretrained(folder / "decoder")
    return ["--encoder", str(folder / "encoder"), "--decoder", str(folder / "decoder")]


def ran(command: list[str]) -> tuple[str, float]:
    """Run a command; return what it printed, and its CPU seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(done.stderr)
    return done.stdout, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def peer(folder: Path, joined: str, pairs: Path, seed: int, settings: dict[str, object]) -> None:
    """Train what was joined by the script above, on the same split, and print the same."""
    from advisor.trial.training import hold_out, read_examples

    parts = hold_out(read_examples(pairs), 0.1, seed)
    names = ("train", "held_out")
    told = {
        name: [{"image": str(each.image), "text": each.text} for each in part]
        for name, part in zip(names, parts, strict=True)
    }
    data, script = folder / "data.json", folder / "peer.py"
    data.write_text(json.dumps(told), encoding="utf-8")
    script.write_text(PEER, encoding="utf-8")
    given = [str(settings[name]) for name in ("epochs", "batch_size", "learning_rate")]
    printed, cpu = ran([str(script), joined, str(data), str(folder / "peer"), str(seed), *given])
    answer = json.loads(printed.splitlines()[-1])
    print(f"seed {seed}, Trainer alone: {answer['exact']} of {answer['of']}, CPU {cpu:.0f} s")


def main() -> None:
    """Print what comes of each seed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", default="0")
    parser.add_argument("--peer", action="store_true")
    parser.add_argument("--more", default="", help="options of `advisor compose`, by blanks")
    given = parser.parse_args()
    given.folder.mkdir(parents=True)
    pairs = draw(given.folder)
    for seed in map(int, given.seeds.split(",")):
        home = given.folder / str(seed)
        parts = make_parts(home, seed)
        joined = str(home / "joined")
        ran(["-m", "advisor", "compose", *parts, "--save", joined, "--seed", str(seed)])
        command = ["compose", "--checkpoint", joined, "--finetune", str(pairs)]
        command += ["--save", str(home / "tuned"), "--seed", str(seed), "--format", "json"]
        printed, cpu = ran(["-m", "advisor", *command, *given.more.split()])
        told = json.loads(printed)
        settings = {name: told["settings"][name] for name in told["settings"]}
        print(
            f"seed {seed}: {told['exact_after']} of {told['held_out']} exact, CPU {cpu:.0f} s, "
            f"{told['steps']} steps, best {told['best_step']}, {settings}",
            flush=True,
        )
        if given.peer:
            peer(home, joined, pairs, seed, settings)


if __name__ == "__main__":
    main()
