"""What a dictionary keeps, of an object or of the file, is found again under its key."""

import textwrap

import pytest

from advisor.scan.scanner import scan
from advisor.scan.vocabulary import vocabulary_of

CLIP, SIGLIP = "openai/clip-vit-base-patch32", "google/siglip-base-patch16-224"
HEAD = f"""
from functools import lru_cache
import streamlit as st
from transformers import CLIPModel, CLIPProcessor, SiglipModel
CLIP, SIGLIP = "{CLIP}", "{SIGLIP}"
def pair():
    return CLIPModel.from_pretrained(CLIP), CLIPProcessor.from_pretrained(CLIP)
"""
ASKS = "get_image_features"


@pytest.fixture
def asked(tmp_path, rulebase):
    """The classes whose image features a program asks for, each with whether that is sure."""

    def of(code):
        (tmp_path / "app.py").write_text(HEAD + textwrap.dedent(code), "utf-8")
        usages = scan([tmp_path], tmp_path, vocabulary_of(rulebase)).usages
        calls = [one for usage in usages for one in usage.calls if one.kind == "call"]
        return {(one.receiver.class_name, one.certain) for one in calls if one.name == ASKS}

    return of


KEPT = {
    "an object": """
    class D:
        def __init__(self):
            self.cache = {}
        def load(self, key):
            if key not in self.cache:
                self.cache[key] = pair()
            return self.cache[key]
        def ask(self, key, image):
            model, processor = self.load(key)
            return model.get_image_features(**processor(images=image))
    """,
    "a way out where it is there": """
    class D:
        def __init__(self):
            self.cache = {}
        def load(self, key):
            if key in self.cache:
                return self.cache[key]
            self.cache[key] = CLIPModel.from_pretrained(CLIP)
            return self.cache[key]
        def ask(self, key, image):
            return self.load(key).get_image_features(image)
    """,
    "a class": """
    class D:
        cache = {}
        @classmethod
        def load(cls, key):
            if key not in cls.cache:
                cls.cache[key] = CLIPModel.from_pretrained(CLIP)
            return cls.cache[key]
    D.load("x").get_image_features(image)
    """,
    "the file": """
    CACHE: dict = {}
    def load(key):
        if key not in CACHE:
            CACHE[key] = pair()
        return CACHE[key]
    def ask(key, image):
        model, processor = load(key)
        return model.get_image_features(**processor(images=image))
    """,
    "the file, for a function above": """
    CACHE = {}
    def ask(image):
        return CACHE["clip"].get_image_features(image)
    def load():
        CACHE["clip"] = CLIPModel.from_pretrained(CLIP)
    """,
    "the file, by `get`": """
    CACHE = {}
    def load(key):
        model = CACHE.get(key)
        if model is None:
            model = CACHE[key] = CLIPModel.from_pretrained(CLIP)
        return model
    load("x").get_image_features(image)
    """,
    "`setdefault`": """
    class D:
        def __init__(self):
            self.cache = {}
        def ask(self, key, image):
            model = self.cache.setdefault(key, CLIPModel.from_pretrained(CLIP))
            return model.get_image_features(image)
    """,
    "a dictionary in it": """
    class D:
        def __init__(self):
            self.cache = {}
        def load(self, key):
            self.cache[key] = {"model": CLIPModel.from_pretrained(CLIP)}
        def ask(self, key, image):
            return self.cache[key]["model"].get_image_features(image)
    """,
    "a function that remembers": """
    @lru_cache(maxsize=None)
    def load():
        return pair()
    model, processor = load()
    model.get_image_features(image)
    """,
    "a function that is made to remember": """
    load = lru_cache(pair)
    model, processor = load()
    model.get_image_features(image)
    """,
    "streamlit": """
    @st.cache_resource
    def load():
        return pair()
    model, processor = load()
    model.get_image_features(image)
    """,
    "one key of two": """
    class D:
        def __init__(self):
            self.models = {}
        def ask(self, image):
            return self.models["clip"].get_image_features(image)
        def load(self):
            self.models["clip"] = CLIPModel.from_pretrained(CLIP)
            self.models["siglip"] = SiglipModel.from_pretrained(SIGLIP)
    """,
    "an id": """
    class D:
        def __init__(self):
            self.ids = {"clip": CLIP}
        def add(self):
            self.ids["siglip"] = SIGLIP
        def ask(self, image):
            return CLIPModel.from_pretrained(self.ids["clip"]).get_image_features(image)
    """,
}


@pytest.mark.parametrize("code", KEPT.values(), ids=KEPT)
def test_what_a_dictionary_keeps_is_what_it_gives(asked, code):
    assert asked(code) == {("CLIPModel", True)}


def test_a_key_that_the_code_does_not_tell_is_any_of_them(asked):
    code = """
    class D:
        def __init__(self):
            self.models = {}
        def load(self):
            self.models["clip"] = CLIPModel.from_pretrained(CLIP)
            self.models["siglip"] = SiglipModel.from_pretrained(SIGLIP)
        def ask(self, key, image):
            return self.models[key].get_image_features(image)
    """
    assert asked(code) == {("CLIPModel", False), ("SiglipModel", False)}


def test_each_call_is_given_what_is_kept_for_it(asked):
    code = """
    class D:
        def __init__(self):
            self.cache = {}
        def load(self, key):
            if key not in self.cache:
                made = CLIPModel if key == "clip" else SiglipModel
                self.cache[key] = made.from_pretrained(CLIP if key == "clip" else SIGLIP)
            return self.cache[key]
    d = D()
    d.load("clip").get_image_features(image), d.load("siglip").get_text_features(text)
    """
    assert asked(code) == {("CLIPModel", True)}


APART = {
    "a name of a function": """
    CACHE = {}
    def load():
        CACHE["clip"] = CLIPModel.from_pretrained(CLIP)
    def ask(image):
        CACHE = {}
        return CACHE["clip"].get_image_features(image)
    """,
    "another key": """
    CACHE = {}
    def load():
        CACHE["clip"] = CLIPModel.from_pretrained(CLIP)
    def ask(image):
        return CACHE["other"].get_image_features(image)
    """,
    "another object": """
    class D:
        def load(self):
            self.cache["clip"] = CLIPModel.from_pretrained(CLIP)
    class E:
        def ask(self, image):
            return self.cache["clip"].get_image_features(image)
    """,
}


@pytest.mark.parametrize("code", APART.values(), ids=APART)
def test_nothing_else_is_what_a_dictionary_keeps(asked, code):
    assert not asked(code)
