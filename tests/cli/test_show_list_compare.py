"""`advisor show`, `advisor list` and `advisor compare`: everything known can be looked at."""

import json

import pytest

from advisor.report.knowledge import KINDS, SINGULAR


def squeezed(text):
    """Text without blanks, line breaks and Markdown's escapes, which a page puts anywhere."""
    return "".join(text.replace("\\", "").split())


def sources_of(kind, thing):
    """The sources that a page on a thing has to mention."""
    if kind == "rules":
        return thing.sources
    if kind == "checkpoints":
        return [id for ids in thing.sources.values() for id in ids]
    if kind == "families":
        reasons = [*thing.tasks.values(), *thing.cannot.values()]
        return [reason.sources[0] for reason in reasons]
    return []


@pytest.mark.parametrize("kind", KINDS)
def test_everything_known_can_be_shown_and_names_its_sources(advisor, rulebase, tmp_path, kind):
    files = {format: tmp_path / format for format in ("json", "markdown")}
    wanted = [f"--output={format}={file}" for format, file in files.items()]
    things = KINDS[kind].all(rulebase)
    assert things
    for id, thing in things.items():
        shown = advisor("show", id, "--kind", kind, *wanted)
        assert (shown.code, shown.err) == (0, ""), id
        document = json.loads(files["json"].read_text(encoding="utf-8"))
        assert document["id"] == id
        pages = [shown.out, files["markdown"].read_text(encoding="utf-8")]
        for page in map(squeezed, pages):
            for source in sources_of(kind, thing):
                title = rulebase.sources[source].title
                assert source in page or squeezed(title) in page, (id, source)


