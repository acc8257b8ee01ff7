"""Segments of the journal, and reading them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from capture.journal.errors import JournalError, journal_error
from capture.journal.frame import FRAME_BYTES, HEADER_BYTES, Frame, Header, has_sum, parse_front

OPEN, SEALED, DAMAGED = ".open", ".sealed", ".damaged"
"""The endings of the names of segments: one that is written, one to be delivered, one kept for people."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment that is not written any more.

    Attributes:
        number: counted from 1, in the order in which they were written.
        path: its file.
        bytes: its size.
    """

    number: int
    path: Path
    bytes: int

    def digest(self) -> str:
        """The SHA-256 of its content, which no other segment has.

        Raises:
            JournalError: it cannot be read.
        """
        try:
            with self.path.open("rb") as stream:
                return hashlib.file_digest(stream, "sha256").hexdigest()
        except OSError as error:
            raise journal_error(self.path, error) from None


@dataclass(frozen=True, slots=True)
class Break:
    """Where the frames of a segment end although its file goes on.

    Attributes:
        offset: of the first byte that is not understood.
        left: how many bytes there are from it on.
        reason: what is wrong.
        is_torn: whether a write that was interrupted explains it, so that nothing acknowledged is lost.
    """

    offset: int
    left: int
    reason: str
    is_torn: bool

    def __str__(self) -> str:
        return f"{self.reason} at byte {self.offset:,}; {self.left:,} bytes from there on are not used"


@dataclass(slots=True)
class SegmentReader:
    """Reads the frames of a segment, whole groups only.

    Attributes:
        path: the file.
        frames: how many frames have been given so far.
        end: where the last whole group ends.
        broken: why reading ended before the end of the file, once it did; None when all is well.
    """

    path: Path
    frames: int = 0
    end: int = HEADER_BYTES
    broken: Break | None = None
    _size: int = field(default=0, init=False)

    def __iter__(self) -> Iterator[Frame]:
        """The frames, in order.

        Raises:
            JournalError: the file cannot be read; damage is no error but told by ``broken``.
        """
        try:
            with self.path.open("rb") as stream:
                self._size = self.path.stat().st_size
                yield from self._read(stream)
        except OSError as error:
            raise journal_error(self.path, error) from None

    def header(self) -> Header:
        """What the segment begins with.

        Raises:
            JournalError: it is no segment.
        """
        try:
            with self.path.open("rb") as stream:
                header = Header.parse(stream.read(HEADER_BYTES))
        except OSError as error:
            raise journal_error(self.path, error) from None
        if header is None:
            raise JournalError(
                f"{self.path}: no segment of a journal: its first {HEADER_BYTES} bytes are damaged"
            )
        return header

    def _read(self, stream: IO[bytes]) -> Iterator[Frame]:
        self.frames, self.end, self.broken = 0, 0, None
        header = Header.parse(stream.read(HEADER_BYTES))
        if header is None:
            self._break("the segment's header is damaged")
            return
        self.end = HEADER_BYTES
        for group in self._groups(stream, header.seed):
            self.frames += len(group)
            yield from group

    def _groups(self, stream: IO[bytes], seed: int) -> Iterator[list[Frame]]:
        group: list[Frame] = []
        at = self.end
        while at < self._size:
            raw = stream.read(FRAME_BYTES)
            front = parse_front(raw, seed) if len(raw) == FRAME_BYTES else None
            if front is None:
                rest = raw + stream.read() if len(raw) == FRAME_BYTES else b""
                self._break("a frame's header is damaged", is_torn=not rest.strip(b"\0"))
                return
            payload = stream.read(front.length)
            at += FRAME_BYTES + front.length
            if len(payload) < front.length:
                self._break("a frame breaks off", is_torn=True)
                return
            if not has_sum(payload, raw, seed, front.sum):
                self._break("a frame's content is damaged", is_torn=at == self._size)
                return
            group.append(Frame(front.kind, payload))
            if not front.has_more:
                self.end = at
                yield group
                group = []
        if group:
            self._break("a group of frames breaks off", is_torn=True)

    def _break(self, reason: str, *, is_torn: bool = False) -> None:
        self.broken = Break(self.end, self._size - self.end, reason, is_torn)
