"""Files of a checkpoint that ask for endless memory or time: each is refused in a sentence."""

import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("torchvision")
Image = pytest.importorskip("PIL.Image")

from advisor.child import Limits, interpreter  # noqa: E402
from advisor.trial import OpenedImage, Request, load_runner, open_image  # noqa: E402
from advisor.trial.demo import read_card  # noqa: E402
from advisor.trial.local_checkpoint import read_checkpoint  # noqa: E402
from advisor.trial.runtime import BrokenCheckpointError, ImageError, InferenceError  # noqa: E402

pytestmark = pytest.mark.rehearses
only_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux bounds memory")
Tiny = Callable[[str], Path]
PROCESSOR, GENERATION = "processor_config.json", "generation_config.json"
ENORMOUS = {"height": 100_000, "width": 100_000}


def changed(source: Path, folder: Path, file: str, *path: str, value: Any) -> Path:
    """Copy a checkpoint and set one value of one of its JSON files."""
    shutil.copytree(source, folder)
    written = folder / file
    settings = json.loads(written.read_text()) if written.exists() else {}
    inner = settings
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    written.write_text(json.dumps(settings))
    return folder


NO_END = "loading the configuration files of"


def within(cpu_seconds: float) -> Limits:
    return Limits(memory_mb=2_000, cpu_seconds=cpu_seconds, wall_seconds=600)


@pytest.fixture(autouse=True)
def limits(monkeypatch: pytest.MonkeyPatch, warm_children: None) -> None:
    """So much time that also on a busy machine none is ended that has another fault."""
    monkeypatch.setattr("advisor.trial.loading.LIMITS", within(30))


def nightly(*values: Any) -> Any:
    """One of several that meet the same bound and take as long: one of them is often enough."""
    return pytest.param(*values, marks=pytest.mark.long)


def refused(folder: Path, task: str, image: OpenedImage, **request: Any) -> str:
    with pytest.raises(BrokenCheckpointError) as raised:
        load_runner(folder, task, device="cpu").run(image, Request(**request))
    assert raised.value.hint
    return raised.value.message


