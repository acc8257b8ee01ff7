"""How many events the kernel has recorded and lost, by type and processor.

The counters lie in an array that is mapped into memory, so they are read at any time without a
system call. Each processor counts in a row of its own.
"""

from __future__ import annotations

import mmap
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

TYPES = 512
"""Columns: one for each event type, by its number in Falco's table, and some more."""

_EVENTS = 510
"""Columns that count events; the last two count programs and calls of 32 bits."""

_COUNT_SIZE = 16


@dataclass(frozen=True, slots=True)
class Counts:
    """The counters at one moment.

    Attributes:
        recorded: events that went into the ring, by processor and type.
        lost: events for which there was no room in it, by processor and type.
        compat_programs: 32-bit programs that were started; their calls are not recorded.
        compat_calls: calls of 32-bit programs, if they are counted.
    """

    recorded: npt.NDArray[np.uint64]
    lost: npt.NDArray[np.uint64]
    compat_programs: int
    compat_calls: int

    @property
    def submitted(self) -> int:
        """All events that happened: recorded and lost."""
        return int(self.recorded.sum() + self.lost.sum())

    def by_type(self) -> dict[int, tuple[int, int]]:
        """Event type -> recorded and lost, of those that happened."""
        recorded, lost = self.recorded.sum(axis=0), self.lost.sum(axis=0)
        return {
            int(type_): (int(recorded[type_]), int(lost[type_])) for type_ in np.nonzero(recorded + lost)[0]
        }

    def lost_by_processor(self) -> dict[int, dict[int, int]]:
        """Processor -> event type -> how many were lost, where any were."""
        found: dict[int, dict[int, int]] = {}
        for cpu, type_ in zip(*np.nonzero(self.lost), strict=True):
            found.setdefault(int(cpu), {})[int(type_)] = int(self.lost[cpu, type_])
        return found

    def __sub__(self, earlier: Counts) -> Counts:
        """What happened since an earlier moment."""
        return Counts(
            self.recorded - earlier.recorded,
            self.lost - earlier.lost,
            self.compat_programs - earlier.compat_programs,
            self.compat_calls - earlier.compat_calls,
        )


class Counters:
    """The mapped counters of a running probe."""

    def __init__(self, map_fd: int, processors: int) -> None:
        """Map them.

        Args:
            map_fd: the descriptor of the kernel's array; it may be closed afterwards.
            processors: how many rows it has.
        """
        size = -(-processors * TYPES * _COUNT_SIZE // mmap.PAGESIZE) * mmap.PAGESIZE
        self._map = mmap.mmap(map_fd, size, mmap.MAP_SHARED, mmap.PROT_READ)
        table = np.frombuffer(self._map, np.uint64, processors * TYPES * 2)
        self._table: npt.NDArray[np.uint64] | None = table.reshape(processors, TYPES, 2)

    def read(self) -> Counts:
        """The counters as they are now."""
        if self._table is None:
            raise ValueError("the counters are closed")
        now = self._table.copy()
        programs, calls = map(int, now[:, _EVENTS:, 0].sum(axis=0))
        return Counts(now[:, :_EVENTS, 0], now[:, :_EVENTS, 1], programs, calls)

    def close(self) -> None:
        """Give the memory back; a second time does nothing."""
        if self._table is not None:
            self._table = None
            self._map.close()
