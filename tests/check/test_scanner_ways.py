"""A class is never taken for that of a checkpoint which it is not loaded with."""

import textwrap

import pytest

from advisor.scan.scanner import scan
from advisor.scan.vocabulary import vocabulary_of

CLIP, SIGLIP = "openai/clip-vit-base-patch32", "google/siglip-base-patch16-224"
TWO = {("CLIPModel", CLIP), ("SiglipModel", SIGLIP)}
HEAD = f"""from transformers import CLIPModel, SiglipModel
CLIP, SIGLIP = "{CLIP}", "{SIGLIP}"
"""

APART = {
    "calls": """
        def load(name, cls):
            return cls.from_pretrained(name)
        load(CLIP, CLIPModel), load(SIGLIP, cls=SiglipModel)
        """,
    "turns of a loop": """
        for name, cls in [(CLIP, CLIPModel), (SIGLIP, SiglipModel)]:
            cls.from_pretrained(name)
        """,
    "turns over two lists": """
        for name, cls in zip([CLIP, SIGLIP], [CLIPModel, SiglipModel]):
            cls.from_pretrained(name)
        """,
    "keys of two tables": """
        def load(kind):
            name = {"a": CLIP, "b": SIGLIP}
            classes = {"a": CLIPModel, "b": SiglipModel}
            return classes[kind].from_pretrained(name[kind])
        """,
    "rows of a table": """
        ROWS = {"a": (CLIP, CLIPModel), "b": (SIGLIP, SiglipModel)}
        def load(args):
            name, cls = ROWS[args.kind]
            return cls.from_pretrained(name)
        """,
    "records": """
        from typing import NamedTuple
        class Row(NamedTuple):
            name: str
            cls: type = CLIPModel
        for row in (Row(CLIP), Row(SIGLIP, SiglipModel)):
            row.cls.from_pretrained(row.name)
        """,
    "conditions": """
        def load(name=CLIP):
            if "siglip" in name.lower():
                return SiglipModel.from_pretrained(name)
            return CLIPModel.from_pretrained(name)
        load(SIGLIP), load(CLIP)
        """,
    "cases": """
        def load(kind):
            names = {"a": CLIP, "b": SIGLIP}
            match kind:
                case "a":
                    return CLIPModel.from_pretrained(names[kind])
                case _:
                    return SiglipModel.from_pretrained(names["b"])
        """,
    "partial functions": """
        from functools import partial
        FIRST = partial(CLIPModel.from_pretrained, CLIP)
        LATER = partial(SiglipModel.from_pretrained, dtype=None)
        FIRST(), LATER(SIGLIP)
        """,
    "classes by their names": """
        import transformers
        def load(architecture, name):
            return getattr(transformers, architecture).from_pretrained(name)
        load("CLIPModel", CLIP), load("SiglipModel", SIGLIP)
        """,
    "rows that are asked what they are": """
        for row in [{"kind": "a", "name": CLIP}, {"kind": "b", "name": SIGLIP}]:
            if row["kind"] == "a":
                CLIPModel.from_pretrained(row["name"])
            else:
                SiglipModel.from_pretrained(row["name"])
        """,
    "arguments in a tuple": """
        FIRST, SECOND = (CLIP,), (SIGLIP,)
        CLIPModel.from_pretrained(*FIRST), SiglipModel.from_pretrained(*SECOND)
        """,
    "functions that call each other": """
        def register(name):
            def load(cls):
                register(SIGLIP)
                return cls.from_pretrained(name)
            return load
        def both():
            CLIPModel.from_pretrained(CLIP), SiglipModel.from_pretrained(SIGLIP)
            register(CLIP), both()
        both()
        """,
    "classes that inherit": """
        class Base:
            def __init__(self):
                self.model = self.cls.from_pretrained(self.name)
        class One(Base):
            name, cls = CLIP, CLIPModel
        class Two(Base):
            name, cls = SIGLIP, SiglipModel
        """,
}

SEEN = ("partial functions", "arguments in a tuple")

