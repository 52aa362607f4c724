"""The time of one file grows with its statements, whatever kind they are of."""

import pytest

from advisor.catalogue.release import described_releases, release
from advisor.check.case import Case, mentions
from advisor.check.project import inspect
from advisor.rulebase.store import load_rules
from advisor.scan.scanner import scan
from advisor.scan.vocabulary import vocabulary_of
from tests.steps import steps

HEAD = "from transformers import CLIPModel, CLIPProcessor\n"
LOAD = 'CLIPModel.from_pretrained("openai/clip-vit-base-patch32")'
TOKENS = 'CLIPProcessor.from_pretrained("openai/clip-vit-base-patch32")'
KINDS = {
    "loads that are used": lambda n: f"m = {LOAD}\nm.get_image_features(x)\n" * n,
    "models and processors": lambda n: "".join(
        f"m{i} = {LOAD}\np{i} = {TOKENS}\n" for i in range(n)
    ),
    "one processor for all": lambda n: f"p = {TOKENS}\n" + f"m = {LOAD}\nm(**p(x))\n" * n,
    "steps of training": lambda n: f"m = {LOAD}\nloss.backward()\n" * n,
    "arguments of one call": lambda n: f"f({', '.join([LOAD] * n)})\n",
    "appended loads": lambda n: "d = []\n" + f"d.append({LOAD})\n" * n,
    "names in branches": lambda n: "".join(f"if a: x{i} = {LOAD}\n" for i in range(n)),
    "names in tries": lambda n: "".join(
        f"try: x{i} = 1\nexcept E: x{i} = {LOAD}\n" for i in range(n)
    ),
    "classes behind classes": lambda n: "class C0(CLIPModel): pass\n" + "".join(
        f"class C{i + 1}(C{i}): pass\n" for i in range(n)
    ) + f"C{n}.from_pretrained(x)\n",
    "fields of a class": lambda n: "class C:\n" + "".join(
        f" a{i}: str = 'o/m{i}'\n" for i in range(n)
    ) + f"{LOAD}\n",
    "results as tensors": lambda n: f"m = {LOAD}\n" + "f = m.get_image_features(x)\nf /= f\n" * n,
    "an attribute that is gone": lambda n: "".join(
        f"def f{i}(m): m.text_projections.x(hasattr(m, 'a{i}'))\n" for i in range(n)
    ) + f"m = {LOAD}\n" + "".join(f"f{i}(m)\n" for i in range(n)),
    "a class that is gone": lambda n: "from transformers import AutoModelForVision2Seq as A\n"
    + 'A.from_pretrained("Salesforce/blip2-opt-2.7b")\n' * n,
    "names that are gone": lambda n: "".join(
        f"from transformers import AutoModelForVision2Seq as A{i}\n" for i in range(n)
    ),
    "comments that silence": lambda n: "from transformers import BlipModel\n" + "".join(
        f'm{i} = BlipModel.from_pretrained("openai/clip-vit-base-patch32")'
        "  # advisor: ignore[class-does-not-match] as it was\n"
        for i in range(n)
    ),
    "one condition in many places": lambda n: "def f(c):\n" + " a = A if c else B\n" * n
    + f" m = {LOAD}\nf(1)\n",
    "conditions of many kinds": lambda n: "def f(c):\n" + "".join(
        f" a{i} = A if c{i} else B\n" for i in range(n)
    ) + f" m = {LOAD}\nf(1)\n",
    "classes that extend one": lambda n: "class B: 0\n" + "".join(
        f"class A{i}(B): 0\ndef f{i}(x: B): x.y\n" for i in range(n)
    ) + f"{LOAD}\n",
    "steps into a part": lambda n: f"m = {LOAD}\n" + "m.a.a.a.a.a.a.a.a\n" * n,
    "methods written anew": lambda n: "from transformers import Trainer\nclass T(Trainer):\n"
    + "".join(f" def f{i}(self): 0\n" for i in range(n)),
    "code for another version": lambda n: "import transformers as t\n" + (
        "if t.__version__ > '5': 0\nt.AutoModelForVision2Seq\n" * n
    ),
    "lists of loads": lambda n: f"f([{', '.join([LOAD] * 20)}])\n" * (n // 20),
    "ids of nobody": lambda n: "".join(
        f'm{i} = CLIPModel.from_pretrained("own/clip-{i}")\n'
        f'p{i} = CLIPProcessor.from_pretrained("own/clip-{i}")\nm{i}(**p{i}(x))\n'
        for i in range(n)
    ),
}  # fmt: skip


def checked(folder, code):
    """Return what checks a file of this code, and fails where something is not read."""
    text = HEAD + code
    (folder / "a.py").write_text(text)
    rules, judged_by = load_rules(), release(load_rules(), described_releases()[-1])
    vocabulary = vocabulary_of(rules)

    def check():
        found = scan([folder], folder, vocabulary)
        assert not found.notes
        inspect(Case(rulebase=rules, judged_by=judged_by, scan=found, source=lambda _: text))

    return check


@pytest.mark.slow
@pytest.mark.parametrize(
    "kind", [pytest.param(k, marks=pytest.mark.long if n % 3 else ()) for n, k in enumerate(KINDS)]
)
def test_six_times_the_statements_take_six_times_the_steps(kind, tmp_path):
    few, many = (steps(checked(tmp_path, KINDS[kind](n))) for n in (300, 1_800))
    assert many < 7 * few, "36 times would be quadratic"


def test_a_text_is_searched_once_for_all_loads_in_it():
    class Searched(str):
        times = 0

        def __contains__(self, word):
            self.times += 1
            return super().__contains__(word)

    text = Searched("a text with a word in it")
    assert all(mentions(text, "a word") for _ in range(20))
    assert text.times == 1


def test_what_is_appended_is_looked_at_once(tmp_path):
    few, many = (
        steps(checked(tmp_path, f"a = []\n{'a.append(' * n}{LOAD}{')' * n}\n")) for n in (10, 60)
    )
    assert many < 6 * few, "six times the calls; each inside another would double them"
