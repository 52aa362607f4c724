"""Code that is ready for several releases is right in each; what stands beside it is judged."""

import pytest

NEW = ("--transformers", "5.24")
HEAD = """
import contextlib, importlib.util, inspect, pytest
import transformers
from contextlib import suppress
from transformers import BlipForQuestionAnswering, Trainer, TrainingArguments
m = BlipForQuestionAnswering.from_pretrained("Salesforce/blip-vqa-base")
"""
LOAD = 'BlipForQuestionAnswering.from_pretrained("Salesforce/blip-vqa-base", **more)\n'
READY = {
    "a handler logs, and the name is used where the import went through": (
        "try:\n    from transformers import CLIPFeatureExtractor\n    CLIPFeatureExtractor()\n"
        'except ImportError:\n    print("too new")\n'
    ),
    "a handler passes, and the name was bound before": (
        "CLIPFeatureExtractor = None\n"
        "try:\n    from transformers import CLIPFeatureExtractor\nexcept ImportError:\n    pass\n"
        "made = CLIPFeatureExtractor and CLIPFeatureExtractor()\n"
    ),
    "a handler logs and binds the name": (
        "try:\n    from transformers import CLIPFeatureExtractor\n"
        'except ImportError:\n    print("too new")\n    CLIPFeatureExtractor = None\n'
        "made = CLIPFeatureExtractor\n"
    ),
    "a module is asked for a name": (
        'if hasattr(transformers, "AdamW"):\n    AdamW = transformers.AdamW\n'
    ),
    "the names of a module are asked for": (
        'if "AdamW" in dir(transformers):\n    from transformers import AdamW\n'
    ),
    "a default is asked for": (
        'if getattr(transformers, "AdamW", None) is not None:\n    from transformers import AdamW\n'
    ),
    "a module is looked for": (
        'if importlib.util.find_spec("transformers.deepspeed"):\n'
        "    import transformers.deepspeed\n"
    ),
    "an answer has a name": (
        'OLD = hasattr(transformers, "AdamW")\nif OLD:\n    from transformers import AdamW\n'
    ),
    "two numbers of a version have names": (
        'major, minor = map(int, transformers.__version__.split(".")[:2])\n'
        "if major < 5:\n    from transformers import AdamW\n"
    ),
    "a version is compared with a name before it": (
        "HERE = transformers.__version__\nV5: bool = HERE >= '5'\n"
        "if not V5:\n    from transformers import AdamW\n"
    ),
    "an attribute holds the answer": (
        "class Ready:\n    def __init__(self):\n"
        "        self.new = int(transformers.__version__[0]) >= 5\n"
        "    def make(self):\n"
        "        return None if self.new else transformers.AdamW\n"
    ),
    "a function gives the answer": (
        "def is_new():\n    number = transformers.__version__[0]\n    return int(number) >= 5\n"
        "if not is_new():\n    from transformers import AdamW\n"
    ),
    "a key is set for one release": (
        "V5 = int(transformers.__version__.split('.')[0]) >= 5\nmore = {}\n"
        'if not V5:\n    more["resume_download"] = True\n' + LOAD
    ),
    "a table is made for one release": (
        "OLD = transformers.__version__ < '5'\n"
        'def more_of():\n    return {"torch_dtype": "auto"} if OLD else {"dtype": "auto"}\n'
        "more = more_of()\n" + LOAD
    ),
    "a key is set where a class has the field": (
        'more = {"output_dir": "x"}\n'
        'if "evaluation_strategy" in TrainingArguments.__dataclass_fields__:\n'
        '    more["evaluation_strategy"] = "steps"\n'
        'else:\n    more["eval_strategy"] = "steps"\n'
        "TrainingArguments(**more)\n"
    ),
    "names are gathered": (
        'OLD = "AdamW" in set(dir(transformers))\nif OLD:\n    from transformers import AdamW\n'
    ),
    "a key is set where a builder takes it": (
        "taken = inspect.signature(Trainer.__init__).parameters\nmore = {}\n"
        'if "processing_class" in taken:\n    more["processing_class"] = p\n'
        'else:\n    more["tokenizer"] = p\nTrainer(model=m, **more)\n'
    ),
    "an import may fail in a context": (
        "with contextlib.suppress(ImportError):\n"
        "    from transformers import CLIPFeatureExtractor\n"
    ),
    "anything may fail in a context": (
        "with suppress(Exception):\n    from transformers import CLIPFeatureExtractor\n"
    ),
    "an attribute may be missing in a context": (
        "with suppress(KeyError, AttributeError):\n    AdamW = transformers.AdamW\n"
    ),
    "an import has to fail": (
        "with pytest.raises(ImportError):\n    from transformers import CLIPFeatureExtractor\n"
    ),
    "a call that is refused is made again": (
        "try:\n    Trainer(model=m, processing_class=p)\n"
        "except TypeError:\n    Trainer(model=m, tokenizer=p)\n"
    ),
    "a version that is required sets a flag": (
        "from transformers.utils.versions import require_version\n"
        'try:\n    require_version("transformers>=5.0")\n    OLD = False\n'
        "except ImportError:\n    OLD = True\n"
        '@pytest.mark.skipif(not OLD, reason="it left")\n'
        'def test_answers():\n    transformers.pipeline("visual-question-answering")\n'
    ),
    "a name that is imported sets a flag": (
        "try:\n    from transformers import AdamW\nexcept ImportError:\n    HAS = False\n"
        "else:\n    HAS = True\n"
        "make = transformers.CLIPFeatureExtractor if HAS else None\n"
    ),
    "a name is none where it is missing": (
        "try:\n    from transformers import AdamW\nexcept ImportError:\n    AdamW = None\n"
        "if AdamW is not None:\n    from transformers import CLIPFeatureExtractor\n"
    ),
    "an attribute that is missing sets a flag": (
        "try:\n    transformers.AdamW\n    old = True\n"
        "except AttributeError:\n    old = False\n"
        "if old:\n    from transformers import CLIPFeatureExtractor\n"
    ),
    "a function tries an import": (
        "def is_old():\n    try:\n        from transformers import AdamW\n        return True\n"
        "    except ModuleNotFoundError:\n        return False\n"
        "if is_old():\n    from transformers import CLIPFeatureExtractor\n"
    ),
    "a task may be missing": (
        'try:\n    ask = transformers.pipeline("visual-question-answering")\n'
        "except KeyError:\n    ask = None\n"
    ),
    "a task has to be missing": (
        'with pytest.raises(KeyError):\n    transformers.pipeline("visual-question-answering")\n'
    ),
    "a handler of a missing name gives nothing back": (
        "def load():\n    try:\n        from transformers import CLIPFeatureExtractor\n"
        "        return CLIPFeatureExtractor()\n"
        '    except ImportError:\n        print("too new")\n        return None\n'
    ),
    "a handler imports what there was before": (
        "try:\n    from transformers import CLIPFeatureExtractor\n"
        '    print("old")\nexcept ImportError:\n    import transformers.models.clip\n'
    ),
    "whether a name is there is given back": (
        "def has():\n    try:\n        from transformers import CLIPFeatureExtractor\n"
        "        return True\n    except Exception as error:\n        print(error)\n"
        "        return False\n"
    ),
}
UNREADY = {
    "a handler of whatever fails prints, and gives nothing back": (
        "def load():\n    try:\n"
        "        from transformers import CLIPFeatureExtractor  # wrong: removed-class\n"
        "        made = CLIPFeatureExtractor()\n        return True\n"
        "    except Exception as error:\n        import traceback\n        print(error)\n"
        "        traceback.print_exc()\n        return False\n"
    ),
    "a handler only logs that an import failed": (
        "try:\n    from transformers import AutoModelForVision2Seq  # wrong: removed-class\n"
        'except Exception as error:\n    logger.debug("upgrade: %s", error)\n'
        "AutoModelForVision2Seq\n"
    ),
    "a handler only prints the traceback": (
        "import traceback\ntry:\n"
        "    from transformers import AutoModelForVision2Seq  # wrong: removed-class\n"
        "except Exception:\n    traceback.print_exc()\nAutoModelForVision2Seq\n"
    ),
    "a handler passes, and the name is used": (
        "try:\n    from transformers import CLIPFeatureExtractor  # wrong: removed-class\n"
        "except ImportError:\n    pass\n"
        "def build():\n    return CLIPFeatureExtractor()\n"
    ),
    "a handler only prints that a member is missing": (
        "try:\n    AdamW = transformers.AdamW  # wrong: removed-name\n"
        'except AttributeError:\n    print("no AdamW")\n'
    ),
    "another package that is imported sets a flag": (
        "try:\n    import flash_attn\n    HAS = True\nexcept ImportError:\n    HAS = False\n"
        "if HAS:\n    from transformers import AdamW  # wrong: removed-name\n"
    ),
    "a version of another package is required": (
        "from transformers.utils.versions import require_version\n"
        'try:\n    require_version("flash_attn>=2.0")\n    HAS = True\n'
        "except ImportError:\n    HAS = False\n"
        "if HAS:\n    from transformers import AdamW  # wrong: removed-name\n"
    ),
    "the library itself is tried": (
        "try:\n    import transformers\n    HAS = True\nexcept ImportError:\n    HAS = False\n"
        "if HAS:\n    from transformers import AdamW  # wrong: removed-name\n"
    ),
    "a key may be missing beside a task": (
        'try:\n    ask = table["vqa"]\n'
        "    from transformers import AdamW  # wrong: removed-name\n"
        "except KeyError:\n    ask = None\n"
    ),
    "another module is asked": (
        "import torch\n"
        'if hasattr(torch, "compile"):\n    AdamW = transformers.AdamW  # wrong: removed-name\n'
    ),
    "another package is looked for": (
        'if importlib.util.find_spec("flash_attn"):\n'
        "    from transformers import AdamW  # wrong: removed-name\n"
    ),
    "the library itself is looked for": (
        'if importlib.util.find_spec("transformers"):\n'
        "    AdamW = transformers.AdamW  # wrong: removed-name\n"
    ),
    "any name may be asked for": (
        "name = read()\n"
        "if hasattr(transformers, name):\n"
        "    AdamW = transformers.AdamW  # wrong: removed-name\n"
    ),
    "something else is made with what was asked": (
        'thing = make(old=hasattr(transformers, "AdamW"))\n'
        "if thing is not None:\n    AdamW = transformers.AdamW  # wrong: removed-name\n"
    ),
    "a function that gives something else": (
        "def make():\n    return print(transformers.__version__)\n"
        "if make():\n    AdamW = transformers.AdamW  # wrong: removed-name\n"
    ),
    "a mark of one's own is asked for": (
        'if getattr(Trainer, "_patched", False):\n    print("again")\nelse:\n'
        "    from transformers import AdamW  # wrong: removed-name\n"
        "Trainer._patched = True\n"
    ),
    "behind the test": (
        'if hasattr(transformers, "x"):\n    pass\n'
        "AdamW = transformers.AdamW  # wrong: removed-name\n"
    ),
    "another error is suppressed": (
        "with suppress(KeyError):\n"
        "    from transformers import CLIPFeatureExtractor  # wrong: removed-class\n"
    ),
    "the key stands before the test": (
        'more = {"resume_download": True}\n'
        'if transformers.__version__ < "5":\n    more["torch_dtype"] = "auto"\n'
        + LOAD.replace("\n", "  # wrong: removed-argument\n")
    ),
    "a refused call is told of": (
        "try:\n    Trainer(model=m, tokenizer=p)  # wrong: removed-parameter\n"
        "except TypeError as error:\n    print(error, flush=True)\n"
    ),
}


