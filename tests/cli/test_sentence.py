"""`advisor "..."`: a need in words, alone, after `recommend`, with flags and in a batch."""

import json
import shlex
from pathlib import Path

import pytest
from commands import ran

NEED = "search 2 million product photos by German text, on a CPU, commercially"


def test_a_sentence_is_answered_with_what_was_read(advisor):
    result = advisor(NEED, "--format", "json")
    assert (result.code, result.err) == (0, "")
    document = result.json
    assert document["outcome"] == "assumed"
    assert document["profile"]["task"] == {
        "options": ["image-search"],
        "origin": "text",
        "span": [0, NEED.index(" by")],
    }
    assert document["profile"]["collection"]["value"] == 2_000_000
    assert document["profile"]["language"]["span"] == [NEED.index("German"), NEED.index(" text")]
    assert document["not_understood"] == []
    assert document["command"].startswith(f"advisor recommend '{NEED}'")


def test_the_confirming_command_gives_the_same_answer_decided_by_flags(advisor):
    document = advisor(NEED, "--format", "json").json
    confirming = document["hints"][0]
    assert confirming.startswith("advisor recommend --task image-search")
    confirmed = advisor(*confirming.split()[1:], "--format", "json").json
    assert confirmed["family"] == document["family"]
    assert confirmed["checkpoints"] == document["checkpoints"]


def test_the_command_printed_gives_the_same_again(advisor):
    document = advisor(NEED, "--format", "json").json
    again = advisor(*shlex.split(document["command"])[1:], "--format", "json")
    assert again.json == document


@pytest.mark.parametrize("start", [[], ["recommend"]])
def test_words_need_no_quotation_marks(advisor, start):
    words = ["caption", "my", "photos", "in", "French"]
    together = advisor("recommend", " ".join(words), "--format", "json").json
    assert advisor(*start, *words, "--format", "json").json == together


def test_what_is_read_stands_on_the_page_with_its_words(advisor):
    page = advisor(NEED).out
    assert '"German" language: de' in " ".join(page.split())
    assert "As flags" in page
    missed = advisor("caption photos of qwertz").out
    assert "Not understood" in missed
    assert "qwertz" in missed


def test_a_task_that_no_word_says_is_asked_for(advisor):
    need = "photos of plants, 20 million of them, on a laptop"
    first = advisor("recommend", need, "--format", "json").json["checkpoints"][0]["id"]
    page = advisor("recommend", need)
    assert page.code == 3
    assert page.out.startswith("No task was understood")
    assert first not in page.out
    assert "advisor recommend --task image-search --num-items 20000000" in page.out
    assert first in advisor("recommend", need, "-v").out
    named = advisor("recommend", "photos of plants on a laptop", "--task", "captioning").out
    assert "No task was understood" not in named


def test_what_ends_a_phrase_that_was_read_is_not_told_as_unused(advisor):
    said = advisor("search 2 million product photos by German text, on a CPU")
    assert "No effect" not in said.out
    whole = advisor("search product photos by German text", "--format", "json").json
    assert [one["words"] for one in whole["unused"]] == ["text"]


def test_conclusions_are_shown_and_switched_off(advisor):
    need = ["read handwritten lines in an African language", "--format", "json"]
    concluded = advisor(*need).json
    assert any("implication" in one for one in concluded["understood"])
    assert concluded["profile"]["training"]["origin"] == "text"
    literal = advisor(*need, "--literally").json
    assert not any("implication" in one for one in literal["understood"])
    assert literal["profile"]["training"]["origin"] == "assumed"
    assert "--no-infer" in literal["command"]


def test_strict_leaves_a_guess_undetermined(advisor):
    result = advisor("recommend", "read text from images", "--strict", "--format", "json")
    assert (result.code, result.json["outcome"]) == (3, "undetermined")
    assert result.json["certainty"]["family"] == "undetermined"
    assert result.json["family"]


def test_flags_win_over_words(advisor):
    document = advisor(NEED, "--language", "fr", "--format", "json").json
    assert document["profile"]["language"] == {"options": ["fr"], "origin": "flag"}


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("recomend", "unknown command `recomend`. Did you mean `recommend`?"),
        ("shwo clip", "unknown command `shwo`. Did you mean `show`?"),
        ("recomend clip", "type `advisor recommend clip`"),
        ("captoning", "unknown command or task `captoning`. Did you mean `captioning`?"),
        ("qwertzuiop", "unknown command or task `qwertzuiop`"),
    ],
)
def test_a_lone_word_that_nobody_knows_is_a_misspelt_name(advisor, word, said):
    result = advisor(word)
    assert (result.code, result.out) == (2, "")
    assert said in result.err


