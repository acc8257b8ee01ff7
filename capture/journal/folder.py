"""The folder of a journal: private files, renamed and removed for good."""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path

from capture.journal.errors import JournalError, journal_error
from capture.journal.segment import DAMAGED, OPEN, SEALED, Segment

NEW = ".new"
"""The ending of a segment that has not begun yet; nothing in it counts."""


class JournalFolder:
    """A folder that one process at a time keeps its journal in.

    Args:
        path: the folder, which is made if it does not exist, for its owner only.

    Raises:
        JournalError: it cannot be made or written, or another process has it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.chmod(0o700)
            self._lock = os.open(path / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise journal_error(path, error) from None
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._lock)
            raise JournalError(f"{path}: another process is writing this journal") from None

    def close(self) -> None:
        """Let others have it."""
        os.close(self._lock)

    def file(self, number: int, ending: str) -> Path:
        """The file of a segment."""
        return self.path / f"{number:010d}{ending}"

    def files(self, ending: str) -> list[Path]:
        """The files of segments with an ending, the oldest first."""
        return sorted(self.path.glob(f"[0-9]*{ending}"))

    def segments(self) -> list[Segment]:
        """The sealed segments, the oldest first."""
        return [self.segment(path) for path in self.files(SEALED)]

    def segment(self, path: Path) -> Segment:
        """The segment in a file."""
        return Segment(int(path.stem), path, path.stat().st_size)

    def last_number(self) -> int:
        """The greatest number that a segment has; 0 without any."""
        files = [path for ending in (OPEN, SEALED, DAMAGED) for path in self.files(ending)]
        return max((int(path.stem) for path in files), default=0)

    def rename(self, path: Path, ending: str) -> Path:
        """Give a segment another ending, for good.

        Raises:
            JournalError: that is not possible; it has its old name.
        """
        try:
            target = path.rename(path.with_suffix(ending))
        except OSError as error:
            raise journal_error(path, error) from None
        try:
            self._sync()
        except OSError as error:
            with suppress(OSError):
                target.rename(path)
            raise journal_error(path, error) from None
        return target

    def remove(self, path: Path) -> None:
        """Delete a file for good.

        Raises:
            JournalError: that is not possible.
        """
        try:
            path.unlink(missing_ok=True)
            self._sync()
        except OSError as error:
            raise journal_error(path, error) from None

    def _sync(self) -> None:
        """What has been renamed or deleted survives a crash of the machine only after this."""
        folder = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
