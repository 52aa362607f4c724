"""`advisor list`, `show` and `compare`: entries of a kind, one entry, or several side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from advisor.catalogue.filters import SORTS, Matches, Wishes, licence_names, matches
from advisor.console.commands import Options, rules_of
from advisor.console.flags import split
from advisor.console.options import option
from advisor.console.output import Shown
from advisor.draw.formats import Report
from advisor.engine.bounds import SIZE, bound_value, read_bound
from advisor.engine.numbers import as_number
from advisor.errors import CheckpointsOnlyError, UsageError, check_name, unknown_name
from advisor.hub import cache_folder
from advisor.rulebase.base import RuleBase

ONLY = "List only checkpoints"


def complete_kind(incomplete: str) -> list[str]:
    """Return the kinds that begin with `incomplete`, for the shell to complete."""
    from advisor.catalogue.knowledge import KINDS

    return [kind for kind in KINDS if kind.startswith(incomplete)]


def complete_id(incomplete: str) -> list[str]:
    """Return the ids that begin with `incomplete`, in any case, for the shell to complete."""
    from advisor.catalogue.knowledge import KINDS, all_of

    rulebase = rules_of()
    ids = (id for kind in KINDS for id in all_of(rulebase, kind))
    return sorted({id for id in ids if id.lower().startswith(incomplete.lower())})


Several = list[str]
COMMERCIAL = "Commercial use: permitted, restricted or not-permitted."
STAGES = "Training stage: pre-trained, fine-tuned, instruction-tuned or contrastive."
LOADERS = "Loader: transformers, open_clip, remote-code or other."
FITS = f"{ONLY} whose memory estimate is at most this many GB, such as 8 or 8GB."
SIZES = f"{ONLY} with at most this many parameters, such as 500M or 1B."
NAMES = f"{ONLY} with a word in their id or label that begins so, such as google or bio."
ACCESS = f"{ONLY} that are gated (--gated) or not gated (--open)."


def read_wishes(
    rulebase: RuleBase,
    family: Annotated[str, option("--family FAMILY", f"{ONLY} of this family.")] = "",
    task: Annotated[str, option("--task TASK", f"{ONLY} for this task.")] = "",
    fine_tune: Annotated[
        bool, option("--fine-tune", "List checkpoints to fine-tune for the task. Requires --task.")
    ] = False,
    language: Annotated[
        Several, option("--language CODE", f"{ONLY} that support this language.")
    ] = [],  # noqa: B006
    licence: Annotated[
        Several, option("--license NAME", f"{ONLY} under one of these licenses.", "--licence")
    ] = [],  # noqa: B006
    commercial_use: Annotated[str, option("--commercial-use USE", COMMERCIAL)] = "",
    memory_gb: Annotated[str, option("--memory-gb --max-memory-gb GB", FITS)] = "",
    max_parameters: Annotated[str, option("--max-parameters NUMBER", SIZES)] = "",
    name: Annotated[str, option("--name TEXT", NAMES)] = "",
    stage: Annotated[Several, option("--stage STAGE", STAGES)] = [],  # noqa: B006
    loader: Annotated[Several, option("--loader LOADER", LOADERS)] = [],  # noqa: B006
    model_type: Annotated[
        Several, option("--model-type TYPE", f"{ONLY} of this model type, such as blip.")
    ] = [],  # noqa: B006
    gated: Annotated[bool | None, option("--gated/--open", ACCESS)] = None,
) -> Wishes:
    """Return the filter that the options describe. Raises UsageError for an invalid value."""
    one_of: dict[str, Sequence[Any]] = {
        "family": [rulebase.family(family).id] if family else [],
        "commercial_use": _known(rulebase, "commercial_use", [commercial_use]),
        "licence": _licences(rulebase, split(licence)),
        "stage": _known(rulebase, "stage", stage),
        "loader": _known(rulebase, "loader", loader),
        "model_type": split(model_type),
        "gated": [] if gated is None else [gated],
    }
    from advisor.decide.bounded_rules import called

    if name and not called(rulebase, name):
        raise UsageError(f"no checkpoint is called `{name}`", hint="advisor list checkpoints")
    most = bound_value(SIZE, read_bound(SIZE, max_parameters)) if max_parameters else None
    memory = as_number(memory_gb, rulebase.question("memory-gb").units) if memory_gb else None
    if memory_gb and memory is None:
        raise UsageError(f"`{memory_gb}` is not a number of GB", hint="e.g. `--memory-gb 8`")
    return Wishes(
        task=rulebase.task(task).id if task else None,
        fine_tune=fine_tune,
        languages=tuple(split(language)),
        max_memory_gb=memory,
        max_millions=most[0] if most else None,
        ids=called(rulebase, name) if name else None,
        one_of={field: values for field, values in one_of.items() if values},
    )


def _licences(rulebase: RuleBase, given: list[str]) -> list[str]:
    """Return license names of the catalog in lower case; `apache` means all that begin with it."""
    names = licence_names(rulebase)
    every: list[str] = []
    for name in map(str.lower, given):
        alike = [name] if name in names else [each for each in names if each.startswith(name)]
        if not alike:
            raise unknown_name("license", name, names, "`advisor list checkpoints` shows them")
        every += alike
    return every


def _known(rulebase: RuleBase, field: str, given: list[str]) -> list[str]:
    """Return values of a field, split at commas; raises UsageError if no checkpoint has one."""
    catalogued = (getattr(checkpoint, field) for checkpoint in rulebase.checkpoints.values())
    names = tuple(dict.fromkeys(value for value in catalogued if value is not None))
    values = split(given)
    for value in values:
        check_name(field.replace("_", " "), value, names, "known")
    return values


KindName = Annotated[
    str,
    typer.Argument(
        metavar="[KIND]",
        help="Kind of entries: families, tasks, questions, criteria, rules, "
        "sources or checkpoints.",
        autocompletion=complete_kind,
    ),
]
Sort = Annotated[
    str,
    option("--sort BY", "Sort key: id, size, memory, released or (with --task) quality."),
]
Limit = Annotated[int, option("--limit N", "Number of checkpoints to list. 0: all.", min=0)]
Written = Annotated[bool, option("--written", "List only rules written by hand.")]


def list_(
    *,
    kind: KindName = "",
    wishes: Annotated[Wishes, Options(read_wishes)],
    sort: Sort = "",
    limit: Limit = 0,
    written: Written = False,
    rulebase: RuleBase,
    shown: Shown,
) -> int:
    """List tasks, checkpoints, questions, rules or sources. Without KIND, list the kinds.

    Pass several values as a,b or repeat the option. A checkpoint with an unverified field never
    matches a filter on that field and is counted separately.

    \b
    Examples:
      advisor list tasks
      advisor list checkpoints --task captioning --family vision-encoder-decoder
      advisor list checkpoints --task vqa --memory-gb 4 --sort quality
      advisor list rules --written --format json
    """
    from advisor.catalogue.knowledge import kinds_json, plural
    from advisor.catalogue.page import kinds_page

    kinds = plural(kind) if kind else ""
    if written and kinds != "rules":
        raise UsageError("`--written` works only with rules", hint="advisor list rules --written")
    if kinds == "checkpoints":
        shown.emit(_checkpoints(rulebase, wishes, sort, limit))
    elif wishes != Wishes() or sort or limit:
        raise CheckpointsOnlyError(
            "filters such as `--family` and `--task` work only with checkpoints",
            hint="advisor list checkpoints --task vqa",
        )
    elif kinds:
        shown.emit(_things(rulebase, kinds, written=written))
    else:
        shown.emit(Report.of(kinds_json, kinds_page, rulebase))
    return 0


def _things(rulebase: RuleBase, kind: str, *, written: bool) -> Report:
    from advisor.catalogue.knowledge import all_of, things_json
    from advisor.catalogue.page import things_page

    every = all_of(rulebase, kind).values()
    things = [thing for thing in every if not (written and thing.derived)]
    return Report.of(things_json, things_page, rulebase, kind, things)


def _checkpoints(rulebase: RuleBase, wishes: Wishes, sort: str, limit: int) -> Report:
    if sort:
        check_name("order", sort, SORTS, "for speed, see `advisor recommend --within`. Known")
    for flag, needs in (("--sort quality", sort == "quality"), ("--fine-tune", wishes.fine_tune)):
        if needs and not wishes.task:
            raise UsageError(
                f"`{flag}` needs a task", hint=f"e.g. advisor list checkpoints --task vqa {flag}"
            )
    every = matches(rulebase, wishes, sort)
    first = every._replace(checkpoints=every.checkpoints[: limit or None])
    return _table(rulebase, first, wishes.task, sort)


def _table(rulebase: RuleBase, matches: Matches, task: str | None = None, sort: str = "") -> Report:
    """Return the report on several checkpoints."""
    from advisor.catalogue.checkpoint_page import checkpoints_page
    from advisor.catalogue.knowledge import checkpoints_json

    return Report(
        lambda: checkpoints_json(rulebase, matches),
        lambda: checkpoints_page(rulebase, matches, task, sort),
    )


ShownId = Annotated[
    str, typer.Argument(help="Id or alias of the entry.", autocompletion=complete_id)
]
OfKind = Annotated[
    str, option("--kind KIND", "Restrict the search to a kind: families, tasks, rules, ...")
]
Full = Annotated[bool, option("--full", "Show the whole entry of a checkpoint, with sources.")]


def show(
    *, id: ShownId, kind: OfKind = "", full: Full = False, rulebase: RuleBase, shown: Shown
) -> int:
    """Show a family, task, question, rule, source or checkpoint, or a check rule.

    A checkpoint outside the catalog is described from its config.json, in a folder or the Hub
    cache.

    \b
    Examples:
      advisor show clip
      advisor show captioning
      advisor show BLIP-2
      advisor show large-collection-searched-again-and-again
      advisor show Salesforce/blip-image-captioning-base
      advisor show Salesforce/blip-image-captioning-base --full
      advisor show ./my-fine-tuned-captioner
    """
    from advisor.catalogue.knowledge import find, plural

    if not kind and id in rulebase.checks:
        from advisor.catalogue.page import rule_report

        shown.emit(rule_report(rulebase, id))
        return 0
    try:
        own_kind, thing = find(rulebase, id, kind or None)
    except UsageError as unknown:
        if kind and plural(kind) != "checkpoints":
            raise
        shown.emit(_called_so(rulebase, id, unknown, full=full))
        return 0
    report = _thing(rulebase, own_kind, thing, full=full)
    if own_kind == "families" and id.lower() != thing.id:
        report = report._replace(page=_called_so(rulebase, id, report, full=full).page)
    shown.emit(report)
    return 0


def _thing(rulebase: RuleBase, kind: str, thing: Any, *, full: bool) -> Report:
    from advisor.catalogue.knowledge import thing_json
    from advisor.catalogue.page import thing_page

    if full:
        from advisor.catalogue.checkpoint_page import entry_page
        from advisor.catalogue.knowledge import entry_json

        if kind != "checkpoints":
            raise UsageError(
                f"`--full` works only with checkpoints, and `{thing.id}` is not a checkpoint",
                hint=f"advisor show {thing.id}",
            )
        return Report.of(entry_json, entry_page, rulebase, thing)
    return Report.of(thing_json, thing_page, rulebase, kind, thing)


def _called_so(
    rulebase: RuleBase, id: str, otherwise: Report | UsageError, *, full: bool
) -> Report:
    """Return the report on checkpoints that people call `id`: several as a table, one as its page.

    For one or none, a report `otherwise` is returned as it is. Without it, a checkpoint outside the
    catalog is described, or the error `otherwise` is raised; UsageError for its `full` entry.
    """
    from advisor.catalogue.checkpoint_page import uncatalogued_page
    from advisor.catalogue.knowledge import checkpoints_called
    from advisor.catalogue.uncatalogued import find_uncatalogued, uncatalogued_json
    from advisor.draw.blocks import Text

    called = checkpoints_called(rulebase, id)
    if len(called) > 1:
        table, family = _table(rulebase, Matches(called, [])), rulebase.family_names.get(id.lower())
        if family is None:
            return table
        line = Text(f"`advisor show {family.id}` describes the family {family.shown}", "quiet")
        return table._replace(page=lambda: [*table.page(), line])
    if isinstance(otherwise, Report):
        return otherwise
    if called:
        return _thing(rulebase, "checkpoints", called[0], full=full)
    model = find_uncatalogued(rulebase, id, cache_folder())
    if model is None:
        raise otherwise
    if full:
        raise UsageError(f"`{id}` has no entry in the catalog", hint=f"advisor show {id}")
    return Report(
        lambda: uncatalogued_json(model, rulebase.digest), lambda: uncatalogued_page(model)
    )


def compare(
    *,
    ids: Annotated[
        list[str],
        typer.Argument(
            help="Two or more families, or two or more checkpoints.", autocompletion=complete_id
        ),
    ],
    rulebase: RuleBase,
    shown: Shown,
) -> int:
    """Compare families or checkpoints side by side.

    A checkpoint outside the catalog can be a folder or an id in the Hub cache.

    \b
    Examples:
      advisor compare clip unified-vlp
      advisor compare Salesforce/blip-vqa-base microsoft/git-base-coco
    """
    from advisor.catalogue.knowledge import compared_json, find_comparable
    from advisor.catalogue.page import compared_page

    kind, things = find_comparable(rulebase, ids, cache_folder())
    shown.emit(Report.of(compared_json, compared_page, rulebase, kind, things))
    return 0
