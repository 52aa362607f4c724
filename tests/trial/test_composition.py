"""Composing encoder-decoders."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from networks import TEXT, VISION, bert_tokenizer, word_tokenizer  # noqa: E402

from advisor.errors import AdvisorError  # noqa: E402
from advisor.trial import compose, load_runner  # noqa: E402
from advisor.trial.runtime import UnsupportedError  # noqa: E402
from advisor.writing import creating_folder, replacing  # noqa: E402


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
    assert "Fine-tune" in made.warnings[0]
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
    with pytest.raises(AdvisorError, match="has other files"):
        compose(parts["vit"], parts["bert"], tmp_path / "full")
    with pytest.raises(UnsupportedError, match="not a vision encoder"):
        compose(tiny("clip"), parts["bert"], tmp_path / "a")
    with pytest.raises(AdvisorError, match="cannot use"):
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
