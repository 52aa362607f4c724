"""Checkpoint ids in configuration files."""

import textwrap

import pytest

from advisor.scan.mention import read_configuration
from advisor.scan.vocabulary import vocabulary_of


@pytest.fixture(scope="module")
def read(rulebase):
    vocabulary = vocabulary_of(rulebase)

    def read(name, text):
        return read_configuration(textwrap.dedent(text).encode(), name, vocabulary)

    return read


def test_known_ids_under_any_key_and_others_under_keys_that_ask_are_usages(read):
    seen = read(
        "a.yaml",
        """
        # model: openai/clip-vit-base-patch16
        service:
          model_name_or_path: openai/clip-vit-base-patch32
          class: CLIPModel
          task: zero-shot-image-classification
        models:
          - Salesforce/blip-vqa-base
          - "Salesforce/blip-vqa-base"
        clipModel: my-org/our-clip
        text_model: bert-base/uncased
        image: google/siglip-base-patch16-224
        picture: bert-base/uncased
        """,
    )
    assert [(one.key, one.checkpoint, one.place[1:5]) for one in seen.usages] == [
        ("model_name_or_path", "openai/clip-vit-base-patch32", (4, 23, 4, 51)),
        ("models", "Salesforce/blip-vqa-base", (8, 5, 8, 29)),
        ("models", "Salesforce/blip-vqa-base", (9, 6, 9, 30)),
        ("image", "google/siglip-base-patch16-224", (12, 8, 12, 38)),
    ]


@pytest.mark.parametrize(
    ("name", "text", "place"),
    [
        ("a.toml", '[vlm]\nmodel = "openai/clip-vit-base-patch32"\n', (2, 10)),
        ("a.json", '{\n\t"vlm": {"checkpoint": "openai/clip-vit-base-patch32"}}', (2, 25)),
        ("a.yml", "a: 1\n---\nmodel: openai/clip-vit-base-patch32\n", (3, 8)),
        ("a.yaml", "x: yes\nd: 2026-01-01\nmodel: !env openai/clip-vit-base-patch32\n", (3, 13)),
        ("a.json", '{"model": "x/y"}\n{"model": "openai/clip-vit-base-patch32"}\n', (2, 12)),
        ("a.yaml", "model: openai/clip-vit-base-patch23\n", (1, 8)),
        ("a.json", '{"model": "openai/clip-vit-base-patch32", // as it is\n', (1, 12)),
        ("a.toml", 'model = "openai/clip-vit-base-patch32"\nlist = ' + "[" * 100_000, (1, 10)),
    ],
)
def test_every_format_and_dialect_gives_the_place_of_the_id(read, name, text, place):
    (usage,) = read(name, text).usages
    assert usage.place[1:3] == place


def test_a_comment_in_configuration_covers_its_line_or_the_next(read):
    seen = read(
        "a.yaml",
        """\
        model: openai/clip-vit-base-patch32  # advisor: ignore[a] one
        # advisor: ignore[b] two

        # another
        processor: openai/clip-vit-base-patch32
        """,
    )
    assert [(i.rules, i.reason, i.first) for i in seen.ignores] == [
        (("a",), "one", 1),
        (("b",), "two", 5),
    ]


def test_other_languages_models_are_not_ours(read):
    seen = read("a.yaml", "model: meta-llama/Llama-3.1-8B\nimage: nginx/nginx\n")
    assert seen.usages == ()


@pytest.mark.parametrize(
    "text",
    [
        '{"model": "openai/clip-vit-base-patch32", "seed": %s}',
        '{"model": "openai/clip-vit-base-patch32"}\n{"n": %s}',
    ],
)
def test_a_number_of_any_length_hides_no_id(read, text):
    seen = read("a.json", text % ("9" * 5_000))
    assert [usage.checkpoint for usage in seen.usages] == ["openai/clip-vit-base-patch32"]


@pytest.mark.parametrize(
    "text",
    [
        "see: https://huggingface.co/openai/clip-vit-base-patch32",
        "image: ghcr.io/openai/clip-vit-base-patch32",
        "folder: /data/openai/clip-vit-base-patch32",
        "file: openai/clip-vit-base-patch32/config.json",
    ],
)
def test_an_id_within_an_address_or_a_path_is_none(read, text):
    assert read("a.yaml", text).usages == ()
