"""State dicts of the original become folders that load; anything else is refused by name."""

import codecs
import json
import os
import pickle
import re
import resource
import sys
import zipfile
from pathlib import Path

# ruff: noqa: TID253  (its tests are skipped where these are missing)
import pytest
import torch
import transformers
from stored_regions import stored
from toy_vocabulary import as_text, toy_words

from advisor.cli.main import run
from advisor.pickled import PickledError, write_safe
from advisor.unified_vlp.conversion import ConversionError, convert

pytestmark = pytest.mark.usefixtures("warm_children")


@pytest.fixture
def vocabulary(tmp_path):
    file = tmp_path / "vocab.txt"
    file.write_text("\n".join(toy_words()) + "\n", encoding="utf-8")
    return file


@pytest.fixture
def written(tmp_path):
    def made(weights):
        """Write weights as torch 1.1 did."""
        file = tmp_path / "model.30.bin"
        torch.save(weights, file, _use_new_zipfile_serialization=False)
        return file

    return made


def loaded(folder, auto="AutoModelForImageTextToText"):
    return (
        getattr(transformers, auto).from_pretrained(folder, local_files_only=True),
        transformers.AutoProcessor.from_pretrained(folder, local_files_only=True),
    )


def words_written(folder, regions):
    model, processor = loaded(folder)
    return processor.batch_decode(model.generate(**processor(images=regions)))


@pytest.mark.slow
@pytest.mark.apart
def test_a_captioner_writes_the_words_of_the_fixture(
    state_dict, written, vocabulary, tmp_path, regions, fixture
):
    done = convert(written(state_dict()), tmp_path / "out", vocabulary=vocabulary)
    assert done.class_name == "UnifiedVLPForCaptioning"
    assert list(done.dropped) == ["cls.predictions.decoder.weight"]
    expected = [as_text(row.tolist()) for row in fixture["decode.0.ids"]]
    assert words_written(done.folder, regions) == expected


@pytest.mark.skipif(
    "ADVISOR_TEST_VLP" not in os.environ, reason="ADVISOR_TEST_VLP names no file of the original"
)
def test_a_file_that_the_original_wrote_converts(vocabulary, tmp_path, regions, fixture):
    file = os.environ["ADVISOR_TEST_VLP"]
    done = convert(file, tmp_path / "out", vocabulary=vocabulary)
    expected = [as_text(row.tolist()) for row in fixture["decode.0.ids"]]
    assert words_written(done.folder, regions) == expected


def test_an_answerer_keeps_its_answers(state_dict, written, vocabulary, tmp_path, fixture, regions):
    weights = {**state_dict(answers=True), "crit_mask_lm_smoothed.one_hot": torch.ones(1, 120)}
    answers = tmp_path / "answers.txt"
    answers.write_text("\n".join(["<unk>", *(f"a{n}" for n in range(1, 3129))]), encoding="utf-8")
    file = written(weights)
    done = convert(file, tmp_path / "out", vocabulary=vocabulary, answers=answers)
    assert done.class_name == "UnifiedVLPForAnswering"
    assert "crit_mask_lm_smoothed.one_hot" in done.dropped
    assert [note for note in done.notes if "heads" not in note] == []
    model, processor = loaded(done.folder, "AutoModelForVisualQuestionAnswering")
    texts = [" ".join(toy_words()[word] for word in text) for text in fixture.texts]
    inputs = processor(images=regions, text=texts)
    inputs["input_ids"] = fixture["vqa.input_ids"]  # with one word hidden, as stored
    found = model.answer_texts(model.answers(model(**inputs).logits))
    assert found == [f"a{place}" for place in fixture["vqa.answer"].tolist()]


def test_without_answers_numbers_come_out_and_it_says_so(state_dict, written, vocabulary, tmp_path):
    done = convert(written(state_dict(answers=True)), tmp_path / "out", vocabulary=vocabulary)
    assert any("--answers" in note for note in done.notes)
    model, _ = loaded(done.folder, "AutoModelForVisualQuestionAnswering")
    assert model.answer_texts([7]) == ["7"]


