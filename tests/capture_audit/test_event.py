"""What a sink was given becomes events of falcolab, all of it."""

from __future__ import annotations

import json

from capture.audit.batch import Batch
from capture.audit.event import audit_events
from tests.capture_audit.doubles import event_list, item, text


def test_events_with_and_without_kind_become_events() -> None:
    given = Batch.of(event_list(item(1), item(2)), 10).events + Batch.of_lines(text(3) + b"\n").events
    assert "kind" not in json.loads(given[0])
    assert [(event.raw, event.time % 1000) for event in audit_events(given)] == [(raw, 0) for raw in given]
    assert len({event.time for event in audit_events(given)}) == 3


def test_no_events_are_no_events() -> None:
    assert list(audit_events([])) == []
