"""What a rule base is made of: one declared class an entity.

What few need stands in modules of their own: `evidence`, `library`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

from advisor.model.value import NamedTuple as NamedTuple

if TYPE_CHECKING:
    from advisor.model import fields as f

NOT_APPLICABLE = "not-applicable"
"""The built-in option of a question that makes no sense in a case."""

TASK = "task"
"""The one question every rule base has: its options are the tasks."""

NONE = "none"
"""The answer where no family fits."""

AS_IS, FINE_TUNE, COMPOSE = "as-is", "fine-tune", "compose"
"""The ways of use; `compose` combines parts, and there is no checkpoint yet."""

Condition = Mapping[str, Sequence[str]]
"""Question -> options; all questions have to hold, any option of each does."""


class Share(NamedTuple):
    """The part of a machine's memory that a model may take, as a fraction `of` it, and why."""

    of: float
    because: f.Text
    sources: f.Sources

    def room(self, memory_gb: float) -> float:
        """Return what a model may take of so many GB, to a tenth, never more than that."""
        return int(memory_gb * self.of * 10) / 10


class Option(NamedTuple):
    """One possible answer.

    `id` is what rules and JSON have; `word` is what people type and read, where that is another.
    `up_to` is the largest number that still falls under it; `covers` are things that it stands for,
    each with what it is called, its name first; `requires` is what it asks of fields of a
    checkpoint, where `answer` stands for the number, or the covered thing, that was given; `uses`
    is in which ways, best first, checkpoints then make sense; `keeps` are fields of a checkpoint
    that training does not change then; `order` is what comes first then; `step` is which of the
    `steps` of another question, left open, the first place is for then; `detected` are the kinds of
    machine that answer so where this one is looked at; `share` is what a model may take of the
    memory of such a machine, all of it without.
    """

    id: f.Id
    label: f.Text
    aliases: f.Aliases = ()
    covers: f.Covered = {}
    up_to: float | None = None
    requires: Mapping[f.JudgedField, f.Requirement] = {}
    uses: Annotated[Sequence[str], f.ListOf(f.OneOf("as-is", "fine-tune", "compose"), least=1)] = ()
    keeps: f.JudgedFields = ()
    order: Annotated[str, f.OneOf("quality", "small", "open")] | None = None
    step: float | None = None
    detected: Annotated[Sequence[str], f.ListOf(f.OneOf("cuda", "mps", "cpu"), least=1)] = ()
    word: f.Id | None = None
    share: Share | None = None

    @property
    def typed(self) -> str:
        """What people type and read for it."""
        return self.word or self.id

    @property
    def names(self) -> tuple[str, ...]:
        """All that it may be given by; the first is what people type and read."""
        return tuple(dict.fromkeys((self.typed, self.id, *self.aliases)))

    def called(self, name: str) -> str:
        """Return what a covered thing is called, or the option itself, for people to read."""
        if name in self.covers:
            return self.covers[name][0].replace("-", " ").capitalize()
        return self.label


class Question(NamedTuple):
    """One thing asked.

    `unit` is that of a number which may be given instead of an option, `units` are words that
    may stand behind it, each with what one of it is in that unit. With `steps`, numbers from the
    least, nothing is assumed where nobody answers: the best for each of them is named, and the best
    of all. `flag` is what people type and read for it where that is not its id, which rules and
    JSON have; `was` are flags of earlier releases, which work for good; `bare` is the option that
    the flag alone stands for. `moot` says why an answer makes no difference where the question does
    not apply; without it such an answer is a contradiction. `flag_only`: nobody is asked it; where
    no flag answers, the first option holds.
    """

    id: f.Id
    ask: f.Text
    why: f.Text
    options: Annotated[tuple[Option, ...], f.Least(2)] = ()
    many: bool = False
    unit: f.Text | None = None
    declared_by: Annotated[str, f.OneOf("takes", "gives")] | None = None
    ask_if: f.When = {}
    units: f.Units = {}
    steps: f.Steps = ()
    flag: f.Id | None = None
    bare: f.Id | None = None
    flag_only: bool = False
    moot: f.Text | None = None
    groups: f.Groups = {}
    was: f.Aliases = ()

    @property
    def typed(self) -> str:
        """What people type and read for it: its flag, without the hyphens."""
        return self.flag or self.id

    @property
    def aliases(self) -> tuple[str, ...]:
        """What else it may be given by: its flag, and those of earlier releases."""
        return (self.typed, *self.was)

    def word(self, name: str) -> str:
        """Return what people type and read for an option, a covered thing or a number."""
        option = self.option(name)
        return option.typed if option else name

    def requires(self, field: str) -> bool:
        """True where an answer can require something of a field of checkpoints."""
        return any(field in option.requires for option in self.options)

    def option(self, id: str) -> Option | None:
        """Return the option with this id, if there is one."""
        return next((option for option in self.options if option.id == id), None)