ON_ONE_CONDITION = {
    "two conditional expressions": """
        def load(large):
            name = CLIP if large else SIGLIP
            cls = CLIPModel if large else SiglipModel
            return cls.from_pretrained(name)
        """,
    "an expression and a statement": """
        def load(cfg):
            name = SIGLIP if not cfg.model.large else CLIP
            if cfg.model.large:
                cls = CLIPModel
            else:
                cls = SiglipModel
            return cls.from_pretrained(name)
        """,
    "an expression and loads": """
        def load(kind):
            name = SIGLIP if kind != "blip" else CLIP
            if kind == "blip":
                return CLIPModel.from_pretrained(name)
            return SiglipModel.from_pretrained(name)
        """,
    "one statement": """
        def load(large):
            return (CLIPModel if large else SiglipModel).from_pretrained(CLIP if large else SIGLIP)
        """,
    "pairs": """
        def load(large):
            name, cls = (CLIP, CLIPModel) if large else (SIGLIP, SiglipModel)
            return cls.from_pretrained(name)
        """,
    "attributes of an object": """
        class Tower:
            def __init__(self, large=False):
                self.large = large
                self.name = CLIP if self.large else SIGLIP
                self.cls = CLIPModel if self.large else SiglipModel
                self.model = self.cls.from_pretrained(self.name)
        """,
}

FILES = {
    "a table in another file": {
        "app.py": "from tables import ROWS\ndef load(kind):\n"
        "    cls, name = ROWS[kind]\n    return cls.from_pretrained(name)\n",
        "tables.py": HEAD + "ROWS = {'a': (CLIPModel, CLIP), 'b': (SiglipModel, SIGLIP)}\n",
    },
    "a function in another file": {
        "app.py": HEAD
        + "from loading import load\nload(CLIPModel, CLIP), load(SiglipModel, SIGLIP)",
        "loading.py": "def load(cls, name):\n    return cls.from_pretrained(name)\n",
    },
    "a base class in another file": {
        "app.py": HEAD
        + "from base import Base\nclass One(Base):\n    name, cls = CLIP, CLIPModel\n"
        "class Two(Base):\n    name, cls = SIGLIP, SiglipModel\n",
        "base.py": "class Base:\n    def setup(self):\n"
        "        self.model = self.cls.from_pretrained(self.name)\n",
    },
    "settings that a function gives": {
        "app.py": HEAD + "from settings import get\nSiglipModel.from_pretrained(get().siglip)\n"
        "CLIPModel.from_pretrained(get().clip)",
        "settings.py": "from pydantic import BaseModel, Field\nclass Settings(BaseModel):\n"
        f"    clip: str = '{CLIP}'\n    siglip: str = Field('{SIGLIP}')\n"
        "def get():\n    return Settings()\n",
    },
    "objects of a class in another file": {
        "app.py": HEAD
        + "from tower import Tower\nTower(CLIP, CLIPModel), Tower(SIGLIP, SiglipModel)",
        "tower.py": "class Tower:\n    def __init__(self, name, cls):\n"
        "        self.model = cls.from_pretrained(name)\n",
    },
    "what a class of another file makes of a document": {
        "app.py": HEAD + "from settings import Settings\nsettings = Settings.load('a.yaml')\n"
        "CLIPModel.from_pretrained(settings.clip)\nSiglipModel.from_pretrained(settings.siglip)\n",
        "settings.py": "from dataclasses import dataclass\nimport yaml\n@dataclass\n"
        f"class Settings:\n    clip: str\n    siglip: str = '{SIGLIP}'\n    @classmethod\n"
        "    def load(cls, path):\n        with open(path) as file:\n"
        "            return cls(**yaml.safe_load(file))\n",
        "a.yaml": f"clip: {CLIP}\n",
    },
    "files of configuration": {
        "app.py": HEAD + "import json, yaml\nfrom pathlib import Path\n"
        "with open('conf/a.yaml') as file:\n    a = yaml.safe_load(file)\n"
        "b = json.loads((Path(__file__).parent / 'b.json').read_text())\n"
        "CLIPModel.from_pretrained(a['model']['name'])\nSiglipModel.from_pretrained(b['name'])",
        "conf/a.yaml": f"model:\n  name: {CLIP}\n",
        "b.json": f'{{"name": "{SIGLIP}"}}',
    },
    "files that hydra puts together": {
        "app.py": HEAD + "import hydra\n@hydra.main(config_path='conf', config_name='run')\n"
        "def main(cfg):\n    CLIPModel.from_pretrained(cfg.name)\n"
        "    SiglipModel.from_pretrained(cfg.model.checkpoint)\n",
        "conf/run.yaml": f"defaults:\n  - model: big\nname: {CLIP}\n",
        "conf/model/big.yaml": f"checkpoint: {SIGLIP}\n",
    },
}

