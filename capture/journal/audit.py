"""Kubernetes audit events through the journal: a sink that writes them, an encoding that reads them."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from capture.journal.delivery import PlainEncoding
from capture.journal.frame import Frame
from capture.journal.journal import Journal
from capture.journal.kinds import Kind
from falcolab.fields.catalogue import K8S_AUDIT
from falcolab.lake.audit_intake import AuditIntake
from falcolab.lake.capture_writer import CaptureWriter
from falcolab.sources.k8s_audit import read_events

_CHUNK = 2**20


def _unchanged(event: bytes) -> bytes:
    return event


class AuditSink:
    """Writes audit events to a journal.

    Args:
        journal: the journal.
        redact: takes secrets out of an event before anybody sees it.
    """

    def __init__(self, journal: Journal, redact: Callable[[bytes], bytes] = _unchanged) -> None:
        self._journal = journal
        self._redact = redact

    def accept(self, events: Sequence[bytes], /) -> None:
        """Have events on disk for good, all of them or none.

        Args:
            events: each the JSON text of one event, on one line.

        Raises:
            JournalFullError: there is no room; none counts as taken.
            JournalError: they cannot be written; none counts as taken.
        """
        self._journal.store([frame_of(map(self._redact, events))])


def frame_of(events: Iterable[bytes]) -> tuple[Kind, bytes]:
    """The frame that holds audit events, secrets removed."""
    return Kind.AUDIT_EVENTS, b"\n".join(map(_line, events))


def _line(event: bytes) -> bytes:
    """An event that can be read by itself: the items of a list do not say what they are."""
    return event if event.startswith(b'{"kind":"Event"') else b'{"kind":"EventList","items":[%s]}' % event


class _Payloads(io.RawIOBase):
    """The payloads of frames as one stream, each on lines of its own."""

    def __init__(self, frames: Iterator[Frame]) -> None:
        self._frames = frames
        self._left = b""

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer; gives how far."""
        if not self._left:
            frame = next(self._frames, None)
            self._left = b"" if frame is None else frame.payload + b"\n"
        data, self._left = self._left[: len(buffer)], self._left[len(buffer) :]
        buffer[: len(data)] = data
        return len(data)


def _encode(frames: Iterator[Frame], writer: CaptureWriter, digest: str, /) -> int:
    intake = AuditIntake(writer)
    intake.take(read_events(io.BufferedReader(_Payloads(frames), _CHUNK)))
    intake.keep_rejected(digest)
    return intake.rejected


AUDIT = PlainEncoding(K8S_AUDIT, frozenset({Kind.AUDIT_EVENTS}), _encode)
"""Audit events, as ``AuditSink`` writes them, into the lake."""