class Never(NamedTuple):
    """A combination of answers that cannot be; `why` is one of never, implied, ask-if."""

    id: f.Id
    when: f.When
    because: f.Text
    why: f.Computed[str] = "never"


class Elsewhere(NamedTuple):
    """What to use instead, where no family fits a task; its checkpoints need not be catalogued."""

    task: f.Id
    because: f.Text
    sources: f.Sources
    checkpoints: f.HubIds = ()


class Detour(NamedTuple):
    """What to use instead of the families, or beside them, `when` certain answers are given."""

    id: f.Id
    when: f.When
    task: f.Id
    because: f.Text
    sources: f.Sources
    checkpoints: f.HubIds = ()


class MeantAnswer(NamedTuple):
    """An answer that people give to a task and that means another there, and why."""

    given: f.OptionsGiven
    means: f.OptionsGiven
    because: f.Text


class Task(NamedTuple):
    """What a user wants done with an image.

    `words` are names that say more than the task, each with the answers it says as well, or less:
    one that several tasks list can mean each of them. `example` is what `advisor try` may be given
    beside the image, by its flag. `writes` are the tokens of a usual text.
    """

    id: f.Id
    name: f.Text
    description: f.Text
    aliases: f.Aliases = ()
    hub_tasks: f.Aliases = ()
    implies: f.When = {}
    note: f.Text | None = None
    sources: f.Sources = ()
    words: f.TaskWords = {}
    example: f.TrialInputs = {}
    elsewhere: Elsewhere | None = None
    rewrites: Annotated[tuple[MeantAnswer, ...], f.Was("reads")] = ()
    writes: f.Positive | None = None


class Declaration(NamedTuple):
    """Why a family takes, gives or cannot do something, and who says so."""

    because: f.Text
    sources: f.Sources


class Fit(NamedTuple):
    """How well a family does a task: best, good, possible or helper."""

    fit: Annotated[str, f.OneOf("best", "good", "possible", "helper")]
    because: f.Text
    sources: f.Sources


class Family(NamedTuple):
    """A line of architectures, as a closed world: what it does not declare it cannot do.

    `composable`: one of your own can be joined from an encoder and a decoder. `label` is what
    people call it.
    """

    id: f.Id
    name: f.Text
    aliases: f.Aliases = ()
    tie_break_order: Annotated[f.Required[f.Positive], f.Was("rank")] = 1
    composable: bool = False
    summary: f.Required[f.Text] = ""
    takes: f.Required[Mapping[f.TakenOption, Declaration]] = {}
    gives: f.Required[Mapping[f.GivenOption, Declaration]] = {}
    tasks: f.Required[Mapping[f.TaskId, Fit]] = {}
    cannot: Mapping[f.TaskOrOption, Declaration] = {}
    label: f.Text | None = None

    @property
    def shown(self) -> str:
        """What it is called on pages for people."""
        return self.label or self.id


EFFECTS = ("exclude", "avoid", "prefer")


class Criterion(NamedTuple):
    """A named ground for judging, in the order of comparison; `weaker` says what losing means."""

    id: f.Id
    name: f.Text
    because: f.Text
    weaker: f.Text = ""


class Rule(NamedTuple):
    """A condition and what it says for or against candidates.

    `where` are conditions on fields of checkpoints, if a rule names no candidates; `candidates` are
    then the checkpoints of the catalog that meet them. `derived` is the kind of declaration a rule
    was derived from (`takes`, `gives`, `tasks`), or empty for a written rule. `place` is where it
    stands, as file:line.
    """

    id: f.Id
    criterion: Annotated[str, f.KebabCase(of="criterion")]
    when: f.When
    effect: f.Computed[str]
    candidates: f.Computed[Sequence[str]]
    because: f.Text
    sources: f.Sources
    supporting: bool = False
    derived: f.Computed[str] = ""
    place: f.Computed[str] = ""
    where: f.Computed[Mapping[str, Any]] = {}


