"""Sealed segments go into the lake in a thread of their own, and the lake is kept small."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from pathlib import Path

from capture.daemon.config import Retention
from capture.daemon.recording import Sealed
from capture.journal import AUDIT, Delivered, Journal, deliver_all
from capture.syscalls.encoding import SyscallEncoding
from falcolab.errors import FalcolabError
from falcolab.lake.compaction import compact
from falcolab.lake.retention import Limits, prune
from falcolab.lake.store import Store

_LOG = logging.getLogger(__name__)
_RETRY_SECONDS = 10.0
_TIDY_SECONDS = 600.0
_KEEP_SECONDS = 900.0
"""How long files that have been joined stay for those who are reading them."""

_DAY = 86_400.0
_GIB = 2**30

Told = Callable[[Delivered], None]


class Deliverer:
    """Delivers what the journal has sealed.

    Args:
        journal: with the segments.
        lake: folder of the lake.
        retention: what may stay in it.
        told: told of every segment that the lake has.

    Attributes:
        failures: how often a delivery had to be put off.
    """

    def __init__(self, journal: Journal, lake: Path, retention: Retention, told: Told) -> None:
        self._journal, self._lake, self._retention, self._told = journal, lake, retention, told
        self._syscalls = SyscallEncoding()
        self._sealed: queue.SimpleQueue[Sealed | None] = queue.SimpleQueue()
        self._is_stopping = False
        self._tidied = time.monotonic()
        self.failures = 0
        self._thread = threading.Thread(target=self._run, name="deliverer", daemon=True)

    def start(self) -> None:
        """Begin with what an earlier process has left in the journal."""
        self._thread.start()

    def put(self, sealed: Sealed | None) -> None:
        """Deliver what has been sealed; None looks for what there is."""
        self._sealed.put(sealed)

    def stop(self) -> None:
        """Deliver what there is, and end."""
        self._is_stopping = True
        self._sealed.put(None)
        self._thread.join()

    def _run(self) -> None:
        wait: float | None = None
        self._deliver()
        while not self._is_stopping:
            try:
                sealed = self._sealed.get(timeout=wait)
            except queue.Empty:
                sealed = None
            if sealed is not None:
                self._syscalls.prepare(sealed.segment.digest(), sealed.tables)
            wait = None if self._deliver() else _RETRY_SECONDS
            self._syscalls.forget()
            self._tidy()

    def _deliver(self) -> bool:
        """Deliver all segments; false if one has to wait."""
        try:
            for delivered in deliver_all(self._journal, self._lake, [self._syscalls, AUDIT]):
                self._told(delivered)
        except FalcolabError as error:
            self.failures += 1
            _LOG.error("what was recorded stays in the journal for now: %s", error)
            return False
        return True

    def _tidy(self) -> None:
        """Join small captures, and remove what is too old or too much."""
        if time.monotonic() - self._tidied < _TIDY_SECONDS:
            return
        self._tidied = time.monotonic()
        days, gb = self._retention.days, self._retention.gb
        try:
            store = Store.open(self._lake)
            compact(store, least=self._retention.compact_at, keep=_KEEP_SECONDS)
            limits = Limits(days and days * _DAY, None if gb is None else int(gb * _GIB))
            for gone in prune(store, limits):
                _LOG.info("removed part %d, %d events: %s", gone.part, gone.events, gone.reason)
        except FalcolabError as error:
            _LOG.error("the lake cannot be tidied now: %s", error)
