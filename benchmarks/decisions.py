"""How many decisions and answers a second, against other engines and against JSON alone.

Two parts; `--part` picks one.

**decide**: complete profiles, drawn evenly from all admissible ones of the shipped rule base (one
option a question), to the winning family. Measured is what the engine does with an encoded
profile: `Encoding.fired`, `Encoding.outcome`, `Ranking.winner`; and, because others start from
it, the same from a mapping of question to option. Anchors, each on one mapping a call:

- zen-engine (Rust, optional): the same rules, translated here, as a decision graph that was
  compiled beforehand, once as a decision table that collects and once as expressions, and as one
  compiled expression without a graph around it;
- plain Python over sets, as one would write it by hand: for each rule `all(answer in options)`.

Before anything is timed, every engine has to name the same winner for every profile.

**batch**: needs a second through `advisor recommend --batch` with the full answer, from a JSON
Lines file of distinct realistic needs (a task and up to four more answers that can be true
together), and from one of the same length in which ten times fewer come again and again. Every
measurement is a fresh process that loads the rules, so that nothing is remembered from the one
before; interpreter start and imports are not counted. The anchor is `json.loads` and `json.dumps`
of the very lines that were written, in the same process.

Figures are the best of the repeats (what the machine can do), with the median beside them.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import multiprocessing
import platform
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NamedTuple

from advisor.engine import Engine, make_profile
from advisor.engine.diagram import Choice
from advisor.engine.space import Encoding, Space
from advisor.errors import ContradictionError
from advisor.model import NONE, TASK, Rule
from advisor.rulebase.base import RuleBase
from advisor.rulebase.store import load_rules

Answers = dict[str, str]
"""One complete profile as question -> option."""

Decide = Callable[[], list[str]]
"""Decides all profiles, returning winners."""


class Timing(NamedTuple):
    """Items a second over repeats."""

    rates: list[float]

    @property
    def best(self) -> float:
        """The highest rate."""
        return max(self.rates)

    @property
    def median(self) -> float:
        """The middle rate."""
        return statistics.median(self.rates)


def main() -> int:
    """Measure and print tables; 1 where two engines disagree."""
    given = arguments()
    rulebase = load_rules()
    print(conditions(rulebase, given))
    if given.part in ("decide", "both") and not decide(rulebase, given):
        return 1
    if given.part in ("batch", "both"):
        batch(rulebase, given)
    return 0


def arguments() -> argparse.Namespace:
    """Return the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--part", choices=("decide", "batch", "both"), default="both")
    parser.add_argument(
        "--profiles", metavar="N", type=int, default=20_000, help="profiles decided (20000)"
    )
    parser.add_argument(
        "--needs", metavar="N", type=int, default=1_000, help="lines of the batch (1000)"
    )
    parser.add_argument("--repeats", metavar="N", type=int, default=5, help="of everything (5)")
    parser.add_argument("--seed", metavar="N", type=int, default=1, help="of what is drawn (1)")
    return parser.parse_args()


def conditions(rulebase: RuleBase, given: argparse.Namespace) -> str:
    """Return what the figures depend on."""
    written = sum(not rule.derived for rule in rulebase.rules)
    return (
        f"Rule base {rulebase.digest[:12]}: {len(rulebase.questions)} questions, "
        f"{len(rulebase.rules)} rules ({written} written, the rest derived), "
        f"{len(rulebase.families)} families. Python {platform.python_version()}, "
        f"{platform.system()} {platform.machine()}; best of {given.repeats}, seed {given.seed}."
    )


def table(first: str, unit: str, timings: dict[str, Timing], anchor: str) -> str:
    """Return a Markdown table with the ratio of each rate to the anchor's."""
    rows = [
        f"| {first} | {unit} a second, best | median | times {anchor} |",
        "| --- | --: | --: | --: |",
    ]
    base = timings[anchor].best
    for name, timing in timings.items():
        ratio = timing.best / base
        shown = f"{ratio:.1f}" if ratio >= 1 else f"{ratio:.2g}"
        rows.append(f"| {name} | {timing.best:,.0f} | {timing.median:,.0f} | {shown} |")
    return "\n".join(rows)


