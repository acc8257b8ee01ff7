"""falcolab: replay captures against Falco rules, measure what they cost, promote the better ones.

    import falcolab

    lake = falcolab.Lake("lake")
    rules = falcolab.load_rules("falco_rules.yaml", "my_rules.yaml")
    lake.replay(rules).df()

Names are loaded when they are first used, so that importing falcolab is quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from falcolab.api.compare import compare
    from falcolab.api.lake import Lake
    from falcolab.errors import FalcolabError, InputError, RulesError
    from falcolab.rules.loader import load_rules
    from falcolab.rules.ruleset import Rule, Ruleset

__version__ = "0.1.0"

_HOMES = {
    "Lake": "falcolab.api.lake",
    "FalcolabError": "falcolab.errors",
    "InputError": "falcolab.errors",
    "RulesError": "falcolab.errors",
    "load_rules": "falcolab.rules.loader",
    "Rule": "falcolab.rules.ruleset",
    "Ruleset": "falcolab.rules.ruleset",
    "compare": "falcolab.api.compare",
}

__all__ = ["FalcolabError", "InputError", "Lake", "Rule", "RulesError", "Ruleset", "compare", "load_rules"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'falcolab' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
