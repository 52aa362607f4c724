"""What the code loads is followed as far as the code tells, and no further."""

import ast
import textwrap

import pytest

from advisor.scan.scanner import scan
from advisor.scan.usage import UNKNOWN
from advisor.scan.vocabulary import vocabulary_of

BLIP = "Salesforce/blip-vqa-base"
CAPTION = "Salesforce/blip-image-captioning-base"


@pytest.fixture(scope="module")
def vocabulary(rulebase):
    return vocabulary_of(rulebase)


@pytest.fixture
def scanned(tmp_path, vocabulary):
    def write(code="", **files):
        for name, text in {"app": code, **files}.items():
            path = tmp_path / f"{name.replace('__', '/')}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text), "utf-8")
        return scan([tmp_path], tmp_path, vocabulary)

    return write


IMPORT = "from transformers import BlipForQuestionAnswering, BlipProcessor, pipeline\n"
LOAD = "model = BlipForQuestionAnswering.from_pretrained({})\n"

FOLLOWED = {
    "constant": "X = 'Salesforce/blip-vqa-base'\n" + LOAD.format("X"),
    "keyword": LOAD.format("pretrained_model_name_or_path='Salesforce/blip-vqa-base'"),
    "f-string": "org = 'Salesforce'\nsize = 'base'\n" + LOAD.format("f'{org}/blip-vqa-{size}'"),
    "sum": LOAD.format("'Salesforce/' + 'blip-vqa-base'"),
    "join": "import os\n" + LOAD.format("os.path.join('Salesforce', 'blip-vqa-base')"),
    "chain of names": "a = 'Salesforce/blip-vqa-base'\nb = a\n" + LOAD.format("b"),
    "dictionary": "M = {'vqa': {'id': 'Salesforce/blip-vqa-base'}}\n"
    + LOAD.format("M['vqa']['id']"),
    "dictionary.get": "M = {'vqa': 'Salesforce/blip-vqa-base'}\n" + LOAD.format("M.get('vqa')"),
    "list": "M = ['x', 'Salesforce/blip-vqa-base']\n" + LOAD.format("M[1]"),
    "unpacking": "a, b = 'x', 'Salesforce/blip-vqa-base'\n" + LOAD.format("b"),
    "spread": "K = {'pretrained_model_name_or_path': 'Salesforce/blip-vqa-base'}\n"
    + LOAD.format("**K"),
    "default": "def f(name='Salesforce/blip-vqa-base'):\n    " + LOAD.format("name"),
    "caller": "def f(name):\n    " + LOAD.format("name") + "f('Salesforce/blip-vqa-base')\n",
    "environment": "import os\n" + LOAD.format("os.getenv('M', 'Salesforce/blip-vqa-base')"),
    "environ.get": "import os\n" + LOAD.format("os.environ.get('M', 'Salesforce/blip-vqa-base')"),
    "or": "def f(name=None):\n    " + LOAD.format("name or 'Salesforce/blip-vqa-base'"),
    "walrus": LOAD.format("(x := 'Salesforce/blip-vqa-base')"),
    "else of a loop": "for x in y:\n    pass\nelse:\n    a = 'Salesforce/blip-vqa-base'\n"
    + LOAD.format("a"),
    "what a parser knows of": "import argparse\np = argparse.ArgumentParser()\n"
    "p.add_argument('--model', default='Salesforce/blip-vqa-base')\n"
    "a, rest = p.parse_known_args()\n" + LOAD.format("a.model"),
    "argparse": "import argparse\np = argparse.ArgumentParser()\n"
    "p.add_argument('-m', '--model-name', default='Salesforce/blip-vqa-base')\n"
    "def main(args):\n    " + LOAD.format("args.model_name") + "main(p.parse_args())\n",
    "typer": "import typer\ndef main(m: str = typer.Option('Salesforce/blip-vqa-base')):\n    "
    + LOAD.format("m"),
    "class attribute": "class A:\n    name = 'Salesforce/blip-vqa-base'\n    def f(self):\n        "
    + LOAD.format("self.name"),
    "inherited attribute": "class A:\n    name = 'Salesforce/blip-vqa-base'\n"
    "class B(A):\n    def f(self):\n        " + LOAD.format("self.name"),
    "constructor": "class A:\n    def __init__(self, name):\n        self.name = name\n"
    "    def f(self):\n        " + LOAD.format("self.name") + "A('Salesforce/blip-vqa-base')\n",
    "dataclass": "from dataclasses import dataclass, field\n@dataclass\nclass C:\n"
    "    m: str = field(default='Salesforce/blip-vqa-base')\nc = C()\n" + LOAD.format("c.m"),
    "enum": "import enum\nclass E(enum.Enum):\n    A = 'Salesforce/blip-vqa-base'\n"
    + LOAD.format("E.A.value"),
    "alias of the class": "Net = BlipForQuestionAnswering\n"
    "model = Net.from_pretrained('Salesforce/blip-vqa-base')\n",
    "import in a function": "def f():\n    from transformers import BlipForQuestionAnswering as B\n"
    "    return B.from_pretrained('Salesforce/blip-vqa-base')\n",
    "module": "import transformers as tf\n"
    "tf.BlipForQuestionAnswering.from_pretrained('Salesforce/blip-vqa-base')\n",
    "deep module": "import transformers.models.blip\ntransformers.models.blip."
    "BlipForQuestionAnswering.from_pretrained('Salesforce/blip-vqa-base')\n",
    "star": "from transformers import *\n" + LOAD.format("'Salesforce/blip-vqa-base'"),
    "global": "m = None\ndef f():\n    global m\n    m = 'Salesforce/blip-vqa-base'\n"
    "def g():\n    " + LOAD.format("m"),
    "try": "try:\n    import x\nexcept ImportError:\n    x = None\n"
    + LOAD.format("'Salesforce/blip-vqa-base'"),
    "with": "with open('x') as f:\n    " + LOAD.format("'Salesforce/blip-vqa-base'"),
    "match": "match 1:\n    case 1:\n        " + LOAD.format("'Salesforce/blip-vqa-base'"),
    "async": "async def f():\n    " + LOAD.format("'Salesforce/blip-vqa-base'"),
    "comprehension": "x = [BlipForQuestionAnswering.from_pretrained(n) for n in "
    "['Salesforce/blip-vqa-base']]\n",
}


