"""The journal: frames are appended to a segment, segments are sealed, delivered and released."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

from capture.journal.folder import NEW, JournalFolder
from capture.journal.frame import Frame, Header
from capture.journal.recovery import Recovery, recover
from capture.journal.segment import DAMAGED, OPEN, SEALED, Segment, SegmentReader
from capture.journal.segment_writer import SegmentWriter

Opening = Callable[[], Iterable[tuple[int, bytes]]]
"""Gives the frames, kind and payload, that every segment begins with."""


class Journal:
    """An append-only record that survives the death of its process at any moment.

        with Journal(Path("/var/lib/falcolab/journal")) as journal:
            journal.append(Kind.AUDIT_EVENTS, body)
            journal.sync()                              # now the sender may be told that all is well
            if journal.size > LIMIT or journal.age > 60:
                journal.rotate()
            for segment in journal.sealed():
                ...                                     # turn it into Parquet
                journal.release(segment)

    What ``append`` returned from survives a killed process; what ``sync`` returned from survives a
    machine that loses its power. Threads may share a journal.

    Args:
        folder: where; it is made if it does not exist, for its owner only.
        opening: the frames that every segment begins with, such as the state that what follows
            depends on. At least one segment with them is on disk at any time, once there was one.

    Attributes:
        recovered: what was found of a process that did not end in order.

    Raises:
        JournalError: the folder cannot be used, or another process uses it.
    """

    def __init__(self, folder: Path, opening: Opening | None = None) -> None:
        self._folder = JournalFolder(folder)
        self._lock = threading.RLock()
        self._opening = opening
        self._writer: SegmentWriter | None = None
        self._opened = 0
        try:
            self.recovered: tuple[Recovery, ...] = tuple(recover(self._folder))
        except BaseException:
            self._folder.close()
            raise
        self._number = self._folder.last_number()

    @property
    def size(self) -> int:
        """Bytes of the segment that is being written; 0 before its first frame."""
        return self._writer.end if self._writer else 0

    @property
    def frames(self) -> int:
        """How many frames that segment has, those that it begins with included."""
        return self._writer.frames if self._writer else 0

    @property
    def age(self) -> float:
        """How many seconds ago that segment was begun; 0.0 before its first frame."""
        return self._writer.age if self._writer else 0.0

    @property
    def number(self) -> int:
        """The number of that segment, or of the last one there was."""
        return self._number

    def append(self, kind: int, payload: bytes) -> None:
        """Write a frame.

        Raises:
            JournalFullError: there is no room; not even half a frame is there.
            JournalError: it cannot be written.
        """
        self.append_group([(kind, payload)])

    def append_group(self, frames: Iterable[tuple[int, bytes]]) -> None:
        """Write frames that are there together after a crash, or not at all.

        Raises:
            JournalFullError: there is no room; nothing of them is there.
            JournalError: they cannot be written, or there are none.
        """
        group = [Frame(*each) for each in frames]
        with self._lock:
            self._current().append(group)

    def store(self, frames: Iterable[tuple[int, bytes]]) -> None:
        """Write frames and have them on disk for good, or nothing of them.

        No other thread comes between the two: a sync of its own that fails takes back only what it can still
        write again.

        Raises:
            JournalFullError: there is no room.
            JournalError: they cannot be written, or not for good.
        """
        with self._lock:
            self.append_group(frames)
            self.sync()

    def sync(self) -> None:
        """Have everything that was appended on disk for good; one call for many frames costs one wait.

        Raises:
            JournalError: that failed; all frames since the last sync are taken back and must be
                appended again.
        """
        with self._lock:
            if self._writer is not None:
                self._writer.sync()

    def _current(self) -> SegmentWriter:
        if self._writer is None:
            self._writer = self._begin(self._number + 1)
            self._number += 1
        return self._writer

    def _begin(self, number: int) -> SegmentWriter:
        """A new segment, which appears with all that it begins with."""
        path = self._folder.file(number, NEW)
        writer = SegmentWriter(path, Header.new(number, time.time_ns()))
        try:
            for frame in self._opening() if self._opening else ():
                writer.append([Frame(*frame)])
            writer.sync()
            self._opened = writer.frames
            writer.path = self._folder.rename(path, OPEN)
        except BaseException:
            writer.close()
            path.unlink(missing_ok=True)
            raise
        return writer

    def rotate(self) -> Segment | None:
        """Seal the segment that is being written; the next frame begins another.

        Gives the sealed one; None if it has nothing but what every segment begins with.

        Raises:
            JournalError: it cannot be synced or renamed; it goes on being written.
        """
        with self._lock:
            return self._seal() if self.frames > self._opened else None

    def _seal(self) -> Segment | None:
        writer = self._writer
        if writer is None:
            return None
        writer.sync()
        path = self._folder.rename(writer.path, SEALED)
        writer.close()
        self._writer = None
        return self._folder.segment(path)

    def sealed(self) -> list[Segment]:
        """The segments to be delivered, the oldest first; other processes' ones included."""
        with self._lock:
            return self._folder.segments()

    def release(self, segment: Segment) -> None:
        """Delete a segment that the lake has.

        Raises:
            JournalError: it cannot be deleted, or there is no room for the segment that goes on from it.
        """
        with self._lock:
            self._go_on_from(segment)
            self._folder.remove(segment.path)

    def set_aside(self, segment: Segment) -> Path:
        """Keep a damaged segment under another name, for people to look at; gives its new path.

        Raises:
            JournalError: it cannot be renamed.
        """
        with self._lock:
            self._go_on_from(segment)
            return self._folder.rename(segment.path, DAMAGED)

    def _go_on_from(self, segment: Segment) -> None:
        """What segments begin with stays on disk when the last one goes."""
        if self._opening is not None and segment.number == self._number:
            self._current()

    def last(self, kind: int) -> bytes | None:
        """The payload of the last frame of a kind, in any segment; None where there is none.

        Raises:
            JournalError: a segment cannot be read.
        """
        with self._lock:
            newest_first = [*self._folder.files(SEALED), *self._folder.files(OPEN)][::-1]
            for path in newest_first:
                found = [frame.payload for frame in SegmentReader(path) if frame.kind == kind]
                if found:
                    return found[-1]
        return None

    def close(self) -> None:
        """Seal what has been written and let others have the folder.

        Raises:
            JournalError: it cannot be sealed; the next process will recover it.
        """
        try:
            self._seal()
        finally:
            if self._writer is not None:
                self._writer.close()
                self._writer = None
            self._folder.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
