"""What a sink was given, as the events that falcolab's encoder takes."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence

from falcolab.sources.k8s_audit import AuditEvent, read_events


def audit_events(events: Sequence[bytes]) -> Iterator[AuditEvent]:
    """The events whose JSON texts a sink was given, in order.

    An item of an ``EventList`` has no ``kind``, so that alone it would not be known as an event.
    """
    content = b'{"kind":"EventList","items":[' + b",".join(events) + b"]}"
    return (event for event in read_events(io.BytesIO(content)) if isinstance(event, AuditEvent))