# -- deciding --------------------------------------------------------------------------------


def decide(rulebase: RuleBase, given: argparse.Namespace) -> bool:
    """Print decisions a second of every engine; False where they do not agree."""
    engine = Engine(rulebase)
    encoding = engine.encoding
    rng = random.Random(given.seed)
    drawn = Sampler(engine.space({}), rng).draw(given.profiles)
    answers = [named(encoding, choices) for choices in drawn]
    runs: dict[str, Decide] = {
        "advisor, encoded profiles": lambda: ours(engine, drawn),
        "advisor, from a mapping": lambda: ours(engine, (encoded(encoding, a) for a in answers)),
        **with_zen(encoding, answers),
        "plain Python over sets": with_sets(encoding, answers),
    }
    expected = reference(engine, drawn)
    counts = {family: expected.count(family) for family in [*encoding.families, NONE]}
    distinct = len({tuple(choices) for choices in drawn})
    won = ", ".join(f"{name} {count:,}" for name, count in counts.items())
    print(f"\n{len(drawn):,} profiles, {distinct:,} distinct; winners: {won}.")
    for name, run in runs.items():
        wrong = sum(one != other for one, other in zip(run(), expected, strict=True))
        if wrong:
            print(f"`{name}` names another winner for {wrong} profiles", file=sys.stderr)
            return False
    print("Every engine names the same winner for every profile.\n")
    timings: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(given.repeats):
        for name, run in runs.items():
            before = time.perf_counter()
            run()
            timings[name].append(len(drawn) / (time.perf_counter() - before))
    measured = {name: Timing(rates) for name, rates in timings.items()}
    print(table("decisions", "decisions", measured, "plain Python over sets"))
    zen = {name: timing.best for name, timing in measured.items() if name.startswith("zen")}
    if zen:
        fastest = max(zen, key=lambda name: zen[name])
        ratio = measured["advisor, encoded profiles"].best / zen[fastest]
        print(f"\nadvisor on encoded profiles does {ratio:.1f} times the decisions of {fastest}.")
    else:
        print("\nzen-engine is not installed (`pip install zen-engine`), so it is left out.")
    return True


class Sampler:
    """Draws complete profiles from a space, every one of them equally likely."""

    def __init__(self, space: Space, rng: random.Random) -> None:
        self._space = space
        self._rng = rng

    def draw(self, count: int) -> list[list[Choice]]:
        """Return this many profiles, each a choice for every question."""
        return [self._one() for _ in range(count)]

    def _one(self) -> list[Choice]:
        space, node = self._space, self._space.root
        profile = [self._rng.choice(choices) for choices in space.choices]
        while (question := space.level[node]) < space.bottom:
            children = space.children[node]
            weights = [space.total(child) for child in children]
            (place,) = self._rng.choices(range(len(children)), weights)
            profile[question] = space.choices[question][place]
            node = children[place]
        return profile


def named(encoding: Encoding, choices: Sequence[Choice]) -> Answers:
    """Return an encoded profile as question -> option."""
    rows = zip(encoding.questions, encoding.options, choices, strict=True)
    return {question: options[choice[0]] for question, options, choice in rows}


def encoded(encoding: Encoding, answers: Answers) -> list[Choice]:
    """Return question -> option as an encoded profile."""
    rows = zip(encoding.questions, encoding.option_index, strict=True)
    return [(index[answers[question]],) for question, index in rows]


def ours(engine: Engine, profiles: Any) -> list[str]:
    """Return the winners that the engine's tables give."""
    winner = engine.ranking.winner_of
    names = [*engine.encoding.families, NONE]
    return [names[winner(choices)] for choices in profiles]