@pytest.mark.parametrize(
    ("words", "run"),
    [
        (["similar photo.jpg archive/"], "--image photo.jpg --folder archive/"),
        (["find the drawing of a stair", "plans/"], "plans/ --query 'find the drawing of a stair'"),
        (["sort photos/ into cat, dog, owl"], "--folder photos/ --labels cat,dog,owl"),
    ],
)
def test_the_run_on_files_has_what_the_sentence_names(advisor, words, run):
    assert run in " ".join(advisor(*words).err.split())


def test_a_path_alone_says_what_runs_on_files(advisor, tmp_path):
    for words in ([str(tmp_path)], ["recommend", str(tmp_path)]):
        result = advisor(*words)
        assert (result.code, result.out) == (2, "")
        assert "is a path, not a command or a task" in result.err
        assert f"`advisor caption {tmp_path}`" in " ".join(result.err.split())


@pytest.mark.parametrize(
    ("name", "said"), [("talk.pptx", "export it to PDF"), ("talk.mp3", "`advisor speech`")]
)
def test_a_file_without_images_alone_says_what_it_needs(advisor, tmp_path, monkeypatch, name, said):
    monkeypatch.chdir(tmp_path)
    Path(name).write_bytes(b"")
    assert said in advisor(name).err


@pytest.mark.parametrize(
    "asked",
    [
        ["what is the VIN on this sticker"],
        ["how much is left on the plate?"],
        ["welche Bauteile sind das?"],
        ["quelle marque voit-on ici"],
    ],
)
def test_words_without_a_task_beside_an_image_ask_about_it(advisor, tmp_path, monkeypatch, asked):
    monkeypatch.chdir(tmp_path)
    Path("a.jpg").write_bytes(b"")
    result = advisor("a.jpg", *asked)
    assert (result.code, "task: vqa" in result.out) == (0, True)
    assert f"--question {shlex.quote(asked[-1].rstrip('?') + '?')}" in result.err
    assert "No task was understood" in advisor("a.jpg", "in German").out


