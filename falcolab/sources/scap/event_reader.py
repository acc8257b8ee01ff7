"""The events of a capture, block by block."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator

from falcolab.sources.scap.blocks import EVENTS, FRAME, EventBlock
from falcolab.sources.scap.convert import DROP, PASS, Converter, Params
from falcolab.sources.scap.damage import DamagedError
from falcolab.sources.scap.stream import Stream
from falcolab.system.event import Event
from falcolab.system.event_type import EventType
from falcolab.system.tables import event_types

MAX_EVENT = 2**26
"""Bytes of the largest event; the format itself allows sixty-four times more."""

_MAX_PLAIN = 2**16
_STATE_ONLY = 1
_CACHED_PARAMS = 12
_CACHED_SHAPES = 2**14

_WRONG_LENGTH = {280: 3, 286: 3}
"""By so much the length of these two types is wrong in captures without the number of parameters."""

Forward = Callable[[Stream], bool]
"""Takes some of the events that come next directly from the stream; false if it took none."""


class EventReader:
    """Reads and converts the events of a stream.

    Attributes:
        dropped: how many events have not been delivered so far; so end old entry events and unused types.
        unknown: how many events of newer types than ours were passed over.
        forward: who may take events directly from the stream.
    """

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._types = event_types()
        self._converter = Converter(self._types)
        self._large = frozenset(type_.id for type_ in self._types if "LARGE_PAYLOAD" in type_.flags)
        self._shapes: dict[bytes, struct.Struct] = {}
        self.dropped = 0
        self.unknown = 0
        self.forward: Forward | None = None

    def __iter__(self) -> Iterator[Event]:
        """The events up to the file's end or to a block that is no event.

        Raises:
            DamagedError: it cannot be read on.
        """
        stream, types, shapes, large = self._stream, self._types, self._shapes, self._large
        need, convert, last_type = self._converter.need, self._converter.convert, len(self._types) - 1
        frame, kind_of = FRAME.unpack_from, EVENTS.get
        while self._reach(stream):
            data, at = stream.data, stream.at
            code, length = frame(data, at)
            if (kind := kind_of(code)) is None:
                return
            if at + length > len(data) or length < kind.begin + kind.header.size + 4 or length > _MAX_PLAIN:
                self._check_length(kind, length)
                data, at = stream.data, stream.at
            begin = at + kind.begin
            time, tid, size, id_, *counted = kind.header.unpack_from(data, begin)
            if id_ > last_type:
                self.unknown += 1
                stream.at = at + length
                continue
            lengths, stop, limit = begin + kind.header.size, begin + size, at + length - 4
            count = counted[0] if counted else self._count(types[id_], data[lengths : min(stop, limit)])
            values = lengths + 2 * count
            shape = None if id_ in large or values > stop else shapes.get(data[lengths:values])
            if shape is not None and values + shape.size <= stop <= limit:
                params: Params = shape.unpack_from(data, values)
            elif lengths <= stop <= limit:
                params = self._params(data[lengths:stop], count, 4 if id_ in large else 2)
            else:
                raise DamagedError(f"an event of {size} bytes in a block of {length}")
            stream.at = at + length
            wanted = need[id_]
            if wanted == PASS:
                params = params[: len(types[id_].params)]
            elif wanted != count:
                converted = None if wanted == DROP else convert(id_, tid, params)
                if converted is None:
                    self.dropped += 1
                    continue
                id_, params = converted
            is_hidden = kind.has_flags and bool(data[at + 10] & _STATE_ONLY)
            yield Event(types[id_], time, tid, data[at + 8] | data[at + 9] << 8, params, is_hidden)
        self._check_end()

    def _reach(self, stream: Stream) -> bool:
        """Have the beginning of the next block that nobody takes directly; false at the end."""
        while stream.ensure(FRAME.size):
            if self.forward is None or not self.forward(stream):
                return True
        return False

    def _check_end(self) -> None:
        """Nothing may be left, except between blocks."""
        if self._stream.at < len(self._stream.data) or self._stream.problem:
            raise self._stream.cut(FRAME.size)

    def _check_length(self, kind: EventBlock, length: int) -> None:
        """Have the whole block in the window, provided that its length is possible."""
        if length < kind.begin + kind.header.size + 4:
            raise DamagedError(f"an event block of only {length} bytes")
        most = MAX_EVENT if kind.large else _MAX_PLAIN + FRAME.size
        if length > most:
            raise DamagedError(f"an event block of {length} bytes, where {most} are the most")
        if not self._stream.ensure(length):
            raise self._stream.cut(length)

    def _params(self, content: bytes, count: int, width: int) -> Params:
        """Cut the values out one by one; their lengths stand in front of them."""
        at = width * count
        if at > len(content):
            raise DamagedError(f"{count} parameters in an event of {len(content)} bytes")
        sizes = _sizes(content, count, width)
        if at + sum(sizes) > len(content):
            raise DamagedError("the parameters are longer than their event")
        if width == 2 and count <= _CACHED_PARAMS and len(self._shapes) < _CACHED_SHAPES:
            self._shapes[content[:at]] = struct.Struct("".join(f"{size}s" for size in sizes))
        values = []
        for size in sizes:
            values.append(content[at : at + size])
            at += size
        return tuple(values)

    def _count(self, type_: EventType, content: bytes) -> int:
        """The number of parameters, where it is not stored: the one for which everything fits."""
        size = len(content) - _WRONG_LENGTH.get(type_.id, 0)
        width = 4 if type_.id in self._large else 2
        for count in range(len(type_.params), -1, -1):
            if width * count > size:
                continue
            end = width * count + sum(_sizes(content, count, width))
            if end == size:
                return count
            if end < size:
                break
        raise DamagedError(f"the number of parameters of an event of type {type_.id} cannot be told")


def _sizes(content: bytes, count: int, width: int) -> tuple[int, ...]:
    return struct.unpack_from(f"<{count}{'H' if width == 2 else 'I'}", content)
