"""``falcolab lake``: what a lake holds, whether it is whole, and keeping it small."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer

from falcolab.api.lake import Lake
from falcolab.cli.arguments import AsJson, LakeFolder
from falcolab.cli.output import harmless, moment, progress, say, say_json, say_table
from falcolab.cli.quantities import bytes_of, seconds_of
from falcolab.errors import InputError
from falcolab.lake.compaction import compact as compact_lake
from falcolab.lake.manifest import Capture
from falcolab.lake.retention import Limits, Pruned
from falcolab.lake.retention import prune as prune_lake

app = typer.Typer(help="Look after a lake.", no_args_is_help=True)


@app.command()
def info(lake: LakeFolder, as_json: AsJson = False) -> int:
    """Show what has been ingested: captures, events, time range, size."""
    opened = Lake(lake)
    captures = opened.captures
    if as_json:
        say_json({"lake": str(lake), "captures": [_described(capture) for capture in captures]})
        return 0
    columns = (
        "number",
        "source",
        "events",
        "rejected",
        "lost",
        "first",
        "last",
        "bytes",
        "bytes/event",
        "name",
    )
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
        capture.losses,
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


@app.command()
def compact(
    lake: LakeFolder,
    keep: Annotated[
        str,
        typer.Option(
            "--keep-replaced",
            metavar="TIME",
            help="How long the files stay that are not needed any more, for those who are reading them.",
        ),
    ] = "0s",
    as_json: AsJson = False,
) -> int:
    """Join small captures into large ones; events, their ids and all alerts stay the same."""
    seconds = seconds_of("--keep-replaced", keep)
    with progress("captures joined", unit="captures") as told:
        done = compact_lake(Lake(lake).store, keep=seconds, told=told)
    if as_json:
        before, after = ({"files": done.files[at], "bytes": done.bytes[at]} for at in (0, 1))
        say_json({"joined": done.joined, "made": done.made, "before": before, "after": after})
        return 0
    if not done.joined:
        say("nothing to join")
        return 0
    say(f"{done.joined:,} captures joined into {done.made:,}")
    say(f"{done.files[0]:,} files are {done.files[1]:,}; {done.bytes[0]:,} bytes are {done.bytes[1]:,}")
    return 0


@app.command()
def prune(
    lake: LakeFolder,
    older_than: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Remove what ended longer ago than this, such as 7d, 12h, 30m."),
    ] = None,
    max_bytes: Annotated[
        str | None,
        typer.Option(
            metavar="SIZE", help="Remove the oldest until the rest is no larger, such as 10G, 500M."
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be removed.")] = False,
    as_json: AsJson = False,
) -> int:
    """Remove the oldest parts of captures, by age, by size or both; whole parts only."""
    limits = Limits(
        None if older_than is None else seconds_of("--older-than", older_than),
        None if max_bytes is None else bytes_of("--max-bytes", max_bytes),
    )
    if limits == Limits():
        raise InputError("say what may stay: --older-than TIME, --max-bytes SIZE or both")
    pruned = prune_lake(Lake(lake).store, limits, is_trial=dry_run)
    if as_json:
        say_json({"dry_run": dry_run, "removed": [asdict(part) for part in pruned]})
        return 0
    rows = [_pruned_row(part) for part in pruned]
    if rows:
        say_table(("part", "source", "events", "first", "last", "bytes", "reason", "capture"), rows)
    events, size = sum(each.events for each in pruned), sum(each.bytes for each in pruned)
    verb = "would be removed" if dry_run else "removed"
    say(f"{len(pruned):,} parts {verb}: {events:,} events, {size:,} bytes")
    return 0


def _pruned_row(part: Pruned) -> tuple[Any, ...]:
    return (
        part.part,
        part.source,
        part.events,
        moment(part.min_time)[:19],
        moment(part.max_time)[:19],
        part.bytes,
        part.reason,
        part.capture,
    )
