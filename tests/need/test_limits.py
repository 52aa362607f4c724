"""A limit in a sentence reaches whatever reads the sentence, and whatever reads what is printed."""

import json
import shlex

import pytest
from commands import run

from advisor import recommend
from advisor.agents.tools import BY_NAME
from advisor.decide.bounded_rules import called
from advisor.engine.bounds import SIZE, TIME, WITHOUT, bound_text, bound_value, read_bound
from advisor.engine.profile import make_profile
from advisor.errors import UsageError
from advisor.need.reading import read
from advisor.need.understanding import one_task, understand

LIMITED = (
    ("caption photos, a model under 1B", {SIZE: "1B"}),
    ("caption 20k photos on an RTX 3090, within 8 hours", {TIME: "8h"}),
    ("alt text for photos, at most 500M parameters", {SIZE: "500M"}),
    ("caption 20k photos on an RTX 3090 under 1B, within 8 hours", {SIZE: "1B", TIME: "8h"}),
    ("Fotos beschreiben, unter 1 Mrd. Parameter", {SIZE: "1B"}),
    ("tag photos in the browser, download below 300 MB", {SIZE: "150M"}),
    ("tag photos in an Android app, under 200 MB", {SIZE: "100M"}),
    ("Fotos taggen, Modelldatei höchstens 200 MB", {SIZE: "100M"}),
    ("tag photos with under 400 MB of RAM", {}),
    ("describe photos, anything but Qwen", {WITHOUT: "Qwen"}),
    ("Fotos beschreiben, alles außer Qwen", {WITHOUT: "Qwen"}),
    ("2000 Fotos auf einer RTX 3090 beschreiben, binnen der nächsten 3 Tage", {TIME: "72h"}),
    ("décrire 2000 photos d'ici 3 jours, RTX 3090", {TIME: "72h"}),
    ("décrire 2000 photos pendant la nuit, RTX 3090", {TIME: "12h"}),
    ("describir 2000 fotos en menos de dos días, RTX 3090", {TIME: "48h"}),
    ("descrivere 2000 foto durante la notte, RTX 3090", {TIME: "12h"}),
    ("descrever 2000 fotos em até três dias, RTX 3090", {TIME: "72h"}),
    ("三天内描述2000张照片，RTX 3090", {TIME: "72h"}),
    ("tag product photos, 50 ms per image on a T4", {TIME: "50ms/item"}),
    ("caption photos with something lighter than Florence-2-large", {SIZE: None}),
    ("caption photos, no Qwen models", {WITHOUT: "Qwen"}),
)
EXCLUDING = (
    ("répondre à des questions sur des factures, pas de modèle Qwen", "Qwen"),
    ("Fragen zu Fotos beantworten, ohne Llama und ohne Qwen", "Qwen,Llama"),
    ("text to image search, anything except OpenAI CLIP", "OpenAI CLIP"),
    ("buscar fotos por texto, sin modelos de Google", "Google"),
    ("describe this image in detail, Llama is not allowed by legal", "Llama"),
    ("describe photos, Gemma is forbidden by our lawyers", "Gemma"),
    ("alt text for our shop, not LLaVA", "LLaVA"),
    ("caption photos, no Chinese models", "China"),
    ("caption photos, our policy forbids models from China", "China"),
    ("keine chinesischen Modelle, Fotos beschreiben", "China"),
    ("légender des photos, pas de modèle chinois", "China"),
    ("describir fotos, nada de modelos chinos", "China"),
    ("descrivere foto, niente modelli cinesi", "China"),
    ("descrever fotos, sem modelos chineses", "China"),
    ("caption photos, nothing from Alibaba", "Alibaba"),
    ("caption photos in Chinese", None),
    ("caption photos, not in Chinese", None),
    ("search my photos by text, no Google Cloud", None),
    ("filter images that are not allowed on our site", None),
    ("which is better for captions, BLIP-2 or Qwen?", None),
)


def out_of(capsys, *words):
    assert run([*words]) == 0, words
    return capsys.readouterr().out


def of_json(capsys, *words):
    return json.loads(out_of(capsys, *words, "--format", "json"))


