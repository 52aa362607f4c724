"""Composing and fine-tuning encoder-decoders."""

import csv
import json
import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from networks import TEXT, VISION, bert_tokenizer, word_tokenizer  # noqa: E402

from advisor.errors import AdvisorError, BrokenFileError  # noqa: E402
from advisor.files import creating_folder, replacing  # noqa: E402
from advisor.trial import compose, finetune, load_runner  # noqa: E402
from advisor.trial import finetuning as training  # noqa: E402
from advisor.trial.failures import (  # noqa: E402
    BrokenCheckpointError,
    OutputExistsError,
    UnsupportedError,
)
from advisor.trial.trainer import TrainingPair, hold_out, read_pairs  # noqa: E402


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Pretrained parts: two encoders (one wider than the decoders) and three decoders."""
    home = tmp_path_factory.mktemp("parts")
    torch.manual_seed(3)
    words = bert_tokenizer()
    plain = word_tokenizer()
    wide = {**VISION, "hidden_size": 24}
    made = {
        "vit": (transformers.ViTModel(transformers.ViTConfig(**VISION)), None),
        "deit": (transformers.DeiTModel(transformers.DeiTConfig(**wide)), None),
        "bert": (
            transformers.BertForMaskedLM(transformers.BertConfig(**TEXT, vocab_size=len(words))),
            words,
        ),
        "roberta": (
            transformers.RobertaForMaskedLM(
                transformers.RobertaConfig(
                    **TEXT, vocab_size=60, bos_token_id=1, eos_token_id=2, pad_token_id=0
                )
            ),
            plain,
        ),
        "gpt2": (
            transformers.GPT2LMHeadModel(
                transformers.GPT2Config(
                    vocab_size=60, n_embd=16, n_layer=1, n_head=2, n_positions=40,
                    bos_token_id=1, eos_token_id=2,
                )
            ),
            plain,
        ),
    }  # fmt: skip
    images = transformers.ViTImageProcessorPil(size={"height": 32, "width": 32})
    for name, (network, tokenizer) in made.items():
        network.save_pretrained(home / name)
        (tokenizer or images).save_pretrained(home / name)
    return {name: home / name for name in made}


@pytest.mark.parametrize("decoder", ["bert", "roberta", "gpt2"])
@pytest.mark.parametrize("encoder", ["vit", "deit"])
def test_parts_are_joined_saved_and_run(
    parts: dict[str, Path], tmp_path: Path, image: Any, encoder: str, decoder: str
) -> None:
    made = compose(parts[encoder], parts[decoder], tmp_path / "joined")
    config = json.loads((tmp_path / "joined" / "config.json").read_text())
    for key in ("decoder_start_token_id", "eos_token_id", "pad_token_id"):
        assert isinstance(config[key], int)
    generation = json.loads((tmp_path / "joined" / "generation_config.json").read_text())
    assert generation["decoder_start_token_id"] == config["decoder_start_token_id"]
    assert config["decoder"]["add_cross_attention"] is True
    assert 0 < made.new_parameters < made.parameters
    assert any("enc_to_dec_proj" in name for name in made.new_weights) is (encoder == "deit")
    assert "fine-tune" in made.warnings[0]
    runner = load_runner(tmp_path / "joined", "captioning", device="cpu", max_new_tokens=4)
    assert runner.warnings == ()
    assert runner.run(image).answers
    assert json.dumps(made.as_json())


def test_pretrained_weights_survive_the_join(parts: dict[str, Path], tmp_path: Path) -> None:
    compose(parts["vit"], parts["bert"], tmp_path / "joined")
    joined = transformers.VisionEncoderDecoderModel.from_pretrained(tmp_path / "joined")
    encoder = transformers.ViTModel.from_pretrained(parts["vit"]).state_dict()
    for name, value in joined.encoder.state_dict().items():
        assert torch.equal(value, encoder[name])
    decoder = transformers.BertForMaskedLM.from_pretrained(parts["bert"]).state_dict()
    for name, value in joined.decoder.state_dict().items():
        assert name not in decoder or torch.equal(value, decoder[name])


def test_a_folder_in_use_and_wrong_parts_are_refused(
    parts: dict[str, Path], tiny: Callable[[str], Path], tmp_path: Path
) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "note.txt").touch()
    with pytest.raises(AdvisorError, match="holds something else"):
        compose(parts["vit"], parts["bert"], tmp_path / "full")
    with pytest.raises(UnsupportedError, match="not a vision encoder"):
        compose(tiny("clip"), parts["bert"], tmp_path / "a")
    with pytest.raises(UnsupportedError, match="not a text decoder"):
        compose(parts["vit"], parts["vit"], tmp_path / "b")


def test_nothing_is_left_behind_by_an_interruption(
    parts: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*arguments: Any, **settings: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(transformers.VisionEncoderDecoderModel, "from_pretrained", stop)
    home = tmp_path / "home"
    home.mkdir()
    with pytest.raises(KeyboardInterrupt):
        compose(parts["vit"], parts["bert"], home / "joined")
    assert list(home.iterdir()) == []


def write_pairs(folder: Path, count: int) -> Path:
    """Draw plain squares of two colours and say so in a CSV."""
    from PIL import Image

    folder.mkdir(parents=True)
    with (folder / "pairs.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["image", "text"])
        for place in range(count):
            name = ("red", "blue")[place % 2]
            ground = 200 + place
            image = Image.new("RGB", (32, 32), (ground, ground, ground))
            image.paste(name, (4 + place % 8, 4, 24 + place % 8, 26))
            image.save(folder / f"{place}.png")
            rows.writerow([f"{place}.png", f"a {name} square"])
    return folder / "pairs.csv"


def test_a_run_that_was_interrupted_ends_where_an_unbroken_one_does(
    parts: dict[str, Path], tmp_path: Path
) -> None:
    pairs = write_pairs(tmp_path / "data", 12)
    compose(parts["vit"], parts["bert"], tmp_path / "joined")
    settings = {"epochs": 3, "batch_size": 4, "learning_rate": 1e-3, "checkpoint_every": 2}
    settings["device"] = "cpu"
    unbroken = finetune(tmp_path / "joined", pairs, tmp_path / "one", **settings)

    def interrupt(step: training.TrainingStep) -> None:
        if step.step == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        finetune(tmp_path / "joined", pairs, tmp_path / "two", progress=interrupt, **settings)
    assert (tmp_path / "two" / "unfinished" / "training.safetensors").is_file()
    assert not (tmp_path / "two" / "config.json").exists()
    with pytest.raises(OutputExistsError, match="other pairs or settings"):
        finetune(tmp_path / "joined", pairs, tmp_path / "two", **{**settings, "epochs": 4})
    resumed = finetune(tmp_path / "joined", pairs, tmp_path / "two", **settings)
    assert resumed.resumed_at == 4
    assert resumed.loss_after == pytest.approx(unbroken.loss_after, abs=1e-5)
    assert resumed.loss_before == unbroken.loss_before
    assert not (tmp_path / "two" / "unfinished").exists()
    assert unbroken.loss_after < unbroken.loss_before


def test_a_state_of_training_that_is_damaged_is_named_so(
    parts: dict[str, Path], tmp_path: Path
) -> None:
    from safetensors import safe_open
    from safetensors.torch import save_file

    pairs = write_pairs(tmp_path / "data", 4)
    compose(parts["vit"], parts["bert"], tmp_path / "joined")
    settings = {"epochs": 9, "batch_size": 4, "checkpoint_every": 1, "device": "cpu"}

    def train() -> None:
        finetune(tmp_path / "joined", pairs, tmp_path / "out", stop=lambda: True, **settings)

    with pytest.raises(KeyboardInterrupt):
        train()
    kept = tmp_path / "out" / "unfinished" / "training.safetensors"
    with safe_open(kept, "pt") as file:
        state = json.loads(file.metadata()["training"])
        tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    others = [
        ({key: value for key, value in state.items() if key != "step"}, tensors),
        *((state | damage, tensors) for damage in (
            {"step": "x"}, {"step": -5}, {"step": 10**9}, {"texts_before": 5},
            {"texts_before": [5]}, {"loss_before": "x"}, {"loss_before": math.inf},
        )),
        (state, {"a": torch.zeros(1)}),
        (state, tensors | {"0.value": torch.zeros(3)}),
        ([], tensors),
    ]  # fmt: skip
    for told, numbers in others:
        save_file(numbers, kept, metadata={"training": json.dumps(told)})
        with pytest.raises(BrokenCheckpointError, match="cannot be read"):
            train()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("image,caption\n1.png,x\n", "lacks the column `text`"),
        ("image,text\nnone.png,a cat\n", "no file `none.png`"),
        ("image,text\n,a cat\n", "image is empty"),
        ("image,text\n", "fewer than two"),
    ],
)
def test_bad_pairs_are_named_with_their_line(tmp_path: Path, content: str, words: str) -> None:
    path = tmp_path / "pairs.csv"
    path.write_text(content)
    with pytest.raises(BrokenFileError) as caught:
        read_pairs(path)
    assert words in "\n".join((caught.value.message, *caught.value.problems))


def test_a_line_behind_a_text_of_several_lines_keeps_its_number(tmp_path: Path) -> None:
    path = tmp_path / "pairs.csv"
    (tmp_path / "1.png").touch()
    path.write_text('image,text\n1.png,"a cat\non a mat"\n\nnone.png,a dog\n')
    with pytest.raises(BrokenFileError) as caught:
        read_pairs(path)
    assert caught.value.problems == (f"{path}:5: there is no file `none.png`",)


def test_a_new_folder_has_the_rights_of_the_umask_folders_in_it_too(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        with creating_folder(tmp_path / "new") as scratch:
            (scratch / "inner").mkdir()
            (scratch / "inner" / "weights").touch(mode=0o600)
    finally:
        os.umask(before)
    there = (tmp_path / "new", tmp_path / "new" / "inner", tmp_path / "new" / "inner" / "weights")
    modes = [path.stat().st_mode & 0o777 for path in there]
    assert modes == [0o750, 0o750, 0o640]


def test_a_file_that_is_not_finished_leaves_the_one_of_before(tmp_path: Path) -> None:
    file = tmp_path / "state"
    file.write_text("before")

    def half_written() -> None:
        with replacing(file) as scratch:
            scratch.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        half_written()
    assert [path.read_text() for path in tmp_path.iterdir()] == ["before"]


def test_a_held_out_image_is_never_trained_on_with_another_text(tmp_path: Path) -> None:
    pairs = tuple(
        TrainingPair(image=tmp_path / f"{place // 3}.png", text=f"text {place}")
        for place in range(30)
    )
    training_part, held = hold_out(pairs, 0.2, 5)
    assert len(training_part) + len(held) == 30
    assert not {pair.image for pair in training_part} & {pair.image for pair in held}
    assert len({pair.image for pair in held}) == 2
    assert hold_out(pairs, 0.2, 5) == (training_part, held)


def test_what_learns_nothing_is_said_with_what_to_try(
    parts: dict[str, Path], tmp_path: Path
) -> None:
    pairs = write_pairs(tmp_path / "data", 40)
    compose(parts["vit"], parts["bert"], tmp_path / "joined")
    settings = {"epochs": 1, "held_out": 0.5, "learning_rate": 0.0, "device": "cpu"}
    done = finetune(tmp_path / "joined", pairs, tmp_path / "tuned", **settings)
    same, useless = done.notes
    assert "all 20 held-out images get the same text" in same
    assert "--epochs" in same
    assert "would be right for" in useless
    assert done.exact_after == 0
    assert set(done.as_json()["notes"]) == {same, useless}
    drawn = [each.image for each in done.samples]
    assert len(drawn) == len(set(drawn)) == 5
    first = [pair.image.name for pair in hold_out(read_pairs(pairs), 0.5, 0)[1][:5]]
    assert drawn != first


@pytest.mark.slow
def test_fine_tuning_lowers_the_loss_and_writes_held_out_captions_right(
    parts: dict[str, Path], tmp_path: Path, image: Any
) -> None:
    pairs = write_pairs(tmp_path / "data", 40)
    compose(parts["vit"], parts["bert"], tmp_path / "joined")
    done = finetune(
        tmp_path / "joined",
        pairs,
        tmp_path / "tuned",
        epochs=60,
        batch_size=8,
        learning_rate=3e-3,
        held_out=0.25,
        device="cpu",
    )
    assert done.loss_after < 0.1 * done.loss_before
    assert done.exact_after == done.held_out == 10
    assert done.exact_before == 0
    again = load_runner(tmp_path / "tuned", "captioning", device="cpu")
    sample = done.samples[0]
    from advisor.trial import open_image

    reread = again.run(open_image(tmp_path / "data" / sample.image)).answers[0].text
    assert reread == sample.after == sample.text
