"""Figures gathered as CSV become tables; what must not rank is left out and counted."""

import import_figures
import pytest
import yaml

HEADER = "id,benchmark,version,split,language,metric,direction,value,protocol,ambiguous,mode,note"
ROWS = [
    "a/one,MMBench,v1.1 EN,test,en,accuracy,higher,70.5,openvlm-2025-09-17,,,",
    "b/two,MMBench,v1.1 EN,test,en,accuracy,higher,71,openvlm-2025-09-17,,,"
    "Measured on b/two-original; the conversion holds the same weights.",
    "b/two,MMBench,v1.1 EN,test,en,accuracy,higher,99,openvlm-2025-09-17,True,,",
    "c/three,MMBench,v1.1 EN,test,en,accuracy,higher,98,openvlm-2025-09-17,,"
    "fine-tuned on the task,",
    "d/four,MMBench,v9,test,en,accuracy,higher,97,openvlm-2025-09-17,,,",
    "e/five,PureDocBench,2026-09,mean of three,,overall,higher,96,"
    "puredocbench-leaderboard-2026-09,,,class Pipeline: with its layout model",
    "f/six,MMBench,v1.1 EN,test,en,accuracy,higher,95,nobody-uses-this,,,",
    "g/seven,MMBench,v1.1 EN,dev,en,accuracy,higher,80,qwen3.5-cards,,thinking,",
    "g/seven,MMBench,v1.1 EN,dev,en,accuracy,higher,75,qwen3.5-cards,,non-thinking,",
]


@pytest.fixture
def imported(tmp_path):
    """Import the rows above with the shipped spellings and rules."""
    import csv

    spellings = yaml.safe_load(import_figures.SPELLINGS.read_text(encoding="utf-8"))
    importer = import_figures.Importer(spellings, import_figures.ROOT / "rules")
    for row in csv.DictReader([HEADER, *ROWS]):
        importer.add(row)
    return importer


def test_rows_become_tables_in_the_words_of_the_closed_lists(imported):
    (text,) = imported.files().values()
    vlm, qwen = yaml.safe_load(text)["protocols"]
    (table,) = vlm["tables"]
    assert table["figures"] == {"a/one": 70.5, "b/two": 71}
    said = [table[key] for key in ("benchmark", "metric", "version", "split", "language")]
    assert said == ["mmbench", "accuracy", "1.1", "test", "en"]
    assert vlm["measured_on"] == {"b/two": "b/two-original"}
    modes = {table["mode"]: table["figures"] for table in qwen["tables"]}
    assert modes == {"thinking": {"g/seven": 80}, "non-thinking": {"g/seven": 75}}


def test_what_must_not_rank_is_left_out_and_counted(imported):
    assert imported.left_out == {
        "ambiguous": 1,
        "fine-tuned for the benchmark": 1,
        "that no yardstick uses": 1,
        "behind a layout model": 1,
        "of tables that nothing uses": 1,
    }