def test_files_of_one_kind_are_named_once_in_the_next_commands(advisor, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("a.jpg", "b.jpg"):
        Path(name).write_bytes(b"")
    assert "advisor recommend 'ocr image' -v" in advisor("ocr", "a.jpg", "b.jpg").out


def test_words_said_twice_without_quotes_are_read_as_with_quotes(advisor):
    need = "search images by text and text by images"
    ends = [advisor("recommend", *words).code for words in ([need], need.split())]
    assert ends[0] == ends[1]


def test_a_folder_behind_listed_labels_is_no_part_of_the_last(advisor, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("clinic").mkdir()
    words = ["sort my photos into dog, cat, rabbit", "clinic/"]
    assert "--labels dog,cat,rabbit`" in advisor(*words).err
    assert "--labels dog,cat,rabbit\n" in advisor("code", *words).out


def test_the_program_for_a_file_keeps_the_flags(advisor, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("menu.pdf").write_bytes(b"%PDF-1.4")
    assert (
        "`advisor code 'ocr PDF' --language th -o" in advisor("ocr", "menu.pdf", "--lang", "th").err
    )


def test_a_task_before_a_sentence_is_its_task(advisor):
    words = ["captioning", "describe every slide of slides.pdf in one sentence"]
    assert "understood as `advisor code --task captioning" in advisor("code", *words).err
    assert "task: captioning" in advisor(words[1]).out


def test_a_family_is_no_need(advisor):
    result = advisor("recommend", "clip")
    assert (result.code, result.out) == (2, "")
    assert "`clip` is a family, not a task" in result.err


def test_words_of_which_nothing_is_known_are_refused(advisor):
    result = advisor("the quick brown fox", "--format", "json")
    assert (result.code, result.json["error"]["kind"]) == (2, "not-understood")


def test_a_batch_takes_needs_in_words(advisor, tmp_path):
    file = tmp_path / "needs.jsonl"
    rows = [
        {"id": 1, "need": NEED},
        {"id": 2, "need": "caption photos", "profile": {"language": "fr"}},
        {"id": 3, "need": ""},
        {"id": 4, "need": 7, "profile": {"task": "vqa"}},
    ]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    result = advisor("recommend", "--batch", file)
    one, two, three, four = result.lines
    assert result.code == 2
    assert one.pop("id") == 1
    assert one == advisor(NEED, "--format", "json").json
    assert two["profile"]["language"] == {"options": ["fr"], "origin": "file"}
    assert two["need"] == "caption photos"
    assert "has neither `need` nor `profile`" in three["error"]["message"]
    assert "`need` must be a string" in four["error"]["message"]


@pytest.mark.slow
def test_nothing_heavy_is_imported_and_nothing_of_words_without_a_sentence():
    code = (
        "import sys; from advisor.cli.main import run; run(sys.argv[1:]); "
        "print(sorted({n for n in sys.modules if n.startswith(('advisor.need.', 'text_to_num'))}"
        " | {n for n in ('torch', 'yaml', 'rich', 'questionary') if n in sys.modules}), "
        "file=sys.stderr)"
    )
    import os
    import sys

    def loaded(*words):
        done = ran(
            [sys.executable, "-c", code, *words, "--format", "json"],
            check=True,
            env=dict(os.environ),
        )
        return done.stderr.splitlines()[-1]

    loaded("list", "criteria")
    assert loaded("recommend", "--task", "captioning") == "['advisor.need.command']"
    with_words = loaded(NEED)
    assert "advisor.need.reading" in with_words
    for heavy in ("torch", "yaml", "rich", "questionary", "text_to_num"):
        assert heavy not in with_words
    assert "text_to_num" in loaded("search zwei Millionen Fotos")


def test_a_checkpoint_that_comes_later_is_explained_without_a_release(advisor):
    later = "google/siglip2-so400m-patch16-384"
    result = advisor("explain", "--task", "image-search", "--why-not", later)
    assert (result.code, result.err) == (0, "")
    assert "Rank" in result.out


# -- a sentence that lies between tasks -----------------------------------------------------------


@pytest.mark.parametrize(
    ("need", "between", "said"),
    [
        (
            "is this X-ray like earlier ones",
            ["captioning", "image-search", "zero-shot-classification"],
            False,
        ),
        (
            "translate text from English to German",
            ["captioning", "image-search", "zero-shot-classification"],
            False,
        ),
        ("read photos", ["ocr-line", "ocr-page"], True),
        ("ocr", ["ocr-line", "handwriting", "ocr-page"], True),
    ],
)
def test_a_sentence_between_tasks_is_undetermined_and_answered_all_the_same(
    advisor, tmp_path, need, between, said
):
    result = advisor("recommend", need, "--format", "json")
    document = result.json
    assert (result.code, document["outcome"]) == (3, "undetermined")
    named = [hint.split()[3] for hint in document["hints"] if "recommend --task" in hint]
    assert named[: len(between)] == between
    likeliest = advisor(*shlex.split(document["hints"][0])[1:], "--format", "json").json
    assert document["family"] == likeliest["family"]
    first, *_ = document["checkpoints"]
    assert first["id"] == likeliest["checkpoints"][0]["id"]
    page = advisor("recommend", need)
    assert (page.code, page.out.startswith(first["id"])) == (3, said)
    assert "needs more answers" in " ".join(page.out.split()[:30])
    assert ("the task is a guess" in page.out) == said
    batch = tmp_path / "needs.jsonl"
    batch.write_text(json.dumps({"id": 1, "need": need}) + "\n")
    line = advisor("recommend", "--batch", batch)
    assert (line.code, line.lines) == (3, [{"id": 1, **document}])
    program = advisor("code", need)
    assert (program.code, program.out) == (3, "")
    assert between[0] in program.err


def test_a_flag_says_which_task_is_meant(advisor):
    result = advisor("recommend", "read photos", "--task", "ocr-page", "--format", "json")
    assert (result.code, result.json["outcome"]) == (0, "assumed")


def test_models_that_a_sentence_names_are_ranked_for_it(advisor):
    document = advisor("recommend", "BLIP-2 or Florence-2 for captioning?", "--format", "json").json
    named = {one["words"]: one for one in document["named"]}
    picks = [one["id"] for one in document["checkpoints"]]
    assert [*named] == ["Florence-2", "BLIP-2"]
    assert not document["unused"]
    page = advisor("recommend", "BLIP-2 or Florence-2 for captioning?").out
    for one in named.values():
        assert 1 < one["rank"] <= one["of"]
        assert f"{one['words']}: {one['checkpoint']} ranks {one['rank']} of {one['of']}" in page
        assert one["checkpoint"] not in picks[: one["rank"] - 1]


@pytest.mark.parametrize(
    ("text", "checkpoint", "rank"),
    [
        ("TrOCR or Donut for reading handwritten lines", "naver-clova-ix/donut-base", None),
        ("use Qwen3-VL to answer questions", "Qwen/Qwen3-VL-8B-Instruct", 8),
        ("CLIP or SigLIP 2 to search photos", "google/siglip2-so400m-patch14-384", 1),
    ],
)
def test_a_named_model_goes_by_the_checkpoint_that_ranks_highest(advisor, text, checkpoint, rank):
    named = advisor("recommend", text, "--format", "json").json["named"]
    (found,) = (one for one in named if one["checkpoint"] == checkpoint)
    assert found["rank"] == rank


@pytest.mark.parametrize(
    ("text", "lacks"),
    [
        ("manga ocr", "languages are ja, wanted en"),
        ("caption images with GIT in German", "needs fine-tuning for captioning"),
    ],
)
def test_a_named_model_that_does_not_meet_the_needs_says_what_it_lacks(advisor, text, lacks):
    (found,) = advisor("recommend", text, "--format", "json").json["named"]
    assert (found["rank"], found["lacks"]) == (None, lacks)
    page = " ".join(advisor("recommend", text).out.split())
    assert f"{found['checkpoint']} does not meet these needs: {lacks}" in page


def test_a_named_model_that_ranks_lacks_nothing(advisor):
    answer = json.loads(advisor("caption photos with BLIP-2 or Qwen3-VL", "--format", "json").out)
    assert [(each["rank"] is not None, each["lacks"]) for each in answer["named"]] == [
        (True, "")
    ] * 2


def test_a_model_outside_the_families_says_what_restricts_its_use(advisor):
    restricted = advisor("segmentation")
    assert "License      sam-licence: commercial use restricted" in restricted.out
    assert "License" not in advisor("depth-estimation").out  # Apache-2.0


def test_blur_is_not_understood_as_an_image_that_does_not_match(advisor):
    found = advisor("recommend", "remove blurry photos and duplicates", "--format", "json").json
    assert "blurry" in [phrase["words"] for phrase in found["not_understood"]]
    assert "blurry" not in " ".join(phrase["words"] for phrase in found["understood"])


def test_a_family_that_is_named_alone_is_no_model(advisor):
    assert advisor("recommend", "use CLIP to search photos", "--format", "json").json["named"] == []


def test_a_model_that_only_a_company_serves_is_told_how_it_is_compared(advisor):
    page = advisor("GPT-4o or Florence-2 for captioning?").out
    row = next(line for line in page.splitlines() if "GPT-4o" in line)
    assert "available only as an API" in row
    assert "evaluate --candidate https://HOST/v1#MODEL --task captioning" in " ".join(page.split())
    assert "No effect" not in page
    clips = " ".join(advisor("GPT-4o or Qwen3-VL for describing videos?").out.split())
    assert "only as an API. advisor cannot evaluate it on clips" in clips
    assert "served" not in advisor("embeddings with our own gpt-2 decoder").out


@pytest.mark.parametrize(
    ("need", "line"),
    [
        ("evaluate two models on my folder of labeled pictures", "advisor evaluate FOLDER`"),
        ("compare CLIP and SigLIP on my labeled photos", "advisor evaluate FOLDER --candidate "),
        ("benchmark CLIP vs. SigLIP on my dataset", "advisor evaluate FOLDER --candidate "),
    ],
)
def test_a_sentence_that_measures_models_names_evaluate(advisor, need, line):
    assert f"run `{line}" in advisor(need).err


@pytest.mark.parametrize(
    "need", ["a guide for visitors: describe photos", "fine-tune CLIP on my dataset"]
)
def test_a_sentence_that_measures_nothing_names_no_evaluation(advisor, need):
    assert "evaluate" not in advisor(need).err


def test_a_folder_at_the_end_of_a_sentence_is_the_folder_alone(advisor, tmp_path, monkeypatch):
    (tmp_path / "photos").mkdir()
    monkeypatch.chdir(tmp_path)
    assert "--folder photos/` " in advisor("caption the pictures in photos/").err


def test_a_size_as_papers_write_it_names_the_checkpoint(advisor):
    shown = advisor("show", "CLIP ViT-B/32").out
    assert shown.startswith("openai/clip-vit-base-patch32\n")
    named = advisor("is CLIP ViT-B/32 still a good choice to search photos by words?").out
    assert "openai/clip-vit-base-patch32 ranks" in named
