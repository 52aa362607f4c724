"""Tiny checkpoints, built once a session, and an image to show them."""

import contextlib
import shutil
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.third_party import ignore_in


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    ignore_in(Path(__file__).parent, items)


@pytest.fixture(scope="session")
def tiny(cache: Path) -> Callable[[str], Path]:
    """Return the folder of a tiny checkpoint of a kind, which the first worker builds."""

    def write(kind: str, folder: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from more_networks import build

            build(kind, folder)

    return lambda kind: built(cache / "tiny" / kind, write)


@pytest.fixture(scope="session")
def brief(cache: Path, tiny: Callable[[str], Path]) -> Callable[[str], Path]:
    """Return the folder of a tiny checkpoint of which any word ends what it writes."""

    def write(kind: str, folder: Path) -> None:
        from networks import stop_soon

        shutil.copytree(tiny(kind), folder)
        stop_soon(folder / "generation_config.json")

    return lambda kind: built(cache / "brief" / kind, write)


def built(target: Path, write: Callable[[str, Path], None]) -> Path:
    """Return a folder that workers share: whole, or still another's."""
    if not target.exists():
        target.parent.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
            write(target.name, Path(scratch) / target.name)
            with contextlib.suppress(OSError):  # another worker was faster
                (Path(scratch) / target.name).rename(target)
    return target


@pytest.fixture
def image() -> Any:
    """Return an image with some structure: a red disc on blue, 60 x 40."""
    from PIL import Image, ImageDraw

    from advisor.trial import open_image

    image = Image.new("RGB", (60, 40), (40, 60, 200))
    ImageDraw.Draw(image).ellipse((10, 5, 40, 35), fill=(220, 30, 30))
    return open_image(image)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str, Path], Path]:
    """Lay a folder out as the hub cache has it, and return the snapshot's folder."""
    from huggingface_hub import constants

    cache = tmp_path / "hub"
    cache.mkdir()
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(cache))
    monkeypatch.setenv("HF_HUB_CACHE", str(cache))
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.delenv("TRANSFORMERS_OFFLINE", raising=False)

    def lay(name: str, source: Path) -> Path:
        home = cache / f"models--{name.replace('/', '--')}"
        commit = "0123456789abcdef0123456789abcdef01234567"
        (home / "refs").mkdir(parents=True)
        (home / "refs" / "main").write_text(commit)
        shutil.copytree(source, home / "snapshots" / commit)
        return home / "snapshots" / commit

    return lay
