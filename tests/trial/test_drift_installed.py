"""The catalogue against the transformers that is installed, and its description against it."""

import pytest

transformers = pytest.importorskip("transformers")

from catalogue_drift import drift  # noqa: E402

from advisor.catalogue.release import release  # noqa: E402


@pytest.fixture(scope="module")
def installed(rulebase):
    return release(rulebase, "installed")


def test_every_entry_loads_in_the_installed_release(rulebase, installed):
    assert drift(rulebase, installed).differences == ()


def test_installed_release_is_the_default(rulebase, installed):
    assert release(rulebase).version == installed.version == transformers.__version__


def test_description_has_the_names_that_can_be_imported(installed):
    names = {
        name
        for name, module in transformers._class_to_module.items()
        if name[:1].isupper() and ".dummy_" not in module  # stands for what is not installed
    }
    assert names <= set(installed.classes)
    for name in ("CLIPModel", "ViTImageProcessorFast", "CLIPTokenizerFast", "AutoModel"):
        assert installed.has_class(name) is hasattr(transformers, name) is True
    for name in ("AutoModelForVision2Seq", "CLIPFeatureExtractor", "TFCLIPModel"):
        assert installed.has_class(name) is hasattr(transformers, name) is False


def test_description_has_the_mappings_of_the_imported_auto_classes(installed):
    from transformers.models.auto import modeling_auto, processing_auto

    held = 0
    for name in installed.auto:
        mapping = getattr(getattr(modeling_auto, name, None), "_model_mapping", None)
        if mapping is None:
            continue
        held += 1
        for model_type, classes in mapping._model_mapping.items():
            wanted = (classes,) if isinstance(classes, str) else tuple(classes)
            assert installed.classes_for(name, model_type) == wanted, (name, model_type)
    assert held > 30
    for model_type, name in processing_auto.PROCESSOR_MAPPING_NAMES.items():
        assert installed.classes_for("AutoProcessor", model_type) == ((name,) if name else ())


def test_description_has_the_pipelines_that_can_be_built(installed):
    from transformers.pipelines import PIPELINE_REGISTRY

    assert set(installed.pipelines) == set(PIPELINE_REGISTRY.supported_tasks)
    assert installed.pipeline_aliases == PIPELINE_REGISTRY.task_aliases
