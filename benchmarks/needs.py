"""How far sentences carry: needs that people posted, answered from their words alone.

The file holds cases with `need`, `expected` and `not_expected` families, and perhaps a `cluster`:
the same need of several people, inside which figures are averaged. Compared are

- the best constant answer: one family for every need;
- the sentence alone, as `advisor recommend "..."` answers where nobody can be asked, and how many
  families it leaves possible;
- the sentence, one confirmation ("did you mean one of these three?", or the full list, which counts
  as a question) and at most two of the interview's questions, answered from the coded profile;
- the coded profile: the same need in advisor's own questions, by somebody who read it.

Coded profiles are scenarios with the same number at the end of their id, or the same need.
Intervals are 95 %: by Wilson's formula where each cluster is right or wrong as a whole, so that 20
of 20 claims no certainty, else by drawing clusters anew 4,000 times. Halves are drawn by cluster
with a fixed seed.

    python benchmarks/needs.py needs.yaml
    python benchmarks/needs.py needs.yaml --coded rules/scenarios/posted-needs.yaml --half B --each
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from advisor.engine.decision import Engine
from advisor.engine.profile import Answer, Profile, make_profile
from advisor.errors import AdvisorError
from advisor.interview.session import Session
from advisor.model import NONE, TASK
from advisor.need.understanding import fitted_to, understand
from advisor.rulebase.store import load_rules

SEED = 20261125
DRAWS = 4000
Z = 1.96
OFFERED = 3
QUESTIONS = 2
CODED = Path(__file__).parent.parent / "rules" / "scenarios" / "posted-needs.yaml"


class Case(NamedTuple):
    """A posted need; `coded` is its profile in advisor's questions, None where nobody coded it."""

    id: str
    cluster: str
    need: str
    expected: tuple[str, ...]
    wrong: tuple[str, ...]
    coded: dict[str, Any] | None


class Outcome(NamedTuple):
    """What one way of answering gave: a family, `none`, or empty where nothing was understood."""

    family: str
    outcome: str
    possible: tuple[str, ...]
    questions: int = 0


def main() -> int:
    """Print the figures; 1 where an answer was wrong while decided."""
    given = arguments()
    engine = Engine(load_rules())
    cases = read_cases(Path(given.file), Path(given.coded))
    halves = split(cases)
    wrong = 0
    for name, chosen in (("A", halves[0]), ("B", halves[1]), ("all", cases)):
        if given.half in (name, ""):
            wrong += report(engine, name, chosen, each=given.each)
    return int(wrong > 0)