@pytest.mark.parametrize("code", FOLLOWED.values(), ids=FOLLOWED)
def test_a_plain_value_is_followed(scanned, code):
    (usage,) = scanned(IMPORT + code).usages
    assert (usage.checkpoint, usage.class_name) == (BLIP, "BlipForQuestionAnswering")


def test_a_pipeline_may_come_from_a_star_of_transformers_and_of_no_other(scanned):
    (usage,) = scanned(f"from transformers import *\np = pipeline('captions', '{BLIP}')\n").usages
    assert (usage.checkpoint, usage.task) == (BLIP, "captions")
    assert not scanned(f"from haystack import *\np = pipeline('captions', '{BLIP}')\n").usages


@pytest.mark.parametrize("called", ["'a'()", "[1]()", "{'a': 1}()", "f'{x}'()", "name[0]()"])
def test_what_is_called_and_is_no_function_does_not_stop_the_file(scanned, called):
    seen = scanned(f"{IMPORT}name = 'a'\n{called}\n" + LOAD.format(f"'{BLIP}'"))
    assert [usage.checkpoint for usage in seen.usages] == [BLIP]
    assert not seen.notes


UNKNOWABLE = {
    "parameter": "def f(name):\n    " + LOAD.format("name"),
    "input": LOAD.format("input()"),
    "environment": "import os\n" + LOAD.format("os.environ['M']"),
    "f-string with a gap": "def f(size):\n    " + LOAD.format("f'Salesforce/blip-vqa-{size}'"),
    "unbound name": LOAD.format("nowhere"),
    "computed": LOAD.format("'-'.join(parts)"),
    "required flag": "import argparse\np = argparse.ArgumentParser()\n"
    "p.add_argument('--model', required=True)\na = p.parse_args()\n" + LOAD.format("a.model"),
}


@pytest.mark.parametrize("code", UNKNOWABLE.values(), ids=UNKNOWABLE)
def test_what_the_code_does_not_tell_is_unknown_and_still_a_usage(scanned, code):
    (usage,) = scanned(IMPORT + code).usages
    assert usage.checkpoint is None
    assert all(value.text is None for value in usage.alternatives)


def test_the_last_assignment_before_the_load_counts(scanned):
    code = f"x = '{CAPTION}'\nx = '{BLIP}'\n{LOAD.format('x')}x = 'a/b'\n"
    (usage,) = scanned(IMPORT + code).usages
    assert usage.checkpoint == BLIP
    assert usage.alternatives[0].certain


