"""`advisor show`, `advisor list` and `advisor compare`: everything known can be looked at."""

import json

import pytest

from advisor.catalogue.checkpoint_page import entry_page
from advisor.catalogue.knowledge import KINDS, all_of, entry_json, thing_json
from advisor.catalogue.page import thing_page
from advisor.draw.markdown import markdown


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


@pytest.mark.usefixtures("small_rules")
@pytest.mark.parametrize("kind", KINDS)
def test_everything_known_can_be_shown_and_names_its_sources(advisor, small, tmp_path, kind):
    files = {format: tmp_path / format for format in ("json", "markdown")}
    wanted = [f"--output={format}={file}" for format, file in files.items()]
    things = all_of(small, kind)
    assert things
    for id, thing in things.items():
        shown = advisor("show", id, "--kind", kind, *wanted)
        wrote = "".join(f"advisor: wrote {file}\n" for file in files.values())
        assert (shown.code, shown.err) == (0, wrote), id
        document = json.loads(files["json"].read_text(encoding="utf-8"))
        assert (document["id"], document["kind"]) == (id, KINDS[kind][0])
        pages = [shown.out, files["markdown"].read_text(encoding="utf-8")]
        for page in map(squeezed, pages):
            for source in sources_of(kind, thing):
                title = small.sources[source].title
                assert source in page or squeezed(title) in page, (id, source)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_everything_shipped_makes_a_page_that_names_its_sources(rulebase, kind):
    things = all_of(rulebase, kind)
    assert things
    for id, thing in things.items():
        document = thing_json(rulebase, kind, thing)
        assert (document["id"], document["kind"]) == (id, KINDS[kind][0])
        assert json.dumps(document)
        page = squeezed(markdown(thing_page(rulebase, kind, thing)))
        for source in sources_of(kind, thing):
            title = rulebase.sources[source].title
            assert source in page or squeezed(title) in page, (id, source)


@pytest.mark.usefixtures("small_rules")
@pytest.mark.parametrize("kind", KINDS)
def test_a_listing_has_all_of_a_kind_in_every_format(advisor, small, kind):
    ids = list(all_of(small, kind))
    listed = advisor("list", kind, "--format", "json").json
    assert [one["id"] for one in listed[kind]] == ids
    markdown = advisor("list", kind, "--format", "markdown").out.replace("\\", "")
    table = squeezed(advisor("list", kind).out)
    for id in ids:
        typed = small.question(id).typed if kind == "questions" else id
        assert f"| {typed} |" in markdown
        if kind in ("families", "tasks", "criteria"):
            assert id in table
    assert advisor("list", KINDS[kind][0], "--format", "json").json == listed


@pytest.mark.usefixtures("small_rules")
@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_may_be_named_in_the_singular(advisor, small, kind):
    id = next(iter(all_of(small, kind)))
    plural = advisor("show", id, "--kind", kind, "--format", "json")
    assert advisor("show", id, "--kind", KINDS[kind][0], "--format", "json") == plural


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


@pytest.mark.parametrize("name", ["siglip", "SigLIP", "blip", "BLIP"])
def test_a_name_of_checkpoints_and_their_family_has_one_page_in_any_case(advisor, name):
    page = advisor("show", name).out
    assert page == advisor("show", name.lower()).out
    assert "Checkpoint" in page.partition("\n")[0]
    assert "describes the family" in page


def test_a_list_is_bounded_by_sizes_names_and_a_number(advisor):
    def ids(*words):
        result = advisor("list", "checkpoints", *words, "--json")
        assert result.code == 0, result.err
        return [each["id"] for each in result.json["checkpoints"]]

    every = advisor("list", "checkpoints", "--json").json["checkpoints"]
    sizes = {each["id"]: each["parameters_millions"] for each in every}
    small = ids("--max-parameters", "100M")
    assert small == [id for id, size in sizes.items() if size is not None and size <= 100]
    assert ids("--memory-gb", "4GB") == ids("--memory-gb", "4")
    makers = {id.partition("/")[0] for id in ids("--name", "meta")}
    assert "facebook" in makers
    assert "google" not in makers
    assert ids("--limit", "3") == [*sizes][:3]
    assert set(ids("--license", "APACHE")) > set(ids("--license", "Apache-2.0")) > set()
    for words, said in (
        (["--name", "nobody"], "no checkpoint is called `nobody`"),
        (["--license", "free-as-in-beer"], "unknown license"),
        (["--memory-gb", "much"], "is not a number of GB"),
    ):
        assert said in advisor("list", "checkpoints", *words).err


