"""Each fact of a checkpoint cites a source; one that does not is named, and answers as before."""

from pathlib import Path

import pytest
from commands import in_this_process

from advisor.rulebase.store import load_rules

EXAMPLE = Path(__file__).parents[1] / "examples" / "overlay"

SERIES = """\
series:
  - id: twins
    label: Twins
    loader: transformers
    class: CLIPModel
    tasks: [find]
    licence: mit
    commercial_use: permitted
    sources: {handbook: [class, parameters_millions], licence-text: [licence]}
    checked: "2026-11"
checkpoints:
  - id: lab/one
    series: twins
    parameters_millions: 151.3
    gated: false
    sources: {licence-text: [commercial_use]}
  - id: lab/two
    series: twins
    class: SiglipModel
    parameters_millions: 151.3
    licence: null
    sources: {class: [matcher-paper], handbook: [parameters_millions]}
"""
ALONE = """\
checkpoints:
  - id: lab/alone
    label: Alone
    loader: transformers
    class: CLIPModel
    tasks: [find]
    stage: contrastive
    licence: our own
    gated: false
    sources: {our-wiki: [class, licence]}
    checked: "2026-11"
"""
WIKI = 'sources: [{id: our-wiki, title: Our wiki, kind: documentation, read: "2026-11"}]'


def laid_over(small_folder, tmp_path, checkpoints, sources=WIKI):
    """Return the small rules with an overlay, and what it is to mend."""
    ours = tmp_path / "ours"
    (ours / "checkpoints").mkdir(parents=True)
    (ours / "checkpoints/matcher.yaml").write_text(checkpoints, encoding="utf-8")
    (ours / "sources.yaml").write_text(sources, encoding="utf-8")
    rules = load_rules(small_folder, (ours,))
    name = "ours/checkpoints/matcher.yaml:"
    return rules, [one.removeprefix(name) for one in rules.remarks if one.startswith(name)]


def test_a_member_cites_its_own_facts_and_a_series_those_that_it_states(small_folder, tmp_path):
    rules, remarks = laid_over(small_folder, tmp_path, SERIES)
    assert remarks == [
        "14:5: the series cites `parameters_millions` without setting it. "
        "Cite it in the checkpoint",
        "15:5: `gated` has no source. Add one under `sources`",
        "18:5: `commercial_use` of the series has no source. Add one to the series or here",
    ]
    assert rules.checkpoint("lab/one").commercial_use == "permitted"


def test_a_page_of_the_team_is_a_source_as_any_other(small_folder, tmp_path):
    cited = ALONE.replace("licence]", "licence, gated]")
    assert laid_over(small_folder, tmp_path, cited)[1] == []


@pytest.mark.slow
def test_a_fact_without_a_source_fails_the_check_and_nothing_else(capsys, monkeypatch, tmp_path):
    advisor = in_this_process(capsys, monkeypatch, 80)
    (tmp_path / "checkpoints").mkdir()
    text = ALONE.replace("[find]", "[image-search]")
    (tmp_path / "checkpoints/clip.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "sources.yaml").write_text(WIKI, encoding="utf-8")
    checked = advisor("rules", "check", "--rules", tmp_path)
    assert checked.code == 2
    [problem] = [line for line in checked.err.splitlines() if "yaml:" in line]
    assert problem == (
        f"{tmp_path.name}/checkpoints/clip.yaml:9:5: `gated` has no source. Add one under `sources`"
    )
    assert advisor("show", "lab/alone", "--rules", tmp_path).code == 0


@pytest.mark.parametrize("name", ["shipped", "overlay"])
def test_what_ships_cites_all_that_it_states(name, rulebase):
    rules = rulebase if name == "shipped" else load_rules(overlays=(EXAMPLE,))
    assert rules.remarks == ()


def test_a_source_that_nobody_cites_and_figures_that_rank_nothing_are_named(small_folder, tmp_path):
    figures = """\
protocols:
  - id: our-table
    by: us
    source: our-wiki
    tables: [{benchmark: sentences, metric: agreement, language: en, figures: {lab/one: 12}}]
"""
    more = ", {id: page-of-nobody, title: A page, kind: documentation, read: '2026-11'}"
    ours = tmp_path / "ours"
    (ours / "figures").mkdir(parents=True)
    (ours / "sources.yaml").write_text(WIKI[:-1] + more + "]", encoding="utf-8")

    def remarks(text):
        (ours / "figures/ours.yaml").write_text(text, encoding="utf-8")
        return [one for one in load_rules(small_folder, (ours,)).remarks if "ours/" in one]

    rank = (
        "ours/figures/ours.yaml:2:5: no ranking benchmark uses the protocol `our-table`, so its "
        "results affect no ranking. Add it to a benchmark, or set `ranks_nothing: true`"
    )
    nobody = "no entry cites the source `page-of-nobody`"
    assert [one.split(": ", 1)[-1] if nobody in one else one for one in remarks(figures)] == [
        rank,
        nobody,
    ]
    shown = figures.replace("    by: us", "    ranks_nothing: true\n    by: us")
    assert [nobody in one for one in remarks(shown)] == [True]
