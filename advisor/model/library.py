"""What is known of the libraries that load checkpoints: programs, runners, names, mistakes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

from advisor.model.value import NamedTuple

if TYPE_CHECKING:
    from advisor.model import fields as f

LABEL, MATCH, SEARCH, COMPARE, EMBED = "label", "match", "search", "compare", "embed"
CAPTION, DESCRIBE, ANSWER = "caption", "describe", "answer"
READ_LINE, READ_PAGE, EXTRACT = "read-line", "read-page", "extract"
ANY_TYPE = "*"
"""Among the model types of a use: every type that no other use names."""


class Program(NamedTuple):
    """A short program for checkpoints of some loader, class and processor, and some tasks.

    Empty `classes`, `processors` or `tasks` mean any. `{checkpoint}`, `{class}`, `{processor}`,
    `{names}` and `{prompt}` in `code` are to be filled in; `prompts` gives the prompt of a task.
    `{question|words}` in a prompt becomes what `says` has for the answer to a question, else the
    words. `thinking_code` is for checkpoints that think before they answer. `runners` are uses
    whose classes are among `classes` as well. `use` is what it does with a checkpoint: run it as it
    is, fine-tune it, or join parts to one. `tools` make a command-line tool of it. `runtimes` are
    what it runs with, and `export` is the task as which the network is exported for them; `towers`
    are cut out of it by the names of their inputs and outputs. Weights are loaded in a `precision`.
    `trainer` says who trains what it runs, where no program here does. It is for checkpoints with
    more than so many million parameters.
    """

    id: f.Id
    loader: Annotated[str, f.OneOf("transformers", "open_clip")] = "transformers"
    classes: f.CodeNames = ()
    processors: f.CodeNames = ()
    tasks: f.SomeTasks = ()
    prompts: Mapping[f.Id, f.Text] = {}
    code: f.Computed[str] = ""
    says: f.Wordings = {}
    runners: f.UseIds = ()
    thinking_code: f.Computed[str] = ""
    use: Annotated[str, f.OneOf("as-is", "fine-tune", "compose")] = "as-is"
    tools: f.ToolIds = ()
    above_millions: float = 0
    runtimes: f.Computed[Sequence[str]] = ("transformers",)
    export: f.Computed[str] = ""
    towers: f.Computed[Mapping[str, str]] = {}
    precision: f.Computed[str] = "stored"
    trainer: f.Text = ""


class ProgramPart(NamedTuple):
    """Lines that several programs share."""

    id: f.Id
    code: f.Text


class ProgramTool(NamedTuple):
    """What is written around a program, so that it works through the files of its user.

    It is for some tasks, empty for any, and a prompt with a place for what it `asks`, if anything.
    `begin` stands before the program, `end` after it, and calls it by its `lines` for a `batch`;
    `once` calls it for one image. The file `test` tries it with words `tried`; `then` is run after
    that. The head says what it `takes`, and `does` with a network.
    """

    id: f.Id
    tasks: f.SomeTasks = ()
    asks: f.Id | None = None
    batch: f.Positive = 1
    begin: f.Computed[str] = ""
    end: f.Computed[str] = ""
    once: f.Computed[str] = ""
    lines: f.Computed[str] = ""
    test: f.FileId = "test-lines"
    then: f.Text = ""
    tried: f.Texts = ()
    takes: f.Text = ""
    does: f.Text = ""


class ProjectFile(NamedTuple):
    """A file beside a program, by its name in the folder, its text with places to be filled in."""

    id: f.Id
    name: f.Text
    text: f.Text


class Package(NamedTuple):
    """A package of the package index in the versions that are tested.

    A program needs it where it imports one of the modules or names of `needed_by`. It brings the
    packages that it `pins` in versions of its own. `pythons` are those that it has wheels for,
    empty where that is each that programs run on.
    """

    id: f.Text
    versions: Annotated[str, f.TextOf(r">=[0-9.]+,<[0-9.]+", "a range such as `>=2.6,<3`")]
    needed_by: f.Texts
    pins: f.Texts = ()
    pythons: Annotated[str, f.TextOf(r">=3\.11,<3\.1[0-9]", "a range such as `>=3.11,<3.14`")] = ""


class Runtime(NamedTuple):
    """What programs run a network with: `label` is its name as people type it.

    It is the one to begin with where all answers of `when` are given; named, it implies those of
    `assumed` that nobody gave. `commands` come before the program, a line each; `server` is the
    address that they serve at, for `at_once` images in place of a tool's batch. `tested` says what
    ran here.
    """

    id: f.Id
    label: f.Text
    summary: f.Text
    aliases: f.Aliases = ()
    when: f.When = {}
    assumed: f.When = {}
    page: bool = False
    server: f.Text = ""
    at_once: f.Positive | None = None
    commands: f.Text = ""
    tested: f.Text = ""


class Supported(NamedTuple):
    """The model types that a released package names for some acts, and the symbols that say so.

    For those under `partly` somebody has to publish something first. `read` is where they stand.
    """

    id: f.Id
    runtime: f.RuntimeId
    acts: f.ActIds
    package: f.Text
    version: f.Text
    read: f.Text
    named: f.Symbols = {}
    partly: f.Symbols = {}


class Act(NamedTuple):
    """What a runner does with an image. Many tasks share one act.

    `needs` are the flags of `advisor try` that it needs beside the image; `result` is what a
    program calls that which it writes of one, and `new_tokens` how many tokens that may take;
    `longer` has more by task.
    """

    id: f.Id
    tasks: f.SomeTasks
    result: f.Text = "result"
    needs: f.TrialFlags = ()
    new_tokens: f.Positive = 1
    longer: f.Limits = {}

    def limit(self, task: str | None) -> int:
        """Return how many tokens may be written for a task."""
        return self.longer.get(task or "", self.new_tokens)


class RunnerUse(NamedTuple):
    """Which runner calls which classes, for which acts.

    `runner` is a class of `advisor.trial`, as `module.Class`. `loads` gives the transformers class
    to load by the checkpoint's model type; `classes` are others that programs call alike. Where
    `parts` are given, its encoder or decoder must be of one of these model types. `prompts`, by
    task, come before those of the programs. `unread` are beginnings of names of weights that may
    be absent, `declines` needs of its acts that it has no use for. `thought` opens, at the end of a
    turn, and closes what is written before the answer; both may take `thought_tokens`. Images of
    tasks under `clips` are the frames of one clip, where the processor takes videos.
    """

    id: f.Id
    runner: Annotated[str, f.TextOf(r"[a-z_]+\.[A-Za-z0-9]+", "a module and one of its classes")]
    acts: f.ActIds
    loads: Annotated[Mapping[str, str], f.MapOf(f.CODE_NAME, f.TextOf(), least=1)]
    classes: f.CodeNames = ()
    parts: f.Texts = ()
    prompts: Mapping[f.TaskId, f.Text] = {}
    unread: f.Texts = ()
    declines: f.TrialFlags = ()
    thought: f.Texts = ()
    thought_tokens: f.Positive = 1
    clips: f.SomeTasks = ()


class Makers(NamedTuple):
    """Makers or series of models under `names` that people type: their country or company."""

    id: f.Id
    names: f.Texts
    makers: f.Texts
    sources: f.Required[f.Sources] = ()


class TaskGroup(NamedTuple):
    """Tasks under what people say that they do: the first thing that an interview asks."""

    id: f.Id
    label: f.Text
    tasks: f.SomeTasks
    aliases: f.Aliases = ()


_INSTEAD = r"[\w.*-]+(\[\"\w+\"\]|=\"\w+\"|=\[\"\w+\"\])?"
"""A name, an argument with its value, or an item of one."""


class NameChange(NamedTuple):
    """What a release of transformers did to a name: removed, renamed or redirected it.

    `of` is what the name is of: class, pipeline, argument of what loads, attribute, module, or
    parameter, whose name is `Class(name)`; one `*` in `name` stands for anything, and for the same
    in `instead`.
    """

    id: f.Id
    name: f.Text
    of: Annotated[
        str,
        f.OneOf("class", "pipeline", "argument", "attribute", "module", "parameter"),
    ]
    kind: Annotated[str, f.OneOf("removed", "renamed", "redirected")]
    since: Annotated[str, f.TextOf(r"[0-9]+(\.[0-9]+)*", "a version such as `5.0`")]
    instead: Annotated[str, f.TextOf(_INSTEAD, "a name such as `AutoModel`")] | None = None
    because: f.Required[f.Text] = ""
    sources: f.Required[f.Sources] = ()


class CheckExample(NamedTuple):
    """A bad text of a file and the good one instead.

    The line that the bad one is reported at ends in `# bad`. `beside` are files beside it,
    `options` those of the command that checks it.
    """

    file: f.Text = "app.py"
    bad: f.Required[f.Text] = ""
    good: f.Required[f.Text] = ""
    beside: Annotated[
        Mapping[str, str], f.MapOf(f.TextOf(), f.TextOf(r"[\w.-]+", "a file name"))
    ] = {}
    options: f.Texts = ()


class CheckRule(NamedTuple):
    """What `advisor check` looks for: why it matters, its page, a bad and a good example.

    `knowledge` is what the judgement needs to know, by name: lists of words, or mappings from a
    word to such a list.
    """

    id: f.Id
    level: Annotated[str, f.OneOf("error", "warning", "note")]
    summary: f.Text
    because: f.Text
    sources: f.Sources = ()
    page: f.Required[f.Text] = ""
    knowledge: Mapping[f.KnowledgeName, f.Knowledge] = {}
    example: f.Required[CheckExample] = CheckExample()
