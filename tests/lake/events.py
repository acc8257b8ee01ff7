"""Audit events for tests: lines, lakes of them, and the events as the lake gives them back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from falcolab.api.lake import Lake
from falcolab.fields.catalogue import K8S_AUDIT, SOURCES
from falcolab.lang.fields import field_value
from falcolab.lang.strings import to_bytes

AUDIT_ID = "3981282a-ba48-4c07-8ac1-71c45f5c5b0e"
TIME = "2026-11-23T17:13:58.245907Z"


def event(number: int = 0, **members: Any) -> dict[str, Any]:
    """An event as the API server writes it; equal but for id and times unless members are given."""
    return {
        "kind": "Event",
        "apiVersion": "audit.k8s.io/v1",
        "level": "Metadata",
        "auditID": f"{number:08x}{AUDIT_ID[8:]}",
        "stage": "ResponseComplete",
        "requestURI": "/api/v1/pods",
        "verb": "list",
        "user": {"username": "admin"},
        "objectRef": {"resource": "pods", "apiVersion": "v1"},
        "responseStatus": {"metadata": {}, "code": 200},
        "requestReceivedTimestamp": f"2026-11-23T17:13:{number % 60:02}.000001Z",
        "stageTimestamp": f"2026-11-23T17:13:{number % 60:02}.000002Z",
        "annotations": {"authorization.k8s.io/decision": "allow"},
        **members,
    }


def line(value: dict[str, Any]) -> bytes:
    """An event as a line of a log, without blanks as Go leaves them out."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def lake_of(folder: Path, content: bytes) -> Lake:
    """A lake with one log."""
    folder.mkdir(exist_ok=True)
    log = folder / "log.jsonl"
    log.write_bytes(content)
    Lake.ingest(folder / "lake", log)
    return Lake(folder / "lake")


def values(lake: Lake, name: str, arg: str | None = None) -> list[Any]:
    """The values of a field of all events, in order."""
    value = field_value(SOURCES[K8S_AUDIT], name, arg)
    found: list[Any] = []
    for part in lake.parts():
        found += part.values(value, np.arange(part.events.rows)).to_pylist()
    return found


def stored_events(lake: Lake) -> list[bytes]:
    """All events as they were written, without blanks."""
    return [to_bytes(text) for text in values(lake, "evt.plugininfo")]