def ended(folder: Path, task: str, image: OpenedImage, **request: Any) -> bool:
    """Whether a limit ends it: a tight one, so that no test takes its minute."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("advisor.trial.loading.LIMITS", within(3))
        return NO_END in refused(folder, task, image, **request)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        pytest.param("size", ENORMOUS, marks=pytest.mark.slow),
        pytest.param(
            "size", {"shortest_edge": 100_000}, marks=[pytest.mark.slow, pytest.mark.long]
        ),
        pytest.param("crop_size", ENORMOUS, marks=pytest.mark.slow),
    ],
)
def test_a_processor_that_asks_for_enormous_images_is_refused(
    tiny: Tiny, image: OpenedImage, tmp_path: Path, key: str, value: Any
) -> None:
    folder = changed(tiny("clip"), tmp_path / "c", PROCESSOR, "image_processor", key, value=value)
    folder = changed(
        folder, tmp_path / "d", PROCESSOR, "image_processor", "do_center_crop", value=True
    )
    assert ended(folder, "embeddings", image)


def test_a_thread_of_an_image_is_refused() -> None:
    """A processor would make its short side as long as the network wants it."""
    with pytest.raises(ImageError, match="200 times as long as the other"):
        open_image(Image.new("RGB", (1, 60_000)))
    assert open_image(Image.new("RGB", (10, 2_000))).pixels.size == (10, 2_000)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "file", "path", "value", "told"),
    [
        ("captioner", GENERATION, ("bad_words_ids",), [[1]] * 300_000, "larger than 1 MB"),
        ("vilt_answerer", "config.json", ("num_labels",), 10**8, NO_END),
        ("clip", "tokenizer_config.json", ("model_max_length",), "a", "transformers cannot use"),
        nightly(
            "align",
            "config.json",
            ("vision_config", "num_block_repeats"),
            [6_000_000] * 4,
            NO_END,
        ),
        nightly(
            "donut",
            "config.json",
            ("encoder",),
            {"window_size": 200, "image_size": [4000, 4000]},
            "parameters, far more than its weights of",
        ),
        (
            "kosmos_2",
            "config.json",
            ("text_config", "max_position_embeddings"),
            99_999_999,
            "parameters, far more than its weights of",
        ),
    ],
)
def test_settings_that_count_endlessly_are_refused(
    tiny: Tiny, image: OpenedImage, tmp_path: Path, kind: str, file: str, path: tuple[str, ...],
    value: Any, told: str,
) -> None:  # fmt: skip
    tasks = {"vilt_answerer": "vqa"} | dict.fromkeys(
        ("captioner", "donut", "kosmos_2"), "captioning"
    )
    task = tasks.get(kind, "embeddings")
    if isinstance(value, dict):
        value = json.loads((tiny(kind) / file).read_text())[path[0]] | value
    folder = changed(tiny(kind), tmp_path / "c", file, *path, value=value)
    if told == NO_END:
        assert ended(folder, task, image, question="what")
    else:
        assert told in refused(folder, task, image, question="what")


def test_pipes_devices_and_endless_files_are_refused_before_a_library_reads_them(
    tiny: Tiny, tmp_path: Path
) -> None:
    for number, name in enumerate(("tokenizer.json", "preprocessor_config.json", "vocab.txt")):
        for make in (lambda file: os.mkfifo(file), lambda file: file.symlink_to("/dev/zero")):
            folder = tmp_path / f"{number}{make.__code__.co_names[0]}"
            shutil.copytree(tiny("clip"), folder)
            (folder / name).unlink(missing_ok=True)
            make(folder / name)
            with pytest.raises(BrokenCheckpointError, match="a pipe or a device"):
                read_checkpoint(folder, "x")
    shutil.copytree(tiny("clip"), tmp_path / "many")
    (tmp_path / "many" / "model.safetensors").unlink()
    names = {f"a{number}": f"m{number}.safetensors" for number in range(2_000)}
    index = tmp_path / "many" / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": names}))
    with pytest.raises(BrokenCheckpointError, match="does not list at most 1,000"):
        read_checkpoint(tmp_path / "many", "x")


@pytest.mark.parametrize("named", ["../{}", "a/b/{}", "/dev/zero", "weights.bin"])
def test_an_index_names_safetensors_of_its_own_folder_alone(
    tiny: Tiny, tmp_path: Path, named: str
) -> None:
    folder = tmp_path / "c"
    shutil.copytree(tiny("clip"), folder)
    weights = folder / "weights.safetensors"
    (folder / "model.safetensors").rename(weights)
    shutil.copy(weights, folder / "weights.bin")
    (folder / "a" / "b").mkdir(parents=True)
    os.mkfifo(folder / "a" / "b" / weights.name)
    index = {"weight_map": {"logit_scale": named.format(weights.name)}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(BrokenCheckpointError, match=r"\.safetensors files, all in the same folder"):
        read_checkpoint(folder, "c")


def test_weights_by_another_name_are_refused(tiny: Tiny, tmp_path: Path) -> None:
    named = "a/b/weights.safetensors"
    folder = changed(
        tiny("clip"), tmp_path / "c", "config.json", "transformers_weights", value=named
    )
    with pytest.raises(BrokenCheckpointError, match="sets another name"):
        read_checkpoint(folder, "c")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("_attn_implementation",), "some-org/kernel"),
        (("attn_implementation",), {"": "eager", "text_config": "paged|some-org/kernel@main"}),
        (("text_config", "attn_implementation"), "some-org/kernel"),
    ],
)
def test_code_of_the_hub_that_a_configuration_names_is_never_run(
    tiny: Tiny, tmp_path: Path, path: tuple[str, ...], value: Any
) -> None:
    folder = changed(tiny("clip"), tmp_path / "c", "config.json", *path, value=value)
    with pytest.raises(InferenceError, match="needs code from the Hub"):
        read_checkpoint(folder, "c")


def _named() -> list[str]:
    return [f"<{number}>" for number in range(60_000)]


def _added() -> list[dict[str, Any]]:
    flags = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
    return [
        {"id": 1_000 + number, "content": f"<{number}>", "special": True, **flags}
        for number in range(400_000)
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "key", "tokens"),
    [
        ("tokenizer_config.json", "additional_special_tokens", _named),
        nightly("tokenizer.json", "added_tokens", _added),
    ],
)
def test_tokens_beside_the_words_that_take_minutes_are_refused(
    tiny: Tiny, image: OpenedImage, tmp_path: Path, file: str, key: str, tokens: Callable[[], Any]
) -> None:
    """The library looks for each of those named in the list of all, so by the square of them."""
    folder = changed(tiny("clip"), tmp_path / "tokens", file, key, value=tokens())
    assert ended(folder, "embeddings", image)


def _replacing(sought: str, put: str) -> dict[str, Any]:
    return {"type": "Replace", "pattern": {"String": sought}, "content": put}


def _in_turn(kind: str, *rules: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Sequence", kind: list(rules)}


BYTES = {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True}
LONGER = [_replacing(old, new * 400) for old, new in ("qx", "xy", "yz", "zv")]
TOKENS = [_replacing(old, new * 400) for old, new in ("ab", "bc", "cd", "de")]


@pytest.mark.parametrize(
    ("part", "rule"),
    [
        ("normalizer", _in_turn("normalizers", *LONGER)),
        nightly("pre_tokenizer", _in_turn("pretokenizers", *[BYTES] * 30)),
        nightly("decoder", _in_turn("decoders", *TOKENS)),
    ],
)
@pytest.mark.slow
def test_a_tokenizer_that_makes_texts_without_end_is_refused(
    tiny: Tiny, image: OpenedImage, tmp_path: Path, part: str, rule: dict[str, Any]
) -> None:
    settings = "tokenizer_config.json", "tokenizer_class"
    plain = changed(tiny("clip"), tmp_path / "p", *settings, value="PreTrainedTokenizerFast")
    folder = changed(plain, tmp_path / "c", "tokenizer.json", part, value=rule)
    assert ended(folder, "embeddings", image)


@pytest.mark.slow
@pytest.mark.parametrize(
    "template",
    [
        nightly('{{ "a" * 10**10 }}'),  # the bound of memory
        nightly("{{ 9**(9**9) }}"),
        nightly(
            "{% set n = namespace(x=9) %}"
            "{% for i in range(60) %}{% set n.x = n.x * n.x %}{% endfor %}"
        ),
        # the bound of time
        "{% for i in range(99999) %}{% for j in range(99999) %}x{% endfor %}{% endfor %}",
        nightly("{{ 1|round(30000000, 'ceil') }}"),
        nightly("{{ ('a' * 5000000).rfind('ab' + 'a' * 2500000) }}"),
        nightly("{% set a = 'a' * 10000000 %}{{ ([a ~ 'c'] * 20000000).count(a ~ 'b') }}"),
    ],
    ids=["product", "power", "powers", "loops", "round", "rfind", "count"],
)
@only_linux
def test_a_chat_template_has_an_end(
    tiny: Tiny, image: OpenedImage, tmp_path: Path, template: str
) -> None:
    folder = Path(shutil.copytree(tiny("llava"), tmp_path / "c"))
    (folder / "chat_template.jinja").write_text(template)
    assert ended(folder, "vqa", image, question="what")


def children() -> list[str]:
    """The processes that this one has begun."""
    return [
        pid
        for task in Path("/proc/self/task").iterdir()
        for pid in (task / "children").read_text(encoding="ascii").split()
    ]


@pytest.mark.slow
@only_linux
def test_nothing_is_left_of_a_child_that_met_its_bound(
    tiny: Tiny, image: OpenedImage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A Python of its own that imports what it needs, as users start it."""
    monkeypatch.setattr("advisor.child.interpreter", interpreter)
    folder = Path(shutil.copytree(tiny("llava"), tmp_path / "c"))
    (folder / "chat_template.jinja").write_text('{{ "a"|center(10**10) }}')
    before = children()
    assert ended(folder, "vqa", image, question="what")
    assert children() == before


