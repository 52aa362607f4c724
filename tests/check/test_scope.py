"""The check is about vision and language; of the rest it says that it is there."""

import pytest

TEXT_ALONE = (
    "from transformers import TFAutoModelForSequenceClassification, TFBertModel\n"
    'm = TFAutoModelForSequenceClassification.from_pretrained("bert-base-cased")\n'
)
ASKED = ("--transformers", "5.24")


def test_what_breaks_in_a_file_about_text_alone_is_one_note(check):
    result = check({"train.py": TEXT_ALONE}, *ASKED)
    assert result.code == 0
    (note,) = result.of("note")
    assert "--all-models" in note["message"]
    assert note["places"]


@pytest.mark.parametrize("line", ["class ClipCaptions:\n    a = 1\n", "images = ImageStore()\n"])
def test_words_of_images_and_captions_make_a_file_ours(check, line):
    result = check({"train.py": TEXT_ALONE + line}, *ASKED)
    assert {one["rule"] for one in result.of("error")} == {"removed-class"}


def test_all_models_are_judged_where_that_is_asked_for(check):
    result = check({"train.py": TEXT_ALONE}, *ASKED, "--all-models")
    assert {one["rule"] for one in result.of("error")} == {"removed-class"}


def test_beside_a_vision_language_model_every_name_counts(check):
    load = 'CLIPModel.from_pretrained("openai/clip-vit-base-patch32")\n'
    text = "from transformers import CLIPModel, TFBertModel\n" + load
    result = check({"app.py": text}, *ASKED)
    assert [one["rule"] for one in result.of("error")] == ["removed-class"]


QFORMER = "from transformers.modeling_utils import apply_chunking_to_forward\n"
BLIP = "class Blip2Base:\n    vision_width = 1408\n"


def test_what_a_model_that_looks_at_images_imports_is_judged_with_it(check):
    for line in ("from models.qformer import BertLMHeadModel", "from .models import qformer"):
        files = {"blip.py": f"{line}\n{BLIP}", "models/qformer.py": QFORMER}
        result = check(files, *ASKED)
        assert [one["rule"] for one in result.of("error")] == ["removed-name"], line


def test_what_only_code_about_text_imports_stays_one_note(check):
    files = {
        "gpt.py": "from models.qformer import BertLMHeadModel\nclass Gpt:\n    revision = 1\n",
        "blip.py": f"import json\n{BLIP}",
        "models/qformer.py": QFORMER,
    }
    result = check(files, *ASKED)
    assert result.code == 0
    assert "--all-models" in result.of("note")[0]["message"]


def test_what_a_model_of_images_needs_is_judged_however_many_files_lie_between(check):
    files = {
        "blip.py": f"from models import parts\n{BLIP}",
        "models/parts.py": "def build():\n    from .text import qformer\n    return qformer\n",
        "models/text/qformer.py": QFORMER,
        "models/text/gpt.py": QFORMER,
    }
    result = check(files, *ASKED)
    assert [one["path"] for one in result.of("error")] == ["models/text/qformer.py"]
    assert [one["path"] for one in result.of("note")] == ["models/text/gpt.py"]


TRAINER = """from transformers import Trainer
class Mine(Trainer):
    def image(self, pixel_values):
        return self.use_apex
trainer = Mine(model=None, tokenizer=None)
"""


def test_in_code_about_images_what_a_trainer_is_given_counts_though_no_model_is_loaded(check):
    result = check({"train.py": TRAINER}, *ASKED)
    errors = {(one["rule"], one["line"]) for one in result.of("error")}
    assert errors == {("removed-member", 4), ("removed-parameter", 5)}
    result = check({"train.py": TRAINER.replace("pixel_values", "words")}, *ASKED)
    assert (result.code, len(result.of("note"))) == (0, 2)


def test_what_another_base_may_have_is_not_asked_of_the_first(check):
    text = """from transformers import GenerationMixin, PreTrainedModel
class Looks(PreTrainedModel{}):
    def write(self, pixel_values):
        return self.generate(pixel_values)
"""
    errors = check({"a.py": text.format("")}, *ASKED).of("error")
    assert [one["rule"] for one in errors] == ["removed-member"]
    assert check({"a.py": text.format(", GenerationMixin")}, *ASKED).of("error") == []


def test_what_a_function_may_give_otherwise_is_not_judged_as_a_cache(check):
    text = """from transformers import DynamicCache, EncoderDecoderCache
def prompt(pixel_values):
    if pixel_values is None:
        return EncoderDecoderCache(DynamicCache(), DynamicCache())
    return pixel_values.embed()
def run(pixel_values):
    return prompt(pixel_values).to("cpu")
"""
    assert check({"a.py": text}, *ASKED).of("error") == []


@pytest.mark.parametrize(
    ("builder", "errors"),
    [
        ("self, *args, **kwargs):\n        super().__init__(*args, **kwargs)", 1),
        ("self, **kwargs):\n        super().__init__(**kwargs)\n        self.x = 1", 1),
        (
            "self, **kwargs):\n        kwargs.pop('tokenizer')\n        super().__init__(**kwargs)",
            0,
        ),
        ("self, tokenizer, **kwargs):\n        super().__init__(**kwargs)", 0),
        ("self, **kwargs):\n        self.x = 1", 0),
    ],
)
def test_a_builder_that_passes_all_on_takes_what_its_base_takes(check, builder, errors):
    text = f"""from transformers import Trainer
class Mine(Trainer):
    def __init__({builder}
pixel_values = None
trainer = Mine(model=None, tokenizer=None)
"""
    assert len(check({"train.py": text}, *ASKED).of("error")) == errors