CHOICES = {
    "returned": """
        if "siglip" in path:
            return "b"
        else:
            return "a"
        """,
    "returned early": """
        if "siglip" in path:
            return "b"
        return "a"
        """,
    "assigned": """
        if "siglip" in path:
            kind = "b"
        else:
            kind = "a"
        return kind
        """,
    "assigned before": """
        kind = "a"
        if path.startswith("google"):
            kind = "b"
        return kind
        """,
    "assigned in a chain": """
        if "blip" in path:
            kind = "c"
        elif "siglip" in path or "siglip2" in path:
            kind = "b"
        elif "clip" in path:
            kind = "a"
        else:
            raise ValueError(path)
        return kind
        """,
    "assigned in cases": """
        match path.split("/")[0]:
            case "openai" | "laion":
                kind = "a"
            case "google":
                kind = "b"
            case _:
                kind = "c"
        return kind
        """,
    "a conditional expression": """
        kind = "b" if "siglip" in path else "a"
        return kind
        """,
    "raised early": """
        if not path.startswith("google"):
            if path.startswith("openai"):
                return "a"
            raise ValueError(path)
        return "b"
        """,
}
LOADING = """
def load(path, kind):
    if kind == "b":
        return SiglipModel.from_pretrained(path)
    return CLIPModel.from_pretrained(path)
"""
CALLS = "load(SIGLIP, kind_of(SIGLIP)), load(CLIP, kind_of(CLIP))\n"


@pytest.fixture
def pairs(tmp_path, rulebase):
    """The pairs of class and checkpoint that files load."""

    def loaded(files):
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(text, "utf-8")
        usages = scan([tmp_path], tmp_path, vocabulary_of(rulebase)).usages
        return {(one.class_name, one.checkpoint) for one in usages if one.class_name}

    return loaded


@pytest.mark.parametrize("kind", [*APART, *ON_ONE_CONDITION])
def test_what_is_not_named_together_is_not_loaded_together(pairs, kind):
    code = (APART | ON_ONE_CONDITION)[kind]
    found = pairs({"app.py": HEAD + textwrap.dedent(code)})
    assert {pair for pair in found if pair[1]} <= TWO


@pytest.mark.parametrize("kind", SEEN)
def test_what_is_named_together_is_loaded_together(pairs, kind):
    assert pairs({"app.py": HEAD + textwrap.dedent(APART[kind])}) >= TWO


@pytest.mark.parametrize(
    "between", ["large = not large", "large = ask()", "for large in sizes: ..."]
)
def test_a_condition_on_a_name_that_is_bound_anew_is_another(pairs, between):
    code = f"""
    def load(large, sizes):
        name = CLIP if large else SIGLIP
        {between}
        model = CLIPModel.from_pretrained(name if large else CLIP)
        if large:
            SiglipModel.from_pretrained(name)
    """
    files = {"app.py": HEAD + textwrap.dedent(code)}
    assert not {("SiglipModel", CLIP), ("SiglipModel", SIGLIP)} & pairs(files)


@pytest.mark.parametrize("files", FILES.values(), ids=FILES)
def test_what_other_files_do_not_name_together_is_not_loaded_together(pairs, files):
    found = pairs(files)
    assert {pair for pair in found if pair[1]} <= TWO


@pytest.mark.parametrize("condition", ['kind == "a"', '"clip" in name', 'kind in ("a", "c")'])
def test_what_a_condition_rules_out_is_not_loaded(pairs, condition):
    code = f"""
    def load(kind="a", name=CLIP):
        if not ({condition}):
            return SiglipModel.from_pretrained(name)
    load("a", CLIP)
    """
    assert ("SiglipModel", CLIP) not in pairs({"app.py": HEAD + textwrap.dedent(code)})


@pytest.mark.parametrize("apart", [False, True], ids=["one file", "two files"])
@pytest.mark.parametrize("body", CHOICES.values(), ids=CHOICES)
def test_what_no_call_reaches_is_not_mixed_with_what_one_does(pairs, body, apart):
    choice = "def kind_of(path):\n" + textwrap.indent(textwrap.dedent(body), "    ")
    imported = HEAD + "from choice import kind_of\n"
    files = {"choice.py": choice, "app.py": imported + LOADING + CALLS}
    found = pairs(files if apart else {"app.py": HEAD + choice + LOADING + CALLS})
    assert {pair for pair in found if pair[1]} <= TWO


def test_what_somebody_outside_may_choose_counts_beside_the_default(pairs):
    code = """
    def load(kind="a"):
        if kind == "a":
            name = CLIP
        else:
            name = SIGLIP
        return CLIPModel.from_pretrained(name)
    """
    assert ("CLIPModel", None) in pairs({"app.py": HEAD + textwrap.dedent(code)})


def test_a_value_that_may_be_another_rules_nothing_out(pairs):
    code = """
    def load(kind):
        if kind == "b":
            return SiglipModel.from_pretrained(SIGLIP)
        return CLIPModel.from_pretrained(CLIP)
    load(f"{input()}-a")
    """
    assert pairs({"app.py": HEAD + textwrap.dedent(code)}) >= TWO
