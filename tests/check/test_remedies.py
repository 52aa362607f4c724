"""What the check says to use instead is there, in the release that was judged by."""

import re

import pytest
from gone_members import NEWEST, gone

from advisor.catalogue.release import members_of, release
from advisor.check.case import Case
from advisor.check.inspection import inspect
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
    assert all("leave it out" in one["fix"] for one in notes)
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
