"""Alerts as Falco prints them: JSON objects among other lines, as in files and in ``kubectl logs``.

What stands before the object is passed over: ``kubectl logs --prefix`` and ``--timestamps`` put the
pod and the time there, docker's files and journals something else.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from falcolab.rules.priority import Priority
from falcolab.sources.k8s_audit import parse_time

MAX_LINE = 2**20
"""Characters of the longest line that is looked at."""

_NAMESPACES = ("k8s.ns.name", "ka.target.namespace")
_PODS = ("k8s.pod.name", "ka.target.pod.name", "ka.target.name")


@dataclass(frozen=True, slots=True)
class LoggedAlert:
    """An alert that was printed.

    Attributes:
        time: ns since 1970.
        rule: its name.
        priority: how severe.
        source: the event source, ``syscall`` where an old Falco does not say.
        output: the line for people.
        hostname: of the node, empty where it is not said.
        tags: of the rule.
        fields: ``output_fields``.
    """

    time: int
    rule: str
    priority: Priority
    source: str
    output: str
    hostname: str
    tags: tuple[str, ...]
    fields: dict[str, Any]

    @property
    def namespace(self) -> str:
        """The Kubernetes namespace that it is about; empty where it names none."""
        return self._first(_NAMESPACES)

    @property
    def pod(self) -> str:
        """The pod that it is about; empty where it names none."""
        return self._first(_PODS)

    def _first(self, names: tuple[str, ...]) -> str:
        found = (self.fields.get(name) for name in names)
        return next((value for value in found if isinstance(value, str) and value != "<NA>"), "")


def read_alerts(lines: Iterable[str]) -> Iterator[LoggedAlert | None]:
    """The alerts in lines; None for each line that has none."""
    return map(alert_in, lines)


def alert_in(line: str) -> LoggedAlert | None:
    """The alert in a line; None if there is none."""
    begin = line.find("{")
    if begin < 0 or len(line) > MAX_LINE:
        return None
    try:
        whole = json.loads(line[begin:])
    except (ValueError, RecursionError):
        return None
    return _alert(whole) if isinstance(whole, dict) else None


def _alert(whole: dict[str, Any]) -> LoggedAlert | None:
    if isinstance(inner := whole.get("log"), str) and "rule" not in whole:
        return alert_in(inner)  # a line of docker's log files
    rule, priority = whole.get("rule"), Priority.parse(_text(whole.get("priority")))
    fields = whole.get("output_fields")
    fields = fields if isinstance(fields, dict) else {}
    time = _time(whole.get("time"), fields.get("evt.time"))
    if not isinstance(rule, str) or priority is None or time is None:
        return None
    tags = whole.get("tags")
    return LoggedAlert(
        time=time,
        rule=rule,
        priority=priority,
        source=_text(whole.get("source")) or "syscall",
        output=_text(whole.get("output")),
        hostname=_text(whole.get("hostname")),
        tags=tuple(filter(None, map(_text, tags))) if isinstance(tags, list) else (),
        fields=fields,
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _time(printed: Any, of_event: Any) -> int | None:
    """The event's own time in ns, else the one that is printed for people."""
    if isinstance(of_event, int) and not isinstance(of_event, bool) and of_event > 0:
        return of_event
    return parse_time(printed) if isinstance(printed, str) else None
