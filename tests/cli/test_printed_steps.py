"""Commands that a page or an error prints as the next step are ones that advisor takes."""

import re
import shlex

import pytest

from advisor.errors import UsageError

STEP = re.compile(r"`(advisor [^`]+)`|^  (advisor (?:[^\n]*\\\n)*[^\n]+)$", re.MULTILINE)
READ_ONLY = {"code", "compare", "explain", "list", "recommend", "show"}


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("manual.pdf", "comic.cbz", "photos/field 1.tif", "photos/coin.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")


@pytest.mark.parametrize(
    "line",
    [
        "manual.pdf",
        "manual.pdf --task ocr-page --language ja",
        "'read the text of manual.pdf'",
        "comic.cbz",
        "'photos/field 1.tif'",
        "photos/",
        "photos/coin.jpg 'how many coins are there?'",
        "compare yolo",
        "compare yolo 'grounding dino'",
        "explain sam2",
        "show facebook/sam2.1-hiera-large",
        "'segment grains' --license-use commercial",
        "captioning --device gpu --within 500ms/item",
        "'remove blurry photos'",
        "'manga ocr' --device gpu --memory-gb 12",
    ],
)
def test_each_step_that_is_printed_is_taken(advisor, files, line):
    result = advisor(*shlex.split(line))
    hints = re.sub(r"(?m)^advisor: (?!run ).*$", "", result.err)  # what is wrong is no step
    found = STEP.findall(f"{result.out}\n{hints}")
    steps = [shlex.split((quoted or printed).replace("\\\n", "")) for quoted, printed in found]
    assert steps, "nothing says what to run next"
    for _, *words in steps:
        if words[0] in READ_ONLY and words[:2] != ["list", "KIND"]:
            assert advisor(*words).code != UsageError.exit_code, words
