"""Pictures of plain shapes and layouts of labelled ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from commands import Result, in_this_process
from drawn import picture

from tests.third_party import ignore_in


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    ignore_in(Path(__file__).parent, items)


@pytest.fixture(scope="session")
def rules() -> Any:
    """Return the rules that ship."""
    from advisor.rulebase.store import load_rules

    return load_rules()


@pytest.fixture
def said(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, own_cache: Path
) -> Callable[..., Result]:
    """Run `advisor evaluate` on the CPU, with a cache of the test's own."""
    call = in_this_process(capsys, monkeypatch, 100)
    return lambda *arguments: call("evaluate", *arguments, "--torch-device", "cpu")


COLOURS, SHAPES = ("red", "green", "blue"), ("circle", "rectangle", "triangle")


@pytest.fixture
def shapes(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that draws shapes into folders by class, and returns the folder."""

    def draw(count: int, **of: Any) -> Path:
        folder = tmp_path / "shapes"
        for number in range(count):
            colour, shape = COLOURS[number % 3], SHAPES[number // 3 % 3]
            home = folder / f"a_{colour}_{shape}"
            home.mkdir(parents=True, exist_ok=True)
            (home / f"{number:05}.png").write_bytes(
                picture(colour, shape, at=8 + number % 16, **of)
            )
        return folder

    return draw
