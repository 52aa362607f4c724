"""Checkpoints that think first: on as when measured, cut from the answer, off where it can be.

The networks are tiny ones of the same classes that learnt, here, to think before they answer.
"""

import json

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

# ruff: noqa: TID253  (its tests are skipped where these are missing)
import torch
import transformers
from test_snippets import execute

from advisor.cli.main import run
from advisor.decide.programs import snippet
from advisor.evaluate.responses import AskedImage, Asking, LabelledImage
from advisor.evaluate.worker import Worker
from advisor.model.library import LABEL
from advisor.rulebase.store import load_rules
from advisor.trial import Request, load_runner, open_image
from advisor.trial.candidate import Candidate
from advisor.trial.runtime import UnsupportedError

RULEBASE = load_rules()
SWITCHED = (
    "{% if add_generation_prompt %}{% if enable_thinking is defined and enable_thinking is false %}"
    "<think> </think> {% else %}<think> {% endif %}{% endif %}"
)
"""How the template of Qwen3.5 opens a thought, or closes it at once."""
THOUGHT, AT_ONCE = ": a </think> ?", "a"
ALWAYS = "<think> : a </think> <answer> ? </answer>"
"""In words of one letter: the tiny tokenizer of Qwen3.5 has no others."""


def learn(network, inputs, processor, texts):
    """Teach a network to write each text after each turn, word for word."""
    tokenizer = processor.tokenizer
    rows = []
    for turn, text in zip(inputs, texts, strict=True):
        written = tokenizer(f"{text} </s>", add_special_tokens=False, return_tensors="pt").input_ids
        grown = dict(turn)
        grown["input_ids"] = torch.cat([turn["input_ids"], written], dim=1)
        for name in ("attention_mask", "mm_token_type_ids", "token_type_ids"):
            if name in turn:
                fill = torch.full_like(written, int(name == "attention_mask"))
                grown[name] = torch.cat([turn[name], fill], dim=1)
        labels = grown["input_ids"].clone()
        labels[:, : turn["input_ids"].shape[1]] = -100
        rows.append({**grown, "labels": labels})
    torch.manual_seed(0)
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-2)
    network.train()
    for _ in range(1000):
        loss = sum(network(**row).loss for row in rows)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if float(loss.detach()) < 0.05:
            break
    assert float(loss.detach()) < 0.05
    network.eval()


@pytest.fixture(scope="session")
def thinker(tiny, tmp_path_factory):
    """Return a function: the folder of a tiny network of a kind that has learnt to think."""
    from PIL import Image

    made = {}

    def folder(kind, switch=True):
        if (kind, switch) in made:
            return made[kind, switch]
        base, target = tiny(kind), tmp_path_factory.mktemp("thinker")
        network = transformers.AutoModelForImageTextToText.from_pretrained(base)
        processor = transformers.AutoProcessor.from_pretrained(base)
        processor.tokenizer.add_tokens(
            ["<think>", "</think>", "<answer>", "</answer>", "Yes", "No"]
        )
        network.resize_token_embeddings(len(processor.tokenizer))
        if switch:
            processor.chat_template += SWITCHED
        turn = [
            {"type": "image", "image": Image.new("RGB", (60, 40), (40, 60, 200))},
            {"type": "text", "text": "What is in the image?"},
        ]

        def asked(**how):
            return processor.apply_chat_template(
                [{"role": "user", "content": turn}], add_generation_prompt=True, tokenize=True,
                return_dict=True, return_tensors="pt", **how,
            )  # fmt: skip

        if switch:
            turns, texts = [asked(), asked(enable_thinking=False)], [THOUGHT, AT_ONCE]
        else:
            turns, texts = [asked()], [ALWAYS]
        learn(network, turns, processor, texts)
        network.save_pretrained(target)
        processor.save_pretrained(target)
        made[kind, switch] = target
        return target

    return folder


@pytest.fixture
def photo(tmp_path, monkeypatch):
    from PIL import Image

    Image.new("RGB", (60, 40), (40, 60, 200)).save(tmp_path / "photo.jpg", quality=100)
    monkeypatch.chdir(tmp_path)
    return str(tmp_path / "photo.jpg")


@pytest.mark.parametrize(
    ("id", "kind", "switch", "thinking", "answer"),
    [
        ("Qwen/Qwen3.5-9B", "qwen3_5", True, True, "?"),
        ("Qwen/Qwen3.5-4B", "qwen3_5", True, False, "a"),
        *(
            pytest.param(*row, marks=pytest.mark.slow)
            for row in (
                ("zai-org/GLM-4.6V-Flash", "glm4v", True, True, "?"),
                ("zai-org/GLM-4.6V-Flash", "glm4v", True, False, "a"),
                ("zai-org/GLM-4.1V-9B-Thinking", "glm4v", False, True, "?"),
                ("zai-org/GLM-4.1V-9B-Thinking", "glm4v", False, False, "?"),
            )
        ),
    ],
)
def test_a_program_prints_the_answer_without_the_thought(
    thinker, photo, id, kind, switch, thinking, answer
):
    code = snippet(RULEBASE.checkpoint(id), "vqa", RULEBASE, thinking=thinking)
    folder = thinker(kind, switch)
    assert execute(code.replace(f'name = "{id}"', f"name = {str(folder)!r}")) == f"{answer}\n"


