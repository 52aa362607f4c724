"""The words of a refused command line, each put where the command accepts its kind."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from itertools import pairwise
from mimetypes import guess_type
from pathlib import Path
from typing import TYPE_CHECKING, Any

from advisor.catalogue.filters import Wishes, matches
from advisor.catalogue.knowledge import checkpoints_called
from advisor.cli import takes
from advisor.cli.takes import FLAGS, NEEDLESS, TAKES, TRAIN, Place
from advisor.console.flags import split, task_in
from advisor.console.streams import LAST
from advisor.decide.command_lines import command, flags, quoted
from advisor.decide.recommendation import recommend
from advisor.engine.bounds import BOUNDS
from advisor.engine.decision import Engine
from advisor.engine.profile import Profile, make_profile, read_answers
from advisor.errors import UsageError, did_you_mean
from advisor.files import is_there
from advisor.hub import is_hub_id
from advisor.model import NONE, TASK
from advisor.naming import same_name
from advisor.need.code_command import WRITTEN
from advisor.need.likely_meaning import MeantFlag, meant_flag
from advisor.need.reading import read
from advisor.need.understanding import one_task

if TYPE_CHECKING:
    from advisor.model import Checkpoint
    from advisor.rulebase.base import RuleBase

SHOWN = 3
SIZED = ("--device", "--memory-gb")
TABLES = (".csv", ".tsv", ".jsonl", ".json", ".tar", ".parquet", ".arrow")
SUFFIXES = {takes.TABLE: TABLES, takes.PDF: (".pdf",), takes.PROGRAM: WRITTEN}
SUFFIXES[takes.SETTINGS] = (".yaml", ".yml", ".json")


class PlacedWords:
    """A command with its flags and the places of `TAKES`, and the words that a line puts there.

    `arguments` and `options` are the words of the new line, `text` words to read as a need, `need`
    question -> values of flags to read with it, `used` the places that are taken, `ram` the value
    of a flag for the memory of the machine.
    """

    def __init__(self, rulebase: RuleBase, name: str, parser: Any = None) -> None:
        self.rulebase, self.name = rulebase, name
        self.places: Sequence[Place] = TAKES.get(name, ())
        self.takes_need = takes.SENTENCE in [place.kind for place in self.places]
        parser = parser or command_named(name.partition(" ")[0])
        self.flags = {flag: option for option in parser.params for flag in option.opts}
        if spelling := getattr(parser, "spelling", None):
            self.flags = {was: self.flags[now] for was, now in spelling.was.items()} | self.flags
        self.asks = {f"--{question.typed}": question for question in rulebase.questions}
        name, *own = name.split(" --")
        self.runtimes = {
            called: runtime
            for runtime in rulebase.runtimes.values()
            for called in (runtime.id, runtime.label, *runtime.aliases)
        }
        self.arguments, self.options = name.split(), " ".join(f"--{flag}" for flag in own).split()
        self.words: Sequence[str] = ()
        self.text: list[str] = []
        self.need: dict[str, list[str]] = {}
        self.used: list[Place] = []
        self.ram = ""

    def line(self, words: Sequence[str]) -> list[str]:
        """Return the command line with each word in its place; [] if one has no place.

        Raises UsageError for a word that only another command accepts, with that as a hint.
        """
        if self.name == "compare":
            words = self._compared(words)
        for place in self.places:
            if place.other and any(self.named(place.kind, word.split("=")[-1]) for word in words):
                return PlacedWords(self.rulebase, place.other).line(words)
        self.words, rest = words, list(words)
        while rest:
            word = rest.pop(0)
            flag, joint, value = word.partition("=")
            if word[:1] != "-" or word == "-":
                if not self._put(word):
                    return []
                continue
            rest[:0] = [value] if joint else []
            if self._flag(flag, rest[0] if joint or (rest and rest[0][:1] != "-") else ""):
                rest.pop(0)
        return self._completed()

    def _compared(self, words: Sequence[str]) -> list[str]:
        """Return the words to compare: the families, if all names are and no two are the same.

        Else names become ids of checkpoints, a family that of its best one for their tasks.
        """
        parts = [
            part
            for before, word in pairwise(("", *words))
            for part in ([word] if is_there(word) or before[:2] == "--" else word.split())
        ]
        words = [part.strip(",?!") for part in parts if part.lower() not in takes.COMPARING]
        names = [word for word in words if self.is_model(word)]
        families = [self.named(takes.FAMILY, name) for name in names]
        if [] not in families and len({id for ids in families for id in ids}) == len(names):
            return words
        called = {name: self.named(takes.CHECKPOINT, name) for name in names}
        ids = [id for each in called.values() for id in each if id in self.rulebase.checkpoints]
        tasks = [task for id in ids for task in self.rulebase.checkpoints[id].tasks]
        for name, family in zip(names, families, strict=True):
            if family and not called[name]:
                wishes = (Wishes(task, one_of={"family": family}) for task in tasks)
                ranked = (matches(self.rulebase, each, "quality").checkpoints for each in wishes)
                called[name] = [each.id for each in next(filter(None, ranked), [])[:1]]
        meant = [id for word in words for id in called.get(word) or [word]]
        if len({*meant}) < len(meant):
            return words
        self.places = [place for place in self.places if place.kind != takes.FAMILY]
        return meant

    def named(self, kind: str, word: str) -> list[str]:
        """Return a word as things of a kind (ids of models, else itself); [] if it is none."""
        if kind == takes.CHECKPOINT:
            ids = [self._id_of(part) for part in word.split(",")]
            return ids if all(ids) else []
        if kind == takes.FAMILY:
            name = same_name(word, self.rulebase.family_names)
            return [self.rulebase.family_names[name].id] if name else []
        is_one = {
            takes.IMAGE: (guess_type(word)[0] or "").startswith("image/"),
            takes.FOLDER: word.endswith("/") or Path(word).is_dir(),
            takes.TASK: word.lower() in self.rulebase.task_names,
            takes.RUNTIME: word in self.runtimes,
            takes.QUERY: word.endswith("?") and not read(self.rulebase, word).tasks,
            takes.SENTENCE: True,
            takes.PHRASE: " " in word,
        }
        by_suffix = Path(word).suffix.lower() in SUFFIXES.get(kind, ())
        return [word] if is_one.get(kind, by_suffix) else []

    def is_model(self, word: str) -> bool:
        """True for the name of a family or of checkpoints."""
        return any(self.named(kind, word) for kind in (takes.FAMILY, takes.CHECKPOINT))

    def _id_of(self, word: str) -> str:
        """Return the id of the checkpoint that a word names, "" for none; unknown ids count."""
        is_id = "/" in word and is_hub_id(word) and not is_there(word)
        if is_id or word in self.rulebase.checkpoints:
            return word
        called = checkpoints_called(self.rulebase, word)  # one of a family first
        return next((each.id for each in sorted(called, key=lambda each: each.family == NONE)), "")

    def _put(self, word: str, by: str = "") -> bool:
        """Put a word in the first free place for its kind, or for a kind that flag `by` introduces.

        Return False if there is no such place. Raises UsageError for a kind with a hint.
        """
        names_table = self.named(takes.TABLE, word) and (not by or by in FLAGS[takes.TABLE])
        if self.name == "evaluate" and names_table and len(self.arguments) > 1:
            first, self.used = self.arguments.pop(), []  # the table is the data
            return self._put(word) and self._put(first)
        places = (p for p in self.places if not by or by in FLAGS.get(p.kind, ()))
        free = (each for each in places if each not in self.used)
        runs = self.name in ("try", "evaluate") and by in FLAGS[takes.CHECKPOINT]
        own = [word] if runs and is_there(word) else []  # the folder of a checkpoint
        found = ((each, values) for each in free if (values := self.named(each.kind, word) or own))
        place, values = next(found, (Place(""), [word]))
        kind = place.kind
        if not kind and ((self.places and self.name != "compare") or by):
            return False  # `compare` itself says which name is unknown
        if place.hint:
            message = f"`advisor {self.name}` does not accept `{word}` ({kind})"
            raise UsageError(message, hint=place.hint.format(quoted(word)))
        if kind and not place.many:  # one argument is there for all kinds
            alone = [each for each in self.places if not (each.flag or each.many)]
            self.used += [place] if place.flag else alone
        if place.flag == takes.LEFT_OUT:
            LAST.append(f"advisor: `{self.name}` takes one {kind}, so `{word}` is left out")
        elif place.flag == takes.READ:
            self.text.append(word)
        elif kind == takes.TASK:
            self.need[TASK] = [word]
        elif place.flag:
            self.options += [each for value in values for each in (place.flag, value)]
        elif kind == takes.FOLDER and self.takes_need and self.arguments[1:]:
            self.arguments.append(f"{word.rstrip('/')}/")  # a need reads other words as such
        else:
            self.arguments += values
        return True

    def _flag(self, flag: str, value: str) -> bool:
        """Put a flag, or the flag that it means, into the line; return True if `value` is used up.

        Raises UsageError if it has no meaning here, or several.
        """
        has = self.flags.get(flag)
        if (has and has.is_flag) or (not has and flag[:2] != "--" and flag[:2] in self.flags):
            self.options.append(flag)
            return False
        is_path = is_there(value) or bool(self.named(takes.TABLE, value))
        if value and (is_path or not has) and self._put(value, by=flag):
            return True
        if has and flag == f"--{TASK}" and takes.READ in [each.flag for each in self.places]:
            self.need[TASK] = [value]
            return True
        if has:
            models = [place.flag for place in self.places if place.kind == takes.CHECKPOINT]
            is_model = flag in models and value.lower() not in self.rulebase.family_names
            ids = self.named(takes.CHECKPOINT, value) if is_model else []
            self.options += [each for id in ids or [value] for each in (flag, id)]
            return bool(value)
        question = self.asks.get(flag)
        if value and self.takes_need and (question or flag[2:] in BOUNDS):
            self.need[question.id if question else flag[2:]] = [value]
            return True
        near = meant_flag(self.rulebase, flag, value, [name.lstrip("-") for name in self.flags])
        words, consumes = self._renamed(flag, value)
        if not words and near.plain and flag not in takes.FLAG_HINTS:
            meant = near.close[0].split()
            is_file = any(self.named(kind, value) for kind in takes.FILES) or is_there(value)
            apart = is_file or self.is_model(value) or read(self.rulebase, value).tasks
            words = meant if not value or value in meant or apart or near.whole else []
            consumes = near.whole or value in words
        names = flag[2:] and "--device" in self.flags and not (words or near.plain)
        if names and self._takes("--device", flag[2:]):  # a machine: --colab
            words = ["--device", flag[2:]]
        if words:
            self._say(words)
            return consumes
        return self._elsewhere(flag, value, near)

    def _say(self, words: list[str]) -> None:
        """Add a flag and its value; a task takes the place of a word that may also mean others."""
        given = dict(pairwise(self.options)).get(f"--{TASK}", "") if words[0] == f"--{TASK}" else ""
        if len(self.rulebase.words.get(given, ())) > 1:
            self.options[self.options.index(given)] = words[1]
        else:
            self.options += words

    def _elsewhere(self, flag: str, value: str, near: MeantFlag) -> bool:
        """Handle a flag without a place: put a runtime, or leave out a flag without effect.

        Return True if `value` is used up. Raises UsageError for any other flag.
        """
        runtime = self.runtimes.get(value.lower()) or self.runtimes.get(flag[2:])
        if runtime and self.takes_need and ("--runtime" in self.flags or runtime.assumed):
            implied = {id: options[0] for id, options in runtime.assumed.items()}
            words = " ".join(flags(self.rulebase, implied)).split()
            self.options += ["--runtime", runtime.label] if "--runtime" in self.flags else words
            return value.lower() in self.runtimes
        typed = "--runtime" if runtime else flag
        if why := (self.places and NEEDLESS.get(typed)) or (self.takes_need and near.needless):
            drops = why != takes.LOCAL and bool(value) and flag[2:] not in self.runtimes
            left = " ".join([flag, value][: 1 + drops])
            LAST.append(f"advisor: `{left}` has no effect here: {why}")
            return drops
        alike = [has for has in self.flags if flag in FLAGS.get(has, ())]
        if value and len(alike) == 1:  # which says what is wrong with the value
            self.options += [*alike, value]
            return True
        hint = f"run `advisor {self.name}".rstrip() + " --help` to list the options"
        if not near.close and (others := self._without(flag, value)):
            hint = f"without it: `advisor {' '.join(map(quoted, (*self.arguments[:1], *others)))}`"
        answer = meant_flag(self.rulebase, flag, value, [name[2:] for name in self.asks])
        called = [has for has in self.asks if value and flag in FLAGS.get(has, ())]
        meant = [f"{has} {quoted(value)}" for has in called if self._takes(has, value)]
        meant += answer.close[:1] if answer.plain else ()
        if not near.close and meant:
            task = task_in(self.words, self.rulebase) or self.rulebase.tasks[0]
            line = f"advisor recommend --task {task.id} {meant[0]}"
            hint = f"`{line}` recommends checkpoints for this flag"
        elif not near.close and (others := commands_with(flag)):
            hint = f"this is an option of {' and '.join(others)}"
        message = f"no such option: {flag}{did_you_mean(near.close)}"
        raise UsageError(message, hint=takes.FLAG_HINTS.get(flag, hint), kind="usage")

    def _without(self, flag: str, value: str) -> list[str]:
        """Return the words without a flag, and without its value if that is a plain word."""
        place = next(at for at, word in enumerate(self.words) if word.partition("=")[0] == flag)
        behind = self.words[place + 1 : place + 2]
        drops = behind == [value] and bool(value) and " " not in value and not is_there(value)
        return [*self.words[:place], *self.words[place + 1 + drops :]]

    def _renamed(self, flag: str, value: str) -> tuple[list[str], bool]:
        """Return the words of the command's own flag for a foreign one ([] if it has none).

        The second value is True if they include `value`.
        """
        name = flag.lstrip("-").lower()
        unclear = flag in takes.FLAG_HINTS and value.isdigit()
        for has, _, own in (meant.partition(" ") for meant in FLAGS if flag in FLAGS[meant]):
            if has in self.flags and not unclear and self._takes(has, value):
                alone = bool(own) or self.flags[has].is_flag
                return [has, *filter(None, [own if alone else value])], bool(value) and not alone
        questions = {has: question for has, question in self.asks.items() if has in self.flags}
        for has, question in questions.items() if value else ():  # by its kind: --gpu T4
            names = {called for option in question.options for called in option.names}
            if name in names and value.lower() not in names and self._takes(has, value):
                return [has, value], True
        for meant, words in takes.NUMBERS.items():
            has, shape, *assumed = meant.split()
            if value[:1].isdigit() and has in self.flags and {*words} & {*name.split("-")}:
                whole = shape.format(value.partition("/")[0] if "/" in shape else value)
                self.ram = whole if "ram" in words else self.ram
                return [has, whole, *(assumed if self._is_open(assumed) else ())], True
        begun = (has for has in questions if value and questions[has].typed.startswith(name))
        answers = ((has, self._answer(has, f"{value} {name}", value)) for has in begun)
        answered = next(([has, answer] for has, answer in answers if answer), [])
        return answered, bool(answered)

    def _is_open(self, assumed: Sequence[str]) -> bool:
        """True if the command has a flag in `assumed` that no flag or word of the line answers."""
        if self.flags.keys().isdisjoint(assumed):
            return False
        reads = read(self.rulebase, " ".join(self.words)).answers
        given = {f"--{self.rulebase.question(each.question).typed}" for each in reads}
        given |= {word.partition("=")[0] for word in self.words}
        return not given.issuperset(self.flags.keys() & {*assumed})

    def _answer(self, flag: str, words: str, value: str) -> str:
        """Return `value` if a flag's question accepts it, else its answer in `words`, or ""."""
        question = self.asks[flag]
        if self._takes(flag, value):
            return value
        answers = (
            a.answer for a in read(self.rulebase, words).answers if a.question == question.id
        )
        return next((question.word(answer.names[0]) for answer in answers), "")

    def _takes(self, flag: str, value: str) -> bool:
        """True unless the flag's question or bound refuses the value; an ambiguous task counts."""
        id = self.asks[flag].id if flag in self.asks else flag[2:]
        try:
            if id in BOUNDS or flag in self.asks:
                read_answers(self.rulebase, {id: split([value])}, "flag")
        except UsageError as error:
            return error.kind == "ambiguous-task"
        return True

    def _completed(self) -> list[str]:
        """Return the whole line, with the task or checkpoint that the command needs inferred."""
        text, options = " ".join(self.text), self._with_room()
        ids = [word for word in (*self.arguments, *options) if word in self.rulebase.checkpoints]
        tasks = [task for id in ids if (task := task_of(self.rulebase.checkpoints[id]))]
        said = " ".join(word for word in self.arguments[1:] if not self._id_of(word))
        if self.name != TRAIN and (text or {*self.need} - {TASK}):
            return [*self.arguments, *self._asked_for(text, ids), *options]
        if self.need:
            options = [f"--{TASK}", *self.need[TASK], *options]
        elif ids and f"--{TASK}" not in options and self.name in ("check", "code") and not said:
            options = [*options, *(word for id in tasks[:1] for word in (f"--{TASK}", id))]
        elif self.name == "compare" and len(ids) == len(self.arguments) - 1 == len(tasks) == 1:
            profile = make_profile(self.rulebase, {TASK: tasks[0]}, "flag")
            return [*self.arguments, self._best(profile)[1]]
        return [*self.arguments, *options]

    def _with_room(self) -> list[str]:
        """Return the options, in which RAM that a GPU shares is what it leaves to a model."""
        if not self.ram:
            return self.options
        sized = [each for each in pairwise(self.options) if each[0] in SIZED and self._takes(*each)]
        given = {self.asks[flag].id: [value] for flag, value in sized}
        profile = read_answers(self.rulebase, given, "flag")
        share = self.rulebase.share_of({id: answer.names for id, answer in profile.items()})
        memory = next((answer.value for answer in profile.values() if answer.value), None)
        if not share or not memory:
            return self.options
        return [f"{share.room(memory):g}" if word == self.ram else word for word in self.options]

    def _asked_for(self, text: str, models: Sequence[str]) -> list[str]:
        """Return flags for a need in words and flags: answers for `evaluate`, else a checkpoint.

        With `models` named, only the task. Raises UsageError for several tasks, or no checkpoint.
        """
        profile = read_answers(self.rulebase, self.need, "flag")
        if text:
            engine = Engine.known(self.rulebase)
            profile = one_task(engine, text, profile, least=1, verb=self.name)
        if self.name == "evaluate":
            return shlex.split(command("", self.rulebase, profile))[1:]
        best = self._best(profile)
        return best[2:4] if models else best

    def _best(self, profile: Profile) -> list[str]:
        """Return flags of `advisor try` for the first runnable checkpoint. Raises UsageError."""
        advice = recommend(self.rulebase, profile).advice[0]
        if advice.runnable is None:
            hint = f"`advisor recommend --task {advice.task}` shows the models and the reasons"
            raise UsageError(f"`advisor try` has no checkpoint for `{advice.task}`", hint=hint)
        bits = ["--quantize", str(advice.runnable.bits)] if advice.runnable.is_rounded else []
        return ["--checkpoint", advice.runnable.hub_id, f"--{TASK}", str(advice.task), *bits]


def task_of(checkpoint: Checkpoint) -> str:
    """Return a checkpoint's first typical task, else its only task; "" if it has several."""
    tasks = checkpoint.typical or (checkpoint.tasks if len(checkpoint.tasks) == 1 else ())
    return tasks[0] if tasks else ""


def command_named(name: str) -> Any:
    """Return the parser's command of that name; the whole program for an unknown name."""
    from advisor.cli.program import program

    whole = program()
    context = whole.make_context("advisor", [], resilient_parsing=True)
    return whole.get_command(context, name) or whole


def commands_with(flag: str) -> list[str]:
    """Return the first SHOWN commands that have a flag, as `advisor NAME` in backticks."""
    from advisor.cli.program import program

    options = {name: getattr(command_named(name), "params", ()) for name in program().table}
    having = [name for name, of in options.items() if any(flag in option.opts for option in of)]
    return [f"`advisor {name}`" for name in having[:SHOWN]]
