"""What is to be seen to every second, whatever happens: the disk, the clock, the threads, systemd."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence

from prometheus_client import Counter

from capture.daemon.notify import ALIVE, notify
from capture.daemon.troubles import Troubles
from capture.daemon.watch import ClockWatch
from capture.journal import Journal, JournalError

_LOG = logging.getLogger(__name__)
STUCK_SECONDS = 60.0
"""After this time a loop that has not come by counts as dead."""

SYNC = "journal_sync"
"""The trouble of a disk that does not keep what was written."""


class Care:
    """Sees to what is to be seen to.

    Args:
        journal: is synced.
        clock: is looked at.
        steps: counts how often it was set.
        troubles: told when something goes wrong.
        checks: of parts that have threads.
    """

    def __init__(
        self,
        journal: Journal,
        clock: ClockWatch,
        steps: Counter,
        troubles: Troubles,
        checks: Sequence[Callable[[], None]],
    ) -> None:
        self._journal, self._clock, self._steps = journal, clock, steps
        self._troubles, self._checks = troubles, tuple(checks)
        troubles.watch(SYNC)
        self._last = time.monotonic()

    def is_alive(self) -> bool:
        """Whether the daemon comes by."""
        return time.monotonic() - self._last < STUCK_SECONDS

    def take(self) -> bool:
        """See to everything; whether the clock was set."""
        self._last = time.monotonic()
        self._sync()
        for check in self._checks:
            check()
        notify(ALIVE)
        return self._look_at_clock()

    def _sync(self) -> None:
        try:
            self._journal.sync()
        except JournalError as error:
            self._troubles.begin(SYNC, f"a crash now would lose events: {error}")
        else:
            self._troubles.end(SYNC)

    def _look_at_clock(self) -> bool:
        step = self._clock.step()
        if step:
            self._steps.inc()
            _LOG.warning("the clock was set by %+.3f s: events are dated by it from now on", step)
        return bool(step)
