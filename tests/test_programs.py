"""Which program is shown for a checkpoint, and that broken entries are refused at their place."""

import json

import pytest

from advisor.decide.programs import literal, program_for, prompt_for, snippet
from advisor.errors import BrokenFileError
from advisor.model.library import Program
from advisor.rulebase.store import load_rules

RULEBASE = load_rules()
BLIP = RULEBASE.checkpoint("Salesforce/blip-vqa-base")


def program(id="any", **fields):
    given = {
        "loader": "transformers", "classes": [], "processors": [], "tasks": [], "prompts": {},
        "code": 'name = "{checkpoint}"\nmodel = {class}\nprocessor = {processor}\nask("{prompt}")',
    }  # fmt: skip
    return Program(id=id, **{**given, **fields})


def test_first_program_that_names_class_processor_and_task_is_shown():
    programs = [
        program("other-class", classes=["GitForCausalLM"]),
        program("other-processor", processors=["GitProcessor"]),
        program("other-task", tasks=["captioning"]),
        program("fits", classes=["BlipForQuestionAnswering"], tasks=["vqa"]),
        program("later"),
    ]
    assert program_for(BLIP, "vqa", programs).id == "fits"
    assert program_for(BLIP, "counting", programs).id == "later"


def test_names_and_prompt_are_filled_in():
    code = snippet(BLIP, "vqa", [program(prompts={"vqa": "what?"})])
    assert code == (
        'name = "Salesforce/blip-vqa-base"\nmodel = BlipForQuestionAnswering\n'
        'processor = BlipProcessor\nask("what?")'
    )


def test_the_prompt_of_the_checkpoint_counts_before_that_of_its_program():
    checkpoint = BLIP._replace(prompts={"vqa": "OCR:"}, processor=None)
    code = snippet(checkpoint, "vqa", [program(prompts={"vqa": "what?"})])
    assert 'ask("OCR:")' in code
    assert "processor = AutoProcessor" in code


EVERY = [
    (checkpoint, task)
    for checkpoint in RULEBASE.checkpoints.values()
    for task in checkpoint.tasks
    if program_for(checkpoint, task, RULEBASE.programs)
]


def code_of(checkpoint, task, **how):
    return snippet(checkpoint, task, RULEBASE.programs, **how)


def test_each_program_asks_with_the_prompt_of_its_entry():
    asked = [
        (one, task) for one, task in EVERY if task in one.prompts and task not in one.pipelines
    ]
    assert len(asked) > 20
    for checkpoint, task in asked:
        prompt, code = checkpoint.prompts[task], code_of(checkpoint, task)
        assert prompt_for(checkpoint, task, RULEBASE.programs) == prompt
        assert (literal(prompt) in code) if prompt else ('"type": "text"' not in code)


def test_each_program_thinks_as_its_entry_says():
    thinking = [(one, task) for one, task in EVERY if one.thinks]
    assert {one.id for one, _ in thinking} >= {"Qwen/Qwen3.5-9B", "zai-org/GLM-4.1V-9B-Thinking"}
    for checkpoint, task in EVERY:
        switch, code = checkpoint.thinking_switch, code_of(checkpoint, task)
        fast = code_of(checkpoint, task, thinking=False)
        scored = "logits" in code  # it reads the next word, and a thought would stand before it
        if not checkpoint.thinks:
            assert "</think>" not in code
            assert f"{switch}=" not in code
            assert fast == code
        elif not scored:
            assert "budget = 8192" in code
            assert json.dumps(list(checkpoint.answer_marks)) in code
            assert (f"{switch}=True" in code) == bool(switch)
            assert (fast == code) == (switch is None)
        if checkpoint.thinks and switch:
            assert f"{switch}=False,  # the figures are with thinking" in fast
            assert "</think>" not in fast


def test_each_program_gives_texts_in_the_case_of_its_entry():
    lower = [one.id for one, task in EVERY if one.text_case == "lower" and task == "image-search"]
    assert "google/siglip2-base-patch16-224" in lower
    assert len(lower) > 10
    for checkpoint, task in EVERY:
        code = code_of(checkpoint, task)
        if "tokens(" in code:
            assert ("text.lower() for" in code) == (checkpoint.text_case == "lower")


def test_each_program_goes_by_the_pipeline_of_its_entry():
    staged = [(one, task) for one, task in EVERY if one.pipelines.get(task)]
    assert len(staged) == 3
    for checkpoint, task in EVERY:
        code = code_of(checkpoint, task)
        version = checkpoint.pipelines.get(task)
        assert (f'PaddleOCRVL(pipeline_version="{version}")' in code) == bool(version)


def test_without_a_program_the_lines_that_load_are_shown():
    assert snippet(BLIP).endswith("BlipProcessor.from_pretrained(name)")
    assert snippet(BLIP._replace(loader="remote-code")) is None
    assert "AutoTokenizer" in snippet(BLIP._replace(processor=None))
    assert "open_clip" in snippet(BLIP._replace(loader="open_clip", model_class=None))


def test_what_open_clip_loads_gets_its_program():
    id = next(one.id for one in RULEBASE.checkpoints.values() if one.loader == "open_clip")
    code = snippet(RULEBASE.checkpoint(id), None, RULEBASE.programs)
    assert f'"hf-hub:{id}"' in code
    assert "encode_text" in code


@pytest.mark.parametrize("task", ["vqa", "visual-question-answering", "image-to-text"])
def test_no_program_uses_a_pipeline(task):
    assert not any("pipeline(" in one.code for one in RULEBASE.programs)


BROKEN = {
    "programs": [
        ("programs: [{id: a, parts: [lod]}]", "unknown part `lod`"),
        ("programs: [{id: a, parts: [load], tasks: [vqaa]}]", "unknown task `vqaa`"),
        (
            "programs: [{id: a, parts: [load], tasks: [vqa], prompts: {captioning: x}}]",
            "unknown task `captioning`",
        ),
        (
            "programs: [{id: a, parts: [load], loader: pickle}]",
            "expected `transformers` or `open_clip`",
        ),
        ("parts: [{id: load-a, code: 3}]", "expected text"),
    ],
    "architectures": [
        (
            "architectures: [{id: a, checkpoints: [no/body], class: C, dimensions: {a: 1}, "
            "parameters: 1, because: B, sources: [transformers-5-trials]}]",
            "unknown checkpoint `no/body`",
        ),
        (
            "architectures: [{id: a, checkpoints: [openai/clip-vit-base-patch32], class: C, "
            "dimensions: {a: {b: {c: 1}}}, parameters: 1, because: B, "
            "sources: [transformers-5-trials]}]",
            "architectures.yaml",
        ),
    ],
    "drift": [
        (
            'changes: [{id: a, name: "*a*", of: class, kind: removed, since: "5", because: B, '
            "sources: [transformers-5-trials]}]",
            "a name may hold one `*` at most",
        ),
        (
            'changes: [{id: a, name: b, of: class, kind: gone, since: "5.x", because: B, '
            "sources: [nobody]}]",
            "a version such as `5.0`",
        ),
    ],
}


@pytest.mark.parametrize(
    ("kind", "text", "said"), [(kind, *case) for kind, cases in BROKEN.items() for case in cases]
)
def test_broken_entry_is_refused_at_its_place(tmp_path, kind, text, said):
    (tmp_path / kind).mkdir()
    (tmp_path / kind / f"{kind}.yaml").write_text(text)
    with pytest.raises(BrokenFileError) as caught:
        load_rules(overlays=(tmp_path,))
    assert any(said in problem for problem in caught.value.problems), caught.value.problems