def limits_in(profile):
    return {id: profile[id]["named"][0] for id in (SIZE, TIME, WITHOUT) if id in profile}


@pytest.mark.slow
@pytest.mark.parametrize(("text", "bounds"), LIMITED)
def test_every_command_has_the_checkpoint_of_the_limits_of_a_sentence(capsys, text, bounds):
    answer = of_json(capsys, "recommend", text)
    first = answer["checkpoints"][0]["id"]
    assert limits_in(answer["profile"]).keys() == bounds.keys()
    for id, value in bounds.items():
        assert value in (None, limits_in(answer["profile"])[id])
        assert id in [each.get("bound") for each in answer["understood"]]
    programs = of_json(capsys, "code", text), of_json(capsys, *shlex.split(answer["command"])[1:])
    assert programs[0]["checkpoint"] == first
    assert programs[1]["checkpoints"][0]["id"] == first
    assert shlex.split(programs[0]["command"])[1] == "code"
    assert of_json(capsys, *shlex.split(programs[0]["command"])[1:])["checkpoint"] == first
    explained = of_json(capsys, "explain", text)
    assert limits_in(explained["profile"]) == limits_in(answer["profile"])
    again = of_json(capsys, *shlex.split(explained["command"])[1:])
    assert again["checkpoints"][0]["id"] == first
    assert limits_in(again["profile"]) == limits_in(answer["profile"])


@pytest.mark.slow
@pytest.mark.parametrize(("text", "bounds"), LIMITED[:2])
def test_the_tool_of_an_agent_and_a_printed_document_hold_to_the_limits(
    rulebase, capsys, tmp_path, text, bounds
):
    answer = of_json(capsys, "recommend", text)
    first = answer["checkpoints"][0]["id"]
    tool = BY_NAME["recommend"].call(rulebase, {"need": text, "detail": "full"})
    assert tool["checkpoints"][0]["id"] == first
    named = {"task": "captioning", **bounds, "num-items": 20_000, "device": "gpu"}
    by_answers = BY_NAME["recommend"].call(rulebase, {"answers": named})
    assert by_answers["checkpoints"][0]["id"]
    (tmp_path / "profile.json").write_text(json.dumps(answer))
    from_file = of_json(capsys, "recommend", "--profile", str(tmp_path / "profile.json"))
    assert from_file["checkpoints"][0]["id"] == first
    assert limits_in(from_file["profile"]) == bounds


@pytest.mark.parametrize(
    "words", [["caption photos, a model under 1B"], ["captioning", "--max-parameters", "1B"]]
)
def test_what_is_tried_is_the_checkpoint_of_the_limits(capsys, tmp_path, words):
    first = of_json(capsys, "recommend", "caption photos, a model under 1B")["checkpoints"][0]["id"]
    from PIL import Image

    image = tmp_path / "photo.png"
    Image.new("RGB", (8, 8)).save(image)
    run(["try", *words, "--image", str(image), "--offline"])
    assert first in "".join(capsys.readouterr())


