"""A fourth family comes in through YAML alone: decided, explained, asked about, picked from."""

import pytest

from advisor import explain, load_rules, make_profile, recommend
from advisor.engine.decision import Engine
from advisor.interview.session import Session

FILES = {
    "sources/speaker.yaml": """\
sources:
  - id: speaker-readme
    title: Speaker, README
    kind: code
    url: https://example.org/speaker
    read: "2026-11"
""",
    "tasks.yaml": """\
tasks:
  - id: spoken-description
    name: Spoken description
    description: Says aloud what a picture shows.
    aliases: [speak-picture]
    implies: {output: [sound], text-input: [nothing]}
  - id: sound-effects
    name: Sound effects
    description: Makes the noise that belongs to a picture.
    implies: {output: [sound], text-input: [nothing]}
""",
    "questions.yaml": """\
questions:
  - id: voice
    ask: Whose voice should it be?
    why: A voice of one's own has to be trained.
    ask_if: {output: [sound]}
    options:
      - {id: any-voice, label: any voice}
      - {id: own-voice, label: my own voice, aliases: [cloned]}
""",
    "families/speaker.yaml": """\
id: speaker
name: Speaker
aliases: [loudspeaker]
tie_break_order: 9
summary: It looks at a picture and speaks.
takes:
  nothing: {because: The picture is all it needs., sources: [speaker-readme]}
gives:
  sound: {because: It speaks., sources: [speaker-readme]}
tasks:
  spoken-description: {fit: best, because: It was made for it., sources: [speaker-readme]}
  sound-effects: {fit: possible, because: It hums., sources: [speaker-readme]}
""",
    "decisions/voice.yaml": """\
rules:
  - id: own-voice-without-training
    criterion: training-data
    when: {voice: [own-voice], training: [ready-made]}
    exclude: speaker
    because: A voice is learnt from recordings of it.
    sources: [speaker-readme]
    examples:
      - {given: {task: spoken-description, voice: own-voice, training: ready-made}, fires: true}
      - {given: {task: spoken-description, voice: any-voice, training: ready-made}, fires: false}

  - id: any-voice-will-do
    criterion: training-data
    when: {voice: [any-voice]}
    prefer: speaker
    because: Its stock voices are pleasant.
    sources: [speaker-readme]
    examples:
      - {given: {task: spoken-description, voice: any-voice}, fires: true}
      - {given: {task: spoken-description, voice: own-voice}, fires: false}
""",
    "checkpoints/speaker.yaml": """\
checkpoints:
  - id: org/speaker-base
    label: Speaker
    loader: transformers
    class: SpeakerModel
    tasks: [spoken-description]
    typical: [spoken-description]
    parameters_millions: 80
    languages: [en]
    commercial_use: permitted
    sources:
      parameters_millions: [speaker-readme]
      languages: [speaker-readme]
    checked: "2026-11"
""",
}


@pytest.fixture(scope="module")
def overlay(tmp_path_factory):
    root = tmp_path_factory.mktemp("fourth") / "speaker-rules"
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return root


@pytest.fixture(scope="module")
def extended(small_folder, overlay):
    return load_rules(small_folder, overlays=(overlay,))


def test_it_is_named_among_what_the_overlay_adds(extended):
    assert "speaker-rules adds family speaker" in extended.overlays
    assert "speaker-rules adds checkpoint org/speaker-base" in extended.overlays
    assert not [change for change in extended.overlays if " changes " in change]


def test_it_is_recommended_for_its_tasks(extended):
    for task in ("spoken-description", "speak-picture", "sound-effects"):
        [advice] = recommend(extended, {"task": task, "voice": "any-voice"}).advice
        assert (advice.decision.outcome, advice.decision.family) == ("decided", "speaker")
        others = [a for a in advice.decision.assessments if a.family != "speaker"]
        assert {a.verdict for a in others} == {"excluded"}


