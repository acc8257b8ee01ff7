"""Which threads have exited of late: a parent may tell of a child that is gone already."""

from __future__ import annotations

from collections import deque

_REMEMBERED = 8192


class Exits:
    """Times of exits, of the latest ones only.

    Attributes:
        order: the parent, the thread and the time (ns), in the order in which they were added.
    """

    def __init__(self) -> None:
        self.order: deque[tuple[int, int, int]] = deque()
        self._times: dict[tuple[int, int], int] = {}

    def add(self, ptid: int, tid: int, time: int) -> None:
        """Remember that a child of a thread has exited."""
        self._times[ptid, tid] = time
        self.order.append((ptid, tid, time))
        if len(self.order) > _REMEMBERED:
            *oldest, when = self.order.popleft()
            if self._times.get((oldest[0], oldest[1])) == when:
                del self._times[oldest[0], oldest[1]]

    def time(self, ptid: int, tid: int) -> int | None:
        """When a child of a thread has exited, as far as that is remembered."""
        return self._times.get((ptid, tid))
