"""Which kind of vision-language model fits a task, which checkpoint, and why.

>>> import advisor
>>> answer = advisor.recommend(task="captioning", memory_gb=2)
>>> answer
<Recommendation: assumed
  captioning: unified-vlp, Qwen/Qwen3.5-0.8B
  advisor recommend --task captioning --memory-gb 2>
>>> answer.checkpoint
'Qwen/Qwen3.5-0.8B'
>>> answer.advice[0].decision.family
'unified-vlp'

Names are imported when they are used, and nothing is read before an interrupt is one line.
"""

import os
import sys

__version__ = "0.1.0"


def is_program() -> bool:
    """True if the command `advisor` or `python -m advisor` started this process."""
    words = sys.argv
    if words[:1] == ["-m"]:  # as long as the module is looked for
        return sys.orig_argv[-len(words)] == "advisor"
    return bool(words) and os.path.basename(words[0]).removesuffix(".exe") == "advisor"  # noqa: PTH119


def _end_in_a_line(kind: type[BaseException], error: BaseException, trace: object) -> None:
    """Exception hook: print an interrupt in one line and exit with 130; others as usual."""
    if issubclass(kind, KeyboardInterrupt):
        sys.stderr.write("\nadvisor: interrupted\n")
        raise SystemExit(130)
    _usual_hook(kind, error, trace)  # type: ignore[arg-type]


_usual_hook = sys.excepthook
sys.excepthook = _end_in_a_line  # before anything is called
if is_program():
    from advisor.search_path import import_only_what_is_installed

    import_only_what_is_installed()
else:
    sys.excepthook = _usual_hook

TYPE_CHECKING = False
if TYPE_CHECKING:  # `typing` is imported by what needs it
    from advisor.decide.recommendation import Recommendation, recommend
    from advisor.engine.decision import Engine
    from advisor.engine.profile import make_profile
    from advisor.errors import AdvisorError
    from advisor.explanation.explain import explain
    from advisor.rulebase.base import RuleBase
    from advisor.rulebase.store import load_rules

__all__ = [
    "AdvisorError",
    "Engine",
    "Recommendation",
    "RuleBase",
    "explain",
    "load_rules",
    "make_profile",
    "recommend",
]

_HOMES = {
    "AdvisorError": "advisor.errors",
    "Engine": "advisor.engine.decision",
    "Recommendation": "advisor.decide.recommendation",
    "RuleBase": "advisor.rulebase.base",
    "explain": "advisor.explanation.explain",
    "load_rules": "advisor.rulebase.store",
    "make_profile": "advisor.engine.profile",
    "recommend": "advisor.decide.recommendation",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'advisor' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__", "__doc__"])
