"""``falcolab ingest``: captures into a lake."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from falcolab.cli.output import harmless, progress, tell
from falcolab.lake.ingest import Ingested, ingest_k8s_audit

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
    for file in files:
        with progress(f"{harmless(file)}") as shown:
            done = ingest_k8s_audit(
                lake,
                file,
                None
                if shown is None
                else lambda n: shown.update(shown.task_ids[0], description=f"{n:,} events"),
            )
        tell(_summary(done))
    return 0


def _summary(done: Ingested) -> str:
    name = harmless(done.name)
    if done.known:
        return f"{name}: already in the lake, nothing added"
    text = f"{name}: {done.events:,} events"
    if done.rejected:
        text += f"; {done.rejected:,} items are no audit events, see {done.quarantine}"
    return text
