"""Notebooks: cells in order, magics taken out, places in the file that holds them."""

import json

import pytest

from advisor.scan.scanner import scan
from advisor.scan.vocabulary import vocabulary_of
from tests.steps import steps

LOAD = 'BlipModel.from_pretrained("Salesforce/blip-vqa-base")'


@pytest.fixture
def scanned(tmp_path, rulebase):
    def write(*cells, metadata=None, indent=1, as_text=False, ensure_ascii=True):
        found = [
            {
                "cell_type": "code",
                "metadata": {},
                "outputs": [{"text": ["x" * 50]}],
                "source": cell if as_text else cell.splitlines(keepends=True),
            }
            for cell in cells
        ]
        notebook = {"cells": found, "metadata": metadata or {}, "nbformat": 4, "nbformat_minor": 5}
        text = json.dumps(notebook, indent=indent, ensure_ascii=ensure_ascii)
        (tmp_path / "a.ipynb").write_text(text, "utf-8")
        return scan([tmp_path], tmp_path, vocabulary_of(rulebase)), text

    return write


def stood(text, place):
    """The text of the file between the columns of a place on one line."""
    return text.split("\n")[place.line - 1][place.column - 1 : place.end_column - 1]


def test_a_load_stands_where_it_stands_in_the_file_and_its_cell(scanned):
    found, text = scanned("import os\n", f"from transformers import BlipModel\nx = 1\nm = {LOAD}\n")
    (usage,) = found.usages
    assert stood(text, usage.place) == LOAD.replace('"', '\\"')
    assert stood(text, usage.alternatives[0].place) == '\\"Salesforce/blip-vqa-base\\"'
    assert (usage.place.cell, usage.place.cell_line) == (2, 3)


@pytest.mark.parametrize("ensure_ascii", [True, False])
def test_columns_are_right_behind_escapes(scanned, ensure_ascii):
    code = f"from transformers import BlipModel\nx = '\\\\ \"é😀\\t'; m = {LOAD}\n"
    found, text = scanned(code, ensure_ascii=ensure_ascii)
    assert stood(text, found.usages[0].place) == LOAD.replace('"', '\\"')


def test_a_cell_written_as_one_text_and_a_file_on_one_line_are_understood(scanned):
    code = f"from transformers import BlipModel\nm = {LOAD}\n"
    found, text = scanned(code, as_text=True, indent=None)
    place = found.usages[0].place
    assert (place.line, place.cell, place.cell_line) == (1, 1, 2)
    assert stood(text, place) == LOAD.replace('"', '\\"')


def test_magics_and_shell_lines_are_no_python(scanned):
    found, _ = scanned(
        "%matplotlib inline\n!pip install -q \\\n  transformers\nfiles = !ls\nBlipModel?\n",
        "%%time\nfrom transformers import BlipModel\n",
        "%%bash\nfor i in transformers; do echo; done\n",
        "pip install transformers\n",
        f"if True:\n    !nvidia-smi\n    m = {LOAD}\n",
    )
    assert found.notes == ()
    assert [usage.checkpoint for usage in found.usages] == ["Salesforce/blip-vqa-base"]


@pytest.mark.parametrize(
    "before",
    [
        'text = ("a %s"\n        % name)\n',
        '%load_ext x\ntext = """(\n% no magic\n! "quoted" \\""" \n"""\n',
    ],
)
def test_a_line_that_goes_on_with_a_statement_is_no_magic(scanned, before):
    found, _ = scanned(f"from transformers import BlipModel\n{before}m = {LOAD}\n")
    assert found.notes == ()
    assert [usage.checkpoint for usage in found.usages] == ["Salesforce/blip-vqa-base"]


def test_a_long_line_is_measured_once(scanned):
    """Measured anew for each load of the line, a thousand of them took a minute."""

    def read(loads):
        found, text = scanned(
            f"from transformers import BlipModel; x = 'é\\n'; {f'{LOAD}; ' * loads}"
        )
        assert len(found.usages) == loads
        assert stood(text, found.usages[-1].place) == LOAD.replace('"', '\\"')

    few, many = (steps(lambda n=n: read(n)) for n in (50, 300))
    assert many < 7 * few, "36 times would be quadratic"


def test_a_broken_cell_is_noted_and_the_others_count(scanned):
    found, text = scanned(
        "from transformers import BlipModel\n", "y = 1\nmodel = pipeline(\n", f"m = {LOAD}\n"
    )
    (note,) = found.notes
    assert note.message.startswith("cell 2 cannot be parsed")
    assert "model = pipeline(" in text.split("\n")[note.line - 1]
    assert len(found.usages) == 1


def test_a_notebook_in_another_language_holds_no_python(scanned):
    code = f"from transformers import BlipModel\n{LOAD}\n"
    found, _ = scanned(code, metadata={"kernelspec": {"language": "R", "name": "ir"}})
    assert (found.usages, found.notes) == ((), ())


def test_an_ignore_comment_in_a_cell_covers_its_lines_in_the_file(scanned):
    found, text = scanned(f"from transformers import BlipModel\n{LOAD}  # advisor: ignore[x] why\n")
    (ignore,) = found.ignores
    assert (ignore.rules, ignore.reason) == (("x",), "why")
    assert ignore.first == ignore.last == found.usages[0].place.line
    assert stood(text, ignore.place) == "# advisor: ignore[x] why"


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ('{"cells": 1}', None, "expected `cells` with text or a list of texts"),
        ('{"cells": [1]}', None, "expected `cells` with text or a list of texts"),
        (
            '{"cells": [{"cell_type": "code", "source": [2]}]}',
            None,
            "expected `cells` with text or a list of texts",
        ),
        ('{"metadata": {}}', None, "expected `cells` with text or a list of texts"),
        ("\n[]", 2, "extra data"),
        ('{\n"cells": [\n', 3, "expecting value"),
    ],
)
def test_what_is_no_notebook_is_noted(tmp_path, rulebase, text, line, message):
    mention = '"x": "import transformers", '
    text = text.replace("{", "{" + mention, 1) if "{" in text else text + mention
    (tmp_path / "a.ipynb").write_text(text, "utf-8")
    (note,) = scan([tmp_path], tmp_path, vocabulary_of(rulebase)).notes
    assert (note.line, note.message) == (line, f"is not a notebook: {message}")
