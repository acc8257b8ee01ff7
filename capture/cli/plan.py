"""``falcolab capture plan``: which calls are hooked for some rules, and why."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from capture.probe.plan import HookPlan, PlannedCall, make_plan
from falcolab.cli.output import say_json, say_table, tell
from falcolab.rules.loader import load_rules


def plan(rules: Sequence[Path], extra: Sequence[str], *, as_json: bool) -> int:
    """Print the plan.

    Raises:
        InputError, RulesError: the rules cannot be read or used, or there is no such call.
    """
    made = make_plan(load_rules(*rules), extra)
    if as_json:
        say_json(_as_json(made))
        return 0
    say_table(("call", "recorded", "why"), made.rows())
    tell(f"{len(made.calls)} calls are hooked, {len(made.planned) - len(made.calls)} are not")
    return 0


def _as_json(made: HookPlan) -> dict[str, Any]:
    return {
        "calls": [_call(each) for each in made.planned],
        "unsupported": {name: list(rules) for name, rules in sorted(made.unsupported.items())},
    }


def _call(planned: PlannedCall) -> dict[str, Any]:
    return {
        "call": planned.call.name,
        "hooked": planned.is_hooked,
        "state": planned.for_state,
        "extra": planned.is_extra,
        "rules": list(planned.rules),
    }
