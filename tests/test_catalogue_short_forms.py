"""Short ways to write checkpoints and sources say the same as long ones."""

import json
from textwrap import dedent

import pytest
from jsonschema import Draft202012Validator

from advisor.errors import BrokenFileError
from advisor.model.file_kinds import schema
from advisor.reader.document import read_text
from advisor.rulebase.store import load_rules

LONG = """
checkpoints:
  - id: lab/one
    label: Twins
    loader: transformers
    class: CLIPModel
    tasks: [image-search, embeddings]
    stage: contrastive
    parameters_millions: 150.5
    licence: mit
    pitfalls: [Needs 64 tokens.]
    sources:
      class: [lab-code, lab-card-one]
      parameters_millions: [lab-card-one]
      licence: [lab-code]
    checked: "2026-11"
  - id: lab/two
    label: Twins
    loader: open_clip
    tasks: [image-search, embeddings]
    stage: contrastive
    pitfalls: [Needs 77 tokens., Slow.]
    sources:
      pitfalls: [lab-card-two]
    checked: "2026-12"
  - id: lab/three
    label: Loner
    loader: other
    tasks: []
    languages: [de]
    sources:
      languages: [lab-paper, lab-code]
      licence: [lab-code]
    licence: mit
    checked: "2026-11"
"""
SHORT = """
series:
  - id: twins
    label: Twins
    loader: transformers
    tasks: [image-search, embeddings]
    stage: contrastive
    licence: mit
    pitfalls: [Needs 64 tokens.]
    sources:
      lab-code: [class, licence]
    checked: "2026-11"
checkpoints:
  - id: lab/one
    series: twins
    class: CLIPModel
    parameters_millions: 150.5
    sources:
      class: [lab-code, lab-card-one]
      lab-card-one: [parameters_millions]
  - id: lab/two
    series: twins
    loader: open_clip
    licence: null
    pitfalls: [Needs 77 tokens., Slow.]
    sources:
      lab-card-two: [pitfalls]
    checked: "2026-12"
  - id: lab/three
    label: Loner
    loader: other
    tasks: []
    languages: [de]
    licence: mit
    sources:
      lab-paper: [languages]
      lab-code: [languages, licence]
    checked: "2026-11"
"""
LONG_SOURCES = """
sources:
  - {id: lab-paper, title: A paper, kind: paper, read: "2026-11"}
  - {id: lab-card-one, title: "lab/one, card", kind: model-card, read: "2026-11",
     url: "https://huggingface.co/lab/one"}
  - {id: lab-card-two, title: "lab/two, card", kind: model-card, read: "2026-11",
     url: "https://huggingface.co/lab/two"}
  - {id: lab-code, title: The code, kind: code, read: "2026-12", note: Read.}
  - {id: lab-results, title: Results, kind: code, read: "2026-12", version: v1}
"""
SHORT_SOURCES = """
groups:
  - title: "{page}, card"
    kind: model-card
    url: https://huggingface.co/{page}
    read: "2026-11"
    pages:
      lab-card-one: lab/one
      lab-card-two: lab/two
  - kind: code
    read: "2026-12"
    sources:
      - {id: lab-code, title: The code, note: Read.}
      - {id: lab-results, title: Results, version: v1}
sources:
  - {id: lab-paper, title: A paper, kind: paper, read: "2026-11"}
"""


@pytest.fixture
def overlay(tmp_path):
    """Write a folder of rules with checkpoints of `clip` and sources."""

    def write(checkpoints, sources=SHORT_SOURCES, name="lab-rules"):
        folder = tmp_path / name
        (folder / "checkpoints").mkdir(parents=True)
        (folder / "checkpoints/clip.yaml").write_text(dedent(checkpoints), encoding="utf-8")
        (folder / "sources.yaml").write_text(dedent(sources), encoding="utf-8")
        return folder

    return write


