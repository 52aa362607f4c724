"""Names in the shipped rules that code has to know."""

import re
from pathlib import Path

from advisor.catalogue.release import described_releases, release, release_table
from advisor.catalogue.release_table import EXPORTS
from advisor.check.rules import AFTERWARDS, DETECTORS
from advisor.model.library import ANY_TYPE
from advisor.trial.runner import Runner, runner_class
from advisor.trial.runtime import OWN_NETWORKS

DOCUMENT = Path(__file__).parents[1] / "docs" / "run.md"


def test_each_rule_of_the_check_has_a_function(rulebase):
    known = {id for detector in (*DETECTORS, *AFTERWARDS) for id in detector.ids}
    assert set(rulebase.checks) <= known


def test_each_use_names_a_runner_and_classes_that_are_there(rulebase):
    source = Path(__file__).parents[1] / OWN_NETWORKS.replace(".", "/") / "__init__.py"
    own = re.findall(r"^from \S+ import \w+ as (\w+)$", source.read_text("utf-8"), re.MULTILINE)
    table = release_table()
    blocks = [block for block in table.blocks if block.startswith(EXPORTS)]
    known = {name for block in blocks for name in table.masks(block, "")} | {*own}
    for use in rulebase.uses:
        assert issubclass(runner_class(use), Runner)
        assert {*use.loads.values(), *use.classes} <= known, use.id


def test_what_try_cannot_run_stands_in_its_document(rulebase):
    """A catalogued model type that nothing here runs is a row of docs/run.md, with the reason."""
    chats = release(rulebase, described_releases()[-1]).auto["AutoModelForImageTextToText"]
    runs = {type for use in rulebase.uses for type in use.loads if type != ANY_TYPE} | {*chats}
    catalogued = [one for one in rulebase.checkpoints.values() if one.loader == "transformers"]
    lacking = {one.model_type for one in catalogued if one.model_type not in runs}
    section = (
        DOCUMENT.read_text("utf-8").partition("## Unsupported model types")[2].partition("##")[0]
    )
    assert sorted(re.findall(r"^\| `([\w-]+)` \|", section, re.MULTILINE)) == sorted(lacking)
