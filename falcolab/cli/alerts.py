"""``falcolab alerts``: what alerts there were, out of files and logs of Falco or of the daemon."""

from __future__ import annotations

import sys
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Annotated

import typer

from falcolab.cli.arguments import AsJson, LeastPriority, Moment, check_priority, moment_of
from falcolab.cli.output import harmless, moment, say, say_json, say_table, shortened, tell
from falcolab.errors import InputError
from falcolab.lake.stream import uncompressed
from falcolab.rules.priority import Priority
from falcolab.sources.alert_log import LoggedAlert, read_alerts
from falcolab.sources.following import follow

app = typer.Typer(
    help="Look at alerts: files, or `kubectl logs ... | falcolab alerts top -`.", no_args_is_help=True
)

_HOUR = 3_600 * 10**9

KEYS: dict[str, Callable[[LoggedAlert], tuple[str, ...]]] = {
    "rule": lambda alert: (alert.rule,),
    "priority": lambda alert: (alert.priority.label,),
    "namespace": lambda alert: (alert.namespace,),
    "pod": lambda alert: (alert.pod,),
    "source": lambda alert: (alert.source,),
    "hostname": lambda alert: (alert.hostname,),
    "tag": lambda alert: alert.tags,
    "hour": lambda alert: (moment(alert.time // _HOUR * _HOUR)[:16],),
}
"""What alerts are counted by; an alert counts for each of its values."""

Files = Annotated[
    list[str],
    typer.Argument(metavar="FILE...", help="Logs, gzip or not; `-` is standard input.", show_default=False),
]
By = Annotated[list[str], typer.Option("--by", help=f"Count by {', '.join(KEYS)}; repeatable.")]
OfRule = Annotated[str | None, typer.Option("--rule", help="Only this rule.")]
OfNamespace = Annotated[str | None, typer.Option("--namespace", help="Only this namespace.")]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which alerts are looked at."""

    priority: Priority
    rule: str | None
    namespace: str | None
    since: int | None
    until: int | None

    def has(self, alert: LoggedAlert) -> bool:
        """Whether an alert is."""
        return (
            alert.priority <= self.priority
            and self.rule in (None, alert.rule)
            and self.namespace in (None, alert.namespace)
            and (self.since is None or alert.time >= self.since)
            and (self.until is None or alert.time < self.until)
        )


@app.command()
def count(
    files: Files,
    by: By = ["rule"],  # noqa: B006 - Typer copies it
    rule: OfRule = None,
    namespace: OfNamespace = None,
    min_priority: LeastPriority = "debug",
    since: Moment = None,
    until: Moment = None,
    as_json: AsJson = False,
) -> int:
    """Count alerts, in the order of what they are counted by."""
    wanted = _wanted(min_priority, rule, namespace, since, until)
    counted = _counted(_alerts(files, wanted), by)
    _say_counts(by, sorted(counted.items()), as_json=as_json)
    return 0


@app.command()
def top(
    files: Files,
    by: By = ["rule"],  # noqa: B006 - Typer copies it
    number: Annotated[int, typer.Option("-n", min=1, help="How many.")] = 10,
    rule: OfRule = None,
    namespace: OfNamespace = None,
    min_priority: LeastPriority = "debug",
    since: Moment = None,
    until: Moment = None,
    as_json: AsJson = False,
) -> int:
    """Show what there are most alerts of, with their share of all."""
    wanted = _wanted(min_priority, rule, namespace, since, until)
    counted = _counted(_alerts(files, wanted), by)
    _say_counts(by, counted.most_common(number), total=counted.total(), as_json=as_json)
    return 0


@app.command()
def tail(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="A log; `-` is standard input.", show_default=False)
    ],
    number: Annotated[int, typer.Option("-n", min=0, help="How many of those that there are.")] = 10,
    is_following: Annotated[
        bool, typer.Option("--follow", "-f", help="Wait for more, through rotations.")
    ] = False,
    rule: OfRule = None,
    namespace: OfNamespace = None,
    min_priority: LeastPriority = "debug",
    as_json: AsJson = False,
) -> int:
    """Show the last alerts, and with -f those to come."""
    wanted = _wanted(min_priority, rule, namespace, None, None)
    if is_following and file != "-":
        for alert in _wanted_of(read_alerts(follow(Path(file))), wanted):
            _say_alert(alert, as_json=as_json)
        return 0
    last = deque(_alerts([file], wanted), maxlen=None if is_following else number)
    for alert in last:
        _say_alert(alert, as_json=as_json)
    return 0


def _wanted(
    min_priority: str, rule: str | None, namespace: str | None, since: str | None, until: str | None
) -> Wanted:
    return Wanted(
        check_priority(min_priority),
        rule,
        namespace,
        moment_of("--since", since),
        moment_of("--until", until),
    )


def _alerts(files: Iterable[str], wanted: Wanted) -> Iterator[LoggedAlert]:
    """The wanted alerts of all files; says at the end how many lines had none, if no line had one."""
    seen = lines = 0
    for file in files:
        for found in read_alerts(_lines(file)):
            lines += 1
            if found is None:
                continue
            seen += 1
            if wanted.has(found):
                yield found
    if lines and not seen:
        tell(f"none of {lines:,} lines holds an alert as Falco prints it with json_output: true")


def _wanted_of(found: Iterable[LoggedAlert | None], wanted: Wanted) -> Iterator[LoggedAlert]:
    return (alert for alert in found if alert is not None and wanted.has(alert))


def _lines(file: str) -> Iterator[str]:
    """The lines of a file, gzip or not.

    Raises:
        InputError: it cannot be read.
    """
    try:
        if file == "-":
            yield from _texts(sys.stdin.buffer)
            return
        with Path(file).open("rb") as stream:
            yield from _texts(stream)
    except (OSError, EOFError) as error:
        raise InputError(f"{file}: {getattr(error, 'strerror', None) or error}") from None


def _texts(stream: IO[bytes]) -> Iterator[str]:
    return (line.decode("utf-8", "replace") for line in uncompressed(stream))


def _counted(alerts: Iterable[LoggedAlert], by: list[str]) -> Counter[tuple[str, ...]]:
    """How many alerts there are of every combination of values."""
    if unknown := [name for name in by if name not in KEYS]:
        raise InputError(f"--by {unknown[0]}: must be one of {', '.join(KEYS)}")
    counted: Counter[tuple[str, ...]] = Counter()
    for alert in alerts:
        combinations: list[tuple[str, ...]] = [()]
        for name in by:
            combinations = [(*each, value) for each in combinations for value in KEYS[name](alert)]
        counted.update(combinations)
    return counted


def _say_counts(
    by: list[str], counts: list[tuple[tuple[str, ...], int]], *, total: int = 0, as_json: bool
) -> None:
    if as_json:
        for values, count in counts:
            say_json({**dict(zip(by, values, strict=True)), "alerts": count})
        return
    shares = [(f"{count / total:.1%}",) if total else () for _, count in counts]
    rows = [(count, *share, *values) for (values, count), share in zip(counts, shares, strict=True)]
    say_table(("alerts", *(("share",) if total else ()), *by), rows)


def _say_alert(alert: LoggedAlert, *, as_json: bool) -> None:
    if as_json:
        say_json(
            {
                "time": alert.time,
                "priority": alert.priority.label,
                "rule": alert.rule,
                "namespace": alert.namespace,
                "hostname": alert.hostname,
                "output": alert.output,
                "output_fields": alert.fields,
            }
        )
    else:
        say(
            shortened(
                harmless(f"{moment(alert.time)[:23]} {alert.priority.label} {alert.rule}: {alert.output}"),
                250,
            )
        )
    sys.stdout.flush()