def test_it_is_excluded_from_all_that_it_does_not_declare(extended, small):
    for task in small.tasks:
        decision = recommend(extended, {"task": task.id}).advice[0].decision
        speaker = next(a for a in decision.assessments if a.family == "speaker")
        assert speaker.verdict == "excluded", task.id


def test_its_new_question_counts_only_where_it_makes_sense(extended):
    decision = recommend(extended, {"task": "describe"}).advice[0].decision
    assert decision.profile["voice"].options == ("not-applicable",)
    own = {"task": "spoken-description", "voice": "cloned", "training": "ready-made"}
    assert recommend(extended, own).outcome == "none"


def test_why_is_explained(extended):
    found = explain(extended, {"task": "spoken-description", "voice": "any-voice"})
    [won] = [a for a in found.advice.decision.assessments if a.verdict == "recommended"]
    assert [f.rule.id for f in won.fired if not f.rule.derived] == ["any-voice-will-do"]
    assert set(found.reason.answers) == {"task", "voice"}


def test_why_not_is_explained(extended):
    own = {"task": "spoken-description", "voice": "own-voice", "training": "ready-made"}
    [against] = explain(extended, own, why_not="loudspeaker").why_not
    assert (against.family, against.verdict) == ("speaker", "excluded")
    assert [rule.id for rule in against.reasons] == ["own-voice-without-training"]
    [against] = explain(extended, {"task": "describe"}, why_not="speaker").why_not
    assert ("The rule base does not say that Speaker gives `text`.") in {
        rule.because for rule in against.reasons
    }


def test_what_would_change_it_is_explained(extended):
    own = {"task": "spoken-description", "voice": "own-voice", "training": "ready-made"}
    changes = explain(extended, own).advice.changes
    assert {(tuple(flip.answers.items()), flip.family) for flip in changes} == {
        ((("training", "fine-tune"),), "speaker"),
        ((("voice", "any-voice"),), "speaker"),
    }


def test_interview_asks_about_it(extended):
    session = Session(Engine(extended), {}, "family")
    session.answer("task", "spoken-description")
    assert set(session.race) == {"speaker", "none"}
    asked = []
    while (ask := session.next()) is not None:
        asked.append(ask.question.id)
        answers = {"voice": "own-voice", "training": "ready-made"}
        session.answer(ask.question.id, answers[ask.question.id])
    assert set(asked) == {"voice", "training"}
    assert session.decide().outcome == "none"


def test_interview_never_asks_its_question_elsewhere(extended):
    session = Session(Engine(extended), make_profile(extended, {"task": "describe"}), "family")
    while (ask := session.next()) is not None:
        assert ask.question.id != "voice"
        session.answer(ask.question.id, ask.options[0].id)


def test_its_checkpoint_is_picked(extended):
    [advice] = recommend(extended, {"task": "spoken-description", "use": "commercial"}).advice
    [pick] = advice.selection.picks
    assert (pick.checkpoint.id, pick.use) == ("org/speaker-base", "as-is")
    [advice] = recommend(extended, {"task": "spoken-description", "language": "de"}).advice
    assert [lack.checkpoint.id for lack in advice.selection.closest] == ["org/speaker-base"]


def test_its_sources_can_be_looked_up(extended):
    assert extended.source("speaker-readme").title == "Speaker, README"
    assert extended.family("loudspeaker").id == "speaker"


def order_of(advice):
    """The checkpoints and what holds each where it is, without the figures it was worked out by."""
    locked = advice.selection.locked
    return advice.selection._replace(locked=locked and locked._replace(by=None))


def test_without_it_nothing_changes(extended, small):
    assert small.overlays == ()
    assert "speaker" not in small.family_names
    for task in small.tasks:
        before = recommend(small, {"task": task.id}).advice[0]
        after = recommend(extended, {"task": task.id}).advice[0]
        assert after.decision.family == before.decision.family
        assert after.decision.outcome == before.decision.outcome
        assert after.decision.possible == before.decision.possible
        assert order_of(after) == order_of(before)
        assert after.reason == before.reason
