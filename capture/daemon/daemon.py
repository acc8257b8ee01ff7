"""The daemon: its parts, and the loop that drives them."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack

from prometheus_client import CollectorRegistry

from capture.audit.server import HttpServer
from capture.daemon import parts, privileges
from capture.daemon.audit import AuditSource
from capture.daemon.care import Care
from capture.daemon.containers import ContainerWatch
from capture.daemon.deliverer import Deliverer
from capture.daemon.known import KnownEvents
from capture.daemon.metrics import DaemonMetrics
from capture.daemon.notify import READY, STOPPING, notify
from capture.daemon.outputs import open_outputs, send
from capture.daemon.recording import Sealed
from capture.daemon.rules import LiveRules
from capture.daemon.settings import Config
from capture.daemon.status import routes
from capture.daemon.syscalls import SyscallSource
from capture.daemon.troubles import Troubles
from capture.daemon.watch import ClockWatch, Every
from capture.journal import Delivered, Journal, JournalError, Kind
from capture.probe.settings import boot_time
from falcolab.engine.alerts import Alert

_LOG = logging.getLogger(__name__)
_POLL_SECONDS = 0.01
_JUDGE_SECONDS = 0.2
_CARE_SECONDS = 1.0
_RULES_SECONDS = 5.0
_MIB = 2**20
_ROTATION = "journal_rotation"


class Daemon:
    """Records, judges and delivers as a configuration says.

    ::

        daemon = Daemon(config)     # the probe is loaded, and records
        daemon.run(stop)            # until the event is set

    Args:
        config: the configuration.

    Raises:
        FalcolabError: something that it needs is missing, or the configuration cannot be followed.
    """

    def __init__(self, config: Config) -> None:
        self._config = config
        self.registry = CollectorRegistry()
        self.metrics, self.troubles = DaemonMetrics(self.registry), Troubles(self.registry)
        self.troubles.watch(_ROTATION)
        self._syscalls: SyscallSource | None = None
        with ExitStack() as opened:
            self._open(opened)
            self._opened = opened.pop_all()
        self._use_rules()
        self._show()

    def _open(self, opened: ExitStack) -> None:
        """Make the parts; no thread is started before privileges are given up."""
        config, troubles = self._config, self.troubles
        redactor, files = parts.redactor(config), parts.rule_files(config)
        self._rules = LiveRules(files, self.registry, troubles)
        self._outputs = open_outputs(config.outputs, self.registry, troubles)
        self._known = KnownEvents()
        self._journal = Journal(config.journal_folder, self._opening)
        opened.callback(self._journal.close)
        self._known.restore(self._journal)
        self.metrics.recovered.inc(len(self._journal.recovered))
        for recovery in self._journal.recovered:
            _LOG.warning("a daemon had died: %s", recovery)
        if config.syscalls.enabled:
            ruleset = self._rules.ruleset
            self._syscalls = SyscallSource(config.syscalls, ruleset, self._journal, redactor, troubles)
            opened.callback(self._syscalls.close)
        if config.drop_privileges:
            privileges.give_up()
        self._containers = self._container_watch()
        self._deliverer = Deliverer(self._journal, config.lake, config.retention, troubles, self._delivered)
        self._audit = AuditSource(
            config.audit, config.journal_folder, self._journal, self._known, redactor, self.registry, troubles
        )
        checks = (self._audit.check, self._deliverer.check)
        clock = ClockWatch(boot_time)
        self._care = Care(self._journal, clock, self.metrics.clock_steps, troubles, checks)
        served = routes(troubles.problems, self._care.is_alive, self.registry)
        self._status = HttpServer(served, config.status.host, config.status.port)

    def _container_watch(self) -> ContainerWatch | None:
        """What asks about the containers of system calls."""
        return None if self._syscalls is None else parts.containers(self._config.containers, self.registry)

    def _opening(self) -> Iterator[tuple[int, bytes]]:
        """What a segment of the journal begins with."""
        if self._syscalls is not None:
            yield Kind.SNAPSHOT, self._syscalls.recording.state()
        yield from self._known.opening()

    def _use_rules(self) -> None:
        rules, first = self._rules.enabled(), self._config.matching == "first"
        self._audit.use(rules, first=first)
        if self._syscalls is not None:
            self._syscalls.use(self._rules.ruleset, rules, first=first)

    def _show(self) -> None:
        """Have the metrics show what is known only here."""
        show, journal = self.metrics.show, self._journal
        show("falcolab_journal_bytes", "Bytes in the open segment.", lambda: journal.size)
        if (syscalls := self._syscalls) is not None:
            threads = syscalls.recording.machine.threads.by_id
            self.metrics.count_kernel(syscalls.counts)
            show("falcosecurity_scap_n_threads", "Threads that are known.", lambda: len(threads))

    @property
    def status_port(self) -> int:
        """Where health and metrics are served; ``audit_port`` is that of the webhook."""
        return self._status.port

    @property
    def audit_port(self) -> int:
        """Where the webhook listens; 0 without."""
        return self._audit.port

    def run(self, stop: threading.Event, reload: threading.Event | None = None) -> None:
        """Work until told to stop; then everything that was recorded is delivered.

        Both events may be set by a signal handler: nothing here waits for one, for who waits holds a lock
        now and then that the handler would need.

        Args:
            stop: that it is time to end.
            reload: that rules, certificates and tokens are to be looked at.

        Raises:
            FalcolabError: it cannot begin.
        """
        with self._opened as opened:
            self._start(opened)
            notify(READY)
            self._loop(stop, reload or threading.Event())
            notify(STOPPING)

    def close(self) -> None:
        """Let go of everything, of a daemon that has not run."""
        self._opened.close()

    def _start(self, opened: ExitStack) -> None:
        """Start the threads; on the way out they end in the opposite order."""
        for output in self._outputs:
            output.start()
            opened.callback(output.close)
        self._deliverer.start()
        opened.callback(self._deliverer.stop)
        if self._containers is not None:
            self._containers.start()
            opened.callback(self._containers.close)
        opened.callback(self._finish)
        self._audit.start()
        opened.callback(self._audit.close)
        self._status.start()
        opened.callback(self._status.stop)
        _LOG.info("recording; health and metrics on port %d", self.status_port)

    def _loop(self, stop: threading.Event, reload: threading.Event) -> None:
        judge, care, rules = Every(_JUDGE_SECONDS), Every(_CARE_SECONDS), Every(_RULES_SECONDS)
        while not stop.is_set():
            is_idle = self._syscalls is None or not self._syscalls.step()
            if judge.is_due():
                self._judge()
                self._rotate_if_due()
            if care.is_due() and self._care.take() and self._syscalls is not None:
                self._syscalls.probe.set_clock()
            if reload.is_set():
                reload.clear()
                self._audit.renew()
                self._reload()
            elif rules.is_due():
                self._reload()
            if is_idle:
                time.sleep(_POLL_SECONDS)

    def _judge(self) -> None:
        for alert in self._alerts():
            self.metrics.alerted(alert, time.time_ns())
            send(self._outputs, alert.as_json())

    def _alerts(self) -> Iterator[Alert]:
        if self._syscalls is not None:
            yield from self._syscalls.alerts()
            self._look_at_containers(self._syscalls)
        yield from self._audit.alerts()

    def _look_at_containers(self, syscalls: SyscallSource) -> None:
        if self._containers is not None:
            self._containers.look(syscalls.recording.machine, syscalls.recording.container_versions)
            syscalls.put(self._containers.take())

    def _rotate_if_due(self) -> None:
        limits, journal = self._config.rotation, self._journal
        recording = None if self._syscalls is None else self._syscalls.recording
        rows, size = (0, 0) if recording is None else (recording.rows, recording.size)
        is_large = max(journal.size, size) >= limits.mb * _MIB
        if is_large or journal.age >= limits.seconds or rows >= limits.events:
            self._rotate()

    def _rotate(self) -> None:
        try:
            sealed = self._journal.rotate() if self._syscalls is None else self._syscalls.rotate()
        except JournalError as error:
            self.troubles.begin(_ROTATION, str(error))
            return
        self.troubles.end(_ROTATION)
        if sealed is not None:
            self._deliverer.put(sealed if isinstance(sealed, Sealed) else None)

    def _reload(self) -> None:
        if self._rules.reload():
            self._judge()
            self._use_rules()

    def _delivered(self, delivered: Delivered) -> None:
        self.metrics.delivered(delivered)
        if delivered.damage:
            _LOG.error("segment %d was not whole: %s", delivered.segment.number, delivered.damage)

    def _finish(self) -> None:
        """Take in, judge and seal what there is."""
        if self._syscalls is not None:
            self._syscalls.stop()
        self._judge()
        self._rotate()
