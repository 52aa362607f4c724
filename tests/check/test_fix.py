"""Edits at exact places: what they change, and what they leave alone."""

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as some

from advisor.check.finding import Edit, diff, fix_text
from advisor.scan.usage import Location

names = some.from_regex(r"[A-Z][a-z]{1,6}", fullmatch=True)


def edit(line, column, length, text, old, path="a.py"):
    return Edit(Location(path, line, column, line, column + length), text, old)


@given(
    some.lists(names, min_size=1, max_size=8, unique=True),
    names,
    some.sampled_from(["\n", "\r\n", "\r"]),
)
def test_each_edit_changes_its_stretch_and_nothing_else(words, new, newline):
    text = newline.join(f"é = {word}()" for word in words)
    fixes = [(edit(number, 5, len(word), new, word),) for number, word in enumerate(words, 1)]
    fixed = fix_text("a.py", text, fixes)
    expected = newline.join(f"é = {new}()" for _ in words)
    changed = sum(word != new for word in words)
    assert (fixed and (fixed.after, fixed.done)) == ((expected, changed) if changed else None)
    again = fix_text(
        "a.py", expected, [(edit(n, 5, len(new), new, new),) for n, _ in enumerate(words, 1)]
    )
    assert again is None


def test_of_edits_that_overlap_one_waits():
    fixed = fix_text("a.py", "Abc()\n", [(edit(1, 1, 3, "X", "Abc"),), (edit(1, 2, 2, "Y", "bc"),)])
    assert (fixed.after, fixed.done) == ("AY()\n", 1)


def test_what_would_not_parse_is_not_written():
    assert fix_text("a.py", "A()\n", [(edit(1, 1, 1, "(", "A"),)]) is None
    assert fix_text("a.ipynb", '{"a": "B"}', [(edit(1, 7, 3, '"', '"B"', "a.ipynb"),)]) is None


def test_an_edit_whose_text_does_not_stand_there_is_not_made():
    assert fix_text("a.py", "Abc()\n", [(edit(1, 1, 3, "X", "Xyz"),)]) is None


def test_an_edit_outside_the_file_is_left_out():
    assert fix_text("a.py", "A()\n", [(edit(9, 1, 1, "B", "A"),)]) is None
    assert fix_text("a.py", "A()\n", [(edit(1, 2, 90, "B", "()"),)]) is None


def test_a_form_feed_or_a_lone_return_ends_no_line_of_a_diff():
    fixed = fix_text("a.py", "x = '\f'\rA()\n", [(edit(2, 1, 1, "B", "A"),)])
    assert diff([fixed]).decode().split("\n")[3:5] == ["-x = '\f'\rA()", "+x = '\f'\rB()"]


def test_what_python_warns_of_in_the_users_code_is_kept_from_the_user(recwarn):
    assert fix_text("a.py", "A('\\d')\n", [(edit(1, 1, 1, "B", "A"),)]).after == "B('\\d')\n"
    assert not recwarn.list


def test_a_diff_names_the_file_and_a_missing_line_end():
    fixed = fix_text("a.py", "A()", [(edit(1, 1, 1, "B", "A"),)])
    assert diff([fixed]).decode() == (
        "--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-A()\n\\ No newline at end of file\n"
        "+B()\n\\ No newline at end of file\n"
    )
    ast.parse(fixed.after)


