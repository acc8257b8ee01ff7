"""Sealed segments go into the lake in a thread of their own, and the lake is kept small."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from enum import Enum, auto
from pathlib import Path

from capture.daemon.recording import Sealed
from capture.daemon.settings import Retention
from capture.daemon.troubles import Troubles
from capture.daemon.watch import Every
from capture.journal import AUDIT, Delivered, Journal, JournalError, deliver_all
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
_READY = 2
"""So many segments may wait with their rows; of others these are made again from the journal."""

DELIVERY, TIDYING = "delivery", "tidying"
"""Troubles: the lake cannot be written, or not be kept small."""

Told = Callable[[Delivered], None]


class _Order(Enum):
    """What the thread is told beside segments: to look for some, or to look once more and end."""

    LOOK = auto()
    STOP = auto()


class Deliverer:
    """Delivers what the journal has sealed.

    Args:
        journal: with the segments.
        lake: folder of the lake.
        retention: what may stay in it.
        troubles: told when something goes wrong.
        told: told of every segment that the lake has.
    """

    def __init__(
        self, journal: Journal, lake: Path, retention: Retention, troubles: Troubles, told: Told
    ) -> None:
        self._journal, self._lake, self._retention = journal, lake, retention
        self._troubles, self._told = troubles, told
        troubles.watch(DELIVERY, TIDYING)
        self._syscalls = SyscallEncoding()
        self._orders: queue.SimpleQueue[Sealed | _Order] = queue.SimpleQueue()
        self._tidy_due = Every(_TIDY_SECONDS)
        self._thread = threading.Thread(target=self._run, name="deliverer", daemon=True)

    def start(self) -> None:
        """Begin with what an earlier process has left in the journal."""
        self._thread.start()

    def put(self, sealed: Sealed | None) -> None:
        """Deliver what has been sealed; None looks for what there is."""
        is_slow = self._orders.qsize() >= _READY
        self._orders.put(_Order.LOOK if sealed is None or is_slow else sealed)

    def check(self) -> None:
        """See whether the thread lives."""
        if not self._thread.is_alive():
            self._troubles.begin(DELIVERY, "it has ended, for a mistake in the daemon: see its log")

    def stop(self) -> None:
        """Deliver what there is, and end."""
        self._orders.put(_Order.STOP)
        self._thread.join()

    def _run(self) -> None:
        is_done = self._deliver()
        while True:
            try:
                order = self._orders.get(timeout=_TIDY_SECONDS if is_done else _RETRY_SECONDS)
            except queue.Empty:
                order = _Order.LOOK
            if isinstance(order, Sealed):
                self._prepare(order)
            is_done = self._deliver()
            self._syscalls.forget()
            if order is _Order.STOP:
                return
            if self._tidy_due.is_due():
                self._tidy()

    def _prepare(self, sealed: Sealed) -> None:
        """Have the tables of a segment at hand, unless it has been delivered along with an earlier one."""
        try:
            self._syscalls.prepare(sealed.segment.digest(), sealed.tables)
        except JournalError as error:
            _LOG.info("a segment needs no tables: %s", error)

    def _deliver(self) -> bool:
        """Deliver all segments; false if one has to wait."""
        try:
            for delivered in deliver_all(self._journal, self._lake, [self._syscalls, AUDIT]):
                self._told(delivered)
        except FalcolabError as error:
            self._troubles.begin(DELIVERY, f"what was recorded stays in the journal for now: {error}")
            return False
        self._troubles.end(DELIVERY)
        return True

    def _tidy(self) -> None:
        """Join small captures, and remove what is too old or too much."""
        days, gb = self._retention.days, self._retention.gb
        try:
            store = Store.create(self._lake)
            compact(store, least=self._retention.compact_at, keep=_KEEP_SECONDS)
            limits = Limits(days and days * _DAY, None if gb is None else int(gb * _GIB))
            for gone in prune(store, limits):
                _LOG.info("removed part %d, %d events: %s", gone.part, gone.events, gone.reason)
        except (FalcolabError, OSError) as error:
            self._troubles.begin(TIDYING, str(error))
        else:
            self._troubles.end(TIDYING)