def test_branches_give_alternatives_of_which_none_is_certain(scanned):
    code = f"if big:\n    x = '{CAPTION}'\nelse:\n    x = '{BLIP}'\n{LOAD.format('x')}"
    (usage,) = scanned(IMPORT + code).usages
    assert usage.checkpoint is None
    assert {value.text for value in usage.alternatives} == {BLIP, CAPTION}
    assert not any(value.certain for value in usage.alternatives)


@pytest.mark.parametrize(
    ("code", "certain"),
    [
        (f"if big:\n    x = '{BLIP}'\n{LOAD.format('x')}", {BLIP: True}),
        (f"def f(x):\n    {LOAD.format('x')}f('{BLIP}')\n", {BLIP: True}),
        (
            f"def f(x='{CAPTION}'):\n    {LOAD.format('x')}f('{BLIP}')\n",
            {BLIP: False, CAPTION: False},
        ),
    ],
    ids=["bound in one branch alone", "given", "given beside a default"],
)
def test_how_sure_a_value_is_that_a_branch_or_a_call_gives(scanned, code, certain):
    (usage,) = scanned(IMPORT + code).usages
    assert {value.text: value.certain for value in usage.alternatives} == certain


@pytest.mark.parametrize(
    ("table", "names"),
    [
        ("{'dtype': d}", {"dtype"}),
        ("{'dtype': d, key: d}", {"dtype", "**"}),
        ("{'dtype': d, **more}", {"dtype", "**"}),
        ("{'dtype': d, 3: d, 'no name': d}", {"dtype", "**"}),
        ("more", {"**"}),
    ],
)
def test_what_a_table_gives_is_named_and_the_rest_may_be_anything(scanned, table, names):
    code = f"def f(d, key, more):\n    t = {table}\n    {LOAD.format('d, **t')}"
    (usage,) = scanned(IMPORT + code).usages
    assert usage.model.arguments.keys() - {"0"} == names


def test_a_text_that_is_put_together_is_followed_up_to_a_length(scanned):
    short, half = (LOAD.format(f"'{'a' * n}' + '{'b' * n}'") for n in (900, 1_100))
    first, second = scanned(IMPORT + short + half).usages
    assert (first.checkpoint, second.checkpoint) == ("a" * 900 + "b" * 900, None)


def test_numbers_that_are_added_are_no_text(scanned):
    load = LOAD.format("x").replace(")", ", top_k=n)")
    (usage,) = scanned(IMPORT + f"x = '{BLIP}'\nn = 1\nn += 1\n{load}").usages
    assert usage.model.arguments["top_k"].pieces == ()


def test_a_branch_that_leaves_does_not_count(scanned):
    code = f"""
    def f(big):
        x = '{BLIP}'
        if big:
            x = '{CAPTION}'
            raise ValueError(x)
        return BlipForQuestionAnswering.from_pretrained(x)
    """
    (usage,) = scanned(IMPORT + textwrap.dedent(code)).usages
    assert usage.checkpoint == BLIP


def test_a_loop_over_a_list_loads_each(scanned):
    code = f"for x in ['{BLIP}', '{CAPTION}']:\n    {LOAD.format('x')}"
    (usage,) = scanned(IMPORT + code).usages
    assert [value.text for value in usage.alternatives] == [BLIP, CAPTION]


def test_a_default_is_not_certain(scanned):
    (usage,) = scanned(IMPORT + FOLLOWED["default"]).usages
    assert not usage.alternatives[0].certain


def test_a_constant_is_followed_into_another_file(scanned):
    found = scanned(
        "from settings import MODEL\nfrom pkg import consts\n"
        + IMPORT
        + LOAD.format("MODEL")
        + LOAD.format("consts.NAMES['b']"),
        settings=f"MODEL = '{BLIP}'\n",
        pkg____init__="",
        pkg__consts="from settings import MODEL\nNAMES = {'b': MODEL}\n",
    )
    assert [usage.checkpoint for usage in found.usages] == [BLIP, BLIP]
    assert found.usages[0].alternatives[0].place[:3] == ("settings.py", 1, 9)


def test_a_class_is_followed_through_a_module_that_passes_it_on(scanned):
    found = scanned(
        "from compat import Net\nNet.from_pretrained('Salesforce/blip-vqa-base')  # BlipModel\n",
        compat="from transformers import BlipModel as Net\n",
    )
    assert [(usage.checkpoint, usage.class_name) for usage in found.usages] == [(BLIP, "BlipModel")]


