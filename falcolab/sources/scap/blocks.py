"""The framing of captures: blocks as in pcapng, little-endian, and their codes.

A block is its code, its length L, a body of L - 12 bytes and L once more. The codes of more
than 0x80000000 are those of captures from before the format's first release.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from falcolab.sources.scap.damage import DamagedError
from falcolab.sources.scap.stream import Stream

SECTION = 0x0A0D0D0A
MACHINE = frozenset({0x201, 0x8002ABCD})

PROCESSES = {
    0x202: 1,
    0x8000ABCD: 1,
    0x207: 2,
    0x8013ABCD: 2,
    0x209: 3,
    0x8014ABCD: 3,
    0x210: 4,
    0x211: 5,
    0x212: 6,
    0x213: 7,
    0x214: 8,
    0x215: 9,
}
"""Code -> version of a process list."""

DESCRIPTORS = {0x203: 1, 0x8001ABCD: 1, 0x218: 2}
"""Code -> version of a list of descriptors."""

INTERFACES = {0x205: 1, 0x8011ABCD: 1, 0x219: 2}
"""Code -> version of an interface list."""

USERS = {0x206: 1, 0x8012ABCD: 1, 0x220: 2}
"""Code -> version of a user list."""


@dataclass(frozen=True, slots=True)
class EventBlock:
    """A kind of event block.

    Attributes:
        has_flags: whether four bytes of dump flags follow the two of the processor.
        counted: whether the event's header ends with the number of parameters.
        large: whether it may be longer than 64 KiB.
        begin: where the event begins in the block.
        header: the event's header: time, thread, length, type and the number of parameters, if counted.
    """

    has_flags: bool
    counted: bool
    large: bool
    begin: int
    header: struct.Struct


def _event_block(*, has_flags: bool, counted: bool, large: bool = False) -> EventBlock:
    header = struct.Struct("<qqIHI" if counted else "<qqIH")
    return EventBlock(has_flags, counted, large, 14 if has_flags else 10, header)


EVENTS = {
    0x204: _event_block(has_flags=False, counted=False),
    0x8010ABCD: _event_block(has_flags=False, counted=False),
    0x208: _event_block(has_flags=True, counted=False),
    0x216: _event_block(has_flags=False, counted=True),
    0x217: _event_block(has_flags=True, counted=True),
    0x221: _event_block(has_flags=False, counted=True, large=True),
    0x222: _event_block(has_flags=True, counted=True, large=True),
}
"""Code -> kind of event block."""

FRAME = struct.Struct("<II")
"""Code and length, at the beginning of a block."""

_FRAMING = 12
_U16 = struct.Struct("<H")
_U32 = struct.Struct("<I")


class Body:
    """The content of a block or of an entry in it, read piece by piece.

    Attributes:
        left: how many bytes are still to be read.
        read: how many have been.
    """

    def __init__(self, stream: Stream, size: int, what: str) -> None:
        if size < 0:
            raise DamagedError(f"{what}: impossible length")
        self._stream = stream
        self._what = what
        self.left = size
        self.read = 0

    def take(self, size: int) -> bytes:
        """The next bytes.

        Raises:
            DamagedError: the block has fewer, or the file.
        """
        if size > self.left:
            raise DamagedError(f"{self._what}: {size} bytes should follow and the block has {self.left} more")
        self.left -= size
        self.read += size
        return self._stream.take(size)

    def unpack(self, fields: struct.Struct) -> tuple[int, ...]:
        """The next numbers."""
        return fields.unpack(self.take(fields.size))

    def u32(self) -> int:
        """The next number of four bytes."""
        return int(_U32.unpack(self.take(4))[0])

    def text(self, limit: int) -> bytes:
        """The next string: its length in two bytes, and its bytes.

        Raises:
            DamagedError: it is longer than ``limit``.
        """
        size = _U16.unpack(self.take(2))[0]
        if size > limit:
            raise DamagedError(f"{self._what}: a string of {size} bytes where {limit} are the most")
        return self.take(size)

    def entry(self, size: int) -> Body:
        """A part of that many bytes, to be read to its end before this body is read on."""
        if size > self.left:
            raise DamagedError(f"{self._what}: an entry of {size} bytes and the block has {self.left} more")
        self.left -= size
        self.read += size
        return Body(self._stream, size, self._what)

    def skip_rest(self) -> None:
        """Leave out what nobody asked for."""
        self._stream.skip(self.left)
        self.read += self.left
        self.left = 0


def open_body(stream: Stream, what: str) -> Body:
    """The body of the block that begins at the stream's position."""
    _, length = FRAME.unpack(stream.take(FRAME.size))
    return Body(stream, length - _FRAMING, what)


def close_body(stream: Stream, body: Body, what: str) -> None:
    """Leave the block behind.

    Raises:
        DamagedError: the length at its end is not the one at its beginning.
    """
    body.skip_rest()
    (length,) = _U32.unpack(stream.take(4))
    if length != body.read + _FRAMING:
        raise DamagedError(f"{what}: its length is {body.read + _FRAMING} in front and {length} at its end")
