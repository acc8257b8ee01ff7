"""What is to be done when: a bounded queue of jobs that wait for their time."""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from typing import Generic, TypeVar

_T = TypeVar("_T")


class Schedule(Generic[_T]):
    """Jobs by the time when they are due. Threads share it.

    A job counts as under way from :meth:`put` or :meth:`put_again` until :meth:`done`.

    Args:
        capacity: how many jobs may be under way.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._heap: list[tuple[float, int, _T]] = []
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        self._open = True
        self.under_way = 0

    def put(self, job: _T, delay: float = 0.0) -> bool:
        """Have a job done, in so many seconds; False if there is no room or nobody works any more."""
        with self._changed:
            if self.under_way >= self._capacity or not self._open:
                return False
            self._push(job, delay)
            return True

    def put_again(self, job: _T, delay: float) -> None:
        """The same for a job whose doer has the room for it and calls :meth:`done` next."""
        with self._changed:
            self._push(job, delay)

    def _push(self, job: _T, delay: float) -> None:
        heapq.heappush(self._heap, (time.monotonic() + delay, next(self._numbers), job))
        self.under_way += 1
        self._changed.notify()

    def take(self) -> _T | None:
        """The next job, when it is due; None when the schedule is closed."""
        with self._changed:
            while self._open:
                pause = self._heap[0][0] - time.monotonic() if self._heap else None
                if pause is not None and pause <= 0:
                    return heapq.heappop(self._heap)[2]
                self._changed.wait(pause)
            return None

    def done(self) -> None:
        """One job is no longer under way."""
        with self._changed:
            self.under_way -= 1

    def close(self) -> None:
        """No more jobs are given out."""
        with self._changed:
            self._open = False
            self._changed.notify_all()
