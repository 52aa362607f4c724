"""What the check says to do instead, done on tiny networks of the real classes."""

import inspect as signatures
import re
from operator import attrgetter

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
from gone_members import NEWEST, gone  # noqa: E402
from networks import BUILDERS  # noqa: E402

from advisor.catalogue.release import described_releases, members_of, release  # noqa: E402
from advisor.check.case import Case  # noqa: E402
from advisor.check.project import inspect  # noqa: E402
from advisor.scan.scanner import scan  # noqa: E402
from advisor.scan.vocabulary import vocabulary_of  # noqa: E402

Image = pytest.importorskip("PIL.Image")


def real(folder):
    """A tiny network of a kind, and what prepares its inputs."""
    name = transformers.AutoConfig.from_pretrained(folder).architectures[0]
    network = getattr(transformers, name).from_pretrained(folder).eval()
    processor = transformers.AutoProcessor.from_pretrained(folder)
    parts = (getattr(processor, one, None) for one in ("image_processor", "tokenizer"))
    return [network, processor, *(one for one in parts if one is not None)]


def said(rulebase, name, uses, folder, rule):
    """What is said to be done, by the line of a use of something of a class."""
    lines = [f"from transformers import {name}", f'x = {name}.from_pretrained("own/thing")', *uses]
    (folder / "app.py").write_text("\n".join(lines), encoding="utf-8")
    case = Case(
        rulebase=rulebase,
        judged_by=release(rulebase, NEWEST),
        scan=scan([folder / "app.py"], folder, vocabulary_of(rulebase)),
        source=lambda _: "",
        all_models=True,
    )
    found = [one for one in inspect(case).findings if one.rule == rule]
    return {place.line - 3: one.fix for one in found for place in (one.place, *one.places)}


def said_of_members(rulebase, name, folder):
    """Each member that a class has no more, what is said in its place, and what it last was."""
    before = {}
    for version in described_releases():
        before |= dict(members_of(version).of(name).texts) if members_of(version).of(name) else {}
    members = gone(name) if members_of(NEWEST).of(name) else []
    fixes = said(rulebase, name, [f"x.{one}()" for one in members], folder, "removed-member")
    return [(members[at], fix, before[members[at]]) for at, fix in fixes.items() if fix]


def applied(made, fix, last):
    """True where what is said in place of a member is there, and is a method where it was one."""
    if use := re.fullmatch(r"use `([\w.]+)`", fix):
        there = attrgetter(use[1])(made)
        return callable(there) or not last.startswith("(")
    if leave := re.fullmatch(r"leave `\.(\w+)` out", fix):
        return not hasattr(made, leave[1])
    return fix == "call the object itself" and callable(made)


@pytest.mark.slow
def test_what_is_said_in_place_of_a_member_is_there_on_a_real_network(tiny, rulebase, tmp_path):
    count = 0
    for kind in BUILDERS:
        for made in real(tiny(kind)):
            for member, fix, last in said_of_members(rulebase, type(made).__name__, tmp_path):
                assert applied(made, fix, last), (kind, type(made), member, fix)
                count += 1
    assert count > 10


@pytest.mark.slow
def test_what_is_to_be_taken_of_an_output_is_a_tensor_there(tiny, rulebase, tmp_path):
    count = 0
    for kind in BUILDERS:
        model, _, *parts = real(tiny(kind))
        inputs = {}
        for one in parts:
            picture = {"images": Image.new("RGB", (32, 32))}
            given = picture if hasattr(one, "image_mean") else {"text": "a cat"}
            inputs |= one(**given, return_tensors="pt")
        for method in (one for one in dir(model) if re.fullmatch(r"get_\w+_features", one)):
            uses = [f"x.{method}(**y)[:, 0]"]
            name = type(model).__name__
            for fix in said(rulebase, name, uses, tmp_path, "output-as-tensor").values():
                function = getattr(model, method)
                takes = signatures.signature(function).parameters
                named = [one for one in takes.values() if one.kind is not one.VAR_KEYWORD]
                if any(one.default is one.empty and one.name not in inputs for one in named):
                    continue  # it takes more than its parts prepare
                with torch.no_grad():
                    output = function(**{key: inputs[key] for key in inputs if key in takes})
                taken = re.fullmatch(
                    r"use its `\.(\w+)`(?:, a tensor or (one) tensor per image)?", fix or ""
                )
                assert taken, (kind, method, fix)
                found = getattr(output, taken[1])
                tensors = list(found) if taken[2] and isinstance(found, (list, tuple)) else [found]
                assert tensors, (kind, method, fix)
                assert {type(one) for one in tensors} == {torch.Tensor}, (kind, method, fix)
                count += 1
    assert count > 10


ARGUMENTS = {
    "dtype": (torch.float16, lambda made: made.dtype == torch.float16),
    "attn_implementation": ("eager", lambda made: made.config._attn_implementation == "eager"),
    "backend": ("pil", lambda made: type(made).__name__.endswith("Pil")),
    "token": (False, lambda made: made is not None),
}
"""By the new name of an argument: a value, and what shows that it was heeded."""
WITHOUT = {"quantization_config"}
"""Takes a library that is not here."""


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["clip", "blip_captioner", "llava"])
def test_an_argument_that_is_said_instead_is_heeded(kind, tiny, rulebase):
    folder = tiny(kind)
    network = real(folder)[0]
    changes = [one for one in rulebase.changes if one.of == "argument" and one.instead]
    names = {re.match(r"\w+", one.instead)[0] for one in changes}
    assert names == ARGUMENTS.keys() | WITHOUT
    for name, (value, heeded) in ARGUMENTS.items():
        of = transformers.AutoImageProcessor if name == "backend" else type(network)
        assert heeded(of.from_pretrained(folder, **{name: value})), name
