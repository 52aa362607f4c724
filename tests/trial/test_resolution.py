"""From a name to a checkpoint: folders, cached hub ids, a hub that answers or does not."""

import errno
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

from loopback_hub import serving

from advisor.hub import GatedError, HubError, NotFoundError, OfflineError
from advisor.trial import Download, Loading, load_runner, resolution, resolve
from advisor.trial.runtime import (
    BrokenCheckpointError,
    InferenceError,
)

Tiny = Callable[[str], Path]


@pytest.fixture
def copy(tiny: Tiny, tmp_path: Path) -> Path:
    folder = tmp_path / "copy"
    shutil.copytree(tiny("clip"), folder)
    return folder


def test_a_folder_is_a_checkpoint(tiny: Tiny) -> None:
    found = resolve(tiny("clip"))
    assert found.model_type == "clip"
    assert found.architectures == ("CLIPModel",)
    assert found.weights.dtype == "float32"
    assert found.weights.parameters > 1000
    assert found.weights.stored_bytes == 4 * found.weights.parameters


def test_a_hub_id_in_the_cache_needs_no_network(
    tiny: Tiny, hub: Callable[[str, Path], Path], image: Any
) -> None:
    hub("someone/tiny-clip", tiny("clip"))
    found = resolve("someone/tiny-clip", Loading(offline=True))
    assert found.revision == "0123456789abcdef0123456789abcdef01234567"
    runner = load_runner("someone/tiny-clip", "embeddings", offline=True, device="cpu")
    by_folder = load_runner(tiny("clip"), "embeddings", device="cpu")
    assert runner.run(image).answers == by_folder.run(image).answers


def test_a_revision_that_is_not_there_is_not_the_newest(
    tiny: Tiny, hub: Callable[[str, Path], Path]
) -> None:
    hub("someone/tiny-clip", tiny("clip"))
    with pytest.raises(OfflineError):
        resolve("someone/tiny-clip", Loading(revision="v2", offline=True))


