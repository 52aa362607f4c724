"""The scan runs in a child process: what ends it is named, and everything else is still checked."""

import io
import json
import pickle

import pytest

from advisor.scan import apart

pytestmark = pytest.mark.apart
WRONG = (
    "from transformers import BlipForConditionalGeneration\n"
    'm = BlipForConditionalGeneration.from_pretrained("Salesforce/blip-vqa-base")\n'
)
SLOW = "import transformers\n" + "x = a.b(c, d=[e.f, g[h]]) + i.j(k)\n" * 60_000


@pytest.mark.slow
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


@pytest.mark.slow
def test_a_new_child_goes_on_behind_the_file_at_which_one_ended(check, monkeypatch):
    """What other files held is not looked for again, and means the same as in one scan."""
    monkeypatch.setattr(apart, "FILE_SECONDS", 1)
    asked = []
    run = apart.run_in_child

    def count_files(*arguments, on_line, **options):
        asked.append(begun := set())

        def hear(line):
            if line.startswith("\x1e"):
                begun.add(json.loads(line[1:]))
            on_line(line)

        return run(*arguments, on_line=hear, **options)

    monkeypatch.setattr(apart, "run_in_child", count_files)
    files = {f"a{number:02}.py": WRONG for number in range(15)}
    files |= {f"z{number:02}.py": WRONG for number in range(14)}
    files["a03.py"] = "from a02 import m\nm.generate_captions(1)\n"
    files["z01.py"] = "from a01 import m\nfrom n_slow import x\nm.text_model\n"
    alone = check({**files, "n_slow.py": "x = 1\n"})
    asked.clear()
    result = check({"n_slow.py": SLOW})
    first, second = asked
    assert first == {*(f"a{number:02}.py" for number in range(15)), "n_slow.py"}
    assert second == {"n_slow.py", *(f"z{number:02}.py" for number in range(14)), ""}
    lines = {(one["rule"], one["path"], one["line"], one["message"]) for one in alone.of("error")}
    assert lines
    assert lines == {
        (one["rule"], one["path"], one["line"], one["message"]) for one in result.of("error")
    }
    assert result.json["suppressed"]["given_up"] == 1
    assert result.json["files"] == alone.json["files"] - 1


@pytest.mark.slow
def test_too_many_such_files_end_the_run(check, monkeypatch):
    monkeypatch.setattr(apart, "FILE_SECONDS", 1)
    monkeypatch.setattr(apart, "MOST_GIVEN_UP", 1)
    result = check({"a.py": SLOW, "b.py": SLOW})
    assert result.code == 2
    assert result.json["error"]["message"] == (
        "the scan exceeded its memory or time limit at 2 files. Exclude `a.py` and similar files"
    )


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
    harms = [pickle.dumps(harm) for harm in (print, pickle.loads, pytest.main)]
    reached_through = [("apart", "io.open"), ("walk", "subprocess.run")]
    for module, name in (*reached_through, ("apart", "ChildError"), ("walk", "find_files")):
        texts = (text.encode() for text in (f"advisor.scan.{module}", name))
        reached = b"".join(b"\x8c%c%s" % (len(text), text) for text in texts)
        harms.append(b"\x80\x04" + reached + b"\x93.")
    for harm in harms:
        with pytest.raises(pickle.UnpicklingError, match="is not a value of a scan"):
            apart._Values(io.BytesIO(harm)).load()