@pytest.mark.slow
def test_a_turn_that_is_far_too_long_is_refused(
    tiny: Tiny, image: OpenedImage, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(tiny("llava"), tmp_path / "c"))
    (folder / "chat_template.jinja").write_text('{{ "a" * 10**6 }}')
    assert "turns one message into 1,000,000 characters" in refused(
        folder, "vqa", image, question="what"
    )


@pytest.mark.slow
def test_a_folder_that_passed_is_not_tried_again_until_a_file_of_it_changes(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from advisor.trial import loading

    tried: list[str] = []

    def without_limits(work: Any, folder: str, *given: Any, **_limits: Any) -> Any:
        tried.append(folder)
        return work(folder, *given)  # here, so that no other load can end it

    monkeypatch.setattr(loading, "run_in_child", without_limits)
    monkeypatch.setenv("ADVISOR_CACHE", str(tmp_path / "cache"))
    folder = Path(shutil.copytree(tiny("clip"), tmp_path / "c"))
    again = Path(shutil.copytree(folder, tmp_path / "again"))
    for each in (folder, folder, again, "demo:clip"):
        load_runner(each, "embeddings", device="cpu")
    assert tried == [str(folder)]
    other = changed(folder, tmp_path / "d", "tokenizer_config.json", "note", value="another")
    load_runner(other, "embeddings", device="cpu")
    assert tried == [str(folder), str(other)]


@pytest.mark.slow
@pytest.mark.parametrize(
    "template",
    ["{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}", nightly("{{ ''.a.b }}"), nightly("{{ 1/0 }}")],
    ids=["nested", "unknown", "divided"],
)
def test_what_a_template_raises_is_said_in_a_line(
    tiny: Tiny, image: OpenedImage, tmp_path: Path, template: str
) -> None:
    folder = Path(shutil.copytree(tiny("llava"), tmp_path / "c"))
    (folder / "chat_template.jinja").write_text(template)
    assert "transformers cannot use" in refused(folder, "vqa", image, question="what")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "value", "told"),
    [
        ("chat_template.jinja", "{{ ''.__class__.__mro__ }}", "unsafe"),
        ("normalizer", {"type": "Sequence", "normalizers": [
            {"type": "Replace", "pattern": {"String": "a"}, "content": "a" * 50}] * 8},
         "exit code"),
        ("pre_tokenizer", {"type": "Split", "pattern": {"Regex": r"(a+)+$|(\w*)*b\1"},
         "behavior": "Isolated", "invert": False}, "retry-limit"),
    ],
)  # fmt: skip
def test_words_that_take_for_ever_are_refused(
    tiny: Tiny, image: OpenedImage, tmp_path: Path, file: str, value: Any, told: str
) -> None:
    if file.endswith(".jinja"):
        folder = shutil.copytree(tiny("llava"), tmp_path / "c")
        (folder / file).write_text(value)
    else:
        folder = changed(tiny("llava"), tmp_path / "c", "tokenizer.json", file, value=value)
    for _ in range(1 + file.endswith(".jinja")):  # what was refused is refused again
        assert told in refused(folder, "vqa", image, question="a" * 60 + "!")