@pytest.mark.parametrize(
    ("id", "kind", "switch", "how", "answer", "said"),
    [
        (
            "Qwen/Qwen3.5-9B",
            "qwen3_5",
            True,
            {},
            "?",
            "the model thinks before it answers, as in its",
        ),
        ("Qwen/Qwen3.5-9B", "qwen3_5", True, {"thinking": False}, "a", "results used thinking"),
        *(
            pytest.param(
                "zai-org/GLM-4.1V-9B-Thinking", "glm4v", False, *row, marks=pytest.mark.slow
            )
            for row in (
                ({}, "?", "in its published results"),
                ({"thinking": False}, "?", "always thinks"),
            )
        ),
    ],
)
def test_try_thinks_as_when_measured_and_says_which(
    thinker, hub, photo, id, kind, switch, how, answer, said
):
    hub(id, thinker(kind, switch))
    runner = load_runner(id, "vqa", **how)
    reply = runner.run(open_image(photo), Request(question="What is in the image?"))
    assert reply.answers[0].text == answer
    assert any(said in warning for warning in runner.warnings)
    assert runner.new_tokens >= 4096 or how


def test_a_folder_that_nobody_knows_thinks_by_its_template(thinker, photo):
    runner = load_runner(thinker("qwen3_5"), "vqa")
    reply = runner.run(open_image(photo), Request(question="What is in the image?"))
    assert reply.answers[0].text == "?"
    assert any(
        "the model thinks before it answers. advisor removes" in warning
        for warning in runner.warnings
    )


def test_a_thought_that_is_cut_is_no_answer(thinker, hub, photo):
    hub("Qwen/Qwen3.5-9B", thinker("qwen3_5"))
    runner = load_runner("Qwen/Qwen3.5-9B", "vqa", max_new_tokens=2)
    reply = runner.run(open_image(photo), Request(question="What is in the image?"))
    assert reply.answers[0].text == ""
    assert any("cut after 2 tokens" in warning for warning in reply.warnings)


def test_labels_are_scored_without_a_thought_before_them(thinker, hub, photo):
    hub("Qwen/Qwen3.5-9B", thinker("qwen3_5"))
    name, task = "Qwen/Qwen3.5-9B", "zero-shot-classification"
    candidate = Candidate(name, name, task=task, device="cpu", dtype="float32")
    asking = Asking(act=LABEL, texts=("a", "?"), prompt="What is in the image?")
    worker = Worker(candidate, asking)
    query = AskedImage(LabelledImage(0, str(photo)), "", opened=open_image(photo))
    (response,) = worker.answer([query]).responses
    facts = worker.facts()
    assert response.scores is not None
    assert facts is not None
    at_once, thought = response.scores
    assert at_once > thought
    assert any("thinking is off" in warning for warning in facts["warnings"])
    assert not any("the model thinks before" in warning for warning in facts["warnings"])


@pytest.mark.parametrize("wanted", [True, False])
def test_a_match_is_the_share_of_yes_without_a_thought_before_it(thinker, hub, photo, wanted):
    folder = thinker("qwen3_5")
    hub("Qwen/Qwen3.5-9B", folder)
    runner = load_runner("Qwen/Qwen3.5-9B", "image-text-matching", thinking=wanted)
    (found,) = runner.run(open_image(photo), Request(texts=("a",))).answers
    processor = transformers.AutoProcessor.from_pretrained(folder)
    question = {"type": "text", "text": 'Does this image show "a"? Answer yes or no.'}
    seen = {"type": "image", "image": open_image(photo).pixels}
    turn = processor.apply_chat_template(
        [{"role": "user", "content": [seen, question]}], add_generation_prompt=True, tokenize=True,
        return_dict=True, return_tensors="pt", enable_thinking=False,
    )  # fmt: skip
    network = transformers.AutoModelForImageTextToText.from_pretrained(folder)
    words = [processor.tokenizer.encode(w, add_special_tokens=False)[0] for w in ("Yes", "No")]
    with torch.inference_mode():
        yes, _ = network(**turn).logits[0, -1, words].softmax(-1)
    assert found.probability == pytest.approx(float(yes), abs=1e-5)
    assert any("thinking is off" in warning for warning in runner.warnings)
    assert not any("the model thinks before" in warning for warning in runner.warnings)


def test_what_cannot_be_told_to_answer_at_once_gives_no_match(thinker):
    with pytest.raises(
        UnsupportedError, match="always thinks before it answers, so advisor cannot"
    ):
        load_runner(thinker("qwen3_5"), "image-text-matching")


def test_the_command_says_that_thinking_is_off(thinker, hub, photo, capsys):
    hub("Qwen/Qwen3.5-4B", thinker("qwen3_5"))
    words = ["try", "--checkpoint", "Qwen/Qwen3.5-4B", "--task", "vqa", "--image", photo]
    asked = ["--question", "What is in the image?", "--no-thinking", "--format", "json"]
    assert run([*words, *asked, "--repeat", "0"]) == 0
    (trial,) = json.loads(capsys.readouterr().out)["trials"]
    assert trial["answers"][0]["text"] == "a"
    assert "thinking is off. The published results used thinking" in trial["warnings"]
