"""Tiny checkpoints, built once a session, and an image to show them."""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.third_party import ignore_in


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    ignore_in(Path(__file__).parent, items)


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return the folder of a tiny checkpoint of a kind, building it the first time."""
    home = tmp_path_factory.mktemp("tiny")

    def folder(kind: str) -> Path:
        target = home / kind
        if not target.exists():
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                from networks import build

                build(kind, target)
        return target

    return folder


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
    import shutil

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