def spoilt(weights, **changes):
    for name, value in changes.items():
        key = name.replace("__", ".")
        if value is None:
            weights.pop(key)
        else:
            weights[key] = value
    return weights


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        (
            {"cls__predictions__decoder__weight": torch.zeros(120, 48)},
            "differs from the word",
        ),
        ({"bert__embeddings__word_embeddings__weight": None}, "not a unified VLP"),
        ({"vis_embed__0__weight": None}, "lacks the tensor `vis_embed.0.weight`"),
        ({"bert__encoder__layer__1__output__dense__bias": None}, "has no tensor with the shape of"),
        (
            {"bert__encoder__layer__1__output__dense__bias": torch.zeros(5)},
            "has no tensor with the shape of",
        ),
        (
            {"bert__encoder__layer__9__output__dense__bias": torch.zeros(48)},
            "more tensors do not fit|has no tensor with the shape",
        ),
        ({"lstm__weight_ih_l0": torch.zeros(4)}, "does not have, the first is `lstm.weight_ih_l0`"),
    ],
)
def test_what_does_not_fit_is_refused(state_dict, written, vocabulary, tmp_path, changes, says):
    file = written(spoilt(state_dict(), **changes))
    with pytest.raises(ConversionError, match=says):
        convert(file, tmp_path / "out", vocabulary=vocabulary)
    assert not (tmp_path / "out").exists()


class Sly:
    def __reduce__(self):
        return (os.system, ("touch was-run",))


