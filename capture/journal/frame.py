"""Frames: what a segment of the journal is made of.

    segment = header, frame, frame, ...
    header  = magic (8), number (8), created in ns since 1970 (8), random (12), CRC-32 of these (4)
    frame   = length of the payload (4), kind (1), flags (1), check of these (2), CRC-32 (4), payload

All numbers are little-endian. Both sums of a frame begin with the CRC of the segment's header,
so that a frame of another segment is no valid one here. The check of its own tells a frame
that breaks off at the end of a file from one whose length is damaged.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from typing import NamedTuple
from zlib import crc32

MAX_PAYLOAD = 64 * 2**20
"""Bytes of the largest payload."""

HEADER_BYTES = 40
FRAME_BYTES = 12

_MAGIC = b"FLJRNL1\n"
_HEADER = struct.Struct("<8sQQ12s")
_SUM = struct.Struct("<I")
_FRONT = struct.Struct("<IBB")
_BACK = struct.Struct("<HI")
_MORE = 1


class Frame(NamedTuple):
    """One frame.

    Attributes:
        kind: what the payload is.
        payload: its bytes.
    """

    kind: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Header:
    """The beginning of a segment, unlike that of any other.

    Attributes:
        number: of the segment.
        created: when, ns since 1970.
        raw: its bytes.
    """

    number: int
    created: int
    raw: bytes

    @classmethod
    def new(cls, number: int, created: int) -> Header:
        """A header for a new segment."""
        front = _HEADER.pack(_MAGIC, number, created, os.urandom(12))
        return cls(number, created, front + _SUM.pack(crc32(front)))

    @classmethod
    def parse(cls, raw: bytes) -> Header | None:
        """The header that stands there; None where there is none."""
        front, back = raw[: _HEADER.size], raw[_HEADER.size :]
        if len(raw) != HEADER_BYTES or back != _SUM.pack(crc32(front)):
            return None
        magic, number, created, _ = _HEADER.unpack(front)
        return cls(number, created, raw) if magic == _MAGIC else None

    @property
    def seed(self) -> int:
        """What the sums of the segment's frames begin with."""
        (seed,) = _SUM.unpack(self.raw[_HEADER.size :])
        return int(seed)


class FrameFront(NamedTuple):
    """What stands in front of a payload.

    Attributes:
        length: of the payload, bytes.
        kind: of the frame.
        has_more: whether the next frame belongs to the same group.
        sum: the CRC-32 that the payload must have.
    """

    length: int
    kind: int
    has_more: bool
    sum: int


def pack_front(frame: Frame, seed: int, *, has_more: bool) -> bytes:
    """What stands in front of a frame's payload."""
    front = _FRONT.pack(len(frame.payload), frame.kind, _MORE if has_more else 0)
    begun = crc32(front, seed)
    return front + _BACK.pack(begun & 0xFFFF, crc32(frame.payload, begun))


def parse_front(raw: bytes, seed: int) -> FrameFront | None:
    """What these ``FRAME_BYTES`` say of the payload behind them; None when they are damaged."""
    length, kind, flags = _FRONT.unpack_from(raw)
    check, total = _BACK.unpack_from(raw, _FRONT.size)
    is_whole = crc32(raw[: _FRONT.size], seed) & 0xFFFF == check
    return FrameFront(length, kind, bool(flags & _MORE), total) if is_whole else None


def has_sum(payload: bytes, raw: bytes, seed: int, total: int) -> bool:
    """Whether a payload is the one that ``raw`` stands in front of."""
    return crc32(payload, crc32(raw[: _FRONT.size], seed)) == total
