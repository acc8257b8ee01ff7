"""``falcolab compare``: two rule sets on the same events."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from falcolab.api.lake import Lake
from falcolab.api.results import ComparisonResult
from falcolab.cli.arguments import (
    AsJson,
    LakeFolder,
    Matching,
    SourceName,
    check_matching,
    check_source,
)
from falcolab.cli.output import say, say_json, say_table, shortened
from falcolab.cli.replay import line
from falcolab.engine.alerts import Alert, hostname
from falcolab.rules.loader import load_rules

SHOWN = 10
"""How many lost and gained alerts are shown, unless all are asked for."""

_FILES = typer.Option(metavar="FILE...", help="Rules files and directories, in order.", show_default=False)


def compare(
    lake: LakeFolder,
    baseline: Annotated[list[Path], _FILES],
    candidate: Annotated[list[Path], _FILES],
    source: SourceName = None,
    matching: Matching = "all",
    every: Annotated[bool, typer.Option("--all", help="Show every lost and gained alert.")] = False,
    as_json: AsJson = False,
) -> int:
    """Show what changes from a baseline to a candidate: alerts lost (first), kept, gained, moved."""
    found = Lake(lake).compare(
        load_rules(*baseline),
        load_rules(*candidate),
        check_source(source),
        matching=check_matching(matching),
    )
    if as_json:
        say_json(_as_json(found))
    else:
        _show(found, len(found.lost) + len(found.gained) if every else SHOWN)
    return 0


def _show(found: ComparisonResult, shown: int) -> None:
    for title, alerts in (("lost", found.lost), ("gained", found.gained)):
        if alerts:
            say(f"{title}: {len(alerts):,} alerts")
            for alert in alerts[:shown]:
                say(f"  {shortened(line(alert))}")
            if len(alerts) > shown:
                say(f"  ... and {len(alerts) - shown:,} more (--all shows them)")
            say()
    say_table(found.columns, found.rows())
    say(found.title())


def _as_json(found: ComparisonResult) -> dict[str, Any]:
    rules = [
        {
            "rule": row.rule,
            **{name: getattr(row, name) for name in ("baseline", "candidate", "kept", "lost", "gained")},
            "moved": row.moved,
        }
        for row in found.comparison.rules
    ]
    host = hostname()

    def alerts(which: list[Alert]) -> list[dict[str, Any]]:
        return [{"event": alert.event_id, **alert.as_json(host)} for alert in which]

    return {
        "events": found.comparison.events,
        "totals": found.totals(),
        "rules": rules,
        "lost": alerts(found.lost),
        "gained": alerts(found.gained),
    }
