"""Words that no flag, task or option is called by: what they mean tells what was meant."""

import pytest


@pytest.mark.parametrize(
    ("task", "meant"),
    [
        ("nudity", "content-moderation"),
        ("report", "captioning"),
        ("license-plate", "ocr-line"),
        ("transcribe", "ocr-line"),
        ("notes", "handwriting"),
        ("Röntgen-Befund", "captioning"),
        ("ähnliche Fotos", "similar-images"),
    ],
)
def test_a_task_is_suggested_by_what_a_word_means(advisor, task, meant):
    result = advisor("recommend", "--task", task)
    assert (result.code, result.out) == (2, "")
    assert f"`{meant}`" in result.err.partition("did you mean ")[2].partition("?")[0]


def test_an_act_suggests_the_tasks_that_it_is_much_of(advisor):
    said = advisor("recommend", "--task", "classify").err
    kinds = ("zero-shot-classification", "supervised-classification", "document-classification")
    assert all(f"`{one}`" in said for one in kinds)
    assert "content-moderation" not in said, "a classification of another name"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--task x-ray", "`x-ray` says `--domain medical`"),
        ("--task clip", "`clip` is a family: `advisor show clip` says what it does"),
        ("--task trocr", "`trocr` is a model, not a task: its tasks are ocr-line and handwriting"),
        ("--task vqa --domain x-ray", "did you mean `medical`?"),
        ("--task vqa --language tschechisch", "did you mean `cs`?"),
        ("--task vqa --use startup", "did you mean `commercial`?"),
    ],
)
def test_a_word_that_answers_something_else_says_what(advisor, words, said):
    assert said in advisor("recommend", *words.split()).err


@pytest.mark.parametrize("subject", ["x-ray", "mri", "ct-scan", "german"])
def test_what_images_show_or_say_suggests_no_task(advisor, subject):
    assert "did you mean" not in advisor("recommend", "--task", subject).err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--languge de", "did you mean `--language`?"),
        ("--lang de", "did you mean `--language`?"),
        ("--memory 8", "did you mean `--memory-gb`?"),
        ("--gpu", "did you mean `--device gpu`?"),
        ("--commercial", "did you mean `--license-use commercial`?"),
        ("--samples 200", "did you mean `--num-examples 200`?"),
        ("--query x", "did you mean `--text-input query`?"),
        ("--permissive", "did you mean `--sort permissive`?"),
        ("--num-classes 300", "the number of classes changes no result; leave it out"),
        ("--offline", "it is an option of `advisor try`"),
        ("--accuracy", "no such option: --accuracy\n"),
        ("--quantized", "`--memory-gb` chooses the precision"),
        ("--alt-text", "did you mean `--task alt-text`?"),
    ],
)
def test_an_unknown_flag_names_the_one_that_is_meant(advisor, words, said):
    result = advisor("recommend", "--task", "captioning", *words.split())
    assert (result.code, result.out) == (2, "")
    assert said in result.err


def test_a_flag_that_a_command_lacks_is_not_suggested_to_it(advisor):
    said = advisor("list", "checkpoints", "--domain", "medical").err
    assert "did you mean" not in said
    assert "it is an option of" in said


def test_what_is_suggested_runs(advisor):
    for flag in ("--gpu", "--commercial", "--samples 200", "--query x", "--permissive"):
        said = advisor("recommend", "--task", "image-search", *flag.split()).err
        meant = said.partition("did you mean `")[2].partition("`")[0]
        assert advisor("recommend", "--task", "image-search", *meant.split()).code == 0, flag


def test_a_task_without_its_flag_says_how_it_is_given(advisor):
    assert "`--task alt-text`" in advisor("ask", "alt text").err


def test_explain_takes_a_sentence_as_recommend_does(advisor):
    said = advisor("explain", "search photos by German text", "--why-not", "unified-vlp")
    assert said.code == 0
    assert "advisor explain --task image-search" in said.err
    assert "Why not unified VLP" in said.out


def test_a_group_alone_names_its_commands(advisor):
    said = advisor("rules").err
    assert "missing command" in said
    assert "one of check, test, audit" in said


@pytest.mark.parametrize(
    "command",
    [
        ["try", "--demo", "--image", "x.png"],
        ["evaluate", "x", "--demo"],
        ["compose", "--checkpoint", "x", "--finetune", "x.csv", "--save", "y"],
        ["train", "vlp", "x.csv", "--save", "y"],
    ],
)
def test_a_seed_that_no_library_takes_is_wrong(advisor, command):
    result = advisor(*command, "--seed", "9" * 30)
    assert result.code == 2
    assert "--seed" in result.err


@pytest.mark.parametrize("words", ["ci", "lint", "check in CI that our model choice is still fine"])
def test_who_looks_for_a_check_is_told_its_command(advisor, words):
    result = advisor(words)
    assert (result.code, result.out) == (2, "")
    assert "`advisor check` holds models and code against the rules, in CI too" in result.err


def test_a_need_that_has_a_task_is_answered_whatever_else_it_says(advisor):
    assert advisor("lint my captions").out.splitlines()[0].count("/") == 1
