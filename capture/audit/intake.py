"""The one way in for audit events: each is taken once, and counts as taken when the sink has it."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Literal

from capture.audit.batch import Batch
from capture.audit.identity import RecentEvents, identity
from capture.audit.metrics import Metrics
from capture.audit.sink import Busy, Quarantine, Quarantined, Sink

Via = Literal["webhook", "log"]


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a batch.

    Attributes:
        events: how many were new, and are durable now.
        duplicates: how many had been taken before.
    """

    events: int
    duplicates: int


class Intake:
    """Hands new events to the sink. Webhook and follower share it, and may call it from their threads.

    A cluster that sends its events both ways is recorded once.

    Args:
        sink: takes the events.
        quarantine: takes what is none.
        metrics: what is counted.
        recent: events taken before; the daemon rebuilds them from its journal at start.
    """

    def __init__(self, sink: Sink, quarantine: Quarantine, metrics: Metrics, recent: RecentEvents) -> None:
        self.metrics = metrics
        self._sink = sink
        self._quarantine = quarantine
        self._recent = recent
        self._lock = threading.Lock()

    def take(self, batch: Batch, via: Via, source: str, offset: int = 0) -> Taken:
        """Take a batch: on return its new events are durable and the rest is in quarantine.

        Args:
            batch: the events.
            via: which way they came.
            source: path of the log, or ``webhook``; the quarantine is told.
            offset: where the batch begins in its source, in bytes.

        Raises:
            Busy: the sink has no room; offer the whole batch again.
            OSError, FalcolabError: sink or quarantine cannot store it; offer the whole batch again.
        """
        with self._lock:
            fresh = self._fresh(batch.events)
            self._accept(list(fresh.values()), via)
            for event in fresh:
                self._recent.add(event)
            self._reject(batch, via, source, offset)
        taken = Taken(len(fresh), len(batch.events) - len(fresh))
        self.metrics.batches.labels(via).inc()
        self.metrics.duplicates.labels(via).inc(taken.duplicates)
        return taken

    def _fresh(self, events: list[bytes]) -> dict[bytes, bytes]:
        """The events that have not been taken, by identity, in order."""
        fresh = {identity(raw): raw for raw in events}
        return {event: raw for event, raw in fresh.items() if event not in self._recent}

    def _accept(self, events: list[bytes], via: Via) -> None:
        if not events:
            return
        try:
            self._sink.accept(events)
        except Busy:
            self.metrics.busy.labels(via).inc()
            raise
        except Exception:
            self.metrics.failed.labels(via).inc()
            raise
        self.metrics.events.labels(via).inc(len(events))
        self.metrics.bytes.labels(via).inc(sum(map(len, events)))

    def _reject(self, batch: Batch, via: Via, source: str, offset: int) -> None:
        for item in batch.rejected:
            self._quarantine(Quarantined(source, offset + item.offset, item.reason, item.content))
            self.metrics.quarantined.labels(via).inc()
