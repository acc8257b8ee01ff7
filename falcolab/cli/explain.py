"""``falcolab explain``: why a rule fires on an event, or why not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer

from falcolab.api.lake import Lake
from falcolab.cli.arguments import AsJson, LakeFolder, RulesFiles
from falcolab.cli.output import harmless, say, say_json, shortened
from falcolab.engine.explain import Clause, Explanation
from falcolab.rules.loader import load_rules

RuleName = Annotated[str, typer.Option("--rule", metavar="NAME", help="The rule.", show_default=False)]
EventId = Annotated[
    str,
    typer.Option("--event", metavar="ID", help="The event, as replay and match show it.", show_default=False),
]


def explain(
    lake: LakeFolder, rules: RulesFiles, rule: RuleName, event: EventId, as_json: AsJson = False
) -> int:
    """Show the truth of every clause of a rule on one event, with the values, and what decided."""
    found = Lake(lake).explain(load_rules(*rules), rule, event)
    if as_json:
        say_json(found.as_json())
        return 0
    for line in _lines(found):
        say(line)
    return 0


def _lines(found: Explanation) -> Iterator[str]:
    verdict = "fires" if found.fires else "does not fire"
    yield f"rule '{harmless(found.rule.name)}' {verdict} on event {found.event_id}"
    if found.note:
        yield f"  {harmless(found.note)}"
    if not found.rule.enabled:
        yield "  the rule is disabled"
    yield from _tree(found.condition, 1)
    yield "what decided (marked with *):"
    for check in found.decisive:
        yield f"  {_check(check)}"


def _tree(clause: Clause, level: int) -> Iterator[str]:
    mark = "*" if clause.decided else " "
    truth = "true " if clause.truth else "false"
    what = _check(clause) if clause.kind == "check" else clause.kind
    yield f"{mark} {truth} {'  ' * level}{what}"
    for child in clause.children:
        yield from _tree(child, level + 1)


def _check(clause: Clause) -> str:
    values = ", ".join(f"{name} is {shortened(harmless(value), 120)}" for name, value in clause.values)
    return f"{shortened(harmless(clause.text), 120)}   [{values}]"