MOVED = """\
import transformers
try:
    from transformers.modeling_utils import (
        PreTrainedModel,
        apply_chunking_to_forward,
        find_pruneable_heads_and_indices,
        prune_linear_layer as prune,
    )
finally:
    pass
from transformers.modeling_utils import apply_chunking_to_forward, PreTrainedModel; x = 1
from transformers.modeling_utils import (  # why
    prune_linear_layer)
from transformers.modeling_utils import prune_linear_layer  # noqa: F401
from transformers.trainer import is_torch_tpu_available
from transformers import CLIPModel, PaliGemmaForConditionalGeneration
m = PaliGemmaForConditionalGeneration.from_pretrained("google/paligemma-3b-pt-224")
for p in m.vision_tower.parameters(): ...
name = "openai/clip-vit-base-patch32"
n = CLIPModel.from_pretrained(name, use_flash_attention_2=True)
k = CLIPModel.from_pretrained(name, use_flash_attention_2=flash)
"""
AS_MOVED = """\
import transformers
try:
    from transformers.modeling_utils import PreTrainedModel, find_pruneable_heads_and_indices
    from transformers import apply_chunking_to_forward
    from transformers.pytorch_utils import prune_linear_layer as prune
finally:
    pass
from transformers.modeling_utils import apply_chunking_to_forward, PreTrainedModel; x = 1
from transformers.modeling_utils import (  # why
    prune_linear_layer)
from transformers.pytorch_utils import prune_linear_layer  # noqa: F401
from transformers.utils import is_torch_tpu_available
from transformers import CLIPModel, PaliGemmaForConditionalGeneration
m = PaliGemmaForConditionalGeneration.from_pretrained("google/paligemma-3b-pt-224")
for p in m.model.vision_tower.parameters(): ...
name = "openai/clip-vit-base-patch32"
n = CLIPModel.from_pretrained(name, attn_implementation="flash_attention_2")
k = CLIPModel.from_pretrained(name, use_flash_attention_2=flash)
"""


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_what_has_moved_is_imported_and_reached_where_it_is(check, tmp_path, end):
    check({"app.py": MOVED.replace("\n", end)}, "--fix", "--transformers", "5.24")
    assert (tmp_path / "app.py").read_bytes().decode() == AS_MOVED.replace("\n", end)


def test_features_are_taken_out_at_each_call_but_not_where_they_are_unpacked(check, tmp_path):
    text = (
        "from transformers import CLIPModel\n"
        'model = CLIPModel.from_pretrained("openai/clip-vit-base-patch32")\n'
        "def unit(features):\n    return features / features.norm(dim=-1)\n"
        "def of_texts(inputs):\n    return unit(model.get_text_features(**inputs))\n"
        "def of_images(inputs):\n    return unit(model.get_image_features(**inputs))\n"
        "def pair(inputs):\n    a, b = model.get_image_features(**inputs)\n    return a.norm()\n"
    )
    check({"app.py": text}, "--fix", "--transformers", "5.24")
    fixed = text.replace("(**inputs))", "(**inputs).pooler_output)")
    assert (tmp_path / "app.py").read_text() == fixed


def test_what_gets_a_value_is_not_left_out(check, tmp_path):
    text = (
        "from transformers import CLIPTextModel\n"
        'encoder = CLIPTextModel.from_pretrained("openai/clip-vit-base-patch32")\n'
        "encoder.text_model.forward = forward\n"
    )
    result = check({"app.py": text}, "--fix", "--transformers", "5.24")
    assert (tmp_path / "app.py").read_text() == text
    assert [found["rule"] for found in result.of("error")] == ["removed-member"]


def test_a_keyword_and_a_method_that_the_library_renamed_are_renamed(check, tmp_path):
    text = (
        "from transformers import AutoProcessor, Owlv2Processor\n"
        'p = AutoProcessor.from_pretrained("IDEA-Research/grounding-dino-tiny")\n'
        "p.post_process_grounded_object_detection(out, ids, box_threshold=0.4)\n"
        'q = Owlv2Processor.from_pretrained("google/owlv2-base-patch16-ensemble")\n'
        "q.post_process_object_detection(out)\n"
    )
    result = check({"app.py": text}, "--fix", "--transformers", "5.24")
    fixed = text.replace("box_threshold", "threshold")
    fixed = fixed.replace("process_object_detection", "process_grounded_object_detection")
    assert (tmp_path / "app.py").read_text() == fixed
    assert not result.of("error")


def test_what_is_in_the_way_by_now_is_left_out(check, tmp_path):
    text = (
        "from transformers import CLIPTextModel, CLIPTokenizer\n"
        'name = "openai/clip-vit-base-patch32"\n'
        "encoder = CLIPTextModel.from_pretrained(name)\n"
        "tokenizer = CLIPTokenizer.from_pretrained(name)\n"
        "encoder.text_model.embeddings.requires_grad_(True)\n"
        "ids = tokenizer.batch_encode_plus(texts, padding=True)\n"
        "pairs = tokenizer.encode_plus(text=a, text_pair=b)\n"
    )
    result = check({"app.py": text}, "--fix", "--transformers", "5.24")
    fixed = text.replace("encoder.text_model", "encoder").replace(".batch_encode_plus", "")
    assert (tmp_path / "app.py").read_text() == fixed
    assert [left["line"] for left in result.of("error")] == [7]