def arguments() -> argparse.Namespace:
    """Return the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("file", help="needs, as YAML with `cases`")
    parser.add_argument("--coded", default=str(CODED), help="scenarios with the coded profiles")
    parser.add_argument("--half", default="", choices=["", "A", "B", "all"])
    parser.add_argument("--each", action="store_true", help="print every need")
    return parser.parse_args()


def read_cases(file: Path, coded: Path) -> list[Case]:
    """Return the needs of a file with their coded profiles."""
    scenarios = yaml.safe_load(coded.read_text(encoding="utf-8"))["scenarios"]
    by_number = {one["id"].rpartition("-")[2]: one["profile"] for one in scenarios}
    by_need = {" ".join(one.get("need", "").split()): one["profile"] for one in scenarios}
    cases = []
    for one in yaml.safe_load(file.read_text(encoding="utf-8"))["cases"]:
        need = " ".join(one["need"].split())
        number = one["id"].rpartition("-")[2] if coded == CODED or number_ids(one["id"]) else ""
        cases.append(
            Case(
                id=one["id"],
                cluster=one.get("cluster") or one["id"],
                need=need,
                expected=tuple(one["expected"]),
                wrong=tuple(one.get("not_expected", ())),
                coded=one.get("coded") or by_need.get(need) or by_number.get(number),
            )
        )
    return cases


def number_ids(id: str) -> bool:
    """True where an id ends in a number."""
    return id.rpartition("-")[2].isdigit()


def split(cases: Sequence[Case]) -> tuple[list[Case], list[Case]]:
    """Return two halves, drawn by cluster."""
    clusters: dict[str, list[Case]] = {}
    for case in cases:
        clusters.setdefault(case.cluster, []).append(case)
    names = sorted(clusters)
    random.Random(SEED).shuffle(names)
    halves: tuple[list[Case], list[Case]] = ([], [])
    for name in names:
        min(halves, key=len).extend(clusters[name])
    return halves


# -- ways of answering -------------------------------------------------------------------------


def alone(engine: Engine, case: Case) -> Outcome:
    """Answer from the words alone."""
    try:
        found = understand(engine, case.need)
    except AdvisorError:
        return Outcome("", "not understood", engine.encoding.winners)
    decision = found.advice.decision
    return Outcome(decision.family or NONE, decision.outcome, decision.possible)


def asked(engine: Engine, case: Case) -> Outcome:
    """Answer from the words, one confirmation and at most two questions."""
    coded = make_profile(engine.rulebase, case.coded or {}, "asked")
    questions = 1
    try:
        found = understand(engine, case.need)
        offered = [task for task in found.offered[:OFFERED] if task in coded[TASK].options]
        profile: Profile = {}
        reading = found.reading
        if not offered:
            questions += 1
        task = offered[0] if offered else coded[TASK].options[0]
        fitted = fitted_to(engine, reading, {}, task)
        profile = fitted[0] if fitted else {TASK: Answer((task,), None, "asked")}
    except AdvisorError:
        questions += 1
        profile = {TASK: Answer(coded[TASK].options[:1], None, "asked")}
    session = Session(engine, profile)
    while questions < 1 + QUESTIONS and (ask := session.next()) is not None:
        said = coded.get(ask.question.id)
        try:
            session.answer(ask.question.id, list(said.options) if said else "unknown")
        except AdvisorError:
            session.answer(ask.question.id, "unknown")
        questions += 1
    decision = session.decide()
    return Outcome(decision.family or NONE, decision.outcome, decision.possible, questions)


def coded(engine: Engine, case: Case) -> Outcome:
    """Answer from the coded profile; of several tasks the first counts."""
    profile = make_profile(engine.rulebase, case.coded or {}, "asked")
    profile[TASK] = profile[TASK]._replace(options=profile[TASK].options[:1])
    decision = engine.decide(profile)
    return Outcome(decision.family or NONE, decision.outcome, decision.possible)


# -- figures -----------------------------------------------------------------------------------


def by_cluster(cases: Sequence[Case], values: Sequence[float]) -> list[float]:
    """Return the mean of each cluster."""
    clusters: dict[str, list[float]] = {}
    for case, value in zip(cases, values, strict=True):
        clusters.setdefault(case.cluster, []).append(value)
    return [sum(of) / len(of) for of in clusters.values()]


def interval(means: Sequence[float]) -> tuple[float, float, float]:
    """Return a mean with its 95 % interval."""
    source = random.Random(SEED)
    size = len(means)
    draws = sorted(sum(source.choices(means, k=size)) / size for _ in range(DRAWS))
    return sum(means) / size, draws[DRAWS // 40], draws[-DRAWS // 40 - 1]


def wilson(right: float, of: int) -> tuple[float, float, float]:
    """Return a share with its 95 % interval by Wilson's formula."""
    share = right / of
    middle = (share + Z**2 / (2 * of)) / (1 + Z**2 / of)
    wide = Z * (share * (1 - share) / of + Z**2 / (4 * of**2)) ** 0.5 / (1 + Z**2 / of)
    return share, max(middle - wide, 0.0), min(middle + wide, 1.0)