class Decoder(NamedTuple):
    """What decides how much a network that writes keeps of each image and word.

    `layers` of its decoder that keep keys and values of all words, the `width` of keys in one of
    them (key heads times head size), and the `image_tokens` of one image, or one for so many
    `pixels_per_token` where the picture keeps its size; neither where nobody knows. It looks at
    them by `cross` attention or has them among its own words.
    """

    layers: f.Positive
    width: f.Positive
    image_tokens: f.Positive | None = None
    pixels_per_token: f.Positive | None = None
    cross: f.Required[bool] = False

    def tokens_of(self, pixels: float) -> float | None:
        """Return as how many tokens it has a picture of so many pixels."""
        return pixels / self.pixels_per_token if self.pixels_per_token else self.image_tokens


STORED = "stored"
"""The precision of weights that are loaded as they are stored, or cast to another of 16 bits."""
MUCH = 1.5
"""In points of 100, the noise of most yardsticks of accuracies that losses hold for."""
LOADERS = ("transformers", "open_clip", "remote-code", "other")
"""What loads a checkpoint; the first two run no code that comes with it."""
UNLOADED = {
    "remote-code": "runs code from its repository",
    "other": "needs a package from its developers",
    "onnx": "has only ONNX weights",
    "pickle": "has only pickle weights, which can run code",
}
"""By its loader or the format of its weights, why nothing here loads a checkpoint."""


def form_id(id: str, precision: str) -> str:
    """Return the id of a form of a checkpoint whose weights are rounded to fewer bits."""
    return f"{id}:{precision}"


def is_form(id: str) -> bool:
    """True for the id of a form in fewer bits; those on the Hub have no colon."""
    return ":" in id


def hub_id_of(id: str) -> str:
    """Return the id on the Hub of a checkpoint or a form of one."""
    return id.partition(":")[0]


