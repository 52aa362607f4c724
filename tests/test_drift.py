"""The catalogue against releases of transformers, and what is known of a release."""

import pytest
from catalogue_drift import auto_classes_of, compare, differences_of, drift, main
from hypothesis import given
from hypothesis import strategies as st

from advisor.catalogue.release import Release, described_releases, release, version_number
from advisor.catalogue.release_files import describe
from advisor.errors import AdvisorError, UsageError
from advisor.model.library import NameChange


@pytest.fixture(scope="module")
def newest(rulebase):
    return release(rulebase, described_releases()[-1])


@pytest.fixture(scope="module")
def older(rulebase):
    return release(rulebase, "4.57")


def entry_of(rulebase, id="Salesforce/blip-vqa-base", **fields):
    return rulebase.checkpoint(id)._replace(**fields)


def problems(entry, held):
    return [(found.field, found.problem) for found in differences_of(entry, held)]


def test_every_entry_loads_in_the_newest_described_release(rulebase, newest):
    found = drift(rulebase, newest)
    assert found.differences == ()
    assert found.checked > 100


def test_older_release_lacks_what_came_later_and_nothing_else(rulebase, older):
    """True of transformers 4.57.6: each was looked up in its `models` folder."""
    found = {d.checkpoint for d in drift(rulebase, older).differences}
    assert {"google/gemma-4-E2B-it", "google/tipsv2-b14", "PaddlePaddle/PaddleOCR-VL"} <= found
    assert not any(id.startswith(("openai/", "Salesforce/", "microsoft/")) for id in found)


def test_class_that_never_was_is_missing(rulebase, newest):
    assert problems(entry_of(rulebase, model_class="BlipForDreaming"), newest) == [
        ("class", "missing")
    ]


def test_processor_that_is_gone_says_what_to_use_instead(rulebase, newest):
    entry = entry_of(rulebase, processor="ViltFeatureExtractor")
    (found,) = differences_of(entry, newest)
    assert found.change.instead == "ViltImageProcessor"
    assert "renamed in 5.0, now ViltImageProcessor" in found.message


def test_class_of_another_model_type_is_elsewhere(rulebase, newest):
    assert problems(entry_of(rulebase, model_class="CLIPModel"), newest) == [("class", "elsewhere")]


def test_class_that_no_auto_class_gives_belongs_to_its_model_type(rulebase, newest):
    entry = entry_of(rulebase, model_class="BlipForImageTextRetrieval")
    assert auto_classes_of(newest, "BlipForImageTextRetrieval", "blip") == ()
    assert problems(entry, newest) == []


def test_pipeline_has_to_load_the_class_of_the_entry(rulebase, newest):
    wrong = entry_of(rulebase, pipeline="image-text-to-text")
    (found,) = differences_of(wrong, newest)
    assert "loads BlipForConditionalGeneration for blip, not BlipForQuestionAnswering" in (
        found.message
    )
    refused = entry_of(rulebase, pipeline="depth-estimation")
    assert problems(refused, newest) == [("pipeline", "refused")]


def test_pipeline_that_is_gone_is_missing_with_what_became_of_it(rulebase, newest, older):
    entry = entry_of(rulebase, pipeline="visual-question-answering")
    assert differences_of(entry, older) == ()
    (found,) = differences_of(entry, newest)
    assert (found.problem, found.change.kind, found.change.since) == ("missing", "removed", "5.3")


def test_pipeline_may_treat_a_configuration_by_name(rulebase, newest):
    entry = rulebase.checkpoint("naver-clova-ix/donut-base-finetuned-docvqa")
    assert newest.loads_with_pipeline(entry.pipeline, entry.model_type) == ()
    assert newest.treats_by_name(entry.pipeline, entry.model_type)


def test_unknown_model_type_is_missing(rulebase, newest):
    assert ("model_type", "missing") in problems(entry_of(rulebase, model_type="blipp"), newest)


def test_name_is_followed_to_what_it_is_now(newest, older):
    assert newest.removed("AutoModelForVision2Seq").instead == "AutoModelForImageTextToText"
    assert newest.removed("CLIPFeatureExtractor").instead == "CLIPImageProcessor"
    assert newest.removed("TFCLIPModel").instead is None  # the torch class is no Keras class
    assert newest.removed("CLIPTokenizerFast").kind == "redirected"
    assert newest.has_class("CLIPTokenizerFast")
    assert newest.removed("image-to-text", of="pipeline").kind == "redirected"
    assert newest.removed("torch_dtype", of="argument").instead == "dtype"
    assert older.removed("CLIPFeatureExtractor") is None
    assert older.removed("visual-question-answering", of="pipeline") is None


