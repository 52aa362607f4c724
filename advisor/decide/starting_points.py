"""What to start training from, where nothing has the language and nobody ruled training out."""

from __future__ import annotations

from advisor.decide.requirements import LEARNT, Requirements
from advisor.decide.selection import Selection, select
from advisor.engine.decision import Decision, Engine, applicable
from advisor.engine.profile import Answer, Profile
from advisor.rulebase.base import RuleBase


def select_or_train(
    engine: Engine,
    decision: Decision,
    order: str,
    *,
    verified_only: bool = False,
) -> Selection:
    """Return the checkpoints for a decision.

    Where no checkpoint has the language and training was merely assumed away, they are those to
    start training from, of the family that then wins.
    """
    rulebase = engine.rulebase
    selection = select(rulebase, decision, order, verified_only=verified_only)
    training = _training_instead(rulebase, decision.profile) if _teachable(selection) else {}
    if not training or not engine.admits({**decision.given, **training}):
        return selection
    trained = engine.assumed({**decision.given, **training})
    starts = select(rulebase, trained, order, verified_only=verified_only)
    if not starts.picks or starts.picks[0].use != "fine-tune" or starts.next_family:
        return selection
    provided = {id: answer.options[0] for id, answer in training.items()}
    picks = tuple(pick for pick in starts.picks if pick.use == "fine-tune")
    return selection._replace(
        picks=picks, ladder=starts.ladder, provided=provided, uses=starts.uses
    )


def _teachable(selection: Selection) -> bool:
    """True where none is known to have what training teaches, in this family or the next.

    Where one has it and lacks something else, training is no way out.
    """
    obstacles = [one.lacks for one in selection.rejected]
    obstacles += [pick.unknown for pick in selection.unverified]
    if selection.picks or selection.next_family or not obstacles:
        return False
    return all(any(gap.field in LEARNT for gap in obstacle) for obstacle in obstacles)


def _training_instead(rulebase: RuleBase, profile: Profile) -> Profile:
    """Return the answer that allows training, in place of the assumed one that alone rules it out.

    Empty where training is allowed already, or where somebody said that it is not.
    """
    if set(Requirements(rulebase, profile).uses) - {"as-is"}:
        return {}
    for question in rulebase.questions:
        answer = profile[question.id]
        for option in question.options if answer.origin == "assumed" and applicable(answer) else ():
            instead = {question.id: Answer((option.id,), None, "assumed")}
            trained = Requirements(rulebase, {**profile, **instead})
            if "fine-tune" in option.uses and "fine-tune" in trained.uses:
                return instead
    return {}
