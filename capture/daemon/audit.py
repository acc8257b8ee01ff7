"""The source of Kubernetes audit events: webhook, log, journal, and the judging of what has come."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from prometheus_client import CollectorRegistry

from capture.audit.access import Access
from capture.audit.event import audit_events
from capture.audit.follower import Follower
from capture.audit.intake import Intake
from capture.audit.metrics import Metrics
from capture.audit.server import HttpServer
from capture.audit.sink import Busy
from capture.audit.tls import Tls
from capture.audit.webhook import AuditWebhook
from capture.daemon.known import KnownEvents
from capture.daemon.quarantine import QuarantineFile
from capture.daemon.settings import Audit, Webhook
from capture.daemon.troubles import Troubles
from capture.journal import Journal, JournalFullError, frame_of
from capture.redaction import AuditRedactor, Redactor
from falcolab.engine.alerts import Alert
from falcolab.engine.memory_part import MemoryPart, Source
from falcolab.engine.replay import RuleMatcher, alerts_of
from falcolab.errors import FalcolabError, InputError
from falcolab.fields.catalogue import K8S_AUDIT
from falcolab.lake.encoder import AuditEncoder
from falcolab.lake.layout import EVENTS
from falcolab.rules.ruleset import Rule

_WAITING = 1000
"""How many batches may wait to be judged; then senders are told to come again."""

_FULL_SECONDS = 5.0
"""When to come again to a journal without room."""

_PART = 1
_LOG, _CERTIFICATE = "audit_log", "audit_certificate"


class AuditSource:
    """Takes audit events in, and says what the rules say of them.

    Args:
        settings: of the configuration.
        folder: for what is quarantined, and for the place in the log.
        journal: for the events.
        known: which of them have been taken.
        redactor: takes secrets out of them first.
        registry: for what is counted.
        troubles: told when something goes wrong.

    Raises:
        InputError: a certificate, a key, a token or the saved place in the log cannot be used.
    """

    def __init__(
        self,
        settings: Audit,
        folder: Path,
        journal: Journal,
        known: KnownEvents,
        redactor: Redactor,
        registry: CollectorRegistry,
        troubles: Troubles,
    ) -> None:
        self._redactor, self._journal, self._known = AuditRedactor(redactor), journal, known
        self._troubles = troubles
        troubles.watch(_LOG, _CERTIFICATE)
        self._waiting: queue.SimpleQueue[list[bytes]] = queue.SimpleQueue()
        quarantine = QuarantineFile(folder / "quarantine.jsonl", troubles)
        self._intake = Intake(self, quarantine.put, Metrics(registry), known.recent())
        self._stop = threading.Event()
        self._access, self._server = _server(settings.webhook, self._intake)
        self._follower = self._following(settings.log, folder)
        self._num = 0

    def _following(self, log: Path | None, folder: Path) -> threading.Thread | None:
        if log is None:
            return None
        places = folder / "audit-log.json"
        try:
            follower = Follower(log, places, self._intake)
        except OSError as error:
            raise InputError(f"{places}: {error.strerror or error}") from None
        return threading.Thread(target=follower.run, args=(self._stop,), name="audit-log", daemon=True)

    @property
    def port(self) -> int:
        """Where the webhook listens; 0 without."""
        return 0 if self._server is None else self._server.port

    def start(self) -> None:
        """Take events from now on.

        Raises:
            InputError: the address cannot be listened on.
        """
        if self._server is not None:
            self._server.start()
        if self._follower is not None:
            self._follower.start()

    def check(self) -> None:
        """See whether the log is still being followed, if it is to be."""
        if self._follower is not None and not self._follower.is_alive() and not self._stop.is_set():
            self._troubles.begin(
                _LOG, "it is not followed any more, for a mistake in the daemon: see its log"
            )

    def renew(self) -> None:
        """Use certificates and tokens as they are on disk now."""
        try:
            if self._server is not None:
                self._server.renew_certificate()
            if self._access is not None:
                self._access.reload()
        except FalcolabError as error:
            self._troubles.begin(_CERTIFICATE, f"the old one stays: {error}")
        else:
            self._troubles.end(_CERTIFICATE)

    def accept(self, events: Sequence[bytes], /) -> None:
        """Have events in the journal, and judged soon.

        Raises:
            Busy: too many are waiting, or the journal is full.
            JournalError: they cannot be stored.
        """
        if self._waiting.qsize() >= _WAITING:
            raise Busy
        clean, identities = [self._redactor.event(event) for event in events], self._known.frame(events)
        try:
            self._journal.store([frame_of(clean), identities])
        except JournalFullError:
            raise Busy(_FULL_SECONDS) from None
        self._known.add(identities)
        self._waiting.put(clean)

    def use(self, rules: Sequence[Rule], *, first: bool) -> None:
        """Judge by these rules from now on; ``first``: only the first that holds counts for an event."""
        self._rules = [rule for rule in rules if rule.source == K8S_AUDIT]
        self._matcher = RuleMatcher(self._rules, first=first)

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
        if self._rules:
            tables = encoder.tables()
            dimensions = {name: Source.of(table) for name, table in tables.items() if name != EVENTS}
            part = MemoryPart(K8S_AUDIT, tables[EVENTS], dimensions)
            yield from alerts_of(self._matcher.match(part), self._rules)

    def close(self) -> None:
        """Take no more events."""
        self._stop.set()
        if self._server is not None:
            self._server.stop()
        if self._follower is not None and self._follower.is_alive():
            self._follower.join()


def _server(settings: Webhook | None, intake: Intake) -> tuple[Access | None, HttpServer | None]:
    if settings is None:
        return None, None
    access = access_of(settings)
    tls = Tls(settings.certificate, settings.key, settings.client_ca)
    return access, HttpServer([AuditWebhook(intake, access).route()], settings.host, settings.port, tls)


def access_of(settings: Webhook) -> Access:
    """Who may send events.

    Raises:
        InputError: anybody could, or there is no token.
    """
    names = settings.client_names
    return Access(settings.token_file, certificate=settings.client_ca is not None, names=names)