@pytest.mark.parametrize(
    ("written", "checkpoint"),
    [
        ("from ..names import X", BLIP),
        ("from .names import X", CAPTION),
        ("from ...names import X", None),
        ("from ..here import X", None),
        ("from names import X", CAPTION),
        ("from outer.names import X", BLIP),
    ],
)
def test_a_module_is_looked_for_where_its_dots_say(scanned, written, checkpoint):
    found = scanned(
        outer__inner__load=f"{written}\n{IMPORT}{LOAD.format('X')}",
        outer__inner__names=f"X = '{CAPTION}'\n",
        outer__inner__here=f"X = '{CAPTION}'\n",
        outer__names=f"X = '{BLIP}'\n",
    )
    assert [usage.checkpoint for usage in found.usages] == [checkpoint]


def test_a_scan_says_at_which_file_it_is_behind_one_that_it_followed_for_another(
    tmp_path, vocabulary
):
    (tmp_path / "app.py").write_text(f"from b import X\n{IMPORT}{LOAD.format('X')}")
    (tmp_path / "b.py").write_text(f"X = '{BLIP}'\n")
    begun, ended = [], []
    scan([tmp_path], tmp_path, vocabulary, begin=begun.append, end=ended.append)
    assert begun == ["app.py", "b.py", "app.py", ""]
    assert [held["begun"] for held in ended] == [["app.py", "b.py"]]


def test_modules_that_import_each_other_do_no_harm(scanned):
    found = scanned(
        IMPORT + "from b import X\n" + LOAD.format("X"),
        b="from c import X\nfrom app import Y\n",
        c="from b import Z\nX = 'Salesforce/blip-vqa-base'\n",
    )
    assert [usage.checkpoint for usage in found.usages] == [BLIP]


def test_an_id_at_the_end_of_a_path_is_read_and_said_to_be_local(scanned):
    code = "def f(folder):\n    " + LOAD.format("f'{folder}/Salesforce/blip-vqa-base'")
    (usage,) = scanned(IMPORT + code).usages
    assert usage.checkpoint == BLIP
    assert usage.alternatives[0].local


def test_processor_model_and_later_calls_belong_together(scanned):
    (usage,) = scanned(
        """
        import torch
        from transformers import AutoProcessor, SiglipModel

        class Scorer:
            def __init__(self):
                self.model, self.processor = self.load()

            def load(self):
                model = SiglipModel.from_pretrained("google/siglip-base-patch16-224").eval()
                return model, AutoProcessor.from_pretrained("google/siglip-base-patch16-224")

            def score(self, image):
                inputs = self.processor(text=["a"], images=image, padding="max_length")
                outputs = self.model(**inputs)
                return torch.softmax(outputs.logits_per_image, dim=1)
        """
    ).usages
    assert [load.class_name for load in usage.processors] == ["AutoProcessor"]
    softmax = next(call for call in usage.calls if call.name == "softmax")
    assert softmax.of == ("__call__", "logits_per_image")
    assert softmax.receiver.class_name == "SiglipModel"
    assert softmax.place.line == 16
    text = next(call for call in usage.calls if call.receiver.kind == "processor")
    assert text.arguments["padding"].value == "max_length"
    assert text.arguments["images"].value is UNKNOWN


def test_two_models_in_one_function_keep_their_own_processors(scanned):
    found = scanned(
        """
        from transformers import BlipForQuestionAnswering, BlipProcessor, CLIPModel, CLIPProcessor

        clip = CLIPModel.from_pretrained("openai/clip-vit-base-patch32")
        clip_processor = CLIPProcessor.from_pretrained("openai/clip-vit-base-patch32")
        blip = BlipForQuestionAnswering.from_pretrained("Salesforce/blip-vqa-base")
        blip_processor = BlipProcessor.from_pretrained("Salesforce/blip-vqa-base")
        clip(**clip_processor(text=["a"], images=i))
        blip.generate(**blip_processor(i, "q"))
        """
    )
    pairs = [(u.class_name, [p.class_name for p in u.processors]) for u in found.usages]
    assert pairs == [
        ("CLIPModel", ["CLIPProcessor"]),
        ("BlipForQuestionAnswering", ["BlipProcessor"]),
    ]


