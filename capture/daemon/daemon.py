"""The daemon: its parts, and the loop that drives them."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator

from prometheus_client import CollectorRegistry

from capture.audit.server import HttpServer
from capture.daemon import parts
from capture.daemon.audit import AuditSource
from capture.daemon.config import Config
from capture.daemon.deliverer import Deliverer
from capture.daemon.metrics import DaemonMetrics
from capture.daemon.outputs import open_outputs, send
from capture.daemon.status import routes
from capture.daemon.syscalls import SyscallSource
from capture.journal import Delivered, Journal, JournalError, Kind
from falcolab.engine.alerts import Alert

_LOG = logging.getLogger(__name__)
_POLL_SECONDS = 0.01
_JUDGE_SECONDS = 0.2
_SYNC_SECONDS = 1.0
_RULES_SECONDS = 5.0
_MIB = 2**20


class Every:
    """Says when a time has passed.

    Args:
        seconds: how long it is.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds, self._last = seconds, time.monotonic()

    def is_due(self) -> bool:
        """Whether it has passed since this last said so."""
        now = time.monotonic()
        if now - self._last < self._seconds:
            return False
        self._last = now
        return True


class Daemon:
    """Records, judges and delivers as a configuration says.

    ::

        daemon = Daemon(config)
        daemon.run(stop)            # until the event is set

    Raises:
        FalcolabError: something that it needs is missing, or the configuration cannot be followed.
    """

    def __init__(self, config: Config) -> None:
        self._config = config
        self.registry = CollectorRegistry()
        self.metrics = DaemonMetrics(self.registry)
        self._rules = parts.live_rules(config)
        self._outputs = open_outputs(config.outputs)
        self._syscalls: SyscallSource | None = None
        self._journal = Journal(config.journal_folder, self._opening)
        self.metrics.recovered.inc(len(self._journal.recovered))
        redactor = parts.redactor(config)
        self._lookups = parts.lookups(config.containers, self.registry)
        self._deliverer = Deliverer(self._journal, config.lake, config.retention, self._delivered)
        self._audit = AuditSource(
            config.audit, config.journal_folder, self._rules, self._journal, redactor, self.registry
        )
        if config.syscalls.enabled:
            self._syscalls = SyscallSource(
                config.syscalls, self._rules, self._journal, redactor, self._lookups
            )
        served = routes(self.problems, self.registry)
        self._status = HttpServer(served, config.status.host, config.status.port)
        self._show_gauges()
        self._is_told_to_reload = False

    def _opening(self) -> Iterator[tuple[int, bytes]]:
        """What a segment of the journal begins with."""
        if self._syscalls is not None:
            yield Kind.SNAPSHOT, self._syscalls.state()

    def _show_gauges(self) -> None:
        show, journal = self.metrics.gauge, self._journal
        show("falcolab_journal_bytes", "Bytes in the open segment.", lambda: journal.size)
        show("falcolab_delivery_failures", "Deliveries put off.", lambda: self._deliverer.failures)
        show("falcolab_rules_reloads", "Changes of the rules.", lambda: self._rules.reloads)
        show("falcolab_rules_refused", "Changes that were refused.", lambda: self._rules.refused)
        for output in self._outputs:
            name = f"falcolab_output_failed_{output.name}"
            show(name, "Alerts that could not be sent.", lambda output=output: output.failed)  # type: ignore[misc]
        if (syscalls := self._syscalls) is not None:
            self.metrics.count_kernel(syscalls.counts)
            show("falcosecurity_scap_n_threads", "Threads that are known.", lambda: syscalls.threads)
            show("falcolab_held_back", "Times the journal had no room.", lambda: syscalls.held_back)
            show("falcolab_unreadable", "Chunks that were no events.", lambda: syscalls.unreadable)

    @property
    def status_port(self) -> int:
        """Where health and metrics are served; ``audit_port`` is that of the webhook."""
        return self._status.port

    @property
    def audit_port(self) -> int:
        """Where the webhook listens; 0 without."""
        return self._audit.port

    def problems(self) -> list[str]:
        """What is wrong now, for the health check."""
        found = [f"rules: {self._rules.problem}"] if self._rules.problem else []
        if not self._audit.is_well:
            found.append("the audit log is not followed any more; see the log")
        return found

    def reload(self) -> None:
        """Look at the rules files soon; may be called by a signal handler."""
        self._is_told_to_reload = True

    def run(self, stop: threading.Event) -> None:
        """Work until told to stop; then everything that was recorded is delivered.

        Raises:
            FalcolabError: it cannot begin.
        """
        self._start()
        judge, sync, rules = Every(_JUDGE_SECONDS), Every(_SYNC_SECONDS), Every(_RULES_SECONDS)
        try:
            while not stop.is_set():
                is_idle = self._syscalls is None or not self._syscalls.step()
                if judge.is_due():
                    self._judge()
                    self._rotate_if_due()
                if sync.is_due():
                    self._sync()
                if self._is_told_to_reload or rules.is_due():
                    self._reload()
                if is_idle:
                    stop.wait(_POLL_SECONDS)
        finally:
            self._close()

    def _start(self) -> None:
        self._deliverer.start()
        if self._lookups is not None:
            self._lookups.start()
        self._audit.start()
        self._status.start()
        _LOG.info("recording; health and metrics on port %d", self.status_port)

    def _judge(self) -> None:
        for alert in self._alerts():
            self.metrics.alerted(alert, time.time_ns())
            send(self._outputs, alert.as_json())

    def _alerts(self) -> Iterator[Alert]:
        if self._syscalls is not None:
            yield from self._syscalls.alerts()
        yield from self._audit.alerts()

    def _rotate_if_due(self) -> None:
        limits, journal = self._config.rotation, self._journal
        rows = self._syscalls.rows if self._syscalls is not None else 0
        if journal.size >= limits.mb * _MIB or journal.age >= limits.seconds or rows >= limits.events:
            self._rotate()

    def _rotate(self) -> None:
        try:
            if self._syscalls is None:
                self._journal.rotate()
                self._deliverer.put(None)
            elif (sealed := self._syscalls.rotate()) is not None:
                self._deliverer.put(sealed)
        except JournalError as error:
            _LOG.error("the journal cannot be rotated now: %s", error)

    def _sync(self) -> None:
        try:
            self._journal.sync()
        except JournalError as error:
            _LOG.error("the journal cannot be synced now: %s", error)

    def _reload(self) -> None:
        self._is_told_to_reload = False
        if self._rules.reload():
            self._judge()
            enabled = self._rules.enabled()
            self._audit.use(enabled)
            if self._syscalls is not None:
                self._syscalls.use(enabled)

    def _delivered(self, delivered: Delivered) -> None:
        for source, events in delivered.events.items():
            self.metrics.delivered.labels(source).inc(events)
        if delivered.damage:
            self.metrics.damaged.inc()
            _LOG.error("segment %d was not whole: %s", delivered.segment.number, delivered.damage)

    def _close(self) -> None:
        self._audit.close()
        if self._syscalls is not None:
            self._syscalls.stop()
        self._judge()
        self._rotate()
        self._deliverer.stop()
        if self._syscalls is not None:
            self._syscalls.close()
        if self._lookups is not None:
            self._lookups.close()
        self._status.stop()
        for output in self._outputs:
            output.close()
        self._journal.close()