def test_nothing_but_tensors_is_unpickled(vocabulary, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "sly.bin"
    file.write_bytes(pickle.dumps({"bert": Sly()}))
    with pytest.raises(ConversionError, match="is not a state dict of tensors, and advisor"):
        convert(file, tmp_path / "out", vocabulary=vocabulary)
    assert not (tmp_path / "was-run").exists()


@pytest.mark.parametrize(
    "odd",
    [
        lambda table: table.to_sparse(),
        lambda table: table.to_sparse_csr(),
        lambda table: torch.empty(table.shape, device="meta"),
        lambda table: torch.nested.nested_tensor([table[0], table[1]]),
        lambda table: torch.quantize_per_tensor(table, 0.1, 0, torch.qint8),
        lambda table: table.to(torch.complex64),
    ],
    ids=["sparse", "csr", "meta", "nested", "quantised", "complex"],
)
@pytest.mark.filterwarnings("ignore")
def test_a_tensor_of_another_kind_is_refused(state_dict, tmp_path, odd):
    weights = state_dict(answers=True)
    weights["ans_classifier.2.weight"] = odd(weights["ans_classifier.2.weight"])
    torch.save(weights, tmp_path / "odd.bin")
    with pytest.raises(PickledError, match="values that are not named tensors"):
        write_safe(str(tmp_path / "odd.bin"), str(tmp_path / "safe.safetensors"))


class Doubled:
    """Bytes that double `times` times when they are unpickled, by what `weights_only` allows."""

    def __init__(self, times):
        self.times = times

    def __reduce__(self):
        inner = Doubled(self.times - 1) if self.times else b"a"
        return (codecs.encode, (inner, "hex"))


class Punycode:
    """A text whose encoding takes time with the square of its length."""

    def __reduce__(self):
        return (codecs.encode, ("".join(map(chr, range(0x4E00, 0x4E00 + 20_000))) * 12, "punycode"))


def packed(file):
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as parts:
        with parts.open("archive/data.pkl", "w") as unpickled:
            unpickled.write(b"\x80\x02]q\0(")
            for _ in range(300):
                unpickled.write(b"K\1" * 1_000_000)
            unpickled.write(b"e.")
        parts.writestr("archive/version", "3\n")


def pickled(value):
    return lambda file: torch.save({"bert": value}, file, _use_new_zipfile_serialization=False)


def cpu_of_children():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@pytest.mark.slow
@pytest.mark.apart
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux bounds memory")
@pytest.mark.parametrize(
    "hostile",
    [
        pytest.param(pickled(Doubled(34)), id="nested-codecs"),
        pytest.param(pickled(Punycode()), id="punycode"),
        pytest.param(packed, id="packed"),
        pytest.param(pickled(torch.zeros(1, 1).half().expand(1, 10**10)), id="expanded"),
    ],
)
def test_what_a_file_takes_is_bounded_by_its_size(vocabulary, tmp_path, monkeypatch, hostile):
    monkeypatch.setattr("advisor.pickled.SPARE_SECONDS", 2)
    file = tmp_path / "hostile.bin"
    hostile(file)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begun = cpu_of_children()
    with pytest.raises(ConversionError, match="exceeds the memory or time limit for a file of"):
        convert(file, tmp_path / "out", vocabulary=vocabulary)
    assert cpu_of_children() - begun < 30
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000
    assert not (tmp_path / "out").exists()


def test_the_vocabulary_has_to_fit(state_dict, written, tmp_path):
    short = tmp_path / "vocab.txt"
    short.write_text("\n".join(toy_words()[:-1]), encoding="utf-8")
    with pytest.raises(ConversionError, match="119 lines, but the weights need 120"):
        convert(written(state_dict()), tmp_path / "out", vocabulary=short)


def test_the_command_says_what_it_left_out(state_dict, written, vocabulary, tmp_path, capsys):
    file, folder = written(state_dict()), tmp_path / "out"
    command = ["convert", "vlp", str(file), str(folder), "--vocabulary", str(vocabulary)]
    assert run([*command, "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["class"] == "UnifiedVLPForCaptioning"
    assert "cls.predictions.decoder.weight" in told["dropped"]
    readme = (folder / "README.md").read_text(encoding="utf-8")
    assert "import advisor.unified_vlp" in readme
    assert "apache-2.0" in readme
    assert run([*command]) == 2
    assert "exists and has other files" in capsys.readouterr().err


@pytest.mark.parametrize("answers", [False, True])
def test_the_code_in_the_card_runs(
    state_dict, written, vocabulary, tmp_path, regions, monkeypatch, capsys, answers
):
    done = convert(written(state_dict(answers=answers)), tmp_path / "x", vocabulary=vocabulary)
    monkeypatch.chdir(done.folder)
    stored(regions[0], "regions.npz")
    text = (done.folder / "README.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    exec(code, {})
    assert capsys.readouterr().out.strip()


def test_the_code_of_the_documentation_runs(captioner, tmp_path, regions, monkeypatch, capsys):
    page = Path(__file__).parents[2] / "docs" / "unified-vlp.md"
    (code,) = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    monkeypatch.chdir(tmp_path)
    stored(regions[0], "regions.npz")
    (tmp_path / "captioner").symlink_to(captioner)
    exec(code, {})
    assert capsys.readouterr().out.strip()


def test_the_command_needs_the_vocabulary(state_dict, written, tmp_path, capsys):
    assert run(["convert", "vlp", str(written(state_dict())), str(tmp_path / "out")]) == 2
    assert "--vocabulary" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "odd", "said"),
    [
        pytest.param(
            "bert.embeddings.position_embeddings.weight",
            torch.zeros(1, 48).expand(10**8, 48),
            "exceeds the memory or time limit",
            marks=[pytest.mark.apart, pytest.mark.slow],
        ),
        ("bert.embeddings.word_embeddings.weight", torch.zeros(48), "which every unified VLP has"),
        (
            "bert.embeddings.position_embeddings.weight",
            torch.tensor(1.0),
            "which every unified VLP has",
        ),
        ("vis_embed.0.weight", torch.zeros(48), "which every unified VLP has"),
        ("vis_embed.0.weight", torch.zeros(0, 0), "which every unified VLP has"),
        ("vis_embed.0.weight", torch.zeros(1, 300_000), "has no tensor with the shape of"),
    ],
)
def test_sizes_that_a_file_makes_up_take_no_memory(
    state_dict, written, vocabulary, tmp_path, name, odd, said
):
    weights = state_dict()
    if name == "bert.embeddings.word_embeddings.weight":
        weights.pop("cls.predictions.decoder.weight")
    file = written({**weights, name: odd})
    with pytest.raises(ConversionError, match=said):
        convert(file, tmp_path / "out", vocabulary=vocabulary)
    assert not (tmp_path / "out").exists()


def test_a_layer_of_thousands_of_digits_is_none(state_dict, written, vocabulary, tmp_path):
    name = f"bert.encoder.layer.{'9' * 5_000}.intermediate.dense.weight"
    file = written({**state_dict(), name: torch.zeros(2, 2)})
    with pytest.raises(ConversionError):
        convert(file, tmp_path / "out", vocabulary=vocabulary)
