"""The segment that is being written."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path

from capture.journal.errors import JournalError, journal_error
from capture.journal.frame import FRAME_BYTES, HEADER_BYTES, MAX_PAYLOAD, Frame, Header, pack_front

_MAX_GROUP = 500
"""Frames in a group; the system takes up to 1,024 pieces in one write."""


class SegmentWriter:
    """Appends groups of frames to a new file.

    Args:
        path: the file, which must not exist.
        header: what it begins with.

    Attributes:
        frames: how many frames it has.
        end: how many bytes.

    Raises:
        JournalFullError: there is no room; the file is not there.
        JournalError: it cannot be written.
    """

    def __init__(self, path: Path, header: Header) -> None:
        self.path = path
        self.frames, self.end = 0, HEADER_BYTES
        self._seed, self._begun = header.seed, time.monotonic()
        self._synced = self.frames, self.end
        self._is_ragged = False
        try:
            self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise journal_error(path, error) from None
        try:
            self._write([header.raw], 0)
        except JournalError:
            self.close()
            path.unlink()
            raise

    @property
    def age(self) -> float:
        """Seconds since it was begun, whatever the clock on the wall does."""
        return time.monotonic() - self._begun

    @property
    def is_synced(self) -> bool:
        """Whether everything in it is on disk for good."""
        return self._synced[1] == self.end and self._synced[1] > HEADER_BYTES

    def append(self, group: Sequence[Frame]) -> None:
        """Write frames that count together or not at all.

        Raises:
            JournalFullError: there is no room; none of it is there.
            JournalError: it cannot be written, or a frame is none; none of it is there.
        """
        _check(group)
        pieces: list[bytes] = []
        for left, frame in zip(range(len(group) - 1, -1, -1), group, strict=True):
            pieces += (pack_front(frame, self._seed, has_more=left > 0), frame.payload)
        self._write(pieces, self.end)
        self.end += sum(map(len, pieces))
        self.frames += len(group)

    def _write(self, pieces: list[bytes], at: int) -> None:
        """Write all pieces or none."""
        if self._is_ragged:
            self._cut_back()
        buffers = [memoryview(piece) for piece in pieces if piece]
        try:
            while buffers:
                written = os.pwritev(self._fd, buffers, at)
                at += written
                buffers = _rest(buffers, written)
        except OSError as error:
            self._is_ragged = True
            self._cut_back()
            raise journal_error(self.path, error) from None

    def _cut_back(self) -> None:
        """Remove what a failed write left behind the last frame; until then nothing more is written."""
        try:
            os.ftruncate(self._fd, self.end)
        except OSError as error:
            raise journal_error(self.path, error) from None
        self._is_ragged = False

    def sync(self) -> None:
        """Have everything on disk for good.

        Raises:
            JournalError: that failed. The system no longer tells what has reached the disk then, so
                that all frames since the last sync are taken back; the caller must append them again.
        """
        if self.is_synced:
            return
        try:
            os.fdatasync(self._fd)
        except OSError as error:
            lost = self.frames - self._synced[0]
            self.frames, self.end = self._synced
            self._is_ragged = True
            self._cut_back()
            failed = journal_error(self.path, error)
            raise type(failed)(f"{failed}; {lost:,} frames since the last sync are taken back") from None
        self._synced = self.frames, self.end

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._fd)


def _rest(buffers: list[memoryview], written: int) -> list[memoryview]:
    """What is left of buffers of which some bytes have been written."""
    rest = []
    for buffer in buffers:
        if written < len(buffer):
            rest.append(buffer[written:])
        written = max(0, written - len(buffer))
    return rest


def _check(group: Sequence[Frame]) -> None:
    if not 1 <= len(group) <= _MAX_GROUP:
        raise JournalError(f"a group of {len(group)} frames, where 1 to {_MAX_GROUP} are possible")
    for frame in group:
        if not 1 <= frame.kind <= 255:
            raise JournalError(f"a frame of kind {frame.kind}, where 1 to 255 are possible")
        if len(frame.payload) > MAX_PAYLOAD:
            size = len(frame.payload) + FRAME_BYTES
            raise JournalError(f"a frame of {size:,} bytes, where {MAX_PAYLOAD >> 20} MiB are the most")
