"""Time as the daemon sees it: when something is due, and whether somebody has set the clock."""

from __future__ import annotations

import time
from collections.abc import Callable

_STEP_NS = 50_000_000
"""So far the clock may be from where it should be: it is corrected all the time, by less."""


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


class ClockWatch:
    """Notices that the clock was set.

    Args:
        boot_time: tells by the clock when the machine was booted, ns since 1970; that changes with
            the clock only.
    """

    def __init__(self, boot_time: Callable[[], int]) -> None:
        self._boot_time = boot_time
        self._known = boot_time()

    def step(self) -> float:
        """By how many seconds the clock was set since the last time; 0.0 if it was not.

        Small corrections add up, and are told when they are worth it.
        """
        moved = self._boot_time() - self._known
        if abs(moved) < _STEP_NS:
            return 0.0
        self._known += moved
        return moved / 1e9