def test_what_stands_elsewhere_since_a_release_is_left_where_an_older_one_is_allowed(
    check, tmp_path
):
    old = "from transformers.tokenization_utils import _is_control\npixel_values = 1\n"
    pins = {"requirements.txt": "transformers>=4.40\n"}
    check({"app.py": MOVED, "b.py": old, **pins}, "--fix")
    assert "m.vision_tower" in (tmp_path / "app.py").read_text()
    assert "from transformers import apply_chunking" not in (tmp_path / "app.py").read_text()
    assert (tmp_path / "b.py").read_text() == old
    check({}, "--fix", "--transformers", "5.24")
    assert "from transformers.tokenization_python import _is" in (tmp_path / "b.py").read_text()


@pytest.mark.parametrize(("least", "fixed"), [("4.55", False), ("4.56", True), ("4.57", True)])
def test_an_argument_gets_its_new_name_where_all_allowed_releases_know_that(
    check, tmp_path, least, fixed
):
    text = "from transformers import CLIPModel\n"
    text += 'm = CLIPModel.from_pretrained("openai/clip-vit-base-patch32", torch_dtype="auto")\n'
    check({"app.py": text, "requirements.txt": f"transformers>={least}\n"}, "--fix")
    new = text.replace("torch_dtype", "dtype")
    assert (tmp_path / "app.py").read_text() == (new if fixed else text)


@pytest.mark.parametrize(
    ("imported", "fixed"),
    [
        ("CLIPModel", "SiglipModel"),
        ("CLIPModel as C", None),
        ("AutoProcessor, SiglipModel, CLIPModel", "AutoProcessor, SiglipModel, CLIPModel"),
    ],
)
def test_a_class_of_another_architecture_is_replaced_where_its_import_can_be(
    check, tmp_path, imported, fixed
):
    text = (
        f"from transformers import {imported}\n"
        f'm = {imported.split()[-1]}.from_pretrained("google/siglip-base-patch16-224")\n'
    )
    result = check({"app.py": text}, "--fix", "--transformers", "5.24")
    after = text.replace(imported, fixed or "").replace("= CLIPModel.", "= SiglipModel.")
    assert (tmp_path / "app.py").read_text() == (after if fixed else text)
    assert bool(result.of("error")) is (fixed is None)


FEATURES = """
from transformers import CLIPModel
model = CLIPModel.from_pretrained("openai/clip-vit-base-patch32")
"""


@pytest.mark.parametrize(
    ("code", "fixed"),
    [
        (
            "def embed(x):\n    f = model.get_image_features(\n        x\n    )\n"
            "    f /= f.norm()\n    return f\n",
            "def embed(x):\n    f = model.get_image_features(\n        x\n    ).pooler_output\n"
            "    f /= f.norm()\n    return f\n",
        ),
        (
            "a = model.get_text_features(**x).cpu().numpy()\n",
            "a = model.get_text_features(**x).pooler_output.cpu().numpy()\n",
        ),
        (
            "f = model.get_image_features(x)\na = f.norm()\n"
            "f = model.get_image_features(y)\nb = f.norm()\n",
            "f = model.get_image_features(x).pooler_output\na = f.norm()\n"
            "f = model.get_image_features(y).pooler_output\nb = f.norm()\n",
        ),
    ],
)
def test_the_tensor_is_taken_out_of_what_a_method_gives_by_now(check, tmp_path, code, fixed):
    result = check({"app.py": FEATURES + code}, "--fix", "--transformers", "5.24")
    assert (tmp_path / "app.py").read_text() == FEATURES + fixed
    assert result.of("error") == []


@pytest.mark.parametrize(
    "code",
    [
        "first = model.get_text_features(**x)[0]\n",
        "if a:\n    f = model.get_image_features(a)\nelse:\n    f = model.get_image_features(b)\n"
        "f = f.norm()\n",
    ],
)
def test_of_which_call_or_what_of_it_is_meant_no_fix_decides(check, tmp_path, code):
    result = check({"app.py": FEATURES + code}, "--fix", "--transformers", "5.24")
    assert (tmp_path / "app.py").read_text() == FEATURES + code
    assert [one["rule"] for one in result.of("error")] == ["output-as-tensor"]


def test_the_tensor_is_not_taken_out_where_older_releases_give_it(check, tmp_path):
    code = FEATURES + "a = model.get_text_features(**x).cpu()\n"
    check({"app.py": code, "requirements.txt": "transformers>=4.50\n"}, "--fix")
    assert (tmp_path / "app.py").read_text() == code
