"""What the check says to use instead is there, in the release that was judged by."""

import re

import pytest
from gone_members import NEWEST, gone

from advisor.catalogue.release import members_of, release
from advisor.check.case import Case
from advisor.check.project import inspect
from advisor.scan.scanner import scan
from advisor.scan.vocabulary import vocabulary_of


@pytest.fixture(scope="module")
def classes(rulebase):
    """Every model class and processor that the catalogue names, with a checkpoint of each."""
    found = {}
    for one in rulebase.checkpoints.values():
        if one.loader == "transformers":
            for name in (one.model_class, one.processor):
                if name:
                    found.setdefault(name, one.id)
    return found


def led_to(members, owner, path):
    """True where a dotted path leads to a member."""
    for step in path.split("."):
        if owner is None or not owner.has(step):
            return False
        owner = members.near(owner.class_of(step), owner) if owner.class_of(step) else None
    return True


@pytest.mark.slow
def test_whatever_is_said_in_place_of_a_member_is_there(rulebase, classes, tmp_path):
    lines, owners = ["from transformers import *"], {}
    for number, (name, id) in enumerate(classes.items()):
        if members_of(NEWEST).of(name):
            lines.append(f'x{number} = {name}.from_pretrained("{id}")')
            for member in gone(name):
                lines.append(f"x{number}.{member}()")
                owners[len(lines)] = name
    (tmp_path / "app.py").write_text("\n".join(lines), encoding="utf-8")
    case = Case(
        rulebase=rulebase,
        judged_by=release(rulebase, NEWEST),
        scan=scan([tmp_path], tmp_path, vocabulary_of(rulebase)),
        source=lambda _: "",
    )
    found = [one for one in inspect(case).findings if one.rule == "removed-member"]
    said = 0
    for one in found:
        use = re.fullmatch(r"use `([\w.]+)`", one.fix or "")
        if use:
            said += 1
            members = members_of(NEWEST)
            assert led_to(members, members.of(owners[one.place.line]), use[1]), one
    assert len(found) > 100
    assert said > 20


def test_a_class_of_another_framework_is_never_said_to_be_the_torch_class(rulebase):
    newest, older = release(rulebase, NEWEST), release(rulebase, "4.57")
    others = [name for name in older.classes if name.startswith(("TF", "Flax"))]
    assert len(others) > 300
    for name in others:
        change = newest.removed(name)
        assert change is None or change.instead is None


def test_whatever_is_said_in_place_of_a_class_is_there(rulebase):
    newest = release(rulebase, NEWEST)
    for name in release(rulebase, "4.57").classes:
        change = newest.removed(name)
        assert not change or not change.instead or newest.has_class(change.instead), name


@pytest.mark.parametrize("kind", ["CLIPTokenizer", "AutoTokenizer", "CLIPProcessor"])
def test_no_dtype_is_put_where_it_does_nothing(check, kind):
    text = (
        f"import torch\nfrom transformers import {kind}\n"
        f'x = {kind}.from_pretrained("openai/clip-vit-base-patch32", torch_dtype=torch.float16)\n'
    )
    result = check({"app.py": text}, "--transformers", "5.24")
    notes = [one for one in result.of("note") if one["rule"] == "renamed-argument"]
    assert all("remove the argument" in one["fix"] for one in notes)
    assert "dtype=" not in check({"app.py": text}, "--diff", format="terminal").out.replace(
        "torch_dtype=", ""
    )


def test_use_auth_token_is_mended(check, tmp_path):
    text = (
        "from transformers import CLIPModel\n"
        'm = CLIPModel.from_pretrained("openai/clip-vit-base-patch32", use_auth_token=key)\n'
    )
    check({"app.py": text}, "--transformers", "5.24", "--fix")
    assert "token=key" in (tmp_path / "app.py").read_text().replace("use_auth_token", "old")


