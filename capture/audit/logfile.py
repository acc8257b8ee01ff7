"""One file of an audit log while it is read: whole lines, in bounded memory, wherever it is moved."""

from __future__ import annotations

import os
import stat
import time
from dataclasses import dataclass
from pathlib import Path

from capture.audit.place import MARKED_BYTES, Identity, Mark, Place
from falcolab.sources.k8s_audit import KEPT_BYTES, MAX_EVENT_BYTES

PIECE_BYTES = 2**20
"""How much is read at a time, unless a line is longer."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Some whole lines, or one that is too long.

    Attributes:
        content: the lines; of one that is too long the beginning.
        length: how many bytes of the file it stands for.
        last: the bytes before its end, as many as a place knows.
    """

    content: bytes
    length: int
    last: bytes

    @property
    def is_too_long(self) -> bool:
        """Whether it is the beginning of a line that is longer than an event may be."""
        return self.length > len(self.content)


class LogFile:
    """A file that stays open, so that it can be read to its end after it has been renamed or deleted.

    Attributes:
        path: where it was seen last.
        place: up to which it has been taken.
    """

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor
        status = os.fstat(descriptor)
        self.identity: Identity = status.st_dev, status.st_ino
        self._head = self._tail = b""
        self.place = self._place(0)
        self._skipped = 0
        self._size = -1
        self._changed = time.monotonic()

    @classmethod
    def open(cls, path: Path) -> LogFile | None:
        """Open a file; None if it is gone or no regular file.

        Raises:
            OSError: it cannot be read.
        """
        try:
            # A pipe that lies about would otherwise wait for its writer.
            descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            return cls(path, descriptor)
        os.close(descriptor)
        return None

    def close(self) -> None:
        """Let go of it."""
        os.close(self._descriptor)

    @property
    def size(self) -> int:
        """Of the file now, in bytes."""
        return os.fstat(self._descriptor).st_size

    @property
    def written(self) -> int:
        """When it was changed last, ns since 1970."""
        return os.fstat(self._descriptor).st_mtime_ns

    @property
    def idle_seconds(self) -> float:
        """For how long ``read`` has found nothing new in it."""
        return time.monotonic() - self._changed

    def holds(self, place: Place) -> bool:
        """Whether the bytes that a place knows are in this file where they were."""
        before = place.offset - place.tail.length
        return (
            Mark.of(self._at(0, place.head.length)) == place.head
            and Mark.of(self._at(before, place.tail.length)) == place.tail
        )

    def begins_like(self, other: LogFile) -> bool:
        """Whether it is a copy of another file, perhaps one that is still being made."""
        mine = self._at(0, MARKED_BYTES)
        return mine != b"" and other._at(0, MARKED_BYTES).startswith(mine)

    @property
    def is_replaced(self) -> bool:
        """Whether what had been taken is no longer in it: it was cut, or overwritten."""
        return not self.holds(self.place)

    def resume(self, place: Place) -> None:
        """Go on from a place that it holds."""
        self._head = self._at(0, place.head.length)
        self._tail = self._at(place.offset - place.tail.length, place.tail.length)
        self.place = self._place(place.offset)

    def read(self) -> Piece | None:
        """What comes after the place, as far as it is whole lines; None if there is nothing now."""
        before = len(self._tail)
        found = self._at(self.place.offset - before, before + PIECE_BYTES)
        # Read together: otherwise the file could be replaced in between.
        if found[:before] != self._tail:
            return None
        content = found[before:]
        self._note(self.place.offset + len(content))
        end = content.rfind(b"\n") + 1
        if end:
            return Piece(content[:end], end, content[:end][-MARKED_BYTES:])
        return self._long_line() if len(content) == PIECE_BYTES else None

    def rest(self) -> Piece | None:
        """What comes after the last whole line of a file that is not written to any more."""
        if self.size <= self.place.offset:
            return None
        content = self._at(self.place.offset, MAX_EVENT_BYTES)
        return Piece(content, len(content), content[-MARKED_BYTES:]) if content else None

    def advance(self, piece: Piece) -> None:
        """Put the place after a piece that has been taken."""
        self._head = (self._head + piece.content)[:MARKED_BYTES]
        self._tail = (self._tail + piece.last)[-MARKED_BYTES:]
        self._skipped = 0
        self.place = self._place(self.place.offset + piece.length)

    def skip(self) -> None:
        """Put the place after all whole lines that are there, without taking them."""
        while piece := self.read():
            self.advance(piece)

    def _long_line(self) -> Piece | None:
        line = self._at(self.place.offset, MAX_EVENT_BYTES)
        end = line.find(b"\n") + 1
        if end:
            return Piece(line[:end], end, line[:end][-MARKED_BYTES:])
        return self._too_long_line(line) if len(line) == MAX_EVENT_BYTES else None

    def _too_long_line(self, line: bytes) -> Piece | None:
        """Look for the end of a line that is not kept; how far that has got is remembered."""
        start = self.place.offset
        self._skipped = max(self._skipped, len(line))
        while chunk := self._at(start + self._skipped, PIECE_BYTES):
            end = chunk.find(b"\n") + 1
            if end:
                length = self._skipped + end
                return Piece(line[:KEPT_BYTES], length, self._at(start + length - MARKED_BYTES, MARKED_BYTES))
            self._skipped += len(chunk)
            self._note(start + self._skipped)
        return None

    def _note(self, size: int) -> None:
        if size != self._size:
            self._size, self._changed = size, time.monotonic()

    def _at(self, offset: int, length: int) -> bytes:
        return os.pread(self._descriptor, length, offset)

    def _place(self, offset: int) -> Place:
        return Place(*self.identity, offset, Mark.of(self._head), Mark.of(self._tail))
