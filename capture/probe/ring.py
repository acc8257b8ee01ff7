"""The ring buffer between kernel and daemon, mapped into memory and drained in bulk.

Each record has a head of eight bytes (its length, and two bits: still being written, discarded)
and is a multiple of eight long, for the probe pads it. The data pages are mapped twice in a row, so
a record that runs over the end can be read in one piece. Layout: ``kernel/bpf/ringbuf.c``.
"""

from __future__ import annotations

import mmap
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

MAX_DRAIN = 1024 * 1024
"""Bytes that one call takes out of the ring at most, so that they stay in the processor's cache."""

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
        self._words: npt.NDArray[np.uint64] = np.frombuffer(data, np.uint64)
        self._keep: npt.NDArray[np.bool_] = np.ones(0, np.bool_)
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
        starts, discarded, stop = self._walk(begin, min(end, begin + limit))
        if stop == begin:
            return Chunk(b"", 0)
        chunk = Chunk(self._gather(begin, stop, starts, discarded), len(starts))
        self._consumer[0] = stop
        return chunk

    def _walk(self, at: int, end: int) -> tuple[list[int], list[int], int]:
        """Of the records from ``at`` on: where they begin, where the discarded ones do, where they end.

        Positions are in words of eight bytes from ``at``.
        """
        heads, begin, base = self._heads, at, (at % self.size) >> 2
        starts: list[int] = []
        discarded: list[int] = []
        last, word = (end - begin) >> 3, 0
        while word < last:
            head = heads[base + 2 * word]
            if head & _BUSY:
                break
            (discarded if head & _DISCARDED else starts).append(word)
            word += ((head & _LENGTH) + _HEAD + 7) >> 3
        return starts, discarded, begin + 8 * word

    def _gather(self, begin: int, stop: int, starts: list[int], discarded: list[int]) -> bytes:
        """The records without their heads; they are whole words, so nothing else is between them."""
        base, size = begin % self.size >> 3, (stop - begin) >> 3
        words = self._words[base : base + size]
        if not discarded:
            return self._without(words, np.array(starts, np.int64))
        keep = np.ones(size, np.bool_)
        keep[np.array(starts, np.int64)] = False
        for word in discarded:
            keep[word : word + 1 + ((int(words[word]) & _LENGTH) + 7 >> 3)] = False
        return words[keep].tobytes()

    def _without(self, words: npt.NDArray[np.uint64], heads: npt.NDArray[np.int64]) -> bytes:
        """All words but some; what says which they are is used again the next time."""
        if len(self._keep) < len(words):
            self._keep = np.ones(len(words), np.bool_)
        keep = self._keep[: len(words)]
        keep[heads] = False
        content = words[keep].tobytes()
        keep[heads] = True
        return content

    def close(self) -> None:
        """Give the memory back; records that are still in the ring are left there."""
        self._words = np.empty(0, np.uint64)
        for view in (self._heads, self._consumer, self._producer, self._data):
            view.release()
        for each in self._maps:
            each.close()
        self._maps = ()
