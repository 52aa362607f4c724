"""The scan runs in a child process: what ends it is named, and everything else is still checked."""

import io
import pickle

import pytest

from advisor.scan import apart

pytestmark = pytest.mark.apart
WRONG = (
    "from transformers import BlipForConditionalGeneration\n"
    'm = BlipForConditionalGeneration.from_pretrained("Salesforce/blip-vqa-base")\n'
)
SLOW = "import transformers\n" + "x = a.b(c, d=[e.f, g[h]]) + i.j(k)\n" * 60_000


def test_a_file_at_which_the_child_ends_is_named_and_fails_the_run(check, monkeypatch, tmp_path):
    monkeypatch.setattr(apart, "FILE_SECONDS", 1)
    files = {"a.py": WRONG, "slow.py": SLOW, "z.py": WRONG}
    result = check(files, "--output", "markdown=page.md")
    assert result.code == 2
    assert [one["path"] for one in result.of("error")] == ["a.py", "z.py"]
    (note,) = [one for one in result.of("note") if one["rule"] == "file-not-checked"]
    assert (note["path"], result.json["suppressed"]["given_up"]) == ("slow.py", 1)
    page = (tmp_path / "page.md").read_text(encoding="utf-8")
    assert "slow.py" in page
    assert "1 given up" in " ".join(page.split())


def test_too_many_such_files_end_the_run(check, monkeypatch):
    monkeypatch.setattr(apart, "FILE_SECONDS", 1)
    monkeypatch.setattr(apart, "MOST_GIVEN_UP", 0)
    result = check({"a.py": SLOW})
    assert result.code == 2
    assert "exceeded its memory or time limit" in result.json["error"]["message"]


def test_a_child_without_memory_ends_the_run_in_one_sentence(check, monkeypatch):
    monkeypatch.setattr(apart, "MEMORY_MB", 0)
    result = check({"a.py": WRONG})
    assert (result.code, set(result.json)) == (2, {"error"})


def test_modules_beside_the_code_are_not_imported(check, tmp_path):
    files = {
        f"{name}.py": f"open({str(tmp_path / 'ran')!r}, 'w')\n" for name in ("json", "ast", "re")
    }
    assert check({**files, "app.py": WRONG}).code == 1
    assert not (tmp_path / "ran").exists()


def test_what_a_child_gives_is_read_as_values_alone():
    for harm in (print, pickle.loads, pytest.main):
        with pytest.raises(pickle.UnpicklingError, match="is not a value of a scan"):
            apart._Values(io.BytesIO(pickle.dumps(harm))).load()
