"""The source of Kubernetes audit events: webhook, log, journal, and the judging of what has come."""

from __future__ import annotations

import json
import os
import queue
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from prometheus_client import CollectorRegistry

from capture.audit.access import Access
from capture.audit.event import audit_events
from capture.audit.follower import Follower
from capture.audit.identity import RecentEvents
from capture.audit.intake import Intake
from capture.audit.metrics import Metrics
from capture.audit.server import HttpServer
from capture.audit.sink import Busy, Quarantined
from capture.audit.tls import Tls
from capture.audit.webhook import AuditWebhook
from capture.daemon.config import Audit, Webhook
from capture.daemon.rules import LiveRules
from capture.journal import AuditSink, Journal, JournalFullError, Kind, SegmentReader
from capture.redaction import AuditRedactor, Redactor
from falcolab.engine.alerts import Alert
from falcolab.engine.memory_part import MemoryPart, Source
from falcolab.engine.replay import RuleMatcher, alerts_of
from falcolab.fields.catalogue import K8S_AUDIT
from falcolab.lake.encoder import AuditEncoder
from falcolab.lake.layout import EVENTS
from falcolab.rules.ruleset import Rule

_WAITING = 1000
"""How many batches may wait to be judged; then senders are told to come again."""

_FULL_SECONDS = 5.0
"""When to come again to a journal without room."""

_PART = 1


class AuditSource:
    """Takes audit events in, and says what the rules say of them.

    Args:
        settings: of the configuration.
        folder: for what is quarantined, and for the place in the log.
        rules: what is judged.
        journal: for the events.
        redactor: takes secrets out of them first.
        registry: for what is counted.

    Raises:
        InputError: a certificate, a key or a token cannot be used.
    """

    def __init__(
        self,
        settings: Audit,
        folder: Path,
        rules: LiveRules,
        journal: Journal,
        redactor: Redactor,
        registry: CollectorRegistry,
    ) -> None:
        self._redactor = AuditRedactor(redactor)
        self._sink = AuditSink(journal)
        self._waiting: queue.Queue[list[bytes]] = queue.Queue(_WAITING)
        self._quarantine = folder / "quarantine.jsonl"
        self._intake = Intake(self, self._put_aside, Metrics(registry), _recent(journal))
        self._stop = threading.Event()
        self._server = _server(settings.webhook, self._intake)
        self._follower = self._following(settings.log, folder)
        self._rules, self._num = rules, 0
        self.use(rules.enabled())

    @property
    def port(self) -> int:
        """Where the webhook listens; 0 without."""
        return 0 if self._server is None else self._server.port

    def _following(self, log: Path | None, folder: Path) -> threading.Thread | None:
        if log is None:
            return None
        follower = Follower(log, folder / "audit-log.json", self._intake)
        return threading.Thread(target=follower.run, args=(self._stop,), name="audit-log", daemon=True)

    def start(self) -> None:
        """Take events from now on.

        Raises:
            InputError: the address cannot be listened on.
        """
        if self._server is not None:
            self._server.start()
        if self._follower is not None:
            self._follower.start()

    @property
    def is_well(self) -> bool:
        """Whether the log is being followed, if it is to be."""
        return self._follower is None or self._follower.is_alive()

    def accept(self, events: Sequence[bytes], /) -> None:
        """Have events in the journal, and judged soon.

        Raises:
            Busy: too many are waiting, or the journal is full.
            JournalError: they cannot be stored.
        """
        if self._waiting.full():
            raise Busy
        clean = [self._redactor.event(event) for event in events]
        try:
            self._sink.accept(clean)
        except JournalFullError:
            raise Busy(_FULL_SECONDS) from None
        self._waiting.put(clean)

    def _put_aside(self, item: Quarantined, /) -> None:
        line = {
            "source": item.source,
            "offset": item.offset,
            "reason": item.reason,
            "content": item.content.decode(errors="backslashreplace"),
        }
        with open(self._quarantine, "a", encoding="utf-8", opener=_private) as file:
            file.write(json.dumps(line) + "\n")

    def use(self, rules: Sequence[Rule]) -> None:
        """Judge by other rules."""
        self._mine = [rule for rule in rules if rule.source == K8S_AUDIT]
        self._matcher = RuleMatcher(self._mine, first=self._rules.first)

    def alerts(self) -> Iterator[Alert]:
        """What the rules say of the events since the last time."""
        events: list[bytes] = []
        while not self._waiting.empty():
            events += self._waiting.get_nowait()
        if not events:
            return
        encoder = AuditEncoder(_PART, self._num + 1)
        for event in audit_events(events):
            self._num += 1
            encoder.add(event)
        if self._mine:
            tables = encoder.tables()
            dimensions = {name: Source.of(table) for name, table in tables.items() if name != EVENTS}
            part = MemoryPart(K8S_AUDIT, tables[EVENTS], dimensions)
            yield from alerts_of(self._matcher.match(part), self._mine)

    def close(self) -> None:
        """Take no more events."""
        self._stop.set()
        if self._server is not None:
            self._server.stop()
        if self._follower is not None:
            self._follower.join()


def _private(path: str, flags: int) -> int:
    """Opens a file that only its owner can read."""
    return os.open(path, flags, 0o600)


def _server(settings: Webhook | None, intake: Intake) -> HttpServer | None:
    if settings is None:
        return None
    access = Access(
        settings.token_file, certificate=settings.client_ca is not None, names=settings.client_names
    )
    tls = Tls(settings.certificate, settings.key, settings.client_ca)
    return HttpServer([AuditWebhook(intake, access).route()], settings.host, settings.port, tls)


def _recent(journal: Journal) -> RecentEvents:
    """The events that are in the journal still, so that a sender's retry is known."""
    recent = RecentEvents()
    for segment in journal.sealed():
        frames = (frame for frame in SegmentReader(segment.path) if frame.kind == Kind.AUDIT_EVENTS)
        recent.rebuild(line for frame in frames for line in frame.payload.split(b"\n"))
    return recent
