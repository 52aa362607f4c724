"""What objects of a project's own classes hold is followed, whoever makes them."""

import pytest

from advisor.scan.scanner import scan
from advisor.scan.vocabulary import vocabulary_of

LLAVA, BLIP = "llava-hf/llava-1.5-7b-hf", "Salesforce/blip-image-captioning-base"
MODEL = f'@dataclass\nclass M:\n    id: str = "{LLAVA}"\n'
NESTED = MODEL + "@dataclass\nclass C:\n    model: M = field(default_factory=M)\n"
HEAD = (
    "from dataclasses import dataclass, field\n"
    "from transformers import BlipForConditionalGeneration as B, HfArgumentParser\n"
)


def main(name, parameters="c: C"):
    """A function that loads what it reads off its parameter."""
    return f"def main({parameters}):\n    return B.from_pretrained({name})\n"


@pytest.fixture
def loaded(tmp_path, rulebase):
    """The ids that a program may load, in one place."""

    def of(code, **files):
        for name, text in {"app": HEAD + code, **files}.items():
            (tmp_path / f"{name}.py").write_text(text, "utf-8")
        usages = scan([tmp_path], tmp_path, vocabulary_of(rulebase)).usages
        (values,) = [one.alternatives for one in usages]
        return {value.text: value.certain for value in values}

    return of


FILLED = {
    "a factory": NESTED + "c = C()\nB.from_pretrained(c.model.id)",
    "a factory that is a lambda": MODEL
    + "@dataclass\nclass C:\n    model: M = field(default_factory=lambda: M())\nc = C()\n"
    "B.from_pretrained(c.model.id)",
    "an object": MODEL + "@dataclass\nclass C:\n    model: M = M()\n" + main("c.model.id"),
    "no default": MODEL + "@dataclass\nclass C:\n    model: M\n" + main("c.model.id"),
    "an annotation": NESTED + main("c.model.id"),
    "an annotation of something that may be left out": NESTED
    + main("c.model.id", "c: Optional[C]"),
    "three levels": NESTED
    + "@dataclass\nclass R:\n    c: C = field(default_factory=C)\n"
    + main("r.c.model.id", "r: R"),
    "hydra": "import hydra\n"
    + NESTED
    + "@hydra.main(version_base=None, config_name='config')\n"
    + main("c.model.id")
    + "main()",
    "draccus": "import draccus\n" + NESTED + "@draccus.wrap()\n" + main("c.model.id") + "main()",
    "tyro": "import tyro\n" + NESTED + main("c.model.id", "c") + "main(tyro.cli(C))",
    "simple_parsing": "import simple_parsing\n"
    + NESTED
    + "c = simple_parsing.parse(C)\nB.from_pretrained(c.model.id)",
    "OmegaConf": "from omegaconf import OmegaConf\n"
    + NESTED
    + "c = OmegaConf.structured(C)\nB.from_pretrained(c.model.id)",
    "HfArgumentParser": NESTED
    + "m, c = HfArgumentParser((M, C)).parse_args_into_dataclasses()\n"
    + "B.from_pretrained(c.model.id)",
    "TrlParser": "from trl import TrlParser\n"
    + NESTED
    + "m, c = TrlParser((M, C)).parse_args_and_config()\nB.from_pretrained(c.model.id)",
    "Tap": f"from tap import Tap\nclass C(Tap):\n    id: str = '{LLAVA}'\n"
    "c = C().parse_args()\nB.from_pretrained(c.id)",
    "pydantic": "from pydantic import BaseModel, Field\n"
    f"class M(BaseModel):\n    id: str = '{LLAVA}'\n"
    "class C(BaseModel):\n    model: M = Field(default_factory=M)\n" + main("c.model.id"),
    "an object that keeps it": NESTED
    + "class T:\n    def __init__(self, c: C):\n        self.c = c\n"
    "    def load(self):\n        return B.from_pretrained(self.c.model.id)\n",
}


@pytest.mark.parametrize("code", FILLED.values(), ids=FILLED)
def test_a_field_that_nobody_fills_is_its_default_which_somebody_may_replace(loaded, code):
    assert loaded(code) == {LLAVA: False}


def test_classes_of_another_file_are_followed_as_well(loaded):
    assert loaded("from conf import C\n" + main("c.model.id"), conf=HEAD + NESTED) == {LLAVA: False}


GIVEN = {
    "passed": NESTED + main("c.model.id") + f"main(C(model=M(id='{BLIP}')))",
    "made by the factory": MODEL
    + f"@dataclass\nclass C:\n    model: M = field(default_factory=lambda: M(id='{BLIP}'))\n"
    + main("c.model.id"),
}


@pytest.mark.parametrize("code", GIVEN.values(), ids=GIVEN)
def test_what_a_field_is_given_is_what_it_is(loaded, code):
    assert set(loaded(code)) == {BLIP}


OPEN = {
    "a class that extends it": MODEL
    + f"@dataclass\nclass N(M):\n    id: str = '{BLIP}'\n"
    + main("c.id", "c: M"),
    "an object made elsewhere": NESTED
    + f"ALL = [C(M('{BLIP}'))]\n"
    + main("c.model.id")
    + "pool.map(main, ALL)",
    "a field that is stored": NESTED
    + f"c = C()\nc.model.id = '{BLIP}'\nB.from_pretrained(c.model.id)",
    "a field that is stored behind the builder": MODEL
    + f"    def __post_init__(self):\n        self.id = '{BLIP}'\n"
    + main("c.id", "c: M"),
}


@pytest.mark.parametrize("code", OPEN.values(), ids=OPEN)
def test_what_a_field_may_be_besides_is_known(loaded, code):
    assert set(loaded(code)) == {LLAVA, BLIP}


def test_an_object_is_not_what_a_list_of_them_is(loaded):
    assert loaded(MODEL + main("cs.id", "cs: list[M]")) == {None: False}


def test_classes_in_classes_in_classes_cost_no_more_than_they_are(loaded):
    depth, width = 12, 12
    code = f"@dataclass\nclass C0:\n    f0: str = '{LLAVA}'\n" + "".join(
        f"@dataclass\nclass C{level}:\n"
        + "".join(
            f"    f{n}: C{level - 1} = field(default_factory=C{level - 1})\n" for n in range(width)
        )
        for level in range(1, depth)
    )
    names = ".f0" * depth
    assert loaded(code + main(f"c{names}", f"c: C{depth - 1}")) == {LLAVA: False}