def test_a_family_page_has_every_section_and_what_articles_say(advisor):
    page = advisor("show", "clip").out
    for heading in ("Inputs", "Training", "Limits", "Choose when", "Tasks", "Cannot"):
        assert f"\n{heading}\n" in page
    assert "Published claims" in page
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
        (["explain", "--task", "vqa", "--why-not", "unified-vpl"], "unified-vlp"),
        (
            ["check", "--checkpoint", "openai/clip-vit-base-patch-32", "--task", "vqa"],
            "openai/clip-vit-base-patch32",
        ),
        (["ask", "--to", "famly"], "family"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_near_miss_is_corrected(advisor, arguments, nearest):
    result = advisor(*arguments)
    assert (result.code, result.out) == (2, "")
    if nearest:
        assert f"Did you mean `{nearest}`?" in result.err


@pytest.mark.parametrize("name", ["BLIP-2", "blip-2", "blip2"])
def test_a_model_is_shown_by_the_name_that_people_call_it(advisor, name):
    """The table of its checkpoints, where there are several."""
    result = advisor("show", name, "--format", "json")
    assert result.code == 0, result.err
    ids = [checkpoint["id"] for checkpoint in json.loads(result.out)["checkpoints"]]
    assert ids
    assert all(id.startswith("Salesforce/blip2-") for id in ids)


def test_a_form_in_fewer_bits_is_shown_and_compared_as_its_checkpoint(advisor):
    own, other = "Qwen/Qwen3.5-4B", "Qwen/Qwen3.5-2B"
    assert advisor("show", f"{own}:int8").out == advisor("show", own).out
    assert advisor("compare", f"{own}:int4", other).out == advisor("compare", own, other).out


def test_what_a_maker_published_in_fewer_bits_is_named_with_the_size_of_its_files(
    advisor, rulebase
):
    shown = " ".join(advisor("show", "Qwen/Qwen2.5-VL-7B-Instruct").out.split())
    assert "Qwen/Qwen2.5-VL-7B-Instruct-AWQ (AWQ, files of 6.9 GB), only for a CUDA GPU" in shown
    unknown = " ".join(advisor("show", "Qwen/Qwen3.5-27B").out.split())
    assert "Qwen/Qwen3.5-27B-FP8 (FP8, size not known)" in unknown
    for checkpoint in rulebase.checkpoints.values():
        owners = {id.partition("/")[0] for id in checkpoint.published_forms}
        assert owners <= {checkpoint.id.partition("/")[0]}, checkpoint.id


def test_a_model_of_one_checkpoint_is_shown_as_that(advisor, rulebase):
    ids = {
        name: text.partition("|")[0].split() for name, text in rulebase.words_index["named"].items()
    }
    name = next(
        name
        for name, own in sorted(ids.items())
        if len(own) == 1 and name not in rulebase.checkpoints and name not in rulebase.family_names
    )
    for options in ((), ("--full",)):
        assert advisor("show", name, *options).out == advisor("show", ids[name][0], *options).out


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


def listed(advisor, *arguments):
    """The checkpoints of a listing."""
    return advisor("list", "checkpoints", *arguments, "--format", "json").json["checkpoints"]


@pytest.mark.parametrize(
    ("arguments", "met"),
    [
        (["--commercial-use", "permitted"], lambda c: c["commercial_use"] == "permitted"),
        (["--licence", "mit,BSD-3-clause"], lambda c: c["licence"] in ("mit", "bsd-3-clause")),
        (["--memory-gb", "2"], lambda c: c["memory_gb"] is not None and c["memory_gb"] <= 2),
        (["--max-memory-gb", "2"], lambda c: c["memory_gb"] is not None and c["memory_gb"] <= 2),
        (["--language", "ja"], lambda c: {"ja", "zxx"} & set(c["languages"] or [])),
        (["--stage", "contrastive"], lambda c: c["stage"] == "contrastive"),
        (["--loader", "open_clip"], lambda c: c["loader"] == "open_clip"),
        (["--gated"], lambda c: c["gated"] is True),
        (["--open"], lambda c: c["gated"] is False),
        (["--model-type", "blip,git"], lambda c: c["model_type"] in ("blip", "git")),
        (["--task", "captioning", "--fine-tune"], lambda c: "captioning" in c["fine_tune"]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
@pytest.mark.slow
def test_a_wish_is_met_by_every_checkpoint_listed_and_by_none_left_out(advisor, arguments, met):
    every = listed(advisor)
    found = listed(advisor, *arguments)
    assert found == [one for one in every if met(one)]
    assert 0 < len(found) < len(every)


def test_what_nobody_verified_meets_no_wish_and_is_named_apart(advisor, rulebase):
    told = advisor("list", "checkpoints", "--open", "--format", "json").json
    unknown = [one.id for one in rulebase.checkpoints.values() if one.gated is None]
    assert told["unverified"] == unknown
    assert f"{len(unknown)} checkpoint" in advisor("list", "checkpoints", "--open").out


@pytest.mark.parametrize("sort", ["id", "size", "memory", "released"])
@pytest.mark.slow
def test_a_sorted_listing_holds_the_same_and_unknown_comes_last(advisor, sort):
    field = {"size": "parameters_millions", "memory": "memory_gb"}.get(sort, sort)
    values = [one[field] for one in listed(advisor, "--sort", sort)]
    assert len(values) == len(listed(advisor))
    known = [value for value in values if value is not None]
    assert values == known + [None] * (len(values) - len(known))
    if sort == "id":
        assert known == sorted(known, key=str.lower)
    else:
        assert known == sorted(known, reverse=sort == "released")


def test_a_listing_by_quality_puts_one_benchmark_after_the_other(advisor, rulebase):
    rows = listed(advisor, "--task", "handwriting", "--sort", "quality")
    measured = [measured for one in rows for measured in one["measurements"]]
    rates = [one["value"] for one in measured if one["benchmark"] == "IAM"]
    assert len(rates) > 1
    assert rates == sorted(rates)  # an error rate: less is better
    page = advisor("list", "checkpoints", "--task", "vqa", "--sort", "quality").out
    assert "MMBench" in page
    assert "not measured" in " ".join(page.split())
    assert "without a result, checkpoints are ranked by series and size" in page


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["checkpoints", "--sort", "quality"], "needs a task"),
        (["checkpoints", "--fine-tune"], "needs a task"),
        (["checkpoints", "--sort", "memry"], "Did you mean `memory`"),
        (["checkpoints", "--stage", "finetuned"], "Did you mean `fine-tuned`"),
        (["checkpoints", "--commercial-use", "permited"], "Did you mean `permitted`"),
        (["tasks", "--sort", "id"], "filters such as `--family` and `--task` work only"),
        (["families", "--open"], "filters such as `--family` and `--task` work only"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_wish_that_makes_no_sense_is_refused(advisor, arguments, said):
    result = advisor("list", *arguments)
    assert (result.code, result.out) == (2, "")
    assert said in result.err


def test_an_empty_listing_says_so(advisor):
    result = advisor("list", "checkpoints", "--task", "speech")
    assert (result.code, result.out) == (0, "  no checkpoint matches\n")
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
    assert "| license | bsd-3-clause | mit |" in table


def test_models_of_one_family_are_compared_as_checkpoints(advisor):
    compared = advisor("compare", "clip", "siglip", "--json").json["checkpoints"]
    assert [row["id"].partition("-")[0] for row in compared] == ["openai/clip", "google/siglip"]


def test_a_family_beside_a_checkpoint_is_its_first_for_a_task_of_both(advisor):
    blip = "Salesforce/blip-image-captioning-base"
    compared = advisor("compare", "vision-encoder-decoder", blip, "--json").json["checkpoints"]
    listed = advisor(
        *("list", "checkpoints", "--family", "vision-encoder-decoder", "--task", "captioning"),
        *("--sort", "quality", "--json"),
    ).json["checkpoints"]
    assert [row["id"] for row in compared] == [listed[0]["id"], blip]


def test_a_checkpoint_page_answers_may_i_can_i_how(advisor):
    page = advisor("show", "Salesforce/blip-vqa-base").out
    places = [
        page.index(f"\n{heading}\n") for heading in ("License and access", "Capabilities", "Usage")
    ]
    assert places == sorted(places)
    assert places[0] < page.index("bsd-3-clause") < places[1] < page.index("512 tokens") < places[2]
    assert "checked 20" in page


@pytest.mark.parametrize("words", [["blip-vqa-base"], ["BLIP-VQA-base", "--kind", "checkpoint"]])
def test_a_checkpoint_is_shown_without_its_owner(advisor, words):
    assert advisor("show", *words).out == advisor("show", "Salesforce/blip-vqa-base").out


def test_a_checkpoint_of_another_owner_is_asked_for(advisor):
    result = advisor("explain", "--task", "vqa", "--why-not", "x/blip-vqa-base")
    assert result.code == 2
    assert "Did you mean `Salesforce/blip-vqa-base`?" in result.err


def test_checkpoints_are_compared_without_their_owners(advisor):
    result = advisor("compare", "blip-vqa-base", "openai/clip-vit-base-patch32")
    whole = advisor("compare", "Salesforce/blip-vqa-base", "openai/clip-vit-base-patch32")
    assert (result.code, result.out) == (0, whole.out)


def test_what_measured_both_is_compared_also_by_other_sources_and_modes(advisor):
    giant = "google/siglip2-giant-opt-patch16-384"

    def table(*ids):
        return advisor("compare", *ids, "--format", "markdown").out.replace("\\*", "*")

    page = table(giant, "facebook/metaclip-2-worldwide-huge-quickgelu")
    assert "| Crossmodal-3600 (multilingual), text-to-image R@1* | 48.6 | 51.5 |" in page
    assert "* different sources or modes" in page
    page = table("LiquidAI/LFM2.5-VL-450M", "Qwen/Qwen3.5-2B")
    assert "| RealWorldQA, accuracy* | 58.43 | 71.2 |" in page
    page = table(giant, "google/siglip2-so400m-patch14-384")
    assert "| ImageNet-1k, zero-shot top-1 | 85 | 84.1 |" in page
    assert "different sources" not in page


@pytest.fixture
def uncatalogued(tmp_path):
    """A folder that holds nothing but a configuration."""
    config = {"model_type": "blip", "architectures": ["BlipForQuestionAnswering"]}
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "config.json").write_text(json.dumps(config), encoding="utf-8")
    return tmp_path / "mine"


def test_a_checkpoint_outside_the_catalogue_says_what_is_not_known(advisor, uncatalogued):
    told = advisor("show", uncatalogued, "--format", "json").json
    assert (told["kind"], told["catalogued"]) == ("checkpoint", False)
    assert (told["model_type"], told["families"]) == ("blip", ["unified-vlp"])
    assert "licence" in told["not_known"]
    page = advisor("show", uncatalogued).out
    assert "This checkpoint is not in the catalog. The facts are" in page
    assert "not known: license" in page


def test_a_full_entry_has_every_field_with_its_sources(rulebase):
    for checkpoint in rulebase.checkpoints.values():
        told = entry_json(rulebase, checkpoint)
        json.dumps(told)
        fields = {one["field"]: one for one in told["fields"]}
        assert fields["label"]["value"] == checkpoint.label
        cited = {field: list(sources) for field, sources in checkpoint.sources.items()}
        assert {name: fields[name]["sources"] for name in cited if name in fields} == cited
        assert cited.keys() - fields.keys() <= set(told["unverified"]) | {"tasks"}
        page = markdown(entry_page(rulebase, checkpoint))
        assert all(source in page for sources in cited.values() for source in sources)


def test_a_full_entry_is_shown_of_catalogued_checkpoints_alone(advisor, uncatalogued):
    told = advisor("show", "openai/clip-vit-base-patch16", "--full", "--format", "json").json
    licence = next(one for one in told["fields"] if one["field"] == "licence")
    assert licence["sources"] == ["openai-clip-licence", "openai-clip-issue-203"]
    assert told["place"].startswith("checkpoints/clip.yaml:")
    page = advisor("show", "openai/clip-vit-base-patch16", "--full").out
    assert "mit (code repository only)  [openai-clip-licence" in page
    for id in ("clip", uncatalogued):
        refused = advisor("show", id, "--full")
        assert (refused.code, refused.out) == (2, "")


@pytest.mark.slow
def test_a_full_entry_of_an_overlay_says_where_it_is_written(advisor, tmp_path):
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints/clip.yaml").write_text(
        "checkpoints:\n  - {id: lab/clip, series: siglip-2, text_context: 32, "
        "sources: {siglip2-readme: [text_context]}}\n"
    )
    told = advisor("show", "lab/clip", "--full", "--rules", tmp_path, "--format", "json").json
    assert told["place"].endswith("checkpoints/clip.yaml:2")
    assert {"field": "text_context", "value": 32} in [
        {"field": one["field"], "value": one["value"]} for one in told["fields"]
    ]


def test_a_checkpoint_in_the_hub_cache_is_found_by_its_id(advisor, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    assert advisor("show", "our/captioner").code == 2
    snapshot = tmp_path / "models--our--captioner" / "snapshots" / "abcdef1"
    snapshot.mkdir(parents=True)
    (snapshot / "config.json").write_text('{"model_type": "git"}', encoding="utf-8")
    told = advisor("show", "our/captioner", "--format", "json").json
    assert (told["place"], told["revision"], told["model_type"]) == ("hub cache", "abcdef1", "git")


def test_an_uncatalogued_checkpoint_stands_beside_a_catalogued_checkpoint(advisor, uncatalogued):
    page = advisor("compare", uncatalogued, "Salesforce/blip-vqa-base").out
    row = next(line for line in page.splitlines() if line.split()[:1] == ["license"])
    assert "not verified" in row
    assert "bsd-3-clause" in row
    other = advisor("compare", uncatalogued, "unified-vlp")
    assert (other.code, other.out) == (2, "")


def test_a_broken_uncatalogued_checkpoint_is_one_sentence(advisor, uncatalogued):
    (uncatalogued / "config.json").write_text("[", encoding="utf-8")
    result = advisor("show", uncatalogued)
    assert (result.code, result.out) == (2, "")
    assert "config.json of" in result.err
    assert "Traceback" not in result.err


def test_why_not_a_checkpoint_says_where_it_stands_and_what_would_change_it(advisor):
    arguments = ["explain", "--task", "vqa", "--memory-gb", "2", "--why-not"]
    told = advisor(*arguments, "Qwen/Qwen3-VL-2B-Instruct", "--format", "json")
    standing = told.json["standing"]
    assert told.code == 0
    assert (standing["rank"], standing["family_wins"]) == (None, True)
    assert any("memory" in lack for lack in standing["lacks"])
    (change,) = standing["changes"]
    changed = [
        "--task",
        "vqa",
        *(word for id, option in change.items() for word in (f"--{id}", option)),
    ]
    fits = advisor("recommend", *changed, "--format", "json").json["checkpoints"]
    assert "Qwen/Qwen3-VL-2B-Instruct" in [one["id"] for one in fits]
    assert "Rank" in advisor(*arguments, "Qwen/Qwen3-VL-2B-Instruct").out


def why_not(advisor, task, id):
    arguments = ["explain", "--task", task, "--why-not", id]
    standing = advisor(*arguments, "--format", "json").json["standing"]
    return standing, " ".join(advisor(*arguments).out.split())


@pytest.mark.slow
def test_why_not_names_the_figure_the_relation_or_what_is_missing(advisor):
    seen = set()
    for task in ("zero-shot-classification", "vqa", "dataset-filtering"):
        picks = advisor("recommend", "--task", task, "--format", "json").json["checkpoints"]
        for number, pick in list(enumerate(picks, start=1))[1:12:3]:
            standing, page = why_not(advisor, task, pick["form_id"])
            decided = standing["decided"]
            assert (standing["rank"], standing["place"]) == (number, pick["place"])
            assert decided["against"] in [one["form_id"] for one in picks[: number - 1]]
            assert decided["against"] in page
            if said := decided["precedence"]:
                words = {
                    "larger": "a larger model of the same series",
                    "successor": "a newer model of the same series",
                }
                assert words.get(said["yardstick"], f"{said['value'] or 0:g}") in page
            seen.add(decided["by"])
    assert {"figure", "relation", "missing"} <= seen


def test_why_not_the_first_has_nothing_against_it(advisor):
    first = advisor("recommend", "--task", "vqa", "--format", "json").json["checkpoints"][0]
    standing, page = why_not(advisor, "vqa", first["id"])
    assert (standing["rank"], standing["decided"]) == (1, None)
    assert "this checkpoint ranks first of the" in page


def test_without_a_kind_the_kinds_are_listed(advisor):
    from advisor.catalogue.knowledge import KINDS

    listed = advisor("list").out
    assert all(f"advisor list {kind}" in listed for kind in KINDS)
    kinds = advisor("list", "--format", "json").json["kinds"]
    assert {one["kind"]: one["number"] > 0 for one in kinds} == dict.fromkeys(KINDS, True)


@pytest.mark.parametrize("number", ["nan", "inf", "1e999"])
def test_a_number_that_is_none_is_refused(advisor, number):
    result = advisor("list", "checkpoints", "--memory-gb", number)
    assert (result.code, "is not a number" in result.err) == (2, True)


def test_a_question_is_shown_by_its_flag(advisor, rulebase):
    for question in rulebase.questions:
        assert advisor("show", question.typed).out == advisor("show", question.id).out
