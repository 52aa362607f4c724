"""Weights in 8 and 4 bits: really quantized, near what they were, and refused where none can be."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
Image = pytest.importorskip("PIL.Image")

from advisor.cli.main import run  # noqa: E402
from advisor.trial import OpenedImage, Request, load_runner, placement  # noqa: E402
from advisor.trial.local_checkpoint import Weights  # noqa: E402
from advisor.trial.placement import QUANTIZED, Placement, estimated_mb, place  # noqa: E402
from advisor.trial.runtime import UnsupportedError  # noqa: E402

Tiny = Callable[[str], Path]
SHAPES = Path(__file__).parents[2] / "examples" / "images"
LABELS = ("a red circle", "a blue triangle", "a green rectangle")


@pytest.fixture
def bitsandbytes() -> Any:
    return pytest.importorskip("bitsandbytes")


@pytest.mark.parametrize("dtype", QUANTIZED)
def test_linear_layers_are_quantized_and_say_nearly_the_same(bitsandbytes: Any, dtype: str) -> None:
    from advisor.trial import open_image

    image = open_image(SHAPES / "red-circle.png")
    asked = Request(texts=LABELS)
    whole = load_runner("demo:clip", "zero-shot-classification", device="cpu")
    small = load_runner("demo:clip", "zero-shot-classification", device="cpu", dtype=dtype)
    kind = getattr(bitsandbytes.nn, "Linear8bitLt" if dtype == "8-bit" else "Linear4bit")
    layers = [layer for layer in small.network.modules() if isinstance(layer, kind)]
    assert len(layers) > 10
    for layer in layers:
        assert layer.weight.dtype in (torch.int8, torch.uint8)
        rows, columns = layer.out_features, layer.in_features
        assert layer.weight.numel() == rows * columns * QUANTIZED[dtype]
    (one,), (two,) = (runner.label_scores([image], asked) for runner in (whole, small))
    assert one != two
    assert two == pytest.approx(one, abs=0.2)
    assert two.index(max(two)) == 0


@pytest.mark.parametrize("dtype", QUANTIZED)
@pytest.mark.parametrize("kind", ["blip_captioner", "captioner", "llava"])
def test_what_writes_is_quantized_too(
    bitsandbytes: Any, tiny: Tiny, image: OpenedImage, kind: str, dtype: str
) -> None:
    """Also where its layers have other widths than the kernels for 4 bits on CPUs take."""
    runner = load_runner(tiny(kind), "captioning", device="cpu", dtype=dtype, max_new_tokens=3)
    assert runner.placement == Placement(device="cpu", dtype=dtype, computes_in="float32")
    assert len(runner.run(image).answers) == 1


def test_try_says_in_how_many_bits_it_ran(
    bitsandbytes: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    shape = str(SHAPES / "red-circle.png")
    command = ["try", "--checkpoint", "demo:clip", "--image", shape, "--labels", ",".join(LABELS)]
    asked = ["--quantize", "8", "--torch-device", "cpu", "--repeat", "0", "--format", "json"]
    assert run([*command, *asked]) == 0
    (trial,) = json.loads(capsys.readouterr().out)["trials"]
    assert trial["dtype"] == "8-bit"
    assert trial["answers"][0]["text"] == LABELS[0]


@pytest.mark.slow
def test_an_evaluation_measures_the_bits_beside_the_whole(
    bitsandbytes: Any, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for name in ("red circle", "blue triangle"):
        for number, ground in enumerate(("white", "black", "gray")):
            (tmp_path / "data" / name).mkdir(parents=True, exist_ok=True)
            with Image.open(SHAPES / "red-circle.png") as shape:
                drawn = shape.convert("RGB").resize((60 + number, 60))
            colour = drawn if "red" in name else Image.new("RGB", drawn.size, ground)
            colour.save(tmp_path / "data" / name / f"{number}.png")
    command = ["evaluate", str(tmp_path / "data"), "--candidate", "demo:clip", "--quantize", "8"]
    command += ["--torch-device", "cpu", "--run", str(tmp_path / "run"), "--format", "json"]
    assert run(command) in (0, 1)  # six images rank nothing
    found = json.loads(capsys.readouterr().out)
    run_as = {each["candidate"]: each["dtype"] for each in found["results"]}
    assert run_as["demo:clip"] == "float16"  # as its file has it
    assert run_as["demo:clip (8-bit)"] == "8-bit"
    run(command)
    assert json.loads(capsys.readouterr().out)["results"] == found["results"]


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (("--quantize", "3"), "--quantize` must be 8 or 4, not"),
        (("--quantize", "8", "--dtype", "float32"), "cannot be combined"),
    ],
)
def test_other_bits_are_2(
    capsys: pytest.CaptureFixture[str], flags: tuple[str, ...], told: str
) -> None:
    assert run(["try", "--demo", "--image", str(SHAPES / "red-circle.png"), *flags]) == 2
    assert told in capsys.readouterr().err


def test_where_nothing_quantizes_it_is_2_and_says_what_can(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placement, "library", lambda *_: torch)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    with pytest.raises(UnsupportedError, match="does not quantize on `mps`") as raised:
        place("auto", "8-bit")
    assert "--torch-device cpu" in str(raised.value.hint)


def test_without_bitsandbytes_it_is_2_with_the_extra(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "bitsandbytes", None)
    shape = str(SHAPES / "red-circle.png")
    command = ["try", "--checkpoint", "demo:clip", "--image", shape, "--labels", "a,b"]
    assert run([*command, "--quantize", "4"]) == 2
    told = capsys.readouterr().err
    assert "--quantize needs the library `bitsandbytes`" in told
    assert "[quantize]" in told


def test_quantized_weights_are_estimated_by_their_bits() -> None:
    weights = Weights(
        parameters=100 * 2**20, stored_bytes=400 * 2**20, dtype="float32",
        table_parameters=20 * 2**20,
    )  # fmt: skip
    on_gpu = Placement(device="cuda", dtype="4-bit", computes_in="bfloat16")
    assert estimated_mb(weights, on_gpu) == pytest.approx(2 * 20 + 80 / 2)