@pytest.mark.slow
def test_without_places_for_it_among_the_ids_blip2_does_not_look_at_the_image():
    import torch
    from transformers import Blip2Config, Blip2ForConditionalGeneration

    small = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1}
    text = {"model_type": "opt", "vocab_size": 50, "ffn_dim": 8, "word_embed_proj_dim": 8}
    wide = {"intermediate_size": 8}
    config = Blip2Config(
        vision_config={**small, **wide, "image_size": 16, "patch_size": 8},
        qformer_config={**small, **wide, "vocab_size": 50, "encoder_hidden_size": 8},
        text_config={**small, **text},
        num_query_tokens=4,
        image_token_index=49,
    )
    torch.manual_seed(0)
    model = Blip2ForConditionalGeneration(config).eval()
    for values in model.parameters():
        torch.nn.init.normal_(values)
    ids, places = torch.tensor([[2, 5, 6, 7]]), torch.full((1, 4), 49)

    def loss(ids, image):
        with torch.no_grad():
            return model(input_ids=ids, pixel_values=image, labels=ids).loss.item()

    one, other = torch.rand(1, 3, 16, 16), torch.rand(1, 3, 16, 16) * 9
    assert loss(ids, one) == loss(ids, other)
    ids = torch.cat([places, ids], 1)
    assert loss(ids, one) != loss(ids, other)


def told_of(check, text, rule, release="5.24"):
    """The one finding of a rule in a file that loads a model, as its reason and its remedy."""
    load = 'from transformers import CLIPModel\nname = "openai/clip-vit-base-patch32"\n'
    found = check({"app.py": load + text}, "--transformers", release).json["findings"]
    (one,) = [one for one in found if one["rule"] == rule]
    return one["because"], one.get("fix")


GONE = "from transformers.modeling_utils import apply_chunking_to_forward\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GONE, "so the whole file cannot run"),
        (f"class A:\n    {GONE}", "so the whole file cannot run"),
        (f"def f():\n    {GONE}", "where it is reached"),
        (f"if name:\n    {GONE}", "where it is reached"),
        ("import transformers\ntransformers.is_tf_available\n", "raises an AttributeError"),
    ],
)
def test_an_import_that_fails_ends_the_file_only_where_it_is_always_reached(check, text, said):
    assert said in told_of(check, text, "removed-name")[0]


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("AttentionMaskConverter", "use `transformers.masking_utils.create_causal_mask`"),
        (
            "_prepare_4d_causal_attention_mask",
            "use `transformers.masking_utils.create_causal_",
        ),
        ("_prepare_4d_attention_mask_for_sdpa", "masking_utils.create_bidirectional_mask`"),
        ("anything", "`transformers.masking_utils` replaces the module, but lacks `anything`"),
    ],
)
def test_a_module_is_no_remedy_for_a_name_that_it_lacks(check, name, remedy):
    text = f"from transformers.modeling_attn_mask_utils import {name}\n"
    assert remedy in told_of(check, text, "removed-name")[1]


@pytest.mark.parametrize(
    ("given", "remedy"),
    [
        ("load_in_8bit=True", "use `quantization_config`"),
        ("load_in_4bit=False", "remove the argument"),
        (
            "load_in_4bit=True, quantization_config=name",
            "remove the argument, because `quantization_config` is set",
        ),
    ],
)
def test_what_is_given_by_its_new_name_too_is_to_be_left_out(check, given, remedy):
    text = f"model = CLIPModel.from_pretrained(name, {given})\n"
    because, fix = told_of(check, text, "removed-argument")
    assert fix == remedy
    assert "raises a TypeError" in because


def test_an_argument_is_not_given_its_new_name_twice(check, tmp_path):
    text = 'model = CLIPModel.from_pretrained(name, torch_dtype="auto", dtype="auto")\n'
    assert (
        told_of(check, text, "renamed-argument")[1] == "remove the argument, because `dtype` is set"
    )
    check({}, "--transformers", "5.24", "--fix")
    assert text in (tmp_path / "app.py").read_text()


@pytest.mark.parametrize("kind", ["AutoTokenizer", "AutoProcessor"])
def test_bits_do_nothing_where_no_model_is_loaded(check, kind):
    load = f"transformers.{kind}.from_pretrained(name, load_in_8bit=True)"
    text = f"import transformers\none = {load}\n"
    assert told_of(check, text, "renamed-argument")[1] == "remove the argument"


def test_a_name_that_no_class_has_any_more_is_renamed_wherever_it_is_asked(check, tmp_path):
    text = (
        "from transformers import CLIPModel\n"
        'model = CLIPModel.from_pretrained("openai/clip-vit-base-patch32")\n\n\n'
        "def ids(self, tokenizer):\n"
        "    return self.tokenizer.additional_special_tokens_ids[0], tokenizer.pad_token_id\n"
    )
    result = check({"app.py": text}, "--transformers", "5.24", "--fix")
    assert result.of("error") == []
    assert "self.tokenizer.extra_special_tokens_ids[0]" in (tmp_path / "app.py").read_text()