def test_a_project_declares_the_limits_and_is_held_to_them(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(["code", "caption photos, a model under 1B", "--project", "made"]) == 0
    declared = (tmp_path / "made" / "advisor.yaml").read_text()
    assert '"max-parameters": "1B"' in declared
    assert run(["check", "made"]) == 0
    (tmp_path / "made" / "advisor.yaml").write_text(declared.replace('"1B"', '"100M"'))
    capsys.readouterr()
    assert run(["check", "made"]) == 1
    assert "parameters are" in capsys.readouterr().out
    needs = "choices: [{name: a, checkpoint: Qwen/Qwen3.5-4B, needs: 'caption photos, under 1B'}]"
    (tmp_path / "advisor.yaml").write_text(needs)
    assert run(["check", "advisor.yaml"]) == 1
    assert "wanted at most 1000" in capsys.readouterr().out


def test_what_the_answer_would_be_without_a_limit_stands_in_changes(engine):
    answer = understand(engine, "caption photos, a model under 1B")
    change = next(each for each in answer.advice.changes if SIZE in each.answers)
    free = understand(engine, "caption photos")
    assert (change.answers, change.checkpoint) == (
        {SIZE: "any"},
        free.advice.selection.picks[0].checkpoint.id,
    )
    assert SIZE not in str([each.answers for each in free.advice.changes])


def test_a_flag_wins_over_the_limit_of_a_sentence(engine):
    text = "caption photos, a model under 1B"
    given = make_profile(engine.rulebase, {SIZE: "any"})
    free = understand(engine, text, given)
    unlimited = understand(engine, "caption photos").advice.selection.picks[0].checkpoint
    assert free.advice.selection.picks[0].checkpoint == unlimited
    assert one_task(engine, text, given)[SIZE].names == ("any",)


def test_what_would_change_the_answer_under_a_limit_does_so(rulebase, capsys):
    """The diagrams know the limit, also where no other answer requires anything."""
    answer = of_json(capsys, "recommend", "--task", "captioning", "--max-parameters", "1B")
    for change in answer["changes"]:
        if not {"memory-gb", "pairs", SIZE} & change["answers"].keys():
            flags = [w for id, o in change["answers"].items() for w in (f"--{id}", o)]
            run(["recommend", "--task", "captioning", "--max-parameters", "1B", *flags, "--json"])
            other = json.loads(capsys.readouterr().out)
            first = next((each["id"] for each in other["checkpoints"]), None)
            assert first == change["checkpoint"], change


@pytest.mark.parametrize(
    ("id", "typed", "text"),
    [
        (SIZE, "500M", "500M"),
        (SIZE, "1B", "1B"),
        (SIZE, 1_000_000_000, "1B"),
        (SIZE, "1,000,000,000", "1B"),
        (SIZE, "1.5 billion parameters", "1.5B"),
        (SIZE, "149.6M", "149.6M"),
        (SIZE, "123456789", "123456789"),
        (TIME, "8h", "8h"),
        (TIME, 8, "8h"),
        (TIME, "30min", "30min"),
        (TIME, "2 days", "48h"),
        (TIME, "50ms/item", "50ms/item"),
        (TIME, "50 ms per image", "50ms/item"),
        (TIME, "2 s each", "2s/item"),
        (TIME, "any", "any"),
    ],
)
def test_a_bound_is_read_as_it_may_be_typed_and_as_it_is_printed(id, typed, text):
    assert read_bound(id, typed) == text
    assert read_bound(id, text) == text
    value = bound_value(id, text)
    assert value is None or bound_text(id, value[0], each=value[1]) == text


@pytest.mark.parametrize("typed", ["large", "0", "-1B", "", "1B,2B"])
def test_what_is_no_size_is_refused(typed):
    with pytest.raises(UsageError, match="is not a number of parameters"):
        read_bound(SIZE, typed)


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("classify photos, latency below 100 ms", "100ms/item"),
        ("caption images, within 2 s each", "2s/item"),
        ("OCR pages, under 3 seconds per page", "3s/item"),
        ("Bilder klassifizieren, höchstens 50 ms pro Bild", "50ms/item"),
        ("légender des photos, 2 secondes par image", "2s/item"),
        ("describir fotos, 2 segundos por imagen", "2s/item"),
        ("descrivere foto, 2 secondi per immagine", "2s/item"),
        ("descrever fotos, 2 segundos por imagem", "2s/item"),
        ("每张图片50毫秒以内，分类商品图", "50ms/item"),
        ("caption 5000 photos within 10 minutes", "10min"),
        ("captions for clips under 30 seconds", None),
        ("describe 30 second clips", None),
    ],
)
def test_a_time_of_each_image_is_no_time_of_all(rulebase, text, typed):
    times = [limit.text for limit in read(rulebase, text).limits if limit.bound == TIME]
    assert times == ([] if typed is None else [typed])


def test_a_limit_that_cannot_be_held_is_said_to_have_no_effect(engine):
    answer = understand(engine, "classify photos on a Mac, latency below 100 ms")
    assert answer.limits == ()
    rows = dict(next(block.rows for block in answer.to_page(whole=True) if hasattr(block, "rows")))
    assert "100" in rows["No effect"]


