"""The ring buffer between kernel and daemon, mapped into memory and drained in bulk.

Each record has a head of eight bytes (its length, and two bits: still being written, discarded)
and is padded to a multiple of eight. The data pages are mapped twice in a row, so a record that
runs over the end can be read in one piece. Layout: ``kernel/bpf/ringbuf.c``.
"""

from __future__ import annotations

import mmap
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

MAX_DRAIN = 4 * 1024 * 1024
"""Bytes that one call takes out of the ring at most; a megabyte or more costs the least per event."""

_BUSY = 1 << 31
_DISCARDED = 1 << 30
_LENGTH = _DISCARDED - 1
_HEAD = 8


class Chunk(NamedTuple):
    """What was taken out of the ring.

    Attributes:
        data: whole records, one after the other.
        records: how many they are.
    """

    data: bytes
    records: int


class Ring:
    """The ring of a running probe.

    ::

        ring = Ring(probe.map_fd("events"), pages * 4096)
        chunk = ring.drain()      # as often as wanted; empty when there is nothing
    """

    def __init__(self, consumer: memoryview, producer: memoryview, data: memoryview) -> None:
        """Read from memory.

        Args:
            consumer: eight bytes, the position up to which was read; they are written.
            producer: eight bytes, the position up to which was reserved.
            data: the data, twice in a row.
        """
        self._consumer = consumer.cast("Q")
        self._producer = producer.cast("Q")
        self._data = data
        self._heads = data.cast("I")
        self._bytes = np.frombuffer(data, np.uint8)
        self.size = len(data) // 2
        self._maps: tuple[mmap.mmap, ...] = ()

    @classmethod
    def of_map(cls, map_fd: int, size: int) -> Ring:
        """Map the kernel's ring of so many bytes; the descriptor may be closed afterwards."""
        page = mmap.PAGESIZE
        consumer = mmap.mmap(map_fd, page, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE)
        rest = mmap.mmap(map_fd, page + 2 * size, mmap.MAP_SHARED, mmap.PROT_READ, offset=page)
        view = memoryview(rest)
        ring = cls(memoryview(consumer)[:8], view[:8], view[page:])
        ring._maps = consumer, rest
        return ring

    @property
    def used(self) -> int:
        """Bytes that are waiting, with those that are still being written."""
        return int(self._producer[0] - self._consumer[0])

    def drain(self, limit: int = MAX_DRAIN) -> Chunk:
        """Take out the records that are complete, up to about ``limit`` bytes, and free their room."""
        begin, end = self._consumer[0], self._producer[0]
        starts, lengths, stop = self._walk(begin, min(end, begin + min(limit, self.size)))
        if stop == begin:
            return Chunk(b"", 0)
        chunk = Chunk(self._gather(begin % self.size, stop - begin, starts, lengths), len(starts))
        self._consumer[0] = stop
        return chunk

    def _walk(self, at: int, end: int) -> tuple[list[int], list[int], int]:
        """Where the records begin, relative to the first, their lengths, and where the walk ended."""
        heads, begin, base = self._heads, at, at % self.size
        starts: list[int] = []
        lengths: list[int] = []
        while at < end:
            head = heads[(base + at - begin) >> 2]
            if head & _BUSY:
                break
            length = head & _LENGTH
            if not head & _DISCARDED:
                starts.append(at - begin + _HEAD)
                lengths.append(length)
            at += (length + _HEAD + 7) & ~7
        return starts, lengths, at

    def _gather(self, base: int, size: int, starts: list[int], lengths: list[int]) -> bytes:
        """The records without heads and padding: every byte of the stretch that belongs to one."""
        stretch = self._bytes[base : base + size]
        keep: npt.NDArray[np.int8] = np.zeros(size + 1, np.int8)
        begins = np.array(starts, np.int64)
        keep[begins] = 1
        keep[begins + np.array(lengths, np.int64)] -= 1
        return stretch[np.cumsum(keep[:-1], dtype=np.int8).view(np.bool_)].tobytes()

    def close(self) -> None:
        """Give the memory back; records that are still in the ring are left there."""
        self._bytes = np.empty(0, np.uint8)
        for view in (self._heads, self._consumer, self._producer, self._data):
            view.release()
        for each in self._maps:
            each.close()
        self._maps = ()
