"""Many languages at once: what knows them fits, and the mean over languages ranks it."""

import pytest

from advisor.rulebase.store import load_rules


@pytest.mark.parametrize("typed", ["multilingual", "Multi-Lingual", "many languages"])
@pytest.mark.parametrize("task", ["image-search", "ocr-page"])
def test_what_knows_many_languages_fits_and_their_mean_ranks_it(advisor, task, typed):
    result = advisor("recommend", "--task", task, "--language", typed, "--format", "json")
    assert result.code == 0, result.err
    assert result.json["profile"]["language"]["options"] == ["multilingual"]
    known = load_rules().checkpoints
    ready = [one["id"] for one in result.json["checkpoints"] if one["use"] == "as-is"]
    assert ready
    assert all("multilingual" in known[id].languages for id in ready)
    by = [one["before_next"] for one in result.json["checkpoints"] if one["before_next"]]
    assert any("multilingual" in row["yardstick"] or "mean" in row["yardstick"] for row in by)


def test_the_sentence_says_so_too(advisor):
    result = advisor("recommend", "search photos with multilingual queries", "--format", "json")
    assert result.json["profile"]["language"]["options"] == ["multilingual"]