def test_an_id_that_is_nowhere_here_is_offline_or_not_downloaded(
    hub: Callable[[str, Path], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(OfflineError, match="network access is turned off"):
        resolve("someone/nothing", Loading(offline=True))
    with pytest.raises(InferenceError) as caught:
        resolve("someone/nothing")
    assert caught.value.hint == "add --download, which prints the size first"
    assert caught.value.kind == "not-downloaded"
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(OfflineError):
        resolve("someone/nothing", Loading(agree=lambda _: True))


@pytest.mark.parametrize("name", ["./nowhere", "~/nowhere", "a/b/c", "a b", "", "../x", "a//b"])
def test_what_is_neither_folder_nor_id_is_not_found(name: str) -> None:
    with pytest.raises(NotFoundError):
        resolve(name)


def test_a_file_is_no_checkpoint(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").touch()
    with pytest.raises(NotFoundError, match="is neither a checkpoint folder nor a Hub id"):
        resolve(tmp_path / "model.safetensors")


def test_pickled_weights_are_refused(copy: Path) -> None:
    (copy / "model.safetensors").rename(copy / "pytorch_model.bin")
    with pytest.raises(InferenceError, match=r"pytorch_model\.bin") as caught:
        resolve(copy)
    assert "safetensors" in caught.value.hint


def test_code_of_its_own_is_refused_where_the_library_lacks_the_type(copy: Path) -> None:
    config = json.loads((copy / "config.json").read_text())
    config["auto_map"] = {"AutoModel": "modeling.Evil"}
    (copy / "config.json").write_text(json.dumps(config))
    assert resolve(copy).model_type == "clip"
    config["model_type"] = "brand-new"
    (copy / "config.json").write_text(json.dumps(config))
    with pytest.raises(InferenceError, match="never runs"):
        resolve(copy)


def _cut_weights(folder: Path) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-100])


def _scramble_weights(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"\xff" * 300)


def _name_absent_part(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    index = {"weight_map": {"a": "model-00001-of-00002.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))


def _name_odd_part(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    index = {"weight_map": {"a": 5, "b": "model-00001-of-00002.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))


def _with_header(**changes: Any) -> Callable[[Path], None]:
    """Return a damage: one tensor in the weights, described by a header that is wrong."""

    def damage(folder: Path) -> None:
        tensor = {"dtype": "F32", "shape": [1], "data_offsets": [0, 4], **changes}
        header = json.dumps({"weight": tensor}).encode()
        data = len(header).to_bytes(8, "little") + header + bytes(4)
        (folder / "model.safetensors").write_bytes(data)

    return damage


def _claim_a_long_header(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes((99_999_999).to_bytes(8, "little") + b"{}")


def _nest_the_header(folder: Path) -> None:
    header = b'{"a":' * 50_000 + b"1" + b"}" * 50_000
    (folder / "model.safetensors").write_bytes(len(header).to_bytes(8, "little") + header)


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda folder: (folder / "config.json").unlink(), "config.json of"),
        (lambda folder: (folder / "config.json").write_text("{"), "cannot be read"),
        (lambda folder: (folder / "config.json").write_text("{}"), "no model_type"),
        (lambda folder: (folder / "model.safetensors").unlink(), "no weights"),
        (_cut_weights, "damaged"),
        (_scramble_weights, "damaged"),
        (_name_absent_part, "incomplete: 1 of 1"),
        (_name_odd_part, "weight index"),
        (_with_header(shape=None), "damaged"),
        (_with_header(shape=["1"]), "damaged"),
        (_with_header(shape=[-1]), "damaged"),
        (_with_header(dtype=["F32"]), "damaged"),
        (_with_header(data_offsets=[]), "damaged"),
        (_with_header(shape=[2**40, 2**30]), "damaged"),
        (_with_header(dtype="F1024"), "damaged"),
        (_claim_a_long_header, "damaged"),
        (_nest_the_header, "damaged"),
    ],
)
def test_damaged_folders_say_what_is_wrong(
    copy: Path, damage: Callable[[Path], Any], words: str
) -> None:
    damage(copy)
    with pytest.raises(BrokenCheckpointError, match=words):
        resolve(copy)


@pytest.fixture
def server(
    tiny: Tiny, hub: Callable[[str, Path], Path], monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    with serving(tiny("clip")) as address:
        _ask(monkeypatch, address)
        yield address


def _ask(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    """Point the hub's library at an address, as HF_ENDPOINT does in a fresh process."""
    import huggingface_hub
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "ENDPOINT", address)
    template = address + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setattr(huggingface_hub.hf_api, "ENDPOINT", address, raising=False)


def test_a_download_says_its_size_first_and_is_then_here(server: str) -> None:
    asked: list[Download] = []

    def agree(download: Download) -> bool:
        asked.append(download)
        return True

    found = resolve("someone/there", Loading(agree=agree))
    assert found.model_type == "clip"
    assert asked[0].total_bytes > 50_000
    assert "model.safetensors" in asked[0].files
    assert resolve("someone/there", Loading(offline=True)).folder == found.folder


@pytest.mark.slow
def test_a_download_nobody_agrees_to_brings_nothing(server: str) -> None:
    with pytest.raises(InferenceError, match="kB in"):
        resolve("someone/there", Loading(agree=lambda _: False))
    with pytest.raises(OfflineError):
        resolve("someone/there", Loading(offline=True))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "revision", "kind"),
    [
        ("someone/gated", None, GatedError),
        ("someone/missing", None, NotFoundError),
        ("someone/there", "v9", NotFoundError),
        ("someone/broken", None, OfflineError),
    ],
)
def test_what_the_hub_refuses_has_its_own_error(
    server: str, name: str, revision: str | None, kind: type[HubError]
) -> None:
    with pytest.raises(kind) as caught:
        resolve(name, Loading(revision=revision, agree=lambda _: True))
    assert caught.value.hint
    assert "\n" not in caught.value.message


def test_a_dead_network_is_offline_and_quick(
    hub: Callable[[str, Path], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    _ask(monkeypatch, "http://127.0.0.1:9")
    with pytest.raises(OfflineError, match="cannot be reached"):
        resolve("someone/there", Loading(agree=lambda _: True))


@pytest.mark.slow
def test_a_disk_that_fills_up_on_the_way_is_a_full_disk(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import huggingface_hub

    def fail(*arguments: Any, **settings: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", fail)
    with pytest.raises(InferenceError, match="the disk is full, so"):
        resolve("someone/there", Loading(agree=lambda _: True))


@pytest.mark.slow
def test_pickled_weights_are_refused_before_they_are_fetched(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = {"config.json": 1, "pytorch_model.bin": 9}
    with pytest.raises(InferenceError, match="only the pickle file"):
        resolution._needed_files(sizes, "someone/old")


def test_only_what_loading_needs_is_chosen() -> None:
    sizes = dict.fromkeys(
        ["config.json", "model.safetensors", "model.fp16.safetensors", "pytorch_model.bin",
         "tf_model.h5", "onnx/model.onnx", "vocab.json", "merges.txt", "spiece.model", "README.md"],
        1,
    )  # fmt: skip
    chosen = resolution._needed_files(sizes, "x")
    assert chosen == (
        "config.json", "merges.txt", "model.safetensors", "spiece.model", "vocab.json",
    )  # fmt: skip