def reference(engine: Engine, profiles: list[list[Choice]]) -> list[str]:
    """Return the winners by the slow way through `Ranking.order`, nothing remembered."""
    names = engine.encoding.families
    found = []
    for choices in profiles:
        order = engine.ranking.order(engine.encoding.outcome(engine.encoding.fired(choices)))
        found.append(names[order[0]] if order else NONE)
    return found


def rules_of(encoding: Encoding) -> Iterator[tuple[int, Rule, int]]:
    """Yield (family, rule, criterion) for each rule aimed at a family."""
    places = {criterion: place for place, criterion in enumerate(encoding.criteria)}
    for conjunction in encoding.conjunctions:
        rule = conjunction.origin
        if isinstance(rule, Rule):
            yield conjunction.family, rule, places[rule.criterion]


def with_sets(encoding: Encoding, profiles: list[Answers]) -> Decide:
    """Return the decision as one would write it by hand, rule by rule over sets."""
    rules = [
        (
            encoding.families[family],
            rule.effect,
            rule.criterion,
            [(question, frozenset(options)) for question, options in rule.when.items()],
        )
        for family, rule, _ in rules_of(encoding)
    ]
    families = sorted(encoding.families, key=lambda f: encoding.ranks[encoding.families.index(f)])
    criteria = encoding.criteria

    def one(profile: Answers) -> str:
        excluded, plus, minus = set(), set(), set()
        for family, effect, criterion, when in rules:
            for question, options in when:
                if profile[question] not in options:
                    break
            else:
                if effect == "exclude":
                    excluded.add(family)
                elif effect == "prefer":
                    plus.add((criterion, family))
                else:
                    minus.add((criterion, family))
        left: list[str] = [family for family in families if family not in excluded]
        for criterion in criteria:
            if len(left) < 2:
                break
            signs = [((criterion, f) in plus) - ((criterion, f) in minus) for f in left]
            best = max(signs)
            left = [family for family, sign in zip(left, signs, strict=True) if sign == best]
        return left[0] if left else NONE

    return lambda: [one(profile) for profile in profiles]


# -- the same rules for zen ------------------------------------------------------------------


def with_zen(encoding: Encoding, profiles: list[Answers]) -> dict[str, Decide]:
    """Return the decisions of zen-engine, by form of the rules; nothing where it is missing."""
    try:
        import zen

        release = version("zen-engine")
    except (ImportError, PackageNotFoundError):
        return {}
    translation = Translation(encoding)
    contexts = [{variable(key): option for key, option in p.items()} for p in profiles]
    names = translation.winners
    runs: dict[str, Decide] = {}

    def graph(content: Any) -> Decide:
        engine = zen.ZenEngine({"loader": lambda _: content})
        return lambda: [
            names[int(engine.evaluate("rules", context)["result"]["winner"])]
            for context in contexts
        ]

    for form, decision in (("table", translation.table()), ("expressions", translation.graph())):
        content = zen.ZenDecisionContent(json.dumps(decision))
        runs[f"zen-engine {release}, {form}"] = graph(content)
    expression = zen.compile_expression(translation.expression())
    runs[f"zen-engine {release}, one compiled expression"] = lambda: [
        names[int(expression.evaluate(context))] for context in contexts
    ]
    return runs


def variable(id: str) -> str:
    """Return a question's name in zen's expressions."""
    return id.replace("-", "_")