@pytest.mark.parametrize("kind", KINDS)
def test_json_says_of_which_kind_a_thing_is(advisor, rulebase, kind):
    id = next(iter(KINDS[kind].all(rulebase)))
    assert advisor("show", id, "--kind", kind, "--format", "json").json["kind"] == SINGULAR[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_a_listing_has_all_of_a_kind_in_every_format(advisor, rulebase, kind):
    ids = list(KINDS[kind].all(rulebase))
    listed = advisor("list", kind, "--format", "json").json
    assert [one["id"] for one in listed[kind]] == ids
    markdown = advisor("list", kind, "--format", "markdown").out.replace("\\", "")
    table = squeezed(advisor("list", kind).out)
    for id in ids:
        assert f"| {id} |" in markdown
        if kind in ("families", "tasks", "criteria"):
            assert id in table
    assert advisor("list", SINGULAR[kind], "--format", "json").json == listed


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_may_be_named_in_the_singular(advisor, rulebase, kind):
    id = next(iter(KINDS[kind].all(rulebase)))
    plural = advisor("show", id, "--kind", kind, "--format", "json")
    assert advisor("show", id, "--kind", SINGULAR[kind], "--format", "json") == plural


def test_an_id_is_found_in_whatever_kind_it_is(advisor):
    found = {
        "clip": "family",
        "siglip": "family",
        "captioning": "task",
        "image-to-text": "task",
        "training": "question",
        "capability": "criterion",
        "large-collection-searched-again-and-again": "rule",
        "clip-cannot-captioning": "rule",
        "Salesforce/blip-vqa-base": "checkpoint",
    }
    for id, kind in found.items():
        assert advisor("show", id, "--format", "json").json["kind"] == kind


def test_a_family_page_has_every_section_and_what_articles_say(advisor):
    page = advisor("show", "clip").out
    for heading in ("Inputs", "Training", "Limits", "Choose when", "Tasks", "Cannot"):
        assert f"\n{heading}\n" in page
    assert "What articles say" in page
    document = advisor("show", "clip", "--format", "json").json
    assert all(one["sources"] for one in document["description"]["training"])
    assert {"claim", "status", "truth", "sources"} <= set(document["claims"][0])


def test_a_checkpoint_page_ends_in_something_to_load(advisor):
    page = advisor("show", "Salesforce/blip-vqa-base").out
    assert "BlipForQuestionAnswering.from_pretrained" in page
    assert "trust_remote_code" not in page
    assert "None" not in page
    document = advisor("show", "Salesforce/blip-vqa-base", "--format", "json").json
    assert document["class"] == "BlipForQuestionAnswering"
    assert document["snippet"]


def test_what_nobody_verified_is_said_to_be_so(advisor, rulebase):
    unknown = next(c for c in rulebase.checkpoints.values() if c.parameters_millions is None)
    page = advisor("show", unknown.id).out
    line = next(line for line in page.splitlines() if line.split()[:1] == ["parameters"])
    assert line.endswith("not verified")


def test_a_question_page_says_why_it_is_asked(advisor, rulebase):
    question = rulebase.question("training")
    page = squeezed(advisor("show", "training").out)
    assert squeezed(question.why) in page
    assert all(option.id in page for option in question.options)


@pytest.mark.parametrize(
    ("arguments", "nearest"),
    [
        (["show", "clp"], "clip"),
        (["show", "Captioning"], "captioning"),
        (["show", "captionin"], "captioning"),
        (["show", "Salesforce/blip-vqa-bas"], "Salesforce/blip-vqa-base"),
        (["show", "clip", "--kind", "task"], None),
        (["show", "clip", "--kind", "familys"], "families"),
        (["list", "taks"], "tasks"),
        (["list", "checkpoints", "--task", "captionin"], "captioning"),
        (["list", "checkpoints", "--family", "clp"], "clip"),
        (["compare", "clip", "unified-vpl"], "unified-vlp"),
        (["recommend", "--task", "captionin"], "captioning"),
        (["recommend", "--task", "vqa", "--priority", "langauge"], "language"),
        (["recommend", "--task", "vqa", "--device", "gpus"], "gpu"),
        (["rules", "schema", "decision"], "decisions"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_near_miss_is_corrected(advisor, arguments, nearest):
    result = advisor(*arguments)
    assert (result.code, result.out) == (2, "")
    if nearest:
        assert f"did you mean `{nearest}`?" in result.err


def test_an_unknown_thing_is_called_what_it_was_looked_for_as(advisor):
    assert "unknown task `nosuch`" in advisor("show", "nosuch", "--kind", "task").err
    assert "unknown task `nosuch`" in advisor("show", "nosuch", "--kind", "tasks").err


# -- list --------------------------------------------------------------------------------------


def test_checkpoints_are_narrowed_down_by_family_and_task(advisor, rulebase):
    arguments = ["--task", "image-to-text", "--family", "vision-encoder-decoder"]
    listed = advisor("list", "checkpoints", *arguments, "--format", "json").json["checkpoints"]
    assert [one["id"] for one in listed] == [
        c.id
        for c in rulebase.checkpoints.values()
        if c.family == "vision-encoder-decoder" and "captioning" in c.tasks
    ]
    everything = advisor("list", "checkpoints", "--format", "json").json["checkpoints"]
    assert 0 < len(listed) < len(everything)


def test_an_empty_listing_says_so(advisor):
    result = advisor("list", "checkpoints", "--task", "speech")
    assert (result.code, result.out) == (0, "  no checkpoint fits\n")
    assert advisor("list", "checkpoints", "--task", "speech", "--format", "json").json[
        "checkpoints"
    ] == []  # fmt: skip


def test_rules_written_by_hand_are_listed_apart_from_derived_ones(advisor):
    written = advisor("list", "rules", "--written", "--format", "json").json["rules"]
    every = advisor("list", "rules", "--format", "json").json["rules"]
    assert 0 < len(written) < len(every)
    assert not any(rule["derived"] for rule in written)


def test_an_overlay_is_listed_and_shown(advisor, weather):
    assert advisor("show", "rain", "--rules", weather, "--format", "json").json["kind"] == "rule"
    assert advisor("show", "rain").code == 2
    listed = advisor("list", "questions", "--rules", weather, "--format", "json").json["questions"]
    assert listed[-1]["id"] == "weather"


# -- compare -----------------------------------------------------------------------------------


def test_families_stand_side_by_side(advisor, rulebase):
    document = advisor("compare", "clip", "unified-vlp", "--format", "json").json
    assert [one["id"] for one in document["families"]] == ["clip", "unified-vlp"]
    page = advisor("compare", "clip", "unified-vlp").out
    assert page.startswith("clip or unified-vlp\n")
    row = next(line for line in page.splitlines() if line.split()[:1] == ["captioning"])
    assert row.split()[1:] == ["cannot", "best"]
    everything = advisor("compare", *(family.id for family in rulebase.families))
    assert everything.code == 0
    assert max(map(len, everything.out.splitlines())) <= 80


def test_checkpoints_stand_side_by_side_with_what_both_were_measured_on(advisor):
    ids = ["Salesforce/blip-image-captioning-base", "microsoft/git-base-coco"]
    document = advisor("compare", *ids, "--format", "json").json
    assert [one["id"] for one in document["checkpoints"]] == ids
    table = advisor("compare", *ids, "--format", "markdown").out
    assert "| licence | bsd-3-clause | mit |" in table


def test_an_alias_of_the_same_family_is_no_second_one(advisor):
    assert advisor("compare", "clip", "siglip").code == 2


def test_three_of_a_kind_compare(advisor):
    document = advisor(
        "compare", "clip", "unified-vlp", "vision-encoder-decoder", "--format", "json"
    ).json
    assert len(document["families"]) == 3