def test_a_processor_of_another_checkpoint_is_seen_where_it_feeds_the_model(scanned):
    (usage,) = scanned(
        IMPORT
        + f"p = BlipProcessor.from_pretrained('{CAPTION}')\n"
        + LOAD.format(f"'{BLIP}'")
        + "model.generate(**p(image, 'q'))\n"
    ).usages
    assert [value.text for load in usage.processors for value in load.checkpoint] == [CAPTION]


def test_loading_and_training_is_told_from_loading(scanned):
    trained, used = (
        scanned(IMPORT + LOAD.format(f"'{BLIP}'") + rest).usages[0].trained
        for rest in (
            "loss = model(x).loss\nloss.backward()\n",
            "model.eval()\nmodel.train(False)\n",
        )
    )
    assert trained is not None
    assert trained.line == 4
    assert used is None


def test_composition_keeps_both_parts_and_what_is_set_on_it(scanned):
    (usage,) = scanned(
        """
        from transformers import VisionEncoderDecoderModel

        model = VisionEncoderDecoderModel.from_encoder_decoder_pretrained(
            "google/vit-base-patch16-224-in21k", "gpt2"
        )
        model.config.decoder_start_token_id = 50256
        """
    ).usages
    assert usage.model.kind == "composition"
    assert usage.model.second_checkpoint[0].text == "gpt2"
    (set_id,) = [call for call in usage.calls if call.kind == "assign"]
    assert (set_id.name, set_id.of) == ("decoder_start_token_id", ("config",))
    assert set_id.arguments["0"].value == 50256


def test_open_clip_names_amount_to_a_catalogued_id(scanned):
    found = scanned(
        """
        import open_clip

        model, _, preprocess = open_clip.create_model_and_transforms(
            "ViT-B-32", pretrained="laion2b_s34b_b79k"
        )
        tokenizer = open_clip.get_tokenizer("ViT-B-32")
        features = model.encode_text(tokenizer(["a dog"]))
        name = "hf-hub:laion/CLIP-ViT-B-32-laion2B-s34B-b79K"
        other, _ = open_clip.create_model_from_pretrained(name)
        """
    )
    models = [usage for usage in found.usages if usage.model]
    assert {usage.checkpoint for usage in models} == {"laion/CLIP-ViT-B-32-laion2B-s34B-b79K"}
    assert len(models) == 2


@pytest.mark.parametrize(
    "load",
    [
        "import clip\nmodel, seeing = clip.load('ViT-B/32')",
        "import open_clip as o\nmodel, seeing, _ = o.create_model_and_transforms('ViT-B-32')",
        "import open_clip as o\nmodel, seeing = o.create_model_from_pretrained('ViT-B-32')",
        "from lavis.models import load_model_and_preprocess as load\n"
        "model, seeing, _ = load('blip_caption', 'base_coco')",
        "from unsloth import FastVisionModel\n"
        "model, seeing = FastVisionModel.from_pretrained('Qwen/Qwen2-VL-2B-Instruct')",
    ],
    ids=lambda load: load.rpartition("= ")[2],
)
def test_the_model_is_the_first_of_so_many_that_a_loader_gives(scanned, load):
    (usage,) = scanned(f"{load}\nmodel.encode(x)\nseeing.resize(x)\n").usages
    uses = {call.name: (call.certain, call.of) for call in usage.calls if call.kind == "call"}
    assert uses == {"encode": (True, ()), "resize": (True, ("transform",))}


@pytest.mark.parametrize(
    ("passed", "values"),
    [("", 0), ("device='cpu'", 0), ("*args", 1), ("**options", 1), ("name", 1)],
)
def test_what_may_be_passed_is_unknown_and_what_is_not_is_nothing(scanned, passed, values):
    code = f"def f(name, *args, **options):\n    {LOAD.format(passed)}"
    (usage,) = scanned(IMPORT + code).usages
    assert [value.text for value in usage.alternatives] == [None] * values


@pytest.mark.parametrize(
    "code",
    [
        "from transformers import AutoTokenizer as T\nT.from_pretrained('bert-base-uncased')",
        "from transformers import pipeline\npipeline('sentiment-analysis')",
        "from transformers import AutoModel as M\nM.from_pretrained('google/vit-base-patch16-224')",
        "from transformers import AutoConfig as C\nC.from_pretrained('BAAI/AltCLIP')",
        "# BlipModel.from_pretrained('Salesforce/blip-vqa-base')\nimport transformers",
        '"""BlipModel.from_pretrained("Salesforce/blip-vqa-base")"""\nimport transformers',
        "from mine import BlipModel\nBlipModel.from_pretrained('Salesforce/blip-vqa-base')",
    ],
)
def test_what_loads_no_vision_language_model_is_no_usage(scanned, code):
    assert scanned(code + "\n").usages == ()


