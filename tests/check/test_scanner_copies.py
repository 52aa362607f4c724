"""Copies and translations of a notebook: followed once, and found as if each were alone."""

import json

import pytest

from advisor.scan.notebook import parse_cells
from advisor.scan.scanner import scan
from advisor.scan.vocabulary import vocabulary_of

CODE = """\
# é "quoted"
from transformers import BlipConfig, BlipModel, BlipProcessor
try:
    from transformers import Gone
except ImportError:
    pass
model = BlipModel.from_pretrained("Salesforce/blip-vqa-base")
config = BlipConfig(text_config={"hidden_size": 8})
print(model.get_image_features(pixel_values=x)[0])
""".splitlines(keepends=True)


def notebook(*cells, indent=1, ensure_ascii=True, as_text=False, before=()):
    """A notebook with cells of code, and those of text in between."""
    parts = [{"cell_type": "markdown", "metadata": {}, "source": [text]} for text in before]
    for cell in cells:
        lines = "".join(cell) if as_text else list(cell)
        one = {"cell_type": "code", "metadata": {}, "outputs": [], "source": lines}
        parts += [one, {"cell_type": "markdown", "metadata": {}, "source": ["and so on"]}]
    return json.dumps({"cells": parts, "metadata": {}}, indent=indent, ensure_ascii=ensure_ascii)


FIRST = notebook(CODE)
OTHERS = {
    "copy": FIRST,
    "translation": notebook(CODE, before=["Ein Bild\n", "und noch eines"]),
    "other indent": notebook(CODE, indent=4),
    "other escapes": notebook(CODE, ensure_ascii=False),
    "one line": notebook(CODE, indent=None),
    "one text": notebook(CODE, as_text=True),
    "two cells": notebook(CODE[:2], CODE[2:]),
    "with a pin": notebook(["pip install transformers==4.40.0\n"], CODE),
}


@pytest.fixture
def scanned(tmp_path, rulebase):
    def found(files):
        for old in tmp_path.rglob("*.*"):
            old.unlink()
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(text, "utf-8")
        return scan([tmp_path], tmp_path, vocabulary_of(rulebase))

    return found


@pytest.mark.parametrize("text", OTHERS.values(), ids=OTHERS)
@pytest.mark.parametrize("first", [FIRST, notebook(CODE, indent=None), notebook(CODE, indent=2)])
def test_what_a_second_notebook_holds_is_what_it_would_hold_alone(scanned, first, text):
    together, alone = scanned({"a.ipynb": first, "b.ipynb": text}), scanned({"b.ipynb": text})
    for part in ("usages", "names", "built", "guarded", "notes", "ignores"):
        of_second = [one for one in getattr(together, part) if "b.ipynb" in str(one)]
        assert of_second == list(getattr(alone, part)), part
    assert together.seen["b.ipynb"] == alone.seen["b.ipynb"]
    assert together.pins.get("b.ipynb") == alone.pins.get("b.ipynb")
    assert "b.ipynb" in together.seeing or "b.ipynb" not in alone.seeing
    assert alone.usages
    assert alone.guarded
    assert alone.built


@pytest.mark.parametrize("text", [FIRST, OTHERS["translation"]])
def test_one_of_two_notebooks_with_the_same_code_is_followed(scanned, monkeypatch, text):
    followed = []

    def parsed(cells, name):
        followed.append(name)
        return parse_cells(cells, name)

    monkeypatch.setattr("advisor.scan.scanner.parse_cells", parsed)
    assert len(scanned({"a.ipynb": FIRST, "b.ipynb": text}).usages) == 2
    assert followed == ["a.ipynb"]


def test_copies_that_import_a_neighbour_are_each_followed(scanned):
    code = "from transformers import AutoModel\nfrom ids import ID\nAutoModel.from_pretrained(ID)\n"
    names = ("openai/clip-vit-base-patch32", "Salesforce/blip-vqa-base")
    files = {f"{n}/use.py": code for n in (1, 2)}
    files |= {f"{n}/ids.py": f'ID = "{name}"\n' for n, name in enumerate(names, 1)}
    assert [usage.checkpoint for usage in scanned(files).usages] == list(names)
