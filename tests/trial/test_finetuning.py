"""Fine-tuning encoder-decoders: what is learnt, kept, resumed, refused and told."""

import csv
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
pytest.importorskip("accelerate")

from networks import VISION, encoder_and_decoder  # noqa: E402
from safetensors.torch import load_file  # noqa: E402

from advisor.cli.main import run  # noqa: E402
from advisor.errors import BrokenFileError, UsageError  # noqa: E402
from advisor.trial import compose, finetune, load_runner, open_image  # noqa: E402
from advisor.trial.composition import FROM_NOTHING, USUAL, was_never_trained  # noqa: E402
from advisor.trial.runtime import (  # noqa: E402
    BrokenCheckpointError,
    ImageError,
    InferenceError,
    UnsupportedError,
)
from advisor.trial.training import (  # noqa: E402
    HELD_OUT_LOSS,
    Progress,
    TrainingExample,
    hold_out,
    read_examples,
)

QUICK = {"epochs": 3, "batch_size": 4, "learning_rate": 1e-3, "device": "cpu"}


@pytest.fixture(scope="module")
def joined(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new encoder and a new decoder, joined; training drops units out, as it does by default."""
    home = tmp_path_factory.mktemp("parts")
    encoder_and_decoder(home)
    compose(home / "vit", home / "bert", home / "joined")
    return home / "joined"


@pytest.fixture
def without_dropout(joined: Path, tmp_path: Path) -> Path:
    """The same, where nothing is dropped out."""
    folder = shutil.copytree(joined, tmp_path / "without-dropout")
    config = json.loads((folder / "config.json").read_text())
    for part in ("encoder", "decoder"):
        config[part] |= {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    (folder / "config.json").write_text(json.dumps(config))
    return folder


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


def weights(folder: Path) -> dict[str, Any]:
    return load_file(folder / "model.safetensors")


def ending_at(last: int) -> Progress:
    """Ends a training at a step, before the checkpoint of that step is saved."""

    def interrupt(step: int, _steps: int, _losses: Mapping[str, float]) -> None:
        if step == last:
            raise KeyboardInterrupt

    return interrupt


@pytest.mark.slow
def test_a_run_that_was_interrupted_ends_where_an_unbroken_one_does(
    joined: Path, tmp_path: Path
) -> None:
    pairs = write_pairs(tmp_path / "data", 12)
    settings = {**QUICK, "checkpoint_every": 2}
    unbroken = finetune(joined, pairs, tmp_path / "one", **settings)
    with pytest.raises(KeyboardInterrupt):
        finetune(joined, pairs, tmp_path / "two", progress=ending_at(5), **settings)
    kept = tmp_path / "two" / "unfinished"
    assert (kept / "checkpoint-4" / "trainer_state.json").is_file()
    assert not (tmp_path / "two" / "config.json").exists()
    for other in ({"epochs": 4}, {"lora": 2}, {"patience": 1}):
        with pytest.raises(
            InferenceError, match="has an interrupted training with other data, models"
        ):
            finetune(joined, pairs, tmp_path / "two", **{**settings, **other})
    resumed = finetune(joined, pairs, tmp_path / "two", **settings)
    assert resumed.resumed_at == 4
    assert resumed.loss_before == unbroken.loss_before
    assert resumed.best_step == unbroken.best_step
    one, two = weights(tmp_path / "one"), weights(tmp_path / "two")
    assert all(torch.equal(one[name], two[name]) for name in one)
    assert not kept.exists()
    assert unbroken.loss_after < unbroken.loss_before


@pytest.mark.slow
def test_what_a_kill_left_half_written_is_passed_over(joined: Path, tmp_path: Path) -> None:
    pairs = write_pairs(tmp_path / "data", 12)
    settings = {**QUICK, "epochs": 2, "checkpoint_every": 1}
    with pytest.raises(KeyboardInterrupt):
        finetune(joined, pairs, tmp_path / "out", progress=ending_at(4), **settings)
    state = tmp_path / "out" / "unfinished" / "checkpoint-3" / "trainer_state.json"  # last of all
    state.write_text(state.read_text()[:40])
    assert finetune(joined, pairs, tmp_path / "out", **settings).resumed_at == 2


@pytest.mark.slow
def test_a_checkpoint_that_is_damaged_is_named_so(joined: Path, tmp_path: Path) -> None:
    pairs = write_pairs(tmp_path / "data", 4)
    with pytest.raises(KeyboardInterrupt):
        finetune(joined, pairs, tmp_path / "out", progress=ending_at(2), **QUICK)
    for name in ("model.safetensors", "optimizer.pt", "scheduler.pt", "rng_state.pth"):
        file = tmp_path / "out" / "unfinished" / "checkpoint-1" / name
        whole = file.read_bytes()
        file.write_bytes(b"{}")
        with pytest.raises(BrokenCheckpointError, match=r"interrupted training in .* cannot be"):
            finetune(joined, pairs, tmp_path / "out", **QUICK)
        file.write_bytes(whole)
    assert finetune(joined, pairs, tmp_path / "out", **QUICK).resumed_at == 1


def test_an_unfinished_folder_of_the_users_own_stays(joined: Path, tmp_path: Path) -> None:
    pairs = write_pairs(tmp_path / "data", 4)
    note = tmp_path / "out" / "unfinished" / "note.txt"
    note.parent.mkdir(parents=True)
    note.write_text("mine")
    with pytest.raises(InferenceError) as caught:
        finetune(joined, pairs, tmp_path / "out", **QUICK)
    assert caught.value.kind == "output-exists"
    assert note.read_text() == "mine"


def loss_of(folder: Path, pairs: Path) -> float:
    """The mean loss of a saved network on what `QUICK` and a quarter hold out, computed here."""
    network = transformers.VisionEncoderDecoderModel.from_pretrained(folder).eval()
    images = transformers.AutoImageProcessor.from_pretrained(folder)
    words = transformers.AutoTokenizer.from_pretrained(folder)
    _, held_out = hold_out(read_examples(pairs), 0.25, 0)
    losses = []
    for each in held_out:
        pixels = images(open_image(each.image).pixels, return_tensors="pt")["pixel_values"]
        ids = words(each.text, add_special_tokens=False)["input_ids"]
        labels = torch.tensor([[*ids, network.config.eos_token_id]])
        losses.append(float(network(pixel_values=pixels, labels=labels).loss.detach()))
    return sum(losses) / len(losses)


@pytest.mark.slow
def test_the_best_epoch_is_saved_and_training_stops_early(joined: Path, tmp_path: Path) -> None:
    pairs = write_pairs(tmp_path / "data", 12)
    told: list[tuple[int, int, Mapping[str, float]]] = []
    rates = {**QUICK, "epochs": 40, "learning_rate": 0.1, "held_out": 0.25}
    with_progress = {"progress": lambda *step: told.append(step), **rates}
    done = finetune(joined, pairs, tmp_path / "out", patience=2, **with_progress)
    judged = [(losses[HELD_OUT_LOSS], at) for at, _, losses in told if HELD_OUT_LOSS in losses]
    best, place = min(judged)
    assert (done.loss_after, done.best_step) == (pytest.approx(best, abs=1e-6), place)
    assert judged[-1][0] > best  # it had become worse
    assert loss_of(tmp_path / "out", pairs) == pytest.approx(best, abs=1e-5)
    assert done.steps == judged[-1][1] == place + 2 * 3 < 40 * 3
    trained = [(at, steps) for at, steps, losses in told if "loss" in losses]
    assert trained == [(at, 120) for at in range(1, done.steps + 1)]


@pytest.mark.slow
def test_accumulated_batches_are_one_larger_batch(without_dropout: Path, tmp_path: Path) -> None:
    pairs = write_pairs(tmp_path / "data", 20)
    settings = {**QUICK, "epochs": 1}
    whole = finetune(without_dropout, pairs, tmp_path / "one", **settings)
    halves = {**settings, "batch_size": 2, "gradient_accumulation": 2}
    summed = finetune(without_dropout, pairs, tmp_path / "two", **halves)
    assert summed.steps == whole.steps == 5
    assert summed.loss_after == pytest.approx(whole.loss_after, abs=1e-4)
    assert summed.loss_after != pytest.approx(whole.loss_before, abs=1e-3)


@pytest.mark.slow
def test_workers_change_nothing_but_who_loads(joined: Path, tmp_path: Path) -> None:
    pairs = write_pairs(tmp_path / "data", 8)
    settings = {**QUICK, "epochs": 1}
    alone = finetune(joined, pairs, tmp_path / "one", **settings)
    helped = finetune(joined, pairs, tmp_path / "two", workers=1, **settings)
    assert helped.loss_after == alone.loss_after


@pytest.mark.slow
def test_mixed_precision_trains_where_the_device_has_it(joined: Path, tmp_path: Path) -> None:
    pairs = write_pairs(tmp_path / "data", 8)
    mixed = finetune(joined, pairs, tmp_path / "one", mixed_precision="bf16", **QUICK)
    whole = finetune(joined, pairs, tmp_path / "two", mixed_precision="no", **QUICK)
    assert mixed.loss_after != whole.loss_after
    assert mixed.loss_after == pytest.approx(whole.loss_after, rel=0.05)
    assert {value.dtype for value in weights(tmp_path / "one").values()} == {torch.float32}
    with pytest.raises(UnsupportedError, match="needs a GPU"):
        finetune(joined, pairs, tmp_path / "three", mixed_precision="fp16", **QUICK)
    with pytest.raises(UsageError, match="unknown precision `half`"):
        finetune(joined, pairs, tmp_path / "three", mixed_precision="half", **QUICK)


@pytest.mark.slow
def test_lora_moves_pretrained_weights_by_a_low_rank_and_new_ones_whole(
    joined: Path, tmp_path: Path
) -> None:
    pairs = write_pairs(tmp_path / "data", 12)
    done = finetune(joined, pairs, tmp_path / "out", lora=2, **{**QUICK, "learning_rate": 0.02})
    assert done.loss_after < done.loss_before
    before, after = weights(joined), weights(tmp_path / "out")
    assert set(after) == set(before)  # merged: no adapter is left
    moved = {name for name in before if not torch.equal(before[name], after[name])}
    new = {name for name in before if "crossattention" in name}
    assert {name for name in new if name.endswith("weight")} <= moved
    adapted = {name for name in moved - new if "LayerNorm" not in name}
    assert any(name.startswith("encoder") for name in adapted)
    for name in adapted:
        assert torch.linalg.matrix_rank(after[name] - before[name], rtol=1e-3) <= 2, name
    assert before["decoder.bert.embeddings.word_embeddings.weight"].equal(
        after["decoder.bert.embeddings.word_embeddings.weight"]
    )
    assert load_runner(tmp_path / "out", "captioning", device="cpu").warnings == ()


def test_parts_that_were_never_trained_have_settings_of_their_own(
    joined: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Enough(Exception):  # noqa: N818
        pass

    def settings_of(checkpoint: Path) -> dict[str, Any]:
        from advisor.trial import trainer

        def seen(_runner: Any, _recipe: Any, training: Any, *_: Any, **__: Any) -> None:
            raise Enough(training)

        monkeypatch.setattr(trainer, "train", seen)
        with pytest.raises(Enough) as caught:
            finetune(checkpoint, pairs, tmp_path / f"of-{checkpoint.name}", device="cpu")
        return {name: getattr(caught.value.args[0], name) for name in USUAL}

    pairs = write_pairs(tmp_path / "data", 8)
    finetune(joined, pairs, tmp_path / "trained", **{**QUICK, "epochs": 1})
    assert settings_of(joined) == FROM_NOTHING
    assert settings_of(tmp_path / "trained") == USUAL
    network = transformers.VisionEncoderDecoderModel.from_pretrained(tmp_path / "trained")
    new = transformers.ViTModel(transformers.ViTConfig(**VISION))
    assert not was_never_trained(network)
    network.encoder = new
    assert was_never_trained(network)


def test_progress_is_told_off_a_terminal_and_stdout_holds_the_answer_alone(
    joined: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pairs = write_pairs(tmp_path / "data", 8)
    flags = ["--epochs", "2", "--batch-size", "4", "--torch-device", "cpu", "--format", "json"]
    train = ["compose", "--checkpoint", str(joined), "--finetune", str(pairs)]
    assert run([*train, "--save", str(tmp_path / "out"), *flags]) == 0
    told = capsys.readouterr()
    assert json.loads(told.out)["settings"]["epochs"] == 2
    lines = [line for line in told.err.splitlines() if "validation loss" in line]
    assert [line.split(",")[0].strip() for line in lines] == ["step 2 of 4", "step 4 of 4"]
    assert all("left" in line for line in lines)


def test_a_loss_that_is_not_finite_stops_training(joined: Path, tmp_path: Path) -> None:
    pairs = write_pairs(tmp_path / "data", 8)
    with pytest.raises(InferenceError, match="the training loss became NaN or infinite at step"):
        finetune(joined, pairs, tmp_path / "out", **{**QUICK, "learning_rate": 1e30})
    assert not (tmp_path / "out" / "config.json").exists()


def test_questions_and_regions_are_for_another_network(joined: Path, tmp_path: Path) -> None:
    pairs = write_pairs(tmp_path / "data", 4)
    questions = pairs.with_name("questions.csv")
    questions.write_text("image,question,answer\n0.png,what?,red\n1.png,what?,blue\n")
    with pytest.raises(UsageError, match="has questions, which an encoder-decoder cannot"):
        finetune(joined, questions, tmp_path / "out", **QUICK)
    pairs.with_name("9.npz").write_bytes(b"regions")
    pairs.write_text(pairs.read_text() + "9.jpg,a red square\n")
    with pytest.raises(ImageError, match="region features"):
        finetune(joined, pairs, tmp_path / "out", **QUICK)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("picture,text\n1.png,x\n", "has no column of image names. Its first line is"),
        ("image,text\nnone.png,a cat\n", "the file `none.png` does not exist"),
        ("image,text\n,a cat\n", "pairs.csv:2: the row names no image"),
        ("image,text\n", "no annotations"),
        ("image,text\n1.png,a cat\n", "fewer than two"),
    ],
)
def test_bad_pairs_are_named_with_their_line(tmp_path: Path, content: str, words: str) -> None:
    path = tmp_path / "pairs.csv"
    path.write_text(content)
    (tmp_path / "1.png").touch()
    with pytest.raises(BrokenFileError) as caught:
        read_examples(path)
    assert words in "\n".join((caught.value.message, *caught.value.problems))


def test_a_line_behind_a_text_of_several_lines_keeps_its_number(tmp_path: Path) -> None:
    path = tmp_path / "pairs.csv"
    path.write_text('image,text\n1.png,"a cat\non a mat"\n\n,a dog\n')
    with pytest.raises(BrokenFileError) as caught:
        read_examples(path)
    assert caught.value.problems == (f"{path}:5: the row names no image",)


def test_a_held_out_image_is_never_trained_on_with_another_text(tmp_path: Path) -> None:
    pairs = tuple(
        TrainingExample(image=tmp_path / f"{place // 3}.png", text=f"text {place}")
        for place in range(30)
    )
    training_part, held = hold_out(pairs, 0.2, 5)
    assert len(training_part) + len(held) == 30
    assert not {pair.image for pair in training_part} & {pair.image for pair in held}
    assert len({pair.image for pair in held}) == 2
    assert hold_out(pairs, 0.2, 5) == (training_part, held)


def test_what_learns_nothing_is_said_with_what_to_try(joined: Path, tmp_path: Path) -> None:
    pairs = write_pairs(tmp_path / "data", 40)
    settings = {"epochs": 1, "held_out": 0.5, "learning_rate": 0.0, "device": "cpu"}
    done = finetune(joined, pairs, tmp_path / "tuned", **settings)
    same, useless = done.notes
    assert "the model returns the same text" in same
    assert "--epochs" in same
    assert "Always returning" in useless
    assert done.exact_after == 0
    assert set(done.as_json()["notes"]) == {same, useless}
    drawn = [each.image for each in done.samples]
    assert len(drawn) == len(set(drawn)) == 5
    first = [pair.image.name for pair in hold_out(read_examples(pairs), 0.5, 0)[1][:5]]
    assert drawn != first


@pytest.mark.slow
def test_fine_tuning_lowers_the_loss_and_writes_held_out_captions_right(
    joined: Path, tmp_path: Path
) -> None:
    pairs = write_pairs(tmp_path / "data", 40)
    done = finetune(
        joined,
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
    reread = again.run(open_image(tmp_path / "data" / sample.image)).answers[0].text
    assert reread == sample.after == sample.text
