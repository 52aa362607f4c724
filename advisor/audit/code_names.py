"""Names in rule files that code has to know: functions of the check, runners, classes to load.

Nothing here imports torch or transformers.
"""

from __future__ import annotations

from collections.abc import Iterator

from advisor.audit.places import Places
from advisor.catalogue.settled import in_some_release, spelt_alike
from advisor.check.rules import AFTERWARDS, DETECTORS
from advisor.errors import did_you_mean, nearest
from advisor.model.library import CheckRule, RunnerUse
from advisor.reader.document import Document, KeyPath, read_document
from advisor.rulebase.base import RuleBase
from advisor.trial.failures import UnsupportedError
from advisor.trial.runner import known_runners, runner_class
from advisor.trial.runtime import own_networks

FUNCTIONS = "advisor/check/rules/"


def unknown_names(places: Places) -> list[str]:
    """Return what no code knows, each at file:line:column."""
    rulebase = places.rulebase
    documents: dict[str, Document] = {}
    found = [("check", "checks", one.id, _of_check(one)) for one in rulebase.checks.values()]
    found += [("use", "uses", one.id, _of_use(rulebase, one)) for one in rulebase.uses]
    for kind, listed, id, faults in found:
        name = rulebase.place(kind, id).rpartition(":")[0]
        for path, message in faults:
            if name not in documents:
                documents[name] = read_document(places.file(name), name)
            document = documents[name]
            document.report((*_entry(document, listed, id), *path), message)
    return [str(one) for each in documents.values() for one in sorted(each.problems)]


def _entry(document: Document, listed: str, id: str) -> KeyPath:
    """Return where an entry stands in its file."""
    return next(
        (listed, index) for index, one in enumerate(document.value[listed]) if one["id"] == id
    )


def _of_check(rule: CheckRule) -> Iterator[tuple[KeyPath, str]]:
    known = [id for detector in (*DETECTORS, *AFTERWARDS) for id in detector.ids]
    if rule.id not in known:
        close = _meant(rule.id, known)
        yield ("id",), f'no function stands under @rule("{rule.id}") in {FUNCTIONS}{close}'


def _of_use(rulebase: RuleBase, use: RunnerUse) -> Iterator[tuple[KeyPath, str]]:
    try:
        runner_class(use)
    except UnsupportedError:
        close = _meant(use.runner, known_runners())
        yield ("runner",), f"advisor.trial has no runner `{use.runner}`{close}"
    for type, name in use.loads.items():
        yield from _of_class(rulebase, ("loads", type), name)
    for index, name in enumerate(use.classes):
        yield from _of_class(rulebase, ("classes", index), name)


def _of_class(rulebase: RuleBase, path: KeyPath, name: str) -> Iterator[tuple[KeyPath, str]]:
    if name not in own_networks() and not in_some_release(rulebase, name):
        close = did_you_mean(spelt_alike(name, own_networks()))
        yield path, f"no release of transformers that is described has a class `{name}`{close}"


def _meant(name: str, known: list[str]) -> str:
    close = nearest(name, known)
    return did_you_mean([close] if close else [])
