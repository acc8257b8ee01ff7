from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture.probe.ring import Ring

SIZE = 4096
BUSY, DISCARDED = 1 << 31, 1 << 30


class Kernel:
    """A ring in plain memory, written as the kernel writes it: its data are there twice."""

    def __init__(self) -> None:
        self.consumer, self.producer = bytearray(8), bytearray(8)
        self.data = bytearray(2 * SIZE)
        self.position = 0
        self.ring = Ring(memoryview(self.consumer), memoryview(self.producer), memoryview(self.data))

    def write(self, payload: bytes, bits: int = 0) -> int:
        """Reserve and write a record; returns where its head is."""
        at = self.position % SIZE
        record = struct.pack("<II", len(payload) | bits, 0) + payload
        for index, byte in enumerate(record):
            for copy in (0, SIZE):
                self.data[(at + index) % SIZE + copy] = byte
        self.position += len(record)
        self.producer[:] = struct.pack("<Q", self.position)
        return at

    def finish(self, at: int) -> None:
        """Take the mark away that a record is still being written."""
        (head,) = struct.unpack_from("<I", self.data, at)
        for copy in (0, SIZE):
            struct.pack_into("<I", self.data, at + copy, head & ~BUSY)

    @property
    def free(self) -> int:
        return SIZE - (self.position - struct.unpack("<Q", self.consumer)[0])


def test_records_come_out_whole_and_in_order() -> None:
    kernel = Kernel()
    kernel.write(b"a" * 8)
    kernel.write(b"b" * 40)
    assert kernel.ring.drain() == (b"a" * 8 + b"b" * 40, 2)
    assert kernel.ring.drain() == (b"", 0)
    assert kernel.ring.used == 0


def test_a_record_that_is_still_written_holds_up_the_ones_behind_it() -> None:
    kernel = Kernel()
    kernel.write(b"first123")
    at = kernel.write(b"second12", BUSY)
    kernel.write(b"third123")
    assert kernel.ring.drain() == (b"first123", 1)
    assert kernel.ring.drain() == (b"", 0)
    kernel.finish(at)
    assert kernel.ring.drain() == (b"second12third123", 2)


def test_discarded_records_are_left_out() -> None:
    kernel = Kernel()
    kernel.write(b"first123")
    kernel.write(b"x" * 32, DISCARDED)
    kernel.write(b"third123")
    assert kernel.ring.drain() == (b"first123third123", 2)


def test_a_record_may_run_over_the_end() -> None:
    kernel = Kernel()
    kernel.write(b"a" * (SIZE - 32))
    kernel.ring.drain()
    kernel.write(b"0123456789abcdef" * 4)
    assert kernel.ring.drain() == (b"0123456789abcdef" * 4, 1)


def test_a_limit_is_kept_to_whole_records() -> None:
    kernel = Kernel()
    for _ in range(10):
        kernel.write(b"a" * 24)
    assert kernel.ring.drain(limit=40).records == 2
    assert kernel.ring.drain().records == 8


def test_a_closed_ring_lets_go_of_its_memory() -> None:
    kernel = Kernel()
    kernel.ring.close()
    kernel.data.extend(b"it can be resized again")
    with pytest.raises(ValueError, match="released"):
        kernel.ring.drain()


records = st.lists(st.tuples(st.integers(0, 60), st.booleans(), st.booleans()), max_size=200)


@given(records)
def test_whatever_is_written_comes_out_once(plan: list[tuple[int, bool, bool]]) -> None:
    kernel = Kernel()
    expected, found = [], []
    for index, (words, is_discarded, drains) in enumerate(plan):
        payload = struct.pack("<Q", index) * words
        if kernel.free < len(payload) + 8 or drains:
            found.append(kernel.ring.drain())
        kernel.write(payload, DISCARDED if is_discarded else 0)
        if not is_discarded:
            expected.append(payload)
    found.append(kernel.ring.drain())
    assert b"".join(chunk.data for chunk in found) == b"".join(expected)
    assert sum(chunk.records for chunk in found) == len(expected)
