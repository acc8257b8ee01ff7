"""``falcolab replay``: the alerts that rules raise on a lake."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any

import typer

from falcolab.api.lake import Lake
from falcolab.cli.arguments import (
    AsJson,
    LakeFolder,
    LeastPriority,
    Matching,
    Moment,
    Names,
    RulesFiles,
    SourceName,
    Tags,
    check_matching,
    check_priority,
    check_source,
    choices_of,
    moment_of,
)
from falcolab.cli.output import harmless, say, say_json, tell
from falcolab.engine.alerts import Alert, hostname
from falcolab.errors import InputError
from falcolab.rules.loader import load_rules


def replay(
    ctx: typer.Context,
    lake: LakeFolder,
    rules: RulesFiles,
    source: SourceName = None,
    matching: Matching = "all",
    min_priority: LeastPriority = "debug",
    enable: Names = None,
    disable: Names = None,
    enable_tag: Tags = None,
    disable_tag: Tags = None,
    since: Moment = None,
    until: Moment = None,
    append_suggested: Annotated[
        bool, typer.Option("--append-suggested", help="Append container and pod to outputs, as Falco does.")
    ] = False,
    metadata: Annotated[
        str,
        typer.Option(
            "--metadata", help="Of containers: as `judged`, or the `final` one, which is a what-if."
        ),
    ] = "judged",
    as_json: AsJson = False,
) -> int:
    """Print the alerts that rules raise on the events of a lake, in event order.

    --enable, --disable, --enable-tag and --disable-tag are applied in the order given.
    """
    options: dict[str, Any] = {
        "source": check_source(source),
        "matching": check_matching(matching),
        "min_priority": check_priority(min_priority),
        "since": moment_of("--since", since),
        "until": moment_of("--until", until),
        "append_suggested": append_suggested,
        "metadata": _check_metadata(metadata),
    }
    found = Lake(lake).replay(load_rules(*rules), choices=choices_of(ctx), **options)
    counts: Counter[Any] = Counter()
    host = hostname()
    for alert in found:
        if as_json:
            say_json(alert.as_json(host))
        else:
            counts[alert.rule] += 1
            say(line(alert))
    if not as_json:
        _summarize(counts, found.events)
    return 0


def _check_metadata(name: str) -> str:
    if name not in ("judged", "final"):
        raise InputError(f"--metadata {name}: must be judged or final")
    return name


def line(alert: Alert) -> str:
    """An alert on one line, with the event's id in front."""
    return f"[{alert.event_id}] {harmless(alert.output)}"


def _summarize(counts: Counter[Any], events: int) -> None:
    tell(f"{counts.total():,} alerts on {events:,} events")
    for rule, count in counts.most_common():
        tell(f"  {count:>9,}  {rule.priority.label:<13} {harmless(rule.name)}")