@pytest.mark.slow
def test_short_and_long_forms_are_the_same_entries(overlay):
    long = load_rules(overlays=(overlay(LONG, LONG_SOURCES, "long"),))
    short = load_rules(overlays=(overlay(SHORT, SHORT_SOURCES, "short"),))
    for id in ("lab/one", "lab/two", "lab/three"):
        assert short.checkpoint(id)._replace(series=None) == long.checkpoint(id)
    assert short.checkpoint("lab/one").series == "twins"
    for id in ("lab-paper", "lab-card-one", "lab-card-two", "lab-code", "lab-results"):
        assert short.source(id) == long.source(id)


@pytest.mark.slow
def test_a_checkpoint_of_an_overlay_may_be_of_a_shipped_series(overlay, rulebase):
    ours = """\
        checkpoints:
          - id: lab/blip-for-slides
            series: siglip-2
            parameters_millions: 400
            sources: {lab-code: [parameters_millions]}
        """
    entry = load_rules(overlays=(overlay(ours),)).checkpoint("lab/blip-for-slides")
    shipped = rulebase.checkpoint("google/siglip2-base-patch16-224")
    assert (entry.label, entry.model_class) == (shipped.label, shipped.model_class)
    assert entry.sources["parameters_millions"] == ["lab-code"]


def problems(overlay, checkpoints, sources=SHORT_SOURCES):
    with pytest.raises(BrokenFileError) as caught:
        load_rules(overlays=(overlay(checkpoints, sources),))
    return [problem.partition("/")[2] for problem in caught.value.problems]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("was", "now", "problem"),
    [
        ("series: twins\n    class", "series: twin\n    class",
         "unknown series `twin`. Did you mean `twins`?"),
        ("id: twins", "id: triplets", "15:5: unknown series `twins`"),
        ("lab-card-one: [parameters_millions]", "lab-card-one: [parameters]",
         "20:22: unknown field of a checkpoint `parameters`"),
        ("    licence: null", "    licence: apache-2.0",
         "24:5: `licence` differs from the series. Cite a source in this checkpoint"),
        ("    licence: null", "    dtype: null",
         "24:5: the series does not set `dtype`. Remove the empty key here"),
        ("lab-card-two: [pitfalls]", "lab-card-tow: [pitfalls]",
         "27:7: unknown source `lab-card-tow`. Did you mean `lab-card-two`?"),
        ("tasks: [image-search, embeddings]", "tasks: [image-search, embedding]",
         "6:27: unknown task `embedding`. Did you mean `embeddings`?"),
        ("lab-code: [class, licence]", "lab-cod: [class, licence]",
         "11:7: unknown source `lab-cod`. Did you mean `lab-code`?"),
        ("class: [lab-code, lab-card-one]", "class: [lab-code, lab-code]",
         "19:25: `class` cites `lab-code` already"),
        ("    label: Loner\n", "", "29:5: `label` is missing"),
        ("licence: null", "licence: 7", "24:5: expected text, found `7`"),
        ("    series: twins\n    loader: open_clip\n", "    loader: open_clip\n",
         "expected text, found nothing"),
        ("id: lab/three", "id: lab/two", "29:5: the checkpoint `lab/two` is already defined at"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_where_it_was_written(overlay, was, now, problem):
    assert was in SHORT
    found = problems(overlay, SHORT.replace(was, now, 1))
    assert any(problem in line for line in found), found


def test_a_series_without_members_is_named(overlay):
    found = problems(overlay, SHORT.replace("series: twins", "series: siglip-2"))
    assert (
        "checkpoints/clip.yaml:3:5: no checkpoint in this file belongs to the series `twins`"
        in found
    )


def test_a_group_of_pages_has_each_page_in_its_title(overlay):
    found = problems(overlay, SHORT, SHORT_SOURCES.replace('"{page}, card"', "A card"))
    assert any("the title of a group of pages must contain `{page}`" in line for line in found)


@pytest.mark.parametrize(
    ("kind", "text"),
    [("checkpoints", SHORT), ("checkpoints", LONG), ("sources", SHORT_SOURCES)],
)
def test_the_published_schema_knows_short_forms(kind, text):
    document = json.loads(json.dumps(read_text(text, kind).value))
    Draft202012Validator(schema(kind)).validate(document)
