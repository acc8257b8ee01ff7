"""Events, a sink and a quarantine for the tests of the audit intake."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry

from capture.audit.identity import RecentEvents
from capture.audit.intake import Intake
from capture.audit.metrics import Metrics
from capture.audit.sink import Quarantined

TOKEN = "a-token-for-the-tests"


def event(number: int, **members: Any) -> dict[str, Any]:
    """An audit event; its number makes it different from others."""
    stamp = f"2026-01-01T00:00:00.{number % 10**6:06d}Z"
    return {
        "kind": "Event",
        "apiVersion": "audit.k8s.io/v1",
        "level": "Metadata",
        "auditID": f"00000000-0000-0000-0000-{number:012d}",
        "stage": "ResponseComplete",
        "requestURI": "/api/v1/namespaces",
        "verb": "list",
        "user": {"username": "admin"},
        "requestReceivedTimestamp": stamp,
        "stageTimestamp": stamp,
        **members,
    }


def text(number: int, **members: Any) -> bytes:
    """A line of the audit log without its end."""
    return json.dumps(event(number, **members), separators=(",", ":")).encode()


def item(number: int) -> dict[str, Any]:
    """An event as it stands in a list: the API server leaves out what the list says already."""
    whole = event(number)
    del whole["kind"], whole["apiVersion"]
    return whole


def event_list(*items: Any) -> bytes:
    """A body as the API server sends it."""
    return json.dumps(
        {"kind": "EventList", "apiVersion": "audit.k8s.io/v1", "metadata": {}, "items": items}
    ).encode()


@dataclass
class MemorySink:
    """Keeps events; fails as it is told.

    Attributes:
        failures: raised one by one before anything is taken.
    """

    batches: list[list[bytes]] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)

    def accept(self, events: Sequence[bytes], /) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.batches.append(list(events))

    @property
    def events(self) -> list[bytes]:
        return [raw for batch in self.batches for raw in batch]

    @property
    def numbers(self) -> list[int]:
        """Of the events taken, in order."""
        return [int(json.loads(raw)["auditID"][-12:]) for raw in self.events]


@dataclass
class Parts:
    """An intake and all around it."""

    sink: MemorySink = field(default_factory=MemorySink)
    quarantined: list[Quarantined] = field(default_factory=list)
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    recent: RecentEvents = field(default_factory=RecentEvents)

    def __post_init__(self) -> None:
        self.metrics = Metrics(self.registry)
        self.intake = Intake(self.sink, self.quarantined.append, self.metrics, self.recent)

    def count(self, name: str, **labels: str) -> float:
        """A metric's value; 0 if it has never been counted."""
        return self.registry.get_sample_value(f"falcolab_audit_{name}", labels) or 0.0


def token_file(folder: Path, content: str = TOKEN + "\n") -> Path:
    path = folder / "token"
    path.write_text(content)
    return path
