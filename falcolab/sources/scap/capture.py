"""A capture file: the state of the machine when recording began, and the events."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO

from falcolab.errors import InputError
from falcolab.sources.scap.damage import DamagedError, TruncatedError
from falcolab.sources.scap.event_reader import EventReader, Forward
from falcolab.sources.scap.metadata import read_section
from falcolab.sources.scap.stream import Stream
from falcolab.system.event import Event
from falcolab.system.snapshot import Snapshot

_INITIAL = frozenset({324, 354, 356, 358, 360, 402})
"""Containers, users, groups and async events: at the very start they belong to the snapshot."""

_MAX_INITIAL = 100_000
_MAX_INITIAL_SIZE = 2**26
"""Events and bytes in them that can belong to a snapshot."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How the reading of a capture ended.

    Attributes:
        reason: why it could not be read to the end; empty when it could.
        is_truncated: whether the file simply stops, as recordings do that were interrupted.
        offset: how many bytes of the (unpacked) file were read.
    """

    reason: str
    is_truncated: bool
    offset: int

    @property
    def is_whole(self) -> bool:
        """Whether the file was read to its end."""
        return not self.reason


class Capture:
    """A capture that is being read.

    ::

        with open_capture("host.scap") as capture:
            for item in capture:          # a Snapshot, then Events; another Snapshot where
                machine.take(item)        # captures were put one after the other
        if not capture.ending.is_whole:
            print(capture.ending.reason)

    Attributes:
        name: of the file, for messages.
        snapshot: the state when recording began.
        ending: how reading ended; None as long as it goes on.
    """

    def __init__(self, file: IO[bytes], name: str) -> None:
        """Read everything that stands before the first event.

        Raises:
            InputError: it is no capture, or is damaged there.
        """
        self.name = name
        self.ending: Ending | None = None
        self._forward: Forward | None = None
        self._is_forwarding = False
        self._file = file
        self._stream = Stream(file)
        self._events = EventReader(self._stream)
        try:
            self.snapshot = read_section(self._stream)
        except (DamagedError, OSError) as error:
            where = f"{name}, byte {self._stream.offset}"
            raise InputError(f"{where}: this cannot be read as a capture: {error}") from None

    def digest(self) -> str:
        """The SHA-256 of what was read, unpacked: the identity of the capture once it is read to its end."""
        return self._stream.digest()

    @property
    def unknown(self) -> int:
        """How many events were passed over so far because their type is newer than falcolab."""
        return self._events.unknown

    @property
    def offset(self) -> int:
        """How many bytes of the (unpacked) file have been read so far."""
        return self._stream.offset

    @property
    def forward(self) -> Forward | None:
        """Who may take events directly from the stream, once there is a first one; the others follow."""
        return self._forward

    @forward.setter
    def forward(self, forward: Forward | None) -> None:
        self._forward = forward
        self._events.forward = forward if self._is_forwarding else None

    def __iter__(self) -> Iterator[Snapshot | Event]:
        """The snapshot and the events, once; damage ends them and is told by ``ending``."""
        reason, is_truncated = "", False
        try:
            yield from self._section(self.snapshot)
            while self._stream.at < len(self._stream.data):
                yield from self._section(read_section(self._stream))
        except (DamagedError, OSError) as error:
            reason, is_truncated = str(error), isinstance(error, TruncatedError)
        self.ending = Ending(reason, is_truncated, self._stream.offset)

    def _section(self, snapshot: Snapshot) -> Iterator[Snapshot | Event]:
        """A snapshot that is complete with its first events, and the other events."""
        events = iter(self._events)
        damage: Exception | None = None
        first = None
        self._is_forwarding = False
        self.forward = self._forward
        try:
            first = self._complete(snapshot, events)
        except (DamagedError, OSError) as error:
            damage = error
        yield snapshot
        if damage is not None:
            raise damage
        if first is not None:
            yield first
            self._is_forwarding = True
            self.forward = self._forward
            yield from events

    def _complete(self, snapshot: Snapshot, events: Iterator[Event]) -> Event | None:
        """Put the initial events into the snapshot; the event after them, or None at the end."""
        dropped, size = self._events.dropped, 0
        for event in events:
            is_initial = event.type.id in _INITIAL and self._events.dropped == dropped
            size += sum(map(len, event.params))
            if not is_initial or size > _MAX_INITIAL_SIZE or len(snapshot.events) == _MAX_INITIAL:
                return event
            snapshot.events.append(event)
        return None

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Capture:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_capture(path: str | Path) -> Capture:
    """Open a capture.

    Raises:
        InputError: it cannot be read, is no capture, or is damaged before its first event.
    """
    try:
        file = Path(path).open("rb")  # noqa: SIM115 - the capture closes it
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from None
    try:
        return Capture(file, str(path))
    except BaseException:
        file.close()
        raise