class Checkpoint(NamedTuple):
    """One loadable set of weights. None where nobody verified a field.

    `typical` are those of its tasks, or of those to fine-tune it for, that people usually start
    with it. `active_parameters_millions` work on each token of a mixture of experts. `dtype` is the
    precision in which its file holds the weights, `takes` all that it takes of what families can
    take: several images at once, a question. Of its `languages`, those under `languages_inferred`
    stand on a maker's count alone, and `languages_poor` were measured and stand at the bottom.
    `weights` is the format that its files hold. Of its `series`, it is `larger_than` another, and
    `succeeds` one of another series at its size: both are claims that figures have to bear out.
    `network` says what it is built as, where that is not what its family is: it is listed there
    because it does the same work. `home` is where its files are had if they have no page on the
    Hub. `prompts` are what its card asks it with, by task. One that thinks is told to or not by the
    `thinking_switch` of its chat template, a boolean, where it has one; its answer follows the
    first of `answer_marks`, without the others. `text_case` is that of the texts it learnt. It
    reads `pages` as a whole, or one element or line at a time; `pipelines` are versions of its
    maker's pipeline, by the tasks that take it. `published_forms` are repositories of its maker
    with rounded weights, and the GB of their files. `notes` are of other fields of its entry.
    `linear_millions` of its parameters are what rounding to 8 or 4 bits takes; `losses` are what
    that may cost, in points of 100 by precision, where any was published for its line and size. In
    another `precision` than the stored one it is a form of the checkpoint under `hub_id`.
    What is `Cited` was read somewhere, so that each entry has to say where.
    """

    id: f.HubId
    family: f.Computed[str]
    label: f.Text
    loader: Annotated[str, f.OneOf(*LOADERS)]
    model_class: f.Cited[f.ClassName | None] = None
    processor: f.Cited[f.CodeName | None] = None
    model_type: f.Cited[f.Text | None] = None
    pipeline: f.Cited[f.Id | None] = None
    tasks: f.Required[f.Tasks] = ()
    fine_tune: f.Tasks = ()
    typical: f.Ids = ()
    stage: f.Stage | None = None
    parameters_millions: f.Cited[float | None] = None
    active_parameters_millions: float | None = None
    image_size: f.Cited[f.Positive | None] = None
    text_context: f.Cited[f.Positive | None] = None
    languages: f.Cited[f.Languages | None] = None
    licence: f.Cited[f.Text | None] = None
    commercial_use: f.Cited[f.CommercialUse | None] = None
    gated: f.Cited[bool | None] = None
    released: f.Cited[Annotated[int, f.Integer(2015)] | None] = None
    revision: Annotated[str, f.TextOf(r"[0-9a-f]{7,40}", "a commit")] | None = None
    prompts: f.Cited[f.PromptsByTask] = {}
    pitfalls: f.Cited[f.Texts] = ()
    derived: bool = False
    writer: f.Computed[Decoder | None] = None
    notes: f.Computed[Mapping[str, str]] = {}
    sources: f.Required[Mapping[f.OwnField, f.Sources]] = {}
    checked: f.Required[f.Month] = ""
    hub_task: f.Id | None = None
    last_modified: f.Month | None = None
    dtype: f.Cited[f.Dtype | None] = None
    takes: f.Cited[f.TakenOptions | None] = None
    languages_inferred: f.Cited[f.Languages | None] = None
    languages_poor: f.Cited[f.Languages | None] = None
    weights: f.Cited[f.Weights | None] = None
    series: f.Id | None = None
    larger_than: f.CheckpointId | None = None
    succeeds: f.CheckpointId | None = None
    home: f.Url | None = None
    network: f.Cited[f.Text | None] = None
    thinking: f.Cited[f.Thinking | None] = None
    thinking_switch: f.Cited[
        Annotated[str, f.TextOf(r"[a-z_]+", "an argument of a chat template")] | None
    ] = None
    answer_marks: f.Cited[f.Texts] = ()
    text_case: f.Cited[f.TextCase | None] = None
    pages: f.Cited[f.PagesRead | None] = None
    pipelines: f.Cited[f.Pipelines] = {}
    published_forms: f.Cited[f.PublishedForms] = {}
    linear_millions: f.Computed[float | None] = None
    losses: f.Computed[Mapping[str, float]] = {}
    precision: f.Computed[str] = STORED

    @property
    def hub_id(self) -> str:
        """The id of its weights on the Hub, the same for all its forms."""
        return hub_id_of(self.id)

    @property
    def is_rounded(self) -> bool:
        """True for a form whose weights are rounded to 8 or 4 bits while they are loaded."""
        return self.precision != STORED

    @property
    def loses_much(self) -> bool:
        """True for a form whose worst published loss is more than noise on most yardsticks."""
        return self.losses.get(self.precision, 0.0) >= MUCH

    @property
    def bits(self) -> str:
        """How many bits a rounded weight has; empty for weights as they are stored."""
        return self.precision.removeprefix("int") if self.is_rounded else ""

    @property
    def forms(self) -> tuple[Checkpoint, ...]:
        """The checkpoint itself, and its forms in fewer bits of which a loss is known.

        Those are used as they are; what is known of others in relation to it holds of none of them.
        """
        alone = self._replace(fine_tune=(), larger_than=None, succeeds=None)
        rounded = (
            alone._replace(id=form_id(self.id, precision), precision=precision)
            for precision in self.losses
        )
        return (self, *rounded)

    @property
    def page(self) -> str:
        """The address of the page where its files are had."""
        return self.home or f"https://huggingface.co/{self.hub_id}"

    @property
    def thinks(self) -> bool:
        """True where it thinks before it answers, unless it is told not to."""
        return self.thinking in ("on-by-default", "always")

    @property
    def offered(self) -> bool:
        """True where it may be offered for its tasks: not derived from a family, nor of none."""
        return not self.derived and self.family != NONE

    @property
    def obstacle(self) -> str:
        """What keeps it from being loaded, where something does: its loader, or its weights."""
        return self.loader if self.loader not in LOADERS[:2] else str(self.weights)

    @property
    def loads_safely(self) -> bool:
        """False where loading it takes code of its own, a pickle, or a program of another kind."""
        return self.loader in LOADERS[:2] and self.weights not in ("pickle", "onnx")
