"""``falcolab ingest``: captures into a lake."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from falcolab.api.lake import Lake
from falcolab.cli.output import harmless, progress, tell
from falcolab.lake.capture_writer import Ingested

app = typer.Typer(help="Add captures to a lake, which is made if it does not exist.", no_args_is_help=True)

Files = Annotated[
    list[str],
    typer.Argument(metavar="FILE...", help="Plain or gzip; - is standard input.", show_default=False),
]
Target = Annotated[Path, typer.Option("--lake", metavar="DIR", help="The lake.", show_default=False)]


@app.command("k8s-audit")
def k8s_audit(files: Files, lake: Target) -> int:
    """Add Kubernetes audit logs: JSON lines, single objects or an EventList.

    What is no audit event is put aside in the lake's quarantine and counted.
    """
    return _each(files, lake, Lake.ingest)


@app.command()
def scap(files: Files, lake: Target) -> int:
    """Add captures of system calls, as Falco and sysdig write them (.scap).

    Of a capture that breaks off, what is whole is kept, and the break is told.
    """
    return _each(files, lake, Lake.ingest_scap)


def _each(files: list[str], lake: Path, ingest: Callable[..., Ingested]) -> int:
    for file in files:
        with progress(harmless(file)) as shown:
            done = ingest(lake, file, shown)
        tell(_summary(done))
    return 0


def _summary(done: Ingested) -> str:
    name = harmless(done.name)
    if done.known:
        return f"{name}: already in the lake, nothing added"
    if done.damage:
        return f"{name}: {done.events:,} events, then the file breaks off: {harmless(done.damage)}"
    text = f"{name}: {done.events:,} events"
    if done.rejected:
        text += f"; {done.rejected:,} items are no audit events, see {done.quarantine}"
    return text