def test_name_that_is_as_it_was_or_never_was_has_no_change(newest):
    assert newest.removed("CLIPModel") is None
    assert newest.removed("WhisperFeatureExtractor") is None
    assert newest.removed("NobodyKnowsMe") is None
    assert newest.removed("torch_dtype") is None


def test_replacement_that_a_release_lacks_is_not_offered(newest):
    gone = newest.removed("MCTCTFeatureExtractor")
    assert (gone.kind, gone.instead) == ("removed", None)


def test_every_change_is_true_of_the_described_releases(rulebase):
    """A class or pipeline is there before `since` and gone from the first release after."""
    releases = [release(rulebase, version) for version in described_releases()]
    for change in rulebase.changes:
        if change.of not in ("class", "pipeline") or "*" in change.name:
            continue
        for held in releases:
            has = held.has_class if change.of == "class" else held.has_pipeline
            since = version_number(change.since) <= version_number(held.version)
            assert has(change.name) is not since, (change.id, held.version)
        if change.instead:
            has = releases[-1].has_class if change.of == "class" else releases[-1].has_pipeline
            assert has(change.instead), change.id


def test_comparison_finds_what_went_and_what_came(older, newest):
    found = compare(older, newest)
    gone = {(of, name): change for of, name, change in found.gone}
    assert gone["pipeline", "image-to-text"].instead == "image-text-to-text"
    assert gone["class", "AutoModelForVision2Seq"].kind == "renamed"
    assert ("model type", "gemma4") in found.new
    assert compare(newest, newest).gone == compare(newest, newest).new == ()


@pytest.mark.parametrize(
    ("asked", "given_"),
    [("4", "4.57.6"), ("4.57", "4.57.6"), ("5.0", "5.0.0"), ("v5.0.0", "5.0.0")],
)
def test_number_means_the_newest_release_it_covers(rulebase, asked, given_):
    assert release(rulebase, asked).version == given_


@pytest.mark.parametrize("asked", ["3", "50"])
def test_major_version_that_nobody_described_is_refused_with_those_that_are(rulebase, asked):
    with pytest.raises(UsageError) as caught:
        release(rulebase, asked)
    assert described_releases()[-1] in caught.value.hint


@pytest.mark.parametrize(
    ("asked", "judged"),
    [("4.57.1", "4.57.6"), ("5.24.7", "5.24.0"), ("5.99", "5.24.0"), ("4.40.2", "4.46.3")],
)
def test_release_that_is_not_described_is_judged_as_the_nearest_and_says_so(
    rulebase, asked, judged
):
    """The last patch of the same minor, else the nearest below, else the oldest there is."""
    held = release(rulebase, asked)
    assert held.version == judged
    assert held.note == (
        f"advisor has no data on transformers {asked}, so it checks the code against {judged}"
    )
    assert release(rulebase, judged).note is None


@given(st.text(max_size=12).filter(lambda text: not text.removeprefix("v")[:1].isdecimal()))
def test_text_that_is_no_version_is_refused(text):
    with pytest.raises(UsageError):
        version_number(text)


def test_without_transformers_the_error_names_the_described_ones(rulebase, monkeypatch):
    monkeypatch.setattr("advisor.catalogue.release.installed_package", lambda: None)
    with pytest.raises(AdvisorError) as caught:
        release(rulebase, "installed")
    assert caught.value.kind == "not-installed"


