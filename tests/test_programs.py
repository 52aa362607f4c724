"""Which program is shown for a checkpoint, and that broken entries are refused at their place."""

import pytest

from advisor.decide.programs import program_for, snippet
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


def test_prompt_of_the_checkpoint_counts_where_the_task_has_none():
    checkpoint = BLIP._replace(prompt="OCR:", processor=None)
    code = snippet(checkpoint, "vqa", [program()])
    assert 'ask("OCR:")' in code
    assert "processor = AutoProcessor" in code


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