class Translation:
    """The rules as a zen decision.

    A family's place among the criteria is one number: signs as digits in base three, the first
    criterion the most significant, then the declared rank. The largest number wins, and its
    remainder says whose it is; an excluded family has 0. Two digits never run into each other,
    because a digit is 0, 1 or 2.
    """

    def __init__(self, encoding: Encoding) -> None:
        self.encoding = encoding
        self.base = len(encoding.families) + 1
        by_rank = sorted(range(self.base - 1), key=lambda f: -encoding.ranks[f])
        self.places = {family: place for place, family in enumerate(by_rank, 1)}
        self.winners = [NONE, *(encoding.families[family] for family in by_rank)]
        self.bits: dict[tuple[int, str, int], list[Rule]] = {}
        """(family, effect, criterion) -> rules; exclusions all under criterion 0."""
        self.rules: list[tuple[int, Rule]] = []
        for family, rule, criterion in rules_of(encoding):
            key = (family, rule.effect, 0 if rule.effect == "exclude" else criterion)
            self.bits.setdefault(key, []).append(rule)
            self.rules.append((list(self.bits).index(key), rule))

    def table(self) -> dict[str, Any]:
        """Return a graph: a table that collects what fires, then the sum and the winner."""
        asked = {question for _, rule in self.rules for question in rule.when}
        questions = [question for question in self.encoding.questions if question in asked]
        columns = [{"id": q, "name": q, "field": variable(q)} for q in questions]
        rows = [
            {
                "_id": f"row{place}",
                "bit": str(bit),
                **{q: ",".join(map(quoted, rule.when.get(q, []))) for q in questions},
            }
            for place, (bit, rule) in enumerate(self.rules)
        ]
        content = {
            "hitPolicy": "collect",
            "inputs": columns,
            "outputs": [{"id": "bit", "name": "bit", "field": "bit"}],
            "rules": rows,
            "outputPath": "hits",
        }
        bits = list(self.bits)
        winner = self._winner(lambda key: f"({bits.index(key)} in $.fired)")
        return connected(
            {"type": "decisionTableNode", "content": content},
            expressions({"fired": "map(hits, #.bit)", "winner": winner}),
        )

    def graph(self) -> dict[str, Any]:
        """Return a graph of expressions, with no table."""
        return connected(expressions({"winner": self.expression()}))

    def expression(self) -> str:
        """Return everything as one expression."""
        return self._winner(lambda key: "(" + " or ".join(map(condition, self.bits[key])) + ")")

    def _winner(self, fires: Callable[[tuple[int, str, int]], str]) -> str:
        values = ", ".join(self._value(family, fires) for family in self.places)
        return f"max([{values}]) % {self.base}"

    def _value(self, family: int, fires: Callable[[tuple[int, str, int]], str]) -> str:
        criteria = len(self.encoding.criteria)
        neutral = sum(3**place for place in range(criteria))
        terms = [str(neutral)]
        for criterion in range(criteria):
            digit = 3 ** (criteria - 1 - criterion)
            for effect, sign in (("prefer", "+"), ("avoid", "-")):
                key = (family, effect, criterion)
                if key in self.bits:
                    terms.append(f"{sign} ({fires(key)} ? {digit} : 0)")
        value = f"({' '.join(terms)}) * {self.base} + {self.places[family]}"
        key = (family, "exclude", 0)
        return f"({fires(key)} ? 0 : {value})" if key in self.bits else value


def quoted(option: str) -> str:
    """Return an option as text in zen's expressions."""
    return f"'{option}'"


def condition(rule: Rule) -> str:
    """Return when a rule fires."""
    parts = [
        f"{variable(question)} == {quoted(options[0])}"
        if len(options) == 1
        else f"{variable(question)} in [{','.join(map(quoted, options))}]"
        for question, options in rule.when.items()
    ]
    return f"({' and '.join(parts)})"


def expressions(values: dict[str, str]) -> dict[str, Any]:
    """Return a node that computes values one after the other."""
    rows = [{"id": key, "key": key, "value": value} for key, value in values.items()]
    return {"type": "expressionNode", "content": {"expressions": rows}}


def connected(*nodes: dict[str, Any]) -> dict[str, Any]:
    """Return nodes in a row between input and output as zen's decision document."""
    row = [{"type": "inputNode"}, *nodes, {"type": "outputNode"}]
    placed = [
        {"id": f"n{place}", "name": f"n{place}", "position": {"x": 0, "y": 0}, **node}
        for place, node in enumerate(row)
    ]
    edges = [
        {"id": f"e{place}", "sourceId": f"n{place}", "targetId": f"n{place + 1}", "type": "edge"}
        for place in range(len(row) - 1)
    ]
    return {"contentType": "application/vnd.gorules.decision", "nodes": placed, "edges": edges}


