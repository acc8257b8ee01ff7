"""What the audit intake counts, for Prometheus."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge

_PREFIX = "falcolab_audit"


class Metrics:
    """Counters of one daemon; ``via`` is ``webhook`` or ``log``.

    Args:
        registry: where they are shown.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(f"{_PREFIX}_{name}", text, labels, registry=registry)

        def gauge(name: str, text: str) -> Gauge:
            return Gauge(f"{_PREFIX}_{name}", text, registry=registry)

        self.batches = counter("batches", "Bodies or pieces of log whose events were all taken.", "via")
        self.events = counter("events", "Audit events taken for the first time.", "via")
        self.duplicates = counter("duplicates", "Audit events that had been taken before.", "via")
        self.bytes = counter("bytes", "JSON text of the events taken, in bytes.", "via")
        self.quarantined = counter("quarantined", "Things that came as events and are none.", "via")
        self.busy = counter("busy", "Times that the sink had no room, and the events were held back.", "via")
        self.failed = counter("failed", "Times that the sink could not store events.", "via")
        self.refused = counter("webhook_refused", "Requests that were refused, by reason.", "reason")
        self.lag = gauge("log_lag_bytes", "Bytes of the audit log that have not been taken yet.")
        self.rotations = counter("log_rotations", "Times that the log was found replaced or cut.")
        self.gaps = counter("log_gaps", "Times that a piece of the log may have been missed.")
        self.errors = counter("log_errors", "Times that the log could not be read.")