def said_of_release(result, *levels):
    """The lines of findings, each with its rule, but for what is said in any release."""
    found = [(one["line"], one["rule"]) for one in result.of(*levels)]
    return {one for one in found if one[1] not in ("unpinned-revision", "outdated-choice")}


EACH = {name: {"app.py": HEAD + text} for name, text in {**READY, **UNREADY}.items()}


@pytest.mark.parametrize("name", EACH)
def test_what_is_ready_for_several_releases_is_right_and_what_only_looks_so_is_found(at_once, name):
    lines = enumerate(EACH[name]["app.py"].splitlines(), 1)
    wrong = {
        (number, line.partition("# wrong: ")[2]) for number, line in lines if "# wrong: " in line
    }
    assert bool(wrong) == (name in UNREADY)
    found = [
        each
        for each in at_once(EACH, *NEW, "--all-models")[name]
        if each.rule not in ("unpinned-revision", "outdated-choice")
    ]
    errors = (each for each in found if each.level == "error" and each.first)
    assert {(each.line, each.rule) for each in errors} == wrong
    assert name in UNREADY or not found


def test_whether_a_library_is_installed_says_nothing_of_its_version(check):
    text = (
        "try:\n    from transformers import AutoModel\n    HAS = True\n"
        "except ImportError:\n    HAS = False\n"
        "if HAS:\n    from transformers import AdamW\n"
    )
    found = check({"app.py": text}, *NEW, "--all-models")
    assert said_of_release(found, "error") == {(7, "removed-name")}
