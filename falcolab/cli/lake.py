"""``falcolab lake``: what a lake holds, and whether it is whole."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import typer

from falcolab.api.lake import Lake
from falcolab.cli.arguments import AsJson, LakeFolder
from falcolab.cli.output import harmless, moment, say, say_json, say_table
from falcolab.lake.manifest import Capture

app = typer.Typer(help="Look after a lake.", no_args_is_help=True)


@app.command()
def info(lake: LakeFolder, as_json: AsJson = False) -> int:
    """Show what has been ingested: captures, events, time range, size."""
    opened = Lake(lake)
    captures = opened.captures
    if as_json:
        say_json({"lake": str(lake), "captures": [_described(capture) for capture in captures]})
        return 0
    columns = ("number", "source", "events", "rejected", "first", "last", "bytes", "bytes/event", "name")
    say_table(columns, [_row(capture) for capture in captures])
    say(f"{len(captures):,} captures, {sum(capture.events for capture in captures):,} events")
    return 0


def _described(capture: Capture) -> dict[str, Any]:
    described = {name: value for name, value in asdict(capture).items() if name != "parts"}
    rows: dict[str, int] = {}
    for part in capture.parts:
        for file in part.files:
            rows[file.table] = rows.get(file.table, 0) + file.rows
    return described | {"bytes": capture.bytes, "parts": len(capture.parts), "rows": rows}


def _row(capture: Capture) -> tuple[Any, ...]:
    return (
        capture.number,
        capture.source,
        capture.events,
        capture.rejected,
        moment(capture.min_time)[:19],
        moment(capture.max_time)[:19],
        capture.bytes,
        round(capture.bytes / capture.events, 1) if capture.events else 0,
        capture.name,
    )


@app.command()
def verify(lake: LakeFolder, as_json: AsJson = False) -> int:
    """Check files, checksums, schemas, row counts, keys and gaps; exit code 1 when something is wrong."""
    problems = Lake(lake).verify()
    if as_json:
        say_json({"ok": not problems, "problems": [asdict(problem) for problem in problems]})
    else:
        for problem in problems:
            say(f"{harmless(problem.path)}: {harmless(problem.message)}")
        say(f"{len(problems):,} problems" if problems else "ok")
    return 1 if problems else 0
