"""Event blocks become state and rows, as those of a capture file do."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from falcolab import native
from falcolab.lake.capture_writer import PART_BYTES, PART_EVENTS
from falcolab.lake.syscall.encoder import PURE, SyscallEncoder
from falcolab.sources.scap.event_reader import EventReader
from falcolab.sources.scap.stream import Stream
from falcolab.system.machine import Machine

PART = 1
"""The number of the part in the keys of rows, until the lake gives them another."""


_EVENT_BYTES, _ROW_BYTES = 256, 1_500
"""About what the row of an event takes without its parameters, and one of a dimension with its values."""


class _Blocks(Stream):
    """A stream of blocks that come one chunk after the other."""

    def __init__(self) -> None:
        self.data = b""
        self.at = 0
        self.problem = ""
        self._before = 0
        self._chunks: Iterator[bytes] = iter(())

    def put(self, chunk: bytes) -> None:
        """Go on with a chunk of whole blocks; the one before has been read."""
        self._before += len(self.data)
        self.data, self.at = chunk, 0


class Recorder:
    """Keeps the state of the machine, and the rows of one part.

    Args:
        machine: the state that the events go on from.

    Attributes:
        machine: the state.
        encoder: the rows.
    """

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self._blocks = _Blocks()
        self._events = EventReader(self._blocks)
        self.begin()

    def begin(self) -> None:
        """Begin another part, without rows."""
        lane = native.load("lane")
        self.encoder = SyscallEncoder(PART, PURE if lane is None else lane.PIECES)
        run = None if lane is None else lane.Lane(self.machine, self.encoder, PART_EVENTS, PART_BYTES).run
        self._events.forward = run

    def take(self, chunk: bytes) -> None:
        """Take in whole event blocks.

        Raises:
            DamagedError: they are none.
        """
        self._blocks.put(chunk)
        for event in self._events:
            is_seen = self.machine.take(event)
            self.encoder.notice(event, self.machine)
            if is_seen:
                self.encoder.add(event, self.machine)

    @property
    def rows(self) -> int:
        """How many events the part has."""
        return self.encoder.events.rows

    @property
    def size(self) -> int:
        """About how many bytes of memory the part takes.

        It is there twice for a while: on its way into the lake, while the next one grows as large.
        Processes have the texts of their ancestors only on that way.
        """
        encoder = self.encoder
        rows = sum(len(each.rows) for each in encoder.dimensions.values())
        events = _EVENT_BYTES * encoder.events.rows + encoder.events.size
        return 2 * (events + _ROW_BYTES * rows) + encoder.processes.columns.size

    def tables(self) -> dict[str, pa.Table]:
        """The part as tables."""
        return self.encoder.tables()