@pytest.mark.parametrize("machine", [" on a CPU", ""])
def test_a_time_that_no_checkpoint_keeps_is_answered_as_the_flag_is(capsys, machine):
    run(["recommend", f"caption 200 million photos in a day{machine}"])
    printed = capsys.readouterr().out
    assert "none is known to finish within 24 h; the fastest known" in " ".join(printed.split())
    assert "No effect" not in printed


@pytest.mark.parametrize("flag", ["--max-params 1B", "--num-parameters=1B"])
def test_other_names_of_a_limit_are_read(capsys, flag):
    named = of_json(capsys, "recommend", "--task", "captioning", *flag.split())
    limited = of_json(capsys, "recommend", "--task", "captioning", "--max-parameters", "1B")
    assert named["command"] == limited["command"]


@pytest.mark.parametrize(("text", "names"), EXCLUDING)
def test_models_that_a_sentence_rules_out_are_a_limit(rulebase, text, names):
    limits = {limit.bound: limit.text for limit in read(rulebase, text).limits}
    assert limits.get(WITHOUT) == names


@pytest.mark.parametrize(("text", "names"), EXCLUDING[1:4])
def test_models_that_a_sentence_rules_out_are_not_answered(engine, text, names):
    answered = [pick.checkpoint for pick in understand(engine, text).advice.selection.picks]
    assert answered
    ids = ["/" + each.id.lower().replace("-", "/") for each in answered]
    for name in names.lower().split(","):
        assert all("/" + name.replace(" ", "/") not in id for id in ids)
        assert all(name not in (each.licence or "").lower() for each in answered)


def test_names_that_are_ruled_out_are_of_some_checkpoint(rulebase, capsys):
    run(["recommend", "--task", "captioning", "--without", "toaster"])
    assert "no checkpoint is called `toaster`" in capsys.readouterr().err
    with pytest.raises(UsageError, match="is not a name"):
        read_bound(WITHOUT, " , ")
    answer = of_json(capsys, "recommend", "--task", "captioning", "--without", "Qwen,gemma-3")
    assert answer["profile"][WITHOUT]["named"] == ["Qwen,gemma-3"]
    ids = [each["id"] for each in answer["checkpoints"]]
    assert not [id for id in ids if id.startswith(("Qwen/", "google/gemma-3-"))]
    assert {"without": "any"} in [change["answers"] for change in answer["changes"]]
    again = of_json(capsys, *shlex.split(answer["command"])[1:])
    assert [each["id"] for each in again["checkpoints"]] == ids


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("caption photos, no Chinese vision models", "China"),
        ("caption photos, no models of Chinese origin", "China"),
        ("caption photos, no PRC models", "China"),
        ("caption photos, no Google models", "Google"),
        ("Fotos beschreiben, keine Modelle von Google", "Google"),
        ("caption photos, no Meta Llama", "Llama"),
    ],
)
def test_of_a_phrase_about_makers_only_their_names_are_ruled_out(rulebase, text, named):
    assert [(limit.bound, limit.text) for limit in read(rulebase, text).limits] == [
        (WITHOUT, named)
    ]


def test_a_country_that_is_ruled_out_stands_for_its_makers_and_tells_no_language(engine, capsys):
    understanding = understand(engine, "answer questions about invoices, no Chinese models")
    answered = {pick.checkpoint.id for pick in understanding.advice.selection.picks}
    (china,) = (each for each in engine.rulebase.makers if "China" in each.names)
    assert answered
    assert not [id for id in answered if id.startswith(tuple(china.makers))]
    assert "zh" not in str(understanding.profile.get("language"))
    ruled_out = {tuple(called(engine.rulebase, name)) for name in china.names}
    assert len(ruled_out) == 1
    assert ruled_out.pop()
    flag = recommend(engine=engine, task="vqa", without=china.names[-1])
    ids = [pick.checkpoint.id for pick in flag.advice[0].selection.picks]
    assert ids
    assert not [id for id in ids if id.startswith(tuple(china.makers))]
    page = out_of(capsys, "recommend", "--task", "image-search", "--without", "Qwen", "-v")
    assert "Qwen3-VL-Embedding" not in page.partition("Alternative")[2]