def package(folder):
    """A package as transformers is laid out, with one model, in the forms of two releases."""
    (folder / "models" / "auto").mkdir(parents=True)
    (folder / "models" / "owl").mkdir()
    (folder / "pipelines").mkdir()
    (folder / "utils").mkdir()
    (folder / "__init__.py").write_text(
        '__version__ = "9.1.0"\nif TYPE_CHECKING:\n    from .trainer import Trainer\n'
        "    from .models import *\n"
        '_import_structure = {"hub": ["Hub"]}\n'
    )
    (folder / "models" / "owl" / "modeling_owl.py").write_text(
        'x = 1\n__all__ = [\n    "OwlModel",\n    "OwlForText",\n]\n'
    )
    (folder / "models" / "owl" / "convert_owl.py").write_text('__all__ = ["Convert"]\n')
    (folder / "models" / "auto" / "configuration_auto.py").write_text(
        'CONFIG_MAPPING_NAMES = OrderedDict([("owl", "OwlConfig")])\n'
        'CONFIG_MAPPING_NAMES.update({"owlet": "OwlConfig"})\n'
    )
    (folder / "models" / "auto" / "modeling_auto.py").write_text(
        'MODEL_FOR_TEXT_MAPPING_NAMES = OrderedDict([("owl", ("OwlForText", "OwlModel"))])\n'
        "MODEL_FOR_ALL_MAPPING_NAMES = OrderedDict("
        '[*list(MODEL_FOR_TEXT_MAPPING_NAMES.items()), ("owlet", "OwletModel")])\n'
        "MODEL_FOR_ALL_MAPPING = _Lazy(CONFIG_MAPPING_NAMES, MODEL_FOR_ALL_MAPPING_NAMES)\n"
        "class AutoModelForAll(Base):\n    _model_mapping = MODEL_FOR_ALL_MAPPING\n"
        "MODEL_FOR_TEXT_MAPPING = _Lazy(CONFIG_MAPPING_NAMES, MODEL_FOR_TEXT_MAPPING_NAMES)\n"
        "class _AutoModelForText(Base):\n    _model_mapping = MODEL_FOR_TEXT_MAPPING\n"
        "class AutoModelForText(_AutoModelForText):\n    pass\n"
    )
    (folder / "models" / "auto" / "image_processing_auto.py").write_text(
        "if TYPE_CHECKING:\n    IMAGE_PROCESSOR_MAPPING_NAMES: dict = OrderedDict()\nelse:\n"
        '    MORE_MAPPING_NAMES = OrderedDict([("owl", {"pil": "OwlPil", "torchvision": "Owl"})])\n'
        "    IMAGE_PROCESSOR_MAPPING_NAMES.update(MORE_MAPPING_NAMES)\n"
    )
    (folder / "models" / "auto" / "tokenization_auto.py").write_text(
        'TOKENIZER_MAPPING_NAMES = OrderedDict([("owl", "OwlTokenizer" if fast() else None)])\n'
    )
    (folder / "pipelines" / "__init__.py").write_text(
        'TASK_ALIASES = {"tell": "text-telling"}\n'
        'SUPPORTED_TASKS = {"text-telling": {"pt": (AutoModelForText,) if torch() else ()}}\n'
    )
    (folder / "pipelines" / "text_telling.py").write_text('if name == "BarnConfig": pass\n')
    (folder / "utils" / "import_utils.py").write_text('if name.endswith("TokenizerFast"): pass\n')
    return folder


def test_package_is_described_from_its_files_alone(tmp_path):
    owl = Release(describe(package(tmp_path)))
    assert owl.version == "9.1.0"
    assert owl.classes == {"Trainer": "", "Hub": "", "OwlModel": "owl", "OwlForText": "owl"}
    assert owl.classes_for("AutoModelForText", "owl") == ("OwlForText", "OwlModel")
    assert owl.auto["AutoModelForAll"] == {
        "owl": ["OwlForText", "OwlModel"],
        "owlet": ["OwletModel"],
    }
    assert owl.classes_for("AutoConfig", "owlet") == ("OwlConfig",)
    assert owl.classes_for("AutoImageProcessor", "owl") == ("OwlPil", "Owl")
    assert owl.classes_for("AutoTokenizer", "owl") == ("OwlTokenizer",)
    assert owl.loads_with_pipeline("tell", "owl") == ("OwlForText", "OwlModel")
    assert "_AutoModelForText" not in owl.auto


def test_change_counts_from_its_release_on(tmp_path):
    description = describe(package(tmp_path))

    def held(since):
        change = NameChange("gone", "Owlet*", "class", "removed", since, None, "B.", ["s"])
        return Release(description, [change])

    assert held("9.1").removed("OwletModel").name == "OwletModel"
    assert held("9.2").removed("OwletModel") is None
    assert held("10").removed("OwletModel") is None
    assert held("9.1").removed("Owlet") is None


@pytest.mark.parametrize("broken", ["__init__.py", "pipelines/__init__.py"])
def test_package_that_is_none_is_an_error_in_words(tmp_path, rulebase, monkeypatch, broken):
    folder = package(tmp_path)
    (folder / broken).write_text("def (")
    monkeypatch.setattr("advisor.catalogue.release.installed_package", lambda: folder)
    with pytest.raises(AdvisorError) as caught:
        release(rulebase, "installed")
    assert caught.value.kind == "unreadable-release"


def test_the_tool_says_yes_or_no_by_exit_code(capsys):
    assert main(["5.24", "--since", "4.57"]) == 0
    shown = capsys.readouterr().out
    assert "redirected in 5.0, now image-text-to-text" in shown
    assert "checkpoints against transformers 5.24.0: no differences" in shown
    assert main(["4.57"]) == 1
    assert "google/tipsv2-b14: class: " in capsys.readouterr().out
    assert main(["3"]) == 2
