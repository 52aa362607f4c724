"""`advisor compose`: joining and training through the command line."""

import json

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
Image = pytest.importorskip("PIL.Image")

from networks import TEXT, VISION, bert_tokenizer  # noqa: E402

from advisor.cli.main import run  # noqa: E402


@pytest.fixture
def parts(tmp_path):
    torch.manual_seed(3)
    words = bert_tokenizer()
    transformers.ViTModel(transformers.ViTConfig(**VISION)).save_pretrained(tmp_path / "vit")
    images = transformers.ViTImageProcessorPil(size={"height": 32, "width": 32})
    images.save_pretrained(tmp_path / "vit")
    decoder = transformers.BertForMaskedLM(transformers.BertConfig(**TEXT, vocab_size=len(words)))
    decoder.save_pretrained(tmp_path / "bert")
    words.save_pretrained(tmp_path / "bert")
    return tmp_path


def called(capsys, *arguments):
    code = run(["compose", *map(str, arguments), "--format", "json"])
    return code, json.loads(capsys.readouterr().out)


def test_join_then_train(capsys, parts):
    joined = parts / "joined"
    code, made = called(
        capsys, "--encoder", parts / "vit", "--decoder", parts / "bert", "--output", joined
    )
    assert code == 0
    assert made["new_parameters"] > 0
    assert made["new_weights"]
    rows = []
    for number, colour in enumerate(["red", "blue"] * 6):
        Image.new("RGB", (32, 32), colour).save(parts / f"{number}.png")
        rows.append(f"{number}.png,a {colour} picture")
    (parts / "pairs.csv").write_text("image,text\n" + "\n".join(rows), encoding="utf-8")
    trained = parts / "trained"
    code, result = called(
        capsys, "--checkpoint", joined, "--finetune", parts / "pairs.csv", "--output", trained,
        "--epochs", 2, "--device", "cpu", "--learning-rate", "0.001",
    )  # fmt: skip
    assert code == 0
    assert result["loss_after"] < result["loss_before"]
    assert (trained / "model.safetensors").is_file()
    assert run(["compose", "--encoder", str(parts / "vit"), "--decoder", str(parts / "bert"),
                "--output", str(parts / "again")]) == 0  # fmt: skip
    assert "talks nonsense until it is fine-tuned" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--encoder", "a"],
        ["--encoder", "a", "--decoder", "b"],
        ["--encoder", "a", "--decoder", "b", "--finetune", "c", "--output", "d"],
        ["--finetune", "pairs.csv", "--output", "d"],
    ],
)
def test_halves_of_a_command_are_2(capsys, arguments):
    code, answer = called(capsys, *arguments)
    assert code == 2
    assert answer["error"]["kind"] == "usage"
