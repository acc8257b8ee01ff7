"""What a journal finds when it is opened again: segments that nobody sealed."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from capture.journal.errors import journal_error
from capture.journal.folder import NEW, JournalFolder
from capture.journal.segment import DAMAGED, OPEN, SEALED, SegmentReader


@dataclass(frozen=True, slots=True)
class Recovery:
    """What became of a segment that was being written when its process ended.

    Attributes:
        number: of the segment.
        frames: how many frames are kept.
        bytes: how many bytes are kept, the segment's header included.
        cut: how many bytes of a write that was interrupted are cut off; nobody was told that they are there.
        damage: what is wrong with frames that may have been acknowledged; empty when nothing is.
    """

    number: int
    frames: int
    bytes: int
    cut: int = 0
    damage: str = ""

    def __str__(self) -> str:
        kept = f"journal segment {self.number}: {self.frames:,} frames ({self.bytes:,} bytes) kept"
        if self.damage:
            return f"{kept}; {self.damage}"
        return f"{kept}; {self.cut:,} bytes of an interrupted write cut off" if self.cut else kept


def recover(folder: JournalFolder) -> list[Recovery]:
    """Seal the segments that were being written, and cut off what an interrupted write left at the end.

    A damaged segment is sealed as it is: what stands before the damage is delivered.

    Raises:
        JournalError: a file cannot be read or written.
    """
    for path in folder.files(NEW):
        folder.remove(path)
    return [_recover(folder, path) for path in folder.files(OPEN)]


def _recover(folder: JournalFolder, path: Path) -> Recovery:
    reader = SegmentReader(path)
    for _ in reader:
        pass
    number, cut, damage = int(path.stem), 0, ""
    if reader.broken is not None and reader.broken.is_torn:
        cut = reader.broken.left
        _cut_off(path, reader.end)
    elif reader.broken is not None:
        damage = str(reader.broken)
    folder.rename(path, SEALED if reader.end else DAMAGED)
    return Recovery(number, reader.frames, reader.end, cut, damage)


def _cut_off(path: Path, end: int) -> None:
    try:
        with path.open("r+b") as stream:
            stream.truncate(end)
            os.fsync(stream.fileno())
    except OSError as error:
        raise journal_error(path, error) from None
