"""Which audit events have been taken, in the journal, so that a retry is known after a restart, too."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence

from capture.audit.identity import RECENT_EVENTS, RecentEvents, identity
from capture.journal import Journal, Kind, SegmentReader

_BYTES = 16


class KnownEvents:
    """The identities of the audit events taken last.

    They stand in one group with their events, and all of them at the beginning of every segment. A
    segment that the lake has may go, and the next one still knows its events.

    Args:
        size: how many there may be; then the oldest go.
    """

    def __init__(self, size: int = RECENT_EVENTS) -> None:
        self._order: deque[bytes] = deque(maxlen=size)

    def restore(self, journal: Journal) -> None:
        """Take over what the segments of an earlier process know."""
        for segment in journal.sealed():
            for frame in SegmentReader(segment.path):
                if frame.kind == Kind.AUDIT_IDENTITIES:
                    self._order.extend(_split(frame.payload))

    def frame(self, events: Sequence[bytes]) -> tuple[Kind, bytes]:
        """The frame that goes with events, as they came."""
        return Kind.AUDIT_IDENTITIES, b"".join(map(identity, events))

    def add(self, frame: tuple[Kind, bytes]) -> None:
        """The journal has such a frame."""
        self._order.extend(_split(frame[1]))

    def opening(self) -> Iterator[tuple[Kind, bytes]]:
        """What a segment begins with.

        Another thread may be adding some, which a copy of a deque stands. What it adds is not missed: it
        is in a segment already.
        """
        if known := self._order.copy():
            yield Kind.AUDIT_IDENTITIES, b"".join(known)

    def recent(self) -> RecentEvents:
        """The same, for the intake."""
        recent = RecentEvents(self._order.maxlen or RECENT_EVENTS)
        for each in self._order:
            recent.add(each)
        return recent


def _split(identities: bytes) -> Iterator[bytes]:
    return (identities[at : at + _BYTES] for at in range(0, len(identities), _BYTES))