# -- the batch -------------------------------------------------------------------------------


class Measured(NamedTuple):
    """One run of the batch in a process of its own."""

    needs: float
    """Needs a second."""
    lines: float
    """The same lines a second through json.loads and json.dumps."""
    size: float
    """Mean characters of an answer."""
    errors: int


def batch(rulebase: RuleBase, given: argparse.Namespace) -> None:
    """Print needs a second with the full answer."""
    rng = random.Random(given.seed)
    distinct = realistic(rulebase, rng, given.needs)
    few = distinct[: max(1, given.needs // 10)]
    files = {
        "distinct needs": distinct,
        "needs that repeat": [rng.choice(few) for _ in range(given.needs)],
    }
    rows = [
        "| lines | distinct | characters an answer | needs a second, best | median "
        "| JSON alone | share of JSON alone |",
        "| --- | --: | --: | --: | --: | --: | --: |",
    ]
    with tempfile.TemporaryDirectory(prefix="advisor-benchmark-") as folder:
        for name, needs in files.items():
            file = Path(folder) / "needs.jsonl"
            file.write_text(jsonl(needs), encoding="utf-8")
            runs = [in_fresh_process(str(file)) for _ in range(given.repeats)]
            answered = Timing([run.needs for run in runs])
            alone = Timing([run.lines for run in runs])
            number = len({tuple(sorted(need.items())) for need in needs})
            rows.append(
                f"| {len(needs):,} {name} | {number:,} | {runs[0].size:,.0f} "
                f"| {answered.best:,.0f} | {answered.median:,.0f} | {alone.best:,.0f} "
                f"| {answered.best / alone.best:.2g} |"
            )
            if runs[0].errors:
                print(f"{name}: {runs[0].errors} lines were answered with an error")
    print()
    print("\n".join(rows))


def realistic(rulebase: RuleBase, rng: random.Random, count: int) -> list[Answers]:
    """Return distinct needs: a task and up to four answers, all of which can be true together."""
    engine = Engine(rulebase)
    others = [question for question in rulebase.questions if question.id != TASK]
    found: dict[tuple[tuple[str, str], ...], Answers] = {}
    while len(found) < count:
        need = {TASK: rng.choice(rulebase.tasks).id}
        for question in rng.sample(others, rng.randint(0, 4)):
            need[question.id] = rng.choice(question.options).id
        try:
            engine.space(make_profile(rulebase, need))
        except ContradictionError:
            continue
        found.setdefault(tuple(sorted(need.items())), need)
    return list(found.values())


def jsonl(needs: list[Answers]) -> str:
    """Return needs as the lines that `--batch` reads."""
    rows = ({"id": place, "profile": need} for place, need in enumerate(needs))
    return "".join(json.dumps(row) + "\n" for row in rows)


def in_fresh_process(file: str) -> Measured:
    """Measure one file in a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return Measured(*pool.apply(answer, (file,)))


def answer(file: str) -> tuple[float, float, float, int]:
    """Answer a file through `--batch`, then take its lines through JSON alone."""
    from advisor.need.batch import run_batch

    with tempfile.TemporaryFile("w+", encoding="utf-8") as out:
        before = time.perf_counter()
        with contextlib.redirect_stdout(out):
            run_batch(load_rules(), file, (), strict=False, order="quality")
            out.flush()
        took = time.perf_counter() - before
        out.seek(0)
        lines = out.readlines()
    before = time.perf_counter()
    for line in lines:
        json.dumps(json.loads(line), ensure_ascii=False, separators=(",", ":"))
    alone = time.perf_counter() - before
    errors = sum('"error":' in line[:200] for line in lines)
    size = sum(map(len, lines)) / len(lines)
    return len(lines) / took, len(lines) / alone, size, errors


if __name__ == "__main__":
    sys.exit(main())