def report(engine: Engine, name: str, cases: Sequence[Case], *, each: bool) -> int:
    """Print the figures of some cases; return how many were wrong while decided."""
    print(f"\n{name}: {len(cases)} needs in {len({case.cluster for case in cases})} clusters")
    said = [alone(engine, case) for case in cases]
    constants = {
        family: by_cluster(cases, [float(family in case.expected) for case in cases])
        for family in engine.encoding.winners
    }
    best = max(constants, key=lambda family: sum(constants[family]))
    line(f"best constant answer ({best})", constants[best])
    accepted = rates(cases, said, lambda case, one: one.family in case.expected)
    line("sentence alone: accepted", accepted)
    added = [mine - constant for mine, constant in zip(accepted, constants[best], strict=True)]
    line("  added to the best constant answer", added)
    line("  wrong", rates(cases, said, lambda case, one: one.family in case.wrong))
    line("  not understood", rates(cases, said, lambda _, one: not one.family))
    within = rates(cases, said, lambda case, one: bool(set(one.possible) & set(case.expected)))
    line("  an accepted family is possible", within)
    line("  families possible", by_cluster(cases, [float(len(one.possible)) for one in said]), "")
    decided = [one.outcome in ("decided", NONE) for one in said]
    line("  decided", by_cluster(cases, list(map(float, decided))))
    bad = [
        case.id
        for case, one, sure in zip(cases, said, decided, strict=True)
        if sure and one.family in case.wrong
    ]
    print(f"  wrong while decided: {len(bad)} {' '.join(bad)}")
    with_profile = [case for case in cases if case.coded]
    if with_profile:
        _with_profiles(engine, with_profile)
    if each:
        for case, one in zip(cases, said, strict=True):
            _show(engine, case, one)
    return len(bad)


def _with_profiles(engine: Engine, cases: Sequence[Case]) -> None:
    confirmed = [asked(engine, case) for case in cases]
    human = [coded(engine, case) for case in cases]

    def good(case: Case, one: Outcome) -> bool:
        return one.family in case.expected

    line("one confirmation, two questions: accepted", rates(cases, confirmed, good))
    count = sum(good(case, one) for case, one in zip(cases, confirmed, strict=True))
    questions = sum(one.questions for one in confirmed) / len(cases)
    print(f"  {count} of {len(cases)}; asked {questions:.2f} on average")
    line("coded profile: accepted", rates(cases, human, good))
    count = sum(good(case, one) for case, one in zip(cases, human, strict=True))
    print(f"  {count} of {len(cases)}")


def rates(
    cases: Sequence[Case], outcomes: Iterable[Outcome], true: Callable[[Case, Outcome], bool]
) -> list[float]:
    """Return by cluster how often something is true."""
    pairs = zip(cases, outcomes, strict=True)
    return by_cluster(cases, [float(true(case, one)) for case, one in pairs])


def line(name: str, means: Sequence[float], unit: str = "%") -> None:
    """Print a figure with its interval."""
    whole = unit and set(means) <= {0.0, 1.0}
    mean, low, high = wilson(sum(means), len(means)) if whole else interval(means)
    if unit:
        print(f"{name:<46} {100 * mean:5.1f} % [{100 * low:.0f}, {100 * high:.0f}]")
    else:
        print(f"{name:<46} {mean:5.2f}   [{low:.2f}, {high:.2f}]")


def _show(engine: Engine, case: Case, one: Outcome) -> None:
    mark = "ok" if one.family in case.expected else "WRONG" if one.family in case.wrong else "--"
    print(f"{mark:<5} {case.id} {one.family or '?'} ({one.outcome}) of {', '.join(one.possible)}")
    print(f"      expected {', '.join(case.expected)}: {case.need}")
    try:
        reading = understand(engine, case.need).reading
    except AdvisorError:
        return
    tasks = ", ".join(f"{task.task} {sorted(task.concepts)}" for task in reading.tasks)
    answers = [*reading.answers, *reading.concluded]
    print(
        f"      {tasks}; "
        + ", ".join(f"{a.question}: {'+'.join(a.answer.options)}" for a in answers)
    )


if __name__ == "__main__":
    sys.exit(main())