BACKBONE = {"model_type": "dpt", "backbone": "evil/backbone", "image_size": 64}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "file", "path", "value", "told"),
    [
        ("captioner", "config.json", ("encoder",), BACKBONE, "refers to files in other Hub"),
        ("clip", PROCESSOR, ("image_processor",), {
            "image_processor_type": "OneFormerImageProcessor", "repo_path": "evil/classes",
            "class_info_file": "classes.json"}, "refers to files in other Hub"),
    ],
)  # fmt: skip
def test_nothing_is_asked_of_the_hub_that_a_checkpoint_names(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    kind: str, file: str, path: tuple[str, ...], value: Any, told: str,
) -> None:  # fmt: skip
    import socket

    from huggingface_hub import constants

    asked: list[object] = []

    def unreachable(*address: object, **_settings: object) -> None:
        asked.append(address)
        raise OSError("no network")

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(socket, "getaddrinfo", unreachable)
    folder = changed(tiny(kind), tmp_path / "c", file, *path, value=value)
    task = "captioning" if kind == "captioner" else "zero-shot-classification"
    with pytest.raises(BrokenCheckpointError, match=told):
        load_runner(folder, task, device="cpu")
    assert asked == []
    assert constants.HF_HUB_OFFLINE is False


@pytest.mark.slow
def test_a_processor_reads_no_file_that_its_settings_name(tiny: Tiny, tmp_path: Path) -> None:
    """A pipe would be read for ever."""
    os.mkfifo(tmp_path / "classes.json")
    value = {
        "image_processor_type": "OneFormerImageProcessor", "repo_path": str(tmp_path),
        "class_info_file": "classes.json",
    }  # fmt: skip
    folder = changed(tiny("clip"), tmp_path / "c", PROCESSOR, "image_processor", value=value)
    with pytest.raises(BrokenCheckpointError, match="transformers cannot use"):
        load_runner(folder, "zero-shot-classification", device="cpu")


def test_a_card_that_is_nested_endlessly_is_none(tmp_path: Path) -> None:
    (tmp_path / "advisor_card.json").write_text("[" * 100_000)
    assert read_card(tmp_path) == {}


@pytest.mark.long
@pytest.mark.slow
def test_every_kind_of_network_here_passes(tmp_path: Path) -> None:
    """With the limits that users have: none of these is taken for hostile."""
    from networks import BUILDERS, build

    from advisor.trial.loading import refuse_what_has_no_end

    for kind in BUILDERS:
        folder = build(kind, tmp_path / kind)
        local = read_checkpoint(folder, kind)
        refuse_what_has_no_end(
            local, local.architectures[0] if local.architectures else "AutoModel"
        )