def test_places_count_characters_from_one(scanned):
    (usage,) = scanned(IMPORT + "é = 'ä'; " + LOAD.format(f"'{BLIP}', dtype='x'")).usages
    assert usage.place[1:5] == (2, 18, 2, 97)
    assert usage.model.class_place[1:5] == (2, 18, 2, 42)
    assert usage.alternatives[0].place[1:5] == (2, 59, 2, 85)
    argument = usage.model.arguments["dtype"]
    assert argument.name_place[1:5] == (2, 87, 2, 92)
    assert argument.place[1:5] == (2, 93, 2, 96)


def test_names_tell_imports_that_may_fail_from_those_that_may_not(scanned):
    found = scanned(
        """
        import transformers as tf
        from transformers import BlipModel
        try:
            from transformers import AutoModelForVision2Seq
        except ImportError:
            AutoModelForVision2Seq = None
        if is_version(">=5"):
            from transformers.models.clip import CLIPFeatureExtractor as C
        x = tf.TFCLIPModel
        """
    )
    assert [(n.place[1:5], n.module, n.name, n.imported, n.optional) for n in found.names] == [
        ((3, 26, 3, 35), "transformers", "BlipModel", True, False),
        ((5, 30, 5, 52), "transformers", "AutoModelForVision2Seq", True, True),
        ((9, 42, 9, 62), "transformers.models.clip", "CLIPFeatureExtractor", True, True),
        ((10, 8, 10, 19), "transformers", "TFCLIPModel", False, False),
    ]


def test_ignore_comments_cover_the_statement_they_stand_at(scanned):
    found = scanned(
        """
        x = f(
            1,
        )  # advisor: ignore[rule-a, rule-b] known, see #12
        # advisor: ignore[rule-c]
        y = f(
            2,
        )
        s = "# advisor: ignore[no]"
        def g():  # advisor: ignore
            pass
        """
    )
    assert [(i.rules, i.reason, i.first, i.last, i.place.line) for i in found.ignores] == [
        (("rule-a", "rule-b"), "known, see #12", 2, 4, 4),
        (("rule-c",), "", 6, 8, 5),
        ((), "", 10, 10, 10),
    ]


@pytest.mark.parametrize(
    "step",
    [
        "x = [x, x]",
        "x = (*x, x) + x",
        "x = {**x, **x, 'b': x}",
        "x['a'] = x; x['b'] = x",
        "x = x + x",
        "x = [(x, x) for _ in x]",
        "x = {'a': x.items(), 'b': x.values()}",
    ],
)
@pytest.mark.parametrize("first", ["['a']", "{'a': 'b'}", "f'{unknown}a'"])
def test_what_doubles_with_every_line_is_followed_only_so_far(scanned, first, step):
    """Sixty lines, and a value as large as the number of grains on a chessboard."""
    found = scanned(IMPORT + f"x = {first}\n" + f"{step}\n" * 60 + LOAD.format("x"))
    assert [usage.checkpoint for usage in found.usages] == [None]


ARGUMENTS = [
    *("x", "x.y", "x.y.z", "f().y", "f(**x)", "x.f(**x)[0].y", "x['a']", "x[1]", "x[-1]", "x[a]"),
    *("'a'", '"it\'s"', "None", "True", "1", "1.5", "b'a'", "f'{x}'", "(1).real", "x[0][1]"),
    *("x[1:2]", "f(x)", "f(x, **y)", "f(*x)", "lambda: 0", "[x]", "x @ y", "not x", "f(**x.y)"),
]


@pytest.mark.parametrize("code", ARGUMENTS)
def test_an_argument_is_written_as_python_writes_it(tmp_path, vocabulary, code):
    loading = f"BlipForQuestionAnswering.from_pretrained('{BLIP}')"
    text = f"from transformers import BlipForQuestionAnswering\n{loading}.generate({code})\n"
    (tmp_path / "a.py").write_text(text, encoding="utf-8")
    (usage,) = scan([tmp_path], tmp_path, vocabulary).usages
    (call,) = (one for one in usage.calls if one.name == "generate" and one.kind == "call")
    assert call.arguments["0"].source == ast.unparse(ast.parse(code, mode="eval").body)
