"""Things that one option covers: a language without an option of its own, a kind of image."""

import pytest

from advisor.console.menu import Asked
from advisor.decide.recommendation import recommend
from advisor.decide.requirements import MULTILINGUAL, NO_LANGUAGE
from advisor.engine.decision import Engine
from advisor.engine.profile import make_profile
from advisor.errors import BrokenFileError, UsageError
from advisor.interview.dialogue import put
from advisor.interview.session import Session
from advisor.rulebase.store import load_rules

CODES = ("cs", "pl", "nl", "tr", "vi", "sv", "uk", "th", "bg", "xh")
TASKS = ("ocr-page", "captioning", "image-search", "zero-shot-classification", "handwriting")


def test_every_language_that_a_checkpoint_knows_can_be_asked_for(rulebase):
    question = rulebase.question("language")
    told = {one.id for one in question.options}
    told |= {code for option in question.options for code in option.covers}
    known = {
        code for id in rulebase.checkpoints for code in rulebase.checkpoint(id).languages or ()
    }
    assert known - told <= {*NO_LANGUAGE, MULTILINGUAL}


@pytest.mark.parametrize(
    ("code", "task"),
    [
        pytest.param(code, task, marks=() if n % len(TASKS) == m else pytest.mark.slow)
        for n, code in enumerate(CODES)
        for m, task in enumerate(TASKS)
    ],
)
def test_what_is_known_to_know_the_language_comes_first(task, code, rulebase, engine):
    answered = recommend(rulebase, {"task": task, "language": code}, engine=engine)
    (advice,) = answered.advice
    knowing = [pick for pick in advice.selection.picks if code in (pick.checkpoint.languages or ())]
    first = advice.selection.picks[0]
    assert first in knowing or not knowing
    assert bool(first.unknown) == (first not in knowing)
    assert f"--language {code}" in answered.command


def test_a_name_a_code_and_a_sentence_say_the_same_language(rulebase, engine):
    from advisor.need.understanding import understand

    said = [
        make_profile(rulebase, {"task": "ocr-page", "language": name})["language"]
        for name in ("cs", "czech", "Czech")
    ]
    understood = understand(engine, "read Czech newspapers").recommendation
    said.append(understood.advice[0].decision.given["language"])
    assert {(one.options, one.named) for one in said} == {(("other-language",), ("cs",))}


def test_two_languages_at_once_have_to_be_known_both(rulebase, engine):
    given = {"task": "ocr-page", "language": ["en", "th", "cs"]}
    (advice,) = recommend(rulebase, given, engine=engine).advice
    first = advice.selection.picks[0]
    assert {"en", "th", "cs"} <= set(first.checkpoint.languages)
    assert recommend(rulebase, given, engine=engine).to_dict()["profile"]["language"] == {
        "options": ["en", "other-language"],
        "named": ["en", "th", "cs"],
        "origin": "flag",
    }


def test_another_language_without_a_name_is_verified_of_nothing(rulebase, engine):
    answered = recommend(
        rulebase, {"task": "ocr-page", "language": "other-language"}, engine=engine
    )
    assert all(pick.unknown for pick in answered.advice[0].selection.picks)


def test_a_language_that_is_not_there_is_told_with_what_is_near(rulebase):
    with pytest.raises(UsageError, match="Did you mean `ukrainian`"):
        make_profile(rulebase, {"language": "ukranian"})


class Chosen:
    """A prompt whose person chooses one row after another."""

    plain = True

    def __init__(self, *values: str) -> None:
        self.values = list(values)
        self.asked: list[Asked] = []

    def choose(self, asked):
        self.asked.append(asked)
        return self.values.pop(0)


def test_who_is_asked_names_the_language_at_once_or_after_another_language(rulebase):
    session = Session(Engine(rulebase), make_profile(rulebase, {"task": "ocr-page"}))
    ask = session.ask_again("language")
    shown = len(ask.options)
    for prompt in (Chosen("cs"), Chosen("other-language", "cs")):
        session.steps = []
        session.answer("language", put(ask, rulebase, prompt, ()))
        assert session.profile["language"].named == ("cs",)
        assert len([row for row in prompt.asked[0].rows if not row.hidden]) == shown


MEDICAL = {"captioning": "google/medgemma-4b-it", "image-search": "google/medsiglip-448"}


@pytest.mark.parametrize("task", MEDICAL)
def test_rules_about_checkpoints_tell_apart_what_an_option_covers(task, rulebase, engine):
    firsts = {
        domain: recommend(rulebase, {"task": task, "domain": domain}, engine=engine).ids[0]
        for domain in ("medical", "satellite", "specialist", "everyday")
    }
    assert firsts.pop("medical") == MEDICAL[task]
    assert len(set(firsts.values())) == 1


def test_what_is_used_beside_the_families_goes_by_it_too(rulebase, engine):
    given = {"task": "zero-shot-classification", "domain": "satellite"}
    (advice,) = recommend(rulebase, given, engine=engine).advice
    assert advice.elsewhere.checkpoints[0] == "chendelong/RemoteCLIP"
    (advice,) = recommend(rulebase, given | {"domain": "specialist"}, engine=engine).advice
    assert advice.elsewhere is None


def test_a_rule_about_families_cannot_name_what_an_option_covers(tmp_path):
    (tmp_path / "decisions").mkdir()
    (tmp_path / "decisions" / "domain.yaml").write_text(
        """rules:
  - id: medical-for-clip
    criterion: domain
    when: {domain: [medical]}
    prefer: clip
    because: Nothing tells families apart there.
    sources: [siglip2-readme]
    examples:
      - {given: {domain: medical}, fires: true}
      - {given: {domain: everyday}, fires: false}
""",
        encoding="utf-8",
    )
    with pytest.raises(BrokenFileError) as raised:
        load_rules(overlays=(tmp_path,))
    assert "unknown option of `domain` `medical`" in str(raised.value.problems)
